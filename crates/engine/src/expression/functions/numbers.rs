//! Numbers and money.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Call;
use crate::error::StepError;
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

/// Most digits behind the point a decimal can carry.
const PLACES_MAX: i64 = 28;

pub(super) fn round(call: &Call<'_>) -> Result {
    Ok(rounded(call.number(0)?, places(call, 1, 0)?).normalize().into())
}

fn places(call: &Call<'_>, argument: usize, default: u32) -> Result<u32> {
    if !call.is_given(argument) {
        return Ok(default);
    }
    Ok(call.integer(argument, 0..=PLACES_MAX)?.to_u32().unwrap_or(default))
}

/// Halves go away from zero, as in shops and schools.
fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

pub(super) fn absolute(call: &Call<'_>) -> Result {
    Ok(call.number(0)?.abs().into())
}

pub(super) fn remainder(call: &Call<'_>) -> Result {
    let (number, divisor) = (call.number(0)?, call.number(1)?);
    if divisor.is_zero() {
        return Err(crate::expression::evaluate::division_by_zero());
    }
    number.checked_rem(divisor).map(Value::Number).ok_or_else(|| call.too_large())
}

pub(super) fn random(call: &Call<'_>) -> Result {
    let bounds = [call.integer(0, i64::MIN..=i64::MAX)?, call.integer(1, i64::MIN..=i64::MAX)?];
    let (least, most) = (bounds[0].min(bounds[1]), bounds[0].max(bounds[1]));
    let drawn = match most.abs_diff(least).checked_add(1) {
        Some(numbers) => call.lookup().random_below(numbers),
        None => call.lookup().random_below(u64::MAX),
    };
    Ok(least.wrapping_add_unsigned(drawn).into())
}

/// `1 234,50 ₽`; amounts in $ and £ read `$1,234.50`.
pub(super) fn format_money(call: &Call<'_>) -> Result {
    let number = rounded(call.number(0)?, places(call, 2, 2)?);
    let places = places(call, 2, 2)? as usize;
    let currency = call.text(1);
    let currency = currency.trim();
    let is_prefix = matches!(currency, "$" | "£");
    // A space that never breaks keeps an amount on one line.
    let (thousands, point) = if is_prefix { (',', '.') } else { ('\u{a0}', ',') };

    let digits = format!("{:.places$}", number.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut text = String::with_capacity(digits.len() * 2 + currency.len());
    if number.is_sign_negative() && !number.is_zero() {
        text.push('-');
    }
    if is_prefix {
        text.push_str(currency);
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    if !is_prefix && !currency.is_empty() {
        text.push('\u{a0}');
        text.push_str(currency);
    }
    Ok(text.into())
}
