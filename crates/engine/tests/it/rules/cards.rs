//! A card is an ordered list of actions; exits without a line run on.

use serde_json::{Value, json};

use engine::play::World;
use engine::program::ProgramSet;
use engine::scenario::Scenario;
use engine::words::Lang;

use super::{ask, block, check, command, compile, play, say, scenario, trigger};

#[test]
fn errors_take_the_nearest_way_out() {
    let code = |id: &str, exits: Value| {
        let mut action = json!({"id": id, "kind": "javascript", "options": {"code": "throw 1"}});
        if exits != json!({}) {
            action["exits"] = exits;
        }
        action
    };
    let mut caught = scenario(
        json!([
            trigger("own", "command", json!({"command": "own"}), "own"),
            trigger("shared", "command", json!({"command": "shared"}), "shared"),
        ]),
        json!([
            block("own", json!([code("c1", json!({"error": {"block": "mine"}})), say("never", "never")])),
            block("shared", json!([code("c2", json!({})), say("never2", "never")])),
            block("mine", json!([say("m", "Caught here: #{_error_code}.")])),
            json!({"id": "trouble", "actions": [say("t", "Trouble.")], "next": {"block": "more"}}),
            block("more", json!([code("c3", json!({}))])),
        ]),
    );
    let uncaught = caught.clone();
    caught["on_error"] = json!({"block": "trouble"});
    check(
        &[caught],
        "
> /own
< Caught here: script_thrown.
# An error behind the error block does not run in circles.
> /shared
< Trouble.
< (failed: script_thrown) thrown
",
    );
    check(
        &[uncaught],
        "
> /shared
< (failed: script_thrown) thrown
",
    );
}

#[test]
fn a_loop_without_a_wait_ends_with_a_reason() {
    let circle = scenario(
        json!([trigger("start", "command", json!({"command": "start"}), "a")]),
        json!([
            {"id": "a", "actions": [{"id": "s", "kind": "set_variables",
                "options": {"assignments": [{"target": "n", "value": "{{ n + 1 }}"}]}}], "next": {"block": "b"}},
            {"id": "b", "actions": [], "next": {"block": "a"}},
        ]),
    );
    // It could not be published.
    let document = Scenario::parse(&circle.to_string()).unwrap();
    play(
        &mut World::new(ProgramSet::new(vec![compile(1, 1, document)]), Vec::new(), Lang::En),
        "
> /start
< (failed: too_many_steps) The run took 10000 steps without an end: is there a loop without a wait?
",
    );
}

#[test]
fn a_webhook_is_answered_by_the_response_variable() {
    let bot = scenario(
        json!([trigger("hook", "webhook", json!({}), "reply")]),
        json!([{"id": "reply", "actions": [
            {"id": "r", "kind": "set_variables", "options": {"assignments": [
                {"target": "_response", "value": "Hello, #{_request.body.name}"}]}},
        ]}]),
    );
    check(
        &[bot],
        r#"
> @webhook hook {"name": "robot"}
< (response 200) "Hello, robot"
"#,
    );
}

#[test]
fn exits_without_a_line_run_on_and_a_quiet_end_is_no_error() {
    let question = json!({"id": "q", "kind": "ask", "options": {"text": "Size?", "kind": "choice",
        "buttons": [[{"id": "small", "text": "Small"}, {"id": "large", "text": "Large"}]]},
        "exits": {"large": {"block": "big"}}});
    let bot = scenario(
        json!([command("start")]),
        json!([
            {"id": "start", "actions": [say("a", "Hello."), question, say("b", "Small it is.")], "next": {"block": "end"}},
            block("big", json!([say("c", "Large it is.")])),
            block("end", json!([say("d", "The end.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Hello.
< Size?
  [Small | Large]
# No line: the next action of the card, then the card's next.
> [Small]
< Small it is.
< The end.
> /start
< Hello.
< Size?
  [Small | Large]
# A line leaves the card; a card that leads nowhere ends the run.
> [Large]
< Large it is.
> hello?
",
    );
}

#[test]
fn a_branch_leaves_by_the_first_line_that_is_true() {
    let branch = json!({"id": "br", "kind": "branch", "options": {"branches": [
        {"id": "old", "condition": "#{age} >= 65"}, {"id": "adult", "condition": "#{age} >= 18"}]},
        "exits": {"old": {"block": "old"}, "otherwise": {"block": "child"}}});
    let bot = scenario(
        json!([command("start")]),
        json!([
            block("start", json!([ask("age", "Age?"), branch, say("a", "Grown up.")])),
            block("old", json!([say("o", "Senior.")])),
            block("child", json!([say("c", "Child.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Age?
> 70
< Senior.
> /start
< Age?
# True, and without a line: the next action.
> 20
< Grown up.
> /start
< Age?
> 5
< Child.
",
    );
}

#[test]
fn blank_lines_inside_a_message_are_its_own() {
    let bot = scenario(
        json!([trigger("start", "command", json!({"command": "start"}), "a")]),
        json!([block("a", json!([say("s", "One.\n\n\nTwo."), say("t", "Three.")]))]),
    );
    check(
        &[bot],
        "
> /start
< One.


  Two.
< Three.

# And these stand between messages.

> /start
< One.


  Two.
< Three.
",
    );
}
