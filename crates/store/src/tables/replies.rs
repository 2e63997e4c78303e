//! Replies to webhooks and mini-app requests, kept until the sender has had time to fetch them.

use diesel::prelude::*;
use engine::ids::{EventId, UtcMs, WorkspaceId};

use crate::columns::Num;
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::replies;

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = replies)]
pub struct Reply {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub event_id: EventId,
    /// HTTP status, 200 to 599.
    pub status: i64,
    /// JSON.
    pub headers: String,
    pub body: Vec<u8>,
    /// Of the poll address.
    pub secret: String,
    #[diesel(deserialize_as = Num, column_name = expires_at_ms)]
    pub expires_at: UtcMs,
}

/// Keeps the first reply to an event; answers whether this was it.
pub fn insert(tx: &mut Tx, reply: &Reply) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::insert_into(replies::table)
        .values((
            replies::workspace_id.eq(reply.workspace_id.0),
            replies::event_id.eq(reply.event_id.0),
            replies::status.eq(reply.status),
            replies::headers.eq(&reply.headers),
            replies::body.eq(&reply.body),
            replies::secret.eq(&reply.secret),
            replies::expires_at_ms.eq(reply.expires_at.0),
        ))
        .on_conflict((replies::workspace_id, replies::event_id))
        .do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// The reply to an event of the workspace.
pub fn find(connection: &mut Connection, workspace: WorkspaceId, event: EventId) -> DbResult<Option<Reply>> {
    on!(connection, c => replies::table
        .filter(replies::workspace_id.eq(workspace.0))
        .filter(replies::event_id.eq(event.0))
        .select(Reply::as_select())
        .first(c)
        .optional())
}

/// The reply behind a poll address, which is the event and its secret.
pub fn find_by_secret(connection: &mut Connection, event: EventId, secret: &str) -> DbResult<Option<Reply>> {
    on!(connection, c => replies::table
        .filter(replies::event_id.eq(event.0))
        .filter(replies::secret.eq(secret))
        .select(Reply::as_select())
        .first(c)
        .optional())
}

/// The replies to any of these events, for requests that wait for them: each is proven by its secret.
pub fn find_of_events(connection: &mut Connection, events: &[EventId]) -> DbResult<Vec<Reply>> {
    let events: Vec<i64> = events.iter().map(|event| event.0).collect();
    on!(connection, c => replies::table
        .filter(replies::event_id.eq_any(&events))
        .select(Reply::as_select())
        .load(c))
}

/// Deletes up to `limit` expired replies; answers how many.
pub fn delete_expired(tx: &mut Tx, now: UtcMs, limit: i64) -> Result<usize, JobError> {
    let old: Vec<(i64, i64)> = on!(tx.0, c => replies::table
        .filter(replies::expires_at_ms.le(now.0))
        .limit(limit)
        .select((replies::workspace_id, replies::event_id))
        .load(c))?;
    Ok(delete_rows!(tx, replies, event_id, old))
}
