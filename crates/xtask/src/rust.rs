//! Steps that are cargo's work: format, lints, tests, documentation, the binary.

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::postgres::Postgres;
use crate::project::Project;
use crate::setup;
use crate::steps::Outcome;

const POSTGRES_URL: &str = "TEST_POSTGRES_URL";

pub fn format(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    cmd!(sh, "cargo fmt --all --check").run().context("run `cargo fmt`")?;
    Ok(Outcome::Passed)
}

pub fn clippy(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    cmd!(sh, "cargo clippy --workspace --all-targets -- -D warnings").run()?;
    Ok(Outcome::Passed)
}

/// All tests, with PostgreSQL: the server in `TEST_POSTGRES_URL`, or one started for the occasion.
pub fn tests(project: &Project) -> Result<Outcome> {
    setup::nextest(project)?;
    // Compiled first, so that the server does not idle and a build failure leaves nothing to stop.
    let sh = &project.sh;
    cmd!(sh, "cargo nextest run --workspace --no-run").run()?;
    let own = if std::env::var_os(POSTGRES_URL).is_none() { Some(Postgres::start()?) } else { None };
    let tests = cmd!(sh, "cargo nextest run --workspace --profile ci");
    match &own {
        Some(postgres) => tests.env(POSTGRES_URL, postgres.url()),
        None => tests,
    }
    .run()?;
    Ok(Outcome::Passed)
}

/// The tests that run on a machine with only Rust.
pub fn tests_without_postgres(project: &Project) -> Result<Outcome> {
    setup::nextest(project)?;
    let sh = &project.sh;
    cmd!(sh, "cargo nextest run --workspace").env_remove(POSTGRES_URL).run()?;
    Ok(Outcome::Passed)
}

pub fn doctests(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    cmd!(sh, "cargo test --workspace --doc --quiet").run()?;
    Ok(Outcome::Passed)
}

pub fn docs(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    cmd!(sh, "cargo doc --workspace --no-deps --document-private-items")
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    Ok(Outcome::Passed)
}

/// The development binary, exactly as `cargo run` builds it. The tests were compiled with `testing`
/// features that people do not get; this is where code that only compiles with them is found.
pub fn build(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    cmd!(sh, "cargo build --package server --bin scenaria").run()?;
    let binary = project.binary();
    ensure!(binary.exists(), "cargo built the server, but {} is not there", binary.display());
    Ok(Outcome::Passed)
}

/// Checks every example scenario and plays its chat tests.
pub fn examples(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    let scenaria = project.binary();
    cmd!(sh, "{scenaria} check scenarios-examples").run()?;
    cmd!(sh, "{scenaria} test scenarios-examples").run()?;
    Ok(Outcome::Passed)
}
