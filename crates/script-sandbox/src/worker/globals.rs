//! Globals that are ours: `log`, `JSON`, `Math.random`, `Symbol.for`.

use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsSymbol, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, ObjectInitializer},
    property::{Attribute, PropertyDescriptor},
};

use super::{
    context::World,
    fault::{describe, shorten},
    read::parse_json,
    write::{Mode, WriteError, Writer},
};

/// Puts them in a new context.
pub(super) fn add(context: &mut Context) -> JsResult<()> {
    let json = context.intrinsics().objects().json();
    replace_json(&json, context)?;
    if let Some(math) = context.global_object().get(js_string!("Math"), context)?.as_object() {
        set_function(&math, "random", 0, NativeFunction::from_fn_ptr(random), context);
    }
    // Boa keeps the keys of `Symbol.for` for as long as the process lives, and for all contexts alike.
    let symbol = context.intrinsics().constructors().symbol().constructor();
    set_function(&symbol, "for", 1, NativeFunction::from_fn_ptr(symbol_for), context);
    set_function(&symbol, "keyFor", 1, NativeFunction::from_fn_ptr(symbol_key_for), context);
    add_log(context)
}

pub(super) fn method(object: &JsObject, name: &'static str, context: &mut Context) -> JsResult<JsObject> {
    let value = object.get(js_string!(name), context)?;
    value.as_callable().ok_or_else(|| JsNativeError::typ().with_message(name).into())
}

/// A function as a member of an object, as the standard's own are.
pub(super) fn set_function(
    object: &JsObject,
    name: &'static str,
    length: usize,
    function: NativeFunction,
    context: &mut Context,
) {
    let function =
        FunctionObjectBuilder::new(context.realm(), function).name(js_string!(name)).length(length).build();
    object.insert_property(
        js_string!(name),
        PropertyDescriptor::builder().value(function).writable(true).enumerable(false).configurable(true),
    );
}

/// `JSON.parse` and `JSON.stringify` without a second argument, which is nearly always, go through our own
/// conversions: Boa's `parse` compiles the text as a program, is 5 to 7 times slower and keeps every string.
fn replace_json(json: &JsObject, context: &mut Context) -> JsResult<()> {
    set_function(json, "parse", 2, NativeFunction::from_fn_ptr(json_parse), context);
    set_function(json, "stringify", 3, NativeFunction::from_fn_ptr(json_stringify), context);
    // Not in ES2023, and our writer does not know them.
    json.delete_property_or_throw(js_string!("rawJSON"), context)?;
    json.delete_property_or_throw(js_string!("isRawJSON"), context)?;
    Ok(())
}

fn json_parse(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if args.get(1).is_some_and(JsValue::is_callable) {
        let world = World::of(context)?;
        // It compiles the text.
        world.spoil();
        return world.json_parse.call(this, args, context);
    }
    let text = args.first().cloned().unwrap_or_default().to_string(context)?;
    parse_json(&text.to_std_string_lossy(), context)
        .map_err(|error| JsNativeError::syntax().with_message(error.to_string()).into())
}

fn json_stringify(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let plain = args.iter().skip(1).all(JsValue::is_null_or_undefined);
    if plain {
        let mut json = Vec::new();
        let value = args.first().cloned().unwrap_or_default();
        let written = Writer::new(&mut json, Mode::Stringify).value(&value, &js_string!().into(), context);
        match written {
            Ok(true) => {
                let text = String::from_utf8_lossy(&json);
                return Ok(js_string!(text.as_ref()).into());
            }
            Ok(false) => return Ok(JsValue::undefined()),
            Err(WriteError::Js(error)) => return Err(error),
            Err(WriteError::NotJson { reason, .. }) => {
                let message = format!("cannot convert to JSON: {reason:?}");
                return Err(JsNativeError::typ().with_message(message).into());
            }
            Err(WriteError::TooDeep | WriteError::TooLong) => {
                return Err(JsNativeError::range().with_message("the value is nested too deeply").into());
            }
            Err(WriteError::Exotic) => {}
        }
    }
    let original = World::of(context)?.json_stringify.clone();
    original.call(this, args, context)
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers.
fn random(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let world = World::of(context)?;
    let state = world.next_random();
    let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    Ok(JsValue::new((mixed >> 11) as f64 / (1_u64 << 53) as f64))
}

fn symbol_for(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let key = args.first().cloned().unwrap_or_default().to_string(context)?;
    let world = World::of(context)?;
    let mut symbols = world.symbols.borrow_mut();
    if let Some((_, known)) = symbols.iter().find(|(name, _)| *name == key) {
        return Ok(known.clone().into());
    }
    let too_many = || JsNativeError::range().with_message("too many symbols");
    let symbol = JsSymbol::new(Some(key.clone())).ok_or_else(too_many)?;
    symbols.push((key, symbol.clone()));
    Ok(symbol.into())
}

fn symbol_key_for(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let symbol = args.first().and_then(JsValue::as_symbol);
    let symbol = symbol.ok_or_else(|| JsNativeError::typ().with_message("Symbol.keyFor: not a symbol"))?;
    let world = World::of(context)?;
    let symbols = world.symbols.borrow();
    let known = symbols.iter().find(|(_, known)| *known == symbol);
    Ok(known.map(|(name, _)| name.clone().into()).unwrap_or_default())
}

/// `log(...)`, and `console.log(...)` for those who write it out of habit.
fn add_log(context: &mut Context) -> JsResult<()> {
    let function = NativeFunction::from_fn_ptr(log);
    let log = FunctionObjectBuilder::new(context.realm(), function).name(js_string!("log")).build();
    let attribute = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    let mut console = ObjectInitializer::new(context);
    for name in ["log", "info", "warn", "error", "debug"] {
        console.property(js_string!(name), log.clone(), attribute);
    }
    let console = console.build();
    context.register_global_property(js_string!("log"), log, attribute)?;
    context.register_global_property(js_string!("console"), console, attribute)
}

fn log(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let world = World::of(context)?;
    if !world.has_room_in_log() {
        return Ok(JsValue::undefined());
    }
    let mut line = String::new();
    for (index, value) in args.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(&describe(value, context)?);
    }
    world.push_log(shorten(&line));
    Ok(JsValue::undefined())
}
