//! Dates as people write them, and moments with their zone.
//!
//! Zones come from the database that is built into the program, so that the same moment reads the same on every
//! machine.

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{OffsetConflict, TimeZone, TimeZoneDatabase};
use jiff::{Span, Zoned};
use rust_decimal::Decimal;

use super::Value;

/// Reads `dd.mm.yyyy`, `dd/mm/yyyy` or `dd-mm-yyyy` (two-digit years are 20yy), optionally with ` hh:mm`.
pub fn parse_date(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    // One and the same: `23.01/1000` is a division.
    let separator = date.chars().find(|character| matches!(character, '.' | '/' | '-'))?;
    let mut parts = date.split(separator);
    let day: i8 = parts.next()?.parse().ok()?;
    let month: i8 = parts.next()?.parse().ok()?;
    let year_text = parts.next()?;
    let year: i16 = year_text.parse().ok()?;
    if parts.next().is_some() || !matches!(year_text.len(), 2 | 4) {
        return None;
    }
    let (hour, minute) = time.split_once(':')?;
    DateTime::new(
        if year_text.len() == 2 { 2000 + year } else { year },
        month,
        day,
        hour.parse().ok()?,
        minute.parse().ok()?,
        0,
        0,
    )
    .ok()
}

/// Reads the text of a moment (RFC 9557, or RFC 3339 with the offset for a zone). When the rules of its zone have
/// changed since it was written, the moment stays the same and its clock changes.
pub(super) fn parse(text: &str) -> Option<Zoned> {
    const PARSER: DateTimeParser = DateTimeParser::new().offset_conflict(OffsetConflict::AlwaysOffset);
    let zones = TimeZoneDatabase::bundled();
    if let Ok(moment) = PARSER.parse_zoned_with(&zones, text) {
        return Some(moment);
    }
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let moment = PARSER.parse_timestamp(text).ok()?;
    Some(moment.to_zoned(TimeZone::fixed(offset)))
}

pub(crate) fn date_text(date: Date) -> String {
    format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year())
}

pub(crate) fn time_text(moment: DateTime) -> String {
    format!("{:02}:{:02}", moment.hour(), moment.minute())
}

/// `dd.mm.yyyy hh:mm`, as the clock of its zone shows it.
pub(super) fn text(moment: &Zoned) -> String {
    format!("{} {}", date_text(moment.date()), time_text(moment.datetime()))
}

/// `2026-10-14T15:04:05+03:00`.
pub(super) fn rfc3339(moment: &Zoned) -> String {
    moment.timestamp().display_with_offset(moment.offset()).to_string()
}

/// A date or a moment later by so much, in the form it has: a date with its time, or without. `None` when the value
/// is no date; `Some(None)` when there is no such date.
pub(crate) fn shifted(value: &Value, span: Span) -> Option<Option<Value>> {
    if let Value::Moment(moment) = value {
        return Some(moment.checked_add(span).ok().map(Value::Moment));
    }
    let Value::Text(text) = value else { return None };
    // With a space at an end it is on the way to become a longer text.
    let date = parse_date(text).filter(|_| text.trim().len() == text.len())?;
    Some(date.checked_add(span).ok().map(|later| {
        let day = date_text(later.date());
        let has_time = text.contains(':') || later.time() != date.time();
        Value::Text(if has_time { format!("{day} {}", time_text(later)) } else { day })
    }))
}

/// Days from one date or moment to another, with their fraction; `None` unless both are dates.
pub(crate) fn days_between(from: &Value, to: &Value) -> Option<Decimal> {
    let passed = match (from, to) {
        (Value::Moment(from), Value::Moment(to)) => to.duration_since(from),
        _ => to_civil(to)?.duration_since(to_civil(from)?),
    };
    Decimal::from(passed.as_secs()).checked_div(Decimal::from(86_400)).map(|days| days.normalize())
}

fn to_civil(value: &Value) -> Option<DateTime> {
    match value {
        Value::Moment(moment) => Some(moment.datetime()),
        Value::Text(text) => parse_date(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn moment(text: &str) -> Value {
        Value::Moment(parse(text).unwrap())
    }

    #[test]
    fn a_date_has_one_separator() {
        for text in ["23.01.2026", "23/01/2026", "23-01-26"] {
            assert!(parse_date(text).is_some(), "{text}");
        }
        for text in ["23.01/1000", "23/01.2026", "1.01-20", "2301"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn moments_compare_as_moments_and_with_dates_by_their_clock() {
        let moscow = moment("2026-10-14T15:04:30+03:00[Europe/Moscow]");
        let london = moment("2026-10-14T13:04:30+01:00[Europe/London]");
        assert_eq!(moscow.compare(&london), Some(Ordering::Equal));
        assert_eq!(moscow.to_text(), "14.10.2026 15:04");
        assert_eq!(moscow.to_json(), "2026-10-14T15:04:30+03:00");
        let check = |date: &str, expected: Ordering| {
            assert_eq!(moscow.compare(&date.into()), Some(expected), "{date}");
            assert_eq!(moscow.order(&date.into()), Some(expected), "{date}");
            assert_eq!(Value::from(date).compare(&moscow), Some(expected.reverse()), "{date}");
        };
        check("14.10.2026 15:04", Ordering::Equal);
        check("14.10.2026", Ordering::Greater);
        check("15/10/26", Ordering::Less);
        assert!(!moscow.is_empty() && moscow.is_true());
    }

    #[test]
    fn a_day_later_is_the_same_time_of_day() {
        let check = |value: Value, days: i64, minutes: i64, expected: &str| {
            let span = Span::new().days(days).minutes(minutes);
            assert_eq!(shifted(&value, span).unwrap().unwrap().to_text(), expected);
        };
        // The night the clocks are put back has 25 hours.
        check(moment("2026-10-24T12:00:00+02:00[Europe/Berlin]"), 1, 0, "25.10.2026 12:00");
        check(moment("2026-10-24T12:00:00+02:00[Europe/Berlin]"), 0, 1440, "25.10.2026 11:00");
        check("31.01.2026".into(), 1, 0, "01.02.2026");
        check("31.01.2026".into(), 0, 90, "31.01.2026 01:30");
        check("1/2/26 10:00".into(), 0, -30, "01.02.2026 09:30");
        assert_eq!(shifted(&"31.12.9999".into(), Span::new().days(1)), Some(None));
        assert_eq!(shifted(&"abc".into(), Span::new().days(1)), None);
    }

    #[test]
    fn distances() {
        let check = |from: Value, to: Value, expected: &str| {
            assert_eq!(days_between(&from, &to).unwrap().to_string(), expected);
        };
        check("01.01.2026".into(), "01.03.2026".into(), "59");
        check("01.01.2026 12:00".into(), "01.01.2026".into(), "-0.5");
        let berlin = |text| moment(&format!("{text}[Europe/Berlin]"));
        check(
            berlin("2026-10-25T00:00:00+02:00"),
            berlin("2026-10-26T00:00:00+01:00"),
            "1.0416666666666666666666666667",
        );
        assert_eq!(days_between(&"1".into(), &"01.01.2026".into()), None);
    }
}
