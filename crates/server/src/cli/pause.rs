//! `pause` and `release`: an installation that stands still until its operator has decided what becomes of old work.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use engine::effect::Answer;
use engine::error::StepError;
use engine::words::{Lang, Words};
use store::backlog::{self, Backlog};
use store::{Class, JobError, Store, Tx};

use super::say;
use crate::config::StoreOptions;
use crate::{locale, serve};

/// Rows of one job.
const STEP: i64 = 500;

#[derive(Args)]
pub struct PauseOptions {
    #[command(flatten)]
    store: StoreOptions,
}

/// Whatever is not kept is given up: a message of last week does more harm today than none.
#[derive(Args)]
pub struct ReleaseOptions {
    /// Messages that wait: give them up, or send them
    #[arg(long, default_value = "drop")]
    sends: Fate,
    /// HTTP and other calls without an answer: their runs go on along “On error”, or they are made (again)
    #[arg(long, default_value = "drop")]
    calls: Fate,
    /// Timers that are overdue: delete them, so that their runs wait for the person, or let them fire
    #[arg(long, default_value = "drop")]
    timers: Fate,
    /// Messages of people that nobody has worked: put them away, or answer them
    #[arg(long, default_value = "drop")]
    events: Fate,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fate {
    Drop,
    Keep,
}

const PAUSED: Words = Words::new(
    "Paused: from its next start on the server takes in, works and sends nothing until `scenaria release`.",
    "Пауза: со следующего запуска сервер ничего не принимает, не выполняет и не отправляет, пока не выполнить `scenaria release`.",
);
const WAITING: Words = Words::new(
    "Waiting: {sends} to send, {calls} calls, {timers} timers ({due} of them overdue), {events} events.",
    "Ждут: отправок {sends}, внешних запросов {calls}, таймеров {timers} (из них просрочено {due}), событий {events}.",
);
const HOW: Words = Words::new(
    "`scenaria release` gives up what is old and lets it work; `scenaria release --help` says how to keep some of it.",
    "`scenaria release` отбрасывает старое и снимает паузу; как что-то оставить, скажет `scenaria release --help`.",
);
const RELEASED: Words = Words::new(
    "Released. Given up: {sends} to send, {calls} calls, {timers} overdue timers, {events} events. Kept: {kept_sends} to send, {kept_calls} calls, {kept_timers} timers, {kept_events} events.",
    "Пауза снята. Отброшено: отправок {sends}, внешних запросов {calls}, просроченных таймеров {timers}, событий {events}. Осталось: отправок {kept_sends}, внешних запросов {kept_calls}, таймеров {kept_timers}, событий {kept_events}.",
);

/// Sets the pause.
pub async fn set(store: &Store, reason: String) -> Result<()> {
    Ok(store.write(Class::Background, move |tx| backlog::pause(tx, &reason)).await?)
}

pub fn say_backlog(backlog: &Backlog, lang: Lang) {
    let numbers = [
        ("{sends}", backlog.sends()),
        ("{calls}", backlog.calls),
        ("{timers}", backlog.timers),
        ("{due}", backlog.timers_due),
        ("{events}", backlog.events),
    ];
    say(fill(WAITING.get(lang), &numbers));
    say(HOW.get(lang));
}

fn fill(text: &str, numbers: &[(&str, i64)]) -> String {
    numbers.iter().fold(text.to_owned(), |text, (name, number)| text.replace(name, &number.to_string()))
}

pub fn pause(options: &PauseOptions) -> Result<()> {
    let lang = locale::from_environment();
    with_store(&options.store, async |store| {
        set(store, "paused by its operator".to_owned()).await?;
        say(PAUSED.get(lang));
        say_backlog(&count(store).await?, lang);
        Ok(())
    })
}

pub fn release(options: &ReleaseOptions) -> Result<()> {
    let lang = locale::from_environment();
    with_store(&options.store, async |store| {
        if store.read(|connection| Ok(backlog::paused(connection)?)).await?.is_none() {
            // While it works, none of this is old.
            bail!("it is not paused: there is nothing to release");
        }
        let now = store.now();
        let sends = give_up(store, options.sends, move |tx| {
            backlog::drop_sends(tx, STEP, "given up after a restore", now)
        });
        let sends = sends.await? + give_up(store, options.sends, backlog::drop_broadcast).await?;
        let answer = serde_json::to_string(&Err::<Answer, StepError>(given_up()))?;
        let calls = give_up(store, options.calls, move |tx| backlog::answer_calls(tx, STEP, &answer)).await?;
        let timers = give_up(store, options.timers, move |tx| backlog::drop_timers(tx, STEP, now)).await?;
        let events = give_up(store, options.events, move |tx| backlog::drop_events(tx, STEP, now)).await?;
        let kept = count(store).await?;
        store.write(Class::Background, backlog::release).await?;
        let numbers = [
            ("{sends}", sends),
            ("{calls}", calls),
            ("{timers}", timers),
            ("{events}", events),
            ("{kept_sends}", kept.sends()),
            ("{kept_calls}", kept.calls),
            ("{kept_timers}", kept.timers),
            ("{kept_events}", kept.events),
        ];
        say(fill(RELEASED.get(lang), &numbers));
        Ok(())
    })
}

/// What a run finds whose call is given up.
fn given_up() -> StepError {
    StepError::new(
        "restored",
        "The call was given up: the data was restored from a backup",
        "Запрос не выполнялся: данные восстановлены из резервной копии",
    )
}

async fn give_up(
    store: &Store,
    fate: Fate,
    step: impl Fn(&mut Tx) -> Result<usize, JobError> + Clone + Send + 'static,
) -> Result<i64> {
    let mut all = 0;
    if fate != Fate::Drop {
        return Ok(all);
    }
    loop {
        match store.write(Class::Background, step.clone()).await? {
            0 => return Ok(all),
            some => all += i64::try_from(some)?,
        }
    }
}

async fn count(store: &Store) -> Result<Backlog> {
    let now = store.now();
    Ok(store.read(move |connection| Ok(backlog::count(connection, now)?)).await?)
}

/// Without the lock: it may run beside the server.
fn with_store(options: &StoreOptions, work: impl AsyncFnOnce(&Store) -> Result<()>) -> Result<()> {
    let opened = serve::open_store(options, false)?;
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads.block_on(async {
        let done = work(&opened.store).await;
        opened.store.close().await;
        done
    })
}
