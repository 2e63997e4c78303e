//! From [`Expr`] to a value. Values are borrowed from the expression and from the run where possible.

use std::borrow::Cow;

use jiff::Span;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::ast::{Expr, Operator, Part};
use super::functions::Call;
use super::{Lookup, Path, Scope};
use crate::error::StepError;
use crate::limits::RENDERED_BYTES;
use crate::value::{Value, days_between, parse_number, shifted};

const MINUTES_OF_DAY: Decimal = Decimal::from_parts(1_440, 0, 0, false, 0);

pub(super) static NULL: Value = Value::Null;

impl Expr {
    pub(super) fn evaluate<'a>(&'a self, lookup: &'a dyn Lookup) -> Result<Cow<'a, Value>, StepError> {
        match self {
            Self::Literal(value) => Ok(Cow::Borrowed(value)),
            Self::Path(path) => path.read(lookup),
            Self::Text(parts) => text(parts, lookup),
            Self::Call { function, arguments, character } => {
                let arguments = evaluate_all(arguments, lookup)?;
                let value = function.run(&Call { function, arguments: &arguments, lookup });
                value.map(Cow::Owned).map_err(|error| at_character(error, *character))
            }
            Self::Run { name, arguments } => {
                let arguments = evaluate_all(arguments, lookup)?.into_iter().map(Cow::into_owned);
                let value = lookup.template(name, &arguments.collect::<Vec<_>>());
                Ok(Cow::Owned(value.unwrap_or_default()))
            }
            Self::Negate(inner) => {
                let value = inner.evaluate(lookup)?;
                Ok(Cow::Owned(Value::Number(-number(&value)?)))
            }
            Self::FirstLetter(case, inner) => {
                let value = inner.evaluate(lookup)?;
                Ok(Cow::Owned(Value::Text(case.apply(&value.to_text()))))
            }
            Self::Chain { first, rest } => {
                let mut result = first.evaluate(lookup)?;
                for (operator, operand) in rest {
                    let operand = operand.evaluate(lookup)?;
                    result = Cow::Owned(compute(result, *operator, &operand)?);
                }
                Ok(result)
            }
        }
    }
}

/// The error of a call with the place it stands at.
fn at_character(error: StepError, character: usize) -> StepError {
    let place = character + 1;
    let (en, ru) = (format!("{} (character {place})", error.en), format!("{} (знак {place})", error.ru));
    StepError { en, ru, ..error }
}

fn evaluate_all<'a>(
    expressions: &'a [Expr],
    lookup: &'a dyn Lookup,
) -> Result<Vec<Cow<'a, Value>>, StepError> {
    expressions.iter().map(|expression| expression.evaluate(lookup)).collect()
}

impl Path {
    fn read<'a>(&'a self, lookup: &'a dyn Lookup) -> Result<Cow<'a, Value>, StepError> {
        if self.scope == Scope::Env {
            return Err(secret_here(&self.name));
        }
        let steps = || self.steps.iter().map(String::as_str);
        Ok(match lookup.variable(self.scope, &self.name) {
            None => Cow::Borrowed(&NULL),
            Some(value) if self.steps.is_empty() => value,
            Some(Cow::Borrowed(value)) => Cow::Borrowed(follow(value, steps()).unwrap_or(&NULL)),
            Some(Cow::Owned(value)) => Cow::Owned(follow(&value, steps()).cloned().unwrap_or_default()),
        })
    }
}

/// The part of a value that the steps lead to.
pub(super) fn follow<'a, 's>(
    value: &'a Value,
    mut steps: impl Iterator<Item = &'s str>,
) -> Option<&'a Value> {
    steps.try_fold(value, Value::get)
}

/// A text of one piece costs nothing when its value is a text already.
fn text<'a>(parts: &'a [Part], lookup: &'a dyn Lookup) -> Result<Cow<'a, Value>, StepError> {
    if let [Part::Value(only)] = parts {
        let value = only.evaluate(lookup)?;
        return Ok(match value.as_ref() {
            Value::Text(_) => value,
            other => Cow::Owned(Value::Text(other.to_text().into_owned())),
        });
    }
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(plain) => push(&mut text, plain)?,
            Part::Value(value) => push(&mut text, &value.evaluate(lookup)?.to_text())?,
        }
    }
    Ok(Cow::Owned(Value::Text(text)))
}

/// Appends, unless the text would become longer than a text may be.
pub(super) fn push(out: &mut String, text: &str) -> Result<(), StepError> {
    check_size(out.len() + text.len())?;
    out.push_str(text);
    Ok(())
}

/// Refuses a text of more bytes than one rendering may have.
pub(super) fn check_size(bytes: usize) -> Result<(), StepError> {
    if bytes <= RENDERED_BYTES {
        return Ok(());
    }
    Err(StepError::new(
        "text_too_long",
        format!("The text would be longer than {RENDERED_BYTES} bytes"),
        format!("Текст получился бы длиннее {RENDERED_BYTES} байт"),
    ))
}

/// What arithmetic makes of a value: null and blank texts are 0, a text may spell a number.
pub(super) fn as_number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Null => Some(Decimal::ZERO),
        Value::Number(number) => Some(*number),
        Value::Text(text) if text.trim().is_empty() => Some(Decimal::ZERO),
        Value::Text(text) => parse_number(text),
        Value::Bool(_) | Value::Moment(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn number(value: &Value) -> Result<Decimal, StepError> {
    as_number(value).ok_or_else(|| {
        let shown = shown(value);
        StepError::new(
            "not_a_number",
            format!("“{shown}” is not a number; a text with + - * / is put in quotes"),
            format!("«{shown}» — не число; текст с + - * / берётся в кавычки"),
        )
    })
}

fn compute(left: Cow<'_, Value>, operator: Operator, right: &Value) -> Result<Value, StepError> {
    if let Some(result) = compute_date(&left, operator, right) {
        return result;
    }
    let is_list = |value: &Value| matches!(value, Value::Array(_) | Value::Object(_));
    let (left_number, right_number) = match (operator, as_number(&left), as_number(right)) {
        (_, Some(left), Some(right)) => (left, right),
        (Operator::Add, ..) if !is_list(&left) && !is_list(right) => {
            let mut text = match left {
                Cow::Owned(Value::Text(text)) => text,
                other => other.to_text().into_owned(),
            };
            push(&mut text, &right.to_text())?;
            return Ok(Value::Text(text));
        }
        _ => (number(&left)?, number(right)?),
    };
    let result = match operator {
        Operator::Add => left_number.checked_add(right_number),
        Operator::Subtract => left_number.checked_sub(right_number),
        Operator::Multiply => left_number.checked_mul(right_number),
        Operator::Divide if right_number.is_zero() => return Err(division_by_zero()),
        Operator::Divide => left_number.checked_div(right_number),
    };
    result.map(Value::Number).ok_or_else(|| {
        StepError::new(
            "number_too_large",
            "The result has more than 28 digits",
            "В результате больше 28 цифр",
        )
    })
}

/// A date plus or minus days, and the days between two dates; `None` when it is neither.
fn compute_date(left: &Value, operator: Operator, right: &Value) -> Option<Result<Value, StepError>> {
    if !operator.is_additive() || !matches!(left, Value::Moment(_) | Value::Text(_)) {
        return None;
    }
    if operator == Operator::Subtract
        && let Some(days) = days_between(right, left)
    {
        return Some(Ok(Value::Number(days)));
    }
    // A blank text is joined to a date, not added as 0 days.
    let days = right.to_number()?;
    let days = if operator == Operator::Subtract { -days } else { days };
    let minutes = days.checked_mul(MINUTES_OF_DAY).and_then(|minutes| minutes.round().to_i64());
    let span = minutes.and_then(|minutes| {
        let (days, minutes) = (minutes / 1_440, minutes % 1_440);
        Span::new().try_days(days).and_then(|span| span.try_minutes(minutes)).ok()
    });
    let too_far = || StepError::new("number_too_large", "There is no such date", "Такой даты не бывает");
    match span {
        Some(span) => shifted(left, span).map(|later| later.ok_or_else(too_far)),
        None => shifted(left, Span::new()).map(|_| Err(too_far())),
    }
}

pub(super) fn division_by_zero() -> StepError {
    StepError::new("division_by_zero", "Division by zero", "Деление на ноль")
}

fn secret_here(name: &str) -> StepError {
    StepError::new(
        "secret_here",
        format!("The secret {name} may stand only by itself in the fields of requests to other services"),
        format!("Секрет {name} может стоять только сам по себе и только в полях запросов к другим сервисам"),
    )
}

/// Whether a text has another in it, an array a cell, an object a key.
pub(super) fn contains(whole: &Value, part: &Value) -> bool {
    match whole {
        Value::Array(items) => items.iter().any(|item| item.same_as(part)),
        Value::Object(map) => map.contains_key(part.to_text().as_ref()),
        text => text.to_text().contains(part.to_text().as_ref()),
    }
}

/// A value as an error shows it.
pub(super) fn shown(value: &Value) -> String {
    const CHARS: usize = 40;
    let text = value.to_text();
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}
