//! The priority of a child whose step takes long.

/// How much less of a contended core it gets: a third of what others get (man sched(7)).
#[cfg(unix)]
const NICE: libc::c_int = 5;

/// Lets a process go behind the others from now on. That it cannot be done is no reason to stop it.
#[cfg(unix)]
#[allow(unsafe_code, reason = "priorities have no safe interface in std")]
pub(super) fn lower(pid: Option<u32>) {
    if let Some(pid) = pid {
        // SAFETY: the call takes plain numbers; the process is a child of ours that nobody has collected yet.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, pid, NICE) };
    }
}

#[cfg(not(unix))]
pub(super) fn lower(_pid: Option<u32>) {}
