//! Named moments at which a test kills the process, and guarantees that a test breaks on purpose to see that it
//! notices. Without the feature `fail-points`, which no shipped binary has, all of this compiles to nothing.
//!
//! `SCENARIA_FAIL_AT=burst_committed:17` kills the process when it comes to that point for the seventeenth time,
//! `SCENARIA_PANIC_AT=job_done:%97` has every ninety-seventh time panic, `SCENARIA_FREEZE_AT=burst_ready:/tmp/now`
//! stops the process there whenever the file exists (and takes the file away), and
//! `SCENARIA_BREAK=acknowledge_early` breaks a guarantee for good.

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

named! {
    /// Where the process may be killed: around every commit, before it and between it and what follows from it.
    FailPoint {
        /// A write job has done its work; its batch goes on. Here a panic is caught as one of the job's own is.
        JobDone = "job_done",
        /// A transaction has done its work; COMMIT has not been said.
        BeforeCommit = "before_commit",
        /// COMMIT has succeeded; nobody has been told.
        AfterCommit = "after_commit",
        /// What has arrived is in the inbox; it is not acknowledged.
        IntakeStored = "intake_stored",
        /// The free half of a burst is over.
        BurstReady = "burst_ready",
        /// A burst is committed; nothing that it wants has been woken.
        BurstCommitted = "burst_committed",
        /// Sends are claimed; none has begun.
        SendsClaimed = "sends_claimed",
        /// The messenger has answered; the answer is not kept.
        SendAnswered = "send_answered",
        /// The outcome of sends is kept.
        SendsSettled = "sends_settled",
        /// Outside calls are begun in their rows; none was made.
        CallsBegun = "calls_begun",
        /// An outside call was made; its answer is not kept.
        CallMade = "call_made",
        /// The answer of a call is kept; its lane has not been woken.
        CallAnswered = "call_answered",
        /// Due timers were read.
        TimersDue = "timers_due",
        /// Due timers are events; their lanes have not been woken.
        TimersFired = "timers_fired",
    }
}

named! {
    /// What a test breaks to see itself fail.
    Guarantee {
        /// An update is acknowledged after its commit.
        AcknowledgeLate = "acknowledge_early",
        /// A burst that lost its lane writes nothing.
        Fence = "no_fence",
        /// A batch in which a job panicked or the disk was full is undone as a whole.
        WholeBatch = "keep_broken_batch",
    }
}

/// Dies here, if this is where and when the test wants it.
#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub fn reach(_: FailPoint) {}

/// Whether the test has broken a guarantee.
#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub const fn is_broken(_: Guarantee) -> bool {
    false
}

#[cfg(feature = "fail-points")]
pub use armed::{is_broken, reach};

#[cfg(feature = "fail-points")]
mod armed {
    use std::path::PathBuf;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    use super::{FailPoint, Guarantee};

    static KILL_AT: LazyLock<Moment> = LazyLock::new(|| Moment::read("SCENARIA_FAIL_AT"));
    static PANIC_AT: LazyLock<Moment> = LazyLock::new(|| Moment::read("SCENARIA_PANIC_AT"));
    static FREEZE_AT: LazyLock<Option<(String, PathBuf)>> = LazyLock::new(|| {
        let text = std::env::var("SCENARIA_FREEZE_AT").ok()?;
        let (point, file) = text.split_once(':')?;
        Some((point.to_owned(), file.into()))
    });
    static BROKEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("SCENARIA_BREAK").ok());

    /// A point, and for the how manieth time.
    struct Moment {
        at: Option<(String, Times)>,
        times: AtomicU32,
    }

    enum Times {
        Once(u32),
        Every(u32),
    }

    impl Moment {
        fn read(variable: &str) -> Self {
            let read = || {
                let text = std::env::var(variable).ok()?;
                let (point, times) = text.split_once(':')?;
                let times = match times.strip_prefix('%') {
                    Some(every) => Times::Every(every.parse().ok()?),
                    None => Times::Once(times.parse().ok()?),
                };
                Some((point.to_owned(), times))
            };
            Self { at: read(), times: AtomicU32::new(0) }
        }

        fn is_now(&self, point: FailPoint) -> bool {
            let Some((wanted, times)) = &self.at else { return false };
            if point.name() != wanted {
                return false;
            }
            let time = self.times.fetch_add(1, Ordering::Relaxed) + 1;
            match times {
                Times::Once(once) => time == *once,
                Times::Every(every) => time.is_multiple_of(*every),
            }
        }
    }

    #[allow(clippy::panic, reason = "a test wants to see a panic survived")]
    pub fn reach(point: FailPoint) {
        if KILL_AT.is_now(point) {
            let _ = kill_process(getpid(), Signal::KILL);
        }
        if let Some((wanted, file)) = &*FREEZE_AT
            && point.name() == wanted
            && std::fs::remove_file(file).is_ok()
        {
            let _ = kill_process(getpid(), Signal::STOP);
        }
        if PANIC_AT.is_now(point) {
            panic!("a test has {} panic", point.name());
        }
    }

    pub fn is_broken(guarantee: Guarantee) -> bool {
        BROKEN.as_deref() == Some(guarantee.name())
    }
}
