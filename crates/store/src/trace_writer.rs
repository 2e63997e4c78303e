//! Traces are written aside: from a queue that drops when it is full, in batches, without an fsync each.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use engine::ids::UtcMs;
use tokio::sync::oneshot;

use crate::connection::{Backend, Connection};
use crate::dialect;
use crate::error::DbError;
use crate::tables::traces::{self, TRACE_MAX_BYTES, TraceBurst};
use crate::writer::Opener;

const QUEUE_BURSTS: usize = 4_096;
const BATCH_BURSTS: usize = 256;

/// Traces deleted between two batches, so that none has to be dropped meanwhile.
const TRIM_BURSTS: i64 = 500;

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
    /// Under way.
    trim: Option<Trim>,
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
                    Message::Trim(trim) => self.trim = Some(trim),
                    Message::Flush(done) => {
                        self.insert(&mut bursts);
                        self.trim_some();
                        let _ = done.send(());
                    }
                }
                next = if bursts.len() < BATCH_BURSTS { self.messages.try_recv().ok() } else { None };
            }
            self.insert(&mut bursts);
            self.trim_some();
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

    fn trim_some(&mut self) {
        let Some(trim) = self.trim.take() else { return };
        let mut goes_on = false;
        self.write(|connection| {
            let is_full = dialect::used_bytes(connection)?.is_some_and(|used| used > trim.bytes);
            let deleted = traces::delete_oldest(connection, trim.before, is_full, TRIM_BURSTS)?;
            if deleted > 0 {
                dialect::free_pages(connection)?;
            }
            goes_on = deleted > 0;
            Ok(())
        });
        if goes_on {
            self.trim = Some(trim);
        }
    }

    fn insert(&mut self, bursts: &mut Vec<TraceBurst>) {
        if !bursts.is_empty() {
            self.write(|connection| traces::insert_all(connection, bursts));
            bursts.clear();
        }
    }

    /// A failure costs the traces at hand and nothing else.
    fn write(&mut self, work: impl FnOnce(&mut Connection) -> Result<(), DbError>) {
        let connection = match self.connection.take().map_or_else(|| (self.opener)(), Ok) {
            Ok(connection) => connection,
            Err(error) => return tracing::warn!(%error, "traces cannot be written"),
        };
        let mut connection = connection;
        match in_transaction(&mut connection, work) {
            Ok(()) => self.connection = Some(connection),
            Err(error) => tracing::warn!(%error, "traces were lost"),
        }
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
