//! How a scenario behaves, rule by rule: what a card does, how long a button lives, who takes an event, what
//! becomes of a pause. Each case is a small document and a chat.

mod bursts;
mod buttons;
mod cards;
mod clock;
mod counters;
mod kept;
mod messenger;
mod order;
mod pauses;
mod people;
mod picks;
mod sections;
mod triggers;
mod versions;

use std::sync::Arc;

use engine::effect::{HttpAnswer, HttpCall, Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::{ScenarioId, VersionId};
use engine::play::{ChatFile, Outside, Said, World};
use engine::program::{Program, ProgramSet};
use engine::scenario::{CheckWorld, Moves, Scenario};
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
    check_with(scenarios, json!([]), chat);
}

/// The same with lists.
pub(super) fn check_with(scenarios: &[Value], lists: Value, chat: &str) {
    let programs = (1..).zip(scenarios).map(|(number, document)| {
        let scenario = Scenario::parse(&document.to_string()).unwrap();
        compile(number, number, scenario)
    });
    let lists = serde_json::from_value(lists).unwrap();
    play(&mut World::new(ProgramSet::new(programs.collect()), lists, Lang::En), chat);
}

/// Plays a chat, publishes another document of the same scenario, plays the rest.
fn check_versions(old: &Value, new: &Value, before: &str, after: &str) {
    let mut world = World::new(ProgramSet::new(vec![program(1, 1, old)]), Vec::new(), Lang::En);
    play(&mut world, before);
    world.publish(program(1, 2, new));
    play(&mut world, after);
}

/// The same, but whoever stands in one of the blocks is moved over to the newer version, which makes the bot say
/// something at once.
fn check_moves(old: &Value, new: &Value, moves: Value, before: &str, said: &[&str], after: &str) {
    let mut world = World::new(ProgramSet::new(vec![program(1, 1, old)]), Vec::new(), Lang::En);
    play(&mut world, before);
    world.publish(program(1, 2, new));
    let moves: Moves = serde_json::from_value(moves).unwrap();
    let moved = world.move_people(VersionId(2), &moves, &mut NoScripts);
    let heard = |said: &Said| match said {
        Said::Message(message) => message.text.to_plain(),
        other => panic!("{other:?}"),
    };
    let moved: Vec<String> = moved.iter().map(|(who, said)| format!("{who}< {}", heard(said))).collect();
    assert_eq!(moved, said);
    play(&mut world, after);
}

/// A version of a scenario whose document has no mistake in it.
fn program(scenario: i64, version: i64, document: &Value) -> Arc<Program> {
    let document = Scenario::parse(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:?}"));
    let findings = engine::scenario::check(&document, &CheckWorld::default());
    assert!(!findings.has_errors(), "{findings:?}");
    compile(scenario, version, document)
}

fn compile(scenario: i64, version: i64, document: Scenario) -> Arc<Program> {
    Arc::new(Program::compile(ScenarioId(scenario), VersionId(version), document))
}

fn play(world: &mut World, chat: &str) {
    let chat: String = chat.trim_start().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let played = ChatFile::parse(&chat).unwrap().replay(world, &mut NoScripts);
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

/// A command that leads to the block of its name.
fn command(name: &str) -> Value {
    trigger(name, "command", json!({"command": name}), name)
}

/// A trigger with more to it than its kind.
fn with(mut value: Value, more: Value) -> Value {
    for (name, field) in more.as_object().unwrap() {
        value[name] = field.clone();
    }
    value
}

/// A question whose answer is a text.
fn ask(id: &str, text: &str) -> Value {
    json!({"id": id, "kind": "ask", "options": {"text": text, "kind": "text", "save_to": id}})
}
