//! Golden chats of the conversation actions: each fixture is a document and the chats that must come of it.

use std::path::Path;
use std::sync::Arc;

use engine::actions::ActionOptions;
use engine::effect::{HttpAnswer, HttpCall, Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::{ScenarioId, VersionId};
use engine::play::{ChatFile, Outside, World};
use engine::program::{Program, ProgramSet};
use engine::scenario::{CheckWorld, Scenario, TriggerOptions, check};
use engine::words::Lang;

/// These scenarios need nothing from outside.
struct Nothing;

impl Outside for Nothing {
    fn script(&mut self, script: &Script) -> Result<ScriptOutcome, StepError> {
        panic!("an unexpected script: {}", script.source);
    }

    fn http(&mut self, call: &HttpCall) -> Result<HttpAnswer, StepError> {
        panic!("an unexpected call: {call:?}");
    }
}

fn play(name: &str) {
    let path = |ending: &str| format!("{}/tests/fixtures/{name}.{ending}", env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::parse(&std::fs::read_to_string(path("json")).unwrap()).unwrap();
    let findings = check(&scenario, &CheckWorld::default());
    assert!(findings.0.is_empty(), "{name}: {findings:#?}");
    let program = Arc::new(Program::compile(ScenarioId(1), VersionId(1), scenario));
    let chat = std::fs::read_to_string(path("chat")).unwrap();
    let mut world = World::new(ProgramSet::new(vec![program]), Vec::new(), Lang::En);
    let played = ChatFile::parse(&chat).unwrap().replay(&mut world, &mut Nothing);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path("chat"), played).unwrap();
    } else {
        assert!(played == chat, "{name} went otherwise (UPDATE_GOLDEN=1 writes it anew):\n{played}");
    }
}

#[test]
fn every_kind_of_answer() {
    play("answers");
}

#[test]
fn every_part_of_a_message() {
    play("messages");
}

/// Texts below a folder whose names have this ending.
fn texts_below(folder: &Path, ending: &str, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts_below(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Whoever adds a kind adds a chat: in an example, in a fixture beside this file, or in a test of a small bot.
#[test]
fn every_kind_is_played_in_a_chat() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut played = String::new();
    texts_below(&root.join("tests/it"), ".rs", &mut played);
    texts_below(&root.join("../../scenarios-examples"), "scenario.json", &mut played);
    for name in ["answers", "messages"] {
        played.push_str(&std::fs::read_to_string(root.join(format!("tests/fixtures/{name}.json"))).unwrap());
    }
    let kinds = ActionOptions::KINDS.iter().chain(TriggerOptions::KINDS);
    let silent: Vec<&&str> = kinds.filter(|kind| !played.contains(&format!("\"{kind}\""))).collect();
    assert!(silent.is_empty(), "no chat plays {silent:?}");
}
