//! The sandbox with real child processes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests; the lint spares only functions marked #[test]"
)]

mod budgets;
mod errors;
mod pool;
mod support;
mod values;
mod walls;
