//! `cargo xtask bench engine|sandbox`: how long things take, in a release build. Figures: `docs/BENCHMARKS.md`.

use anyhow::{Result, bail};
use xshell::cmd;

use crate::project::Project;

/// Runs the benchmarks of one crate. What stands behind `engine` goes to criterion (a part of a name, say); behind
/// `sandbox` stands the number of steps per row, or `corpus` for the hostile scripts with the budgets of production.
pub fn run(project: &Project, args: &[String]) -> Result<()> {
    let sh = &project.sh;
    match args {
        [name, rest @ ..] if name == "engine" => {
            cmd!(sh, "cargo bench --package engine --bench engine -- {rest...}").run()?;
            Ok(())
        }
        [name, what] if name == "sandbox" && what == "corpus" => {
            // Examples are the workers of the tests; cargo builds them with all tests of the package only.
            cmd!(sh, "cargo build --release --package script-sandbox --example script_worker").run()?;
            cmd!(sh, "cargo test --release --package script-sandbox --test it -- --ignored --nocapture the_whole_corpus")
                .run()?;
            Ok(())
        }
        [name, rest @ ..] if name == "sandbox" => {
            cmd!(sh, "cargo bench --package script-sandbox --bench steps -- {rest...}").run()?;
            Ok(())
        }
        _ => bail!("cargo xtask bench engine [filter], or cargo xtask bench sandbox [steps | corpus]"),
    }
}
