#![doc = include_str!("../README.md")]

mod backup;
mod bell;
mod cached;
mod clock;
mod columns;
mod connection;
mod data_dir;
mod dialect;
mod error;
pub mod fail_point;
mod inspect;
mod job;
mod meters;
mod migrate;
mod open;
mod queue;
mod reader;
mod retention;
mod schema;
mod store;
mod tables;
#[cfg(any(test, feature = "testing"))]
#[allow(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "for tests only")]
pub mod testing;
mod trace_writer;
mod vault;
mod writer;

pub use backup::{BackupError, check_copy, copy_sqlite, take_in_log};
pub use bell::Ring;
pub use clock::Clock;
#[cfg(any(test, feature = "testing"))]
pub use clock::Skew;
pub use columns::{LaneId, Locale, Sealed, UnknownName};
pub use connection::{Connection, Tx};
pub use data_dir::{DataDir, DataDirLock};
pub use error::{DbError, DbResult, JobError, OpenError, ReadError, Refusal, WriteError};
pub use inspect::{Inspection, inspect};
pub use open::Database;
pub use queue::Class;
pub use retention::{Retention, Trimmed, trim};
pub use store::{Store, StoreConfig};
pub use tables::*;
pub use vault::{MasterKey, OpenSealedError, Purpose, Secret, Vault};

/// The setting by which a database knows the key it was first opened with.
pub(crate) const MASTER_KEY_PROOF: &str = "master_key_proof";

// The C libraries are linked into the binary: no system SQLite or libpq is needed.
use libsqlite3_sys as _;
use pq_sys as _;
