//! What the whole product does with an update: `cargo xtask bench runtime`. Figures: `docs/BENCHMARKS.md`.
//!
//! Three processes: the binary `scenaria` on a fresh database, a Bot API server that only counts, and this one,
//! which sends the updates. An update is 1 KB; its run reads a row of a list of 1,000 by its key, runs a JS step of
//! ten lines, branches, adds a row to a list and sends a message with buttons. At the end every update must have
//! been worked exactly once, or the figures do not count. With `--by-hand` a bot that somebody wrote by hand for the same
//! work (`by_hand/bot.mjs`) takes the binary's place: a measure that goes with the machine's mood.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot begin should stop")]
#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a terminal"
)]

mod arrivals;
mod bot_api;
mod load;
mod measure;
mod report;
mod server;
mod workload;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use engine::ids::BotId;

use crate::arrivals::Arrivals;
use crate::load::{Load, Pace};
use crate::measure::{Memory, Tree};
use crate::report::Report;
use crate::server::Server;
use crate::workload::Workload;

/// Measures the runtime.
#[derive(Parser)]
struct Options {
    /// `postgres` takes the server of SCENARIA_BENCH_DATABASE_URL, which `cargo xtask bench runtime` starts
    #[arg(long, default_value = "sqlite")]
    database: Kind,
    /// In place of Scenaria a bot written by hand with grammY and better-sqlite3
    #[arg(long, conflicts_with_all = ["database", "subscribers"])]
    by_hand: bool,
    /// People who write
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    chats: u64,
    /// Updates per second, sent by the clock; without it as many as are worked
    #[arg(long)]
    rate: Option<u32>,
    /// Without --rate: updates under way at once
    #[arg(long, default_value_t = 256)]
    window: u32,
    /// Subscribers the bot has before
    #[arg(long, default_value_t = 1_000)]
    subscribers: u64,
    /// How long it is measured, after a warm-up
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Warm-up before measuring
    #[arg(long, default_value_t = 3)]
    warm_up: u64,
    /// `cargo bench` says so
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(bot_api::COMMAND) {
        bot_api::serve();
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match threads.block_on(run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            println!("\n{wrong}");
            ExitCode::FAILURE
        }
    }
}

/// Answers what was not worked as it should have been.
async fn run(options: &Options) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let database_url = match options.database {
        Kind::Sqlite => None,
        Kind::Postgres => {
            Some(std::env::var("SCENARIA_BENCH_DATABASE_URL").expect("SCENARIA_BENCH_DATABASE_URL is set"))
        }
    };
    let arrivals = Arc::new(Arrivals::default());
    let api = bot_api::start(Arc::clone(&arrivals));
    let yardstick = measure::yardstick();
    let workload = Workload::new(directory.path(), database_url.as_deref());
    let (server, bot) = if options.by_hand {
        (Server::start_by_hand(directory.path(), api.port), BotId(1))
    } else {
        eprintln!("filling the database with {} subscribers ...", options.subscribers);
        let bot = workload.fill(api.port, options.subscribers, options.chats).await;
        (Server::start(directory.path(), database_url.as_deref()), bot)
    };
    let tree = Tree::of(server.pid());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = tree.memory();
    eprintln!("measuring the processes of {} for {} s ...", server.pid(), options.seconds);

    let pace = match options.rate {
        Some(rate) => Pace::Rate(rate),
        None => Pace::Window(options.window),
    };
    let load = Load::new(server.public(), bot, options.chats, pace, Arc::clone(&arrivals));
    let sending = tokio::spawn(Arc::clone(&load).run());
    tokio::time::sleep(Duration::from_secs(options.warm_up)).await;
    let began = (load.sent(), arrivals.count(), tree.cpu(), measure::Machine::now());
    let mut peak = Memory::default();
    for _ in 0..options.seconds * 2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        peak = peak.max(tree.memory());
    }
    let ended = (load.sent(), arrivals.count(), tree.cpu(), measure::Machine::now());
    load.stop();
    sending.await.unwrap();
    let total = load.sent();
    arrivals.wait_for(total).await;
    // What was sent is noted a moment later.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let rested = tree.memory();
    let said = server.stop();
    let worked = match options.by_hand {
        true => workload::verify_by_hand(&said, total, &arrivals),
        false => workload.verify(total, &arrivals).await,
    };
    let report = Report {
        database: match (options.by_hand, options.database) {
            (true, _) => "SQLite, by hand",
            (false, Kind::Sqlite) => "SQLite",
            (false, Kind::Postgres) => "PostgreSQL",
        },
        chats: options.chats,
        subscribers: if options.by_hand { 0 } else { options.subscribers },
        rate: options.rate,
        updates: ended.1 - began.1,
        took: Duration::from_secs(options.seconds),
        yardstick,
        latencies: load.latencies(began.0, ended.0),
        cpu: ended.2 - began.2,
        machine: ended.3.since(&began.3),
        idle,
        peak,
        rested,
    };
    report.print();
    worked.map_err(|wrong| format!("NOT every update was worked exactly once: {wrong}"))?;
    println!("\nEvery one of {total} updates was worked exactly once.");
    Ok(())
}
