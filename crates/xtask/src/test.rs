//! `cargo xtask test`: the list of everything that must pass, cheap steps first.

use std::process::ExitCode;

use anyhow::Result;

use crate::project::Project;
use crate::steps::{self, Step};
use crate::{compose, deny, e2e, purity, rust, setup, web};

const STEPS: &[Step] = &[
    Step { name: "setup", about: "install what is missing", run: setup::everything },
    Step { name: "format", about: "cargo fmt --check", run: rust::format },
    Step { name: "purity", about: "the engine has no I/O, async, clock or randomness", run: purity::run },
    Step { name: "edges", about: "licences, sources, and who may depend on whom", run: deny::edges },
    Step {
        name: "edges-bite",
        about: "each forbidden edge is found when it is there",
        run: deny::edges_bite,
    },
    Step { name: "compose", about: "docker-compose.yml is valid", run: compose::check },
    Step { name: "advisories", about: "known vulnerabilities", run: deny::advisories },
    Step { name: "web-install", about: "npm ci", run: web::install },
    Step { name: "web-lint", about: "npm run lint", run: web::lint },
    Step { name: "web-typecheck", about: "npm run typecheck", run: web::typecheck },
    Step { name: "web-test", about: "npm test", run: web::test },
    Step { name: "web-licences", about: "licences of npm packages", run: web::licences },
    Step { name: "web-advisories", about: "known vulnerabilities in npm packages", run: web::advisories },
    Step { name: "web-dist", about: "web-ui/dist is what its sources build to", run: web::dist },
    Step { name: "clippy", about: "lints, warnings denied", run: rust::clippy },
    Step { name: "tests", about: "all tests, on SQLite and on PostgreSQL", run: rust::tests },
    Step { name: "doctests", about: "examples in the documentation", run: rust::doctests },
    Step { name: "docs", about: "cargo doc, warnings denied", run: rust::docs },
    Step { name: "binary", about: "the development binary", run: rust::build },
    Step { name: "web-generated", about: "web-ui/generated is what the Rust types say", run: web::generated },
    Step {
        name: "examples",
        about: "scenaria check and scenaria test on scenarios-examples",
        run: rust::examples,
    },
    Step { name: "journey", about: "the browser journey in headless Chromium", run: e2e::journey },
];

const CHECK: &[Step] = &[
    Step { name: "format", about: "cargo fmt --check", run: rust::format },
    Step { name: "purity", about: "the engine has no I/O, async, clock or randomness", run: purity::run },
    Step { name: "clippy", about: "lints, warnings denied", run: rust::clippy },
    Step { name: "tests", about: "tests that need nothing but Rust", run: rust::tests_without_postgres },
];

/// Everything, or the steps named in `only`.
pub fn run(project: &Project, only: &[String]) -> Result<ExitCode> {
    steps::run(project, STEPS, only)
}

/// What one runs before every commit.
pub fn check(project: &Project) -> Result<ExitCode> {
    steps::run(project, CHECK, &[])
}

pub fn list() {
    for step in STEPS {
        println!("{:14} {}", step.name, step.about);
    }
}
