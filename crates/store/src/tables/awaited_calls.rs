//! Addresses that runs gave out to be called back on, once: who waits behind one, and what the call said until its run
//! has taken it.

use diesel::prelude::*;
use engine::ids::{BotId, RunId, UtcMs, WorkspaceId};

use crate::columns::{LaneId, MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::awaited_calls;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = awaited_calls)]
pub struct AwaitedCall {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub id: i64,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub lane_key: String,
    #[diesel(deserialize_as = Num)]
    pub run_id: RunId,
    /// JSON of what the call said.
    pub request: Option<String>,
    #[diesel(deserialize_as = MaybeNum, column_name = called_at_ms)]
    pub called_at: Option<UtcMs>,
    #[diesel(deserialize_as = Num, column_name = expires_at_ms)]
    pub expires_at: UtcMs,
}

impl AwaitedCall {
    pub fn lane(&self) -> LaneId {
        LaneId::new(self.workspace_id, self.bot_id, self.lane_key.as_str())
    }
}

pub fn insert(
    tx: &mut Tx,
    lane: &LaneId,
    run: RunId,
    secret_hash: &str,
    expires_at: UtcMs,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(awaited_calls::table)
        .values((
            awaited_calls::workspace_id.eq(lane.workspace.0),
            awaited_calls::secret_hash.eq(secret_hash),
            awaited_calls::bot_id.eq(lane.bot.0),
            awaited_calls::lane_key.eq(&*lane.key),
            awaited_calls::run_id.eq(run.0),
            awaited_calls::expires_at_ms.eq(expires_at.0),
        ))
        .execute(c))?;
    Ok(())
}

/// By the secret, which tells the workspace.
pub fn find(connection: &mut Connection, secret_hash: &str) -> DbResult<Option<AwaitedCall>> {
    on!(connection, c => awaited_calls::table
        .filter(awaited_calls::secret_hash.eq(secret_hash))
        .select(AwaitedCall::as_select())
        .first(c)
        .optional())
}

/// The address of a run, for the run itself.
pub fn find_of_run(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: RunId,
    secret_hash: &str,
) -> Result<Option<AwaitedCall>, JobError> {
    Ok(on!(tx.0, c => awaited_calls::table
        .filter(awaited_calls::workspace_id.eq(workspace.0))
        .filter(awaited_calls::secret_hash.eq(secret_hash))
        .filter(awaited_calls::run_id.eq(run.0))
        .select(AwaitedCall::as_select())
        .first(c)
        .optional())?)
}

/// Uses an address up; false when somebody was quicker, or its time is over.
pub fn use_up(tx: &mut Tx, call: &AwaitedCall, request: &str, now: UtcMs) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::update(awaited_calls::table
            .filter(awaited_calls::workspace_id.eq(call.workspace_id.0))
            .filter(awaited_calls::id.eq(call.id))
            .filter(awaited_calls::called_at_ms.is_null())
            .filter(awaited_calls::expires_at_ms.gt(now.0)))
        .set((awaited_calls::called_at_ms.eq(now.0), awaited_calls::request.eq(request)))
        .execute(c))?;
    Ok(rows == 1)
}

/// The run has what the call said.
pub fn clear_request(tx: &mut Tx, workspace: WorkspaceId, secret_hash: &str) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(awaited_calls::table
            .filter(awaited_calls::workspace_id.eq(workspace.0))
            .filter(awaited_calls::secret_hash.eq(secret_hash)))
        .set(awaited_calls::request.eq(None::<String>))
        .execute(c))?;
    Ok(())
}

/// Deletes up to `limit` addresses that expired before a moment; answers how many.
pub fn delete_expired_before(tx: &mut Tx, moment: UtcMs, limit: i64) -> Result<usize, JobError> {
    let old: Vec<(i64, i64)> = on!(tx.0, c => awaited_calls::table
        .filter(awaited_calls::expires_at_ms.lt(moment.0))
        .limit(limit)
        .select((awaited_calls::workspace_id, awaited_calls::id))
        .load(c))?;
    Ok(delete_rows!(tx, awaited_calls, id, old))
}
