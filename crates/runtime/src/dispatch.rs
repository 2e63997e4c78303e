//! What goes out: one dispatcher per bot claims rows, sends them and says what became of them.
//!
//! Order holds per chat because the store hands out one row per chat at a time. A claim is committed before
//! anything is sent; what was claimed and never settled has an unknown fate. `changes.rs` does what concerns
//! messages that were sent before, `call.rs` calls methods by their names, `awaited.rs` tells the runs that wait for
//! the fate of a send, `pace.rs` keeps to the messenger's limits.

mod awaited;
mod call;
mod changes;
mod desk;
mod pace;
mod settling;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use connectors::channels::{Outgoing, SendOutcome};
use engine::delivery::{fate_unknown, not_sent, refused, unreachable};
use engine::ids::{BotId, MessageId, UtcMs, WorkspaceId};
use store::bots::UnknownPolicy;
use store::fail_point::{self, FailPoint};
use store::messages;
use store::nodes;
use store::outbox::{self, OutboxRow};
use store::{Class, WriteError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::Inner;
use crate::bots::LoadedBot;
use crate::commit::Outbound;
use changes::{Changed, History};
use desk::{Desk, Handed, Start};
pub use desk::{Dispatch, Place};
use pace::Pace;
use settling::Settling;

/// Sends of one bot under way at once.
const SENDS_AT_ONCE: usize = 64;

/// Attempts before a send that may have gone out each time is given up.
const ATTEMPTS_MAX: i64 = 10;

/// A send that is over.
struct Finished {
    row: Arc<OutboxRow>,
    outcome: SendOutcome,
    /// What it means for the history, if it was done.
    history: History,
}

/// What came of a send, as its task says it.
type Sent = (SendOutcome, History);

/// How long a send is tried that surely does not get out: an outage of the messenger or of our network loses
/// nothing until then.
const UNSENT_MAX_MS: i64 = 24 * 3_600_000;

/// The longest sleep of a dispatcher.
const IDLE: Duration = Duration::from_secs(2);

/// How long a dispatcher with nothing to send stays.
const RESTS_MAX: Duration = Duration::from_secs(60);

/// Wait after a claim that failed.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Code of a send whose time was over before it was its turn.
const EXPIRED: &str = "expired";

/// How often a dispatcher looks for claims of its own that it does not know of.
const LOOK_FOR_LOST: Duration = Duration::from_secs(5);

/// A claim that is handed over later than this is not sent: the commit that made it was slow to answer.
const HANDED_WITHIN_MS: i64 = 20_000;

/// A claim this old that nobody knows of is lost, whatever lanes are still about to hand over.
const LOST_AFTER_MS: i64 = 60_000;

/// Starts a dispatcher for every bot that needs one, until the runtime stops; then waits for their sends.
pub async fn run(inner: Arc<Inner>) {
    let mut dispatchers = JoinSet::new();
    while !inner.stopping.has_begun() {
        while dispatchers.try_join_next().is_some() {}
        for start in inner.dispatch.take_starts() {
            dispatchers.spawn(dispatch_bot(Arc::clone(&inner), start));
        }
        tokio::select! {
            () = inner.stopping.begun() => {}
            () = inner.dispatch.started.notified() => {}
        }
    }
    while dispatchers.join_next().await.is_some() {}
}

async fn dispatch_bot(inner: Arc<Inner>, start: Start) {
    let Start { workspace, bot: id, desk } = start;
    let mut sends = Sends::default();
    let mut settling = Settling::default();
    // The messenger asked the whole bot to wait.
    let mut not_before = UtcMs(0);
    let mut pace = Pace::default();
    let mut look_for_lost = Instant::now() + LOOK_FOR_LOST;
    let mut rested_since = Instant::now();
    // When the table has something next, as far as is known, and whether to ask it without being told.
    let (mut due_at, mut look) = (None, false);
    loop {
        let stopping = inner.stopping.has_begun();
        if !settling.is_empty() || !desk.is_left() {
            rested_since = Instant::now();
        } else if (stopping || rested_since.elapsed() >= RESTS_MAX) && inner.dispatch.end(workspace, id) {
            return;
        }
        let loaded = match inner.bots.load(id).await {
            Ok(Some(bot)) if bot.workspace == workspace && bot.is_active() => Some(bot),
            _ => None,
        };
        let owns = inner.nodes.owns(id);
        if !owns && settling.is_empty() && desk.is_left() && !stopping {
            if let Err(error) = release_lost(&inner, workspace, id, &known(&sends, &settling), &desk).await {
                tracing::warn!(bot = %id, %error, "lost claims could not be looked for");
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
            if inner.dispatch.end(workspace, id) {
                return;
            }
        }
        if Instant::now() >= look_for_lost {
            look_for_lost = Instant::now() + LOOK_FOR_LOST;
            if let Err(error) = release_lost(&inner, workspace, id, &known(&sends, &settling), &desk).await {
                tracing::warn!(bot = %id, %error, "lost claims could not be looked for");
            }
        }
        let now = inner.store.now();
        let paced = loaded.as_ref().is_some_and(|bot| Pace::applies(bot));
        if paced && not_before < pace.ready_at() {
            not_before = pace.ready_at();
        }
        let may_claim = owns && !stopping && now >= not_before;
        desk.set_open(may_claim && loaded.is_some());
        if !owns || loaded.is_none() {
            // Whoever can send it finds it in the table.
            desk.take_behind();
        }
        look |= desk.is_behind() || due_at.is_some_and(|at| at <= now);
        let mut wait = IDLE;
        let mut rows = desk.take_handed();
        rows.retain(|handed| handed.row.claimed_at.is_some_and(|at| now <= at.plus_ms(HANDED_WITHIN_MS)));
        let mut held_back =
            begin(&inner, loaded.as_ref(), &mut sends, rows, &mut pace, not_before, now).await;
        if let Some(bot) = loaded.as_ref().filter(|_| look && may_claim && desk.free() > 0) {
            look = false;
            desk.take_behind();
            match claim(&inner, bot, &desk, now).await {
                Ok((rows, next)) => {
                    if !rows.is_empty() {
                        fail_point::reach(FailPoint::SendsClaimed);
                    }
                    if next.is_some() {
                        rested_since = Instant::now();
                    }
                    due_at = next;
                    held_back |= begin(&inner, Some(bot), &mut sends, rows, &mut pace, not_before, now).await;
                }
                Err(error) => {
                    tracing::warn!(bot = %id, %error, "sending has to wait");
                    wait = RETRY_AFTER;
                    // The claim may have been committed all the same.
                    look_for_lost = Instant::now();
                }
            }
        }
        if now < not_before {
            wait = wait.min(until(now, not_before));
        } else if held_back {
            // When the first of them is due, the table knows.
            wait = Duration::ZERO;
        } else if let Some(at) = due_at {
            wait = wait.min(until(now, at));
        }
        tokio::select! {
            Some(finished) = sends.next() => {
                let mut outcomes = vec![finished];
                outcomes.extend(std::iter::from_fn(|| sends.try_next()));
                not_before = not_before.max(asked_to_wait(&outcomes, inner.store.now()));
                settling.add(&inner, workspace, id, outcomes, desk.is_behind());
            }
            () = settling.next(&inner, workspace, id) => {}
            () = desk.told() => {}
            () = inner.stopping.begun(), if !stopping => {}
            () = tokio::time::sleep(wait) => look = true,
        }
    }
}

/// Sends claimed rows that may go out now and gives the others back; answers whether there were any.
async fn begin(
    inner: &Arc<Inner>,
    bot: Option<&Arc<LoadedBot>>,
    sends: &mut Sends,
    rows: Vec<Handed>,
    pace: &mut Pace,
    not_before: UtcMs,
    now: UtcMs,
) -> bool {
    let before = rows.len();
    let rows = match bot {
        Some(bot) if now < not_before || Pace::applies(bot) => {
            hold_back(inner, rows, Some(pace), not_before, now).await
        }
        Some(_) => rows,
        None => hold_back(inner, rows, None, not_before, now).await,
    };
    let held_back = rows.len() < before;
    if let Some(bot) = bot {
        for Handed { row, place } in rows {
            let (row, inner, bot) = (Arc::new(row), Arc::clone(inner), Arc::clone(bot));
            let sent = Arc::clone(&row);
            sends.spawn(row, place, async move { send(&inner, &bot, &sent).await });
        }
    }
    held_back
}

/// What a dispatcher knows of.
struct Known {
    /// Rows that are under way, or whose fate is.
    ids: HashSet<MessageId>,
    /// Places that are taken by those under way.
    places: usize,
}

fn known(sends: &Sends, settling: &Settling) -> Known {
    let ids = sends.rows.values().map(|(row, _)| row.id).chain(settling.ids()).collect();
    Known { ids, places: sends.rows.len() }
}

/// Until when the messenger asked the bot to wait.
fn asked_to_wait(outcomes: &[Finished], now: UtcMs) -> UtcMs {
    let wait = outcomes.iter().filter_map(|finished| match &finished.outcome {
        SendOutcome::Retry { after: Some(after), .. } => Some(now.plus_ms(millis(*after))),
        _ => None,
    });
    wait.fold(UtcMs(0), UtcMs::max)
}

/// Sends under way. Each comes out with an outcome, whatever happens to its task: a claim that nobody settles
/// holds up its chat for good.
#[derive(Default)]
struct Sends {
    tasks: JoinSet<Sent>,
    rows: HashMap<tokio::task::Id, (Arc<OutboxRow>, OwnedSemaphorePermit)>,
}

impl Sends {
    fn spawn(
        &mut self,
        row: Arc<OutboxRow>,
        place: OwnedSemaphorePermit,
        send: impl Future<Output = Sent> + Send + 'static,
    ) {
        let task = self.tasks.spawn(send);
        self.rows.insert(task.id(), (row, place));
    }

    /// `None` when nothing is under way. Nothing is lost when the future is dropped.
    async fn next(&mut self) -> Option<Finished> {
        let ended = self.tasks.join_next_with_id().await?;
        self.outcome(ended)
    }

    fn try_next(&mut self) -> Option<Finished> {
        let ended = self.tasks.try_join_next_with_id()?;
        self.outcome(ended)
    }

    fn outcome(&mut self, ended: Result<(tokio::task::Id, Sent), JoinError>) -> Option<Finished> {
        let (id, (outcome, history)) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a send died");
                let reason = "an error inside Scenaria while sending".to_owned();
                (error.id(), (SendOutcome::Unknown { reason }, History::default()))
            }
        };
        let (row, _) = self.rows.remove(&id)?;
        Some(Finished { row, outcome, history })
    }
}

/// Gives back the claims of this node that nobody sends: their COMMIT happened and was not heard of. They were
/// handed to no send, so they surely did not go out. The dispatcher that asks is the bot's only one, and is
/// not claiming meanwhile; a lane that is may be about to hand its row over.
async fn release_lost(
    inner: &Inner,
    workspace: WorkspaceId,
    bot: BotId,
    known: &Known,
    desk: &Desk,
) -> anyhow::Result<()> {
    let node = inner.nodes.id();
    let nobody_claims = || desk.free() + known.places == SENDS_AT_ONCE;
    let nobody_claimed = nobody_claims();
    let mut claims = inner
        .store
        .read(move |connection| Ok(outbox::open_claims_of_node(connection, workspace, bot, &node)?))
        .await?;
    let now = inner.store.now();
    let is_old = |row: &OutboxRow| row.claimed_at.is_some_and(|at| at.plus_ms(LOST_AFTER_MS) < now);
    let nobody_claims = nobody_claimed && nobody_claims();
    claims.retain(|row| !known.ids.contains(&row.id) && (nobody_claims || is_old(row)));
    if claims.is_empty() {
        return Ok(());
    }
    tracing::warn!(%bot, count = claims.len(), "claims that were lost are given back");
    let job = move |tx: &mut store::Tx| {
        let held = outbox::lock_claims(tx, &claims)?;
        let mut lost = claims.iter().filter(|row| held.contains(&row.id));
        lost.try_for_each(|row| outbox::mark_unsent(tx, row, now))
    };
    inner.store.write(Class::Lanes, job).await?;
    desk.stay_behind();
    Ok(())
}

/// Claims rows; also says when the next one is due if none is now.
async fn claim(
    inner: &Inner,
    bot: &LoadedBot,
    desk: &Desk,
    now: UtcMs,
) -> anyhow::Result<(Vec<Handed>, Option<UtcMs>)> {
    let (workspace, id, node) = (bot.workspace, bot.id, inner.nodes.id());
    // A look costs less than an empty commit.
    let next =
        inner.store.read(move |connection| Ok(outbox::next_due_at(connection, workspace, id)?)).await?;
    let Some(next) = next else { return Ok((Vec::new(), None)) };
    if next > now {
        return Ok((Vec::new(), Some(next)));
    }
    // What could not be taken can be when a place or its chat is free.
    desk.stay_behind();
    // Half of what is free, so that lanes find some too.
    let places: Vec<_> = std::iter::from_fn(|| desk.place()).take(desk.free().div_ceil(2)).collect();
    let limit = i64::try_from(places.len())?;
    let rows = inner
        .store
        .write(Class::Lanes, move |tx| outbox::claim(tx, workspace, id, limit, &node, now))
        .await?;
    Ok((rows.into_iter().zip(places).map(|(row, place)| Handed { row, place }).collect(), None))
}

/// Gives those of the claimed rows back that may not go out yet: the bot has to wait, or is switched off, then there is
/// no pace; or their chats have had their share. Answers the others.
async fn hold_back(
    inner: &Inner,
    rows: Vec<Handed>,
    mut pace: Option<&mut Pace>,
    not_before: UtcMs,
    now: UtcMs,
) -> Vec<Handed> {
    let (mut admitted, mut early) = (Vec::with_capacity(rows.len()), Vec::new());
    for handed in rows {
        let ready = match &mut pace {
            None => Err(now),
            Some(_) if now < not_before => Err(not_before),
            Some(pace) => pace.admit(&handed.row, now),
        };
        match ready {
            Ok(()) => admitted.push(handed),
            Err(ready) => early.push((handed.row, ready)),
        }
    }
    if early.is_empty() {
        return admitted;
    }
    let job = move |tx: &mut store::Tx| {
        early
            .iter()
            .try_for_each(|(row, ready)| outbox::mark_postponed(tx, row, *ready, row.error.as_deref()))
    };
    if let Err(error) = inner.store.write(Class::Lanes, job).await {
        // They are lost claims now, which are looked for.
        tracing::warn!(%error, "sends that come too early could not be given back");
    }
    admitted
}

async fn send(inner: &Inner, bot: &LoadedBot, row: &OutboxRow) -> Sent {
    let reject = |code: &str, text: String| {
        (SendOutcome::Rejected { code: code.to_owned(), text }, History::default())
    };
    if !inner.nodes.may_send(bot.id) {
        let reason = "another node sends for this bot now".to_owned();
        return (SendOutcome::Retry { after: Some(Duration::ZERO), reason }, History::default());
    }
    if row.expires_at.is_some_and(|expires| expires < inner.store.now()) {
        return reject(EXPIRED, "came too late".to_owned());
    }
    let Some(channel) = inner.connectors.channel(&bot.channel) else {
        return reject("channel", "unknown channel".to_owned());
    };
    let outbound: Outbound = match serde_json::from_str(&row.payload) {
        Ok(outbound) => outbound,
        Err(error) => return reject("unreadable", error.to_string()),
    };
    let outgoing = match &outbound {
        Outbound::Message { peer, message } => match &message.replaces {
            Some(replaces) => {
                return changes::replace(inner, bot, channel, row, (peer, message), replaces).await;
            }
            None => Outgoing::Message { peer, message },
        },
        Outbound::Edit { message, edit, .. } => {
            return changes::edit(inner, bot, channel, *message, edit).await;
        }
        Outbound::Delete { message, .. } => return changes::delete(inner, bot, channel, *message).await,
        Outbound::ChatAction { peer, action } => Outgoing::ChatAction { peer, action: *action },
        Outbound::Acknowledge { callback, text } => Outgoing::Acknowledge { callback, text: text.as_deref() },
        Outbound::Call { call } => {
            return (call::perform(inner, bot, channel, call).await, History::default());
        }
    };
    (channel.send(&bot.access, &outgoing, bot.links()).await, History::default())
}

/// A row that was sent, and what it changed in the history.
fn note_sent(
    tx: &mut store::Tx,
    row: &OutboxRow,
    platform_id: Option<&str>,
    parts: &serde_json::Value,
    history: &History,
    now: UtcMs,
) -> Result<(), store::JobError> {
    let workspace = row.workspace_id;
    if let Some(id) = history.deleted {
        messages::mark_deleted(tx, workspace, id, now)?;
    }
    if let Some(changed) = &history.changed {
        let Changed { id, payload, effect } = changed;
        messages::change(tx, workspace, *id, payload, effect.as_deref(), now)?;
        return outbox::mark_done(tx, row);
    }
    outbox::mark_sent(tx, row, platform_id, now)?;
    let parts = parts.is_array().then(|| parts.to_string());
    if row.in_history && (parts.is_some() || history.slot.is_some()) {
        messages::set_place(tx, workspace, row.id, parts.as_deref(), history.slot.as_deref())?;
    }
    Ok(())
}

fn settle_row(
    tx: &mut store::Tx,
    row: &OutboxRow,
    outcome: &SendOutcome,
    policy: UnknownPolicy,
    now: UtcMs,
) -> Result<(), store::JobError> {
    match outcome {
        SendOutcome::Sent { platform_id, .. } => outbox::mark_sent(tx, row, platform_id.as_deref(), now),
        // The messenger named the wait: obeying it is no failed attempt.
        SendOutcome::Retry { after: Some(after), reason } => {
            outbox::mark_postponed(tx, row, now.plus_ms(millis(*after)), Some(reason))
        }
        SendOutcome::Retry { after: None, reason } if tries_on_unsent(row, now) => {
            outbox::mark_retry(tx, row, now.plus_ms(backoff_ms(row.attempts)), Some(reason))
        }
        SendOutcome::Unknown { reason } if policy == UnknownPolicy::Resend && tries_on_unknown(row) => {
            outbox::mark_unknown_resend(tx, row, now.plus_ms(backoff_ms(row.attempts)), Some(reason))
        }
        SendOutcome::Unknown { reason } => {
            outbox::mark_unknown(tx, row, reason, now)?;
            awaited::failed(tx, row, &fate_unknown(reason))
        }
        SendOutcome::Retry { reason, .. } => {
            outbox::mark_dead(tx, row, reason, now)?;
            awaited::failed(tx, row, &not_sent(reason))
        }
        SendOutcome::Unreachable { reason } => {
            outbox::mark_dead(tx, row, reason, now)?;
            awaited::failed(tx, row, &unreachable(reason))
        }
        SendOutcome::Rejected { code, text } => {
            outbox::mark_dead(tx, row, &format!("{code}: {text}"), now)?;
            let expired = row.expires_at.filter(|_| code == EXPIRED).and(row.error.as_deref());
            awaited::failed(tx, row, &expired.map_or_else(|| refused(400, text), not_sent))
        }
        // The bot is paused; the row waits for a new token.
        SendOutcome::Revoked => outbox::mark_postponed(tx, row, now, Some("the token was revoked")),
        SendOutcome::Migrated { new_chat } => {
            let reason = format!("the chat has moved to {new_chat}");
            outbox::mark_dead(tx, row, &reason, now)?;
            awaited::failed(tx, row, &refused(400, &reason))
        }
    }
}

fn tries_on_unsent(row: &OutboxRow, now: UtcMs) -> bool {
    now.0.saturating_sub(row.created_at.0) < UNSENT_MAX_MS
}

/// However often it surely did not go out before, the first attempt that may have is repeated.
fn tries_on_unknown(row: &OutboxRow) -> bool {
    !row.uncertain || row.attempts + 1 < ATTEMPTS_MAX
}

/// What was claimed by a process that has died, and never settled, may have gone out.
pub async fn recover_claims(inner: &Arc<Inner>) -> anyhow::Result<()> {
    const BATCH: i64 = 500;
    let mut skipped = HashSet::new();
    loop {
        let now = inner.store.now();
        let node = inner.nodes.are_shared().then(|| inner.nodes.id());
        let mut rows: Vec<OutboxRow> = inner
            .store
            .read(move |connection| match node {
                Some(node) => Ok(nodes::orphaned_claims(connection, &node, BATCH)?),
                // There is no other process, so at the start all claims are those of the last one.
                None => Ok(outbox::open_claims(connection, BATCH)?),
            })
            .await?;
        rows.retain(|row| !skipped.contains(&row.id));
        if rows.is_empty() {
            return Ok(());
        }
        let mut policies = HashMap::new();
        for row in &rows {
            if let Some(bot) = inner.bots.load(row.bot_id).await? {
                policies.insert(row.bot_id, bot.unknown_policy);
            }
        }
        let Err(error) = recover(inner, rows.clone(), &policies, now).await else { continue };
        if error == WriteError::Busy {
            return Err(error.into());
        }
        for row in rows {
            if recover(inner, vec![row.clone()], &policies, now).await.is_ok() {
                continue;
            }
            // Its fate is unknown, whatever else was to be done about it.
            let id = row.id;
            let unknown = move |tx: &mut store::Tx| outbox::mark_unknown(tx, &row, STOPPED, now);
            if let Err(error) = inner.store.write(Class::Lanes, unknown).await {
                if error == WriteError::Busy || error == WriteError::Unavailable {
                    return Err(error.into());
                }
                tracing::error!(message = %id, %error, "a send that was cut short is left as it is");
                skipped.insert(id);
            }
        }
    }
}

/// Why a send has an unknown fate whose process died.
const STOPPED: &str = "the server was stopped while sending";

async fn recover(
    inner: &Inner,
    rows: Vec<OutboxRow>,
    policies: &HashMap<BotId, UnknownPolicy>,
    now: UtcMs,
) -> Result<(), WriteError> {
    let policies = policies.clone();
    let job = move |tx: &mut store::Tx| {
        let held = outbox::lock_claims(tx, &rows)?;
        for row in rows.iter().filter(|row| held.contains(&row.id)) {
            let policy = policies.get(&row.bot_id).copied().unwrap_or(UnknownPolicy::Drop);
            let reason = STOPPED.to_owned();
            let outcome = if call::only_reads(row) {
                SendOutcome::Retry { after: None, reason }
            } else {
                SendOutcome::Unknown { reason }
            };
            settle_row(tx, row, &outcome, policy, now)?;
        }
        Ok(())
    };
    inner.store.write(Class::Lanes, job).await
}

/// 1, 2, 4 … seconds, at most 5 minutes.
fn backoff_ms(failed_before: i64) -> i64 {
    let exponent = u32::try_from(failed_before.clamp(0, 9)).unwrap_or_default();
    (1_000 * 2_i64.pow(exponent)).min(300_000)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn until(now: UtcMs, moment: UtcMs) -> Duration {
    Duration::from_millis(u64::try_from(moment.0.saturating_sub(now.0)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use store::outbox::{OutboxClass, OutboxStatus};
    use tokio::sync::Semaphore;

    use super::*;

    fn row(id: i64) -> Arc<OutboxRow> {
        Arc::new(OutboxRow {
            workspace_id: WorkspaceId(1),
            id: MessageId(id),
            effect_id: format!("{id}/0/0"),
            bot_id: BotId(1),
            lane_key: "user:1".into(),
            peer: "1".into(),
            class: OutboxClass::Reply,
            kind: "message".into(),
            payload: "{}".into(),
            in_history: true,
            not_before: UtcMs(0),
            expires_at: None,
            status: OutboxStatus::Sending,
            attempts: 0,
            uncertain: false,
            claimed_by: Some("node".into()),
            claimed_at: Some(UtcMs(0)),
            error: None,
            return_to: None,
            created_at: UtcMs(0),
        })
    }

    #[test]
    fn an_outage_of_hours_loses_nothing() {
        let tried = |attempts, uncertain| {
            let row = row(1);
            OutboxRow { attempts, uncertain, ..OutboxRow::clone(&row) }
        };
        let hours = |hours: i64| UtcMs(hours * 3_600_000);
        assert!(tries_on_unsent(&tried(300, false), hours(23)));
        assert!(!tries_on_unsent(&tried(0, false), hours(24)), "an answer of yesterday is none");
        assert!(tries_on_unknown(&tried(300, false)), "it may have gone out for the first time");
        assert!(tries_on_unknown(&tried(8, true)) && !tries_on_unknown(&tried(9, true)));
        assert_eq!([0, 1, 2, 20].map(backoff_ms), [1_000, 2_000, 4_000, 300_000]);
    }

    #[tokio::test]
    async fn a_send_that_panics_has_an_outcome_too() {
        let mut sends = Sends::default();
        let places = Arc::new(Semaphore::new(2));
        let place = || Arc::clone(&places).try_acquire_owned().unwrap();
        sends.spawn(row(1), place(), async { panic!("a send that panics") });
        sends.spawn(row(2), place(), async { (SendOutcome::Revoked, History::default()) });
        let mut settled = [sends.next().await.unwrap(), sends.next().await.unwrap()];
        settled.sort_by_key(|finished| finished.row.id);
        assert!(matches!(settled[0].outcome, SendOutcome::Unknown { .. }));
        assert_eq!(settled[1].outcome, SendOutcome::Revoked);
        assert!(sends.next().await.is_none());
        assert_eq!(places.available_permits(), 2);
    }
}
