//! What a run is inside of: loops over arrays and calls of sub-scenarios, and the questions it may go back to.

use std::collections::VecDeque;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::state::{Place, RunState};
use crate::ids::{ActionId, BlockId, ScenarioId, SectionId, VersionId};
use crate::value::{Map, Value};

/// One thing a run is inside of, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    Loop(LoopFrame),
    Call(CallFrame),
}

/// A loop whose body runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopFrame {
    /// The action that loops.
    pub action: ActionId,
    pub place: Place,
    /// Variable of the element, and of its number when that is wanted.
    pub item: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// Elements whose turn is still to come.
    pub rest: VecDeque<Value>,
    /// Passes begun.
    #[serde(default)]
    pub pass: u32,
    /// What the loop's variables held before it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub before: Map,
}

impl LoopFrame {
    fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.item).chain(&self.index)
    }
}

/// A scenario that waits for the one it called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallFrame {
    /// The action that calls.
    pub place: Place,
    /// The caller's version; the one it called is the run's own meanwhile.
    pub version: VersionId,
    pub vars: Map,
    #[serde(default)]
    pub answers: IndexMap<BlockId, Value>,
    #[serde(default)]
    pub origin: Origin,
    #[serde(default)]
    pub in_error_block: bool,
    /// The section it was let into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<(ScenarioId, SectionId)>,
}

/// Where the scenario at work began: what *start over* goes back to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// `None` behind a button, which is no beginning.
    #[serde(default)]
    pub block: Option<BlockId>,
    /// Variables that the beginning brought.
    #[serde(default)]
    pub given: Vec<String>,
}

/// A question that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub place: Place,
    /// Frames the run was inside of.
    pub depth: usize,
}

impl RunState {
    /// The version that the run began with, however deep it is in sub-scenarios.
    pub fn root_version(&self) -> VersionId {
        let outermost = self.frames.iter().find_map(|frame| match frame {
            Frame::Call(call) => Some(call.version),
            Frame::Loop(_) => None,
        });
        outermost.unwrap_or(self.version)
    }

    /// Every version the run needs: the one at work, and those that wait for it.
    pub fn versions(&self) -> impl Iterator<Item = VersionId> {
        let waiting = self.frames.iter().filter_map(|frame| match frame {
            Frame::Call(call) => Some(call.version),
            Frame::Loop(_) => None,
        });
        std::iter::once(self.version).chain(waiting)
    }

    pub(crate) fn is_in_call(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Frame::Call(_)))
    }

    /// Frames below the scenario at work: those of its callers, and of its own call.
    pub(super) fn base(&self) -> usize {
        self.frames.iter().rposition(|frame| matches!(frame, Frame::Call(_))).map_or(0, |index| index + 1)
    }

    /// The open loop of this action in the scenario at work.
    pub(super) fn loop_of(&self, action: &ActionId) -> Option<usize> {
        let found = self
            .frames
            .iter()
            .rposition(|frame| matches!(frame, Frame::Loop(frame) if frame.action == *action))?;
        (found >= self.base()).then_some(found)
    }

    /// The innermost open loop of the scenario at work.
    pub(super) fn innermost_loop(&self) -> Option<&LoopFrame> {
        match self.frames.last() {
            Some(Frame::Loop(frame)) => Some(frame),
            _ => None,
        }
    }

    /// Leaves the innermost loop. Its variables become what they were before; with `keep`, they stay, as far as
    /// no loop around it uses the same names: what a search found is still there behind it.
    pub(super) fn leave_loop(&mut self, keep: bool) {
        let Some(Frame::Loop(mut frame)) = self.frames.pop_if(|frame| matches!(frame, Frame::Loop(_))) else {
            return;
        };
        let base = self.base();
        for name in frame.index.take().into_iter().chain([frame.item]) {
            let around = self.frames.iter().skip(base).any(|outer| match outer {
                Frame::Loop(outer) => outer.names().any(|used| *used == name),
                Frame::Call(_) => false,
            });
            match frame.before.shift_remove(&name) {
                _ if keep && !around => {}
                Some(value) => drop(self.vars.insert(name, value)),
                None => drop(self.vars.shift_remove(&name)),
            }
        }
        self.forget_questions();
    }

    /// Leaves the loops of the scenario at work from this depth on.
    pub(super) fn leave_loops_from(&mut self, depth: usize, keep: bool) {
        while self.frames.len() > depth.max(self.base()) {
            self.leave_loop(keep);
        }
    }

    /// Goes back to the caller of the scenario at work, at the action that called. Gives the variables of the
    /// scenario that was called; `None` when nothing called it.
    pub(super) fn leave_call(&mut self) -> Option<Map> {
        let call = loop {
            match self.frames.pop()? {
                Frame::Call(call) => break call,
                Frame::Loop(_) => {}
            }
        };
        let (shared, own) = split_shared(std::mem::replace(&mut self.vars, call.vars));
        self.vars.extend(shared);
        self.answers = call.answers;
        self.origin = call.origin;
        self.in_error_block = call.in_error_block;
        self.section = call.section;
        self.version = call.version;
        self.place = Some(call.place);
        self.previous = None;
        self.forget_questions();
        Some(own)
    }

    /// Enters a sub-scenario, which sees only what it is given and what belongs to the whole run.
    pub(super) fn enter_call(&mut self, place: Place, version: VersionId, start: &BlockId, inputs: Map) {
        let (shared, own) = split_shared(std::mem::take(&mut self.vars));
        let origin = Origin { block: Some(start.clone()), given: inputs.keys().cloned().collect() };
        self.vars = shared;
        self.vars.extend(inputs);
        let frame = CallFrame {
            place,
            version: std::mem::replace(&mut self.version, version),
            vars: own,
            answers: std::mem::take(&mut self.answers),
            origin: std::mem::replace(&mut self.origin, origin),
            in_error_block: std::mem::take(&mut self.in_error_block),
            section: self.section.take(),
        };
        self.frames.push(Frame::Call(frame));
        self.previous = None;
    }

    /// Remembers a question that was answered.
    pub(super) fn note_question(&mut self, place: Place, most: usize) {
        self.history.push(Asked { place, depth: self.frames.len() });
        if self.history.len() > most {
            self.history.remove(0);
        }
    }

    /// Questions inside of what was left cannot be gone back to.
    pub(super) fn forget_questions(&mut self) {
        let depth = self.frames.len();
        self.history.retain(|asked| asked.depth <= depth);
    }
}

/// Names that begin with `_` belong to the run, whichever of its scenarios is at work.
fn split_shared(vars: Map) -> (Map, Map) {
    vars.into_iter().partition(|(name, _)| name.starts_with('_'))
}
