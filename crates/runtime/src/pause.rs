//! An installation that stands still: after a restore nothing of yesterday may go out before its operator says so.
//!
//! It is a setting of the database. While it is set, nothing is taken in and nothing is worked; who clears it need not
//! be this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::{Store, backlog};
use tokio::sync::Notify;

use crate::Inner;

/// How often a paused runtime asks whether it may go on.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(crate) struct Pause {
    is_on: AtomicBool,
    over: Notify,
}

impl Pause {
    pub(crate) async fn read(store: &Store) -> anyhow::Result<Self> {
        let reason = store.read(|connection| Ok(backlog::paused(connection)?)).await?;
        if let Some(reason) = &reason {
            tracing::warn!(%reason, "paused: nothing is taken in, worked or sent until `scenaria release`");
        }
        Ok(Self { is_on: AtomicBool::new(reason.is_some()), over: Notify::new() })
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Ends the pause as soon as the setting is cleared.
    pub(crate) async fn watch(inner: Arc<Inner>) {
        while inner.pause.is_on() {
            tokio::time::sleep(LOOK_EVERY).await;
            match inner.store.read(|connection| Ok(backlog::paused(connection)?)).await {
                Ok(None) => {
                    tracing::warn!("released: work goes on");
                    inner.pause.is_on.store(false, Ordering::Relaxed);
                    inner.pause.over.notify_waiters();
                }
                Ok(Some(_)) => {}
                Err(error) => tracing::warn!(%error, "cannot ask whether the pause is over"),
            }
        }
    }

    async fn is_over(&self) {
        loop {
            let over = self.over.notified();
            if !self.is_on() {
                return;
            }
            over.await;
        }
    }
}

/// Does the work once there is no pause; never, when the runtime stops before.
pub(crate) async fn when_released(inner: Arc<Inner>, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = inner.stopping.begun() => return,
        () = inner.pause.is_over() => {}
    }
    work.await;
}
