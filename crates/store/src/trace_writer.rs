//! Traces are written aside: from a queue that drops when it is full, in batches, without an fsync each.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use engine::ids::UtcMs;
use tokio::sync::oneshot;

use crate::connection::{Backend, Connection};
use crate::error::DbError;
use crate::tables::traces::{self, TRACE_MAX_BYTES, TraceBurst};
use crate::writer::Opener;

const QUEUE_BURSTS: usize = 4_096;
const BATCH_BURSTS: usize = 256;

enum Message {
    Append(TraceBurst),
    /// Deletes what is older.
    Trim(UtcMs),
    Flush(oneshot::Sender<()>),
}

/// The sending half.
pub(crate) struct Traces(SyncSender<Message>);

/// The writing half, for a thread of its own.
pub(crate) struct TraceWriter {
    opener: Opener,
    messages: Receiver<Message>,
    connection: Option<Connection>,
}

pub(crate) fn channel(opener: Opener) -> (Traces, TraceWriter) {
    let (sender, messages) = sync_channel(QUEUE_BURSTS);
    (Traces(sender), TraceWriter { opener, messages, connection: None })
}

impl Traces {
    /// Never waits; answers false when the burst was dropped because the queue is full or the blob too long.
    pub(crate) fn append(&self, burst: TraceBurst) -> bool {
        burst.blob.len() <= TRACE_MAX_BYTES && self.0.try_send(Message::Append(burst)).is_ok()
    }

    pub(crate) fn trim(&self, before: UtcMs) {
        // Dropped when the queue is full; the next one will do.
        let _ = self.0.try_send(Message::Trim(before));
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
        while let Ok(first) = self.messages.recv() {
            let mut bursts = Vec::new();
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Append(burst) => bursts.push(burst),
                    Message::Trim(before) => self.write(|connection| {
                        let deleted = traces::delete_before(connection, before)?;
                        tracing::debug!(deleted, "old traces deleted");
                        Ok(())
                    }),
                    Message::Flush(done) => {
                        self.insert(&mut bursts);
                        let _ = done.send(());
                    }
                }
                next = if bursts.len() < BATCH_BURSTS { self.messages.try_recv().ok() } else { None };
            }
            self.insert(&mut bursts);
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
