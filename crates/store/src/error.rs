//! What can go wrong, as the callers of the store see it.

use diesel::result::{DatabaseErrorKind, Error};

/// An error of the database itself. Opaque: callers let it pass, so that a transaction never hides one.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DbError(#[from] Error);

/// Result of a reading query.
pub type DbResult<T> = Result<T, DbError>;

impl DbError {
    /// Lost a race on PostgreSQL (40001, 40P01): the whole transaction may be run again.
    pub(crate) fn is_race(&self) -> bool {
        match &self.0 {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
            // diesel has no kind for 40P01.
            Error::DatabaseError(_, details) => details.message().contains("deadlock detected"),
            _ => false,
        }
    }

    /// An error diesel has no kind for. On PostgreSQL 40P01 and lock time-outs are among them, in whatever
    /// language the server speaks, and diesel does not tell the code.
    pub(crate) fn may_be_race(&self) -> bool {
        matches!(&self.0, Error::DatabaseError(DatabaseErrorKind::Unknown, _))
    }

    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(&self.0, Error::DatabaseError(_, details) if details.message().contains("database or disk is full"))
    }

    pub(crate) fn is_connection_lost(&self) -> bool {
        match &self.0 {
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Error::BrokenTransactionManager => true,
            Error::DatabaseError(_, details) => {
                let message = details.message();
                message.contains("server closed the connection")
                    || message.contains("terminating connection")
                    || message.contains("no connection to the server")
                    || message.contains("connection to server")
                    || message.contains("could not receive data from server")
                    || message.contains("could not send data to server")
                    || message.contains("SSL connection has been closed")
            }
            _ => false,
        }
    }
}

/// A job's own "no": the data does not allow it. Nothing of the job is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    #[error("not found")]
    NotFound,
    /// Something unique is taken: `what` is the column or the name of the field.
    #[error("{what} is already taken")]
    Duplicate { what: String },
    /// Somebody else has changed it since it was read.
    #[error("changed by somebody else meanwhile")]
    Stale,
    /// The builder's mistake, said by the engine's rules.
    #[error("{}", .0.en)]
    Step(engine::error::StepError),
    #[error("there is no column {column}")]
    UnknownColumn { column: String },
    /// A stored text is not what it should be; the caller can only report it.
    #[error("{what} cannot be read: {why}")]
    Malformed { what: String, why: String },
    /// A reason of the caller's own.
    #[error("{0}")]
    Other(String),
}

/// Why a write job did not succeed, said by the job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else has committed to the lane since it was read.
    #[error("the lane has moved on")]
    Fenced,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Why a write was not done, said by the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the lane has moved on")]
    Fenced,
    /// The queue is full: answer 503.
    #[error("the store is busy")]
    Busy,
    /// The database is away, its disk is full or the store is closed. Nothing was acknowledged; if the
    /// connection broke during COMMIT the job may still have happened, so look before doing it again.
    #[error("the store is unavailable")]
    Unavailable,
    /// The job itself panicked; nothing of it is kept.
    #[error("the write job panicked")]
    Panicked,
}

/// Why a read was not done.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Db(#[from] DbError),
    /// All readers are taken and the queue is full: answer 503.
    #[error("the store is busy")]
    Busy,
    #[error("the store is unavailable")]
    Unavailable,
    #[error("the read panicked")]
    Panicked,
}

impl From<ReadError> for JobError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Refused(refusal) => Self::Refused(refusal),
            ReadError::Db(error) => Self::Db(error),
            // Only the pool of readers says these, never a query inside a job.
            ReadError::Busy | ReadError::Unavailable | ReadError::Panicked => {
                Self::Db(DbError(Error::BrokenTransactionManager))
            }
        }
    }
}

/// Why the store could not be opened. Shown to the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: {source}")]
    Io { path: std::path::PathBuf, source: std::io::Error },
    #[error("{path} is in use by another Scenaria; stop it first")]
    Locked { path: std::path::PathBuf },
    #[error("database address {url:?}: expected sqlite:<file> or postgres://user@host/name")]
    Url { url: String },
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    #[error("cannot set up the database: {0}")]
    Setup(#[from] DbError),
    #[error("cannot migrate the database: {0}")]
    Migrate(String),
    #[error("{place}: the master key must be 64 hexadecimal digits (32 bytes)")]
    MasterKey { place: String },
    #[error(
        "the master key is not the one this database was sealed with; restore master.key from the backup"
    )]
    WrongMasterKey,
}
