use std::collections::HashSet;

use super::world;
use crate::expression::{RUN_NAMES, Template, functions};
use crate::value::Value;
use crate::words::Lang;

fn check(source: &str, expected: &str) {
    let template = Template::new(source);
    assert_eq!(template.error(), None, "{source}");
    assert_eq!(template.render_text(&world()), Ok(expected.to_owned()), "{source}");
}

fn check_failure(source: &str, code: &str) {
    assert_eq!(Template::new(source).render(&world()).unwrap_err().code, code, "{source}");
}

#[test]
fn texts() {
    check("[StrLen(привет)] [StrLen(#{missing})]", "6 0");
    check("[Upper(ёж #{name})] [Lower(ЁЖ)]", "ЁЖ ANN ёж");
    check("<[Trim('  a b ')]>", "<a b>");
    check("[Replace(a-b-c, -, +)] [Replace('a b', ' ')] [Replace(abc, '', x)]", "a+b+c ab abc");
    check("[Substring(привет, 2, 3)] [Substring(привет, 5)] [Substring(abc, 9, -1)]", "рив ет ");
    check("[Join(Split('a, b,c'), /)] [Join(Split(a;b, ;))] [Length(Split(''))]", "a/b/c a, b 0");
    check("a[LineBreak]b", "a\nb");
    check("[Json(#{list})] [Json(#{name})]", r#"["a","b",3] "Ann""#);
    check("[UrlEncode(a b&c)]", "a%20b%26c");
    check("[ДлинаТекста(абв)] [Заглавные(абв)]", "3 АБВ");
    check("[Upper('a, (b) \"c\"')]", "A, (B) \"C\"");
}

#[test]
fn numbers() {
    check(
        "[Round(2.5)] [Round(-2.5)] [Round(1.005, 2)] [Round(10, 2)] [Округлить('3,14159', 2)]",
        "3 -3 1.01 10 3.14",
    );
    check("[Round(#{price} * 3, 1)] [Round(Sum(#{cart}, price) / 3, 2)]", "60 100.17");
    check("[Abs(-5)] [Mod(7, 3)]", "5 1");
    check("[Random(5, 5)] [Random(1, 10)] [Random(10, 1)]", "5 5 2");
    check("[FormatMoney(1234.5)] [FormatMoney(1234567, ₽)]", "1\u{a0}234,50 1\u{a0}234\u{a0}567,00\u{a0}₽");
    check(
        "[FormatMoney(-1234.567, $)] [FormatMoney(999.9, руб., 0)] [FormatMoney(0)]",
        "-$1,234.57 1\u{a0}000\u{a0}руб. 0,00",
    );
    check_failure("[Round(abc)]", "not_a_number");
    let error = Template::new("[Round(price, 2)]").render(&world()).unwrap_err();
    assert_eq!(error.en, "Round: “price” is not a number; a variable is written #{price}");
    check_failure("[Round(1, 99)]", "out_of_range");
    check_failure("[Mod(1, 0)]", "division_by_zero");
}

#[test]
fn dates() {
    check("[Date] [CurrentDate] [NextDate] [CurrentTime]", "14.10.2026 14.10.2026 15.10.2026 15:04");
    check("[CurrentDateTime] [CurrentDay] [CurrentDayNormal]", "14.10.2026 15:04 14 14");
    check(
        "[CurrentMonth] [CurrentMonthNormal] [CurrentYear] [CurrentWeekDay] [DaysInMonth]",
        "9 10 2026 3 31",
    );
    check("[WeekDay(01.02.2026)] [WeekDay(2026-02-01)] [WeekDay(2026-02-01T22:30:00Z)]", "7 7 1");
    check(
        "[AddDate(28.02.2024, 1)] [AddDate(#{date}, -2)] [AddDate(31/12/25, 1)]",
        "29.02.2024 31.12.2025 01.01.2026",
    );
    check(
        "[AddMinutes(31.12.2025 23:30, 45)] [AddMinutes(#{date}, -1)]",
        "01.01.2026 00:15 01.01.2026 23:59",
    );
    check("[DaysBetween(01.01.2026, #{date})] [DiffDates(#{date}, 01.01.2026)]", "1 -1");
    check("[DiffMinutes(01.01.2026 10:00, 02.01.2026 09:00)]", "1380");
    check("[Age(14.10.2000)] [Age(15.10.2000)] [Age(01.01.2100)]", "26 25 0");
    check_failure("[WeekDay(tomorrow)]", "not_a_date");
    check_failure("[AddDate(01.01.2026, 99999999999)]", "number_too_large");
}

#[test]
fn lists() {
    check("[Length(#{list})] [Length(#{object})] [Length(#{missing})] [Length(абв)]", "3 3 0 3");
    check(
        "[Sum(#{cart}, price)] [Sum(#{nothing})] [Sum(#{cart}, weight)] {{ Sum(cart, 'price') }}",
        "300.5 0 0 300.5",
    );
    check("[Min(3, 10, 2)] [Max(3, 10, 2)] [Min(#{empty}, 5)] <[Max(#{nothing})]>", "2 10 5 <>");
    check("[First(#{list})] [Last(#{list})] <[First(#{nothing})]>", "a 3 <>");
    check(
        "[Item(#{list}, 1)] {{ Item(list, count - 6) }} [Item(#{cart}, 0, sizes, 1)] <[Item(#{list}, 9)]>",
        "b b M <>",
    );
    check("[Join(#{list}, '; ')] [Join(#{list})]", "a; b; 3 a, b, 3");
    check("[Contains(#{list}, b)] [Contains(#{city}, x)]", "true false");
    check_failure("[Sum(#{list})]", "not_a_number");
}

#[test]
fn random_texts() {
    for (source, length) in [("[GenStr8]", 8), ("[GenNum4]", 4), ("[GenStr(3)]", 3), ("[СлучайныеЦифры6]", 6)]
    {
        let text = Template::new(source).render_text(&world()).unwrap();
        assert_eq!(text.len(), length, "{source}: {text}");
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{source}: {text}");
        if source.contains("Num") {
            assert!(text.parse::<u32>().is_ok(), "{source}: {text}");
        }
    }
    check("[GenStrX] [Upper5]", "[GenStrX] [Upper5]");
    check_failure("[GenStr99999]", "out_of_range");
    check_failure("[GenStr0]", "out_of_range");
}

#[test]
fn names_are_unambiguous() {
    let mut seen = HashSet::new();
    for function in functions() {
        for lang in Lang::ALL {
            let name = function.name_in(lang);
            assert!(seen.insert(name) || function.name == function.name_ru, "{name} is there twice");
            assert!(!function.help.get(lang).is_empty(), "{name} has no help");
            let called = format!("[{name}({})]", vec!["1"; *function.arity.start()].join(","));
            assert!(!Template::new(&called).is_constant(), "{called} is plain text");
        }
        let arguments = |lang| function.arguments.get(lang).matches(',').count();
        assert_eq!(arguments(Lang::En), arguments(Lang::Ru), "{}", function.name);
    }
    for row in RUN_NAMES {
        for name in std::iter::once(&row.name).chain(row.aliases) {
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
}

#[test]
fn the_run_is_asked_by_english_names() {
    assert_eq!(Template::new("[Имя]").render(&world()), Ok(Value::from("Ann")));
    assert_eq!(Template::new("[AID(5)]").render(&world()), Ok(Value::from("answer to 5")));
}
