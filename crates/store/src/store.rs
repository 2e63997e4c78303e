//! The store as the rest of the house sees it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use engine::ids::UtcMs;
use meters::Page;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::bell::{Bell, Ring};
use crate::clock::Clock;
use crate::connection::{Connection, Tx};
use crate::error::{JobError, OpenError, ReadError, WriteError};
use crate::job::{ClosureJob, Receive, Work};
use crate::meters::{Files, StoreMeters};
use crate::open::{self, Database};
use crate::queue::{Class, PATIENCE, Queue, Rejected};
use crate::reader::{ClosureRead, Read, Reader};
use crate::retention::Retention;
use crate::tables::inbox::{Arrivals, Received};
use crate::tables::lists::Definitions;
use crate::tables::settings;
use crate::tables::traces::TraceBurst;
use crate::trace_writer::{self, Traces, Trim};
use crate::vault::{MasterKey, Vault};
use crate::writer::Opener;
use crate::writer::postgres::PostgresWriter;
use crate::writer::sqlite::SqliteWriter;
use crate::writer::transaction::Session;
use crate::{job::Job, job::Ran, migrate};

/// How to open a store.
pub struct StoreConfig {
    pub database: Database,
    pub master_key: MasterKey,
    pub clock: Clock,
    /// Threads that read.
    pub readers: usize,
    /// Threads that write on PostgreSQL; SQLite has one.
    pub writers: usize,
    /// Jobs that may wait in each class before callers are told [`WriteError::Busy`].
    pub queue: usize,
}

impl StoreConfig {
    pub fn new(database: Database, master_key: MasterKey) -> Self {
        let readers = if matches!(database, Database::Sqlite { .. }) { 4 } else { 8 };
        Self { database, master_key, clock: Clock::system(), readers, writers: 8, queue: 4_096 }
    }
}

/// The database: reads on many threads, writes as jobs of the writer. Clones share everything.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    /// Of this process on a shared database: its connections go by it.
    name: String,
    writes: Arc<Queue<Work>>,
    /// Heartbeats; only where several nodes may share the database.
    pulse: Option<Arc<Queue<Work>>>,
    reads: Arc<Queue<Box<dyn Read>>>,
    traces: std::sync::Mutex<Option<Traces>>,
    vault: Vault,
    clock: Clock,
    /// Only where several nodes may share the database.
    bell: Option<Bell>,
    heard: Mutex<Option<mpsc::Receiver<Ring>>>,
    meters: Arc<StoreMeters>,
    files: Files,
    /// Ends when all threads have.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
        self.pulse.iter().for_each(|pulse| pulse.close());
    }
}

impl Store {
    /// Connects, migrates and starts the threads. Blocks; call it before serving.
    pub fn open(config: StoreConfig) -> Result<Self, OpenError> {
        let StoreConfig { database, master_key, clock, readers, writers, queue } = config;
        let vault = Vault::new(&master_key);
        let name = random_name()?;
        let lists = Arc::default();
        let openers = |database: &Database| openers(database, &name, &lists);
        let writer = openers(&database).writer;
        let mut connection = writer()?;
        migrate::run(&mut connection)?;
        check_master_key(connection, &vault)?;
        // Made before the readers attach it.
        drop((openers(&database).traces)()?);

        // Where each job is a transaction of its own, company saves nothing.
        let patience = if matches!(database, Database::Sqlite { .. }) { PATIENCE } else { Duration::ZERO };
        let writes = Arc::new(Queue::new(queue.max(1), patience));
        let reads: Arc<Queue<Box<dyn Read>>> = Arc::new(Queue::new(queue.max(1), Duration::ZERO));
        let (alive, ended) = mpsc::channel(1);
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let alive = alive.clone();
            let run = move || {
                work();
                drop(alive);
            };
            thread::Builder::new()
                .name(format!("store-{name}"))
                .spawn(run)
                .map_err(|error| OpenError::Connect(format!("no thread: {error}")))
        };
        let meters = Arc::new(StoreMeters::default());
        match &database {
            Database::Sqlite { .. } => {
                let writer =
                    SqliteWriter::new(openers(&database).writer, Arc::clone(&writes), Arc::clone(&meters));
                spawn("writer", Box::new(move || writer.run()))?;
            }
            Database::Postgres { .. } => {
                for _ in 0..writers.max(1) {
                    let writer = PostgresWriter::new(
                        openers(&database).writer,
                        Arc::clone(&writes),
                        Arc::clone(&meters),
                    );
                    spawn("writer", Box::new(move || writer.run()))?;
                }
            }
        }
        let pulse = openers(&database).pulse.map(|opener| {
            let beats = Arc::new(Queue::new(PULSE_QUEUE, Duration::ZERO));
            let writer = PostgresWriter::new(opener, Arc::clone(&beats), Arc::clone(&meters));
            spawn("pulse", Box::new(move || writer.run())).map(|_| beats)
        });
        let pulse = pulse.transpose()?;
        for _ in 0..readers.max(1) {
            let reader = Reader::new(openers(&database).reader, Arc::clone(&reads));
            spawn("reader", Box::new(move || reader.run()))?;
        }
        let (traces, trace_writer) = trace_writer::channel(openers(&database).traces);
        spawn("traces", Box::new(move || trace_writer.run()))?;

        let traces = std::sync::Mutex::new(Some(traces));
        let (bell, heard) = match &database {
            Database::Sqlite { .. } => (None, None),
            Database::Postgres { .. } => {
                let hung = Bell::hang(openers(&database).writer);
                let (bell, heard) =
                    hung.map_err(|error| OpenError::Connect(format!("no thread: {error}")))?;
                (Some(bell), Some(heard))
            }
        };
        let heard = Mutex::new(heard);
        Ok(Self(Arc::new(Inner {
            name: name.clone(),
            writes,
            pulse,
            reads,
            traces,
            vault,
            clock,
            bell,
            heard,
            meters,
            files: Files::of(&database),
            ended: Mutex::new(ended),
        })))
    }

    /// Runs a query on a reading connection. Each statement sees the data of its own moment.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let (reply, answer) = oneshot::channel();
        match self.0.reads.push(Class::Lanes, Box::new(ClosureRead { work, reply })) {
            Ok(()) => answer.await.unwrap_or(Err(ReadError::Unavailable)),
            Err(Rejected::Full(_)) => Err(ReadError::Busy),
            Err(Rejected::Closed(_)) => Err(ReadError::Unavailable),
        }
    }

    /// Runs a job in a transaction and answers after its COMMIT. The job may be run more than once, so it
    /// must do nothing but write; it must be short, and let every database error pass.
    ///
    /// Dropping the future does not stop a job that is queued.
    pub async fn write<T: Send + 'static>(
        &self,
        class: Class,
        job: impl Fn(&mut Tx) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(class, Work::Job(Box::new(ClosureJob::new(job, reply))))?;
        answer.await.unwrap_or(Err(WriteError::Unavailable))
    }

    /// The same for what says that this process lives. On a shared database it has a connection of its own: no lock that
    /// somebody frozen holds, and no queue, keeps it waiting.
    pub async fn write_pulse<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Tx) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let Some(pulse) = &self.0.pulse else { return self.write(Class::Lanes, job).await };
        let (reply, answer) = oneshot::channel();
        let work = Work::Job(Box::new(ClosureJob::new(job, reply)));
        pulse.push(Class::Lanes, work).map_err(rejected)?;
        answer.await.unwrap_or(Err(WriteError::Unavailable))
    }

    /// Puts what has arrived into the inbox; answers in the same order, when it is durable. On PostgreSQL
    /// what several callers bring goes together.
    pub async fn receive(&self, arrivals: impl Into<Arrivals>) -> Result<Vec<Received>, WriteError> {
        let (reply, answer) = oneshot::channel();
        let arrivals = arrivals.into();
        let tenant = arrivals.rows.first().map_or(0, |row| row.lane.workspace.0);
        let work = Work::Receive(Receive::new(arrivals, reply));
        self.0.writes.push_for(tenant, Class::Intake, work).map_err(rejected)?;
        answer.await.unwrap_or(Err(WriteError::Unavailable))
    }

    fn enqueue(&self, class: Class, work: Work) -> Result<(), WriteError> {
        self.0.writes.push(class, work).map_err(rejected)
    }

    /// Hands a burst's trace to the writer aside; never waits. Answers false when it was dropped, because
    /// the queue is full or the blob is longer than [`crate::traces::TRACE_MAX_BYTES`].
    pub fn append_trace(&self, burst: TraceBurst) -> bool {
        self.with_traces(|traces| traces.append(burst)).unwrap_or(false)
    }

    /// Deletes traces older than a moment, and the oldest when there are too many bytes of them; aside.
    pub fn trim_traces(&self, keep: Retention, now: UtcMs) {
        let trim = Trim { before: now.plus_ms(-keep.traces_ms), bytes: keep.traces_bytes };
        self.with_traces(|traces| traces.trim(trim));
    }

    /// Waits until the traces appended so far can be read.
    pub async fn flush_traces(&self) {
        if let Some(flushed) = self.with_traces(Traces::flush) {
            // An error means that the writer has ended, so there is nothing left to wait for.
            let _ = flushed.await;
        }
    }

    fn with_traces<T>(&self, work: impl FnOnce(&Traces) -> T) -> Option<T> {
        let traces = self.0.traces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        traces.as_ref().map(work)
    }

    /// Names this process on a shared database.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether other processes may work on the same database.
    pub fn is_shared(&self) -> bool {
        self.0.bell.is_some()
    }

    /// Tells the other nodes something; never waits, and may be lost.
    pub fn ring(&self, word: Ring) {
        if let Some(bell) = &self.0.bell {
            bell.ring(word);
        }
    }

    /// Whether there are other nodes, whose words should be heard at once.
    pub fn listen_closely(&self, several: bool) {
        if let Some(bell) = &self.0.bell {
            bell.listen_closely(several);
        }
    }

    /// The next word of another node; never, where there are none.
    pub async fn hear(&self) -> Ring {
        let mut heard = self.0.heard.lock().await;
        match heard.as_mut() {
            Some(heard) => match heard.recv().await {
                Some(word) => word,
                // The bell hangs for as long as the store is open.
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// The time, by which everything durable is dated.
    pub fn now(&self) -> UtcMs {
        self.0.clock.now()
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Writes what the store counts about itself. Asks the database nothing.
    pub fn describe(&self, page: &mut Page) {
        self.0.meters.describe(page, &self.0.writes, &self.0.reads, &self.0.files);
    }

    /// Takes no more work, finishes what is queued and closes all connections.
    pub async fn close(&self) {
        self.0.writes.close();
        self.0.reads.close();
        self.0.pulse.iter().for_each(|pulse| pulse.close());
        drop(self.0.traces.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        let mut ended = self.0.ended.lock().await;
        // Nothing is ever sent: the channel closes when the last thread has dropped its half.
        while ended.recv().await.is_some() {}
    }
}

fn rejected<T>(rejected: Rejected<T>) -> WriteError {
    match rejected {
        Rejected::Full(_) => WriteError::Busy,
        Rejected::Closed(_) => WriteError::Unavailable,
    }
}

/// Heartbeats that may wait for one another.
const PULSE_QUEUE: usize = 16;

/// Random, because nothing else tells the processes of a shared database apart.
fn random_name() -> Result<String, OpenError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| OpenError::Connect(format!("no random bytes: {error}")))?;
    Ok(format!("scenaria-{}", hex::encode(random)))
}

struct Openers {
    writer: Opener,
    reader: Opener,
    traces: Opener,
    pulse: Option<Opener>,
}

fn openers(database: &Database, name: &str, lists: &Arc<Definitions>) -> Openers {
    match database.clone() {
        Database::Sqlite { path } => {
            let (reader, traces) = (path.clone(), path.clone());
            let (written, read) = (Arc::clone(lists), Arc::clone(lists));
            Openers {
                writer: Box::new(move || Ok(open::sqlite_writer(&path)?.sharing(&written))),
                reader: Box::new(move || Ok(open::sqlite_reader(&reader)?.sharing(&read))),
                traces: Box::new(move || open::sqlite_traces(&traces)),
                pulse: None,
            }
        }
        Database::Postgres { url } => {
            let opener = |open: fn(&str, &str) -> Result<Connection, OpenError>| -> Opener {
                let (url, name) = (url.clone(), name.to_owned());
                Box::new(move || open(&url, &name))
            };
            Openers {
                writer: opener(open::postgres_writer),
                reader: opener(open::postgres_reader),
                traces: opener(open::postgres_writer),
                pulse: Some(opener(open::postgres_pulse)),
            }
        }
    }
}

/// A database knows the key it was first opened with, so that a wrong one is found at the start.
fn check_master_key(connection: Connection, vault: &Vault) -> Result<(), OpenError> {
    const NAME: &str = crate::MASTER_KEY_PROOF;
    let mut session = Session::around(connection);
    if let Some(proof) = settings::find(session.tx(), NAME)? {
        return if vault.accepts_proof(&proof) { Ok(()) } else { Err(OpenError::WrongMasterKey) };
    }
    let proof = vault.proof().map_err(|error| OpenError::Connect(error.to_string()))?;
    struct Keep(String);
    impl Job for Keep {
        fn run(&mut self, tx: &mut Tx) -> Ran {
            match settings::upsert(tx, NAME, &self.0) {
                Ok(()) => Ran::Done,
                Err(JobError::Db(error)) => Ran::Failed(error),
                Err(JobError::Refused(_) | JobError::Fenced) => Ran::Refused,
            }
        }
        fn committed(self: Box<Self>) {}
        fn failed(self: Box<Self>, _: WriteError) {}
    }
    session.begin()?;
    match session.run(&mut Keep(proof)) {
        Ran::Done => Ok(session.commit()?),
        Ran::Failed(error) => Err(error.into()),
        Ran::Refused | Ran::Panicked => Err(OpenError::Connect("cannot write the settings".into())),
    }
}
