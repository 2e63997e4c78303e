//! Long polling, for bots whose messenger cannot reach us.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use connectors::Retry;
use connectors::channels::{ChannelError, NewUpdate};
use engine::ids::BotId;
use store::Class;
use store::bots::{self, BotIntake, BotStatus};
use store::setbacks::{Item, Verdict, Work};
use tokio::task::JoinHandle;

use crate::bots::LoadedBot;
use crate::intake::IntakeError;
use crate::setbacks::set_back;
use crate::{Inner, Runtime};

/// How long the messenger may hold a poll open.
const POLL_TIMEOUT: Duration = Duration::from_secs(25);

/// How often the bots are looked through when nobody says that they changed.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Polls every active bot that wants it; starts and ends with the bots' settings, and with the runtime. A poll
/// may be cut off anywhere: what is not confirmed comes again.
pub async fn run(runtime: Runtime) {
    let mut polls: HashMap<BotId, Poll> = HashMap::new();
    loop {
        match wanted(&runtime.inner).await {
            Ok(wanted) => {
                polls.retain(|id, poll| {
                    let same =
                        |bot: &Arc<LoadedBot>| bot.id == *id && Fingerprint::of(bot) == poll.fingerprint;
                    wanted.iter().any(same) && !poll.task.is_finished()
                });
                for bot in wanted {
                    polls.entry(bot.id).or_insert_with(|| Poll {
                        fingerprint: Fingerprint::of(&bot),
                        task: tokio::spawn(poll_bot(runtime.clone(), Arc::clone(&bot))),
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "the bots could not be looked through"),
        }
        tokio::select! {
            () = runtime.inner.stopping.begun() => return,
            () = runtime.inner.bots_changed.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// A poll under way; it ends when this is dropped.
struct Poll {
    fingerprint: Fingerprint,
    task: JoinHandle<()>,
}

impl Drop for Poll {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a poll depends on; when it changes the poll starts anew.
#[derive(PartialEq, Eq)]
struct Fingerprint {
    token: String,
    base_url: Option<String>,
}

impl Fingerprint {
    fn of(bot: &LoadedBot) -> Self {
        Self { token: bot.access.token.expose().to_owned(), base_url: bot.access.base_url.clone() }
    }
}

async fn wanted(inner: &Inner) -> anyhow::Result<Vec<Arc<LoadedBot>>> {
    let rows = inner.store.read(|connection| Ok(bots::list_active(connection)?)).await?;
    let mut wanted = Vec::new();
    for row in rows.into_iter().filter(|row| row.intake == BotIntake::Polling && inner.nodes.owns(row.id)) {
        wanted.extend(inner.bots.load(row.id).await?);
    }
    Ok(wanted)
}

async fn poll_bot(runtime: Runtime, bot: Arc<LoadedBot>) {
    let Some(channel) = runtime.inner.connectors.channel(&bot.channel) else { return };
    // A webhook that is still set would make every poll a conflict.
    if let Err(error) = channel.delete_webhook(&bot.access).await {
        tracing::warn!(bot = %bot.id, %error, "the webhook could not be removed");
    }
    let mut cursor = bot.poll_offset;
    let mut failures = 0;
    loop {
        let text = cursor.map(|cursor| cursor.to_string());
        match channel.poll(&bot.access, text.as_deref(), POLL_TIMEOUT).await {
            Ok(batch) => {
                failures = 0;
                let next = batch.next_cursor.and_then(|cursor| cursor.parse::<i64>().ok());
                let stored = match runtime.take_updates(&bot, batch.updates.clone(), next).await {
                    Err(error) if !matches!(error, IntakeError::Busy) => {
                        tracing::warn!(bot = %bot.id, %error, "polled updates could not be stored");
                        take_each(&runtime, &bot, batch.updates, next).await
                    }
                    stored => stored.is_ok(),
                };
                if stored {
                    cursor = next.or(cursor);
                } else {
                    // The cursor did not move: the same updates come again.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Err(ChannelError::Revoked) => {
                stop_bot(&runtime, &bot).await;
                return;
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(bot = %bot.id, %error, "polling has to wait");
                tokio::time::sleep(match error.retry() {
                    Retry::After(wait) => wait,
                    Retry::Backoff | Retry::Never => Duration::from_secs(2_u64.pow(failures.min(6))),
                })
                .await;
            }
        }
    }
}

/// Stores updates one by one, and the cursor behind them: one that cannot be stored is fetched again some times, and
/// then left out, for nothing behind it would come otherwise. Answers whether the cursor has moved.
async fn take_each(runtime: &Runtime, bot: &LoadedBot, updates: Vec<NewUpdate>, cursor: Option<i64>) -> bool {
    let mut all_taken = true;
    for update in updates {
        let name = format!("{} of bot {}", update.dedupe_key, bot.id);
        let Err(error) = runtime.take_updates(bot, vec![update], None).await else { continue };
        if matches!(error, IntakeError::Busy) {
            // No update's fault: all that are left come again.
            return false;
        }
        let item = Item { workspace: bot.workspace, work: Work::Update, name };
        let verdict = set_back(&runtime.inner, item, &error, |_, _| Ok(())).await;
        all_taken &= matches!(verdict, Ok(Verdict::GivenUp));
    }
    all_taken && runtime.take_updates(bot, Vec::new(), cursor).await.is_ok()
}

async fn stop_bot(runtime: &Runtime, bot: &LoadedBot) {
    let (workspace, id) = (bot.workspace, bot.id);
    let stopped = runtime
        .inner
        .store
        .write(Class::Background, move |tx| {
            bots::set_status(tx, workspace, id, BotStatus::Failed, Some("token_revoked"))
        })
        .await;
    if let Err(error) = stopped {
        tracing::warn!(bot = %id, %error, "a bot with a revoked token could not be stopped");
    }
    runtime.inner.configured(workspace);
}
