//! The machine: runs one action after the other until the run stops.
//!
//! No clock, no input, no output: the same state, input and context give the same result.

use super::context::{Context, Scopes, StepContext};
use super::state::{OpenWait, Place, RunState};
use super::trace::TraceStep;
use crate::actions::{ERROR_EXIT, Flow};
use crate::effect::{Answer, Effect, EffectId, Emitted, Ended, Input, Stop, StopReason, Wait};
use crate::error::StepError;
use crate::event::{Event, EventKind};
use crate::ids::{BlockId, WaitId};
use crate::message::Response;
use crate::program::Program;
use crate::scenario::{Action, Transition};
use crate::value::Value;

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
    pub stop: Stop,
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
    let mut machine = Machine { cx, run, scopes, fuel, effects: Vec::new(), trace: Vec::new() };
    let stop = machine.take(input);
    machine.settle_reply(&stop);
    let Machine { effects, trace, .. } = machine;
    Output { effects, trace, stop }
}

struct Machine<'a> {
    cx: &'a Context<'a>,
    run: &'a mut RunState,
    scopes: &'a mut Scopes,
    fuel: &'a mut Fuel,
    effects: Vec<Emitted>,
    trace: Vec<TraceStep>,
}

impl<'a> Machine<'a> {
    fn take(&mut self, input: Input) -> Stop {
        if let Input::Stop(reason) = input {
            return self.end(Ended::Stopped(reason));
        }
        let cx = self.cx;
        let Some(program) = cx.programs.version(self.run.version) else {
            return self.end(Ended::Failed(StepError::new(
                "version_gone",
                "This version of the scenario is no longer there",
                "Этой версии сценария больше нет",
            )));
        };
        match input {
            Input::Start { trigger, event } => {
                let found = program.trigger(&trigger);
                let captured = found.map(|trigger| program.captures(trigger, &event)).unwrap_or_default();
                self.bring(event);
                self.run.vars.extend(captured);
                self.enter_or_end(found.and_then(|trigger| trigger.next.as_ref()));
                self.work(program, None)
            }
            Input::Press { action, exit, event } => {
                self.acknowledge(&event);
                self.bring(event);
                self.run.place = program.place_of(&action).cloned();
                if let Some(action) = program.action(&action) {
                    self.leave(action, exit.as_str());
                }
                self.work(program, None)
            }
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
            Input::Resume => self.work(program, None),
            Input::Stop(reason) => self.end(Ended::Stopped(reason)),
        }
    }

    /// Takes over what an event brings: its texts, its values, its sender.
    fn bring(&mut self, event: Event) {
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
            EventKind::Location { latitude, longitude } => {
                vars.insert("client_latitude".to_owned(), latitude.to_string().into());
                vars.insert("client_longitude".to_owned(), longitude.to_string().into());
            }
            _ => {}
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

    /// Runs actions until one of them stops the run.
    fn work(&mut self, program: &'a Program, mut answer: Option<Result<Answer, StepError>>) -> Stop {
        loop {
            let Some(place) = self.run.place.clone() else { return self.end(Ended::Finished) };
            let Some(block) = program.block(&place.block) else { return self.fail_whole(missing_block()) };
            let Some(action) = block.actions.get(place.action) else {
                self.enter_or_end(block.next.as_ref());
                if let Some(stop) = self.spend() {
                    return stop;
                }
                continue;
            };
            if answer.is_none() && !self.run.begun {
                if let Some(stop) = self.spend() {
                    return stop;
                }
                self.run.emitted = 0;
                self.run.begun = true;
            }
            if let Some(stop) = self.step(program, action, &place, answer.take()) {
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
        self.run.asking = false;
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
        let stop = match flow {
            Ok(Flow::Ask(ask)) => {
                self.run.asking = true;
                return Some(Stop::Ask(ask));
            }
            Ok(Flow::Wait { question, until }) => Some(Stop::Wait(self.wait(action, question, until))),
            Ok(Flow::Next) => {
                self.run_on();
                None
            }
            Ok(Flow::Exit(exit)) => {
                trace.exit = Some(exit.to_string());
                self.leave(action, exit.as_str());
                None
            }
            Ok(Flow::Go(block)) => {
                self.enter(&block);
                None
            }
            Ok(Flow::End) => Some(self.end(Ended::Finished)),
            Err(error) => {
                trace.error = Some(error.clone());
                self.fail_step(program, action, error)
            }
        };
        self.trace.push(trace);
        stop
    }

    fn wait(&mut self, action: &Action, question: bool, until: Option<crate::ids::UtcMs>) -> Wait {
        self.run.in_error_block = false;
        let id = WaitId(self.run.step.0);
        let open = self.run.wait.get_or_insert_with(|| OpenWait {
            id,
            action: action.id.clone(),
            question,
            until,
            attempts: 0,
            offered: Vec::new(),
        });
        open.question = question;
        open.until = until;
        Wait { id: open.id, question, until }
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
    fn leave(&mut self, action: &Action, exit: &str) {
        match action.exits.get(exit) {
            Some(transition) => self.enter(&transition.block),
            None => self.run_on(),
        }
    }

    fn enter(&mut self, block: &BlockId) {
        self.finish_step();
        let left = self.run.place.replace(Place { block: block.clone(), action: 0 });
        if let Some(left) = left.filter(|left| left.block != *block) {
            self.run.previous = Some(left.block);
        }
    }

    fn enter_or_end(&mut self, transition: Option<&Transition>) {
        match transition {
            Some(transition) => self.enter(&transition.block),
            None => {
                self.finish_step();
                self.run.place = None;
            }
        }
    }

    /// Takes the action's error exit, else the scenario's error block, else ends the run.
    fn fail_step(&mut self, program: &Program, action: &Action, error: StepError) -> Option<Stop> {
        let way = match action.exits.get(ERROR_EXIT) {
            Some(way) => way,
            None => match &program.document().on_error {
                Some(way) if !self.run.in_error_block => {
                    self.run.in_error_block = true;
                    way
                }
                _ => return Some(self.end(Ended::Failed(error))),
            },
        };
        self.run.vars.insert("_error".to_owned(), error.text(self.cx.lang).into());
        self.run.vars.insert("_error_code".to_owned(), error.code.into());
        self.enter(&way.block);
        None
    }

    fn fail_whole(&mut self, error: StepError) -> Stop {
        self.end(Ended::Failed(error))
    }

    fn end(&mut self, ended: Ended) -> Stop {
        self.finish_step();
        self.run.place = None;
        Stop::Done(ended)
    }

    /// Where the run stands when an input does not concern it: stale timers and answers change nothing.
    fn standing(&self) -> Stop {
        match &self.run.wait {
            Some(open) => Stop::Wait(Wait { id: open.id, question: open.question, until: open.until }),
            None if self.run.place.is_none() => Stop::Done(Ended::Finished),
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
            Stop::Done(Ended::Failed(_) | Ended::Stopped(StopReason::Poisoned)) => {
                let error = [("error".to_owned(), Value::from("scenario_failed"))];
                Response { status: 500, body: Value::Object(error.into_iter().collect()) }
            }
            Stop::Wait(_) | Stop::Done(_) => {
                Response { status: 200, body: self.run.vars.get("_response").cloned().unwrap_or_default() }
            }
        };
        if let Some(event) = self.run.reply_to.take() {
            self.emit(Effect::Respond { event, response });
        }
    }

    fn emit(&mut self, effect: Effect) {
        let id = EffectId { run: self.run.run, step: self.run.step, index: self.run.emitted };
        self.run.emitted = self.run.emitted.saturating_add(1);
        self.effects.push(Emitted { id, effect });
    }
}

fn missing_block() -> StepError {
    StepError::new(
        "block_gone",
        "The next card is not in this version of the scenario",
        "Следующего блока нет в этой версии сценария",
    )
}
