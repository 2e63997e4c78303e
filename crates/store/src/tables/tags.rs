//! What subscribers are marked with: one row a tag, so that a tag given twice is one.

use diesel::prelude::*;
use engine::ids::{BotId, UtcMs, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::LaneId;
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::tags;

/// The tags of a subscriber, oldest first.
pub fn of_lane(connection: &mut Connection, lane: &LaneId) -> DbResult<Vec<String>> {
    on!(connection, c => tags::table
        .filter(tags::workspace_id.eq(lane.workspace.0))
        .filter(tags::bot_id.eq(lane.bot.0))
        .filter(tags::lane_key.eq(&*lane.key))
        .order((tags::since_at_ms, tags::tag))
        .select(tags::tag)
        .load(c))
}

/// Gives a tag; answers whether the subscriber did not have it.
pub fn insert(tx: &mut Tx, lane: &LaneId, tag: &str, now: UtcMs) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::insert_into(tags::table)
        .values((
            tags::workspace_id.eq(lane.workspace.0),
            tags::bot_id.eq(lane.bot.0),
            tags::lane_key.eq(&*lane.key),
            tags::tag.eq(tag),
            tags::since_at_ms.eq(now.0),
        ))
        .on_conflict((tags::workspace_id, tags::bot_id, tags::lane_key, tags::tag))
        .do_nothing()
        .changing(here!())
        .count(c))?;
    Ok(rows > 0)
}

/// Takes a tag; answers whether the subscriber had it.
pub fn delete(tx: &mut Tx, lane: &LaneId, tag: &str) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::delete(tags::table
            .filter(tags::workspace_id.eq(lane.workspace.0))
            .filter(tags::bot_id.eq(lane.bot.0))
            .filter(tags::lane_key.eq(&*lane.key))
            .filter(tags::tag.eq(tag)))
        .execute(c))?;
    Ok(rows > 0)
}

/// Takes all tags of a subscriber.
pub fn delete_all(tx: &mut Tx, lane: &LaneId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(tags::table
            .filter(tags::workspace_id.eq(lane.workspace.0))
            .filter(tags::bot_id.eq(lane.bot.0))
            .filter(tags::lane_key.eq(&*lane.key)))
        .execute(c))?;
    Ok(())
}

/// The tags of a bot and how many subscribers have each, the most frequent first.
pub fn count_by_tag(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    limit: i64,
) -> DbResult<Vec<(String, i64)>> {
    on!(connection, c => tags::table
        .filter(tags::workspace_id.eq(workspace.0))
        .filter(tags::bot_id.eq(bot.0))
        .group_by(tags::tag)
        .order((diesel::dsl::count_star().desc(), tags::tag))
        .limit(limit)
        .select((tags::tag, diesel::dsl::count_star()))
        .load(c))
}
