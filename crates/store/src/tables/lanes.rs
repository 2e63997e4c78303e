//! The fence: every commit of a lane adds one to the version it read, or is thrown away.

use diesel::prelude::*;
use engine::ids::RunId;

use crate::cached::CachedDsl;
use crate::columns::{LaneId, MaybeNum};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::lanes;

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
                .returning(lanes::workspace_id)
                .cached()
                .execute_returning(c))?,
            Some(memory) => on!(tx.0, c => diesel::update(row())
                .set((next, lanes::memory.eq(memory)))
                .returning(lanes::workspace_id)
                .cached()
                .execute_returning(c))?,
        }
    };
    if rows == 1 { Ok(()) } else { Err(JobError::Fenced) }
}

/// Names another foreground run later in a job that has passed the [`fence`].
pub fn set_foreground(tx: &mut Tx, lane: &LaneId, foreground: Option<RunId>) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(lanes::table
            .filter(lanes::workspace_id.eq(lane.workspace.0))
            .filter(lanes::bot_id.eq(lane.bot.0))
            .filter(lanes::lane_key.eq(&*lane.key)))
        .set(lanes::foreground_run_id.eq(foreground.map(|run| run.0)))
        .returning(lanes::workspace_id)
        .cached()
        .execute_returning(c))?;
    Ok(())
}
