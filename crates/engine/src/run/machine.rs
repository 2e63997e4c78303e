//! The machine: runs one action after the other until the run stops.
//!
//! No clock, no input, no output: the same state, input and context give the same result.

mod entries;
mod jumps;
mod moves;

use super::context::{Context, Scopes, StepContext};
use super::state::{Held, OpenWait, Place, RunState};
use super::trace::TraceStep;
use crate::actions::{ERROR_EXIT, Flow, media_value};
use crate::effect::{Answer, Ask, ChannelCall, Effect, Emitted, Ended, Input, Stop, StopReason, Wait};
use crate::error::StepError;
use crate::event::{Event, EventKind, Payment};
use crate::ids::{ActionId, BlockId, ExitId, ScenarioId, WaitId};
use crate::message::Response;
use crate::program::Program;
use crate::scenario::{Action, TriggerOptions};
use crate::signal::{Failure, Happened, Signal, Watched};
use crate::value::{Map, Value};
use crate::words::Words;

/// What a burst may spend.
#[derive(Clone, Copy, Debug)]
pub struct Fuel {
    pub steps: u32,
}

/// What one call of [`advance`] brought.
#[derive(Debug)]
pub struct Output {
    pub effects: Vec<Emitted>,
    pub trace: Vec<TraceStep>,
    /// Actions that were reached and left, for the counters.
    pub passed: Vec<Passage>,
    pub stop: Stop,
}

/// An action was reached, or left by an exit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Passage {
    pub scenario: ScenarioId,
    pub action: ActionId,
    /// An exit of the action, or one of this type's own words.
    pub exit: ExitId,
}

impl Passage {
    /// The run came to the action. Words of ours begin with `_`, as no exit does that is drawn.
    pub const REACHED: &'static str = "_reached";
    /// It ran on to the next action, or to the end of its card.
    pub const NEXT: &'static str = "_next";
    /// It went elsewhere than along a line: back to a question, to the beginning.
    pub const JUMP: &'static str = "_jump";
    /// It ended what it was inside of: the run, a loop, a sub-scenario.
    pub const END: &'static str = "_end";
}

/// Advances a run by one input until it stops. The run's program must be in the context's set; without it
/// the run fails.
pub fn advance(
    cx: &Context<'_>,
    run: &mut RunState,
    scopes: &mut Scopes,
    input: Input,
    fuel: &mut Fuel,
) -> Output {
    let mut machine = Machine {
        cx,
        run,
        scopes,
        fuel,
        effects: Vec::new(),
        trace: Vec::new(),
        passed: Vec::new(),
        answer: None,
        failed_at: None,
    };
    let stop = machine.take(input);
    let stop = machine.keep_within(stop);
    machine.settle_reply(&stop);
    machine.settle_checkout(&stop);
    let Machine { effects, trace, passed, .. } = machine;
    Output { effects, trace, passed, stop }
}

struct Machine<'a> {
    cx: &'a Context<'a>,
    run: &'a mut RunState,
    scopes: &'a mut Scopes,
    fuel: &'a mut Fuel,
    effects: Vec<Emitted>,
    trace: Vec<TraceStep>,
    passed: Vec<Passage>,
    /// What the action at work is told next.
    answer: Option<Result<Answer, StepError>>,
    /// Where the error began that is on its way out of sub-scenarios.
    failed_at: Option<String>,
}

impl<'a> Machine<'a> {
    fn take(&mut self, input: Input) -> Stop {
        if let Input::Stop(reason) = input {
            return self.end(Ended::Stopped(reason));
        }
        let cx = self.cx;
        let Some(program) = cx.programs.version(self.run.version) else {
            return self.end(Ended::Failed(version_gone()));
        };
        match input {
            Input::Start { trigger, event } => self.start(program, &trigger, event),
            Input::Press { door, event } => self.press(program, door, event),
            Input::Event(event) => {
                if self.run.wait.is_none() {
                    return self.standing();
                }
                self.bring(event.clone());
                self.work(program, Some(Ok(Answer::Event(Box::new(event)))))
            }
            Input::Timer(wait) => {
                if self.run.wait.as_ref().is_none_or(|open| open.id != wait) {
                    return self.standing();
                }
                self.work(program, Some(Ok(Answer::Time)))
            }
            Input::Answer(step, answer) => {
                if !self.run.asking || self.run.step != step {
                    return self.standing();
                }
                self.work(program, Some(answer))
            }
            Input::Resume => match self.run.held.take() {
                Some(Held::Start(trigger)) => {
                    let event = self.run.event.clone();
                    self.start(program, &trigger, event)
                }
                Some(Held::Question | Held::Interrupted { .. }) | None => self.work(program, None),
            },
            Input::Move { version, to } => self.move_over(version, &to),
            Input::Stop(reason) => self.end(Ended::Stopped(reason)),
        }
    }

    /// Takes over what an event brings: its texts, its values, its sender.
    fn bring(&mut self, event: Event) {
        if let EventKind::Called { .. } = &event.kind {
            return self.bring_call(event);
        }
        let vars = &mut self.run.vars;
        match &event.kind {
            EventKind::Started { payload } => {
                vars.insert("start".to_owned(), payload.as_deref().unwrap_or_default().into());
            }
            EventKind::MiniApp { values, .. } => {
                vars.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            EventKind::Webhook { request, .. } => {
                vars.extend(request.iter().map(|(name, value)| (format!("_{name}"), value.clone())));
            }
            EventKind::Fired { values, .. } => {
                vars.extend(values.iter().map(|(name, value)| (format!("_{name}"), value.clone())));
            }
            EventKind::Media { .. } => {
                vars.insert("client_media".to_owned(), media_value(&event.kind).unwrap_or_default());
            }
            EventKind::Contact { phone, .. } => {
                vars.insert("client_phone".to_owned(), phone.as_str().into());
            }
            EventKind::Picked(picked) => {
                vars.extend(picked.variables().into_iter().map(|(name, value)| (name.to_owned(), value)));
            }
            EventKind::JoinRequest { chat, title, bio, link, .. } => {
                let brought =
                    [("join_chat", chat), ("join_title", title), ("join_bio", bio), ("join_link", link)];
                vars.extend(brought.map(|(name, text)| (name.to_owned(), text.as_str().into())));
            }
            EventKind::LinkVisited { name, url, .. } => {
                let brought = [("link_name", name), ("link_url", url)];
                vars.extend(brought.map(|(name, text)| (name.to_owned(), text.as_str().into())));
            }
            EventKind::InlineQuery { query, .. } => {
                vars.insert("inline_query".to_owned(), query.as_str().into());
            }
            EventKind::Checkout { id, payment } => {
                self.run.checkout = Some(id.clone());
                bring_payment(vars, payment);
            }
            EventKind::Paid { payment, charge } => {
                bring_payment(vars, payment);
                vars.insert("payment_charge".to_owned(), charge.as_str().into());
            }
            EventKind::Location { latitude, longitude } => {
                vars.insert("client_latitude".to_owned(), latitude.to_string().into());
                vars.insert("client_longitude".to_owned(), longitude.to_string().into());
            }
            _ => {}
        }
        match &event.kind {
            EventKind::Signal { signal, chain } => {
                self.run.chain.clone_from(chain);
                self.run.for_error = matches!(signal, Signal::Fired { what: Happened::Failed(_), .. });
                self.run.vars.extend(signal.variables());
            }
            EventKind::Fired { chain, .. } => self.run.chain.clone_from(chain),
            _ => self.run.chain.clear(),
        }
        if matches!(event.kind, EventKind::Webhook { .. } | EventKind::MiniApp { .. })
            && self.run.reply_to.is_none()
        {
            self.run.reply_to = Some(event.id);
        }
        self.run.answer = event.answer();
        if event.peer.is_some() {
            self.run.peer.clone_from(&event.peer);
        }
        self.run.event = event;
    }

    /// Whoever calls an address of this run is nobody of the dialogue: the person stays who he is, and so does what he
    /// answered last. What was said to an earlier caller is no answer to this one.
    fn bring_call(&mut self, event: Event) {
        if let EventKind::Called { request, .. } = &event.kind {
            let brought = request.iter().map(|(name, value)| (format!("_{name}"), value.clone()));
            self.run.vars.extend(brought);
        }
        self.run.vars.shift_remove("_response");
        self.run.reply_to = Some(event.id);
        let Event { sender, peer, .. } = std::mem::replace(&mut self.run.event, event);
        (self.run.event.sender, self.run.event.peer) = (sender, peer);
    }

    /// Runs actions until one of them stops the run.
    fn work(&mut self, mut program: &'a Program, answer: Option<Result<Answer, StepError>>) -> Stop {
        self.answer = answer;
        loop {
            if program.version() != self.run.version {
                match self.cx.programs.version(self.run.version) {
                    Some(entered) => program = entered,
                    None => return self.end(Ended::Failed(version_gone())),
                }
            }
            let Some(place) = self.run.place.clone() else {
                if !self.come_back() {
                    return self.end(Ended::Finished);
                }
                continue;
            };
            let Some(block) = program.block(&place.block) else { return self.fail_whole(missing_block()) };
            let Some(action) = block.actions.get(place.action) else {
                match &block.next {
                    Some(next) => self.enter(program, &next.block),
                    None => self.rest(),
                }
                if let Some(stop) = self.spend() {
                    return stop;
                }
                continue;
            };
            if self.answer.is_none() && !self.run.begun {
                if !self.is_let_in(program, block) {
                    if let Some(stop) = self.refuse_entry(program, block) {
                        return stop;
                    }
                    continue;
                }
                if self.cx.question_open && action.options.asks() {
                    self.run.held = Some(Held::Question);
                    return Stop::Held;
                }
                if let Some(stop) = self.spend() {
                    return stop;
                }
                self.run.emitted = 0;
                self.run.sent = 0;
                self.run.begun = true;
                self.pass(program, &action.id, Passage::REACHED);
            }
            let answer = self.answer.take();
            if let Some(stop) = self.step(program, action, &place, answer) {
                return stop;
            }
        }
    }

    /// Counts a step; says why the run must pause or end instead.
    fn spend(&mut self) -> Option<Stop> {
        if self.fuel.steps == 0 {
            return Some(Stop::Yield);
        }
        self.fuel.steps -= 1;
        self.run.step.0 += 1;
        let limit = self.cx.limits.run_steps;
        (self.run.step.0 > limit).then(|| {
            self.end(Ended::Failed(StepError::new(
                "too_many_steps",
                format!("The run took {limit} steps without an end: is there a loop without a wait?"),
                format!("Прохождение сделало {limit} шагов и не закончилось: нет ли в сценарии цикла без ожидания?"),
            )))
        })
    }

    /// Runs one action, or goes on with it; `None` when the next one should run.
    fn step(
        &mut self,
        program: &Program,
        action: &Action,
        place: &Place,
        answer: Option<Result<Answer, StepError>>,
    ) -> Option<Stop> {
        let mut trace =
            TraceStep::new(self.run.step, place.block.clone(), action.id.clone(), action.options.kind());
        trace.inside = self.run.is_in_call().then_some(self.run.version);
        self.run.asking = false;
        let asked = answer.is_some() && self.run.has_question();
        let flow = match answer.transpose() {
            Ok(answer) => action.options.step(
                &mut StepContext {
                    cx: self.cx,
                    run: self.run,
                    scopes: self.scopes,
                    out: &mut self.effects,
                    trace: &mut trace,
                    action: &action.id,
                },
                answer,
            ),
            Err(error) => Err(error),
        };
        if asked && !matches!(flow, Ok(Flow::Ask(_) | Flow::Wait { .. })) {
            self.run.note_question(place.clone(), self.cx.limits.steps_back);
        }
        let flow = match flow {
            Ok(Flow::Ask(ask)) => {
                self.run.asking = true;
                trace.waits = true;
                self.trace.push(trace);
                return Some(Stop::Ask(ask));
            }
            Ok(flow) => self.follow(program, action, place, flow, &mut trace),
            Err(error) => Err(error),
        };
        let stop = flow.unwrap_or_else(|error| {
            trace.error = Some(error.clone());
            self.pass(program, &action.id, ERROR_EXIT);
            self.fail_step(program, action, place, error)
        });
        self.trace.push(trace);
        stop
    }

    /// Does what a step decided; `None` when the next one should run.
    fn follow(
        &mut self,
        program: &Program,
        action: &Action,
        place: &Place,
        flow: Flow,
        trace: &mut TraceStep,
    ) -> Result<Option<Stop>, StepError> {
        match flow {
            Flow::Ask(ask) => return Ok(Some(Stop::Ask(ask))),
            Flow::Wait { question, until } => {
                trace.waits = true;
                return Ok(Some(Stop::Wait(self.wait(action, question, until))));
            }
            Flow::Next => {
                self.pass(program, &action.id, Passage::NEXT);
                self.run_on();
            }
            Flow::Exit(exit) => {
                self.pass(program, &action.id, exit.as_str());
                trace.exit = Some(exit.to_string());
                self.leave(program, action, exit.as_str());
            }
            Flow::Each(begins) => {
                let exit = self.turn(action, place, begins, trace)?;
                trace.exit = Some(exit.to_owned());
                self.pass(program, &action.id, exit);
                self.leave(program, action, exit);
            }
            Flow::Call(call) => self.call(place, call)?,
            Flow::Restart { keep_variables } => {
                self.restart(program, keep_variables)?;
                self.pass(program, &action.id, Passage::JUMP);
            }
            Flow::StepBack { again } => {
                self.pass(program, &action.id, Passage::JUMP);
                if !self.step_back(again) {
                    self.run_on();
                }
            }
            Flow::Leave(what) => {
                self.pass(program, &action.id, Passage::END);
                return self.leave_off(program, what);
            }
        }
        Ok(None)
    }

    fn wait(&mut self, action: &Action, question: bool, until: Option<crate::ids::UtcMs>) -> Wait {
        self.run.in_error_block = false;
        let id = WaitId(self.run.step.0);
        let open = self.run.wait.get_or_insert_with(|| OpenWait::new(id, action.id.clone()));
        open.question = question;
        open.until = until;
        Wait { id: open.id, question, until }
    }

    fn pass(&mut self, program: &Program, action: &ActionId, exit: &str) {
        let (scenario, action) = (program.scenario_id(), action.clone());
        self.passed.push(Passage { scenario, action, exit: exit.into() });
    }

    fn run_on(&mut self) {
        self.finish_step();
        if let Some(place) = &mut self.run.place {
            place.action += 1;
        }
    }

    fn finish_step(&mut self) {
        self.run.begun = false;
        self.run.asking = false;
        self.run.wait = None;
    }

    /// Leaves an action by an exit: along its line, else on to the next action.
    fn leave(&mut self, program: &Program, action: &Action, exit: &str) {
        match action.exits.get(exit) {
            Some(transition) => self.enter(program, &transition.block),
            None => self.run_on(),
        }
    }

    /// Goes to a block; one behind a loop leaves the loop.
    fn enter(&mut self, program: &Program, block: &BlockId) {
        while self.run.innermost_loop().is_some_and(|frame| program.is_behind_loop(&frame.action, block)) {
            self.run.leave_loop(true);
        }
        self.finish_step();
        let left = self.run.place.replace(Place { block: block.clone(), action: 0 });
        if let Some(left) = left.filter(|left| left.block != *block) {
            self.run.previous = Some(left.block);
        }
    }

    /// Stands at a quiet end.
    fn rest(&mut self) {
        self.finish_step();
        self.run.place = None;
    }

    fn fail_whole(&mut self, error: StepError) -> Stop {
        self.end(Ended::Failed(error))
    }

    fn end(&mut self, ended: Ended) -> Stop {
        if let Ended::Failed(error) = &ended {
            self.tell_of_failure(error);
        }
        self.rest();
        self.run.frames.clear();
        self.run.history.clear();
        Stop::Done(ended)
    }

    /// A run that would have to be stored with more than it may keep ends here.
    fn keep_within(&mut self, stop: Stop) -> Stop {
        let is_stored = !matches!(stop, Stop::Done(_) | Stop::Ask(Ask::Read(_) | Ask::Script(_)));
        let limit = self.cx.limits.state_bytes;
        if !is_stored || self.run.kept_bytes() <= limit {
            return stop;
        }
        let kib = limit / 1024;
        self.end(Ended::Failed(StepError::new(
            "state_too_large",
            format!("The temporary variables hold more than {kib} KiB together: keep large data in a list"),
            format!("Временные переменные занимают больше {kib} КиБ: большие данные храните в списке"),
        )))
    }

    /// Tells the triggers that watch for errors. A run that began for an error tells nobody of its own, and a chain
    /// that is too long ends here.
    fn tell_of_failure(&mut self, error: &StepError) {
        if self.run.for_error || self.run.chain.len() >= self.cx.limits.hops {
            return;
        }
        let triggers =
            self.cx.programs.watching(|options| matches!(options, TriggerOptions::ScenarioError(_)));
        if triggers.is_empty() {
            return;
        }
        let lang = self.cx.lang;
        let program = self.cx.programs.version(self.run.version);
        let place = self.run.place.as_ref();
        let block = place.zip(program).and_then(|(place, program)| program.block(&place.block));
        let action = place.zip(program).and_then(|(place, program)| program.action_at(place));
        let what = Happened::Failed(Failure {
            scenario: self.cx.programs.name_of(self.run.scenario),
            block: block.map(|block| block.name.clone()).unwrap_or_default(),
            action: action.map(|action| action.options.spec().title.get(lang).to_owned()).unwrap_or_default(),
            code: error.code.clone(),
            message: error.text(lang).to_owned(),
        });
        let mut chain = self.run.chain.clone();
        chain.push(self.cx.programs.name_of(self.run.scenario));
        for signal in (Watched { triggers, chain: chain.clone() }).signals(&what) {
            self.emit(Effect::Signal { signal, chain: chain.clone() });
        }
    }

    /// Where the run stands when an input does not concern it: stale timers and answers change nothing.
    fn standing(&self) -> Stop {
        match &self.run.wait {
            Some(open) => Stop::Wait(Wait { id: open.id, question: open.question, until: open.until }),
            None if self.run.held.is_some() => Stop::Held,
            None if !self.run.is_open() => Stop::Done(Ended::Finished),
            None => Stop::Yield,
        }
    }

    /// Ends the spinner on the pressed button.
    fn acknowledge(&mut self, event: &Event) {
        if let EventKind::Button { callback: Some(callback), .. } = &event.kind {
            self.emit(Effect::Acknowledge { callback: callback.clone(), text: None });
        }
    }

    /// Whoever waits for `_response` gets it when the run first stops at anything but a call.
    fn settle_reply(&mut self, stop: &Stop) {
        let response = match stop {
            Stop::Ask(_) | Stop::Yield => return,
            Stop::Done(Ended::Failed(_) | Ended::Stopped(StopReason::Poisoned)) => Response::failed(),
            Stop::Wait(_) | Stop::Held | Stop::Done(_) => {
                Response { status: 200, body: self.run.vars.get("_response").cloned().unwrap_or_default() }
            }
        };
        if let Some(event) = self.run.reply_to.take() {
            self.emit(Effect::Respond { event, response });
        }
    }

    /// A payment nobody said anything about is taken when the run first stops at anything but a call; a run that
    /// failed takes none.
    fn settle_checkout(&mut self, stop: &Stop) {
        if matches!(stop, Stop::Ask(_) | Stop::Yield) {
            return;
        }
        let Some(query) = self.run.checkout.take() else { return };
        let failed = matches!(stop, Stop::Done(Ended::Failed(_)));
        let refusal = failed.then(|| PAYMENT_FAILED.get(self.cx.lang));
        let peer = self.run.peer.clone();
        self.emit(Effect::Call { peer, call: ChannelCall::checkout(&query, refusal) });
    }

    fn emit(&mut self, effect: Effect) {
        let id = self.run.name_effect(&effect);
        self.effects.push(Emitted { id, effect });
    }
}

const PAYMENT_FAILED: Words = Words::new(
    "The payment cannot be taken right now. Please try later.",
    "Сейчас оплату принять не получается. Попробуйте позже.",
);

fn bring_payment(vars: &mut Map, payment: &Payment) {
    let brought = [
        ("payment_amount", Value::Number(payment.amount())),
        ("payment_currency", payment.currency.as_str().into()),
        ("payment_payload", payment.payload.as_str().into()),
    ];
    vars.extend(brought.map(|(name, value)| (name.to_owned(), value)));
}

fn version_gone() -> StepError {
    StepError::new(
        "version_gone",
        "This version of the scenario is no longer there",
        "Этой версии сценария больше нет",
    )
}

fn missing_block() -> StepError {
    StepError::new(
        "block_gone",
        "The next card is not in this version of the scenario",
        "Следующего блока нет в этой версии сценария",
    )
}
