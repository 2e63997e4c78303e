//! Over to a newer version of the scenario, where its builder chose that whoever stands here goes on.

use super::Machine;
use crate::effect::Stop;
use crate::ids::{BlockId, VersionId};
use crate::program::Program;
use crate::run::RunState;
use crate::scenario::MoveTo;

impl Machine<'_> {
    /// Stands where it stood when there is no such place: finishing the old way is always possible.
    pub(super) fn move_over(&mut self, version: VersionId, to: &MoveTo) -> Stop {
        let Some(program) = self.cx.programs.version(version) else { return self.standing() };
        let start = start_of(program, self.run).cloned();
        let target = match to {
            MoveTo::Block(block) => program.block(block).map(|block| block.id.clone()),
            MoveTo::Start => start.clone(),
        };
        let Some(target) = target.filter(|_| self.run.may_move()) else { return self.standing() };
        // What it knows of the older version: loops, questions to go back to, the section it was let into.
        self.run.leave_loops_from(0, false);
        self.run.history.clear();
        self.run.section = None;
        self.run.version = version;
        self.run.origin.block = start;
        match to {
            // Its beginning is there.
            MoveTo::Start => drop(self.restart(program, false)),
            MoveTo::Block(_) => self.enter(program, &target),
        }
        // Whoever stands back goes on from there when it is his turn.
        if self.run.held.is_some() {
            return Stop::Held;
        }
        self.work(program, None)
    }
}

/// Where it began, if that is still there, else where everybody begins.
fn start_of<'p>(program: &'p Program, run: &RunState) -> Option<&'p BlockId> {
    let own = run.origin.block.as_ref().and_then(|block| program.block(block));
    own.map(|block| &block.id).or_else(|| program.start())
}

impl RunState {
    /// Whether it may be moved over to another version: not in the middle of a call or a sub-scenario.
    pub(crate) fn may_move(&self) -> bool {
        self.place.is_some() && !self.asking && !self.is_in_call()
    }

    /// Whether it stands in this block and has not gone over to this version yet.
    pub fn is_to_move(&self, block: &BlockId, version: VersionId) -> bool {
        self.version != version && self.place.as_ref().is_some_and(|place| place.block == *block)
    }
}
