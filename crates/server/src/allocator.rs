//! Which allocator the process has: mimalloc for the server, where it saves a tenth of the processor time of an
//! update (docs/BENCHMARKS.md); the system's for a script worker, because the budget of its memory rests on how that
//! one takes and gives back (docs/adr/0002-script-sandbox.md). They are the same binary, so it is decided at the
//! first allocation and costs a branch at each.

#![allow(
    unsafe_code,
    reason = "an allocator is unsafe; every call goes on as it came, to one of two for good"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering};

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: OfProcess = OfProcess;

struct OfProcess;

unsafe impl GlobalAlloc for OfProcess {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_worker() { unsafe { System.alloc(layout) } } else { unsafe { MiMalloc.alloc(layout) } }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_worker() {
            unsafe { System.alloc_zeroed(layout) }
        } else {
            unsafe { MiMalloc.alloc_zeroed(layout) }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if is_worker() {
            unsafe { System.dealloc(memory, layout) }
        } else {
            unsafe { MiMalloc.dealloc(memory, layout) }
        }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_worker() {
            unsafe { System.realloc(memory, layout, size) }
        } else {
            unsafe { MiMalloc.realloc(memory, layout, size) }
        }
    }
}

const UNKNOWN: u8 = 0;
const SERVER: u8 = 1;
const WORKER: u8 = 2;

/// Never changes once it is known: what one allocator gave, the other must not take back.
static PROCESS: AtomicU8 = AtomicU8::new(UNKNOWN);

#[inline]
fn is_worker() -> bool {
    match PROCESS.load(Ordering::Relaxed) {
        UNKNOWN => find_out(),
        known => known == WORKER,
    }
}

/// Before `main`, on the only thread there is; nothing here may allocate.
#[cold]
fn find_out() -> bool {
    let is_worker = is_command(script_sandbox::WORKER_SUBCOMMAND);
    PROCESS.store(if is_worker { WORKER } else { SERVER }, Ordering::Relaxed);
    is_worker
}

/// Whether the process was started with this as its first argument.
#[cfg(target_os = "linux")]
fn is_command(name: &str) -> bool {
    use rustix::fs::{Mode, OFlags};

    let mut line = [0; 8192];
    let Ok(file) = rustix::fs::open(c"/proc/self/cmdline", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
    else {
        return false;
    };
    let length = rustix::io::read(&file, &mut line).unwrap_or(0);
    let line = line.get(..length).unwrap_or_default();
    line.split(|byte| *byte == 0).nth(1) == Some(name.as_bytes())
}

/// Workers have no limit of memory where there is no Linux.
#[cfg(not(target_os = "linux"))]
fn is_command(_: &str) -> bool {
    false
}
