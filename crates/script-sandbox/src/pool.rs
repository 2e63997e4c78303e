//! The parent's side: a pool of warm children, a watchdog over each step, a fair queue in front.
//!
//! `queue` decides whose step is next, `child` talks to one process, `keeper` starts processes and replaces
//! the dead. There is one process more than workers, so that a step after a death does not wait for a start, and
//! one tenant never has all of them. `apart` is where those work whose scripts are stopped again and again.

mod apart;
mod child;
mod keeper;
mod priority;
mod queue;

use std::{
    collections::VecDeque,
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::oneshot, time::timeout};

use crate::{
    Budget, Confinement, ScriptError, ScriptOutcome, ScriptStep, StartError, Unavailable, Which,
    protocol::{self, Ask, Reply},
};

use self::{
    apart::Apart,
    child::{End, Worker},
    queue::{FairQueue, Place, Standing},
};

/// Steps after which a process is replaced, whatever state it is in: a few milliseconds per ten thousand
/// steps against anything that might pile up.
const STEPS_PER_WORKER: u32 = 10_000;

/// How to run the pool.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Steps of one tenant that run at a time; one per core is right. There is one more process, for when one dies
    /// and for the steps of others.
    pub workers: usize,
    pub command: WorkerCommand,
    pub budget: Budget,
    /// How long a step may wait for a worker.
    pub max_wait: Duration,
    /// Run scripts although seccomp is missing. For systems whose operator trusts every builder.
    pub allow_unconfined: bool,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            command: WorkerCommand::default(),
            budget: Budget::default(),
            max_wait: Duration::from_secs(30),
            allow_unconfined: false,
        }
    }
}

/// The subcommand by which a program is a worker.
pub const WORKER_SUBCOMMAND: &str = "script-worker";

/// The program that calls [`worker_main`](crate::worker_main).
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    pub program: PathBuf,
    pub args: Vec<OsString>,
}

impl Default for WorkerCommand {
    /// This program, with the subcommand [`WORKER_SUBCOMMAND`].
    fn default() -> Self {
        Self { program: own_program(), args: vec![WORKER_SUBCOMMAND.into()] }
    }
}

/// Through `/proc` it is still the running program after an upgrade has replaced the file.
fn own_program() -> PathBuf {
    if cfg!(target_os = "linux") {
        "/proc/self/exe".into()
    } else {
        std::env::current_exe().unwrap_or_else(|_| "scenaria".into())
    }
}

/// Runs scripts. A handle: clones share the pool, the last one to go ends it.
#[derive(Clone)]
pub struct Sandbox {
    pool: Arc<Pool>,
}

/// What the pool is doing, for the operator.
#[derive(Debug, Clone)]
pub struct Status {
    pub running: usize,
    pub idle: usize,
    /// Processes for tenants whose scripts are stopped again and again.
    pub apart: usize,
    /// Children since the start, by how they came and went.
    pub children: Children,
    /// Walls of the newest child; `None` until the first one has said hello.
    pub confinement: Option<Confinement>,
}

/// Children counted since the start of the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Children {
    pub started: u64,
    /// Their script went too far, or nobody waited for it any more.
    pub killed: u64,
    /// They died by themselves, or the system killed them.
    pub died: u64,
    /// They had done their share of steps.
    pub retired: u64,
}

impl Sandbox {
    /// Starts the pool. Children start in the background; steps that come earlier wait for them.
    ///
    /// Must be called inside a tokio runtime that runs for as long as scripts do. Steps may run on others.
    ///
    /// # Errors
    ///
    /// No worker wanted, no runtime, or no thread.
    pub fn start(config: SandboxConfig) -> Result<Self, StartError> {
        if config.workers == 0 {
            return Err(StartError::NoWorkers);
        }
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let (wanted, orders) = mpsc::channel();
        let pool = Arc::new(Pool {
            state: Mutex::new(State {
                idle: VecDeque::new(),
                running: 0,
                apart: Apart::default(),
                queue: FairQueue::new(config.workers),
                refused: None,
                failures: 0,
                children: Children::default(),
                confinement: None,
            }),
            wanted,
            config,
            runtime: runtime.clone(),
        });
        keeper::start(&pool, orders, runtime)?;
        for _ in 0..=pool.config.workers {
            pool.want_worker();
        }
        Ok(Self { pool })
    }

    /// Runs one step. `tenant` is who must not be able to slow down others: the workspace.
    ///
    /// Dropping the future stops the script.
    ///
    /// # Errors
    ///
    /// See [`ScriptError`]; only [`ScriptError::Unavailable`] is not the script's fault.
    pub async fn run(&self, tenant: u64, step: ScriptStep) -> Result<ScriptOutcome, ScriptError> {
        let budget = &self.pool.config.budget;
        self.check_length(&step.source)?;
        match self.ask(tenant, &Ask::run(tenant, &step, budget)).await? {
            Reply::Done(outcome) => Ok(outcome),
            other => Err(Self::refusal(other)),
        }
    }

    /// Looks for syntax errors without running the source, in the turn of this tenant.
    ///
    /// # Errors
    ///
    /// [`ScriptError::Syntax`], [`ScriptError::Budget`] when the source is too long or too deeply nested, or
    /// [`ScriptError::Unavailable`].
    pub async fn check(&self, tenant: u64, source: &str) -> Result<(), ScriptError> {
        self.check_length(source)?;
        match self.ask(tenant, &Ask::Check { source }).await? {
            Reply::Checked => Ok(()),
            other => Err(Self::refusal(other)),
        }
    }

    /// What one step may use.
    pub fn budget(&self) -> &Budget {
        &self.pool.config.budget
    }

    pub fn status(&self) -> Status {
        let state = self.pool.state();
        let (running, idle, apart) = (state.running, state.idle.len(), state.apart.processes());
        Status { running, idle, apart, children: state.children, confinement: state.confinement.clone() }
    }

    fn check_length(&self, source: &str) -> Result<(), ScriptError> {
        let longest = self.pool.config.budget.source_bytes;
        if source.len() > longest { Err(ScriptError::Budget(Which::Source)) } else { Ok(()) }
    }

    async fn ask(&self, tenant: u64, ask: &Ask<'_>) -> Result<Reply, ScriptError> {
        let mut frame = Vec::new();
        protocol::frame(&mut frame, |out| serde_json::to_writer(out, ask))
            .map_err(|error| ScriptError::Unavailable(Unavailable::Crashed(error.to_string().into())))?;
        let frame = Arc::new(frame);
        loop {
            let mut lease = Arc::clone(&self.pool).lease(tenant, Arc::clone(&frame)).await?;
            return match lease.finish().await {
                // Not the script's doing, and it has not begun. A fresh process serves at least one step.
                Err(End::Retired) => {
                    lease.replace();
                    continue;
                }
                // The engine was stopped in the middle of something: the process is not trusted with more.
                Ok(Reply::Budget(which @ (Which::Time | Which::Memory | Which::Depth)))
                | Err(End::OverBudget(which)) => {
                    lease.discard();
                    Err(ScriptError::Budget(which))
                }
                Ok(Reply::Broken(reason)) | Err(End::Crashed(reason)) => {
                    lease.discard();
                    tracing::error!(tenant, reason, "a script worker crashed");
                    Err(ScriptError::Unavailable(Unavailable::Crashed(reason.into())))
                }
                Ok(reply) => {
                    lease.give_back();
                    Ok(reply)
                }
            };
        }
    }

    fn refusal(reply: Reply) -> ScriptError {
        match reply {
            Reply::Syntax { message, line, column } => ScriptError::Syntax { message, line, column },
            Reply::Thrown { message, line, column } => ScriptError::Thrown { message, line, column },
            Reply::NotJson { variable, path, reason } => ScriptError::NotJson { variable, path, reason },
            Reply::Budget(which) => ScriptError::Budget(which),
            Reply::Broken(reason) => ScriptError::Unavailable(Unavailable::Crashed(reason.into())),
            Reply::Done(_) | Reply::Checked => {
                ScriptError::Unavailable(Unavailable::Crashed("an answer to another question".into()))
            }
        }
    }
}

struct Pool {
    config: SandboxConfig,
    state: Mutex<State>,
    /// Orders to the keeper; it ends with the pool because this end does.
    wanted: mpsc::Sender<Place>,
    runtime: Handle,
}

struct State {
    idle: VecDeque<Worker>,
    running: usize,
    apart: Apart,
    queue: FairQueue<Waiter>,
    /// Children cannot lock themselves in here: no script will ever run.
    refused: Option<Unavailable>,
    /// Starts that failed in a row.
    failures: u32,
    children: Children,
    confinement: Option<Confinement>,
}

/// A step that waits for a worker.
struct Waiter {
    frame: Arc<Vec<u8>>,
    turn: oneshot::Sender<Result<Lease, Unavailable>>,
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing inside a lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want_worker(&self) {
        // The keeper outlives the pool, so there is always somebody to hear it.
        let _ = self.wanted.send(Place::Common);
    }

    fn want_worker_in(self: &Arc<Self>, place: Place, after: Duration) {
        if after.is_zero() {
            let _ = self.wanted.send(place);
            return;
        }
        let pool = Arc::downgrade(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(after).await;
            if let Some(pool) = pool.upgrade() {
                let _ = pool.wanted.send(place);
            }
        });
    }

    /// Waits for a worker, which is at work on the frame by then.
    async fn lease(self: Arc<Self>, tenant: u64, frame: Arc<Vec<u8>>) -> Result<Lease, ScriptError> {
        let (turn, given) = oneshot::channel();
        {
            let mut state = self.state();
            if let Some(refused) = state.hopeless() {
                return Err(ScriptError::Unavailable(refused));
            }
            state.queue.push(tenant, Waiter { frame, turn });
        }
        self.dispatch();
        match timeout(self.config.max_wait, given).await {
            Ok(Ok(lease)) => lease.map_err(ScriptError::Unavailable),
            Ok(Err(_)) | Err(_) => Err(ScriptError::Unavailable(Unavailable::Busy)),
        }
    }

    /// Hands steps to those who may have a worker.
    fn dispatch(self: &Arc<Self>) {
        while let Some((waiter, mut lease)) = self.next_lease() {
            lease.begin(waiter.frame);
            // A waiter that gave up this very moment drops the lease, which stops the script.
            drop(waiter.turn.send(Ok(lease)));
        }
    }

    fn next_lease(self: &Arc<Self>) -> Option<(Waiter, Lease)> {
        let mut state = self.state();
        let now = Instant::now();
        loop {
            let (place, tenant, waiter) = self.next_waiter(&mut state, now)?;
            let standing = state.queue.standing(tenant, now);
            if waiter.turn.is_closed() {
                state.queue.finish(tenant, false, now);
                continue;
            }
            let worker = match place {
                // The one that has waited longest: it has had the time to prepare its next context.
                Place::Common => state.idle.pop_front(),
                Place::Apart => state.apart.take(),
            }?;
            if place == Place::Common {
                state.running += 1;
            }
            let pool = Arc::clone(self);
            return Some((
                waiter,
                Lease { pool, tenant, place, standing, worker: Some(worker), used: false },
            ));
        }
    }

    /// The next one for whom there is a worker.
    fn next_waiter(self: &Arc<Self>, state: &mut State, now: Instant) -> Option<(Place, u64, Waiter)> {
        if !state.idle.is_empty()
            && let Some((tenant, waiter)) = state.queue.pop(Place::Common, now)
        {
            return Some((Place::Common, tenant, waiter));
        }
        if !state.queue.has_next(Place::Apart, now) {
            return None;
        }
        state.children.died += state.apart.bury();
        if let Some(pause) = state.apart.order(self.most_apart(), now) {
            self.want_worker_in(Place::Apart, pause);
        }
        if state.apart.has_idle() {
            let (tenant, waiter) = state.queue.pop(Place::Apart, now)?;
            return Some((Place::Apart, tenant, waiter));
        }
        None
    }

    /// Processes for those apart.
    fn most_apart(&self) -> usize {
        (self.config.workers / 2).max(1)
    }

    fn add(self: &Arc<Self>, worker: Worker, confinement: Confinement) {
        {
            let mut state = self.state();
            state.failures = 0;
            state.children.started += 1;
            state.confinement = Some(confinement);
            state.take_back(worker);
        }
        self.dispatch();
    }

    /// The end of a lease, with the worker if somebody else may have it.
    fn end(self: &Arc<Self>, tenant: u64, place: Place, worker: Option<Worker>, over_budget: bool) {
        let replace = worker.is_none();
        {
            let mut state = self.state();
            let now = Instant::now();
            state.queue.finish(tenant, over_budget, now);
            match place {
                Place::Common => state.running = state.running.saturating_sub(1),
                Place::Apart if replace => state.apart.lost(now),
                Place::Apart => {}
            }
            if let Some(worker) = worker {
                state.take_back(worker);
            }
        }
        match place {
            Place::Common if replace => self.want_worker(),
            Place::Common => {}
            Place::Apart => apart::clear_up_later(self),
        }
        self.dispatch();
    }
}

impl State {
    fn take_back(&mut self, worker: Worker) {
        match worker.place {
            Place::Common => self.idle.push_back(worker),
            Place::Apart => self.apart.put(worker),
        }
    }

    /// Why it makes no sense to wait.
    fn hopeless(&self) -> Option<Unavailable> {
        /// Starts may fail now and then on a machine that is out of something for a moment.
        const PATIENCE: u32 = 3;
        let dead = self.failures >= PATIENCE && self.running == 0 && self.idle.is_empty();
        let dead = dead.then(|| Unavailable::NotStarted("script workers do not start".into()));
        self.refused.clone().or(dead)
    }
}

/// A worker in somebody's hands. Dropped in the middle of an exchange it takes the script with it.
struct Lease {
    pool: Arc<Pool>,
    tenant: u64,
    place: Place,
    standing: Standing,
    worker: Option<Worker>,
    used: bool,
}

impl Lease {
    fn begin(&mut self, frame: Arc<Vec<u8>>) {
        if let Some(worker) = &mut self.worker {
            self.used = true;
            worker.begin(frame, self.standing);
        }
    }

    async fn finish(&mut self) -> Result<Reply, End> {
        let budget = &self.pool.config.budget;
        let Some(worker) = &mut self.worker else { return Err(End::Crashed("no worker".to_owned())) };
        worker.finish(budget.wall, protocol::longest_reply(budget)).await
    }

    fn give_back(mut self) {
        self.used = false;
    }

    /// The process has gone by itself, and nobody is to blame.
    fn replace(mut self) {
        drop(self.worker.take());
        self.pool.state().children.died += 1;
        self.pool.end(self.tenant, self.place, None, false);
    }

    /// The script went too far: its process goes, and its tenant is held back for a while.
    fn discard(mut self) {
        // Dropping the worker kills the process; tokio collects it.
        drop(self.worker.take());
        self.pool.state().children.killed += 1;
        self.pool.end(self.tenant, self.place, None, true);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(worker) = self.worker.take() else { return };
        let tired = worker.steps >= STEPS_PER_WORKER || worker.was_slow;
        match (self.used, tired) {
            (true, _) => self.pool.state().children.killed += 1,
            (false, true) => self.pool.state().children.retired += 1,
            (false, false) => {}
        }
        let worker = (!self.used && !tired).then_some(worker);
        self.pool.end(self.tenant, self.place, worker, false);
    }
}
