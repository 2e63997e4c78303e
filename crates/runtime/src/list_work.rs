//! Indexes of long lists that are made, and deleted lists that are emptied, bit by bit between other writes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::ids::{ListId, UtcMs};
use store::lists::rebuild;
use store::setbacks::{Item, Work};
use store::{Class, Tx, WriteError};

use crate::Inner;
use crate::setbacks::{again_at, idle_until, set_back};

/// Rows of one job.
const BATCH: i64 = 200;

/// Lists taken in turn.
const LISTS: i64 = 20;

/// The longest sleep: another process may have changed a list.
const IDLE: Duration = Duration::from_secs(10);

/// Works for ever. On several nodes the eldest does it.
pub async fn run(inner: Arc<Inner>) {
    let mut later = HashMap::new();
    loop {
        match work_some(&inner, &mut later).await {
            Ok(true) => {}
            Ok(false) => {
                let idle = idle_until(&later, inner.store.now(), IDLE);
                let _ = tokio::time::timeout(idle, inner.list_work_wakeup.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the indexes of lists have to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Does a bit for each list that needs it; false when none does. Those that failed wait until `later`.
async fn work_some(inner: &Arc<Inner>, later: &mut HashMap<ListId, UtcMs>) -> anyhow::Result<bool> {
    if !inner.nodes.is_eldest() {
        return Ok(false);
    }
    let now = inner.store.now();
    later.retain(|_, at| *at > now);
    let waiting: Vec<ListId> = later.keys().copied().collect();
    let lists =
        inner.store.read(move |connection| Ok(rebuild::unfinished(connection, &waiting, LISTS)?)).await?;
    for (workspace, list) in lists.iter().copied() {
        let step = move |tx: &mut Tx| rebuild::work_some(tx, workspace, list, BATCH, now);
        match inner.store.write(Class::Background, step).await {
            Ok(true) => {}
            // Queries may use the index now.
            Ok(false) => inner.configured(workspace),
            Err(WriteError::Busy) => return Err(WriteError::Busy.into()),
            // One that cannot be worked does not hold up the others.
            Err(error) => {
                let item = Item { workspace, work: Work::List, name: list.to_string() };
                let verdict = set_back(inner, item, &error, |_, _| Ok(())).await?;
                later.insert(list, again_at(verdict, now));
            }
        }
    }
    Ok(!lists.is_empty())
}
