//! The worker program of the tests: what the server's hidden subcommand is in production, and a second mode
//! that builds the same walls and then runs into one of them on purpose.
//!
//! `script_worker` serves a pool. `script_worker probe <attack> [wall...]` builds these walls only (`all` for all
//! of them), tries one forbidden thing and exits with 0 when it succeeded. `script_worker parent [wall...]` starts
//! a child that waits behind these walls, says its number and waits too. `script_worker server` is a server with a
//! busy worker, `script_worker leaks` one whose workers die all the time.

use std::{
    fs::File,
    io::Write,
    net::{TcpListener, TcpStream},
    process::ExitCode,
    time::{Duration, Instant},
};

use script_sandbox::{Budget, Sandbox, SandboxConfig, ScriptError, ScriptStep};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["probe", what, walls @ ..] => probe(what, walls),
        ["parent", walls @ ..] => parent(walls),
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
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What a worker that lost its mind would try, behind some of the walls.
#[cfg(target_os = "linux")]
fn probe(what: &str, walls: &[&str]) -> ExitCode {
    use script_sandbox::{Part, confine_with, limit_cpu, limit_data};

    // Nothing keeps root from having more processes or larger limits.
    if matches!(what, "process" | "raise core size") {
        become_nobody();
    }
    let is_wanted = |part: &Part| walls == ["all"] || walls.contains(&format!("{part:?}").as_str());
    // What an attack needs before the walls stand.
    let forgotten = (what == "inherited").then(|| File::open("/proc/self/limits"));
    confine_with(&Part::ALL.into_iter().filter(is_wanted).collect::<Vec<_>>());
    // The two that a worker sets anew for each step.
    if walls.contains(&"Data") {
        limit_data(16 << 20);
    }
    if walls.contains(&"Cpu") {
        limit_cpu(1);
    }
    let succeeded = match what {
        "nothing" => true,
        "open" => File::open("/proc/self/status").is_ok(),
        "connect" => TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.raw_os_error() == Some(111)),
        "listen" => TcpListener::bind("127.0.0.1:0").is_ok(),
        "process" => std::process::Command::new("/bin/true").status().is_ok(),
        "thread" => std::thread::Builder::new().spawn(|| ()).is_ok(),
        "memory" => Vec::<u8>::new().try_reserve_exact(300 << 20).is_ok(),
        "heap" => Vec::<u8>::new().try_reserve_exact(100 << 20).is_ok(),
        "spin" => {
            while cpu_of_this_thread() < Duration::from_secs(2) {}
            true
        }
        "descriptor" => std::io::pipe().is_ok(),
        "environment" => std::env::var_os("SECRET_OF_THE_SERVER").is_some(),
        "directory" => std::env::current_dir().is_ok_and(|directory| directory != std::path::Path::new("/")),
        // Standard output is a file here.
        "write" => std::io::stdout().write_all(b"grown").and_then(|()| std::io::stdout().flush()).is_ok(),
        // Number 3 is what was opened above: a descriptor that somebody forgot.
        "inherited" => forgotten
            .and_then(|file| file.and_then(std::io::read_to_string).ok())
            .is_some_and(|text| text.contains("Max")),
        "raise core size" => raise(libc::RLIMIT_CORE),
        "privileges" => {
            std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("NoNewPrivs:\t0"))
        }
        "linger" => {
            let told = writeln!(std::io::stdout(), "ready").and_then(|()| std::io::stdout().flush());
            told.is_ok() && std::io::stdin().read_line(&mut String::new()).is_ok()
        }
        _ => false,
    };
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// From root to the user who owns nothing. Where that cannot be done there is no true root either, only that of
/// a user namespace, whom the limits bind as well (man setrlimit(2)).
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "users have no safe interface in std")]
fn become_nobody() {
    const NOBODY: libc::uid_t = 65_534;
    // SAFETY: plain numbers; the process has one thread.
    unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) };
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the clock has no safe interface in std")]
fn cpu_of_this_thread() -> Duration {
    let mut used = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes into the struct it is given and nowhere else.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut used) };
    Duration::new(used.tv_sec.unsigned_abs(), u32::try_from(used.tv_nsec).unwrap_or(0))
}

/// Whether a limit can be set to more than nothing.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "limits have no safe interface in std")]
fn raise(resource: libc::__rlimit_resource_t) -> bool {
    let wanted = libc::rlimit { rlim_cur: 4096, rlim_max: 4096 };
    // SAFETY: the call reads the struct it is given and nothing else.
    unsafe { libc::setrlimit(resource, &raw const wanted) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn probe(_what: &str, _walls: &[&str]) -> ExitCode {
    ExitCode::FAILURE
}

/// Starts a child that waits for ever behind these walls, tells its number and waits too.
#[allow(clippy::unwrap_used, clippy::print_stdout, reason = "part of a test")]
fn parent(walls: &[&str]) -> ExitCode {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["probe", "linger"])
        .args(walls)
        // Held open by the test as well, so that it is not the end of the pipe that ends the child.
        .stdin(std::process::Stdio::inherit())
        .spawn()
        .unwrap();
    println!("{}", child.id());
    let _ = child.wait();
    ExitCode::SUCCESS
}
