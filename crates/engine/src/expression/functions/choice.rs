//! One value or another.

use super::Call;
use crate::error::StepError;
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

pub(super) fn choose(call: &Call<'_>) -> Result {
    Ok(call.get(if call.get(0).is_true() { 1 } else { 2 }).clone())
}

pub(super) fn first_filled(call: &Call<'_>) -> Result {
    let filled =
        |value: &&Value| !matches!(value, Value::Text(text) if text.trim().is_empty()) && !value.is_empty();
    Ok(call.all().find(filled).cloned().unwrap_or_default())
}
