//! A run keeps its version; whoever begins later begins with the newest.

use serde_json::{Value, json};

use super::{ask, block, check_moves, check_versions, command, say, scenario, with};

fn two_questions(first: &str, second: &str, end: &str) -> Value {
    scenario(
        json!([command("start")]),
        json!([
            {"id": "start", "actions": [ask("a", first)], "next": {"block": "more"}},
            block("more", json!([ask("b", second), say("c", end)])),
        ]),
    )
}

#[test]
fn a_run_finishes_the_old_way() {
    check_versions(
        &two_questions("Name?", "City?", "#{a} of #{b}."),
        &two_questions("First name?", "Town?", "#{b}: #{a}."),
        "
> /start
< Name?
",
        "
> Anna
< City?
bob> /start
bob< First name?
> Rome
< Anna of Rome.
bob> Bob
bob< Town?
bob> Oslo
bob< Oslo: Bob.
",
    );
}

#[test]
fn a_run_whose_blocks_are_gone_finishes_the_old_way_too() {
    let newer = scenario(json!([command("start")]), json!([block("start", json!([say("n", "Closed.")]))]));
    check_versions(
        &two_questions("Name?", "City?", "#{a} of #{b}."),
        &newer,
        "
> /start
< Name?
",
        "
> Anna
< City?
> Rome
< Anna of Rome.
> /start
< Closed.
",
    );
}

#[test]
fn a_pause_and_a_time_out_keep_their_version() {
    let bot = |text: &str| {
        let question = json!({"id": "q", "kind": "ask", "options": {"text": "Well?", "kind": "text", "timeout_s": 60},
            "exits": {"timeout": {"block": "late"}}});
        let pause = json!({"id": "p", "kind": "delay",
            "options": {"amount": 1, "unit": "hours", "when_moved_on": "go_on"}});
        scenario(
            json!([command("start"), command("wait")]),
            json!([
                block("start", json!([question, say("a", text)])),
                block("late", json!([say("l", text)])),
                block("wait", json!([pause, say("w", text)])),
            ]),
        )
    };
    check_versions(
        &bot("Old."),
        &bot("New."),
        "
> /wait
> /start
< Well?
",
        "
~ +2m
< Old.
~ +1h
< Old.
> /wait
~ +1h
< New.
",
    );
}

#[test]
fn whoever_stands_in_a_changed_block_goes_where_was_chosen() {
    let old = two_questions("Name?", "City?", "#{a} of #{b}.");
    let new = scenario(
        json!([command("start")]),
        json!([
            {"id": "start", "actions": [ask("a", "First name?")], "next": {"block": "street"}},
            block("street", json!([ask("c", "Street, #{a}?"), say("d", "#{a}, #{c}.")])),
        ]),
    );
    let before = "
> /start
< Name?
bob> /start
bob< Name?
bob> Bob
bob< City?
";
    // What was answered stays known; the next question is the newer version's.
    check_moves(
        &old,
        &new,
        json!({"more": {"block": "street"}}),
        before,
        &["bob< Street, Bob?"],
        "
bob> High St
bob< Bob, High St.
> Anna
< City?
> Rome
< Anna of Rome.
",
    );
    check_moves(
        &old,
        &new,
        json!({"more": "start", "start": "start"}),
        before,
        &["anna< First name?", "bob< First name?"],
        "
> Anna
< Street, Anna?
bob> Rob
bob< Street, Rob?
",
    );
    // A block that is not there either, and one that nobody stands in.
    check_moves(
        &old,
        &new,
        json!({"more": {"block": "gone"}, "other": "start"}),
        before,
        &[],
        "
bob> Rome
bob< Bob of Rome.
",
    );
}

#[test]
fn a_pause_in_a_loop_is_left_for_a_block_outside_of_it() {
    let pause = json!({"id": "p", "kind": "delay", "options": {"amount": 1, "unit": "hours"}});
    let each = json!({"id": "e", "kind": "for_each", "options": {"items": "[Split(one;two,;)]", "item": "piece"},
        "exits": {"each": {"block": "pass"}, "done": {"block": "end"}}});
    let bot = |text: &str| {
        scenario(
            json!([command("start")]),
            json!([
                block("start", json!([each])),
                block("pass", json!([pause, say("s", text)])),
                block("end", json!([say("x", "#{piece}|End.")])),
            ]),
        )
    };
    check_moves(
        &bot("#{piece}"),
        &bot("New #{piece}"),
        json!({"pass": {"block": "end"}}),
        "
> /start
",
        &["anna< |End."],
        "
~ +3h
",
    );
}

#[test]
fn an_interrupted_question_comes_back_as_the_newer_one() {
    let bot = |text: &str| {
        let menu = with(command("menu"), json!({"question_returns": true}));
        scenario(
            json!([command("start"), menu]),
            json!([
                block("start", json!([ask("a", text), say("t", "#{a}!")])),
                block("menu", json!([ask("m", "Menu?")])),
            ]),
        )
    };
    check_moves(
        &bot("Name?"),
        &bot("First name?"),
        json!({"start": {"block": "start"}}),
        "
> /start
< Name?
> /menu
< Menu?
",
        &[],
        "
> soup
< First name?
> Anna
< Anna!
",
    );
}
