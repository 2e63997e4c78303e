//! Runs named steps in order, stops at the first failure, and prints what took how long.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::project::Project;

/// One thing that must pass.
pub struct Step {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Project) -> Result<Outcome>,
}

/// How a step ended when it did not fail.
pub enum Outcome {
    Passed,
    /// The machine cannot do this step (no network, say); the reason is shown in the summary.
    Skipped(String),
}

struct Line {
    name: &'static str,
    verdict: String,
    took: Duration,
}

/// Runs `steps`, or only those named in `only`. The last line it prints is `N passed, N failed`.
///
/// # Errors
/// An unknown name in `only`. A step that fails is an exit code, because it has been reported already.
pub fn run(project: &Project, steps: &[Step], only: &[String]) -> Result<ExitCode> {
    for name in only {
        ensure!(
            steps.iter().any(|step| step.name == name),
            "there is no step `{name}`: see `cargo xtask steps`"
        );
    }
    let chosen: Vec<&Step> =
        steps.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect();
    let started = Instant::now();
    let mut lines = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    for (index, step) in chosen.iter().enumerate() {
        println!("\n==> [{}/{}] {}: {}", index + 1, chosen.len(), step.name, step.about);
        let began = Instant::now();
        let result = (step.run)(project);
        let took = began.elapsed();
        let verdict = match result {
            Ok(Outcome::Passed) => {
                passed += 1;
                "passed".to_owned()
            }
            Ok(Outcome::Skipped(reason)) => format!("SKIPPED: {reason}"),
            Err(error) => {
                failed += 1;
                println!("    {error:#}");
                "FAILED".to_owned()
            }
        };
        println!("    {} {verdict} in {}", step.name, seconds(took));
        lines.push(Line { name: step.name, verdict, took });
        if failed > 0 {
            break;
        }
    }
    println!("\n{}", summary(&lines, &chosen, started.elapsed()));
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(lines: &[Line], chosen: &[&Step], total: Duration) -> String {
    let width = chosen.iter().map(|step| step.name.len()).max().unwrap_or(0).max("total".len());
    let mut rows: Vec<String> = lines
        .iter()
        .map(|line| format!("{:width$}  {:>8}  {}", line.name, seconds(line.took), line.verdict))
        .collect();
    rows.extend(
        chosen.iter().skip(lines.len()).map(|step| format!("{:width$}  {:>8}  not run", step.name, "-")),
    );
    rows.push(format!("{:width$}  {:>8}", "total", seconds(total)));
    rows.join("\n")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
