//! The worker program of the tests: what the server's hidden subcommand is in production, and a second mode
//! that builds the same walls and then runs into one of them on purpose.
//!
//! `script_worker` serves a pool. `script_worker probe <what> [no-walls]` tries one forbidden thing and
//! exits with 0 when it succeeded. `script_worker server` is a server with a busy worker.

use std::{fs::File, net::TcpStream, process::ExitCode};

use script_sandbox::{Sandbox, SandboxConfig, ScriptStep};

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
        // Something else has spoken first; stay until the pool goes.
        ["no-hello"] => {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            ExitCode::SUCCESS
        }
        _ => script_sandbox::worker_main(),
    }
}

/// A server with a busy worker, to be killed.
fn server() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::FAILURE };
    let _inside = runtime.enter();
    let Ok(sandbox) = Sandbox::start(SandboxConfig { workers: 2, ..SandboxConfig::default() }) else {
        return ExitCode::FAILURE;
    };
    let source = "/(a+)+$/.test('a'.repeat(60) + 'b')".into();
    let step = ScriptStep { source, ..ScriptStep::default() };
    loop {
        let _ = runtime.block_on(sandbox.run(1, step.clone()));
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
