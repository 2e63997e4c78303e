//! The table.

use std::time::Duration;

use crate::measure::{Cpu, Memory, load_average};

pub struct Report {
    pub database: &'static str,
    pub chats: u64,
    pub subscribers: u64,
    pub rate: Option<u32>,
    /// Whose message arrived in this time.
    pub updates: u64,
    pub took: Duration,
    /// See [`crate::measure::yardstick`].
    pub yardstick: Duration,
    /// Microseconds, in order of size.
    pub latencies: Vec<u64>,
    pub cpu: Cpu,
    /// Busy time of all processors, and how much there was.
    pub machine: (Duration, Duration),
    pub idle: Memory,
    pub peak: Memory,
    pub rested: Memory,
}

impl Report {
    /// A row of `docs/BENCHMARKS.md` with its head.
    pub fn print(&self) {
        let updates = self.updates.max(1) as f64;
        let per_update = |time: Duration| time.as_secs_f64() * 1000.0 / updates;
        let (server, children) = (per_update(self.cpu.server), per_update(self.cpu.children));
        let ms = |part: f64| self.percentile(part) as f64 / 1000.0;
        let mb = |memory: Memory| memory.all() as f64 / 1_048_576.0;
        let mode = self.rate.map_or_else(|| "sustained".to_owned(), |rate| format!("{rate}/s"));
        let all_cpu = self.cpu.server + self.cpu.children;
        let others = self.machine.0.saturating_sub(all_cpu).as_secs_f64() / self.machine.1.as_secs_f64();
        println!(
            "| database | chats | subscribers | load | updates/s | p50 ms | p99 ms | p99.9 ms | CPU ms/update | of it server | scripts | idle MB | peak MB | after MB | load average | processors taken by others | yardstick ms |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        println!(
            "| {} | {} | {} | {mode} | {:.0} | {:.1} | {:.1} | {:.1} | {:.3} | {server:.3} | {children:.3} | {:.0} | {:.0} | {:.0} | {} | {:.0} % | {:.0} |",
            self.database,
            self.chats,
            self.subscribers,
            self.updates as f64 / self.took.as_secs_f64(),
            ms(0.5),
            ms(0.99),
            ms(0.999),
            server + children,
            mb(self.idle),
            mb(self.peak),
            mb(self.rested),
            load_average(),
            others * 100.0,
            self.yardstick.as_secs_f64() * 1000.0,
        );
    }

    fn percentile(&self, part: f64) -> u64 {
        let index = (self.latencies.len() as f64 * part) as usize;
        self.latencies.get(index).or(self.latencies.last()).copied().unwrap_or_default()
    }
}
