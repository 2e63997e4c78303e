//! The free half of a burst: the run advances, reads and scripts are answered, nothing is written.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use engine::effect::{Answer, Ask, Effect, Emitted, Input, Stop};
use engine::error::StepError;
use engine::ids::UtcMs;
use engine::limits::Limits;
use engine::program::ProgramSet;
use engine::run::{Context, Fuel, Output, Passage, RunState, Scopes, TraceStep, advance};

use store::ReadError;

use crate::Inner;
use crate::bots::LoadedBot;
use crate::lists::find_rows;
use crate::script::run_script;

/// A run on its way to a commit.
#[derive(Clone)]
pub struct Burst {
    pub bot: Arc<LoadedBot>,
    pub programs: Arc<ProgramSet>,
    pub run: RunState,
    pub scopes: Scopes,
    pub effects: Vec<Emitted>,
    pub report: Report,
    pub now: UtcMs,
    seed: u64,
    question_open: bool,
    fuel: Fuel,
    /// Data operations done in this burst's job.
    pub operations: u32,
    /// Whether they wrote rows that triggers watch.
    pub told: bool,
}

/// What is told of steps once they are committed.
#[derive(Clone, Default)]
pub struct Report {
    pub trace: Vec<TraceStep>,
    pub passed: Vec<Passage>,
}

impl Report {
    pub fn add(
        &mut self,
        trace: impl IntoIterator<Item = TraceStep>,
        passed: impl IntoIterator<Item = Passage>,
    ) {
        TraceStep::join(&mut self.trace, trace);
        self.passed.extend(passed);
    }
}

/// The engine panicked: a bug of ours, on this event.
#[derive(Debug, thiserror::Error)]
#[error("the engine panicked")]
pub struct Panicked;

/// Why a burst came to no stop. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// The database has no time or is away. That is nothing a scenario should hear of: try again.
    #[error("a list could not be read: {0}")]
    Unavailable(#[source] ReadError),
}

impl Burst {
    pub fn new(
        inner: &Inner,
        bot: Arc<LoadedBot>,
        programs: Arc<ProgramSet>,
        run: RunState,
        scopes: Scopes,
        question_open: bool,
    ) -> Self {
        Self {
            bot,
            programs,
            run,
            scopes,
            effects: Vec::new(),
            report: Report::default(),
            now: inner.store.now(),
            seed: inner.seed,
            question_open,
            fuel: Fuel { steps: inner.limits.burst_steps },
            operations: 0,
            told: false,
        }
    }

    /// Advances until the run must write, call out, wait, yield or is over. A script that comes after a
    /// message was said is left for the next burst, so that the message goes out first.
    pub async fn run_free(&mut self, inner: &Inner, input: Input) -> Result<Stop, Broken> {
        let mut input = input;
        loop {
            let stop = self.advance(&inner.connectors, &inner.limits, input)?;
            let answer = match stop {
                Stop::Ask(Ask::Read(query)) => {
                    let workspace = self.bot.workspace;
                    let found =
                        inner.store.read(move |connection| find_rows(connection, workspace, &query)).await;
                    match found {
                        Ok(found) => found,
                        Err(error @ (ReadError::Busy | ReadError::Unavailable)) => {
                            return Err(Broken::Unavailable(error));
                        }
                        // It took too long, say; the next try would too.
                        Err(error) => {
                            tracing::warn!(bot = %self.bot.id, run = %self.run.run, %error, "a list could not be read");
                            Err(unavailable())
                        }
                    }
                }
                Stop::Ask(Ask::Script(script)) => {
                    if self.effects.iter().any(|emitted| matches!(emitted.effect, Effect::Send { .. })) {
                        return Ok(Stop::Yield);
                    }
                    let began = Instant::now();
                    let outcome = run_script(&inner.sandbox, self.bot.workspace, script).await;
                    let meters = &inner.meters;
                    meters.script_time.observe(began.elapsed());
                    if outcome.is_ok() { &meters.scripts_done } else { &meters.scripts_failed }.increment();
                    outcome.map(Answer::Script)
                }
                stop => return Ok(stop),
            };
            input = Input::Answer(self.run.step, answer);
        }
    }

    /// One call of the engine.
    pub fn advance(
        &mut self,
        connectors: &connectors::Connectors,
        limits: &Limits,
        input: Input,
    ) -> Result<Stop, Panicked> {
        let channel = connectors.channel(&self.bot.channel).ok_or(Panicked)?;
        let cx = Context {
            programs: &self.programs,
            now: self.now,
            zone: &self.bot.zone,
            seed: self.seed,
            channel: channel.capabilities(),
            limits,
            lang: self.bot.lang,
            question_open: self.question_open,
        };
        let advanced = std::panic::catch_unwind(AssertUnwindSafe(|| {
            advance(&cx, &mut self.run, &mut self.scopes, input, &mut self.fuel)
        }));
        let Output { effects, trace, passed, stop } = advanced.map_err(|_| Panicked)?;
        self.effects.extend(effects);
        self.report.add(trace, passed);
        Ok(stop)
    }
}

fn unavailable() -> StepError {
    StepError::new(
        "database_unavailable",
        "The database does not answer right now",
        "База данных сейчас не отвечает",
    )
}
