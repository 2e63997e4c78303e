//! Transactions and savepoints by hand, because a closure of diesel's cannot drop the connection half-way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::{PgConnection, SqliteConnection};

use crate::connection::{Backend, Connection, Tx};
use crate::error::{DbError, DbResult, OpenError};
use crate::fail_point::{self, FailPoint, Guarantee};
use crate::job::{Job, Ran};
use crate::open;

/// A connection that writes, between and inside transactions.
pub(crate) struct Session {
    tx: Tx,
    /// Set by any statement that fails, whether or not the job says so.
    failed: Arc<AtomicBool>,
}

macro_rules! manager {
    ($session:expr, $function:ident) => {
        match &mut $session.tx.0.0 {
            Backend::Sqlite(c) => {
                <AnsiTransactionManager as TransactionManager<SqliteConnection>>::$function(c)
            }
            Backend::Postgres(c) => {
                <AnsiTransactionManager as TransactionManager<PgConnection>>::$function(c)
            }
        }
        .map_err(DbError::from)
    };
}

impl Session {
    pub(crate) fn open(opener: &super::Opener) -> Result<Self, OpenError> {
        Ok(Self::around(opener()?))
    }

    pub(crate) fn around(mut connection: Connection) -> Self {
        let failed = open::watch(&mut connection);
        Self { tx: Tx(connection), failed }
    }

    pub(crate) fn begin(&mut self) -> DbResult<()> {
        self.failed.store(false, Ordering::Relaxed);
        match &mut self.tx.0.0 {
            Backend::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
            Backend::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        }
        .map_err(DbError::from)
    }

    pub(crate) fn commit(&mut self) -> DbResult<()> {
        fail_point::reach(FailPoint::BeforeCommit);
        let committed = manager!(self, commit_transaction);
        self.tx.known_lists().settle();
        fail_point::reach(FailPoint::AfterCommit);
        committed
    }

    pub(crate) fn rollback(&mut self) -> DbResult<()> {
        let rolled_back = manager!(self, rollback_transaction);
        self.tx.known_lists().settle();
        rolled_back
    }

    /// Runs a job inside the open transaction. A job that hid a failed statement has failed, and so has one
    /// that left a transaction of its own open.
    pub(crate) fn run(&mut self, job: &mut dyn Job) -> Ran {
        let before = self.depth();
        let ran = job.run(&mut self.tx);
        let hidden = self.failed.swap(false, Ordering::Relaxed);
        match ran {
            Ran::Done | Ran::Refused if hidden || self.depth() != before => {
                tracing::error!("a write job hid a database error; it is not committed");
                Ran::Failed(DbError::from(diesel::result::Error::RollbackTransaction))
            }
            ran => ran,
        }
    }

    /// Runs a job in a savepoint of its own and closes it: kept when done, undone when refused.
    pub(crate) fn run_in_savepoint(&mut self, job: &mut dyn Job) -> Ran {
        if let Err(error) = manager!(self, begin_transaction) {
            return Ran::Failed(error);
        }
        let ran = self.run(job);
        let closed = match &ran {
            Ran::Done => manager!(self, commit_transaction),
            Ran::Refused => manager!(self, rollback_transaction),
            Ran::Failed(_) | Ran::Panicked => return ran,
        };
        match closed {
            Ok(()) if self.depth() == Some(1) || fail_point::is_broken(Guarantee::WholeBatch) => ran,
            Ok(()) => Ran::Failed(DbError::from(diesel::result::Error::BrokenTransactionManager)),
            Err(error) => Ran::Failed(error),
        }
    }

    /// How many transactions are open one in another; `None` when diesel no longer knows.
    fn depth(&mut self) -> Option<u32> {
        let status = match &mut self.tx.0.0 {
            Backend::Sqlite(c) => {
                <AnsiTransactionManager as TransactionManager<SqliteConnection>>::transaction_manager_status_mut(c)
            }
            Backend::Postgres(c) => {
                <AnsiTransactionManager as TransactionManager<PgConnection>>::transaction_manager_status_mut(c)
            }
        };
        status.transaction_depth().ok().map(|depth| depth.map_or(0, |depth| depth.get()))
    }

    /// The connection itself, for what is done before the writer serves.
    pub(crate) fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }
}
