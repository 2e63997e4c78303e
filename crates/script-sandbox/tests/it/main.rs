//! The sandbox with real child processes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests; the lint spares only functions marked #[test]"
)]

mod budgets;
mod corpus;
mod errors;
mod helpers;
mod nesting;
mod pool;
mod support;
mod values;
mod walls;
