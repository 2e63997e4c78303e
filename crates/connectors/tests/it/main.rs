//! The crate through its public face: real sockets, a fake resolver, a Bot API server of our own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod http;
mod secrecy;
mod ssrf;
mod telegram;
mod updates;

use connectors::http::{AllowPrivate, HttpConfig};
use engine::effect::{HttpCall, SecretText};

/// A configuration that lets scenarios reach these places.
fn config_allowing(entries: &[&str]) -> HttpConfig {
    let allow_private = AllowPrivate::parse(entries.iter().copied()).unwrap();
    HttpConfig { allow_private, ..HttpConfig::default() }
}

fn get(url: impl Into<String>) -> HttpCall {
    HttpCall {
        method: "GET".to_owned(),
        url: SecretText::plain(url),
        timeout_ms: 5_000,
        ..HttpCall::default()
    }
}
