//! Texts.

use percent_encoding::utf8_percent_encode;
use rust_decimal::prelude::ToPrimitive;

use super::Call;
use crate::error::StepError;
use crate::expression::escape::URL_VALUE;
use crate::expression::evaluate::check_size;
use crate::limits::RANDOM_CHARS;
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

pub(super) fn length(call: &Call<'_>) -> Result {
    Ok(count(call.text(0).chars().count()))
}

pub(super) fn count(count: usize) -> Value {
    Value::Number(count.into())
}

pub(super) fn upper(call: &Call<'_>) -> Result {
    Ok(call.text(0).to_uppercase().into())
}

pub(super) fn lower(call: &Call<'_>) -> Result {
    Ok(call.text(0).to_lowercase().into())
}

pub(super) fn trim(call: &Call<'_>) -> Result {
    Ok(call.text(0).trim().into())
}

pub(super) fn replace(call: &Call<'_>) -> Result {
    let (text, from, to) = (call.text(0), call.text(1), call.text(2));
    if from.is_empty() {
        return Ok(text.into_owned().into());
    }
    check_size(text.len() + text.matches(from.as_ref()).count().saturating_mul(to.len()))?;
    Ok(text.replace(from.as_ref(), &to).into())
}

pub(super) fn substring(call: &Call<'_>) -> Result {
    let text = call.text(0);
    let position = |index| Ok::<_, StepError>(call.number(index)?.to_usize().unwrap_or_default());
    let start = position(1)?.saturating_sub(1);
    let length = if call.is_given(2) { position(2)? } else { usize::MAX };
    Ok(text.chars().skip(start).take(length).collect::<String>().into())
}

pub(super) fn split(call: &Call<'_>) -> Result {
    let (text, separator) = (call.text(0), call.text(1));
    if text.is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    let separator = if call.is_given(1) && !separator.is_empty() { separator.as_ref() } else { "," };
    Ok(Value::Array(text.split(separator).map(|part| part.trim().into()).collect()))
}

pub(super) fn json(call: &Call<'_>) -> Result {
    Ok(call.get(0).to_json().to_string().into())
}

pub(super) fn url_encode(call: &Call<'_>) -> Result {
    Ok(utf8_percent_encode(&call.text(0), URL_VALUE).to_string().into())
}

pub(super) fn line_break(_: &Call<'_>) -> Result {
    Ok("\n".into())
}

pub(super) fn random_text(call: &Call<'_>) -> Result {
    random(call, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

pub(super) fn random_digits(call: &Call<'_>) -> Result {
    random(call, b"0123456789")
}

fn random(call: &Call<'_>, alphabet: &[u8]) -> Result {
    let length = call.integer(0, 1..=i64::try_from(RANDOM_CHARS).unwrap_or(i64::MAX))?;
    let draw = || {
        let index = call.lookup().random_below(alphabet.len() as u64);
        usize::try_from(index)
            .ok()
            .and_then(|index| alphabet.get(index))
            .map_or('0', |byte| char::from(*byte))
    };
    Ok((0..length).map(|_| draw()).collect::<String>().into())
}
