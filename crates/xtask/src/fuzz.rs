//! `cargo xtask fuzz`: libFuzzer on the targets of `crates/engine/fuzz`, on stable Rust.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use xshell::cmd;

use crate::project::Project;

/// A target, its longest input in bytes, and the folders beside its seeds whose files are inputs too.
struct Target {
    name: &'static str,
    max_bytes: u32,
    more_seeds: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    Target {
        name: "document",
        max_bytes: 32 * 1024,
        more_seeds: &["crates/engine/tests/fixtures", "scenarios-examples"],
    },
    Target { name: "expression", max_bytes: 2 * 1024, more_seeds: &[] },
    Target { name: "chat", max_bytes: 8 * 1024, more_seeds: &["crates/engine/tests/fixtures"] },
];

const MINUTES: u32 = 1;

/// What cargo-fuzz passes without a sanitizer: a pass of LLVM counts edges and compared values.
const INSTRUMENT: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Fuzzes the named targets, or all, one after the other: `[target...] [--minutes N]`.
///
/// # Errors
/// A target nobody knows, a build that fails. A broken promise is an exit code; libFuzzer has shown it.
pub fn run(project: &Project, args: &[String]) -> Result<ExitCode> {
    let (targets, minutes) = parse(args)?;
    build(project)?;
    for target in targets {
        if !fuzz(project, target, minutes)? {
            println!(
                "\n{}: the input is kept in crates/engine/fuzz/regressions/{}; with it `cargo nextest run -p engine` \
                 fails until the engine is mended",
                target.name, target.name
            );
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(args: &[String]) -> Result<(Vec<&'static Target>, u32)> {
    let mut targets = Vec::new();
    let mut minutes = MINUTES;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--minutes" {
            let number = args.next().and_then(|number| number.parse().ok());
            minutes = number.context("--minutes wants a whole number")?;
        } else {
            let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
            let target = TARGETS.iter().find(|target| target.name == arg);
            targets
                .push(target.with_context(|| format!("there is no target `{arg}`: there are {}", names()))?);
        }
    }
    ensure!(minutes > 0, "--minutes wants at least 1");
    Ok((if targets.is_empty() { TARGETS.iter().collect() } else { targets }, minutes))
}

fn build(project: &Project) -> Result<()> {
    let sh = &project.sh;
    let manifest = project.root.join("crates/engine/fuzz/Cargo.toml");
    let (host, target_dir) = (host(project)?, target_dir(project));
    // With a named target the flags do not reach build scripts and macros.
    cmd!(
        sh,
        "cargo build --release --locked --manifest-path {manifest} --target {host} --target-dir {target_dir}"
    )
    .env("RUSTFLAGS", INSTRUMENT)
    .run()
    .context("build the fuzz targets")
}

/// Whether every promise held.
fn fuzz(project: &Project, target: &Target, minutes: u32) -> Result<bool> {
    let sh = &project.sh;
    let name = target.name;
    let fuzz = project.root.join("crates/engine/fuzz");
    let (target_dir, host) = (target_dir(project), host(project)?);
    let program = target_dir.join(host).join("release").join(name);
    let corpus = target_dir.join("corpus").join(name);
    let regressions = fuzz.join("regressions").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&regressions)?;
    let seeds = target
        .more_seeds
        .iter()
        .map(|folder| project.root.join(folder))
        .chain([fuzz.join("seeds").join(name), regressions.clone()]);
    let dictionary = fuzz.join(format!("{name}.dict"));
    let dictionary = dictionary.exists().then(|| format!("-dict={}", dictionary.display()));
    let (seconds, max_bytes) = (minutes * 60, target.max_bytes.to_string());
    let seconds = seconds.to_string();
    let prefix = format!("{}/", regressions.display());
    println!("\n==> {name} for {minutes} min");
    let passed = cmd!(
        sh,
        "{program} -max_total_time={seconds} -max_len={max_bytes} -timeout=10 -rss_limit_mb=2048
         -artifact_prefix={prefix} -print_final_stats=1 -verbosity=1 {dictionary...} {corpus} {seeds...}"
    )
    .run()
    .is_ok();
    // Without a finding there is nothing to keep.
    if fs::read_dir(&regressions)?.next().is_none() {
        fs::remove_dir(&regressions)?;
    }
    Ok(passed)
}

fn target_dir(project: &Project) -> PathBuf {
    project.target.join("fuzz")
}

/// The triple of this machine, as rustc names it.
fn host(project: &Project) -> Result<String> {
    let sh = &project.sh;
    let about = cmd!(sh, "rustc --version --verbose").quiet().read()?;
    match about.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc does not say what machine this is"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn targets_and_minutes() {
        let check = |args: &[&str], names: &[&str], minutes: u32| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            let (targets, found) = parse(&args).unwrap();
            assert_eq!(targets.iter().map(|target| target.name).collect::<Vec<_>>(), names);
            assert_eq!(found, minutes);
        };
        check(&[], &["document", "expression", "chat"], 1);
        check(&["chat", "--minutes", "5"], &["chat"], 5);
        for wrong in [&["nothing"][..], &["--minutes"], &["--minutes", "x"], &["--minutes", "0"]] {
            let args: Vec<String> = wrong.iter().map(|arg| (*arg).to_owned()).collect();
            assert!(parse(&args).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_target_has_seeds() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/fuzz");
        for target in TARGETS {
            assert!(fuzz.join("seeds").join(target.name).is_dir(), "{}", target.name);
            assert!(fuzz.join("bin").join(format!("{}.rs", target.name)).is_file(), "{}", target.name);
        }
    }
}
