//! Hostile scripts: each ends within its budget, and the pool goes on.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use script_sandbox::{Budget, Sandbox, ScriptError, ScriptStep, Which};
use serde_json::json;

use crate::support::{config, result_of, run, sandbox, step};

/// What a step may take longer than its budget: killing, telling, waking up.
const GRACE: Duration = Duration::from_millis(250);

/// Ours, next to the shared corpus, with the budgets each of them may hit: which one comes first can depend on
/// how busy the machine is.
const HOSTILE: &[(&str, &str, &[Which])] = &[
    ("endless loop", "while (true) {}", &[Which::Time]),
    ("a loop in a loop", "const f = () => { for (let i = 0; i < 1e5; i++); }; for (;;) f()", &[Which::Time]),
    ("caught and gone on", "for (;;) try { throw 1 } catch {}", &[Which::Time, Which::Memory]),
    (
        "exponential calls",
        "const f = n => n ? f(n - 1) + f(n - 1) : 1; return f(60)",
        &[Which::Time, Which::Memory],
    ),
    ("backtracking regex", "return /(a+)+$/.test('a'.repeat(40) + 'b')", &[Which::Time]),
    ("native loop", "return Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)", &[Which::Time]),
    (
        "endless iterator",
        "return [...{*[Symbol.iterator]() { for (;;) yield 1 }}]",
        &[Which::Time, Which::Memory],
    ),
    ("promise chain", "const p = () => Promise.resolve().then(p); return p()", &[Which::Time, Which::Memory]),
    ("await for ever", "for (;;) await 1", &[Which::Time, Which::Memory]),
    ("loop in toJSON", "return {toJSON() { for (;;); }}", &[Which::Time]),
    (
        "loop in a getter of varstore",
        "Object.defineProperty(varstore, 'x', {enumerable: true, get() { for (;;); }})",
        &[Which::Time],
    ),
    ("loop in the thrown error", "throw {toString() { for (;;); }, toJSON() { for (;;); }}", &[Which::Time]),
    ("loop in what is logged", "try { log({toJSON() { for (;;); }}) } catch {}; for (;;);", &[Which::Time]),
    ("recursion in the thrown error", "throw {toJSON() { return this.toJSON() }}", &[Which::Depth]),
    ("one huge string", "return 'x'.repeat(2 ** 29).length", &[Which::Memory]),
    ("string doubling", "let s = 'x'; for (;;) s += s", &[Which::Memory, Which::Time]),
    ("objects for ever", "const a = []; for (;;) a.push({i: [1, 2, 3]})", &[Which::Memory, Which::Time]),
    ("a list of ten billion", "return new Array(4e9).fill(0)", &[Which::Memory, Which::Time]),
    ("join of nothing", "return new Array(1e9).join('x')", &[Which::Memory]),
    ("huge bigint", "return (2n ** (2n ** 26n)).toString().length", &[Which::Memory, Which::Time]),
    (
        "deep value to text",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return String(a)",
        &[Which::Depth, Which::Time],
    ),
    (
        "deep value to JSON",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a",
        &[Which::Depth, Which::Time],
    ),
    ("getter recursion", "const o = {get x() { return this.x }}; return o.x", &[Which::Depth]),
    ("proxy recursion", "const p = new Proxy({}, {get: (t, k, r) => r[k]}); return p.x", &[Which::Depth]),
    (
        "deep source from a string",
        "return eval('['.repeat(5e4) + ']'.repeat(5e4))",
        &[Which::Depth, Which::Time],
    ),
    ("sparse result", "const a = []; a.length = 4e9; return a", &[Which::Result, Which::Time]),
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_scripts_end_within_their_budget() {
    let budget = Budget { wall: Duration::from_millis(700), ..Budget::default() };
    let sandbox = Sandbox::start(config(budget.clone())).unwrap();
    for (name, source, expected) in HOSTILE {
        let outcome = timed(&sandbox, name, source, &budget).await;
        match outcome {
            Err(ScriptError::Budget(which)) if expected.contains(&which) => {}
            other => panic!("{name}: {other:?} instead of {expected:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_corpus_ends_within_its_budget() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/hostile-js");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no scripts in {}", folder.display());
        return;
    };
    let mut scripts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(scripts.len() >= 22, "{scripts:?}");
    let budget = Budget { wall: Duration::from_millis(700), ..Budget::default() };
    let sandbox = Sandbox::start(config(budget.clone())).unwrap();
    for script in &scripts {
        let name = script.file_name().unwrap().to_string_lossy();
        let source = std::fs::read_to_string(script).unwrap();
        let outcome = timed(&sandbox, &name, &source, &budget).await;
        assert!(
            !matches!(outcome, Err(ScriptError::Unavailable(_))),
            "{name}: it is the script's fault, not the sandbox's: {outcome:?}"
        );
    }
}

/// Runs a hostile script, then an honest one of another tenant.
async fn timed(
    sandbox: &Sandbox,
    name: &str,
    source: &str,
    budget: &Budget,
) -> Result<script_sandbox::ScriptOutcome, ScriptError> {
    // A worker that is being replaced is not the script's time.
    while sandbox.status().idle == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begun = Instant::now();
    let outcome = sandbox.run(1, step(source)).await;
    let took = begun.elapsed();
    println!("{name:>24}: {took:>8.1?} {:.90}", format!("{outcome:?}"));
    assert!(took < budget.wall + GRACE, "{name} took {took:?}");
    let honest =
        sandbox.run(2, step("return 'alive'")).await.unwrap_or_else(|error| panic!("after {name}: {error}"));
    assert_eq!(honest.result, Some(json!("alive")), "after {name}");
    outcome
}

/// Negative control: with a looser budget the same scripts do what they want, so it is the budget that stops
/// them above.
#[tokio::test]
async fn without_its_budget_an_attack_succeeds() {
    let wide = Budget { wall: Duration::from_secs(30), memory_bytes: 200 << 20, ..Budget::default() };
    let generous = Sandbox::start(config(wide.clone())).unwrap();
    for (source, budget, which) in [
        (
            "const f = n => n < 2 ? n : f(n - 1) + f(n - 2); return f(27)",
            Budget { wall: Duration::from_millis(20), ..wide.clone() },
            Which::Time,
        ),
        (
            "return 'ж'.repeat(2 ** 20).length",
            Budget { memory_bytes: 8 << 20, ..wide.clone() },
            Which::Memory,
        ),
    ] {
        let narrow = Sandbox::start(config(budget)).unwrap();
        assert_eq!(narrow.run(1, step(source)).await, Err(ScriptError::Budget(which)), "{source}");
        let outcome = generous.run(1, step(source)).await;
        assert!(outcome.is_ok(), "{source}: {outcome:?}");
    }
}

#[tokio::test]
async fn ordinary_memory_is_not_the_enemy() {
    let sandbox = sandbox();
    // Many times a few megabytes, one after another, in the same workers.
    for _ in 0..8 {
        let source = "let s = 0; for (let i = 0; i < 10; i++) s += JSON.stringify(Array(5e3).fill({a: i})).length; return s > 0";
        assert_eq!(result_of(&sandbox, source).await, json!(true));
    }
}

#[tokio::test]
async fn steps_leave_nothing_behind() {
    let sandbox =
        Sandbox::start(script_sandbox::SandboxConfig { workers: 1, ..config(Budget::default()) }).unwrap();
    for source in [
        "Array.prototype.evil = 1; Object.prototype.evil = 2; globalThis.evil = 3; JSON.parse = () => 4; log = 5",
        "Object.defineProperty(Object.prototype, 'toJSON', {value() { return 'stolen' }}); Math.random = () => 1",
        "Promise.prototype.then = Array.prototype.map = Function.prototype.call = null; delete globalThis.varstore",
    ] {
        let _ = run(&sandbox, source).await;
        let clean = "return [typeof evil, [].evil, ({}).evil, JSON.parse('1'), typeof log, Math.random() < 1, \
                     [1].map(x => x), JSON.stringify({}), typeof varstore]";
        // More steps than there are workers, so that the poisoned one is among them.
        for _ in 0..3 {
            let result = result_of(&sandbox, clean).await;
            assert_eq!(
                result,
                json!(["undefined", null, null, 1, "function", true, [1], "{}", "object"]),
                "{source}"
            );
        }
    }
}

#[tokio::test]
async fn a_step_sees_nothing_of_another_tenant() {
    let sandbox =
        Sandbox::start(script_sandbox::SandboxConfig { workers: 1, ..config(Budget::default()) }).unwrap();
    let secret = ScriptStep {
        source:
            "globalThis.kept = varstore.secret; Array.prototype.kept = varstore.secret; log(varstore.secret)"
                .into(),
        varstore: crate::support::object(json!({"secret": "S3CRET"})),
        ..ScriptStep::default()
    };
    for _ in 0..3 {
        sandbox.run(1, secret.clone()).await.unwrap();
        let outcome =
            sandbox.run(2, step("return [typeof kept, [].kept, Object.keys(varstore)]")).await.unwrap();
        assert_eq!(outcome.result, Some(json!(["undefined", null, []])));
        assert!(outcome.logs.is_empty());
    }
}
