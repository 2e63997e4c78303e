//! How the logic and time actions move a run: branches, loops, sub-scenarios, steps back, waits. Each test is a
//! small bot and a chat with it.

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

/// Goes over `#{list}`, asks how many of each, and breaks at `stop`.
fn shopping() -> Value {
    let each = json!({"items": "#{list}", "item": "thing", "index": "n"});
    let stop = json!({"branches": [
        {"id": "stop", "condition": "#{many} = stop"}, {"id": "skip", "condition": "#{many} = skip"},
        {"id": "enough", "condition": "#{many} = enough"},
    ]});
    scenario(
        json!([command("start", "list"), command("none", "empty")]),
        json!([
            leading("list", json!([split("sp", "tea;milk;bread")]), "loop"),
            leading("empty", json!([set("e", &[("list", "")])]), "loop"),
            block("loop", json!([wired("each", "for_each", each, &[("each", "body"), ("done", "after")])])),
            block(
                "body",
                json!([
                    ask("q", "#{n}. How much #{thing}?", "many"),
                    wired("b", "branch", stop, &[("stop", "after"), ("skip", "loop"), ("enough", "enough")]),
                    set("sum", &[("bag", "#{bag}#{many} #{thing}; ")]),
                ])
            ),
            block("enough", json!([action("br", "end", json!({"what": "loop"}))])),
            block("after", json!([say("all", "Bag: #{bag} last: [#{thing}] [#{n}]")])),
        ]),
    )
}

#[test]
fn a_loop_asks_for_each_element() {
    check(
        &[shopping()],
        "
> /start
< 1. How much tea?
> 2
< 2. How much milk?
# A line back to the loop is the next element.
> skip
< 3. How much bread?
> 1
< Bag: 2 tea; 1 bread;  last: [] []
# Without elements there is no pass.
> /none
< Bag:  last: [] []
# A line to what stands behind the loop leaves it; the element stays.
> /start
< 1. How much tea?
> 5
< 2. How much milk?
> stop
< Bag: 5 tea;  last: [milk] [2]
# So does ending it.
> /start
< 1. How much tea?
> enough
< Bag:  last: [tea] [1]
",
    );
}

#[test]
fn loops_nest() {
    let over = |list: &str, item: &str| json!({"items": list, "item": item, "index": "n"});
    let answers = json!({"branches": [
        {"id": "next", "condition": "#{yes} = next"}, {"id": "leave", "condition": "#{yes} = leave"},
        {"id": "pass", "condition": "#{yes} = pass"},
    ]});
    let bot = scenario(
        json!([command("start", "lists")]),
        json!([
            leading("lists", json!([set("l", &[("a", "[Split(x;y,;)]"), ("b", "[Split(1;2,;)]")])]), "outer"),
            block(
                "outer",
                json!([
                    wired("o", "for_each", over("#{a}", "item"), &[("each", "inner")]),
                    say("end", "All done, [#{item}] [#{n}]."),
                ])
            ),
            block(
                "inner",
                json!([wired("i", "for_each", over("#{b}", "digit"), &[("each", "ask"), ("done", "row")]),])
            ),
            block(
                "ask",
                json!([
                    ask("q", "#{item}#{digit}, number #{n}?", "yes"),
                    wired("w", "branch", answers, &[("next", "outer"), ("leave", "row"), ("pass", "pass")]),
                    say("noted", "Noted #{item}#{digit}."),
                ])
            ),
            block("pass", json!([action("p", "end", json!({"what": "pass"})), say("never", "never")])),
            block("row", json!([say("r", "Row #{item} is done, number #{n}.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< x1, number 1?
> yes
< Noted x1.
< x2, number 2?
> yes
< Noted x2.
< Row x is done, number 1.
< y1, number 1?
> pass
< y2, number 2?
> yes
< Noted y2.
< Row y is done, number 2.
< All done, [] [].
# Leaving the inner loop for the card behind it; the outer one goes on.
> /start
< x1, number 1?
> leave
< Row x is done, number 1.
< y1, number 1?
# From the inner loop straight to the next element of the outer one.
> next
< All done, [] [].
",
    );
}

#[test]
fn a_loop_without_a_body_does_nothing() {
    let each = |id: &str| action(id, "for_each", json!({"items": "#{list}"}));
    let bot = scenario(
        json!([command("nobody", "nobody"), command("lost", "lost")]),
        json!([
            block("oops", json!([say("o", "#{_error_code} at #{_error_place}: #{_error}")])),
            block("nobody", json!([split("n", "1;2"), each("e2"), say("on", "Nothing to do.")])),
            block("lost", json!([wired("x", "end", json!({"what": "loop"}), &[("error", "oops")])])),
        ]),
    );
    check(
        &[bot],
        "
> /nobody
< Nothing to do.
> /lost
< no_loop at An unnamed card, End: There is no loop here to leave
",
    );
}

/// Asks for an address; the caller names the person and gets street and house.
fn address() -> Value {
    named(
        "Address",
        scenario(
            json!([called(&["who"], "street")]),
            json!([
                leading("street", json!([ask("q1", "#{who}, which street?", "street")]), "house"),
                block(
                    "house",
                    json!([
                        ask("q2", "Which house?", "house"),
                        set("f", &[("client.street", "#{street}"), ("full", "#{street} #{house}")]),
                    ])
                ),
            ]),
        ),
    )
}

#[test]
fn a_sub_scenario_asks_and_hands_back() {
    let call = json!({
        "scenario": "Address", "inputs": [{"name": "who", "value": "Dear [Name]"}],
        "results": [{"name": "full", "target": "address"}, {"name": "house", "target": "client.house"}],
    });
    let main = scenario(
        json!([command("start", "order")]),
        json!([block(
            "order",
            json!([
                set("o", &[("street", "mine"), ("n", "7")]),
                action("c", "call_scenario", call),
                say("d", "Order #{n} goes to #{address}. [#{street}] [#{who}] [#{client.street}]"),
            ])
        ),]),
    );
    check(
        &[main, address()],
        r#"
> /start
< Dear Anna, which street?
> Main
< Which house?
> 5
< Order 7 goes to Main 5. [mine] [] [Main]
= client.house "5"
"#,
    );
}

#[test]
fn calls_stand_inside_of_loops() {
    let call = json!({
        "scenario": "Address", "inputs": [{"name": "who", "value": "#{item}"}],
        "results": [{"name": "full", "target": "found"}],
    });
    let main = scenario(
        json!([command("start", "people")]),
        json!([
            block(
                "people",
                json!([
                    split("p", "Ann;Bob"),
                    wired("e", "for_each", json!({"items": "#{list}"}), &[("each", "one")]),
                    say("all", "All: #{all}"),
                ])
            ),
            block(
                "one",
                json!([
                    action("c", "call_scenario", call),
                    set("s", &[("all", "#{all}#{item} in #{found}; ")]),
                ])
            ),
        ]),
    );
    check(
        &[main, address()],
        "
> /start
< Ann, which street?
> Main
< Which house?
> 1
< Bob, which street?
> Side
< Which house?
> 2
< All: Ann in Main 1; Bob in Side 2;
",
    );
}

#[test]
fn sections_are_asked_on_the_way_in_alone() {
    let leaves = named(
        "Leaves",
        scenario(
            json!([called(&[], "a")]),
            json!([block("a", json!([ask("q", "Still in?", "x"), set("s", &[("client.member", "no")])]))]),
        ),
    );
    let mut main = scenario(
        json!([command("in", "in"), command("loop", "loop")]),
        json!([
            leading("in", json!([set("m", &[("client.member", "yes")])]), "club"),
            block(
                "club",
                json!([
                    say("w", "Welcome."),
                    action("c", "call_scenario", json!({"scenario": "Leaves"})),
                    say("b", "Back in the club."),
                ])
            ),
            block(
                "loop",
                json!([
                    split("l", "1;2"),
                    wired("e", "for_each", json!({"items": "#{list}", "item": "n"}), &[("each", "club")]),
                    say("end", "Nobody got in."),
                ])
            ),
        ]),
    );
    main["sections"] = json!([{"id": "s", "name": "Club", "condition": "#{client.member} = yes"}]);
    main["blocks"][1]["section"] = json!("s");
    check(
        &[main, leaves],
        "
> /in
< Welcome.
< Still in?
> no
< Back in the club.
# A pass that is not let in is over.
> /loop
< Nobody got in.
",
    );
}

#[test]
fn errors_come_out_of_sub_scenarios() {
    let fails = named(
        "Fails",
        scenario(
            json!([called(&["n"], "check")]),
            json!([
                {"id": "check", "name": "Check", "actions": [
                    action("e", "raise_error", json!({"text": "No table for #{n}"})), say("never", "never"),
                ]},
            ]),
        ),
    );
    let mut careful = fails.clone();
    careful["name"] = "Careful".into();
    careful["blocks"].as_array_mut().unwrap().push(block("sorry", json!([say("s", "Inside: #{_error}.")])));
    careful["on_error"] = json!({"block": "sorry"});
    let through = named(
        "Through",
        scenario(
            json!([called(&[], "go")]),
            json!([block(
                "go",
                json!([action(
                    "c",
                    "call_scenario",
                    json!({"scenario": "Fails", "inputs": [{"name": "n", "value": "9"}]})
                )])
            )]),
        ),
    );
    let call = |id: &str, name: &str, exits: &[(&str, &str)]| {
        let options = json!({"scenario": name, "inputs": [{"name": "n", "value": "12"}]});
        json!([wired(id, "call_scenario", options, exits), say(&format!("{id}s"), "Back.")])
    };
    let mut main = scenario(
        json!([
            command("own", "own"),
            command("block", "block"),
            command("careful", "careful"),
            command("through", "through"),
            command("gone", "gone")
        ]),
        json!([
            block("own", call("c1", "Fails", &[("error", "mine")])),
            block("block", call("c2", "Fails", &[])),
            block("careful", call("c3", "Careful", &[])),
            block("through", call("c4", "Through", &[])),
            block("gone", call("c5", "Nowhere", &[("error", "mine")])),
            block("mine", json!([say("m", "Mine: #{_error_code}, #{_error}.")])),
            block("trouble", json!([say("t", "Trouble: #{_error} (#{_error_place}).")])),
        ]),
    );
    main["on_error"] = json!({"block": "trouble"});
    check(
        &[main.clone(), fails.clone(), careful, through],
        "
> /own
< Mine: raised, No table for 12.
> /block
< Trouble: No table for 12 (“Check”, Raise an error).
# Its own error block comes first; then it has ended quietly.
> /careful
< Inside: No table for 12.
< Back.
> /through
< Trouble: No table for 9 (“Check”, Raise an error).
> /gone
< Mine: unknown_scenario, There is no published scenario “Nowhere”.
",
    );
    main.as_object_mut().unwrap().remove("on_error");
    check(
        &[main, fails],
        "
> /block
< (failed: raised) No table for 12
",
    );
}

#[test]
fn a_scenario_that_calls_itself_ends_at_a_depth() {
    let bot = named(
        "Self",
        scenario(
            json!([command("start", "down"), called(&["n"], "down")]),
            json!([
                block(
                    "down",
                    json!([
                        set("s", &[("n", "{{ n + 1 }}")]),
                        wired(
                            "c",
                            "call_scenario",
                            json!({"scenario": "Self", "inputs": [{"name": "n", "value": "#{n}"}]}),
                            &[("error", "deep")]
                        ),
                    ])
                ),
                block(
                    "deep",
                    json!([say("d", "#{n}: #{_error_code}"), action("e", "end", json!({"what": "run"}))])
                ),
            ]),
        ),
    );
    check(
        &[bot],
        "
> /start
< 65: too_deep
",
    );
}

#[test]
fn ending_a_sub_scenario_or_everything() {
    let sub = |name: &str, what: &str| {
        named(
            name,
            scenario(
                json!([called(&[], "a")]),
                json!([
                    block(
                        "a",
                        json!([
                            split("l", "1;2"),
                            wired("e", "for_each", json!({"items": "#{list}"}), &[("each", "b")])
                        ])
                    ),
                    block(
                        "b",
                        json!([
                            say("s", "Inside #{item}."),
                            action("x", "end", json!({"what": what})),
                            say("n", "never")
                        ])
                    ),
                ]),
            ),
        )
    };
    let call = |id: &str, name: &str| {
        json!([action(id, "call_scenario", json!({"scenario": name})), say(&format!("{id}s"), "Back.")])
    };
    let main = scenario(
        json!([command("one", "one"), command("all", "all")]),
        json!([block("one", call("c1", "One")), block("all", call("c2", "All"))]),
    );
    check(
        &[main, sub("One", "scenario"), sub("All", "run")],
        "
> /one
< Inside 1.
< Back.
> /all
< Inside 1.
",
    );
}

#[test]
fn a_step_back_asks_the_question_before() {
    let question = |id: &str, text: &str, to: &str| {
        let buttons = json!([[{"id": format!("{id}b"), "text": "Back"}]]);
        let options = json!({"text": text, "save_to": to, "buttons": buttons});
        wired(id, "ask", options, &[(&format!("{id}b"), "back")])
    };
    let wrong = json!({"branches": [{"id": "no", "condition": "#{city} = nowhere"}]});
    let bot = scenario(
        json!([command("start", "one")]),
        json!([
            leading("one", json!([question("q1", "Name?", "name")]), "two"),
            leading(
                "two",
                json!([question("q2", "City?", "city"), wired("w", "branch", wrong, &[("no", "again")])]),
                "three"
            ),
            block(
                "three",
                json!([question("q3", "Street?", "street"), say("s", "#{name}, #{city}, #{street}.")])
            ),
            block(
                "back",
                json!([action("b", "step_back", json!({})), say("first", "This is the first question.")])
            ),
            block(
                "again",
                json!([say("a", "There is no such city."), action("g", "step_back", json!({"to": "again"}))])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Name?
  [Back]
> Ann
< City?
  [Back]
> Rome
< Street?
  [Back]
# Over two questions, and forward again.
> [Back]
< City?
  [Back]
> back
< Name?
  [Back]
> Bob
< City?
  [Back]
> nowhere
< There is no such city.
< City?
  [Back]
> Oslo
< Street?
  [Back]
> Main
< Bob, Oslo, Main.
> /start
< Name?
  [Back]
> [Back]
< This is the first question.
",
    );
}

#[test]
fn a_step_back_leaves_loops_and_sub_scenarios() {
    let sub = named(
        "Sub",
        scenario(
            json!([called(&["item"], "q")]),
            json!([
                block(
                    "q",
                    json!([
                        ask("s1", "In: #{item}?", "x"),
                        wired(
                            "w",
                            "branch",
                            json!({"branches": [{"id": "back", "condition": "#{x} = back"}]}),
                            &[("back", "back")]
                        ),
                    ])
                ),
                block("back", json!([action("b", "step_back", json!({}))]))
            ]),
        ),
    );
    let call = json!({"scenario": "Sub", "inputs": [{"name": "item", "value": "#{item}"}]});
    let main = scenario(
        json!([command("start", "a")]),
        json!([
            block(
                "a",
                json!([
                    ask("q", "What is it?", "what"),
                    split("l", "1;2"),
                    wired("e", "for_each", json!({"items": "#{list}"}), &[("each", "body")]),
                    say("end", "Done with #{what}. [#{item}]"),
                ])
            ),
            block("body", json!([action("c", "call_scenario", call)])),
        ]),
    );
    check(
        &[main, sub],
        "
> /start
< What is it?
> tea
< In: 1?
> yes
< In: 2?
# The first pass is over: back is what came before the loop.
> back
< What is it?
> milk
< In: 1?
> yes
< In: 2?
> yes
< Done with milk. []
",
    );
}

#[test]
fn starting_over_forgets_what_was_gathered() {
    let bot = scenario(
        json!([
            trigger("ref", "start_link", json!({"code": "ref_{who}"}), "q"),
            command("start", "q"),
            command("kept", "kept")
        ]),
        json!([
            block(
                "q",
                json!([
                    ask("a", "[#{who}] [#{name}] Name?", "name"),
                    wired(
                        "w",
                        "branch",
                        json!({"branches": [{"id": "x", "condition": "#{name} = x"}]}),
                        &[("x", "over")]
                    ),
                    say("s", "Thanks, #{name}."),
                ])
            ),
            block("over", json!([action("r", "restart", json!({})), say("never", "never")])),
            block(
                "kept",
                json!([
                    ask("k", "[#{note}] Note?", "note"),
                    wired(
                        "w2",
                        "branch",
                        json!({"branches": [{"id": "x", "condition": "#{note} = x"}]}),
                        &[("x", "again")]
                    ),
                ])
            ),
            block("again", json!([action("r2", "restart", json!({"keep_variables": true}))])),
        ]),
    );
    check(
        &[bot],
        "
> /start ref_bob
< [bob] [] Name?
> x
< [bob] [] Name?
> Ann
< Thanks, Ann.
> /kept
< [] Note?
> x
< [x] Note?
",
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
