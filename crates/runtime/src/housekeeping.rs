//! Bounded tables: what is settled goes after a while, in small steps between other writes.

use std::sync::Arc;
use std::time::Duration;

use engine::ids::UtcMs;
use store::setbacks::{HOUSE, Item, Work};
use store::{Class, Trimmed, WriteError, trim};

use crate::Inner;
use crate::setbacks::set_back;

const EVERY: Duration = Duration::from_secs(300);

/// Trims for ever.
pub async fn run(inner: Arc<Inner>) {
    loop {
        if inner.nodes.is_eldest() {
            let now = inner.store.now();
            inner.store.trim_traces(inner.retention, now);
            for what in Trimmed::ALL {
                if let Err(error) = trim_all(&inner, *what, now).await {
                    if error == WriteError::Busy {
                        break;
                    }
                    // The others are trimmed all the same; this one is tried again in the next round.
                    let item = Item { workspace: HOUSE, work: Work::Retention, name: what.name().to_owned() };
                    if set_back(&inner, item, &error, |_, _| Ok(())).await.is_err() {
                        tracing::warn!(what = what.name(), %error, "old rows could not be deleted");
                        break;
                    }
                }
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn trim_all(inner: &Inner, what: Trimmed, now: UtcMs) -> Result<(), WriteError> {
    let keep = inner.retention;
    while inner.store.write(Class::Background, move |tx| trim(tx, what, keep, now)).await? > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
