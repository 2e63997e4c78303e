//! Hostile scripts: each ends within its budget, and the pool goes on.

use std::{path::Path, pin::pin, time::Duration};

use script_sandbox::{Budget, Sandbox, ScriptError, ScriptOutcome, ScriptStep, Which};
use serde_json::json;

use crate::support::{config, result_of, run, sandbox, step};

/// What a step may take longer than its budget: killing, telling, waking up.
const GRACE: Duration = Duration::from_millis(250);

/// Those that go on until somebody stops them, next to the shared corpus, with the budgets each of them may hit:
/// which one comes first can depend on how busy the machine is.
const ENDLESS: &[(&str, &str, &[Which])] = &[
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
    ("a list of four billion", "return new Array(4e9).fill(0)", &[Which::Memory, Which::Time]),
    ("huge bigint", "return (2n ** (2n ** 26n)).toString().length", &[Which::Memory, Which::Time]),
    ("sparse result", "const a = []; a.length = 4e9; return a", &[Which::Result, Which::Time]),
];

/// Those that run into another limit, if they have the time.
const GREEDY: &[(&str, &str, Which)] = &[
    ("recursion in the thrown error", "throw {toJSON() { return this.toJSON() }}", Which::Depth),
    ("one huge string", "return 'x'.repeat(2 ** 29).length", Which::Memory),
    ("string doubling", "let s = 'x'; for (;;) s += s", Which::Memory),
    ("objects for ever", "const a = []; for (;;) a.push({i: [1, 2, 3]})", Which::Memory),
    ("join of nothing", "return new Array(1e9).join('x')", Which::Memory),
    (
        "deep value to text",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return String(a)",
        Which::Depth,
    ),
    ("deep value to JSON", "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a", Which::Depth),
    ("getter recursion", "const o = {get x() { return this.x }}; return o.x", Which::Depth),
    ("proxy recursion", "const p = new Proxy({}, {get: (t, k, r) => r[k]}); return p.x", Which::Depth),
    ("deep source from a string", "return eval('['.repeat(5e4) + ']'.repeat(5e4))", Which::Depth),
];

#[tokio::test(flavor = "multi_thread")]
async fn endless_scripts_end_with_their_time() {
    let budget = Budget { wall: Duration::from_millis(700), ..Budget::default() };
    let sandbox = Sandbox::start(config(budget.clone())).unwrap();
    for (tenant, (name, source, expected)) in (10..).zip(ENDLESS) {
        let outcome = ended_in_time(&sandbox, tenant, name, source, &budget).await;
        match outcome {
            Err(ScriptError::Budget(which)) if expected.contains(&which) => {}
            other => panic!("{name}: {other:?} instead of {expected:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn greedy_scripts_end_with_their_limit() {
    let budget = Budget { wall: Duration::from_secs(60), ..Budget::default() };
    let sandbox = Sandbox::start(config(budget.clone())).unwrap();
    for (tenant, (name, source, expected)) in (10..).zip(GREEDY) {
        let outcome = ended_in_time(&sandbox, tenant, name, source, &budget).await;
        assert_eq!(outcome, Err(ScriptError::Budget(*expected)), "{name}");
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
    for (tenant, script) in (10..).zip(&scripts) {
        let name = script.file_name().unwrap().to_string_lossy();
        let source = std::fs::read_to_string(script).unwrap();
        let outcome = ended_in_time(&sandbox, tenant, &name, &source, &budget).await;
        assert!(
            !matches!(outcome, Err(ScriptError::Unavailable(_))),
            "{name}: it is the script's fault, not the sandbox's: {outcome:?}"
        );
    }
}

/// Runs a hostile script, then an honest one of another tenant.
///
/// The watchdog is measured against a timer of the same runtime that goes off a little later. However slow the
/// machine is, both are late together, and the one that is due first is looked at first.
async fn ended_in_time(
    sandbox: &Sandbox,
    tenant: u64,
    name: &str,
    source: &str,
    budget: &Budget,
) -> Result<ScriptOutcome, ScriptError> {
    // A worker that is being replaced is not the script's time.
    while sandbox.status().idle == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut script = pin!(sandbox.run(tenant, step(source)));
    let outcome = tokio::select! {
        biased;
        outcome = &mut script => outcome,
        // It has begun by now.
        () = async { tokio::time::sleep(budget.wall + GRACE).await } => panic!("{name} goes on beyond its budget"),
    };
    println!("{name:>24}: {:.90}", format!("{outcome:?}"));
    // While a test of its own starves the machine of its time, not even an honest step may get any.
    for _ in 0..50 {
        match sandbox.run(1, step("return 'alive'")).await {
            Ok(honest) => {
                assert_eq!(honest.result, Some(json!("alive")), "after {name}");
                return outcome;
            }
            Err(ScriptError::Budget(Which::Time)) => {}
            Err(error) => panic!("after {name}: {error}"),
        }
    }
    panic!("after {name} an honest step never came to its end")
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
