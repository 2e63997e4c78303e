//! How the logic and time actions move a run: branches, loops, sub-scenarios, steps back, waits. Each test is a
//! small bot and a chat with it.

mod loops;
mod steps_back;
mod sub_scenarios;

use serde_json::{Value, json};

use super::rules::{block, check, say, scenario, trigger};

pub(super) fn command(name: &str, block: &str) -> Value {
    trigger(name, "command", json!({"command": name}), block)
}

pub(super) fn action(id: &str, kind: &str, options: Value) -> Value {
    json!({"id": id, "kind": kind, "options": options})
}

/// An action with lines: `[["each", "body"]]`.
fn wired(id: &str, kind: &str, options: Value, exits: &[(&str, &str)]) -> Value {
    let exits: serde_json::Map<String, Value> =
        exits.iter().map(|(exit, block)| ((*exit).to_owned(), json!({ "block": block }))).collect();
    json!({"id": id, "kind": kind, "options": options, "exits": exits})
}

pub(super) fn set(id: &str, assignments: &[(&str, &str)]) -> Value {
    let assignments: Vec<Value> =
        assignments.iter().map(|(target, value)| json!({"target": target, "value": value})).collect();
    action(id, "set_variables", json!({ "assignments": assignments }))
}

fn ask(id: &str, text: &str, save_to: &str) -> Value {
    action(id, "ask", json!({"text": text, "save_to": save_to}))
}

fn split(id: &str, list: &str) -> Value {
    set(id, &[("list", &format!("[Split({list},;)]"))])
}

/// A block that leads on to another one.
pub(super) fn leading(id: &str, actions: Value, next: &str) -> Value {
    json!({"id": id, "actions": actions, "next": {"block": next}})
}

fn named(name: &str, mut scenario: Value) -> Value {
    scenario["name"] = name.into();
    scenario
}

fn called(inputs: &[&str], block: &str) -> Value {
    trigger("called", "called", json!({ "inputs": inputs }), block)
}

#[test]
fn a_switch_goes_by_value() {
    let cases = json!({"value": "#{answer}", "cases": [
        {"id": "tea", "name": "Tea", "value": "tea"},
        {"id": "hot", "value": "#{hot}"},
        {"id": "none", "value": "0"},
    ]});
    let bot = scenario(
        json!([command("start", "ask")]),
        json!([
            block(
                "ask",
                json!([
                    set("s", &[("hot", "[Split(coffee;cocoa,;)]")]),
                    ask("q", "What will it be?", "answer"),
                    wired("sw", "switch", cases, &[("tea", "tea"), ("hot", "hot"), ("otherwise", "other")]),
                    say("n", "Nothing, then."),
                ])
            ),
            block("tea", json!([say("t", "Tea it is.")])),
            block("hot", json!([say("h", "Something hot.")])),
            block("other", json!([say("o", "We have no #{answer}.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< What will it be?
> tea
< Tea it is.
> /start
< What will it be?
> cocoa
< Something hot.
> /start
< What will it be?
> beer
< We have no beer.
# A case without a line runs on.
> /start
< What will it be?
> 0.0
< Nothing, then.
",
    );
}

#[test]
fn a_sticky_split_keeps_its_people() {
    let branches = json!([{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]);
    let options = json!({"branches": branches, "sticky": true, "save_to": "client.group"});
    let bot = scenario(
        json!([command("start", "split")]),
        json!([
            block("split", json!([wired("s", "random_split", options, &[("a", "a"), ("b", "b")])])),
            block("a", json!([say("sa", "Way A.")])),
            block("b", json!([say("sb", "Way B.")])),
        ]),
    );
    check(
        &[bot],
        r#"
> /start
< Way B.
= client.group "B"
> /start
< Way B.
> /start
< Way B.
bob> /start
bob< Way B.
bob> /start
bob< Way B.
carol> /start
carol< Way A.
carol> /start
carol< Way A.
> /start
< Way B.
"#,
    );
}

#[test]
fn a_jump_goes_to_its_card() {
    let bot = scenario(
        json!([command("start", "a")]),
        json!([
            block(
                "a",
                json!([
                    say("s", "Going."),
                    wired("g", "go_to", json!({}), &[("to", "b")]),
                    say("n", "never")
                ])
            ),
            block("b", json!([say("b1", "Here.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Going.
< Here.
",
    );
}

/// Every played world begins on Monday, 5 January 2026, at 09:00 UTC.
#[test]
fn waits_until_a_moment_in_another_zone() {
    let until = |id: &str, options: Value| action(id, "wait_until", options);
    let bot = scenario(
        json!([
            command("lunch", "lunch"),
            command("early", "early"),
            command("date", "date"),
            command("mine", "mine"),
            command("past", "past"),
            command("zone", "zone"),
        ]),
        json!([
            block(
                "lunch",
                json!([
                    until("u1", json!({"time": "13:00", "zone": "named", "zone_name": "Europe/Moscow"})),
                    say("s1", "Lunch in Moscow.")
                ])
            ),
            block(
                "early",
                json!([
                    until("u2", json!({"time": "08:00", "days": 0, "when_moved_on": "go_on"})),
                    say("s2", "Good morning.")
                ])
            ),
            block(
                "date",
                json!([
                    until(
                        "u3",
                        json!({"until": "moment", "moment": "07.01.2026 10:00", "zone": "named", "zone_name": "+2"})
                    ),
                    say("s3", "It is the day.")
                ])
            ),
            block(
                "mine",
                json!([
                    until("u4", json!({"time": "15:00", "zone": "person"})),
                    say("s4", "Three o'clock with you.")
                ])
            ),
            block(
                "past",
                json!([
                    until("u5", json!({"until": "moment", "moment": "01.01.2026"})),
                    say("s5", "At once.")
                ])
            ),
            block("zone", json!([set("z", &[("client.timezone", "Asia/Yekaterinburg")])])),
        ]),
    );
    check(
        &[bot],
        "
> /past
< At once.
> /lunch
~ +59m
~ +1m
< Lunch in Moscow.
> /zone
# 10:00 UTC is 15:00 there already: the next one is tomorrow's.
> /mine
~ +23h
~ +1h
< Three o'clock with you.
> /date
~ +21h
~ +1h
< It is the day.
# Eight o'clock is now, so the next one is tomorrow's. What belongs to the dialogue is given up meanwhile.
> /early
> /lunch
> /past
< At once.
~ +23h
~ +1h
< Good morning.
",
    );
}

#[test]
fn working_hours_open_and_close() {
    let hours = json!({"mon": "09:00-18:00", "tue": "09:00-18:00"});
    let shop = |id: &str, options: Value, exits: &[(&str, &str)]| wired(id, "working_hours", options, exits);
    let bot = scenario(
        json!([command("now", "now"), command("wait", "wait"), command("there", "there")]),
        json!([
            block(
                "now",
                json!([shop("h1", json!({"hours": hours}), &[("open", "open"), ("closed", "closed")])])
            ),
            block(
                "there",
                json!([shop(
                    "h2",
                    json!({"hours": hours, "zone": "named", "zone_name": "Asia/Tokyo"}),
                    &[("open", "open"), ("closed", "closed")]
                )])
            ),
            block(
                "wait",
                json!([
                    shop("h3", json!({"hours": hours, "mode": "wait", "days_off": ["06.01"]}), &[]),
                    say("w", "We are open now.")
                ])
            ),
            block("open", json!([say("o", "Open.")])),
            block("closed", json!([say("c", "Closed.")])),
        ]),
    );
    check(
        &[bot],
        "
> /now
< Open.
> /there
< Closed.
> /wait
< We are open now.
~ +9h
> /now
< Closed.
> /wait
~ +1d
# Tuesday is a day off here; the next opening is a Monday.
~ +5d
~ +15h
< We are open now.
",
    );
}

#[test]
fn a_run_keeps_no_more_than_its_share() {
    let bot = scenario(
        json!([command("grow", "grow"), command("field", "field"), command("pass", "pass")]),
        json!([
            block(
                "grow",
                json!([
                    set("s1", &[("a", "[Repeat(x, 200000)]"), ("b", "[Repeat(x, 70000)]")]),
                    ask("q1", "Go on?", "c")
                ])
            ),
            block(
                "pass",
                json!([
                    set("s2", &[("a", "[Repeat(x, 300000)]"), ("a", "")]),
                    ask("q2", "Lighter now?", "c")
                ])
            ),
            block(
                "field",
                json!([
                    wired(
                        "s3",
                        "set_variables",
                        json!({"assignments": [{"target": "client.note", "value": "[Repeat(x, 70000)]"}]}),
                        &[("error", "told")]
                    ),
                    say("m1", "Kept.")
                ])
            ),
            block("told", json!([say("m2", "#{_error}.")])),
        ]),
    );
    check(
        &[bot],
        "
> /grow
< Go on?
< (failed: state_too_large) The temporary variables hold more than 256 KiB together: keep large data in a list
> /pass
< Lighter now?
> /field
< “client.note” would hold more than 64 KiB: keep large data in a list.
",
    );
}

#[test]
fn a_request_is_answered_and_kept() {
    let request = json!({
        "method": "POST", "url": "https://shop.test/orders/#{order}?q=[UrlEncode(a b)]",
        "body": {"kind": "json", "content": "{\"total\": #{total}}"},
        "save": [{"path": "courier.name", "target": "courier"}], "status_to": "status"
    });
    let bot = scenario(
        json!([command("order", "order")]),
        json!([
            leading("order", json!([set("s", &[("order", "7"), ("total", "99.90")])]), "tell"),
            block(
                "tell",
                json!([action("h", "http_request", request), say("m", "Answer #{status}: #{courier}.")])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
! http POST https://shop.test/orders/7?q=a%20b -> 201 {"courier": {"name": "Bob"}}
> /order
< Answer 201: Bob.
! http POST https://shop.test/orders/7?q=a%20b -> 503 busy
> /order
< Answer 503: .
"#,
    );
}

#[test]
fn names_tell_of_answers_blocks_and_data() {
    let bot = scenario(
        json!([command("go", "a")]),
        json!([
            {"id": "a", "name": "First", "actions": [ask("q", "One?", "one")], "next": {"block": "b"}},
            {"id": "b", "name": "Second", "actions": [ask("r", "Two?", "two")], "next": {"block": "c"}},
            {"id": "c", "name": "Third", "actions": [
                split("s", "x;y"),
                set("d", &[("data", "#{list}")]),
                say("m", "[Answer1] [Ответ2] [Answer] [AnswerID(a)] [ALast(1,2)] [ALastID(a,c)]."),
                say("n", "[CurrentMessage] [CurrentMessageID] [Block]; [PrevMessage] [PrevMessageID] [PrevBlock]."),
                say("o", "[Data2] [Data(1)] [Data3]; [FullName] [ClientID] [BotID] [Messenger] [ClientLink]."),
                say("p", "[Answer9][AnswerID(none)][ALast(7)]."),
            ]},
        ]),
    );
    check(
        &[bot],
        "
> /go
< One?
> yes
< Two?
> no
< yes no no yes no yes.
< 3 c Third; 2 b Second.
< y x ; Anna anna 1 simulator .
< .
",
    );
}
