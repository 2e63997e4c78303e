//! The processes of this installation and which bots they own. One node for now.

use diesel::prelude::*;
use engine::ids::{BotId, UtcMs, WorkspaceId};

use crate::columns::Num;
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

/// A share of a bot's lanes, worked by one node.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = bot_partitions)]
pub struct BotPartition {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    /// Partition 0 polls and sends.
    pub partition: i64,
    pub owner: Option<String>,
    /// Rises when the owner changes.
    pub epoch: i64,
}

/// The partitions of all bots.
pub fn list_partitions(connection: &mut Connection) -> DbResult<Vec<BotPartition>> {
    on!(connection, c => bot_partitions::table
        .order((bot_partitions::workspace_id, bot_partitions::bot_id, bot_partitions::partition))
        .select(BotPartition::as_select())
        .load(c))
}
