//! How a scenario behaves: who takes an event, what interrupts what, where errors and time lead. Each rule is a
//! small document and a chat.

use std::sync::Arc;

use engine::effect::{HttpAnswer, HttpCall, Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::{ScenarioId, VersionId};
use engine::play::{ChatFile, Outside, World};
use engine::program::{Program, ProgramSet};
use engine::scenario::Scenario;
use engine::words::Lang;
use serde_json::{Value, json};

/// Scripts fail; requests are answered by the chat's mocks.
struct NoScripts;

impl Outside for NoScripts {
    fn script(&mut self, _: &Script) -> Result<ScriptOutcome, StepError> {
        Err(StepError::new("script_thrown", "thrown", "брошено"))
    }

    fn http(&mut self, call: &HttpCall) -> Result<HttpAnswer, StepError> {
        panic!("an unexpected call: {call:?}");
    }
}

/// Plays a chat against scenarios; what is said must be what the chat expects.
pub(super) fn check(scenarios: &[Value], chat: &str) {
    let programs = (1..).zip(scenarios).map(|(number, document)| {
        let scenario = Scenario::parse(&document.to_string()).unwrap();
        Arc::new(Program::compile(ScenarioId(number), VersionId(number), scenario))
    });
    let mut world = World::new(ProgramSet::new(programs.collect()), Vec::new(), Lang::En);
    let chat: String = chat.trim_start().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let played = ChatFile::parse(&chat).unwrap().replay(&mut world, &mut NoScripts);
    assert!(played == chat, "expected\n{chat}\nplayed\n{played}");
}

pub(super) fn scenario(triggers: Value, blocks: Value) -> Value {
    json!({"format": "scenaria/1", "name": "Rules", "triggers": triggers, "blocks": blocks})
}

pub(super) fn trigger(id: &str, kind: &str, options: Value, block: &str) -> Value {
    json!({"id": id, "kind": kind, "options": options, "next": {"block": block}})
}

pub(super) fn say(id: &str, text: &str) -> Value {
    json!({"id": id, "kind": "send_message", "options": {"text": text}})
}

pub(super) fn block(id: &str, actions: Value) -> Value {
    json!({"id": id, "actions": actions})
}

/// A question, a command, a text trigger of each temper, a start link, a foreign button and a fallback.
fn busy_bot() -> Value {
    let mut impatient = trigger("now", "text", json!({"texts": ["urgent"]}), "urgent");
    impatient["interrupts"] = json!(true);
    scenario(
        json!([
            trigger("start", "command", json!({"command": "start"}), "ask"),
            trigger("help", "command", json!({"command": "help"}), "help"),
            trigger("hi", "text", json!({"matching": "contains", "texts": ["hello"]}), "greet"),
            trigger("ref", "start_link", json!({"code": "ref_{who}"}), "invited"),
            trigger("old", "button", json!({"data": "menu"}), "help"),
            trigger("else", "fallback", json!({}), "lost"),
            impatient,
        ]),
        json!([
            block(
                "ask",
                json!([
                    {"id": "name", "kind": "ask", "options": {"text": "Your name?", "kind": "text", "save_to": "name"}},
                    say("got", "Thanks, #{name}."),
                ])
            ),
            block("help", json!([say("h", "Help.")])),
            block("greet", json!([say("g", "Hello to you.")])),
            block("invited", json!([say("i", "You come from #{who}.")])),
            block("urgent", json!([say("u", "At once.")])),
            block("lost", json!([say("l", "Pardon?")])),
        ]),
    )
}

#[test]
fn events_are_offered_in_order() {
    check(
        &[busy_bot()],
        "
> hello there
< Hello to you.
> what
< Pardon?
> /nonsense
< Pardon?
> /start
< Your name?
# A text trigger waits for the question, unless it interrupts.
> hello
< Thanks, hello.
> /start
< Your name?
> urgent
< At once.
# The question is gone with its run.
> Anna
< Pardon?
> /start
< Your name?
> /help
< Help.
> @press menu
< Help.
",
    );
}

#[test]
fn start_links_say_more_than_the_command() {
    check(
        &[busy_bot()],
        "
> /start ref_bob
< You come from bob.
> /start other
< Your name?
> /start
< Your name?
> Anna
< Thanks, Anna.
",
    );
}

#[test]
fn the_first_scenario_of_a_bot_is_asked_first() {
    let says = |text: &str| {
        scenario(
            json!([
                trigger("start", "command", json!({"command": "start"}), "a"),
                trigger("f", "fallback", json!({}), "a")
            ]),
            json!([block("a", json!([say("s", text)]))]),
        )
    };
    check(
        &[says("first"), says("second")],
        "
> /start
< first
> anything
< first
",
    );
}

#[test]
fn doors_work_later_and_answers_do_not() {
    let doors = scenario(
        json!([trigger("start", "command", json!({"command": "start"}), "menu")]),
        json!([
            block(
                "menu",
                json!([
                    {"id": "m", "kind": "send_message", "options": {"text": "Menu",
                        "buttons": [[{"id": "a", "text": "Ask me"}, {"id": "b", "text": "Goodbye"}]]},
                        "exits": {"a": {"block": "ask"}, "b": {"block": "bye"}}},
                ])
            ),
            block(
                "ask",
                json!([
                    {"id": "q", "kind": "ask", "options": {"text": "Sure?", "kind": "choice",
                        "buttons": [[{"id": "yes", "text": "Yes"}]]}, "exits": {"yes": {"block": "bye"}}},
                ])
            ),
            block("bye", json!([say("bye", "Bye.")])),
        ]),
    );
    check(
        &[doors],
        "
> /start
< Menu
  [Ask me | Goodbye]
> [Ask me]
< Sure?
  [Yes]
# Typing the caption is pressing it.
> yes
< Bye.
> [Yes]
< (toast) This menu is out of date. Please start again.
> [Goodbye]
< Bye.
> [Goodbye]
< Bye.
",
    );
}

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
    check(
        &[circle],
        "
> /start
< (failed: too_many_steps) The run took 10000 steps without an end: is there a loop without a wait?
",
    );
}

#[test]
fn time_outs_and_pauses_follow_the_person() {
    let question = json!({"id": "q", "kind": "ask",
        "options": {"text": "Well?", "kind": "text", "timeout_s": 60}, "exits": {"timeout": {"block": "late"}}});
    let pause = |id: &str, moved_on: &str| json!({"id": id, "kind": "delay", "options": {"amount": 5, "unit": "minutes", "when_moved_on": moved_on}});
    let bot = scenario(
        json!([
            trigger("ask", "command", json!({"command": "ask"}), "ask"),
            trigger("short", "command", json!({"command": "short"}), "short"),
            trigger("long", "command", json!({"command": "long"}), "long"),
        ]),
        json!([
            block("ask", json!([question, say("ok", "Good.")])),
            block("late", json!([say("l", "Too late.")])),
            block("short", json!([say("s0", "Short."), pause("p1", "cancel"), say("s1", "Short ends.")])),
            block("long", json!([say("l0", "Long."), pause("p2", "go_on"), say("l1", "Long ends.")])),
        ]),
    );
    check(
        &[bot],
        "
> /ask
< Well?
~ +59s
> in time
< Good.
~ +5m
> /ask
< Well?
~ +61s
< Too late.
# What goes on in the background goes on; what belongs to the dialogue gives way.
> /long
< Long.
> /short
< Short.
> /ask
< Well?
~ +30s
> yes
< Good.
~ +10m
< Long ends.
",
    );
}

#[test]
fn fields_outlive_a_run_and_variables_do_not() {
    let bot = scenario(
        json!([
            trigger("set", "command", json!({"command": "set"}), "set"),
            trigger("get", "command", json!({"command": "get"}), "get"),
        ]),
        json!([
            block(
                "set",
                json!([{"id": "s", "kind": "set_variables", "options": {"assignments": [
                {"target": "mine", "value": "1"}, {"target": "client.kept", "value": "2"},
                {"target": "person.human", "value": "3"}, {"target": "global.all", "value": "4"}]}}])
            ),
            block("get", json!([say("g", "[#{mine}] [#{client.kept}] [#{person.human}] [#{global.all}]")])),
        ]),
    );
    check(
        &[bot],
        "
> /set
> /get
< [] [2] [3] [4]
bob> /get
bob< [] [] [] [4]
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
