//! Triggers that no person sets off, in a played world: what is due, and what a change of a list sets off.
//!
//! What the runtime keeps in tables stands here in [`Clockwork`]; what it means is [`crate::schedule`]'s.

use std::collections::{BTreeMap, VecDeque};

use jiff::civil::DateTime;

use super::{Heard, MemoryList, Outside, World};
use crate::event::EventKind;
use crate::ids::{ScenarioId, TriggerId, UtcMs};
use crate::list::{ROW_ID, key_of};
use crate::run::RunState;
use crate::scenario::TriggerOptions;
use crate::schedule::{
    Late, ListDateTrigger, RowEvent, Runs, ScheduleTrigger, fired, first_at, reached, timestamp, utc_ms,
};
use crate::value::{Map, Value};
use crate::zone::{ZONE_FIELD, parse_zone};

/// First character of the names of lanes without a person.
pub(super) const ANONYMOUS: char = '#';

/// A trigger of what is published.
type Key = (ScenarioId, TriggerId);

#[derive(Debug, Default)]
pub(super) struct Clockwork {
    /// When schedules fire next; for everybody, or for one person by his own clock.
    schedules: BTreeMap<(Key, Option<String>), UtcMs>,
    /// Up to which date the rows of a list have been looked at.
    dates: BTreeMap<Key, DateTime>,
    /// What has fired and was not played yet: whose, and what.
    fired: VecDeque<(Option<String>, EventKind)>,
}

impl World {
    /// Plans every schedule from now on.
    pub(super) fn plan(&mut self) {
        let (mut schedules, mut dates) = (BTreeMap::new(), BTreeMap::new());
        for (key, options) in self.triggers() {
            match options {
                TriggerOptions::Schedule(schedule) if schedule.runs == Runs::Once => {
                    if let Some(due) = schedule.next_after(self.now, &self.zone) {
                        schedules.insert((key, None), due);
                    }
                }
                TriggerOptions::ListDate(date) => {
                    // A trigger that stays what it was goes on where it is.
                    let from = self.clockwork.dates.get(&key).copied();
                    dates.extend(from.or_else(|| date.due(self.now, &self.zone)).map(|from| (key, from)));
                }
                _ => {}
            }
        }
        self.clockwork.schedules = schedules;
        self.clockwork.dates = dates;
    }

    /// The triggers of what is published.
    fn triggers(&self) -> Vec<(Key, TriggerOptions)> {
        let of = |program: &crate::program::Program| {
            let id = program.scenario_id();
            let triggers = program.document().triggers.iter();
            triggers.map(|trigger| ((id, trigger.id.clone()), trigger.options.clone())).collect::<Vec<_>>()
        };
        self.programs.current().iter().flat_map(|program| of(program)).collect()
    }

    fn options_of(&self, (scenario, trigger): &Key) -> Option<TriggerOptions> {
        let program = self.programs.current().iter().find(|program| program.scenario_id() == *scenario)?;
        program.trigger(trigger).map(|trigger| trigger.options.clone())
    }

    /// When the next trigger fires, if it does so in time.
    pub(super) fn next_trigger(&mut self, until: UtcMs) -> Option<UtcMs> {
        self.plan_people();
        let schedules = self.clockwork.schedules.values().copied();
        let dates = self.clockwork.dates.iter().filter_map(|(key, from)| match self.options_of(key) {
            Some(TriggerOptions::ListDate(date)) => self.next_date(&date, *from),
            _ => None,
        });
        schedules.chain(dates).min().filter(|due| *due <= until)
    }

    /// People come and go, so their own times are planned when they are asked for.
    fn plan_people(&mut self) {
        let each: Vec<(Key, ScheduleTrigger)> = self
            .triggers()
            .into_iter()
            .filter_map(|(key, options)| match options {
                TriggerOptions::Schedule(schedule) if schedule.runs == Runs::Each => Some((key, schedule)),
                _ => None,
            })
            .collect();
        for (key, schedule) in each {
            let people: Vec<String> =
                self.people.keys().filter(|who| self.takes_mailings(who)).cloned().collect();
            for who in people {
                if let Some(due) = self.next_for(&schedule, &who) {
                    self.clockwork.schedules.entry((key.clone(), Some(who))).or_insert(due);
                }
            }
        }
    }

    fn next_for(&self, schedule: &ScheduleTrigger, who: &str) -> Option<UtcMs> {
        let field = self.people.get(who).and_then(|person| person.client.get(ZONE_FIELD));
        let own = field.and_then(|zone| parse_zone(&zone.to_text()));
        let zone = own.as_ref().unwrap_or(&self.zone);
        let now = timestamp(self.now);
        match schedule.next_time(reached(now, zone)) {
            Some(time) => first_at(time, zone).map(utc_ms),
            // By minutes or hours, which are the same for everybody.
            None => schedule.next_after(self.now, &self.zone),
        }
    }

    /// The moment of the earliest row that was not looked at yet.
    fn next_date(&self, trigger: &ListDateTrigger, from: DateTime) -> Option<UtcMs> {
        let rows = self.lists.get(&trigger.list).map(MemoryList::rows).unwrap_or_default();
        let dates = rows.iter().filter_map(|(_, cells)| date_in(cells, trigger));
        dates.filter(|date| *date > from).min().and_then(|date| trigger.moment(date, &self.zone))
    }

    /// Fires what is due now.
    pub(super) fn fire_due(&mut self) {
        let now = self.now;
        let due: Vec<(Key, Option<String>)> = self
            .clockwork
            .schedules
            .iter()
            .filter(|(_, due)| **due <= now)
            .map(|(planned, _)| planned.clone())
            .collect();
        for (key, who) in due {
            let Some(TriggerOptions::Schedule(schedule)) = self.options_of(&key) else { continue };
            let next = match &who {
                None => schedule.next_after(now, &self.zone),
                Some(who) => self.next_for(&schedule, who),
            };
            let planned = self.clockwork.schedules.remove(&(key.clone(), who.clone())).unwrap_or(now);
            if let Some(next) = next {
                self.clockwork.schedules.insert((key.clone(), who.clone()), next);
            }
            if who.as_ref().is_some_and(|who| !self.takes_mailings(who)) {
                continue;
            }
            let moment = timestamp(planned).to_zoned(self.zone.clone());
            self.clockwork
                .fired
                .push_back((who, fired(key.0, &key.1, [("planned", Value::Moment(moment))], Vec::new())));
        }
        let dates: Vec<(Key, DateTime)> =
            self.clockwork.dates.iter().map(|(key, from)| (key.clone(), *from)).collect();
        for (key, from) in dates {
            let Some(TriggerOptions::ListDate(date)) = self.options_of(&key) else { continue };
            let Some(upto) = date.due(now, &self.zone).filter(|upto| *upto > from) else { continue };
            self.clockwork.dates.insert(key.clone(), upto);
            let rows = self.lists.get(&date.list).map(MemoryList::rows).unwrap_or_default();
            let mut found: Vec<(DateTime, i64, Map)> = rows
                .iter()
                .filter_map(|(id, cells)| Some((date_in(cells, &date)?, *id, cells.clone())))
                .filter(|(at, ..)| *at > from && *at <= upto)
                .collect();
            found.sort_by_key(|(at, id, _)| (*at, *id));
            for (_, id, cells) in found {
                self.fire_date(&key, &date, id, &cells);
            }
        }
    }

    fn fire_date(&mut self, (scenario, trigger): &Key, date: &ListDateTrigger, id: i64, cells: &Map) {
        let Some(who) = self.whose(cells, &date.subscriber) else { return };
        let mut row = cells.clone();
        row.insert(ROW_ID.to_owned(), id.into());
        let at = cells.get(&date.column).cloned().unwrap_or_default();
        let event = fired(*scenario, trigger, [("row", row.into()), ("date", at)], Vec::new());
        self.clockwork.fired.push_back((who, event));
    }

    /// Whose the run is: nobody's without a column. `None` when the column names no subscriber of the bot.
    fn whose(&self, cells: &Map, column: &str) -> Option<Option<String>> {
        if column.is_empty() {
            return Some(None);
        }
        let who = cells.get(column)?.to_text();
        let is_known = self.people.get(who.trim()).is_some_and(|person| person.known);
        is_known.then(|| Some(who.trim().to_owned()))
    }

    /// Whether a person is written to without having asked for it.
    fn takes_mailings(&self, who: &str) -> bool {
        self.people.get(who).is_some_and(|person| person.known && !person.blocked && !person.unsubscribed)
    }

    /// Whether a trigger wants to know of changes of this list.
    pub(super) fn is_watched(&self, list: &str) -> bool {
        self.triggers().iter().any(|(_, options)| match options {
            TriggerOptions::ListRow(row) => row.list == list,
            TriggerOptions::ListDate(date) => date.list == list && date.late == Late::Fire,
            _ => false,
        })
    }

    /// Notes what a run has changed in a list.
    pub(super) fn watch(&mut self, list: &str, before: &MemoryList, run: &RunState) {
        let own_name = self.programs.name_of(run.scenario);
        let Ok(chain) = run.next_chain(own_name, self.now, &self.limits) else { return };
        let after = self.lists.get(list).map(MemoryList::rows).unwrap_or_default();
        let old: BTreeMap<i64, &Map> = before.rows().iter().map(|(id, cells)| (*id, cells)).collect();
        let new: BTreeMap<i64, &Map> = after.iter().map(|(id, cells)| (*id, cells)).collect();
        let all: std::collections::BTreeSet<i64> = old.keys().chain(new.keys()).copied().collect();
        let changed: Vec<(i64, Option<Map>, Option<Map>)> = all
            .into_iter()
            .map(|id| (id, old.get(&id).copied().cloned(), new.get(&id).copied().cloned()))
            .filter(|(_, old, new)| old != new)
            .collect();
        for (key, options) in self.triggers() {
            for (id, old, new) in &changed {
                let event = RowEvent { row: *id, old: old.as_ref(), new: new.as_ref() };
                match &options {
                    TriggerOptions::ListRow(row) if row.list == list && row.takes(&event) => {
                        let cells = event.cells().cloned().unwrap_or_default();
                        let Some(who) = self.whose(&cells, &row.subscriber) else { continue };
                        self.clockwork
                            .fired
                            .push_back((who, fired(key.0, &key.1, event.values(), chain.clone())));
                    }
                    TriggerOptions::ListDate(date) if date.list == list && date.late == Late::Fire => {
                        let Some(from) = self.clockwork.dates.get(&key).copied() else { continue };
                        let cell =
                            |cells: Option<&Map>| cells.and_then(|cells| cells.get(&date.column)).map(key_of);
                        let Some(cells) = new else { continue };
                        let is_late = date_in(cells, date).is_some_and(|at| at <= from);
                        if is_late && cell(old.as_ref()) != cell(new.as_ref()) {
                            self.fire_date(&key, date, *id, cells);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Plays the oldest of what has fired; false when there is none.
    pub(super) fn fire_next(&mut self, outside: &mut dyn Outside, said: &mut Vec<Heard>) -> bool {
        let Some((who, kind)) = self.clockwork.fired.pop_front() else { return false };
        let lane = who.unwrap_or_else(|| format!("{ANONYMOUS}{}", self.next_event));
        let event = self.new_event(&lane, kind);
        self.take(&lane, event, outside, said);
        self.leave_if_nobody(&lane);
        true
    }

    /// Nobody comes back to a lane of one run.
    pub(super) fn leave_if_nobody(&mut self, who: &str) {
        if who.starts_with(ANONYMOUS) && self.person(who).lane.runs.is_empty() {
            self.people.remove(who);
        }
    }
}

fn date_in(cells: &Map, trigger: &ListDateTrigger) -> Option<DateTime> {
    cells.get(&trigger.column).and_then(ListDateTrigger::date_of)
}
