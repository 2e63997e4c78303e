//! The people a bot talks to, one row per lane that is a person.

use diesel::prelude::*;
use engine::ids::{BotId, UtcMs, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::{fields, subscribers};
use crate::tables::fields::Scope;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = subscribers)]
pub struct Subscriber {
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub lane_key: String,
    pub external_user_id: Option<String>,
    /// Where to write to, as JSON of the engine.
    pub peer: String,
    pub first_name: String,
    pub last_name: String,
    pub username: String,
    /// IETF tag as the messenger gave it; may be empty.
    pub language: String,
    #[diesel(deserialize_as = Num, column_name = first_seen_at_ms)]
    pub first_seen_at: UtcMs,
    #[diesel(deserialize_as = Num, column_name = last_seen_at_ms)]
    pub last_seen_at: UtcMs,
    /// Since when the messenger takes nothing for them any more.
    #[diesel(deserialize_as = MaybeNum, column_name = blocked_at_ms)]
    pub blocked_at: Option<UtcMs>,
    /// Since when they want nothing they did not ask for.
    #[diesel(deserialize_as = MaybeNum, column_name = unsubscribed_at_ms)]
    pub unsubscribed_at: Option<UtcMs>,
}

impl Subscriber {
    /// Whether he is written to without having asked for it.
    pub fn takes_mailings(&self) -> bool {
        self.blocked_at.is_none() && self.unsubscribed_at.is_none()
    }
}

/// What an update says about who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscribers)]
pub struct Seen {
    pub external_user_id: Option<String>,
    pub peer: String,
    pub first_name: String,
    pub last_name: String,
    pub username: String,
    pub language: String,
}

/// How exactly it is known when a subscriber was last seen: whoever chats is written down once a minute.
const SEEN_WITHIN_MS: i64 = 60_000;

/// Inserts or refreshes a subscriber; answers whether this is the first visit ever.
pub fn upsert(tx: &mut Tx, lane: &LaneId, seen: &Seen, now: UtcMs) -> Result<bool, JobError> {
    let known: Option<(Seen, i64, Option<i64>)> = on!(tx.0, c => subscribers::table
        .filter(subscribers::workspace_id.eq(lane.workspace.0))
        .filter(subscribers::bot_id.eq(lane.bot.0))
        .filter(subscribers::lane_key.eq(&*lane.key))
        .select((Seen::as_select(), subscribers::last_seen_at_ms, subscribers::blocked_at_ms))
        .fixed(here!())
        .get_result(c)
        .optional())?;
    let is_known = known.is_some();
    if let Some((before, seen_at, None)) = known
        && before == *seen
        && (0..SEEN_WITHIN_MS).contains(&(now.0 - seen_at))
    {
        return Ok(false);
    }
    let refreshed = || {
        (
            subscribers::external_user_id.eq(&seen.external_user_id),
            subscribers::peer.eq(&seen.peer),
            subscribers::first_name.eq(&seen.first_name),
            subscribers::last_name.eq(&seen.last_name),
            subscribers::username.eq(&seen.username),
            subscribers::language.eq(&seen.language),
            subscribers::last_seen_at_ms.eq(now.0),
            // Whoever writes has blocked nobody.
            subscribers::blocked_at_ms.eq(None::<i64>),
        )
    };
    if is_known {
        on!(tx.0, c => diesel::update(subscribers::table
                .filter(subscribers::workspace_id.eq(lane.workspace.0))
                .filter(subscribers::bot_id.eq(lane.bot.0))
                .filter(subscribers::lane_key.eq(&*lane.key)))
            .set(refreshed())
            .changing(here!())
            .run(c))?;
        return Ok(false);
    }
    let inserted = on!(tx.0, c => diesel::insert_into(subscribers::table)
        .values((
            subscribers::workspace_id.eq(lane.workspace.0),
            subscribers::bot_id.eq(lane.bot.0),
            subscribers::lane_key.eq(&*lane.key),
            refreshed(),
            subscribers::first_seen_at_ms.eq(now.0),
        ))
        .on_conflict((subscribers::workspace_id, subscribers::bot_id, subscribers::lane_key))
        .do_nothing()
        .changing(here!())
        .count(c))?;
    Ok(inserted > 0)
}

/// Notes that nobody can write to a subscriber any more, or that one can again.
pub fn set_blocked(tx: &mut Tx, lane: &LaneId, since: Option<UtcMs>) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(subscribers::table
            .filter(subscribers::workspace_id.eq(lane.workspace.0))
            .filter(subscribers::bot_id.eq(lane.bot.0))
            .filter(subscribers::lane_key.eq(&*lane.key)))
        .set(subscribers::blocked_at_ms.eq(since.map(|at| at.0)))
        .execute(c))?;
    Ok(())
}

/// Notes since when a subscriber wants nothing he did not ask for; `None`: he does again.
pub fn set_unsubscribed(tx: &mut Tx, lane: &LaneId, since: Option<UtcMs>) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(subscribers::table
            .filter(subscribers::workspace_id.eq(lane.workspace.0))
            .filter(subscribers::bot_id.eq(lane.bot.0))
            .filter(subscribers::lane_key.eq(&*lane.key)))
        .set(subscribers::unsubscribed_at_ms.eq(since.map(|at| at.0)))
        .execute(c))?;
    Ok(())
}

pub fn find(connection: &mut Connection, lane: &LaneId) -> DbResult<Option<Subscriber>> {
    on!(connection, c => subscribers::table
        .filter(subscribers::workspace_id.eq(lane.workspace.0))
        .filter(subscribers::bot_id.eq(lane.bot.0))
        .filter(subscribers::lane_key.eq(&*lane.key))
        .select(Subscriber::as_select())
        .first(c)
        .optional())
}

/// The subscribers behind a key, in the order of their keys.
pub fn page(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    after: &str,
    limit: i64,
) -> DbResult<Vec<Subscriber>> {
    on!(connection, c => subscribers::table
        .filter(subscribers::workspace_id.eq(workspace.0))
        .filter(subscribers::bot_id.eq(bot.0))
        .filter(subscribers::lane_key.gt(after))
        .order(subscribers::lane_key)
        .limit(limit)
        .select(Subscriber::as_select())
        .load(c))
}

/// Those seen last come first.
pub fn list(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    offset: i64,
    limit: i64,
) -> DbResult<Vec<Subscriber>> {
    on!(connection, c => subscribers::table
        .filter(subscribers::workspace_id.eq(workspace.0))
        .filter(subscribers::bot_id.eq(bot.0))
        .order((subscribers::last_seen_at_ms.desc(), subscribers::lane_key))
        .offset(offset)
        .limit(limit)
        .select(Subscriber::as_select())
        .load(c))
}

/// Those whose name, or the value of one of whose fields, contains a text; those seen last come first.
pub fn search(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    text: &str,
    offset: i64,
    limit: i64,
) -> DbResult<Vec<Subscriber>> {
    let [typed, lower, capital] = spellings(text);
    let by_field = with_field(connection, workspace, bot, &typed)?;
    on!(connection, c => subscribers::table
        .filter(subscribers::workspace_id.eq(workspace.0))
        .filter(subscribers::bot_id.eq(bot.0))
        .filter(
            subscribers::first_name.like(&typed).escape('\\')
                .or(subscribers::first_name.like(&lower).escape('\\'))
                .or(subscribers::first_name.like(&capital).escape('\\'))
                .or(subscribers::last_name.like(&typed).escape('\\'))
                .or(subscribers::last_name.like(&lower).escape('\\'))
                .or(subscribers::last_name.like(&capital).escape('\\'))
                .or(subscribers::username.like(&typed).escape('\\'))
                .or(subscribers::username.like(&lower).escape('\\'))
                .or(subscribers::external_user_id.assume_not_null().like(&typed).escape('\\'))
                .or(subscribers::lane_key.eq_any(&by_field)),
        )
        .order((subscribers::last_seen_at_ms.desc(), subscribers::lane_key))
        .offset(offset)
        .limit(limit)
        .select(Subscriber::as_select())
        .load(c))
}

/// Lanes of subscribers found by a field, at most.
const BY_FIELD_MAX: i64 = 500;

fn with_field(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    pattern: &str,
) -> DbResult<Vec<String>> {
    let owner = format!("{bot}:");
    let owners: Vec<String> = on!(connection, c => fields::table
        .filter(fields::workspace_id.eq(workspace.0))
        .filter(fields::scope.eq(Scope::Client))
        // The owners of one bot stand together in the key.
        .filter(fields::owner.ge(&owner))
        .filter(fields::owner.lt(format!("{bot};")))
        .filter(fields::value.like(pattern).escape('\\'))
        .select(fields::owner)
        .distinct()
        .limit(BY_FIELD_MAX)
        .load(c))?;
    Ok(owners
        .iter()
        .filter_map(|found| found.strip_prefix(&owner))
        .map(|user| format!("user:{user}"))
        .collect())
}

/// A text as it was typed, in small letters, and with a capital: SQLite folds the case of Latin letters only.
fn spellings(text: &str) -> [String; 3] {
    let lower = text.to_lowercase();
    let mut letters = lower.chars();
    let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    [text, &lower, capital.as_deref().unwrap_or_default()].map(|text| {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{escaped}%")
    })
}

pub fn count(connection: &mut Connection, workspace: WorkspaceId, bot: BotId) -> DbResult<i64> {
    on!(connection, c => subscribers::table
        .filter(subscribers::workspace_id.eq(workspace.0))
        .filter(subscribers::bot_id.eq(bot.0))
        .count()
        .get_result(c))
}
