//! `cargo xtask durability`: kills, freezes and starves the real binary, on both databases, and compares what is
//! left with a model. The tests are `crates/server/tests/it/durability`; here they get their sizes and a
//! PostgreSQL of their own.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use xshell::cmd;

use crate::postgres::Postgres;
use crate::project::Project;

const USAGE: &str = "cargo xtask durability [kills] [freezes] [disk] [restarts] [timers] [lists] \
                     [--updates N] [--kills N] [--freezes N] [--restarts N] [--fillings N] [--timers N] \
                     [--rows N]";

/// A part: its name, the package and the tests.
const PARTS: &[(&str, &str, &str)] = &[
    ("kills", "server", "durability::kills::"),
    ("freezes", "server", "durability::freezes::"),
    ("disk", "server", "durability::disk::"),
    ("restarts", "server", "durability::restarts::"),
    ("timers", "runtime", "timers::"),
    ("lists", "runtime", "long_lists::"),
];

/// Option, variable, and what is promised.
const SIZES: &[(&str, &str, &str)] = &[
    ("--updates", "DURABILITY_UPDATES", "20000"),
    ("--kills", "DURABILITY_KILLS", "60"),
    ("--freezes", "DURABILITY_FREEZES", "20"),
    ("--restarts", "DURABILITY_RESTARTS", "20"),
    ("--fillings", "DURABILITY_FILLINGS", "5"),
    ("--timers", "DURABILITY_TIMERS", "100000"),
    ("--rows", "DURABILITY_ROWS", "1000000"),
];

pub fn run(project: &Project, args: &[String]) -> Result<()> {
    let (mut parts, mut sizes) = (Vec::new(), Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if let Some((_, variable, _)) = SIZES.iter().find(|(option, ..)| option == arg) {
            let size: u32 = args.next().with_context(|| USAGE)?.parse().context(USAGE)?;
            sizes.push((*variable, size.to_string()));
        } else if PARTS.iter().any(|(name, ..)| name == arg) {
            parts.push(arg.as_str());
        } else {
            bail!("{USAGE}");
        }
    }
    for (_, variable, usual) in SIZES {
        if !sizes.iter().any(|(set, _)| set == variable) {
            sizes.push((variable, (*usual).to_owned()));
        }
    }
    for (name, package, tests) in PARTS.iter().filter(|(name, ..)| parts.is_empty() || parts.contains(name)) {
        println!("\n==> {name}");
        run_part(project, package, tests, &sizes)?;
    }
    Ok(())
}

fn run_part(project: &Project, package: &str, tests: &str, sizes: &[(&str, String)]) -> Result<()> {
    let sh = &project.sh;
    // Compiled first, so that the server does not idle.
    cmd!(sh, "cargo test --quiet --package {package} --test it --no-run").run()?;
    let mut postgres = Postgres::start()?;
    let please = std::env::temp_dir().join(format!("scenaria-restart-{}", std::process::id()));
    let mut test = Command::new("cargo")
        .args([
            "test",
            "--package",
            package,
            "--test",
            "it",
            tests,
            "--",
            "--nocapture",
            // Those that are too much for the suite.
            "--include-ignored",
            "--test-threads",
            "1",
        ])
        .current_dir(&project.root)
        .env("TEST_POSTGRES_URL", postgres.url())
        .env("DURABILITY_RESTART", &please)
        .envs(sizes.iter().map(|(variable, size)| (*variable, size.as_str())))
        .spawn()?;
    // The test asks for a restart by making a file, and goes on when the file is gone.
    let status = loop {
        if let Some(status) = test.try_wait()? {
            break status;
        }
        if please.exists() {
            postgres.restart()?;
            fs::remove_file(&please)?;
        }
        thread::sleep(Duration::from_millis(20));
    };
    ensure!(status.success(), "{tests} found faults");
    Ok(())
}
