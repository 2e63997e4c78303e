//! JSON text to engine values, in one pass and without a tree in between.
//!
//! serde_json refuses more than 127 levels, so the recursion here is bounded.

use std::fmt;

use boa_engine::{
    Context, JsResult, JsString, JsValue,
    object::{IntegrityLevel, JsObject, builtins::JsArray},
    property::PropertyDescriptor,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The value of a JSON text.
pub(super) fn parse_json(text: &str, context: &mut Context) -> serde_json::Result<JsValue> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = IntoValue(context).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Makes a value read-only through and through.
pub(super) fn freeze(value: &JsValue, context: &mut Context) -> JsResult<()> {
    let Some(object) = value.as_object() else { return Ok(()) };
    for key in object.own_property_keys(context)? {
        let member = object.borrow().properties().get(&key).and_then(|found| found.value().cloned());
        if let Some(member) = member {
            freeze(&member, context)?;
        }
    }
    object.set_integrity_level(IntegrityLevel::Frozen, context)?;
    Ok(())
}

struct IntoValue<'c>(&'c mut Context);

impl<'de> DeserializeSeed<'de> for IntoValue<'_> {
    type Value = JsValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IntoValue<'_> {
    type Value = JsValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<JsValue, E> {
        Ok(JsValue::null())
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsValue, E> {
        Ok(JsValue::new(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<JsValue, E> {
        Ok(JsValue::new(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<JsValue, E> {
        Ok(JsValue::new(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<JsValue, E> {
        Ok(JsValue::new(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<JsValue, E> {
        Ok(JsValue::new(JsString::from(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<JsValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(IntoValue(self.0))? {
            items.push(item);
        }
        Ok(JsArray::from_iter(items, self.0).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsValue, A::Error> {
        let object = JsObject::with_object_proto(self.0.intrinsics());
        while let Some(key) = map.next_key_seed(Key)? {
            let member = map.next_value_seed(IntoValue(self.0))?;
            object.insert_property(key, data_property(member));
        }
        Ok(object.into())
    }
}

/// A property as an assignment makes it.
pub(super) fn data_property(value: JsValue) -> PropertyDescriptor {
    PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true).build()
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = JsString;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsString, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = JsString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, value: &str) -> Result<JsString, E> {
        Ok(JsString::from(value))
    }
}
