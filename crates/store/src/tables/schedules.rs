//! Triggers that the clock sets off: one row each, whose next due is set in the job that fires it.
//!
//! The runtime plans the rows when something is published; on several nodes [`advance`] lets one of them fire.

use diesel::dsl::exists;
use diesel::prelude::*;
use engine::ids::{BotId, ScenarioId, UtcMs, WorkspaceId};

use crate::columns::Num;
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{bots, schedules};
use crate::tables::bots::BotStatus;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = schedules)]
pub struct Schedule {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    #[diesel(deserialize_as = Num)]
    pub scenario_id: ScenarioId,
    pub trigger_id: String,
    /// What it was planned by: another spec is planned anew.
    pub spec: String,
    #[diesel(deserialize_as = Num, column_name = due_at_ms)]
    pub due_at: UtcMs,
    /// How far it has come, for whoever fires it.
    pub progress: String,
}

impl Schedule {
    /// Whether both stand for the same trigger of the same bot.
    pub fn is_same(&self, other: &Self) -> bool {
        self.workspace_id == other.workspace_id
            && self.bot_id == other.bot_id
            && self.scenario_id == other.scenario_id
            && self.trigger_id == other.trigger_id
    }
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<Schedule>> {
    on!(connection, c => schedules::table
        .filter(schedules::workspace_id.eq(workspace.0))
        .order((schedules::bot_id, schedules::scenario_id, schedules::trigger_id))
        .select(Schedule::as_select())
        .load(c))
}

/// Plans a trigger, in place of what was planned for it before.
pub fn put(tx: &mut Tx, new: &Schedule) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(schedules::table)
        .values((
            schedules::workspace_id.eq(new.workspace_id.0),
            schedules::bot_id.eq(new.bot_id.0),
            schedules::scenario_id.eq(new.scenario_id.0),
            schedules::trigger_id.eq(&new.trigger_id),
            schedules::spec.eq(&new.spec),
            schedules::due_at_ms.eq(new.due_at.0),
            schedules::progress.eq(&new.progress),
        ))
        .on_conflict((
            schedules::workspace_id,
            schedules::bot_id,
            schedules::scenario_id,
            schedules::trigger_id,
        ))
        .do_update()
        .set((
            schedules::spec.eq(&new.spec),
            schedules::due_at_ms.eq(new.due_at.0),
            schedules::progress.eq(&new.progress),
        ))
        .execute(c))?;
    Ok(())
}

pub fn delete(tx: &mut Tx, gone: &Schedule) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(schedules::table
            .filter(schedules::workspace_id.eq(gone.workspace_id.0))
            .filter(schedules::bot_id.eq(gone.bot_id.0))
            .filter(schedules::scenario_id.eq(gone.scenario_id.0))
            .filter(schedules::trigger_id.eq(&gone.trigger_id)))
        .execute(c))?;
    Ok(())
}

/// Triggers of active bots whose moment has come, in its order. A paused bot's wait until it goes on.
pub fn due(connection: &mut Connection, now: UtcMs, limit: i64) -> DbResult<Vec<Schedule>> {
    let is_active = || {
        exists(
            bots::table
                .filter(bots::workspace_id.eq(schedules::workspace_id))
                .filter(bots::id.eq(schedules::bot_id))
                .filter(bots::status.eq(BotStatus::Active))
                .filter(bots::deleted.eq(false)),
        )
    };
    on!(connection, c => schedules::table
        .filter(schedules::due_at_ms.le(now.0))
        .filter(is_active())
        .order(schedules::due_at_ms)
        .limit(limit)
        .select(Schedule::as_select())
        .load(c))
}

/// When the next trigger is due after a moment.
pub fn next_due_at(connection: &mut Connection, after: UtcMs) -> DbResult<Option<UtcMs>> {
    let at: Option<i64> = on!(connection, c => schedules::table
        .filter(schedules::due_at_ms.gt(after.0))
        .select(diesel::dsl::min(schedules::due_at_ms))
        .first(c))?;
    Ok(at.map(UtcMs))
}

/// Moves a trigger on from where it was read; false when somebody else has done so. First in a job that fires.
pub fn advance(tx: &mut Tx, read: &Schedule, due_at: UtcMs, progress: &str) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::update(schedules::table
            .filter(schedules::workspace_id.eq(read.workspace_id.0))
            .filter(schedules::bot_id.eq(read.bot_id.0))
            .filter(schedules::scenario_id.eq(read.scenario_id.0))
            .filter(schedules::trigger_id.eq(&read.trigger_id))
            .filter(schedules::spec.eq(&read.spec))
            .filter(schedules::due_at_ms.eq(read.due_at.0))
            .filter(schedules::progress.eq(&read.progress)))
        .set((schedules::due_at_ms.eq(due_at.0), schedules::progress.eq(progress)))
        .execute(c))?;
    Ok(rows == 1)
}
