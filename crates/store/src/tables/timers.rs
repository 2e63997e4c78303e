//! Moments to come: delays, time-outs, schedules. Firing one is a job that inserts an inbox row and deletes
//! the timer.

use std::collections::BTreeMap;

use diesel::prelude::*;
use engine::ids::{BotId, RunId, UtcMs, WaitId, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, MaybeNum, Num, wait_column};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::timers;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = timers)]
pub struct Timer {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub id: i64,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub partition: i64,
    #[diesel(deserialize_as = Num, column_name = due_at_ms)]
    pub due_at: UtcMs,
    pub lane_key: String,
    /// A schedule has neither run nor wait.
    #[diesel(deserialize_as = MaybeNum)]
    pub run_id: Option<RunId>,
    #[diesel(deserialize_as = MaybeNum)]
    pub wait_id: Option<WaitId>,
    /// JSON for what fires it; `{}` for a wait.
    pub payload: String,
}

impl Timer {
    pub fn lane(&self) -> LaneId {
        LaneId::new(self.workspace_id, self.bot_id, self.lane_key.as_str())
    }
}

#[derive(Clone, Debug)]
pub struct NewTimer {
    pub lane: LaneId,
    pub partition: i64,
    pub due_at: UtcMs,
    pub run_id: Option<RunId>,
    pub wait_id: Option<WaitId>,
    pub payload: String,
}

pub fn insert(tx: &mut Tx, new: &NewTimer) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(timers::table)
        .values((
            timers::workspace_id.eq(new.lane.workspace.0),
            timers::bot_id.eq(new.lane.bot.0),
            timers::partition.eq(new.partition),
            timers::due_at_ms.eq(new.due_at.0),
            timers::lane_key.eq(&*new.lane.key),
            timers::run_id.eq(new.run_id.map(|run| run.0)),
            timers::wait_id.eq(new.wait_id.map(wait_column)),
            timers::payload.eq(&new.payload),
        ))
        .fixed(here!())
        .execute(c))?;
    Ok(())
}

/// Timers whose moment has come, in its order.
pub fn due(connection: &mut Connection, now: UtcMs, limit: i64) -> DbResult<Vec<Timer>> {
    on!(connection, c => timers::table
        .filter(timers::due_at_ms.le(now.0))
        .order((timers::due_at_ms, timers::id))
        .limit(limit)
        .select(Timer::as_select())
        .load(c))
}

/// When the next timer is due.
pub fn next_due_at(connection: &mut Connection) -> DbResult<Option<UtcMs>> {
    let at: Option<i64> =
        on!(connection, c => timers::table.select(diesel::dsl::min(timers::due_at_ms)).first(c))?;
    Ok(at.map(UtcMs))
}

/// Deletes timers that are being fired; answers the ids of those that were still there, in no order. On several
/// nodes a timer that was not belongs to whoever deleted it.
pub fn take(tx: &mut Tx, fired: &[Timer]) -> Result<Vec<i64>, JobError> {
    let mut by_workspace: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for timer in fired {
        by_workspace.entry(timer.workspace_id.0).or_default().push(timer.id);
    }
    let mut taken = Vec::with_capacity(fired.len());
    for (workspace, ids) in by_workspace {
        let deleted: Vec<i64> = on!(tx.0, c => diesel::delete(timers::table
                .filter(timers::workspace_id.eq(workspace))
                .filter(timers::id.eq_any(ids)))
            .returning(timers::id)
            .get_results(c))?;
        taken.extend(deleted);
    }
    Ok(taken)
}

/// Has a timer fire later than it should have.
pub fn put_off(tx: &mut Tx, timer: &Timer, due_at: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(timers::table
            .filter(timers::workspace_id.eq(timer.workspace_id.0))
            .filter(timers::id.eq(timer.id)))
        .set(timers::due_at_ms.eq(due_at.0))
        .execute(c))?;
    Ok(())
}

pub fn delete_of_run(tx: &mut Tx, workspace: WorkspaceId, run: RunId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(timers::table
            .filter(timers::workspace_id.eq(workspace.0))
            .filter(timers::run_id.eq(run.0)))
        .execute(c))?;
    Ok(())
}

pub fn delete_by_wait(tx: &mut Tx, workspace: WorkspaceId, run: RunId, wait: WaitId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(timers::table
            .filter(timers::workspace_id.eq(workspace.0))
            .filter(timers::run_id.eq(run.0))
            .filter(timers::wait_id.eq(wait_column(wait))))
        .execute(c))?;
    Ok(())
}

/// Moves a lane's timers nearer, for the simulator's skipping of time; answers how many.
pub fn shift_of_lane(tx: &mut Tx, lane: &LaneId, by_ms: i64) -> Result<usize, JobError> {
    Ok(on!(tx.0, c => diesel::update(timers::table
            .filter(timers::workspace_id.eq(lane.workspace.0))
            .filter(timers::bot_id.eq(lane.bot.0))
            .filter(timers::lane_key.eq(&*lane.key)))
        .set(timers::due_at_ms.eq(timers::due_at_ms - by_ms))
        .execute(c))?)
}

/// When the next timer of one lane is due.
pub fn next_due_of_lane(connection: &mut Connection, lane: &LaneId) -> DbResult<Option<UtcMs>> {
    let at: Option<i64> = on!(connection, c => timers::table
        .filter(timers::workspace_id.eq(lane.workspace.0))
        .filter(timers::bot_id.eq(lane.bot.0))
        .filter(timers::lane_key.eq(&*lane.key))
        .select(diesel::dsl::min(timers::due_at_ms))
        .first(c))?;
    Ok(at.map(UtcMs))
}
