//! How other programs write values: JSON, addresses, pages, base64, fingerprints.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256, Sha512};

use super::Call;
use crate::error::StepError;
use crate::expression::escape::{URL_VALUE, push_html_text};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

pub(super) fn json(call: &Call<'_>) -> Result {
    Ok(call.get(0).to_json().to_string().into())
}

pub(super) fn parse_json(call: &Call<'_>) -> Result {
    let text = call.text(0);
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str::<serde_json::Value>(&text).map(Value::from).map_err(|error| {
        StepError::new(
            "bad_json",
            format!("{}: the text is not valid JSON: {error}", call.function.name),
            format!("{}: текст не является правильным JSON: {error}", call.function.name_ru),
        )
    })
}

pub(super) fn url_encode(call: &Call<'_>) -> Result {
    Ok(utf8_percent_encode(&call.text(0), URL_VALUE).to_string().into())
}

pub(super) fn url_decode(call: &Call<'_>) -> Result {
    let text = call.text(0).replace('+', " ");
    Ok(percent_decode_str(&text).decode_utf8_lossy().into_owned().into())
}

pub(super) fn html_escape(call: &Call<'_>) -> Result {
    let mut escaped = String::new();
    push_html_text(&mut escaped, &call.text(0));
    Ok(escaped.into())
}

pub(super) fn base64(call: &Call<'_>) -> Result {
    Ok(BASE64_STANDARD.encode(call.text(0).as_bytes()).into())
}

pub(super) fn from_base64(call: &Call<'_>) -> Result {
    let decoded = BASE64_STANDARD.decode(call.text(0).trim().as_bytes()).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Value::Text).ok_or_else(|| call.wrong(0, "not_base64", "a text in base64", "текст в base64"))
}

#[derive(Clone, Copy)]
enum Algorithm {
    Sha256,
    Sha512,
}

fn algorithm(call: &Call<'_>, argument: usize) -> Result<Algorithm> {
    match call.text(argument).trim().to_lowercase().as_str() {
        "" | "sha256" | "sha-256" => Ok(Algorithm::Sha256),
        "sha512" | "sha-512" => Ok(Algorithm::Sha512),
        _ => Err(call.wrong(argument, "unknown_algorithm", "sha256 or sha512", "sha256 или sha512")),
    }
}

pub(super) fn hash(call: &Call<'_>) -> Result {
    let text = call.text(0);
    Ok(match algorithm(call, 1)? {
        Algorithm::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        Algorithm::Sha512 => hex(&Sha512::digest(text.as_bytes())),
    })
}

pub(super) fn hmac(call: &Call<'_>) -> Result {
    let (text, key) = (call.text(0), call.text(1));
    let (text, key) = (text.as_bytes(), key.as_bytes());
    let signature = match algorithm(call, 2)? {
        Algorithm::Sha256 => Hmac::<Sha256>::new_from_slice(key)
            .map(|mac| hex(&mac.chain_update(text).finalize().into_bytes())),
        Algorithm::Sha512 => Hmac::<Sha512>::new_from_slice(key)
            .map(|mac| hex(&mac.chain_update(text).finalize().into_bytes())),
    };
    // A key may have any length (RFC 2104), so this does not fail.
    signature.map_err(|_| call.wrong(1, "bad_key", "a key", "ключ"))
}

fn hex(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
