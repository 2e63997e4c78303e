//! Dates in a list: a look at the dates that have come due since the last one, by the index of their column.

use engine::ids::{TriggerId, UtcMs};
use engine::list::key_of;
use engine::schedule::{ListDateTrigger, RowEvent, fired};
use engine::value::Value;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::fired::{Fired, find_subscriber};
use store::lists::{self, date_key, date_values};
use store::schedules::{self, Schedule};
use store::{JobError, LaneId, Tx, inbox};

use super::AGAIN_AFTER_MS;
use crate::commit::to_json;

/// Rows fired in one job.
const CHUNK: usize = 200;

/// Moments lie on whole minutes.
const MINUTE_MS: i64 = 60_000;

/// Up to which entry of the index everything was looked at.
#[derive(Debug, Serialize, Deserialize)]
struct Progress {
    key: Vec<u8>,
    row: i64,
}

/// What a trigger begins with: rows that are due already are none of its business.
pub fn begin(date: &ListDateTrigger, zone: &TimeZone, now: UtcMs) -> String {
    to_json(&Progress { key: due_key(date, zone, now).unwrap_or_default(), row: i64::MAX })
}

/// The next look: when the minute is over.
pub fn next_look(now: UtcMs) -> UtcMs {
    UtcMs((now.0.div_euclid(MINUTE_MS) + 1).saturating_mul(MINUTE_MS))
}

pub fn fire(
    tx: &mut Tx,
    due: &Schedule,
    date: &ListDateTrigger,
    zone: &TimeZone,
    now: UtcMs,
) -> Result<Vec<LaneId>, JobError> {
    let later = |tx: &mut Tx| {
        schedules::advance(tx, due, now.plus_ms(AGAIN_AFTER_MS), &due.progress).map(|_| Vec::new())
    };
    let progress: Progress = match serde_json::from_str(&due.progress) {
        Ok(progress) => progress,
        Err(_) => {
            return schedules::advance(tx, due, next_look(now), &begin(date, zone, now)).map(|_| Vec::new());
        }
    };
    let upto = due_key(date, zone, now).filter(|upto| *upto > progress.key);
    let Some(upto) = upto.or_else(|| (progress.row < i64::MAX).then(|| progress.key.clone())) else {
        return schedules::advance(tx, due, next_look(now), &due.progress).map(|_| Vec::new());
    };
    // The list may come back under its name.
    let Some(list) = lists::find_by_name(tx, due.workspace_id, &date.list)? else { return later(tx) };
    if list.find_column(&date.column).is_none() {
        return later(tx);
    }
    let after = (progress.key, progress.row);
    let Some(found) = lists::rows_by_date(tx, &list, &date.column, &after, &upto, CHUNK)? else {
        return later(tx);
    };
    let (next, progress) = match found.last() {
        Some((key, row)) if found.len() >= CHUNK => {
            (due.due_at, Progress { key: key.clone(), row: row.id.0 })
        }
        _ => (next_look(now), Progress { key: upto, row: i64::MAX }),
    };
    if !schedules::advance(tx, due, next, &to_json(&progress))? {
        return Ok(Vec::new());
    }
    let trigger = TriggerId::from(due.trigger_id.as_str());
    let (mut rows, mut lanes) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
    for (key, row) in found {
        let event = RowEvent { row: row.id.0, old: None, new: Some(&row.cells) };
        let whose = if date.subscriber.is_empty() {
            None
        } else {
            let Some(client_id) = event.subscriber(&date.subscriber) else { continue };
            match find_subscriber(tx, due.workspace_id, due.bot_id, &client_id)? {
                Some(found) => Some(found),
                None => continue,
            }
        };
        let fired = Fired {
            workspace: due.workspace_id,
            bot: due.bot_id,
            dedupe_key: date_key(due.scenario_id, &trigger, row.id.0, &key),
            kind: fired(due.scenario_id, &trigger, date_values(&event, date), Vec::new()),
            at: now,
        };
        rows.push(fired.row(whose.as_ref()));
        lanes.push(fired.lane(whose.as_ref()));
    }
    inbox::insert_batch(tx, &rows)?;
    Ok(lanes)
}

/// The key of the last date that is due.
fn due_key(date: &ListDateTrigger, zone: &TimeZone, now: UtcMs) -> Option<Vec<u8>> {
    date.due(now, zone).map(|due| key_of(&as_value(due)))
}

fn as_value(date: DateTime) -> Value {
    let (day, month, year) = (date.day(), date.month(), date.year());
    Value::Text(format!("{day:02}.{month:02}.{year:04} {:02}:{:02}", date.hour(), date.minute()))
}
