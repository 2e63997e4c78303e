//! Traces of bursts, bounded in size, handed to the store aside: they may lose the last second.

use engine::ids::{RunId, UtcMs, WorkspaceId};
use engine::run::TraceStep;
use store::Store;
use store::traces::{TRACE_MAX_BYTES, TraceBurst};

/// Writes traces of runs.
pub struct Traces {
    store: Store,
}

impl Traces {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Appends a burst; of a long one the last steps are dropped.
    pub fn append(
        &self,
        workspace_id: WorkspaceId,
        run_id: RunId,
        burst: u32,
        steps: &[TraceStep],
        at: UtcMs,
    ) {
        let mut kept = steps;
        let blob = loop {
            let blob = serde_json::to_vec(kept).unwrap_or_default();
            if blob.len() <= TRACE_MAX_BYTES || kept.is_empty() {
                break blob;
            }
            kept = kept.get(..kept.len() / 2).unwrap_or_default();
        };
        let burst_no = i64::from(burst);
        if !self.store.append_trace(TraceBurst { workspace_id, run_id, burst_no, blob, at }) {
            tracing::debug!(run = %run_id, "a trace was dropped");
        }
    }
}
