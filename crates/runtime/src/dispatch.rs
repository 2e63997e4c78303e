//! What goes out: one dispatcher per bot claims rows, sends them and says what became of them.
//!
//! Order holds per chat because the store hands out one row per chat at a time. A claim is committed before
//! anything is sent; what was claimed and never settled has an unknown fate. `changes.rs` does what concerns
//! messages that were sent before, `call.rs` calls methods by their names, `awaited.rs` tells the runs that wait for
//! the fate of a send, `pace.rs` keeps to the messenger's limits. `fate.rs` writes what became of a send, `recovery.rs` finds
//! claims that nobody sends.

mod awaited;
mod call;
mod changes;
mod desk;
mod fate;
mod pace;
mod recovery;
mod sends;
mod settling;

use std::sync::Arc;
use std::time::Duration;

use connectors::channels::{Outgoing, SendOutcome};
use engine::ids::UtcMs;
use store::Class;
use store::fail_point::{self, FailPoint};
use store::outbox::{self, OutboxRow};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Inner;
use crate::bots::LoadedBot;
use crate::commit::Outbound;
use crate::files;
use crate::setbacks::caught;
use changes::History;
use desk::{Desk, Handed, Start};
pub use desk::{Dispatch, Place};
use fate::EXPIRED;
use pace::Pace;
pub use recovery::recover_claims;
use recovery::{known, recover_claims_of, release_lost};
use sends::{Finished, Sends, Sent};
use settling::Settling;

/// Sends of one bot under way at once.
const SENDS_AT_ONCE: usize = 64;

/// The longest sleep of a dispatcher.
const IDLE: Duration = Duration::from_secs(2);

/// How long a dispatcher with nothing to send stays.
const RESTS_MAX: Duration = Duration::from_secs(60);

/// Wait after a claim that failed.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How often a dispatcher looks for claims of its own that it does not know of.
const LOOK_FOR_LOST: Duration = Duration::from_secs(5);

/// A claim that is handed over later than this is not sent: the commit that made it was slow to answer.
const HANDED_WITHIN_MS: i64 = 20_000;

/// Starts a dispatcher for every bot that needs one, until the runtime stops; then waits for their sends.
pub async fn run(inner: Arc<Inner>) {
    let mut dispatchers = JoinSet::new();
    while !inner.stopping.has_begun() {
        while dispatchers.try_join_next().is_some() {}
        for start in inner.dispatch.take_starts() {
            dispatchers.spawn(supervise(Arc::clone(&inner), start));
        }
        tokio::select! {
            () = inner.stopping.begun() => {}
            () = inner.dispatch.started.notified() => {}
        }
    }
    while dispatchers.join_next().await.is_some() {}
}

/// A dispatcher that dies of a bug of ours is replaced. What it had under way may have gone out.
async fn supervise(inner: Arc<Inner>, start: Start) {
    let (workspace, bot, desk) = (start.workspace, start.bot, Arc::clone(&start.desk));
    if caught(dispatch_bot(Arc::clone(&inner), start)).await.is_ok() {
        return;
    }
    tracing::error!(%bot, "a dispatcher panicked; another one takes over");
    // It keeps its desk until then: claims of the next one are none of those that are looked for here.
    desk.set_open(false);
    while let Err(error) = recover_claims_of(&inner, workspace, bot).await {
        tracing::warn!(%bot, %error, "what it had under way has to wait");
        if inner.stopping.has_begun() {
            return;
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
    inner.dispatch.replace(workspace, bot);
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
        } else if let Some(at) = due_at.filter(|_| may_claim && loaded.is_some() && desk.free() > 0) {
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

/// Until when the messenger asked the bot to wait.
fn asked_to_wait(outcomes: &[Finished], now: UtcMs) -> UtcMs {
    let wait = outcomes.iter().filter_map(|finished| match &finished.outcome {
        SendOutcome::Retry { after: Some(after), .. } => Some(now.plus_ms(millis(*after))),
        _ => None,
    });
    wait.fold(UtcMs(0), UtcMs::max)
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
    let places = desk.take_places();
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
    (files::send(inner, bot, channel, &outgoing).await, History::default())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn until(now: UtcMs, moment: UtcMs) -> Duration {
    Duration::from_millis(u64::try_from(moment.0.saturating_sub(now.0)).unwrap_or_default())
}

/// Rows as tests need them.
#[cfg(test)]
mod testing {
    use std::sync::Arc;

    use engine::ids::{BotId, MessageId, UtcMs, WorkspaceId};
    use store::outbox::{OutboxClass, OutboxRow, OutboxStatus};

    pub(super) fn row(id: i64) -> Arc<OutboxRow> {
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
}
