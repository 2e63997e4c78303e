//! Executions of scenarios with their state. The id is that of the event that began the run, so a repeated
//! burst begins the same run and its effects have the same names.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use engine::ids::{BotId, RunId, ScenarioId, UtcMs, VersionId, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, MaybeNum, Num, text_enum};
use crate::connection::{Backend, Connection, Tx, on};
use crate::error::{DbError, DbResult, JobError, Refusal};
use crate::schema::{messages, runs, scenario_versions};

text_enum! {
    /// What a run is waiting for, if anything.
    RunStatus {
        /// For its worker.
        Ready = "ready",
        /// For the answer of an outside call.
        Calling = "calling",
        /// For a person or a moment.
        Waiting = "waiting",
        Ended = "ended",
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = runs)]
pub struct Run {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: RunId,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub lane_key: String,
    #[diesel(deserialize_as = Num)]
    pub scenario_id: ScenarioId,
    #[diesel(deserialize_as = Num)]
    pub version_id: VersionId,
    pub status: RunStatus,
    /// The engine's state as JSON.
    pub state: String,
    /// The bot author's error that ended it, as JSON.
    pub error: Option<String>,
    #[diesel(deserialize_as = Num, column_name = started_at_ms)]
    pub started_at: UtcMs,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
    #[diesel(deserialize_as = MaybeNum, column_name = ended_at_ms)]
    pub ended_at: Option<UtcMs>,
}

#[derive(Clone, Debug)]
pub struct NewRun {
    pub id: RunId,
    pub lane: LaneId,
    pub scenario_id: ScenarioId,
    pub version_id: VersionId,
    pub status: RunStatus,
    pub state: String,
    pub error: Option<String>,
    /// Block and action it stands at, while it is open.
    pub place: Option<(String, String)>,
    pub started_at: UtcMs,
}

/// What a save writes.
#[derive(Clone, Copy, Debug)]
pub struct RunUpdate<'a> {
    pub status: RunStatus,
    pub state: &'a str,
    pub error: Option<&'a str>,
    /// Block and action it stands at, while it is open.
    pub place: Option<(&'a str, &'a str)>,
}

impl RunUpdate<'_> {
    /// A run that is over and leaves nothing behind.
    pub const ENDED: Self = Self { status: RunStatus::Ended, state: "{}", error: None, place: None };
}

/// A run may be inserted already ended, when it came to its end in its first burst.
pub fn insert(tx: &mut Tx, new: &NewRun) -> Result<(), JobError> {
    let ended_at = (new.status == RunStatus::Ended).then_some(new.started_at.0);
    on!(tx.0, c => diesel::insert_into(runs::table)
        .values((
            runs::workspace_id.eq(new.lane.workspace.0),
            runs::id.eq(new.id.0),
            runs::bot_id.eq(new.lane.bot.0),
            runs::lane_key.eq(&*new.lane.key),
            runs::scenario_id.eq(new.scenario_id.0),
            runs::version_id.eq(new.version_id.0),
            runs::status.eq(new.status),
            runs::state.eq(&new.state),
            runs::error.eq(&new.error),
            runs::started_at_ms.eq(new.started_at.0),
            runs::updated_at_ms.eq(new.started_at.0),
            runs::ended_at_ms.eq(ended_at),
            runs::block_id.eq(new.place.as_ref().map(|(block, _)| block)),
            runs::action_id.eq(new.place.as_ref().map(|(_, action)| action)),
        ))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// Saves an open run; [`RunStatus::Ended`] closes it. A closed run is never opened again.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such open run.
pub fn save(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: RunId,
    update: &RunUpdate<'_>,
    now: UtcMs,
) -> Result<(), JobError> {
    let ended_at = (update.status == RunStatus::Ended).then_some(now.0);
    let rows = on!(tx.0, c => diesel::update(runs::table
            .filter(runs::workspace_id.eq(workspace.0))
            .filter(runs::id.eq(run.0))
            .filter(runs::ended_at_ms.is_null()))
        .set((
            runs::status.eq(update.status),
            runs::state.eq(update.state),
            runs::error.eq(update.error),
            runs::updated_at_ms.eq(now.0),
            runs::ended_at_ms.eq(ended_at),
            runs::block_id.eq(update.place.map(|(block, _)| block)),
            runs::action_id.eq(update.place.map(|(_, action)| action)),
        ))
        .changing(here!())
        .count(c))?;
    if rows == 1 { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// Notes that an open run goes on in another version of its scenario.
pub fn set_version(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: RunId,
    version: VersionId,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(runs::table
            .filter(runs::workspace_id.eq(workspace.0))
            .filter(runs::id.eq(run.0)))
        .set(runs::version_id.eq(version.0))
        .execute(c))?;
    Ok(())
}

/// The runs of a lane that have not ended, oldest first.
pub fn load_open_of_lane(connection: &mut Connection, lane: &LaneId) -> DbResult<Vec<Run>> {
    on!(connection, c => runs::table
        .filter(runs::ended_at_ms.is_null())
        .filter(runs::workspace_id.eq(lane.workspace.0))
        .filter(runs::bot_id.eq(lane.bot.0))
        .filter(runs::lane_key.eq(&*lane.key))
        .order(runs::id)
        .select(Run::as_select())
        .load(c))
}

/// Events before the newest one among whose runs those of a lane are looked for that ended in silence.
const LOOKED_BACK: i64 = 20_000;

/// Messages of a lane that tell which runs wrote them.
const MESSAGES_LOOKED_AT: i64 = 300;

/// Runs of a lane with a number below one, the newest first: those that are open, those that failed, those that
/// have said something lately, and whatever else is among the newest of all. No index names those that ended in
/// silence long ago: it would cost every run that begins.
pub fn recent_of_lane(
    connection: &mut Connection,
    lane: &LaneId,
    before: Option<RunId>,
    limit: i64,
) -> DbResult<Vec<Run>> {
    let before = before.map_or(i64::MAX, |run| run.0);
    let of_lane = || {
        runs::table
            .filter(runs::workspace_id.eq(lane.workspace.0))
            .filter(runs::bot_id.eq(lane.bot.0))
            .filter(runs::lane_key.eq(&*lane.key))
            .filter(runs::id.lt(before))
    };
    let mut ids: Vec<i64> = on!(connection, c => of_lane()
        .filter(runs::ended_at_ms.is_null())
        .order(runs::id.desc())
        .limit(limit)
        .select(runs::id)
        .load(c))?;
    let failed: Vec<i64> = on!(connection, c => of_lane()
        .filter(runs::error.is_not_null())
        .order(runs::id.desc())
        .limit(limit)
        .select(runs::id)
        .load(c))?;
    ids.extend(failed);
    let wrote: Vec<Option<String>> = on!(connection, c => messages::table
        .filter(messages::workspace_id.eq(lane.workspace.0))
        .filter(messages::bot_id.eq(lane.bot.0))
        .filter(messages::lane_key.eq(&*lane.key))
        .order(messages::id.desc())
        .limit(MESSAGES_LOOKED_AT)
        .select(messages::effect_id)
        .load(c))?;
    let run_of = |effect: String| effect.split('/').next()?.parse::<i64>().ok();
    ids.extend(wrote.into_iter().flatten().filter_map(run_of));
    ids.extend(among_newest(connection, lane, before, limit)?);
    // Others may have written to this lane too: only its own runs are found.
    let mut own: Vec<i64> =
        on!(connection, c => of_lane().filter(runs::id.eq_any(&ids)).select(runs::id).load(c))?;
    own.sort_unstable_by(|left, right| right.cmp(left));
    own.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut found: Vec<Run> = on!(connection, c => runs::table
        .filter(runs::workspace_id.eq(lane.workspace.0))
        .filter(runs::id.eq_any(&own))
        .select(Run::as_select())
        .load(c))?;
    found.sort_unstable_by_key(|run| std::cmp::Reverse(run.id));
    Ok(found)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The runs of a lane among the newest of all.
fn among_newest(connection: &mut Connection, lane: &LaneId, before: i64, limit: i64) -> DbResult<Vec<i64>> {
    // On SQLite the id alone is the key, and the plus keeps it from walking through all of a workspace instead.
    let found: QueryResult<Vec<Id>> = match &mut connection.0 {
        Backend::Sqlite(connection) => diesel::sql_query(
            "SELECT id FROM runs
             WHERE id < ?1 AND id > (SELECT MAX(id) FROM runs WHERE id < ?1) - ?2
                AND +workspace_id = ?3 AND bot_id = ?4 AND lane_key = ?5
             ORDER BY id DESC LIMIT ?6",
        )
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(LOOKED_BACK)
        .bind::<BigInt, _>(lane.workspace.0)
        .bind::<BigInt, _>(lane.bot.0)
        .bind::<Text, _>(&*lane.key)
        .bind::<BigInt, _>(limit)
        .load(connection),
        Backend::Postgres(connection) => diesel::sql_query(
            "SELECT id FROM runs
             WHERE id < $1 AND id > (SELECT MAX(id) FROM runs WHERE workspace_id = $3 AND id < $1) - $2
                AND workspace_id = $3 AND bot_id = $4 AND lane_key = $5
             ORDER BY id DESC LIMIT $6",
        )
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(LOOKED_BACK)
        .bind::<BigInt, _>(lane.workspace.0)
        .bind::<BigInt, _>(lane.bot.0)
        .bind::<Text, _>(&*lane.key)
        .bind::<BigInt, _>(limit)
        .load(connection),
    };
    Ok(found.map_err(DbError::from)?.into_iter().map(|row| row.id).collect())
}

/// The lanes with a run that only waits for its worker: those a crash has interrupted.
pub fn lanes_with_ready(connection: &mut Connection, limit: i64) -> DbResult<Vec<LaneId>> {
    let rows: Vec<(i64, i64, String)> = on!(connection, c => runs::table
        // As it stands in the partial index: a bound value would not prove that the index will do.
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("status = 'ready'"))
        .select((runs::workspace_id, runs::bot_id, runs::lane_key))
        .distinct()
        .limit(limit)
        .load(c))?;
    Ok(rows.into_iter().map(|(w, b, key)| LaneId::new(WorkspaceId(w), BotId(b), key)).collect())
}

pub fn find(connection: &mut Connection, workspace: WorkspaceId, run: RunId) -> DbResult<Option<Run>> {
    on!(connection, c => runs::table
        .filter(runs::workspace_id.eq(workspace.0))
        .filter(runs::id.eq(run.0))
        .select(Run::as_select())
        .first(c)
        .optional())
}

/// Whether somebody is still inside of a version.
pub fn is_version_lived_in(
    connection: &mut Connection,
    workspace: WorkspaceId,
    version: VersionId,
) -> DbResult<bool> {
    let found: Option<i64> = on!(connection, c => runs::table
        .filter(runs::ended_at_ms.is_null())
        .filter(runs::workspace_id.eq(workspace.0))
        .filter(runs::version_id.eq(version.0))
        .select(runs::id)
        .limit(1)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// How many people stand where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub version_id: VersionId,
    pub block_id: String,
    pub action_id: String,
    /// Open runs; a person may be inside of several.
    pub runs: i64,
}

/// Where the open runs of a scenario stand, whatever version they began with.
pub fn standing_in(
    connection: &mut Connection,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> DbResult<Vec<Standing>> {
    let versions = || {
        scenario_versions::table
            .filter(scenario_versions::workspace_id.eq(workspace.0))
            .filter(scenario_versions::scenario_id.eq(scenario.0))
            .select(scenario_versions::id)
    };
    let rows: Vec<(i64, Option<String>, Option<String>, i64)> = on!(connection, c => runs::table
        .filter(runs::ended_at_ms.is_null())
        .filter(runs::workspace_id.eq(workspace.0))
        .filter(runs::version_id.eq_any(versions()))
        .filter(runs::block_id.is_not_null())
        .group_by((runs::version_id, runs::block_id, runs::action_id))
        .order((runs::version_id, runs::block_id, runs::action_id))
        .select((runs::version_id, runs::block_id, runs::action_id, diesel::dsl::count_star()))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(version, block, action, runs)| Standing {
            version_id: VersionId(version),
            block_id: block.unwrap_or_default(),
            action_id: action.unwrap_or_default(),
            runs,
        })
        .collect())
}

/// The newest runs of a scenario first.
pub fn list_of_scenario(
    connection: &mut Connection,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    limit: i64,
) -> DbResult<Vec<Run>> {
    on!(connection, c => runs::table
        .filter(runs::workspace_id.eq(workspace.0))
        .filter(runs::scenario_id.eq(scenario.0))
        .order(runs::id.desc())
        .limit(limit)
        .select(Run::as_select())
        .load(c))
}

/// Deletes up to `limit` runs that ended before a moment, or that have a number up to `behind` and have ended;
/// answers how many.
pub fn delete_ended(tx: &mut Tx, before: UtcMs, behind: i64, limit: i64) -> Result<usize, JobError> {
    let oldest: Vec<(i64, i64, i64, String, Option<i64>)> = on!(tx.0, c => runs::table
        .filter(runs::ended_at_ms.is_not_null())
        .filter(runs::ended_at_ms.assume_not_null().gt(0))
        .order(runs::ended_at_ms)
        .limit(limit)
        .select((runs::workspace_id, runs::id, runs::bot_id, runs::lane_key, runs::ended_at_ms))
        .load(c))?;
    let goes = |(_, id, _, _, ended): &(i64, i64, i64, String, Option<i64>)| {
        *id <= behind || ended.is_some_and(|ended| ended < before.0)
    };
    let (ids, lanes): (Vec<_>, Vec<_>) = oldest
        .into_iter()
        .filter(goes)
        .map(|(workspace, id, bot, key, _)| ((workspace, id), (workspace, bot, key)))
        .unzip();
    super::lanes::delete_anonymous(tx, lanes)?;
    Ok(delete_rows!(tx, runs, id, ids))
}
