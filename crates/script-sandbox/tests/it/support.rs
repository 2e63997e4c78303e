//! A pool whose children are the example `script_worker`, which cargo builds next to the tests.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

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
    // Workers ignore it; it tells the processes of one pool from those of a test that runs beside.
    static POOLS: AtomicU32 = AtomicU32::new(0);
    let mark = format!("pool-{}-{}", std::process::id(), POOLS.fetch_add(1, Ordering::Relaxed));
    SandboxConfig {
        workers: 2,
        command: WorkerCommand { program: worker_program(), args: vec!["script-worker".into(), mark.into()] },
        budget,
        ..SandboxConfig::default()
    }
}

/// Live processes of a pool.
#[cfg(target_os = "linux")]
pub fn children(config: &SandboxConfig) -> Vec<u32> {
    let mark = config.command.args.last().unwrap().to_str().unwrap().as_bytes();
    processes(|_, arguments| arguments.split(|&byte| byte == 0).any(|argument| argument == mark))
}

#[cfg(target_os = "linux")]
pub fn children_of(parent: u32) -> Vec<u32> {
    let parent = parent.to_string();
    // pid (name) state parent …; a name may hold anything but the last bracket.
    processes(|stat, arguments| {
        let found = stat.rsplit(')').next().unwrap_or_default().split_whitespace().nth(1);
        found == Some(&parent) && arguments.windows(13).any(|window| window == b"script-worker")
    })
}

/// Those of all processes that are no zombies and please `is_wanted`, by their stat line and arguments.
#[cfg(target_os = "linux")]
fn processes(is_wanted: impl Fn(&str, &[u8]) -> bool) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A zombie has no arguments.
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if !arguments.is_empty() && is_wanted(&stat, &arguments) {
            found.push(pid);
        }
    }
    found
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
        ..ScriptStep::default()
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
