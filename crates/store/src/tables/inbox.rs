//! What comes in, once each. A row is pending until it is done or dead; repeats are known by the dedupe key
//! for as long as rows are kept.
//!
//! Start with [`insert_batch`] and [`next_for_lane`].

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use engine::ids::{BotId, EventId, UtcMs, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::{LaneId, Num, text_enum};
use crate::connection::{Backend, Connection, Tx, on};
use crate::error::{DbError, DbResult, JobError};
use crate::fail_point::{self, Guarantee};
use crate::schema::{bots, inbox};
use crate::tables::bots::BotStatus;
use crate::{dialect, tables::settings};

text_enum! {
    /// Where an event came from.
    InboxKind {
        /// An update of a messenger, byte for byte.
        Update = "update",
        Miniapp = "miniapp",
        Webhook = "webhook",
        Timer = "timer",
        /// From another lane.
        Signal = "signal",
        /// Over to a newer version.
        Move = "move",
        /// Somebody at the admin ends a run.
        Stop = "stop",
    }
}

text_enum! {
    InboxStatus { Pending = "pending", Done = "done", Dead = "dead" }
}

#[derive(Clone, Debug)]
pub struct NewInboxRow {
    pub lane: LaneId,
    pub partition: i64,
    /// Unique per bot.
    pub dedupe_key: String,
    pub kind: InboxKind,
    pub payload: Vec<u8>,
    /// JSON.
    pub meta: String,
    /// Secret of the poll address, when the sender waits for a reply.
    pub reply_secret: Option<String>,
    /// How many signals led here; refused above a limit by who inserts.
    pub hops: i64,
    pub received_at: UtcMs,
}

/// What became of an inserted row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The row's id; for a repeat, the first one's.
    pub event_id: EventId,
    /// False for a repeat.
    pub fresh: bool,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = inbox)]
pub struct InboxRow {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: EventId,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub partition: i64,
    pub lane_key: String,
    pub dedupe_key: String,
    pub kind: InboxKind,
    pub payload: Vec<u8>,
    pub meta: String,
    pub reply_secret: Option<String>,
    pub hops: i64,
    pub status: InboxStatus,
    /// How often a worker died of it.
    pub attempts: i64,
    #[diesel(deserialize_as = Num, column_name = received_at_ms)]
    pub received_at: UtcMs,
}

/// What has arrived, on its way into the inbox.
#[derive(Default)]
pub struct Arrivals {
    pub rows: Vec<NewInboxRow>,
    /// The cursor of a bot's polling that stands behind them.
    pub cursor: Option<(WorkspaceId, BotId, i64)>,
    pub told: Option<Told>,
}

/// Is told which rows were not there yet: after the commit, in the order of commits, before whoever brought them. It runs
/// on the writer's thread, so it has to be quick.
pub type Told = Box<dyn FnOnce(Vec<(LaneId, InboxRow)>) + Send>;

impl From<Vec<NewInboxRow>> for Arrivals {
    fn from(rows: Vec<NewInboxRow>) -> Self {
        Self { rows, ..Self::default() }
    }
}

impl NewInboxRow {
    /// The row as it was inserted.
    pub(crate) fn inserted(self, id: EventId) -> (LaneId, InboxRow) {
        let row = InboxRow {
            workspace_id: self.lane.workspace,
            id,
            bot_id: self.lane.bot,
            partition: self.partition,
            lane_key: self.lane.key.to_string(),
            dedupe_key: self.dedupe_key,
            kind: self.kind,
            payload: self.payload,
            meta: self.meta,
            reply_secret: self.reply_secret,
            hops: self.hops,
            status: InboxStatus::Pending,
            attempts: 0,
            received_at: self.received_at,
        };
        (self.lane, row)
    }
}

/// Rows of one `INSERT` on PostgreSQL, well below its 65,535 parameters.
const ROWS_PER_INSERT: usize = 1_000;

type Values<'a> = (
    diesel::dsl::Eq<inbox::workspace_id, i64>,
    diesel::dsl::Eq<inbox::bot_id, i64>,
    diesel::dsl::Eq<inbox::partition, i64>,
    diesel::dsl::Eq<inbox::lane_key, &'a str>,
    diesel::dsl::Eq<inbox::dedupe_key, &'a str>,
    diesel::dsl::Eq<inbox::kind, InboxKind>,
    diesel::dsl::Eq<inbox::payload, &'a [u8]>,
    diesel::dsl::Eq<inbox::meta, &'a str>,
    diesel::dsl::Eq<inbox::reply_secret, Option<&'a str>>,
    diesel::dsl::Eq<inbox::hops, i64>,
    diesel::dsl::Eq<inbox::status, InboxStatus>,
    diesel::dsl::Eq<inbox::attempts, i64>,
    diesel::dsl::Eq<inbox::received_at_ms, i64>,
);

fn values(row: &NewInboxRow) -> Values<'_> {
    (
        inbox::workspace_id.eq(row.lane.workspace.0),
        inbox::bot_id.eq(row.lane.bot.0),
        inbox::partition.eq(row.partition),
        inbox::lane_key.eq(&*row.lane.key),
        inbox::dedupe_key.eq(row.dedupe_key.as_str()),
        inbox::kind.eq(row.kind),
        inbox::payload.eq(row.payload.as_slice()),
        inbox::meta.eq(row.meta.as_str()),
        inbox::reply_secret.eq(row.reply_secret.as_deref()),
        inbox::hops.eq(row.hops),
        inbox::status.eq(InboxStatus::Pending),
        inbox::attempts.eq(0),
        inbox::received_at_ms.eq(row.received_at.0),
    )
}

/// Inserts what is not there yet, in the order given; answers in the same order.
pub fn insert_batch(tx: &mut Tx, rows: &[NewInboxRow]) -> Result<Vec<Received>, JobError> {
    let mut received = Vec::with_capacity(rows.len());
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        match &mut tx.0.0 {
            // diesel knows no ON CONFLICT with several rows on SQLite; a row costs some 6 us.
            Backend::Sqlite(connection) => {
                for row in chunk {
                    let id: Option<i64> = diesel::insert_into(inbox::table)
                        .values(values(row))
                        .on_conflict((inbox::workspace_id, inbox::bot_id, inbox::dedupe_key))
                        .do_nothing()
                        .inserting(here!())
                        .inserted_id(connection)
                        .map_err(DbError::from)?;
                    received.push(id.map(|id| Received { event_id: EventId(id), fresh: true }));
                }
            }
            Backend::Postgres(connection) => {
                let inserted: Vec<(i64, i64, i64, String)> = diesel::insert_into(inbox::table)
                    .values(chunk.iter().map(values).collect::<Vec<_>>())
                    .on_conflict((inbox::workspace_id, inbox::bot_id, inbox::dedupe_key))
                    .do_nothing()
                    .returning((inbox::id, inbox::workspace_id, inbox::bot_id, inbox::dedupe_key))
                    .cached()
                    .get_results(connection)
                    .map_err(DbError::from)?;
                let mut ids: HashMap<(i64, i64, String), i64> = inserted
                    .into_iter()
                    .map(|(id, workspace, bot, key)| ((workspace, bot, key), id))
                    .collect();
                received.extend(chunk.iter().map(|row| {
                    let key = (row.lane.workspace.0, row.lane.bot.0, row.dedupe_key.clone());
                    // Removed, so that a repeat within the batch counts as one.
                    ids.remove(&key).map(|id| Received { event_id: EventId(id), fresh: true })
                }));
            }
        }
    }
    rows.iter()
        .zip(received)
        .map(|(row, received)| match received {
            Some(received) => Ok(received),
            None => Ok(Received { event_id: find_repeat(tx, row)?, fresh: false }),
        })
        .collect()
}

fn find_repeat(tx: &mut Tx, row: &NewInboxRow) -> Result<EventId, JobError> {
    let id: i64 = on!(tx.0, c => inbox::table
        .filter(inbox::workspace_id.eq(row.lane.workspace.0))
        .filter(inbox::bot_id.eq(row.lane.bot.0))
        .filter(inbox::dedupe_key.eq(&row.dedupe_key))
        .select(inbox::id)
        .first(c))?;
    Ok(EventId(id))
}

/// The lanes of active bots that have something to do, the longest waiting first. What waits for a paused bot
/// takes nobody's place.
pub fn lanes_with_pending(connection: &mut Connection, limit: i64) -> DbResult<Vec<LaneId>> {
    let is_active = || {
        exists(
            bots::table
                .filter(bots::workspace_id.eq(inbox::workspace_id))
                .filter(bots::id.eq(inbox::bot_id))
                .filter(bots::status.eq(BotStatus::Active))
                .filter(bots::deleted.eq(false)),
        )
    };
    let rows: Vec<(i64, i64, String)> = on!(connection, c => inbox::table
        .filter(inbox::settled_at_ms.is_null())
        .filter(is_active())
        .group_by((inbox::workspace_id, inbox::bot_id, inbox::lane_key))
        .order(diesel::dsl::min(inbox::id))
        .limit(limit)
        .select((inbox::workspace_id, inbox::bot_id, inbox::lane_key))
        .load(c))?;
    Ok(rows.into_iter().map(|(w, b, key)| LaneId::new(WorkspaceId(w), BotId(b), key)).collect())
}

/// The oldest pending events of a lane that came after another one (0: all), in order.
pub fn next_for_lane(
    connection: &mut Connection,
    lane: &LaneId,
    after: EventId,
    limit: i64,
) -> DbResult<Vec<InboxRow>> {
    on!(connection, c => inbox::table
        .filter(inbox::settled_at_ms.is_null())
        .filter(inbox::id.gt(after.0))
        .filter(inbox::workspace_id.eq(lane.workspace.0))
        .filter(inbox::bot_id.eq(lane.bot.0))
        .filter(inbox::lane_key.eq(&*lane.key))
        .order(inbox::id)
        .limit(limit)
        .select(InboxRow::as_select())
        .load(c))
}

/// The oldest event of a lane that is not settled.
pub fn first_of_lane(connection: &mut Connection, lane: &LaneId) -> DbResult<Option<EventId>> {
    let first: Option<i64> = on!(connection, c => inbox::table
        .filter(inbox::settled_at_ms.is_null())
        .filter(inbox::workspace_id.eq(lane.workspace.0))
        .filter(inbox::bot_id.eq(lane.bot.0))
        .filter(inbox::lane_key.eq(&*lane.key))
        .order(inbox::id)
        .limit(1)
        .select(inbox::id)
        .fixed(here!())
        .get_result(c)
        .optional())?;
    Ok(first.map(EventId))
}

/// The event of a bot that is known by a key, as long as repeats of it are.
pub fn find_by_dedupe_key(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    dedupe_key: &str,
) -> DbResult<Option<InboxRow>> {
    on!(connection, c => inbox::table
        .filter(inbox::workspace_id.eq(workspace.0))
        .filter(inbox::bot_id.eq(bot.0))
        .filter(inbox::dedupe_key.eq(dedupe_key))
        .select(InboxRow::as_select())
        .first(c)
        .optional())
}

pub fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    event: EventId,
) -> DbResult<Option<InboxRow>> {
    on!(connection, c => inbox::table
        .filter(inbox::workspace_id.eq(workspace.0))
        .filter(inbox::id.eq(event.0))
        .select(InboxRow::as_select())
        .first(c)
        .optional())
}

/// How many events wait, for the health page.
pub fn count_pending(connection: &mut Connection) -> DbResult<i64> {
    on!(connection, c => inbox::table.filter(inbox::settled_at_ms.is_null()).count().get_result(c))
}

/// Whether more events than a number wait for the lanes of a bot.
pub fn has_pending(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    more_than: i64,
) -> DbResult<bool> {
    let found: Option<i64> = on!(connection, c => inbox::table
        .filter(inbox::settled_at_ms.is_null())
        .filter(inbox::workspace_id.eq(workspace.0))
        .filter(inbox::bot_id.eq(bot.0))
        .order((inbox::lane_key, inbox::id))
        .offset(more_than)
        .select(inbox::id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// The event has become part of the lane's state.
///
/// # Errors
/// [`JobError::Fenced`] when it had before: who knows of it from memory is late.
pub fn mark_done(tx: &mut Tx, workspace: WorkspaceId, event: EventId, now: UtcMs) -> Result<(), JobError> {
    settle(tx, workspace, event, InboxStatus::Done, now)
}

/// The event cannot be worked; the lane goes on without it. Fails as [`mark_done`] does.
pub fn mark_dead(tx: &mut Tx, workspace: WorkspaceId, event: EventId, now: UtcMs) -> Result<(), JobError> {
    settle(tx, workspace, event, InboxStatus::Dead, now)
}

fn settle(
    tx: &mut Tx,
    workspace: WorkspaceId,
    event: EventId,
    status: InboxStatus,
    now: UtcMs,
) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(inbox::table
            .filter(inbox::workspace_id.eq(workspace.0))
            .filter(inbox::id.eq(event.0))
            .filter(inbox::settled_at_ms.is_null()))
        .set((inbox::status.eq(status), inbox::settled_at_ms.eq(now.0)))
        .changing(here!())
        .count(c))?;
    if rows == 1 || fail_point::is_broken(Guarantee::Fence) { Ok(()) } else { Err(JobError::Fenced) }
}

/// Counts a worker that died of the event; answers how many have.
pub fn record_attempt(tx: &mut Tx, workspace: WorkspaceId, event: EventId) -> Result<i64, JobError> {
    Ok(on!(tx.0, c => diesel::update(inbox::table
            .filter(inbox::workspace_id.eq(workspace.0))
            .filter(inbox::id.eq(event.0)))
        .set(inbox::attempts.eq(inbox::attempts + 1_i64))
        .returning(inbox::attempts)
        .get_result(c))?)
}

/// The setting by which it is known up to which number events have been emptied.
const EMPTIED_UPTO: &str = "inbox_emptied_upto";

/// Empties the next `limit` events up to a number, as far as they are settled; answers how many were looked at. Repeats
/// of them stay known.
pub fn empty_settled_behind(tx: &mut Tx, behind: i64, limit: i64) -> Result<usize, JobError> {
    if behind <= 0 {
        return Ok(0);
    }
    let emptied = settings::find(tx, EMPTIED_UPTO)?.and_then(|text| text.parse().ok()).unwrap_or(0);
    let after = emptied.max(dialect::oldest_event(tx)? - 1);
    let upto = behind.min(after + limit);
    if upto <= after {
        return Ok(0);
    }
    dialect::empty_payloads(tx, after, upto)?;
    settings::upsert(tx, EMPTIED_UPTO, &upto.to_string())?;
    Ok(usize::try_from(upto - after).unwrap_or_default())
}

/// Deletes up to `limit` rows settled before a moment; answers how many. Dedupe goes by these rows, so the
/// moment must lie 48 hours back or more (messengers repeat for up to a day).
pub fn delete_settled_before(tx: &mut Tx, before: UtcMs, limit: i64) -> Result<usize, JobError> {
    let old: Vec<(i64, i64, i64, String)> = on!(tx.0, c => inbox::table
        .filter(inbox::settled_at_ms.is_not_null())
        .filter(inbox::settled_at_ms.assume_not_null().lt(before.0))
        .order(inbox::settled_at_ms)
        .limit(limit)
        .select((inbox::workspace_id, inbox::id, inbox::bot_id, inbox::lane_key))
        .load(c))?;
    let (ids, lanes): (Vec<_>, Vec<_>) =
        old.into_iter().map(|(workspace, id, bot, key)| ((workspace, id), (workspace, bot, key))).unzip();
    super::lanes::delete_anonymous(tx, lanes)?;
    Ok(delete_rows!(tx, inbox, id, ids))
}
