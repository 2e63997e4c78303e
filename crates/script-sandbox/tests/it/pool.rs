//! The pool: fairness, replacement, refusal, the end.

use std::time::{Duration, Instant};

use script_sandbox::{
    Budget, Sandbox, SandboxConfig, ScriptError, StartError, Unavailable, Which, WorkerCommand,
};
use serde_json::json;

#[cfg(target_os = "linux")]
use crate::support::{children, children_of};
use crate::support::{config, result_of, sandbox, step, worker_program};

const ENDLESS: &str = "/(a+)+$/.test('a'.repeat(60) + 'b')";
const GREEDY: &str = "'x'.repeat(2 ** 29)";

/// A budget of time that no test waits for.
fn patient() -> Budget {
    Budget { wall: Duration::from_secs(120), ..Budget::default() }
}

/// Not even one whose script was never stopped before: a process is left that it cannot have.
#[tokio::test(flavor = "multi_thread")]
async fn one_tenant_cannot_starve_another() {
    for faults in [0, 1, 2] {
        let sandbox = Sandbox::start(config(patient())).unwrap();
        for _ in 0..faults {
            assert_eq!(sandbox.run(1, step(GREEDY)).await, Err(ScriptError::Budget(Which::Memory)));
        }
        let attack: Vec<_> = (0..6)
            .map(|_| {
                let sandbox = sandbox.clone();
                tokio::spawn(async move { sandbox.run(1, step(ENDLESS)).await })
            })
            .collect();
        let allowed = [2, 1, 0][faults];
        wait_until(|| sandbox.status().running == allowed).await;
        for _ in 0..20 {
            sandbox.run(2, step("return 1")).await.unwrap();
        }
        let status = sandbox.status();
        assert_eq!(status.running, allowed, "after {faults} faults");
        assert_eq!(status.apart, usize::from(faults == 2), "after {faults} faults");
        for script in attack {
            assert!(!script.is_finished(), "they were at it all the time");
            script.abort();
        }
    }
}

/// Whose scripts are stopped again and again is served all the same, in a process with the last claim to the cores.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_works_apart_is_served_with_what_is_left() {
    let config = config(patient());
    let sandbox = Sandbox::start(config.clone()).unwrap();
    for _ in 0..2 {
        assert_eq!(sandbox.run(1, step(GREEDY)).await, Err(ScriptError::Budget(Which::Memory)));
    }
    wait_until(|| sandbox.status().idle == 3).await;
    let common = children(&config);
    for round in 0..3 {
        let outcome = sandbox.run(1, step(&format!("return {round}"))).await;
        assert_eq!(outcome.unwrap().result, Some(json!(round)));
    }
    let apart: Vec<u32> = children(&config).into_iter().filter(|pid| !common.contains(pid)).collect();
    assert_eq!(apart.len(), 1, "one process for all three");
    // The last but eleven fields of stat (man proc_pid_stat(5)): policy 5 is SCHED_IDLE.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", apart[0])).unwrap();
    assert_eq!(stat.rsplit(')').next().unwrap().split_whitespace().nth(38), Some("5"), "{stat}");
    // It dies like any other, and another one comes.
    assert_eq!(sandbox.run(1, step(GREEDY)).await, Err(ScriptError::Budget(Which::Memory)));
    assert_eq!(sandbox.run(1, step("return 'again'")).await.unwrap().result, Some(json!("again")));
    assert_eq!(sandbox.status().idle, 3, "nobody else has noticed");
}

#[tokio::test]
async fn a_dropped_step_is_stopped() {
    let sandbox = sandbox();
    for _ in 0..4 {
        let endless = sandbox.run(1, step(ENDLESS));
        assert!(tokio::time::timeout(Duration::from_millis(100), endless).await.is_err());
    }
    assert_eq!(result_of(&sandbox, "return 1").await, json!(1));
    wait_until(|| sandbox.status().idle == 3 && sandbox.status().running == 0).await;
    let children = sandbox.status().children;
    assert_eq!((children.killed, children.died, children.retired), (4, 0, 0), "{children:?}");
    assert_eq!(children.started, 7, "four were replaced");
}

#[tokio::test]
async fn steps_that_find_no_worker_in_time_are_told() {
    let config = SandboxConfig { workers: 1, max_wait: Duration::from_millis(300), ..config(patient()) };
    let sandbox = Sandbox::start(config).unwrap();
    wait_until(|| sandbox.status().idle == 2).await;
    // The one worker and the process beyond.
    let busy: Vec<_> = [1, 3]
        .into_iter()
        .map(|tenant| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move { sandbox.run(tenant, step(ENDLESS)).await })
        })
        .collect();
    wait_until(|| sandbox.status().running == 2).await;
    let waiting = sandbox.run(2, step("return 1")).await;
    assert_eq!(waiting, Err(ScriptError::Unavailable(Unavailable::Busy)));
    for script in busy {
        assert!(!script.is_finished());
        script.abort();
    }
    wait_until(|| sandbox.status().idle == 2).await;
    assert_eq!(result_of(&sandbox, "return 1").await, json!(1), "the waiter that gave up holds no worker");
}

#[tokio::test]
async fn programs_that_are_no_workers_are_reported() {
    assert!(matches!(
        Sandbox::start(SandboxConfig { workers: 0, ..config(Budget::default()) }),
        Err(StartError::NoWorkers)
    ));
    for program in ["/nonexistent/program", "/bin/true"] {
        let command = WorkerCommand { program: program.into(), args: Vec::new() };
        let sandbox = Sandbox::start(SandboxConfig { command, ..config(Budget::default()) }).unwrap();
        let error = sandbox.run(1, step("return 1")).await.unwrap_err();
        assert!(
            matches!(error, ScriptError::Unavailable(Unavailable::NotStarted(_))),
            "{program}: {error:?}"
        );
    }
}

#[test]
fn a_pool_needs_a_runtime() {
    assert!(matches!(Sandbox::start(config(Budget::default())), Err(StartError::NoRuntime)));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn workers_killed_while_idle_fail_no_step() {
    let config = config(Budget::default());
    let sandbox = Sandbox::start(config.clone()).unwrap();
    wait_until(|| sandbox.status().idle == 3).await;
    let killed = children(&config);
    for child in &killed {
        kill(*child);
    }
    // A process that is still being taken apart can neither work nor be collected.
    wait_until(|| !killed.iter().any(is_alive)).await;
    assert_eq!(result_of(&sandbox, "return 1").await, json!(1));
    wait_until(|| sandbox.status().idle == 3).await;
}

#[cfg(target_os = "linux")]
fn kill(pid: u32) {
    // SAFETY: a plain system call; the process is a child of ours that nobody has collected yet.
    #[allow(unsafe_code, reason = "std kills only processes it has started itself")]
    unsafe {
        assert_eq!(libc::kill(pid.try_into().unwrap(), libc::SIGKILL), 0);
    }
}

#[cfg(target_os = "linux")]
fn is_alive(pid: &u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains("script_worker") && !stat.contains(") Z ")
}

/// Not even a busy child outlives a server that was killed.
#[cfg(target_os = "linux")]
#[test]
fn children_die_with_the_server() {
    let mut server = std::process::Command::new(worker_program()).arg("server").spawn().unwrap();
    let begun = Instant::now();
    // One of the three is at 100% in a regex and reads nothing.
    while children_of(server.id()).len() < 3 || begun.elapsed() < Duration::from_millis(300) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the pool did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    let children = children_of(server.id());
    server.kill().unwrap();
    server.wait().unwrap();
    let begun = Instant::now();
    while children.iter().any(is_alive) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{children:?} live on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Where a worker cannot lock itself in, scripts are refused, unless the operator says otherwise.
#[cfg(unix)]
#[tokio::test]
async fn without_seccomp_scripts_are_refused() {
    // A worker that honestly says that it stands in the open.
    let hello = r#"{"confinement":{"seccomp":{"missing":"test"},"landlock":"stands","limits":"stands"}}"#;
    let length = hello.len();
    assert!(length < 256);
    let say = format!(
        "printf '\\{length:03o}\\000\\000\\000%s' '{hello}'; exec {} no-hello",
        worker_program().display()
    );
    let command = WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), say.into()] };
    let sandbox =
        Sandbox::start(SandboxConfig { command: command.clone(), ..config(Budget::default()) }).unwrap();
    for _ in 0..2 {
        let error = sandbox.run(1, step("return 1")).await.unwrap_err();
        assert_eq!(error, ScriptError::Unavailable(Unavailable::Unconfined("test".into())));
        assert!(error.text(true).contains("администратор"));
    }
    let allowed = SandboxConfig { command, allow_unconfined: true, ..config(Budget::default()) };
    let sandbox = Sandbox::start(allowed).unwrap();
    wait_until(|| sandbox.status().idle == 3).await;
    assert!(sandbox.status().confinement.is_some(), "the override lets it in");
}

/// In a process of its own, because descriptors of other tests come and go.
#[cfg(target_os = "linux")]
#[test]
fn nothing_leaks_and_nothing_stays() {
    let output = std::process::Command::new(worker_program()).arg("leaks").output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Ten thousand steps on one worker: the same script again and again, scripts nobody has seen, and those that use
/// what the engine never gives back (compiled text, keys of symbols).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_thousand_steps_leave_memory_flat() {
    const STEPS: u32 = 10_000;
    let config = SandboxConfig { workers: 1, ..config(Budget::default()) };
    let sandbox = Sandbox::start(config.clone()).unwrap();
    let resident = || -> u64 {
        let children = children(&config);
        let pages = |pid: &u32| {
            let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
            statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0)
        };
        children.iter().map(pages).max().unwrap_or(0) * 4
    };
    let mut after_warming = 0;
    for round in 0..STEPS {
        let source = match round % 20 {
            0 => format!(
                "varstore.v{round} = JSON.parse('{{\"k{round}\": [1, 2, 3]}}'); return `${{varstore.v{round}}}`"
            ),
            1 => format!(
                "return eval('[{round}, \"text {round}\"]').length + Symbol.for('key {round}').description.length"
            ),
            kind => format!(
                "const a = [1, 2, 3].map(x => x * {kind}); varstore.sum = a[0] + a[1]; return `${{a}}`"
            ),
        };
        sandbox.run(1, step(&source)).await.unwrap();
        if round == STEPS / 5 {
            after_warming = resident();
        }
    }
    let grown = resident().saturating_sub(after_warming);
    assert!(grown < 2_048, "grew by {grown} KiB over {} steps", STEPS - STEPS / 5);
}

/// What stays in a process without the script's doing is not taken out of the next tenant's budget: such a worker
/// makes room for a fresh one, and no step notices.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_next_tenant_has_the_whole_budget() {
    let budget = Budget { memory_bytes: 24 << 20, ..patient() };
    let sandbox = Sandbox::start(SandboxConfig { workers: 1, ..config(budget) }).unwrap();
    let keeping = "for (let i = 0; i < 8; i++) eval('\"' + String(i).repeat(1e6) + '\".length')";
    let needing = "return new ArrayBuffer(20 << 20).byteLength";
    for round in 0..6 {
        let kept = sandbox.run(1, step(keeping)).await;
        assert!(matches!(kept, Ok(_) | Err(ScriptError::Budget(Which::Memory))), "{kept:?}");
        let needed = sandbox.run(2, step(needing)).await;
        assert_eq!(needed.unwrap().result, Some(json!(20 << 20)), "round {round}");
    }
}

async fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
