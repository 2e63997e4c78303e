//! What the store counts about itself.

use std::fs;
use std::path::PathBuf;

use meters::{Counter, Histogram, Kind, Page};

use crate::open::Database;
use crate::queue::{Class, Queue};

/// Counted where it happens; written to a page by [`crate::Store::describe`].
#[derive(Debug, Default)]
pub(crate) struct StoreMeters {
    /// Transactions that were committed.
    pub(crate) batches: Counter,
    /// Jobs that ran inside of them.
    pub(crate) jobs: Counter,
    /// From the beginning of a transaction to the end of its COMMIT.
    pub(crate) batch_time: Histogram,
    /// Jobs that wrote nothing because of the database or a bug.
    pub(crate) failed: Counter,
    /// Transactions that were thrown away and whose jobs ran again.
    pub(crate) broken: Counter,
}

/// Where the database keeps its files, to look at their sizes.
pub(crate) struct Files(Vec<(&'static str, PathBuf)>);

impl Files {
    pub(crate) fn of(database: &Database) -> Self {
        let Database::Sqlite { path } = database else { return Self(Vec::new()) };
        let wal = PathBuf::from(format!("{}-wal", path.display()));
        Self(vec![("database", path.clone()), ("wal", wal), ("traces", Database::traces_path(path))])
    }

    fn sizes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(name, path)| (*name, fs::metadata(path).map_or(0, |found| found.len())))
    }
}

impl StoreMeters {
    pub(crate) fn describe<W, R>(&self, page: &mut Page, writes: &Queue<W>, reads: &Queue<R>, files: &Files) {
        page.value(
            Kind::Counter,
            "scenaria_write_batches_total",
            "Transactions that were committed.",
            self.batches.get(),
        );
        page.value(Kind::Counter, "scenaria_write_jobs_total", "Jobs inside of them.", self.jobs.get());
        page.histogram(
            "scenaria_write_batch_seconds",
            "From the beginning of a transaction to the end of its COMMIT.",
            &self.batch_time,
        );
        page.value(
            Kind::Counter,
            "scenaria_write_jobs_failed_total",
            "Jobs that wrote nothing because of the database or a bug.",
            self.failed.get(),
        );
        page.value(
            Kind::Counter,
            "scenaria_write_batches_broken_total",
            "Transactions that were thrown away; their jobs ran again one by one.",
            self.broken.get(),
        );
        let waiting = [
            ("intake", writes.waiting(Class::Intake)),
            ("lanes", writes.waiting(Class::Lanes)),
            ("background", writes.waiting(Class::Background)),
            ("aside", writes.waiting(Class::Aside)),
        ];
        page.family(
            Kind::Gauge,
            ("scenaria_write_queue_jobs", "Jobs waiting for the writer, by class."),
            "class",
            waiting,
        );
        page.value(
            Kind::Gauge,
            "scenaria_read_queue_jobs",
            "Queries waiting for a reader.",
            reads.waiting(Class::Lanes),
        );
        page.family(
            Kind::Gauge,
            ("scenaria_sqlite_bytes", "Size of the files of SQLite; 0 on PostgreSQL's side."),
            "file",
            files.sizes(),
        );
    }
}
