//! What goes out: one dispatcher per bot claims rows, sends them and says what became of them.
//!
//! Order holds per chat because the store hands out one row per chat at a time. A claim is committed before
//! anything is sent; what was claimed and never settled has an unknown fate. `changes.rs` does what concerns
//! messages that were sent before.

mod changes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::channels::{Outgoing, SendOutcome};
use engine::ids::{BotId, UtcMs, WorkspaceId};
use store::Class;
use store::bots::{self, BotStatus, UnknownPolicy};
use store::messages;
use store::outbox::{self, OutboxRow};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::Inner;
use crate::bots::LoadedBot;
use crate::commit::Outbound;
use changes::{Changed, History};

/// Sends of one bot under way at once.
const SENDS_AT_ONCE: usize = 32;

/// Attempts before a send that keeps failing is given up.
const ATTEMPTS_MAX: i64 = 10;

/// A send that is over.
struct Finished {
    row: OutboxRow,
    outcome: SendOutcome,
    /// What it means for the history, if it was done.
    history: History,
}

/// The longest sleep of a dispatcher.
const IDLE: Duration = Duration::from_secs(2);

/// The dispatchers, one per bot that has sent anything since the start.
#[derive(Default)]
pub struct Dispatch {
    wakeups: Mutex<HashMap<BotId, Arc<Notify>>>,
    /// Bots to start a dispatcher for.
    starts: Mutex<Vec<(WorkspaceId, BotId, Arc<Notify>)>>,
    started: Notify,
}

impl Dispatch {
    /// Says that a bot has something to send.
    pub fn wake(&self, workspace: WorkspaceId, bot: BotId) {
        let mut wakeups = self.wakeups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wakeup) = wakeups.get(&bot) {
            wakeup.notify_one();
            return;
        }
        let wakeup = Arc::new(Notify::new());
        wakeups.insert(bot, Arc::clone(&wakeup));
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.push((workspace, bot, wakeup));
        self.started.notify_one();
    }
}

/// Starts a dispatcher for every bot that needs one, for ever.
pub async fn run(inner: Arc<Inner>) {
    let mut dispatchers = JoinSet::new();
    loop {
        let starts =
            std::mem::take(&mut *inner.dispatch.starts.lock().unwrap_or_else(PoisonError::into_inner));
        for (workspace, bot, wakeup) in starts {
            dispatchers.spawn(dispatch_bot(Arc::clone(&inner), workspace, bot, wakeup));
        }
        inner.dispatch.started.notified().await;
    }
}

async fn dispatch_bot(inner: Arc<Inner>, workspace: WorkspaceId, id: BotId, wakeup: Arc<Notify>) {
    let mut sends: JoinSet<Finished> = JoinSet::new();
    // The messenger asked the whole bot to wait.
    let mut not_before = UtcMs(0);
    loop {
        let bot = match inner.bots.load(id).await {
            Ok(Some(bot)) if bot.workspace == workspace && bot.is_active() => Some(bot),
            _ => None,
        };
        let now = inner.store.now();
        let mut wait = IDLE;
        if let Some(bot) = bot.filter(|_| now >= not_before && sends.len() < SENDS_AT_ONCE) {
            match claim(&inner, &bot, SENDS_AT_ONCE - sends.len(), now).await {
                Ok((rows, next)) => {
                    for row in rows {
                        let (inner, bot) = (Arc::clone(&inner), Arc::clone(&bot));
                        sends.spawn(async move {
                            let (outcome, history) = send(&inner, &bot, &row).await;
                            Finished { row, outcome, history }
                        });
                    }
                    wait = next.map_or(IDLE, |next| until(now, next).min(IDLE));
                }
                Err(error) => tracing::warn!(bot = %id, %error, "sending has to wait"),
            }
        } else if now < not_before {
            wait = until(now, not_before);
        }
        tokio::select! {
            Some(finished) = sends.join_next() => {
                let mut outcomes: Vec<Finished> = finished.into_iter().collect();
                while let Some(more) = sends.try_join_next() {
                    outcomes.extend(more);
                }
                not_before = settle(&inner, workspace, id, outcomes, not_before).await;
            }
            () = wakeup.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Claims rows; also says when the next one is due if none is now.
async fn claim(
    inner: &Inner,
    bot: &LoadedBot,
    free: usize,
    now: UtcMs,
) -> anyhow::Result<(Vec<OutboxRow>, Option<UtcMs>)> {
    let (workspace, id, node) = (bot.workspace, bot.id, Arc::clone(&inner.node));
    let limit = i64::try_from(free)?;
    // A look costs less than an empty commit.
    let next =
        inner.store.read(move |connection| Ok(outbox::next_due_at(connection, workspace, id)?)).await?;
    let Some(next) = next else { return Ok((Vec::new(), None)) };
    if next > now {
        return Ok((Vec::new(), Some(next)));
    }
    let rows = inner
        .store
        .write(Class::Lanes, move |tx| outbox::claim(tx, workspace, id, limit, &node, now))
        .await?;
    Ok((rows, None))
}

async fn send(inner: &Inner, bot: &LoadedBot, row: &OutboxRow) -> (SendOutcome, History) {
    let refused = |code: &str, text: String| {
        (SendOutcome::Rejected { code: code.to_owned(), text }, History::default())
    };
    if row.expires_at.is_some_and(|expires| expires < inner.store.now()) {
        return refused("expired", "came too late".to_owned());
    }
    let Some(channel) = inner.connectors.channel(&bot.channel) else {
        return refused("channel", "unknown channel".to_owned());
    };
    let outbound: Outbound = match serde_json::from_str(&row.payload) {
        Ok(outbound) => outbound,
        Err(error) => return refused("unreadable", error.to_string()),
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
    };
    (channel.send(&bot.access, &outgoing, bot.links()).await, History::default())
}

/// Keeps what became of the sends; answers until when the bot has to wait.
async fn settle(
    inner: &Arc<Inner>,
    workspace: WorkspaceId,
    bot: BotId,
    outcomes: Vec<Finished>,
    not_before: UtcMs,
) -> UtcMs {
    let now = inner.store.now();
    let policy = match inner.bots.load(bot).await {
        Ok(Some(bot)) => bot.unknown_policy,
        _ => UnknownPolicy::Drop,
    };
    let wait = outcomes.iter().filter_map(|finished| match &finished.outcome {
        SendOutcome::Retry { after: Some(after), .. } => Some(now.plus_ms(millis(*after))),
        _ => None,
    });
    let not_before = wait.fold(not_before, UtcMs::max);
    let revoked = outcomes.iter().any(|finished| matches!(finished.outcome, SendOutcome::Revoked));
    let outcomes = Arc::new(outcomes);
    loop {
        let batch = Arc::clone(&outcomes);
        let kept = inner
            .store
            .write(Class::Lanes, move |tx| {
                for Finished { row, outcome, history } in batch.iter() {
                    match outcome {
                        SendOutcome::Sent { platform_id, result } => {
                            note_sent(tx, row, platform_id.as_deref(), result, history, now)?;
                        }
                        _ => settle_row(tx, row, outcome, policy, now)?,
                    }
                }
                if revoked {
                    bots::set_status(tx, workspace, bot, BotStatus::Failed, Some("token_revoked"))?;
                }
                Ok(())
            })
            .await;
        match kept {
            Ok(()) => break,
            // What was sent must be noted, or it would be sent again.
            Err(error) => {
                tracing::warn!(%bot, %error, "the fate of sends could not be kept yet");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
    if revoked {
        inner.bots.forget(workspace);
    }
    not_before
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
            outbox::mark_retry(tx, row, now.plus_ms(millis(*after)), Some(reason))
        }
        SendOutcome::Retry { after: None, reason } if row.attempts < ATTEMPTS_MAX => {
            outbox::mark_retry(tx, row, now.plus_ms(backoff_ms(row.attempts)), Some(reason))
        }
        SendOutcome::Unknown { reason } if policy == UnknownPolicy::Resend && row.attempts < ATTEMPTS_MAX => {
            outbox::mark_unknown_resend(tx, row, now.plus_ms(backoff_ms(row.attempts)), Some(reason))
        }
        SendOutcome::Unknown { reason } => outbox::mark_unknown(tx, row, reason, now),
        SendOutcome::Retry { reason, .. } | SendOutcome::Unreachable { reason } => {
            outbox::mark_dead(tx, row, reason, now)
        }
        SendOutcome::Rejected { code, text } => outbox::mark_dead(tx, row, &format!("{code}: {text}"), now),
        // The bot is paused; the row waits for a new token.
        SendOutcome::Revoked => outbox::mark_retry(tx, row, now, Some("the token was revoked")),
        SendOutcome::Migrated { new_chat } => {
            outbox::mark_dead(tx, row, &format!("the chat has moved to {new_chat}"), now)
        }
    }
}

/// At the start of a node: what was claimed and never settled may have gone out.
pub async fn recover_claims(inner: &Arc<Inner>) -> anyhow::Result<()> {
    const BATCH: i64 = 500;
    loop {
        let now = inner.store.now();
        let rows =
            inner.store.read(move |connection| Ok(outbox::stale_claims(connection, now, BATCH)?)).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut policies = HashMap::new();
        for row in &rows {
            if let Some(bot) = inner.bots.load(row.bot_id).await? {
                policies.insert(row.bot_id, bot.unknown_policy);
            }
        }
        inner
            .store
            .write(Class::Lanes, move |tx| {
                for row in &rows {
                    let policy = policies.get(&row.bot_id).copied().unwrap_or(UnknownPolicy::Drop);
                    let outcome =
                        SendOutcome::Unknown { reason: "the server was stopped while sending".to_owned() };
                    settle_row(tx, row, &outcome, policy, now)?;
                }
                Ok(())
            })
            .await?;
    }
}

/// 1, 2, 4 … seconds, at most 5 minutes.
fn backoff_ms(attempts: i64) -> i64 {
    let exponent = u32::try_from(attempts.clamp(1, 9) - 1).unwrap_or_default();
    (1_000 * 2_i64.pow(exponent)).min(300_000)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn until(now: UtcMs, moment: UtcMs) -> Duration {
    Duration::from_millis(u64::try_from(moment.0.saturating_sub(now.0)).unwrap_or_default())
}
