//! What is published, written down: a row for every trigger of the clock, watchers for every list.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::ids::{UtcMs, WorkspaceId};
use engine::scenario::TriggerOptions;
use engine::schedule::{Late, Runs};
use jiff::tz::TimeZone;
use store::lists::{self, List, ListColumn, Watched, Watcher};
use store::schedules::{self, Schedule};
use store::{Class, JobError, Tx, bots};

use super::{NEVER, dates, people};
use crate::Inner;
use crate::bots::LoadedBot;
use crate::commit::to_json;

/// What the triggers of a workspace need.
#[derive(Default)]
struct Wanted {
    schedules: Vec<Schedule>,
    /// By the name of the list.
    watchers: BTreeMap<String, Vec<Watcher>>,
    /// Columns whose dates are looked at, by list.
    dates: Vec<(String, String)>,
}

/// Writes down what the bots of a workspace have published now. What stays the same goes on as it was.
pub async fn plan(inner: &Arc<Inner>, workspace: WorkspaceId) -> anyhow::Result<()> {
    let (ids, planned, lists) = inner
        .store
        .read(move |connection| {
            let ids: Vec<_> = bots::list(connection, workspace)?.into_iter().map(|bot| bot.id).collect();
            Ok((ids, schedules::list(connection, workspace)?, lists::list(connection, workspace)?))
        })
        .await?;
    let now = inner.store.now();
    let mut wanted = Wanted::default();
    for id in ids {
        if let Some(bot) = inner.bots.load(id).await? {
            wanted.add(&bot, now);
        }
    }
    let is_watched = lists.iter().any(|list| !list.watchers.is_empty());
    if planned.is_empty() && !is_watched && wanted.schedules.is_empty() && wanted.watchers.is_empty() {
        return Ok(());
    }
    inner.store.write(Class::Lanes, move |tx| write(tx, workspace, &wanted, now)).await?;
    inner.plans.wakeup.notify_one();
    Ok(())
}

impl Wanted {
    fn add(&mut self, bot: &LoadedBot, now: UtcMs) {
        for program in bot.programs.current() {
            for trigger in &program.document().triggers {
                let planned = plan_trigger(&trigger.options, &bot.zone, now);
                self.schedules.extend(planned.map(|(due_at, progress)| Schedule {
                    workspace_id: bot.workspace,
                    bot_id: bot.id,
                    scenario_id: program.scenario_id(),
                    trigger_id: trigger.id.to_string(),
                    spec: to_json(&(&trigger.options, zone_name(&bot.zone))),
                    due_at,
                    progress,
                }));
                let what = match &trigger.options {
                    TriggerOptions::ListRow(row) => Some((&row.list, Watched::Row(row.clone()))),
                    TriggerOptions::ListDate(date) => {
                        self.dates.push((date.list.clone(), date.column.clone()));
                        let zone = zone_name(&bot.zone);
                        let late = Watched::LateDate { date: date.clone(), zone };
                        (date.late == Late::Fire).then_some((&date.list, late))
                    }
                    _ => None,
                };
                let Some((list, what)) = what else { continue };
                let (scenario, trigger) = (program.scenario_id(), trigger.id.clone());
                let watcher = Watcher { bot: bot.id, scenario, trigger, what };
                self.watchers.entry(list.clone()).or_default().push(watcher);
            }
        }
    }
}

/// When a trigger is due first, and what it begins with; `None` for one the clock does not set off.
fn plan_trigger(options: &TriggerOptions, zone: &TimeZone, now: UtcMs) -> Option<(UtcMs, String)> {
    match options {
        TriggerOptions::Schedule(schedule) if schedule.runs == Runs::Once => {
            Some((schedule.next_after(now, zone).unwrap_or(NEVER), String::new()))
        }
        TriggerOptions::Schedule(schedule) => Some(people::begin(schedule, zone, now)),
        TriggerOptions::ListDate(date) => Some((dates::next_look(now), dates::begin(date, zone, now))),
        _ => None,
    }
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

fn write(tx: &mut Tx, workspace: WorkspaceId, wanted: &Wanted, now: UtcMs) -> Result<(), JobError> {
    let planned = schedules::list(tx, workspace)?;
    for gone in planned.iter().filter(|old| !wanted.schedules.iter().any(|new| new.is_same(old))) {
        schedules::delete(tx, gone)?;
    }
    for new in &wanted.schedules {
        let is_planned = |old: &Schedule| old.is_same(new) && old.spec == new.spec;
        if !planned.iter().any(is_planned) {
            schedules::put(tx, new)?;
        }
    }
    let none = Vec::new();
    for list in lists::list(tx, workspace)? {
        let watchers = wanted.watchers.get(&list.name).unwrap_or(&none);
        if *watchers != list.watchers {
            lists::set_watchers(tx, workspace, list.id, watchers)?;
        }
        index_dates(tx, workspace, &list, wanted, now)?;
    }
    Ok(())
}

/// Dates are looked at by the index of their column: a column that has none gets one.
fn index_dates(
    tx: &mut Tx,
    workspace: WorkspaceId,
    list: &List,
    wanted: &Wanted,
    now: UtcMs,
) -> Result<(), JobError> {
    let lacks_index = |column: &ListColumn| {
        let is_looked_at = wanted.dates.iter().any(|(name, date)| *name == list.name && *date == column.name);
        is_looked_at && !column.indexed && !column.unique
    };
    let before = list.wanted_columns();
    if !before.iter().any(lacks_index) {
        return Ok(());
    }
    let columns: Vec<ListColumn> = before
        .iter()
        .map(|column| ListColumn { indexed: column.indexed || lacks_index(column), ..column.clone() })
        .collect();
    let done = tx.attempt(|tx| lists::update(tx, workspace, list.id, &list.name, &columns, now))?;
    if let Err(refusal) = done {
        tracing::warn!(%workspace, list = %list.id, %refusal, "a date column got no index, so its trigger does not fire");
    }
    Ok(())
}
