//! What a context looked like before its first step, and whether it still does.
//!
//! The proof that a step left nothing behind: every object a script can reach without being handed one (the
//! global object and all it leads to, the prototypes that only syntax leads to, the compiled function itself)
//! is compared with what it was, property by property. Methods of the language are frozen instead: nobody
//! hangs values on `Array.prototype.map`, and they are four fifths of all objects. What a script cannot come to, as
//! its text tells (`reach`), is left out.

use std::collections::HashSet;

use boa_engine::{
    Context, JsObject, JsResult, JsValue, Source, js_string,
    object::{IntegrityLevel, shape::Shape},
    property::{PropertyDescriptor, PropertyKey},
};

use super::reach::{self, Reach};

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

pub(super) struct Pristine {
    global: Known,
    /// The others that are compared.
    objects: Vec<Known>,
}

struct Known {
    object: JsObject,
    /// The layout of the object; one at the same address has the same names in the same order, as long as this one lives.
    shape: Shape,
    prototype: Option<JsObject>,
    properties: Vec<(PropertyKey, PropertyDescriptor)>,
    /// How many of them have a number for a name; those are not part of the layout.
    indexed: usize,
}

impl Pristine {
    /// Looks at a context that no step has touched, and at the function its steps will call.
    pub fn of(function: &JsObject, reach: &Reach<'_>, context: &mut Context) -> JsResult<Self> {
        let (global, mut objects) = look_at_all(function, reach, context)?;
        for method in objects.extract_if(.., |known| known.is_method()) {
            method.object.set_integrity_level(IntegrityLevel::Frozen, context)?;
        }
        if reach.is_plain() {
            let in_reach = in_plain_reach(function, reach, &global, &objects);
            objects.retain(|known| in_reach.contains(&known.object) || known.inherits(&in_reach));
        }
        Ok(Self { global, objects })
    }

    /// Looks at everything that is not frozen yet, methods too, and freezes nothing.
    #[cfg(test)]
    pub fn of_everything(function: &JsObject, context: &mut Context) -> JsResult<Self> {
        let (global, mut objects) = look_at_all(function, &Reach::everything(), context)?;
        objects.retain(|known| known.object.is_extensible(context).unwrap_or(true));
        Ok(Self { global, objects })
    }

    #[cfg(test)]
    pub fn compared(&self) -> usize {
        self.objects.len()
    }

    /// Takes away the globals a script made by assigning to a name it never declared, then compares.
    pub fn restore(&mut self, context: &mut Context) -> JsResult<bool> {
        if !self.global.is_unchanged(context)? {
            self.remove_new_globals(context)?;
            if !self.global.is_unchanged(context)? {
                return Ok(false);
            }
        }
        for known in &mut self.objects {
            if !known.is_unchanged(context)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn remove_new_globals(&self, context: &mut Context) -> JsResult<()> {
        let global = &self.global.object;
        let keys = global.own_property_keys(context)?;
        let names: HashSet<&PropertyKey> = self.global.properties.iter().map(|(key, _)| key).collect();
        for key in keys.into_iter().filter(|key| !names.contains(key)) {
            // One that cannot be deleted is found by the comparison.
            let _ = global.delete_property_or_throw(key, context);
        }
        Ok(())
    }
}

/// The global object, and all that the script could come to through it, through syntax and through itself if
/// it knew every name.
fn look_at_all(
    function: &JsObject,
    reach: &Reach<'_>,
    context: &mut Context,
) -> JsResult<(Known, Vec<Known>)> {
    let global = Known::look(context.global_object(), context)?;
    let mut pending = vec![function.clone()];
    let hidden = context.eval(Source::from_bytes(ONLY_BY_SYNTAX))?;
    if let Some(hidden) = hidden.as_object() {
        for key in hidden.own_property_keys(context)? {
            pending.extend(hidden.get(key, context)?.as_object());
        }
    }
    pending.extend(global.leads_to(|key| reach.goes_through(key)));
    pending.extend(global.prototype.clone());
    let mut seen = HashSet::from([global.object.clone()]);
    pending.retain(|object| seen.insert(object.clone()));
    let mut objects = Vec::new();
    while let Some(object) = pending.pop() {
        let known = Known::look(object, context)?;
        let leads_to = known.leads_to(|_| true).chain(known.prototype.clone());
        pending.extend(leads_to.filter(|object| seen.insert(object.clone())));
        objects.push(known);
    }
    Ok((global, objects))
}

/// What a plain script can say: itself, the globals it names, and what lies under an ordinary name anywhere.
fn in_plain_reach(
    function: &JsObject,
    reach: &Reach<'_>,
    global: &Known,
    objects: &[Known],
) -> HashSet<JsObject> {
    let named = global.leads_to(|key| reach.names(key));
    let values = objects.iter().flat_map(|known| known.values(reach::is_ordinary));
    named.chain(values).chain([function.clone()]).collect()
}

impl Known {
    /// The objects that properties of these names hold, and their getters and setters.
    fn leads_to(&self, named: impl Fn(&PropertyKey) -> bool) -> impl Iterator<Item = JsObject> {
        let properties = self.properties.iter().filter(move |(key, _)| named(key));
        let values = properties.flat_map(|(_, property)| [property.value(), property.get(), property.set()]);
        values.flatten().filter_map(JsValue::as_object)
    }

    /// The objects that one gets by reading properties of these names.
    fn values(&self, named: impl Fn(&PropertyKey) -> bool) -> impl Iterator<Item = JsObject> {
        let properties = self.properties.iter().filter(move |(key, _)| named(key));
        properties.filter_map(|(_, property)| property.value()?.as_object())
    }

    fn inherits(&self, from: &HashSet<JsObject>) -> bool {
        let next = |object: &JsObject| object.prototype();
        std::iter::successors(self.prototype.clone(), next).any(|prototype| from.contains(&prototype))
    }

    fn look(object: JsObject, context: &mut Context) -> JsResult<Self> {
        let keys = object.own_property_keys(context)?;
        let (shape, prototype, properties, indexed) = {
            let seen = object.borrow();
            let property = |key: PropertyKey| seen.properties().get(&key).map(|property| (key, property));
            let properties = keys.into_iter().filter_map(property).collect();
            let indexed = seen.properties().index_property_keys().len();
            (seen.shape().clone(), seen.prototype(), properties, indexed)
        };
        Ok(Self { object, shape, prototype, properties, indexed })
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
        if shape.to_addr_usize() != self.shape.to_addr_usize() || shape.is_unique() {
            let named = self.properties.iter().map(|(key, _)| key);
            let named = named.filter(|key| !matches!(key, PropertyKey::Index(_)));
            if !shape.keys().iter().eq(named) || seen.prototype() != self.prototype {
                return Ok(false);
            }
            self.shape = shape.clone();
        }
        if seen.properties().index_property_keys().len() != self.indexed {
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
