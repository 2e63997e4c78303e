//! The processes that share a PostgreSQL, and which of them works for which bot.
//!
//! A node lives as long as its heartbeat is young by the clock of the database. Each node buries the dead, and
//! takes its share of what nobody owns, with every heartbeat of its own; heartbeats take turns. Correctness does
//! not rest on any of this: two nodes that believe they own a lane are kept apart by [`super::lanes::fence`].
//!
//! Whoever buries a node cuts its connections too (`dialect::cut_off`): one that froze in the middle of its jobs holds
//! locks that its heirs would wait for, one after the other.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use engine::ids::{BotId, UtcMs, WorkspaceId};

use super::{calls, outbox};
use crate::columns::{LaneId, Num};
use crate::connection::{Connection, Tx, on};
use crate::dialect::{self, LockedThing};
use crate::error::{DbResult, JobError};
use crate::schema::{bot_partitions, nodes};

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

/// Who is speaking.
#[derive(Clone, Debug)]
pub struct NodeId {
    /// Of this life of the node: the name of its process, a dot, and something of its own. A node that was taken for
    /// dead comes back under another one.
    pub id: String,
    /// Its data directory, which only one process holds at a time.
    pub home: String,
}

/// What a heartbeat has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The bots whose lanes are this node's to work.
    pub owned: Vec<BotId>,
    /// Nodes that live, this one included.
    pub alive: usize,
    /// It has lived longest: what is to be done once for all nodes is its business.
    pub is_eldest: bool,
    /// Nodes that were found dead.
    pub buried: usize,
    /// In how many milliseconds another one would be dead if it said nothing more; `None` when there is none.
    pub next_death_in_ms: Option<i64>,
}

/// Begins a life: earlier nodes of the same home are dead.
pub fn join(tx: &mut Tx, node: &NodeId, lease_ms: i64) -> Result<Beat, JobError> {
    dialect::lock(tx, LockedThing::Nodes)?;
    let now = dialect::database_now(tx)?;
    on!(tx.0, c => diesel::insert_into(nodes::table)
        .values((
            nodes::id.eq(&node.id),
            nodes::home.eq(&node.home),
            nodes::started_at_ms.eq(now.0),
            nodes::heartbeat_at_ms.eq(now.0),
        ))
        .execute(c))?;
    let earlier: Vec<String> = on!(tx.0, c => nodes::table
        .filter(nodes::home.eq(&node.home))
        .filter(nodes::id.ne(&node.id))
        .select(nodes::id)
        .load(c))?;
    bury(tx, &earlier)?;
    cut_off(tx, node, &earlier)?;
    settle_in(tx, node, now, lease_ms, earlier.len())
}

/// Says that a node lives. `None` when it was taken for dead: what it owned is others' now.
pub fn beat(tx: &mut Tx, node: &NodeId, lease_ms: i64) -> Result<Option<Beat>, JobError> {
    dialect::lock(tx, LockedThing::Nodes)?;
    let now = dialect::database_now(tx)?;
    let living = on!(tx.0, c => diesel::update(nodes::table.filter(nodes::id.eq(&node.id)))
        .set(nodes::heartbeat_at_ms.eq(now.0))
        .execute(c))?;
    if living == 0 {
        return Ok(None);
    }
    settle_in(tx, node, now, lease_ms, 0).map(Some)
}

/// Ends a life: what the node owned is free at once.
pub fn leave(tx: &mut Tx, node: &str) -> Result<(), JobError> {
    dialect::lock(tx, LockedThing::Nodes)?;
    bury(tx, &[node.to_owned()])
}

/// Buries whoever is dead, and takes or gives up bots until this node has its share.
fn settle_in(tx: &mut Tx, node: &NodeId, now: UtcMs, lease_ms: i64, buried: usize) -> Result<Beat, JobError> {
    let dead: Vec<String> = on!(tx.0, c => nodes::table
        .filter(nodes::heartbeat_at_ms.lt(now.plus_ms(-lease_ms).0))
        .select(nodes::id)
        .load(c))?;
    bury(tx, &dead)?;
    cut_off(tx, node, &dead)?;
    let living: Vec<(String, i64)> = on!(tx.0, c => nodes::table
        .order((nodes::started_at_ms, nodes::id))
        .select((nodes::id, nodes::heartbeat_at_ms))
        .load(c))?;
    let quietest = living.iter().filter(|(id, _)| *id != node.id).map(|(_, heartbeat)| *heartbeat).min();
    let alive: Vec<String> = living.into_iter().map(|(id, _)| id).collect();
    let partitions: i64 = on!(tx.0, c => bot_partitions::table.count().get_result(c))?;
    let share = usize::try_from(partitions).unwrap_or(0).div_ceil(alive.len().max(1));
    let mut owned = owned_by(tx, &node.id)?;
    if owned.len() > share {
        for (workspace, bot) in owned.split_off(share) {
            set_owner(tx, workspace, bot, None)?;
        }
    } else if owned.len() < share {
        let wanted = i64::try_from(share - owned.len()).unwrap_or(0);
        let free: Vec<(i64, i64)> = on!(tx.0, c => bot_partitions::table
            .filter(bot_partitions::owner.is_null())
            .order((bot_partitions::workspace_id, bot_partitions::bot_id))
            .limit(wanted)
            .select((bot_partitions::workspace_id, bot_partitions::bot_id))
            .load(c))?;
        for (workspace, bot) in free {
            set_owner(tx, workspace, bot, Some(&node.id))?;
            owned.push((workspace, bot));
        }
    }
    Ok(Beat {
        owned: owned.into_iter().map(|(_, bot)| BotId(bot)).collect(),
        alive: alive.len(),
        is_eldest: alive.first().is_some_and(|eldest| *eldest == node.id),
        buried: buried + dead.len(),
        next_death_in_ms: quietest.map(|heartbeat| heartbeat + lease_ms - now.0),
    })
}

fn owned_by(tx: &mut Tx, node: &str) -> Result<Vec<(i64, i64)>, JobError> {
    Ok(on!(tx.0, c => bot_partitions::table
        .filter(bot_partitions::owner.eq(node))
        .order((bot_partitions::workspace_id, bot_partitions::bot_id))
        .select((bot_partitions::workspace_id, bot_partitions::bot_id))
        .load(c))?)
}

fn set_owner(tx: &mut Tx, workspace: i64, bot: i64, owner: Option<&str>) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(bot_partitions::table
            .filter(bot_partitions::workspace_id.eq(workspace))
            .filter(bot_partitions::bot_id.eq(bot)))
        .set((bot_partitions::owner.eq(owner), bot_partitions::epoch.eq(bot_partitions::epoch + 1_i64)))
        .execute(c))?;
    Ok(())
}

fn bury(tx: &mut Tx, dead: &[String]) -> Result<(), JobError> {
    if dead.is_empty() {
        return Ok(());
    }
    on!(tx.0, c => diesel::update(bot_partitions::table.filter(bot_partitions::owner.eq_any(dead)))
        .set((
            bot_partitions::owner.eq(None::<String>),
            bot_partitions::epoch.eq(bot_partitions::epoch + 1_i64),
        ))
        .execute(c))?;
    on!(tx.0, c => diesel::delete(nodes::table.filter(nodes::id.eq_any(dead))).execute(c))?;
    Ok(())
}

/// Ends what the processes of the dead have open in the database. A process outlives its earlier lives.
fn cut_off(tx: &mut Tx, node: &NodeId, dead: &[String]) -> Result<(), JobError> {
    let process = |id: &'_ str| id.rsplit_once('.').map(|(process, _)| process.to_owned());
    let own = process(&node.id);
    let names: Vec<String> =
        dead.iter().filter_map(|id| process(id)).filter(|name| own.as_ref() != Some(name)).collect();
    if names.is_empty() {
        return Ok(());
    }
    dialect::cut_off(tx, &names)
}

/// Claims of sends whose node is dead, of bots that this node owns.
pub fn orphaned_claims(
    connection: &mut Connection,
    node: &str,
    limit: i64,
) -> DbResult<Vec<outbox::OutboxRow>> {
    let claims = outbox::open_claims(connection, i64::MAX)?;
    let alive: Vec<String> = on!(connection, c => nodes::table.select(nodes::id).load(c))?;
    let owned: Vec<i64> = on!(connection, c => bot_partitions::table
        .filter(bot_partitions::owner.eq(node))
        .select(bot_partitions::bot_id)
        .load(c))?;
    let is_orphan = |row: &outbox::OutboxRow| {
        row.claimed_by.as_ref().is_none_or(|by| !alive.contains(by)) && owned.contains(&row.bot_id.0)
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(claims.into_iter().filter(is_orphan).take(limit).collect())
}

/// Lets calls be made again whose node is dead; answers how many.
pub fn revive_calls(tx: &mut Tx, now: UtcMs) -> Result<usize, JobError> {
    let alive: Vec<String> = on!(tx.0, c => nodes::table.select(nodes::id).load(c))?;
    calls::revive(tx, &alive, now)
}

#[derive(QueryableByName)]
struct LaneRow {
    #[diesel(sql_type = BigInt)]
    workspace_id: i64,
    #[diesel(sql_type = BigInt)]
    bot_id: i64,
    #[diesel(sql_type = Text)]
    lane_key: String,
}

/// The lanes of a node's active bots that have something to do: an event, a run that is ready, an answered call.
/// One query, because on several nodes it is asked four times a second.
pub fn lanes_with_work(connection: &mut Connection, node: &str, limit: i64) -> DbResult<Vec<LaneId>> {
    const QUERY: &str = "
        WITH mine AS (
            SELECT p.workspace_id, p.bot_id FROM bot_partitions p
            JOIN bots b ON b.workspace_id = p.workspace_id AND b.id = p.bot_id
            WHERE p.\"owner\" = $1 AND b.status = 'active' AND NOT b.deleted
        ), work AS (
            SELECT i.workspace_id, i.bot_id, i.lane_key, min(i.id) AS since
            FROM inbox i JOIN mine USING (workspace_id, bot_id)
            WHERE i.settled_at_ms IS NULL GROUP BY 1, 2, 3
            UNION ALL
            SELECT r.workspace_id, r.bot_id, r.lane_key, r.id
            FROM runs r JOIN mine USING (workspace_id, bot_id) WHERE r.status = 'ready'
            UNION ALL
            SELECT c.workspace_id, c.bot_id, c.lane_key, c.run_id
            FROM calls c JOIN mine USING (workspace_id, bot_id) WHERE c.answer IS NOT NULL
        )
        SELECT workspace_id, bot_id, lane_key FROM work
        GROUP BY workspace_id, bot_id, lane_key ORDER BY min(since) LIMIT $2";
    let rows: Vec<LaneRow> = on!(connection, c => diesel::sql_query(QUERY)
        .bind::<Text, _>(node)
        .bind::<BigInt, _>(limit)
        .load(c))?;
    let lane = |row: LaneRow| LaneId::new(WorkspaceId(row.workspace_id), BotId(row.bot_id), row.lane_key);
    Ok(rows.into_iter().map(lane).collect())
}
