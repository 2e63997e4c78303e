//! What the two databases really do differently. (Batched inserts differ too: see `tables/inbox.rs`.)

use diesel::deserialize::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::cached::CachedDsl;
use crate::connection::{Backend, Connection, Tx};
use crate::error::{DbError, DbResult, JobError};

/// A sequence from which ids are taken without inserting a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sequence {
    /// Ids of messages, incoming ones included.
    Outbox,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Takes the next id of a sequence.
pub(crate) fn take_id(tx: &mut Tx, sequence: Sequence) -> Result<i64, JobError> {
    let Sequence::Outbox = sequence;
    let row: QueryResult<Id> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => {
            // AUTOINCREMENT keeps the last id here; the row appears with the first insert.
            let advance = || {
                diesel::sql_query(
                    "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'outbox' RETURNING seq AS id",
                )
                .cached()
            };
            match advance().get_result::<Id>(connection).optional() {
                Ok(Some(row)) => Ok(row),
                Ok(None) => diesel::sql_query("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', 0)")
                    .execute(connection)
                    .and_then(|_| advance().get_result(connection)),
                Err(error) => Err(error),
            }
        }
        Backend::Postgres(connection) => {
            diesel::sql_query("SELECT nextval(pg_get_serial_sequence('outbox', 'id')) AS id")
                .cached()
                .get_result(connection)
        }
    };
    Ok(row.map_err(DbError::from)?.id)
}

/// Gives pages of deleted rows back to the file system; PostgreSQL sees to that itself.
pub(crate) fn free_pages(tx: &mut Tx) -> Result<(), JobError> {
    if let Backend::Sqlite(connection) = &mut tx.0.0 {
        diesel::sql_query("PRAGMA incremental_vacuum(500)").execute(connection).map_err(DbError::from)?;
    }
    Ok(())
}

/// Whether the connection still answers.
pub(crate) fn ping(connection: &mut Connection) -> DbResult<()> {
    crate::connection::on!(connection, c => diesel::sql_query("SELECT 1").execute(c)).map(|_| ())
}
