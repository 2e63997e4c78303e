//! The JavaScript world of one step: a new Boa context with our globals in it.
//!
//! Everything here happens while the worker is idle, so it costs a step nothing.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    pin::pin,
    rc::Rc,
    task::{self, Poll, Waker},
    time::Instant,
};

use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, NativeFunction,
    builtins::promise::{OperationType, Promise},
    context::{Clock, ContextBuilder, HostHooks, time::JsInstant},
    error::{EngineError, RuntimeLimitError},
    job::{Job, JobExecutor},
    js_string,
    module::IdleModuleLoader,
    object::ObjectInitializer,
    property::Attribute,
};

use crate::protocol::LOG_LINES;

use super::{
    fault::{describe, shorten},
    read::parse_json,
    variables,
    write::{Mode, WriteError, Writer},
};

/// How backtraces call the builder's code.
pub(super) const SOURCE_PATH: &str = "script";

/// Frames of calls, far above what generated code needs and far below what the stack holds.
const RECURSION: usize = 1_000;
/// Values on the engine's own stack.
const ENGINE_STACK: usize = 256 << 10;
/// Rounds of one loop: about a second of an empty one, so that most endless loops cost no worker.
const LOOP_ROUNDS: u64 = 20_000_000;
/// Promise reactions of one step; an endless chain of them ends here.
const JOBS: usize = 1_000_000;
/// Frames of a backtrace: enough to reach the builder's code through native callbacks.
const BACKTRACE: usize = 20;

/// A context that no step has touched.
pub(super) struct Ready {
    pub context: Context,
    pub world: Rc<World>,
}

/// What the native functions of one context share.
pub(super) struct World {
    pub clock: Rc<StepClock>,
    pub inputs: variables::Inputs,
    random: Cell<u64>,
    logs: RefCell<Vec<String>>,
    log_overflow: Cell<bool>,
    /// Promises that failed and that nobody has asked about yet.
    unhandled: RefCell<Vec<JsObject>>,
    json_parse: JsObject,
    json_stringify: JsObject,
}

impl Ready {
    /// # Panics
    ///
    /// When the engine cannot be built at all, which ends the worker.
    #[allow(clippy::expect_used, reason = "nothing a script did; without an engine there is no worker")]
    pub fn new() -> Self {
        Self::build().expect("the engine can be built")
    }

    fn build() -> JsResult<Self> {
        let clock = Rc::new(StepClock::default());
        let mut context = ContextBuilder::new()
            .host_hooks(Rc::new(Hooks))
            .clock(Rc::clone(&clock))
            .job_executor(Rc::new(Jobs::default()))
            // Boa's default loader reads files.
            .module_loader(Rc::new(IdleModuleLoader))
            .can_block(false)
            .build()?;
        let limits = context.runtime_limits_mut();
        limits.set_recursion_limit(RECURSION);
        limits.set_stack_size_limit(ENGINE_STACK);
        limits.set_loop_iteration_limit(LOOP_ROUNDS);
        limits.set_backtrace_limit(BACKTRACE);

        let json = context.intrinsics().objects().json();
        let world = Rc::new(World {
            clock,
            inputs: variables::Inputs::default(),
            random: Cell::new(0),
            logs: RefCell::default(),
            log_overflow: Cell::new(false),
            unhandled: RefCell::default(),
            json_parse: method(&json, "parse", &mut context)?,
            json_stringify: method(&json, "stringify", &mut context)?,
        });
        context.insert_data(Rc::clone(&world));
        replace_json(&json, &mut context)?;
        let math = context.global_object().get(js_string!("Math"), &mut context)?;
        if let Some(math) = math.as_object() {
            set_function(&math, "random", 0, NativeFunction::from_fn_ptr(random), &mut context)?;
        }
        add_log(&mut context)?;
        variables::add_globals(&mut context)?;
        Ok(Self { context, world })
    }
}

impl World {
    /// The world of the context a native function runs in.
    pub fn of(context: &Context) -> JsResult<Rc<Self>> {
        let world = context.get_data::<Rc<Self>>().cloned();
        world.ok_or_else(|| JsNativeError::error().with_message("the step has no world").into())
    }

    pub fn start(&self, seed: u64, now_ms: i64) {
        self.random.set(seed);
        self.clock.start(now_ms);
    }

    /// A promise that failed without anybody to catch it, such as that of `main()` without `await`.
    pub fn unhandled(&self) -> Option<JsObject> {
        self.unhandled.borrow().first().cloned()
    }

    pub fn take_logs(&self) -> Vec<String> {
        let mut logs = self.logs.take();
        if self.log_overflow.get() {
            logs.push("…".to_owned());
        }
        logs
    }
}

fn method(object: &JsObject, name: &'static str, context: &mut Context) -> JsResult<JsObject> {
    let value = object.get(js_string!(name), context)?;
    value.as_callable().ok_or_else(|| JsNativeError::typ().with_message(name).into())
}

fn set_function(
    object: &JsObject,
    name: &'static str,
    length: usize,
    function: NativeFunction,
    context: &mut Context,
) -> JsResult<()> {
    let function = boa_engine::object::FunctionObjectBuilder::new(context.realm(), function)
        .name(js_string!(name))
        .length(length)
        .build();
    object.insert_property(
        js_string!(name),
        boa_engine::property::PropertyDescriptor::builder()
            .value(function)
            .writable(true)
            .enumerable(false)
            .configurable(true),
    );
    Ok(())
}

/// `JSON.parse` and `JSON.stringify` without a second argument, which is nearly always, go through our own
/// conversions: Boa's `parse` compiles the text as a program, is 5 to 7 times slower and keeps every string.
fn replace_json(json: &JsObject, context: &mut Context) -> JsResult<()> {
    set_function(json, "parse", 2, NativeFunction::from_fn_ptr(json_parse), context)?;
    set_function(json, "stringify", 3, NativeFunction::from_fn_ptr(json_stringify), context)?;
    // Not in ES2023, and our writer does not know them.
    json.delete_property_or_throw(js_string!("rawJSON"), context)?;
    json.delete_property_or_throw(js_string!("isRawJSON"), context)?;
    Ok(())
}

fn json_parse(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if args.get(1).is_some_and(JsValue::is_callable) {
        let original = World::of(context)?.json_parse.clone();
        return original.call(this, args, context);
    }
    let text = args.first().cloned().unwrap_or_default().to_string(context)?;
    parse_json(&text.to_std_string_lossy(), context)
        .map_err(|error| JsNativeError::syntax().with_message(error.to_string()).into())
}

fn json_stringify(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let plain = args.iter().skip(1).all(JsValue::is_null_or_undefined);
    if plain {
        let mut json = Vec::new();
        let value = args.first().cloned().unwrap_or_default();
        let written = Writer::new(&mut json, Mode::Stringify).value(&value, &js_string!().into(), context);
        match written {
            Ok(true) => {
                let text = String::from_utf8_lossy(&json);
                return Ok(js_string!(text.as_ref()).into());
            }
            Ok(false) => return Ok(JsValue::undefined()),
            Err(WriteError::Js(error)) => return Err(error),
            Err(WriteError::NotJson { reason, .. }) => {
                let message = format!("cannot convert to JSON: {reason:?}");
                return Err(JsNativeError::typ().with_message(message).into());
            }
            Err(WriteError::TooDeep | WriteError::TooLong) => {
                return Err(JsNativeError::range().with_message("the value is nested too deeply").into());
            }
            Err(WriteError::Exotic) => {}
        }
    }
    let original = World::of(context)?.json_stringify.clone();
    original.call(this, args, context)
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers.
fn random(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let world = World::of(context)?;
    let state = world.random.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
    world.random.set(state);
    let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    Ok(JsValue::new((mixed >> 11) as f64 / (1_u64 << 53) as f64))
}

/// `log(...)`, and `console.log(...)` for those who write it out of habit.
fn add_log(context: &mut Context) -> JsResult<()> {
    let function = NativeFunction::from_fn_ptr(log);
    let log = boa_engine::object::FunctionObjectBuilder::new(context.realm(), function)
        .name(js_string!("log"))
        .build();
    let attribute = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    let mut console = ObjectInitializer::new(context);
    for name in ["log", "info", "warn", "error", "debug"] {
        console.property(js_string!(name), log.clone(), attribute);
    }
    let console = console.build();
    context.register_global_property(js_string!("log"), log, attribute)?;
    context.register_global_property(js_string!("console"), console, attribute)
}

fn log(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let world = World::of(context)?;
    if world.logs.borrow().len() >= LOG_LINES {
        world.log_overflow.set(true);
        return Ok(JsValue::undefined());
    }
    let mut line = String::new();
    for (index, value) in args.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(&describe(value, context)?);
    }
    world.logs.borrow_mut().push(shorten(&line));
    Ok(JsValue::undefined())
}

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
    fn start(&self, now_ms: i64) {
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

struct Hooks;

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

    /// Boa would look for the zone in files. Dates are in UTC.
    fn local_timezone_offset_seconds(&self, _unix_time_seconds: i64) -> i32 {
        0
    }

    /// One buffer; the memory limit bounds their sum.
    fn max_buffer_size(&self, _context: &mut Context) -> u64 {
        32 << 20
    }
}

/// Promise reactions in their order. There is nothing to wait for in a step: no timers, no I/O.
#[derive(Default)]
struct Jobs {
    queue: RefCell<VecDeque<Job>>,
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
