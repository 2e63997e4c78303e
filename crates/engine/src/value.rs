//! The values a scenario works with: JSON with one exact decimal number type.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::str::FromStr;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    Array(Vec<Value>),
    Object(Map),
}

/// Stands for a decimal that a JSON number cannot carry exactly.
const DECIMAL_KEY: &str = "$decimal";

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
            Self::Bool(_) | Self::Number(_) => false,
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

    /// How the value reads inside a text: null is nothing, arrays are joined with `, `, objects are JSON.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Owned(number.normalize().to_string()),
            Self::Text(text) => Cow::Borrowed(text),
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

    /// Ordinary JSON; a decimal beyond a double's precision is rounded.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(number) => match integer(*number) {
                Some(integer) => integer.into(),
                None => number.to_f64().into(),
            },
            Self::Text(text) => text.as_str().into(),
            Self::Array(items) => items.iter().map(Value::to_json).collect(),
            Self::Object(map) => serde_json::Value::Object(
                map.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            ),
        }
    }

    /// Compares as people expect: numbers and texts that spell numbers as numbers, dates
    /// (`dd.mm.yyyy[ hh:mm]`) as dates, everything else as text. `None` for values without an order.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        if let (Some(left), Some(right)) = (self.to_number(), other.to_number()) {
            return Some(left.cmp(&right));
        }
        match (self, other) {
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
        if matches!(self, Self::Array(_) | Self::Object(_))
            || matches!(other, Self::Array(_) | Self::Object(_))
        {
            return self.compare(other);
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

/// Reads `dd.mm.yyyy`, `dd/mm/yyyy` or `dd-mm-yyyy` (two-digit years are 20yy), optionally with ` hh:mm`.
pub fn parse_date(text: &str) -> Option<jiff::civil::DateTime> {
    let text = text.trim();
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let mut parts = date.split(['.', '/', '-']);
    let day: i8 = parts.next()?.parse().ok()?;
    let month: i8 = parts.next()?.parse().ok()?;
    let year_text = parts.next()?;
    let year: i16 = year_text.parse().ok()?;
    if parts.next().is_some() || !matches!(year_text.len(), 2 | 4) {
        return None;
    }
    let (hour, minute) = time.split_once(':')?;
    jiff::civil::DateTime::new(
        if year_text.len() == 2 { 2000 + year } else { year },
        month,
        day,
        hour.parse().ok()?,
        minute.parse().ok()?,
        0,
        0,
    )
    .ok()
}

fn integer(number: Decimal) -> Option<i64> {
    number.is_integer().then(|| number.to_i64()).flatten()
}

/// The double that carries this decimal exactly, if there is one.
fn exact_f64(number: Decimal) -> Option<f64> {
    let double = number.to_f64()?;
    (Decimal::from_str(&double.to_string()).ok()? == number).then_some(double)
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

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Object(map)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => match (integer(*number), exact_f64(*number)) {
                (Some(integer), _) => serializer.serialize_i64(integer),
                (None, Some(double)) => serializer.serialize_f64(double),
                (None, None) => {
                    let mut map = serializer.serialize_map(Some(1))?;
                    map.serialize_entry(DECIMAL_KEY, &number.to_string())?;
                    map.end()
                }
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Self::Object(map) => map.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number.into()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number.into()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                let exact = Decimal::from_str(&number.to_string()).ok();
                Ok(exact
                    .or_else(|| Decimal::from_f64(number))
                    .map_or_else(|| Value::Text(number.to_string()), Value::Number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Value, E> {
                Ok(Value::Text(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
                let mut items = Vec::with_capacity(sequence.size_hint().unwrap_or_default().min(1024));
                while let Some(item) = sequence.next_element()? {
                    items.push(item);
                }
                Ok(Value::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
                let mut map = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    map.insert(name, value);
                }
                if let (1, Some(Value::Text(text))) = (map.len(), map.get(DECIMAL_KEY))
                    && let Ok(decimal) = Decimal::from_str(text)
                {
                    return Ok(Value::Number(decimal));
                }
                Ok(Value::Object(map))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
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
    }
}
