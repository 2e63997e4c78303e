//! The functions of expressions: one row each in [`table`], their work in the files beside.
//!
//! A function is written `[Name(arguments)]` in texts and `Name(arguments)` inside `{{ }}`, in conditions and
//! in the arguments of another function. [`RUN_NAMES`] are the names only the run knows.

mod call;
mod chance;
mod choice;
mod date_form;
mod dates;
mod formats;
mod lists;
mod numbers;
mod patterns;
mod run_names;
mod table;
mod texts;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use serde::Serialize;

pub(super) use call::Call;
pub use run_names::{RUN_NAMES, RunName};

use super::ast::{Case, Expr};
use super::cursor::{Fault, Place};
use super::escape::Escape;
use super::evaluate::check_size;
use crate::error::StepError;
use crate::value::Value;
use crate::words::{Lang, Words};

/// A function of expressions.
pub struct Function {
    pub name: &'static str,
    pub name_ru: &'static str,
    pub group: FunctionGroup,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Its arguments, for the help: `number[, places]`.
    pub arguments: Words,
    pub help: Words,
    pub example: Example,
    /// From this argument on a bare word is a text even inside `{{ }}`.
    texts_from: usize,
    /// The place its result is already escaped for.
    escaped_for: Option<Escape>,
    /// What it does to the next letter of the text it stands in.
    next_letter: Option<Case>,
    run: fn(&Call<'_>) -> Result<Value, StepError>,
}

/// A text with a call of the function, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    pub source: &'static str,
    pub result: &'static str,
}

/// Where the editor shows a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionGroup {
    /// What the run knows of itself and of its person.
    Run,
    Text,
    Number,
    Date,
    List,
    Format,
    Choice,
}

impl FunctionGroup {
    pub fn title(self) -> Words {
        match self {
            Self::Run => Words::new("Person and dialogue", "Человек и диалог"),
            Self::Text => Words::new("Texts", "Тексты"),
            Self::Number => Words::new("Numbers", "Числа"),
            Self::Date => Words::new("Dates", "Даты"),
            Self::List => Words::new("Arrays and objects", "Массивы и объекты"),
            Self::Format => Words::new("For other services", "Для других сервисов"),
            Self::Choice => Words::new("Choice", "Выбор"),
        }
    }
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
    NumberedFunction(&'static Function, i64),
    Run(&'static RunName),
    /// `Answer3`, likewise.
    NumberedRun(&'static RunName, i64),
}

/// Every name in small letters.
static NAMES: LazyLock<HashMap<String, Callee>> = LazyLock::new(|| {
    let functions = table::FUNCTIONS.iter().flat_map(|function| {
        [function.name, function.name_ru].map(|name| (name.to_lowercase(), Callee::Function(function)))
    });
    let run_names = RUN_NAMES.iter().flat_map(|row| {
        let names = std::iter::once(&row.name).chain(row.aliases);
        names.map(move |name| (name.to_lowercase(), Callee::Run(row)))
    });
    functions.chain(run_names).collect()
});

/// What is called by a name with arguments behind it, in whatever letters it is written.
pub(super) fn find(name: &str) -> Option<Callee> {
    let name = name.to_lowercase();
    if let Some(callee) = NAMES.get(&name) {
        return Some(*callee);
    }
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name.get(stem.len()..)?.parse().ok()?;
    match *NAMES.get(stem)? {
        Callee::Function(function) if function.is_numbered() => {
            Some(Callee::NumberedFunction(function, number))
        }
        Callee::Run(row) if row.is_numbered => Some(Callee::NumberedRun(row, number)),
        _ => None,
    }
}

/// What a name in brackets calls that has no arguments. A name that cannot do without them is only a word in
/// brackets, and so is one in other letters: `[add]`, `[date]`.
pub(super) fn find_bare(name: &str) -> Option<Callee> {
    let callee = find(name)?;
    let is_numbered = matches!(callee, Callee::NumberedFunction(..) | Callee::NumberedRun(..));
    let stem = if is_numbered { name.trim_end_matches(|c: char| c.is_ascii_digit()) } else { name };
    let is_exact = match callee {
        Callee::Function(function) | Callee::NumberedFunction(function, _) => {
            stem == function.name || stem == function.name_ru
        }
        Callee::Run(row) | Callee::NumberedRun(row, _) => stem == row.name || row.aliases.contains(&stem),
    };
    (is_exact && callee.arity().contains(&usize::from(is_numbered))).then_some(callee)
}

impl Callee {
    pub(super) fn takes_text(&self, argument: usize) -> bool {
        match self {
            Self::Function(function) | Self::NumberedFunction(function, _) => argument >= function.texts_from,
            Self::Run(_) | Self::NumberedRun(..) => true,
        }
    }

    fn arity(&self) -> &'static RangeInclusive<usize> {
        match self {
            Self::Function(function) | Self::NumberedFunction(function, _) => &function.arity,
            Self::Run(row) | Self::NumberedRun(row, _) => &row.arity,
        }
    }

    /// The call with these arguments, if their number is right.
    pub(super) fn call(self, at: Place, mut arguments: Vec<Expr>) -> Result<Expr, Fault> {
        let (name, wanted) = match self {
            Self::Function(function) | Self::NumberedFunction(function, _) => {
                (function.name, function.arguments)
            }
            Self::Run(row) | Self::NumberedRun(row, _) => (row.name, row.arguments),
        };
        if let Self::NumberedFunction(_, number) | Self::NumberedRun(_, number) = self {
            arguments.insert(0, Expr::Literal(number.into()));
        }
        if !self.arity().contains(&arguments.len()) {
            let (en, ru) = if *self.arity().end() == 0 {
                (format!("{name} takes no arguments"), format!("У {name} нет аргументов"))
            } else {
                let sentence = |lang, is: &str| format!("{is} {name}({})", wanted.get(lang));
                (sentence(Lang::En, "Expected"), sentence(Lang::Ru, "Ожидается"))
            };
            return Err(Fault::new(at.byte, en, ru));
        }
        Ok(match self {
            Self::Function(function) | Self::NumberedFunction(function, _) => {
                Expr::Call { function, arguments, character: at.character }
            }
            Self::Run(row) | Self::NumberedRun(row, _) => Expr::Run { name: row.name, arguments },
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

    pub(super) fn next_letter(&self) -> Option<Case> {
        self.next_letter
    }

    pub(super) fn run(&self, call: &Call<'_>) -> Result<Value, StepError> {
        let value = (self.run)(call)?;
        if let Value::Text(text) = &value {
            check_size(text.len())?;
        }
        Ok(value)
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
