//! Triggers that nobody sets off by hand: times of the clock, dates in a list, rows that are written.
//!
//! [`plan`] writes down what is published (a row each in `schedules`, watchers of lists); [`run`] fires what is due.
//! The job that fires a trigger says when it is due next, so a trigger fires once on however many nodes, and what was
//! missed while nothing ran fires once. Rows that are written tell their watchers themselves, in `store::lists`.

mod dates;
mod people;
mod plan;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::ids::{TriggerId, UtcMs, WorkspaceId};
use engine::scenario::TriggerOptions;
use engine::schedule::{Runs, ScheduleTrigger, fired};
use engine::value::Value;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::fired::Fired;
use store::schedules::{self, Schedule};
use store::setbacks::{Item, Work};
use store::{Class, LaneId, WriteError, inbox};
use tokio::sync::Notify;

use crate::Inner;
use crate::setbacks::{again_at, caught, set_back};
use crate::timers::{own_first, until};

/// Triggers looked at in one round.
const BATCH: i64 = 100;

/// The longest sleep: another process may have planned a nearer trigger.
const IDLE: Duration = Duration::from_secs(1);

/// Wait before a trigger is looked at again whose list or scenario is not there.
const AGAIN_AFTER_MS: i64 = 60_000;

/// When a schedule is due that never comes again.
const NEVER: UtcMs = UtcMs(i64::MAX);

/// Workspaces whose triggers are to be planned anew.
#[derive(Default)]
pub struct Plans {
    changed: Mutex<BTreeSet<WorkspaceId>>,
    wakeup: Notify,
}

impl Plans {
    pub fn change(&self, workspace: WorkspaceId) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace);
        self.wakeup.notify_one();
    }

    fn take(&self) -> BTreeSet<WorkspaceId> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Plans and fires for ever. What was published while nothing ran is planned first.
pub async fn run(inner: Arc<Inner>) {
    let active = |connection: &mut store::Connection| Ok(store::bots::list_active(connection)?);
    loop {
        match inner.store.read(active).await {
            Ok(bots) => break bots.iter().for_each(|bot| inner.plans.change(bot.workspace_id)),
            Err(error) => tracing::warn!(%error, "schedules could not be planned at the start"),
        }
        tokio::time::sleep(IDLE).await;
    }
    loop {
        for workspace in inner.plans.take() {
            let planned = caught(plan::plan(&inner, workspace)).await.map_err(anyhow::Error::from);
            if let Err(error) = planned.flatten() {
                plan_later(&inner, workspace, &error).await;
            }
        }
        match fire_due(&inner).await {
            Ok(Some(wait)) => {
                let _ = tokio::time::timeout(wait, inner.plans.wakeup.notified()).await;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "schedules have to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// A workspace whose triggers cannot be planned holds up no other.
async fn plan_later(inner: &Arc<Inner>, workspace: WorkspaceId, error: &anyhow::Error) {
    let item = Item { workspace, work: Work::Plan, name: "triggers".to_owned() };
    let now = inner.store.now();
    let wait = match set_back(inner, item, &format!("{error:#}"), |_, _| Ok(())).await {
        Ok(verdict) => until(now, again_at(verdict, now)),
        Err(_) => {
            tracing::warn!(%workspace, %error, "schedules have to be planned later");
            IDLE
        }
    };
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        inner.plans.change(workspace);
    });
}

/// Fires a batch. `None` when there may be more, else how long to sleep.
async fn fire_due(inner: &Arc<Inner>) -> anyhow::Result<Option<Duration>> {
    let now = inner.store.now();
    let (due, next) = inner
        .store
        .read(move |connection| {
            let due = schedules::due(connection, now, BATCH)?;
            let next = if due.is_empty() { schedules::next_due_at(connection, now)? } else { None };
            Ok((due, next))
        })
        .await?;
    let due = own_first(due, |schedule| inner.nodes.owns(schedule.bot_id), BATCH);
    if due.is_empty() {
        let wait = next.map(|next| u64::try_from(next.0.saturating_sub(now.0)).unwrap_or_default());
        return Ok(Some(wait.map_or(IDLE, |ms| Duration::from_millis(ms).min(IDLE))));
    }
    for schedule in due {
        let fired = caught(fire(inner, schedule.clone(), now)).await.map_err(anyhow::Error::from);
        match fired.flatten() {
            Ok(lanes) => lanes.into_iter().for_each(|lane| inner.wake(lane)),
            // One that cannot fire does not hold up the others.
            Err(error) => put_off(inner, schedule, &error, now).await?,
        }
    }
    Ok(None)
}

async fn put_off(inner: &Inner, due: Schedule, error: &anyhow::Error, now: UtcMs) -> Result<(), WriteError> {
    let (workspace, name) = (due.workspace_id, format!("{} of bot {}", due.trigger_id, due.bot_id));
    let item = Item { workspace, work: Work::Schedule, name };
    let later = move |tx: &mut store::Tx, verdict| {
        schedules::advance(tx, &due, again_at(verdict, now), &due.progress).map(|_| ())
    };
    set_back(inner, item, &format!("{error:#}"), later).await?;
    Ok(())
}

/// Fires one trigger, or a chunk of what it fires for; answers the lanes that have work now.
async fn fire(inner: &Arc<Inner>, due: Schedule, now: UtcMs) -> anyhow::Result<Vec<LaneId>> {
    let bot = inner.bots.load(due.bot_id).await?;
    let program = bot.as_ref().and_then(|bot| {
        bot.programs.current().iter().find(|program| program.scenario_id() == due.scenario_id)
    });
    let options = program
        .and_then(|program| program.trigger(&TriggerId::from(due.trigger_id.as_str())))
        .map(|trigger| trigger.options.clone());
    let Some((bot, options)) = bot.as_ref().zip(options) else {
        // It is about to be planned anew.
        let later = move |tx: &mut store::Tx| {
            schedules::advance(tx, &due, now.plus_ms(AGAIN_AFTER_MS), &due.progress).map(|_| Vec::new())
        };
        return Ok(inner.store.write(Class::Lanes, later).await?);
    };
    let zone = bot.zone.clone();
    let class = match &options {
        TriggerOptions::Schedule(schedule) if schedule.runs == Runs::Once => Class::Lanes,
        _ => Class::Background,
    };
    let job = move |tx: &mut store::Tx| match &options {
        TriggerOptions::Schedule(schedule) if schedule.runs == Runs::Once => {
            fire_once(tx, &due, schedule, &zone, now)
        }
        TriggerOptions::Schedule(schedule) => people::fire(tx, &due, schedule, &zone, now),
        TriggerOptions::ListDate(date) => dates::fire(tx, &due, date, &zone, now),
        _ => schedules::advance(tx, &due, NEVER, &due.progress).map(|_| Vec::new()),
    };
    Ok(inner.store.write(class, job).await?)
}

/// One run without a subscriber.
fn fire_once(
    tx: &mut store::Tx,
    due: &Schedule,
    schedule: &ScheduleTrigger,
    zone: &TimeZone,
    now: UtcMs,
) -> Result<Vec<LaneId>, store::JobError> {
    let next = schedule.next_after(now, zone).unwrap_or(NEVER);
    if !schedules::advance(tx, due, next, "")? {
        return Ok(Vec::new());
    }
    let event = event(due, planned(due.due_at, zone), now, format_args!("{}", due.due_at.0));
    inbox::insert_batch(tx, &[event.row(None)])?;
    Ok(vec![event.lane(None)])
}

/// The event of a schedule; `moment` tells its firings apart.
fn event(due: &Schedule, planned: Value, now: UtcMs, moment: std::fmt::Arguments<'_>) -> Fired {
    let trigger = TriggerId::from(due.trigger_id.as_str());
    Fired {
        workspace: due.workspace_id,
        bot: due.bot_id,
        dedupe_key: format!("schedule:{}:{trigger}:{moment}", due.scenario_id),
        kind: fired(due.scenario_id, &trigger, [("planned", planned)], Vec::new()),
        at: now,
    }
}

/// The moment a run was planned for, as the clock of a zone shows it.
fn planned(moment: UtcMs, zone: &TimeZone) -> Value {
    let moment = Timestamp::from_millisecond(moment.0).unwrap_or_default();
    Value::Moment(moment.to_zoned(zone.clone()))
}
