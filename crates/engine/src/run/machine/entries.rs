//! The ways into a scenario and its sections: triggers, buttons of messages sent long ago, entry conditions.

use super::{Machine, StepContext, TraceStep};
use crate::actions::{OTHERWISE_EXIT, PICKED_EXIT};
use crate::effect::{Door, Ended, Stop};
use crate::event::{Event, EventKind};
use crate::ids::{ActionId, TriggerId};
use crate::program::Program;
use crate::run::ButtonToken;
use crate::run::frames::Origin;
use crate::scenario::{Block, Transition};

impl<'a> Machine<'a> {
    /// Begins at a trigger.
    pub(super) fn start(&mut self, program: &'a Program, trigger: &TriggerId, event: Event) -> Stop {
        let found = program.trigger(trigger);
        let captured = found.map(|trigger| program.captures(trigger, &event)).unwrap_or_default();
        self.bring(event);
        self.run.vars.extend(captured);
        let start = found.and_then(|trigger| trigger.next.as_ref()).map(|next| next.block.clone());
        self.run.origin = Origin { block: start.clone(), given: self.run.vars.keys().cloned().collect() };
        match start {
            Some(block) => self.enter(program, &block),
            None => self.rest(),
        }
        self.work(program, None)
    }

    /// Begins behind a button of a message that was sent some time ago.
    pub(super) fn press(&mut self, program: &'a Program, door: Door, event: Event) -> Stop {
        self.acknowledge(&event);
        let token = match &event.kind {
            EventKind::Button { token, .. } => ButtonToken::parse(token),
            _ => None,
        };
        self.bring(event);
        let (action, exit) = match door {
            Door::Block(block) => {
                self.enter(program, &block);
                return self.work(program, None);
            }
            Door::Exit { action, exit } => (action, exit),
        };
        self.run.place = program.place_of(&action).cloned();
        let (Some(action), Some(place)) = (program.action(&action), self.run.place.clone()) else {
            return self.end(Ended::Finished);
        };
        let mut trace =
            TraceStep::new(self.run.step, place.block.clone(), action.id.clone(), action.options.kind());
        trace.exit = Some(exit.to_string());
        let mut cx = StepContext {
            cx: self.cx,
            run: self.run,
            scopes: self.scopes,
            out: &mut self.effects,
            trace: &mut trace,
            action: &action.id,
        };
        if let Some(button) = action.options.button(&exit) {
            cx.after_press(token.as_ref(), &exit, button.after);
        }
        let pressed = action.options.press_later(&mut cx, &exit);
        self.pass(program, &action.id, exit.as_str());
        let failed = match pressed {
            Ok(()) => {
                // Buttons made from data share one exit.
                let made_from_data = exit.as_str().starts_with('_');
                self.leave(program, action, if made_from_data { PICKED_EXIT } else { exit.as_str() });
                None
            }
            Err(error) => {
                trace.error = Some(error.clone());
                self.fail_step(program, action, &place, error)
            }
        };
        self.trace.push(trace);
        failed.unwrap_or_else(|| self.work(program, None))
    }

    /// Whether the block's section is open to this run. Asked on the way into a section, not inside of it.
    pub(super) fn is_let_in(&mut self, program: &Program, block: &Block) -> bool {
        let entered = block.section.clone().map(|section| (program.scenario_id(), section));
        if entered == self.run.section {
            return true;
        }
        let section = block.section.as_ref().and_then(|id| program.section(id));
        let Some(section) = section.filter(|section| !section.condition.is_empty()) else {
            self.run.section = entered;
            return true;
        };
        let action = ActionId::from(section.id.as_str());
        let mut trace = TraceStep::new(self.run.step, block.id.clone(), action.clone(), "section");
        let cx = StepContext {
            cx: self.cx,
            run: self.run,
            scopes: self.scopes,
            out: &mut self.effects,
            trace: &mut trace,
            action: &action,
        };
        // Nobody is let in by a condition that cannot be computed.
        let open = cx.is_true(&section.condition).unwrap_or_else(|error| {
            trace.error = Some(error);
            false
        });
        if open {
            self.run.section = entered;
        } else {
            trace.exit = Some(OTHERWISE_EXIT.to_owned());
            self.trace.push(trace);
        }
        open
    }

    /// Goes where a section sends whom it does not let in: along its own line, else to what the scenario says
    /// when it understands nothing. Never back into the section.
    pub(super) fn refuse_entry(&mut self, program: &Program, block: &Block) -> Option<Stop> {
        let section = block.section.as_ref().and_then(|id| program.section(id));
        let otherwise = section.and_then(|section| section.otherwise.as_ref());
        let way = otherwise.or_else(|| program.fallback().and_then(|trigger| trigger.next.as_ref()));
        let outside =
            |way: &&Transition| program.block(&way.block).is_some_and(|to| to.section != block.section);
        match way.filter(outside) {
            Some(way) => {
                self.enter(program, &way.block);
                self.spend()
            }
            // As at any quiet end: a loop goes on, a caller is gone back to.
            None => {
                self.rest();
                self.spend()
            }
        }
    }
}
