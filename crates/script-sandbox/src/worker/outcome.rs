//! What a script left behind: which variables changed, which are gone, what it returned.
//!
//! The reply is written by hand, in the shape of `Reply::Done`, so that a value passes from the engine into
//! the pipe without a tree of `serde_json` values in between.

use std::collections::HashMap;

use boa_engine::{Context, JsObject, JsValue, js_string, property::PropertyKey};
use serde_json::Value;

use crate::{
    NotJsonReason, Which,
    protocol::{self, Reply, RunRequest},
};

use super::{
    context::World,
    fault::{Fault, thrown},
    place::Source,
    variables::VARSTORE,
    write::{Mode, WriteError, Writer, enumerable_value},
};

/// Writes the frame of the reply.
pub(super) fn write(
    reply: &mut Vec<u8>,
    returned: &JsValue,
    request: &RunRequest<'_>,
    source: &Source<'_>,
    world: &World,
    context: &mut Context,
) -> Result<(), Fault> {
    let mut outcome =
        Outcome { out: Vec::with_capacity(1024), request, spent: 0, removed: Vec::new(), source };
    outcome.out.extend_from_slice(br#"{"done":{"changed":{"#);
    outcome.variables(world, context)?;
    outcome.out.push(b'}');
    outcome.result(returned, context)?;
    let Outcome { out, removed, .. } = outcome;
    protocol::frame(reply, |frame| {
        frame.extend_from_slice(&out);
        frame.extend_from_slice(br#","removed":"#);
        serde_json::to_writer(&mut *frame, &removed)?;
        frame.extend_from_slice(br#","logs":"#);
        serde_json::to_writer(&mut *frame, &world.take_logs())?;
        frame.extend_from_slice(b"}}");
        Ok(())
    })?;
    Ok(())
}

struct Outcome<'a> {
    out: Vec<u8>,
    request: &'a RunRequest<'a>,
    /// Bytes of values written so far, against the budget.
    spent: usize,
    removed: Vec<String>,
    source: &'a Source<'a>,
}

impl Outcome<'_> {
    fn variables(&mut self, world: &World, context: &mut Context) -> Result<(), Fault> {
        let varstore = self.varstore(context)?;
        let mut before: HashMap<&str, &str> =
            self.request.varstore.0.iter().map(|(name, json)| (name.as_ref(), json.get())).collect();
        let keys = varstore.own_property_keys(context).map_err(|error| self.thrown(&error, context))?;
        for key in keys {
            let untouched = {
                let property = varstore.borrow().properties().get(&key);
                property.is_some_and(|property| world.inputs.is_untouched(&property))
            };
            let name = name_of(&key);
            if untouched {
                before.remove(name.as_str());
                continue;
            }
            let value =
                enumerable_value(&varstore, &key, context).map_err(|error| self.thrown(&error, context))?;
            let Some(value) = value.filter(|value| !value.is_undefined()) else { continue };
            self.variable(&name, &key, &value, before.remove(name.as_str()), context)?;
        }
        self.removed.extend(before.into_keys().map(str::to_owned));
        self.removed.sort_unstable();
        Ok(())
    }

    /// The object that holds the variables now: the script may have put another in its place.
    fn varstore(&self, context: &mut Context) -> Result<JsObject, Fault> {
        let value = context.global_object().get(js_string!(VARSTORE), context);
        let value = value.map_err(|error| self.thrown(&error, context))?;
        let object = value.as_object().filter(JsObject::is_ordinary);
        object.ok_or_else(|| not_json(VARSTORE, &[], NotJsonReason::Container))
    }

    fn variable(
        &mut self,
        name: &str,
        key: &PropertyKey,
        value: &JsValue,
        before: Option<&str>,
        context: &mut Context,
    ) -> Result<(), Fault> {
        let start = self.out.len();
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        Writer::new(&mut self.out, Mode::Strict).key(key);
        self.out.push(b':');
        let value_start = self.out.len();
        let written = self.value(name, value, key, context)?;
        let after = self.out.get(value_start..).unwrap_or_default();
        if written && before.is_none_or(|before| !same(before.as_bytes(), after)) {
            self.spent += self.out.len() - start;
            return Ok(());
        }
        self.out.truncate(start);
        if !written && before.is_some() {
            self.removed.push(name.to_owned());
        }
        Ok(())
    }

    fn result(&mut self, returned: &JsValue, context: &mut Context) -> Result<(), Fault> {
        let start = self.out.len();
        self.out.extend_from_slice(br#","result":"#);
        if !self.value("result", returned, &js_string!("result").into(), context)? {
            self.out.truncate(start);
        }
        Ok(())
    }

    fn value(
        &mut self,
        name: &str,
        value: &JsValue,
        key: &PropertyKey,
        context: &mut Context,
    ) -> Result<bool, Fault> {
        let limits = &self.request.limits;
        let left = limits.result_bytes.saturating_sub(self.spent);
        let mut writer = Writer::new(&mut self.out, Mode::Strict).max_bytes(left).max_depth(limits.depth);
        writer.value(value, key, context).map_err(|error| match error {
            WriteError::NotJson { reason, path } => not_json(name, &path, reason),
            WriteError::TooLong => Reply::Budget(Which::Result).into(),
            WriteError::TooDeep => Reply::Budget(Which::Depth).into(),
            WriteError::Exotic => not_json(name, &[], NotJsonReason::Container),
            WriteError::Js(error) => thrown(&error, self.source, context).into(),
        })
    }

    fn thrown(&self, error: &boa_engine::JsError, context: &mut Context) -> Fault {
        thrown(error, self.source, context).into()
    }
}

fn name_of(key: &PropertyKey) -> String {
    match key {
        PropertyKey::String(name) => name.to_std_string_lossy(),
        other => other.to_string(),
    }
}

/// `path` leads from the culprit outwards.
fn not_json(variable: &str, path: &[PropertyKey], reason: NotJsonReason) -> Fault {
    let mut place = variable.to_owned();
    for key in path.iter().rev() {
        match key {
            PropertyKey::Index(index) => place.push_str(&format!("[{}]", index.get())),
            other => {
                place.push('.');
                place.push_str(&name_of(other));
            }
        }
    }
    let place = super::fault::shorten(&place);
    Reply::NotJson { variable: super::fault::shorten(variable), path: place, reason }.into()
}

/// Whether two JSON texts mean the same value: order of members and `1.0` against `1` do not count.
fn same(left: &[u8], right: &[u8]) -> bool {
    if left == right {
        return true;
    }
    match (serde_json::from_slice::<Value>(left), serde_json::from_slice::<Value>(right)) {
        (Ok(left), Ok(right)) => same_value(&left, &right),
        _ => false,
    }
}

fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same_value(left, right)))
        }
        (left, right) => left == right,
    }
}
