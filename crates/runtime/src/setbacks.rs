//! What fails by itself in the background: it is counted, tried again later and later, and at last given up, so that it
//! neither holds up others nor is tried for ever. Operators see it in the log, in the metrics and in `scenaria doctor`.
//!
//! A failure counts only when it can be written down: while the database is away nothing is given up.

use std::collections::HashMap;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::ids::UtcMs;
use store::setbacks::{self, Item, Verdict};
use store::{Class, JobError, Tx, WriteError};

use crate::Inner;
use crate::timers::until;

/// What nobody may drop, such as the index of a list, is tried again so often after it was given up.
pub const HOURLY_MS: i64 = 3_600_000;

/// Counts a failure and does, in the same job, what becomes of the thing that failed.
///
/// # Errors
/// The database has no time, or is away: then nothing was counted.
pub async fn set_back(
    inner: &Inner,
    item: Item,
    error: &(dyn Display + Sync),
    put_off: impl Fn(&mut Tx, Verdict) -> Result<(), JobError> + Send + 'static,
) -> Result<Verdict, WriteError> {
    let (now, text, of) = (inner.store.now(), error.to_string(), item.clone());
    let job = move |tx: &mut Tx| {
        let verdict = setbacks::count(tx, &of, &text, now)?;
        put_off(tx, verdict)?;
        Ok(verdict)
    };
    let verdict = inner.store.write(Class::Background, job).await?;
    let Item { workspace, work, name } = item;
    inner.meters.setbacks.increment();
    match verdict {
        Verdict::Again(at) => {
            let in_ms = at.0 - now.0;
            tracing::warn!(%workspace, work = work.as_str(), name, error = %error, in_ms, "it failed and is tried again");
        }
        Verdict::GivenUp => {
            inner.meters.given_up.increment();
            tracing::error!(%workspace, work = work.as_str(), name, error = %error, "it failed too often and is given up");
        }
    }
    Ok(verdict)
}

/// When something that nobody may drop is tried again.
pub fn again_at(verdict: Verdict, now: UtcMs) -> UtcMs {
    match verdict {
        Verdict::Again(at) => at,
        Verdict::GivenUp => now.plus_ms(HOURLY_MS),
    }
}

/// How long to sleep when there is nothing else to do: until the first of those that wait is tried again.
pub fn idle_until<K>(later: &HashMap<K, UtcMs>, now: UtcMs, idle: Duration) -> Duration {
    let first = later.values().min().map(|at| until(now, *at));
    first.map_or(idle, |first| first.min(idle))
}

/// How a future ends that may panic.
#[derive(Debug, thiserror::Error)]
#[error("it panicked")]
pub struct Panicked;

/// Catches the panic of a future, which is dropped then.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    Caught(Box::pin(work)).await
}

struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let work = self.0.as_mut();
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.poll(cx))) {
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}

/// The first wait after a loop has died; twice as long each time.
const REVIVE_AFTER: Duration = Duration::from_secs(1);

const REVIVE_AFTER_MAX: Duration = Duration::from_secs(60);

/// Runs a loop that is to run for ever, and again when it has died of a bug of ours.
pub async fn kept_alive<F: Future<Output = ()>>(name: &'static str, begin: impl Fn() -> F) {
    revive(name, REVIVE_AFTER, begin).await;
}

async fn revive<F: Future<Output = ()>>(name: &'static str, mut wait: Duration, begin: impl Fn() -> F) {
    while caught(begin()).await.is_err() {
        tracing::error!(name, wait_s = wait.as_secs(), "a loop of the runtime panicked; it begins anew");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(REVIVE_AFTER_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_loop_that_dies_begins_anew() {
        let times = AtomicU32::new(0);
        let begin = || async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(times.fetch_add(1, Ordering::Relaxed) >= 3, "a bug of ours");
        };
        revive("test", Duration::from_millis(1), begin).await;
        assert_eq!(times.load(Ordering::Relaxed), 4);
    }
}
