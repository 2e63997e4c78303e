//! Memory and CPU of one step, counted from what an idle worker holds.

use crate::protocol::Limits;

/// What the worker held before its first step.
pub(super) struct Memory {
    /// Private writable memory without the stack, in bytes; what `RLIMIT_DATA` counts (man setrlimit(2)).
    baseline_bytes: Option<u64>,
    longest_request: u64,
}

impl Memory {
    /// Must run before files are out of reach.
    pub fn measure() -> Self {
        Self { baseline_bytes: data_bytes(), longest_request: 0 }
    }

    /// Sets the limits of the next step; beyond them an allocation fails, which ends the process.
    pub fn limit_step(&mut self, limits: &Limits, request_bytes: usize) {
        // The pipe buffer and the text of large values are not the script's.
        self.longest_request = self.longest_request.max(request_bytes as u64 * 2);
        if let Some(baseline) = self.baseline_bytes {
            super::confine::limit_data(baseline + limits.memory_bytes + self.longest_request);
        }
        super::confine::limit_cpu_from_now(limits.wall_ms);
    }
}

#[cfg(target_os = "linux")]
fn data_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(not(target_os = "linux"))]
fn data_bytes() -> Option<u64> {
    None
}
