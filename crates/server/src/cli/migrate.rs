//! `migrate`: brings the database up to date, or says what that would be.

use anyhow::{Result, bail};
use clap::Args;
use engine::words::Words;
use store::{DataDir, Database, inspect};

use super::say;
use crate::config::StoreOptions;
use crate::{locale, serve};

#[derive(Args)]
pub struct MigrateOptions {
    /// Say what would be done and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreOptions,
}

const NOTHING: Words = Words::new("The database is up to date.", "База данных в актуальном состоянии.");
const NONE: Words = Words::new(
    "There is no database yet; it is made at the start.",
    "Базы данных ещё нет; она создаётся при запуске.",
);
const WOULD: Words = Words::new("To be run, in this order:", "Предстоит выполнить, по порядку:");
const DONE: Words = Words::new("Done:", "Выполнено:");

pub fn run(options: &MigrateOptions) -> Result<()> {
    let lang = locale::from_environment();
    let directory = DataDir::open(&options.store.data_dir)?;
    let database = Database::from_url(options.store.database_url.as_deref(), &directory)?;
    let before = inspect(&database, None)?;
    if let Some(newer) = before.as_ref().and_then(|seen| seen.unknown.first()) {
        bail!("the database is of a newer Scenaria (migration {newer}); run that version");
    }
    let pending = before.as_ref().map(|seen| seen.pending.clone()).unwrap_or_default();
    if options.dry_run {
        match before {
            None => say(NONE.get(lang)),
            Some(_) if pending.is_empty() => say(NOTHING.get(lang)),
            Some(_) => list(WOULD.get(lang), &pending),
        }
        return Ok(());
    }
    // Opening migrates.
    let opened = serve::open_store(&options.store, true)?;
    let threads = tokio::runtime::Builder::new_current_thread().build()?;
    threads.block_on(opened.store.close());
    if pending.is_empty() {
        say(NOTHING.get(lang))
    } else {
        list(DONE.get(lang), &pending)
    }
    Ok(())
}

fn list(head: &str, names: &[String]) {
    say(head);
    names.iter().for_each(|name| say(format_args!("  {name}")));
}
