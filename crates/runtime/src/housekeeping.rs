//! Bounded tables: what is settled goes after a while, in small steps between other writes.

use std::sync::Arc;
use std::time::Duration;

use store::{Class, Retention, delete_expired};

use crate::Inner;

const EVERY: Duration = Duration::from_secs(300);

/// Traces are for looking at what happened lately.
const TRACES_KEPT_MS: i64 = 14 * 24 * 3_600_000;

/// Trims for ever.
pub async fn run(inner: Arc<Inner>) {
    loop {
        if !inner.nodes.is_eldest() {
            tokio::time::sleep(EVERY).await;
            continue;
        }
        let now = inner.store.now();
        inner.store.trim_traces(now.plus_ms(-TRACES_KEPT_MS));
        loop {
            let step = move |tx: &mut store::Tx| delete_expired(tx, Retention::default(), now);
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
