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
    /// It waits for an answer, an event or a moment, and goes on with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
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
            waits: false,
            draws: Cell::new(0),
        }
    }

    /// Puts steps behind others. One that waits and the same one with what it waited for are one.
    pub fn join(steps: &mut Vec<Self>, more: impl IntoIterator<Item = Self>) {
        for step in more {
            match steps.last_mut() {
                Some(last) if last.waits && last.is_same(&step) => last.go_on(step),
                _ => steps.push(step),
            }
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.step, &self.block, &self.action, self.inside)
            == (other.step, &other.block, &other.action, other.inside)
    }

    fn go_on(&mut self, later: Self) {
        let reads = self.reads.get_mut();
        for (name, value) in later.reads.into_inner() {
            if reads.len() < LINES_MAX && reads.iter().all(|(known, _)| *known != name) {
                reads.push((name, value));
            }
        }
        self.writes.extend(later.writes);
        self.writes.truncate(LINES_MAX);
        self.logs.extend(later.logs);
        self.logs.truncate(LINES_MAX);
        (self.exit, self.error, self.waits) = (later.exit, later.error, later.waits);
    }

    pub fn reads(&self) -> Vec<(String, String)> {
        self.reads.borrow().clone()
    }

    /// Notes what a lookup found; lookups only borrow the step.
    pub(crate) fn read(&self, name: Cow<'_, str>, value: &Value, limits: &Limits) {
        let mut reads = self.reads.borrow_mut();
        if reads.len() < LINES_MAX && reads.iter().all(|(known, _)| *known != name) {
            reads.push((name.into_owned(), preview(value, limits.trace_value_chars)));
        }
    }

    pub(crate) fn wrote(&mut self, name: &str, value: &Value, limits: &Limits) {
        if self.writes.len() < LINES_MAX {
            self.writes.push((name.to_owned(), preview(value, limits.trace_value_chars)));
        }
    }

    pub(crate) fn log(&mut self, line: String, limits: &Limits) {
        if self.logs.len() < LINES_MAX {
            self.logs.push(shorten(line, limits.trace_value_chars));
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

/// How a value begins: what [`Value::to_text`] makes of it, without the work for what is cut off.
fn preview(value: &Value, chars: usize) -> String {
    let mut text = Vec::new();
    begin(&mut text, value, chars, false);
    shorten(String::from_utf8(text).unwrap_or_default(), chars)
}

/// Writes on until there is certainly enough; what is nested is JSON.
fn begin(out: &mut Vec<u8>, value: &Value, chars: usize, nested: bool) {
    // No character has more bytes.
    let enough = chars.saturating_mul(4);
    match value {
        Value::Array(items) => {
            let (open, between, close) = if nested { ("[", ",", "]") } else { ("", ", ", "") };
            out.extend_from_slice(open.as_bytes());
            for (index, item) in items.iter().enumerate() {
                if out.len() > enough {
                    return;
                }
                if index > 0 {
                    out.extend_from_slice(between.as_bytes());
                }
                begin(out, item, chars, nested);
            }
            out.extend_from_slice(close.as_bytes());
        }
        Value::Object(map) => {
            out.push(b'{');
            for (index, (key, value)) in map.iter().enumerate() {
                if out.len() > enough {
                    return;
                }
                if index > 0 {
                    out.push(b',');
                }
                write_json(out, key);
                out.push(b':');
                begin(out, value, chars, true);
            }
            out.push(b'}');
        }
        Value::Text(text) if nested => write_json(out, cut(text, chars)),
        Value::Text(text) => out.extend_from_slice(cut(text, chars).as_bytes()),
        other if nested => write_json(out, &other.to_json()),
        other => out.extend_from_slice(other.to_text().as_bytes()),
    }
}

/// Texts and numbers always serialise.
fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}

/// One character more than is shown, so that it is seen that something was cut off.
fn cut(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars + 1);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn shorten(mut text: String, chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(chars) {
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_and_the_answer_it_waited_for_are_one() {
        let limits = Limits::default();
        let step = |number| TraceStep::new(StepNo(number), "b".into(), "a".into(), "http_request");
        let mut asking = step(2);
        asking.read("total".into(), &5.into(), &limits);
        asking.waits = true;
        let mut answered = step(2);
        answered.wrote("status", &200.into(), &limits);
        answered.exit = Some("next".to_owned());
        let mut steps = vec![step(1), asking.clone()];
        TraceStep::join(&mut steps, [answered, step(3)]);
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[1].reads(), [("total".to_owned(), "5".to_owned())]);
        assert_eq!(steps[1].writes, [("status".to_owned(), "200".to_owned())]);
        assert_eq!((steps[1].exit.as_deref(), steps[1].waits), (Some("next"), false));
        TraceStep::join(&mut steps, [step(3), asking]);
        assert_eq!(steps.len(), 5, "only one that waits goes on");
    }

    #[test]
    fn a_preview_is_how_the_text_begins() {
        let check = |value: serde_json::Value| {
            let value = Value::from(value);
            for chars in [0, 1, 2, 5, 20, 200] {
                assert_eq!(
                    preview(&value, chars),
                    shorten(value.to_text().into(), chars),
                    "{value:?} in {chars}"
                );
            }
        };
        check(json!(null));
        check(json!(true));
        check(json!(12.5));
        check(json!("Здравствуйте, “Anna”!\n"));
        check(json!([1, "two", [3, "four\"", null], {"five": [6]}]));
        check(
            json!({"name": "Маргарита", "price": 10.5, "tags": ["a", "b\\"], "deep": {"a": {"b": [{}, []]}}}),
        );
        check(json!([]));
        check(json!(vec!["ж".repeat(50); 40]));
        check(json!({"long": "ж".repeat(500), "after": 1}));
    }
}
