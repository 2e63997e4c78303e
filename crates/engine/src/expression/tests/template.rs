use serde_json::json;

use super::world;
use crate::effect::SecretPart;
use crate::expression::{Condition, RichTemplate, Target, Template};
use crate::value::Value;

fn check(source: &str, expected: &str) {
    let template = Template::new(source);
    assert_eq!(template.error(), None, "{source}");
    assert_eq!(template.render_text(&world()), Ok(expected.to_owned()), "{source}");
}

fn check_value(source: &str, expected: serde_json::Value) {
    assert_eq!(Template::new(source).render(&world()), Ok(Value::from(expected)), "{source}");
}

fn check_error(source: &str, position: usize, part: &str) {
    let template = Template::new(source);
    let error = template.error().unwrap_or_else(|| panic!("{source} parses"));
    assert!(error.en.contains(part), "{source}: {}", error.en);
    assert_eq!(error.position, position, "{source}: {}", error.en);
    assert!(error.ru.chars().any(|c| matches!(c, 'а'..='я')), "{source}: {}", error.ru);
    assert_eq!(template.render(&world()).unwrap_err().code, "bad_expression");
}

fn check_failure(source: &str, code: &str) {
    let error = Template::new(source).render(&world()).unwrap_err();
    assert_eq!(error.code, code, "{source}");
    assert!(!error.en.is_empty() && error.ru.chars().any(|c| matches!(c, 'а'..='я')), "{source}: {error:?}");
}

#[test]
fn texts() {
    check("", "");
    check("plain", "plain");
    check("Hello, #{name}!", "Hello, Ann!");
    check("#{ name }#{city}", "AnnParis");
    check("#{client.name} #{Имя} #{1st}", "Клиент Анна first");
    check("<#{missing}#{none}#{empty}>", "<>");
    check("#{cart[0].title}: #{cart[0].sizes}", "Tea: S, M");
    check("#{cart[9].title}#{name.first}#{list.x}", "");
    check("#{object}", r##"{"a":1,"b-c":"dash","two words":"2w"}"##);
    check("[Name] [ClientID] [Messenger]", "Ann 42 ");
    check("[x] [1] [Nobody] [Name ] [ Name] [] [Name", "[x] [1] [Nobody] [Name ] [ Name] [] [Name");
    check("[Foo(1)] # {x} #x { } }}", "[Foo(1)] # {x} #x { } }}");
    check("цена #{price} ₽", "цена 19.99 ₽");
}

#[test]
fn values_are_never_parsed() {
    check("#{template}", "#{age}");
    check("{{ '#{template}' + '' }}", "#{age}");
    check("#{sum}", "1+1");
    check("#{evil}", "\" or 1=1");
    check_failure("{{ #{sum} * 1 }}", "not_a_number");
}

#[test]
fn one_placeholder_keeps_its_type() {
    check_value("#{count}", json!(7));
    check_value("#{yes}", json!(true));
    check_value("#{missing}", json!(null));
    check_value("#{list}", json!(["a", "b", 3]));
    check_value("#{cart[1]}", json!({"title": "Cup", "price": "200"}));
    check_value("{{ 1 + 2 }}", json!(3));
    check_value("[Length(#{cart})]", json!(2));
    check_value("[ClientID]", json!(42));
    check_value("#{count} ", json!("7 "));
    check_value("", json!(""));
    check_value("7", json!("7"));
}

#[test]
fn arithmetic() {
    check("{{ 1 + 2 * 3 }}", "7");
    check("{{(1+2)*3}}", "9");
    check("{{ 0.1 + 0.2 }}", "0.3");
    check("{{ -#{count} - -1 }}", "-6");
    check("{{ --5 }}", "5");
    check("{{ 7 / 2 / 2 }}", "1.75");
    check("{{ count * 2 + age }}", "39");
    check("{{ cart[0].price * 2 }}", "201");
    check("{{ client.missing + 5 }}", "5");
    check("{{ empty + spaces + none + 1 }}", "1");
    check("{{ name + ' ' + city }}", "Ann Paris");
    check("{{ count + ' шт' }}", "7 шт");
    check("{{ 'a#{count}b' }}", "a7b");
    check("{{ Round(price * 2, 1) }} {{ [Round(2.5)] }}", "40 3");
    check("{{ Sum(cart, price) }}", "300.5");
    check("{{ FormatMoney(Sum(cart, price), ₽) }}", "300,50\u{a0}₽");
    check("{{ CurrentYear() + 1 }}", "2027");
    check("{{ DaysBetween(01.01.2026, date) }}", "1");
    check("{{ yes + '!' }}", "true!");
    check("{{ #{1st} }}{{ {{ 1 }} }}", "first1");
    check("#{cart[0].price}{{1}}}", "100.51}");

    check_failure("{{ word * 2 }}", "not_a_number");
    check_failure("{{ list + 1 }}", "not_a_number");
    check_failure("{{ yes * 1 }}", "not_a_number");
    check_failure("{{ -word }}", "not_a_number");
    check_failure("{{ 1 / zero }}", "division_by_zero");
    check_failure("{{ 1 / missing }}", "division_by_zero");
    check_failure("{{ big * big }}", "number_too_large");
}

#[test]
fn addresses() {
    let check = |source: &str, expected: &str| {
        assert_eq!(Template::new(source).render_url(&world()), Ok(expected.to_owned()), "{source}");
    };
    let check_climbing = |source: &str, value: &str| {
        let mut world = world();
        world.variables.insert("id".into(), value.into());
        let error = Template::new(source).render_url(&world).unwrap_err();
        assert_eq!(error.code, "climbing_address", "{source} with {value}");
    };
    check_climbing("https://x.ru/orders/#{id}/cancel", "..");
    check_climbing("https://x.ru/orders/#{id}", ".");
    check_climbing("https://x.ru/orders/.#{id}?q=1", ".");
    check_climbing("https://x.ru/orders/#{id}#{id}/", ".");
    check("https://x.ru/a/../b?q=1", "https://x.ru/a/../b?q=1");
    check("https://x.ru/#{word}?up=..&n=/../", "https://x.ru/abc?up=..&n=/../");
    check(
        "https://x.ru/?q=#{question}&n=#{count}",
        "https://x.ru/?q=%D1%87%D1%82%D0%BE%3F%20%D0%B4%D0%B0&n=7",
    );
    check("https://x.ru/#{url}", "https://x.ru/https%3A%2F%2Fexample.com%2F%3Fa%3Db");
    check("#{url}&c=#{url}", "https://example.com/?a=b&c=https%3A%2F%2Fexample.com%2F%3Fa%3Db");
    check("https://x.ru/?q=[UrlEncode(#{question})]", "https://x.ru/?q=%D1%87%D1%82%D0%BE%3F%20%D0%B4%D0%B0");
    check("https://x.ru/?q={{ name + '&' }}", "https://x.ru/?q=Ann%26");
    check("https://x.ru/a b", "https://x.ru/a b");
}

#[test]
fn json_texts() {
    let check = |source: &str, expected: serde_json::Value| {
        let template = Template::new(source);
        assert_eq!(template.render_json(&world()), Ok(Value::from(expected)), "{source}");
        assert_eq!(template.json_error(), None, "{source}");
    };
    check(r##"{"a": "#{quote}", "b": #{quote}}"##, json!({"a": "say \"hi\"\n\\", "b": "say \"hi\"\n\\"}));
    check(r##"{"a": "x\"#{evil}"}"##, json!({"a": "x\"\" or 1=1"}));
    check(
        r##"[#{count}, #{price}, #{yes}, #{none}, #{list}, "#{list}"]"##,
        json!([7, 19.99, true, null, ["a", "b", 3], "a, b, 3"]),
    );
    check(
        r##"{#{city}: 1, "#{name}": #{object}}"##,
        json!({"Paris": 1, "Ann": {"a": 1, "b-c": "dash", "two words": "2w"}}),
    );
    check(r##"{"n": -#{count}, "s": {{ count + 1 }}}"##, json!({"n": -7, "s": 8}));
    check("#{cart[0]}", json!({"title": "Tea", "price": 100.5, "sizes": ["S", "M"]}));
    check(
        r##"{"raw": [Json(#{list})], "text": "[Json(#{list})]"}"##,
        json!({"raw": ["a", "b", 3], "text": "[\"a\",\"b\",3]"}),
    );
    check("", json!(null));
    check("#{word}", json!("abc"));

    let error = Template::new("{\"a\": oops}").render_json(&world()).unwrap_err();
    assert_eq!(error.code, "bad_json");
}

#[test]
fn wrong_json_is_found_without_a_run() {
    let check = |source: &str, position: usize| {
        let error = Template::new(source).json_error().unwrap_or_else(|| panic!("{source} is JSON"));
        assert_eq!(error.position, position, "{source}: {}", error.en);
    };
    check("{\"a\": oops}", 6);
    check("{\"имя\": \"#{name}\",\n \"b\": #{count},}", 34);
    check("{\"a\": #{b", 9);
    check("{\"a\": \"#{name}}", 14);
}

#[test]
fn secrets_stay_references() {
    let text = |text: &str| SecretPart::Text(text.into());
    let secret = |name: &str| SecretPart::Secret(name.into());
    let template = Template::new("Bearer #{env.KEY}#{env.B}, #{name}");
    let expected = vec![text("Bearer "), secret("KEY"), secret("B"), text(", Ann")];
    assert_eq!(template.render_secret(&world()).unwrap().0, expected);

    let url = Template::new("https://x.ru/#{env.KEY}?q=#{question}").render_secret_url(&world()).unwrap();
    assert_eq!(
        url.0,
        [text("https://x.ru/"), secret("KEY"), text("?q=%D1%87%D1%82%D0%BE%3F%20%D0%B4%D0%B0")]
    );

    let json = Template::new(r##"{"k": #{env.KEY}, "t": "#{env.B}", "q": "#{quote}"}"##)
        .render_secret_json(&world());
    let parts = [text("{\"k\": \""), secret("KEY"), text("\", \"t\": \""), secret("B")];
    assert_eq!(json.as_ref().unwrap().0[..4], parts);
    assert_eq!(json.unwrap().0[4], text(r##"", "q": "say \"hi\"\n\\"}"##));

    assert_eq!(Template::new("").render_secret(&world()).unwrap().0, [text("")]);
    check_failure("#{env.KEY}", "secret_here");
    check_failure("x #{env.KEY}", "secret_here");
    for source in ["[Upper(#{env.KEY})]", "{{ env.KEY + 'x' }}"] {
        let error = Template::new(source).render_secret(&world()).unwrap_err();
        assert_eq!(error.code, "secret_here", "{source}");
    }
    assert_eq!(Template::new("#{env.KEY}").render_url(&world()).unwrap_err().code, "secret_here");
    assert_eq!(Template::new("#{env.KEY}").render_json(&world()).unwrap_err().code, "secret_here");
}

#[test]
fn errors_name_their_place() {
    check_error("привет #{имя", 12, "Expected }");
    check_error("#{a..b}", 4, "after the point");
    check_error("#{a[]}", 4, "Expected a number from 0");
    check_error("#{a[#{i}]}", 4, "Item(list, number)");
    check_error("#{env.A.b}", 2, "secret");
    check_error("{{ 1 + }}", 7, "Expected a number");
    check_error("{{ 1,5 }}", 4, "point");
    check_error("{{ 1 + 2 ", 9, "}}");
    check_error("{{ Foo(1) }}", 3, "no function Foo");
    check_error("{{ 2nd + 1 }}", 3, "#{1st}");
    check_error("x [Round(1, 2, 3)]", 2, "Round(number[, places])");
    check_error("[Date(1)]", 0, "no arguments");
    check_error("[Upper(a]", 9, "Expected )");
    check_error("[Upper(a) x]", 10, "Expected ]");
    check_error(&format!("{{{{ {}", "(".repeat(100)), 66, "64");
    check_error("{{ 99999999999999999999999999999999 }}", 3, "too many digits");
}

#[test]
fn what_it_reads() {
    let mut paths = Vec::new();
    let source = "#{a.b} {{ client.c + Sum(d, e) }} [Upper('#{person.f}')] [AnswerID(g)] #{env.H}";
    Template::new(source).for_each_path(&mut |path| paths.push(path.name.clone()));
    assert_eq!(paths, ["a", "c", "d", "f", "H"]);
    assert!(Template::new("a [x] b").is_constant());
    assert!(!Template::new("a #{x}").is_constant());
}

#[test]
fn rendered_texts_are_bounded() {
    let mut world = world();
    world.variables.insert("long".into(), "x".repeat(200_000).into());
    for source in [
        "#{long}".repeat(6),
        format!("[Replace(#{{long}}, x, {})]", "y".repeat(10)),
        format!("{{{{ {}long }}}}", "long + ".repeat(6)),
    ] {
        let error = Template::new(&source).render(&world).unwrap_err();
        assert_eq!(error.code, "text_too_long", "{}", &source[..20]);
    }
    assert_eq!(RichTemplate::new(&"#{long}".repeat(6)).render(&world).unwrap_err().code, "text_too_long");
}

#[test]
fn documents_hold_sources() {
    #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Options {
        text: Template,
        message: RichTemplate,
        when: Condition,
        to: Target,
    }
    let json = json!({"text": "#{a", "message": "<b>\"x\\", "when": "= ", "to": "client.имя"});
    let options: Options = serde_json::from_value(json.clone()).unwrap();
    assert!(
        options.text.error().is_some() && options.message.error().is_some() && options.when.error().is_some()
    );
    assert_eq!(options.to.error(), None);
    assert_eq!(serde_json::to_value(&options).unwrap(), json);
    assert_eq!(serde_json::from_str::<Options>(&json.to_string()).unwrap(), options);

    let schema = serde_json::to_value(schemars::schema_for!(Options)).unwrap();
    let widget = |name: &str| schema["properties"][name]["x-widget"].clone();
    assert_eq!(schema["properties"]["text"]["type"], "string");
    assert_eq!(
        [widget("text"), widget("message"), widget("when"), widget("to")],
        ["template", "rich_text", "condition", "variable"]
    );
}
