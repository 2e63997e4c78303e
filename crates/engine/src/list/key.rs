//! Keys of values: bytes that compare as the values do, for sorting, uniqueness and indexes.
//!
//! Two values have the same key exactly when [`Value::same_as`] holds. Values of one class (number, date,
//! text) are in the order of [`Value::compare`]; across classes that order is no total one (`"9a"` lies between
//! `9` and `10` as text), so there the class decides.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::value::{Value, parse_date};

/// First byte of a key; also the order of the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum KeyClass {
    Empty = 0,
    Number = 1,
    Date = 2,
    Text = 3,
    /// Arrays and objects, which are equal or not but have no order.
    Json = 4,
}

/// Every class, in order.
pub const KEY_CLASSES: [KeyClass; 5] =
    [KeyClass::Empty, KeyClass::Number, KeyClass::Date, KeyClass::Text, KeyClass::Json];

/// Longer texts are cut here and a hash put behind, so that equal keys still mean equal texts. PostgreSQL
/// allows some 2,700 bytes in an index.
const TEXT_BYTES: usize = 512;

/// The keys between which every value lies that starts a range at this key, or ends it. A long text's hash says
/// nothing about its order, so all texts with the same beginning are within.
pub fn range_ends(key: &[u8]) -> (Vec<u8>, Vec<u8>) {
    /// More than a hash, and more than any character.
    const BEYOND: [u8; 40] = [u8::MAX; 40];
    let cut = match class_of(key) {
        Some(KeyClass::Text | KeyClass::Json) => key.get(..=TEXT_BYTES).unwrap_or(key),
        _ => key,
    };
    (cut.to_vec(), [cut, &BEYOND].concat())
}

/// The class of a key; nothing for what is no key.
pub fn class_of(key: &[u8]) -> Option<KeyClass> {
    let first = *key.first()?;
    KEY_CLASSES.into_iter().find(|class| *class as u8 == first)
}

/// The key of a value.
pub fn key_of(value: &Value) -> Vec<u8> {
    if let Some(number) = value.to_number() {
        return number_key(number);
    }
    if let Value::Array(_) | Value::Object(_) = value {
        let mut canonical = String::new();
        write_canonical(value, &mut canonical);
        return text_key(KeyClass::Json, &canonical);
    }
    let text = value.to_text();
    if text.is_empty() {
        return vec![KeyClass::Empty as u8];
    }
    match parse_date(&text) {
        Some(date) => {
            let minutes = i64::from(date.year()) * 600_000
                + i64::from(date.month()) * 45_000
                + i64::from(date.day()) * 1_440
                + i64::from(date.hour()) * 60
                + i64::from(date.minute());
            let mut key = vec![KeyClass::Date as u8];
            // The sign bit is turned round, so that years before 0 come first.
            key.extend((minutes ^ i64::MIN).to_be_bytes());
            key
        }
        None => text_key(KeyClass::Text, &text),
    }
}

/// Sign, exponent and digits: `123.4` is + 3 `1234`, and with a negative one every byte is turned round.
fn number_key(number: Decimal) -> Vec<u8> {
    const NEGATIVE: u8 = 0;
    const ZERO: u8 = 1;
    const POSITIVE: u8 = 2;
    let mut key = vec![KeyClass::Number as u8];
    if number.is_zero() {
        key.push(ZERO);
        return key;
    }
    let number = number.normalize();
    let all_digits = number.mantissa().unsigned_abs().to_string();
    // 0.d1d2d3... times ten to this power; between -27 and 29, moved up to be a byte.
    let exponent = i64::try_from(all_digits.len()).unwrap_or(0) - i64::from(number.scale());
    let exponent = u8::try_from(exponent + 64).unwrap_or(u8::MAX);
    let digits = all_digits.trim_end_matches('0').bytes();
    // The end sorts before any further digit.
    let magnitude = std::iter::once(exponent).chain(digits).chain(std::iter::once(0));
    if number.is_sign_negative() {
        key.push(NEGATIVE);
        key.extend(magnitude.map(|byte| !byte));
    } else {
        key.push(POSITIVE);
        key.extend(magnitude);
    }
    key
}

fn text_key(class: KeyClass, text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut key = vec![class as u8];
    match bytes.get(..TEXT_BYTES) {
        Some(start) if bytes.len() > TEXT_BYTES => {
            key.extend(start);
            key.extend(Sha256::digest(bytes));
        }
        _ => key.extend(bytes),
    }
    key
}

/// JSON with the keys of objects in order, because objects are equal in any order.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in entries {
                out.push_str(&format!("{name:?}:"));
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Number(number) => out.push_str(&number.normalize().to_string()),
        Value::Text(text) => out.push_str(&format!("{text:?}")),
        Value::Moment(_) => out.push_str(&format!("{:?}", value.to_text())),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn samples() -> Vec<Value> {
        let texts = [
            "",
            "0",
            "-0",
            "1",
            "10",
            "10.0",
            "10,00",
            " 10 ",
            "9",
            "9a",
            "-1",
            "-1.5",
            "-10",
            "0.1",
            "0.01",
            "0.001",
            "123456789012345678901234567",
            "-123456789012345678901234567",
            "99.99",
            "100",
            "1e5",
            "apple",
            "Apple",
            "apple ",
            "яблоко",
            "01.02.2026",
            "1.2.26",
            "01.02.2026 00:00",
            "01.02.2026 10:30",
            "31.12.2025",
            "2.2.0001",
            "true",
        ];
        let mut values: Vec<Value> = texts.iter().map(|text| Value::from(*text)).collect();
        values.extend([Value::Null, Value::Bool(true), Value::from(10), Value::from(-3)]);
        values.push(serde_json::from_str(r#"{"a":1,"b":[2]}"#).unwrap());
        values.push(serde_json::from_str(r#"{"b":[2.0],"a":1}"#).unwrap());
        values.push(serde_json::from_str("[1,2]").unwrap());
        values.push("x".repeat(600).into());
        values.push(format!("{}y", "x".repeat(599)).into());
        values
    }

    #[test]
    fn equal_keys_are_equal_values_and_order_holds_within_a_class() {
        for left in &samples() {
            for right in &samples() {
                let (left_key, right_key) = (key_of(left), key_of(right));
                assert_eq!(left.same_as(right), left_key == right_key, "{left:?} and {right:?}");
                let class = class_of(&left_key).unwrap();
                let ordered = class == class_of(&right_key).unwrap() && class != KeyClass::Json;
                if ordered {
                    assert_eq!(left.compare(right), Some(left_key.cmp(&right_key)), "{left:?} and {right:?}");
                }
            }
        }
        assert_eq!(key_of(&"-2".into()).cmp(&key_of(&"-1".into())), Ordering::Less);
    }
}
