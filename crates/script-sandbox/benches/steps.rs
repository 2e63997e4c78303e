//! What a step costs: `cargo xtask bench sandbox`. Prints the tables of `docs/BENCHMARKS.md`.
//!
//! Wall time says what a person waits, CPU time (parent and children, from `schedstat`) what it costs, and on a
//! machine with other work only the latter can be compared.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that cannot begin should stop"
)]

use std::{
    fs,
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use boa_engine::{Context, JsValue, Script, Source, js_string};
use script_sandbox::{Budget, Sandbox, SandboxConfig, ScriptStep};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// A step as builders write them: ten positions of a cart, a sum, a text.
const TYPICAL: &str = "
    const total = varstore.cart.reduce((sum, item) => sum + item.price * item.count, 0);
    varstore.total = Math.round(total * 100) / 100;
    varstore.text = `Order of ${varstore.name}: ${varstore.cart.length} positions, ${varstore.total}`;
    return varstore.total > 100";

/// What this program is called with to measure one throughput, to count on one core, and to measure neighbours only.
const THROUGHPUT: &str = "throughput";
const SPIN: &str = "spin";
const NEIGHBOURS: &str = "neighbours";

/// Windows of either kind in which the neighbours are measured.
const WINDOWS: usize = 12;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("script-worker") {
        return script_sandbox::worker_main();
    }
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let runtime = Runtime::new().unwrap();
    match std::env::args().nth(1).as_deref() {
        Some(THROUGHPUT) if numbers.len() == 2 => {
            println!("{}", runtime.block_on(rate_of(numbers[0], numbers[1])));
            return ExitCode::SUCCESS;
        }
        Some(SPIN) => {
            println!("{}", spin());
            return ExitCode::SUCCESS;
        }
        Some(THROUGHPUT) => {
            throughput(3_000);
            return ExitCode::SUCCESS;
        }
        Some(NEIGHBOURS) => {
            runtime.block_on(neighbours(numbers.first().copied().unwrap_or(WINDOWS)));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let steps = numbers.first().copied().unwrap_or(5_000);
    println!("load average: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    println!("variables: {} bytes of JSON, {steps} steps a row\n", variables_json().len());
    println!("| step | median | p99 | CPU, parent and child |");
    println!("|---|---|---|---|");
    runtime.block_on(single_steps(steps));
    in_process(steps);
    println!("\n| | |");
    println!("|---|---|");
    throughput(steps);
    runtime.block_on(cold_start());
    runtime.block_on(neighbours(WINDOWS));
    ExitCode::SUCCESS
}

fn start(workers: usize) -> Sandbox {
    let budget = Budget::default();
    Sandbox::start(SandboxConfig { workers, budget, ..SandboxConfig::default() }).unwrap()
}

async fn single_steps(steps: usize) {
    let sandbox = start(1);
    let measure = async |name: &str, make: &dyn Fn(usize) -> ScriptStep| {
        for round in 0..200 {
            sandbox.run(1, make(round)).await.unwrap();
        }
        let cpu = cpu_of_all();
        let mut took = Vec::with_capacity(steps);
        for round in 0..steps {
            let step = make(round);
            let begun = Instant::now();
            sandbox.run(1, step).await.unwrap();
            took.push(begun.elapsed());
        }
        row(name, &mut took, cpu_of_all().saturating_sub(cpu) / u32::try_from(steps).unwrap());
    };
    measure("nothing at all", &|_| ScriptStep { source: "".into(), ..ScriptStep::default() }).await;
    measure("typical, 5 KB, compiled before", &|_| step(TYPICAL)).await;
    measure("typical, 5 KB, never seen before", &|round| step(&format!("{TYPICAL} + {round}"))).await;
    measure("the same, changing a built-in", &|_| step(&format!("Array.prototype.sum = 1;{TYPICAL}"))).await;
}

/// The same script in this process, with the engine's own conversions.
fn in_process(steps: usize) {
    // The children of the rows before are gone by then, and with them their share of the processor time.
    std::thread::sleep(Duration::from_millis(300));
    let text = variables_json();
    let mut took = Vec::with_capacity(steps);
    let cpu = cpu_of_all();
    for _ in 0..steps.min(2_000) {
        let begun = Instant::now();
        let mut context = Context::default();
        let script = wrapped(&mut context);
        call(&script, &text, &mut context);
        took.push(begun.elapsed());
    }
    row(
        "in process: a new context",
        &mut took,
        cpu_of_all().saturating_sub(cpu) / u32::try_from(steps.min(2_000)).unwrap(),
    );

    let mut context = Context::default();
    let script = wrapped(&mut context);
    let function = script.evaluate(&mut context).unwrap();
    let mut took = Vec::with_capacity(steps);
    let cpu = cpu_of_all();
    for _ in 0..steps {
        let begun = Instant::now();
        call_function(&function, &text, &mut context);
        took.push(begun.elapsed());
    }
    row(
        "in process: compiled before, nothing kept apart",
        &mut took,
        cpu_of_all().saturating_sub(cpu) / u32::try_from(steps).unwrap(),
    );
}

fn wrapped(context: &mut Context) -> Script {
    let source = format!("(function () {{{TYPICAL}\n}})");
    Script::parse(Source::from_bytes(&source), None, context).unwrap()
}

fn call(script: &Script, variables: &str, context: &mut Context) {
    let function = script.evaluate(context).unwrap();
    call_function(&function, variables, context);
}

fn call_function(function: &JsValue, variables: &str, context: &mut Context) {
    let variables: Value = serde_json::from_str(variables).unwrap();
    let variables = JsValue::from_json(&variables, context).unwrap();
    context.global_object().set(js_string!("varstore"), variables.clone(), true, context).unwrap();
    function.as_callable().unwrap().call(&JsValue::undefined(), &[], context).unwrap();
    std::hint::black_box(variables.to_json(context).unwrap());
}

/// One worker on one core against two on two: a pool has a process more than it has workers, which gets ready for its
/// next step meanwhile, so one worker alone would use both cores. Beside it what two processes without anything in
/// common make of two cores. All of them take turns, so that they meet the same moods of the machine.
fn throughput(steps: usize) {
    const ROUNDS: usize = 7;
    let (mut one, mut two, mut gain, mut ceiling) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let spins = [&[0][..], &[1], &[0, 1]].map(spun);
        let rates = [("0", "1"), ("0,1", "2")]
            .map(|(cores, workers)| pinned(cores, &[THROUGHPUT, workers, &steps.to_string()])?.finish());
        let ([Some(first), Some(second), Some(both)], [Some(alone), Some(together)]) = (spins, rates) else {
            println!("| throughput | not measured: it takes `taskset` and two cores | |");
            return;
        };
        one.push(alone);
        two.push(together);
        gain.push(together / alone);
        ceiling.push(2.0 * both / (first + second));
    }
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("| throughput, 1 worker on 1 core | {:.0} steps/s |", middle(&mut one));
    println!(
        "| throughput, 2 workers on 2 cores | {:.0} steps/s, {:.2} times |",
        middle(&mut two),
        middle(&mut gain)
    );
    println!("| two processes that only count, on 2 cores | {:.2} times one |", middle(&mut ceiling));
}

/// This program in another process, on these cores.
struct Pinned(Child);

fn pinned(cores: &str, arguments: &[&str]) -> Option<Pinned> {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("taskset");
    let child = command.args(["-c", cores]).arg(program).args(arguments).stdout(Stdio::piped()).spawn();
    child.ok().map(Pinned)
}

impl Pinned {
    /// The number it prints.
    fn finish(self) -> Option<f64> {
        let output = self.0.wait_with_output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    }
}

/// How far processes come that count, one on each core, at the same time.
fn spun(cores: &[usize]) -> Option<f64> {
    let processes: Option<Vec<_>> = cores.iter().map(|core| pinned(&core.to_string(), &[SPIN])).collect();
    processes?.into_iter().map(Pinned::finish).sum()
}

fn spin() -> u64 {
    let begun = Instant::now();
    let mut rounds = 0;
    let mut value = 1_u64;
    while begun.elapsed() < Duration::from_millis(300) {
        for _ in 0..10_000 {
            value = std::hint::black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        rounds += 1;
    }
    rounds
}

/// Steps per second of a pool that always has more to do, sent by several tenants.
async fn rate_of(workers: usize, steps: usize) -> f64 {
    let sandbox = start(workers);
    let run = async |steps: usize| {
        let tasks: Vec<_> = (0..16_u64)
            .map(|tenant| {
                let sandbox = sandbox.clone();
                tokio::spawn(async move {
                    for _ in 0..steps / 16 {
                        sandbox.run(tenant % 4, step(TYPICAL)).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    };
    run(1_600).await;
    let begun = Instant::now();
    run(steps * 2).await;
    (steps * 2) as f64 / begun.elapsed().as_secs_f64()
}

async fn cold_start() {
    let mut took = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        start(1).run(1, step(TYPICAL)).await.unwrap();
        took.push(begun.elapsed());
    }
    took.sort();
    println!("| from nothing to the first answer | {:.1?} |", took[took.len() / 2]);
}

/// Honest tenants, a step each 4 ms, alone and beside one that runs hostile code all the time: windows of either
/// kind take turns, so that both meet the same moods of the machine.
async fn neighbours(windows: usize) {
    let sandbox = start(2);
    for tenant in 1..4 {
        for _ in 0..50 {
            sandbox.run(tenant, step(TYPICAL)).await.unwrap();
        }
    }
    // Until a script was stopped twice the attacker is a tenant like the others.
    let attack = Attack::start(&sandbox);
    tokio::time::sleep(Duration::from_secs(5)).await;
    attack.stop().await;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..windows {
        tokio::time::sleep(Duration::from_millis(300)).await;
        alone.push(window(&sandbox).await);
        let attack = Attack::start(&sandbox);
        tokio::time::sleep(Duration::from_millis(300)).await;
        beside.push(window(&sandbox).await);
        attack.stop().await;
    }
    let middle = |windows: &[Vec<Duration>], percent: usize| {
        let mut of_each: Vec<Duration> =
            windows.iter().map(|took| took[took.len() * percent / 100]).collect();
        of_each.sort();
        of_each[of_each.len() / 2]
    };
    let (median, p99) = (middle(&alone, 50), middle(&alone, 99));
    let (median_beside, p99_beside) = (middle(&beside, 50), middle(&beside, 99));
    let samples: usize = alone.iter().map(Vec::len).sum();
    println!(
        "| other tenants, alone | median {median:.2?}, p99 {p99:.2?} ({windows} windows, {samples} steps) |"
    );
    println!(
        "| other tenants beside hostile code | median {median_beside:.2?} ({:+.0}%), p99 {p99_beside:.2?} ({:+.0}%) |",
        change(median, median_beside),
        change(p99, p99_beside),
    );
}

fn change(before: Duration, after: Duration) -> f64 {
    (after.as_secs_f64() / before.as_secs_f64() - 1.0) * 100.0
}

/// What the steps of three tenants took, the shortest first.
async fn window(sandbox: &Sandbox) -> Vec<Duration> {
    let tasks: Vec<_> = (1..4)
        .map(|tenant| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move {
                let mut took = Vec::new();
                for _ in 0..400 {
                    tokio::time::sleep(Duration::from_millis(4)).await;
                    let step = step(TYPICAL);
                    let begun = Instant::now();
                    sandbox.run(tenant, step).await.unwrap();
                    took.push(begun.elapsed());
                }
                took
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all.sort();
    all
}

/// A tenant with four hostile scripts at a time.
struct Attack {
    over: Arc<AtomicBool>,
    attackers: Vec<tokio::task::JoinHandle<()>>,
}

impl Attack {
    fn start(sandbox: &Sandbox) -> Self {
        const HOSTILE: [&str; 4] = [
            "/(a+)+$/.test('a'.repeat(60) + 'b')",
            "for (;;) {}",
            "const a = []; for (;;) a.push({i: [1, 2, 3]})",
            "return 'x'.repeat(2 ** 29)",
        ];
        let over = Arc::new(AtomicBool::new(false));
        let attackers = (0..4).map(|first| {
            let (sandbox, over) = (sandbox.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                // Each begins with another one, so that a window has all of them.
                for source in HOSTILE.iter().cycle().skip(first) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let _ = sandbox.run(9, step(source)).await;
                }
            })
        });
        let attackers = attackers.collect();
        Self { over, attackers }
    }

    /// Ends them in the middle of what they do.
    async fn stop(self) {
        self.over.store(true, Ordering::Relaxed);
        for attacker in self.attackers {
            attacker.abort();
            let _ = attacker.await;
        }
    }
}

fn row(name: &str, took: &mut [Duration], cpu: Duration) {
    took.sort();
    let (median, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    println!("| {name} | {median:.0?} | {p99:.0?} | {cpu:.0?} |");
}

/// CPU of this process and of its children, dead ones that were collected excluded.
fn cpu_of_all() -> Duration {
    let tasks = || fs::read_dir("/proc/self/task").unwrap().flatten();
    let children = tasks().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<String> = children
        .flat_map(|pids| {
            pids.split_whitespace().map(|pid| format!("/proc/{pid}/schedstat")).collect::<Vec<_>>()
        })
        .collect();
    let own = tasks().map(|task| task.path().join("schedstat").display().to_string());
    let nanoseconds = own
        .chain(children)
        .filter_map(|path| fs::read_to_string(path).ok()?.split_whitespace().next()?.parse::<u64>().ok());
    Duration::from_nanos(nanoseconds.sum())
}

fn step(source: &str) -> ScriptStep {
    ScriptStep { source: source.into(), varstore: variables(), ..ScriptStep::default() }
}

/// 5 KB: ten positions with descriptions.
fn variables() -> Map<String, Value> {
    let position = |n: usize| {
        json!({"sku": format!("SKU-{n:05}"), "name": format!("Чай чёрный листовой №{n}"), "price": 19.9 + n as f64,
            "count": n % 3 + 1, "tags": ["tea", "black", "loose"], "stock": {"riga": n * 7, "moscow": null},
            "about": "A strong tea from the southern slopes, gathered by hand in the first weeks of the season. ".repeat(2)})
    };
    let value = json!({"name": "Анна", "cart": (0..12).map(position).collect::<Vec<_>>()});
    let Value::Object(variables) = value else { unreachable!() };
    variables
}

fn variables_json() -> String {
    Value::Object(variables()).to_string()
}
