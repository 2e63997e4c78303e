//! Threads that read, each with a connection of its own that the database itself keeps from writing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::dialect;
use crate::error::{DbError, ReadError};
use crate::queue::Queue;
use crate::writer::Opener;

/// A connection that has rested this long is asked whether it still lives, because a read cannot be repeated.
const RESTED: Duration = Duration::from_secs(1);

pub(crate) trait Read: Send {
    /// Answers whether the connection may be used again.
    fn run(self: Box<Self>, connection: &mut Connection) -> bool;
    fn failed(self: Box<Self>, error: ReadError);
}

pub(crate) struct ClosureRead<T, F> {
    pub(crate) work: F,
    pub(crate) reply: oneshot::Sender<Result<T, ReadError>>,
}

impl<T, F> Read for ClosureRead<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Connection) -> Result<T, ReadError> + Send + 'static,
{
    fn run(self: Box<Self>, connection: &mut Connection) -> bool {
        let Self { work, reply } = *self;
        let (result, usable) = match catch_unwind(AssertUnwindSafe(|| work(connection))) {
            Ok(Err(ReadError::Db(error))) if error.is_connection_lost() => {
                (Err(ReadError::Unavailable), false)
            }
            Ok(result) => (result, true),
            Err(_) => (Err(ReadError::Panicked), false),
        };
        // Who no longer waits does not need the answer.
        let _ = reply.send(result);
        usable
    }

    fn failed(self: Box<Self>, error: ReadError) {
        let _ = self.reply.send(Err(error));
    }
}

pub(crate) struct Reader {
    opener: Opener,
    queue: Arc<Queue<Box<dyn Read>>>,
    connection: Option<(Connection, Instant)>,
}

impl Reader {
    pub(crate) fn new(opener: Opener, queue: Arc<Queue<Box<dyn Read>>>) -> Self {
        Self { opener, queue, connection: None }
    }

    /// Serves the queue until it is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(read) = self.queue.pop() {
            let Some(mut connection) = self.connection() else {
                read.failed(ReadError::Unavailable);
                continue;
            };
            if read.run(&mut connection) {
                self.connection = Some((connection, Instant::now()));
            }
        }
    }

    fn connection(&mut self) -> Option<Connection> {
        if let Some((mut connection, used)) = self.connection.take() {
            let lives: Result<(), DbError> =
                if used.elapsed() < RESTED { Ok(()) } else { dialect::ping(&mut connection) };
            if lives.is_ok() {
                return Some(connection);
            }
        }
        match (self.opener)() {
            Ok(connection) => Some(connection),
            Err(error) => {
                tracing::error!(%error, "cannot connect to the database for reading");
                None
            }
        }
    }
}
