//! `cargo xtask coverage`: which lines of the engine its own tests run.
//!
//! Everything is built apart, with rustc's instrumentation, into `target/coverage`. LLVM's tools of the same version as
//! rustc's read what the tests wrote. Lines of tests do not count: they run by nature.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::project::Project;
use crate::setup;

/// What the house asks for, in percent of the lines.
const WANTED: f64 = 85.0;

/// Lines of a file that can run, and whether they did.
type Lines = BTreeMap<usize, bool>;

/// Runs the engine's tests and says file by file what they miss, the worst last.
///
/// # Errors
/// A test that fails, a tool that is missing. Less than [`WANTED`] is an exit code.
pub fn run(project: &Project) -> Result<ExitCode> {
    let llvm = setup::llvm(project)?;
    let sh = &project.sh;
    let target_dir = project.target.join("coverage");
    let raw = target_dir.join("profiles");
    // What an earlier run wrote would count as run.
    let _ = fs::remove_dir_all(&raw);
    fs::create_dir_all(&raw)?;
    let instrumented = |cargo: xshell::Cmd<'_>| -> Result<String> {
        let pattern = raw.join("%p-%m.profraw");
        Ok(cargo.env("RUSTFLAGS", "-Cinstrument-coverage").env("LLVM_PROFILE_FILE", pattern).read()?)
    };
    let built = cmd!(
        sh,
        "cargo test --locked --package engine --lib --tests --target-dir {target_dir} --no-run --message-format=json"
    );
    let programs = programs(&instrumented(built)?);
    ensure!(!programs.is_empty(), "cargo built no tests");
    let tests =
        cmd!(sh, "cargo test --locked --package engine --lib --tests --target-dir {target_dir} --quiet");
    instrumented(tests).context("the engine's tests")?;

    let profile = target_dir.join("engine.profdata");
    let profiles: Vec<PathBuf> = fs::read_dir(&raw)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let profdata = llvm.tool("llvm-profdata");
    cmd!(sh, "{profdata} merge --sparse {profiles...} --output {profile}").run()?;
    let objects = programs.iter().flat_map(|program| [PathBuf::from("--object"), program.clone()]);
    let objects: Vec<PathBuf> = objects.collect();
    let cov = llvm.tool("llvm-cov");
    let exported =
        cmd!(sh, "{cov} export --format=lcov --instr-profile {profile} {objects...}").quiet().read()?;
    let sources = project.root.join("crates/engine/src");
    let mut files = read_lcov(&exported, &sources);
    for (path, lines) in &mut files {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        leave_tests_out(&text, lines);
    }
    Ok(tell(&files, &sources))
}

/// The programs among cargo's messages.
fn programs(messages: &str) -> Vec<PathBuf> {
    let program = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    };
    messages.lines().filter_map(program).collect()
}

/// Reads LLVM's lcov: `SF:` begins a file, `DA:line,count` is one of its lines. A line that several programs have ran
/// if it ran in one.
fn read_lcov(text: &str, sources: &Path) -> BTreeMap<PathBuf, Lines> {
    let mut files: BTreeMap<PathBuf, Lines> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = PathBuf::from(path);
            let is_test = path.file_name().is_some_and(|name| name == "tests.rs" || name == "testing.rs");
            current = (path.starts_with(sources) && !is_test).then_some(path);
        } else if let (Some(path), Some(counted)) = (&current, line.strip_prefix("DA:")) {
            let mut numbers = counted.split(',');
            let (number, count) = (numbers.next(), numbers.next());
            let Some(number) = number.and_then(|number| number.parse().ok()) else { continue };
            let ran = count.is_some_and(|count| count != "0");
            *files.entry(path.clone()).or_default().entry(number).or_default() |= ran;
        }
    }
    files
}

/// Takes out the lines from `mod tests` on: it stands at the end of a file.
fn leave_tests_out(text: &str, lines: &mut Lines) {
    let is_marked =
        |(above, below): &(&str, &str)| *above == "#[cfg(test)]" && below.starts_with("mod tests {");
    let begins = text.lines().zip(text.lines().skip(1)).position(|pair| is_marked(&pair));
    if let Some(begins) = begins {
        lines.retain(|number, _| *number <= begins);
    }
}

fn tell(files: &BTreeMap<PathBuf, Lines>, sources: &Path) -> ExitCode {
    let counted = |lines: &Lines| (lines.values().filter(|ran| **ran).count(), lines.len());
    let percent = |(ran, all): (usize, usize)| 100.0 * ran as f64 / all.max(1) as f64;
    let mut worst: Vec<(&PathBuf, &Lines)> = files.iter().collect();
    worst.sort_by(|(_, left), (_, right)| percent(counted(right)).total_cmp(&percent(counted(left))));
    for (path, lines) in worst {
        let name = path.strip_prefix(sources).unwrap_or(path).display();
        let (ran, all) = counted(lines);
        if ran < all {
            println!("{:5.1} %  {ran:5} of {all:5}  {name}  {}", percent((ran, all)), missed(lines));
        }
    }
    let (ran, all) = files.values().map(counted).fold((0, 0), |sum, file| (sum.0 + file.0, sum.1 + file.1));
    let whole = percent((ran, all));
    println!("\nengine: {ran} of {all} lines run, {whole:.1} % (wanted: {WANTED:.0} %)");
    if whole >= WANTED { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first lines that did not run, as ranges.
fn missed(lines: &Lines) -> String {
    const SHOWN: usize = 6;
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in lines.iter().filter_map(|(number, ran)| (!ran).then_some(*number)) {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == number => *end = number,
            _ => ranges.push((number, number)),
        }
    }
    let more = if ranges.len() > SHOWN { " …" } else { "" };
    let range =
        |(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    ranges.iter().take(SHOWN).map(range).collect::<Vec<_>>().join(" ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_tests_left_out() {
        let lcov = "SF:/e/src/a.rs\nFN:1,x\nDA:1,4\nDA:2,0\nDA:5,0\nDA:8,1\nend_of_record\n\
                    SF:/e/src/a/tests.rs\nDA:1,0\nend_of_record\nSF:/other/b.rs\nDA:1,1\nend_of_record\n\
                    SF:/e/src/a.rs\nDA:2,0\nDA:5,7\nend_of_record\n";
        let mut files = read_lcov(lcov, Path::new("/e/src"));
        assert_eq!(files.len(), 1);
        let lines = files.get_mut(Path::new("/e/src/a.rs")).unwrap();
        assert_eq!(
            lines.iter().map(|(number, ran)| (*number, *ran)).collect::<Vec<_>>(),
            [(1, true), (2, false), (5, true), (8, true)]
        );
        leave_tests_out("1\n2\n3\n4\n5\n\n#[cfg(test)]\nmod tests {\n", lines);
        assert_eq!(lines.len(), 3);
        leave_tests_out("#[cfg(test)]\nuse x;\n", lines);
        assert_eq!((lines.len(), missed(lines)), (3, "2".to_owned()));
        lines.extend([(3, false), (4, false), (9, false)]);
        assert_eq!(missed(lines), "2-4 9");
    }

    #[test]
    fn programs_are_found_among_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\nnoise\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/t/engine-1\"}\n";
        assert_eq!(programs(messages), [PathBuf::from("/t/engine-1")]);
    }
}
