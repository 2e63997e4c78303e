//! Automation that is not shipped: `cargo xtask test` is everything that must pass, set-up included,
//! and the same command runs in CI.
//!
//! Start at [`test::run`], the list of steps. Each neighbouring module owns one kind of step.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod bench;
mod compose;
mod coverage;
mod deny;
mod durability;
mod e2e;
mod fuzz;
mod postgres;
mod project;
mod purity;
mod rust;
mod setup;
mod steps;
mod test;
mod web;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use project::Project;

const USAGE: &str = "\
Usage: cargo xtask <command>

  test [step...]  everything that must pass, set-up included; or only the named steps
  check           the fast part: format, lints, tests without PostgreSQL and without a browser
  setup           install what is missing for `test`, nothing else
  web             rebuild web-ui/dist and the generated TypeScript
  e2e             build the binary and play the browser journey
  steps           list the steps of `test`
  coverage        which lines of the engine its own tests run
  fuzz [target...] [--minutes N]
                  feed the engine what nobody would write, a minute per target unless told otherwise
  durability [part...]
                  kill and starve the binary on both databases, and compare what is left with a model
  bench engine    how long the engine takes, in a release build
  bench sandbox   what a script step costs; `bench sandbox corpus` runs all hostile scripts in full
  bench runtime [--help]
                  what the whole binary does under load: updates/s, latency, CPU and memory";

fn main() -> ExitCode {
    if let Some(error) = shed_cargo_environment() {
        eprintln!("{error:#}");
        return ExitCode::FAILURE;
    }
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let result = Project::open().and_then(|project| match command.as_str() {
        "test" => test::run(&project, &rest),
        "check" => test::check(&project),
        "setup" => setup::everything(&project).map(|_| ExitCode::SUCCESS),
        "web" => web::rebuild(&project).map(|()| ExitCode::SUCCESS),
        "e2e" => e2e::run(&project).map(|()| ExitCode::SUCCESS),
        "bench" => bench::run(&project, &rest).map(|()| ExitCode::SUCCESS),
        "durability" => durability::run(&project, &rest).map(|()| ExitCode::SUCCESS),
        "coverage" => coverage::run(&project),
        "fuzz" => fuzz::run(&project, &rest),
        "steps" => {
            test::list();
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(anyhow::anyhow!("{USAGE}")),
    });
    result.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

/// `cargo run` describes xtask in the environment. `ring` has its build script watch such variables, so
/// with them every call from here would rebuild it and all that stands on it, and the next plain
/// `cargo build` again. Starts this program once more without them; returns only if that fails.
fn shed_cargo_environment() -> Option<std::io::Error> {
    let inherited: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| describes_a_package(name))
        .collect();
    if inherited.is_empty() {
        return None;
    }
    let mut again = Command::new(std::env::current_exe().ok()?);
    again.args(std::env::args_os().skip(1));
    for name in &inherited {
        again.env_remove(name);
    }
    Some(again.exec())
}

fn describes_a_package(variable: &str) -> bool {
    variable == "CARGO"
        || variable == "CARGO_PRIMARY_PACKAGE"
        || ["CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_", "CARGO_PKG_"]
            .iter()
            .any(|start| variable.starts_with(start))
}
