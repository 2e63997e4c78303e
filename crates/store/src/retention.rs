//! What is deleted by age, in chunks small enough not to keep others waiting.

use engine::ids::UtcMs;

use crate::connection::Tx;
use crate::dialect;
use crate::error::JobError;
use crate::tables::{inbox, outbox, replies, runs, sessions};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Rows of one table deleted by one job.
const CHUNK_ROWS: i64 = 500;

/// How long things are kept, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Settled inbox rows, by which repeats are known; never less than 48 hours.
    pub inbox_ms: i64,
    /// Dead and unknown outbox rows.
    pub outbox_ms: i64,
    /// Runs that have ended.
    pub runs_ms: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { inbox_ms: 48 * HOUR_MS, outbox_ms: 30 * DAY_MS, runs_ms: 90 * DAY_MS }
    }
}

/// Deletes one chunk of everything that is too old; answers how many rows. Run as a background job again and
/// again until it answers 0.
pub fn delete_expired(tx: &mut Tx, keep: Retention, now: UtcMs) -> Result<usize, JobError> {
    let inbox_ms = keep.inbox_ms.max(48 * HOUR_MS);
    let deleted = inbox::delete_settled_before(tx, now.plus_ms(-inbox_ms), CHUNK_ROWS)?
        + outbox::delete_buried_before(tx, now.plus_ms(-keep.outbox_ms), CHUNK_ROWS)?
        + runs::delete_ended_before(tx, now.plus_ms(-keep.runs_ms), CHUNK_ROWS)?
        + replies::delete_expired(tx, now, CHUNK_ROWS)?
        + sessions::delete_expired(tx, now)?;
    if deleted > 0 {
        dialect::free_pages(tx)?;
    }
    Ok(deleted)
}
