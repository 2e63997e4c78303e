//! Numbers and money.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy};

use super::Call;
use crate::error::StepError;
use crate::value::{Value, parse_number};
use crate::words::Lang;

type Result<T = Value> = std::result::Result<T, StepError>;

/// Most digits behind the point a decimal can carry.
const PLACES_MAX: i64 = 28;

/// A space that never breaks keeps an amount on one line.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Of `12 500,50 ₽` the number: without spaces, and without what is no part of it.
pub(super) fn number(call: &Call<'_>) -> Result {
    if let Value::Number(_) = call.get(0) {
        return Ok(call.get(0).clone());
    }
    let text = call.text(0);
    let begins = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+');
    let is_part = |c: &char| begins(*c) || matches!(c, '.' | ',') || c.is_whitespace() || *c == '\'';
    let from = text.char_indices().find(|(at, c)| {
        c.is_ascii_digit()
            || matches!(c, '-' | '+')
                && text.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let rest = from.and_then(|(at, _)| text.get(at..)).unwrap_or_default();
    let mut digits: String =
        rest.chars().take_while(is_part).filter(|c| begins(*c) || matches!(c, '.' | ',')).collect();
    digits.truncate(digits.trim_end_matches(['.', ',', '-', '+']).len());
    // Of two kinds of points, or of several, the last one is the decimal point: 1.234.567,50.
    if let Some(last) = digits.rfind(['.', ',']) {
        let several = digits.matches(['.', ',']).count() > 1;
        let (whole, fraction) = digits.split_at(last);
        let whole = whole.replace(['.', ','], "");
        let of_one_kind = several && !(digits.contains('.') && digits.contains(','));
        let fraction = fraction.get(1..).unwrap_or_default();
        digits = if of_one_kind { format!("{whole}{fraction}") } else { format!("{whole}.{fraction}") };
    }
    parse_number(&digits)
        .map(Value::Number)
        .ok_or_else(|| call.wrong(0, "not_a_number", "a text with a number", "текст, в котором есть число"))
}

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
pub(super) fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

pub(super) fn floor(call: &Call<'_>) -> Result {
    Ok(call.number(0)?.floor().into())
}

pub(super) fn ceil(call: &Call<'_>) -> Result {
    Ok(call.number(0)?.ceil().into())
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

pub(super) fn power(call: &Call<'_>) -> Result {
    let (number, power) = (call.number(0)?, call.integer(1, -1_000..=1_000)?);
    if number.is_zero() && power < 0 {
        return Err(crate::expression::evaluate::division_by_zero());
    }
    number.checked_powi(power).map(|result| result.normalize().into()).ok_or_else(|| call.too_large())
}

pub(super) fn square_root(call: &Call<'_>) -> Result {
    let number = call.number(0)?;
    let root = number.sqrt().map(|root| root.normalize().into());
    root.ok_or_else(|| {
        call.wrong(0, "out_of_range", "a number that is not negative", "неотрицательное число")
    })
}

/// `1 234,5` or `1,234.5`.
pub(super) fn format_number(call: &Call<'_>) -> Result {
    let number = call.number(0)?;
    let number = if call.is_given(1) {
        let places = places(call, 1, 0)?;
        let mut rounded = rounded(number, places);
        rounded.rescale(places);
        rounded
    } else {
        number.normalize()
    };
    let (thousands, point) = match call.lang(2)? {
        Lang::Ru => (NO_BREAK_SPACE, ','),
        Lang::En => (',', '.'),
    };
    let mut text = String::new();
    if number.is_sign_negative() && !number.is_zero() {
        text.push('-');
    }
    let places = number.scale() as usize;
    push_grouped(&mut text, &number.abs().to_string(), places, thousands, point);
    Ok(text.into())
}

/// `1 234,50 ₽`; amounts in $ and £ read `$1,234.50`.
pub(super) fn format_money(call: &Call<'_>) -> Result {
    let places = places(call, 2, 2)?;
    let number = rounded(call.number(0)?, places);
    let places = places as usize;
    let currency = call.text(1);
    let currency = currency.trim();
    let is_prefix = matches!(currency, "$" | "£");
    let (thousands, point) = if is_prefix { (',', '.') } else { (NO_BREAK_SPACE, ',') };

    let digits = number.abs().to_string();
    let mut text = String::with_capacity(digits.len() * 2 + currency.len());
    if number.is_sign_negative() && !number.is_zero() {
        text.push('-');
    }
    if is_prefix {
        text.push_str(currency);
    }
    push_grouped(&mut text, &digits, places, thousands, point);
    if !is_prefix && !currency.is_empty() {
        text.push(NO_BREAK_SPACE);
        text.push_str(currency);
    }
    Ok(text.into())
}

/// Digits without a sign, in groups of three, with at least so many places. They are padded here because the
/// decimal type panics when asked for more characters than its own digits need.
fn push_grouped(text: &mut String, digits: &str, places: usize, thousands: char, point: char) {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if places.max(fraction.len()) > 0 {
        text.push(point);
        text.push_str(fraction);
        text.extend(std::iter::repeat_n('0', places.saturating_sub(fraction.len())));
    }
}
