//! The store from outside: every body runs on SQLite, and on PostgreSQL when `TEST_POSTGRES_URL` is set.

mod building;
mod harness;
mod inbox;
mod lists;
mod outbox;
mod people;
mod postgres_only;
mod running;
mod whole;
