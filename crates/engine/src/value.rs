//! The values a scenario works with: JSON with one exact decimal number type, and moments with a zone.

mod moment;
mod stored;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::str::FromStr;

use indexmap::IndexMap;
use jiff::Zoned;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

pub use moment::parse_date;
pub(crate) use moment::{date_text, days_between, shifted, time_text};

/// Names and values in the order they were first written.
pub type Map = IndexMap<String, Value>;

/// A value of a variable, a field, a list cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    /// A moment in its zone. A date somebody typed stays the text it was.
    Moment(Zoned),
    Array(Vec<Value>),
    Object(Map),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Null, an empty text, an empty array or an empty object.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Array(items) => items.is_empty(),
            Self::Object(map) => map.is_empty(),
            Self::Bool(_) | Self::Number(_) | Self::Moment(_) => false,
        }
    }

    /// About as many bytes as it takes when it is stored, without writing it.
    pub fn stored_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 4,
            Self::Number(_) => 16,
            Self::Text(text) => text.len() + 2,
            Self::Moment(_) => 48,
            Self::Array(items) => items.iter().map(|item| item.stored_bytes() + 1).sum::<usize>() + 2,
            Self::Object(map) => map_bytes(map),
        }
    }

    /// What a condition makes of a value that stands alone: empty values, `false`, `0` and the texts
    /// `false` and `0` are false.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Number(number) => !number.is_zero(),
            Self::Text(text) => !matches!(text.trim(), "" | "0" | "false"),
            other => !other.is_empty(),
        }
    }

    /// How the value reads inside a text: null is nothing, moments are `dd.mm.yyyy hh:mm`, arrays are joined with
    /// `, `, objects are JSON.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Owned(number.normalize().to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Moment(moment) => Cow::Owned(moment::text(moment)),
            Self::Array(items) => Cow::Owned(items.iter().map(Value::to_text).collect::<Vec<_>>().join(", ")),
            Self::Object(_) => Cow::Owned(self.to_json().to_string()),
        }
    }

    /// The number this value is or spells (`12`, `12.50`, `12,50`, spaces around), if any.
    pub fn to_number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => parse_number(text),
            _ => None,
        }
    }

    /// Follows one step of a path: an object's key, or an array's index.
    pub fn get(&self, step: &str) -> Option<&Value> {
        match self {
            Self::Object(map) => map.get(step),
            Self::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        }
    }

    /// Ordinary JSON; a decimal beyond a double's precision is rounded, a moment is a text of RFC 3339.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(number) => match integer(*number) {
                Some(integer) => integer.into(),
                None => number.to_f64().into(),
            },
            Self::Text(text) => text.as_str().into(),
            Self::Moment(moment) => moment::rfc3339(moment).into(),
            Self::Array(items) => items.iter().map(Value::to_json).collect(),
            Self::Object(map) => serde_json::Value::Object(
                map.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            ),
        }
    }

    /// The value as a cell of a list holds it: moments become their texts, which all rows compare alike.
    pub fn into_cell(self) -> Self {
        match self {
            Self::Moment(moment) => Self::Text(moment::text(&moment)),
            Self::Array(items) => Self::Array(items.into_iter().map(Self::into_cell).collect()),
            Self::Object(map) => {
                Self::Object(map.into_iter().map(|(name, value)| (name, value.into_cell())).collect())
            }
            other => other,
        }
    }

    /// Compares as people expect: numbers and texts that spell numbers as numbers, dates
    /// (`dd.mm.yyyy[ hh:mm]`) as dates, everything else as text. Two moments compare as such, in whatever zones;
    /// with a date somebody wrote, a moment is what the clock and the calendar of its zone show. `None` for values
    /// without an order.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        if let (Some(left), Some(right)) = (self.to_number(), other.to_number()) {
            return Some(left.cmp(&right));
        }
        match (self, other) {
            (Self::Moment(left), Self::Moment(right)) => Some(left.cmp(right)),
            (Self::Array(_) | Self::Object(_), _) | (_, Self::Array(_) | Self::Object(_)) => {
                (self == other).then_some(Ordering::Equal)
            }
            _ => {
                let (left, right) = (self.to_text(), other.to_text());
                match (parse_date(&left), parse_date(&right)) {
                    (Some(left), Some(right)) => Some(left.cmp(&right)),
                    _ => Some(left.as_ref().cmp(right.as_ref())),
                }
            }
        }
    }

    /// Which of two values is greater. Like [`Value::compare`], but a number or a date has no order with a text
    /// that is neither: `abc` is not above 18, and not below. Empty values come first.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        let if_empty = || if self.is_empty() || other.is_empty() { self.compare(other) } else { None };
        match (self.to_number(), other.to_number()) {
            (Some(left), Some(right)) => return Some(left.cmp(&right)),
            (None, None) => {}
            _ => return if_empty(),
        }
        match (self, other) {
            (Self::Array(_) | Self::Object(_), _)
            | (_, Self::Array(_) | Self::Object(_))
            | (Self::Moment(_), Self::Moment(_)) => return self.compare(other),
            _ => {}
        }
        let (left, right) = (self.to_text(), other.to_text());
        match (parse_date(&left), parse_date(&right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            (None, None) => Some(left.as_ref().cmp(right.as_ref())),
            _ => if_empty(),
        }
    }

    /// Equality by the rules of [`Value::compare`].
    pub fn same_as(&self, other: &Value) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }
}

/// [`Value::stored_bytes`] of names and values.
pub(crate) fn map_bytes(map: &Map) -> usize {
    map.iter().map(|(name, value)| name.len() + 4 + value.stored_bytes()).sum::<usize>() + 2
}

/// Reads a number as people type it; a comma may stand for the point.
pub fn parse_number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plausible =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b','));
    if text.is_empty() || !plausible || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if text.contains(',') {
        return Decimal::from_str(&text.replacen(',', ".", 1)).ok();
    }
    Decimal::from_str(text).ok()
}

fn integer(number: Decimal) -> Option<i64> {
    number.is_integer().then(|| number.to_i64()).flatten()
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => from_json_number(&number),
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => Self::Array(items.into_iter().map(Value::from).collect()),
            serde_json::Value::Object(map) => {
                Self::Object(map.into_iter().map(|(name, value)| (name, Value::from(value))).collect())
            }
        }
    }
}

/// Numbers beyond 28 digits stay readable as text instead of losing digits.
fn from_json_number(number: &serde_json::Number) -> Value {
    if let Some(integer) = number.as_i64() {
        return Value::Number(integer.into());
    }
    let text = number.to_string();
    match Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)) {
        Ok(decimal) => Value::Number(decimal),
        Err(_) => Value::Text(text),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<Zoned> for Value {
    fn from(moment: Zoned) -> Self {
        Self::Moment(moment)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Object(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_storage_exactly() {
        for text in ["0", "-7", "0.1", "19.99", "123456789012345.67", "0.1234567890123456789012345678"] {
            let value = Value::Number(Decimal::from_str(text).unwrap());
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{text} was stored as {json}");
        }
    }

    #[test]
    fn comparison_follows_what_people_mean() {
        let check = |left: &str, right: &str, expected| {
            assert_eq!(Value::from(left).compare(&right.into()), Some(expected), "{left} and {right}");
        };
        check("10", "9", Ordering::Greater);
        check("10", "10.0", Ordering::Equal);
        check("02.01.2026", "01.12.2025", Ordering::Greater);
        check("02.01.26 10:00", "02.01.2026 09:59", Ordering::Greater);
        check("apple", "pear", Ordering::Less);
        check("", "0", Ordering::Less);
    }

    #[test]
    fn order_refuses_what_cannot_be_measured() {
        let check = |left: &str, right: &str, expected| {
            assert_eq!(Value::from(left).order(&right.into()), expected, "{left} and {right}");
        };
        check("18", "9", Some(Ordering::Greater));
        check("abc", "18", None);
        check("18", "abc", None);
        check("", "18", Some(Ordering::Less));
        check("abc", "abd", Some(Ordering::Less));
        check("abc", "01.02.2026", None);
        check("01.02.2026", "31.01.2026", Some(Ordering::Greater));
        check("", "01.02.2026", Some(Ordering::Less));
        assert_eq!(Value::Null.order(&"5".into()), Some(Ordering::Less));
        let moment = Value::Moment("2026-02-01T10:00:00+03:00[+03:00]".parse().unwrap());
        assert_eq!(moment.order(&"abc".into()), None);
        assert_eq!(moment.order(&"18".into()), None);
    }
}
