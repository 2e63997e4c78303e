//! The rows of a lane's runs as a burst leaves them, and the lane as it may be kept in memory.

use std::borrow::Cow;

use engine::effect::{Effect, Emitted, Ended, Stop};
use engine::ids::RunId;
use engine::lane::Lane;
use engine::run::RunState;
use store::runs::{NewRun, RunStatus, RunUpdate};
use store::{JobError, Tx, calls, runs, timers};

use super::{Commit, Committed, to_json};
use crate::burst::Burst;

/// A run and the bytes of its state.
pub type Saved = (RunId, usize);

impl Commit {
    pub(super) fn end_run(&self, tx: &mut Tx, run: RunId) -> Result<(), JobError> {
        let workspace = self.lane_id.workspace;
        timers::delete_of_run(tx, workspace, run)?;
        calls::delete_of_run(tx, workspace, run)?;
        runs::save(tx, workspace, run, &RunUpdate::ENDED, self.now)
    }

    /// A run that stands back: one that has not begun yet, or whose question gave way for a while.
    pub(super) fn hold_run(&self, tx: &mut Tx, run: &RunState) -> Result<Saved, JobError> {
        let workspace = self.lane_id.workspace;
        if self.event_id.is_some_and(|event| event.0 == run.run.0) {
            let row = self.new_row(run, RunStatus::Waiting, None);
            runs::insert(tx, &row)?;
            return Ok((run.run, row.state.len()));
        }
        timers::delete_of_run(tx, workspace, run.run)?;
        self.save_state(tx, run, RunStatus::Waiting, None)
    }

    /// Lets a run that stood back go on: its worker finds it ready.
    pub(super) fn resume(
        &self,
        tx: &mut Tx,
        lane: &Lane,
        run: Option<RunId>,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some(run) = run.and_then(|run| lane.run(run)) else { return Ok(()) };
        done.again = true;
        self.save_state(tx, run, RunStatus::Ready, None)?;
        Ok(())
    }

    /// A run that began with this burst has no timers yet.
    pub(super) fn forget_timers(&self, tx: &mut Tx, run: RunId) -> Result<(), JobError> {
        if self.new_run { Ok(()) } else { timers::delete_of_run(tx, self.lane_id.workspace, run) }
    }

    pub(super) fn save_run(
        &self,
        tx: &mut Tx,
        burst: &Burst,
        stop: &Stop,
        status: RunStatus,
    ) -> Result<Option<Saved>, JobError> {
        let error = match stop {
            Stop::Done(Ended::Failed(error)) => Some(to_json(error)),
            _ => None,
        };
        let run = &burst.run;
        if self.new_run {
            let mut row = self.new_row(run, status, error);
            if forgets(&burst.effects) {
                RunUpdate::ENDED.state.clone_into(&mut row.state);
            }
            runs::insert(tx, &row)?;
            return Ok(Some((run.run, row.state.len())));
        }
        if forgets(&burst.effects) {
            runs::save(tx, self.lane_id.workspace, run.run, &RunUpdate::ENDED, self.now)?;
            return Ok(None);
        }
        let before = self.lane.run(run.run).map(RunState::root_version);
        if before.is_some_and(|before| before != run.root_version()) {
            runs::set_version(tx, self.lane_id.workspace, run.run, run.root_version())?;
        }
        self.save_state(tx, run, status, error.as_deref()).map(Some)
    }

    fn new_row(&self, run: &RunState, status: RunStatus, error: Option<String>) -> NewRun {
        NewRun {
            id: run.run,
            lane: self.lane_id.clone(),
            scenario_id: run.scenario,
            version_id: run.root_version(),
            status,
            state: to_json(run),
            error,
            place: self.place_of(run).map(|(block, action)| (block.to_owned(), action.to_owned())),
            started_at: self.now,
        }
    }

    fn save_state(
        &self,
        tx: &mut Tx,
        run: &RunState,
        status: RunStatus,
        error: Option<&str>,
    ) -> Result<Saved, JobError> {
        let state = to_json(run);
        let update = RunUpdate { status, state: &state, error, place: self.place_of(run) };
        runs::save(tx, self.lane_id.workspace, run.run, &update, self.now)?;
        Ok((run.run, state.len()))
    }

    /// Block and action an open run stands at.
    fn place_of<'a>(&'a self, run: &'a RunState) -> Option<(&'a str, &'a str)> {
        let place = run.place.as_ref()?;
        let action = self.programs.version(run.version).and_then(|program| program.action_at(place));
        Some((place.block.as_str(), action.map_or("", |action| action.id.as_str())))
    }

    /// The lane as it stands after this commit, with the run of its burst as that was saved. `None` when it is not
    /// kept: its run has more to do, one of its runs waits for a call, or everything of the subscriber was forgotten.
    pub(super) fn at_rest(
        &self,
        mut lane: Lane,
        burst: Option<(&[Emitted], &Stop, Cow<'_, RunState>)>,
    ) -> Option<Lane> {
        if !self.rests || forgets(&self.effects) {
            return None;
        }
        if let Some((effects, stop, run)) = burst {
            let ends = matches!(stop, Stop::Done(_));
            if forgets(effects) || !(ends || matches!(stop, Stop::Wait(_) | Stop::Held)) {
                return None;
            }
            if !ends && let Some(kept) = lane.run_mut(run.run) {
                *kept = run.into_owned();
            }
        }
        (!lane.is_calling()).then_some(lane)
    }
}

/// Notes in the lane what came of a burst: the runs whose waits it cancelled, and who may go on now.
pub(super) fn settle(lane: &mut Lane, burst: &Burst, stop: &Stop) -> Option<RunId> {
    for emitted in &burst.effects {
        match &emitted.effect {
            Effect::CancelWaits { key } => {
                lane.cancel_waits(key, emitted.id.run);
            }
            Effect::Forget { .. } => lane.runs.retain(|run| run.run == burst.run.run),
            _ => {}
        }
    }
    lane.settle(&burst.programs, &burst.run, stop)
}

/// The run and the number of the burst whose steps may be told.
pub(super) fn traced(burst: &Burst) -> Option<(RunId, u32)> {
    (!forgets(&burst.effects)).then_some((burst.run.run, burst.run.burst))
}

/// Whether everything of the subscriber is forgotten.
pub(super) fn forgets(effects: &[Emitted]) -> bool {
    effects.iter().any(|emitted| matches!(emitted.effect, Effect::Forget { .. }))
}
