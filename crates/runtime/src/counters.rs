//! Exit counters: how often each action was reached and left, for funnels over the past. Counted in memory after
//! the commit and added to the table in batches; what was counted since the last batch is lost with a crash.
//!
//! That is on purpose: exact ones would be a row or more in the commit of every burst, on the path of every answer, and
//! a funnel is read in percent. What must be exact is counted by a scenario itself, with *Increment*.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::ids::{ActionId, ExitId, ScenarioId, UtcMs, WorkspaceId};
use engine::run::Passage;
use store::exit_counters::{self, ExitCount};
use store::{Class, Store, WriteError};

use crate::Inner;

/// How often the counts are added.
const EVERY: Duration = Duration::from_secs(5);

/// Counts added in one job.
const BATCH: usize = 500;

/// Counts that are tried one by one before it is believed that none can be added.
const FAILURES_MAX: usize = 3;

const DAY_MS: i64 = 24 * 3_600_000;

/// In the order of the table's key, so that nodes that add at once do not wait for each other in a circle.
type Key = (WorkspaceId, ScenarioId, ActionId, ExitId, i64);

/// What was counted since the last batch.
#[derive(Default)]
pub struct Counters {
    counts: Mutex<BTreeMap<Key, i64>>,
}

impl Counters {
    pub fn count(&self, workspace: WorkspaceId, passed: Vec<Passage>, now: UtcMs) {
        if passed.is_empty() {
            return;
        }
        let day = now.0.div_euclid(DAY_MS);
        let mut counts = self.lock();
        for Passage { scenario, action, exit } in passed {
            *counts.entry((workspace, scenario, action, exit, day)).or_default() += 1;
        }
    }

    /// Adds what was counted; what could not be added is counted on.
    pub async fn flush(&self, store: &Store) {
        loop {
            let mut batch = BTreeMap::new();
            {
                let mut counts = self.lock();
                while batch.len() < BATCH
                    && let Some((key, count)) = counts.pop_first()
                {
                    batch.insert(key, count);
                }
            }
            if batch.is_empty() {
                return;
            }
            let rows: Vec<ExitCount> = batch.iter().map(|(key, count)| row(key, *count)).collect();
            if let Err(error) = store.write(Class::Background, move |tx| exit_counters::add(tx, &rows)).await
            {
                tracing::warn!(%error, "exit counters have to wait");
                if !self.add_each(store, batch).await {
                    return;
                }
            }
        }
    }

    /// Adds counts one by one. When some can be added, those that cannot are at fault themselves and are dropped; when
    /// none can, it is not they, and all are counted on: then it answers false.
    async fn add_each(&self, store: &Store, batch: BTreeMap<Key, i64>) -> bool {
        let (mut added, mut failed) = (0, Vec::new());
        for (key, count) in batch {
            let one = [row(&key, count)];
            // Whoever cannot write need not be asked five hundred times.
            let is_away = added == 0 && failed.len() >= FAILURES_MAX;
            let done = match is_away {
                true => Err(WriteError::Unavailable),
                false => store.write(Class::Background, move |tx| exit_counters::add(tx, &one)).await,
            };
            match done {
                Ok(()) => added += 1,
                Err(error) => failed.push((key, count, error)),
            }
        }
        for (key, count, error) in failed {
            if added > 0 && error != WriteError::Busy {
                tracing::error!(workspace = %key.0, action = %key.2, count, %error, "a count cannot be added and is dropped");
            } else {
                *self.lock().entry(key).or_default() += count;
            }
        }
        added > 0
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, i64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row((workspace_id, scenario_id, action, exit, day): &Key, count: i64) -> ExitCount {
    ExitCount {
        workspace_id: *workspace_id,
        scenario_id: *scenario_id,
        action_id: action.to_string(),
        exit_id: exit.to_string(),
        day: *day,
        count,
    }
}

/// Adds the counts for ever.
pub async fn run(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(EVERY).await;
        inner.counters.flush(&inner.store).await;
    }
}
