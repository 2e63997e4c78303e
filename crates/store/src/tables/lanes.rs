//! The fence: every commit of a lane adds one to the version it read, or is thrown away.

use std::collections::BTreeMap;

use diesel::prelude::*;
use engine::ids::RunId;

use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, MaybeNum};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::fail_point::{self, Guarantee};
use crate::schema::{lanes, runs};

/// Prefix of the keys of lanes that are one call's alone: they are never come back to.
pub const ANONYMOUS: &str = "call:";

/// Where a lane stands. Version 0 is a lane without a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = lanes)]
pub struct LaneHead {
    pub version: i64,
    #[diesel(deserialize_as = MaybeNum)]
    pub foreground_run_id: Option<RunId>,
    /// The engine's memory of the lane as JSON; empty for a lane without a row.
    pub memory: String,
}

/// Load this before anything else of the lane: whatever is read after it and changes is caught by [`fence`].
pub fn load(connection: &mut Connection, lane: &LaneId) -> DbResult<LaneHead> {
    let head = on!(connection, c => lanes::table
        .filter(lanes::workspace_id.eq(lane.workspace.0))
        .filter(lanes::bot_id.eq(lane.bot.0))
        .filter(lanes::lane_key.eq(&*lane.key))
        .select(LaneHead::as_select())
        .first(c)
        .optional())?;
    Ok(head.unwrap_or_default())
}

/// Moves the lane on from the version that was read, names its foreground run and, when it changed, what the
/// lane remembers. First in every job that
/// works a lane, because it takes the lane's lock on PostgreSQL.
///
/// # Errors
/// [`JobError::Fenced`] when the lane is no longer at that version.
pub fn fence(
    tx: &mut Tx,
    lane: &LaneId,
    expected_version: i64,
    foreground: Option<RunId>,
    memory: Option<&str>,
) -> Result<(), JobError> {
    let foreground = foreground.map(|run| run.0);
    let rows = if expected_version == 0 {
        on!(tx.0, c => diesel::insert_into(lanes::table)
            .values((
                lanes::workspace_id.eq(lane.workspace.0),
                lanes::bot_id.eq(lane.bot.0),
                lanes::lane_key.eq(&*lane.key),
                lanes::version.eq(1_i64),
                lanes::foreground_run_id.eq(foreground),
                lanes::partition.eq(0_i64),
                lanes::memory.eq(memory.unwrap_or("{}")),
            ))
            .on_conflict((lanes::workspace_id, lanes::bot_id, lanes::lane_key))
            .do_nothing()
            .fixed(here!())
            .execute(c))?
    } else {
        let row = || {
            lanes::table
                .filter(lanes::workspace_id.eq(lane.workspace.0))
                .filter(lanes::bot_id.eq(lane.bot.0))
                .filter(lanes::lane_key.eq(&*lane.key))
                .filter(lanes::version.eq(expected_version))
        };
        let next = (lanes::version.eq(expected_version + 1), lanes::foreground_run_id.eq(foreground));
        match memory {
            None => on!(tx.0, c => diesel::update(row())
                .set(next)
                .changing(here!())
                .count(c))?,
            Some(memory) => on!(tx.0, c => diesel::update(row())
                .set((next, lanes::memory.eq(memory)))
                .changing(here!())
                .count(c))?,
        }
    };
    if rows == 1 || fail_point::is_broken(Guarantee::Fence) { Ok(()) } else { Err(JobError::Fenced) }
}

/// Names another foreground run later in a job that has passed the [`fence`].
pub fn set_foreground(tx: &mut Tx, lane: &LaneId, foreground: Option<RunId>) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(lanes::table
            .filter(lanes::workspace_id.eq(lane.workspace.0))
            .filter(lanes::bot_id.eq(lane.bot.0))
            .filter(lanes::lane_key.eq(&*lane.key)))
        .set(lanes::foreground_run_id.eq(foreground.map(|run| run.0)))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// Keeps what the lane remembers later in a job that has passed the [`fence`].
pub fn set_memory(tx: &mut Tx, lane: &LaneId, memory: &str) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(lanes::table
            .filter(lanes::workspace_id.eq(lane.workspace.0))
            .filter(lanes::bot_id.eq(lane.bot.0))
            .filter(lanes::lane_key.eq(&*lane.key)))
        .set(lanes::memory.eq(memory))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// Deletes those of the lanes that are anonymous and have no open run. Only for lanes whose events are so old
/// that nobody works on them any more: a fence that is gone stops nobody.
pub(crate) fn delete_anonymous(
    tx: &mut Tx,
    lanes_of_bots: impl IntoIterator<Item = (i64, i64, String)>,
) -> Result<(), JobError> {
    let mut by_bot: BTreeMap<(i64, i64), Vec<String>> = BTreeMap::new();
    for (workspace, bot, key) in lanes_of_bots {
        if key.starts_with(ANONYMOUS) {
            by_bot.entry((workspace, bot)).or_default().push(key);
        }
    }
    for ((workspace, bot), keys) in by_bot {
        let open: Vec<String> = on!(tx.0, c => runs::table
            .filter(runs::ended_at_ms.is_null())
            .filter(runs::workspace_id.eq(workspace))
            .filter(runs::bot_id.eq(bot))
            .filter(runs::lane_key.eq_any(&keys))
            .select(runs::lane_key)
            .load(c))?;
        on!(tx.0, c => diesel::delete(lanes::table
                .filter(lanes::workspace_id.eq(workspace))
                .filter(lanes::bot_id.eq(bot))
                .filter(lanes::lane_key.eq_any(&keys))
                .filter(lanes::lane_key.ne_all(&open)))
            .execute(c))?;
    }
    Ok(())
}
