use super::world;
use crate::expression::Condition;

fn check(source: &str, expected: bool) {
    let condition = Condition::new(source);
    assert_eq!(condition.error(), None, "{source}");
    assert_eq!(condition.evaluate(&world()), Ok(expected), "{source}");
}

fn check_all(expected: bool, sources: &[&str]) {
    sources.iter().for_each(|source| check(source, expected));
}

fn check_error(source: &str, position: usize, part: &str) {
    let condition = Condition::new(source);
    let error = condition.error().unwrap_or_else(|| panic!("{source} parses"));
    assert!(error.en.contains(part), "{source}: {}", error.en);
    assert_eq!(error.position, position, "{source}: {}", error.en);
    assert!(error.ru.chars().any(|c| matches!(c, 'а'..='я')), "{source}: {}", error.ru);
    assert_eq!(condition.evaluate(&world()).unwrap_err().code, "bad_expression");
}

#[test]
fn relations() {
    check_all(
        true,
        &[
            "#{age} >= 18 & #{city} = \"Paris\"",
            "#{age} = 25",
            "#{age} == 25.0",
            "#{age}>18",
            "#{age} < 100",
            "#{age} <= 25",
            "#{age} ≥ 25",
            "#{age} != 26",
            "#{age} <> 26",
            "#{age} ≠ 26",
            "#{city} = Paris",
            "#{city}='Paris'",
            "25 = #{age}",
            "#{price} = 19,99",
            "#{yes} = true",
            "#{no} = false",
            "#{zero} = 0",
            "#{cart[1].price} > #{cart[0].price}",
            "#{cart[0].sizes[1]} = M",
            "#{object.b-c} = dash",
            "#{object[\"two words\"]} = 2w",
            "#{client.city} = Rome",
            "#{person.vip} = true",
            "#{global.rate} > 90",
            "#{_request.text} = hello",
            "#{Имя} = Анна",
            "#{count} равно 7",
            "#{count} не равно 8",
        ],
    );
    check_all(
        false,
        &["#{age} < 18", "#{city} = paris", "#{city} != Paris", "#{age} > 25", "#{missing} > 5"],
    );
}

#[test]
fn idioms_of_quescha() {
    check_all(
        true,
        &[
            "'#{empty}' =",
            "'#{missing}' =",
            "'#{missing}' = ''",
            "#{missing}=",
            "#{name}!=",
            "#{name} !=",
            "'#{name}' != ''",
            "'[Answer]' = '/menu'",
            "[Answer] = /menu",
            "[Ответ] = /menu",
            "[AnswerID(b1)] = answer to b1",
            "[Answer] = '/menu' | [Answer] = /start",
            "#{missing} = & #{name} != ",
            "#{nothing} =",
            "#{count}+1 = 8",
            "#{count} + 1 = 8",
            "#{count}*2-4 = 10",
            "(#{count} + 1) * 2 > 15",
            "[StrLen(#{name})] = 3",
            "[WeekDay(#{date})] = 5",
        ],
    );
    check_all(false, &["'#{name}' =", "#{missing}!=", "#{nothing} != ''", "'[Answer]' = ''"]);
}

#[test]
fn texts_without_quotes() {
    check_all(
        true,
        &[
            "#{name} #{city} = Ann Paris",
            "'#{name}-#{city}' = Ann-Paris",
            "#{word}10 = abc10",
            "10-15 = '10-15'",
            "24/7 = '24/7'",
            "18+ = '18+'",
            "18:00 = '18:00'",
            "+7900 = '7900'",
            "#{x} != не знаю, может быть",
            "'in stock' = in stock",
            "'в наличии' = в наличии",
            "'it\\'s' = it's",
            "'a (b), c' = a (b), c",
            "'Привет!' = Привет!",
            "'[x] [1]' = [x] [1]",
            "' padded ' != padded",
            "'5*' = 5*",
            "#{question} = что? да",
            "'не знаю' = не знаю",
            "user@mail.ru = 'user@mail.ru'",
            "'#' = #",
            "'{a}' = {a}",
        ],
    );
}

#[test]
fn words_and_logic() {
    check_all(
        true,
        &[
            "#{city} contains ari",
            "#{city} содержит ari",
            "#{city} not contains xyz",
            "#{city} не содержит xyz",
            "#{list} contains b",
            "#{list} contains 3.0",
            "#{object} contains a",
            "#{city} starts Pa",
            "#{city} starts with Pa",
            "#{city} начинается с Pa",
            "#{city} не начинается с Ra",
            "#{city} ends is",
            "#{city} заканчивается на is",
            "#{missing} empty",
            "#{missing} пусто",
            "#{name} not empty",
            "#{name} не пусто",
            "#{name} is not empty",
            "#{nothing} is empty",
            "#{city} in (Rome, Paris)",
            "#{city} in ('Rome, Paris', Paris)",
            "#{city} в (Rome, Paris)",
            "#{city} not in (Rome, London)",
            "#{city} не в (Rome, London)",
            "b in #{list}",
            "3 in (#{list})",
            "#{age} in (25.0)",
            "b in 'a, b'",
            "#{age} matches ^\\d+$",
            "#{city} matches '(?i)^(rome|paris)$'",
            "#{age} соответствует #{pattern}",
            "not #{age} < 18",
            "не #{age} < 18",
            "!(#{age} < 18)",
            "not not #{yes}",
            "#{age} = 1 or #{age} = 25",
            "#{age} = 1 или #{age} = 25",
            "#{age} = 25 and #{city} = Paris",
            "#{age} = 25 и #{city} = Paris",
            "#{age} = 25 && #{city} = Paris || 0",
            "#{age} = 1 & #{age} = 2 | #{age} = 25",
            "#{age} = 25 | #{age} = 1 & #{age} = 2",
            "(#{age} = 25 | #{age} = 1) & (#{city} = Paris)",
            "((#{age} = 25))",
            "((#{count} + 1)) * 2 = 16",
            "#{yes}",
            "!#{no}",
            "#{yes} & !#{zero}",
            "true",
            "[Contains(#{city}, ari)]",
            "Length(#{cart}) = 2",
            "",
            "   ",
        ],
    );
    check_all(
        false,
        &[
            "(#{age} = 25 | #{age} = 1) & #{age} = 2",
            "#{city} in (Rome, London)",
            "#{city} in ()",
            "x in #{missing}",
            "#{name} empty",
            "#{missing} contains a",
            "#{no}",
            "#{missing}",
            "false",
            "0",
            "not #{yes}",
            "#{city} matches ^\\d+$",
        ],
    );
}

#[test]
fn dates() {
    check_all(
        true,
        &[
            "#{date} > 31.12.2025",
            "#{date} < 02.01.2026 10:00",
            "#{date} = 2/1/26",
            "#{date} = 02-01-2026",
            "#{date} < [CurrentDate]",
            "[AddDate(#{date}, 30)] > 31.01.2026",
        ],
    );
}

#[test]
fn values_are_never_parsed() {
    check_all(
        false,
        &[
            "#{sum} = 2",
            "'#{sum}' = 2",
            "#{evil} = x",
            "'#{evil}' = 'x'",
            "\"#{evil}\" = \"\"",
            "#{template} = 25",
            "#{word} >= 18",
            "#{word} < 18",
            "#{word} > 01.01.2020",
        ],
    );
    check_all(true, &["#{sum} = '1+1'", "'#{evil}' contains '1=1'", "#{template} contains age"]);
}

#[test]
fn errors_name_their_place() {
    check_error("= 5", 0, "Expected a variable");
    check_error("#{age", 5, "Expected }");
    check_error("#{a b} = 1", 4, "Expected }");
    check_error("#{} = 1", 2, "name of a variable");
    check_error("#{client} = 1", 8, "client.phone");
    check_error("#{age} = 1 = 2", 11, "and");
    check_error("#{age} = 1 &", 12, "Expected a variable");
    check_error("#{age} = 1 и", 12, "Expected a variable");
    check_error("#{имя} = соль и перец", 21, "relation");
    check_error("(#{age} = 1", 0, "never closed");
    check_error("#{age} = 1)", 10, "closes nothing");
    check_error("#{age} = 'abc", 9, "quote is never closed");
    check_error("#{age} = 'a' 'b'", 9, "quotes");
    check_error("#{age} matches '('", 15, "regular expression");
    check_error("[Round()] = 1", 0, "Round(number[, places])");
    check_error("(#{age} = 1 = 2)", 12, "Expected");
    check_error("()", 1, "Expected a variable");
    check_error(&"(".repeat(100), 64, "64");
    check_error(&"#{a} = [Upper(".repeat(100), 64 * 14 + 14, "64");
}

#[test]
fn large_patterns_are_refused() {
    check_error("#{age} matches '(\\\\w{1000}){1000}'", 15, "regular expression");
    let computed = Condition::new("#{age} matches '(\\\\w{1000}){#{count}00}'");
    assert_eq!(computed.evaluate(&world()).unwrap_err().code, "bad_pattern");
}

#[test]
fn evaluation_errors() {
    let check = |source: &str, code: &str| {
        let error = Condition::new(source).evaluate(&world()).unwrap_err();
        assert_eq!(error.code, code, "{source}");
    };
    check("#{word} * 2 > 1", "not_a_number");
    check("#{name}-#{city} = Ann-Paris", "not_a_number");
    check("#{age} / #{zero} = 1", "division_by_zero");
    check("#{env.KEY} = 1", "secret_here");
}

#[test]
fn what_it_reads() {
    let condition = Condition::new(
        "#{client.a} in (#{b}, 1) & not '#{person.c}' = [Upper(#{global.d})] | #{e} matches #{f}",
    );
    assert_eq!(condition.error(), None);
    let mut names = Vec::new();
    condition.for_each_path(&mut |path| names.push(path.name.clone()));
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
}
