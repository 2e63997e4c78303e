#![doc = include_str!("../README.md")]

mod bots;
mod burst;
mod calls;
mod commit;
mod counters;
mod dispatch;
mod event;
mod give_up;
mod housekeeping;
mod intake;
mod lane;
mod lists;
mod polling;
mod programs;
mod queue;
mod script;
mod timers;
mod traces;
mod waiters;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::Connectors;
use engine::ids::WorkspaceId;
use engine::limits::Limits;
use script_sandbox::Sandbox;
use store::{LaneId, Store, calls as call_rows, inbox, outbox, runs};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use commit::Outbound;
pub use intake::{IntakeError, OutsideCall, OutsideKind, Pending, SimulatedInput};
pub use lists::step_error as list_error;
pub use script::run_script;

/// How the runtime is built.
pub struct RuntimeConfig {
    pub store: Store,
    pub connectors: Arc<Connectors>,
    pub sandbox: Sandbox,
    /// Where the public listener is reached, without a slash at the end.
    pub public_url: String,
    /// Lanes worked at once.
    pub lanes: usize,
    /// Secret of this installation, for draws.
    pub seed: u64,
    pub limits: Limits,
}

/// Why the runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the unfinished work of the last run could not be read: {0}")]
    Recover(#[source] anyhow::Error),
}

/// What runs the bots. A handle; clones are the same runtime.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) inner: Arc<Inner>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub connectors: Arc<Connectors>,
    pub sandbox: Sandbox,
    pub bots: bots::Bots,
    pub queue: queue::LaneQueue,
    pub waiters: waiters::Waiters,
    pub dispatch: dispatch::Dispatch,
    pub traces: traces::Traces,
    pub counters: counters::Counters,
    pub limits: Arc<Limits>,
    pub seed: u64,
    /// Name of this start of the process in claims.
    pub node: Arc<str>,
    pub calls_wakeup: Notify,
    pub timers_wakeup: Notify,
    pub bots_changed: Notify,
}

/// How often the tables are asked what memory may have missed.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// Lanes woken by one sweep.
const SWEEP_LANES: i64 = 10_000;

impl Runtime {
    /// Starts all loops. What the last run left unfinished is taken up first.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn start(config: RuntimeConfig) -> Result<Self, StartError> {
        let inner = Arc::new(Inner {
            bots: bots::Bots::new(config.store.clone(), &config.public_url),
            traces: traces::Traces::new(config.store.clone()),
            counters: counters::Counters::default(),
            store: config.store,
            connectors: config.connectors,
            sandbox: config.sandbox,
            queue: queue::LaneQueue::default(),
            waiters: waiters::Waiters::default(),
            dispatch: dispatch::Dispatch::default(),
            limits: Arc::new(config.limits),
            seed: config.seed,
            node: node_name().map_err(StartError::Recover)?,
            calls_wakeup: Notify::new(),
            timers_wakeup: Notify::new(),
            bots_changed: Notify::new(),
        });
        dispatch::recover_claims(&inner).await.map_err(StartError::Recover)?;
        sweep(&inner).await.map_err(StartError::Recover)?;
        let runtime = Self { inner: Arc::clone(&inner), tasks: Arc::default() };
        for _ in 0..config.lanes.max(1) {
            runtime.spawn(work_lanes(Arc::clone(&inner)));
        }
        runtime.spawn(dispatch::run(Arc::clone(&inner)));
        runtime.spawn(calls::run(Arc::clone(&inner)));
        runtime.spawn(timers::run(Arc::clone(&inner)));
        runtime.spawn(housekeeping::run(Arc::clone(&inner)));
        runtime.spawn(counters::run(Arc::clone(&inner)));
        runtime.spawn(sweep_for_ever(Arc::clone(&inner)));
        runtime.spawn(polling::run(runtime.clone()));
        Ok(runtime)
    }

    /// The configuration of a workspace changed: a publication, a token, an attachment.
    pub fn bots_changed(&self, workspace: WorkspaceId) {
        self.inner.bots.forget(workspace);
        self.inner.bots_changed.notify_one();
    }

    /// Events, sends and runs that are under way in memory; 0 when the runtime rests.
    pub fn lanes_at_work(&self) -> usize {
        self.inner.queue.len()
    }

    /// Stops taking up work, waits a while for what is under way, then ends. What is left is in the tables.
    pub async fn shutdown(&self, patience: Duration) {
        let deadline = tokio::time::Instant::now() + patience;
        while self.inner.queue.len() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.iter().for_each(JoinHandle::abort);
        self.inner.counters.flush(&self.inner.store).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::spawn(task));
    }
}

/// Names this start of this process: claims under the name are its own and nobody else's.
fn node_name() -> anyhow::Result<Arc<str>> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(format!("node-{:016x}", u64::from_le_bytes(random)).into())
}

async fn work_lanes(inner: Arc<Inner>) {
    loop {
        let lane = inner.queue.next().await;
        // A panic of ours must not take the worker along.
        let (worker, key) = (Arc::clone(&inner), lane.clone());
        if let Err(error) = tokio::spawn(async move { lane::work(&worker, &key).await }).await {
            tracing::error!(bot = %lane.bot, lane = %lane.key, %error, "a lane's worker died");
        }
        inner.queue.done(&lane);
    }
}

async fn sweep_for_ever(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        if let Err(error) = sweep(&inner).await {
            tracing::warn!(%error, "the tables could not be asked for work");
        }
    }
}

/// Wakes whatever the tables say has work.
async fn sweep(inner: &Arc<Inner>) -> anyhow::Result<()> {
    let (lanes, bots) = inner
        .store
        .read(|connection| {
            let mut lanes: Vec<LaneId> = inbox::lanes_with_pending(connection, SWEEP_LANES)?;
            lanes.extend(runs::lanes_with_ready(connection, SWEEP_LANES)?);
            lanes.extend(call_rows::lanes_with_answered(connection, SWEEP_LANES)?);
            Ok((lanes, outbox::bots_with_queued(connection)?))
        })
        .await?;
    lanes.into_iter().for_each(|lane| inner.queue.wake(lane));
    bots.into_iter().for_each(|(workspace, bot, _)| inner.dispatch.wake(workspace, bot));
    Ok(())
}
