//! The history of conversations. Ids of outgoing and incoming messages come from one sequence, so that they
//! tell the order.

use diesel::prelude::*;
use engine::ids::{BotId, MessageId, UtcMs, WorkspaceId};

use super::outbox::OutboxRow;
use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, MaybeNum, Num, text_enum};
use crate::connection::{Connection, Tx, on};
use crate::dialect;
use crate::error::{DbResult, JobError};
use crate::schema::messages;

text_enum! {
    Direction { In = "in", Out = "out" }
}

text_enum! {
    /// What became of a message.
    Fate {
        Sent = "sent",
        /// Nobody knows whether it arrived.
        Unknown = "unknown",
        /// It was never sent.
        Dead = "dead",
        Received = "received",
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Message {
    #[diesel(deserialize_as = Num)]
    pub id: MessageId,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub lane_key: String,
    pub peer: String,
    pub direction: Direction,
    /// JSON.
    pub payload: String,
    /// The messenger's id.
    pub platform_id: Option<String>,
    pub fate: Fate,
    /// An earlier attempt may have gone out too.
    pub uncertain: bool,
    pub error: Option<String>,
    #[diesel(deserialize_as = Num, column_name = at_ms)]
    pub at: UtcMs,
    /// The messenger's ids of the earlier parts, as a JSON array, when the message went out in several.
    pub part_ids: Option<String>,
    /// When it was last changed or deleted.
    #[diesel(deserialize_as = MaybeNum, column_name = changed_at_ms)]
    pub changed_at: Option<UtcMs>,
    /// It was taken back.
    pub deleted: bool,
}

#[derive(Clone, Debug)]
pub struct NewIncoming {
    pub lane: LaneId,
    pub peer: String,
    pub payload: String,
    pub platform_id: Option<String>,
    pub at: UtcMs,
}

pub fn insert_incoming(tx: &mut Tx, new: &NewIncoming) -> Result<MessageId, JobError> {
    let id = dialect::take_message_id(tx)?;
    on!(tx.0, c => diesel::insert_into(messages::table)
        .values((
            messages::workspace_id.eq(new.lane.workspace.0),
            messages::id.eq(id),
            messages::bot_id.eq(new.lane.bot.0),
            messages::lane_key.eq(&*new.lane.key),
            messages::peer.eq(&new.peer),
            messages::direction.eq(Direction::In),
            messages::payload.eq(&new.payload),
            messages::platform_id.eq(&new.platform_id),
            messages::fate.eq(Fate::Received),
            messages::uncertain.eq(false),
            messages::at_ms.eq(new.at.0),
        ))
        .changing(here!())
        .run(c))?;
    Ok(MessageId(id))
}

/// Keeps what became of a message. Whoever could not learn whether this was committed says it again, so what is
/// there already stays.
pub(super) fn insert_outgoing(
    tx: &mut Tx,
    row: &OutboxRow,
    fate: Fate,
    platform_id: Option<&str>,
    error: Option<&str>,
    now: UtcMs,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(messages::table)
        .values((
            messages::workspace_id.eq(row.workspace_id.0),
            messages::id.eq(row.id.0),
            messages::bot_id.eq(row.bot_id.0),
            messages::lane_key.eq(&row.lane_key),
            messages::peer.eq(&row.peer),
            messages::direction.eq(Direction::Out),
            messages::payload.eq(&row.payload),
            messages::platform_id.eq(platform_id),
            messages::fate.eq(fate),
            messages::uncertain.eq(row.uncertain),
            messages::error.eq(error),
            messages::at_ms.eq(now.0),
            messages::effect_id.eq(&row.effect_id),
        ))
        .on_conflict_do_nothing()
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// The newest messages of a lane first; `before` continues from the last one of a page.
pub fn history(
    connection: &mut Connection,
    lane: &LaneId,
    before: Option<MessageId>,
    limit: i64,
) -> DbResult<Vec<Message>> {
    on!(connection, c => messages::table
        .filter(messages::workspace_id.eq(lane.workspace.0))
        .filter(messages::bot_id.eq(lane.bot.0))
        .filter(messages::lane_key.eq(&*lane.key))
        .filter(messages::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(messages::id.desc())
        .limit(limit)
        .select(Message::as_select())
        .load(c))
}

/// A message of ours, as to edit it. One that is not sent yet is still in the outbox.
pub fn find(connection: &mut Connection, workspace: WorkspaceId, id: MessageId) -> DbResult<Option<Message>> {
    on!(connection, c => messages::table
        .filter(messages::workspace_id.eq(workspace.0))
        .filter(messages::id.eq(id.0))
        .select(Message::as_select())
        .first(c)
        .optional())
}

/// By the effect that sent it, as when a run changes a message of its own.
pub fn find_by_effect(
    connection: &mut Connection,
    workspace: WorkspaceId,
    effect: &str,
) -> DbResult<Option<Message>> {
    on!(connection, c => messages::table
        .filter(messages::effect_id.is_not_null())
        .filter(messages::workspace_id.eq(workspace.0))
        .filter(messages::effect_id.eq(effect))
        .select(Message::as_select())
        .first(c)
        .optional())
}

/// The message of one chat among those that one step sent to several.
pub fn find_of_step(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    peer: &str,
    effects: &[String],
) -> DbResult<Option<Message>> {
    on!(connection, c => messages::table
        .filter(messages::workspace_id.eq(workspace.0))
        .filter(messages::bot_id.eq(bot.0))
        .filter(messages::peer.eq(peer))
        .filter(messages::effect_id.eq_any(effects))
        .select(Message::as_select())
        .first(c)
        .optional())
}

/// By the messenger's id, as when a button under it is pressed.
pub fn find_by_platform_id(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    peer: &str,
    platform_id: &str,
) -> DbResult<Option<Message>> {
    on!(connection, c => messages::table
        .filter(messages::platform_id.is_not_null())
        .filter(messages::workspace_id.eq(workspace.0))
        .filter(messages::bot_id.eq(bot.0))
        .filter(messages::peer.eq(peer))
        .filter(messages::platform_id.eq(platform_id))
        .order(messages::id.desc())
        .select(Message::as_select())
        .first(c)
        .optional())
}

/// The message that stands under this name in a chat.
pub fn find_by_slot(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    peer: &str,
    slot: &str,
) -> DbResult<Option<Message>> {
    on!(connection, c => messages::table
        .filter(messages::slot.is_not_null())
        .filter(messages::workspace_id.eq(workspace.0))
        .filter(messages::bot_id.eq(bot.0))
        .filter(messages::peer.eq(peer))
        .filter(messages::slot.eq(slot))
        .order(messages::id.desc())
        .select(Message::as_select())
        .first(c)
        .optional())
}

/// Notes where a message that was just sent stands: the ids of its earlier parts, and the name of its place.
pub fn set_place(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MessageId,
    part_ids: Option<&str>,
    slot: Option<&str>,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(messages::table
            .filter(messages::workspace_id.eq(workspace.0))
            .filter(messages::id.eq(id.0)))
        .set((messages::part_ids.eq(part_ids), messages::slot.eq(slot)))
        .execute(c))?;
    Ok(())
}

/// Replaces the content after a change at the messenger. A message that took this one's place gives it its own
/// effect, by which it is found from now on.
pub fn change(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MessageId,
    payload: &str,
    effect: Option<&str>,
    now: UtcMs,
) -> Result<(), JobError> {
    let message =
        || messages::table.filter(messages::workspace_id.eq(workspace.0)).filter(messages::id.eq(id.0));
    on!(tx.0, c => diesel::update(message())
        .set((messages::payload.eq(payload), messages::changed_at_ms.eq(now.0)))
        .execute(c))?;
    if let Some(effect) = effect {
        on!(tx.0, c => diesel::update(message()).set(messages::effect_id.eq(effect)).execute(c))?;
    }
    Ok(())
}

/// Notes that a message was taken back. The history keeps it.
pub fn mark_deleted(tx: &mut Tx, workspace: WorkspaceId, id: MessageId, now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(messages::table
            .filter(messages::workspace_id.eq(workspace.0))
            .filter(messages::id.eq(id.0)))
        .set((
            messages::deleted.eq(true),
            messages::slot.eq(None::<String>),
            messages::changed_at_ms.eq(now.0),
        ))
        .execute(c))?;
    Ok(())
}

/// Deletes up to `limit` of the oldest messages: those from before a moment, and those with a number up to `behind`.
/// Answers how many.
pub fn delete_oldest(tx: &mut Tx, before: UtcMs, behind: i64, limit: i64) -> Result<usize, JobError> {
    let old = dialect::oldest(tx, "messages", before, behind, limit)?;
    Ok(delete_rows!(tx, messages, id, old))
}
