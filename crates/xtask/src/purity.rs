//! The engine's first invariant: no I/O, async, clock or global randomness.
//!
//! Two looks: at the crates that `engine` is built from, and at what its own source names from `std`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::project::Project;
use crate::steps::Outcome;

/// Names of crates, or beginnings of names where they end with `*`.
const BANNED_CRATES: &[&str] = &[
    "actix*",
    "async-*",
    "boa_*",
    "diesel*",
    "futures*",
    "getrandom",
    "h2",
    "hyper*",
    "libsqlite3-sys",
    "mio",
    "openssl*",
    "pq-sys",
    "rand",
    "rand_core",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "sqlx*",
    "tokio*",
    "ureq",
];

/// Ways out of a pure function that need no crate.
const BANNED_SOURCE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "RandomState::new",
    "async fn",
    ".await",
];

pub fn run(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    let tree = cmd!(sh, "cargo tree --package engine --edges normal,build --target all --prefix none")
        .env("CARGO_TERM_COLOR", "never")
        .quiet()
        .read()?;
    let crates = banned_crates(&tree);
    ensure!(crates.is_empty(), "engine must stay pure, but is built from: {}", crates.join(", "));

    let mut places = Vec::new();
    for file in rust_files(&project.root.join("crates/engine/src"))? {
        let source = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        let name = file.strip_prefix(&project.root).unwrap_or(&file).display().to_string();
        places.extend(banned_lines(&source).map(|(line, what)| format!("{name}:{line} names `{what}`")));
    }
    ensure!(places.is_empty(), "engine must stay pure:\n    {}", places.join("\n    "));
    Ok(Outcome::Passed)
}

fn banned_crates(tree: &str) -> Vec<&str> {
    let is_banned = |name: &str| {
        BANNED_CRATES.iter().any(|banned| match banned.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *banned,
        })
    };
    let mut found: Vec<&str> =
        tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| is_banned(name)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Line numbers and names of what may not be in engine's source; comments and tests may say it.
fn banned_lines(source: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let code = source.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    code.filter(|(_, line)| !line.trim_start().starts_with("//")).filter_map(|(index, line)| {
        let what = BANNED_SOURCE.iter().find(|banned| line.contains(**banned))?;
        Some((index + 1, *what))
    })
}

/// Every `.rs` below `dir` that is not a test file.
fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let path = entry?.path();
        let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_tests {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_tests {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_banned_crates() {
        let tree = "engine v0.0.0 (/x)\nserde v1.0.0\ntokio-util v0.7.0\nrand v0.9.0\nrandom-names v1.0.0\ntokio-util v0.7.0";
        assert_eq!(banned_crates(tree), ["rand", "tokio-util"]);
    }

    #[test]
    fn finds_banned_source_outside_comments_and_tests() {
        let source = "use std::fs;\n// std::net is not ours\nlet t = jiff::Timestamp::now();\n#[cfg(test)]\nuse std::env;";
        assert_eq!(banned_lines(source).collect::<Vec<_>>(), [(1, "std::fs"), (3, "Timestamp::now")]);
    }
}
