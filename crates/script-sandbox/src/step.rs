//! One step: what goes in and what comes out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A script and the values it sees.
#[derive(Debug, Clone, Default)]
pub struct ScriptStep {
    /// The body of a function, as the builder wrote it.
    pub source: Arc<str>,
    /// Variables of the run: readable and writable as `varstore`.
    pub varstore: Map<String, Value>,
    /// Who the run belongs to: readable as `client`.
    pub client: Value,
    /// Variables of the bot: readable as `globals`.
    pub globals: Value,
    /// What started the run: readable as `request`.
    pub request: Value,
    /// Seeds `Math.random`, so that a repeated step draws the same numbers.
    pub seed: u64,
    /// What `Date.now()` says when the step starts, in milliseconds of Unix time.
    pub now_ms: i64,
    /// Zone of `getHours()` and the like: an IANA name or a distance such as `+03:00`. UTC when it is empty or
    /// unknown.
    pub zone: Arc<str>,
    /// In which language the helpers write names of months and numbers.
    pub language: Language,
}

/// Languages the helpers of a script know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    Ru,
    #[default]
    En,
}

/// What a script left behind.
///
/// Values are as `JSON.stringify` would write them (a Date becomes an ISO string, `undefined` inside an
/// object disappears), but what JSON cannot carry is an error instead of silence.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScriptOutcome {
    /// Variables the script added or gave another value, nested changes included.
    pub changed: Map<String, Value>,
    /// Variables it deleted or set to `undefined`.
    pub removed: Vec<String>,
    /// What it returned; `None` when it returned nothing, `Some(Null)` for `null`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub result: Option<Value>,
    /// What it said with `log(...)`, at most 100 lines of at most 1,000 characters.
    pub logs: Vec<String>,
}

/// Keeps a returned `null` apart from no result at all.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
