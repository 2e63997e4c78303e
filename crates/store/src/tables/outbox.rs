//! What goes out, at least once each. A row is born with the state that wanted it, claimed by a sender, and
//! deleted when sent; dead and unknown ones stay for a while.
//!
//! Order holds per peer: a reply waits for the earlier replies of its peer, a mailing for everything earlier,
//! and nothing is sent while another message of the peer is under way. So a reply overtakes a mailing.
//! Acknowledgements (callback answers and the like) stand outside the order.
//!
//! Start with [`insert`], [`claim`] and [`mark_sent`]. [`insert_claimed`] is the first two in one.

use std::collections::{BTreeMap, HashSet};

use diesel::dsl::{exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use engine::ids::{BotId, MessageId, UtcMs, WorkspaceId};

use super::messages::{self, Fate};
use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, MaybeNum, Num, text_enum};
use crate::connection::{Backend, Connection, Tx, on};
use crate::error::{DbError, DbResult, JobError};
use crate::schema::{bots, outbox};
use crate::tables::bots::BotStatus;

text_enum! {
    /// In order of precedence.
    OutboxClass {
        /// Answers with a deadline of seconds.
        Ack = "ack",
        Reply = "reply",
        /// Mailings.
        Mass = "mass",
    }
}

text_enum! {
    OutboxStatus {
        Queued = "queued",
        Sending = "sending",
        /// May have gone out, and is not sent again.
        Unknown = "unknown",
        Dead = "dead",
    }
}

#[derive(Clone, Debug)]
pub struct NewOutboxRow {
    pub lane: LaneId,
    /// `run/step/index`; unique, so that a burst that is repeated sends nothing twice.
    pub effect_id: String,
    /// The chat and thread; the unit of order.
    pub peer: String,
    pub class: OutboxClass,
    /// What the sender does with it, as `send` or `edit`.
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// Whether it is a message that belongs in the history.
    pub in_history: bool,
    pub not_before: UtcMs,
    pub expires_at: Option<UtcMs>,
    /// The call that waits for the result, as the caller writes it.
    pub return_to: Option<String>,
    pub created_at: UtcMs,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct OutboxRow {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: MessageId,
    pub effect_id: String,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub lane_key: String,
    pub peer: String,
    pub class: OutboxClass,
    pub kind: String,
    pub payload: String,
    pub in_history: bool,
    #[diesel(deserialize_as = Num, column_name = not_before_at_ms)]
    pub not_before: UtcMs,
    #[diesel(deserialize_as = MaybeNum, column_name = expires_at_ms)]
    pub expires_at: Option<UtcMs>,
    pub status: OutboxStatus,
    /// How often sending it has failed.
    pub attempts: i64,
    /// An earlier attempt may have gone out.
    pub uncertain: bool,
    pub claimed_by: Option<String>,
    #[diesel(deserialize_as = MaybeNum, column_name = claimed_at_ms)]
    pub claimed_at: Option<UtcMs>,
    pub error: Option<String>,
    pub return_to: Option<String>,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
}

impl OutboxRow {
    pub fn lane(&self) -> LaneId {
        LaneId::new(self.workspace_id, self.bot_id, self.lane_key.as_str())
    }
}

/// Queues a row; its id is the message's for ever. A repeated effect is not queued again and gets `None`.
pub fn insert(tx: &mut Tx, new: &NewOutboxRow) -> Result<Option<MessageId>, JobError> {
    insert_as(tx, new, None)
}

/// Queues a row as a claim of a node that sends it as soon as it is committed. Answers `None` and does nothing when
/// something of its peer stands in front of it, for mailings, which have time, and on PostgreSQL, where two jobs may
/// run at once and neither would see the other's row.
pub fn insert_claimed(
    tx: &mut Tx,
    new: &NewOutboxRow,
    node: &str,
    now: UtcMs,
) -> Result<Option<OutboxRow>, JobError> {
    let is_free = match (&tx.0.0, new.class) {
        (Backend::Postgres(_), _) | (_, OutboxClass::Mass) => false,
        (_, OutboxClass::Ack) => true,
        (_, OutboxClass::Reply) => !has_in_front(tx, new)?,
    };
    if !is_free {
        return Ok(None);
    }
    let Some(id) = insert_as(tx, new, Some((node, now)))? else { return Ok(None) };
    let new = new.clone();
    Ok(Some(OutboxRow {
        workspace_id: new.lane.workspace,
        id,
        effect_id: new.effect_id,
        bot_id: new.lane.bot,
        lane_key: new.lane.key.to_string(),
        peer: new.peer,
        class: new.class,
        kind: new.kind,
        payload: new.payload,
        in_history: new.in_history,
        not_before: new.not_before,
        expires_at: new.expires_at,
        status: OutboxStatus::Sending,
        attempts: 0,
        uncertain: false,
        claimed_by: Some(node.to_owned()),
        claimed_at: Some(now),
        error: None,
        return_to: new.return_to,
        created_at: new.created_at,
    }))
}

/// Whether the peer of a reply has an earlier one that is queued, or anything under way.
fn has_in_front(tx: &mut Tx, new: &NewOutboxRow) -> Result<bool, JobError> {
    let is_reply = outbox::class.eq(OutboxClass::Reply);
    let found: Option<i64> = on!(tx.0, c => outbox::table
        .filter(outbox::workspace_id.eq(new.lane.workspace.0))
        .filter(outbox::bot_id.eq(new.lane.bot.0))
        .filter(outbox::peer.eq(&new.peer))
        .filter(outbox::class.ne(OutboxClass::Ack))
        .filter(outbox::status.eq(OutboxStatus::Sending)
            .or(outbox::status.eq(OutboxStatus::Queued).and(is_reply)))
        .limit(1)
        .select(outbox::id)
        .fixed(here!())
        .get_result(c)
        .optional())?;
    Ok(found.is_some())
}

fn insert_as(
    tx: &mut Tx,
    new: &NewOutboxRow,
    claim: Option<(&str, UtcMs)>,
) -> Result<Option<MessageId>, JobError> {
    let status = if claim.is_some() { OutboxStatus::Sending } else { OutboxStatus::Queued };
    let id: Option<i64> = on!(tx.0, c => diesel::insert_into(outbox::table)
        .values((
            (
                outbox::workspace_id.eq(new.lane.workspace.0),
                outbox::bot_id.eq(new.lane.bot.0),
                outbox::lane_key.eq(&*new.lane.key),
                outbox::effect_id.eq(&new.effect_id),
                outbox::peer.eq(&new.peer),
                outbox::class.eq(new.class),
                outbox::kind.eq(&new.kind),
                outbox::payload.eq(&new.payload),
            ),
            (
                outbox::in_history.eq(new.in_history),
                outbox::not_before_at_ms.eq(new.not_before.0),
                outbox::expires_at_ms.eq(new.expires_at.map(|at| at.0)),
                outbox::status.eq(status),
                outbox::claimed_by.eq(claim.map(|(node, _)| node)),
                outbox::claimed_at_ms.eq(claim.map(|(_, now)| now.0)),
                outbox::attempts.eq(0_i64),
                outbox::uncertain.eq(false),
                outbox::return_to.eq(&new.return_to),
                outbox::created_at_ms.eq(new.created_at.0),
            ),
        ))
        .on_conflict((outbox::workspace_id, outbox::effect_id))
        .do_nothing()
        .inserting(here!())
        .inserted_id(c))?;
    Ok(id.map(MessageId))
}

/// Claims what may be sent for a bot now, acknowledgements first, mailings last; at most one row per peer and
/// class of order. A claim is to be committed before anything is sent.
pub fn claim(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    limit: i64,
    node: &str,
    now: UtcMs,
) -> Result<Vec<OutboxRow>, JobError> {
    let mut claimed: Vec<OutboxRow> = Vec::new();
    for class in [OutboxClass::Ack, OutboxClass::Reply, OutboxClass::Mass] {
        let left = limit - i64::try_from(claimed.len()).unwrap_or(limit);
        if left <= 0 {
            break;
        }
        for id in find_heads(tx, workspace, bot, class, left, now)? {
            // Another sender may have been quicker, and a mailing's peer may just have got a reply.
            let row: Option<OutboxRow> = on!(tx.0, c => diesel::update(outbox::table
                    .filter(outbox::workspace_id.eq(workspace.0))
                    .filter(outbox::id.eq(id))
                    .filter(outbox::claimed_at_ms.is_null()))
                .set((
                    outbox::status.eq(OutboxStatus::Sending),
                    outbox::claimed_by.eq(node),
                    outbox::claimed_at_ms.eq(now.0),
                ))
                .returning(OutboxRow::as_select())
                .fixed(here!())
                .get_result(c)
                .optional())?;
            claimed.extend(row);
        }
    }
    Ok(claimed)
}

diesel::alias!(outbox as earlier: EarlierAlias);

/// Ids of the queued rows of a class that nothing of their peer stands in front of.
fn find_heads(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    class: OutboxClass,
    limit: i64,
    now: UtcMs,
) -> Result<Vec<i64>, JobError> {
    if class == OutboxClass::Ack {
        return Ok(on!(tx.0, c => outbox::table
            .filter(outbox::workspace_id.eq(workspace.0))
            .filter(outbox::bot_id.eq(bot.0))
            .filter(outbox::class.eq(class))
            .filter(outbox::claimed_at_ms.is_null())
            .filter(outbox::not_before_at_ms.le(now.0))
            .order((outbox::not_before_at_ms, outbox::id))
            .limit(limit)
            .select(outbox::id)
            .load(c))?);
    }
    let in_front = || {
        let peers = earlier
            .filter(earlier.field(outbox::workspace_id).eq(outbox::workspace_id))
            .filter(earlier.field(outbox::bot_id).eq(outbox::bot_id))
            .filter(earlier.field(outbox::peer).eq(outbox::peer));
        let sending = earlier
            .field(outbox::status)
            .eq(OutboxStatus::Sending)
            .and(earlier.field(outbox::class).ne(OutboxClass::Ack));
        // A mailing waits for every earlier row, a reply for earlier replies only.
        let overtaken = if class == OutboxClass::Mass { OutboxClass::Ack } else { OutboxClass::Mass };
        let queued = earlier
            .field(outbox::status)
            .eq(OutboxStatus::Queued)
            .and(earlier.field(outbox::class).ne(OutboxClass::Ack))
            .and(earlier.field(outbox::class).ne(overtaken))
            .and(earlier.field(outbox::id).lt(outbox::id));
        peers.filter(sending.or(queued)).select(earlier.field(outbox::id))
    };
    Ok(on!(tx.0, c => outbox::table
        .filter(outbox::workspace_id.eq(workspace.0))
        .filter(outbox::bot_id.eq(bot.0))
        .filter(outbox::class.eq(class))
        .filter(outbox::claimed_at_ms.is_null())
        .filter(outbox::not_before_at_ms.le(now.0))
        .filter(not(exists(in_front())))
        .order((outbox::not_before_at_ms, outbox::id))
        .limit(limit)
        .select(outbox::id)
        .load(c))?)
}

/// Which of these claims are still held as they were read, and holds them until the end of the transaction. On
/// several nodes a claim whose node was taken for dead belongs to whoever has settled it.
pub fn lock_claims<'a>(
    tx: &mut Tx,
    rows: impl IntoIterator<Item = &'a OutboxRow>,
) -> Result<HashSet<MessageId>, JobError> {
    let mut held = HashSet::new();
    let mut by_holder: BTreeMap<(i64, &str), Vec<i64>> = BTreeMap::new();
    for row in rows {
        match (&tx.0.0, &row.claimed_by) {
            // One process: nobody else settles anything.
            (Backend::Sqlite(_), _) => {
                held.insert(row.id);
            }
            (Backend::Postgres(_), Some(by)) => {
                by_holder.entry((row.workspace_id.0, by)).or_default().push(row.id.0);
            }
            (Backend::Postgres(_), None) => {}
        }
    }
    let Backend::Postgres(connection) = &mut tx.0.0 else { return Ok(held) };
    for ((workspace, by), ids) in by_holder {
        let ids: Vec<i64> = outbox::table
            .filter(outbox::workspace_id.eq(workspace))
            .filter(outbox::id.eq_any(ids))
            .filter(outbox::claimed_by.eq(by))
            .filter(is_sending())
            .select(outbox::id)
            .order(outbox::id)
            .for_update()
            .load(connection)
            .map_err(DbError::from)?;
        held.extend(ids.into_iter().map(MessageId));
    }
    Ok(held)
}

/// Takes a sent row out of the queue and, if it is a message, into the history.
pub fn mark_sent(
    tx: &mut Tx,
    row: &OutboxRow,
    platform_id: Option<&str>,
    now: UtcMs,
) -> Result<(), JobError> {
    if row.in_history {
        messages::insert_outgoing(tx, row, Fate::Sent, platform_id, None, now)?;
    }
    delete(tx, row)
}

/// Takes a row out of the queue that brought nothing new into the history: it changed an earlier message.
pub fn mark_done(tx: &mut Tx, row: &OutboxRow) -> Result<(), JobError> {
    delete(tx, row)
}

/// Gives back a claim that nobody acted on.
pub fn mark_unsent(tx: &mut Tx, row: &OutboxRow, now: UtcMs) -> Result<(), JobError> {
    let back = Back {
        not_before: now,
        error: row.error.as_deref(),
        attempts: row.attempts,
        uncertain: row.uncertain,
    };
    requeue(tx, row, &back)
}

/// Gives a row back to the queue because the messenger asked to wait. That is no failed attempt.
pub fn mark_postponed(
    tx: &mut Tx,
    row: &OutboxRow,
    not_before: UtcMs,
    error: Option<&str>,
) -> Result<(), JobError> {
    requeue(tx, row, &Back { not_before, error, attempts: row.attempts, uncertain: row.uncertain })
}

/// Gives a row back to the queue after a failed attempt: it was surely not sent.
pub fn mark_retry(
    tx: &mut Tx,
    row: &OutboxRow,
    not_before: UtcMs,
    error: Option<&str>,
) -> Result<(), JobError> {
    requeue(tx, row, &Back { not_before, error, attempts: row.attempts + 1, uncertain: row.uncertain })
}

/// Gives a row back to the queue although it may have gone out; what becomes of it says so.
pub fn mark_unknown_resend(
    tx: &mut Tx,
    row: &OutboxRow,
    not_before: UtcMs,
    error: Option<&str>,
) -> Result<(), JobError> {
    requeue(tx, row, &Back { not_before, error, attempts: row.attempts + 1, uncertain: true })
}

/// How a row comes back to the queue.
struct Back<'a> {
    not_before: UtcMs,
    error: Option<&'a str>,
    attempts: i64,
    uncertain: bool,
}

fn requeue(tx: &mut Tx, row: &OutboxRow, back: &Back<'_>) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(outbox::table
            .filter(outbox::workspace_id.eq(row.workspace_id.0))
            .filter(outbox::id.eq(row.id.0)))
        .set((
            outbox::status.eq(OutboxStatus::Queued),
            outbox::claimed_by.eq(None::<String>),
            outbox::claimed_at_ms.eq(None::<i64>),
            outbox::not_before_at_ms.eq(back.not_before.0),
            outbox::error.eq(back.error),
            outbox::attempts.eq(back.attempts),
            outbox::uncertain.eq(back.uncertain),
        ))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// It will never be sent.
pub fn mark_dead(tx: &mut Tx, row: &OutboxRow, error: &str, now: UtcMs) -> Result<(), JobError> {
    bury(tx, row, OutboxStatus::Dead, Fate::Dead, error, now)
}

/// It may have gone out, and is not sent again.
pub fn mark_unknown(tx: &mut Tx, row: &OutboxRow, error: &str, now: UtcMs) -> Result<(), JobError> {
    bury(tx, row, OutboxStatus::Unknown, Fate::Unknown, error, now)
}

fn bury(
    tx: &mut Tx,
    row: &OutboxRow,
    status: OutboxStatus,
    fate: Fate,
    error: &str,
    now: UtcMs,
) -> Result<(), JobError> {
    if row.in_history {
        messages::insert_outgoing(tx, row, fate, None, Some(error), now)?;
    }
    on!(tx.0, c => diesel::update(outbox::table
            .filter(outbox::workspace_id.eq(row.workspace_id.0))
            .filter(outbox::id.eq(row.id.0)))
        .set((
            outbox::status.eq(status),
            outbox::claimed_at_ms.eq(now.0),
            outbox::error.eq(error),
        ))
        .changing(here!())
        .run(c))?;
    Ok(())
}

fn delete(tx: &mut Tx, row: &OutboxRow) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(outbox::table
            .filter(outbox::workspace_id.eq(row.workspace_id.0))
            .filter(outbox::id.eq(row.id.0)))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// Whether a bot has more mailings queued than a number.
pub fn has_mailings(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    more_than: i64,
) -> DbResult<bool> {
    let found: Option<i64> = on!(connection, c => outbox::table
        .filter(outbox::workspace_id.eq(workspace.0))
        .filter(outbox::bot_id.eq(bot.0))
        .filter(outbox::class.eq(OutboxClass::Mass))
        .filter(outbox::claimed_at_ms.is_null())
        .order((outbox::not_before_at_ms, outbox::id))
        .offset(more_than)
        .select(outbox::id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

// What a partial index is for has to stand in the query as it stands in the index: a bound value proves
// nothing to either database.
fn is_sending() -> SqlLiteral<Bool> {
    sql("status = 'sending'")
}

fn is_buried() -> SqlLiteral<Bool> {
    sql("status IN ('unknown', 'dead')")
}

/// Every claim that is not settled. At the start of a single node nobody is going to finish them.
pub fn open_claims(connection: &mut Connection, limit: i64) -> DbResult<Vec<OutboxRow>> {
    on!(connection, c => outbox::table
        .filter(is_sending())
        .limit(limit)
        .select(OutboxRow::as_select())
        .load(c))
}

/// The claims of a bot that a node has not settled yet.
pub fn open_claims_of_node(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    node: &str,
) -> DbResult<Vec<OutboxRow>> {
    on!(connection, c => outbox::table
        .filter(is_sending())
        .filter(outbox::workspace_id.eq(workspace.0))
        .filter(outbox::bot_id.eq(bot.0))
        .filter(outbox::claimed_by.eq(node))
        .select(OutboxRow::as_select())
        .load(c))
}

/// When the bot has something to send next, if it has anything queued.
pub fn next_due_at(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
) -> DbResult<Option<UtcMs>> {
    let mut next: Option<i64> = None;
    // One seek in the index for each class.
    for class in [OutboxClass::Ack, OutboxClass::Reply, OutboxClass::Mass] {
        let at: Option<i64> = on!(connection, c => outbox::table
            .filter(outbox::workspace_id.eq(workspace.0))
            .filter(outbox::bot_id.eq(bot.0))
            .filter(outbox::class.eq(class))
            .filter(outbox::claimed_at_ms.is_null())
            .select(diesel::dsl::min(outbox::not_before_at_ms))
            .first(c))?;
        next = next.into_iter().chain(at).min();
    }
    Ok(next.map(UtcMs))
}

/// The active bots that have something queued: one seek a bot, however long the queue is.
pub fn bots_with_queued(connection: &mut Connection) -> DbResult<Vec<(WorkspaceId, BotId)>> {
    let has_queued = || {
        exists(
            outbox::table
                .filter(outbox::workspace_id.eq(bots::workspace_id))
                .filter(outbox::bot_id.eq(bots::id))
                .filter(outbox::claimed_at_ms.is_null()),
        )
    };
    let rows: Vec<(i64, i64)> = on!(connection, c => bots::table
        .filter(bots::status.eq(BotStatus::Active))
        .filter(bots::deleted.eq(false))
        .filter(has_queued())
        .select((bots::workspace_id, bots::id))
        .load(c))?;
    Ok(rows.into_iter().map(|(workspace, bot)| (WorkspaceId(workspace), BotId(bot))).collect())
}

pub fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: MessageId,
) -> DbResult<Option<OutboxRow>> {
    on!(connection, c => outbox::table
        .filter(outbox::workspace_id.eq(workspace.0))
        .filter(outbox::id.eq(id.0))
        .select(OutboxRow::as_select())
        .first(c)
        .optional())
}

/// Deletes up to `limit` dead and unknown rows that are older than a moment, or not above a number; answers how many.
/// The history says of them what there is to say.
pub fn delete_buried(tx: &mut Tx, before: UtcMs, behind: i64, limit: i64) -> Result<usize, JobError> {
    let oldest: Vec<(i64, i64, Option<i64>)> = on!(tx.0, c => outbox::table
        .filter(is_buried())
        .filter(outbox::claimed_at_ms.is_not_null())
        .order(outbox::claimed_at_ms)
        .limit(limit)
        .select((outbox::workspace_id, outbox::id, outbox::claimed_at_ms))
        .load(c))?;
    let goes = |(_, id, at): &(i64, i64, Option<i64>)| *id <= behind || at.is_some_and(|at| at < before.0);
    let old: Vec<(i64, i64)> =
        oldest.into_iter().filter(goes).map(|(workspace, id, _)| (workspace, id)).collect();
    Ok(delete_rows!(tx, outbox, id, old))
}
