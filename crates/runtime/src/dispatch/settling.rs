//! What became of sends, on its way into the tables, while others are claimed and sent.
//!
//! Nobody waits for the fate of a message that has arrived, so it goes along with the next commit there is. Where a run
//! waits for it, or the next message of the chat, it makes one of its own.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use connectors::channels::SendOutcome;
use engine::delivery::fate_unknown;
use engine::ids::{BotId, MessageId, UtcMs, WorkspaceId};
use store::bots::{self, BotStatus, UnknownPolicy};
use store::fail_point::{self, FailPoint};
use store::outbox;
use store::setbacks::{Item, Verdict, Work};
use store::{Class, WriteError};
use tokio::task::JoinSet;

use super::awaited;
use super::fate::{note_sent, settle_row};
use super::sends::Finished;
use crate::Inner;
use crate::setbacks::set_back;

/// Wait before the tables are tried again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Why a send has an unknown fate whose row cannot be written.
const NOT_KEPT: &str = "what became of it could not be kept";

#[derive(Default)]
pub(super) struct Settling {
    tasks: JoinSet<(Class, Fates)>,
    /// Those on their way.
    ids: HashSet<MessageId>,
    /// Nobody waits for them, and others are under way.
    later: Vec<Finished>,
    /// Whether those are.
    aside: bool,
}

impl Settling {
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.ids.iter().copied()
    }

    /// Takes the fate of sends. `waited_for`: other messages may have to wait for these.
    pub(super) fn add(
        &mut self,
        inner: &Arc<Inner>,
        workspace: WorkspaceId,
        bot: BotId,
        outcomes: Vec<Finished>,
        waited_for: bool,
    ) {
        self.ids.extend(outcomes.iter().map(|finished| finished.row.id));
        self.later.extend(outcomes);
        let is_urgent = |finished: &Finished| {
            finished.row.return_to.is_some() || !matches!(finished.outcome, SendOutcome::Sent { .. })
        };
        if waited_for || self.later.iter().any(is_urgent) {
            self.begin(inner, workspace, bot, Class::Lanes);
        } else if !self.aside {
            self.aside = true;
            self.begin(inner, workspace, bot, Class::Aside);
        }
    }

    fn begin(&mut self, inner: &Arc<Inner>, workspace: WorkspaceId, bot: BotId, class: Class) {
        let outcomes = std::mem::take(&mut self.later);
        let inner = Arc::clone(inner);
        self.tasks.spawn(async move { (class, settle(&inner, workspace, bot, outcomes, class).await) });
    }

    /// Waits until some are in the tables; for ever, when none are under way. Nothing is lost when the future is
    /// dropped.
    pub(super) async fn next(&mut self, inner: &Arc<Inner>, workspace: WorkspaceId, bot: BotId) {
        match self.tasks.join_next().await {
            Some(Ok((class, fates))) => {
                for id in fates.kept() {
                    self.ids.remove(&id);
                }
                if !fates.open.is_empty() {
                    // They go on by themselves: nobody waits for them.
                    let inner = Arc::clone(inner);
                    self.tasks.spawn(async move { (Class::Lanes, fates.keep_on(&inner).await) });
                }
                if class == Class::Aside {
                    self.aside = !self.later.is_empty();
                    if self.aside {
                        self.begin(inner, workspace, bot, Class::Aside);
                    }
                }
            }
            // Its sends stay known, or they would count as lost and go out again.
            Some(Err(error)) => {
                tracing::error!(%bot, %error, "the fate of sends was lost");
                self.aside = false;
            }
            None => std::future::pending().await,
        }
    }
}

/// Keeps what became of the sends; some may be open still.
async fn settle(
    inner: &Arc<Inner>,
    workspace: WorkspaceId,
    bot: BotId,
    outcomes: Vec<Finished>,
    class: Class,
) -> Fates {
    fail_point::reach(FailPoint::SendAnswered);
    let now = inner.store.now();
    let policy = match inner.bots.load(bot).await {
        Ok(Some(bot)) => bot.unknown_policy,
        _ => UnknownPolicy::Drop,
    };
    let revoked = outcomes.iter().any(|finished| matches!(finished.outcome, SendOutcome::Revoked));
    for Finished { row, outcome, .. } in &outcomes {
        inner.meters.count_send(outcome);
        if !matches!(outcome, SendOutcome::Sent { .. }) {
            // The effect begins with its run.
            tracing::info!(%bot, message = %row.id, effect = row.effect_id, ?outcome, "a send did not go out");
        }
    }
    let outcomes = Arc::new(outcomes);
    let mut fates = Fates { workspace, bot, policy, revoked, now, outcomes, open: Vec::new() };
    fates.keep(inner, class).await;
    fail_point::reach(FailPoint::SendsSettled);
    fates.tell(inner);
    fates
}

/// What became of some sends, until it is in the tables.
struct Fates {
    workspace: WorkspaceId,
    bot: BotId,
    policy: UnknownPolicy,
    revoked: bool,
    now: UtcMs,
    outcomes: Arc<Vec<Finished>>,
    /// Those that could not be kept yet, and when they are tried again.
    open: Vec<(usize, UtcMs)>,
}

impl Fates {
    fn kept(&self) -> Vec<MessageId> {
        let is_open = |index: usize| self.open.iter().any(|(open, _)| *open == index);
        let kept = self.outcomes.iter().enumerate().filter(|(index, _)| !is_open(*index));
        kept.map(|(_, finished)| finished.row.id).collect()
    }

    /// Wakes the lanes whose runs wait for them.
    fn tell(&self, inner: &Inner) {
        for Finished { row, .. } in self.outcomes.iter().filter(|finished| finished.row.return_to.is_some()) {
            inner.wake(row.lane());
        }
        if self.revoked {
            inner.configured(self.workspace);
        }
    }

    /// Keeps all that can be kept: what was sent must be noted, or it would be sent again.
    async fn keep(&mut self, inner: &Inner, class: Class) {
        let all: Vec<usize> = (0..self.outcomes.len()).collect();
        loop {
            let Err(error) = self.write(inner, class, all.clone()).await else { return };
            tracing::warn!(bot = %self.bot, %error, "the fate of sends could not be kept yet");
            if error != WriteError::Busy {
                break;
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
        self.open = all.into_iter().map(|index| (index, UtcMs(0))).collect();
        self.keep_each(inner).await;
    }

    /// Keeps those that are open, for as long as it takes. One whose fate cannot be kept ends as one of unknown fate.
    async fn keep_on(mut self, inner: &Inner) -> Self {
        while !self.open.is_empty() {
            tokio::time::sleep(RETRY_AFTER).await;
            self.keep_each(inner).await;
        }
        self.tell(inner);
        self
    }

    /// One by one, those whose time has come.
    async fn keep_each(&mut self, inner: &Inner) {
        let mut open = Vec::new();
        for (index, at) in std::mem::take(&mut self.open) {
            if inner.store.now() < at {
                open.push((index, at));
                continue;
            }
            match self.write(inner, Class::Lanes, vec![index]).await {
                Ok(()) => {}
                Err(WriteError::Busy) => open.push((index, at)),
                Err(error) => open.extend(self.give_up(inner, index, &error).await.map(|at| (index, at))),
            }
        }
        self.open = open;
    }

    /// Counts a failure; answers when it is tried again, if it is.
    async fn give_up(&self, inner: &Inner, index: usize, error: &WriteError) -> Option<UtcMs> {
        let row = self.outcomes.get(index).map(|finished| Arc::clone(&finished.row))?;
        let (workspace, now) = (self.workspace, self.now);
        let item = Item { workspace, work: Work::Send, name: format!("{} of bot {}", row.id, self.bot) };
        let unknown = move |tx: &mut store::Tx, verdict| match verdict {
            Verdict::Again(_) => Ok(()),
            Verdict::GivenUp => {
                outbox::mark_unknown(tx, &row, NOT_KEPT, now)?;
                // A run that waits for it goes on, as behind any send of unknown fate.
                awaited::failed(tx, &row, &fate_unknown(NOT_KEPT))
            }
        };
        match set_back(inner, item, error, unknown).await {
            Ok(Verdict::Again(at)) => Some(at),
            Ok(Verdict::GivenUp) => None,
            // The database is away.
            Err(_) => Some(now),
        }
    }

    async fn write(&self, inner: &Inner, class: Class, which: Vec<usize>) -> Result<(), WriteError> {
        let Self { workspace, bot, policy, revoked, now, .. } = *self;
        let outcomes = Arc::clone(&self.outcomes);
        let job = move |tx: &mut store::Tx| {
            let some = || which.iter().filter_map(|index| outcomes.get(*index));
            let held = outbox::lock_claims(tx, some().map(|finished| &*finished.row))?;
            for Finished { row, outcome, history } in some() {
                if !held.contains(&row.id) {
                    tracing::warn!(%bot, message = %row.id, "another node has settled a send of this one");
                    continue;
                }
                match outcome {
                    SendOutcome::Sent { platform_id, result, .. } => {
                        note_sent(tx, row, platform_id.as_deref(), result, history, now)?;
                        awaited::arrived(tx, row, platform_id.as_deref(), result)?;
                    }
                    _ => settle_row(tx, row, outcome, policy, now)?,
                }
            }
            if revoked {
                bots::set_status(tx, workspace, bot, BotStatus::Failed, Some("token_revoked"))?;
            }
            Ok(())
        };
        inner.store.write(class, job).await
    }
}
