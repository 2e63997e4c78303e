//! Texts.

use std::borrow::Cow;

use rust_decimal::prelude::ToPrimitive;

use super::Call;
use crate::error::StepError;
use crate::expression::ast::Case;
use crate::expression::evaluate::check_size;
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

pub(super) fn capitalize(call: &Call<'_>) -> Result {
    Ok(Case::Upper.apply(&call.text(0)).into())
}

/// At the end of a text there is no next letter.
pub(super) fn next_letter(_: &Call<'_>) -> Result {
    Ok("".into())
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
    call.array(text.split(separator).map(|part| part.trim().into()))
}

pub(super) fn position(call: &Call<'_>) -> Result {
    let text = call.text(0);
    let found = text.find(call.text(1).as_ref()).and_then(|at| text.get(..at));
    Ok(count(found.map_or(0, |before| before.chars().count() + 1)))
}

pub(super) fn starts_with(call: &Call<'_>) -> Result {
    Ok(call.text(0).starts_with(call.text(1).as_ref()).into())
}

pub(super) fn ends_with(call: &Call<'_>) -> Result {
    Ok(call.text(0).ends_with(call.text(1).as_ref()).into())
}

pub(super) fn pad_left(call: &Call<'_>) -> Result {
    let text = call.text(0);
    let filler = if call.is_given(2) { call.text(2) } else { Cow::Borrowed("0") };
    let wanted = call.integer(1, 0..=call.text_max())?.to_usize().unwrap_or_default();
    let missing = wanted.saturating_sub(text.chars().count());
    check_size(missing.saturating_mul(4).saturating_add(text.len()))?;
    let mut padded: String = filler.chars().cycle().take(missing).collect();
    padded.push_str(&text);
    Ok(padded.into())
}

pub(super) fn repeat(call: &Call<'_>) -> Result {
    let text = call.text(0);
    let times = call.integer(1, 0..=call.text_max())?.to_usize().unwrap_or_default();
    check_size(text.len().saturating_mul(times))?;
    Ok(text.repeat(times).into())
}

pub(super) fn digits(call: &Call<'_>) -> Result {
    Ok(call.text(0).chars().filter(char::is_ascii_digit).collect::<String>().into())
}

pub(super) fn line_break(_: &Call<'_>) -> Result {
    Ok("\n".into())
}
