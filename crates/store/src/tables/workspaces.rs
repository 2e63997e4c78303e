//! Tenants, and the epoch by which caches of their configuration know that they are stale.

use diesel::prelude::*;
use engine::ids::{UtcMs, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::{Locale, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::workspaces;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = workspaces)]
pub struct Workspace {
    #[diesel(deserialize_as = Num)]
    pub id: WorkspaceId,
    pub name: String,
    pub locale: Locale,
    /// IANA time zone.
    pub zone: String,
    /// Rises with every change of bots, scenarios, list columns or secrets.
    pub config_epoch: i64,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
}

#[derive(Clone, Debug)]
pub struct NewWorkspace {
    pub name: String,
    pub locale: Locale,
    pub zone: String,
}

pub fn insert(tx: &mut Tx, new: &NewWorkspace, now: UtcMs) -> Result<WorkspaceId, JobError> {
    let id: i64 = on!(tx.0, c => diesel::insert_into(workspaces::table)
        .values((
            workspaces::name.eq(&new.name),
            workspaces::locale.eq(new.locale),
            workspaces::zone.eq(&new.zone),
            workspaces::config_epoch.eq(1_i64),
            workspaces::created_at_ms.eq(now.0),
        ))
        .returning(workspaces::id)
        .get_result(c))?;
    Ok(WorkspaceId(id))
}

pub fn find(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Option<Workspace>> {
    on!(connection, c => workspaces::table
        .filter(workspaces::id.eq(workspace.0))
        .select(Workspace::as_select())
        .first(c)
        .optional())
}

/// All tenants, for what runs over the whole installation.
pub fn list(connection: &mut Connection) -> DbResult<Vec<Workspace>> {
    on!(connection, c => workspaces::table.order(workspaces::id).select(Workspace::as_select()).load(c))
}

/// # Errors
/// [`Refusal::NotFound`].
pub fn update(tx: &mut Tx, workspace: WorkspaceId, new: &NewWorkspace) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(workspaces::table.filter(workspaces::id.eq(workspace.0)))
        .set((
            workspaces::name.eq(&new.name),
            workspaces::locale.eq(new.locale),
            workspaces::zone.eq(&new.zone),
            workspaces::config_epoch.eq(workspaces::config_epoch + 1_i64),
        ))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}

/// The configuration epoch; 0 for a workspace that is gone.
pub fn epoch(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<i64> {
    let epoch = on!(connection, c => workspaces::table
        .filter(workspaces::id.eq(workspace.0))
        .select(workspaces::config_epoch)
        .first(c)
        .optional())?;
    Ok(epoch.unwrap_or(0))
}

/// The epochs of these workspaces; one that is gone is missing.
pub fn epochs(connection: &mut Connection, of: &[WorkspaceId]) -> DbResult<Vec<(WorkspaceId, i64)>> {
    let ids: Vec<i64> = of.iter().map(|workspace| workspace.0).collect();
    let rows: Vec<(i64, i64)> = on!(connection, c => workspaces::table
        .filter(workspaces::id.eq_any(&ids))
        .select((workspaces::id, workspaces::config_epoch))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, epoch)| (WorkspaceId(id), epoch)).collect())
}

/// Tells every cache of the workspace's configuration that it is stale.
pub fn bump_epoch(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(workspaces::table.filter(workspaces::id.eq(workspace.0)))
        .set(workspaces::config_epoch.eq(workspaces::config_epoch + 1_i64))
        .changing(here!())
        .run(c))?;
    Ok(())
}
