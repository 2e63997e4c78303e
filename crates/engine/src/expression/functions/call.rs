//! What a function is given, and the errors of its arguments.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Function;
use crate::error::StepError;
use crate::expression::Lookup;
use crate::expression::cursor::is_name_char;
use crate::expression::evaluate::{NULL, as_number, shown};
use crate::limits::{LIST_CELLS, RENDERED_BYTES};
use crate::value::{Value, parse_date};
use crate::words::Lang;

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
            let (name, name_ru, shown) = (self.function.name, self.function.name_ru, shown(value));
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
                format!("{name_ru}: «{shown}» — не число{hint_ru}"),
            )
        })
    }

    /// A whole number; a fraction is cut off.
    pub(super) fn integer(&self, index: usize, range: RangeInclusive<i64>) -> Result<i64, StepError> {
        let number = self.number(index)?;
        number.trunc().to_i64().filter(|integer| range.contains(integer)).ok_or_else(|| {
            let (name, name_ru) = (self.function.name, self.function.name_ru);
            let (least, most) = (range.start(), range.end());
            StepError::new(
                "out_of_range",
                format!("{name}: {number} is not between {least} and {most}"),
                format!("{name_ru}: {number} не между {least} и {most}"),
            )
        })
    }

    /// `dd.mm.yyyy[ hh:mm]`, or ISO 8601; a moment without a zone of its own is taken to the bot's.
    pub(super) fn date(&self, index: usize) -> Result<DateTime, StepError> {
        if let Value::Moment(moment) = self.get(index) {
            return Ok(moment.datetime());
        }
        let text = self.text(index);
        let text = text.trim();
        parse_date(text)
            .or_else(|| parse_instant(text).map(|moment| self.in_own_zone(moment).datetime()))
            .or_else(|| text.parse::<DateTime>().ok())
            .or_else(|| text.parse::<Date>().ok().map(DateTime::from))
            .ok_or_else(|| {
                self.wrong(
                    index,
                    "not_a_date",
                    "a date such as 31.12.2026 or 31.12.2026 18:00",
                    "дата, например 31.12.2026 или 31.12.2026 18:00",
                )
            })
    }

    /// The moment of a date; one without a zone of its own is meant by the bot's clock.
    pub(super) fn moment(&self, index: usize) -> Result<Zoned, StepError> {
        if let Value::Moment(moment) = self.get(index) {
            return Ok(moment.clone());
        }
        if let Some(moment) = parse_instant(self.text(index).trim()) {
            return Ok(self.in_own_zone(moment));
        }
        let zone = self.lookup.now().time_zone().clone();
        self.date(index)?.to_zoned(zone).map_err(|_| self.too_large())
    }

    fn in_own_zone(&self, moment: jiff::Timestamp) -> Zoned {
        moment.to_zoned(self.lookup.now().time_zone().clone())
    }

    /// `ru` or `en`; not given, the language of the bot.
    pub(super) fn lang(&self, index: usize) -> Result<Lang, StepError> {
        match self.text(index).trim().to_lowercase().as_str() {
            "" => Ok(self.lookup.bot_lang()),
            "ru" => Ok(Lang::Ru),
            "en" => Ok(Lang::En),
            _ => Err(self.wrong(index, "unknown_language", "ru or en", "ru или en")),
        }
    }

    /// The cells of an array; null is an empty one, a single value an array of itself.
    pub(super) fn list(&self, index: usize) -> &[Value] {
        match self.get(index) {
            Value::Array(items) => items,
            Value::Null => &[],
            single => std::slice::from_ref(single),
        }
    }

    /// An array, unless it would have more cells than an array may.
    pub(super) fn array(&self, items: impl Iterator<Item = Value>) -> Result<Value, StepError> {
        let cells: Vec<Value> = items.take(LIST_CELLS + 1).collect();
        if cells.len() > LIST_CELLS { Err(self.too_long()) } else { Ok(Value::Array(cells)) }
    }

    /// Characters a text may have at most.
    pub(super) fn text_max(&self) -> i64 {
        i64::try_from(RENDERED_BYTES).unwrap_or(i64::MAX)
    }

    pub(super) fn today(&self) -> Date {
        self.lookup.now().date()
    }

    pub(super) fn too_large(&self) -> StepError {
        StepError::new(
            "number_too_large",
            format!("{}: the result is too large", self.function.name),
            format!("{}: результат слишком велик", self.function.name_ru),
        )
    }

    pub(super) fn too_long(&self) -> StepError {
        StepError::new(
            "list_too_long",
            format!("{}: the array would have more than {LIST_CELLS} cells", self.function.name),
            format!("{}: в массиве было бы больше {LIST_CELLS} элементов", self.function.name_ru),
        )
    }

    /// An argument that is not what the function expects.
    pub(super) fn wrong(&self, index: usize, code: &str, expected: &str, expected_ru: &str) -> StepError {
        let shown = shown(self.get(index));
        let (name, name_ru, number) = (self.function.name, self.function.name_ru, index + 1);
        StepError::new(
            code,
            format!("{name}: argument {number} is “{shown}”, expected {expected}"),
            format!("{name_ru}: аргумент {number} — «{shown}», ожидается {expected_ru}"),
        )
    }
}

/// A moment as other services write it: ISO 8601 with an offset or `Z`.
fn parse_instant(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}
