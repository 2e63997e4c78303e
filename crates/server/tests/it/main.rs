//! The whole server on a database of its own: real store, real runtime, real sandbox, no ports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod api;
mod app;
mod auth;
mod chat;
mod connect;
mod csrf;
mod durability;
mod files;
mod operations;
mod pages;
mod play;
mod process;
mod public;
mod routes;
mod tenants;
