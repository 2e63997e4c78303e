//! The worker program of the tests: what the server's hidden subcommand is in production, and a second mode
//! that builds the same walls and then runs into one of them on purpose.
//!
//! `script_worker` serves a pool. `script_worker probe <what> [no-walls]` tries one forbidden thing and
//! exits with 0 when it succeeded. `script_worker server` is a server with a busy worker,
//! `script_worker leaks` one whose workers die all the time.

use std::{
    fs::File,
    net::TcpStream,
    process::ExitCode,
    time::{Duration, Instant},
};

use script_sandbox::{Budget, Sandbox, SandboxConfig, ScriptError, ScriptStep};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["probe", what] => {
            script_sandbox::confine();
            probe(what)
        }
        ["probe", what, "no-walls"] => probe(what),
        ["server"] => server(),
        ["leaks"] => leaks(),
        // Something else has spoken first; stay until the pool goes.
        ["no-hello"] => {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            ExitCode::SUCCESS
        }
        _ => script_sandbox::worker_main(),
    }
}

const BUSY: &str = "/(a+)+$/.test('a'.repeat(60) + 'b')";
const GREEDY: &str = "'x'.repeat(2 ** 29)";

/// A server with a busy worker, to be killed.
#[allow(clippy::unwrap_used, reason = "part of a test")]
fn server() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let sandbox = Sandbox::start(SandboxConfig { workers: 2, ..SandboxConfig::default() }).unwrap();
    loop {
        let _ = runtime.block_on(sandbox.run(1, step(BUSY)));
    }
}

/// Lets 30 workers die and counts descriptors and child processes before and after.
#[allow(clippy::unwrap_used, reason = "part of a test")]
fn leaks() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let budget = Budget { wall: Duration::from_millis(100), ..Budget::default() };
        let sandbox =
            Sandbox::start(SandboxConfig { workers: 2, budget, ..SandboxConfig::default() }).unwrap();
        let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        wait_until(|| sandbox.status().idle == 3).await;
        let before = descriptors();
        for round in 0..30 {
            let source = if round % 2 == 0 { GREEDY } else { BUSY };
            let outcome = sandbox.run(round, step(source)).await;
            assert!(matches!(outcome, Err(ScriptError::Budget(_))), "{outcome:?}");
        }
        wait_until(|| sandbox.status().idle == 3 && children() == 3).await;
        wait_until(|| descriptors() == before).await;
        drop(sandbox);
        wait_until(|| children() == 0).await;
    });
    ExitCode::SUCCESS
}

fn step(source: &str) -> ScriptStep {
    ScriptStep { source: source.into(), ..ScriptStep::default() }
}

/// Child processes, dead ones that nobody has collected included.
#[allow(clippy::unwrap_used, reason = "part of a test")]
fn children() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of_thread = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children"));
    tasks.flatten().filter_map(|task| of_thread(task).ok()).map(|pids| pids.split_whitespace().count()).sum()
}

async fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn probe(what: &str) -> ExitCode {
    let succeeded = match what {
        "nothing" => true,
        "open" => File::open("/proc/self/status").is_ok(),
        "connect" => TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.raw_os_error() == Some(111)),
        "process" => std::process::Command::new("/bin/true").status().is_ok(),
        "thread" => std::thread::Builder::new().spawn(|| ()).is_ok(),
        "memory" => Vec::<u8>::new().try_reserve_exact(300 << 20).is_ok(),
        "descriptor" => std::io::pipe().is_ok(),
        _ => false,
    };
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
