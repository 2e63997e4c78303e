//! A pool whose children are the example `script_worker`, which cargo builds next to the tests.

use std::path::PathBuf;

use script_sandbox::{Budget, Sandbox, SandboxConfig, ScriptError, ScriptOutcome, ScriptStep, WorkerCommand};
use serde_json::{Map, Value, json};

pub fn worker_program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/script_worker");
    assert!(
        program.exists(),
        "{} is not built: run the whole crate's tests, or `cargo build -p script-sandbox --example script_worker`",
        program.display()
    );
    program
}

pub fn config(budget: Budget) -> SandboxConfig {
    SandboxConfig {
        workers: 2,
        command: WorkerCommand { program: worker_program(), args: vec!["script-worker".into()] },
        budget,
        ..SandboxConfig::default()
    }
}

pub fn sandbox() -> Sandbox {
    Sandbox::start(config(Budget::default())).unwrap()
}

/// A step with nothing but a source.
pub fn step(source: &str) -> ScriptStep {
    ScriptStep { source: source.into(), ..ScriptStep::default() }
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

/// What a source returns, with some data to look at.
pub async fn run(sandbox: &Sandbox, source: &str) -> Result<ScriptOutcome, ScriptError> {
    let step = ScriptStep {
        source: source.into(),
        varstore: object(json!({
            "name": "Аня", "age": 31, "tags": ["vip"], "cart": {"items": [{"sku": "a", "price": 10.5}]},
        })),
        client: json!({"id": 7, "city": "Рига", "address": {"street": "Lielā"}}),
        globals: json!({"shop": "Tea"}),
        request: json!({"text": "hi"}),
        seed: 42,
        now_ms: 1_700_000_000_000,
    };
    sandbox.run(1, step).await
}

pub async fn result_of(sandbox: &Sandbox, source: &str) -> Value {
    run(sandbox, source)
        .await
        .unwrap_or_else(|error| panic!("{source}: {error}"))
        .result
        .unwrap_or(Value::Null)
}
