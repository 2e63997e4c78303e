//! What a context looked like before its first step, and whether it still does.
//!
//! The proof that a step left nothing behind: every object a script can reach without being handed one (the
//! global object and all it leads to, the prototypes that only syntax leads to, the compiled function itself)
//! is compared with what it was, property by property. Methods of the language are frozen instead: nobody
//! hangs values on `Array.prototype.map`, and they are four fifths of all objects. And what only a name leads to that
//! the script never says is left out.

use std::collections::HashSet;

use boa_engine::{
    Context, JsObject, JsResult, JsValue, Source, js_string,
    object::IntegrityLevel,
    property::{PropertyDescriptor, PropertyKey},
};

/// Prototypes and functions that no property of the global object leads to (ECMA-262, 6.1.7.4).
const ONLY_BY_SYNTAX: &str = "(() => {
    const proto = Object.getPrototypeOf, found = [
        proto(function* () {}), proto(async function () {}), proto(async function* () {}),
        proto([].values()), proto(new Map().values()), proto(new Set().values()),
        proto(''[Symbol.iterator]()), proto('a'.matchAll(/a/g)),
        Object.getOwnPropertyDescriptor((function () { 'use strict'; return arguments })(), 'callee').get,
    ];
    if (typeof Iterator === 'function') {
        if (Iterator.from) found.push(proto(Iterator.from({ next() {} })));
        if (Iterator.prototype.map) found.push(proto([].values().map(x => x)));
    }
    return found;
})()";

/// Globals that nothing but their names leads to: no syntax and no other global makes such an object or answers with
/// one. (`parseDate` does, but its name contains that of `Date`.)
const ONLY_BY_NAME: [&str; 25] = [
    "Atomics",
    "DataView",
    "Date",
    "FinalizationRegistry",
    "JSON",
    "Map",
    "Math",
    "Proxy",
    "Reflect",
    "Set",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "BigInt64Array",
    "BigUint64Array",
    "Float32Array",
    "Float64Array",
    "Int8Array",
    "Int16Array",
    "Int32Array",
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
];

/// How a script can come to the global object, and with it to names put together at run time. Text that is compiled
/// spoils a context anyway.
const TO_GLOBAL_OBJECT: [&str; 3] = ["this", "globalThis", "\\u"];

pub(super) struct Pristine {
    objects: Vec<Known>,
}

struct Known {
    object: JsObject,
    /// Where the engine keeps the layout of the object. The same layout has the same names in the same order.
    shape: usize,
    prototype: Option<JsObject>,
    properties: Vec<(PropertyKey, PropertyDescriptor)>,
}

impl Pristine {
    /// Looks at a context that no step has touched, and at the function its steps will call; `source` is its text.
    pub fn of(function: &JsObject, source: &str, context: &mut Context) -> JsResult<Self> {
        let out_of_reach = out_of_reach(source);
        let global = context.global_object();
        let hidden = context.eval(Source::from_bytes(ONLY_BY_SYNTAX))?;
        let mut pending = vec![global.clone(), function.clone()];
        if let Some(hidden) = hidden.as_object() {
            for key in hidden.own_property_keys(context)? {
                pending.extend(hidden.get(key, context)?.as_object());
            }
        }
        let mut seen: HashSet<JsObject> = pending.iter().cloned().collect();
        let mut objects = Vec::new();
        while let Some(object) = pending.pop() {
            let known = Known::look(object, context)?;
            let is_global = JsObject::equals(&known.object, &global);
            let in_reach = |(key, _): &&(PropertyKey, PropertyDescriptor)| {
                !is_global || !out_of_reach.iter().any(|name| is_named(key, name))
            };
            let properties = known.properties.iter().filter(in_reach).map(|(_, property)| property);
            let values = properties.flat_map(|property| [property.value(), property.get(), property.set()]);
            let leads_to = values.flatten().filter_map(JsValue::as_object).chain(known.prototype.clone());
            pending.extend(leads_to.filter(|object| seen.insert(object.clone())));
            if known.is_method() {
                known.object.set_integrity_level(IntegrityLevel::Frozen, context)?;
            } else {
                objects.push(known);
            }
        }
        Ok(Self { objects })
    }

    /// Takes away the globals a script made by assigning to a name it never declared, then compares.
    pub fn restore(&mut self, context: &mut Context) -> JsResult<bool> {
        self.remove_new_globals(context)?;
        for known in &mut self.objects {
            if !known.is_unchanged(context)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn remove_new_globals(&self, context: &mut Context) -> JsResult<()> {
        let global = context.global_object();
        let Some(known) = self.objects.iter().find(|known| JsObject::equals(&known.object, &global)) else {
            return Ok(());
        };
        let keys = global.own_property_keys(context)?;
        if keys.len() <= known.properties.len() {
            return Ok(());
        }
        let names: HashSet<&PropertyKey> = known.properties.iter().map(|(key, _)| key).collect();
        for key in keys.into_iter().filter(|key| !names.contains(key)) {
            // One that cannot be deleted is found by the comparison.
            let _ = global.delete_property_or_throw(key, context);
        }
        Ok(())
    }
}

/// The globals of which nothing can be reached by a script of this text.
fn out_of_reach(source: &str) -> Vec<&'static str> {
    if TO_GLOBAL_OBJECT.iter().any(|way| source.contains(way)) {
        return Vec::new();
    }
    ONLY_BY_NAME.into_iter().filter(|name| !source.contains(name)).collect()
}

fn is_named(key: &PropertyKey, name: &str) -> bool {
    matches!(key, PropertyKey::String(key) if *key == name)
}

impl Known {
    fn look(object: JsObject, context: &mut Context) -> JsResult<Self> {
        let keys = object.own_property_keys(context)?;
        let (shape, prototype, properties) = {
            let seen = object.borrow();
            let property = |key: PropertyKey| seen.properties().get(&key).map(|property| (key, property));
            let properties = keys.into_iter().filter_map(property).collect();
            (seen.shape().to_addr_usize(), seen.prototype(), properties)
        };
        Ok(Self { object, shape, prototype, properties })
    }

    /// A function of the language with nothing but its name and its length.
    fn is_method(&self) -> bool {
        let usual = [js_string!("name"), js_string!("length")].map(PropertyKey::from);
        self.object.is_callable()
            && !self.object.is_constructor()
            && self.properties.iter().all(|(key, _)| usual.contains(key))
    }

    fn is_unchanged(&mut self, context: &mut Context) -> JsResult<bool> {
        if !self.object.is_extensible(context)? {
            return Ok(false);
        }
        let seen = self.object.borrow();
        let shape = seen.shape();
        // A layout of one object alone is changed in place, and so says less.
        if shape.to_addr_usize() != self.shape || shape.is_unique() {
            let keys = shape.keys();
            let named = self.properties.iter().map(|(key, _)| key);
            let named = named.filter(|key| !matches!(key, PropertyKey::Index(_)));
            if !keys.iter().eq(named) || seen.prototype() != self.prototype {
                return Ok(false);
            }
            self.shape = shape.to_addr_usize();
        }
        let indexed = self.properties.iter().filter(|(key, _)| matches!(key, PropertyKey::Index(_))).count();
        if seen.properties().index_property_keys().count() != indexed {
            return Ok(false);
        }
        Ok(self.properties.iter().all(|(key, before)| {
            let now = seen.properties().get(key);
            now.is_some_and(|now| same_property(before, &now))
        }))
    }
}

fn same_property(before: &PropertyDescriptor, now: &PropertyDescriptor) -> bool {
    let same_value = match (before.value(), now.value()) {
        (Some(before), Some(now)) => JsValue::same_value(before, now),
        (None, None) => before.get() == now.get() && before.set() == now.set(),
        _ => false,
    };
    same_value
        && before.writable() == now.writable()
        && before.enumerable() == now.enumerable()
        && before.configurable() == now.configurable()
}
