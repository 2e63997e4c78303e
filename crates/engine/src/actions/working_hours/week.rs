//! Opening hours of a week, and the days that are off.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::StepError;
use crate::scenario::Findings;
use crate::value::parse_date;
use crate::zone::parse_clock;

/// The hours of each day as people write them: `09:00-13:00, 14:00-18:00`. An empty day is a day off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Week {
    /// # Monday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Понедельник"))]
    pub mon: String,
    /// # Tuesday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Вторник"))]
    pub tue: String,
    /// # Wednesday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Среда"))]
    pub wed: String,
    /// # Thursday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Четверг"))]
    pub thu: String,
    /// # Friday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Пятница"))]
    pub fri: String,
    /// # Saturday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Суббота"))]
    pub sat: String,
    /// # Sunday
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Воскресенье"))]
    pub sun: String,
}

impl Default for Week {
    /// Nine to six on five days.
    fn default() -> Self {
        let day = || "09:00-18:00".to_owned();
        let off = String::new;
        Self { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: off(), sun: off() }
    }
}

impl Week {
    /// Monday first.
    fn days(&self) -> [(&'static str, &str); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }

    pub(super) fn validate(&self, pointer: &str, findings: &mut Findings) {
        for (name, text) in self.days() {
            if parse_hours(text).is_none() {
                let error = bad_hours(text);
                findings.error(format!("{pointer}/{name}"), "bad_hours", error.en, error.ru);
            }
        }
        if self.days().iter().all(|(_, text)| text.trim().is_empty()) {
            findings.error(pointer, "never_open", "every day is a day off", "все дни выходные");
        }
    }
}

/// Minutes from the day's midnight; the end may lie on the next day.
type Hours = (i32, i32);

const DAY: i32 = 24 * 60;

/// How far ahead an opening is looked for, in days.
const LOOK_AHEAD: i64 = 370;

/// Hours and days off, read once.
pub(super) struct Calendar {
    /// Monday first.
    week: [Vec<Hours>; 7],
    off: Vec<DayOff>,
}

/// A day off; without a year, every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DayOff {
    day: i8,
    month: i8,
    year: Option<i16>,
}

impl Calendar {
    /// # Errors
    /// Hours that are none, with their day. Days off that are no dates are left out: the checks name them.
    pub fn new(week: &Week, off: &[String]) -> Result<Self, StepError> {
        let mut read: [Vec<Hours>; 7] = Default::default();
        for (hours, (name, text)) in read.iter_mut().zip(week.days()) {
            *hours = parse_hours(text).ok_or_else(|| bad_hours(text).at(&format!("/hours/{name}")))?;
        }
        Ok(Self { week: read, off: off.iter().filter_map(|text| parse_day_off(text)).collect() })
    }

    pub fn is_open(&self, now: DateTime) -> bool {
        let minute = i32::from(now.hour()) * 60 + i32::from(now.minute());
        let inside = |day: Option<Date>, minute: i32| {
            day.is_some_and(|day| self.hours(day).iter().any(|(from, to)| (*from..*to).contains(&minute)))
        };
        inside(Some(now.date()), minute) || inside(now.date().yesterday().ok(), minute + DAY)
    }

    /// The next moment after this one at which it opens.
    pub fn next_opening(&self, now: DateTime) -> Option<DateTime> {
        (0..LOOK_AHEAD).find_map(|ahead| {
            let day = now.date().checked_add(ahead.days()).ok()?;
            let opens = |(from, _): &Hours| {
                DateTime::from(day).checked_add(i64::from(*from).minutes()).ok().filter(|moment| *moment > now)
            };
            self.hours(day).iter().filter_map(opens).min()
        })
    }

    fn hours(&self, day: Date) -> &[Hours] {
        let is_off = |off: &DayOff| {
            off.day == day.day() && off.month == day.month() && off.year.is_none_or(|year| year == day.year())
        };
        if self.off.iter().any(is_off) {
            return &[];
        }
        let weekday = Weekday::to_monday_zero_offset(day.weekday());
        usize::try_from(weekday).ok().and_then(|index| self.week.get(index)).map_or(&[], Vec::as_slice)
    }
}

/// `None` when the text says no hours.
fn parse_hours(text: &str) -> Option<Vec<Hours>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    text.split([',', ';']).map(parse_span).collect()
}

fn parse_span(text: &str) -> Option<Hours> {
    let (from, to) = text.split_once(['-', '–', '—'])?;
    let from = parse_minute(from).filter(|minute| *minute < DAY)?;
    let to = parse_minute(to)?;
    Some((from, if to > from { to } else { to + DAY }))
}

fn parse_minute(text: &str) -> Option<i32> {
    if matches!(text.trim(), "24:00" | "24") {
        return Some(DAY);
    }
    parse_clock(text).map(|time| i32::from(time.hour()) * 60 + i32::from(time.minute()))
}

/// Reads `31.12.2026` or `31.12`.
pub(super) fn parse_day_off(text: &str) -> Option<DayOff> {
    let text = text.trim();
    // A leap year, so that the 29th of February is a day too.
    let yearly = || parse_date(&format!("{text}.2024"));
    let (date, has_year) = parse_date(text).map(|date| (date, true)).or_else(|| Some((yearly()?, false)))?;
    Some(DayOff { day: date.day(), month: date.month(), year: has_year.then(|| date.year()) })
}

fn bad_hours(text: &str) -> StepError {
    StepError::new(
        "bad_hours",
        format!("“{text}” are no hours; hours look like 09:00-18:00"),
        format!("«{text}» — не часы работы; они выглядят как 09:00-18:00"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(mon: &str, sat: &str, off: &[&str]) -> Calendar {
        let week = Week { mon: mon.into(), sat: sat.into(), ..Week::default() };
        Calendar::new(&week, &off.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    /// 2026-01-05 is a Monday.
    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn hours_have_breaks_and_go_over_midnight() {
        let check = |moment: &str, open: bool| {
            let calendar = calendar("9-13, 14:00–18:30", "20:00-04:00", &[]);
            assert_eq!(calendar.is_open(at(moment)), open, "{moment}");
        };
        check("2026-01-05T08:59", false);
        check("2026-01-05T09:00", true);
        check("2026-01-05T12:59:59", true);
        check("2026-01-05T13:00", false);
        check("2026-01-05T18:29", true);
        check("2026-01-05T18:30", false);
        check("2026-01-06T17:00", true);
        check("2026-01-10T19:59", false);
        check("2026-01-10T23:59", true);
        check("2026-01-11T03:59", true);
        check("2026-01-11T04:00", false);
    }

    #[test]
    fn a_whole_day_is_open_until_midnight() {
        let calendar = calendar("00:00-24:00", "", &[]);
        assert!(calendar.is_open(at("2026-01-05T00:00")));
        assert!(calendar.is_open(at("2026-01-05T23:59")));
        assert!(!calendar.is_open(at("2026-01-06T00:00")));
    }

    #[test]
    fn days_off_are_off() {
        let calendar = calendar("9-18", "", &["05.01", "06.01.2026"]);
        assert!(!calendar.is_open(at("2026-01-05T12:00")));
        assert!(!calendar.is_open(at("2026-01-06T12:00")));
        assert!(calendar.is_open(at("2027-01-06T12:00")), "another year");
    }

    #[test]
    fn it_opens_next_when_the_hours_say() {
        let check = |moment: &str, opens: Option<&str>| {
            let calendar = calendar("9-13, 14-18", "", &["07.01"]);
            assert_eq!(calendar.next_opening(at(moment)), opens.map(at), "{moment}");
        };
        check("2026-01-05T08:00", Some("2026-01-05T09:00"));
        check("2026-01-05T13:30", Some("2026-01-05T14:00"));
        check("2026-01-06T18:00", Some("2026-01-08T09:00"));
        check("2026-01-09T18:00", Some("2026-01-12T09:00"));
        let closed = Week { mon: String::new(), tue: String::new(), wed: String::new(), thu: String::new(), fri: String::new(), ..Week::default() };
        assert_eq!(Calendar::new(&closed, &[]).unwrap().next_opening(at("2026-01-05T08:00")), None);
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for text in ["9", "nine-five", "9-25", "24:00-25:00", "9-18,", "-", "9-18-20"] {
            assert_eq!(parse_hours(text), None, "{text}");
        }
    }
}
