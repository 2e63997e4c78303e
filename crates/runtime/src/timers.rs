//! Timers: when one is due, a job turns it into an inbox row.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use engine::ids::UtcMs;
use store::fail_point::{self, FailPoint};
use store::inbox::{self, InboxKind, NewInboxRow};
use store::setbacks::{Item, Verdict, Work};
use store::timers::{self, Timer};
use store::{Class, JobError, LaneId, Tx, WriteError, subscribers};

use crate::Inner;
use crate::event::{FiredTimer, PLAIN};
use crate::setbacks::set_back;

/// Timers fired in one job.
const BATCH: i64 = 500;

/// The longest sleep: another process may have written a nearer timer.
const IDLE: Duration = Duration::from_secs(1);

/// Fires timers for ever.
pub async fn run(inner: Arc<Inner>) {
    loop {
        match fire_due(&inner).await {
            Ok(Some(wait)) => {
                let _ = tokio::time::timeout(wait, inner.timers_wakeup.notified()).await;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "timers have to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Fires a batch. `None` when there may be more, else how long to sleep.
async fn fire_due(inner: &Arc<Inner>) -> anyhow::Result<Option<Duration>> {
    let now = inner.store.now();
    let (due, next) = inner
        .store
        .read(move |connection| {
            let due = timers::due(connection, now, BATCH)?;
            let next = if due.is_empty() { timers::next_due_at(connection)? } else { None };
            Ok((due, next))
        })
        .await?;
    let due = own_first(due, |timer| inner.nodes.owns(timer.bot_id), BATCH);
    if due.is_empty() {
        return Ok(Some(next.map_or(IDLE, |next| until(now, next).min(IDLE))));
    }
    fail_point::reach(FailPoint::TimersDue);
    let lanes = match fire(inner, due.clone(), now).await {
        Ok(lanes) => lanes,
        Err(WriteError::Busy) => return Err(WriteError::Busy.into()),
        Err(_) => fire_each(inner, due, now).await,
    };
    fail_point::reach(FailPoint::TimersFired);
    for lane in lanes {
        inner.wake(lane);
    }
    Ok(None)
}

/// One of them cannot be fired: the others are, and that one is put off, or given up. Those that are left when the
/// database does not answer stay due.
async fn fire_each(inner: &Arc<Inner>, due: Vec<Timer>, now: UtcMs) -> Vec<LaneId> {
    let mut lanes = Vec::with_capacity(due.len());
    for timer in due {
        let error = match fire(inner, vec![timer.clone()], now).await {
            Ok(fired) => {
                lanes.extend(fired);
                continue;
            }
            // The database has no time: no timer's fault.
            Err(WriteError::Busy) => break,
            Err(error) => error,
        };
        let of_run = timer.run_id.map(|run| format!(" of run {run}")).unwrap_or_default();
        let name = format!("{}{of_run}", timer.id);
        let item = Item { workspace: timer.workspace_id, work: Work::Timer, name };
        let put_off = move |tx: &mut Tx, verdict| match verdict {
            Verdict::Again(at) => timers::put_off(tx, &timer, at),
            Verdict::GivenUp => timers::take(tx, std::slice::from_ref(&timer)).map(|_| ()),
        };
        if let Err(error) = set_back(inner, item, &error, put_off).await {
            tracing::warn!(%error, "timers have to wait");
            break;
        }
    }
    lanes
}

async fn fire(inner: &Arc<Inner>, due: Vec<Timer>, now: UtcMs) -> Result<Vec<LaneId>, WriteError> {
    let lanes: Vec<LaneId> = due.iter().map(Timer::lane).collect();
    inner
        .store
        .write(Class::Lanes, move |tx| {
            // On several nodes a timer that is gone belongs to whoever deleted it.
            let taken: HashSet<i64> = timers::take(tx, &due)?.into_iter().collect();
            let mut rows = Vec::with_capacity(taken.len());
            for timer in due.iter().filter(|timer| taken.contains(&timer.id)) {
                if is_wanted(tx, timer)? {
                    rows.push(inbox_row(timer, now));
                }
            }
            inbox::insert_batch(tx, &rows).map(|_| ())
        })
        .await?;
    inner.meters.timers_fired.add(lanes.len() as u64);
    Ok(lanes)
}

/// Leaves what is others' to its owners, unless that is all there was room to see: then somebody has to begin, and
/// whoever comes second finds it gone.
pub fn own_first<T>(mut due: Vec<T>, owns: impl Fn(&T) -> bool, room: i64) -> Vec<T> {
    let is_full = i64::try_from(due.len()).is_ok_and(|count| count >= room);
    if !is_full || due.iter().any(&owns) {
        due.retain(owns);
    }
    due
}

/// Whoever has unsubscribed since a schedule gave him his moment is left alone.
fn is_wanted(tx: &mut Tx, timer: &Timer) -> Result<bool, JobError> {
    if timer.run_id.is_some() {
        return Ok(true);
    }
    let whose = subscribers::find(tx, &timer.lane())?;
    Ok(whose.is_some_and(|whose| whose.takes_mailings()))
}

fn inbox_row(timer: &Timer, now: UtcMs) -> NewInboxRow {
    let (kind, payload) = match timer.run_id.zip(timer.wait_id) {
        Some((run, wait)) => {
            (InboxKind::Timer, serde_json::to_vec(&FiredTimer { run, wait }).unwrap_or_default())
        }
        // Of a schedule: the event stands in the timer.
        None => (InboxKind::Signal, timer.payload.clone().into_bytes()),
    };
    NewInboxRow {
        lane: timer.lane(),
        partition: timer.partition,
        dedupe_key: format!("timer:{}", timer.id),
        kind,
        payload,
        meta: PLAIN.to_owned(),
        reply_secret: None,
        hops: 0,
        received_at: now,
    }
}

pub fn until(now: UtcMs, moment: UtcMs) -> Duration {
    Duration::from_millis(u64::try_from(moment.0.saturating_sub(now.0)).unwrap_or_default())
}
