//! The trigger *schedule*: again and again at times of the clock.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clock::{first_at, reached, timestamp, utc_ms};
use super::cron::Cron;
use crate::ids::UtcMs;
use crate::scenario::Findings;
use crate::zone::parse_clock;

/// Again and again, at times of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleTrigger {
    /// # How often
    #[schemars(extend("x-ru" = "Как часто", "x-widget" = "select", "default" = "day"))]
    pub every: Every,
    /// # Once in how many
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 59), extend(
        "x-ru" = "Раз в сколько",
        "x-when" = {"every": ["minutes", "hours"]},
        "default" = 1
    ))]
    pub amount: u32,
    /// # On
    #[serde(skip_serializing_if = "OnDays::is_any")]
    #[schemars(extend(
        "x-ru" = "По каким дням",
        "x-widget" = "select",
        "x-when" = {"every": ["day"]},
        "default" = "any"
    ))]
    pub on: OnDays,
    /// # Day of the month
    ///
    /// In a month that is shorter, its last day.
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 31), extend(
        "x-ru" = "Число месяца",
        "x-ru-help" = "Если месяц короче — последний его день.",
        "x-when" = {"every": ["month"]},
        "default" = 1
    ))]
    pub day: u32,
    /// # Time of day
    ///
    /// Such as `10:00`.
    #[schemars(length(max = 5), extend(
        "x-ru" = "Время суток",
        "x-ru-help" = "Например, `10:00`.",
        "x-when" = {"every": ["day", "month"]}
    ))]
    pub at: String,
    /// # Cron expression
    ///
    /// Minute, hour, day, month and weekday: `0 10 * * mon-fri` is at 10:00 on working days.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 200), extend(
        "x-ru" = "Выражение cron",
        "x-ru-help" = "Минута, час, день, месяц и день недели: `0 10 * * mon-fri` — в 10:00 по рабочим дням.",
        "x-when" = {"every": ["cron"]}
    ))]
    pub cron: String,
    /// # For whom
    ///
    /// A run for every subscriber goes by the subscriber's field `timezone`; without it, by the bot's clock.
    #[serde(skip_serializing_if = "Runs::is_once")]
    #[schemars(extend(
        "x-ru" = "Для кого",
        "x-ru-help" = "Прохождение для каждого подписчика идёт по его полю `timezone`, а если оно пустое — по часам бота.",
        "x-widget" = "select",
        "default" = "once"
    ))]
    pub runs: Runs,
}

/// What a schedule counts by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "minutes": {"en": "by minutes", "ru": "по минутам"},
    "hours": {"en": "by hours", "ru": "по часам"},
    "day": {"en": "every day", "ru": "каждый день"},
    "month": {"en": "every month", "ru": "каждый месяц"},
    "cron": {"en": "by a cron expression", "ru": "по выражению cron"},
}))]
pub enum Every {
    Minutes,
    Hours,
    #[default]
    Day,
    Month,
    Cron,
}

/// Days of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "any": {"en": "any day", "ru": "в любой день"},
    "workdays": {"en": "Monday to Friday", "ru": "с понедельника по пятницу"},
    "weekend": {"en": "Saturday and Sunday", "ru": "в субботу и воскресенье"},
    "monday": {"en": "Monday", "ru": "в понедельник"},
    "tuesday": {"en": "Tuesday", "ru": "во вторник"},
    "wednesday": {"en": "Wednesday", "ru": "в среду"},
    "thursday": {"en": "Thursday", "ru": "в четверг"},
    "friday": {"en": "Friday", "ru": "в пятницу"},
    "saturday": {"en": "Saturday", "ru": "в субботу"},
    "sunday": {"en": "Sunday", "ru": "в воскресенье"},
}))]
pub enum OnDays {
    #[default]
    Any,
    Workdays,
    Weekend,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// How many runs one moment begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "once": {"en": "one run without a subscriber", "ru": "одно прохождение без подписчика"},
    "each": {"en": "a run for every subscriber", "ru": "прохождение для каждого подписчика"},
}))]
pub enum Runs {
    #[default]
    Once,
    Each,
}

impl Default for ScheduleTrigger {
    fn default() -> Self {
        Self {
            every: Every::default(),
            amount: 1,
            on: OnDays::default(),
            day: 1,
            at: String::new(),
            cron: String::new(),
            runs: Runs::default(),
        }
    }
}

fn is_one(number: &u32) -> bool {
    *number == 1
}

impl OnDays {
    fn is_any(&self) -> bool {
        *self == Self::Any
    }

    /// Sunday is 0.
    fn days(self) -> std::ops::RangeInclusive<i8> {
        match self {
            Self::Any | Self::Weekend => 0..=6,
            Self::Workdays => 1..=5,
            Self::Sunday => 0..=0,
            Self::Monday => 1..=1,
            Self::Tuesday => 2..=2,
            Self::Wednesday => 3..=3,
            Self::Thursday => 4..=4,
            Self::Friday => 5..=5,
            Self::Saturday => 6..=6,
        }
    }
}

impl Runs {
    fn is_once(&self) -> bool {
        *self == Self::Once
    }
}

/// What a schedule means.
enum Rule {
    /// Whole multiples of this on the clock, in milliseconds.
    Interval(i64),
    Cron(Cron),
    /// The day of every month, and the time.
    Monthly(i8, Time),
}

/// The furthest apart two clocks are that show the same time, in hours: from UTC+14 to UTC-12.
const EAST: i64 = 14;
const WEST: i64 = 12;

impl ScheduleTrigger {
    /// The first moment after another one, by the clock of a zone; `None` when there is none.
    pub fn next_after(&self, after: UtcMs, zone: &TimeZone) -> Option<UtcMs> {
        let from = timestamp(after);
        match self.rule()? {
            Rule::Interval(step_ms) => {
                let offset_ms = i64::from(zone.to_offset(from).seconds()) * 1000;
                let local = after.0.checked_add(offset_ms)?;
                Some(UtcMs((local.div_euclid(step_ms) + 1).checked_mul(step_ms)? - offset_ms))
            }
            Rule::Cron(cron) if cron.runs_through_hours() => next_running(&cron, from, zone).map(utc_ms),
            rule => {
                let time = rule.next(reached(from, zone))?;
                first_at(time, zone).map(utc_ms)
            }
        }
    }

    /// The first time of the clock after another one, for schedules that go by each subscriber's own clock; `None`
    /// also for those that go by minutes or hours, which are the same for everybody.
    pub fn next_time(&self, after: DateTime) -> Option<DateTime> {
        match self.rule()? {
            Rule::Interval(_) => None,
            rule => rule.next(after),
        }
    }

    /// For schedules by each subscriber's own clock: when the first clock on Earth shows this time.
    pub fn earliest(time: DateTime) -> Option<UtcMs> {
        let there = TimeZone::UTC.to_timestamp(time).ok()?;
        there.checked_sub(EAST.hours()).ok().map(utc_ms)
    }

    /// The time that [`Self::earliest`] has come for: clocks of these zones show it next.
    pub fn begun(now: UtcMs) -> Option<DateTime> {
        let there = timestamp(now).checked_add(EAST.hours()).ok()?;
        Some(TimeZone::UTC.to_datetime(there))
    }

    /// A time of the clock that has gone by everywhere.
    pub fn over(now: UtcMs) -> Option<DateTime> {
        let there = timestamp(now).checked_sub(WEST.hours()).ok()?;
        Some(TimeZone::UTC.to_datetime(there))
    }

    fn rule(&self) -> Option<Rule> {
        let time = || parse_clock(&self.at);
        Some(match self.every {
            Every::Minutes => Rule::Interval(i64::from(self.amount.clamp(1, 59)) * 60_000),
            Every::Hours => Rule::Interval(i64::from(self.amount.clamp(1, 23)) * 3_600_000),
            Every::Cron => Rule::Cron(Cron::parse(&self.cron).ok()?),
            Every::Month => Rule::Monthly(i8::try_from(self.day.clamp(1, 31)).ok()?, time()?),
            Every::Day => {
                let time = time()?;
                let daily = Cron::daily(time.hour(), time.minute());
                Rule::Cron(match self.on {
                    OnDays::Any => daily,
                    OnDays::Weekend => daily.on_weekdays([0, 6].into_iter()),
                    days => daily.on_weekdays(days.days()),
                })
            }
        })
    }

    /// Findings with pointers inside the options.
    pub fn validate(&self, findings: &mut Findings) {
        match self.every {
            Every::Minutes | Every::Hours => {
                let most = if self.every == Every::Minutes { 59 } else { 23 };
                if !(1..=most).contains(&self.amount) {
                    findings.error(
                        "/amount",
                        "out_of_range",
                        format!("the schedule can repeat once in 1 to {most}"),
                        format!("повторять можно раз в 1–{most}"),
                    );
                }
            }
            Every::Cron => {
                if let Err(error) = Cron::parse(&self.cron) {
                    findings.error("/cron", "invalid_cron", error.en, error.ru);
                } else if self.next_after(UtcMs(0), &TimeZone::UTC).is_none() {
                    findings.error(
                        "/cron",
                        "never",
                        format!("“{}” never comes: there is no such day", self.cron),
                        format!("«{}» никогда не наступит: такого дня нет", self.cron),
                    );
                }
            }
            Every::Day | Every::Month => {
                if parse_clock(&self.at).is_none() {
                    findings.error(
                        "/at",
                        "no_time",
                        "the schedule needs a time of day, such as 10:00",
                        "в расписании нужно время суток, например 10:00",
                    );
                }
                if self.every == Every::Month && !(1..=31).contains(&self.day) {
                    findings.error(
                        "/day",
                        "out_of_range",
                        "a month has days from 1 to 31",
                        "в месяце дни с 1 по 31",
                    );
                }
            }
        }
    }
}

impl Rule {
    /// The first time of the clock after this one.
    fn next(&self, after: DateTime) -> Option<DateTime> {
        match self {
            Self::Interval(_) => None,
            Self::Cron(cron) => cron.next(after, false),
            Self::Monthly(day, time) => {
                let mut month = after.date().first_of_month();
                loop {
                    let date = month.with().day((*day).min(month.days_in_month())).build().ok()?;
                    let next = date.to_datetime(*time);
                    if next > after {
                        return Some(next);
                    }
                    month = month.checked_add(1.month()).ok()?;
                }
            }
        }
    }
}

/// The next moment of an expression that goes through all hours: it follows the clock as it runs, so that nothing is
/// left out or done twice when the clock is put forward or back.
fn next_running(cron: &Cron, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    /// Changes of the clock on the way to the next moment.
    const CHANGES: usize = 200;
    let (mut from, mut inclusive) = (after, false);
    for _ in 0..CHANGES {
        let offset = zone.to_offset(from);
        let next = offset.to_timestamp(cron.next(offset.to_datetime(from), inclusive)?).ok()?;
        match zone.following(from).next() {
            Some(change) if change.timestamp() <= next => (from, inclusive) = (change.timestamp(), true),
            _ => return Some(next),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::zone::parse_zone;

    fn schedule(options: serde_json::Value) -> ScheduleTrigger {
        serde_json::from_value(options).unwrap()
    }

    fn check(options: serde_json::Value, zone: &str, after: &str, expected: &[&str]) {
        let (schedule, zone) = (schedule(options), parse_zone(zone).unwrap());
        let mut now = utc_ms(after.parse().unwrap());
        for expected in expected {
            now = schedule.next_after(now, &zone).unwrap();
            assert_eq!(timestamp(now).to_string(), *expected, "{schedule:?}");
        }
    }

    #[test]
    fn friendly_schedules() {
        check(
            json!({"every": "minutes", "amount": 15}),
            "UTC",
            "2026-01-05T09:07:00Z",
            &["2026-01-05T09:15:00Z", "2026-01-05T09:30:00Z"],
        );
        check(
            json!({"every": "hours", "amount": 6}),
            "+3",
            "2026-01-05T09:07:00Z",
            &["2026-01-05T15:00:00Z", "2026-01-05T21:00:00Z"],
        );
        check(
            json!({"at": "10:00"}),
            "Europe/Moscow",
            "2026-01-05T07:00:00Z",
            &["2026-01-06T07:00:00Z", "2026-01-07T07:00:00Z"],
        );
        check(
            json!({"at": "9:30", "on": "workdays"}),
            "UTC",
            "2026-01-09T10:00:00Z",
            &["2026-01-12T09:30:00Z"],
        );
        check(
            json!({"at": "9:30", "on": "weekend"}),
            "UTC",
            "2026-01-09T10:00:00Z",
            &["2026-01-10T09:30:00Z", "2026-01-11T09:30:00Z", "2026-01-17T09:30:00Z"],
        );
        check(
            json!({"every": "month", "day": 31, "at": "12:00"}),
            "UTC",
            "2026-01-31T12:00:00Z",
            &["2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z"],
        );
    }

    #[test]
    fn the_change_to_summer_time_neither_loses_nor_repeats_a_moment() {
        let daily = json!({"at": "02:30"});
        check(
            daily.clone(),
            "Europe/Berlin",
            "2026-03-28T02:00:00Z",
            // 02:30 is jumped over: it comes when the clock has jumped.
            &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        );
        // 02:30 comes twice, and counts once.
        check(
            daily,
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
        // What runs through all hours goes on through the hour that comes twice.
        let half_hourly = json!({"every": "cron", "cron": "*/30 * * * *"});
        check(
            half_hourly.clone(),
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"],
        );
        check(
            half_hourly,
            "Europe/Berlin",
            "2026-03-29T00:30:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
        );
        check(
            json!({"every": "hours", "amount": 2}),
            "Europe/Berlin",
            "2026-10-25T00:10:00Z",
            &["2026-10-25T02:00:00Z"],
        );
    }

    #[test]
    fn schedules_that_cannot_be() {
        let check = |options: serde_json::Value, pointer: Option<&str>| {
            let mut findings = Findings::default();
            schedule(options.clone()).validate(&mut findings);
            assert_eq!(findings.iter().next().map(|finding| finding.pointer.as_str()), pointer, "{options}");
        };
        check(json!({"at": "10:00"}), None);
        check(json!({}), Some("/at"));
        check(json!({"every": "month", "day": 0, "at": "1:00"}), Some("/day"));
        check(json!({"every": "hours", "amount": 24}), Some("/amount"));
        check(json!({"every": "cron", "cron": "x"}), Some("/cron"));
        check(json!({"every": "cron", "cron": "0 0 31 6 *"}), Some("/cron"));
    }

    #[test]
    fn by_everybodys_own_clock() {
        let daily = schedule(json!({"at": "10:00", "runs": "each"}));
        let time = daily.next_time("2026-01-05T10:00".parse().unwrap()).unwrap();
        assert_eq!(time.to_string(), "2026-01-06T10:00:00");
        let begins = ScheduleTrigger::earliest(time).unwrap();
        assert_eq!(timestamp(begins).to_string(), "2026-01-05T20:00:00Z");
        assert_eq!(ScheduleTrigger::begun(begins), Some(time));
        assert_eq!(ScheduleTrigger::over(UtcMs(begins.0 + 26 * 3_600_000)), Some(time));
        assert_eq!(schedule(json!({"every": "hours"})).next_time(time), None);
    }
}
