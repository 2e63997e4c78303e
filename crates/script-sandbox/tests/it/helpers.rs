//! Sums, dates and words, in the zone and the language of the step.

use script_sandbox::{Language, ScriptStep};
use serde_json::{Value, json};

use crate::support::{sandbox, step};

/// 31 December 2026, 23:30 in Greenwich.
const NOW_MS: i64 = 1_798_759_800_000;

#[tokio::test]
async fn helpers_write_for_people() {
    let sandbox = sandbox();
    for (source, russian, english) in [
        ("return formatMoney(1234.5, 'RUB')", json!("1 234,50 ₽"), json!("1,234.50 ₽")),
        ("return formatMoney('1990', 'USD')", json!("1 990 $"), json!("$1,990")),
        ("return formatMoney(1990, 'USD', 'en')", json!("$1,990"), json!("$1,990")),
        ("return formatNumber(1234567.891)", json!("1 234 567,891"), json!("1,234,567.891")),
        ("return formatNumber(0.5, 2)", json!("0,50"), json!("0.50")),
        ("return (1234567.891).toLocaleString()", json!("1 234 567,891"), json!("1,234,567.891")),
        ("return (1234567.891).toLocaleString('ru-RU')", json!("1 234 567,891"), json!("1 234 567,891")),
        (
            "return (5).toLocaleString('ru-RU', {style: 'currency', currency: 'RUB'})",
            json!("5,00 ₽"),
            json!("5,00 ₽"),
        ),
        ("return (NaN).toLocaleString()", json!("NaN"), json!("NaN")),
        (
            "return [round(1.005, 2), round(-2.5), round(19.999, 1)]",
            json!([1.01, -3, 20]),
            json!([1.01, -3, 20]),
        ),
        (
            "return [1, 3, 7, 21].map(n => plural(n, 'день', 'дня', 'дней')).join()",
            json!("день,дня,дней,день"),
            json!("день,дня,дней,день"),
        ),
        ("return [1, 2].map(n => plural(n, 'day', 'days')).join()", json!("day,days"), json!("day,days")),
        // Half past two in the morning of the next year, in Moscow.
        ("return formatDate(new Date())", json!("01.01.2027 02:30"), json!("01.01.2027 02:30")),
        (
            "return formatDate(Date.now(), 'd mmmm yyyy, dddd')",
            json!("1 января 2027, пятница"),
            json!("1 January 2027, Friday"),
        ),
        ("return formatDate('31.12.2026', 'ddd d mmm')", json!("чт 31 дек"), json!("Thu 31 Dec")),
        ("return formatDate('2026-12-31T23:30:00Z')", json!("01.01.2027 02:30"), json!("01.01.2027 02:30")),
        ("return formatDate('2026-12-31T23:30')", json!("31.12.2026 23:30"), json!("31.12.2026 23:30")),
        ("return parseDate('01.01.2027 02:30').getTime() === Date.now()", json!(true), json!(true)),
        (
            "return [parseDate('soon'), parseDate(''), parseDate('32.01.2026')]",
            json!([null, null, null]),
            json!([null, null, null]),
        ),
        (
            "const d = new Date(); return [d.getFullYear(), d.getHours(), d.getTimezoneOffset()]",
            json!([2027, 2, -180]),
            json!([2027, 2, -180]),
        ),
        ("return new Date(2027, 0, 1, 2, 30).getTime() === Date.now()", json!(true), json!(true)),
        (
            "const d = new Date(); d.setDate(d.getDate() + 31); return formatDate(d, 'dd.mm')",
            json!("01.02"),
            json!("01.02"),
        ),
        (
            "return new Date().toLocaleDateString('ru-RU') + new Date().toLocaleTimeString()",
            json!("01.01.202702:30:00"),
            json!("01.01.202702:30:00"),
        ),
        (
            "return new Date().toISOString()",
            json!("2026-12-31T23:30:00.000Z"),
            json!("2026-12-31T23:30:00.000Z"),
        ),
        ("try { formatDate('soon') } catch (e) { return e.name }", json!("TypeError"), json!("TypeError")),
        ("try { formatMoney('x') } catch (e) { return e.name }", json!("TypeError"), json!("TypeError")),
        (
            "try { formatDate(new Date(NaN)) } catch (e) { return e.name }",
            json!("TypeError"),
            json!("TypeError"),
        ),
        ("try { plural(1) } catch (e) { return e.name }", json!("TypeError"), json!("TypeError")),
        ("return formatNumber(1, 1e9).length", json!(22), json!(22)),
    ] {
        for (language, expected) in [(Language::Ru, russian), (Language::En, english)] {
            let step = ScriptStep { now_ms: NOW_MS, zone: "Europe/Moscow".into(), language, ..step(source) };
            let outcome = sandbox.run(1, step).await.unwrap_or_else(|error| panic!("{source}: {error}"));
            assert_eq!(plain_spaces(outcome.result.unwrap()), expected, "{source} in {language:?}");
        }
    }
}

fn plain_spaces(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\u{a0}', " ")),
        other => other,
    }
}

#[tokio::test]
async fn each_step_has_its_own_zone() {
    let sandbox = sandbox();
    // Often enough for the script to be one that is kept.
    for _ in 0..3 {
        for (zone, hours) in
            [("Asia/Tokyo", 8), ("", 23), ("-03:30", 20), ("Europe/Riga", 1), ("Not/AZone", 23)]
        {
            let step =
                ScriptStep { now_ms: NOW_MS, zone: zone.into(), ..step("return new Date().getHours()") };
            assert_eq!(sandbox.run(1, step).await.unwrap().result, Some(json!(hours)), "{zone}");
        }
    }
}
