//! Engine values to JSON text, straight into the buffer of the reply.
//!
//! Follows `SerializeJSONProperty` (ECMA-262, 25.5.2.2) except where [`Mode::Strict`] makes an error of what
//! `JSON.stringify` silently drops.

use std::io::Write as _;

use boa_engine::{
    Context, JsBigInt, JsError, JsObject, JsString, JsValue, JsVariant, js_string, object::builtins::JsArray,
    property::PropertyKey, string::JsStrVariant,
};

use crate::NotJsonReason;

/// What happens to values JSON cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// They are errors with the path to the culprit: nothing a builder stores may get lost unseen.
    Strict,
    /// As the standard says for `JSON.stringify`.
    Stringify,
}

pub(super) enum WriteError {
    NotJson {
        reason: NotJsonReason,
        /// From the culprit outwards.
        path: Vec<PropertyKey>,
    },
    TooLong,
    TooDeep,
    /// `Stringify` met an object with rules of its own (a proxy, a typed array); Boa knows them.
    Exotic,
    /// A getter or `toJSON` threw.
    Js(JsError),
}

impl From<JsError> for WriteError {
    fn from(error: JsError) -> Self {
        Self::Js(error)
    }
}

/// Levels `JSON.stringify` writes; Boa's own dies of a stack overflow somewhere above.
const STRINGIFY_DEPTH: usize = 2_000;

pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    mode: Mode,
    /// Length of `out` at which to give up.
    max_len: usize,
    max_depth: usize,
    /// The objects around the current value, to find cycles.
    open: Vec<JsObject>,
}

impl<'o> Writer<'o> {
    /// Appends to `out`. After an error `out` ends in the middle of a value.
    pub fn new(out: &'o mut Vec<u8>, mode: Mode) -> Self {
        Self { out, mode, max_len: usize::MAX, max_depth: STRINGIFY_DEPTH, open: Vec::new() }
    }

    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_len = self.out.len().saturating_add(bytes);
        self
    }

    pub fn max_depth(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }

    /// Writes one value; `false` when there is nothing to write (`undefined`).
    pub fn value(
        &mut self,
        value: &JsValue,
        key: &PropertyKey,
        context: &mut Context,
    ) -> Result<bool, WriteError> {
        if self.out.len() > self.max_len {
            return Err(WriteError::TooLong);
        }
        match value.variant() {
            JsVariant::Undefined => return Ok(false),
            JsVariant::Null => self.out.extend_from_slice(b"null"),
            JsVariant::Boolean(true) => self.out.extend_from_slice(b"true"),
            JsVariant::Boolean(false) => self.out.extend_from_slice(b"false"),
            JsVariant::Integer32(number) => self.integer(i64::from(number)),
            JsVariant::Float64(number) => self.number(number, context)?,
            JsVariant::String(text) => self.string(&text),
            JsVariant::BigInt(_) => return Err(not_json(NotJsonReason::BigInt)),
            JsVariant::Symbol(_) if self.mode == Mode::Stringify => return Ok(false),
            JsVariant::Symbol(_) => return Err(not_json(NotJsonReason::Symbol)),
            JsVariant::Object(object) => return self.object(&object, key, context),
        }
        // A text may be long by itself.
        if self.out.len() > self.max_len { Err(WriteError::TooLong) } else { Ok(true) }
    }

    fn object(
        &mut self,
        object: &JsObject,
        key: &PropertyKey,
        context: &mut Context,
    ) -> Result<bool, WriteError> {
        let to_json = object.get(js_string!("toJSON"), context)?;
        if let Some(to_json) = to_json.as_callable() {
            let name = JsValue::new(js_string!(key.to_string()));
            let replacement = to_json.call(&object.clone().into(), &[name], context)?;
            return match replacement.as_object() {
                // Asking the replacement for its own `toJSON` would never end for `return this`.
                Some(object) => self.plain_object(&object, context),
                None => self.value(&replacement, key, context),
            };
        }
        self.plain_object(object, context)
    }

    fn plain_object(&mut self, object: &JsObject, context: &mut Context) -> Result<bool, WriteError> {
        if object.is_callable() {
            return match self.mode {
                Mode::Strict => Err(not_json(NotJsonReason::Function)),
                Mode::Stringify => Ok(false),
            };
        }
        if let Some(primitive) = unboxed(object) {
            return self.value(&primitive, &0.into(), context);
        }
        if self.open.iter().any(|outer| JsObject::equals(outer, object)) {
            return Err(not_json(NotJsonReason::Cycle));
        }
        if self.open.len() >= self.max_depth {
            return Err(WriteError::TooDeep);
        }
        self.open.push(object.clone());
        if object.is_array() {
            self.array(object, context)?;
        } else if object.is_ordinary() {
            self.members(object, context)?;
        } else {
            return Err(match self.mode {
                Mode::Strict => not_json(NotJsonReason::Container),
                Mode::Stringify => WriteError::Exotic,
            });
        }
        self.open.pop();
        Ok(true)
    }

    fn array(&mut self, array: &JsObject, context: &mut Context) -> Result<(), WriteError> {
        self.out.push(b'[');
        let length = JsArray::from_object(array.clone())?.length(context)?;
        for index in 0..length {
            if index > 0 {
                self.out.push(b',');
            }
            let key = PropertyKey::from(index);
            let item = own_value(array, &key, context)?;
            if !self.value(&item, &key, context).map_err(|error| error.inside(key))? {
                self.out.extend_from_slice(b"null");
            }
        }
        self.out.push(b']');
        Ok(())
    }

    fn members(&mut self, object: &JsObject, context: &mut Context) -> Result<(), WriteError> {
        self.out.push(b'{');
        let mut first = true;
        for key in object.own_property_keys(context)? {
            let before = self.out.len();
            let Some(member) = enumerable_value(object, &key, context)? else { continue };
            if !first {
                self.out.push(b',');
            }
            self.key(&key);
            self.out.push(b':');
            if self.value(&member, &key, context).map_err(|error| error.inside(key))? {
                first = false;
            } else {
                self.out.truncate(before);
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// The name of a member, in quotes.
    pub fn key(&mut self, key: &PropertyKey) {
        match key {
            PropertyKey::String(name) => self.string(name),
            other => {
                self.out.push(b'"');
                self.out.extend_from_slice(other.to_string().as_bytes());
                self.out.push(b'"');
            }
        }
    }

    fn number(&mut self, number: f64, context: &mut Context) -> Result<(), WriteError> {
        const SAFE: f64 = 9_007_199_254_740_992.0;
        if !number.is_finite() {
            if self.mode == Mode::Strict {
                return Err(not_json(NotJsonReason::NotFinite));
            }
            self.out.extend_from_slice(b"null");
        } else if number.fract() == 0.0 && number.abs() <= SAFE {
            self.integer(number as i64);
        } else {
            let text = JsValue::new(number).to_string(context)?;
            self.out.extend_from_slice(text.to_std_string_lossy().as_bytes());
        }
        Ok(())
    }

    fn integer(&mut self, number: i64) {
        let _ = write!(self.out, "{number}");
    }

    fn string(&mut self, text: &JsString) {
        self.out.push(b'"');
        match text.as_str().variant() {
            JsStrVariant::Latin1(latin1) => {
                for &byte in latin1 {
                    self.character(char::from(byte));
                }
            }
            JsStrVariant::Utf16(units) => {
                for unit in char::decode_utf16(units.iter().copied()) {
                    match (unit, self.mode) {
                        (Ok(character), _) => self.character(character),
                        (Err(lone), Mode::Stringify) => {
                            let _ = write!(self.out, "\\u{:04x}", lone.unpaired_surrogate());
                        }
                        // No UTF-8 text can hold half a character.
                        (Err(_), Mode::Strict) => self.character(char::REPLACEMENT_CHARACTER),
                    }
                }
            }
        }
        self.out.push(b'"');
    }

    fn character(&mut self, character: char) {
        match character {
            '"' => self.out.extend_from_slice(b"\\\""),
            '\\' => self.out.extend_from_slice(b"\\\\"),
            '\n' => self.out.extend_from_slice(b"\\n"),
            '\r' => self.out.extend_from_slice(b"\\r"),
            '\t' => self.out.extend_from_slice(b"\\t"),
            '\u{8}' => self.out.extend_from_slice(b"\\b"),
            '\u{c}' => self.out.extend_from_slice(b"\\f"),
            ' '..='~' | '\u{7f}' => self.out.push(character as u8),
            '\0'..='\u{1f}' => {
                let _ = write!(self.out, "\\u{:04x}", u32::from(character));
            }
            _ => self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

impl WriteError {
    /// The same error seen from one level further out.
    fn inside(mut self, key: PropertyKey) -> Self {
        if let Self::NotJson { path, .. } = &mut self {
            path.push(key);
        }
        self
    }
}

fn not_json(reason: NotJsonReason) -> WriteError {
    WriteError::NotJson { reason, path: Vec::new() }
}

/// The value of an enumerable own property with a name; symbols are not for JSON.
pub(super) fn enumerable_value(
    object: &JsObject,
    key: &PropertyKey,
    context: &mut Context,
) -> Result<Option<JsValue>, JsError> {
    if matches!(key, PropertyKey::Symbol(_)) {
        return Ok(None);
    }
    let found = object.borrow().properties().get(key);
    match found {
        Some(found) if found.enumerable() == Some(true) => match found.value() {
            Some(value) => Ok(Some(value.clone())),
            None => object.get(key.clone(), context).map(Some),
        },
        _ => Ok(None),
    }
}

fn own_value(array: &JsObject, key: &PropertyKey, context: &mut Context) -> Result<JsValue, JsError> {
    let found = array.borrow().properties().get(key).and_then(|found| found.value().cloned());
    match found {
        Some(value) => Ok(value),
        None => array.get(key.clone(), context),
    }
}

/// The primitive inside `new Number(1)` and its like.
fn unboxed(object: &JsObject) -> Option<JsValue> {
    if object.is_ordinary() {
        return None;
    }
    if let Some(number) = object.downcast_ref::<f64>() {
        return Some(JsValue::new(*number));
    }
    if let Some(text) = object.downcast_ref::<JsString>() {
        return Some(JsValue::new(text.clone()));
    }
    if let Some(flag) = object.downcast_ref::<bool>() {
        return Some(JsValue::new(*flag));
    }
    object.downcast_ref::<JsBigInt>().map(|number| JsValue::new(number.clone()))
}
