//! `varstore`, `client`, `globals` and `request`: converted when the script first looks at them.
//!
//! Most steps use a few of many variables. Short values become properties at once, because a property with a
//! getter costs more than they do; long ones stay text behind a getter.
//!
//! A getter must not replace itself with the value it found: Boa caches the place of a property after
//! calling its getter, so the next read would take the value for a getter (0.22, `GetNameGlobal`).

use std::cell::RefCell;

use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::FunctionObjectBuilder, property::PropertyDescriptor,
};

use crate::protocol::RunRequest;

use super::{
    context::World,
    read::{data_property, freeze, parse_json},
};

/// Text from which a variable is worth a getter, in bytes.
const LAZY_BYTES: usize = 200;

pub(super) const VARSTORE: &str = "varstore";

/// What the parent sent, as far as the script has not looked at it.
#[derive(Default)]
pub(super) struct Inputs {
    read_only: [Lazy; READ_ONLY.len()],
    long: RefCell<Vec<LongVariable>>,
}

const READ_ONLY: [&str; 3] = ["client", "globals", "request"];

#[derive(Default)]
struct Lazy {
    json: RefCell<Box<str>>,
    value: RefCell<Option<JsValue>>,
}

struct LongVariable {
    lazy: Lazy,
    getter: JsObject,
}

impl Lazy {
    fn get(&self, context: &mut Context) -> JsResult<JsValue> {
        if let Some(value) = self.value.borrow().as_ref() {
            return Ok(value.clone());
        }
        let value = parse(&self.json.take(), context)?;
        self.set(value.clone());
        Ok(value)
    }

    fn set(&self, value: JsValue) {
        *self.value.borrow_mut() = Some(value);
    }
}

impl Inputs {
    /// Drops the values of the step that was.
    pub fn clear(&self) {
        self.long.take();
        for lazy in &self.read_only {
            lazy.json.take();
            lazy.value.take();
        }
    }

    /// Whether the property is still the getter we made and nobody called it.
    pub fn is_untouched(&self, property: &PropertyDescriptor) -> bool {
        let Some(getter) = property.get().and_then(JsValue::as_object) else { return false };
        let long = self.long.borrow();
        long.iter().any(|long| JsObject::equals(&long.getter, &getter) && long.lazy.value.borrow().is_none())
    }
}

/// The read-only names, in a context whose step has not come yet.
pub(super) fn add_globals(context: &mut Context) -> JsResult<()> {
    for (index, name) in READ_ONLY.into_iter().enumerate() {
        let get = NativeFunction::from_copy_closure(move |_, _, context| read_only(index, context));
        let set = NativeFunction::from_copy_closure(move |_, _, _| {
            Err(JsNativeError::typ().with_message(format!("{name} is read-only; use varstore")).into())
        });
        define_accessor(name, get, set, context)?;
    }
    empty(context);
    Ok(())
}

/// `varstore` without a step.
pub(super) fn empty(context: &mut Context) {
    context.global_object().insert_property(js_string!(VARSTORE), data_property(JsValue::undefined()));
}

/// The step's values. `varstore` becomes an ordinary global with an ordinary object.
pub(super) fn set(request: &RunRequest<'_>, inputs: &Inputs, context: &mut Context) -> JsResult<()> {
    for (lazy, json) in inputs.read_only.iter().zip([request.client, request.globals, request.request]) {
        *lazy.json.borrow_mut() = json.get().into();
    }
    let varstore = JsObject::with_object_proto(context.intrinsics());
    for (name, json) in &request.varstore.0 {
        let property = if json.get().len() < LAZY_BYTES {
            data_property(parse(json.get(), context)?)
        } else {
            long_variable(inputs, json.get(), context)
        };
        varstore.insert_property(JsString::from(name.as_ref()), property);
    }
    context.global_object().insert_property(js_string!(VARSTORE), data_property(varstore.into()));
    Ok(())
}

fn define_accessor(
    name: &'static str,
    get: NativeFunction,
    set: NativeFunction,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .get(FunctionObjectBuilder::new(context.realm(), get).build())
        .set(FunctionObjectBuilder::new(context.realm(), set).build())
        .enumerable(true)
        .configurable(true);
    context.global_object().define_property_or_throw(js_string!(name), property, context)?;
    Ok(())
}

fn read_only(index: usize, context: &mut Context) -> JsResult<JsValue> {
    let world = World::of(context)?;
    let Some(lazy) = world.inputs.read_only.get(index) else { return Ok(JsValue::undefined()) };
    let first = lazy.value.borrow().is_none();
    let value = lazy.get(context)?;
    if first {
        freeze(&value, context)?;
    }
    Ok(value)
}

fn long_variable(inputs: &Inputs, json: &str, context: &mut Context) -> PropertyDescriptor {
    let mut long = inputs.long.borrow_mut();
    let index = long.len();
    let get = NativeFunction::from_copy_closure(move |_, _, context| {
        let world = World::of(context)?;
        let long = world.inputs.long.borrow();
        long.get(index).map_or(Ok(JsValue::undefined()), |long| long.lazy.get(context))
    });
    let set = NativeFunction::from_copy_closure(move |_, args, context| {
        let world = World::of(context)?;
        if let Some(long) = world.inputs.long.borrow().get(index) {
            long.lazy.set(args.first().cloned().unwrap_or_default());
        }
        Ok(JsValue::undefined())
    });
    let getter: JsObject = FunctionObjectBuilder::new(context.realm(), get).build().into();
    let setter = FunctionObjectBuilder::new(context.realm(), set).build();
    let lazy = Lazy { json: RefCell::new(json.into()), value: RefCell::default() };
    long.push(LongVariable { lazy, getter: getter.clone() });
    PropertyDescriptor::builder().get(getter).set(setter).enumerable(true).configurable(true).build()
}

fn parse(json: &str, context: &mut Context) -> JsResult<JsValue> {
    parse_json(json, context).map_err(|error| {
        JsError::from(JsNativeError::range().with_message(format!("a value cannot be read: {error}")))
    })
}
