//! One lane at work: its next event, answer or unfinished run becomes a burst, the burst becomes a commit. What was
//! sent as an album is one event: `album.rs`.

mod album;
mod look;
mod plan;
pub mod resting;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::error::StepError;
use engine::event::EventKind;
use engine::ids::{EventId, RunId, UtcMs};
use store::fail_point::{self, FailPoint};
use store::{Class, LaneId, Ring, WriteError};

use crate::Inner;
use crate::bots::LoadedBot;
use crate::burst::Report;
use crate::commit::{Commit, Committed};
use crate::dispatch::Place;
use crate::give_up::GiveUp;
use look::{Known, Snapshot};
use plan::{Poisoned, Wrecked, plan};

/// Events looked at behind one that has to wait.
const LOOK_BEHIND: i64 = 50;

/// Wait before a lane is tried again when the database does not answer.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Runs whose panics are counted at once: those that went well afterwards stay among them.
const PANICS_KNOWN: usize = 1_000;

/// How often the commits of runs panicked that no event has set going. They are given up the third time, as events are.
#[derive(Default)]
pub struct Panics(Mutex<HashMap<RunId, u8>>);

impl Panics {
    /// Counts a panic; answers whether it was one too many.
    fn is_last(&self, run: Option<RunId>) -> bool {
        let Some(run) = run else { return false };
        let mut panics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if panics.len() >= PANICS_KNOWN {
            panics.clear();
        }
        let count = panics.entry(run).or_default();
        *count += 1;
        let is_last = *count >= 3;
        if is_last {
            panics.remove(&run);
        }
        is_last
    }
}

/// Works a lane until nothing is left to do.
pub async fn work(inner: &Arc<Inner>, lane: &LaneId) {
    let mut known = Known::new(inner.resting.take(lane));
    loop {
        match work_once(inner, lane, &mut known).await {
            Ok(true) if inner.stopping.has_begun() => return,
            Ok(true) => {}
            Ok(false) => {
                if let Some(rested) = known.into_rested() {
                    inner.resting.keep(lane.clone(), rested);
                }
                return;
            }
            Err(error) => {
                tracing::warn!(bot = %lane.bot, lane = %lane.key, %error, "the lane has to wait");
                let (inner, lane) = (Arc::clone(inner), lane.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(RETRY_AFTER).await;
                    inner.queue.wake(lane);
                });
                return;
            }
        }
    }
}

/// One burst. False when there is nothing left to do.
async fn work_once(inner: &Arc<Inner>, lane_id: &LaneId, known: &mut Known) -> anyhow::Result<bool> {
    known.take_in(inner.queue.take_news(lane_id));
    // Its owner finds the lane in the tables.
    if !inner.nodes.owns(lane_id.bot) {
        return Ok(false);
    }
    let Some(bot) = inner.bots.load(lane_id.bot).await? else { return Ok(false) };
    if !bot.is_active() || bot.workspace != lane_id.workspace {
        return Ok(false);
    }
    let began = Instant::now();
    let Some((snapshot, mut behind)) = known.look(inner, &bot, lane_id).await? else { return Ok(false) };
    let mut run = None;
    let mut places = Vec::new();
    let mut report = Report::default();
    let written = if snapshot.broken.is_empty() {
        let Some(plan) = plan(inner, &bot, lane_id, snapshot).await? else { return Ok(false) };
        behind.at_rest &= plan.in_turn && plan.others.is_empty();
        match plan.run_free(inner).await {
            Ok(mut commit) => {
                places = reserve_places(inner, &commit);
                commit.claims = places.len();
                report = commit.take_report();
                fail_point::reach(FailPoint::BurstReady);
                run = commit.burst.as_ref().map(|(burst, _)| burst.run.run);
                behind.seen = commit.event_id.unwrap_or(behind.seen);
                let suspect = Poisoned { event: commit.event_id, run: run.filter(|_| !commit.new_run) };
                match inner.store.write(Class::Lanes, move |tx| commit.apply(tx)).await {
                    Err(WriteError::Panicked)
                        if suspect.event.is_some() || inner.panics.is_last(suspect.run) =>
                    {
                        behind.at_rest = false;
                        report = Report::default();
                        let given_up = give_up_poisoned(inner, &bot, lane_id, suspect).await?;
                        inner.store.write(Class::Lanes, move |tx| given_up.apply(tx)).await
                    }
                    written => written,
                }
            }
            Err(Wrecked::Again(error)) => return Err(error.into()),
            Err(Wrecked::Poisoned(poisoned)) => {
                behind.at_rest = false;
                let given_up = give_up_poisoned(inner, &bot, lane_id, poisoned).await?;
                inner.store.write(Class::Lanes, move |tx| given_up.apply(tx)).await
            }
        }
    } else {
        behind.at_rest = false;
        let given_up = give_up_broken(lane_id, snapshot, inner.store.now());
        inner.store.write(Class::Lanes, move |tx| given_up.apply(tx)).await
    };
    match written {
        Ok(mut done) => {
            fail_point::reach(FailPoint::BurstCommitted);
            inner.meters.bursts.increment();
            let took = began.elapsed();
            inner.meters.burst_time.observe(took);
            tracing::debug!(bot = %lane_id.bot, lane = %lane_id.key, ?run, ?took, "burst committed");
            let goes_on = known.settle(lane_id, behind, &mut done);
            after_commit(inner, &bot, done, report, places);
            Ok(goes_on)
        }
        // Somebody else moved the lane on; look again.
        Err(WriteError::Fenced) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Places for what goes out at once: a message, and before it the answer to a press.
fn reserve_places(inner: &Inner, commit: &Commit) -> Vec<Place> {
    if inner.store.is_shared() || commit.burst.is_none() && commit.effects.is_empty() {
        return Vec::new();
    }
    let pressed = commit.event.as_ref().is_some_and(|event| matches!(event.kind, EventKind::Button { .. }));
    std::iter::from_fn(|| inner.dispatch.reserve(commit.bot.id)).take(1 + usize::from(pressed)).collect()
}

fn after_commit(
    inner: &Arc<Inner>,
    bot: &LoadedBot,
    done: Committed,
    mut report: Report,
    places: Vec<Place>,
) {
    if !done.claimed.is_empty() {
        fail_point::reach(FailPoint::SendsClaimed);
    }
    for (place, row) in places.into_iter().zip(done.claimed) {
        place.hand(row);
    }
    for (secret, response) in done.replies {
        if !inner.waiters.answer(&secret, response) && inner.nodes.are_several() {
            inner.store.ring(Ring::Replied);
        }
    }
    if done.sends {
        inner.dispatch.wake(bot.workspace, bot.id);
    }
    if done.calls {
        inner.calls_wakeup.notify_one();
    }
    if done.timer.is_some() {
        inner.timers_wakeup.notify_one();
    }
    done.lanes.into_iter().for_each(|lane| inner.wake(lane));
    for other in done.bots {
        inner.dispatch.wake(bot.workspace, other);
    }
    if done.broadcasts {
        inner.broadcasts_wakeup.notify_one();
    }
    if done.told {
        inner.sweep_wakeup.notify_one();
    }
    report.add(done.report.trace, done.report.passed);
    inner.counters.count(bot.workspace, report.passed, inner.store.now());
    if let Some((run, burst)) = done.traced.filter(|_| !report.trace.is_empty()) {
        inner.traces.append(bot.workspace, run, burst, &report.trace, inner.store.now());
    }
}

/// The engine panicked: the third time the event is dead and its run has failed, and the lane goes on. The
/// plan is thrown away, so the lane is read anew.
async fn give_up_poisoned(
    inner: &Arc<Inner>,
    bot: &Arc<LoadedBot>,
    lane_id: &LaneId,
    poisoned: Poisoned,
) -> anyhow::Result<GiveUp> {
    inner.meters.panics.increment();
    tracing::error!(bot = %lane_id.bot, lane = %lane_id.key, run = ?poisoned.run, "the engine panicked");
    let (lane, _) = look::read(inner, bot, lane_id).await?;
    let caller = poisoned.run.and_then(|run| lane.lane.run(run)).and_then(|run| run.reply_to);
    Ok(GiveUp {
        lane_id: lane_id.clone(),
        version: lane.version,
        lane: lane.lane,
        event: poisoned.event,
        runs: poisoned.run.into_iter().collect(),
        error: engine_panicked(),
        callers: poisoned.event.into_iter().chain(caller).collect(),
        now: inner.store.now(),
    })
}

/// Runs whose state is damaged end, and the lane goes on without them.
fn give_up_broken(lane_id: &LaneId, snapshot: Snapshot, now: UtcMs) -> GiveUp {
    GiveUp {
        lane_id: lane_id.clone(),
        version: snapshot.version,
        lane: snapshot.lane,
        event: None,
        // A run has the number of the event that began it; who waits for a later one is not known any more.
        callers: snapshot.broken.iter().map(|run| EventId(run.0)).collect(),
        runs: snapshot.broken,
        error: state_lost(),
        now,
    }
}

pub fn engine_panicked() -> StepError {
    StepError::new(
        "internal",
        "Something went wrong inside Scenaria; the server's log says more",
        "Что-то пошло не так внутри Scenaria; подробности в журнале сервера",
    )
}

fn state_lost() -> StepError {
    StepError::new(
        "state_lost",
        "What the run had come to could not be read any more",
        "Состояние прохождения больше не удалось прочитать",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_given_up_when_its_commit_panicked_three_times() {
        let panics = Panics::default();
        let one = || panics.is_last(Some(RunId(1)));
        assert_eq!(
            [one(), panics.is_last(Some(RunId(2))), one(), one(), one()],
            [false, false, false, true, false]
        );
        assert!(!panics.is_last(None));
    }
}
