//! One subscriber's dialogue with one bot: at most one open question, any number of background runs.

use crate::effect::{Effect, EffectId, Emitted, Ended, Input, Stop, StopReason};
use crate::event::{Event, EventKind};
use crate::ids::{RunId, ScenarioId, StepNo, VersionId};
use crate::program::ProgramSet;
use crate::route::{Route, route};
use crate::run::RunState;
use crate::words::{Lang, Words};

/// The open runs of a lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// The run whose question is open.
    pub foreground: Option<RunId>,
    pub runs: Vec<RunState>,
}

/// What an event sets in motion.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Runs that end first, because something else begins.
    pub stopped: Vec<RunId>,
    /// The run that takes the event, and what it is told. It is in the lane already.
    pub run: Option<(RunId, Input)>,
    /// What happens when no run takes it: a toast on a stale button.
    pub effects: Vec<Emitted>,
}

const STALE_BUTTON: Words =
    Words::new("This menu is out of date. Please start again.", "Это меню устарело. Начните заново.");

impl Lane {
    pub fn run(&self, id: RunId) -> Option<&RunState> {
        self.runs.iter().find(|run| run.run == id)
    }

    pub fn run_mut(&mut self, id: RunId) -> Option<&mut RunState> {
        self.runs.iter_mut().find(|run| run.run == id)
    }

    /// The run with the open question.
    pub fn question(&self) -> Option<&RunState> {
        self.foreground.and_then(|id| self.run(id)).filter(|run| run.has_question())
    }

    /// Whether a run of this dialogue is in a call to the outside: what does not interrupt has to wait.
    pub fn is_calling(&self) -> bool {
        self.runs.iter().any(RunState::is_calling)
    }

    /// Finds who takes an event and makes the lane ready for it. A run that begins has the event's number:
    /// an event begins at most one run, and a repetition begins the same one.
    /// `None` means later: the event has to wait for a call that is under way.
    pub fn take(&mut self, programs: &ProgramSet, lang: Lang, event: Event) -> Option<Turn> {
        let id = RunId(event.id.0);
        Some(match route(programs, self.question(), self.is_calling(), &event) {
            Route::Defer => return None,
            Route::Answer => {
                let run = self.foreground.map(|run| (run, Input::Event(event)));
                Turn { stopped: Vec::new(), run, effects: Vec::new() }
            }
            Route::Start { scenario, version, trigger } => {
                let stopped = self.begin(programs, id, scenario, version, &event);
                Turn { stopped, run: Some((id, Input::Start { trigger, event })), effects: Vec::new() }
            }
            Route::Press { scenario, version, action, exit } => {
                let stopped = self.begin(programs, id, scenario, version, &event);
                Turn { stopped, run: Some((id, Input::Press { action, exit, event })), effects: Vec::new() }
            }
            Route::Stale => Turn {
                stopped: Vec::new(),
                run: None,
                effects: acknowledge(&event, id, Some(STALE_BUTTON.get(lang).to_owned())),
            },
            Route::Ignore => Turn { stopped: Vec::new(), run: None, effects: acknowledge(&event, id, None) },
        })
    }

    /// Makes room for a run of a dialogue: the open question gives way, and so do pauses that do not
    /// outlive the person's moving on.
    fn begin(
        &mut self,
        programs: &ProgramSet,
        id: RunId,
        scenario: ScenarioId,
        version: VersionId,
        event: &Event,
    ) -> Vec<RunId> {
        let question = self.foreground.take();
        let mut stopped = Vec::new();
        self.runs.retain(|run| {
            let gives_way = Some(run.run) == question || run.is_calling() || gives_way(programs, run);
            if gives_way {
                stopped.push(run.run);
            }
            !gives_way
        });
        self.runs.push(RunState::new(id, scenario, version, event.clone()));
        stopped
    }

    /// Notes where a run stands after a burst: it may have opened a question, or be over.
    pub fn settle(&mut self, run: &RunState, stop: &Stop) {
        if let Some(kept) = self.run_mut(run.run) {
            kept.wait.clone_from(&run.wait);
            kept.place.clone_from(&run.place);
            kept.asking = run.asking;
        }
        match stop {
            Stop::Wait(wait) if wait.question => self.foreground = Some(run.run),
            Stop::Done(_) => self.runs.retain(|kept| kept.run != run.run),
            Stop::Wait(_) | Stop::Yield | Stop::Ask(_) => {}
        }
        let still_asks = self.foreground.and_then(|id| self.run(id)).is_some_and(RunState::has_question);
        if !still_asks {
            self.foreground = self.runs.iter().rev().find(|run| run.has_question()).map(|run| run.run);
        }
    }
}

/// Why a run of [`Turn::stopped`] ended.
pub const INTERRUPTED: Ended = Ended::Stopped(StopReason::Interrupted);

fn gives_way(programs: &ProgramSet, run: &RunState) -> bool {
    let Some(wait) = run.wait.as_ref().filter(|wait| !wait.question) else { return false };
    let program = programs.version(run.version);
    let action = program.and_then(|program| program.action(&wait.action));
    action.is_some_and(|action| action.options.ends_when_moved_on())
}

fn acknowledge(event: &Event, run: RunId, text: Option<String>) -> Vec<Emitted> {
    let EventKind::Button { callback: Some(callback), .. } = &event.kind else { return Vec::new() };
    let effect = Effect::Acknowledge { callback: callback.clone(), text };
    vec![Emitted { id: EffectId { run, step: StepNo(0), index: 0 }, effect }]
}
