//! Who did what in the admin.

use diesel::prelude::*;
use engine::ids::{UserId, UtcMs, WorkspaceId};

use crate::columns::{MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::dialect;
use crate::error::{DbResult, JobError};
use crate::schema::audit_log;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = audit_log)]
pub struct AuditEntry {
    pub id: i64,
    #[diesel(deserialize_as = MaybeNum)]
    pub user_id: Option<UserId>,
    /// As `scenario.publish`.
    pub action: String,
    /// What it was done to, as `scenario/12`.
    pub target: String,
    #[diesel(deserialize_as = Num, column_name = at_ms)]
    pub at: UtcMs,
}

pub fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: Option<UserId>,
    action: &str,
    target: &str,
    now: UtcMs,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(audit_log::table)
        .values((
            audit_log::workspace_id.eq(workspace.0),
            audit_log::user_id.eq(user.map(|user| user.0)),
            audit_log::action.eq(action),
            audit_log::target.eq(target),
            audit_log::at_ms.eq(now.0),
        ))
        .execute(c))?;
    Ok(())
}

/// Deletes up to `limit` of the oldest entries that are older than a moment; answers how many.
pub fn delete_before(tx: &mut Tx, before: UtcMs, limit: i64) -> Result<usize, JobError> {
    let old = dialect::oldest(tx, "audit_log", before, 0, limit)?;
    Ok(delete_rows!(tx, audit_log, id, old))
}

/// The newest entries first.
pub fn list(connection: &mut Connection, workspace: WorkspaceId, limit: i64) -> DbResult<Vec<AuditEntry>> {
    on!(connection, c => audit_log::table
        .filter(audit_log::workspace_id.eq(workspace.0))
        .order(audit_log::id.desc())
        .limit(limit)
        .select(AuditEntry::as_select())
        .load(c))
}
