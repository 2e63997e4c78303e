//! The store from outside: every body runs on SQLite, and on PostgreSQL when `TEST_POSTGRES_URL` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod building;
mod files;
mod harness;
mod inbox;
mod lists;
mod nodes;
mod outbox;
mod people;
mod postgres_only;
mod retention;
mod running;
mod whole;
