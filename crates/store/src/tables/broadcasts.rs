//! What a step tells more subscribers than one commit does: the message or signal once, the people in parts. A part is
//! taken in the transaction that writes to its people, so nobody is left out and nobody hears it twice.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use engine::ids::{BotId, RunId, StepNo, UtcMs, WorkspaceId};

use crate::columns::{Num, step_column};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{broadcast_parts, broadcasts};

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = broadcasts)]
pub struct Broadcast {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub run_id: RunId,
    #[diesel(deserialize_as = Num)]
    pub step_no: StepNo,
    /// The bot of the run.
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    /// JSON: what they are told.
    pub tell: String,
}

/// Some of the people, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = broadcast_parts)]
pub struct Part {
    pub part_no: i64,
    /// How many they are.
    pub people: i64,
    /// JSON.
    pub recipients: String,
}

/// Queues a broadcast to the people of its parts.
pub fn insert(tx: &mut Tx, new: &Broadcast, parts: &[Part], now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(broadcasts::table)
        .values((
            broadcasts::workspace_id.eq(new.workspace_id.0),
            broadcasts::run_id.eq(new.run_id.0),
            broadcasts::step_no.eq(step_column(new.step_no)),
            broadcasts::bot_id.eq(new.bot_id.0),
            broadcasts::tell.eq(&new.tell),
            broadcasts::created_at_ms.eq(now.0),
        ))
        .execute(c))?;
    parts.iter().try_for_each(|part| insert_part(tx, new, part))
}

fn insert_part(tx: &mut Tx, of: &Broadcast, part: &Part) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(broadcast_parts::table)
        .values((
            broadcast_parts::workspace_id.eq(of.workspace_id.0),
            broadcast_parts::run_id.eq(of.run_id.0),
            broadcast_parts::step_no.eq(step_column(of.step_no)),
            broadcast_parts::part_no.eq(part.part_no),
            broadcast_parts::people.eq(part.people),
            broadcast_parts::recipients.eq(&part.recipients),
        ))
        .execute(c))?;
    Ok(())
}

/// The next workspace behind one that has a broadcast under way.
pub fn next_workspace(connection: &mut Connection, after: WorkspaceId) -> DbResult<Option<WorkspaceId>> {
    let found: Option<i64> = on!(connection, c => broadcasts::table
        .filter(broadcasts::workspace_id.gt(after.0))
        .order(broadcasts::workspace_id)
        .select(broadcasts::workspace_id)
        .first(c)
        .optional())?;
    Ok(found.map(WorkspaceId))
}

/// The broadcasts of a workspace, the oldest first.
pub fn oldest(connection: &mut Connection, workspace: WorkspaceId, limit: i64) -> DbResult<Vec<Broadcast>> {
    on!(connection, c => broadcasts::table
        .filter(broadcasts::workspace_id.eq(workspace.0))
        .order((broadcasts::run_id, broadcasts::step_no))
        .limit(limit)
        .select(Broadcast::as_select())
        .load(c))
}

/// The first people who have not been told.
pub fn first_part(connection: &mut Connection, of: &Broadcast) -> DbResult<Option<Part>> {
    on!(connection, c => broadcast_parts::table
        .filter(broadcast_parts::workspace_id.eq(of.workspace_id.0))
        .filter(broadcast_parts::run_id.eq(of.run_id.0))
        .filter(broadcast_parts::step_no.eq(step_column(of.step_no)))
        .order(broadcast_parts::part_no)
        .select(Part::as_select())
        .first(c)
        .optional())
}

/// Takes a part, for whoever tells its people in this transaction. False when it has been taken.
pub fn take_part(tx: &mut Tx, of: &Broadcast, part_no: i64) -> Result<bool, JobError> {
    let taken = on!(tx.0, c => diesel::delete(broadcast_parts::table
            .filter(broadcast_parts::workspace_id.eq(of.workspace_id.0))
            .filter(broadcast_parts::run_id.eq(of.run_id.0))
            .filter(broadcast_parts::step_no.eq(step_column(of.step_no)))
            .filter(broadcast_parts::part_no.eq(part_no)))
        .execute(c))?;
    Ok(taken == 1)
}

/// Puts others in the place of a part, behind all that are left: those for whom it failed. False when it has been taken.
pub fn replace_part(
    tx: &mut Tx,
    of: &Broadcast,
    part_no: i64,
    others: &[(i64, String)],
) -> Result<bool, JobError> {
    let last: Option<i64> = on!(tx.0, c => broadcast_parts::table
        .filter(broadcast_parts::workspace_id.eq(of.workspace_id.0))
        .filter(broadcast_parts::run_id.eq(of.run_id.0))
        .filter(broadcast_parts::step_no.eq(step_column(of.step_no)))
        .select(diesel::dsl::max(broadcast_parts::part_no))
        .first(c))?;
    if !take_part(tx, of, part_no)? {
        return Ok(false);
    }
    for (part_no, (people, recipients)) in (last.unwrap_or(part_no) + 1..).zip(others) {
        let part = Part { part_no, people: *people, recipients: recipients.clone() };
        insert_part(tx, of, &part)?;
    }
    Ok(true)
}

/// People who have not been told yet, over all workspaces.
pub(super) fn count_untold(connection: &mut Connection) -> DbResult<i64> {
    on!(connection, c => broadcast_parts::table.select(people()).first(c))
}

/// Gives up one broadcast, whoever is left of it; answers how many. 0 when there is none.
pub(super) fn drop_one(tx: &mut Tx) -> Result<usize, JobError> {
    loop {
        let first: Option<Broadcast> = on!(tx.0, c => broadcasts::table
            .select(Broadcast::as_select())
            .first(c)
            .optional())?;
        let Some(first) = first else { return Ok(0) };
        let untold: i64 = on!(tx.0, c => broadcast_parts::table
            .filter(broadcast_parts::workspace_id.eq(first.workspace_id.0))
            .filter(broadcast_parts::run_id.eq(first.run_id.0))
            .filter(broadcast_parts::step_no.eq(step_column(first.step_no)))
            .select(people())
            .first(c))?;
        delete(tx, &first)?;
        if untold > 0 {
            return Ok(usize::try_from(untold).unwrap_or(usize::MAX));
        }
    }
}

// PostgreSQL adds numbers of this type up to another one.
fn people() -> SqlLiteral<BigInt> {
    sql("CAST(COALESCE(SUM(people), 0) AS BIGINT)")
}

/// Everybody has been told, or nobody is to be told any more: what is left of the parts goes with it.
pub fn delete(tx: &mut Tx, of: &Broadcast) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(broadcasts::table
            .filter(broadcasts::workspace_id.eq(of.workspace_id.0))
            .filter(broadcasts::run_id.eq(of.run_id.0))
            .filter(broadcasts::step_no.eq(step_column(of.step_no))))
        .execute(c))?;
    Ok(())
}
