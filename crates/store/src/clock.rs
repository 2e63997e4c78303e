//! The time: the wall clock as it stood at the start, moved on by a clock that nobody sets.
//!
//! CLOCK_BOOTTIME runs on while the machine sleeps and is never set, so a corrected wall clock makes no timer
//! fire early, twice or late. A correction that lasts is adopted after five minutes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::ids::UtcMs;
use rustix::time::{ClockId, clock_gettime};

/// A difference below this is drift, not a correction.
const DRIFT_MS: i64 = 50;
/// How long a correction must last to be believed.
const ADOPT_AFTER_MS: i64 = 5 * 60 * 1_000;
const NOT_DIVERGED: i64 = i64::MIN;

/// Tells the time; clones tell the same.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    System(Steady),
    /// The system's, on a machine whose clocks a test sets.
    #[cfg(any(test, feature = "testing"))]
    Skewed(Steady, Arc<Skew>),
    Manual(AtomicI64),
}

/// What somebody has done to the clocks of a machine, in milliseconds, for tests.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug, Default)]
pub struct Skew {
    /// By how much the wall clock was set ahead.
    pub wall_ms: AtomicI64,
    /// How much time has passed that no test waits for.
    pub passed_ms: AtomicI64,
}

#[cfg(any(test, feature = "testing"))]
impl Skew {
    fn read(&self) -> (i64, i64) {
        let passed = self.passed_ms.load(Ordering::Relaxed);
        let wall = read_ms(ClockId::Realtime) + passed + self.wall_ms.load(Ordering::Relaxed);
        (wall, read_ms(ClockId::Boottime) + passed)
    }
}

impl Clock {
    pub fn system() -> Self {
        Self(Arc::new(Source::System(Steady::new(read_ms(ClockId::Realtime), read_ms(ClockId::Boottime)))))
    }

    /// The system's clock on a machine whose clocks are set, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn skewed(skew: Arc<Skew>) -> Self {
        let (wall_ms, boot_ms) = skew.read();
        Self(Arc::new(Source::Skewed(Steady::new(wall_ms, boot_ms), skew)))
    }

    /// A clock that only moves when told to, for tests.
    pub fn manual(now: UtcMs) -> Self {
        Self(Arc::new(Source::Manual(AtomicI64::new(now.0))))
    }

    pub fn now(&self) -> UtcMs {
        UtcMs(match &*self.0 {
            Source::System(steady) => steady.now(read_ms(ClockId::Realtime), read_ms(ClockId::Boottime)),
            #[cfg(any(test, feature = "testing"))]
            Source::Skewed(steady, skew) => {
                let (wall_ms, boot_ms) = skew.read();
                steady.now(wall_ms, boot_ms)
            }
            Source::Manual(now) => now.load(Ordering::Relaxed),
        })
    }

    /// Milliseconds since the machine started, sleep included: what a lease is measured by. Nobody sets it.
    pub fn uptime_ms() -> i64 {
        read_ms(ClockId::Boottime)
    }

    /// Moves a manual clock on; the system's is not moved.
    pub fn advance(&self, by_ms: i64) {
        if let Source::Manual(now) = &*self.0 {
            now.fetch_add(by_ms, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
struct Steady {
    /// Wall time minus boot time, as believed.
    offset_ms: AtomicI64,
    /// Boot time at which the wall clock was first seen elsewhere.
    diverged_at_ms: AtomicI64,
}

impl Steady {
    fn new(wall_ms: i64, boot_ms: i64) -> Self {
        Self { offset_ms: AtomicI64::new(wall_ms - boot_ms), diverged_at_ms: AtomicI64::new(NOT_DIVERGED) }
    }

    fn now(&self, wall_ms: i64, boot_ms: i64) -> i64 {
        let offset = self.offset_ms.load(Ordering::Relaxed);
        if (wall_ms - boot_ms - offset).abs() <= DRIFT_MS {
            if self.diverged_at_ms.load(Ordering::Relaxed) != NOT_DIVERGED {
                self.diverged_at_ms.store(NOT_DIVERGED, Ordering::Relaxed);
            }
            return boot_ms + offset;
        }
        match self.diverged_at_ms.load(Ordering::Relaxed) {
            NOT_DIVERGED => self.diverged_at_ms.store(boot_ms, Ordering::Relaxed),
            since if boot_ms - since >= ADOPT_AFTER_MS => {
                self.offset_ms.store(wall_ms - boot_ms, Ordering::Relaxed);
                self.diverged_at_ms.store(NOT_DIVERGED, Ordering::Relaxed);
                return wall_ms;
            }
            _ => {}
        }
        boot_ms + offset
    }
}

fn read_ms(clock: ClockId) -> i64 {
    let time = clock_gettime(clock);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_jump_is_ignored_for_five_minutes_then_adopted() {
        let steady = Steady::new(1_000_000, 0);
        let hour = 3_600_000;
        assert_eq!(steady.now(1_000_100, 100), 1_000_100);
        assert_eq!(steady.now(1_000_200 + hour, 200), 1_000_200, "a jump is not believed at once");
        assert_eq!(steady.now(1_000_200 + hour + 299_999, 300_199), 1_300_199);
        assert_eq!(
            steady.now(1_000_200 + hour + 300_000, 300_200),
            1_300_200 + hour,
            "but after five minutes"
        );
        assert_eq!(steady.now(1_300_300 + hour, 300_300), 1_300_300 + hour);
    }

    #[test]
    fn a_jump_that_is_taken_back_leaves_no_trace() {
        let steady = Steady::new(1_000_000, 0);
        assert_eq!(steady.now(500_000, 1_000), 1_001_000);
        assert_eq!(steady.now(1_200_000, 200_000), 1_200_000);
        assert_eq!(steady.now(500_000, 400_000), 1_400_000, "the five minutes begin anew");
    }

    #[test]
    fn the_system_clock_is_the_wall_clock_at_the_start() {
        let wall =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
        assert!((Clock::system().now().0 - wall).abs() < 1_000);
    }
}
