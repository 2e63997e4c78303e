//! The processes of this installation and which bots they own. One node for now.

use diesel::prelude::*;
use engine::ids::{BotId, UtcMs, WorkspaceId};

use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{bot_partitions, nodes};

/// Says that a node lives.
pub fn heartbeat(tx: &mut Tx, node: &str, now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(nodes::table)
        .values((nodes::id.eq(node), nodes::started_at_ms.eq(now.0), nodes::heartbeat_at_ms.eq(now.0)))
        .on_conflict(nodes::id)
        .do_update()
        .set(nodes::heartbeat_at_ms.eq(now.0))
        .execute(c))?;
    Ok(())
}

/// The partitions of all bots with their owners and epochs.
pub fn list_partitions(
    connection: &mut Connection,
) -> DbResult<Vec<(WorkspaceId, BotId, i64, Option<String>, i64)>> {
    let rows: Vec<(i64, i64, i64, Option<String>, i64)> = on!(connection, c => bot_partitions::table
        .order((bot_partitions::workspace_id, bot_partitions::bot_id, bot_partitions::partition))
        .select((
            bot_partitions::workspace_id,
            bot_partitions::bot_id,
            bot_partitions::partition,
            bot_partitions::owner,
            bot_partitions::epoch,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(w, b, partition, owner, epoch)| (WorkspaceId(w), BotId(b), partition, owner, epoch))
        .collect())
}
