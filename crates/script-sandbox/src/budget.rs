//! How much one step may use, and the name of each limit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one step may use. Everything over it ends with [`ScriptError::Budget`](crate::ScriptError::Budget).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Wall-clock time of one step, conversion of values included.
    pub wall: Duration,
    /// Memory the script may add to what an idle worker holds, in bytes.
    pub memory_bytes: u64,
    /// Length of the source, in bytes of UTF-8.
    pub source_bytes: usize,
    /// Changed variables and result together, as JSON, in bytes.
    pub result_bytes: usize,
    /// Nesting of one value that enters or leaves the script, in levels.
    ///
    /// `serde_json` reads at most 127 levels. The default leaves room for the documents that later hold the
    /// value (run state, trace, API answer), which could not be read back otherwise.
    pub depth: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(3),
            memory_bytes: 64 << 20,
            source_bytes: 256 << 10,
            result_bytes: 1 << 20,
            depth: 100,
        }
    }
}

/// Which part of the [`Budget`] was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The step ran longer than [`Budget::wall`], or a loop had no end.
    Time,
    /// The script asked for more than [`Budget::memory_bytes`].
    Memory,
    /// The source is longer than [`Budget::source_bytes`].
    Source,
    /// The variables it changed and its result are longer than [`Budget::result_bytes`].
    Result,
    /// Calls, brackets or values are nested too deeply.
    Depth,
}
