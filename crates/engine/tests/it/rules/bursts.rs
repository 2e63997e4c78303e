//! Several messages in a row as one answer.

use serde_json::{Value, json};

use super::{block, check, command, say, scenario, with};

fn report(more: Value) -> Value {
    let options = json!({"text": "What happened?", "kind": "text", "collect_s": 10, "save_to": "report"});
    let question = json!({"id": "q", "kind": "ask", "options": with(options, more)});
    scenario(
        json!([command("start"), command("stop")]),
        json!([
            {"id": "start", "actions": [question], "next": {"block": "end"}},
            block("end", json!([say("e", "[Length(#{report})] parts, the first: #{report[0]}.")])),
            block("stop", json!([say("s", "Stopped.")])),
        ]),
    )
}

#[test]
fn messages_are_collected_until_nothing_more_comes() {
    check(
        &[report(json!({}))],
        "
> /start
< What happened?
> It rained.
~ +9s
> Then it poured.
~ +9s
> And then the sun.
~ +11s
< 3 parts, the first: It rained..
",
    );
}

#[test]
fn one_message_is_an_array_too_and_none_is_a_time_out() {
    check(
        &[report(json!({"timeout_s": 60}))],
        "
> /start
< What happened?
~ +50s
> Nothing.
~ +10s
< 1 parts, the first: Nothing..
> /start
< What happened?
~ +61s
< 0 parts, the first: .
",
    );
}

#[test]
fn a_button_ends_the_burst_and_a_command_drops_it() {
    check(
        &[report(json!({"buttons": [[{"id": "done", "text": "Done"}]]}))],
        "
> /start
< What happened?
  [Done]
> One.
> Two.
> [Done]
< 2 parts, the first: One..
> /start
< What happened?
  [Done]
> Three.
> /stop
< Stopped.
~ +1h
",
    );
}
