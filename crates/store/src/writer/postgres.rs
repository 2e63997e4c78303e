//! Writing on PostgreSQL: a few threads, a transaction per job, run again after a lost race.
//!
//! What waits for the inbox goes together in one statement, because there a round trip is the price.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Opener;
use super::transaction::Session;
use crate::error::{DbError, WriteError};
use crate::job::{Job, Ran, Receive, ReceiveTogether, Work};
use crate::meters::StoreMeters;
use crate::queue::{Class, Queue};

/// How often a job is run when it keeps losing races.
const ATTEMPTS: u32 = 10;
/// How often a job is run that fails with an error nobody can name.
const UNNAMED_ATTEMPTS: u32 = 3;
/// Senders whose rows share a statement.
const RECEIVES_TOGETHER: usize = 256;
/// How often a lost connection is tried again before its job is given up.
const CONNECT_ATTEMPTS: u32 = 3;

pub(crate) struct PostgresWriter {
    opener: Opener,
    queue: Arc<Queue<Work>>,
    session: Option<Session>,
    meters: Arc<StoreMeters>,
}

enum Outcome {
    Committed,
    Failed(WriteError),
    /// Surely not committed; the job may be run again.
    Again,
    /// The same, but it may fail for ever.
    PerhapsAgain(WriteError),
}

impl PostgresWriter {
    pub(crate) fn new(opener: Opener, queue: Arc<Queue<Work>>, meters: Arc<StoreMeters>) -> Self {
        Self { opener, queue, session: None, meters }
    }

    /// Serves the queue until it is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(work) = self.queue.pop() {
            let job = match work {
                Work::Job(job) => job,
                Work::Receive(first) => self.gather(first),
            };
            self.commit(job);
        }
    }

    fn gather(&self, first: Receive) -> Box<dyn Job> {
        let mut parts = vec![first];
        while parts.len() < RECEIVES_TOGETHER {
            match self.queue.try_pop_if(Class::Intake, |work| matches!(work, Work::Receive(_))) {
                Some(Work::Receive(receive)) => parts.push(receive),
                Some(Work::Job(_)) | None => break,
            }
        }
        Box::new(ReceiveTogether::new(parts))
    }

    fn commit(&mut self, mut job: Box<dyn Job>) {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                // Random, so that two that collided do not collide again.
                let mut jitter = [0];
                let _ = getrandom::fill(&mut jitter);
                let [jitter] = jitter;
                std::thread::sleep(Duration::from_millis(u64::from(attempt * 2) + u64::from(jitter % 8)));
            }
            let began = Instant::now();
            match self.try_commit(&mut *job) {
                Outcome::Committed => {
                    self.meters.batches.increment();
                    self.meters.jobs.increment();
                    self.meters.batch_time.observe(began.elapsed());
                    return job.committed();
                }
                Outcome::PerhapsAgain(error) if attempt + 1 < UNNAMED_ATTEMPTS => drop(error),
                Outcome::Failed(error) | Outcome::PerhapsAgain(error) => {
                    self.meters.failed.increment();
                    return job.failed(error);
                }
                Outcome::Again => {}
            }
            self.meters.broken.increment();
        }
        tracing::error!("a write job lost every race");
        self.meters.failed.increment();
        job.failed(WriteError::Unavailable);
    }

    fn try_commit(&mut self, job: &mut dyn Job) -> Outcome {
        let mut session = match self.session.take().map_or_else(|| self.connect(), Ok) {
            Ok(session) => session,
            Err(error) => return Outcome::Failed(error),
        };
        // Each arm that does not put the session back drops the connection.
        if let Err(error) = session.begin() {
            return judge(&error);
        }
        match session.run(job) {
            Ran::Done => match session.commit() {
                Ok(()) => {
                    self.session = Some(session);
                    Outcome::Committed
                }
                Err(error) if error.is_race() => Outcome::Again,
                Err(error) => {
                    tracing::error!(%error, "commit failed; nobody knows whether it happened");
                    Outcome::Failed(WriteError::Unavailable)
                }
            },
            Ran::Refused => {
                self.rollback(session);
                Outcome::Committed
            }
            Ran::Panicked => Outcome::Failed(WriteError::Panicked),
            Ran::Failed(error) => {
                if !error.is_connection_lost() {
                    self.rollback(session);
                }
                judge(&error)
            }
        }
    }

    fn rollback(&mut self, mut session: Session) {
        if session.rollback().is_ok() {
            self.session = Some(session);
        }
    }

    fn connect(&self) -> Result<Session, WriteError> {
        for attempt in 1..=CONNECT_ATTEMPTS {
            match Session::open(&self.opener) {
                Ok(session) => return Ok(session),
                Err(error) => tracing::error!(%error, attempt, "cannot connect to the database"),
            }
            std::thread::sleep(Duration::from_millis(200 * u64::from(attempt)));
        }
        Err(WriteError::Unavailable)
    }
}

/// What to do about an error before COMMIT.
fn judge(error: &DbError) -> Outcome {
    if error.is_race() || error.is_connection_lost() {
        return Outcome::Again;
    }
    tracing::error!(%error, "a write job failed");
    match error.may_be_race() {
        true => Outcome::PerhapsAgain(WriteError::Unavailable),
        false => Outcome::Failed(WriteError::Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorKind, Error};

    use super::*;

    #[test]
    fn a_deadlock_is_run_again_in_every_language() {
        let error =
            |kind, message: &str| DbError::from(Error::DatabaseError(kind, Box::new(message.to_owned())));
        let unknown = |message| judge(&error(DatabaseErrorKind::Unknown, message));
        assert!(matches!(unknown("deadlock detected"), Outcome::Again));
        assert!(matches!(unknown("обнаружена взаимоблокировка"), Outcome::PerhapsAgain(_)));
        let duplicate = error(DatabaseErrorKind::UniqueViolation, "duplicate key");
        assert!(matches!(judge(&duplicate), Outcome::Failed(_)));
    }
}
