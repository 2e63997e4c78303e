//! When which update's message arrived at the messenger.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

/// What has arrived so far.
pub struct Arrivals {
    seen: Mutex<Seen>,
    /// A permit for every message that arrived: places in the window.
    pub places: Semaphore,
}

#[derive(Default)]
struct Seen {
    /// Microseconds of wall time, by the update's number; 0 when it has not come.
    at: Vec<u64>,
    count: u64,
    repeated: u64,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { seen: Mutex::default(), places: Semaphore::new(0) }
    }
}

impl Arrivals {
    pub fn note(&self, number: u64, at: u64) {
        let mut seen = self.lock();
        let index = usize::try_from(number).unwrap();
        if seen.at.len() <= index {
            seen.at.resize(index + 1, 0);
        }
        if seen.at[index] == 0 {
            seen.at[index] = at;
            seen.count += 1;
            drop(seen);
            self.places.add_permits(1);
        } else {
            seen.repeated += 1;
        }
    }

    /// Different updates whose message has arrived.
    pub fn count(&self) -> u64 {
        self.lock().count
    }

    /// Messages that arrived once more.
    pub fn repeated(&self) -> u64 {
        self.lock().repeated
    }

    pub fn at(&self, number: u64) -> Option<u64> {
        let seen = self.lock();
        seen.at.get(usize::try_from(number).ok()?).copied().filter(|at| *at > 0)
    }

    /// Waits for this many; gives up when for half a minute nothing comes.
    pub async fn wait_for(&self, count: u64) {
        let mut last = (self.count(), 0);
        while self.count() < count && last.1 < 300 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.count();
            last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
