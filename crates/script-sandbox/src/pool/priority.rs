//! The priority of a child whose step takes long.

/// How far a child goes behind the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// A third of a contended core (man sched(7), nice 5): enough for a long step that means no harm.
    Somewhat,
    /// Only what nobody else wants (`SCHED_IDLE`).
    Everybody,
}

/// Lets a process go behind others from now on. That it cannot be done is no reason to stop it.
#[cfg(unix)]
#[allow(unsafe_code, reason = "priorities have no safe interface in std")]
pub(super) fn lower(pid: Option<u32>, behind: Behind) {
    const NICE: libc::c_int = 5;
    const LEAST: libc::c_int = 19;
    let Some(pid) = pid else { return };
    let nice = match behind {
        Behind::Somewhat => NICE,
        Behind::Everybody => LEAST,
    };
    // SAFETY: the call takes plain numbers; the process is a child of ours that nobody has collected yet.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, pid, nice) };
    #[cfg(target_os = "linux")]
    if behind == Behind::Everybody
        && let Ok(pid) = libc::pid_t::try_from(pid)
    {
        let parameters = libc::sched_param { sched_priority: 0 };
        // SAFETY: as above; the parameters live until the call returns, which keeps no pointer to them.
        unsafe { libc::sched_setscheduler(pid, libc::SCHED_IDLE, &parameters) };
    }
}

#[cfg(not(unix))]
pub(super) fn lower(_pid: Option<u32>, _behind: Behind) {}
