//! Yes-or-no questions.
//!
//! `any := all (or all)*`, `all := term (and term)*`, `term := not* ( "(" any ")" | comparison )`,
//! `comparison := operand [relation [operand]]`. How operands are read says [`super::operand`]. Words of
//! relations count only where a relation may stand, so `[Answer] = в наличии` compares with a text.

use std::cmp::Ordering;

use super::ast::Expr;
use super::evaluate::contains;
use super::lexer::Relation;
use super::pattern::{Regex, compile};
use super::{ExpressionError, Lookup, Path, source_text};
use crate::error::StepError;
use crate::value::Value;

mod parse;

/// A condition such as `#{age} >= 18 & #{city} = "Paris"`. An empty one always holds.
#[derive(Clone)]
pub struct Condition {
    source: Box<str>,
    parsed: Result<Test, Box<ExpressionError>>,
}

source_text!(Condition, "condition");

/// What is asked.
#[derive(Clone)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    /// A value that stands alone.
    True(Expr),
    Related(Expr, Relation, Expr),
    Contains(Expr, Expr),
    Starts(Expr, Expr),
    Ends(Expr, Expr),
    Empty(Expr),
    In(Expr, Vec<Expr>),
    Matches(Expr, Pattern),
}

/// A regular expression, compiled at once when it holds no placeholder.
#[derive(Clone)]
enum Pattern {
    Fixed(Regex),
    Computed(Expr),
}

impl Condition {
    pub fn new(source: &str) -> Self {
        let parsed = parse::condition(source).map_err(|fault| Box::new(fault.into_error(source)));
        Self { source: source.into(), parsed }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn error(&self) -> Option<&ExpressionError> {
        self.parsed.as_ref().err().map(AsRef::as_ref)
    }

    pub fn is_empty(&self) -> bool {
        self.source.trim().is_empty()
    }

    /// Whether it holds now.
    ///
    /// # Errors
    /// When it does not parse, computes with what is no number, or reads a secret.
    pub fn evaluate(&self, lookup: &dyn Lookup) -> Result<bool, StepError> {
        match &self.parsed {
            Ok(test) => test.evaluate(lookup),
            Err(error) => Err(error.as_step_error()),
        }
    }

    pub fn for_each_path(&self, visit: &mut dyn FnMut(&Path)) {
        if let Ok(test) = &self.parsed {
            test.for_each_path(visit);
        }
    }
}

impl Test {
    fn evaluate(&self, lookup: &dyn Lookup) -> Result<bool, StepError> {
        Ok(match self {
            Self::All(tests) => {
                for test in tests {
                    if !test.evaluate(lookup)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(tests) => {
                for test in tests {
                    if test.evaluate(lookup)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(test) => !test.evaluate(lookup)?,
            Self::True(value) => value.evaluate(lookup)?.is_true(),
            Self::Related(left, relation, right) => {
                relation.holds(&*left.evaluate(lookup)?, &*right.evaluate(lookup)?)
            }
            Self::Contains(whole, part) => contains(&*whole.evaluate(lookup)?, &*part.evaluate(lookup)?),
            Self::Starts(whole, part) => {
                whole.evaluate(lookup)?.to_text().starts_with(part.evaluate(lookup)?.to_text().as_ref())
            }
            Self::Ends(whole, part) => {
                whole.evaluate(lookup)?.to_text().ends_with(part.evaluate(lookup)?.to_text().as_ref())
            }
            Self::Empty(value) => value.evaluate(lookup)?.is_empty(),
            Self::In(value, list) => {
                let value = value.evaluate(lookup)?;
                for member in list {
                    if is_member(&value, &*member.evaluate(lookup)?, list.len() == 1) {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Matches(value, pattern) => {
                let value = value.evaluate(lookup)?;
                match pattern {
                    Pattern::Fixed(regex) => regex.is_match(&value.to_text()),
                    Pattern::Computed(pattern) => {
                        let pattern = pattern.evaluate(lookup)?;
                        let regex = compile(&pattern.to_text()).map_err(|error| StepError {
                            code: "bad_pattern".to_owned(),
                            ..error.as_step_error()
                        })?;
                        regex.is_match(&value.to_text())
                    }
                }
            }
        })
    }

    fn for_each_path(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().for_each(|test| test.for_each_path(visit)),
            Self::Not(test) => test.for_each_path(visit),
            Self::True(value) | Self::Empty(value) | Self::Matches(value, Pattern::Fixed(_)) => {
                value.for_each_path(visit);
            }
            Self::Related(left, _, right)
            | Self::Contains(left, right)
            | Self::Starts(left, right)
            | Self::Ends(left, right)
            | Self::Matches(left, Pattern::Computed(right)) => {
                left.for_each_path(visit);
                right.for_each_path(visit);
            }
            Self::In(value, list) => {
                value.for_each_path(visit);
                list.iter().for_each(|member| member.for_each_path(visit));
            }
        }
    }
}

impl Relation {
    fn holds(self, left: &Value, right: &Value) -> bool {
        match self {
            Self::Equal => left.same_as(right),
            Self::NotEqual => !left.same_as(right),
            Self::Greater => left.order(right) == Some(Ordering::Greater),
            Self::Less => left.order(right) == Some(Ordering::Less),
            Self::GreaterOrEqual => left.order(right).is_some_and(Ordering::is_ge),
            Self::LessOrEqual => left.order(right).is_some_and(Ordering::is_le),
        }
    }
}

/// An array has members; a text that is the whole list has them between commas.
fn is_member(value: &Value, member: &Value, is_whole_list: bool) -> bool {
    match member {
        Value::Array(items) => items.iter().any(|item| value.same_as(item)),
        Value::Text(text) if is_whole_list && text.contains(',') => {
            text.split(',').any(|item| value.same_as(&item.trim().into()))
        }
        single => value.same_as(single),
    }
}
