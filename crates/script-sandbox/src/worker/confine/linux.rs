//! The walls on Linux. The only unsafe code of the crate: calls of libc with plain numbers.
#![allow(unsafe_code, reason = "limits, signals and prctl have no safe interface in std")]

use std::{fs, io, sync::Arc, time::Duration};

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};

use crate::protocol::{Confinement, Wall};

use super::syscalls;

/// Address space of a child with everything in it: program, stack, heap.
const ADDRESS_SPACE: u64 = 256 << 20;
/// Boa needs about 28 KiB per nested bracket: 64 MiB hold some 2,000 of them, the usual 8 MiB not 300.
const STACK: u64 = 64 << 20;

type Resource = libc::__rlimit_resource_t;

/// One of the walls. All of them stand around a worker; the tests leave one out, or build one alone, to see what
/// it is that stops an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    ParentDeath,
    NoNewPrivileges,
    Descriptors,
    Directory,
    CoreSize,
    AddressSpace,
    FileSize,
    Processes,
    OpenFiles,
    Landlock,
    Seccomp,
}

impl Part {
    /// In the order in which they are built: Landlock needs a descriptor, and seccomp forbids all the others.
    pub const ALL: [Self; 11] = [
        Self::ParentDeath,
        Self::NoNewPrivileges,
        Self::Descriptors,
        Self::Directory,
        Self::CoreSize,
        Self::AddressSpace,
        Self::FileSize,
        Self::Processes,
        Self::Landlock,
        Self::OpenFiles,
        Self::Seccomp,
    ];

    fn build(self) -> Result<(), String> {
        let named = |what: &str, result: io::Result<()>| result.map_err(|error| format!("{what}: {error}"));
        match self {
            Self::ParentDeath => {
                named("parent-death signal", prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong))
            }
            Self::NoNewPrivileges => named("no_new_privs", prctl(libc::PR_SET_NO_NEW_PRIVS, 1)),
            Self::Descriptors => named("close_range", close_all_but_stdio()),
            Self::Directory => named("working directory", std::env::set_current_dir("/")),
            Self::CoreSize => named("core size", limit(libc::RLIMIT_CORE, 0)),
            Self::AddressSpace => named("address space", limit(libc::RLIMIT_AS, ADDRESS_SPACE)),
            Self::FileSize => named("file size", limit(libc::RLIMIT_FSIZE, 0)),
            Self::Processes => named("processes", limit(libc::RLIMIT_NPROC, 0)),
            Self::OpenFiles => named("open files", limit(libc::RLIMIT_NOFILE, 3)),
            Self::Landlock => landlock(),
            Self::Seccomp => syscalls::allow_only_needed(),
        }
    }
}

pub fn confine() -> Confinement {
    confine_with(&Part::ALL)
}

/// Builds these walls only.
pub fn confine_with(parts: &[Part]) -> Confinement {
    // When the machine runs out of memory the kernel should take a worker, not the server. Not a wall.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let mut limits = Ok(());
    let (mut landlock, mut seccomp) = (Err("not built".to_owned()), Err("not built".to_owned()));
    for part in Part::ALL.into_iter().filter(|part| parts.contains(part)) {
        let built = part.build();
        match part {
            Part::Landlock => landlock = built,
            Part::Seccomp => seccomp = built,
            _ => limits = limits.and(built),
        }
    }
    Confinement { seccomp: wall(seccomp), landlock: wall(landlock), limits: wall(limits) }
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

/// Whether the limit leaves this much. The kernel counts what is mapped, not what is used, so no page of it is
/// touched.
pub fn can_map(bytes: usize) -> bool {
    let (protection, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at a place of the kernel's choice; it is gone before anybody could know of it.
    unsafe {
        let start = libc::mmap(std::ptr::null_mut(), bytes, protection, kind, -1, 0);
        start != libc::MAP_FAILED && libc::munmap(start, bytes) == 0
    }
}

/// CPU the process has used so far.
pub fn cpu_time() -> Duration {
    let mut used = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes into the struct it is given and nowhere else.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut used) };
    Duration::new(used.tv_sec.unsigned_abs(), u32::try_from(used.tv_nsec).unwrap_or(0))
}

/// A backstop behind the parent's watchdog: seconds of CPU over the whole life of the process.
pub fn limit_cpu(seconds: u64) {
    soften(libc::RLIMIT_CPU, seconds);
}

fn landlock() -> Result<(), String> {
    // Asks for everything the newest kernels can forbid and allows nothing; older kernels take what they know.
    let newest = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(newest)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(newest)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.restrict_self());
    match status.map(|status| status.ruleset) {
        Ok(RulesetStatus::NotEnforced) => Err("this kernel has no Landlock".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
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
