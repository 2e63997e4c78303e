//! The worker program of the tests: what the server's hidden subcommand is in production, and a second mode
//! that builds the same walls and then runs into one of them on purpose.
//!
//! `script_worker` serves a pool. `script_worker probe <what> [no-walls]` tries one forbidden thing, prints
//! what came of it and exits with 0 when it succeeded.

use std::{fs::File, net::TcpStream, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["probe", what] => {
            script_sandbox::confine();
            probe(what)
        }
        ["probe", what, "no-walls"] => probe(what),
        ["silent"] => loop {
            std::thread::park();
        },
        _ => script_sandbox::worker_main(),
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
