//! The engine as one: the document with every kind of action, read, checked and played.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's leave for tests covers test functions alone"
)]

mod broken;
mod data;
mod exchange;
mod fuzzed;
mod golden;
mod logic;
mod rules;

use std::sync::Arc;

use engine::effect::{HttpAnswer, HttpCall, Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::{ScenarioId, VersionId};
use engine::list::ListDefinition;
use engine::play::{ChatFile, Outside, World};
use engine::program::{Program, ProgramSet};
use engine::scenario::Scenario;
use engine::value::Value;
use engine::words::Lang;
use serde_json::json;

const ALL_KINDS: &str = include_str!("../fixtures/all-kinds.json");
const CHAT: &str = include_str!("../fixtures/all-kinds.chat");

/// Does by hand what the document's one script does.
struct Sandbox;

impl Outside for Sandbox {
    fn script(&mut self, script: &Script) -> Result<ScriptOutcome, StepError> {
        let names: Vec<&str> = script.varstore.keys().map(String::as_str).collect();
        assert_eq!(names, ["products", "product", "quantity"], "the script gets what it names");
        let store = |name: &str| script.varstore.get(name).unwrap().to_json();
        let product =
            store("products").as_array().unwrap().iter().find(|row| row["_id"] == store("product")).cloned();
        let price = product.unwrap()["price"].as_i64().unwrap();
        let result = Value::from(price * store("quantity").as_i64().unwrap());
        Ok(ScriptOutcome {
            result: Some(result),
            logs: vec!["counted".to_owned()],
            ..ScriptOutcome::default()
        })
    }

    fn http(&mut self, call: &HttpCall) -> Result<HttpAnswer, StepError> {
        panic!("an unexpected call: {call:?}");
    }
}

#[test]
fn the_document_with_every_kind_can_be_played() {
    let scenario = Scenario::parse(ALL_KINDS).unwrap();
    let program = Arc::new(Program::compile(ScenarioId(1), VersionId(1), scenario));
    let lists: Vec<ListDefinition> = serde_json::from_value(json!([
        {"name": "products", "columns": [
            {"name": "title", "type": "text", "unique": true}, {"name": "price", "type": "number"}, {"name": "stock", "type": "number"},
        ], "rows": [
            {"title": "Tea", "price": 100, "stock": 3}, {"title": "Cake", "price": 400, "stock": 1},
            {"title": "Soup", "price": 300, "stock": 0},
        ]},
        {"name": "orders", "columns": [
            {"name": "client", "type": "text"}, {"name": "total", "type": "number"}, {"name": "note", "type": "text"},
        ]},
    ]))
    .unwrap();
    let mut world = World::new(ProgramSet::new(vec![program]), lists, Lang::En);
    let played = ChatFile::parse(CHAT).unwrap().replay(&mut world, &mut Sandbox);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/all-kinds.chat"), played)
            .unwrap();
    } else {
        assert!(played == CHAT, "it went otherwise (UPDATE_GOLDEN=1 writes it anew):\n{played}");
    }
}
