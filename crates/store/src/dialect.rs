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
            let advance = |connection: &mut SqliteConnection| {
                diesel::sql_query("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'outbox'")
                    .changing(here!())
                    .run(connection)?;
                diesel::sql_query("SELECT seq AS id FROM sqlite_sequence WHERE name = 'outbox'")
                    .fixed(here!())
                    .get_result::<Id>(connection)
                    .optional()
            };
            match advance(connection) {
                Ok(Some(row)) => Ok(row),
                Ok(None) => diesel::sql_query("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', 1)")
                    .execute(connection)
                    .map(|_| Id { id: 1 }),
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

/// Ends the connections of processes by their names. SQLite has none.
pub(crate) fn cut_off(tx: &mut Tx, names: &[String]) -> Result<(), JobError> {
    // Only our own user's, which PostgreSQL always allows.
    const CUT: &str = "SELECT count(pg_terminate_backend(pid)) AS id FROM pg_stat_activity
        WHERE application_name = ANY ($1) AND datname = current_database() AND usename = current_user
        AND pid <> pg_backend_pid()";
    let Backend::Postgres(connection) = &mut tx.0.0 else { return Ok(()) };
    let cut: Id = diesel::sql_query(CUT)
        .bind::<diesel::sql_types::Array<Text>, _>(names)
        .get_result(connection)
        .map_err(DbError::from)?;
    if cut.id > 0 {
        tracing::warn!(connections = cut.id, "the connections of a node that was found dead were cut");
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

#[derive(QueryableByName)]
struct Old {
    #[diesel(sql_type = BigInt)]
    workspace_id: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The workspaces and ids of the oldest rows of a table, of the first `limit` by their ids: those from before a moment,
/// and those with an id up to `behind`. Only the first are looked at, by the key.
pub(crate) fn oldest(
    tx: &mut Tx,
    table: &'static str,
    before: UtcMs,
    behind: i64,
    limit: i64,
) -> Result<Vec<(i64, i64)>, JobError> {
    let old: QueryResult<Vec<Old>> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => diesel::sql_query(format!(
            "SELECT workspace_id, id FROM (SELECT workspace_id, id, at_ms FROM {table} ORDER BY id LIMIT ?1)
             WHERE at_ms < ?2 OR id <= ?3"
        ))
        .bind::<BigInt, _>(limit)
        .bind::<BigInt, _>(before.0)
        .bind::<BigInt, _>(behind)
        .load(connection),
        Backend::Postgres(connection) => diesel::sql_query(format!(
            "SELECT first.workspace_id, first.id FROM workspaces w CROSS JOIN LATERAL
                (SELECT workspace_id, id, at_ms FROM {table} WHERE workspace_id = w.id ORDER BY id LIMIT $1) first
             WHERE first.at_ms < $2 OR first.id <= $3 ORDER BY 1, 2 LIMIT $1"
        ))
        .bind::<BigInt, _>(limit)
        .bind::<BigInt, _>(before.0)
        .bind::<BigInt, _>(behind)
        .load(connection),
    };
    let mut old: Vec<(i64, i64)> =
        old.map_err(DbError::from)?.into_iter().map(|row| (row.workspace_id, row.id)).collect();
    old.sort_unstable();
    Ok(old)
}

/// Empties what was in settled events with numbers above `after` and up to `upto`.
pub(crate) fn empty_payloads(tx: &mut Tx, after: i64, upto: i64) -> Result<(), JobError> {
    match &mut tx.0.0 {
        Backend::Sqlite(connection) => diesel::sql_query(
            "UPDATE inbox SET payload = x'' WHERE id > ?1 AND id <= ?2
             AND settled_at_ms IS NOT NULL AND length(payload) > 0",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(upto)
        .execute(connection),
        // By the key, which begins with the workspace.
        Backend::Postgres(connection) => diesel::sql_query(
            "UPDATE inbox i SET payload = '' FROM workspaces w WHERE i.workspace_id = w.id AND i.id > $1
             AND i.id <= $2 AND i.settled_at_ms IS NOT NULL AND length(i.payload) > 0",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(upto)
        .execute(connection),
    }
    .map_err(DbError::from)?;
    Ok(())
}

/// The number of the oldest event there is; 0 when there is none.
pub(crate) fn oldest_event(tx: &mut Tx) -> Result<i64, JobError> {
    const SQLITE: &str = "SELECT COALESCE(min(id), 0) AS id FROM inbox";
    const POSTGRES: &str = "SELECT COALESCE(min(first.id), 0) AS id FROM workspaces w CROSS JOIN LATERAL
        (SELECT id FROM inbox WHERE workspace_id = w.id ORDER BY id LIMIT 1) first";
    let row: QueryResult<Id> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => diesel::sql_query(SQLITE).get_result(connection),
        Backend::Postgres(connection) => diesel::sql_query(POSTGRES).get_result(connection),
    };
    Ok(row.map_err(DbError::from)?.id)
}

/// Gives pages of deleted rows back to the file system; PostgreSQL sees to that itself.
pub(crate) fn free_pages(connection: &mut Connection) -> DbResult<()> {
    if let Backend::Sqlite(connection) = &mut connection.0 {
        // As a batch, because the pragma frees one page for every row it is asked for.
        connection.batch_execute("PRAGMA incremental_vacuum(500)").map_err(DbError::from)?;
    }
    Ok(())
}

/// Bytes of the traces that are still seen on PostgreSQL, whose files do not tell: rows are added up, all of them as long
/// as they are few, else those of a sample of the pages. 0 on SQLite, where [`used_bytes`] knows.
pub(crate) fn sampled_trace_bytes(connection: &mut Connection) -> DbResult<i64> {
    let Backend::Postgres(connection) = &mut connection.0 else { return Ok(0) };
    /// Bytes of the table itself that are read, some; long traces lie elsewhere and only say how long they are.
    const READ_BYTES: i64 = 16 << 20;
    let size: Id = diesel::sql_query("SELECT pg_relation_size('traces') AS id").get_result(connection)?;
    // In thousandths of the pages; at least a few are read.
    let share = (READ_BYTES.saturating_mul(1_000) / size.id.max(1)).max(1);
    let sample = match share {
        1_000.. => String::new(),
        _ => format!("TABLESAMPLE SYSTEM ({}.{})", share / 10, share % 10),
    };
    let seen: Id = diesel::sql_query(format!(
        "SELECT COALESCE(sum(octet_length(\"blob\") + {}), 0)::bigint AS id FROM traces {sample}",
        crate::tables::traces::ROW_BYTES
    ))
    .get_result(connection)?;
    Ok(if sample.is_empty() { seen.id } else { seen.id.saturating_mul(1_000) / share })
}

/// Bytes of a SQLite file that hold something; `None` on PostgreSQL.
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
