use serde_json::{Value, json};

use super::{action, ask, called, command, leading, named, set, split, wired};
use crate::rules::{block, check, say, scenario};

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
