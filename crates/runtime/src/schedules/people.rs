//! Schedules for every subscriber, by his own clock: chunk by chunk, each subscriber gets his moment.
//!
//! The same time comes within 26 hours on all clocks of the Earth. The pass over the subscribers begins with the
//! first of them; whose moment is still to come gets a timer. Who comes while the pass is over begins with the next.

use std::collections::HashMap;

use engine::ids::UtcMs;
use engine::schedule::{ScheduleTrigger, first_at};
use engine::value::Value;
use engine::zone::{ZONE_FIELD, parse_zone};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::fired::user_of;
use store::schedules::{self, Schedule};
use store::subscribers::{self, Subscriber};
use store::timers::{self, NewTimer};
use store::{JobError, LaneId, Tx, fields, inbox};

use super::{NEVER, event, planned};
use crate::commit::to_json;

/// Subscribers of one job.
const CHUNK: i64 = 500;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The time it is about; none for schedules by minutes or hours, whose moments are the same for everybody.
    time: Option<String>,
    /// The subscriber who had his turn last.
    #[serde(default)]
    after: String,
    /// Whether a pass is under way.
    #[serde(default)]
    begun: bool,
}

impl Progress {
    fn of(time: DateTime) -> Self {
        Self { time: Some(time.to_string()), ..Self::default() }
    }

    fn time(&self) -> Option<DateTime> {
        self.time.as_ref()?.parse().ok()
    }
}

/// When the first pass begins, and what it is about.
pub fn begin(schedule: &ScheduleTrigger, zone: &TimeZone, now: UtcMs) -> (UtcMs, String) {
    // What has come on any clock already is not begun any more.
    let next = ScheduleTrigger::begun(now).and_then(|time| schedule.next_time(time));
    match next.and_then(|time| Some((ScheduleTrigger::earliest(time)?, time))) {
        Some((due, time)) => (due, to_json(&Progress::of(time))),
        None => (schedule.next_after(now, zone).unwrap_or(NEVER), to_json(&Progress::default())),
    }
}

pub fn fire(
    tx: &mut Tx,
    due: &Schedule,
    schedule: &ScheduleTrigger,
    zone: &TimeZone,
    now: UtcMs,
) -> Result<Vec<LaneId>, JobError> {
    let mut progress: Progress = serde_json::from_str(&due.progress).unwrap_or_default();
    if !progress.begun {
        progress.time = progress.time().map(|time| newest(schedule, time, now).to_string());
        progress.begun = true;
    }
    let people = subscribers::page(tx, due.workspace_id, due.bot_id, &progress.after, CHUNK)?;
    let goes_on = people.len() >= usize::try_from(CHUNK).unwrap_or(usize::MAX);
    let time = progress.time();
    let (next, written) = match people.last() {
        Some(last) if goes_on => {
            let after = last.lane_key.clone();
            (due.due_at, to_json(&Progress { after, ..progress }))
        }
        _ => match time.and_then(|time| schedule.next_time(time)) {
            Some(time) => (ScheduleTrigger::earliest(time).unwrap_or(NEVER), to_json(&Progress::of(time))),
            None if time.is_some() => (NEVER, to_json(&Progress::default())),
            None => (schedule.next_after(now, zone).unwrap_or(NEVER), to_json(&Progress::default())),
        },
    };
    if !schedules::advance(tx, due, next, &written)? {
        return Ok(Vec::new());
    }
    let zones = load_zones(tx, due, &people)?;
    let (mut rows, mut lanes) = (Vec::new(), Vec::new());
    for whose in people.iter().filter(|whose| whose.takes_mailings()) {
        let zone = zones.get(whose.lane_key.as_str()).unwrap_or(zone);
        let moment = match time {
            Some(time) => first_at(time, zone).map_or(now, |at| UtcMs(at.as_millisecond())),
            None => due.due_at,
        };
        let name = match time {
            Some(time) => format!("{time}:{}", whose.lane_key),
            None => format!("{}:{}", due.due_at.0, whose.lane_key),
        };
        let fired = event(due, planned(moment, zone), now, format_args!("{name}"));
        if moment <= now {
            rows.push(fired.row(Some(whose)));
            lanes.push(fired.lane(Some(whose)));
        } else {
            let timer = NewTimer {
                lane: fired.lane(Some(whose)),
                partition: 0,
                due_at: moment,
                run_id: None,
                wait_id: None,
                payload: fired.payload(Some(whose)),
            };
            timers::insert(tx, &timer)?;
        }
    }
    inbox::insert_batch(tx, &rows)?;
    Ok(lanes)
}

/// Of several times that were missed, the last one that has begun anywhere: it stands for all of them.
fn newest(schedule: &ScheduleTrigger, mut time: DateTime, now: UtcMs) -> DateTime {
    let has_begun = |time: DateTime| ScheduleTrigger::earliest(time).is_some_and(|earliest| earliest <= now);
    let skipped = ScheduleTrigger::over(now).filter(|over| *over > time);
    if let Some(next) = skipped.and_then(|over| schedule.next_time(over)).filter(|next| has_begun(*next)) {
        time = next;
    }
    while let Some(next) = schedule.next_time(time).filter(|next| has_begun(*next)) {
        time = next;
    }
    time
}

/// The zones of those who have told theirs, by the key of their lane.
fn load_zones<'a>(
    tx: &mut Tx,
    due: &Schedule,
    people: &'a [Subscriber],
) -> Result<HashMap<&'a str, TimeZone>, JobError> {
    let owner =
        |whose: &Subscriber| user_of(&whose.lane_key).map(|user| fields::Owner::client(due.bot_id, user).key);
    let owners: Vec<String> = people.iter().filter_map(owner).collect();
    let told = fields::load_named(tx, due.workspace_id, fields::Scope::Client, &owners, ZONE_FIELD)?;
    let told: HashMap<String, String> = told.into_iter().collect();
    let zone_of = |whose: &Subscriber| {
        let text = told.get(&owner(whose)?)?;
        let value: Value = serde_json::from_str(text).ok()?;
        parse_zone(&value.to_text())
    };
    Ok(people.iter().filter_map(|whose| Some((whose.lane_key.as_str(), zone_of(whose)?))).collect())
}
