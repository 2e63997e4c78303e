//! A run keeps its version; whoever begins later begins with the newest.

use serde_json::{Value, json};

use super::{ask, block, check_versions, command, say, scenario};

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
