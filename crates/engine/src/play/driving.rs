//! How a run of a played world goes on until it waits or is over.

use super::{Heard, Outside, Said, Timer, World};
use crate::effect::{Answer, Ask, Call, DataOp, EffectId, Ended, FieldScope, Input, Stop};
use crate::error::StepError;
use crate::ids::RunId;
use crate::list::increase;
use crate::run::{Context, Fuel, Output, RunState, Scopes, TraceStep, advance};
use crate::value::{Map, Value};

/// Steps one event may take in all its bursts.
const EVENT_STEPS: u32 = 20_000;

impl World {
    /// Advances a run until it waits or is over, then those that had to stand back because of it.
    pub(super) fn drive(
        &mut self,
        who: &str,
        id: RunId,
        input: Input,
        outside: &mut dyn Outside,
        said: &mut Vec<Heard>,
    ) {
        let mut next = Some((id, input));
        while let Some((id, input)) = next {
            next = self.drive_one(who, id, input, outside, said).map(|run| (run, Input::Resume));
        }
    }

    fn drive_one(
        &mut self,
        who: &str,
        id: RunId,
        input: Input,
        outside: &mut dyn Outside,
        said: &mut Vec<Heard>,
    ) -> Option<RunId> {
        let mut run = self.person(who).lane.run(id).cloned()?;
        let question_open = self.person(who).lane.has_other_question(id);
        let mut scopes = Scopes {
            client: self.person(who).fields(),
            person: self.person(who).person.clone(),
            globals: self.globals.clone(),
            system: system_variables().into(),
        };
        let mut fuel = Fuel { steps: EVENT_STEPS };
        let mut input = input;
        let stop = loop {
            let output = self.advance(&mut run, &mut scopes, input, &mut fuel, question_open);
            TraceStep::join(&mut self.trace, output.trace);
            for passage in output.passed {
                *self.passed.entry((passage.action, passage.exit)).or_default() += 1;
            }
            self.apply(who, output.effects, outside, said);
            input = match output.stop {
                Stop::Ask(Ask::Deliver(emitted)) => {
                    let delivered = self.deliver(who, *emitted, outside, said);
                    Input::Answer(run.step, delivered.map(Answer::Delivered))
                }
                Stop::Ask(Ask::Outside(Call::Http(call))) => {
                    match self.call(who, (id, run.step), call.clone(), outside) {
                        Some(answer) => Input::Answer(run.step, answer),
                        None => break Stop::Ask(Ask::Outside(Call::Http(call))),
                    }
                }
                Stop::Ask(ask) => Input::Answer(run.step, self.answer((who, &run), ask, outside, said)),
                Stop::Yield if fuel.steps > 0 => Input::Resume,
                stop => break stop,
            };
        };
        if let Stop::Done(Ended::Failed(error)) = &stop {
            said.push((who.to_owned(), Said::Failure(error.clone())));
        }
        self.timers.retain(|timer| timer.run != id);
        if let Stop::Wait(wait) = stop
            && let Some(due) = wait.until
        {
            self.timers.push(Timer { due, who: who.to_owned(), run: id, wait: wait.id });
        }
        let programs = self.programs.clone();
        let lane = &mut self.person(who).lane;
        let resumes = lane.settle(&programs, &run, &stop);
        if let Some(kept) = lane.run_mut(id) {
            *kept = run;
        }
        resumes
    }

    fn advance(
        &self,
        run: &mut RunState,
        scopes: &mut Scopes,
        input: Input,
        fuel: &mut Fuel,
        question_open: bool,
    ) -> Output {
        let cx = Context {
            programs: &self.programs,
            now: self.now,
            zone: &self.zone,
            seed: 0,
            channel: &self.channel,
            limits: &self.limits,
            lang: self.lang,
            question_open,
        };
        advance(&cx, run, scopes, input, fuel)
    }

    fn answer(
        &mut self,
        (who, run): (&str, &RunState),
        ask: Ask,
        outside: &mut dyn Outside,
        said: &mut Vec<Heard>,
    ) -> Result<Answer, StepError> {
        match ask {
            Ask::Read(query) => self.list(&query.list)?.find(&query),
            Ask::Write(DataOp::Tell(tell)) => {
                self.tell_others(EffectId::first_message(run.run, run.step), &tell, said)
            }
            Ask::Write(operation) => self.operate(who, run, &operation),
            Ask::Script(script) => outside.script(&script).map(Answer::Script),
            // Done by the caller: he knows where it is shown, and what is made again.
            Ask::Outside(_) | Ask::Deliver(_) => {
                Err(StepError::new("not_answered", "Nobody answers", "Ответить некому"))
            }
        }
    }

    fn operate(&mut self, who: &str, run: &RunState, operation: &DataOp) -> Result<Answer, StepError> {
        match operation {
            DataOp::List { list, change } => {
                let before = self.is_watched(list).then(|| self.list(list).cloned()).transpose()?;
                let answer = self.list(list)?.change(change)?;
                if let Some(before) = before {
                    self.watch(list, &before, run);
                }
                Ok(answer)
            }
            // Nobody follows it here: the chat says that somebody did.
            DataOp::Link(link) => Ok(Answer::Written(format!("https://bot.test/l/{}", link.code).into())),
            DataOp::MakeAddress { valid_ms } => Ok(self.make_address(who, run.run, *valid_ms)),
            DataOp::TakeCall { address } => self.take_call(run.run, address),
            // Answered before: it needs to know who asks.
            DataOp::Tell(_) => Ok(Answer::Written(0.into())),
            DataOp::Increment { scope, name, by, bounds } => {
                let fields = match scope {
                    FieldScope::Client => &mut self.person(who).client,
                    FieldScope::Person => &mut self.person(who).person,
                    FieldScope::Global => &mut self.globals,
                };
                let new = increase(name, fields.get(name).unwrap_or(&Value::Null), by, *bounds)?;
                fields.insert(name.clone(), new.clone());
                Ok(Answer::Written(new))
            }
        }
    }
}

fn system_variables() -> Map {
    let pairs = [
        ("_botid", Value::from(1)),
        ("_botname", "Bot".into()),
        ("_botuser", "demo_bot".into()),
        ("_bottype", "simulator".into()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
