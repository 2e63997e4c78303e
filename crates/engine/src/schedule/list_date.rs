//! The trigger *date in a list*: some time before or after the date that a row holds.
//!
//! What is due only grows: at any moment there is one date up to which all rows are due ([`ListDateTrigger::due`]).
//! Whoever remembers up to where he has come fires the rows in between, each once, by the column's index.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clock::{first_at, reached, timestamp, utc_ms};
use crate::ids::UtcMs;
use crate::scenario::Findings;
use crate::value::{Value, parse_date};
use crate::zone::parse_clock;

/// Some time before or after the date in a column of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListDateTrigger {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # Column with the date
    #[schemars(extend("x-ru" = "Столбец с датой", "x-widget" = "column"))]
    pub column: String,
    /// # When
    #[schemars(extend("x-ru" = "Когда", "x-widget" = "select", "default" = "before"))]
    pub shift: Shift,
    /// # How much
    #[schemars(range(min = 0, max = 100_000), extend(
        "x-ru" = "Сколько",
        "x-when" = {"shift": ["before", "after"]},
        "default" = 1
    ))]
    pub amount: u32,
    /// # Unit
    #[schemars(extend(
        "x-ru" = "Единица",
        "x-widget" = "select",
        "x-when" = {"shift": ["before", "after"]},
        "default" = "days"
    ))]
    pub unit: DateUnit,
    /// # Time of day
    ///
    /// Such as `10:00`; counted in days. Without it, the time that stands with the date.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 5), extend(
        "x-ru" = "Время суток",
        "x-ru-help" = "Например, `10:00`; когда счёт идёт на дни. Если не указано — время, которое стоит рядом с датой."
    ))]
    pub at: String,
    /// # Column with the subscriber
    ///
    /// Holds `[ClientID]`. Then the run is this subscriber's, and rows without a subscriber of the bot are left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Столбец с подписчиком",
        "x-ru-help" = "В нём `[ClientID]`. Тогда прохождение идёт у этого подписчика, а строки без подписчика бота пропускаются.",
        "x-widget" = "column"
    ))]
    pub subscriber: String,
    /// # If the moment has gone by
    ///
    /// What becomes of a row that is added, or whose date is moved, when its moment has gone by already.
    #[serde(skip_serializing_if = "Late::is_skip")]
    #[schemars(extend(
        "x-ru" = "Если момент уже прошёл",
        "x-ru-help" = "Что делать со строкой, которую добавили или у которой перенесли дату, когда её момент уже прошёл.",
        "x-widget" = "select",
        "default" = "skip"
    ))]
    pub late: Late,
}

/// On which side of the date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "before": {"en": "before the date", "ru": "до даты"},
    "at": {"en": "at the date", "ru": "в саму дату"},
    "after": {"en": "after the date", "ru": "после даты"},
}))]
pub enum Shift {
    #[default]
    Before,
    At,
    After,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "minutes": {"en": "minutes", "ru": "минуты"},
    "hours": {"en": "hours", "ru": "часы"},
    "days": {"en": "days", "ru": "дни"},
}))]
pub enum DateUnit {
    Minutes,
    Hours,
    /// Of the calendar.
    #[default]
    Days,
}

/// What becomes of a row whose moment has gone by when it appears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "skip": {"en": "leave it out", "ru": "пропустить"},
    "fire": {"en": "begin at once", "ru": "запустить сразу"},
}))]
pub enum Late {
    #[default]
    Skip,
    Fire,
}

impl Late {
    fn is_skip(&self) -> bool {
        *self == Self::Skip
    }
}

impl Default for ListDateTrigger {
    fn default() -> Self {
        Self {
            list: String::new(),
            column: String::new(),
            shift: Shift::default(),
            amount: 1,
            unit: DateUnit::default(),
            at: String::new(),
            subscriber: String::new(),
            late: Late::default(),
        }
    }
}

impl ListDateTrigger {
    /// Up to which date, that one included, rows are due at a moment.
    pub fn due(&self, now: UtcMs, zone: &TimeZone) -> Option<DateTime> {
        let now = timestamp(now);
        let Some(days) = self.days() else {
            let length = self.length_ms()?;
            let there = Timestamp::from_millisecond(now.as_millisecond().checked_sub(length)?).ok()?;
            return Some(reached(there, zone));
        };
        let clock = reached(now, zone);
        let Some(time) = self.time() else { return clock.checked_sub(days.days()).ok() };
        let day = if clock.time() >= time { clock.date() } else { clock.date().yesterday().ok()? };
        let last = day.checked_sub(days.days()).ok()?;
        Some(last.at(23, 59, 59, 0))
    }

    /// The moment of a row with this date.
    pub fn moment(&self, date: DateTime, zone: &TimeZone) -> Option<UtcMs> {
        let Some(days) = self.days() else {
            return first_at(date, zone).map(|at| utc_ms(at).plus_ms(self.length_ms().unwrap_or_default()));
        };
        let shifted = date.checked_add(days.days()).ok()?;
        let time = self.time().map_or(shifted, |time| shifted.date().to_datetime(time));
        first_at(time, zone).map(utc_ms)
    }

    /// The date a cell holds, as the bot's clock shows it.
    pub fn date_of(value: &Value) -> Option<DateTime> {
        parse_date(&value.to_text())
    }

    fn time(&self) -> Option<Time> {
        parse_clock(&self.at)
    }

    /// Days of the calendar from the date to the moment; `None` when it is counted in hours or minutes.
    fn days(&self) -> Option<i64> {
        match (self.shift, self.unit) {
            (Shift::At, _) => Some(0),
            (Shift::Before, DateUnit::Days) => Some(-i64::from(self.amount)),
            (Shift::After, DateUnit::Days) => Some(i64::from(self.amount)),
            _ => None,
        }
    }

    /// Milliseconds from the date to the moment.
    fn length_ms(&self) -> Option<i64> {
        let unit = match self.unit {
            DateUnit::Minutes => 60_000,
            DateUnit::Hours => 3_600_000,
            DateUnit::Days => return None,
        };
        let length = i64::from(self.amount) * unit;
        Some(if self.shift == Shift::Before { -length } else { length })
    }

    /// Findings with pointers inside the options.
    pub fn validate(&self, findings: &mut Findings) {
        for (pointer, name, en, ru) in [
            ("/list", &self.list, "it is not said which list", "не выбран список"),
            (
                "/column",
                &self.column,
                "it is not said which column holds the date",
                "не выбран столбец с датой",
            ),
        ] {
            if name.is_empty() {
                findings.error(pointer, "nothing_chosen", en, ru);
            }
        }
        if self.at.is_empty() {
            return;
        }
        if self.time().is_none() {
            let at = &self.at;
            findings.error(
                "/at",
                "no_time",
                format!("“{at}” is no time of day; such as 10:00"),
                format!("«{at}» — не время суток; например, 10:00"),
            );
        } else if self.days().is_none() {
            findings.warning(
                "/at",
                "time_unused",
                "the time of day counts only when the unit is days",
                "время суток учитывается, только когда счёт идёт на дни",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::zone::parse_zone;

    fn trigger(options: serde_json::Value) -> ListDateTrigger {
        serde_json::from_value(options).unwrap()
    }

    #[test]
    fn the_moment_of_a_date() {
        let check = |options: serde_json::Value, date: &str, expected: &str| {
            let date = ListDateTrigger::date_of(&date.into()).unwrap();
            let moment = trigger(options).moment(date, &parse_zone("Europe/Berlin").unwrap()).unwrap();
            assert_eq!(timestamp(moment).to_string(), expected);
        };
        check(json!({}), "10.02.2026 18:00", "2026-02-09T17:00:00Z");
        check(json!({"at": "12:00"}), "10.02.2026 18:00", "2026-02-09T11:00:00Z");
        check(json!({"unit": "hours"}), "10.02.2026 18:00", "2026-02-10T16:00:00Z");
        check(
            json!({"unit": "minutes", "amount": 30, "shift": "after"}),
            "10.02.2026",
            "2026-02-09T23:30:00Z",
        );
        check(json!({"shift": "at", "at": "9"}), "10.02.2026", "2026-02-10T08:00:00Z");
        check(json!({"shift": "after", "amount": 3}), "10.02.2026 18:00", "2026-02-13T17:00:00Z");
        // A day before is the same time of day; 24 hours before are not, when the clock is put forward.
        check(json!({}), "29.03.2026 12:00", "2026-03-28T11:00:00Z");
        check(json!({"unit": "hours", "amount": 24}), "29.03.2026 12:00", "2026-03-28T10:00:00Z");
    }

    /// A row is due exactly from its moment on, also around the changes of the clock.
    #[test]
    fn what_is_due_agrees_with_the_moments() {
        let zone = parse_zone("Europe/Berlin").unwrap();
        let kinds = [
            json!({}),
            json!({"at": "02:30"}),
            json!({"shift": "at", "at": "12:00"}),
            json!({"shift": "at"}),
            json!({"shift": "after", "amount": 2}),
            json!({"unit": "hours", "amount": 3}),
            json!({"unit": "minutes", "amount": 45, "shift": "after"}),
        ];
        for options in kinds {
            let trigger = trigger(options.clone());
            for begin in ["2026-03-28T20:15", "2026-10-24T20:15", "2026-01-05T00:00"] {
                let mut date: DateTime = begin.parse().unwrap();
                for _ in 0..40 {
                    let moment = trigger.moment(date, &zone).unwrap();
                    assert!(trigger.due(moment, &zone).unwrap() >= date, "{options} {date} is not due");
                    let before = UtcMs(moment.0 - 1);
                    assert!(trigger.due(before, &zone).unwrap() < date, "{options} {date} was due before");
                    date = date.checked_add(25.minutes()).unwrap();
                }
            }
        }
    }

    #[test]
    fn mistakes() {
        let check = |options: serde_json::Value, codes: &[&str]| {
            let mut findings = Findings::default();
            trigger(options.clone()).validate(&mut findings);
            let found: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
            assert_eq!(found, codes, "{options}");
        };
        check(json!({"list": "l", "column": "c", "at": "9:00"}), &[]);
        check(json!({}), &["nothing_chosen", "nothing_chosen"]);
        check(json!({"list": "l", "column": "c", "at": "25"}), &["no_time"]);
        check(json!({"list": "l", "column": "c", "at": "9", "unit": "hours"}), &["time_unused"]);
    }
}
