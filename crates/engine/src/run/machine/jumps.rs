//! How a run moves other than along its lines: passes of loops, sub-scenarios and their way back, errors, back
//! to a question, to the beginning.

use super::{Machine, Place, TraceStep};
use crate::actions::{Call, DONE_EXIT, EACH_EXIT, ERROR_EXIT, Leave, Loop};
use crate::effect::{Answer, Ended, Stop};
use crate::error::StepError;
use crate::program::Program;
use crate::run::frames::{Frame, LoopFrame};
use crate::scenario::{Action, Block};
use crate::words::Lang;

impl Machine<'_> {
    /// Begins a loop or its next pass; says which exit that is.
    pub(super) fn turn(
        &mut self,
        action: &Action,
        place: &Place,
        begins: Option<Loop>,
        trace: &mut TraceStep,
    ) -> Result<&'static str, StepError> {
        match begins {
            // A body that leads nowhere has nothing to do for any element.
            Some(_) if !action.exits.contains_key(EACH_EXIT) => return Ok(DONE_EXIT),
            Some(begins) => self.begin_loop(action, place, begins)?,
            None => {
                let depth = self.run.loop_of(&action.id).map_or(0, |index| index + 1);
                self.run.leave_loops_from(depth, false);
            }
        }
        let inside = self.run.frames.len();
        self.run.history.retain(|asked| asked.depth < inside);
        let Some(Frame::Loop(frame)) = self.run.frames.last_mut() else { return Ok(DONE_EXIT) };
        let Some(item) = frame.rest.pop_front() else {
            self.run.leave_loop(false);
            return Ok(DONE_EXIT);
        };
        frame.pass = frame.pass.saturating_add(1);
        trace.wrote(&frame.item, &item, self.cx.limits);
        self.run.vars.insert(frame.item.clone(), item);
        if let Some(index) = &frame.index {
            self.run.vars.insert(index.clone(), i64::from(frame.pass).into());
        }
        Ok(EACH_EXIT)
    }

    fn begin_loop(&mut self, action: &Action, place: &Place, begins: Loop) -> Result<(), StepError> {
        self.check_depth()?;
        let names = std::iter::once(&begins.item).chain(&begins.index);
        let before =
            names.filter_map(|name| Some((name.clone(), self.run.vars.get(name)?.clone()))).collect();
        self.run.frames.push(Frame::Loop(LoopFrame {
            action: action.id.clone(),
            place: place.clone(),
            item: begins.item,
            index: begins.index,
            rest: begins.items.into(),
            pass: 0,
            before,
        }));
        Ok(())
    }

    /// Enters a sub-scenario.
    pub(super) fn call(&mut self, place: &Place, call: Call) -> Result<(), StepError> {
        self.check_depth()?;
        let name = &call.scenario;
        let Some(callee) = self.cx.programs.callee(name) else {
            return Err(StepError::new(
                "unknown_scenario",
                format!("There is no published scenario “{name}”"),
                format!("Опубликованного сценария «{name}» нет"),
            )
            .at("/scenario"));
        };
        let start = callee.start().ok_or_else(|| no_start(&callee.document().name))?;
        self.run.enter_call(place.clone(), callee.version(), start, call.inputs);
        self.finish_step();
        self.run.place = Some(Place { block: start.clone(), action: 0 });
        Ok(())
    }

    fn check_depth(&self) -> Result<(), StepError> {
        let most = self.cx.limits.frames;
        if self.run.frames.len() < most {
            return Ok(());
        }
        Err(StepError::new(
            "too_deep",
            format!("More than {most} loops and sub-scenarios inside of one another"),
            format!("Циклов и подсценариев друг в друге больше {most}"),
        ))
    }

    /// From a quiet end back to what is around it: the loop, or the caller. False when nothing is.
    pub(super) fn come_back(&mut self) -> bool {
        match self.run.innermost_loop() {
            Some(frame) => {
                self.run.place = Some(frame.place.clone());
                true
            }
            None => self.hand_back(None),
        }
    }

    /// Ends the sub-scenario at work: its variables, or its error, go to the action that called it. False when
    /// nothing called.
    fn hand_back(&mut self, error: Option<StepError>) -> bool {
        let Some(results) = self.run.leave_call() else { return false };
        self.finish_step();
        // A step of its own, whose effects have names of their own.
        self.run.step.0 += 1;
        self.run.emitted = 0;
        self.run.sent = 0;
        self.run.begun = true;
        self.answer = Some(error.map_or(Ok(Answer::Returned(results)), Err));
        true
    }

    /// Ends what the *end* action names.
    pub(super) fn leave_off(&mut self, program: &Program, what: Leave) -> Result<Option<Stop>, StepError> {
        match what {
            Leave::Run => return Ok(Some(self.end(Ended::Finished))),
            Leave::Scenario if self.hand_back(None) => {}
            Leave::Scenario => return Ok(Some(self.end(Ended::Finished))),
            Leave::Pass => {
                self.run.place = Some(self.loop_place()?);
                self.finish_step();
            }
            Leave::Loop => {
                let place = self.loop_place()?;
                self.run.leave_loop(true);
                self.finish_step();
                let action = program.action_at(&place);
                self.run.place = Some(place);
                if let Some(action) = action {
                    self.leave(program, action, DONE_EXIT);
                }
            }
        }
        Ok(None)
    }

    fn loop_place(&self) -> Result<Place, StepError> {
        self.run.innermost_loop().map(|frame| frame.place.clone()).ok_or_else(|| {
            StepError::new(
                "no_loop",
                "There is no loop here to leave",
                "Здесь нет цикла, из которого выходить",
            )
        })
    }

    /// Back to where the scenario at work began.
    pub(super) fn restart(&mut self, program: &Program, keep_variables: bool) -> Result<(), StepError> {
        let start = self.run.origin.block.clone().or_else(|| program.start().cloned());
        let start = start.ok_or_else(|| no_start(&program.document().name))?;
        self.run.leave_loops_from(0, false);
        if !keep_variables {
            let given = &self.run.origin.given;
            self.run.vars.retain(|name, _| name.starts_with('_') || given.contains(name));
            self.run.answers.clear();
            self.run.answer = crate::value::Value::Null;
        }
        let inside = self.run.frames.len();
        self.run.history.retain(|asked| asked.depth < inside);
        self.enter(program, &start);
        Ok(())
    }

    /// Back to the question before the one that was answered last, or to that one again. False when there is
    /// none.
    pub(super) fn step_back(&mut self, again: bool) -> bool {
        let skipped = usize::from(!again);
        let Some(index) = self.run.history.len().checked_sub(skipped + 1) else { return false };
        let Some(asked) = self.run.history.get(index).cloned() else { return false };
        self.run.history.truncate(index);
        while self.run.frames.len() > asked.depth {
            self.run.leave_loops_from(asked.depth, false);
            if self.run.frames.len() > asked.depth {
                self.run.leave_call();
            }
        }
        self.finish_step();
        self.run.place = Some(asked.place);
        true
    }

    /// Takes the action's error exit, else the scenario's error block, else the caller's, else ends the run.
    pub(super) fn fail_step(
        &mut self,
        program: &Program,
        action: &Action,
        place: &Place,
        error: StepError,
    ) -> Option<Stop> {
        let lang = self.cx.lang;
        let failed_at = self.failed_at.take().unwrap_or_else(|| place_text(program, place, action, lang));
        // What an action foresees has an exit of its own: a value that is there already, a number out of bounds.
        let foreseen = action.options.exits().into_iter().find(|exit| exit.is_for(&error.code));
        let foreseen = foreseen.and_then(|exit| action.exits.get(&exit.id));
        let own = foreseen.or_else(|| action.exits.get(ERROR_EXIT));
        let shared = program.document().on_error.as_ref().filter(|_| !self.run.in_error_block);
        let Some(way) = own.or(shared) else {
            if !self.run.is_in_call() {
                return Some(self.end(Ended::Failed(error)));
            }
            self.failed_at = Some(failed_at);
            self.hand_back(Some(error));
            return None;
        };
        if own.is_none() {
            self.run.in_error_block = true;
            // The scenario's error block stands outside of every loop.
            self.run.leave_loops_from(0, true);
        }
        self.run.vars.insert("_error".to_owned(), error.text(lang).into());
        self.run.vars.insert("_error_code".to_owned(), error.code.into());
        self.run.vars.insert("_error_place".to_owned(), failed_at.into());
        self.enter(program, &way.block);
        None
    }
}

/// Card and action as their builder knows them.
fn place_text(program: &Program, place: &Place, action: &Action, lang: Lang) -> String {
    let card = program.block(&place.block).map(Block::title).unwrap_or_default();
    let card = match lang {
        Lang::En => card.0,
        Lang::Ru => card.1,
    };
    format!("{card}, {}", action.options.spec().title.get(lang))
}

fn no_start(name: &str) -> StepError {
    StepError::new(
        "no_start",
        format!("The scenario “{name}” has no beginning: no trigger of it leads to a card"),
        format!("У сценария «{name}» нет начала: ни один триггер не ведёт к блоку"),
    )
}
