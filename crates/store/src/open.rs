//! Connections as the store wants them: how each is opened and set up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::{Connection as _, PgConnection, SqliteConnection};

use crate::connection::{Backend, Connection};
use crate::data_dir::{DataDir, canonical};
use crate::error::{DbError, OpenError};
use crate::migrate;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite {
        path: PathBuf,
    },
    /// The address may contain a password, so this has no `Debug`.
    Postgres {
        url: String,
    },
}

impl Database {
    /// From `sqlite:<file>` (relative to the data directory), `postgres://...`, or nothing: SQLite in the
    /// data directory.
    ///
    /// # Errors
    /// [`OpenError::Url`] for any other address.
    pub fn from_url(url: Option<&str>, directory: &DataDir) -> Result<Self, OpenError> {
        let Some(url) = url.map(str::trim).filter(|url| !url.is_empty()) else {
            return Ok(Self::Sqlite { path: directory.database_path() });
        };
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: url.to_owned() });
        }
        match url.strip_prefix("sqlite:") {
            Some(file) => {
                let file = file.strip_prefix("//").unwrap_or(file);
                if file.is_empty() || file == ":memory:" {
                    return Err(OpenError::Url { url: url.to_owned() });
                }
                Ok(Self::Sqlite { path: directory.path().join(file) })
            }
            // Whatever it is may contain a password.
            None => {
                Err(OpenError::Url { url: url.split(':').next().unwrap_or_default().to_owned() + ":..." })
            }
        }
    }

    pub(crate) fn traces_path(path: &Path) -> PathBuf {
        path.with_file_name("traces.db")
    }

    /// Where the file of SQLite lies, or will; `None` on PostgreSQL.
    pub(crate) fn directory(&self) -> Result<Option<PathBuf>, OpenError> {
        let Self::Sqlite { path } = self else { return Ok(None) };
        // It may be a link to a file elsewhere.
        let file = path.canonicalize().unwrap_or_else(|_| path.clone());
        file.parent().map(canonical).transpose()
    }
}

/// SQLite waits this long for a writer in another process, such as `token create`.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// A reader of PostgreSQL that takes longer is stopped.
const READ_TIMEOUT_MS: u32 = 2_000;

fn establish_sqlite(path: &Path) -> Result<SqliteConnection, OpenError> {
    let url = path.to_str().ok_or_else(|| OpenError::Connect(format!("{} is no UTF-8", path.display())))?;
    SqliteConnection::establish(url).map_err(|error| OpenError::Connect(error.to_string()))
}

fn setup(sqlite: &mut SqliteConnection, pragmas: &str) -> Result<(), OpenError> {
    sqlite
        .batch_execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; {pragmas}"))
        .map_err(|error| OpenError::Setup(DbError::from(error)))
}

/// A connection to a database that is there already, as it is: nothing is set up and nothing is made.
pub(crate) fn sqlite_existing(path: &Path) -> Result<SqliteConnection, OpenError> {
    let text = path.to_str().ok_or_else(|| OpenError::Connect(format!("{} is no UTF-8", path.display())))?;
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut sqlite = SqliteConnection::establish(&format!("file:{text}?mode=rw"))
        .map_err(|error| OpenError::Connect(format!("{}: {error}", path.display())))?;
    setup(&mut sqlite, "PRAGMA trusted_schema = OFF;")?;
    Ok(sqlite)
}

/// The one connection of the writer.
pub(crate) fn sqlite_writer(path: &Path) -> Result<Connection, OpenError> {
    let mut sqlite = establish_sqlite(path)?;
    // auto_vacuum counts only before the first table, hence also before WAL writes the file's first page. A large cache
    // costs more than it saves: after a page was split, a commit walks through all of it, and the system has the pages too.
    setup(
        &mut sqlite,
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;",
    )?;
    Ok(Backend::Sqlite(sqlite).into())
}

/// A connection that SQLite itself keeps from writing; it sees the traces as well.
pub(crate) fn sqlite_reader(path: &Path) -> Result<Connection, OpenError> {
    let mut sqlite = establish_sqlite(path)?;
    let traces = Database::traces_path(path);
    let traces = traces.to_str().ok_or_else(|| OpenError::Connect("the path is no UTF-8".into()))?;
    setup(
        &mut sqlite,
        &format!(
            "ATTACH DATABASE '{}' AS aside;
             PRAGMA query_only = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;",
            traces.replace('\'', "''")
        ),
    )?;
    Ok(Backend::Sqlite(sqlite).into())
}

/// The traces' own file, which may lose its last second.
pub(crate) fn sqlite_traces(path: &Path) -> Result<Connection, OpenError> {
    let mut sqlite = establish_sqlite(&Database::traces_path(path))?;
    setup(
        &mut sqlite,
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA journal_size_limit = 16777216;
         PRAGMA cache_size = -4096;",
    )?;
    migrate::prepare_traces(&mut sqlite)?;
    Ok(Backend::Sqlite(sqlite).into())
}

/// What a connection calls itself, by which others can tell whose it is: see [`crate::nodes`]. Ours are letters, digits
/// and dashes.
fn establish_postgres(url: &str, name: &str, settings: &str) -> Result<Connection, OpenError> {
    let mut postgres = PgConnection::establish(url).map_err(|error| {
        let message = error.to_string();
        // About an address it cannot read libpq repeats the whole of it, password included.
        let repeats = message.contains("://") || message.contains('@');
        OpenError::Connect(if repeats {
            "the address of the database is malformed".to_owned()
        } else {
            message
        })
    })?;
    let settings = format!("SET application_name = '{name}'; {settings}");
    postgres.batch_execute(&settings).map_err(|error| OpenError::Setup(DbError::from(error)))?;
    Ok(Backend::Postgres(postgres).into())
}

pub(crate) fn postgres_writer(url: &str, name: &str) -> Result<Connection, OpenError> {
    establish_postgres(
        url,
        name,
        // A node that freezes in the middle of a job must not keep its locks: others wait for them.
        "SET synchronous_commit = on; SET lock_timeout = '10s'; \
         SET idle_in_transaction_session_timeout = '5s'; SET client_min_messages = warning;",
    )
}

/// A connection for heartbeats: they take no locks but their own, and who holds those for longer is frozen or cut off.
pub(crate) fn postgres_pulse(url: &str, name: &str) -> Result<Connection, OpenError> {
    establish_postgres(
        url,
        name,
        "SET synchronous_commit = on; SET lock_timeout = '4s'; SET statement_timeout = '5s'; \
         SET idle_in_transaction_session_timeout = '2s'; SET client_min_messages = warning;",
    )
}

/// A connection that PostgreSQL itself keeps from writing.
pub(crate) fn postgres_reader(url: &str, name: &str) -> Result<Connection, OpenError> {
    establish_postgres(
        url,
        name,
        &format!(
            "SET default_transaction_read_only = on; SET statement_timeout = {READ_TIMEOUT_MS}; SET client_min_messages = warning;"
        ),
    )
}

/// Notices failed statements, so that a job that hides a database error is found out.
pub(crate) struct FailureWatch(pub(crate) Arc<AtomicBool>);

impl Instrumentation for FailureWatch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::FinishQuery { error: Some(_), .. } = event {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Watches a connection for failed statements.
pub(crate) fn watch(connection: &mut Connection) -> Arc<AtomicBool> {
    let failed = Arc::new(AtomicBool::new(false));
    let watch = FailureWatch(Arc::clone(&failed));
    match &mut connection.0 {
        Backend::Sqlite(sqlite) => sqlite.set_instrumentation(watch),
        Backend::Postgres(postgres) => postgres.set_instrumentation(watch),
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let temp = tempfile::tempdir().unwrap();
        let directory = DataDir::open(temp.path()).unwrap();
        let sqlite = |file: &str| Database::Sqlite { path: temp.path().join(file) };
        let check = |url: Option<&str>, expected: Option<Database>| {
            let database = Database::from_url(url, &directory).ok();
            assert!(database == expected, "{url:?}");
        };
        check(None, Some(sqlite("scenaria.db")));
        check(Some(""), Some(sqlite("scenaria.db")));
        check(Some("sqlite:other.db"), Some(sqlite("other.db")));
        check(Some("sqlite:///tmp/x.db"), Some(Database::Sqlite { path: "/tmp/x.db".into() }));
        check(Some("sqlite::memory:"), None);
        check(Some("mysql://root:secret@host/x"), None);
        let url = "postgres://user@host/name";
        check(Some(url), Some(Database::Postgres { url: url.into() }));
    }

    #[test]
    fn a_refused_address_does_not_tell_its_password() {
        let temp = tempfile::tempdir().unwrap();
        let directory = DataDir::open(temp.path()).unwrap();
        let error = Database::from_url(Some("mysql://root:secret@host/x"), &directory).err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn a_malformed_postgres_address_does_not_tell_its_password() {
        for url in [
            "postgres://user:secret@[host/name",
            "postgres://user:secret@127.0.0.1:port/name",
            "postgres://user:secret@127.0.0.1/name?nonsense=1",
            "postgres://user:secret@127.0.0.1:1%zz/name",
            "postgres://user:secret@127.0.0.1:1/name",
        ] {
            let error = postgres_writer(url, "test").err().unwrap();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
