//! What a process counts about itself, and how Prometheus reads it.
//!
//! Counting is an atomic addition: no lock, no allocation, no look-up by label. So every counter is a field with a
//! name, made once, and label values are written down in the code that renders them: nothing a user does makes
//! another series. [`Page`] writes the text format.

mod page;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use page::{Kind, Page};

/// Only rises.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    pub fn increment(&self) {
        self.add(1);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of a [`Histogram`]'s buckets, in microseconds; what takes longer counts only in the sum.
const BOUNDS_US: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// How long things took: from a quarter of a millisecond to ten seconds.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS_US.len()],
    over: AtomicU64,
    sum_us: AtomicU64,
}

impl Histogram {
    pub fn observe(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let index = BOUNDS_US.partition_point(|bound| *bound < us);
        self.buckets.get(index).unwrap_or(&self.over).fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Upper bounds in seconds, each with how many took no longer than that.
    fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.buckets.iter().scan(0, |sum, bucket| {
            *sum += bucket.load(Ordering::Relaxed);
            Some(*sum)
        });
        BOUNDS_US.iter().map(|us| Duration::from_micros(*us).as_secs_f64()).zip(counts)
    }

    fn over(&self) -> u64 {
        self.over.load(Ordering::Relaxed)
    }

    fn sum_seconds(&self) -> f64 {
        Duration::from_micros(self.sum_us.load(Ordering::Relaxed)).as_secs_f64()
    }
}
