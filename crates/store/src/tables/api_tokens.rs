//! Tokens of the API. Only a hash is kept; the prefix tells people which is which.

use diesel::prelude::*;
use engine::ids::{UtcMs, WorkspaceId};

use crate::columns::{MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::api_tokens;

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
pub struct ApiToken {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub id: i64,
    pub name: String,
    /// First characters, shown in the list.
    pub prefix: String,
    /// Names of scopes, separated by spaces.
    pub scopes: String,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
    #[diesel(deserialize_as = MaybeNum, column_name = last_used_at_ms)]
    pub last_used_at: Option<UtcMs>,
    #[diesel(deserialize_as = MaybeNum, column_name = expires_at_ms)]
    pub expires_at: Option<UtcMs>,
}

#[derive(Clone)]
pub struct NewApiToken {
    pub workspace_id: WorkspaceId,
    pub name: String,
    /// SHA-256 of the token, which has 256 random bits of its own.
    pub token_hash: Vec<u8>,
    pub prefix: String,
    pub scopes: String,
    pub expires_at: Option<UtcMs>,
}

pub fn insert(tx: &mut Tx, new: &NewApiToken, now: UtcMs) -> Result<i64, JobError> {
    Ok(on!(tx.0, c => diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::workspace_id.eq(new.workspace_id.0),
            api_tokens::name.eq(&new.name),
            api_tokens::token_hash.eq(&new.token_hash),
            api_tokens::prefix.eq(&new.prefix),
            api_tokens::scopes.eq(&new.scopes),
            api_tokens::created_at_ms.eq(now.0),
            api_tokens::expires_at_ms.eq(new.expires_at.map(|at| at.0)),
        ))
        .returning(api_tokens::id)
        .get_result(c))?)
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<ApiToken>> {
    on!(connection, c => api_tokens::table
        .filter(api_tokens::workspace_id.eq(workspace.0))
        .order(api_tokens::id)
        .select(ApiToken::as_select())
        .load(c))
}

/// The token with this hash, unless it has expired. It tells the workspace, so it is found without one.
pub fn find_by_hash(
    connection: &mut Connection,
    token_hash: &[u8],
    now: UtcMs,
) -> DbResult<Option<ApiToken>> {
    on!(connection, c => api_tokens::table
        .filter(api_tokens::token_hash.eq(token_hash))
        .filter(api_tokens::expires_at_ms.is_null().or(api_tokens::expires_at_ms.assume_not_null().gt(now.0)))
        .select(ApiToken::as_select())
        .first(c)
        .optional())
}

pub fn touch(tx: &mut Tx, workspace: WorkspaceId, id: i64, now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(api_tokens::table
            .filter(api_tokens::workspace_id.eq(workspace.0))
            .filter(api_tokens::id.eq(id)))
        .set(api_tokens::last_used_at_ms.eq(now.0))
        .execute(c))?;
    Ok(())
}

pub fn delete(tx: &mut Tx, workspace: WorkspaceId, id: i64) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::delete(api_tokens::table
            .filter(api_tokens::workspace_id.eq(workspace.0))
            .filter(api_tokens::id.eq(id)))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}
