//! What `cargo xtask test` needs beside Rust: installed when absent, left alone when present.
//!
//! Debian packages come through apt; cargo tools are built into `target/tools`, so that nothing of the
//! user's own is replaced.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::geteuid;
use xshell::{Shell, cmd};

use crate::postgres;
use crate::project::Project;
use crate::steps::Outcome;

const NEXTEST: &str = "0.9.143";
const CARGO_DENY: &str = "0.20.2";
/// What Vite needs.
const NODE: (u32, u32) = (20, 19);
const CHROMIUM_NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Everything at once, so that someone without root hears of all that is missing, not of one thing.
pub fn everything(project: &Project) -> Result<Outcome> {
    components(project)?;
    nextest(project)?;
    cargo_deny(project)?;
    let sh = &project.sh;
    let postgres = if postgres::find_bin().is_none() { &["postgresql"][..] } else { &[] };
    let packages = [postgres, &missing_for_node(sh), &missing_for_browser(sh)].concat();
    install(project, &packages)?;
    ensure!(postgres::find_bin().is_some(), "the package postgresql brought no server binaries");
    node(project)?;
    browser(project)?;
    Ok(Outcome::Passed)
}

/// rustfmt and clippy, which rustup's minimal profile leaves out.
fn components(project: &Project) -> Result<()> {
    let sh = &project.sh;
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if cmd!(sh, "cargo {command} --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            cmd!(sh, "rustup component add {component}")
                .run()
                .with_context(|| format!("install {component}: it belongs to your Rust toolchain"))?;
        }
    }
    Ok(())
}

pub fn nextest(project: &Project) -> Result<()> {
    // Its own update check is left out: it would pull in another HTTP stack.
    cargo_tool(
        project,
        "nextest",
        "cargo-nextest",
        NEXTEST,
        &["--no-default-features", "--features=default-no-update"],
    )
}

pub fn cargo_deny(project: &Project) -> Result<()> {
    cargo_tool(project, "deny", "cargo-deny", CARGO_DENY, &[])
}

/// Chromium with fonts for Cyrillic and emoji, without which screenshots show boxes.
pub fn browser(project: &Project) -> Result<()> {
    install(project, &missing_for_browser(&project.sh))?;
    ensure!(find_chromium().is_some(), "Chromium is not on the path, although it was just installed");
    Ok(())
}

/// LLVM's tools of one version.
pub struct Llvm {
    /// What stands behind their names: `-22`.
    suffix: String,
}

impl Llvm {
    pub fn tool(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }
}

/// The tools that read what instrumented programs write: of rustc's own LLVM, since the format changes with it.
pub fn llvm(project: &Project) -> Result<Llvm> {
    let sh = &project.sh;
    let about = cmd!(sh, "rustc --version --verbose").quiet().read()?;
    let version = about.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major =
        version.and_then(|version| version.split('.').next()).context("rustc does not name its LLVM")?;
    let llvm = Llvm { suffix: format!("-{major}") };
    let cov = llvm.tool("llvm-cov");
    let starts = || cmd!(sh, "{cov} --version").quiet().ignore_stdout().ignore_stderr().run().is_ok();
    if !starts() {
        install(project, &[&format!("llvm-{major}")])?;
    }
    ensure!(starts(), "{cov} does not start, although its package was just installed");
    Ok(llvm)
}

fn missing_for_browser(sh: &Shell) -> Vec<&'static str> {
    let mut packages = Vec::new();
    if find_chromium().is_none() {
        packages.push("chromium");
    }
    if !has_font(sh, ":lang=ru") {
        packages.push("fonts-noto-core");
    }
    if !has_font(sh, ":color=true:charset=1f600") {
        packages.push("fonts-noto-color-emoji");
    }
    packages
}

/// The browser named in `CHROMIUM`, or the first on the path.
pub fn find_chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = env::var_os("PATH")?;
    let dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    CHROMIUM_NAMES
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|file| file.exists())
}

/// Node, new enough for Vite, with npm.
pub fn node(project: &Project) -> Result<()> {
    let sh = &project.sh;
    install(project, &missing_for_node(sh))?;
    // Debian packs npm apart from node, others together with it: only now is it known.
    install(project, &missing_for_node(sh))?;
    let (major, minor) =
        node_version(sh).context("node does not start, although the package is installed")?;
    let (wanted_major, wanted_minor) = NODE;
    ensure!(
        (major, minor) >= NODE,
        "node {major}.{minor} is too old for web-ui: install {wanted_major}.{wanted_minor} or newer \
         (https://nodejs.org/en/download)"
    );
    Ok(())
}

fn missing_for_node(sh: &Shell) -> Vec<&'static str> {
    if node_version(sh).is_none() {
        vec!["nodejs"]
    } else if cmd!(sh, "npm --version").quiet().ignore_stderr().read().is_err() {
        vec!["npm"]
    } else {
        Vec::new()
    }
}

fn node_version(sh: &Shell) -> Option<(u32, u32)> {
    parse_node_version(&cmd!(sh, "node --version").quiet().ignore_stderr().read().ok()?)
}

fn parse_node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn has_font(sh: &Shell, pattern: &str) -> bool {
    cmd!(sh, "fc-list {pattern}").quiet().ignore_stderr().read().is_ok_and(|fonts| !fonts.is_empty())
}

/// Builds `krate` into `target/tools` unless `cargo <command>` already works.
fn cargo_tool(project: &Project, command: &str, krate: &str, version: &str, options: &[&str]) -> Result<()> {
    let sh = &project.sh;
    if cmd!(sh, "cargo {command} --version").quiet().ignore_stdout().ignore_stderr().run().is_ok() {
        return Ok(());
    }
    println!("    building {krate} {version}: a few minutes, once");
    let tools = project.tools();
    // Without optimisation: cargo-deny's own release profile (fat LTO) takes longer than all it checks.
    cmd!(sh, "cargo install --quiet --debug --locked --root {tools} {krate}@{version} {options...}")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_TARGET_DIR", tools.join("build"))
        .run()
        .with_context(|| format!("install {krate} yourself: cargo install --locked {krate}"))?;
    sh.remove_path(tools.join("build"))?;
    Ok(())
}

/// Installs Debian packages, as root or through sudo; otherwise says which ones are missing.
fn install(project: &Project, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let sh = &project.sh;
    let names = packages.join(" ");
    let has_apt = cmd!(sh, "apt-get --version").quiet().ignore_stdout().ignore_stderr().run().is_ok();
    let is_root = geteuid().is_root();
    let may_install =
        is_root || cmd!(sh, "sudo -n true").quiet().ignore_stdout().ignore_stderr().run().is_ok();
    if !has_apt || !may_install {
        bail!(
            "missing: {names}. Install them with your package manager (Debian: sudo apt-get install {names})"
        );
    }
    println!("    installing {names}");
    // sudo drops the environment, so `env` comes after it.
    let apt = || {
        let start = if is_root { cmd!(sh, "env") } else { cmd!(sh, "sudo -n env") };
        start.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"])
    };
    apt().arg("update").run()?;
    apt()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .run()
        .with_context(|| format!("apt could not install {names}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_compare_as_numbers() {
        assert_eq!(parse_node_version("v20.20.2\n"), Some((20, 20)));
        assert!(parse_node_version("v9.11.0").unwrap() < NODE);
        assert_eq!(parse_node_version("20"), None);
    }
}
