//! `cargo xtask bench engine|sandbox|runtime`: how long things take, in a release build, and the whole binary as it is
//! installed. Figures: `docs/BENCHMARKS.md`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::postgres::Postgres;
use crate::project::Project;
use crate::{setup, web};

/// Runs the benchmarks of one crate. What stands behind `engine` goes to criterion (a part of a name, say); behind
/// `sandbox` stands the number of steps per row, `throughput` or `neighbours` for one of them alone, or `corpus` for the
/// hostile scripts with the budgets of production, all of them or a part such as `2/5`. What stands behind `runtime` says
/// how much there is to do, and on which database, or that a bot written by hand does it.
pub fn run(project: &Project, args: &[String]) -> Result<()> {
    let sh = &project.sh;
    match args {
        [name, rest @ ..] if name == "engine" => {
            cmd!(sh, "cargo bench --package engine --bench engine -- {rest...}").run()?;
            Ok(())
        }
        [name, what, part @ ..] if name == "sandbox" && what == "corpus" => {
            // Examples are the workers of the tests; cargo builds them with all tests of the package only.
            cmd!(sh, "cargo build --release --package script-sandbox --example script_worker").run()?;
            cmd!(sh, "cargo test --release --package script-sandbox --test it -- --ignored --nocapture the_whole_corpus")
                .env("SCENARIA_CORPUS_PART", part.first().map_or("1/1", String::as_str))
                .run()?;
            Ok(())
        }
        [name, rest @ ..] if name == "sandbox" => {
            cmd!(sh, "cargo bench --package script-sandbox --bench steps -- {rest...}").run()?;
            Ok(())
        }
        [name, rest @ ..] if name == "runtime" => runtime(project, rest),
        _ => bail!(
            "cargo xtask bench engine [filter], cargo xtask bench sandbox [steps | throughput | neighbours | corpus [part/parts]], or \
             cargo xtask bench runtime [--help]"
        ),
    }
}

fn runtime(project: &Project, args: &[String]) -> Result<()> {
    // Lives until the benchmark has ended.
    let server = args.iter().any(|arg| arg.contains("postgres")).then(Postgres::start_durable).transpose()?;
    let mut bench =
        cmd!(project.sh, "cargo bench --profile dist --package server --bench runtime -- {args...}");
    if let Some(server) = &server {
        bench = bench.env("SCENARIA_BENCH_DATABASE_URL", server.url());
    }
    if args.iter().any(|arg| arg == "--by-hand") {
        bench = bench.env("SCENARIA_BENCH_BY_HAND", bot_by_hand(project)?);
    }
    Ok(bench.run()?)
}

/// Installs the bot that is compared with, with its packages.
fn bot_by_hand(project: &Project) -> Result<PathBuf> {
    let (source, directory) =
        (project.root.join("crates/server/benches/runtime/by_hand"), project.target.join("by-hand"));
    setup::node(project)?;
    let sh = &project.sh;
    sh.create_dir(&directory)?;
    for file in ["package.json", "package-lock.json", "bot.mjs"] {
        sh.copy_file(source.join(file), &directory)?;
    }
    web::install_in(sh, &directory)?;
    Ok(directory)
}
