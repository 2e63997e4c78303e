//! The vault's rows: `#{env.NAME}`, sealed. Names may be listed, values only opened by [`crate::Vault`].

use diesel::prelude::*;
use engine::ids::{UtcMs, WorkspaceId};

use super::workspaces;
use crate::columns::{Num, Sealed};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::secrets;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = secrets)]
pub struct SecretName {
    pub name: String,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<SecretName>> {
    on!(connection, c => secrets::table
        .filter(secrets::workspace_id.eq(workspace.0))
        .order(secrets::name)
        .select(SecretName::as_select())
        .load(c))
}

pub fn find(connection: &mut Connection, workspace: WorkspaceId, name: &str) -> DbResult<Option<Sealed>> {
    on!(connection, c => secrets::table
        .filter(secrets::workspace_id.eq(workspace.0))
        .filter(secrets::name.eq(name))
        .select(secrets::value)
        .first(c)
        .optional())
}

pub fn upsert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    value: &Sealed,
    now: UtcMs,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(secrets::table)
        .values((
            secrets::workspace_id.eq(workspace.0),
            secrets::name.eq(name),
            secrets::value.eq(value),
            secrets::updated_at_ms.eq(now.0),
        ))
        .on_conflict((secrets::workspace_id, secrets::name))
        .do_update()
        .set((secrets::value.eq(value), secrets::updated_at_ms.eq(now.0)))
        .execute(c))?;
    workspaces::bump_epoch(tx, workspace)
}

pub fn delete(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::delete(secrets::table
            .filter(secrets::workspace_id.eq(workspace.0))
            .filter(secrets::name.eq(name)))
        .execute(c))?;
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    workspaces::bump_epoch(tx, workspace)
}
