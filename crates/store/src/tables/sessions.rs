//! Sign-ins. The key is the SHA-256 of the cookie, so a copy of the database opens no session.

use diesel::prelude::*;
use engine::ids::{UserId, UtcMs, WorkspaceId};

use crate::columns::Num;
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::sessions;

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub id_hash: Vec<u8>,
    #[diesel(deserialize_as = Num)]
    pub user_id: UserId,
    /// The workspace the person is looking at; membership is checked apart.
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub csrf: String,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
    #[diesel(deserialize_as = Num, column_name = expires_at_ms)]
    pub expires_at: UtcMs,
}

pub fn insert(tx: &mut Tx, session: &Session) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(sessions::table)
        .values((
            sessions::id_hash.eq(&session.id_hash),
            sessions::user_id.eq(session.user_id.0),
            sessions::workspace_id.eq(session.workspace_id.0),
            sessions::csrf.eq(&session.csrf),
            sessions::created_at_ms.eq(session.created_at.0),
            sessions::expires_at_ms.eq(session.expires_at.0),
        ))
        .execute(c))?;
    Ok(())
}

/// The session of a cookie's hash, unless it has expired.
pub fn find(connection: &mut Connection, id_hash: &[u8], now: UtcMs) -> DbResult<Option<Session>> {
    on!(connection, c => sessions::table
        .filter(sessions::id_hash.eq(id_hash))
        .filter(sessions::expires_at_ms.gt(now.0))
        .select(Session::as_select())
        .first(c)
        .optional())
}

/// Keeps a session alive.
pub fn extend(tx: &mut Tx, id_hash: &[u8], expires_at: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(sessions::table.filter(sessions::id_hash.eq(id_hash)))
        .set(sessions::expires_at_ms.eq(expires_at.0))
        .execute(c))?;
    Ok(())
}

pub fn set_workspace(tx: &mut Tx, id_hash: &[u8], workspace: WorkspaceId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(sessions::table.filter(sessions::id_hash.eq(id_hash)))
        .set(sessions::workspace_id.eq(workspace.0))
        .execute(c))?;
    Ok(())
}

pub fn delete(tx: &mut Tx, id_hash: &[u8]) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(sessions::table.filter(sessions::id_hash.eq(id_hash))).execute(c))?;
    Ok(())
}

/// Signs a person out everywhere, as after a change of password.
pub fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(sessions::table.filter(sessions::user_id.eq(user.0))).execute(c))?;
    Ok(())
}

/// Deletes what has expired; answers how many.
pub fn delete_expired(tx: &mut Tx, now: UtcMs) -> Result<usize, JobError> {
    Ok(on!(tx.0, c => diesel::delete(sessions::table.filter(sessions::expires_at_ms.le(now.0))).execute(c))?)
}
