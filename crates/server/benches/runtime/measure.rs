//! Processor time and memory of a process and its children, from `/proc`.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds of wall time, the same in all processes of the machine.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros().try_into().unwrap()
}

/// Ticks of a second in `/proc`: 100 on every Linux there is.
const TICKS: u64 = 100;

/// How fast the machine is just now: how long it takes to sort a million numbers on every processor at once. Shared
/// processors are twice as slow at one hour as at another, and figures of different hours are compared by this.
pub fn yardstick() -> Duration {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let sort = || {
        let mut state = 1_u64;
        let mut numbers: Vec<u64> = std::iter::repeat_with(|| {
            // <https://prng.di.unimi.it/splitmix64.c>
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        })
        .take(1_000_000)
        .collect();
        let began = Instant::now();
        numbers.sort_unstable();
        std::hint::black_box(numbers);
        began.elapsed()
    };
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(|| [sort(), sort(), sort()])).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    times.sort_unstable();
    times[times.len() / 2]
}

/// A process and what it has started.
pub struct Tree(u32);

/// Of the server and of its children (the script workers).
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    pub server: Duration,
    pub children: Duration,
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { server: self.server - before.server, children: self.children - before.children }
    }
}

/// Bytes: shared pages count by their share, so that the sum is what the tree takes.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    pub server: u64,
    pub children: u64,
}

impl Memory {
    pub fn all(self) -> u64 {
        self.server + self.children
    }

    pub fn max(self, other: Self) -> Self {
        if other.all() > self.all() { other } else { self }
    }
}

impl Tree {
    pub fn of(pid: u32) -> Self {
        Self(pid)
    }

    pub fn cpu(&self) -> Cpu {
        // utime, stime, and the same of children that have ended.
        let ticks = |pid: u32, fields: [usize; 2]| -> u64 {
            let stat = read_stat(pid).unwrap_or_default();
            fields.iter().filter_map(|field| stat.get(*field)?.parse::<u64>().ok()).sum()
        };
        let time = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS);
        let children: u64 = self.children().into_iter().map(|pid| ticks(pid, [11, 12])).sum();
        Cpu { server: time(ticks(self.0, [11, 12])), children: time(children + ticks(self.0, [13, 14])) }
    }

    pub fn memory(&self) -> Memory {
        Memory { server: share_of(self.0), children: self.children().into_iter().map(share_of).sum() }
    }

    fn children(&self) -> Vec<u32> {
        let parent = self.0.to_string();
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| read_stat(*pid).is_some_and(|stat| stat.get(1) == Some(&parent)))
            .collect()
    }
}

/// The fields behind the name: state, parent, ... `utime` is the eleventh.
fn read_stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_ascii_whitespace().map(str::to_owned).collect())
}

fn share_of(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("Pss:")?.split_ascii_whitespace().next());
    kilobytes.and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// How busy all processors of the machine have been.
#[derive(Clone, Copy)]
pub struct Machine {
    busy: u64,
    all: u64,
}

impl Machine {
    pub fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap();
        let times: Vec<u64> = text
            .lines()
            .next()
            .unwrap_or_default()
            .split_ascii_whitespace()
            .skip(1)
            .take(8)
            .map(|field| field.parse().unwrap())
            .collect();
        let all = times.iter().sum();
        Self { busy: all - times[3] - times[4], all }
    }

    /// Busy time, and the time there was.
    pub fn since(&self, before: &Self) -> (Duration, Duration) {
        let time = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS);
        (time(self.busy - before.busy), time(self.all - before.all))
    }
}

/// Load averages as the system gives them.
pub fn load_average() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(1).collect()
}
