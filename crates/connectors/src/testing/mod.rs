//! Doubles for tests, of this crate and of others (feature `testing`): a small HTTP server, and on it a Bot API
//! server that refuses what Telegram refuses.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a double that breaks fails its test")]

mod bot_api;
mod contract;
mod form;
mod http_server;

pub use bot_api::{FakeBotApi, Gate, Recorded, Scripted};
pub use form::Attached;
pub use http_server::{Reply, Request, TestServer};

/// Hosts of URLs that lead inside, in every spelling an URL parser understands: no outgoing path may take one.
pub fn inside_hosts() -> impl Iterator<Item = &'static str> {
    include_str!("inside_hosts.txt").lines().filter(|line| !line.starts_with('#'))
}
