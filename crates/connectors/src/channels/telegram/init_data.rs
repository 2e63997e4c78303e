//! Launch data of mini apps: signing and verifying, exactly as Telegram does it.
//!
//! Rules: <https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app>. MAX uses the same
//! algorithm, and so does our simulator, with a key of the bot's own.

use std::time::Duration;

use engine::event::Sender;
use engine::ids::UtcMs;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::super::{InitData, InitDataError};
use crate::Secret;

/// A clock may be this much ahead of ours.
const FUTURE_TOLERANCE: Duration = Duration::from_secs(60);

/// Real launch data is a kilobyte or two.
const MAX_BYTES: usize = 16 * 1024;

/// Trusts launch data only when this token signed it, not longer than `max_age` ago.
///
/// # Errors
/// The first rule that is broken. The signature is judged before the age: a forger learns nothing else.
pub fn verify(raw: &str, token: &Secret, now: UtcMs, max_age: Duration) -> Result<InitData, InitDataError> {
    let mut fields = parse_fields(raw)?;
    let hash = fields.iter().position(|(name, _)| name == "hash").ok_or(InitDataError::NoHash)?;
    let (_, hash) = fields.swap_remove(hash);
    fields.sort_unstable();
    if fields.windows(2).any(|pair| matches!(pair, [(left, _), (right, _)] if left == right)) {
        return Err(InitDataError::DuplicateField);
    }
    // `signature` stays in: it is a field like the others.
    let expected = hex::encode(hash_fields(&fields, token));
    if token.expose().is_empty() || !bool::from(expected.as_bytes().ct_eq(hash.as_bytes())) {
        return Err(InitDataError::Forged);
    }
    let mut find = |name: &str| {
        let at = fields.iter().position(|(field, _)| field == name)?;
        Some(fields.swap_remove(at).1)
    };
    let auth_at = find("auth_date").and_then(|date| parse_date(&date)).ok_or(InitDataError::Malformed)?;
    check_age(auth_at, now, max_age)?;
    let user = match find("user") {
        Some(user) => Some(parse_user(&user).ok_or(InitDataError::Malformed)?),
        None => None,
    };
    let (start_param, query_id) = (find("start_param"), find("query_id"));
    Ok(InitData { user, start_param, query_id, auth_at, raw: raw.to_owned() })
}

/// Signs launch data as Telegram would. `hash` is added; the order of the fields is kept.
pub fn sign(fields: &[(&str, &str)], token: &Secret) -> String {
    let mut sorted: Vec<_> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    sorted.sort_unstable();
    let hash = hex::encode(hash_fields(&sorted, token));
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    fields
        .iter()
        .chain([&("hash", hash.as_str())])
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

fn hash_fields(sorted: &[(String, String)], token: &Secret) -> [u8; 32] {
    let key = hmac(b"WebAppData", &[token.expose().as_bytes()]);
    let mut lines = Vec::with_capacity(sorted.len() * 4);
    for (index, (name, value)) in sorted.iter().enumerate() {
        if index > 0 {
            lines.push(b"\n".as_slice());
        }
        lines.extend([name.as_bytes(), b"=", value.as_bytes()]);
    }
    hmac(&key, &lines)
}

fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in message {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn parse_fields(raw: &str) -> Result<Vec<(String, String)>, InitDataError> {
    if raw.is_empty() || raw.len() > MAX_BYTES {
        return Err(InitDataError::Malformed);
    }
    raw.split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or(InitDataError::Malformed)?;
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// A line end inside a field could pass for the border between two: no real field has one.
fn decode(text: &str) -> Result<String, InitDataError> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().map_err(|_| InitDataError::Malformed)?;
    if decoded.contains(['\n', '\r']) {
        return Err(InitDataError::Malformed);
    }
    Ok(decoded.into_owned())
}

/// Digits only: `+1` and ` 1` would be numbers too.
fn parse_date(seconds: &str) -> Option<UtcMs> {
    if !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    seconds.parse::<i64>().ok()?.checked_mul(1000).map(UtcMs)
}

fn check_age(auth_at: UtcMs, now: UtcMs, max_age: Duration) -> Result<(), InitDataError> {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    if auth_at > now.plus_ms(millis(FUTURE_TOLERANCE)) {
        return Err(InitDataError::NotYet);
    }
    if auth_at.plus_ms(millis(max_age)) < now {
        return Err(InitDataError::Expired);
    }
    Ok(())
}

fn parse_user(json: &str) -> Option<Sender> {
    #[derive(Deserialize)]
    struct User {
        id: i64,
        #[serde(default)]
        first_name: String,
        #[serde(default)]
        last_name: String,
        #[serde(default)]
        username: String,
        #[serde(default)]
        language_code: String,
    }
    let user: User = serde_json::from_str(json).ok()?;
    Some(Sender {
        id: user.id.to_string(),
        first_name: user.first_name,
        last_name: user.last_name,
        username: user.username,
        language: user.language_code,
    })
}

#[cfg(test)]
mod tests;
