//! Arrays and objects.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Call;
use super::texts::count;
use crate::error::StepError;
use crate::expression::evaluate::{check_size, contains as contained, follow};
use crate::limits::LIST_CELLS;
use crate::list::key_of;
use crate::value::{Map, Value};

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
    let mut total = Decimal::ZERO;
    for value in fields(call).flatten() {
        total = total.checked_add(call.as_number(value)?).ok_or_else(|| call.too_large())?;
    }
    Ok(total.into())
}

/// Empty cells do not take part.
pub(super) fn average(call: &Call<'_>) -> Result {
    let (mut total, mut count) = (Decimal::ZERO, 0_u32);
    for value in fields(call).flatten().filter(|value| !value.is_empty()) {
        total = total.checked_add(call.as_number(value)?).ok_or_else(|| call.too_large())?;
        count += 1;
    }
    Ok(total.checked_div(count.into()).map_or(Value::Null, |average| average.normalize().into()))
}

/// The field the second argument names of each cell of the first, or the cells themselves.
fn fields<'c>(call: &'c Call<'_>) -> impl Iterator<Item = Option<&'c Value>> {
    let field = call.text(1);
    call.list(0).iter().map(move |item| field_of(item, &field))
}

fn field_of<'v>(item: &'v Value, field: &str) -> Option<&'v Value> {
    if field.is_empty() { Some(item) } else { follow(item, field.split('.')) }
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

/// As in other languages: the first is 0, negative numbers count from the end, the last named is left out.
pub(super) fn slice(call: &Call<'_>) -> Result {
    let bound = |argument: usize, length: usize, default: usize| -> Result<usize> {
        if !call.is_given(argument) {
            return Ok(default);
        }
        let number = call.integer(argument, i64::MIN..=i64::MAX)?;
        let distance = number.unsigned_abs().to_usize().unwrap_or(usize::MAX);
        Ok(if number < 0 { length.saturating_sub(distance) } else { distance.min(length) })
    };
    if let Value::Array(items) = call.get(0) {
        let (from, to) = (bound(1, items.len(), 0)?, bound(2, items.len(), items.len())?);
        return Ok(Value::Array(items.get(from..to).unwrap_or_default().to_vec()));
    }
    let text = call.text(0);
    let length = text.chars().count();
    let (from, to) = (bound(1, length, 0)?, bound(2, length, length)?);
    Ok(text.chars().skip(from).take(to.saturating_sub(from)).collect::<String>().into())
}

pub(super) fn map(call: &Call<'_>) -> Result {
    call.array(fields(call).map(|value| value.cloned().unwrap_or_default()))
}

pub(super) fn filter(call: &Call<'_>) -> Result {
    call.array(with_field(call).cloned())
}

pub(super) fn find(call: &Call<'_>) -> Result {
    Ok(with_field(call).next().cloned().unwrap_or_default())
}

/// The cells whose field has the value of the third argument.
fn with_field<'c>(call: &'c Call<'_>) -> impl Iterator<Item = &'c Value> {
    let pairs = call.list(0).iter().zip(fields(call));
    let value = call.get(2);
    pairs.filter(move |(_, field)| field.unwrap_or(&Value::Null).same_as(value)).map(|(item, _)| item)
}

pub(super) fn sort(call: &Call<'_>) -> Result {
    let field = call.text(1);
    let key = |item: &Value| key_of(field_of(item, &field).unwrap_or(&Value::Null));
    let mut items = call.list(0).to_vec();
    match call.text(2).trim().to_lowercase().as_str() {
        "" | "asc" | "возр" | "false" | "0" => items.sort_by_cached_key(key),
        "desc" | "убыв" | "true" | "1" => items.sort_by_cached_key(|item| Reverse(key(item))),
        _ => return Err(call.wrong(2, "unknown_order", "asc or desc", "возр или убыв")),
    }
    Ok(Value::Array(items))
}

pub(super) fn reverse(call: &Call<'_>) -> Result {
    call.array(call.list(0).iter().rev().cloned())
}

pub(super) fn unique(call: &Call<'_>) -> Result {
    let field = call.text(1);
    let mut seen = BTreeSet::new();
    let is_new = |item: &&Value| seen.insert(key_of(field_of(item, &field).unwrap_or(&Value::Null)));
    call.array(call.list(0).iter().filter(is_new).cloned())
}

pub(super) fn add(call: &Call<'_>) -> Result {
    call.array(call.list(0).iter().chain(call.all().skip(1)).cloned())
}

pub(super) fn remove(call: &Call<'_>) -> Result {
    call.array(call.list(0).iter().filter(|item| !item.same_as(call.get(1))).cloned())
}

pub(super) fn range(call: &Call<'_>) -> Result {
    let (from, to) = (call.integer(0, i64::MIN..=i64::MAX)?, call.integer(1, i64::MIN..=i64::MAX)?);
    if to.saturating_sub(from) > i64::try_from(LIST_CELLS).unwrap_or(i64::MAX) {
        return Err(call.too_long());
    }
    call.array((from..=to).map(Value::from))
}

pub(super) fn keys(call: &Call<'_>) -> Result {
    call.array(object(call)?.keys().map(|key| key.as_str().into()))
}

pub(super) fn values(call: &Call<'_>) -> Result {
    call.array(object(call)?.values().cloned())
}

/// The object of the first argument; nothing is an empty one.
fn object<'c>(call: &'c Call<'_>) -> Result<&'c Map> {
    static NOTHING: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::new);
    match call.get(0) {
        Value::Object(map) => Ok(map),
        empty if empty.is_empty() => Ok(&NOTHING),
        _ => Err(call.wrong(0, "not_an_object", "an object", "объект")),
    }
}
