//! `cargo xtask bench engine`: how long the engine takes, in a release build. Figures: `docs/BENCHMARKS.md`.

use anyhow::{Result, bail};
use xshell::cmd;

use crate::project::Project;

/// Runs the benchmarks of one crate; what stands behind its name goes to criterion (a part of a name, say).
pub fn run(project: &Project, args: &[String]) -> Result<()> {
    let sh = &project.sh;
    match args {
        [name, rest @ ..] if name == "engine" => {
            cmd!(sh, "cargo bench --package engine --bench engine -- {rest...}").run()?;
            Ok(())
        }
        _ => bail!("there are benchmarks of `engine` only: cargo xtask bench engine [filter]"),
    }
}
