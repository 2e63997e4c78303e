//! The JavaScript world of a step: a Boa context with our globals in it.
//!
//! Everything here happens while the worker is idle, so it costs a step nothing.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsSymbol, context::ContextBuilder,
    module::IdleModuleLoader,
};

use crate::{
    Language,
    protocol::{LOG_LINES, RunRequest},
};

use super::{
    globals, helpers,
    host::{Hooks, Jobs, StepClock},
    variables,
    zone::StepZone,
};

/// How backtraces call the builder's code.
pub(super) const SOURCE_PATH: &str = "script";

/// Frames of calls, far above what generated code needs and far below what the stack holds.
const RECURSION: usize = 1_000;
/// Values on the engine's own stack.
const ENGINE_STACK: usize = 256 << 10;
/// Rounds of one loop: about a second of an empty one, so that most endless loops cost no worker.
const LOOP_ROUNDS: u64 = 20_000_000;
/// Frames of a backtrace: enough to reach the builder's code through native callbacks.
const BACKTRACE: usize = 20;

/// A context between two steps.
pub(super) struct Ready {
    pub context: Context,
    pub world: Rc<World>,
}

/// What the native functions of one context share.
pub(super) struct World {
    pub clock: Rc<StepClock>,
    pub zone: Rc<StepZone>,
    pub inputs: variables::Inputs,
    pub jobs: Rc<Jobs>,
    /// What `Symbol.for` has given out, by its key.
    pub symbols: RefCell<Vec<(JsString, JsSymbol)>>,
    /// Promises that failed and that nobody has asked about yet.
    pub unhandled: RefCell<Vec<JsObject>>,
    pub json_parse: JsObject,
    pub json_stringify: JsObject,
    language: Cell<Language>,
    random: Cell<u64>,
    logs: RefCell<Vec<String>>,
    log_overflow: Cell<bool>,
    spoiled: Cell<bool>,
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
        let zone = Rc::new(StepZone::default());
        let jobs = Rc::new(Jobs::default());
        let mut context = ContextBuilder::new()
            .host_hooks(Rc::new(Hooks { zone: Rc::clone(&zone) }))
            .clock(Rc::clone(&clock))
            .job_executor(Rc::clone(&jobs))
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
            zone,
            inputs: variables::Inputs::default(),
            jobs,
            symbols: RefCell::default(),
            unhandled: RefCell::default(),
            json_parse: globals::method(&json, "parse", &mut context)?,
            json_stringify: globals::method(&json, "stringify", &mut context)?,
            language: Cell::new(Language::En),
            random: Cell::new(0),
            logs: RefCell::default(),
            log_overflow: Cell::new(false),
            spoiled: Cell::new(false),
        });
        context.insert_data(Rc::clone(&world));
        globals::add(&mut context)?;
        helpers::add(&mut context)?;
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

    pub fn start(&self, request: &RunRequest<'_>) {
        self.random.set(request.seed);
        self.clock.start(request.now_ms);
        self.zone.set(&request.zone);
        self.language.set(request.language);
    }

    /// Drops everything that belongs to the step that was.
    pub fn forget(&self) {
        self.inputs.clear();
        self.logs.take();
        self.log_overflow.set(false);
        self.unhandled.take();
        self.symbols.take();
    }

    /// The context has something in it that a step can add and nothing can take away.
    pub fn spoil(&self) {
        self.spoiled.set(true);
    }

    pub fn is_spoiled(&self) -> bool {
        self.spoiled.get()
    }

    pub fn language(&self) -> Language {
        self.language.get()
    }

    /// A promise that failed without anybody to catch it, such as that of `main()` without `await`.
    pub fn unhandled(&self) -> Option<JsObject> {
        self.unhandled.borrow().first().cloned()
    }

    pub fn next_random(&self) -> u64 {
        let state = self.random.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.random.set(state);
        state
    }

    /// Whether one more line is kept; a line that is not leaves a mark.
    pub fn has_room_in_log(&self) -> bool {
        let has_room = self.logs.borrow().len() < LOG_LINES;
        self.log_overflow.set(self.log_overflow.get() || !has_room);
        has_room
    }

    pub fn push_log(&self, line: String) {
        self.logs.borrow_mut().push(line);
    }

    pub fn take_logs(&self) -> Vec<String> {
        let mut logs = self.logs.take();
        if self.log_overflow.get() {
            logs.push("…".to_owned());
        }
        logs
    }
}
