//! A look at a database from outside, beside whoever uses it. Changes nothing and migrates nothing.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::{PgConnection, SqliteConnection};

use crate::connection::Backend;
use crate::error::{DbError, OpenError};
use crate::open::{self, Database};
use crate::tables::settings;
use crate::vault::{MasterKey, Vault};
use crate::{MASTER_KEY_PROOF, migrate};

/// What there is to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// As the database calls itself: `SQLite 3.50.4`, `PostgreSQL 15.8`.
    pub server: String,
    /// The newest migration that has run.
    pub newest: Option<String>,
    /// Migrations that the next start runs, in order.
    pub pending: Vec<String>,
    /// Migrations this program does not know: the database is of a newer one.
    pub unknown: Vec<String>,
    /// SQLite: `wal`, unless something is wrong.
    pub journal_mode: String,
    pub bytes: u64,
    /// SQLite: bytes of pages that are free for reuse.
    pub free_bytes: u64,
    /// Whether the key fits; `None` when the database knows no key yet.
    pub key_fits: Option<bool>,
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// Looks at a database; `None` when there is none yet.
///
/// # Errors
/// It does not answer, or is none of ours.
pub fn inspect(database: &Database, key: Option<&MasterKey>) -> Result<Option<Inspection>, OpenError> {
    let (mut connection, mut seen) = match database {
        Database::Sqlite { path } if !path.exists() => return Ok(None),
        Database::Sqlite { path } => {
            let mut sqlite = open::sqlite_existing(path)?;
            let seen = look_at_sqlite(&mut sqlite)?;
            (Backend::Sqlite(sqlite).into(), seen)
        }
        Database::Postgres { url } => {
            let mut connection = open::postgres_reader(url, "scenaria-inspect")?;
            let Backend::Postgres(postgres) = &mut connection.0 else {
                return Err(OpenError::Connect("not PostgreSQL".into()));
            };
            let seen = look_at_postgres(postgres)?;
            (connection, seen)
        }
    };
    let standing = migrate::standing(&mut connection)?;
    if standing.newest.is_some() {
        let proof = settings::find(&mut connection, MASTER_KEY_PROOF)?;
        seen.key_fits = key.zip(proof).map(|(key, proof)| Vault::new(key).accepts_proof(&proof));
    }
    Ok(Some(Inspection {
        newest: standing.newest,
        pending: standing.pending,
        unknown: standing.unknown,
        ..seen
    }))
}

fn look_at_sqlite(sqlite: &mut SqliteConnection) -> Result<Inspection, OpenError> {
    sqlite.batch_execute("PRAGMA query_only = ON").map_err(DbError::from)?;
    let mut text = |query: &str| -> Result<String, DbError> {
        Ok(diesel::sql_query(query).get_result::<Text>(sqlite)?.text)
    };
    let version = text("SELECT sqlite_version() AS text")?;
    let journal_mode = text("SELECT journal_mode AS text FROM pragma_journal_mode")?;
    let mut number = |query: &str| -> Result<u64, DbError> {
        Ok(diesel::sql_query(query).get_result::<Number>(sqlite)?.number.unsigned_abs())
    };
    let page = number("SELECT page_size AS number FROM pragma_page_size")?;
    let pages = number("SELECT page_count AS number FROM pragma_page_count")?;
    let free = number("SELECT freelist_count AS number FROM pragma_freelist_count")?;
    Ok(Inspection {
        server: format!("SQLite {version}"),
        journal_mode,
        bytes: page * pages,
        free_bytes: page * free,
        ..Inspection::default()
    })
}

fn look_at_postgres(postgres: &mut PgConnection) -> Result<Inspection, OpenError> {
    let version: Text = diesel::sql_query("SELECT current_setting('server_version') AS text")
        .get_result(postgres)
        .map_err(DbError::from)?;
    let size: Number = diesel::sql_query("SELECT pg_database_size(current_database()) AS number")
        .get_result(postgres)
        .map_err(DbError::from)?;
    Ok(Inspection {
        server: format!("PostgreSQL {}", version.text),
        bytes: size.number.unsigned_abs(),
        ..Inspection::default()
    })
}
