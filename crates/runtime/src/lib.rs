#![doc = include_str!("../README.md")]

mod addresses;
mod audience;
mod bots;
mod broadcasts;
mod burst;
mod calls;
mod commit;
mod counters;
mod dispatch;
mod event;
mod files;
mod give_up;
mod housekeeping;
mod intake;
mod lane;
mod links;
mod list_work;
mod lists;
mod meters;
mod moves;
mod nodes;
mod pause;
mod polling;
mod programs;
mod queue;
mod schedules;
mod script;
mod setbacks;
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
use store::{LaneId, Retention, Store, calls as call_rows, inbox, outbox, runs};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

pub use addresses::AddressCall;
pub use commit::Outbound;
pub use intake::{IntakeError, OutsideCall, OutsideKind, Pending, SimulatedInput};
pub use lists::step_error as list_error;
pub use script::{ScriptMistake, check_script, run_script};

/// How the runtime is built.
pub struct RuntimeConfig {
    pub store: Store,
    pub connectors: Arc<Connectors>,
    pub sandbox: Sandbox,
    /// Names the data directory, which one process holds at a time: what an earlier node of the same home has left
    /// is taken up at once.
    pub home: String,
    /// Where the public listener is reached, without a slash at the end.
    pub public_url: String,
    /// Lanes worked at once.
    pub lanes: usize,
    /// Secret of this installation, for draws.
    pub seed: u64,
    pub limits: Limits,
    /// What is kept of the past.
    pub retention: Retention,
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
    /// They are cut off when everything else has ended.
    living: Vec<JoinHandle<()>>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub connectors: Arc<Connectors>,
    pub sandbox: Sandbox,
    pub bots: bots::Bots,
    pub queue: Arc<queue::LaneQueue>,
    pub resting: lane::resting::Resting,
    /// Runs whose commits panicked.
    pub panics: lane::Panics,
    pub waiters: waiters::Waiters,
    pub dispatch: dispatch::Dispatch,
    pub traces: traces::Traces,
    pub counters: counters::Counters,
    pub meters: meters::RuntimeMeters,
    pub pause: pause::Pause,
    pub limits: Arc<Limits>,
    pub retention: Retention,
    pub seed: u64,
    pub nodes: nodes::Nodes,
    pub calls_wakeup: Notify,
    pub timers_wakeup: Notify,
    pub moves_wakeup: Notify,
    pub broadcasts_wakeup: Notify,
    pub list_work_wakeup: Notify,
    /// Places for uploads to messengers.
    pub uploads: Semaphore,
    pub bots_changed: Notify,
    pub plans: schedules::Plans,
    /// A write may have left events in the tables that nobody was woken for.
    pub sweep_wakeup: Notify,
    pub stopping: stopping::Stopping,
}

/// How often the tables are asked what memory may have missed.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// The same while other nodes bring events for this one's bots.
const SWEEP_SEVERAL_EVERY: Duration = Duration::from_millis(250);

/// Lanes woken by one sweep.
const SWEEP_LANES: i64 = 10_000;

impl Runtime {
    /// Starts all loops. What the last run left unfinished is taken up first.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn start(config: RuntimeConfig) -> Result<Self, StartError> {
        let inner = Arc::new(Inner {
            nodes: nodes::Nodes::new(&config.store, config.home).map_err(StartError::Recover)?,
            bots: bots::Bots::new(config.store.clone(), &config.public_url),
            traces: traces::Traces::new(config.store.clone()),
            counters: counters::Counters::default(),
            meters: meters::RuntimeMeters::default(),
            pause: pause::Pause::read(&config.store).await.map_err(StartError::Recover)?,
            store: config.store,
            connectors: config.connectors,
            sandbox: config.sandbox,
            queue: Arc::default(),
            resting: lane::resting::Resting::default(),
            panics: lane::Panics::default(),
            waiters: waiters::Waiters::default(),
            dispatch: dispatch::Dispatch::default(),
            limits: Arc::new(config.limits),
            retention: config.retention,
            seed: config.seed,
            calls_wakeup: Notify::new(),
            timers_wakeup: Notify::new(),
            moves_wakeup: Notify::new(),
            broadcasts_wakeup: Notify::new(),
            list_work_wakeup: Notify::new(),
            uploads: Semaphore::new(files::UPLOADS_MAX),
            bots_changed: Notify::new(),
            plans: schedules::Plans::default(),
            sweep_wakeup: Notify::new(),
            stopping: stopping::Stopping::default(),
        });
        nodes::join(&inner).await.map_err(StartError::Recover)?;
        let runtime = Self { inner: Arc::clone(&inner), tasks: Arc::default() };
        let mut tasks = Tasks::default();
        for _ in 0..config.lanes.max(1) {
            tasks
                .ending
                .push(tokio::spawn(pause::when_released(Arc::clone(&inner), work_lanes(Arc::clone(&inner)))));
        }
        tasks.ending.push(released(&inner, "dispatch", dispatch::run));
        tasks.ending.push(released(&inner, "calls", calls::run));
        let polling = runtime.clone();
        tasks.ending.push(released(&inner, "polling", move |_| polling::run(polling.clone())));
        tasks.looking.push(released(&inner, "timers", timers::run));
        tasks.looking.push(released(&inner, "schedules", schedules::run));
        tasks.looking.push(released(&inner, "moves", moves::run));
        tasks.looking.push(released(&inner, "broadcasts", broadcasts::run));
        tasks.looking.push(living(&inner, "list work", list_work::run));
        tasks.looking.push(living(&inner, "housekeeping", housekeeping::run));
        tasks.looking.push(living(&inner, "counters", counters::run));
        tasks.looking.push(living(&inner, "sweep", sweep_for_ever));
        tasks.looking.push(living(&inner, "pause", pause::Pause::watch));
        // A node that shuts down goes on living until its last send has ended.
        tasks.living.push(living(&inner, "heartbeats", nodes::run));
        tasks.living.push(living(&inner, "inheritance", nodes::inherit));
        tasks.living.push(living(&inner, "other nodes", nodes::look));
        tasks.living.push(living(&inner, "other nodes' words", nodes::listen));
        *runtime.tasks.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
        Ok(runtime)
    }

    /// The configuration of a workspace changed: a publication, a token, an attachment.
    pub fn bots_changed(&self, workspace: WorkspaceId) {
        self.inner.configured(workspace);
        self.inner.moves_wakeup.notify_one();
        self.inner.list_work_wakeup.notify_one();
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

    /// Whether everything stands still until an operator releases it.
    pub fn is_paused(&self) -> bool {
        self.inner.pause.is_on()
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
        let in_time = tokio::time::timeout(patience, ended).await.is_ok();
        aborts.iter().for_each(tokio::task::AbortHandle::abort);
        tasks.living.iter().for_each(JoinHandle::abort);
        if in_time {
            nodes::leave(&self.inner).await;
        }
        self.inner.counters.flush(&self.inner.store).await;
    }
}

/// A loop that a pause keeps from beginning.
fn released<F: Future<Output = ()> + Send + 'static>(
    inner: &Arc<Inner>,
    name: &'static str,
    work: impl Fn(Arc<Inner>) -> F + Send + Sync + 'static,
) -> JoinHandle<()> {
    let of = Arc::clone(inner);
    let begun = async move { setbacks::kept_alive(name, || work(Arc::clone(&of))).await };
    tokio::spawn(pause::when_released(Arc::clone(inner), begun))
}

/// A loop that runs in any case.
fn living<F: Future<Output = ()> + Send + 'static>(
    inner: &Arc<Inner>,
    name: &'static str,
    work: impl Fn(Arc<Inner>) -> F + Send + Sync + 'static,
) -> JoinHandle<()> {
    let of = Arc::clone(inner);
    tokio::spawn(async move { setbacks::kept_alive(name, || work(Arc::clone(&of))).await })
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
        let every = if inner.nodes.are_several() { SWEEP_SEVERAL_EVERY } else { SWEEP_EVERY };
        let _ = tokio::time::timeout(every, inner.sweep_wakeup.notified()).await;
    }
}

/// Wakes whatever the tables say has work.
async fn sweep(inner: &Arc<Inner>) -> anyhow::Result<()> {
    let node = inner.nodes.are_shared().then(|| inner.nodes.id());
    let (lanes, bots) = inner
        .store
        .read(move |connection| {
            let lanes = match node {
                Some(node) => store::nodes::lanes_with_work(connection, &node, SWEEP_LANES)?,
                None => {
                    let mut lanes: Vec<LaneId> = inbox::lanes_with_pending(connection, SWEEP_LANES)?;
                    lanes.extend(runs::lanes_with_ready(connection, SWEEP_LANES)?);
                    lanes.extend(call_rows::lanes_with_answered(connection, SWEEP_LANES)?);
                    lanes
                }
            };
            Ok((lanes, outbox::bots_with_queued(connection)?))
        })
        .await?;
    lanes.into_iter().for_each(|lane| inner.queue.wake(lane));
    let owned = bots.into_iter().filter(|(_, bot)| inner.nodes.owns(*bot));
    owned.for_each(|(workspace, bot)| inner.dispatch.wake(workspace, bot));
    Ok(())
}
