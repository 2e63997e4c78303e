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
mod links;
mod lists;
mod moves;
mod polling;
mod programs;
mod queue;
mod script;
mod stopping;
mod timers;
mod traces;
mod waiters;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::Connectors;
use engine::error::StepError;
use engine::ids::WorkspaceId;
use engine::limits::Limits;
use script_sandbox::Sandbox;
use store::{LaneId, Store, calls as call_rows, inbox, outbox, runs};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use commit::Outbound;
pub use intake::{IntakeError, OutsideCall, OutsideKind, Pending, SimulatedInput};
pub use lists::step_error as list_error;
pub use script::{ScriptMistake, check_script, run_script};

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
    tasks: Arc<Mutex<Tasks>>,
}

#[derive(Default)]
struct Tasks {
    /// They end when the runtime is stopping, after what they have under way.
    ending: Vec<JoinHandle<()>>,
    /// They only look for work, and may be cut off anywhere.
    looking: Vec<JoinHandle<()>>,
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
    pub moves_wakeup: Notify,
    pub bots_changed: Notify,
    pub stopping: stopping::Stopping,
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
            moves_wakeup: Notify::new(),
            bots_changed: Notify::new(),
            stopping: stopping::Stopping::default(),
        });
        dispatch::recover_claims(&inner).await.map_err(StartError::Recover)?;
        let runtime = Self { inner: Arc::clone(&inner), tasks: Arc::default() };
        let mut tasks = Tasks::default();
        for _ in 0..config.lanes.max(1) {
            tasks.ending.push(tokio::spawn(work_lanes(Arc::clone(&inner))));
        }
        tasks.ending.push(tokio::spawn(dispatch::run(Arc::clone(&inner))));
        tasks.ending.push(tokio::spawn(calls::run(Arc::clone(&inner))));
        tasks.ending.push(tokio::spawn(polling::run(runtime.clone())));
        tasks.looking.push(tokio::spawn(timers::run(Arc::clone(&inner))));
        tasks.looking.push(tokio::spawn(moves::run(Arc::clone(&inner))));
        tasks.looking.push(tokio::spawn(housekeeping::run(Arc::clone(&inner))));
        tasks.looking.push(tokio::spawn(counters::run(Arc::clone(&inner))));
        tasks.looking.push(tokio::spawn(sweep_for_ever(Arc::clone(&inner))));
        *runtime.tasks.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
        Ok(runtime)
    }

    /// The configuration of a workspace changed: a publication, a token, an attachment.
    pub fn bots_changed(&self, workspace: WorkspaceId) {
        self.inner.bots.forget(workspace);
        self.inner.bots_changed.notify_one();
        self.inner.moves_wakeup.notify_one();
    }

    /// Looks at how a script is written, in the sandbox.
    ///
    /// # Errors
    /// Scripts cannot be looked at now.
    pub async fn check_script(
        &self,
        workspace: WorkspaceId,
        source: &str,
    ) -> Result<Option<ScriptMistake>, StepError> {
        check_script(&self.inner.sandbox, workspace, source).await
    }

    /// Events, sends and runs that are under way in memory; 0 when the runtime rests.
    pub fn lanes_at_work(&self) -> usize {
        self.inner.queue.len()
    }

    /// Begins nothing new and waits a while for the bursts, sends and calls that are under way, so that no send
    /// is cut off whose fate nobody would know. What is left is in the tables.
    pub async fn shutdown(&self, patience: Duration) {
        self.inner.stopping.begin();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.looking.iter().for_each(JoinHandle::abort);
        let aborts: Vec<_> = tasks.ending.iter().map(JoinHandle::abort_handle).collect();
        let ended = async {
            for task in tasks.ending {
                // A loop of ours that has panicked has ended too.
                let _ = task.await;
            }
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
        self.inner.counters.flush(&self.inner.store).await;
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
        let lane = tokio::select! {
            biased;
            () = inner.stopping.begun() => return,
            lane = inner.queue.next() => lane,
        };
        // A panic of ours must not take the worker along.
        let (worker, key) = (Arc::clone(&inner), lane.clone());
        if let Err(error) = tokio::spawn(async move { lane::work(&worker, &key).await }).await {
            tracing::error!(bot = %lane.bot, lane = %lane.key, %error, "a lane's worker died");
        }
        inner.queue.done(&lane);
    }
}

/// The first look takes up what the last run left.
async fn sweep_for_ever(inner: Arc<Inner>) {
    loop {
        if let Err(error) = sweep(&inner).await {
            tracing::warn!(%error, "the tables could not be asked for work");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
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
    bots.into_iter().for_each(|(workspace, bot)| inner.dispatch.wake(workspace, bot));
    Ok(())
}
