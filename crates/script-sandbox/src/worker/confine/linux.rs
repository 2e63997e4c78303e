//! The walls on Linux. The only unsafe code of the crate: calls of libc with plain numbers.
#![allow(unsafe_code, reason = "limits, signals and prctl have no safe interface in std")]

use std::{fs, io, sync::Arc};

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};

use crate::protocol::{Confinement, Wall};

use super::syscalls;

/// Address space of a child with everything in it: program, stack, heap.
const ADDRESS_SPACE: u64 = 256 << 20;
/// Boa needs about 28 KiB per nested bracket: 64 MiB hold some 2,000 of them, the usual 8 MiB not 300.
const STACK: u64 = 64 << 20;

type Resource = libc::__rlimit_resource_t;

pub fn confine() -> Confinement {
    let limits = limits();
    // Landlock needs a descriptor, so it comes before the limit on descriptors.
    let landlock = landlock();
    let descriptors = limit(libc::RLIMIT_NOFILE, 3);
    let seccomp = wall(syscalls::allow_only_needed());
    Confinement {
        seccomp,
        landlock,
        limits: wall(limits.and(descriptors.map_err(|error| error.to_string()))),
    }
}

/// Ctrl-C and `systemctl stop` reach the whole process group, but only the parent decides when a child ends:
/// it closes the pipe after its last step.
pub fn outlive_terminal() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: installs no handler, so there is nothing that could run at a bad moment.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// The kernel grows the main thread's stack on demand up to the limit at that moment, also when the limit
/// was raised after exec.
pub fn grow_stack() {
    soften(libc::RLIMIT_STACK, STACK);
}

/// Private writable memory, stack excluded. An allocation beyond it fails and aborts the process.
pub fn limit_data(bytes: u64) {
    soften(libc::RLIMIT_DATA, bytes);
}

/// A backstop behind the parent's watchdog, in whole seconds of CPU from now on.
pub fn limit_cpu_from_now(wall_ms: u64) {
    // SAFETY: an all-zero `rusage` is a valid value, and the call only writes into it.
    let used = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    };
    let seconds = u64::try_from(used).unwrap_or(0) + wall_ms.div_ceil(1_000) + 2;
    soften(libc::RLIMIT_CPU, seconds);
}

fn limits() -> Result<(), String> {
    let named = |what: &str, result: io::Result<()>| result.map_err(|error| format!("{what}: {error}"));
    named("parent-death signal", prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong))?;
    named("no_new_privs", prctl(libc::PR_SET_NO_NEW_PRIVS, 1))?;
    named("close_range", close_all_but_stdio())?;
    std::env::set_current_dir("/").map_err(|error| format!("working directory: {error}"))?;
    // When the machine runs out of memory the kernel should take a worker, not the server. Not a wall.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    named("core size", limit(libc::RLIMIT_CORE, 0))?;
    named("address space", limit(libc::RLIMIT_AS, ADDRESS_SPACE))?;
    named("file size", limit(libc::RLIMIT_FSIZE, 0))?;
    named("processes", limit(libc::RLIMIT_NPROC, 0))
}

fn landlock() -> Wall {
    // Asks for everything the newest kernels can forbid and allows nothing; older kernels take what they know.
    let newest = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(newest)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(newest)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.restrict_self());
    match status.map(|status| status.ruleset) {
        Ok(RulesetStatus::NotEnforced) => Wall::Missing("this kernel has no Landlock".into()),
        Ok(_) => Wall::Stands,
        Err(error) => Wall::Missing(error.to_string().into()),
    }
}

fn wall(result: Result<(), String>) -> Wall {
    match result {
        Ok(()) => Wall::Stands,
        Err(reason) => Wall::Missing(Arc::from(reason)),
    }
}

fn prctl(option: libc::c_int, value: libc::c_ulong) -> io::Result<()> {
    // SAFETY: both options we use take one number and ignore the rest.
    check(unsafe { libc::prctl(option, value, 0, 0, 0) })
}

fn close_all_but_stdio() -> io::Result<()> {
    // SAFETY: nothing in this process holds a descriptor above 2; it has just started.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result == 0 {
        return Ok(());
    }
    // Kernels before 5.9.
    for entry in fs::read_dir("/proc/self/fd")?.flatten().collect::<Vec<_>>() {
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<libc::c_int>().ok())
            && number > 2
        {
            // SAFETY: as above; the directory's own descriptor is closed by now, closing it again is harmless.
            unsafe { libc::close(number) };
        }
    }
    Ok(())
}

/// Soft and hard limit alike, but never above what is allowed already.
fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let hard = current(resource)?.rlim_max;
    set(resource, value.min(hard), value.min(hard))
}

/// Moves the soft limit only, so that the next step may have another. What the hard limit forbids stays so.
fn soften(resource: Resource, value: u64) {
    if let Ok(limit) = current(resource) {
        let _ = set(resource, value, limit.rlim_max);
    }
}

fn current(resource: Resource) -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call writes into the struct it is given and nowhere else.
    check(unsafe { libc::getrlimit(resource, &raw mut limit) })?;
    Ok(limit)
}

fn set(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: soft.min(hard), rlim_max: hard };
    // SAFETY: the call reads the struct it is given and nothing else.
    check(unsafe { libc::setrlimit(resource, &raw const limit) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
