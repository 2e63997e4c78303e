//! The writers: the only code that commits.
//!
//! SQLite has one (`sqlite.rs`), which puts many jobs into one transaction; PostgreSQL has a few
//! (`postgres.rs`), a transaction per job. Either way no result leaves before its COMMIT.

pub(crate) mod postgres;
pub(crate) mod sqlite;
pub(crate) mod transaction;

use crate::connection::Connection;
use crate::error::OpenError;

/// Opens the writer's connection, also anew after one was dropped.
pub(crate) type Opener = Box<dyn Fn() -> Result<Connection, OpenError> + Send>;

#[cfg(test)]
mod tests;
