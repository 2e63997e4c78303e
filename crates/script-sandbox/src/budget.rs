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

impl Budget {
    /// How much there is of it, in Russian or English; nothing where a number would tell a builder nothing.
    pub fn limit_text(&self, which: Which, ru: bool) -> Option<String> {
        let bytes = |bytes: u64| match (bytes >> 20, ru) {
            (0, true) => format!("{} КиБ", bytes >> 10),
            (0, false) => format!("{} KiB", bytes >> 10),
            (mebibytes, true) => format!("{mebibytes} МиБ"),
            (mebibytes, false) => format!("{mebibytes} MiB"),
        };
        let amount = match which {
            Which::Time if ru => format!("{} с", self.wall.as_secs_f64()).replace('.', ","),
            Which::Time => format!("{} s", self.wall.as_secs_f64()),
            Which::Memory => bytes(self.memory_bytes),
            Which::Source => bytes(self.source_bytes as u64),
            Which::Result => bytes(self.result_bytes as u64),
            Which::Depth => return None,
        };
        Some(if ru { format!("Предел: {amount}.") } else { format!("The limit is {amount}.") })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_with_their_unit() {
        let budget = Budget { wall: Duration::from_millis(1_500), ..Budget::default() };
        let check = |which: Which, ru: Option<&str>, en: Option<&str>| {
            assert_eq!(budget.limit_text(which, true).as_deref(), ru);
            assert_eq!(budget.limit_text(which, false).as_deref(), en);
        };
        check(Which::Time, Some("Предел: 1,5 с."), Some("The limit is 1.5 s."));
        check(Which::Memory, Some("Предел: 64 МиБ."), Some("The limit is 64 MiB."));
        check(Which::Source, Some("Предел: 256 КиБ."), Some("The limit is 256 KiB."));
        check(Which::Result, Some("Предел: 1 МиБ."), Some("The limit is 1 MiB."));
        check(Which::Depth, None, None);
    }
}
