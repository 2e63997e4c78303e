//! Outside calls of runs (HTTP, AI, awaited sends): asked in one commit, answered in another, used and
//! deleted in a third. Requests name secrets, they do not contain them.

use diesel::prelude::*;
use engine::ids::{BotId, RunId, StepNo, UtcMs, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, Num, step_column, text_enum};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::calls;

text_enum! {
    CallStatus { Pending = "pending", Answered = "answered" }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = calls)]
pub struct Call {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub run_id: RunId,
    #[diesel(deserialize_as = Num)]
    pub step_no: StepNo,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub partition: i64,
    pub lane_key: String,
    pub request: String,
    pub status: CallStatus,
    /// How often it has been begun.
    pub attempt: i64,
    pub answer: Option<String>,
    /// The node that is at it.
    pub claimed_by: Option<String>,
}

impl Call {
    pub fn lane(&self) -> LaneId {
        LaneId::new(self.workspace_id, self.bot_id, self.lane_key.as_str())
    }
}

#[derive(Clone, Debug)]
pub struct NewCall {
    pub lane: LaneId,
    pub partition: i64,
    pub run_id: RunId,
    pub step_no: StepNo,
    pub request: String,
    /// When to begin. A call that is answered by something else (an awaited send, a reply) has none.
    pub next_at: Option<UtcMs>,
}

pub fn insert(tx: &mut Tx, new: &NewCall) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(calls::table)
        .values((
            calls::workspace_id.eq(new.lane.workspace.0),
            calls::run_id.eq(new.run_id.0),
            calls::step_no.eq(step_column(new.step_no)),
            calls::bot_id.eq(new.lane.bot.0),
            calls::partition.eq(new.partition),
            calls::lane_key.eq(&*new.lane.key),
            calls::request.eq(&new.request),
            calls::status.eq(CallStatus::Pending),
            calls::attempt.eq(0_i64),
            calls::next_at_ms.eq(new.next_at.map(|at| at.0)),
        ))
        .fixed(here!())
        .execute(c))?;
    Ok(())
}

/// Calls whose time has come, the most overdue first.
pub fn due_pending(connection: &mut Connection, now: UtcMs, limit: i64) -> DbResult<Vec<Call>> {
    on!(connection, c => calls::table
        .filter(calls::next_at_ms.is_not_null())
        .filter(calls::next_at_ms.assume_not_null().le(now.0))
        .order(calls::next_at_ms)
        .limit(limit)
        .select(Call::as_select())
        .load(c))
}

/// When the next call is due, if any is pending.
pub fn next_due_at(connection: &mut Connection) -> DbResult<Option<UtcMs>> {
    let at: Option<i64> = on!(connection, c => calls::table
        .filter(calls::next_at_ms.is_not_null())
        .select(diesel::dsl::min(calls::next_at_ms))
        .first(c))?;
    Ok(at.map(UtcMs))
}

/// Begins a call as it was read: counts the attempt, and says who makes it and when the next one is due should
/// this one come to nothing. False when somebody else has begun it meanwhile.
pub fn begin(tx: &mut Tx, call: &Call, node: &str, next_at: UtcMs) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::update(calls::table
            .filter(calls::workspace_id.eq(call.workspace_id.0))
            .filter(calls::run_id.eq(call.run_id.0))
            .filter(calls::step_no.eq(step_column(call.step_no)))
            .filter(calls::attempt.eq(call.attempt))
            .filter(calls::answer.is_null()))
        .set((
            calls::attempt.eq(calls::attempt + 1_i64),
            calls::next_at_ms.eq(next_at.0),
            calls::claimed_by.eq(node),
        ))
        .changing(here!())
        .count(c))?;
    Ok(rows == 1)
}

/// Has a call made again at a later moment, by whoever comes then. False for one that is gone or answered.
pub fn postpone(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: RunId,
    step: StepNo,
    next_at: UtcMs,
) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::update(calls::table
            .filter(calls::workspace_id.eq(workspace.0))
            .filter(calls::run_id.eq(run.0))
            .filter(calls::step_no.eq(step_column(step)))
            .filter(calls::answer.is_null()))
        .set((calls::next_at_ms.eq(next_at.0), calls::claimed_by.eq(None::<String>)))
        .execute(c))?;
    Ok(rows == 1)
}

/// Makes calls due at once that were begun by a node that is not among the living; answers how many. For the
/// start, and for when a node was found dead.
pub fn revive(tx: &mut Tx, alive: &[String], now: UtcMs) -> Result<usize, JobError> {
    Ok(on!(tx.0, c => diesel::update(calls::table
            .filter(calls::next_at_ms.is_not_null())
            .filter(calls::claimed_by.is_not_null())
            .filter(calls::claimed_by.assume_not_null().ne_all(alive)))
        .set((calls::next_at_ms.eq(now.0), calls::claimed_by.eq(None::<String>)))
        .execute(c))?)
}

/// Keeps the first answer; false for a call that is gone or answered already.
pub fn answer(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: RunId,
    step: StepNo,
    answer: &str,
) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::update(calls::table
            .filter(calls::workspace_id.eq(workspace.0))
            .filter(calls::run_id.eq(run.0))
            .filter(calls::step_no.eq(step_column(step)))
            .filter(calls::answer.is_null()))
        .set((
            calls::status.eq(CallStatus::Answered),
            calls::answer.eq(answer),
            calls::next_at_ms.eq(None::<i64>),
        ))
        .changing(here!())
        .count(c))?;
    Ok(rows == 1)
}

/// Answers that the lane's runs have not used yet.
pub fn answered_of_lane(connection: &mut Connection, lane: &LaneId) -> DbResult<Vec<Call>> {
    on!(connection, c => calls::table
        .filter(calls::workspace_id.eq(lane.workspace.0))
        .filter(calls::bot_id.eq(lane.bot.0))
        .filter(calls::lane_key.eq(&*lane.key))
        .filter(calls::answer.is_not_null())
        .order((calls::run_id, calls::step_no))
        .select(Call::as_select())
        .load(c))
}

/// The lanes with unused answers. For the start.
pub fn lanes_with_answered(connection: &mut Connection, limit: i64) -> DbResult<Vec<LaneId>> {
    let rows: Vec<(i64, i64, String)> = on!(connection, c => calls::table
        .filter(calls::answer.is_not_null())
        .select((calls::workspace_id, calls::bot_id, calls::lane_key))
        .distinct()
        .limit(limit)
        .load(c))?;
    Ok(rows.into_iter().map(|(w, b, key)| LaneId::new(WorkspaceId(w), BotId(b), key)).collect())
}

pub fn delete(tx: &mut Tx, workspace: WorkspaceId, run: RunId, step: StepNo) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(calls::table
            .filter(calls::workspace_id.eq(workspace.0))
            .filter(calls::run_id.eq(run.0))
            .filter(calls::step_no.eq(step_column(step))))
        .execute(c))?;
    Ok(())
}

/// Drops whatever a run still waits for, as when it is stopped.
pub fn delete_of_run(tx: &mut Tx, workspace: WorkspaceId, run: RunId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(calls::table
            .filter(calls::workspace_id.eq(workspace.0))
            .filter(calls::run_id.eq(run.0)))
        .execute(c))?;
    Ok(())
}
