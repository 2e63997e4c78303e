//! One connection type over both databases, and the right to write.
//!
//! Queries that read take `&mut Connection`, queries that write take `&mut Tx`. Only the writer makes a
//! [`Tx`], inside a transaction, so nothing outside this crate can write past it. A query is written once
//! and type-checked for both databases by `on!`.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::{PgConnection, SqliteConnection};

use crate::error::{JobError, Refusal};
use crate::tables::lists::{Definitions, Share};

pub(crate) enum Backend {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A connection to either database, and what it knows of lists. Reads only, unless it is inside a [`Tx`].
pub struct Connection(pub(crate) Backend, pub(crate) Share);

impl Connection {
    /// One that keeps lists in memory together with others.
    pub(crate) fn sharing(self, definitions: &Arc<Definitions>) -> Self {
        Self(self.0, Share::of(definitions))
    }

    /// What it knows of lists without reading them.
    pub(crate) fn known_lists(&mut self) -> &mut Share {
        &mut self.1
    }
}

impl From<Backend> for Connection {
    fn from(backend: Backend) -> Self {
        Self(backend, Share::default())
    }
}

/// A connection inside a write job's transaction.
pub struct Tx(pub(crate) Connection);

impl Deref for Tx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// Runs the same query on whichever database it is: `on!(connection, c => table.load(c))`,
/// and `on!(tx.0, ..)` inside a job.
macro_rules! on {
    ($connection:expr, $c:ident => $body:expr) => {
        match &mut $connection.0 {
            $crate::connection::Backend::Sqlite($c) => $body,
            $crate::connection::Backend::Postgres($c) => $body,
        }
        .map_err($crate::error::DbError::from)
    };
}
pub(crate) use on;

impl Tx {
    /// Tries something that the data may refuse, and goes on with the job either way: a refusal undoes what
    /// was tried and nothing else. Everything worse ends the job, as always.
    ///
    /// # Errors
    /// [`JobError::Fenced`] and [`JobError::Db`]; a refusal is the inner result.
    pub fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Tx) -> Result<T, JobError>,
    ) -> Result<Result<T, Refusal>, JobError> {
        self.run_batch("SAVEPOINT attempt")?;
        match work(self) {
            Ok(done) => {
                self.run_batch("RELEASE SAVEPOINT attempt")?;
                Ok(Ok(done))
            }
            Err(JobError::Refused(refusal)) => {
                self.run_batch("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")?;
                Ok(Err(refusal))
            }
            Err(error) => Err(error),
        }
    }

    fn run_batch(&mut self, sql: &str) -> Result<(), JobError> {
        Ok(on!(self.0, c => c.batch_execute(sql))?)
    }
}
