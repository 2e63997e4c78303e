//! What a step did, for the builder to look at.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde::{Deserialize, Serialize};

use crate::error::StepError;
use crate::ids::{ActionId, BlockId, StepNo, VersionId};
use crate::limits::Limits;
use crate::value::Value;

/// One step of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceStep {
    pub step: StepNo,
    pub block: BlockId,
    pub action: ActionId,
    pub kind: String,
    /// The version of the sub-scenario it belongs to, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<VersionId>,
    /// The exit it left by, when it did not simply run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// Variables, fields and names such as `[Answer]` its texts and conditions read, each with the value that was
    /// read first, shortened.
    #[serde(default, skip_serializing_if = "is_empty")]
    reads: RefCell<Vec<(String, String)>>,
    /// Variables and fields it wrote, shortened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StepError>,
    #[serde(skip)]
    draws: Cell<u32>,
}

/// Lines of writes or logs one step may leave.
const LINES_MAX: usize = 50;

impl TraceStep {
    pub(crate) fn new(step: StepNo, block: BlockId, action: ActionId, kind: &str) -> Self {
        Self {
            step,
            block,
            action,
            kind: kind.to_owned(),
            inside: None,
            exit: None,
            reads: RefCell::default(),
            writes: Vec::new(),
            logs: Vec::new(),
            error: None,
            draws: Cell::new(0),
        }
    }

    pub fn reads(&self) -> Vec<(String, String)> {
        self.reads.borrow().clone()
    }

    /// Notes what a lookup found; lookups only borrow the step.
    pub(crate) fn read(&self, name: Cow<'_, str>, value: &Value, limits: &Limits) {
        let mut reads = self.reads.borrow_mut();
        if reads.len() < LINES_MAX && reads.iter().all(|(known, _)| *known != name) {
            reads.push((name.into_owned(), shorten(&value.to_text(), limits.trace_value_chars)));
        }
    }

    pub(crate) fn wrote(&mut self, name: &str, value: &Value, limits: &Limits) {
        if self.writes.len() < LINES_MAX {
            self.writes.push((name.to_owned(), shorten(&value.to_text(), limits.trace_value_chars)));
        }
    }

    pub(crate) fn log(&mut self, line: String, limits: &Limits) {
        if self.logs.len() < LINES_MAX {
            self.logs.push(shorten(&line, limits.trace_value_chars));
        }
    }

    /// Number of the next random draw of this step.
    pub(crate) fn draw(&self) -> u32 {
        self.draws.replace(self.draws.get().wrapping_add(1))
    }
}

fn is_empty(reads: &RefCell<Vec<(String, String)>>) -> bool {
    reads.borrow().is_empty()
}

fn shorten(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
