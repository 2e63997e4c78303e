//! One subscriber's dialogue with one bot: at most one open question, any number of background runs.
//!
//! [`Lane::take`] finds who takes an event and makes room for it, [`Lane::settle`] notes what came of it and
//! says who may go on now. Runs that stand back ([`Held`]) are open but do nothing until then.

mod keyboard;
mod signals;

use serde::{Deserialize, Serialize};

use crate::effect::{ChannelCall, Effect, EffectId, Emitted, Input, Stop};
use crate::event::{Event, EventKind};
use crate::ids::{RunId, ScenarioId, StepNo, TriggerId, UtcMs, VersionId};
use crate::limits::Limits;
use crate::message::{Message, Response, RichText};
use crate::program::ProgramSet;
use crate::route::{Route, breaks_in, route};
use crate::run::{ButtonToken, Held, RunState};
use crate::scenario::{Overlap, Trigger, TriggerOptions};
use crate::signal::without_run;
use crate::value::Value;
use crate::words::{Lang, Words};

/// The open runs of a lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// The run whose question is open.
    pub foreground: Option<RunId>,
    pub runs: Vec<RunState>,
    pub memory: LaneMemory,
}

/// What a lane remembers beside its runs. Stored as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaneMemory {
    /// The button pressed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub press: Option<Press>,
    /// The keys of the keyboard that stands in the chat, each with its token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<(String, String)>,
}

/// A press of a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    pub token: String,
    pub at: UtcMs,
}

/// What an event sets in motion.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// Runs that end first, because something else begins.
    pub stopped: Vec<RunId>,
    /// Runs that changed and are to be kept: they stand back now.
    pub held: Vec<RunId>,
    /// The run that takes the event, and what it is told. It is in the lane already.
    pub run: Option<(RunId, Input)>,
    /// What happens when no run takes it: a toast on a stale button.
    pub effects: Vec<Emitted>,
}

/// A run that is to begin at a trigger.
struct Start {
    scenario: ScenarioId,
    version: VersionId,
    trigger: TriggerId,
    overlap: Overlap,
    /// The question it breaks into is asked again.
    returns: bool,
    /// It makes no room for itself: it is no move of the person's.
    beside: bool,
    /// It takes the place of the runs of its scenario, although it is beside.
    ends_others: bool,
}

const STALE_BUTTON: Words =
    Words::new("This menu is out of date. Please start again.", "Это меню устарело. Начните заново.");

const UNSUBSCRIBED: Words = Words::new(
    "You will get no more mailings. /start turns them on again.",
    "Рассылок больше не будет. Включить их снова: /start.",
);

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

    /// Whether the open question is another run's.
    pub fn has_other_question(&self, run: RunId) -> bool {
        self.question().is_some_and(|open| open.run != run)
    }

    /// Whether a run of this dialogue is in a call to the outside: what does not interrupt has to wait.
    pub fn is_calling(&self) -> bool {
        self.runs.iter().any(RunState::is_calling)
    }

    /// Finds who takes an event and makes the lane ready for it. A run that begins has the event's number:
    /// an event begins at most one run, and a repetition begins the same one.
    /// `None` means later: the event has to wait for a call that is under way.
    pub fn take(&mut self, programs: &ProgramSet, lang: Lang, limits: &Limits, event: Event) -> Option<Turn> {
        let id = RunId(event.id.0);
        if self.is_pressed_twice(limits, &event) {
            return Some(Turn { effects: acknowledge(&event, id, None), ..Turn::default() });
        }
        if let EventKind::Signal { .. } = &event.kind {
            return Some(self.take_signal(programs, lang, event));
        }
        if let EventKind::Called { address, .. } = &event.kind {
            return Some(self.take_call(&address.clone(), event));
        }
        if let Some(effects) = unsubscribe(programs, lang, &event) {
            return Some(Turn { effects, ..Turn::default() });
        }
        let press = match &event.kind {
            EventKind::Button { token, .. } => Some(Press { token: token.clone(), at: event.at }),
            _ => None,
        };
        let turn = match route(programs, self, &event) {
            Route::Defer => return None,
            Route::Answer => {
                let run = self.foreground.map(|run| (run, Input::Event(event)));
                Turn { run, ..Turn::default() }
            }
            Route::Start { scenario, version, trigger } => {
                self.start(programs, scenario, version, trigger, event)
            }
            Route::Press { scenario, version, door } => {
                let turn = self.make_room(programs, id, false);
                self.runs.push(RunState::new(id, scenario, version, event.clone()));
                Turn { run: Some((id, Input::Press { door, event })), ..turn }
            }
            Route::Stale => {
                let toast = Some(STALE_BUTTON.get(lang).to_owned());
                Turn { effects: acknowledge(&event, id, toast), ..Turn::default() }
            }
            Route::Ignore => Turn { effects: acknowledge(&event, id, None), ..Turn::default() },
        };
        if press.is_some() {
            self.memory.press = press;
        }
        Some(turn)
    }

    /// A call of an address goes to the run that waits for it. One that came before it waits is kept where the
    /// address is, and its caller is done.
    fn take_call(&mut self, address: &str, event: Event) -> Turn {
        let waits =
            |run: &&RunState| run.wait.as_ref().is_some_and(|wait| wait.address.as_deref() == Some(address));
        if let Some(run) = self.runs.iter().find(waits).map(|run| run.run) {
            return Turn { run: Some((run, Input::Event(event))), ..Turn::default() };
        }
        let response = Response { status: 200, body: Value::Null };
        let respond = Effect::Respond { event: event.id, response };
        Turn { effects: without_run(RunId(event.id.0), std::iter::once(respond)), ..Turn::default() }
    }

    /// A button that is pressed again at once was pressed once, whatever it led to. A question that is still
    /// open takes every press: it may be one of several choices.
    fn is_pressed_twice(&self, limits: &Limits, event: &Event) -> bool {
        let (EventKind::Button { token, .. }, Some(last)) = (&event.kind, &self.memory.press) else {
            return false;
        };
        let since_ms = event.at.0.saturating_sub(last.at.0);
        if *token != last.token || !(0..limits.double_press_ms).contains(&since_ms) {
            return false;
        }
        let token = ButtonToken::parse(token);
        let is_open = |run: &RunState| {
            let wait = run.wait.as_ref();
            token.as_ref().is_some_and(|token| {
                run.run == token.run && wait.is_some_and(|wait| wait.id.0 == token.step.0)
            })
        };
        !self.question().is_some_and(is_open)
    }

    /// Begins a run at a trigger, or does what the trigger says when its scenario is at work already.
    fn start(
        &mut self,
        programs: &ProgramSet,
        scenario: ScenarioId,
        version: VersionId,
        trigger: TriggerId,
        event: Event,
    ) -> Turn {
        let found = programs.version(version).and_then(|program| program.trigger(&trigger));
        // Neither a page that asks for its data nor the clock is a move of the dialogue: what is open stays open.
        if event.is_aside() {
            return self.begin(scenario, version, trigger, event);
        }
        let is_own_move = !matches!(event.kind, EventKind::Membership { .. } | EventKind::Signal { .. });
        let start = Start {
            scenario,
            version,
            trigger,
            overlap: found.map(|found| found.overlap).unwrap_or_default(),
            returns: found.is_some_and(|found| found.question_returns),
            beside: !is_own_move && !found.is_some_and(breaks_in),
            ends_others: false,
        };
        self.start_as(programs, start, event)
    }

    fn start_as(&mut self, programs: &ProgramSet, start: Start, event: Event) -> Turn {
        let Start { scenario, version, trigger, overlap, returns, beside, ends_others } = start;
        let id = RunId(event.id.0);
        let is_running = self.runs.iter().any(|run| run.scenario == scenario && is_begun(programs, run));
        if is_running && overlap == Overlap::Ignore {
            return Turn { effects: acknowledge(&event, id, None), ..Turn::default() };
        }
        if is_running && overlap == Overlap::Queue {
            let mut run = RunState::new(id, scenario, version, event.clone());
            run.held = Some(Held::Start(trigger));
            self.runs.push(run);
            return Turn { held: vec![id], effects: acknowledge(&event, id, None), ..Turn::default() };
        }
        let mut turn = if beside { Turn::default() } else { self.make_room(programs, id, returns) };
        if ends_others {
            turn.stopped.extend(self.end_runs(|run| run.scenario == scenario && is_begun(programs, run)));
        }
        let begun = self.begin(scenario, version, trigger, event);
        Turn { run: begun.run, ..turn }
    }

    /// Begins a run beside whatever there is.
    fn begin(&mut self, scenario: ScenarioId, version: VersionId, trigger: TriggerId, event: Event) -> Turn {
        let id = RunId(event.id.0);
        self.runs.push(RunState::new(id, scenario, version, event.clone()));
        Turn { run: Some((id, Input::Start { trigger, event })), ..Turn::default() }
    }

    /// Ends runs from outside; answers which. Another open question gets the answers now.
    fn end_runs(&mut self, ends: impl Fn(&RunState) -> bool) -> Vec<RunId> {
        let ended: Vec<RunId> = self.runs.iter().filter(|run| ends(run)).map(|run| run.run).collect();
        self.runs.retain(|run| !ended.contains(&run.run));
        if !ended.is_empty() {
            self.focus();
        }
        ended
    }

    /// Makes room for a run of a dialogue. The open question gives way, for good or until the run is over;
    /// so do pauses that do not outlive the person's moving on.
    fn make_room(&mut self, programs: &ProgramSet, by: RunId, returns: bool) -> Turn {
        let question = self.foreground.take();
        let mut turn = Turn::default();
        self.runs.retain_mut(|run| {
            let is_question = Some(run.run) == question && run.has_question();
            let was_question = matches!(run.held, Some(Held::Interrupted { .. }));
            if returns && is_question {
                run.stand_back(by);
                turn.held.push(run.run);
                return true;
            }
            let ends = is_question
                || was_question && !returns
                || run.wait.is_some() && !run.has_question() && is_in_dialogue(programs, run)
                || run.is_calling() && !returns;
            if ends {
                turn.stopped.push(run.run);
            }
            !ends
        });
        turn
    }

    /// Ends the runs that wait under a key, except the one that says so; answers which.
    pub fn cancel_waits(&mut self, key: &str, by: RunId) -> Vec<RunId> {
        let mut cancelled = Vec::new();
        self.runs.retain(|run| {
            let is_meant =
                run.run != by && run.wait.as_ref().is_some_and(|wait| wait.key.as_deref() == Some(key));
            if is_meant {
                cancelled.push(run.run);
            }
            !is_meant
        });
        cancelled
    }

    /// Notes where a run stands after a burst: it may have opened a question, or be over. Answers who stood
    /// back and may go on now, by [`Input::Resume`].
    pub fn settle(&mut self, programs: &ProgramSet, run: &RunState, stop: &Stop) -> Option<RunId> {
        if let Some(kept) = self.run_mut(run.run) {
            kept.wait.clone_from(&run.wait);
            kept.held.clone_from(&run.held);
            kept.place.clone_from(&run.place);
            kept.version = run.version;
            kept.asking = run.asking;
        }
        match stop {
            Stop::Wait(wait) if wait.question => self.foreground = Some(run.run),
            Stop::Done(_) => self.runs.retain(|kept| kept.run != run.run),
            Stop::Wait(_) | Stop::Held | Stop::Yield | Stop::Ask(_) => {}
        }
        self.focus();
        self.next_to_resume(programs)
    }

    /// Takes a run out that was ended from outside. Another open question gets the answers now.
    pub fn remove(&mut self, run: RunId) {
        self.runs.retain(|kept| kept.run != run);
        self.focus();
    }

    /// Takes a run out that somebody ended; answers who stood back because of it and may go on.
    pub fn stop(&mut self, programs: &ProgramSet, run: RunId) -> Option<RunId> {
        self.remove(run);
        self.next_to_resume(programs)
    }

    fn focus(&mut self) {
        if self.question().is_none() {
            self.foreground = self.runs.iter().rev().find(|run| run.has_question()).map(|run| run.run);
        }
    }

    /// The run that stood back and has no reason to any more: an interrupted question first, then what waits
    /// for its scenario, then what came to a question in the background.
    fn next_to_resume(&self, programs: &ProgramSet) -> Option<RunId> {
        if self.question().is_some() {
            return None;
        }
        let at_work = |run: &RunState| is_in_dialogue(programs, run);
        let find = |may: &dyn Fn(&RunState, &Held) -> bool| {
            let ready = self.runs.iter().find(|run| run.held.as_ref().is_some_and(|held| may(run, held)));
            ready.map(|run| run.run)
        };
        // Who broke in may have been broken into himself.
        let goes_on = |run: &RunState| run.held.is_some() || at_work(run);
        let returns = |_: &RunState, held: &Held| matches!(held, Held::Interrupted { by } if !self.run(*by).is_some_and(goes_on));
        let begins = |run: &RunState, held: &Held| {
            let same = |other: &RunState| other.scenario == run.scenario && other.run != run.run;
            matches!(held, Held::Start(_)) && !self.runs.iter().any(|other| same(other) && at_work(other))
        };
        find(&returns).or_else(|| find(&begins)).or_else(|| find(&|_, held| *held == Held::Question))
    }
}

/// Whether the person is inside of the run, or will be when what stands before it is over.
fn is_begun(programs: &ProgramSet, run: &RunState) -> bool {
    matches!(run.held, Some(Held::Start(_) | Held::Interrupted { .. })) || is_in_dialogue(programs, run)
}

/// Whether the person is inside of the run: it works, calls, asks, or pauses in a way that ends when he moves
/// on. What stands back is not, nor what goes on in the background.
fn is_in_dialogue(programs: &ProgramSet, run: &RunState) -> bool {
    match &run.wait {
        _ if run.held.is_some() => false,
        None => true,
        Some(wait) if wait.question => true,
        Some(wait) => {
            let program = programs.version(run.version);
            program
                .and_then(|program| program.action(&wait.action))
                .is_some_and(|action| action.options.ends_when_moved_on())
        }
    }
}

/// What `/stop` means to a bot that has no such command: no message any more that was not asked for.
fn unsubscribe(programs: &ProgramSet, lang: Lang, event: &Event) -> Option<Vec<Emitted>> {
    event.command().filter(|(command, _)| *command == "stop")?;
    let takes =
        |trigger: &Trigger| matches!(&trigger.options, TriggerOptions::Command(own) if own.command == "stop");
    if programs.current().iter().any(|program| program.document().triggers.iter().any(takes)) {
        return None;
    }
    let said = event.peer.clone().map(|peer| Effect::Send {
        peer,
        message: Message { text: RichText::plain(UNSUBSCRIBED.get(lang)), ..Message::default() },
    });
    Some(without_run(RunId(event.id.0), std::iter::once(Effect::Subscribe { on: false }).chain(said)))
}

/// What whoever waits for an event gets when no run takes it: the end of a button's spinner, a yes to a payment.
fn acknowledge(event: &Event, run: RunId, text: Option<String>) -> Vec<Emitted> {
    let effect = match &event.kind {
        EventKind::Button { callback: Some(callback), .. } => {
            Effect::Acknowledge { callback: callback.clone(), text }
        }
        EventKind::Checkout { id, .. } => {
            Effect::Call { peer: event.peer.clone(), call: ChannelCall::checkout(id, None) }
        }
        _ => return Vec::new(),
    };
    vec![Emitted { id: EffectId { run, step: StepNo(0), index: 0 }, effect }]
}
