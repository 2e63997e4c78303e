//! What builders would otherwise need `Intl` for: sums, dates in the bot's zone, words that go with numbers.
//!
//! They are described to builders in the help of the action.

use boa_engine::{
    Context, JsArgs, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string,
    object::builtins::JsDate,
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};

use crate::Language;

use super::{
    context::World,
    date_form,
    globals::set_function,
    numbers::{Digits, MOST_DIGITS, grouped, money, plural_form, rounded, with_currency},
};

type Native = fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

const HELPERS: [(&str, usize, Native); 6] = [
    ("formatMoney", 2, format_money),
    ("formatNumber", 2, format_number),
    ("formatDate", 2, format_date),
    ("parseDate", 1, parse_date),
    ("round", 2, round),
    ("plural", 4, plural),
];

/// Puts the helpers in a new context, and behind `toLocaleString`, which Boa has only for `Intl`.
pub(super) fn add(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for (name, length, helper) in HELPERS {
        set_function(&global, name, length, NativeFunction::from_fn_ptr(helper), context);
    }
    let constructors = context.intrinsics().constructors();
    let (number, date) = (constructors.number().prototype(), constructors.date().prototype());
    set_function(&number, "toLocaleString", 0, NativeFunction::from_fn_ptr(number_to_locale), context);
    for (name, form) in [
        ("toLocaleString", "dd.mm.yyyy hh:mm:ss"),
        ("toLocaleDateString", "dd.mm.yyyy"),
        ("toLocaleTimeString", "hh:mm:ss"),
    ] {
        let native = NativeFunction::from_copy_closure(move |this, args, context| {
            let language = language_of(args.get_or_undefined(0), context)?;
            write_date(this, form, language, context)
        });
        set_function(&date, name, 0, native, context);
    }
    Ok(())
}

/// `formatMoney(sum, currency)`
fn format_money(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let sum = finite(args.get_or_undefined(0), "formatMoney", context)?;
    let currency = text_or(args.get_or_undefined(1), "", context)?;
    let language = language_of(args.get_or_undefined(2), context)?;
    Ok(js_string!(money(sum, &currency, language)).into())
}

/// `formatNumber(number, digits)`
fn format_number(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = finite(args.get_or_undefined(0), "formatNumber", context)?;
    let digits = match args.get_or_undefined(1) {
        digits if digits.is_undefined() => Digits { least: 0, most: 3 },
        digits => {
            let digits = digits_of(digits, context)?;
            Digits { least: digits, most: digits }
        }
    };
    let language = language_of(args.get_or_undefined(2), context)?;
    Ok(js_string!(grouped(number, digits, language)).into())
}

/// `round(number, digits)`
fn round(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = args.get_or_undefined(0).to_number(context)?;
    let digits = digits_of(args.get_or_undefined(1), context)?;
    Ok(JsValue::new(if number.is_finite() { rounded(number, digits) } else { number }))
}

/// `plural(number, one, few, many)` in Russian, `plural(number, one, many)` in English.
fn plural(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = args.get_or_undefined(0).to_number(context)?;
    let forms = args.get(1..).unwrap_or_default();
    if forms.len() < 2 {
        let message =
            "plural needs two forms of the word, or three in Russian: plural(5, 'день', 'дня', 'дней')";
        return Err(JsNativeError::typ().with_message(message).into());
    }
    Ok(forms.get(plural_form(number, forms.len())).cloned().unwrap_or_default())
}

/// `formatDate(date, form)`
fn format_date(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let form = text_or(args.get_or_undefined(1), "dd.mm.yyyy hh:mm", context)?;
    let language = language_of(args.get_or_undefined(2), context)?;
    write_date(args.get_or_undefined(0), &form, language, context)
}

/// `parseDate(text)`: a Date, or null when the text is no date.
fn parse_date(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = text_or(args.get_or_undefined(0), "", context)?;
    let Some(moment) = read_date(&text, &*World::of(context)?) else { return Ok(JsValue::null()) };
    let date = JsDate::new(context);
    date.set_time(moment.as_millisecond(), context)?;
    Ok(JsObject::from(date).into())
}

fn number_to_locale(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = match this.as_object() {
        Some(object) => object.downcast_ref::<f64>().map(|number| *number),
        None => this.as_number(),
    };
    let number = number.ok_or_else(|| JsNativeError::typ().with_message("toLocaleString: not a number"))?;
    if !number.is_finite() {
        return JsValue::new(number).to_string(context).map(JsValue::from);
    }
    let language = language_of(args.get_or_undefined(0), context)?;
    let mut digits = Digits { least: 0, most: 3 };
    let mut currency = String::new();
    if let Some(options) = args.get_or_undefined(1).as_object() {
        if options.get(js_string!("style"), context)?.as_string().is_some_and(|style| style == "currency") {
            currency = text_or(&options.get(js_string!("currency"), context)?, "", context)?;
            digits = Digits { least: 2, most: 2 };
        }
        let least = options.get(js_string!("minimumFractionDigits"), context)?;
        if !least.is_undefined() {
            digits.least = digits_of(&least, context)?;
            digits.most = digits.most.max(digits.least);
        }
        let most = options.get(js_string!("maximumFractionDigits"), context)?;
        if !most.is_undefined() {
            digits.most = digits_of(&most, context)?;
        }
    }
    let number = grouped(number, digits, language);
    Ok(js_string!(with_currency(&number, &currency, language)).into())
}

fn write_date(date: &JsValue, form: &str, language: Language, context: &mut Context) -> JsResult<JsValue> {
    let moment = moment_of(date, context)?;
    let zone = World::of(context)?.zone.get();
    let here = moment.to_zoned(zone).datetime();
    Ok(js_string!(date_form::write(form, here, language)).into())
}

/// A Date, milliseconds, or a text.
fn moment_of(date: &JsValue, context: &mut Context) -> JsResult<Timestamp> {
    let moment = if let Some(text) = date.as_string() {
        read_date(&text.to_std_string_lossy(), &*World::of(context)?)
    } else {
        let milliseconds = match date.as_object() {
            Some(object) => JsDate::from_object(object)?.value_of(context)?.as_number(),
            None => date.as_number(),
        };
        let whole = milliseconds.filter(|milliseconds| milliseconds.is_finite());
        whole.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds as i64).ok())
    };
    let message = "not a date: give a Date, milliseconds, or a text such as 31.12.2026 18:30";
    moment.ok_or_else(|| JsNativeError::typ().with_message(message).into())
}

/// `31.12.2026`, `31.12.2026 18:30[:05]`, `2026-12-31[ T]18:30`, in the step's zone; or with a zone of its own.
fn read_date(text: &str, world: &World) -> Option<Timestamp> {
    let text = text.trim();
    let local = read_points(text).or_else(|| text.parse::<DateTime>().ok());
    if text.ends_with(['Z', 'z']) || local.is_none() {
        return text.parse().ok();
    }
    local?.to_zoned(world.zone.get()).ok().map(|moment| moment.timestamp())
}

fn read_points(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once([' ', ',']).unwrap_or((text, ""));
    let mut parts = day.split('.').map(|part| part.parse::<i16>().ok());
    let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if (0..100).contains(&year) { 2000 + year } else { year };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let time = time.trim();
    if time.is_empty() {
        return Some(date.to_datetime(Time::midnight()));
    }
    let mut parts = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().map_or(Some(0), |second| second)?;
    Some(date.to_datetime(Time::new(hour, minute, second, 0).ok()?))
}

fn finite(value: &JsValue, who: &str, context: &mut Context) -> JsResult<f64> {
    let number = value.to_number(context)?;
    if number.is_finite() {
        return Ok(number);
    }
    Err(JsNativeError::typ().with_message(format!("{who}: not a number; check for empty fields")).into())
}

fn digits_of(value: &JsValue, context: &mut Context) -> JsResult<usize> {
    let digits = value.to_number(context)?;
    // A missing number of digits is NaN, and becomes 0 like it does in the standard's own functions.
    Ok((digits as usize).min(MOST_DIGITS))
}

fn text_or(value: &JsValue, otherwise: &str, context: &mut Context) -> JsResult<String> {
    if value.is_null_or_undefined() {
        return Ok(otherwise.to_owned());
    }
    Ok(value.to_string(context)?.to_std_string_lossy())
}

/// `ru`, `ru-RU`, `en` ...; the step's own language when none is given or it is another.
fn language_of(value: &JsValue, context: &mut Context) -> JsResult<Language> {
    if let Some(tag) = value.as_string() {
        let tag = tag.to_std_string_lossy().to_ascii_lowercase();
        match tag.get(..2) {
            Some("ru") => return Ok(Language::Ru),
            Some("en") => return Ok(Language::En),
            _ => {}
        }
    }
    Ok(World::of(context)?.language())
}
