//! A batch may break at any job; nothing that was acknowledged may be missing afterwards, and nothing that was
//! not may be there.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::{QueryResult, SqliteConnection};
use tokio::sync::oneshot;

use super::Opener;
use super::sqlite::SqliteWriter;
use crate::connection::{Backend, Connection, Tx};
use crate::error::{DbError, JobError, Refusal, WriteError};
use crate::job::{ClosureJob, Work};
use crate::queue::{Class, PATIENCE, Queue};
use crate::schema::settings;
use crate::{migrate, open};

/// What one job does after it has inserted its own row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Small,
    /// Inserts so much that a full disk meets it.
    Large,
    Panics,
    Refuses,
    /// Fails, and says that all is well.
    HidesFailure,
    Fails,
}

/// Bytes of a large row: seven pages.
const LARGE: usize = 28_000;

fn perform(connection: &mut SqliteConnection, name: &str, act: Act) -> Result<(), JobError> {
    let insert = |connection: &mut SqliteConnection, name: &str, value: &str| {
        diesel::insert_into(settings::table)
            .values((settings::name.eq(name), settings::value.eq(value)))
            .execute(connection)
            .map_err(DbError::from)
    };
    let value = if act == Act::Large { "x".repeat(LARGE) } else { name.to_owned() };
    insert(connection, name, &value)?;
    match act {
        Act::Small | Act::Large => Ok(()),
        Act::Panics => panic!("{name} panics"),
        Act::Refuses => Err(Refusal::NotFound.into()),
        Act::HidesFailure => {
            let _ = insert(connection, name, &value);
            Ok(())
        }
        Act::Fails => insert(connection, name, &value).map(|_| ()).map_err(JobError::from),
    }
}

struct Bench {
    directory: tempfile::TempDir,
    /// Pages the file may grow by, as if the disk were full then.
    room_pages: Option<u32>,
}

impl Bench {
    fn new(room_pages: Option<u32>) -> Self {
        let bench = Self { directory: tempfile::tempdir().unwrap(), room_pages };
        migrate::run(&mut open::sqlite_writer(&bench.path()).unwrap()).unwrap();
        bench
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("test.db")
    }

    fn opener(&self) -> Opener {
        let path = self.path();
        let limit = self.room_pages.map(|room| room + count_pages(&path));
        Box::new(move || {
            let mut connection = open::sqlite_writer(&path)?;
            if let (Some(limit), Backend::Sqlite(sqlite)) = (limit, &mut connection.0) {
                sqlite.batch_execute(&format!("PRAGMA max_page_count = {limit}")).map_err(DbError::from)?;
            }
            Ok(connection)
        })
    }

    /// The names of all rows, as a fresh connection sees them.
    fn rows(&self) -> Vec<String> {
        let mut sqlite = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        settings::table.order(settings::name).select(settings::name).load(&mut sqlite).unwrap()
    }

    /// Sends all jobs as one batch through the writer; answers what each was told.
    fn run(&self, acts: &[Act]) -> Report {
        let queue = Arc::new(Queue::new(1_000, PATIENCE));
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut answers = Vec::new();
        for (index, act) in acts.iter().copied().enumerate() {
            let (reply, answer) = oneshot::channel();
            let log = Arc::clone(&log);
            let job = move |tx: &mut Tx| {
                let Connection(Backend::Sqlite(sqlite), _) = &mut tx.0 else { unreachable!() };
                log.lock().unwrap().push((index, None));
                let result = perform(sqlite, &name(index), act);
                log.lock().unwrap().push((index, Some(result.is_ok())));
                result
            };
            let work = Work::Job(Box::new(ClosureJob::new(job, reply)));
            assert!(queue.push(Class::Lanes, work).is_ok());
            answers.push(answer);
        }
        queue.close();
        SqliteWriter::new(self.opener(), queue, Arc::default()).without_hurry().run();
        let answers = answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect();
        let log = std::mem::take(&mut *log.lock().unwrap());
        Report { answers, log }
    }

    /// The obvious way, which loses data: one transaction of diesel's around nested ones.
    fn run_naively(&self, acts: &[Act]) -> Report {
        let Connection(Backend::Sqlite(mut sqlite), _) = (self.opener())().unwrap() else { unreachable!() };
        let mut results = Vec::new();
        let committed: QueryResult<()> = sqlite.transaction(|sqlite| {
            for (index, act) in acts.iter().copied().enumerate() {
                let job = || sqlite.transaction(|sqlite| perform(sqlite, &name(index), act));
                results.push(match catch_unwind(AssertUnwindSafe(job)) {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(JobError::Refused(refusal))) => Err(WriteError::Refused(refusal)),
                    Ok(Err(_)) => Err(WriteError::Unavailable),
                    Err(_) => Err(WriteError::Panicked),
                });
            }
            Ok(())
        });
        let answers = match committed {
            Ok(()) => results,
            Err(_) => vec![Err(WriteError::Unavailable); acts.len()],
        };
        Report { answers, log: Vec::new() }
    }
}

struct Report {
    answers: Vec<Result<(), WriteError>>,
    /// Begins (`None`) and ends of runs, in order.
    log: Vec<(usize, Option<bool>)>,
}

impl Report {
    fn acknowledged(&self) -> Vec<String> {
        let answers = self.answers.iter().enumerate();
        answers.filter(|(_, answer)| answer.is_ok()).map(|(index, _)| name(index)).collect()
    }

    /// Index of the job whose first run ended badly.
    fn first_failure(&self) -> Option<usize> {
        self.log.iter().find(|(_, ended)| *ended == Some(false)).map(|(index, _)| *index)
    }

    fn runs(&self) -> BTreeMap<usize, usize> {
        let mut runs = BTreeMap::new();
        for (index, ended) in &self.log {
            *runs.entry(*index).or_insert(0) += usize::from(ended.is_none());
        }
        runs
    }
}

fn name(index: usize) -> String {
    format!("job-{index:03}")
}

impl From<diesel::result::Error> for JobError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(DbError::from(error))
    }
}

fn count_pages(path: &Path) -> u32 {
    #[derive(QueryableByName)]
    struct Pages {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        page_count: i32,
    }
    let mut sqlite = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let pages: Pages = diesel::sql_query("PRAGMA page_count").get_result(&mut sqlite).unwrap();
    u32::try_from(pages.page_count).unwrap()
}

fn acts<const N: usize>(many: usize, special: [(usize, Act); N]) -> Vec<Act> {
    let mut acts = vec![Act::Small; many];
    for (index, act) in special {
        acts[index] = act;
    }
    acts
}

#[test]
fn what_breaks_one_job_costs_no_other() {
    let check = |act: Act, expected: WriteError| {
        let bench = Bench::new(None);
        let report = bench.run(&acts(20, [(9, act)]));
        assert_eq!(bench.rows(), report.acknowledged(), "{act:?}");
        for (index, answer) in report.answers.iter().enumerate() {
            let expected = if index == 9 { Err(expected.clone()) } else { Ok(()) };
            assert_eq!(*answer, expected, "{act:?}: job {index}");
        }
    };
    check(Act::Panics, WriteError::Panicked);
    check(Act::Refuses, WriteError::Refused(Refusal::NotFound));
    check(Act::Fails, WriteError::Unavailable);
    check(Act::HidesFailure, WriteError::Unavailable);
}

#[test]
fn several_breaks_in_one_batch() {
    let bench = Bench::new(None);
    let special = [(0, Act::Panics), (3, Act::Refuses), (4, Act::Fails), (5, Act::Panics), (19, Act::Panics)];
    let report = bench.run(&acts(20, special));
    assert_eq!(bench.rows(), report.acknowledged());
    assert_eq!(report.acknowledged().len(), 15);
}

/// Large rows until the file may not grow, then small ones.
fn fill() -> Vec<Act> {
    let mut acts = vec![Act::Large; 12];
    acts.extend([Act::Small; 12]);
    acts
}

#[test]
fn a_disk_that_fills_in_the_middle_of_a_batch_loses_nothing() {
    let bench = Bench::new(Some(40));
    let report = bench.run(&fill());

    // It did hit in the middle: jobs before it ran well, jobs behind it had not begun, and all were in one
    // transaction, because the good ones had to be run again.
    let failure = report.first_failure().expect("the disk was never full");
    assert!((2..=10).contains(&failure), "job {failure} met the full disk");
    let begun_before: Vec<usize> =
        report.log.iter().take_while(|(_, ended)| *ended != Some(false)).map(|(index, _)| *index).collect();
    assert_eq!(begun_before.iter().max(), Some(&failure));
    assert!((0..failure).all(|index| report.runs()[&index] == 2), "{:?}", report.runs());

    assert_eq!(bench.rows(), report.acknowledged());
    assert_eq!(report.answers[failure], Err(WriteError::Unavailable));
    assert!((0..failure).all(|index| report.answers[index].is_ok()), "what fitted was kept");
    assert!((12..24).any(|index| report.answers[index].is_ok()), "small rows still fit");
}

#[test]
fn naive_savepoints_lose_acknowledged_jobs_after_a_panic() {
    let bench = Bench::new(None);
    let report = bench.run_naively(&acts(20, [(9, Act::Panics)]));
    assert_eq!(report.acknowledged().len(), 19, "all others were told that they are safe");
    assert_eq!(bench.rows(), Vec::<String>::new(), "and none of them is");
}

#[test]
fn naive_savepoints_keep_what_they_deny_on_a_full_disk() {
    // SQLite rolls back everything with the job that met the full disk, and the jobs behind it commit one by
    // one outside any transaction; at the end COMMIT finds none. Whoever repeats a job that was denied has it
    // twice, and a writer that answers by savepoints has acknowledged the ones rolled back.
    let bench = Bench::new(Some(40));
    let report = bench.run_naively(&fill());
    assert_eq!(report.acknowledged(), Vec::<String>::new());
    let rows = bench.rows();
    assert!(!rows.is_empty(), "some are there all the same");
    assert!(!rows.contains(&name(0)), "and the first ones are not, although their savepoints were released");
}

#[test]
fn a_batch_is_one_transaction_and_answers_leave_after_its_commit() {
    let bench = Bench::new(None);
    let queue = Arc::new(Queue::new(100, PATIENCE));
    let first_answer = Arc::new(Mutex::new(None));
    let mut answers = Vec::new();
    for index in 0..10 {
        let (reply, answer) = oneshot::channel();
        let (path, first_answer_seen) = (bench.path(), Arc::clone(&first_answer));
        let job = move |tx: &mut Tx| {
            let Connection(Backend::Sqlite(sqlite), _) = &mut tx.0 else { unreachable!() };
            perform(sqlite, &name(index), Act::Small)?;
            if index == 9 {
                let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                let seen: i64 = settings::table.count().get_result(&mut other)?;
                assert_eq!(seen, 0, "job 0 was committed before job 9 ran");
                let mut answer = first_answer_seen.lock().unwrap();
                let answer: &mut oneshot::Receiver<_> = answer.as_mut().unwrap();
                assert!(answer.try_recv().is_err(), "job 0 was answered before the commit");
            }
            Ok(())
        };
        assert!(queue.push(Class::Lanes, Work::Job(Box::new(ClosureJob::new(job, reply)))).is_ok());
        if index == 0 {
            *first_answer.lock().unwrap() = Some(answer);
        } else {
            answers.push(answer);
        }
    }
    queue.close();
    SqliteWriter::new(bench.opener(), queue, Arc::default()).without_hurry().run();
    for mut answer in answers {
        assert_eq!(answer.try_recv().unwrap(), Ok(()));
    }
    assert_eq!(bench.rows().len(), 10);
}

#[test]
fn attempts_undo_only_themselves() {
    let bench = Bench::new(None);
    let queue = Arc::new(Queue::new(100, PATIENCE));
    let (reply, mut answer) = oneshot::channel();
    let insert = |tx: &mut Tx, name: &str, act: Act| {
        let Connection(Backend::Sqlite(sqlite), _) = &mut tx.0 else { unreachable!() };
        perform(sqlite, name, act)
    };
    let job = move |tx: &mut Tx| {
        insert(tx, "before", Act::Small)?;
        let refused = tx.attempt(|tx| insert(tx, "refused", Act::Refuses))?;
        let done = tx.attempt(|tx| {
            let inner = tx.attempt(|tx| insert(tx, "inner refused", Act::Refuses))?;
            assert_eq!(inner, Err(Refusal::NotFound));
            insert(tx, "tried", Act::Small)
        })?;
        insert(tx, "after", Act::Small)?;
        Ok((refused, done))
    };
    assert!(queue.push(Class::Lanes, Work::Job(Box::new(ClosureJob::new(job, reply)))).is_ok());
    queue.close();
    SqliteWriter::new(bench.opener(), queue, Arc::default()).without_hurry().run();
    assert_eq!(answer.try_recv().unwrap(), Ok((Err(Refusal::NotFound), Ok(()))));
    assert_eq!(bench.rows(), ["after", "before", "tried"]);
}

/// With a real full disk: `mount -t tmpfs -o size=4m tmpfs DIR`, then `TEST_SMALL_DISK=DIR`.
#[test]
fn a_really_full_disk_loses_nothing_and_is_survived() {
    let Some(disk) = std::env::var_os("TEST_SMALL_DISK") else { return };
    let bench = Bench { directory: tempfile::tempdir_in(disk).unwrap(), room_pages: None };
    migrate::run(&mut open::sqlite_writer(&bench.path()).unwrap()).unwrap();
    // Taken away later: the space that returns.
    let filler = bench.directory.path().join("filler");
    std::fs::write(&filler, vec![0; 1024 * 1024]).unwrap();

    let report = bench.run(&[Act::Large; 200]);
    let acknowledged = report.acknowledged();
    assert!(acknowledged.len() > 1 && acknowledged.len() < 200, "{} fitted", acknowledged.len());
    assert_eq!(bench.rows(), acknowledged);

    std::fs::remove_file(filler).unwrap();
    let queue = Arc::new(Queue::new(1, PATIENCE));
    let (reply, mut answer) = oneshot::channel();
    let job = |tx: &mut Tx| {
        let Connection(Backend::Sqlite(sqlite), _) = &mut tx.0 else { unreachable!() };
        perform(sqlite, "later", Act::Large)
    };
    assert!(queue.push(Class::Lanes, Work::Job(Box::new(ClosureJob::new(job, reply)))).is_ok());
    queue.close();
    SqliteWriter::new(bench.opener(), queue, Arc::default()).without_hurry().run();
    assert_eq!(answer.try_recv().unwrap(), Ok(()), "it works again when there is space");
    assert_eq!(bench.rows().len(), acknowledged.len() + 1);

    let mut sqlite = SqliteConnection::establish(bench.path().to_str().unwrap()).unwrap();
    #[derive(QueryableByName)]
    struct Check {
        #[diesel(sql_type = diesel::sql_types::Text)]
        integrity_check: String,
    }
    let check: Check = diesel::sql_query("PRAGMA integrity_check").get_result(&mut sqlite).unwrap();
    assert_eq!(check.integrity_check, "ok");
}
