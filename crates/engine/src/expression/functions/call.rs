//! What a function is given, and the errors of its arguments.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Function;
use crate::error::StepError;
use crate::expression::Lookup;
use crate::expression::cursor::is_name_char;
use crate::expression::evaluate::{NULL, as_number, shown};
use crate::value::{Value, parse_date};

/// One call of a function. Arguments are counted from 0; one that is not given is null.
pub(in crate::expression) struct Call<'a> {
    pub(in crate::expression) function: &'static Function,
    pub(in crate::expression) arguments: &'a [Cow<'a, Value>],
    pub(in crate::expression) lookup: &'a dyn Lookup,
}

impl<'a> Call<'a> {
    pub(super) fn get(&self, index: usize) -> &Value {
        self.arguments.get(index).map_or(&NULL, |argument| argument.as_ref())
    }

    pub(super) fn is_given(&self, index: usize) -> bool {
        index < self.arguments.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.arguments.iter().map(AsRef::as_ref)
    }

    pub(super) fn lookup(&self) -> &'a dyn Lookup {
        self.lookup
    }

    pub(super) fn text(&self, index: usize) -> Cow<'_, str> {
        self.get(index).to_text()
    }

    /// Null and blank texts are 0.
    pub(super) fn number(&self, index: usize) -> Result<Decimal, StepError> {
        self.as_number(self.get(index))
    }

    pub(super) fn as_number(&self, value: &Value) -> Result<Decimal, StepError> {
        as_number(value).ok_or_else(|| {
            let (name, shown) = (self.function.name, shown(value));
            // A name without #{} is the likely mistake.
            let is_name = shown.chars().all(is_name_char);
            let (hint, hint_ru) = if is_name {
                (
                    format!("; a variable is written #{{{shown}}}"),
                    format!("; переменная пишется #{{{shown}}}"),
                )
            } else {
                Default::default()
            };
            StepError::new(
                "not_a_number",
                format!("{name}: “{shown}” is not a number{hint}"),
                format!("{name}: «{shown}» — не число{hint_ru}"),
            )
        })
    }

    /// A whole number; a fraction is cut off.
    pub(super) fn integer(&self, index: usize, range: RangeInclusive<i64>) -> Result<i64, StepError> {
        let number = self.number(index)?;
        number.trunc().to_i64().filter(|integer| range.contains(integer)).ok_or_else(|| {
            let (name, least, most) = (self.function.name, range.start(), range.end());
            StepError::new(
                "out_of_range",
                format!("{name}: {number} is not between {least} and {most}"),
                format!("{name}: {number} не между {least} и {most}"),
            )
        })
    }

    /// `dd.mm.yyyy[ hh:mm]`, or ISO 8601; a moment is taken to the bot's zone.
    pub(super) fn date(&self, index: usize) -> Result<DateTime, StepError> {
        let text = self.text(index);
        let text = text.trim();
        let moment = || text.parse::<jiff::Timestamp>().ok();
        parse_date(text)
            .or_else(|| {
                moment().map(|moment| moment.to_zoned(self.lookup.now().time_zone().clone()).datetime())
            })
            .or_else(|| text.parse::<DateTime>().ok())
            .or_else(|| text.parse::<Date>().ok().map(DateTime::from))
            .ok_or_else(|| {
                let (name, shown) = (self.function.name, shown(self.get(index)));
                StepError::new(
                    "not_a_date",
                    format!(
                        "{name}: “{shown}” is not a date; dates look like 31.12.2026 or 31.12.2026 18:00"
                    ),
                    format!("{name}: «{shown}» — не дата; дата выглядит как 31.12.2026 или 31.12.2026 18:00"),
                )
            })
    }

    /// The cells of an array; null is an empty one, a single value an array of itself.
    pub(super) fn list(&self, index: usize) -> &[Value] {
        match self.get(index) {
            Value::Array(items) => items,
            Value::Null => &[],
            single => std::slice::from_ref(single),
        }
    }

    pub(super) fn today(&self) -> Date {
        self.lookup.now().date()
    }

    pub(super) fn too_large(&self) -> StepError {
        let name = self.function.name;
        StepError::new(
            "number_too_large",
            format!("{name}: the result is too large"),
            format!("{name}: результат слишком велик"),
        )
    }
}
