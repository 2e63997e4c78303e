//! Indexes of long lists that are made, and deleted lists that are emptied, bit by bit between other writes.

use std::sync::Arc;
use std::time::Duration;

use store::lists::rebuild;
use store::{Class, Tx};

use crate::Inner;

/// Rows of one job.
const BATCH: i64 = 200;

/// Lists taken in turn.
const LISTS: i64 = 20;

/// The longest sleep: another process may have changed a list.
const IDLE: Duration = Duration::from_secs(10);

/// Works for ever. On several nodes the eldest does it.
pub async fn run(inner: Arc<Inner>) {
    loop {
        match work_some(&inner).await {
            Ok(true) => {}
            Ok(false) => {
                let _ = tokio::time::timeout(IDLE, inner.list_work_wakeup.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the indexes of lists have to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Does a bit for each list that needs it; false when none does.
async fn work_some(inner: &Arc<Inner>) -> anyhow::Result<bool> {
    if !inner.nodes.is_eldest() {
        return Ok(false);
    }
    let lists = inner.store.read(|connection| Ok(rebuild::unfinished(connection, LISTS)?)).await?;
    let now = inner.store.now();
    let mut failed = None;
    for (workspace, list) in lists.iter().copied() {
        let step = move |tx: &mut Tx| rebuild::work_some(tx, workspace, list, BATCH, now);
        match inner.store.write(Class::Background, step).await {
            Ok(true) => {}
            // Queries may use the index now.
            Ok(false) => inner.configured(workspace),
            // One that cannot be worked does not hold up the others.
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(!lists.is_empty()),
    }
}
