//! The walls of a child, which it builds around itself before it reads its first request.
//!
//! The parent does nothing between fork and exec: without that `posix_spawn` starts a child in 3 ms however
//! large the parent is. So there is a moment in which the child is our own, still unconfined code.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod syscalls;

#[cfg(target_os = "linux")]
pub use linux::{Part, confine_with, limit_cpu, limit_data};
#[cfg(target_os = "linux")]
pub(super) use linux::{can_map, cpu_time, grow_stack, outlive_terminal};

use crate::protocol::Confinement;

/// Builds every wall this system offers and says which ones stand. There is no way back.
pub fn confine() -> Confinement {
    #[cfg(target_os = "linux")]
    return linux::confine();
    #[cfg(not(target_os = "linux"))]
    return elsewhere::confine();
}

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{can_map, cpu_time, grow_stack, limit_cpu, limit_data, outlive_terminal};

/// Systems without these walls: only the parent's watchdog and the empty environment protect them, so
/// scripts are refused unless the operator allows them.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::{
        sync::OnceLock,
        time::{Duration, Instant},
    };

    use crate::protocol::{Confinement, Wall};

    pub fn confine() -> Confinement {
        let missing = || Wall::Missing("only Linux has this wall".into());
        Confinement { seccomp: missing(), landlock: missing(), limits: missing() }
    }

    pub fn outlive_terminal() {}
    pub fn grow_stack() {}
    pub fn limit_data(_bytes: u64) {}
    pub fn limit_cpu(_seconds: u64) {}
    pub fn can_map(_bytes: usize) -> bool {
        true
    }
    /// The time since the first call instead: no less than the CPU that was used since then.
    pub fn cpu_time() -> Duration {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed()
    }
}
