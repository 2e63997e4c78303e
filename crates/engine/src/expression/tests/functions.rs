use std::collections::HashSet;

use super::world;
use crate::expression::{RUN_NAMES, RichTemplate, Template, functions};
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
    // Any digits with any number of places.
    check("[FormatMoney(1, , 28)]", "1,0000000000000000000000000000");
    check(
        "[FormatMoney(79228162514264337593543950335, , 3)]",
        "79 228 162 514 264 337 593 543 950 335,000".replace(' ', "\u{a0}").as_str(),
    );
    check_failure("[Round(abc)]", "not_a_number");
    let error = Template::new("[Round(price, 2)]").render(&world()).unwrap_err();
    assert_eq!(error.en, "Round: “price” is not a number; a variable is written #{price} (character 1)");
    assert_eq!(error.ru, "Округлить: «price» — не число; переменная пишется #{price} (знак 1)");
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
fn examples_are_true() {
    for function in functions() {
        let (source, result) = (function.example.source, function.example.result);
        assert!(source.contains(function.name), "the example of {} is about something else", function.name);
        // Spaces that never break are drawn like the others.
        let shown = Template::new(source).render_text(&world()).map(|text| text.replace('\u{a0}', " "));
        assert_eq!(shown.as_deref(), Ok(result), "{source}");
        let russian = source.replace(function.name, function.name_ru);
        let shown = Template::new(&russian).render_text(&world()).map(|text| text.replace('\u{a0}', " "));
        assert_eq!(shown.as_deref(), Ok(result), "{russian}");
    }
}

#[test]
fn names_are_unambiguous() {
    let mut seen = HashSet::new();
    for function in functions() {
        for lang in Lang::ALL {
            let name = function.name_in(lang);
            assert!(seen.insert(name) || function.name == function.name_ru, "{name} is there twice");
            assert!(!function.help.get(lang).is_empty(), "{name} has no help");
            let called = format!("<[{name}({})]>", vec!["1"; *function.arity.start()].join(","));
            let leaves_nothing = name.starts_with("Char") || name.starts_with("Следующая");
            assert!(!Template::new(&called).is_constant() || leaves_nothing, "{called} is plain text");
        }
        let arguments = |lang| function.arguments.get(lang).matches(',').count();
        assert_eq!(arguments(Lang::En), arguments(Lang::Ru), "{}", function.name);
    }
    for row in RUN_NAMES {
        for name in std::iter::once(&row.name).chain(row.aliases) {
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
    let folded: HashSet<String> = seen.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), seen.len(), "two names differ in the size of their letters only");
}

#[test]
fn letters_of_calls_may_be_any_but_words_in_brackets_are_words() {
    check(
        "[upper(a)] [UPPER(a)] [длина(абв)] {{ round(2.5) }} [GENSTR1] [genstr1]",
        "A A 3 3 [GENSTR1] [genstr1]",
    );
    check("[Add] [Map] [upper] [date] [DATE] [Round]", "[Add] [Map] [upper] [date] [DATE] [Round]");
}

#[test]
fn next_letters() {
    check("[CharUp]#{city}, [CharUp]привет, [CharLow]ПРИВЕТ", "Paris, Привет, пРИВЕТ");
    check("[CharUp]#{word}. [CharUp][Lower(ТЕКСТ)]! [CharUp]{{ word + '!' }}", "Abc. Текст! Abc!");
    check("[CharUp]", "");
    check("[CharUp][CharLow]Aa [CharUp]1a [CharUp]ßa", "aa 1a SSa");
    check("[Upper('[CharLow]Абв')] {{ '[CharUp]абв' }}", "АБВ Абв");
    let rich = RichTemplate::new("[CharUp]<b>#{word}</b> [CharUp]<i>x</i>&lt;").render(&world()).unwrap();
    assert_eq!(rich.to_plain(), "Abc X<");
}

#[test]
fn patterns() {
    check("[Match(#{question}, '[а-я]+$')]", "да");
    check("[Match('t.me/bot?start=ref_15', 'ref_(\\d+)', 1)] <[Match(abc, '\\d')]>", "15 <>");
    check("[MatchAll('a=1;b=2', '(\\w)=(\\d)', 2)]", "1, 2");
    check("[ReplaceMatch('Иванов Иван', '(\\S+) (\\S+)', '$2 $1')]", "Иван Иванов");
    check("[ReplaceMatch(abc, '', -)]", "-a-b-c-");
    check_failure("[Match(a, '(')]", "bad_pattern");
    check_failure("[Match(a, '(\\w{1000}){1000}')]", "bad_pattern");
    check_failure("[Match(a, a, -1)]", "out_of_range");
    let bomb = format!("[ReplaceMatch(Repeat(a, 100000), '.*', '{}')]", "$0".repeat(100));
    check_failure(&bomb, "text_too_long");
}

#[test]
fn formats() {
    check("[Item(ParseJson('[1, {\"a\": 0.1}]'), 1, a)] <[ParseJson(#{empty})]>", "0.1 <>");
    check("[UrlDecode(UrlEncode(#{question}))] [UrlDecode('a+b%')] ", "что? да a b% ");
    check("[HtmlEscape(#{evil})] [FromBase64(Base64(#{quote}))]", "&quot; or 1=1 say \"hi\"\n\\");
    check(
        "[Hmac('what do ya want for nothing?', Jefe)]",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    check("[Substring(Hash(abc, sha512), 1, 16)]", "ddaf35a193617aba");
    check_failure("[Hash(abc, md5)]", "unknown_algorithm");
    check_failure("[FromBase64('?')]", "not_base64");
    check_failure("[ParseJson('{')]", "bad_json");
}

#[test]
fn drawn_by_chance() {
    let render = |source: &str| Template::new(source).render_text(&world()).unwrap();
    let uuid = render("[Uuid]");
    assert_eq!(uuid, render("[Uuid]"), "the same context draws the same");
    let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
    assert!(uuid[14..15] == *"4" && "89ab".contains(&uuid[19..20]), "{uuid}");
    let phone = render("[GeneratePhone(+7)]");
    assert!(phone.starts_with("+7") && phone.len() == 12, "{phone}");
    assert!(render("[GenerateEmail]").ends_with("@example.com"));
    check("<[RandomItem(#{nothing})]>", "<>");
}

#[test]
fn numbers_in_words() {
    check(
        "[SumInWords(0)] | [SumInWords(21, 1)] | [SumInWords(1002011, 0, 0, ru)]",
        "ноль | двадцать один рубль | один миллион две тысячи одиннадцать",
    );
    check(
        "[SumInWords(-3.05, 1, 1)] | [SumInWords(1.5, 0, 1)]",
        "минус три рубля 05 копеек | один 50 копеек",
    );
    check("[SumInWords(12345.01, 1, 1, en)]", "twelve thousand three hundred forty five rubles 01 kopeck");
    check("[SumInWords(1000000000000, 1)]", "один триллион рублей");
    check_failure("[SumInWords(1000000000000000)]", "number_too_large");
    check_failure("[SumInWords(1, 1, 1, de)]", "unknown_language");
    let forms = "[Plural(1, а, б, в)][Plural(22, а, б, в)][Plural(11, а, б, в)][Plural('1,5', а, б, в)][Plural(-1, a, b)][Plural(2, a, b)]";
    check(forms, "абвбab");
}

#[test]
fn numbers_people_wrote() {
    for (text, number) in [
        ("1 234,50 ₽", "1234.5"),
        ("$1,234.50", "1234.5"),
        ("1.234.567", "1234567"),
        ("1.234.567,5", "1234567.5"),
        ("цена: -5", "-5"),
        ("от 100 до 200", "100"),
        ("5.", "5"),
    ] {
        check(&format!("[Number('{text}')]"), number);
    }
    check_failure("[Number(нет)]", "not_a_number");
    check(
        "[FormatNumber(1234567.891)] [FormatNumber(-0.5, 2)] [FormatNumber(1000, 0, en)]",
        "1\u{a0}234\u{a0}567,891 -0,50 1,000",
    );
    check("[Floor(-1.5)] [Ceil(-1.5)] [Power(1.1, 2)] [Power(2, -1)] [Sqrt(2.25)]", "-2 -1 1.21 0.5 1.5");
    check_failure("[Power(0, -1)]", "division_by_zero");
    check_failure("[Power(10, 100)]", "number_too_large");
    check_failure("[Sqrt(-1)]", "out_of_range");
}

#[test]
fn moments() {
    check(
        "[Now] [IsoDate(Now())] [Json(Now())]",
        "14.10.2026 15:04 2026-10-14T15:04:05+03:00 \"2026-10-14T15:04:05+03:00\"",
    );
    check("[InZone(Now(), Europe/London)] [InZone(Now(), +9)]", "14.10.2026 13:04 14.10.2026 21:04");
    check(
        "[DateTime(14.10.2026 09:00, Asia/Tokyo)] [InZone(DateTime(14.10.2026 09:00, Asia/Tokyo), UTC)]",
        "14.10.2026 09:00 14.10.2026 00:00",
    );
    check("[DateTime('2026-10-14T12:04:05Z')] [Hour('2026-10-14T12:04:05Z')]", "14.10.2026 15:04 15");
    check(
        "[AddDate(Now(), 1)] [AddHours(Now(), -16)] [AddMonths(29.02.2024, 12)] [AddMonths(31.01.2026 10:00, 1)]",
        "15.10.2026 15:04 13.10.2026 23:04 28.02.2025 28.02.2026 10:00",
    );
    check("[DiffMinutes(Now(), AddMinutes(Now(), 90))] [DiffMinutes(23:00, 01:00)]", "90 -1320");
    check("[UnixTime('1970-01-01T00:01:00Z')] [FromUnix(0)]", "60 01.01.1970 03:00");
    check(
        "{{ Now() + 1 }} | {{ date + 1.5 }} | {{ date - 1 }} | {{ '01.02.2026' - date }}",
        "15.10.2026 15:04 | 03.01.2026 12:00 | 01.01.2026 | 30",
    );
    check(
        "{{ date + ' ' + count }} | {{ date + '' }} | #{date} #{count}",
        "02.01.2026 7 | 02.01.2026 | 02.01.2026 7",
    );
    check(
        "[Sort(Split('02.01.2026, 15.12.2025, 01.01.2027 10:00'))]",
        "15.12.2025, 02.01.2026, 01.01.2027 10:00",
    );
    check("[FormatDate(Now(), 'd mmmm, dddd')] [FormatDate(#{date}, dd.mm)]", "14 октября, среда 02.01");
    check("[DaysInMonth(01.02.2024)] [Day(#{date})] [Month(#{date})]", "29 2 1");
    check_failure("[InZone(Now(), Moscow)]", "not_a_zone");
    check_failure("[FromUnix(99999999999999)]", "number_too_large");
    check_failure("{{ date + 99999999 }}", "number_too_large");
    check_failure("[AddHours(#{date}, 99999999999)]", "number_too_large");
    assert!(matches!(Template::new("[Now]").render(&world()), Ok(Value::Moment(_))));
}

#[test]
fn arrays() {
    check("[Slice(#{list}, 1)] [Slice(#{list}, -1)] [Slice(#{list}, 5)] [Slice(абвг, -3, -1)]", "b, 3 3  бв");
    check("[Map(#{cart}, sizes)] [Map(#{cart}, sizes.0)]", "S, M,  S, ");
    check(
        "[Sort(#{cart}, price, desc)]",
        &Template::new("[Reverse(#{cart})]").render_text(&world()).unwrap(),
    );
    check(
        "[Sort(Split('b, a, 10, 9'), , desc)] [Unique(#{cart}, title)]",
        &format!("b, a, 10, 9 {}", Template::new("#{cart}").render_text(&world()).unwrap()),
    );
    check("[Unique(Split('1, 1.0, 01, a'))] [Avg(#{cart}, price)] <[Avg(#{nothing})]>", "1, a 150.25 <>");
    check("[Find(#{cart}, title, Nobody)]<[Filter(#{cart}, title, Nobody)]>", "<>");
    check(
        "[Add(#{nothing}, 1, 2)] [Remove(Split('1, 2, 1.0'), 1)] [Range(3, 1)]<[Keys(#{missing})]>",
        "1, 2 2 <>",
    );
    check(
        "[If(#{no}, да, нет)] [If(#{yes}, да)] <[If(0, да)]> [Default(#{empty}, #{spaces}, #{count})]",
        "нет да <> 7",
    );
    check("[PadLeft(12345, 3)] [PadLeft(7, 3, '')] [PadLeft(а, 4, бв)]", "12345 7 бвба");
    check_failure("[Range(1, 100000)]", "list_too_long");
    check_failure("[Split(Repeat(',', 20000))]", "list_too_long");
    check_failure("[Repeat(abc, 1000000)]", "text_too_long");
    check_failure("[Keys(abc)]", "not_an_object");
    check_failure("[Sort(#{list}, '', up)]", "unknown_order");
    let error = Template::new("x [Join(Map(#{cart}, Floor(abc)))]").render(&world()).unwrap_err();
    assert!(error.en.ends_with("(character 22)") && error.ru.ends_with("(знак 22)"), "{error:?}");
}

#[test]
fn the_run_is_asked_by_english_names() {
    assert_eq!(Template::new("[Имя]").render(&world()), Ok(Value::from("Ann")));
    assert_eq!(Template::new("[AID(5)]").render(&world()), Ok(Value::from("answer to 5")));
}
