//! Dates in a form somebody wrote down: `d mmmm yyyy, hh:mm`, `дд.мм.гг`.
//!
//! The letters are those of spreadsheets and of the engine's templates, in English and in Russian: d день, m месяц
//! (after hours: minutes), y год, h час, s секунды. A word that consists of anything else, and a text in quotes,
//! stays as it is. The crates do not see each other, so there are two copies; a test compares them.

use jiff::civil::DateTime;

use crate::Language as Lang;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Day,
    /// Or minute, behind an hour.
    Month,
    Year,
    Hour,
    Second,
}

impl Letter {
    fn of(character: char) -> Option<Self> {
        Some(match character.to_lowercase().next()? {
            'd' | 'д' => Self::Day,
            'm' | 'м' => Self::Month,
            'y' | 'г' => Self::Year,
            'h' | 'ч' => Self::Hour,
            's' | 'с' => Self::Second,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Day,
    PaddedDay,
    ShortWeekDay,
    WeekDay,
    Month,
    PaddedMonth,
    ShortMonth,
    MonthName,
    ShortYear,
    Year,
    Hour,
    PaddedHour,
    Minute,
    PaddedMinute,
    Second,
    PaddedSecond,
}

/// Writes the date in this form.
pub(super) fn write(form: &str, date: DateTime, lang: Lang) -> String {
    let mut out = String::new();
    let mut before = None;
    let mut has_day = false;
    let mut rest = form;
    while let Some(character) = rest.chars().next() {
        if matches!(character, '"' | '\'')
            && let Some((quoted, after)) = rest.get(1..).and_then(|rest| rest.split_once(character))
        {
            out.push_str(quoted);
            rest = after;
            continue;
        }
        let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(if length == 0 { character.len_utf8() } else { length });
        match pieces(word, before) {
            Some(pieces) => {
                for piece in pieces {
                    has_day |= matches!(piece, Piece::Day | Piece::PaddedDay);
                    push(&mut out, piece, date, lang, has_day);
                    before = Some(piece);
                }
            }
            None => out.push_str(word),
        }
        rest = after;
    }
    out
}

/// What a word stands for, if all of its letters stand for something.
fn pieces(word: &str, mut before: Option<Piece>) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut letters = word.chars().map(Letter::of).peekable();
    while let Some(letter) = letters.next() {
        let letter = letter?;
        let mut length = 1;
        while letters.next_if_eq(&Some(letter)).is_some() {
            length += 1;
        }
        let after_hour = matches!(before, Some(Piece::Hour | Piece::PaddedHour));
        let after_minute = matches!(before, Some(Piece::Minute | Piece::PaddedMinute));
        let piece = match (letter, length) {
            (Letter::Day, 1) => Piece::Day,
            (Letter::Day, 2) => Piece::PaddedDay,
            (Letter::Day, 3) => Piece::ShortWeekDay,
            (Letter::Day, 4) => Piece::WeekDay,
            (Letter::Month, 1) if after_hour => Piece::Minute,
            (Letter::Month, 2) if after_hour => Piece::PaddedMinute,
            (Letter::Month, 1) => Piece::Month,
            (Letter::Month, 2) => Piece::PaddedMonth,
            (Letter::Month, 3) => Piece::ShortMonth,
            (Letter::Month, 4) => Piece::MonthName,
            (Letter::Year, 2) => Piece::ShortYear,
            (Letter::Year, 4) => Piece::Year,
            (Letter::Hour, 1) => Piece::Hour,
            (Letter::Hour, 2) => Piece::PaddedHour,
            (Letter::Second, 1) if after_minute => Piece::Second,
            (Letter::Second, 2) if after_minute => Piece::PaddedSecond,
            _ => return None,
        };
        pieces.push(piece);
        before = Some(piece);
    }
    (!pieces.is_empty()).then_some(pieces)
}

fn push(out: &mut String, piece: Piece, date: DateTime, lang: Lang, has_day: bool) {
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    let week_day = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let name = |names: &[&'static str], index: usize| names.get(index).copied().unwrap_or_default();
    let short = |name: &'static str, characters: usize| -> String { name.chars().take(characters).collect() };
    let text = match (piece, lang) {
        (Piece::Day, _) => date.day().to_string(),
        (Piece::PaddedDay, _) => format!("{:02}", date.day()),
        (Piece::ShortWeekDay, Lang::Ru) => name(&SHORT_WEEK_DAYS_RU, week_day).to_owned(),
        (Piece::ShortWeekDay, Lang::En) => short(name(&WEEK_DAYS, week_day), 3),
        (Piece::WeekDay, Lang::Ru) => name(&WEEK_DAYS_RU, week_day).to_owned(),
        (Piece::WeekDay, Lang::En) => name(&WEEK_DAYS, week_day).to_owned(),
        (Piece::Month, _) => date.month().to_string(),
        (Piece::PaddedMonth, _) => format!("{:02}", date.month()),
        (Piece::ShortMonth, Lang::Ru) => short(name(&MONTHS_OF_RU, month), 3),
        (Piece::ShortMonth, Lang::En) => short(name(&MONTHS, month), 3),
        // 14 октября, but октябрь 2026.
        (Piece::MonthName, Lang::Ru) if has_day => name(&MONTHS_OF_RU, month).to_owned(),
        (Piece::MonthName, Lang::Ru) => name(&MONTHS_RU, month).to_owned(),
        (Piece::MonthName, Lang::En) => name(&MONTHS, month).to_owned(),
        (Piece::ShortYear, _) => format!("{:02}", date.year().rem_euclid(100)),
        (Piece::Year, _) => format!("{:04}", date.year()),
        (Piece::Hour, _) => date.hour().to_string(),
        (Piece::PaddedHour, _) => format!("{:02}", date.hour()),
        (Piece::Minute, _) => date.minute().to_string(),
        (Piece::PaddedMinute, _) => format!("{:02}", date.minute()),
        (Piece::Second, _) => date.second().to_string(),
        (Piece::PaddedSecond, _) => format!("{:02}", date.second()),
    };
    out.push_str(&text);
}

const WEEK_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const WEEK_DAYS_RU: [&str; 7] =
    ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"];
const SHORT_WEEK_DAYS_RU: [&str; 7] = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_RU: [&str; 12] = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
];
const MONTHS_OF_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_of_the_engine_have_the_same_forms() {
        let engine = include_str!("../../../engine/src/expression/functions/date_form.rs");
        let table = |source: &str| {
            let (_, table) = source.split_once("enum Letter").unwrap();
            table.split("#[cfg(test)]").next().unwrap().to_owned()
        };
        assert_eq!(table(include_str!("date_form.rs")), table(engine));
    }

    #[test]
    fn forms() {
        let date = jiff::civil::date(2026, 2, 1).at(9, 5, 7, 0);
        let check =
            |form: &str, lang: Lang, expected: &str| assert_eq!(write(form, date, lang), expected, "{form}");
        check("dd.mm.yyyy hh:mm:ss", Lang::En, "01.02.2026 09:05:07");
        check("ДД.ММ.ГГ Ч:М", Lang::Ru, "01.02.26 9:5");
        check("d mmmm yyyy 'г.'", Lang::Ru, "1 февраля 2026 г.");
        check("мммм гггг", Lang::Ru, "февраль 2026");
        check("dddd, ddd, mmm", Lang::Ru, "воскресенье, вс, фев");
        check("ddd d mmm", Lang::En, "Sun 1 Feb");
        check("yyyymmdd", Lang::En, "20260201");
        check("с чч:мм, день д", Lang::Ru, "с 09:05, день 1");
        check("at hh:mm on mm/dd", Lang::En, "at 09:05 on 02/01");
        check("o'clock", Lang::En, "o'clock");
        check("", Lang::En, "");
    }
}
