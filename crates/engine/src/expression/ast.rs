//! What an expression is once it is parsed.
//!
//! The depth of a tree is bounded by the parser ([`crate::limits::EXPRESSION_DEPTH`]), so everything here may
//! recurse. A long sum is one [`Expr::Chain`], not a deep tree.

use std::borrow::Cow;

use super::functions::Function;
use super::{Path, Scope, field_behind};
use crate::effect::FieldScope;
use crate::value::Value;

/// Something that has a value.
#[derive(Clone)]
pub(super) enum Expr {
    Literal(Value),
    Path(Path),
    /// Pieces joined to a text.
    Text(Vec<Part>),
    Call {
        function: &'static Function,
        arguments: Vec<Expr>,
        /// Where it stands in the source, in characters.
        character: usize,
    },
    /// What only the run knows, by its English name.
    Run {
        name: &'static str,
        arguments: Vec<Expr>,
    },
    Negate(Box<Expr>),
    /// A text whose first letter is made a capital or a small one.
    FirstLetter(Case, Box<Expr>),
    /// Operators of one precedence, worked from left to right.
    Chain {
        first: Box<Expr>,
        rest: Vec<(Operator, Expr)>,
    },
}

/// A piece of a text.
#[derive(Clone)]
pub(super) enum Part {
    Text(Box<str>),
    Value(Expr),
}

/// Capital or small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
}

impl Case {
    /// The text with its first letter in this case.
    pub(super) fn apply(self, text: &str) -> String {
        let mut characters = text.chars();
        let first = characters.next();
        let changed: String = match self {
            Self::Upper => first.into_iter().flat_map(char::to_uppercase).collect(),
            Self::Lower => first.into_iter().flat_map(char::to_lowercase).collect(),
        };
        changed + characters.as_str()
    }
}

/// `[CharUp]` and `[CharLow]`: what stands open for the next letter of a text.
#[derive(Default)]
pub(super) struct NextLetter(Option<Case>);

impl NextLetter {
    /// Whether the value is such a call, which leaves nothing in the text itself.
    pub(super) fn takes(&mut self, value: &Expr) -> bool {
        let Expr::Call { function, .. } = value else { return false };
        let case = function.next_letter();
        self.0 = case.or(self.0);
        case.is_some()
    }

    pub(super) fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        match self.0.take_if(|_| !text.is_empty()) {
            Some(case) => case.apply(text).into(),
            None => text.into(),
        }
    }

    pub(super) fn value(&mut self, value: Expr) -> Expr {
        match self.0.take() {
            Some(case) => Expr::FirstLetter(case, Box::new(value)),
            None => value,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    pub(super) fn from_char(character: char) -> Option<Self> {
        Some(match character {
            '+' => Self::Add,
            '-' => Self::Subtract,
            '*' => Self::Multiply,
            '/' => Self::Divide,
            _ => return None,
        })
    }

    pub(super) fn is_additive(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }
}

impl Expr {
    pub(super) fn empty_text() -> Self {
        Self::Literal(Value::Text(String::new()))
    }

    /// The text of quotes or of several pieces; text without placeholders becomes a literal.
    pub(super) fn text(parts: Vec<Part>) -> Self {
        match parts.as_slice() {
            [] => Self::empty_text(),
            [Part::Text(text)] => Self::Literal(Value::text(&**text)),
            _ => Self::Text(parts),
        }
    }

    pub(super) fn chain(first: Expr, rest: Vec<(Operator, Expr)>) -> Self {
        if rest.is_empty() { first } else { Self::Chain { first: Box::new(first), rest } }
    }

    pub(super) fn as_literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn for_each_path(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Literal(_) => {}
            Self::Path(path) => visit(path),
            Self::Text(parts) => for_each_path(parts, visit),
            Self::Run { name, arguments } => {
                if let Some(field) = field_behind(name) {
                    let scope = Scope::Field(FieldScope::Client);
                    visit(&Path { scope, name: field.to_owned(), steps: Vec::new() });
                }
                arguments.iter().for_each(|argument| argument.for_each_path(visit));
            }
            Self::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| argument.for_each_path(visit));
            }
            Self::Negate(inner) | Self::FirstLetter(_, inner) => inner.for_each_path(visit),
            Self::Chain { first, rest } => {
                first.for_each_path(visit);
                rest.iter().for_each(|(_, operand)| operand.for_each_path(visit));
            }
        }
    }
}

pub(super) fn for_each_path(parts: &[Part], visit: &mut dyn FnMut(&Path)) {
    for part in parts {
        if let Part::Value(expr) = part {
            expr.for_each_path(visit);
        }
    }
}

/// Collects the pieces of a text, joining neighbouring characters.
#[derive(Default)]
pub(super) struct Parts {
    parts: Vec<Part>,
    text: String,
    text_at: usize,
    /// Where in the source each piece begins, in bytes.
    starts: Vec<usize>,
    next_letter: NextLetter,
}

impl Parts {
    pub(super) fn push_text(&mut self, at: usize, text: &str) {
        if self.text.is_empty() {
            self.text_at = at;
        }
        self.text.push_str(&self.next_letter.text(text));
    }

    pub(super) fn push_value(&mut self, at: usize, value: Expr) {
        if self.next_letter.takes(&value) {
            return;
        }
        self.flush();
        self.parts.push(Part::Value(self.next_letter.value(value)));
        self.starts.push(at);
    }

    pub(super) fn finish(self) -> Vec<Part> {
        self.finish_with_starts().0
    }

    pub(super) fn finish_with_starts(mut self) -> (Vec<Part>, Vec<usize>) {
        self.flush();
        (self.parts, self.starts)
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text).into_boxed_str()));
            self.starts.push(self.text_at);
        }
    }
}
