//! Licences, sources, forbidden edges and advisories: cargo-deny with `.config/deny.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xshell::{Cmd, cmd};

use crate::project::Project;
use crate::setup;
use crate::steps::Outcome;

const CONFIG: &str = ".config/deny.toml";

pub fn edges(project: &Project) -> Result<Outcome> {
    setup::cargo_deny(project)?;
    let manifest = project.root.join("Cargo.toml");
    deny(project, &manifest).args(["licenses", "bans", "sources", "--allow", "unused-wrapper"]).run()?;
    Ok(Outcome::Passed)
}

/// Builds a little workspace in which a crate nobody permitted uses every guarded crate, and expects
/// cargo-deny to name each of them: a rule that a newer cargo-deny reads differently would otherwise
/// pass unseen.
pub fn edges_bite(project: &Project) -> Result<Outcome> {
    setup::cargo_deny(project)?;
    let config = fs::read_to_string(project.root.join(CONFIG))?;
    let guarded = guarded_crates(&config)?;
    ensure!(!guarded.is_empty(), "{CONFIG} guards no crate");
    let manifest = write_intruder(&project.target.join("xtask/intruder"), &guarded)?;
    let output = deny(project, &manifest).arg("bans").ignore_status().quiet().output()?;
    let output = String::from_utf8_lossy(&output.stderr);
    let missed: Vec<&String> = guarded
        .iter()
        .filter(|name| !output.contains(&format!("crate '{name} = 0.0.0' is explicitly banned")))
        .collect();
    ensure!(missed.is_empty(), "an intruder used {missed:?} and {CONFIG} did not notice:\n{output}");
    println!("    found, as it should: {}", guarded.join(", "));
    Ok(Outcome::Passed)
}

/// Known vulnerabilities and yanked crates, where the advisory database can be reached.
pub fn advisories(project: &Project) -> Result<Outcome> {
    setup::cargo_deny(project)?;
    let manifest = project.root.join("Cargo.toml");
    let fetch = deny_command(project, &manifest).args(["fetch", "db"]).ignore_status().quiet().output()?;
    if !fetch.status.success() {
        println!("{}", String::from_utf8_lossy(&fetch.stderr).trim_end());
        return Ok(Outcome::Skipped(
            "the advisory database could not be fetched, so vulnerabilities were NOT checked".into(),
        ));
    }
    deny(project, &manifest).args(["--disable-fetch", "advisories"]).run()?;
    Ok(Outcome::Passed)
}

fn deny<'a>(project: &'a Project, manifest: &Path) -> Cmd<'a> {
    deny_command(project, manifest).arg("check")
}

fn deny_command<'a>(project: &'a Project, manifest: &Path) -> Cmd<'a> {
    let sh = &project.sh;
    let config = project.root.join(CONFIG);
    cmd!(sh, "cargo deny --workspace --manifest-path {manifest} --config {config}")
}

/// The names in `bans.deny`: those with wrappers and those banned outright.
fn guarded_crates(config: &str) -> Result<Vec<String>> {
    let config: toml::Table = config.parse().with_context(|| format!("parse {CONFIG}"))?;
    let deny = config.get("bans").and_then(|bans| bans.get("deny")).and_then(|deny| deny.as_array());
    let names = deny.into_iter().flatten().map(|entry| {
        let name = entry.get("crate").and_then(|name| name.as_str());
        name.map(str::to_owned).with_context(|| format!("{CONFIG}: an entry of bans.deny names no crate"))
    });
    names.collect()
}

/// A workspace of stand-ins: `intruder` depends on an empty crate for each name.
fn write_intruder(dir: &Path, names: &[String]) -> Result<PathBuf> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    let package = |name: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\nlicense = \"MIT\"\npublish = false\n"
        )
    };
    let write = |name: &str, manifest: String| -> Result<()> {
        fs::create_dir_all(dir.join(name).join("src"))?;
        fs::write(dir.join(name).join("src/lib.rs"), "")?;
        fs::write(dir.join(name).join("Cargo.toml"), manifest)?;
        Ok(())
    };
    for name in names {
        write(name, package(name))?;
    }
    let edges = names.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n"));
    write("intruder", format!("{}\n[dependencies]\n{}", package("intruder"), edges.collect::<String>()))?;
    let root = dir.join("Cargo.toml");
    fs::write(&root, "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n")?;
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_configuration_guards_the_boundaries() {
        let names = guarded_crates(include_str!("../../../.config/deny.toml")).unwrap();
        for name in ["diesel", "reqwest", "boa_engine", "actix-web", "store", "connectors", "script-sandbox"]
        {
            assert!(names.iter().any(|guarded| guarded == name), "{name} is not guarded");
        }
    }

    #[test]
    fn an_entry_without_a_name_is_refused() {
        assert!(guarded_crates("[bans]\ndeny = [{ reason = \"?\" }]").is_err());
    }
}
