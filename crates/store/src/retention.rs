//! What is deleted, by age and by number, in chunks small enough not to keep others waiting.
//!
//! The number is that of the installation's events and messages, which count up: the newest so many are kept. So a
//! bound costs one look at a sequence, however large the tables are. What came in is kept by age alone, because by
//! it repeats are known.

use engine::ids::UtcMs;

use crate::connection::Tx;
use crate::dialect::{self, Sequence};
use crate::error::JobError;
use crate::tables::{awaited_calls, bot_removal, inbox, messages, outbox, replies, runs, sessions};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Rows of one table deleted by one job.
const CHUNK_ROWS: i64 = 500;

/// How long things are kept, in milliseconds, and how many of them.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Settled inbox rows, by which repeats are known; never less than 48 hours.
    pub inbox_ms: i64,
    /// Dead and unknown outbox rows.
    pub outbox_ms: i64,
    /// Runs that have ended.
    pub runs_ms: i64,
    /// Runs of older events than the newest so many go when they have ended, however young.
    pub runs: i64,
    /// What people and bots have said.
    pub messages_ms: i64,
    pub messages: i64,
    pub traces_ms: i64,
    /// Bytes of the traces' own file that are in use; on PostgreSQL their age alone counts.
    pub traces_bytes: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            inbox_ms: 48 * HOUR_MS,
            outbox_ms: 30 * DAY_MS,
            runs_ms: 90 * DAY_MS,
            runs: 20_000_000,
            messages_ms: 365 * DAY_MS,
            messages: 20_000_000,
            traces_ms: 14 * DAY_MS,
            traces_bytes: 1 << 30,
        }
    }
}

/// How long whoever calls an address of one use too late is told so; afterwards it is as if it had never been.
const ADDRESS_KNOWN_MS: i64 = 7 * 24 * HOUR_MS;

/// Deletes one chunk of everything that is too old, too much or belongs to a deleted bot; answers how many rows. Run
/// as a background job again and again until it answers 0.
pub fn delete_expired(tx: &mut Tx, keep: Retention, now: UtcMs) -> Result<usize, JobError> {
    let inbox_ms = keep.inbox_ms.max(48 * HOUR_MS);
    let runs_behind = dialect::last_id(tx, Sequence::Inbox)?.saturating_sub(keep.runs);
    let messages_behind = dialect::last_id(tx, Sequence::Outbox)?.saturating_sub(keep.messages);
    let deleted = inbox::delete_settled_before(tx, now.plus_ms(-inbox_ms), CHUNK_ROWS)?
        + outbox::delete_buried_before(tx, now.plus_ms(-keep.outbox_ms), CHUNK_ROWS)?
        + runs::delete_ended(tx, now.plus_ms(-keep.runs_ms), runs_behind, CHUNK_ROWS)?
        + messages::delete_oldest(tx, now.plus_ms(-keep.messages_ms), messages_behind, CHUNK_ROWS)?
        + replies::delete_expired(tx, now, CHUNK_ROWS)?
        + awaited_calls::delete_expired_before(tx, now.plus_ms(-ADDRESS_KNOWN_MS), CHUNK_ROWS)?
        + sessions::delete_expired(tx, now)?
        + bot_removal::delete_chunk(tx, CHUNK_ROWS)?;
    if deleted > 0 {
        dialect::free_pages(&mut tx.0)?;
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
        in_transaction(&|tx| dialect::free_pages(&mut tx.0).unwrap());
        in_transaction(&|tx| dialect::free_pages(&mut tx.0).unwrap());
        drop(session);
        let bytes = std::fs::metadata(file).unwrap().len();
        assert!(bytes < 1_000_000, "{bytes}");
    }
}
