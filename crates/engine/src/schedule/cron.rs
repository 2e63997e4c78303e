//! Cron expressions: `minute hour day month weekday`, as crontab(5) has them.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

/// Days that are looked through for the next time: 29 February of a certain weekday comes within 40 years.
const SEARCHED_DAYS: u32 = 366 * 41;

/// A cron expression that was read. Sets of minutes, hours, days, months and weekdays, a bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Bit 0 is Sunday.
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
    any_hour: bool,
}

/// Why a text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronError {
    pub en: String,
    pub ru: String,
}

struct Field {
    en: &'static str,
    ru: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { en: "minutes", ru: "минуты", least: 0, most: 59, names: &[] },
    Field { en: "hours", ru: "часы", least: 0, most: 23, names: &[] },
    Field { en: "days of the month", ru: "числа месяца", least: 1, most: 31, names: &[] },
    Field {
        en: "months",
        ru: "месяцы",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field {
        en: "weekdays",
        ru: "дни недели",
        least: 0,
        most: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

impl Cron {
    /// Reads five fields of `*`, numbers, ranges, steps and lists; months and weekdays may be English names of three
    /// letters, and Sunday is 0 or 7.
    ///
    /// # Errors
    /// What is wrong in which field, in both languages.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = words.as_slice() else {
            return Err(CronError {
                en: format!("a cron expression has 5 fields, this one has {}", words.len()),
                ru: format!("в выражении cron 5 полей, а здесь {}", words.len()),
            });
        };
        let [of_minutes, of_hours, of_days, of_months, of_weekdays] = &FIELDS;
        let mut weekday_set = of_weekdays.read(weekdays)?;
        weekday_set |= (weekday_set >> 7) & 1;
        Ok(Self {
            minutes: of_minutes.read(minutes)?,
            hours: of_hours.read(hours)?,
            days: of_days.read(days)?,
            months: of_months.read(months)?,
            weekdays: weekday_set,
            any_day: days.starts_with('*'),
            any_weekday: weekdays.starts_with('*'),
            any_hour: hours.starts_with('*'),
        })
    }

    /// Every day at a time.
    pub(super) fn daily(hour: i8, minute: i8) -> Self {
        Self {
            minutes: bit(minute),
            hours: bit(hour),
            days: !0,
            months: !0,
            weekdays: !0,
            any_day: true,
            any_weekday: true,
            any_hour: false,
        }
    }

    /// The same on some weekdays; Sunday is 0.
    pub(super) fn on_weekdays(mut self, weekdays: impl Iterator<Item = i8>) -> Self {
        self.weekdays = weekdays.fold(0, |set, day| set | bit(day));
        self.any_weekday = false;
        self
    }

    /// Whether it goes through all hours: then it follows the clock twice through an hour that comes twice.
    pub(super) fn runs_through_hours(&self) -> bool {
        self.any_hour
    }

    /// The first time after this one, or from it on.
    pub fn next(&self, after: DateTime, inclusive: bool) -> Option<DateTime> {
        let mut day = after.date();
        // A whole minute that lies behind.
        let from = i32::from(after.hour()) * 60
            + i32::from(after.minute())
            + i32::from(!inclusive || after.second() > 0 || after.subsec_nanosecond() > 0);
        let mut from = from;
        for _ in 0..SEARCHED_DAYS {
            if self.has_day(day)
                && let Some((hour, minute)) = self.next_in_day(from)
            {
                return Some(day.at(hour, minute, 0, 0));
            }
            from = 0;
            day = day.checked_add(1.day()).ok()?;
        }
        None
    }

    fn next_in_day(&self, from: i32) -> Option<(i8, i8)> {
        let (first_hour, first_minute) = (from / 60, from % 60);
        (first_hour..24).filter(|hour| has(self.hours, *hour)).find_map(|hour| {
            let least = if hour == first_hour { first_minute } else { 0 };
            let minute = (least..60).find(|minute| has(self.minutes, *minute))?;
            Some((i8::try_from(hour).ok()?, i8::try_from(minute).ok()?))
        })
    }

    /// Of day and weekday, when both are restricted, one is enough.
    fn has_day(&self, date: Date) -> bool {
        let day = has(self.days, date.day().into());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset().into());
        let fits = match (self.any_day, self.any_weekday) {
            (false, false) => day || weekday,
            _ => day && weekday,
        };
        fits && has(self.months, date.month().into())
    }
}

fn bit(index: i8) -> u64 {
    1_u64.checked_shl(u32::try_from(index).unwrap_or(64)).unwrap_or(0)
}

fn has(set: u64, index: i32) -> bool {
    u32::try_from(index).ok().and_then(|index| set.checked_shr(index)).is_some_and(|bits| bits & 1 == 1)
}

impl Field {
    fn read(&self, text: &str) -> Result<u64, CronError> {
        let mut set = 0;
        for part in text.split(',') {
            set |= self.read_part(part).ok_or_else(|| self.error(part))?;
        }
        Ok(set)
    }

    fn read_part(&self, part: &str) -> Option<u64> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // `5/15` goes on to the end, as crontab(5) of cronie has it.
            None if step.is_some() => (self.number(range)?, self.most),
            None => (self.number(range)?, self.number(range)?),
        };
        if first > last {
            return None;
        }
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        Some((first..=last).step_by(step).fold(0, |set, index| set | 1_u64 << index))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        if let Some(index) = self.names.iter().position(|name| *name == lower) {
            return u32::try_from(index).ok().map(|index| index + self.least);
        }
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number)?;
        (self.least..=self.most).contains(&number).then_some(number)
    }

    fn error(&self, part: &str) -> CronError {
        let Self { en, ru, least, most, .. } = self;
        CronError {
            en: format!(
                "“{part}” cannot stand for {en}: numbers from {least} to {most}, `*`, `1-5`, `*/2`, `1,3`"
            ),
            ru: format!(
                "«{part}» не подходит в поле «{ru}»: числа от {least} до {most}, `*`, `1-5`, `*/2`, `1,3`"
            ),
        }
    }
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_times() {
        let check = |cron: &str, after: &str, expected: &[&str]| {
            let cron = Cron::parse(cron).unwrap();
            let mut time: DateTime = after.parse().unwrap();
            for expected in expected {
                time = cron.next(time, false).unwrap();
                assert_eq!(time, expected.parse().unwrap(), "{cron:?} after {after}");
            }
        };
        check(
            "*/20 * * * *",
            "2026-01-05T09:05",
            &["2026-01-05T09:20", "2026-01-05T09:40", "2026-01-05T10:00"],
        );
        check("0 9 * * mon-fri", "2026-01-09T09:00", &["2026-01-12T09:00", "2026-01-13T09:00"]);
        check("30 8 1 * *", "2026-01-31T00:00", &["2026-02-01T08:30", "2026-03-01T08:30"]);
        check("0 0 31 * *", "2026-01-31T00:00", &["2026-03-31T00:00", "2026-05-31T00:00"]);
        check("0 12 29 2 *", "2026-01-01T00:00", &["2028-02-29T12:00"]);
        // Both are restricted: either is enough.
        check(
            "0 12 13 * 5",
            "2026-02-01T00:00",
            &["2026-02-06T12:00", "2026-02-13T12:00", "2026-02-20T12:00"],
        );
        check(
            "5/25 10,22 * JAN sun",
            "2026-01-04T00:00",
            &["2026-01-04T10:05", "2026-01-04T10:30", "2026-01-04T10:55", "2026-01-04T22:05"],
        );
        check("0 6 * * 7", "2026-01-05T00:00", &["2026-01-11T06:00"]);
        check("0 0 1 1 *", "9998-12-31T00:00", &["9999-01-01T00:00"]);
        let hourly = Cron::parse("0 * * * *").unwrap();
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        assert_eq!(hourly.next(at("2026-01-05T09:00"), true), Some(at("2026-01-05T09:00")));
        assert_eq!(hourly.next(at("2026-01-05T09:00:01"), true), Some(at("2026-01-05T10:00")));
        assert_eq!(hourly.next(at("9999-12-31T23:30"), false), None);
        assert_eq!(Cron::parse("0 0 30 2 *").unwrap().next(at("2026-01-01T00:00"), false), None);
    }

    #[test]
    fn what_is_no_cron_expression() {
        let check = |text: &str, told: &str| {
            let error = Cron::parse(text).unwrap_err();
            assert!(error.en.contains(told), "{text}: {error}");
            assert!(error.ru.chars().any(|c| ('а'..='я').contains(&c)), "{}", error.ru);
        };
        check("", "5 fields");
        check("* * * *", "has 4");
        check("60 * * * *", "“60” cannot stand for minutes");
        check("* 5-1 * * *", "“5-1” cannot stand for hours");
        check("* * 0 * *", "“0” cannot stand for days of the month");
        check("* * * foo *", "“foo” cannot stand for months");
        check("* * * * 8", "“8” cannot stand for weekdays");
        check("*/0 * * * *", "“*/0”");
        check("+1 * * * *", "“+1”");
        check("1, * * * *", "“”");
    }
}
