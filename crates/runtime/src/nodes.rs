//! Which bots this process works for. On SQLite all of them, and nothing here costs anything. On PostgreSQL each
//! node has a share, says every two seconds that it lives, and takes over from the dead.
//!
//! A node may be wrong about what it owns: it was frozen, or its clock stood. What it then writes is thrown away
//! by the fence of the lane and by the holder of the claim. What it sends cannot be taken back, so every send
//! asks for the lease first, by a clock that runs while the machine sleeps; the one send that was on its way when
//! the node froze is all that can go out late.
//!
//! How long it takes to replace a frozen node is bounded by what is here: heartbeats have a connection of their own, the
//! living look again when the lease of the quietest ends, whoever buries a node cuts its connections and with them its
//! locks, and what the dead had begun is taken up beside the heartbeats, again and again until it is done.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::ids::{BotId, EventId, WorkspaceId};
use store::nodes::{self, Beat, NodeId};
use store::{Class, Clock, LaneId, Ring, Store};
use tokio::sync::Notify;

use crate::{Inner, dispatch};

/// How often a node says that it lives.
const BEAT_EVERY: Duration = Duration::from_secs(2);

/// Wait before a heartbeat that failed is tried again.
const BEAT_AGAIN: Duration = Duration::from_millis(500);

/// How much later than the end of a lease it is looked whether it was renewed.
const LATEST_BREATH: Duration = Duration::from_millis(50);

/// A node whose heartbeat is older than this is dead.
const LEASE_MS: i64 = 10_000;

/// How much earlier a node stops to send than others may begin.
const MARGIN_MS: i64 = 3_000;

/// This process among the others.
pub struct Nodes {
    /// Random where nothing else names it.
    home: String,
    /// The name by which its connections go.
    process: String,
    shared: bool,
    state: RwLock<State>,
    /// By [`Clock::uptime_ms`]: until then nobody takes this node for dead.
    lease_until_ms: AtomicI64,
    several: AtomicBool,
    eldest: AtomicBool,
    wakeup: Notify,
    /// What the dead had begun is to be taken up.
    heir: Notify,
    /// Somebody's request may have been answered elsewhere.
    pub replied: Notify,
}

struct State {
    id: Arc<str>,
    owned: HashSet<BotId>,
}

impl Nodes {
    pub fn new(store: &Store, home: String) -> anyhow::Result<Self> {
        let process = store.name().to_owned();
        let id = random_life(&process)?;
        Ok(Self {
            home,
            process,
            shared: store.is_shared(),
            state: RwLock::new(State { id, owned: HashSet::new() }),
            lease_until_ms: AtomicI64::new(0),
            several: AtomicBool::new(false),
            eldest: AtomicBool::new(true),
            wakeup: Notify::new(),
            heir: Notify::new(),
            replied: Notify::new(),
        })
    }

    /// Names this life of this node: claims under the name are its own and nobody else's.
    pub fn id(&self) -> Arc<str> {
        Arc::clone(&self.read().id)
    }

    /// Whether the bot's lanes are this node's to work.
    pub fn owns(&self, bot: BotId) -> bool {
        !self.shared || self.read().owned.contains(&bot)
    }

    /// Whether it may send for the bot now: it owns it, and nobody can have taken it for dead.
    pub fn may_send(&self, bot: BotId) -> bool {
        !self.shared || (Clock::uptime_ms() < self.lease_until_ms.load(Ordering::Acquire) && self.owns(bot))
    }

    /// Whether there are other nodes.
    pub fn are_several(&self) -> bool {
        self.several.load(Ordering::Relaxed)
    }

    /// Whether what is to be done once for all nodes is this one's business.
    pub fn is_eldest(&self) -> bool {
        self.eldest.load(Ordering::Relaxed)
    }

    /// Whether other processes may work on the same database.
    pub fn are_shared(&self) -> bool {
        self.shared
    }

    /// A bot may want an owner: look now.
    pub fn look_now(&self) {
        if self.shared {
            self.wakeup.notify_one();
        }
    }

    fn node(&self) -> NodeId {
        NodeId { id: self.id().to_string(), home: self.home.clone() }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a heartbeat found; answers whether this node owns other bots than before.
    fn learn(&self, beat: &Beat, asked_at_ms: i64) -> bool {
        let owned: HashSet<BotId> = beat.owned.iter().copied().collect();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let changed = state.owned != owned;
        state.owned = owned;
        drop(state);
        self.lease_until_ms.store(asked_at_ms + LEASE_MS - MARGIN_MS, Ordering::Release);
        self.several.store(beat.alive > 1, Ordering::Relaxed);
        self.eldest.store(beat.is_eldest, Ordering::Relaxed);
        changed
    }

    /// It was taken for dead, and begins anew.
    fn begin_anew(&self) -> anyhow::Result<()> {
        let id = random_life(&self.process)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *state = State { id, owned: HashSet::new() };
        Ok(())
    }
}

fn random_life(process: &str) -> anyhow::Result<Arc<str>> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(format!("{process}.{:08x}", u32::from_le_bytes(random)).into())
}

/// Takes its place among the nodes, and up what the dead have left unfinished.
pub async fn join(inner: &Arc<Inner>) -> anyhow::Result<()> {
    if inner.nodes.shared {
        join_others(inner).await?;
    }
    take_up(inner).await
}

async fn join_others(inner: &Arc<Inner>) -> anyhow::Result<()> {
    let asked_at = Clock::uptime_ms();
    let node = inner.nodes.node();
    let beat = inner.store.write_pulse(move |tx| nodes::join(tx, &node, LEASE_MS)).await?;
    inner.nodes.learn(&beat, asked_at);
    inner.store.listen_closely(beat.alive > 1);
    inner.store.ring(Ring::Nodes);
    Ok(())
}

/// Says for ever that this node lives.
pub async fn run(inner: Arc<Inner>) {
    if !inner.nodes.shared {
        return;
    }
    loop {
        let wait = match beat(&inner).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "this node could not say that it lives");
                BEAT_AGAIN
            }
        };
        let _ = tokio::time::timeout(wait, inner.nodes.wakeup.notified()).await;
    }
}

/// Answers when the next one is due.
async fn beat(inner: &Arc<Inner>) -> anyhow::Result<Duration> {
    let asked_at = Clock::uptime_ms();
    let node = inner.nodes.node();
    let beat = inner.store.write_pulse(move |tx| nodes::beat(tx, &node, LEASE_MS)).await?;
    let Some(beat) = beat else {
        tracing::warn!(node = %inner.nodes.id(), "this node was taken for dead; it begins anew");
        inner.nodes.begin_anew()?;
        join_others(inner).await?;
        inner.nodes.heir.notify_one();
        return Ok(BEAT_EVERY);
    };
    let changed = inner.nodes.learn(&beat, asked_at);
    inner.store.listen_closely(beat.alive > 1);
    if changed {
        tracing::info!(
            bots = beat.owned.len(),
            nodes = beat.alive,
            "this node has another share of the bots"
        );
        inner.bots_changed.notify_one();
        inner.timers_wakeup.notify_one();
        inner.calls_wakeup.notify_one();
        inner.sweep_wakeup.notify_one();
    }
    if changed || beat.buried > 0 {
        inner.nodes.heir.notify_one();
    }
    Ok(wait_after(&beat))
}

/// When somebody would be dead by his own lease, it is known at once.
fn wait_after(beat: &Beat) -> Duration {
    let death = beat.next_death_in_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or_default()));
    death.map_or(BEAT_EVERY, |death| (death + LATEST_BREATH).min(BEAT_EVERY))
}

/// Takes up for ever what the dead had begun, whenever some were found. A heartbeat does not wait for it.
pub async fn inherit(inner: Arc<Inner>) {
    if !inner.nodes.shared {
        return;
    }
    loop {
        inner.nodes.heir.notified().await;
        while let Err(error) = take_up(&inner).await {
            tracing::warn!(%error, "what a dead node had begun has to wait");
            tokio::time::sleep(BEAT_AGAIN).await;
        }
    }
}

/// What the dead had begun: their sends may have gone out, their calls are made again.
async fn take_up(inner: &Arc<Inner>) -> anyhow::Result<()> {
    dispatch::recover_claims(inner).await?;
    let now = inner.store.now();
    let revived = inner.store.write(Class::Lanes, move |tx| nodes::revive_calls(tx, now)).await?;
    if revived > 0 {
        inner.calls_wakeup.notify_one();
    }
    Ok(())
}

/// Leaves, so that others need not wait for the lease to end.
pub async fn leave(inner: &Inner) {
    if !inner.nodes.shared {
        return;
    }
    let id = inner.nodes.id();
    match inner.store.write_pulse(move |tx| nodes::leave(tx, &id)).await {
        Ok(()) => inner.store.ring(Ring::Nodes),
        Err(error) => tracing::warn!(%error, "the other nodes will find out that this one has gone"),
    }
}

/// Hears what other nodes say, for ever.
pub async fn listen(inner: Arc<Inner>) {
    loop {
        match inner.store.hear().await {
            Ring::Lane(lane) if inner.nodes.owns(lane.bot) => inner.queue.wake(lane),
            Ring::Lane(_) => {}
            Ring::Replied => inner.nodes.replied.notify_one(),
            Ring::Configured(workspace) => inner.forget(workspace),
            Ring::Nodes => inner.nodes.look_now(),
        }
    }
}

/// How often the tables are asked for what other nodes brought.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Hands out replies that other nodes gave, and notices configuration that they changed.
pub async fn look(inner: Arc<Inner>) {
    if !inner.nodes.shared {
        return;
    }
    loop {
        let _ = tokio::time::timeout(LOOK_EVERY, inner.nodes.replied.notified()).await;
        if !inner.nodes.are_several() {
            continue;
        }
        if let Err(error) = look_once(&inner).await {
            tracing::warn!(%error, "what other nodes did could not be seen");
            tokio::time::sleep(BEAT_AGAIN).await;
        }
    }
}

async fn look_once(inner: &Arc<Inner>) -> anyhow::Result<()> {
    let (events, known): (Vec<EventId>, Vec<(WorkspaceId, i64)>) =
        (inner.waiters.events(), inner.bots.epochs());
    if events.is_empty() && known.is_empty() {
        return Ok(());
    }
    let workspaces: Vec<WorkspaceId> = known.iter().map(|(workspace, _)| *workspace).collect();
    let (replies, epochs) = inner
        .store
        .read(move |connection| {
            let replies = if events.is_empty() {
                Vec::new()
            } else {
                store::replies::find_of_events(connection, &events)?
            };
            Ok((replies, store::workspaces::epochs(connection, &workspaces)?))
        })
        .await?;
    for reply in replies {
        inner.waiters.answer(&reply.secret, crate::intake::response_of(&reply));
    }
    for (workspace, epoch) in known {
        if !epochs.contains(&(workspace, epoch)) {
            inner.forget(workspace);
        }
    }
    Ok(())
}

impl Inner {
    /// Says that a lane has something to do, to whoever works it.
    pub fn wake(&self, lane: LaneId) {
        if self.nodes.owns(lane.bot) {
            self.queue.wake(lane);
        } else {
            self.store.ring(Ring::Lane(lane));
        }
    }

    /// Forgets what is known of a workspace's bots. Its triggers are planned anew, on every node that hears of it:
    /// one that planned by what it knew before corrects itself.
    pub fn forget(&self, workspace: WorkspaceId) {
        self.bots.forget(workspace);
        self.bots_changed.notify_one();
        self.plans.change(workspace);
    }

    /// The same on every node.
    pub fn configured(&self, workspace: WorkspaceId) {
        self.forget(workspace);
        if self.nodes.are_shared() {
            // A new bot wants an owner.
            self.nodes.look_now();
            self.store.ring(Ring::Configured(workspace));
        }
    }
}
