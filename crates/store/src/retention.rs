//! What is deleted, by age and by number, in chunks small enough not to keep others waiting.
//!
//! The number is that of the installation's events and messages, which count up: the newest so many are kept. So a
//! bound costs one look at a sequence, however large the tables are. What came in is kept by age, because by it repeats
//! are known; of more than so many only that is kept, and not what was in it.

use engine::ids::UtcMs;

use crate::connection::Tx;
use crate::dialect::{self, Sequence};
use crate::error::JobError;
use crate::tables::{
    audit_log, awaited_calls, bot_removal, files, inbox, messages, outbox, replies, runs, sessions, setbacks,
};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Rows of one table deleted by one job.
const CHUNK_ROWS: i64 = 500;

/// Chunks of files deleted by one job: some megabytes.
const FILE_CHUNKS: i64 = 16;

/// How long things are kept, in milliseconds, and how many of them.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Settled inbox rows, by which repeats are known; never less than 48 hours.
    pub inbox_ms: i64,
    /// Settled events behind the newest so many lose what was in them, however young; those that were pending when it was
    /// their turn keep it until their age is over.
    pub inbox: i64,
    /// Dead and unknown outbox rows.
    pub outbox_ms: i64,
    /// Those behind the newest so many messages go, however young.
    pub outbox: i64,
    /// Runs that have ended.
    pub runs_ms: i64,
    /// Runs of older events than the newest so many go when they have ended, however young.
    pub runs: i64,
    /// What people and bots have said.
    pub messages_ms: i64,
    pub messages: i64,
    pub traces_ms: i64,
    /// Bytes of traces: on SQLite what is in use of their own file, on PostgreSQL what the rows that are seen hold (what
    /// is dead there is vacuum's).
    pub traces_bytes: i64,
    /// Who did what in the admin.
    pub audit_ms: i64,
    /// What failed in the background and was tried again or given up.
    pub setbacks_ms: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            inbox_ms: 48 * HOUR_MS,
            inbox: 2_000_000,
            outbox_ms: 30 * DAY_MS,
            outbox: 1_000_000,
            runs_ms: 90 * DAY_MS,
            runs: 20_000_000,
            messages_ms: 365 * DAY_MS,
            messages: 20_000_000,
            traces_ms: 14 * DAY_MS,
            traces_bytes: 1 << 30,
            audit_ms: 730 * DAY_MS,
            setbacks_ms: 30 * DAY_MS,
        }
    }
}

/// How long whoever calls an address of one use too late is told so; afterwards it is as if it had never been.
const ADDRESS_KNOWN_MS: i64 = 7 * 24 * HOUR_MS;

/// How long a content that no file has any more is kept: it may still be on its way into one, or out to somebody.
const UNUSED_CONTENT_MS: i64 = DAY_MS;

/// What is trimmed, each in jobs of its own: what cannot be deleted holds up nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trimmed {
    Inbox,
    InboxPayloads,
    Outbox,
    Runs,
    Messages,
    Replies,
    AwaitedCalls,
    Sessions,
    AuditLog,
    Setbacks,
    DeletedBots,
    UnusedContents,
}

impl Trimmed {
    pub const ALL: &[Self] = &[
        Self::Inbox,
        Self::InboxPayloads,
        Self::Outbox,
        Self::Runs,
        Self::Messages,
        Self::Replies,
        Self::AwaitedCalls,
        Self::Sessions,
        Self::AuditLog,
        Self::Setbacks,
        Self::DeletedBots,
        Self::UnusedContents,
    ];

    /// As operators read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::InboxPayloads => "inbox payloads",
            Self::Outbox => "outbox",
            Self::Runs => "runs",
            Self::Messages => "messages",
            Self::Replies => "replies",
            Self::AwaitedCalls => "one-time addresses",
            Self::Sessions => "sessions",
            Self::AuditLog => "audit log",
            Self::Setbacks => "setbacks",
            Self::DeletedBots => "deleted bots",
            Self::UnusedContents => "contents of deleted files",
        }
    }
}

/// Deletes one chunk of what is too old, too much or belongs to a deleted bot; answers how many rows. Run as a
/// background job again and again until it answers 0.
pub fn trim(tx: &mut Tx, what: Trimmed, keep: Retention, now: UtcMs) -> Result<usize, JobError> {
    let before = |age_ms: i64| now.plus_ms(-age_ms);
    let deleted = match what {
        Trimmed::Inbox => {
            inbox::delete_settled_before(tx, before(keep.inbox_ms.max(48 * HOUR_MS)), CHUNK_ROWS)?
        }
        Trimmed::InboxPayloads => {
            let behind = dialect::last_id(tx, Sequence::Inbox)?.saturating_sub(keep.inbox);
            inbox::empty_settled_behind(tx, behind, CHUNK_ROWS)?
        }
        Trimmed::Outbox => {
            let behind = dialect::last_id(tx, Sequence::Outbox)?.saturating_sub(keep.outbox);
            outbox::delete_buried(tx, before(keep.outbox_ms), behind, CHUNK_ROWS)?
        }
        Trimmed::Runs => {
            let behind = dialect::last_id(tx, Sequence::Inbox)?.saturating_sub(keep.runs);
            runs::delete_ended(tx, before(keep.runs_ms), behind, CHUNK_ROWS)?
        }
        Trimmed::Messages => {
            let behind = dialect::last_id(tx, Sequence::Outbox)?.saturating_sub(keep.messages);
            messages::delete_oldest(tx, before(keep.messages_ms), behind, CHUNK_ROWS)?
        }
        Trimmed::Replies => replies::delete_expired(tx, now, CHUNK_ROWS)?,
        Trimmed::AwaitedCalls => {
            awaited_calls::delete_expired_before(tx, before(ADDRESS_KNOWN_MS), CHUNK_ROWS)?
        }
        Trimmed::Sessions => sessions::delete_expired(tx, now)?,
        Trimmed::AuditLog => audit_log::delete_before(tx, before(keep.audit_ms), CHUNK_ROWS)?,
        Trimmed::Setbacks => setbacks::delete_before(tx, before(keep.setbacks_ms), CHUNK_ROWS)?,
        Trimmed::DeletedBots => bot_removal::delete_chunk(tx, CHUNK_ROWS)?,
        Trimmed::UnusedContents => files::delete_unused(tx, before(UNUSED_CONTENT_MS), FILE_CHUNKS)?,
    };
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
