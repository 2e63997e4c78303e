mod messages;
mod values;

use serde_json::{Value, json};

use super::*;
use crate::scenario::Severity;

const ALL_KINDS: &str = include_str!("../../../tests/fixtures/all-kinds.json");

fn world() -> CheckWorld {
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    CheckWorld {
        lists: BTreeMap::from([
            ("orders".to_owned(), columns(&["client", "total", "note"])),
            ("products".to_owned(), columns(&["title", "price", "stock"])),
        ]),
        mini_apps: BTreeSet::from(["shop".to_owned()]),
        files: BTreeSet::from(["menu, summer.jpg".to_owned()]),
        secrets: BTreeSet::from(["SHOP_TOKEN".to_owned(), "PAY".to_owned()]),
        scenarios: BTreeSet::from(["Address".to_owned()]),
        known: true,
        ..CheckWorld::default()
    }
}

fn findings(document: &Value) -> Findings {
    super::check(&Scenario::parse(&document.to_string()).unwrap(), &world())
}

fn check(document: Value, expected: &[(&str, &str)]) {
    let findings = findings(&document);
    let found: Vec<(&str, &str)> =
        findings.iter().map(|finding| (finding.pointer.as_str(), finding.code)).collect();
    assert_eq!(found, expected, "{document:#}\n{findings:#?}");
    for finding in findings.iter() {
        let place = document.pointer(&finding.pointer);
        let absent_option = finding.pointer.contains("/options/") || finding.pointer == "/triggers";
        assert!(place.is_some() || absent_option, "{} points at nothing", finding.pointer);
        assert!(finding.ru.chars().any(|c| ('а'..='я').contains(&c)), "{finding:?}");
        assert!(!finding.en.chars().any(|c| ('а'..='я').contains(&c)), "{finding:?}");
    }
}

/// A scenario that `/start` leads into the first of these blocks.
fn blocks(blocks: Value) -> Value {
    let first = blocks[0]["id"].clone();
    json!({
        "format": "scenaria/1", "name": "n",
        "triggers": [{"id": "t", "kind": "command", "options": {"command": "start"}, "next": {"block": first}}],
        "blocks": blocks,
    })
}

/// One card with these actions.
fn actions(actions: Value) -> Value {
    blocks(json!([{"id": "b", "name": "Card", "actions": actions}]))
}

/// One card with one action of these options.
fn options(kind: &str, options: Value) -> Value {
    actions(json!([{"id": "a", "kind": kind, "options": options}]))
}

/// A scenario of these triggers, each of which leads to a card.
fn triggers(triggers: Value) -> Value {
    let mut document = actions(json!([]));
    document["triggers"] = triggers;
    for (index, trigger) in document["triggers"].as_array_mut().unwrap().iter_mut().enumerate() {
        trigger["id"] = format!("t{index}").into();
        trigger["next"] = json!({"block": "b"});
    }
    document
}

fn say(id: &str) -> Value {
    json!({"id": id, "kind": "send_message", "options": {"text": "Hello"}})
}

fn to(block: &str) -> Value {
    json!({ "block": block })
}

#[test]
fn the_document_with_every_kind_is_clean() {
    check(serde_json::from_str(ALL_KINDS).unwrap(), &[]);
}

#[test]
fn a_quiet_end_is_no_finding() {
    check(actions(json!([say("a")])), &[]);
}

#[test]
fn ids() {
    check(
        blocks(json!([
            {"id": "b", "actions": [say("a")], "next": to("c c")},
            {"id": "c c", "actions": [say("a")]},
        ])),
        &[("/blocks/1/id", "invalid_id"), ("/blocks/1/actions/0/id", "duplicate_id")],
    );
    check(
        blocks(json!([{"id": "b"}, {"id": "b"}])),
        &[("/blocks/1/id", "duplicate_id"), ("/blocks/1", "unreachable_block")],
    );
    let long = "a".repeat(17);
    check(actions(json!([{"id": long, "kind": "delay"}])), &[("/blocks/0/actions/0/id", "invalid_id")]);
    let mut twice = triggers(json!([
        {"kind": "command", "options": {"command": "a"}},
        {"kind": "command", "options": {"command": "b"}},
    ]));
    twice["triggers"][1]["id"] = "t0".into();
    check(twice, &[("/triggers/1/id", "duplicate_id")]);
}

#[test]
fn lines_to_cards_that_are_not_there() {
    let mut document = actions(json!([
        {"id": "a", "kind": "branch", "options": {"branches": [{"id": "x", "condition": "1 = 1"}]}, "exits": {"x": to("gone")}},
    ]));
    document["blocks"][0]["next"] = to("gone");
    document["on_error"] = to("gone");
    document["triggers"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "f", "kind": "fallback", "next": to("gone")}));
    check(
        document,
        &[
            ("/triggers/1/next/block", "missing_block"),
            ("/blocks/0/next/block", "missing_block"),
            ("/blocks/0/actions/0/exits/x/block", "missing_block"),
            ("/on_error/block", "missing_block"),
        ],
    );
}

#[test]
fn lines_from_exits_that_are_not_there() {
    check(
        actions(json!([
            {"id": "a", "kind": "delay", "exits": {"gone": to("b")}},
            {"id": "c", "kind": "ask", "options": {"text": "?"}, "exits": {"timeout": to("b"), "failed": to("b")}},
            say("d"),
        ])),
        &[
            ("/blocks/0/actions/0/exits/gone", "unknown_exit"),
            ("/blocks/0/actions/1/exits/timeout", "unknown_exit"),
        ],
    );
}

#[test]
fn nothing_starts_it() {
    let mut document = actions(json!([say("a")]));
    document["triggers"] = json!([]);
    check(document, &[("/triggers", "no_trigger")]);
    let mut document = actions(json!([say("a")]));
    document["triggers"][0]["next"] = Value::Null;
    document["triggers"][0].as_object_mut().unwrap().remove("next");
    check(document, &[("/triggers/0", "trigger_leads_nowhere"), ("/blocks/0", "unreachable_block")]);
}

#[test]
fn trigger_options() {
    check(
        triggers(json!([
            {"kind": "command", "options": {"command": "menu"}},
            {"kind": "command", "options": {"command": "menu"}},
            {"kind": "command", "options": {"command": "/menu"}},
            {"kind": "text", "options": {}},
            {"kind": "text", "options": {"matching": "any"}},
            {"kind": "text", "options": {"matching": "regex", "texts": ["a+", "a("]}},
            {"kind": "start_link", "options": {"code": "ref_{who}"}},
            {"kind": "start_link", "options": {"code": "ref {who}"}},
            {"kind": "start_link", "options": {"code": "{a}{b}"}},
            {"kind": "mini_app", "options": {"app": "gone"}},
            {"kind": "fallback"},
            {"kind": "fallback"},
        ])),
        &[
            ("/triggers/1/options/command", "duplicate_command"),
            ("/triggers/11", "duplicate_trigger"),
            ("/triggers/2/options/command", "invalid_command"),
            ("/triggers/3/options/texts", "empty_trigger"),
            ("/triggers/5/options/texts/1", "invalid_regex"),
            ("/triggers/7/options/code", "invalid_start_link"),
            ("/triggers/8/options/code", "invalid_start_link"),
            ("/triggers/9/options/app", "unknown_mini_app"),
        ],
    );
}

#[test]
fn dead_ends() {
    let ask = |options: Value, exits: Value| {
        blocks(json!([
            {"id": "b", "actions": [{"id": "a", "kind": "ask", "options": options, "exits": exits}]},
            {"id": "c", "actions": [say("c")]},
        ]))
    };
    let choice = json!({"text": "?", "kind": "choice", "buttons": [[{"id": "x", "text": "X"}, {"id": "y", "text": "Y"}]]});
    let mut with_timeout = choice.clone();
    with_timeout["timeout_s"] = 60.into();
    check(ask(choice.clone(), json!({"x": to("c"), "y": to("c")})), &[]);
    check(ask(with_timeout, json!({"x": to("c"), "y": to("c")})), &[]);
    check(
        ask(choice, json!({"x": to("c")})),
        &[("/blocks/0/actions/0/options/buttons/0/1", "button_leads_nowhere")],
    );
    check(
        ask(json!({"text": "?"}), json!({"failed": to("c")})),
        &[("/blocks/0/actions/0", "answer_leads_nowhere")],
    );
    check(
        options("send_message", json!({"text": "Hi", "buttons": [[{"id": "x", "text": "X"}]]})),
        &[("/blocks/0/actions/0/options/buttons/0/0", "button_leads_nowhere")],
    );
}

#[test]
fn cards_and_actions_nobody_reaches() {
    check(
        blocks(json!([{"id": "b"}, {"id": "c", "next": to("d")}, {"id": "d"}])),
        &[("/blocks/1", "unreachable_block"), ("/blocks/2", "unreachable_block")],
    );
    check(
        actions(json!([
            {"id": "a", "kind": "branch", "options": {"branches": [{"id": "x", "condition": "1 = 1"}]},
                "exits": {"x": to("c"), "otherwise": to("c")}},
            say("lost"), say("lost_too"),
        ]))
        .pipe(|document| document["blocks"].as_array_mut().unwrap().push(json!({"id": "c"}))),
        &[("/blocks/0/actions/1", "unreachable_action")],
    );
}

/// Changes a document in the middle of an expression.
trait Pipe {
    fn pipe(self, change: impl FnOnce(&mut Value)) -> Value;
}

impl Pipe for Value {
    fn pipe(mut self, change: impl FnOnce(&mut Value)) -> Value {
        change(&mut self);
        self
    }
}

#[test]
fn circles_without_a_wait() {
    let circle = |action: Value| {
        blocks(json!([
            {"id": "b", "name": "One", "actions": [say("a")], "next": to("c")},
            {"id": "c", "name": "Two", "actions": [action], "next": to("b")},
        ]))
    };
    check(circle(say("x")), &[("/blocks/0", "loop_without_wait")]);
    check(circle(json!({"id": "x", "kind": "delay"})), &[]);
    check(circle(json!({"id": "x", "kind": "ask", "options": {"text": "?"}})), &[]);
    let by_button = json!({"id": "x", "kind": "send_message", "options": {"text": "Hi", "buttons": [[{"id": "go", "text": "Go"}]]},
        "exits": {"go": to("b")}});
    check(actions(json!([by_button])), &[]);
    check(blocks(json!([{"id": "b", "next": to("b")}])), &[("/blocks/0", "loop_without_wait")]);

    let found = findings(&circle(say("x"))).0.remove(0);
    assert_eq!(found.severity, Severity::Error);
    assert!(found.ru.starts_with("«One», «Two»: "), "{}", found.ru);
    let way_out = json!({"id": "x", "kind": "branch", "options": {"branches": [{"id": "out", "condition": "#{client.n} > 3"}]},
        "exits": {"out": to("d")}});
    let document =
        circle(way_out).pipe(|document| document["blocks"].as_array_mut().unwrap().push(json!({"id": "d"})));
    assert_eq!(findings(&document).0.remove(0).severity, Severity::Warning);
}

#[test]
fn branches() {
    check(options("branch", json!({})), &[("/blocks/0/actions/0/options/branches", "no_branches")]);
    check(
        options(
            "branch",
            json!({"branches": [
                {"id": "x", "condition": "1 = 1"}, {"id": "x", "condition": "1 = 2"}, {"id": "otherwise", "condition": ""},
            ]}),
        ),
        &[
            ("/blocks/0/actions/0/options/branches/1/id", "duplicate_exit"),
            ("/blocks/0/actions/0/options/branches/2/id", "reserved_id"),
            ("/blocks/0/actions/0/options/branches/2/condition", "empty_condition"),
        ],
    );
}

#[test]
fn lists_and_columns() {
    let at = |field: &str| format!("/blocks/0/actions/0/options{field}");
    check(options("list_find", json!({})), &[(&at("/list"), "no_list")]);
    check(
        options("list_find", json!({"list": "gone", "filters": [{"column": "a"}], "sort": "b"})),
        &[(&at("/list"), "unknown_list")],
    );
    check(
        options(
            "list_find",
            json!({"list": "orders", "filters": [{"column": "a"}, {"column": "_id"}, {"column": ""}], "sort": "b", "limit": 0}),
        ),
        &[
            (&at("/filters/2/column"), "no_column"),
            (&at("/limit"), "out_of_range"),
            (&at("/filters/0/column"), "unknown_column"),
            (&at("/sort"), "unknown_column"),
        ],
    );
    check(
        options(
            "list_add",
            json!({"list": "orders", "values": [
                {"column": "total", "value": "1"}, {"column": "total", "value": "2"}, {"column": "colour", "value": "3"},
            ]}),
        ),
        &[(&at("/values/1/column"), "duplicate_column"), (&at("/values/2/column"), "unknown_column")],
    );
}

#[test]
fn without_a_workspace_names_are_not_checked() {
    let document = options("list_find", json!({"list": "gone"})).to_string();
    let findings = super::check(&Scenario::parse(&document).unwrap(), &CheckWorld::default());
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn requests_and_secrets() {
    let at = |field: &str| format!("/blocks/0/actions/0/options{field}");
    check(options("http_request", json!({})), &[(&at("/url"), "empty_url")]);
    check(
        options(
            "http_request",
            json!({
                "url": "example.com", "headers": [{"name": "a b", "value": "#{env.SHOP_TOKEN} #{env.GONE}"}],
                "timeout_s": 500, "body": {"kind": "text", "content": "a"},
            }),
        ),
        &[
            (&at("/url"), "wrong_url"),
            (&at("/headers/0/name"), "wrong_header"),
            (&at("/timeout_s"), "out_of_range"),
            (&at("/body"), "body_of_get"),
            (&at("/headers/0/value"), "unknown_secret"),
        ],
    );
    check(
        options(
            "http_request",
            json!({"method": "POST", "url": "https://example.com", "body": {"kind": "json", "content": "{\"a\": #{client.a},}"}}),
        ),
        &[(&at("/body/content"), "invalid_json")],
    );
    check(options("respond", json!({"body": "{\"a\": #{client.a}"})), &[(&at("/body"), "invalid_json")]);
    check(options("respond", json!({"body": "{{ 1 + 1 }} [Name]"})), &[]);
    check(options("send_message", json!({"text": "#{env.SHOP_TOKEN}"})), &[(&at("/text"), "secret_here")]);
}

#[test]
fn other_empty_actions() {
    let check_first = |kind: &str, field: &str, code: &str| {
        let document = options(kind, json!({}));
        check(document, &[(&format!("/blocks/0/actions/0/options/{field}"), code)]);
    };
    check_first("set_variables", "assignments", "nothing_to_do");
    check_first("javascript", "code", "empty_code");
    check(options("delay", json!({"amount": 0})), &[("/blocks/0/actions/0/options/amount", "out_of_range")]);
    check(
        options("delay", json!({"amount": 367, "unit": "days"})),
        &[("/blocks/0/actions/0/options/amount", "out_of_range")],
    );
    check(
        options("respond", json!({"status": 100})),
        &[("/blocks/0/actions/0/options/status", "out_of_range")],
    );
}

#[test]
fn findings_name_the_card_and_not_its_id() {
    let found = findings(&actions(json!([{"id": "a", "kind": "send_message"}]))).0.remove(0);
    assert_eq!(found.en, "“Card”, Message: the text is empty");
    assert_eq!(found.ru, "«Card», Сообщение: текст пустой");
    let found = findings(&blocks(json!([{"id": "xyz", "actions": [{"id": "a", "kind": "send_message"}]}])))
        .0
        .remove(0);
    assert_eq!(found.ru, "Блок без названия, Сообщение: текст пустой");
}

#[test]
fn a_large_document_is_checked_quickly() {
    let chain: Vec<Value> = (0..2_000)
        .map(|at| {
            let actions: Vec<Value> = (0..20).map(|action| say(&format!("a{at}_{action}"))).collect();
            json!({"id": format!("b{at}"), "actions": actions, "next": to(&format!("b{}", at + 1))})
        })
        .collect();
    let mut document = blocks(json!(chain));
    document["blocks"][1999].as_object_mut().unwrap().remove("next");
    check(document, &[]);
}

#[test]
fn jumps_and_loops_need_a_line() {
    check(
        blocks(json!([
            {"id": "b", "actions": [
                {"id": "g", "kind": "go_to"},
                {"id": "e", "kind": "for_each", "options": {"items": "1"}, "exits": {"done": to("b")}},
            ]},
        ])),
        &[
            ("/blocks/0/actions/0", "exit_leads_nowhere"),
            ("/blocks/0/actions/1", "exit_leads_nowhere"),
            ("/blocks/0", "loop_without_wait"),
        ],
    );
}

#[test]
fn sub_scenarios_that_are_not_there() {
    let call = |name: &str| options("call_scenario", json!({"scenario": name}));
    check(call("Address"), &[]);
    check(call("Gone"), &[("/blocks/0/actions/0/options/scenario", "unknown_scenario")]);
    check(call(""), &[("/blocks/0/actions/0/options/scenario", "no_scenario")]);
}

/// A loop ends by itself, so the way back from its body is no circle; what it leads to is reached.
#[test]
fn loops_turn_as_often_as_there_are_elements() {
    let over = json!({"id": "e", "kind": "for_each", "options": {"items": "[Split(1,2)]"}, "exits": {"each": to("body")}});
    let document = |next: Option<&str>| {
        let mut body = json!({"id": "body", "actions": [say("s")]});
        if let Some(next) = next {
            body["next"] = to(next);
        }
        blocks(json!([{"id": "b", "actions": [over, say("after")]}, body]))
    };
    check(document(None), &[]);
    check(document(Some("b")), &[]);
    check(document(Some("body")), &[("/blocks/1", "loop_without_wait")]);
}

/// Behind a question in a loop comes the next element, and behind one of a sub-scenario its caller.
#[test]
fn a_quiet_end_that_goes_on_elsewhere() {
    let question = json!({"id": "q", "kind": "ask", "options": {"text": "Well?"}});
    check(
        blocks(json!([
            {"id": "b", "actions": [
                {"id": "e", "kind": "for_each", "options": {"items": "1"}, "exits": {"each": to("body")}},
            ]},
            {"id": "body", "actions": [question]},
        ])),
        &[],
    );
    let mut called = actions(json!([question]));
    check(called.clone(), &[("/blocks/0/actions/0", "answer_leads_nowhere")]);
    called["triggers"][0] = json!({"id": "t", "kind": "called", "next": to("b")});
    check(called, &[]);
}

#[test]
fn what_stands_behind_an_end_is_never_done() {
    for (kind, of_kind) in [("end", json!({})), ("restart", json!({})), ("raise_error", json!({"text": "x"}))]
    {
        let mut expected = vec![("/blocks/0/actions/1", "unreachable_action")];
        if kind == "restart" {
            // It goes back to the start without waiting for anybody.
            expected.push(("/blocks/0", "loop_without_wait"));
        }
        check(actions(json!([{"id": "a", "kind": kind, "options": of_kind}, say("s")])), &expected);
    }
    check(actions(json!([{"id": "a", "kind": "step_back"}, say("s")])), &[]);
}

#[test]
fn a_sub_scenario_knows_what_it_is_given() {
    let mut document = actions(json!([{"id": "s", "kind": "send_message", "options": {"text": "#{who}"}}]));
    check(document.clone(), &[("/blocks/0/actions/0/options/text", "never_written")]);
    document["triggers"][0] =
        json!({"id": "t", "kind": "called", "options": {"inputs": ["who"]}, "next": to("b")});
    check(document, &[]);
}
