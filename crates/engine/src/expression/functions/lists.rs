//! Arrays and objects.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::Call;
use super::texts::count;
use crate::error::StepError;
use crate::expression::evaluate::{check_size, contains as contained, follow};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

/// Cells of an array, entries of an object, characters of a text.
pub(super) fn length(call: &Call<'_>) -> Result {
    Ok(count(match call.get(0) {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        other => other.to_text().chars().count(),
    }))
}

pub(super) fn sum(call: &Call<'_>) -> Result {
    let field = call.text(1);
    let mut total = Decimal::ZERO;
    for item in call.list(0) {
        let value = if field.is_empty() { Some(item) } else { follow(item, field.split('.')) };
        let number = value.map_or(Ok(Decimal::ZERO), |value| call.as_number(value))?;
        total = total.checked_add(number).ok_or_else(|| call.too_large())?;
    }
    Ok(total.into())
}

pub(super) fn min(call: &Call<'_>) -> Result {
    Ok(outermost(call, Ordering::Less))
}

pub(super) fn max(call: &Call<'_>) -> Result {
    Ok(outermost(call, Ordering::Greater))
}

/// Of the arguments, or of the cells of the only one. Empty values do not take part.
fn outermost(call: &Call<'_>, wanted: Ordering) -> Value {
    let cells: Box<dyn Iterator<Item = &Value>> =
        if call.is_given(1) { Box::new(call.all()) } else { Box::new(call.list(0).iter()) };
    cells
        .filter(|value| !value.is_empty())
        .reduce(|best, value| if value.compare(best) == Some(wanted) { value } else { best })
        .cloned()
        .unwrap_or_default()
}

pub(super) fn first(call: &Call<'_>) -> Result {
    Ok(call.list(0).first().cloned().unwrap_or_default())
}

pub(super) fn last(call: &Call<'_>) -> Result {
    Ok(call.list(0).last().cloned().unwrap_or_default())
}

/// The part of a value that the following arguments lead to.
pub(super) fn item(call: &Call<'_>) -> Result {
    let steps: Vec<_> = call.all().skip(1).map(Value::to_text).collect();
    Ok(follow(call.get(0), steps.iter().map(AsRef::as_ref)).cloned().unwrap_or_default())
}

pub(super) fn join(call: &Call<'_>) -> Result {
    let separator = if call.is_given(1) { call.text(1) } else { ", ".into() };
    let mut text = String::new();
    for (index, value) in call.list(0).iter().enumerate() {
        if index > 0 {
            text.push_str(&separator);
        }
        text.push_str(&value.to_text());
        check_size(text.len())?;
    }
    Ok(text.into())
}

pub(super) fn contains(call: &Call<'_>) -> Result {
    Ok(contained(call.get(0), call.get(1)).into())
}
