//! What parent and child say to each other: a 4-byte little-endian length, then that many bytes of JSON.
//!
//! The child speaks first, with a [`Hello`]; from then on each [`Request`] has one [`Reply`]. Both ends are
//! always the same binary, so there are no versions. The parent trusts nothing a child sends: lengths are
//! bounded before they are allocated, and a reply that does not parse costs the child its life.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{Budget, Language, NotJsonReason, ScriptOutcome, ScriptStep, Which};

/// Log lines a step keeps, and characters of one line.
pub(crate) const LOG_LINES: usize = 100;
pub(crate) const LOG_CHARS: usize = 1_000;

/// Exit code of a child that made room for a fresh one: it had not read the request that may lie in its pipe.
pub(crate) const RETIRED: u8 = 75;

/// Levels of a value that the parent can still read inside a reply: serde_json gives up at 128.
const DEEPEST: usize = 120;

/// Bytes a reply may need next to the result: logs at their worst (each character escaped), names, messages.
const REPLY_OVERHEAD_BYTES: usize = (LOG_LINES + 4) * LOG_CHARS * 6;

/// The longest reply a parent accepts, in bytes.
pub(crate) fn longest_reply(budget: &Budget) -> usize {
    budget.result_bytes + REPLY_OVERHEAD_BYTES
}

/// First words of a child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub confinement: Confinement,
}

/// Which walls stand around a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// System calls: without this wall scripts are refused unless the operator allows it.
    pub seccomp: Wall,
    /// Files and network a second time; missing on kernels before 5.13.
    pub landlock: Wall,
    /// Memory, stack, CPU, files, processes.
    pub limits: Wall,
}

/// One wall of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wall {
    Stands,
    /// Why it does not.
    Missing(Arc<str>),
}

/// A question as the parent writes it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask<'a> {
    Check {
        source: &'a str,
    },
    Run {
        tenant: u64,
        source: &'a str,
        varstore: &'a serde_json::Map<String, serde_json::Value>,
        client: &'a serde_json::Value,
        globals: &'a serde_json::Value,
        request: &'a serde_json::Value,
        seed: u64,
        now_ms: i64,
        zone: &'a str,
        language: Language,
        limits: Limits,
    },
}

impl<'a> Ask<'a> {
    pub fn run(tenant: u64, step: &'a ScriptStep, budget: &Budget) -> Self {
        Self::Run {
            tenant,
            source: &step.source,
            varstore: &step.varstore,
            client: &step.client,
            globals: &step.globals,
            request: &step.request,
            seed: step.seed,
            now_ms: step.now_ms,
            zone: &step.zone,
            language: step.language,
            limits: Limits::from(budget),
        }
    }
}

/// The same question as the child reads it: values stay text until the script touches them.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request<'a> {
    Check {
        #[serde(borrow)]
        source: Cow<'a, str>,
    },
    #[serde(borrow)]
    Run(Box<RunRequest<'a>>),
}

#[derive(Deserialize)]
pub(crate) struct RunRequest<'a> {
    pub tenant: u64,
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    #[serde(borrow)]
    pub varstore: Entries<'a>,
    #[serde(borrow)]
    pub client: &'a RawValue,
    #[serde(borrow)]
    pub globals: &'a RawValue,
    #[serde(borrow)]
    pub request: &'a RawValue,
    pub seed: u64,
    pub now_ms: i64,
    #[serde(borrow)]
    pub zone: Cow<'a, str>,
    pub language: Language,
    pub limits: Limits,
}

/// The part of the budget the child itself keeps watch over.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub wall_ms: u64,
    pub memory_bytes: u64,
    pub result_bytes: usize,
    pub depth: usize,
}

impl From<&Budget> for Limits {
    fn from(budget: &Budget) -> Self {
        Self {
            wall_ms: budget.wall.as_millis().try_into().unwrap_or(u64::MAX),
            memory_bytes: budget.memory_bytes,
            result_bytes: budget.result_bytes,
            depth: budget.depth.min(DEEPEST),
        }
    }
}

/// The members of a JSON object in their order, values still as text.
pub(crate) struct Entries<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    entries.push((key.0, map.next_value()?));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A key that is borrowed when it holds no escapes (a bare `Cow` would always copy).
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The answer to a [`Request`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// The child writes this one by hand, value by value, see `worker::outcome`.
    Done(ScriptOutcome),
    /// The source is well-formed.
    Checked,
    Syntax {
        message: String,
        line: u32,
        column: u32,
    },
    Thrown {
        message: String,
        line: u32,
        column: u32,
    },
    Budget(Which),
    NotJson {
        variable: String,
        path: String,
        reason: NotJsonReason,
    },
    /// The engine is in a state it should not be in. The child exits after saying so.
    Broken(String),
}

/// A frame: the length of `body` in front of what `write` appends.
pub(crate) fn frame(
    buffer: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> std::io::Result<()> {
    buffer.clear();
    buffer.extend_from_slice(&[0; 4]);
    write(buffer)?;
    let length = u32::try_from(buffer.len() - 4)
        .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidInput, "a frame over 4 GiB"))?;
    if let Some(head) = buffer.first_chunk_mut::<4>() {
        *head = length.to_le_bytes();
    }
    Ok(())
}
