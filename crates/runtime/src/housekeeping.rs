//! Bounded tables: what is settled goes after a while, in small steps between other writes.

use std::sync::Arc;
use std::time::Duration;

use store::{Class, delete_expired};

use crate::Inner;

const EVERY: Duration = Duration::from_secs(300);

/// Trims for ever.
pub async fn run(inner: Arc<Inner>) {
    loop {
        if !inner.nodes.is_eldest() {
            tokio::time::sleep(EVERY).await;
            continue;
        }
        let now = inner.store.now();
        inner.store.trim_traces(inner.retention, now);
        loop {
            let keep = inner.retention;
            let step = move |tx: &mut store::Tx| delete_expired(tx, keep, now);
            match inner.store.write(Class::Background, step).await {
                Ok(0) => break,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::warn!(%error, "old rows could not be deleted");
                    break;
                }
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}
