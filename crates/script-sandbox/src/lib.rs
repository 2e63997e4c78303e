#![doc = include_str!("../README.md")]

mod budget;
mod error;
mod pool;
mod protocol;
mod step;
mod worker;

pub use budget::{Budget, Which};
pub use error::{NotJsonReason, ScriptError, StartError, Unavailable};
pub use pool::{Children, Sandbox, SandboxConfig, Status, WORKER_SUBCOMMAND, WorkerCommand};
pub use protocol::{Confinement, Wall};
pub use step::{Language, ScriptOutcome, ScriptStep};
pub use worker::worker_main;

/// For the crate's own tests: the walls of a child without the child's work, all of them or some.
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub use worker::confine::{Part, confine_with, limit_cpu, limit_data};
