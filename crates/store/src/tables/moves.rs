//! Publications that move people over: who stands in which older version, and where its builder chose that they
//! go on. Worked through in the background, a batch of runs at a time.

use diesel::prelude::*;
use engine::ids::{BotId, RunId, ScenarioId, VersionId, WorkspaceId};

use crate::columns::{LaneId, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{moves, runs, scenario_versions};

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = moves)]
pub struct Move {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub from_version_id: VersionId,
    #[diesel(deserialize_as = Num)]
    pub to_version_id: VersionId,
    /// By block, as JSON.
    pub choices: String,
    /// Runs up to this one have been told.
    #[diesel(deserialize_as = Num)]
    pub last_run_id: RunId,
}

/// A run that stands in a block, and the lane that has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub run: RunId,
    pub lane: LaneId,
    pub block_id: String,
}

/// Moves whoever stands in an older version. A later publication of the same scenario decides anew.
pub fn upsert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: VersionId,
    to: VersionId,
    choices: &str,
) -> Result<(), JobError> {
    let fresh = (moves::to_version_id.eq(to.0), moves::choices.eq(choices), moves::last_run_id.eq(0_i64));
    on!(tx.0, c => diesel::insert_into(moves::table)
        .values((moves::workspace_id.eq(workspace.0), moves::from_version_id.eq(from.0), fresh))
        .on_conflict((moves::workspace_id, moves::from_version_id))
        .do_update()
        .set(fresh)
        .execute(c))?;
    Ok(())
}

/// A publication that has not been worked through, but for those that wait: few, by their older versions.
pub fn next(connection: &mut Connection, waiting: &[(WorkspaceId, VersionId)]) -> DbResult<Option<Move>> {
    let some = i64::try_from(waiting.len()).unwrap_or(i64::MAX).saturating_add(1);
    let found: Vec<Move> = on!(connection, c => moves::table
        .order((moves::workspace_id, moves::from_version_id))
        .limit(some)
        .select(Move::as_select())
        .load(c))?;
    Ok(found.into_iter().find(|one| !waiting.contains(&(one.workspace_id, one.from_version_id))))
}

/// The next runs that stand in one of the blocks, in the order of their numbers.
pub fn standing(
    connection: &mut Connection,
    of: &Move,
    blocks: &[String],
    limit: i64,
) -> DbResult<Vec<Standing>> {
    let rows: Vec<(i64, i64, String, Option<String>)> = on!(connection, c => runs::table
        .filter(runs::ended_at_ms.is_null())
        .filter(runs::workspace_id.eq(of.workspace_id.0))
        .filter(runs::version_id.eq(of.from_version_id.0))
        .filter(runs::id.gt(of.last_run_id.0))
        .filter(runs::block_id.eq_any(blocks))
        .order(runs::id)
        .limit(limit)
        .select((runs::id, runs::bot_id, runs::lane_key, runs::block_id))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(run, bot, key, block)| Standing {
            run: RunId(run),
            lane: LaneId::new(of.workspace_id, BotId(bot), key),
            block_id: block.unwrap_or_default(),
        })
        .collect())
}

/// Notes how far a publication has come. False when another node, or a later publication, was there first.
pub fn advance(tx: &mut Tx, of: &Move, last: RunId) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::update(moves::table
            .filter(moves::workspace_id.eq(of.workspace_id.0))
            .filter(moves::from_version_id.eq(of.from_version_id.0))
            .filter(moves::to_version_id.eq(of.to_version_id.0))
            .filter(moves::last_run_id.eq(of.last_run_id.0)))
        .set(moves::last_run_id.eq(last.0))
        .execute(c))?;
    Ok(rows == 1)
}

/// Everybody has been told.
pub fn finish(tx: &mut Tx, of: &Move) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(moves::table
            .filter(moves::workspace_id.eq(of.workspace_id.0))
            .filter(moves::from_version_id.eq(of.from_version_id.0))
            .filter(moves::to_version_id.eq(of.to_version_id.0)))
        .execute(c))?;
    Ok(())
}

/// Of a scenario that is deleted.
pub(super) fn delete_of_scenario(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> Result<(), JobError> {
    let versions = || {
        scenario_versions::table
            .filter(scenario_versions::workspace_id.eq(workspace.0))
            .filter(scenario_versions::scenario_id.eq(scenario.0))
            .select(scenario_versions::id)
    };
    on!(tx.0, c => diesel::delete(moves::table
            .filter(moves::workspace_id.eq(workspace.0))
            .filter(moves::from_version_id.eq_any(versions())))
        .execute(c))?;
    Ok(())
}
