//! The checkout and the shell every step works in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::Shell;

/// The checkout, its target directory, and a shell that stands in its root.
pub struct Project {
    pub sh: Shell,
    pub root: PathBuf,
    pub target: PathBuf,
}

impl Project {
    /// Finds the checkout this program was built from and puts `target/tools/bin` on the path.
    pub fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("crates/xtask has no grandparent")?
            .to_owned();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let sh = Shell::new()?;
        sh.change_dir(&root);
        let project = Self { sh, root, target };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths(std::iter::once(project.tools_bin()).chain(std::env::split_paths(&path)))?;
        project.sh.set_var("PATH", path);
        Ok(project)
    }

    /// Where tools that this machine lacks are installed: outside the user's own `~/.cargo/bin`.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The development binary that `rust::build` makes.
    pub fn binary(&self) -> PathBuf {
        self.target.join("debug/scenaria")
    }

    pub fn web_ui(&self) -> PathBuf {
        self.root.join("web-ui")
    }

    fn tools_bin(&self) -> PathBuf {
        self.tools().join("bin")
    }
}
