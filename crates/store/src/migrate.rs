//! The migrations, embedded. Both folders have the same names; `tests/it` compares what they make.
//!
//! Traces on SQLite live in a file of their own that may be lost, so that file is not migrated: its table is
//! made when missing, and made anew when its shape changes.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::{PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::{Backend, Connection};
use crate::error::{DbError, OpenError};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number will do, as long as all our nodes use it: two nodes that start at once migrate in turn.
const MIGRATION_LOCK: i64 = 0x5ce_a41a;

const TRACES_SHAPE: i32 = 1;
const TRACES_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS traces (
        workspace_id INTEGER NOT NULL,
        run_id INTEGER NOT NULL,
        burst_no INTEGER NOT NULL,
        blob BLOB NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (workspace_id, run_id, burst_no)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS traces_age ON traces (at_ms);
";

/// Brings the database up to date.
pub(crate) fn run(connection: &mut Connection) -> Result<(), OpenError> {
    match &mut connection.0 {
        Backend::Sqlite(sqlite) => {
            sqlite.run_pending_migrations(SQLITE).map_err(|error| OpenError::Migrate(error.to_string()))?;
        }
        Backend::Postgres(postgres) => migrate_postgres(postgres)?,
    }
    Ok(())
}

/// What migrations there are to run, and whether the database is newer than this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The newest migration that has run.
    pub(crate) newest: Option<String>,
    /// In order.
    pub(crate) pending: Vec<String>,
    /// Migrations that this program does not know.
    pub(crate) unknown: Vec<String>,
}

/// Looks, and changes nothing: not even the table of migrations is made.
pub(crate) fn standing(connection: &mut Connection) -> Result<Standing, DbError> {
    let (known, applied) = match &mut connection.0 {
        Backend::Sqlite(sqlite) => {
            (names::<diesel::sqlite::Sqlite>(&SQLITE), applied(sqlite, SQLITE_HAS_MIGRATIONS)?)
        }
        Backend::Postgres(postgres) => {
            (names::<diesel::pg::Pg>(&POSTGRES), applied(postgres, POSTGRES_HAS_MIGRATIONS)?)
        }
    };
    let is_applied = |name: &String| applied.iter().any(|version| version_of(name) == version);
    let newest = known.iter().rev().find(|name| is_applied(name)).cloned();
    let pending = known.iter().filter(|name| !is_applied(name)).cloned().collect();
    let is_unknown = |version: &&String| !known.iter().any(|name| version_of(name) == version.as_str());
    let unknown = applied.iter().filter(is_unknown).cloned().collect();
    Ok(Standing { newest, pending, unknown })
}

const SQLITE_HAS_MIGRATIONS: &str =
    "SELECT count(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'";
const POSTGRES_HAS_MIGRATIONS: &str =
    "SELECT count(*) AS count FROM pg_tables WHERE tablename = '__diesel_schema_migrations'
     AND schemaname = ANY (current_schemas(false))";

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

fn applied<C>(connection: &mut C, has: &str) -> Result<Vec<String>, DbError>
where
    C: diesel::connection::LoadConnection,
    for<'q> diesel::query_builder::SqlQuery: diesel::query_dsl::LoadQuery<'q, C, Count>,
    for<'q> diesel::dsl::Order<
        diesel::dsl::Select<__diesel_schema_migrations::table, __diesel_schema_migrations::version>,
        __diesel_schema_migrations::version,
    >: diesel::query_dsl::LoadQuery<'q, C, String>,
{
    let found: Count = diesel::sql_query(has).get_result(connection)?;
    if found.count == 0 {
        return Ok(Vec::new());
    }
    let versions = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    Ok(versions.order(__diesel_schema_migrations::version).load(connection)?)
}

fn names<DB: diesel::backend::Backend>(migrations: &EmbeddedMigrations) -> Vec<String> {
    let all: Vec<Box<dyn diesel::migration::Migration<DB>>> =
        diesel::migration::MigrationSource::migrations(migrations).unwrap_or_default();
    let mut names: Vec<String> = all.iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    names
}

/// `0003` of `0003_running`, without dashes, as diesel writes it down.
fn version_of(name: &str) -> &str {
    name.split_once('_').map_or(name, |(version, _)| version)
}

fn migrate_postgres(postgres: &mut PgConnection) -> Result<(), OpenError> {
    let lock = |postgres: &mut PgConnection, function: &str| {
        diesel::sql_query(format!("SELECT {function}({MIGRATION_LOCK})"))
            .execute(postgres)
            .map_err(DbError::from)
    };
    lock(postgres, "pg_advisory_lock")?;
    let migrated = postgres.run_pending_migrations(POSTGRES).map(|_| ());
    lock(postgres, "pg_advisory_unlock")?;
    migrated.map_err(|error| OpenError::Migrate(error.to_string()))
}

#[derive(QueryableByName)]
struct Shape {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    user_version: i32,
}

/// Makes the table of the traces' own file.
pub(crate) fn prepare_traces(sqlite: &mut SqliteConnection) -> Result<(), DbError> {
    let shape: Shape = diesel::sql_query("PRAGMA user_version").get_result(sqlite)?;
    if shape.user_version != TRACES_SHAPE {
        sqlite.batch_execute("DROP TABLE IF EXISTS traces;")?;
    }
    sqlite.batch_execute(TRACES_TABLE)?;
    sqlite.batch_execute(&format!("PRAGMA user_version = {TRACES_SHAPE};"))?;
    Ok(())
}

#[cfg(test)]
mod tests;
