//! The functions of expressions: one row each in [`table`], their work in the files beside.
//!
//! A function is written `[Name(arguments)]` in texts and `Name(arguments)` inside `{{ }}`, in conditions and
//! in the arguments of another function. [`RUN_NAMES`] are the names only the run knows.

mod call;
mod dates;
mod lists;
mod numbers;
mod table;
mod texts;

use std::fmt;
use std::ops::RangeInclusive;

pub(super) use call::Call;

use super::ast::Expr;
use super::cursor::Fault;
use super::escape::Escape;
use crate::error::StepError;
use crate::value::Value;
use crate::words::{Lang, Words};

/// A function of expressions.
pub struct Function {
    pub name: &'static str,
    pub name_ru: &'static str,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Its arguments, for the help: `number[, places]`.
    pub arguments: Words,
    pub help: Words,
    /// From this argument on a bare word is a text even inside `{{ }}`.
    texts_from: usize,
    /// The place its result is already escaped for.
    escaped_for: Option<Escape>,
    run: fn(&Call<'_>) -> Result<Value, StepError>,
}

/// A name that only the run knows, such as `[Answer]`.
pub struct RunName {
    /// The name [`super::Lookup::template`] is asked for.
    pub name: &'static str,
    /// The other ways to write it.
    pub aliases: &'static [&'static str],
    pub arity: RangeInclusive<usize>,
    pub help: Words,
}

/// What only the run knows; [`super::Lookup::template`] answers for each.
pub const RUN_NAMES: &[RunName] = &[
    run_name("Answer", &["A", "Ответ"], 0, Words::new("The last answer", "Последний ответ")),
    run_name(
        "AnswerID",
        &["AID", "ОтветID"],
        1,
        Words::new("The last answer to the block with this id", "Последний ответ на блок с этим ID"),
    ),
    run_name("Name", &["Имя"], 0, Words::new("First name of the person", "Имя человека")),
    run_name("FullName", &["ПолноеИмя"], 0, Words::new("First and last name", "Имя и фамилия")),
    run_name(
        "Username",
        &["Никнейм"],
        0,
        Words::new("Name in the messenger, without @", "Имя в мессенджере, без @"),
    ),
    run_name(
        "ClientID",
        &[],
        0,
        Words::new("Number of the person in the messenger", "Номер человека в мессенджере"),
    ),
    run_name("Messenger", &["Мессенджер"], 0, Words::new("Name of the messenger", "Название мессенджера")),
    run_name("BotID", &[], 0, Words::new("Number of the bot", "Номер бота")),
];

const fn run_name(
    name: &'static str,
    aliases: &'static [&'static str],
    arguments: usize,
    help: Words,
) -> RunName {
    RunName { name, aliases, arity: arguments..=arguments, help }
}

/// Every function, for the help.
pub fn functions() -> &'static [Function] {
    table::FUNCTIONS
}

/// What a name in an expression calls.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    Function(&'static Function),
    /// `GenStr8`: the number at the end of the name is the argument.
    Numbered(&'static Function, i64),
    Run(&'static RunName),
}

pub(super) fn find(name: &str) -> Option<Callee> {
    if let Some(run_name) = RUN_NAMES.iter().find(|row| row.name == name || row.aliases.contains(&name)) {
        return Some(Callee::Run(run_name));
    }
    let function = |name: &str| table::FUNCTIONS.iter().find(|row| row.name == name || row.name_ru == name);
    if let Some(function) = function(name) {
        return Some(Callee::Function(function));
    }
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name.get(stem.len()..)?.parse().ok()?;
    function(stem).filter(|row| row.is_numbered()).map(|row| Callee::Numbered(row, number))
}

impl Callee {
    pub(super) fn takes_text(&self, argument: usize) -> bool {
        match self {
            Self::Function(function) | Self::Numbered(function, _) => argument >= function.texts_from,
            Self::Run(_) => true,
        }
    }

    /// The call with these arguments, if their number is right.
    pub(super) fn call(self, at: usize, mut arguments: Vec<Expr>) -> Result<Expr, Fault> {
        let (name, arity, wanted) = match self {
            Self::Function(function) => (function.name, &function.arity, function.arguments),
            Self::Numbered(function, number) => {
                arguments.insert(0, Expr::Literal(number.into()));
                (function.name, &function.arity, function.arguments)
            }
            Self::Run(run_name) => (run_name.name, &run_name.arity, Words::new("id", "ID")),
        };
        if !arity.contains(&arguments.len()) {
            let (en, ru) = if *arity.end() == 0 {
                (format!("{name} takes no arguments"), format!("У {name} нет аргументов"))
            } else {
                let sentence = |lang, is: &str| format!("{is} {name}({})", wanted.get(lang));
                (sentence(Lang::En, "Expected"), sentence(Lang::Ru, "Ожидается"))
            };
            return Err(Fault::new(at, en, ru));
        }
        Ok(match self {
            Self::Function(function) | Self::Numbered(function, _) => Expr::Call { function, arguments },
            Self::Run(run_name) => Expr::Run { name: run_name.name, arguments },
        })
    }
}

impl Function {
    /// The name in a language of the product.
    pub fn name_in(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.name,
            Lang::Ru => self.name_ru,
        }
    }

    pub(super) fn escaped_for(&self) -> Option<Escape> {
        self.escaped_for
    }

    pub(super) fn run(&self, call: &Call<'_>) -> Result<Value, StepError> {
        (self.run)(call)
    }

    /// Whether its argument may be a part of its name.
    fn is_numbered(&self) -> bool {
        matches!(self.name, "GenStr" | "GenNum")
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
