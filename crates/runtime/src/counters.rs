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
use store::{Class, Store};

use crate::Inner;

/// How often the counts are added.
const EVERY: Duration = Duration::from_secs(5);

/// Counts added in one job.
const BATCH: usize = 500;

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
                let mut counts = self.lock();
                for (key, count) in batch {
                    *counts.entry(key).or_default() += count;
                }
                return;
            }
        }
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
