//! What the engine asks of its host: the time, the zone, compiling of strings, promise reactions.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    pin::pin,
    rc::Rc,
    task::{self, Poll, Waker},
    time::Instant,
};

use boa_engine::{
    Context, JsObject, JsResult, JsString,
    builtins::promise::{OperationType, Promise},
    context::{Clock, HostHooks, time::JsInstant},
    error::{EngineError, RuntimeLimitError},
    job::{Job, JobExecutor},
    realm::Realm,
};

use super::{context::World, zone::StepZone};

/// Promise reactions of one step; an endless chain of them ends here.
const JOBS: usize = 1_000_000;

/// The step's time: what the parent said, plus what has passed since.
pub(super) struct StepClock {
    begun: Cell<Instant>,
    now_ms: Cell<i64>,
}

impl Default for StepClock {
    fn default() -> Self {
        Self { begun: Cell::new(Instant::now()), now_ms: Cell::new(0) }
    }
}

impl StepClock {
    pub fn start(&self, now_ms: i64) {
        self.begun.set(Instant::now());
        self.now_ms.set(now_ms);
    }
}

impl Clock for StepClock {
    fn now(&self) -> JsInstant {
        let elapsed = self.begun.get().elapsed();
        JsInstant::new(elapsed.as_secs(), elapsed.subsec_nanos())
    }

    fn system_time_millis(&self) -> i64 {
        let passed = i64::try_from(self.begun.get().elapsed().as_millis()).unwrap_or(i64::MAX);
        self.now_ms.get().saturating_add(passed)
    }
}

pub(super) struct Hooks {
    pub zone: Rc<StepZone>,
}

impl HostHooks for Hooks {
    fn promise_rejection_tracker(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        context: &mut Context,
    ) {
        let Ok(world) = World::of(context) else { return };
        let promise = promise.clone().upcast();
        let mut unhandled = world.unhandled.borrow_mut();
        match operation {
            OperationType::Reject => unhandled.push(promise),
            OperationType::Handle => unhandled.retain(|known| !JsObject::equals(known, &promise)),
        }
    }

    /// The zone the parent named. Boa would look for one in files.
    fn local_timezone_offset_seconds(&self, unix_time_seconds: i64) -> i32 {
        self.zone.offset_seconds(unix_time_seconds)
    }

    /// `eval`, `new Function` and the like are allowed, but what they compile stays in the engine's tables for
    /// as long as the context lives, so that one is not used again.
    fn ensure_can_compile_strings(
        &self,
        _realm: Realm,
        _parameters: &[JsString],
        _body: &JsString,
        _direct: bool,
        context: &mut Context,
    ) -> JsResult<()> {
        World::of(context)?.spoil();
        Ok(())
    }

    /// One buffer; the memory limit bounds their sum.
    fn max_buffer_size(&self, _context: &mut Context) -> u64 {
        32 << 20
    }
}

/// Promise reactions in their order. There is nothing to wait for in a step: no timers, no I/O.
#[derive(Default)]
pub(super) struct Jobs {
    queue: RefCell<VecDeque<Job>>,
}

impl Jobs {
    pub fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }
}

impl JobExecutor for Jobs {
    fn enqueue_job(self: Rc<Self>, job: Job, _context: &mut Context) {
        self.queue.borrow_mut().push_back(job);
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        for _ in 0..JOBS {
            let job = self.queue.borrow_mut().pop_front();
            match job {
                Some(Job::PromiseJob(job)) => drop(job.call(context)?),
                Some(Job::GenericJob(job)) => drop(job.call(context)?),
                // `import(...)`: our module loader refuses at the first poll. What is not ready then never is.
                Some(Job::AsyncJob(job)) => {
                    let context = RefCell::new(&mut *context);
                    let refused =
                        pin!(job.call(&context)).poll(&mut task::Context::from_waker(Waker::noop()));
                    if let Poll::Ready(done) = refused {
                        done?;
                    }
                }
                // Timers and finalizers: nothing here makes any, and nothing waits for them.
                Some(_) => {}
                None => return Ok(()),
            }
            context.clear_kept_objects();
        }
        Err(EngineError::from(RuntimeLimitError::LoopIteration).into())
    }
}
