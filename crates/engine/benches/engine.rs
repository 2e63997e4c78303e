//! How long the engine takes where it matters: `cargo xtask bench engine`. Targets and figures stand in
//! `docs/BENCHMARKS.md`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin should stop")]

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use engine::channel::Capabilities;
use engine::effect::{Ended, Input, Stop};
use engine::event::{Event, EventKind, Peer, Sender};
use engine::expression::{Condition, Lookup, Scope, Template};
use engine::ids::{EventId, RunId, ScenarioId, UtcMs, VersionId};
use engine::limits::Limits;
use engine::program::{Program, ProgramSet};
use engine::run::{Context, Fuel, RunState, Scopes, advance};
use engine::scenario::{CheckWorld, Scenario, check};
use engine::value::{Map, Value};
use engine::words::Lang;
use jiff::tz::TimeZone;
use serde_json::json;

/// A start of a dialogue that runs through ten actions of two cards: variables, conditions, messages.
fn ten_actions() -> String {
    let set = |id: &str, target: &str, value: &str| json!({"id": id, "kind": "set_variables", "options": {"assignments": [{"target": target, "value": value}]}});
    let say = |id: &str, text: &str| {
        let buttons = json!([[{"id": "yes", "text": "Да"}, {"id": "no", "text": "Нет"}]]);
        json!({"id": id, "kind": "send_message", "options": {"text": text, "buttons": buttons},
            "exits": {"yes": {"block": "b1"}, "no": {"block": "b2"}}})
    };
    let branch = |id: &str, condition: &str, exits: serde_json::Value| {
        let branches = json!([{"id": "a", "name": "a", "condition": condition}]);
        json!({"id": id, "kind": "branch", "options": {"branches": branches}, "exits": exits})
    };
    let document = json!({"format": "scenaria/1", "name": "ten actions",
        "triggers": [{"id": "t", "kind": "command", "options": {"command": "start"}, "next": {"block": "b1"}}],
        "blocks": [
            {"id": "b1", "name": "First", "actions": [
                set("s1", "price", "{{ 199.90 * 3 }}"),
                set("s2", "client.visits", "{{ client.visits + 1 }}"),
                say("m1", "Здравствуйте, <b>#{client.name}</b>! Это ваш #{client.visits}-й визит."),
                branch("if1", "#{client.age} < 18", json!({})),
                set("s3", "discount", "10"),
            ], "next": {"block": "b2"}},
            {"id": "b2", "name": "Second", "actions": [
                branch("if2", "#{client.visits} > 3 & #{client.city} = \"Москва\"", json!({"a": {"block": "b3"}})),
            ]},
            {"id": "b3", "name": "Third", "actions": [
                set("s4", "total", "{{ Round(price * (100 - discount) / 100, 2) }}"),
                say("m2", "К оплате: [FormatMoney(#{total}, ₽)]"),
                set("s5", "client.last", "[CurrentDate]"),
                say("m3", "Спасибо, <i>#{client.name}</i>! Ваш номер — #{client.phone}."),
            ]},
        ],
    });
    document.to_string()
}

/// A document of so many cards. Real bots have two or three actions on a card; these have 2.4 on average.
fn large_document(cards: usize) -> String {
    let card = |index: usize| {
        let next = format!("b{}", (index + 1) % cards);
        let other = format!("b{}", (index * 7 + 3) % cards);
        let say = json!({"id": format!("m{index}"), "kind": "send_message", "options": {
            "text": "Здравствуйте, <b>#{client.name}</b>! В корзине товаров: #{client.count}, на [FormatMoney(#{client.total}, ₽)].",
            "buttons": [[{"id": "yes", "text": "Дальше"}, {"id": "no", "text": "Назад"}]]},
            "exits": {"yes": {"block": next}, "no": {"block": other}}});
        let set = json!({"id": format!("s{index}"), "kind": "set_variables", "options": {"assignments": [
            {"target": "client.count", "value": "{{ client.count + 1 }}"},
            {"target": "client.total", "value": "{{ client.total + 99.90 }}"}]}});
        let branch = json!({"id": format!("i{index}"), "kind": "branch", "options": {"branches": [
            {"id": "a", "name": "many", "condition": "#{client.count} >= 10 & #{client.city} = \"Москва\""}]},
            "exits": {"a": {"block": other}}});
        let ask = json!({"id": format!("q{index}"), "kind": "ask", "options": {
            "text": "Сколько штук?", "kind": "number", "save_to": "client.quantity"}});
        let actions = match index % 5 {
            0 => json!([say]),
            1 => json!([set, say]),
            2 => json!([ask, set, branch]),
            3 => json!([ask, branch, say]),
            _ => json!([ask, set, say]),
        };
        json!({"id": format!("b{index}"), "name": format!("Card {index}"), "position": {"x": index, "y": 0},
            "actions": actions, "next": {"block": next}})
    };
    let blocks: Vec<serde_json::Value> = (0..cards).map(card).collect();
    json!({"format": "scenaria/1", "name": "large", "blocks": blocks,
        "triggers": [{"id": "t", "kind": "command", "options": {"command": "start"}, "next": {"block": "b0"}}]})
    .to_string()
}

fn client() -> Map {
    let fields = json!({"name": "Анна", "age": 34, "city": "Москва", "phone": "+79990001122", "visits": 7});
    match Value::from(fields) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn start() -> Event {
    Event {
        id: EventId(1),
        at: UtcMs(1_768_478_400_000),
        peer: Some(Peer { chat: "42".to_owned(), thread: None }),
        sender: Some(Sender { id: "42".to_owned(), first_name: "Анна".to_owned(), ..Sender::default() }),
        messages: Vec::new(),
        kind: EventKind::Started { payload: None },
    }
}

fn run(criterion: &mut Criterion) {
    let scenario = Scenario::parse(&ten_actions()).unwrap();
    assert!(!check(&scenario, &CheckWorld::default()).has_errors());
    let program = Program::compile(ScenarioId(1), VersionId(1), scenario);
    let programs = ProgramSet::new(vec![Arc::new(program)]);
    let (zone, channel, limits) = (TimeZone::UTC, Capabilities::telegram(), Limits::default());
    let context = Context {
        programs: &programs,
        now: UtcMs(1_768_478_400_000),
        zone: &zone,
        seed: 1,
        channel: &channel,
        limits: &limits,
        lang: Lang::Ru,
        question_open: false,
    };
    let set_up = || {
        let state = RunState::new(RunId(1), ScenarioId(1), VersionId(1), start());
        (
            state,
            Scopes { client: client(), ..Scopes::default() },
            Input::Start { trigger: "t".into(), event: start() },
        )
    };
    let burst = |(mut state, mut scopes, input): (RunState, Scopes, Input)| {
        let output = advance(&context, &mut state, &mut scopes, input, &mut Fuel { steps: 1_000 });
        (output, state, scopes)
    };
    let (output, ..) = burst(set_up());
    assert!(matches!(output.stop, Stop::Done(Ended::Finished)), "{:?}", output.stop);
    assert_eq!(output.trace.len(), 10, "ten actions are measured");
    criterion.bench_function("run: ten actions", |bencher| {
        bencher.iter_batched(set_up, burst, BatchSize::SmallInput)
    });
}

fn document(criterion: &mut Criterion) {
    let text = large_document(1_000);
    let load = |text: &str| {
        let scenario = Scenario::parse(text).unwrap();
        let findings = check(&scenario, &CheckWorld::default());
        assert!(!findings.has_errors(), "{findings:?}");
        Program::compile(ScenarioId(1), VersionId(1), scenario)
    };
    let scenario = Scenario::parse(&text).unwrap();
    let mut group = criterion.benchmark_group("document of 1,000 blocks");
    group.sample_size(30);
    group.bench_function("parse, check and compile", |bencher| bencher.iter(|| load(black_box(&text))));
    group.bench_function("parse", |bencher| bencher.iter(|| Scenario::parse(black_box(&text)).unwrap()));
    group.bench_function("check", |bencher| {
        bencher.iter(|| check(black_box(&scenario), &CheckWorld::default()))
    });
    group.bench_function("load from the database", |bencher| {
        bencher.iter(|| {
            let scenario: Scenario = serde_json::from_str(black_box(&text)).unwrap();
            Program::compile(ScenarioId(1), VersionId(1), scenario)
        });
    });
    group.finish();
}

/// Fields of one subscriber, and nothing else.
struct Client(Map);

impl Lookup for Client {
    fn variable(&self, _: Scope, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }

    fn template(&self, _: &str, _: &[Value]) -> Option<Value> {
        None
    }

    fn now(&self) -> jiff::Zoned {
        jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)
    }

    fn bot_lang(&self) -> Lang {
        Lang::Ru
    }

    fn random_below(&self, _: u64) -> u64 {
        0
    }
}

fn expressions(criterion: &mut Criterion) {
    let source = "#{client.age} >= 18 & (#{client.city} = \"Москва\" | #{client.visits} > 10)";
    let (client, condition) = (Client(client()), Condition::new(source));
    assert_eq!(condition.evaluate(&client), Ok(true));
    criterion.bench_function("condition: evaluate", |bencher| {
        bencher.iter(|| condition.evaluate(black_box(&client)))
    });
    criterion
        .bench_function("condition: parse", |bencher| bencher.iter(|| Condition::new(black_box(source))));
    let template =
        Template::new("Здравствуйте, #{client.name}! К оплате: [FormatMoney(#{client.visits} * 99.9, ₽)]");
    criterion
        .bench_function("template: render", |bencher| bencher.iter(|| template.render(black_box(&client))));
}

criterion_group!(benches, run, document, expressions);
criterion_main!(benches);
