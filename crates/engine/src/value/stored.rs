//! How values are stored: ordinary JSON, and objects of one key for what JSON cannot say.

use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Map, Value, integer, moment};

/// Stands for a decimal that a JSON number cannot carry exactly.
const DECIMAL_KEY: &str = "$decimal";
/// Stands for a moment: its text of RFC 9557, `2026-10-14T15:04:00+03:00[Europe/Moscow]`.
const MOMENT_KEY: &str = "$moment";

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
            Self::Moment(moment) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(MOMENT_KEY, &moment.to_string())?;
                map.end()
            }
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
                Ok(scalar(&map).unwrap_or(Value::Object(map)))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

/// The decimal or the moment an object of one key stands for.
fn scalar(map: &Map) -> Option<Value> {
    let (1, Some((key, Value::Text(text)))) = (map.len(), map.first()) else { return None };
    match key.as_str() {
        DECIMAL_KEY => Decimal::from_str(text).ok().map(Value::Number),
        MOMENT_KEY => moment::parse(text).map(Value::Moment),
        _ => None,
    }
}

/// The double that carries this decimal exactly, if there is one. With more digits than a double counts, it may be read
/// a last bit beside: serde_json rounds twice then.
fn exact_f64(number: Decimal) -> Option<f64> {
    const COUNTED: u128 = 1 << f64::MANTISSA_DIGITS;
    if number.mantissa().unsigned_abs() >= COUNTED {
        return None;
    }
    let double = number.to_f64()?;
    (Decimal::from_str(&double.to_string()).ok()? == number).then_some(double)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(value: &Value) -> Value {
        let json = serde_json::to_string(value).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    fn value() -> impl Strategy<Value = Value> {
        let decimal = (any::<i64>(), 0_u32..=18).prop_map(|(digits, scale)| Decimal::new(digits, scale));
        let moment = (-9_000_000_000_i64..9_000_000_000, -1_439_i32..1_439).prop_map(|(second, minutes)| {
            let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_seconds(minutes * 60).unwrap());
            Value::Moment(jiff::Timestamp::from_second(second).unwrap().to_zoned(zone))
        });
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            decimal.prop_map(Value::Number),
            any::<String>().prop_map(Value::Text),
            moment,
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_survive_storage(value in value()) {
            let back = stored(&value);
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(back.to_text(), value.to_text(), "the same moments in the same zones");
        }

        #[test]
        fn comparisons_can_be_turned_round(left in value(), right in value()) {
            prop_assert_eq!(left.compare(&right), right.compare(&left).map(std::cmp::Ordering::reverse));
            prop_assert_eq!(left.order(&right), right.order(&left).map(std::cmp::Ordering::reverse));
            prop_assert!(left.same_as(&left) && left.clone().into_cell().same_as(&left.clone().into_cell()));
        }
    }

    #[test]
    fn moments_keep_their_zone() {
        for text in [
            "2026-10-14T15:04:05+03:00[Europe/Moscow]",
            "2026-10-25T02:30:00+01:00[Europe/Berlin]",
            "2026-10-14T15:04:00.123+05:30[+05:30]",
            "2026-10-14T12:04:00+00:00[UTC]",
        ] {
            let moment = Value::Moment(moment::parse(text).unwrap());
            let Value::Moment(back) = stored(&Value::Array(vec![moment])).get("0").cloned().unwrap() else {
                panic!("{text} is a moment no more");
            };
            assert_eq!(back.to_string(), text);
        }
        let unknown = serde_json::from_str::<Value>(r#"{"$moment": "tomorrow"}"#).unwrap();
        assert!(matches!(unknown, Value::Object(_)), "what is no moment stays as it is");
    }
}
