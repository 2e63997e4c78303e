//! What the two databases really do differently. (Batched inserts differ too: see `tables/inbox.rs`.)

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use engine::ids::{ListId, UtcMs};

use crate::cached::{CachedDsl, here};
use crate::connection::{Backend, Connection, Tx};
use crate::error::{DbError, DbResult, JobError};

/// A sequence from which ids are taken without inserting a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sequence {
    /// Ids of events, and of the runs they start.
    Inbox,
    /// Ids of messages, incoming ones included.
    Outbox,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The last id that a sequence gave; 0 before the first.
pub(crate) fn last_id(tx: &mut Tx, sequence: Sequence) -> Result<i64, JobError> {
    let table = match sequence {
        Sequence::Inbox => "inbox",
        Sequence::Outbox => "outbox",
    };
    let row: QueryResult<Id> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => {
            diesel::sql_query("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = ?), 0) AS id")
                .bind::<Text, _>(table)
                .get_result(connection)
        }
        Backend::Postgres(connection) => diesel::sql_query(
            "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0) AS id",
        )
        .bind::<Text, _>(table)
        .get_result(connection),
    };
    Ok(row.map_err(DbError::from)?.id)
}

/// Takes the next id of messages.
pub(crate) fn take_message_id(tx: &mut Tx) -> Result<i64, JobError> {
    let row: QueryResult<Id> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => {
            // AUTOINCREMENT keeps the last id here; the row appears with the first insert.
            let advance = || {
                diesel::sql_query(
                    "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'outbox' RETURNING seq AS id",
                )
                .fixed(here!())
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
                .fixed(here!())
                .get_result(connection)
        }
    };
    Ok(row.map_err(DbError::from)?.id)
}

/// What a job may lock besides rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LockedThing {
    /// The rows of a list, against others that decide by what they find in it. Not the list's own row: that
    /// is share-locked by everybody who writes rows, and two who both want more than a share wait for ever.
    ListRows(ListId),
    /// The nodes and what they own.
    Nodes,
}

/// Waits for a lock that lasts until the end of the transaction. SQLite has one writer and needs none.
pub(crate) fn lock(tx: &mut Tx, thing: LockedThing) -> Result<(), JobError> {
    let key = match thing {
        LockedThing::ListRows(list) => LIST_ROWS_LOCKS | list.0,
        LockedThing::Nodes => NODES_LOCK,
    };
    if let Backend::Postgres(connection) = &mut tx.0.0 {
        let _: Id =
            diesel::sql_query("SELECT 0::bigint AS id FROM (SELECT pg_advisory_xact_lock($1)) AS locked")
                .bind::<BigInt, _>(key)
                .fixed(here!())
                .get_result(connection)
                .map_err(DbError::from)?;
    }
    Ok(())
}

/// Sets the locks of lists apart from all other advisory locks.
const LIST_ROWS_LOCKS: i64 = 1 << 62;
const NODES_LOCK: i64 = (1 << 62) - 1;

/// What time it is by the clock that all nodes of a database share.
pub(crate) fn database_now(tx: &mut Tx) -> Result<UtcMs, JobError> {
    let row: QueryResult<Id> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => {
            diesel::sql_query("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS id")
                .get_result(connection)
        }
        Backend::Postgres(connection) => {
            diesel::sql_query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS id")
                .get_result(connection)
        }
    };
    Ok(UtcMs(row.map_err(DbError::from)?.id))
}

/// Gives pages of deleted rows back to the file system; PostgreSQL sees to that itself.
pub(crate) fn free_pages(connection: &mut Connection) -> DbResult<()> {
    if let Backend::Sqlite(connection) = &mut connection.0 {
        // As a batch, because the pragma frees one page for every row it is asked for.
        connection.batch_execute("PRAGMA incremental_vacuum(500)").map_err(DbError::from)?;
    }
    Ok(())
}

/// Bytes of the file that hold something; `None` on PostgreSQL, where only vacuum knows.
pub(crate) fn used_bytes(connection: &mut Connection) -> DbResult<Option<i64>> {
    let Backend::Sqlite(connection) = &mut connection.0 else { return Ok(None) };
    const USED: &str = "SELECT (page_count - freelist_count) * page_size AS id
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let row: Id = diesel::sql_query(USED).get_result(connection)?;
    Ok(Some(row.id))
}

/// Whether the connection still answers.
pub(crate) fn ping(connection: &mut Connection) -> DbResult<()> {
    crate::connection::on!(connection, c => diesel::sql_query("SELECT 1").execute(c)).map(|_| ())
}
