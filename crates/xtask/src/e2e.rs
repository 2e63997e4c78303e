//! The browser journey: web-ui's own script drives headless Chromium against the built binary.

use anyhow::{Context, Result};
use xshell::cmd;

use crate::project::Project;
use crate::steps::Outcome;
use crate::{rust, setup, web};

/// Builds what the journey needs and plays it.
pub fn run(project: &Project) -> Result<()> {
    setup::browser(project)?;
    web::install(project)?;
    rust::build(project)?;
    journey(project)?;
    Ok(())
}

/// Plays the journey with the binary that is already built.
pub fn journey(project: &Project) -> Result<Outcome> {
    let chromium = setup::find_chromium().context("no Chromium: run `cargo xtask setup`")?;
    web::require_script(project, "e2e")?;
    let sh = &project.sh;
    let _in_web_ui = sh.push_dir(project.web_ui());
    cmd!(sh, "npm run --silent e2e").env("SCENARIA_BIN", project.binary()).env("CHROMIUM", chromium).run()?;
    Ok(Outcome::Passed)
}
