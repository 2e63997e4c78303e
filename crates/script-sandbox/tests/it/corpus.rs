//! A generated corpus: every attack we know, in every disguise we know, with sizes drawn by chance.
//!
//! The same seed makes the same scripts. The tests run them with small budgets and look at what came out, not at
//! the clock; `cargo xtask bench sandbox corpus` runs them with the budgets of production and looks at both.

use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use script_sandbox::SandboxConfig;
use script_sandbox::{Budget, Sandbox, ScriptError, ScriptStep, Which};
use serde_json::json;

use crate::support::{config, object, step};

/// What a script is made of: `$N` is a number, small ones and large ones; `$S` a piece of text.
const ATTACKS: &[&str] = &[
    // Time.
    "while (true) {}",
    "for (;;) { var i = 1 }",
    "do { $N } while (1)",
    "const f = () => { for (let i = 0; i < $N; i++); }; for (;;) f()",
    "const f = n => n ? f(n - 1) + f(n - 1) : 1; f(50)",
    "/(a+)+$/.test('a'.repeat(40) + 'b')",
    "/^(a|aa)+$/.test('a'.repeat(60) + '!')",
    "/(x+x+)+y/.exec('x'.repeat(40))",
    "'$S'.repeat(40).replace(/((.+)*)*!/g, '')",
    "Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)",
    "Array.prototype.includes.call({length: 2 ** 53 - 1}, {})",
    "Array.prototype.reverse.call({length: 2 ** 53 - 1})",
    "Array.prototype.splice.call({length: 2 ** 53 - 1}, 0, 1)",
    "Array.prototype.lastIndexOf.call({length: 2 ** 53 - 1}, 0)",
    "new Array(4294967295).sort()",
    "for (const x of {[Symbol.iterator]: () => ({next: () => ({done: false})})}) ;",
    "const m = new Map([[1, 1]]); for (const [k] of m) { m.delete(k); m.set(k + 1, 1) }",
    "const s = new Set([0]); for (const x of s) s.add(x + 1)",
    "const p = () => Promise.resolve().then(p); p()",
    "(async () => { for (;;) await 1 })()",
    "const g = (function* () { for (;;) yield 1 })(); for (const x of g) ;",
    "[...{length: 1, *[Symbol.iterator]() { for (;;) yield $N }}]",
    "[3, 2, 1].sort(() => { for (;;); })",
    "'aaa'.replace(/a/g, () => { for (;;); })",
    "(2n ** (2n ** 24n)).toString().length",
    "BigInt('9'.repeat($N)) ** 100n",
    "parseInt('1'.repeat($N)) || decodeURIComponent('%41'.repeat($N))",
    "Date.parse('1'.repeat($N))",
    // Memory.
    "let s = '$S'; for (;;) s += s",
    "const a = []; for (;;) a.push({i: [1, 2, $N]})",
    "const a = [1]; for (let i = 0; i < 40; i++) a.push(...a)",
    "let a = [1]; for (let i = 0; i < 40; i++) a = a.concat(a)",
    "'x'.repeat(2 ** 29).length",
    "'$S'.padEnd(2 ** 29, 'ж')",
    "new Array(1e9).join('$S')",
    "new Array(4e9).fill($N)",
    "Array.from({length: 1e9}, (_, i) => i)",
    "Array.from({length: 1e8}).map(() => '$S')",
    "new ArrayBuffer(2 ** 33)",
    "const b = []; for (;;) b.push(new ArrayBuffer(2 ** 24))",
    "new Uint8Array(2 ** 31 - 1).fill(1)",
    "const o = {}; for (let i = 0; ; i++) o['k' + i] = '$S' + i",
    "const m = new Map(); for (let i = 0; ; i++) m.set(i, {i})",
    "'a'.repeat(5e7).split('').length",
    "Object.assign({}, ...Array($N).fill({a: 1}))",
    "for (let i = 0; ; i++) Symbol.for('$S'.repeat(1e5) + i)",
    "for (let i = 0; ; i++) eval('var v' + i + ' = \"$S\"')",
    "for (let i = 0; ; i++) new Function('return ' + i)",
    "for (let i = 0; ; i++) JSON.parse('{\"k' + i + '\":1}', (k, v) => v)",
    "log('$S'.repeat(2 ** 24)); log('$S'.repeat(2 ** 25))",
    "for (;;) log('$S'.repeat(1000))",
    "varstore.x = Array($N).fill('$S'.repeat(100))",
    "varstore.x = 'я'.repeat(2 ** 21)",
    "for (let i = 0; i < $N; i++) varstore['v' + i] = i",
    // Depth.
    "const f = () => f(); f()",
    "const f = (...a) => f(...a, 1); f()",
    "const o = {get x() { return this.x }}; o.x",
    "const p = new Proxy({}, {get: (t, k, r) => r[k]}); p.x",
    "let p = {}; for (let i = 0; i < $N; i++) p = new Proxy(p, {}); p.x",
    "let f = () => 1; for (let i = 0; i < $N; i++) f = f.bind(null); f()",
    "let a = []; for (let i = 0; i < $N; i++) a = [a]; String(a)",
    "let a = {}; for (let i = 0; i < $N; i++) a = {a}; JSON.stringify(a)",
    "let a = []; for (let i = 0; i < $N; i++) a = [a]; varstore.a = a",
    "let a = []; for (let i = 0; i < $N; i++) a = [a]; a.flat(Infinity)",
    "eval('['.repeat($N) + ']'.repeat($N))",
    "eval('('.repeat($N) + '1' + ')'.repeat($N))",
    "eval('!'.repeat($N) + '1')",
    "eval('1' + '+1'.repeat($N))",
    "eval('`${'.repeat($N) + '1' + '}`'.repeat($N))",
    "new Function('{'.repeat($N) + '}'.repeat($N))()",
    "new Function('if (0) {} else '.repeat($N) + '{}')()",
    "new Function('return ' + 'a=>'.repeat($N) + '1')()",
    "new RegExp('('.repeat($N) + ')'.repeat($N))",
    "new RegExp('(?:a{1000}){1000}').test('a')",
    "new RegExp('[' + '$S'.repeat($N) + ']').test('a')",
    "JSON.parse('['.repeat($N) + ']'.repeat($N))",
    "({toString() { return '' + this }}) + ''",
    "class A extends Array { constructor() { super(); new A() } } new A()",
    // Ways out.
    "[].constructor.constructor('return typeof process + typeof require + typeof Deno')()",
    "(function () {}).constructor('return this')().process.exit(1)",
    "(async function () {}).constructor('return import(\"/etc/passwd\")')()",
    "import('/etc/passwd')",
    "import('file:///proc/self/environ')",
    "import('http://127.0.0.1:8080/')",
    "Object.getPrototypeOf(function* () {}).constructor('yield globalThis')().next().value",
    "Reflect.construct(Function, ['return globalThis'])().Function('return log')()",
    "log.constructor('return this')().log = null",
    "log.caller; log.arguments; arguments.callee.caller",
    "new Error().stack + (() => { try { null.x } catch (e) { return e.stack } })()",
    "Error.prepareStackTrace = (e, s) => s; new Error().stack",
    "globalThis.__proto__.__proto__ = new Proxy({}, {get: () => 1}); undefinedName",
    "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e9)",
    "new WeakRef({}).deref(); new FinalizationRegistry(() => { for (;;); }).register({}, 1)",
    "}); while (true) {} (function () {",
    "}); globalThis.stolen = 1; (function () {",
    "$S $S $S",
    "/* $S",
    "'$S",
    "\\u{$N}",
    // Poison for the next one.
    "Object.prototype.toJSON = () => 'stolen'",
    "Array.prototype.push = Array.prototype.map = null",
    "Object.prototype.get = Object.prototype.set = () => { for (;;); }",
    "Object.defineProperty(Object.prototype, 'value', {get() { return 'stolen' }})",
    "Function.prototype.call = Function.prototype.apply = () => 'stolen'",
    "Promise.prototype.then = () => { for (;;); }",
    "String.prototype[Symbol.iterator] = null; Array.prototype[Symbol.iterator] = null",
    "JSON.parse = JSON.stringify = Math.random = Date.now = () => 'stolen'",
    "globalThis.varstore = globalThis.client = 'stolen'; log = 1",
    "Object.freeze(globalThis); Object.freeze(Object.prototype)",
    "varstore.__proto__.polluted = 'stolen'; varstore.constructor.prototype.polluted = 'stolen'",
    "varstore.__proto__ = null; Object.setPrototypeOf(varstore, new Proxy({}, {ownKeys() { for (;;); }}))",
    "varstore = new Proxy({}, {ownKeys: () => { for (;;); }})",
    "Object.defineProperty(varstore, 'x', {enumerable: true, get() { for (;;); }})",
    "client.__proto__.stolen = 1; Object.assign(client, {id: 'stolen'})",
    "globalThis.kept = JSON.stringify([varstore, client, globals, request])",
];

/// Where an attack is carried out: `$A` is it.
const DISGUISES: &[&str] = &[
    "$A",
    "return (() => { $A })()",
    "try { $A } catch (e) { log(String(e)) }",
    "for (let round = 0; round < 3; round++) try { eval($Q) } catch {}",
    "try { throw 1 } catch { $A } finally { log('finally') }",
    "[1].map(() => { $A })",
    "const o = {get x() { $A }}; o.x",
    "new Proxy(function () {}, {apply() { $A }})()",
    "class A { static { $A } }",
    "(async () => { $A })()",
    "await null; $A",
    "Promise.resolve().then(() => { $A })",
    "new Promise(() => { $A })",
    "[...(function* () { $A })()]",
    "eval($Q)",
    "(0, eval)($Q)",
    "new Function($Q)()",
    "return {toJSON() { $A }}",
    "varstore.x = {toJSON() { $A }}",
    "Object.defineProperty(varstore, 'x', {enumerable: true, get() { $A }})",
    "throw {toString() { $A }, toJSON() { $A }}",
    "log({toJSON() { $A }})",
    "({[Symbol.toPrimitive]() { $A }}) + ''",
    "'a'.replace(/a/, () => { $A })",
    "(x => x)`${(() => { $A })()}`",
    "label: for (;;) { $A; break label }",
    "if (varstore.name) { $A } else { $A }",
    "const {x = (() => { $A })()} = {}",
];

const TEXTS: &[&str] = &["x", "жук", "\u{1f44d}", "\\u0000", "${1}", "a b", "\\n", "\u{202e}", "ﷺ"];

/// SplitMix64, so that the corpus is the same everywhere and for ever.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Every attack in every disguise with one draw of sizes, which is more than 3,000 scripts, in a mixed order.
pub fn corpus(seed: u64) -> Vec<String> {
    let mut chance = Chance(seed);
    let mut scripts = Vec::new();
    for attack in ATTACKS {
        for disguise in DISGUISES {
            let mut attack = (*attack).to_owned();
            while let Some(place) = attack.find("$N") {
                let number = [3, 100, 2_000, 60_000, 1_000_000][chance.below(5)];
                attack.replace_range(place..place + 2, &number.to_string());
            }
            while let Some(place) = attack.find("$S") {
                attack.replace_range(place..place + 2, chance.one_of(TEXTS));
            }
            let quoted = serde_json::to_string(&attack).unwrap();
            scripts.push(disguise.replace("$Q", &quoted).replace("$A", &attack));
        }
    }
    for place in (1..scripts.len()).rev() {
        scripts.swap(place, chance.below(place + 1));
    }
    scripts
}

const SECRET: &str = "S3CRET-OF-ANOTHER-TENANT";

/// Runs scripts, each as a tenant of its own, some at a time; between them honest steps with something to hide.
/// Says how long the longest step took.
async fn survive(sandbox: &Sandbox, scripts: Vec<String>, at_a_time: usize) -> Duration {
    let share = scripts.len().div_ceil(at_a_time);
    let parts: Vec<_> = scripts
        .chunks(share)
        .enumerate()
        .map(|(part, scripts)| {
            let (sandbox, scripts) = (sandbox.clone(), scripts.to_vec());
            tokio::spawn(async move {
                let mut longest = Duration::ZERO;
                for (index, script) in scripts.iter().enumerate() {
                    let tenant = (part * 1_000_000 + index * 2) as u64;
                    let begun = Instant::now();
                    let outcome = sandbox.run(tenant, with_values(script, "mine")).await;
                    let took = begun.elapsed();
                    longest = longest.max(took);
                    let told = format!("{outcome:?}");
                    assert!(
                        !matches!(outcome, Err(ScriptError::Unavailable(_))),
                        "it is the script's fault, not the sandbox's: {script}: {told}"
                    );
                    assert!(!told.contains(SECRET) && !told.contains("root:"), "{script}: {told}");
                    let honest = with_values("kept = varstore.name; return [varstore.name, typeof stolen, ({}).polluted, [1].map(x => x + 1)]", SECRET);
                    let expected = json!([SECRET, "undefined", null, [2]]);
                    assert_eq!(honestly(&sandbox, tenant + 1, honest).await, expected, "after {script}");
                }
                longest
            })
        })
        .collect();
    let mut longest = Duration::ZERO;
    for part in parts {
        longest = longest.max(part.await.unwrap());
    }
    longest
}

/// What an honest step returns. With the little time that the attacks get, a busy machine may not finish it.
async fn honestly(sandbox: &Sandbox, tenant: u64, step: ScriptStep) -> serde_json::Value {
    for _ in 0..50 {
        match sandbox.run(tenant, step.clone()).await {
            Ok(outcome) => return outcome.result.unwrap(),
            Err(ScriptError::Budget(Which::Time)) => {}
            Err(error) => panic!("an honest step failed: {error:?}"),
        }
    }
    panic!("an honest step never came to its end")
}

fn with_values(source: &str, name: &str) -> ScriptStep {
    ScriptStep {
        varstore: object(json!({"name": name, "list": [1, 2, 3]})),
        client: json!({"id": name}),
        globals: json!({"key": name}),
        request: json!({"text": name}),
        ..step(source)
    }
}

#[test]
fn the_corpus_is_large_and_always_the_same() {
    let scripts = corpus(1);
    assert!(scripts.len() >= 2_000, "{}", scripts.len());
    assert_eq!(scripts, corpus(1));
    assert_ne!(scripts, corpus(2));
    assert!(!scripts.iter().any(|script| script.contains("$A") || script.contains("$N")));
}

/// All of it with little time and memory.
#[tokio::test(flavor = "multi_thread")]
async fn the_generated_corpus_harms_nobody() {
    let budget = Budget { wall: Duration::from_millis(40), memory_bytes: 16 << 20, ..Budget::default() };
    let sandbox = Sandbox::start(config(budget)).unwrap();
    survive(&sandbox, corpus(1), 2).await;
}

/// All of it with the budgets of production, which takes minutes, or one part of some: `cargo xtask bench sandbox
/// corpus [part/parts]`.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn the_whole_corpus() {
    /// Killing, telling, waking up.
    const GRACE: Duration = Duration::from_millis(250);
    /// Most scripts sit out their time, which many can do at once. There are more workers than that, because the
    /// wait for one that has to be started is not the script's time.
    const AT_A_TIME: usize = 12;
    const WORKERS: usize = 18;
    let budget = Budget::default();
    let config = SandboxConfig { workers: WORKERS, ..config(budget.clone()) };
    let sandbox = Sandbox::start(config.clone()).unwrap();
    wait_for_workers(&sandbox, WORKERS).await;
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    let scripts = part_of(corpus(1), std::env::var("SCENARIA_CORPUS_PART").ok().as_deref());
    println!("{} scripts, {AT_A_TIME} at a time", scripts.len());
    let longest = survive(&sandbox, scripts, AT_A_TIME).await;
    wait_for_workers(&sandbox, WORKERS).await;
    // What was killed takes a while to be gone.
    let is_clean = || crate::support::children(&config).len() == WORKERS + 1 && descriptors() == before;
    for _ in 0..2_000 {
        if is_clean() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(is_clean(), "no process and no descriptor is left");
    let peak = peak_of_dead_children();
    println!("longest step {longest:.2?}, largest worker {} MiB, nothing left behind", peak >> 20);
    assert!(longest < budget.wall + GRACE, "{longest:?}");
    assert!(peak <= 256 << 20, "{peak} bytes");
}

/// `2/5` is the second of five parts.
#[cfg(target_os = "linux")]
fn part_of(scripts: Vec<String>, part: Option<&str>) -> Vec<String> {
    let Some((part, parts)) = part.and_then(|part| part.split_once('/')) else { return scripts };
    let (part, parts): (usize, usize) = (part.parse().unwrap(), parts.parse().unwrap());
    assert!((1..=parts).contains(&part), "part {part} of {parts}");
    scripts.into_iter().skip(part - 1).step_by(parts).collect()
}

#[cfg(target_os = "linux")]
async fn wait_for_workers(sandbox: &Sandbox, workers: usize) {
    while sandbox.status().idle < workers + 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Resident memory of the largest worker that has died, in bytes.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "std does not say what children used")]
fn peak_of_dead_children() -> u64 {
    // SAFETY: an all-zero `rusage` is a valid value, and the call only writes into it.
    let kibibytes = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage.ru_maxrss
    };
    kibibytes.unsigned_abs() << 10
}
