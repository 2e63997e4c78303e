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
