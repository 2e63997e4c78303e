//! Group commit on SQLite: one thread, many jobs in one transaction, one fsync.
//!
//! Jobs rarely refuse, so they run without savepoints, for which SQLite would copy every page a job changes. When one
//! refuses, the batch is rolled back and run again with a savepoint for each job, to which a refusal rolls back. Nothing
//! else does: after a panic diesel may be a level too deep and its COMMIT a mere RELEASE; after `SQLITE_FULL` SQLite
//! itself has rolled back everything, savepoints included. So anything but a refusal drops the connection, which undoes
//! the batch, and runs its jobs again one by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Opener;
use super::transaction::Session;
use crate::error::{DbError, WriteError};
use crate::fail_point::{self, Guarantee};
use crate::job::{Job, Ran, Work};
use crate::meters::StoreMeters;
use crate::queue::Queue;

/// Jobs of one transaction.
const BATCH_JOBS: usize = 256;
/// A batch that has taken this long is committed even if more is waiting.
const BATCH_TIME: Duration = Duration::from_millis(10);

pub(crate) struct SqliteWriter {
    opener: Opener,
    queue: Arc<Queue<Work>>,
    session: Option<Session>,
    batch_time: Duration,
    meters: Arc<StoreMeters>,
}

enum Batch {
    /// All jobs ran; what they kept may be given out after COMMIT.
    Whole,
    /// A job refused, and what it had done by then is still there.
    Refused,
    /// Nothing of the batch is kept.
    Broken,
}

impl SqliteWriter {
    pub(crate) fn new(opener: Opener, queue: Arc<Queue<Work>>, meters: Arc<StoreMeters>) -> Self {
        Self { opener, queue, session: None, batch_time: BATCH_TIME, meters }
    }

    /// Takes whatever waits into one batch, however long that takes.
    #[cfg(test)]
    pub(crate) fn without_hurry(self) -> Self {
        Self { batch_time: Duration::MAX, ..self }
    }

    /// Serves the queue until it is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(first) = self.queue.pop() {
            self.commit_batch(first.into_job());
        }
    }

    fn commit_batch(&mut self, first: Box<dyn Job>) {
        let began = Instant::now();
        let mut session = match self.begin() {
            Ok(session) => session,
            Err(error) => return first.failed(error),
        };
        let mut jobs = Vec::new();
        match self.run_batch(&mut session, first, &mut jobs) {
            Batch::Whole => self.finish(session, jobs, began),
            Batch::Refused => {
                if session.rollback().is_ok() {
                    self.session = Some(session);
                }
                self.commit_guarded(jobs);
            }
            Batch::Broken => {
                drop(session);
                self.commit_each(jobs);
            }
        }
    }

    /// Runs the jobs of a batch once more, so that those that refuse undo only themselves.
    fn commit_guarded(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let began = Instant::now();
        let mut session = match self.begin() {
            Ok(session) => session,
            Err(error) => return jobs.into_iter().for_each(|job| job.failed(error.clone())),
        };
        for job in &mut jobs {
            match session.run_in_savepoint(&mut **job) {
                Ran::Done | Ran::Refused => {}
                ran @ (Ran::Failed(_) | Ran::Panicked) => {
                    log_broken(&ran);
                    drop(session);
                    return self.commit_each(jobs);
                }
            }
        }
        self.finish(session, jobs, began);
    }

    /// Commits a batch and gives out what its jobs kept.
    fn finish(&mut self, mut session: Session, jobs: Vec<Box<dyn Job>>, began: Instant) {
        match session.commit() {
            Ok(()) => {
                self.session = Some(session);
                self.meters.batches.increment();
                self.meters.jobs.add(jobs.len() as u64);
                self.meters.batch_time.observe(began.elapsed());
                jobs.into_iter().for_each(Job::committed);
            }
            Err(_) if fail_point::is_broken(Guarantee::WholeBatch) => {
                self.session = Some(session);
                jobs.into_iter().for_each(Job::committed);
            }
            // Nothing was written; one by one, small jobs may still fit.
            Err(error) if error.is_disk_full() => {
                drop(session);
                self.commit_each(jobs);
            }
            Err(error) => {
                // The log may or may not hold the batch, so it must not be run again.
                tracing::error!(%error, jobs = jobs.len(), "commit failed");
                self.meters.failed.add(jobs.len() as u64);
                jobs.into_iter().for_each(|job| job.failed(WriteError::Unavailable));
            }
        }
    }

    /// Runs each job in a transaction of its own, so that one that fails takes no other with it.
    fn commit_each(&mut self, jobs: Vec<Box<dyn Job>>) {
        tracing::warn!(jobs = jobs.len(), "a batch broke; running its jobs one by one");
        self.meters.broken.increment();
        for job in jobs {
            self.commit_alone(job);
        }
    }

    fn commit_alone(&mut self, mut job: Box<dyn Job>) {
        let began = Instant::now();
        let mut session = match self.begin() {
            Ok(session) => session,
            Err(error) => return job.failed(error),
        };
        let finished = match session.run(&mut *job) {
            Ran::Done => session.commit(),
            Ran::Refused => session.rollback(),
            Ran::Panicked => {
                self.meters.failed.increment();
                return job.failed(WriteError::Panicked);
            }
            Ran::Failed(error) => Err(error),
        };
        match finished {
            Ok(()) => {
                self.session = Some(session);
                self.meters.batches.increment();
                self.meters.jobs.increment();
                self.meters.batch_time.observe(began.elapsed());
                job.committed();
            }
            Err(error) => {
                log_failure(&error);
                self.meters.failed.increment();
                job.failed(WriteError::Unavailable);
            }
        }
    }

    /// Runs jobs until nothing waits, or the batch is large or old enough. Jobs that ran are in `jobs`.
    fn run_batch(&self, session: &mut Session, first: Box<dyn Job>, jobs: &mut Vec<Box<dyn Job>>) -> Batch {
        let breaks = fail_point::is_broken(Guarantee::WholeBatch);
        let began = Instant::now();
        let mut next = Some(first);
        while let Some(mut job) = next {
            let ran = match breaks {
                true => session.run_in_savepoint(&mut *job),
                false => session.run(&mut *job),
            };
            jobs.push(job);
            match ran {
                Ran::Done => {}
                // Broken on purpose: what a savepoint and a wrong guess make of a batch.
                Ran::Refused if breaks => {}
                Ran::Failed(_) | Ran::Panicked if breaks => {
                    if let Some(job) = jobs.pop() {
                        job.failed(WriteError::Unavailable);
                    }
                }
                Ran::Refused => return Batch::Refused,
                Ran::Failed(_) | Ran::Panicked => {
                    log_broken(&ran);
                    return Batch::Broken;
                }
            }
            let full = jobs.len() >= BATCH_JOBS || began.elapsed() >= self.batch_time;
            next = if full { None } else { self.queue.try_pop().map(Work::into_job) };
        }
        Batch::Whole
    }

    /// Takes the connection, or opens one anew, and begins a transaction.
    fn begin(&mut self) -> Result<Session, WriteError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "the database cannot be written");
            WriteError::Unavailable
        };
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::open(&self.opener).map_err(|error| unavailable(&error))?,
        };
        session.begin().map_err(|error| unavailable(&error))?;
        Ok(session)
    }
}

fn log_broken(ran: &Ran) {
    if let Ran::Failed(error) = ran {
        log_failure(error);
    }
}

fn log_failure(error: &DbError) {
    tracing::error!(%error, "a write job failed");
}
