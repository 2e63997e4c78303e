//! A write job on its way: what it does, what came of it, and who waits for the answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::connection::Tx;
use crate::error::{DbError, JobError, WriteError};
use crate::fail_point::{self, FailPoint};
use crate::tables::bots;
use crate::tables::inbox::{self, Arrivals, NewInboxRow, Received};

/// How a run of a job ended. The result itself stays in the job until the writer commits it.
pub(crate) enum Ran {
    Done,
    /// The job said no, so nothing of it is kept; not an error.
    Refused,
    Failed(DbError),
    Panicked,
}

/// A job of any result type. It may be run again, so what it kept before counts only after [`Job::committed`].
pub(crate) trait Job: Send {
    fn run(&mut self, tx: &mut Tx) -> Ran;
    /// Gives out what the last run has kept.
    fn committed(self: Box<Self>);
    fn failed(self: Box<Self>, error: WriteError);
}

/// What the queue holds.
pub(crate) enum Work {
    Job(Box<dyn Job>),
    /// Rows for the inbox: on PostgreSQL several become one statement.
    Receive(Receive),
}

impl Work {
    pub(crate) fn into_job(self) -> Box<dyn Job> {
        match self {
            Self::Job(job) => job,
            Self::Receive(receive) => Box::new(receive),
        }
    }
}

/// Runs the work of a job; `None` when it panicked. The connection is dropped then, so nothing half done is seen by
/// anybody, and the writer goes on.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let work = || {
        let result = work();
        fail_point::reach(FailPoint::JobDone);
        result
    };
    catch_unwind(AssertUnwindSafe(work)).ok()
}

pub(crate) struct ClosureJob<T, F> {
    work: F,
    kept: Option<Result<T, WriteError>>,
    reply: oneshot::Sender<Result<T, WriteError>>,
}

impl<T, F> ClosureJob<T, F>
where
    T: Send + 'static,
    F: Fn(&mut Tx) -> Result<T, JobError> + Send + 'static,
{
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, WriteError>>) -> Self {
        Self { work, kept: None, reply }
    }
}

impl<T, F> Job for ClosureJob<T, F>
where
    T: Send + 'static,
    F: Fn(&mut Tx) -> Result<T, JobError> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx) -> Ran {
        let (ran, kept) = match guarded(|| (self.work)(tx)) {
            Some(Ok(result)) => (Ran::Done, Some(Ok(result))),
            Some(Err(JobError::Refused(refusal))) => (Ran::Refused, Some(Err(WriteError::Refused(refusal)))),
            Some(Err(JobError::Fenced)) => (Ran::Refused, Some(Err(WriteError::Fenced))),
            Some(Err(JobError::Db(error))) => (Ran::Failed(error), None),
            None => (Ran::Panicked, None),
        };
        self.kept = kept;
        ran
    }

    fn committed(self: Box<Self>) {
        // Who no longer waits does not need the answer.
        let _ = self.reply.send(self.kept.unwrap_or(Err(WriteError::Unavailable)));
    }

    fn failed(self: Box<Self>, error: WriteError) {
        let _ = self.reply.send(Err(error));
    }
}

/// Rows for the inbox with whoever waits for them to be durable.
pub(crate) struct Receive {
    arrivals: Arrivals,
    kept: Option<Vec<Received>>,
    reply: oneshot::Sender<Result<Vec<Received>, WriteError>>,
}

impl Receive {
    pub(crate) fn new(arrivals: Arrivals, reply: oneshot::Sender<Result<Vec<Received>, WriteError>>) -> Self {
        Self { arrivals, kept: None, reply }
    }

    fn move_cursor(&self, tx: &mut Tx) -> Result<(), JobError> {
        match self.arrivals.cursor {
            Some((workspace, bot, cursor)) => bots::set_poll_offset(tx, workspace, bot, cursor),
            None => Ok(()),
        }
    }
}

impl Job for Receive {
    fn run(&mut self, tx: &mut Tx) -> Ran {
        self.kept = None;
        let work = || {
            self.move_cursor(tx)?;
            inbox::insert_batch(tx, &self.arrivals.rows)
        };
        match guarded(work) {
            Some(Ok(received)) => {
                self.kept = Some(received);
                Ran::Done
            }
            Some(Err(JobError::Db(error))) => Ran::Failed(error),
            Some(Err(JobError::Refused(_) | JobError::Fenced)) => Ran::Refused,
            None => Ran::Panicked,
        }
    }

    fn committed(self: Box<Self>) {
        if let (Some(received), Some(told)) = (&self.kept, self.arrivals.told) {
            let rows = self.arrivals.rows.into_iter().zip(received);
            told(rows.filter(|(_, is)| is.fresh).map(|(row, is)| row.inserted(is.event_id)).collect());
        }
        let _ = self.reply.send(self.kept.ok_or(WriteError::Unavailable));
    }

    fn failed(self: Box<Self>, error: WriteError) {
        let _ = self.reply.send(Err(error));
    }
}

/// Several [`Receive`]s as one job, for PostgreSQL, where a statement costs a round trip.
pub(crate) struct ReceiveTogether {
    parts: Vec<Receive>,
    rows: Vec<NewInboxRow>,
}

impl ReceiveTogether {
    pub(crate) fn new(mut parts: Vec<Receive>) -> Self {
        let rows = parts.iter_mut().flat_map(|part| part.arrivals.rows.iter().cloned()).collect();
        Self { parts, rows }
    }
}

impl Job for ReceiveTogether {
    fn run(&mut self, tx: &mut Tx) -> Ran {
        let work = || {
            self.parts.iter().try_for_each(|part| part.move_cursor(tx))?;
            inbox::insert_batch(tx, &self.rows)
        };
        match guarded(work) {
            Some(Ok(received)) => {
                let mut received = received.into_iter();
                for part in &mut self.parts {
                    part.kept = Some(received.by_ref().take(part.arrivals.rows.len()).collect());
                }
                Ran::Done
            }
            Some(Err(JobError::Db(error))) => Ran::Failed(error),
            Some(Err(JobError::Refused(_) | JobError::Fenced)) => Ran::Refused,
            None => Ran::Panicked,
        }
    }

    fn committed(self: Box<Self>) {
        for part in self.parts {
            Box::new(part).committed();
        }
    }

    fn failed(self: Box<Self>, error: WriteError) {
        for part in self.parts {
            Box::new(part).failed(error.clone());
        }
    }
}
