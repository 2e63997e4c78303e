//! Dates and times as people type them.

use jiff::ToSpan;
use jiff::civil::{Date, Time};

/// The first letters of the months, which tell them apart in every case and length.
const MONTHS: [(&str, i8); 26] = [
    ("янв", 1),
    ("фев", 2),
    ("мар", 3),
    ("апр", 4),
    ("мая", 5),
    ("май", 5),
    ("мае", 5),
    ("июн", 6),
    ("июл", 7),
    ("авг", 8),
    ("сен", 9),
    ("окт", 10),
    ("ноя", 11),
    ("дек", 12),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

/// Years ahead of today that two digits may still mean; later ones are of the century before.
const YEARS_AHEAD: i16 = 20;

/// Reads a day: `15.01.2026`, `15/1/26`, `2026-01-15`, `15 января`, `Jan 15, 2026`, `завтра`.
/// Without a year it is the nearest such day that is not over.
pub(super) fn read_date(text: &str, today: Date) -> Option<Date> {
    let text = text.trim().to_lowercase();
    let ahead = match text.as_str() {
        "сегодня" | "today" => Some(0),
        "завтра" | "tomorrow" => Some(1),
        "послезавтра" => Some(2),
        "вчера" | "yesterday" => Some(-1),
        _ => None,
    };
    if let Some(days) = ahead {
        return today.checked_add(days.days()).ok();
    }
    let mut parts: Vec<&str> =
        text.split(['.', '/', '-', ' ', ',', '\u{a0}']).filter(|part| !part.is_empty()).collect();
    if parts.last().is_some_and(|last| matches!(*last, "г" | "год" | "года")) {
        parts.pop();
    }
    let (day, month, year) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 && text.contains('-') => (*day, *month, Some(*year)),
        [month, day, year] if read_month_name(month).is_some() => (*day, *month, Some(*year)),
        [month, day] if read_month_name(month).is_some() => (*day, *month, None),
        [day, month, year] => (*day, *month, Some(*year)),
        [day, month] => (*day, *month, None),
        _ => return None,
    };
    let day: i8 = digits(day, 2)?.parse().ok()?;
    let month = match read_month_name(month) {
        Some(month) => month,
        None => digits(month, 2)?.parse().ok()?,
    };
    if let Some(year) = year {
        return Date::new(read_year(year, today)?, month, day).ok();
    }
    // 29 February may be some years away.
    (0..=8).find_map(|ahead| Date::new(today.year() + ahead, month, day).ok().filter(|date| *date >= today))
}

fn read_year(text: &str, today: Date) -> Option<i16> {
    let year: i16 = digits(text, 4)?.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => {
            let century = today.year() - today.year() % 100;
            let year = century + year;
            Some(if year > today.year() + YEARS_AHEAD { year - 100 } else { year })
        }
        _ => None,
    }
}

fn read_month_name(text: &str) -> Option<i8> {
    let is_word = text.chars().count() >= 3 && text.chars().all(char::is_alphabetic);
    MONTHS.iter().find(|(name, _)| is_word && text.starts_with(name)).map(|(_, month)| *month)
}

/// The text, when it is 1 to `most` digits and nothing else.
fn digits(text: &str, most: usize) -> Option<&str> {
    let fits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(text)
}

/// Reads a time of day: `9`, `9:30`, `09.30`, `0930`, `9:30 pm`.
pub(super) fn read_time(text: &str) -> Option<Time> {
    let text = text.trim().to_lowercase();
    let (text, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(rest), _) => (rest.trim_end(), Some(0)),
        (_, Some(rest)) => (rest.trim_end(), Some(12)),
        _ => (text.as_str(), None),
    };
    let (hour, minute) = match text.split_once([':', '.', '-', ' ']) {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        Some(_) => return None,
        None if text.len() > 2 => text.split_at_checked(text.len() - 2)?,
        None => (text, "00"),
    };
    let (hour, minute): (i8, i8) = (digits(hour, 2)?.parse().ok()?, digits(minute, 2)?.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 1, 15);

    #[test]
    fn days() {
        let check = |text: &str, expected: Option<&str>| {
            let read = read_date(text, TODAY).map(|date| date.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        };
        check("15.01.2026", Some("2026-01-15"));
        check(" 1/2/26 ", Some("2026-02-01"));
        check("2026-03-09", Some("2026-03-09"));
        check("01.05.85", Some("1985-05-01"));
        check("1.5.46", Some("2046-05-01"));
        check("1.5.47", Some("1947-05-01"));
        check("15.01", Some("2026-01-15"));
        check("14.01", Some("2027-01-14"));
        check("29.02", Some("2028-02-29"));
        check("8 марта", Some("2026-03-08"));
        check("8 Мая 2027 г.", Some("2027-05-08"));
        check("Jan 20, 2026", Some("2026-01-20"));
        check("20 january", Some("2026-01-20"));
        check("Завтра", Some("2026-01-16"));
        check("yesterday", Some("2026-01-14"));
        check("31.02.2026", None);
        check("32.01.2026", None);
        check("15.01.226", None);
        check("15", None);
        check("15.01.2026.1", None);
        check("soon", None);
        check("", None);
    }

    #[test]
    fn times() {
        let check = |text: &str, expected: Option<&str>| {
            let read = read_time(text).map(|time| time.strftime("%H:%M").to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        };
        check("9", Some("09:00"));
        check(" 9:30", Some("09:30"));
        check("09.30", Some("09:30"));
        check("18 45", Some("18:45"));
        check("930", Some("09:30"));
        check("0005", Some("00:05"));
        check("9 am", Some("09:00"));
        check("12am", Some("00:00"));
        check("12:30 PM", Some("12:30"));
        check("24:00", None);
        check("9:5", None);
        check("13 pm", None);
        check("9:60", None);
        check("noon", None);
        check("12345", None);
        check("яяя", None);
        check("", None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed(text in "\\PC{0,20}") {
            let _ = (read_date(&text, TODAY), read_time(&text));
        }
    }
}
