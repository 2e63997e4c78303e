//! How much there is to do, for whoever looks after the installation; and what is done with old work after a
//! restore, so that nothing of yesterday goes out today.

use diesel::dsl::{count_star, max, min, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use engine::ids::{RunId, StepNo, UtcMs, WorkspaceId};

use super::outbox::{self as outbox_rows, OutboxClass, OutboxRow, OutboxStatus};
use super::{broadcasts, calls as call_rows, inbox as inbox_rows, settings, timers as timer_rows};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{calls, inbox, outbox, timers};

/// What waits, over all workspaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events nobody has worked yet, and when the oldest of them came.
    pub events: i64,
    pub oldest_event_at: Option<UtcMs>,
    /// Acknowledgements, replies and mailings that wait, and what is under way.
    pub acks: i64,
    pub replies: i64,
    pub mass: i64,
    pub sending: i64,
    /// People whom a broadcast has not come to yet.
    pub untold: i64,
    /// Sends that will not be tried again: dead ones, and those of unknown fate.
    pub buried: i64,
    /// Calls without an answer.
    pub calls: i64,
    pub timers: i64,
    /// Timers whose moment has passed.
    pub timers_due: i64,
    pub next_timer_at: Option<UtcMs>,
}

impl Backlog {
    pub fn sends(&self) -> i64 {
        self.acks + self.replies + self.mass + self.sending + self.untold
    }
}

// These two as they stand in the partial indexes.
fn is_sending() -> SqlLiteral<Bool> {
    sql("status = 'sending'")
}

fn is_buried() -> SqlLiteral<Bool> {
    sql("status IN ('unknown', 'dead')")
}

/// Counts. Reads as many index entries as there is work, so do not ask for it with every request.
pub fn count(connection: &mut Connection, now: UtcMs) -> DbResult<Backlog> {
    let (events, oldest): (i64, Option<i64>) = on!(connection, c => inbox::table
        .filter(inbox::settled_at_ms.is_null())
        .select((count_star(), min(inbox::received_at_ms)))
        .first(c))?;
    let by_class: Vec<(OutboxClass, i64)> = on!(connection, c => outbox::table
        .filter(outbox::claimed_at_ms.is_null())
        .group_by(outbox::class)
        .select((outbox::class, count_star()))
        .load(c))?;
    let of = |class| by_class.iter().find(|(found, _)| *found == class).map_or(0, |(_, count)| *count);
    let buried: i64 = on!(connection, c => outbox::table
        .filter(is_buried())
        .count()
        .get_result(c))?;
    let sending: i64 = on!(connection, c => outbox::table.filter(is_sending()).count().get_result(c))?;
    let calls: i64 =
        on!(connection, c => calls::table.filter(calls::answer.is_null()).count().get_result(c))?;
    let (timers, next): (i64, Option<i64>) =
        on!(connection, c => timers::table.select((count_star(), min(timers::due_at_ms))).first(c))?;
    let timers_due: i64 = on!(connection, c => timers::table
        .filter(timers::due_at_ms.le(now.0))
        .count()
        .get_result(c))?;
    Ok(Backlog {
        events,
        oldest_event_at: oldest.map(UtcMs),
        acks: of(OutboxClass::Ack),
        replies: of(OutboxClass::Reply),
        mass: of(OutboxClass::Mass),
        sending,
        untold: broadcasts::count_untold(connection)?,
        buried,
        calls,
        timers,
        timers_due,
        next_timer_at: next.map(UtcMs),
    })
}

/// When the newest event came: a clock that stands before it is wrong.
pub fn newest_event_at(connection: &mut Connection) -> DbResult<Option<UtcMs>> {
    let at: Option<i64> = on!(connection, c => inbox::table.select(max(inbox::received_at_ms)).first(c))?;
    Ok(at.map(UtcMs))
}

const PAUSED: &str = "paused";

/// Why the installation stands still, if it does.
pub fn paused(connection: &mut Connection) -> DbResult<Option<String>> {
    Ok(settings::find(connection, PAUSED)?.filter(|reason| !reason.is_empty()))
}

/// Keeps the installation from working: no bot, timer, call or send runs until [`release`].
pub fn pause(tx: &mut Tx, reason: &str) -> Result<(), JobError> {
    settings::upsert(tx, PAUSED, reason)
}

/// Lets it work again.
pub fn release(tx: &mut Tx) -> Result<(), JobError> {
    settings::upsert(tx, PAUSED, "")
}

/// Gives up to `limit` sends up that wait or were under way; the history says why. Answers how many.
pub fn drop_sends(tx: &mut Tx, limit: i64, why: &str, now: UtcMs) -> Result<usize, JobError> {
    let rows: Vec<OutboxRow> = on!(tx.0, c => outbox::table
        .filter(outbox::claimed_at_ms.is_null().or(is_sending()))
        .order(outbox::id)
        .limit(limit)
        .select(OutboxRow::as_select())
        .load(c))?;
    for row in &rows {
        // What was under way may have gone out before the copy was made.
        match row.status {
            OutboxStatus::Sending => outbox_rows::mark_unknown(tx, row, why, now)?,
            _ => outbox_rows::mark_dead(tx, row, why, now)?,
        }
    }
    Ok(rows.len())
}

/// Gives up a broadcast that is under way; answers how many people it had not come to. 0 when there is none.
pub fn drop_broadcast(tx: &mut Tx) -> Result<usize, JobError> {
    broadcasts::drop_one(tx)
}

/// Answers up to `limit` open calls, so that their runs go on along their error exit. Answers how many.
pub fn answer_calls(tx: &mut Tx, limit: i64, answer: &str) -> Result<usize, JobError> {
    let open: Vec<(i64, i64, i64)> = on!(tx.0, c => calls::table
        .filter(calls::answer.is_null())
        .limit(limit)
        .select((calls::workspace_id, calls::run_id, calls::step_no))
        .load(c))?;
    for (workspace, run, step) in &open {
        let step = StepNo(step.cast_unsigned());
        call_rows::answer(tx, WorkspaceId(*workspace), RunId(*run), step, answer)?;
    }
    Ok(open.len())
}

/// Deletes up to `limit` timers that were due before a moment; their runs wait for the person. Answers how many.
pub fn drop_timers(tx: &mut Tx, limit: i64, before: UtcMs) -> Result<usize, JobError> {
    let due = timer_rows::due(&mut tx.0, before, limit)?;
    Ok(timer_rows::take(tx, &due)?.len())
}

/// Puts up to `limit` events away that nobody has worked. Answers how many.
pub fn drop_events(tx: &mut Tx, limit: i64, now: UtcMs) -> Result<usize, JobError> {
    let pending: Vec<(i64, i64)> = on!(tx.0, c => inbox::table
        .filter(inbox::settled_at_ms.is_null())
        .order(inbox::id)
        .limit(limit)
        .select((inbox::workspace_id, inbox::id))
        .load(c))?;
    for (workspace, id) in &pending {
        inbox_rows::mark_dead(tx, WorkspaceId(*workspace), engine::ids::EventId(*id), now)?;
    }
    Ok(pending.len())
}
