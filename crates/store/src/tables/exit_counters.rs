//! How often each exit of each action was taken, per day: funnels over the past. Counted in memory by the
//! caller and added in batches.

use diesel::prelude::*;
use engine::ids::{ScenarioId, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::exit_counters;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitCount {
    pub workspace_id: WorkspaceId,
    pub scenario_id: ScenarioId,
    pub action_id: String,
    /// The exit, or a word of the caller's own, as `reached`.
    pub exit_id: String,
    /// Days since 1970-01-01 UTC.
    pub day: i64,
    pub count: i64,
}

/// Adds to the counts. Sort the batch by its fields when several nodes count.
pub fn add(tx: &mut Tx, counts: &[ExitCount]) -> Result<(), JobError> {
    for count in counts {
        on!(tx.0, c => diesel::insert_into(exit_counters::table)
            .values((
                exit_counters::workspace_id.eq(count.workspace_id.0),
                exit_counters::scenario_id.eq(count.scenario_id.0),
                exit_counters::action_id.eq(&count.action_id),
                exit_counters::exit_id.eq(&count.exit_id),
                exit_counters::day.eq(count.day),
                exit_counters::count.eq(count.count),
            ))
            .on_conflict((
                exit_counters::workspace_id,
                exit_counters::scenario_id,
                exit_counters::action_id,
                exit_counters::exit_id,
                exit_counters::day,
            ))
            .do_update()
            .set(exit_counters::count.eq(exit_counters::count + count.count))
            .changing(here!())
            .run(c))?;
    }
    Ok(())
}

/// The counts of a scenario since a day, ordered by action, exit and day.
pub fn of_scenario(
    connection: &mut Connection,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    since_day: i64,
) -> DbResult<Vec<ExitCount>> {
    let rows: Vec<(String, String, i64, i64)> = on!(connection, c => exit_counters::table
        .filter(exit_counters::workspace_id.eq(workspace.0))
        .filter(exit_counters::scenario_id.eq(scenario.0))
        .filter(exit_counters::day.ge(since_day))
        .order((exit_counters::action_id, exit_counters::exit_id, exit_counters::day))
        .select((
            exit_counters::action_id,
            exit_counters::exit_id,
            exit_counters::day,
            exit_counters::count,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(action_id, exit_id, day, count)| ExitCount {
            workspace_id: workspace,
            scenario_id: scenario,
            action_id,
            exit_id,
            day,
            count,
        })
        .collect())
}
