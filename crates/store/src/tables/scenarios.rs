//! Scenarios: the draft that people edit, and the versions that run.

use diesel::prelude::*;
use engine::ids::{ScenarioId, UserId, UtcMs, VersionId, WorkspaceId};

use super::{moves, workspaces};
use crate::columns::{MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::{scenario_versions, scenarios};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = scenarios)]
pub struct Scenario {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: ScenarioId,
    pub name: String,
    /// The document as JSON.
    pub draft: String,
    /// Rises with every save; a save names the one it started from.
    pub draft_revision: i64,
    #[diesel(deserialize_as = MaybeNum)]
    pub published_version_id: Option<VersionId>,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
}

/// A scenario without its document, for lists.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = scenarios)]
pub struct ScenarioSummary {
    #[diesel(deserialize_as = Num)]
    pub id: ScenarioId,
    pub name: String,
    pub draft_revision: i64,
    #[diesel(deserialize_as = MaybeNum)]
    pub published_version_id: Option<VersionId>,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = scenario_versions)]
pub struct ScenarioVersion {
    #[diesel(deserialize_as = Num)]
    pub id: VersionId,
    #[diesel(deserialize_as = Num)]
    pub scenario_id: ScenarioId,
    /// Counted from 1 within the scenario.
    pub number: i64,
    pub document: String,
    #[diesel(deserialize_as = Num, column_name = published_at_ms)]
    pub published_at: UtcMs,
    #[diesel(deserialize_as = MaybeNum)]
    pub published_by: Option<UserId>,
}

/// # Errors
/// [`Refusal::Duplicate`] when the name is taken.
pub fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    draft: &str,
    now: UtcMs,
) -> Result<ScenarioId, JobError> {
    let id: Option<i64> = on!(tx.0, c => diesel::insert_into(scenarios::table)
        .values((
            scenarios::workspace_id.eq(workspace.0),
            scenarios::name.eq(name),
            scenarios::draft.eq(draft),
            scenarios::draft_revision.eq(1_i64),
            scenarios::created_at_ms.eq(now.0),
            scenarios::updated_at_ms.eq(now.0),
        ))
        .on_conflict((scenarios::workspace_id, scenarios::name))
        .do_nothing()
        .returning(scenarios::id)
        .get_result(c)
        .optional())?;
    id.map(ScenarioId).ok_or_else(|| Refusal::Duplicate { what: "name".into() }.into())
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<ScenarioSummary>> {
    on!(connection, c => scenarios::table
        .filter(scenarios::workspace_id.eq(workspace.0))
        .order(scenarios::name)
        .select(ScenarioSummary::as_select())
        .load(c))
}

pub fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> DbResult<Option<Scenario>> {
    on!(connection, c => scenarios::table
        .filter(scenarios::workspace_id.eq(workspace.0))
        .filter(scenarios::id.eq(scenario.0))
        .select(Scenario::as_select())
        .first(c)
        .optional())
}

pub fn find_by_name(
    connection: &mut Connection,
    workspace: WorkspaceId,
    name: &str,
) -> DbResult<Option<Scenario>> {
    on!(connection, c => scenarios::table
        .filter(scenarios::workspace_id.eq(workspace.0))
        .filter(scenarios::name.eq(name))
        .select(Scenario::as_select())
        .first(c)
        .optional())
}

/// Saves the draft over the revision it started from; answers the new revision.
///
/// # Errors
/// [`Refusal::Stale`] when somebody else has saved meanwhile, [`Refusal::NotFound`].
pub fn save_draft(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    expected_revision: i64,
    draft: &str,
    now: UtcMs,
) -> Result<i64, JobError> {
    let revision: Option<i64> = on!(tx.0, c => diesel::update(scenarios::table
            .filter(scenarios::workspace_id.eq(workspace.0))
            .filter(scenarios::id.eq(scenario.0))
            .filter(scenarios::draft_revision.eq(expected_revision)))
        .set((
            scenarios::draft.eq(draft),
            scenarios::draft_revision.eq(expected_revision + 1),
            scenarios::updated_at_ms.eq(now.0),
        ))
        .returning(scenarios::draft_revision)
        .get_result(c)
        .optional())?;
    match revision {
        Some(revision) => Ok(revision),
        None if find(tx, workspace, scenario)?.is_some() => Err(Refusal::Stale.into()),
        None => Err(Refusal::NotFound.into()),
    }
}

/// # Errors
/// [`Refusal::Duplicate`] when the name is taken, [`Refusal::NotFound`].
pub fn rename(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    name: &str,
    now: UtcMs,
) -> Result<(), JobError> {
    // On PostgreSQL two renames at once may still meet in the unique index; the later one then fails as Db.
    if find_by_name(tx, workspace, name)?.is_some_and(|other| other.id != scenario) {
        return Err(Refusal::Duplicate { what: "name".into() }.into());
    }
    let rows = on!(tx.0, c => diesel::update(scenarios::table
            .filter(scenarios::workspace_id.eq(workspace.0))
            .filter(scenarios::id.eq(scenario.0)))
        .set((scenarios::name.eq(name), scenarios::updated_at_ms.eq(now.0)))
        .execute(c))?;
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    workspaces::bump_epoch(tx, workspace)
}

/// Makes a document the published version, and tells the caches. New runs start with it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn publish(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    document: &str,
    by: Option<UserId>,
    now: UtcMs,
) -> Result<VersionId, JobError> {
    // Touching the scenario first makes two publishers of it wait for each other on PostgreSQL.
    let rows = on!(tx.0, c => diesel::update(scenarios::table
            .filter(scenarios::workspace_id.eq(workspace.0))
            .filter(scenarios::id.eq(scenario.0)))
        .set(scenarios::updated_at_ms.eq(now.0))
        .execute(c))?;
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    let last: Option<i64> = on!(tx.0, c => scenario_versions::table
        .filter(scenario_versions::workspace_id.eq(workspace.0))
        .filter(scenario_versions::scenario_id.eq(scenario.0))
        .select(diesel::dsl::max(scenario_versions::number))
        .first(c))?;
    let version: i64 = on!(tx.0, c => diesel::insert_into(scenario_versions::table)
        .values((
            scenario_versions::workspace_id.eq(workspace.0),
            scenario_versions::scenario_id.eq(scenario.0),
            scenario_versions::number.eq(last.unwrap_or(0) + 1),
            scenario_versions::document.eq(document),
            scenario_versions::published_at_ms.eq(now.0),
            scenario_versions::published_by.eq(by.map(|user| user.0)),
        ))
        .returning(scenario_versions::id)
        .get_result(c))?;
    set_published(tx, workspace, scenario, Some(VersionId(version)))?;
    Ok(VersionId(version))
}

/// Goes back to an older version, or (`None`) takes the scenario out of service.
///
/// # Errors
/// [`Refusal::NotFound`], also when the version is another scenario's.
pub fn set_published(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    version: Option<VersionId>,
) -> Result<(), JobError> {
    if let Some(version) = version
        && find_version(tx, workspace, version)?.is_none_or(|found| found.scenario_id != scenario)
    {
        return Err(Refusal::NotFound.into());
    }
    let rows = on!(tx.0, c => diesel::update(scenarios::table
            .filter(scenarios::workspace_id.eq(workspace.0))
            .filter(scenarios::id.eq(scenario.0)))
        .set(scenarios::published_version_id.eq(version.map(|version| version.0)))
        .execute(c))?;
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    workspaces::bump_epoch(tx, workspace)
}

/// Deletes a scenario with its versions. Runs of it that are still open end with an error of their own.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, scenario: ScenarioId) -> Result<(), JobError> {
    moves::delete_of_scenario(tx, workspace, scenario)?;
    let rows = on!(tx.0, c => diesel::delete(scenarios::table
            .filter(scenarios::workspace_id.eq(workspace.0))
            .filter(scenarios::id.eq(scenario.0)))
        .execute(c))?;
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    workspaces::bump_epoch(tx, workspace)
}

pub fn find_version(
    connection: &mut Connection,
    workspace: WorkspaceId,
    version: VersionId,
) -> DbResult<Option<ScenarioVersion>> {
    on!(connection, c => scenario_versions::table
        .filter(scenario_versions::workspace_id.eq(workspace.0))
        .filter(scenario_versions::id.eq(version.0))
        .select(ScenarioVersion::as_select())
        .first(c)
        .optional())
}

/// The versions of a scenario, newest first, with their documents.
pub fn list_versions(
    connection: &mut Connection,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    limit: i64,
) -> DbResult<Vec<ScenarioVersion>> {
    on!(connection, c => scenario_versions::table
        .filter(scenario_versions::workspace_id.eq(workspace.0))
        .filter(scenario_versions::scenario_id.eq(scenario.0))
        .order(scenario_versions::number.desc())
        .limit(limit)
        .select(ScenarioVersion::as_select())
        .load(c))
}

/// The published version of every scenario of a workspace, for calls from one to another.
pub fn list_published(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> DbResult<Vec<(ScenarioId, String, VersionId)>> {
    let rows: Vec<(i64, String, Option<i64>)> = on!(connection, c => scenarios::table
        .filter(scenarios::workspace_id.eq(workspace.0))
        .filter(scenarios::published_version_id.is_not_null())
        .order(scenarios::id)
        .select((scenarios::id, scenarios::name, scenarios::published_version_id))
        .load(c))?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, name, version)| Some((ScenarioId(id), name, VersionId(version?))))
        .collect())
}
