//! `varstore`, `client`, `globals` and `request`: converted when the script first looks at them.
//!
//! Most steps use a few of many variables. Short values become properties at once, because a property with a
//! getter costs more than they do; long ones stay text behind a getter that replaces itself with the value.

use std::cell::{Cell, OnceCell, RefCell};

use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction,
    js_string,
    object::FunctionObjectBuilder,
    property::PropertyDescriptor,
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
    variables: RefCell<Vec<(JsString, Box<str>)>>,
    long: RefCell<Vec<LongVariable>>,
    /// The object, once the script has looked at it.
    pub varstore: OnceCell<JsObject>,
    /// The script has put something else in its place.
    pub replaced: Cell<bool>,
}

const READ_ONLY: [&str; 3] = ["client", "globals", "request"];

#[derive(Default)]
struct Lazy {
    json: RefCell<Box<str>>,
    value: OnceCell<JsValue>,
}

struct LongVariable {
    name: JsString,
    json: Box<str>,
    getter: JsObject,
    value: OnceCell<JsValue>,
}

impl Inputs {
    pub fn set(&self, request: &RunRequest<'_>) {
        for (lazy, json) in self.read_only.iter().zip([request.client, request.globals, request.request]) {
            *lazy.json.borrow_mut() = json.get().into();
        }
        let variables = request.varstore.0.iter();
        *self.variables.borrow_mut() =
            variables.map(|(name, json)| (JsString::from(name.as_ref()), json.get().into())).collect();
    }

    /// Whether the property is still the getter we made and nobody called it.
    pub fn is_untouched(&self, property: &PropertyDescriptor) -> bool {
        let Some(getter) = property.get().and_then(JsValue::as_object) else { return false };
        let long = self.long.borrow();
        long.iter().any(|long| JsObject::equals(&long.getter, &getter) && long.value.get().is_none())
    }
}

/// The four names, in a context whose step has not come yet.
pub(super) fn add_globals(context: &mut Context) -> JsResult<()> {
    for (index, name) in READ_ONLY.into_iter().enumerate() {
        let get = NativeFunction::from_copy_closure(move |_, _, context| read_only(index, context));
        let set = NativeFunction::from_copy_closure(move |_, _, _| {
            Err(JsNativeError::typ().with_message(format!("{name} is read-only; use varstore")).into())
        });
        define_accessor(name, get, set, context)?;
    }
    let get = NativeFunction::from_fn_ptr(|_, _, context| varstore(context).map(JsValue::from));
    let set = NativeFunction::from_fn_ptr(|_, args, context| {
        World::of(context)?.inputs.replaced.set(true);
        let global = context.global_object();
        let value = args.first().cloned().unwrap_or_default();
        global.insert_property(js_string!(VARSTORE), data_property(value));
        Ok(JsValue::undefined())
    });
    define_accessor(VARSTORE, get, set, context)
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
    if let Some(value) = lazy.value.get() {
        return Ok(value.clone());
    }
    let value = parse(&lazy.json.take(), context)?;
    freeze(&value, context)?;
    Ok(lazy.value.get_or_init(|| value).clone())
}

/// The object behind `varstore`, made at the first look.
fn varstore(context: &mut Context) -> JsResult<JsObject> {
    let world = World::of(context)?;
    if let Some(varstore) = world.inputs.varstore.get() {
        return Ok(varstore.clone());
    }
    let varstore = JsObject::with_object_proto(context.intrinsics());
    for (name, json) in world.inputs.variables.take() {
        let property = if json.len() < LAZY_BYTES {
            data_property(parse(&json, context)?)
        } else {
            long_variable(&world.inputs, name.clone(), json, context)
        };
        varstore.insert_property(name, property);
    }
    // From now on an ordinary property: reading it costs nothing.
    context.global_object().insert_property(js_string!(VARSTORE), data_property(varstore.clone().into()));
    Ok(world.inputs.varstore.get_or_init(|| varstore).clone())
}

fn long_variable(
    inputs: &Inputs,
    name: JsString,
    json: Box<str>,
    context: &mut Context,
) -> PropertyDescriptor {
    let index = inputs.long.borrow().len();
    let get = NativeFunction::from_copy_closure(move |_, _, context| load_variable(index, context));
    let set = NativeFunction::from_copy_closure(move |this, args, context| {
        let value = args.first().cloned().unwrap_or_default();
        let world = World::of(context)?;
        let name = world.inputs.long.borrow().get(index).map(|long| long.name.clone());
        if let (Some(object), Some(name)) = (this.as_object(), name) {
            object.define_property_or_throw(name, data_property(value), context)?;
        }
        Ok(JsValue::undefined())
    });
    let getter: JsObject = FunctionObjectBuilder::new(context.realm(), get).build().into();
    let setter = FunctionObjectBuilder::new(context.realm(), set).build();
    inputs.long.borrow_mut().push(LongVariable {
        name,
        json,
        getter: getter.clone(),
        value: OnceCell::new(),
    });
    PropertyDescriptor::builder().get(getter).set(setter).enumerable(true).configurable(true).build()
}

fn load_variable(index: usize, context: &mut Context) -> JsResult<JsValue> {
    let world = World::of(context)?;
    let (name, json) = {
        let mut long = world.inputs.long.borrow_mut();
        let Some(long) = long.get_mut(index) else { return Ok(JsValue::undefined()) };
        if let Some(value) = long.value.get() {
            return Ok(value.clone());
        }
        (long.name.clone(), std::mem::take(&mut long.json))
    };
    let value = parse(&json, context)?;
    if let Some(long) = world.inputs.long.borrow().get(index) {
        let _ = long.value.set(value.clone());
    }
    if let Some(varstore) = world.inputs.varstore.get() {
        // A script may have frozen the object; then the getter keeps answering.
        let _ = varstore.define_property_or_throw(name, data_property(value.clone()), context);
    }
    Ok(value)
}

fn parse(json: &str, context: &mut Context) -> JsResult<JsValue> {
    parse_json(json, context).map_err(|error| {
        JsError::from(JsNativeError::range().with_message(format!("a value cannot be read: {error}")))
    })
}
