//! Memory and CPU of one step, counted from what an idle worker holds.

use crate::protocol::Limits;

/// What the rooms of a worker may hold beyond an idle one, in bytes.
const ROOMS_BYTES: u64 = 6 << 20;

/// The address space has an end of its own, which no step is promised to reach.
const LARGEST_PROBE_BYTES: u64 = 128 << 20;

/// What an allocator adds to a large allocation, and more.
const ALLOCATOR_BYTES: usize = 64 << 10;

/// What the worker held before its first step.
pub(super) struct Memory {
    /// Private writable memory without the stack, in bytes; what `RLIMIT_DATA` counts (man setrlimit(2)).
    baseline_bytes: Option<u64>,
    longest_request: u64,
    /// The limits as they are, because to set them is a system call.
    data_bytes: u64,
    cpu_seconds: u64,
    /// What every step is promised.
    budget_bytes: u64,
}

impl Memory {
    /// Must run before files are out of reach.
    pub fn measure() -> Self {
        Self {
            baseline_bytes: data_bytes(),
            longest_request: 0,
            data_bytes: 0,
            cpu_seconds: 0,
            budget_bytes: 0,
        }
    }

    /// Sets the limits of the next step; beyond them an allocation fails, which ends the process.
    pub fn limit_step(&mut self, limits: &Limits, request_bytes: usize) {
        // The pipe buffer and the text of large values are not the script's.
        self.longest_request = self.longest_request.max(request_bytes as u64 * 2);
        self.budget_bytes = limits.memory_bytes;
        if let Some(baseline) = self.baseline_bytes {
            let data_bytes = baseline + ROOMS_BYTES + limits.memory_bytes + self.longest_request;
            if data_bytes != self.data_bytes {
                super::confine::limit_data(data_bytes);
                self.data_bytes = data_bytes;
            }
        }
        let cpu_seconds = super::confine::cpu_time().as_secs() + limits.wall_ms.div_ceil(1_000) + 2;
        if cpu_seconds != self.cpu_seconds {
            super::confine::limit_cpu(cpu_seconds);
            self.cpu_seconds = cpu_seconds;
        }
    }

    /// Whether the next step can have all of its budget: what an earlier one left in the allocator's hands, or
    /// somewhere in the engine, must not be taken out of it.
    pub fn is_whole(&self) -> bool {
        let Ok(bytes) = usize::try_from(self.budget_bytes.min(LARGEST_PROBE_BYTES)) else { return true };
        // What the system no longer gives, the allocator may still have: asked second, because that touches a page.
        self.data_bytes == 0
            || super::confine::can_map(bytes + ALLOCATOR_BYTES)
            || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
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
