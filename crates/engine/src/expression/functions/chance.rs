//! What is drawn by chance: from the run's own seed, so that a repeated step draws the same.

use rust_decimal::prelude::ToPrimitive;

use super::Call;
use crate::error::StepError;
use crate::limits::RANDOM_CHARS;
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Digits of a phone number behind the code of the country.
const PHONE_DIGITS: usize = 10;

pub(super) fn text(call: &Call<'_>) -> Result {
    Ok(draw(call, LETTERS_AND_DIGITS, wanted_length(call)?).into())
}

pub(super) fn digits(call: &Call<'_>) -> Result {
    Ok(draw(call, DIGITS, wanted_length(call)?).into())
}

/// At `example.com`, which is reserved (RFC 2606): nobody gets mail that was meant for nobody.
pub(super) fn email(call: &Call<'_>) -> Result {
    Ok(format!("{}@example.com", draw(call, LETTERS, 12)).into())
}

pub(super) fn phone(call: &Call<'_>) -> Result {
    let code = if call.is_given(0) { call.text(0) } else { "+7".into() };
    Ok(format!("{}{}", code.trim(), draw(call, DIGITS, PHONE_DIGITS)).into())
}

/// Version 4 of RFC 9562.
pub(super) fn uuid(call: &Call<'_>) -> Result {
    let half = || u128::from(call.lookup().random_below(u64::MAX));
    let drawn = (half() << 64) | half();
    let bits = drawn & !(0xf << 76) & !(0b11 << 62) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    Ok(parts.join("-").into())
}

pub(super) fn number(call: &Call<'_>) -> Result {
    let (one, other) = (call.integer(0, i64::MIN..=i64::MAX)?, call.integer(1, i64::MIN..=i64::MAX)?);
    let (least, most) = (one.min(other), one.max(other));
    let numbers = most.abs_diff(least).saturating_add(1);
    Ok(least.wrapping_add_unsigned(call.lookup().random_below(numbers)).into())
}

pub(super) fn item(call: &Call<'_>) -> Result {
    let items = call.list(0);
    let drawn = call.lookup().random_below(items.len() as u64);
    Ok(drawn.to_usize().and_then(|index| items.get(index)).cloned().unwrap_or_default())
}

fn wanted_length(call: &Call<'_>) -> Result<usize> {
    let length = call.integer(0, 1..=i64::try_from(RANDOM_CHARS).unwrap_or(i64::MAX))?;
    Ok(length.to_usize().unwrap_or_default())
}

fn draw(call: &Call<'_>, alphabet: &[u8], length: usize) -> String {
    let one = || {
        let index = call.lookup().random_below(alphabet.len() as u64);
        let byte = index.to_usize().and_then(|index| alphabet.get(index));
        byte.map_or('0', |byte| char::from(*byte))
    };
    (0..length).map(|_| one()).collect()
}
