//! Time zones as people name them, and clock times.
//!
//! The database of zones is the one that is compiled in: the engine reads no files.

use std::sync::LazyLock;

use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// Field of the subscriber that holds his zone.
pub const ZONE_FIELD: &str = "timezone";

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Reads the name of a zone (`Europe/Moscow`) or its distance from Greenwich (`+3`, `UTC+03:30`, `GMT-5`).
pub fn parse_zone(text: &str) -> Option<TimeZone> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    if matches!(upper.as_str(), "UTC" | "GMT" | "Z") {
        return Some(TimeZone::UTC);
    }
    let distance = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper).trim();
    match parse_offset(distance) {
        Some(offset) => Some(TimeZone::fixed(offset)),
        None if text.is_empty() => None,
        None => ZONES.get(text).ok(),
    }
}

/// The name under which [`parse_zone`] finds a zone again: `Europe/Moscow`, or its distance from Greenwich.
pub fn zone_name(zone: &TimeZone) -> String {
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some(name), _) => name.to_owned(),
        (None, Ok(offset)) => {
            let minutes = offset.seconds() / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
        (None, Err(_)) => String::new(),
    }
}

fn parse_offset(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' | '−' => -1,
        digit if digit.is_ascii_digit() => 1,
        _ => return None,
    };
    let digits = text.strip_prefix(['+', '-', '−']).unwrap_or(text);
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Reads `9`, `9:30`, `09:30` or `9.30` as a time of day.
pub fn parse_clock(text: &str) -> Option<Time> {
    let text = text.trim();
    let (hour, minute) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let plain = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_again_by_its_name() {
        for name in ["Europe/Moscow", "Asia/Kolkata", "+05:30", "-03:00", "UTC"] {
            let zone = parse_zone(name).unwrap();
            assert_eq!(parse_zone(&zone_name(&zone)), Some(zone), "{name}");
        }
    }

    #[test]
    fn zones_are_read_by_name_and_by_distance() {
        let check = |text: &str, seconds: Option<i32>| {
            let winter: jiff::Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
            let found = parse_zone(text).map(|zone| zone.to_offset(winter).seconds());
            assert_eq!(found, seconds, "{text}");
        };
        check("Europe/Moscow", Some(3 * 3600));
        check("Asia/Kolkata", Some(5 * 3600 + 1800));
        check(" UTC ", Some(0));
        check("+3", Some(3 * 3600));
        check("3", Some(3 * 3600));
        check("UTC+3", Some(3 * 3600));
        check("gmt -5", Some(-5 * 3600));
        check("+05:30", Some(5 * 3600 + 1800));
        check("-0330", Some(-(3 * 3600 + 1800)));
        check("", None);
        check("+", None);
        check("+25", None);
        check("+3:99", None);
        check("Mars/Olympus", None);
        check("../../etc/passwd", None);
    }

    #[test]
    fn clock_times_are_read_as_people_write_them() {
        let check = |text: &str, expected: Option<(i8, i8)>| {
            assert_eq!(parse_clock(text).map(|time| (time.hour(), time.minute())), expected, "{text}");
        };
        check("9", Some((9, 0)));
        check("09:30", Some((9, 30)));
        check(" 9.05 ", Some((9, 5)));
        check("23:59", Some((23, 59)));
        check("24:00", None);
        check("9:60", None);
        check("-1:00", None);
        check("", None);
        check("noon", None);
    }
}
