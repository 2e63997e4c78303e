//! Traces are written aside: from a queue that drops when it is full, in batches, without an fsync each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::Duration;

use engine::ids::UtcMs;
use tokio::sync::oneshot;

use crate::connection::{Backend, Connection};
use crate::dialect;
use crate::error::DbError;
use crate::tables::traces::{self, TRACE_MAX_BYTES, TraceBurst};
use crate::writer::Opener;

const QUEUE_BURSTS: usize = 4_096;
const BATCH_BURSTS: usize = 512;

/// How long more bursts gather after a batch, so that many of them share a transaction and a waking. After a full one
/// nothing is waited for.
const GATHERED_FOR: Duration = Duration::from_millis(20);

/// Traces deleted between two batches, so that none has to be dropped meanwhile.
const TRIM_BURSTS: i64 = 1_000;

/// What is to be deleted: whatever is older, and the oldest while the file holds more bytes than it may.
#[derive(Clone, Copy)]
pub(crate) struct Trim {
    pub(crate) before: UtcMs,
    pub(crate) bytes: i64,
}

enum Message {
    Append(TraceBurst),
    Trim(Trim),
    Flush(oneshot::Sender<()>),
}

/// The sending half.
pub(crate) struct Traces(SyncSender<Message>);

/// The writing half, for a thread of its own.
pub(crate) struct TraceWriter {
    opener: Opener,
    messages: Receiver<Message>,
    connection: Option<Connection>,
    trim: Option<Trimming>,
}

/// A trim that is under way.
#[derive(Clone, Copy)]
struct Trimming {
    trim: Trim,
    /// Bytes there still are; `None` where they are counted at each step.
    used: Option<i64>,
}

pub(crate) fn channel(opener: Opener) -> (Traces, TraceWriter) {
    let (sender, messages) = sync_channel(QUEUE_BURSTS);
    (Traces(sender), TraceWriter { opener, messages, connection: None, trim: None })
}

impl Traces {
    /// Never waits; answers false when the burst was dropped because the queue is full or the blob too long.
    pub(crate) fn append(&self, burst: TraceBurst) -> bool {
        burst.blob.len() <= TRACE_MAX_BYTES && self.0.try_send(Message::Append(burst)).is_ok()
    }

    pub(crate) fn trim(&self, trim: Trim) {
        // Dropped when the queue is full; the next one will do.
        let _ = self.0.try_send(Message::Trim(trim));
    }

    /// Resolves when everything appended so far is written.
    pub(crate) fn flush(&self) -> oneshot::Receiver<()> {
        let (done, receiver) = oneshot::channel();
        if let Err(TrySendError::Full(message)) = self.0.try_send(Message::Flush(done)) {
            // A full queue is worth waiting for here: the caller asked to wait.
            let sender = self.0.clone();
            std::thread::spawn(move || sender.send(message));
        }
        receiver
    }
}

impl TraceWriter {
    pub(crate) fn run(mut self) {
        while let Some(first) = self.next() {
            let mut bursts = Vec::new();
            let mut next = first;
            while let Some(message) = next {
                match message {
                    Message::Append(burst) => bursts.push(burst),
                    Message::Trim(trim) => self.begin_trim(trim),
                    Message::Flush(done) => {
                        self.insert(&mut bursts);
                        self.trim_some();
                        let _ = done.send(());
                    }
                }
                next = if bursts.len() < BATCH_BURSTS { self.messages.try_recv().ok() } else { None };
            }
            let gathers = (1..BATCH_BURSTS).contains(&bursts.len());
            self.insert(&mut bursts);
            self.trim_some();
            if gathers {
                std::thread::sleep(GATHERED_FOR);
            }
        }
    }

    /// The next message: `Some(None)` when there is none now, but something to trim. `None` at the end.
    fn next(&mut self) -> Option<Option<Message>> {
        if self.trim.is_none() {
            return self.messages.recv().ok().map(Some);
        }
        match self.messages.try_recv() {
            Ok(message) => Some(Some(message)),
            Err(TryRecvError::Empty) => Some(None),
            Err(TryRecvError::Disconnected) => None,
        }
    }

    fn begin_trim(&mut self, trim: Trim) {
        let mut used = None;
        self.write(|connection| {
            used = match dialect::used_bytes(connection)? {
                Some(_) => None,
                None => Some(dialect::sampled_trace_bytes(connection)?),
            };
            Ok(())
        });
        self.trim = Some(Trimming { trim, used });
    }

    fn trim_some(&mut self) {
        let Some(Trimming { trim, used }) = self.trim.take() else { return };
        let mut rest = None;
        self.write(|connection| {
            let excess = used.or(dialect::used_bytes(connection)?).unwrap_or(0) - trim.bytes;
            let freed = traces::delete_oldest(connection, trim.before, excess, TRIM_BURSTS)?;
            if freed > 0 {
                dialect::free_pages(connection)?;
                rest = Some(Trimming { trim, used: used.map(|used| used - freed) });
            }
            Ok(())
        });
        self.trim = rest;
    }

    /// One that cannot be written takes no other with it.
    fn insert(&mut self, bursts: &mut Vec<TraceBurst>) {
        if bursts.is_empty() || self.write(|connection| traces::insert_all(connection, bursts)) {
            return bursts.clear();
        }
        if bursts.len() > 1 {
            for burst in bursts.iter() {
                self.write(|connection| traces::insert_all(connection, std::slice::from_ref(burst)));
            }
        }
        bursts.clear();
    }

    /// Answers whether it was done. A failure, a panic among them, costs what is at hand and nothing else.
    fn write(&mut self, work: impl FnOnce(&mut Connection) -> Result<(), DbError>) -> bool {
        let connection = match self.connection.take().map_or_else(|| (self.opener)(), Ok) {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(%error, "traces cannot be written");
                return false;
            }
        };
        let mut connection = connection;
        match catch_unwind(AssertUnwindSafe(|| in_transaction(&mut connection, work))) {
            Ok(Ok(())) => {
                self.connection = Some(connection);
                return true;
            }
            Ok(Err(error)) => tracing::warn!(%error, "traces were lost"),
            Err(_) => tracing::error!("traces were lost: writing them panicked"),
        }
        false
    }
}

fn in_transaction(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<(), DbError>,
) -> Result<(), DbError> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    fn step(
        connection: &mut Connection,
        sqlite: fn(&mut diesel::SqliteConnection) -> diesel::QueryResult<()>,
        postgres: fn(&mut diesel::PgConnection) -> diesel::QueryResult<()>,
    ) -> Result<(), DbError> {
        match &mut connection.0 {
            Backend::Sqlite(c) => sqlite(c),
            Backend::Postgres(c) => postgres(c),
        }
        .map_err(DbError::from)
    }
    step(connection, AnsiTransactionManager::begin_transaction, AnsiTransactionManager::begin_transaction)?;
    // On failure the caller drops the connection, which rolls back.
    work(connection)?;
    step(connection, AnsiTransactionManager::commit_transaction, AnsiTransactionManager::commit_transaction)
}
