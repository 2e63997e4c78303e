//! What a deleted bot has gathered goes in chunks, table by table, and the bot itself last.

use diesel::prelude::*;
use engine::ids::{BotId, WorkspaceId};

use crate::connection::{Tx, on};
use crate::error::JobError;
use crate::schema::{
    bots, calls, fields, inbox, lanes, messages, outbox, runs, schedules, staff, subscribers, tags, timers,
};

/// Deletes up to `limit` rows of some deleted bot; answers how many, 0 when there is no such bot.
pub(crate) fn delete_chunk(tx: &mut Tx, limit: i64) -> Result<usize, JobError> {
    let bot: Option<(i64, i64)> = on!(tx.0, c => bots::table
        .filter(bots::deleted.eq(true))
        .select((bots::workspace_id, bots::id))
        .first(c)
        .optional())?;
    let Some((workspace, bot)) = bot else { return Ok(0) };
    let tables = [
        delete_inbox,
        delete_outbox,
        delete_timers,
        delete_calls,
        delete_runs,
        delete_lanes,
        delete_messages,
        delete_subscribers,
        delete_fields,
        delete_tags,
        delete_staff,
    ];
    for delete in tables {
        let deleted = delete(tx, WorkspaceId(workspace), BotId(bot), limit)?;
        if deleted > 0 {
            return Ok(deleted);
        }
    }
    on!(tx.0, c => diesel::delete(schedules::table
            .filter(schedules::workspace_id.eq(workspace))
            .filter(schedules::bot_id.eq(bot)))
        .execute(c))?;
    // The partitions go with the bot: there is one or a few.
    let partitions = crate::schema::bot_partitions::table
        .filter(crate::schema::bot_partitions::workspace_id.eq(workspace))
        .filter(crate::schema::bot_partitions::bot_id.eq(bot));
    on!(tx.0, c => diesel::delete(partitions).execute(c))?;
    let links = crate::schema::staff_links::table
        .filter(crate::schema::staff_links::workspace_id.eq(workspace))
        .filter(crate::schema::staff_links::bot_id.eq(bot));
    on!(tx.0, c => diesel::delete(links).execute(c))?;
    Ok(on!(tx.0, c => diesel::delete(bots::table
            .filter(bots::workspace_id.eq(workspace))
            .filter(bots::id.eq(bot)))
        .execute(c))?)
}

/// Deletes a chunk of a table by one of its columns, which is unique enough within the bot.
macro_rules! delete_by {
    ($function:ident, $table:ident, $column:ident: $type:ty $(, $filter:expr)?) => {
        fn $function(tx: &mut Tx, workspace: WorkspaceId, bot: BotId, limit: i64) -> Result<usize, JobError> {
            let keys: Vec<$type> = on!(tx.0, c => $table::table
                .filter($table::workspace_id.eq(workspace.0))
                .filter($table::bot_id.eq(bot.0))
                $(.filter($filter))?
                .limit(limit)
                .select($table::$column)
                .load(c))?;
            if keys.is_empty() {
                return Ok(0);
            }
            Ok(on!(tx.0, c => diesel::delete($table::table
                    .filter($table::workspace_id.eq(workspace.0))
                    .filter($table::bot_id.eq(bot.0))
                    .filter($table::$column.eq_any(&keys)))
                .execute(c))?)
        }
    };
}

delete_by!(delete_inbox, inbox, id: i64);
delete_by!(delete_outbox, outbox, id: i64);
delete_by!(delete_timers, timers, id: i64);
delete_by!(delete_calls, calls, run_id: i64);
// Those that have ended go by age, as all do.
delete_by!(delete_runs, runs, id: i64, runs::ended_at_ms.is_null());
delete_by!(delete_lanes, lanes, lane_key: String);
delete_by!(delete_messages, messages, id: i64);
delete_by!(delete_subscribers, subscribers, lane_key: String);
delete_by!(delete_tags, tags, lane_key: String);
delete_by!(delete_staff, staff, lane_key: String);

/// The fields of the bot's subscribers, whose owner is `<bot id>:<user>`.
fn delete_fields(tx: &mut Tx, workspace: WorkspaceId, bot: BotId, limit: i64) -> Result<usize, JobError> {
    // `;` is the character behind `:`.
    let (from, below) = (format!("{bot}:"), format!("{bot};"));
    let owners: Vec<String> = on!(tx.0, c => fields::table
        .filter(fields::workspace_id.eq(workspace.0))
        .filter(fields::scope.eq(super::fields::Scope::Client))
        .filter(fields::owner.ge(&from))
        .filter(fields::owner.lt(&below))
        .limit(limit)
        .select(fields::owner)
        .load(c))?;
    if owners.is_empty() {
        return Ok(0);
    }
    Ok(on!(tx.0, c => diesel::delete(fields::table
            .filter(fields::workspace_id.eq(workspace.0))
            .filter(fields::scope.eq(super::fields::Scope::Client))
            .filter(fields::owner.eq_any(&owners)))
        .execute(c))?)
}
