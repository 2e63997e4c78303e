//! What is deleted by age, in chunks small enough not to keep others waiting.

use engine::ids::UtcMs;

use crate::connection::Tx;
use crate::dialect;
use crate::error::JobError;
use crate::tables::{awaited_calls, bot_removal, inbox, outbox, replies, runs, sessions};

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

/// How long whoever calls an address of one use too late is told so; afterwards it is as if it had never been.
const ADDRESS_KNOWN_MS: i64 = 7 * 24 * HOUR_MS;

/// Deletes one chunk of everything that is too old or belongs to a deleted bot; answers how many rows. Run as a background job again and
/// again until it answers 0.
pub fn delete_expired(tx: &mut Tx, keep: Retention, now: UtcMs) -> Result<usize, JobError> {
    let inbox_ms = keep.inbox_ms.max(48 * HOUR_MS);
    let deleted = inbox::delete_settled_before(tx, now.plus_ms(-inbox_ms), CHUNK_ROWS)?
        + outbox::delete_buried_before(tx, now.plus_ms(-keep.outbox_ms), CHUNK_ROWS)?
        + runs::delete_ended_before(tx, now.plus_ms(-keep.runs_ms), CHUNK_ROWS)?
        + replies::delete_expired(tx, now, CHUNK_ROWS)?
        + awaited_calls::delete_expired_before(tx, now.plus_ms(-ADDRESS_KNOWN_MS), CHUNK_ROWS)?
        + sessions::delete_expired(tx, now)?
        + bot_removal::delete_chunk(tx, CHUNK_ROWS)?;
    if deleted > 0 {
        dialect::free_pages(tx)?;
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::settings;
    use crate::writer::transaction::Session;
    use crate::{migrate, open};

    #[test]
    fn the_file_shrinks_when_rows_are_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.db");
        migrate::run(&mut open::sqlite_writer(&path).unwrap()).unwrap();
        let opener: crate::writer::Opener = Box::new(move || open::sqlite_writer(&path));
        let mut session = Session::open(&opener).unwrap();
        let large = "x".repeat(4_000_000);
        let file = directory.path().join("t.db");
        let mut in_transaction = |work: &dyn Fn(&mut Tx)| {
            session.begin().unwrap();
            work(session.tx());
            session.commit().unwrap();
        };
        in_transaction(&|tx| settings::upsert(tx, "large", &large).unwrap());
        in_transaction(&|tx| settings::upsert(tx, "large", "").unwrap());
        in_transaction(&|tx| dialect::free_pages(tx).unwrap());
        in_transaction(&|tx| dialect::free_pages(tx).unwrap());
        drop(session);
        let bytes = std::fs::metadata(file).unwrap().len();
        assert!(bytes < 1_000_000, "{bytes}");
    }
}
