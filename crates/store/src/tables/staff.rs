//! Subscribers who are told what only the bot's own people should know, and the link by which they join.

use diesel::prelude::*;
use engine::ids::{BotId, UtcMs, WorkspaceId};
use sha2::{Digest, Sha256};

use crate::columns::{LaneId, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{staff, staff_links};

/// One of the staff.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = staff)]
pub struct Member {
    pub lane_key: String,
    #[diesel(deserialize_as = Num, column_name = since_at_ms)]
    pub since: UtcMs,
}

/// What is kept of a link's code.
pub fn hash_code(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}

/// The staff of a bot, the longest serving first.
pub fn list(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    limit: i64,
) -> DbResult<Vec<Member>> {
    on!(connection, c => staff::table
        .filter(staff::workspace_id.eq(workspace.0))
        .filter(staff::bot_id.eq(bot.0))
        .order((staff::since_at_ms, staff::lane_key))
        .limit(limit)
        .select(Member::as_select())
        .load(c))
}

/// Makes a subscriber one of the staff; one who is already stays.
pub fn insert(tx: &mut Tx, lane: &LaneId, now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(staff::table)
        .values((
            staff::workspace_id.eq(lane.workspace.0),
            staff::bot_id.eq(lane.bot.0),
            staff::lane_key.eq(&*lane.key),
            staff::since_at_ms.eq(now.0),
        ))
        .on_conflict((staff::workspace_id, staff::bot_id, staff::lane_key))
        .do_nothing()
        .execute(c))?;
    Ok(())
}

/// Answers whether he was one of them.
pub fn delete(tx: &mut Tx, lane: &LaneId) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::delete(staff::table
            .filter(staff::workspace_id.eq(lane.workspace.0))
            .filter(staff::bot_id.eq(lane.bot.0))
            .filter(staff::lane_key.eq(&*lane.key)))
        .execute(c))?;
    Ok(rows > 0)
}

/// Makes a link the bot's only one. `code_hash`: SHA-256 of a code with 128 random bits or more.
pub fn set_link(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    code_hash: &[u8],
    expires_at: UtcMs,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(staff_links::table)
        .values((
            staff_links::workspace_id.eq(workspace.0),
            staff_links::bot_id.eq(bot.0),
            staff_links::code_hash.eq(code_hash),
            staff_links::expires_at_ms.eq(expires_at.0),
        ))
        .on_conflict((staff_links::workspace_id, staff_links::bot_id))
        .do_update()
        .set((staff_links::code_hash.eq(code_hash), staff_links::expires_at_ms.eq(expires_at.0)))
        .execute(c))?;
    Ok(())
}

/// Whether this is the code of the bot's link, and still good.
pub fn is_link(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    code_hash: &[u8],
    now: UtcMs,
) -> DbResult<bool> {
    let found: Option<i64> = on!(connection, c => staff_links::table
        .filter(staff_links::workspace_id.eq(workspace.0))
        .filter(staff_links::bot_id.eq(bot.0))
        .filter(staff_links::code_hash.eq(code_hash))
        .filter(staff_links::expires_at_ms.gt(now.0))
        .select(staff_links::bot_id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}
