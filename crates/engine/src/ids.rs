//! Identifiers. Numbers come from the database; short texts live inside one scenario document.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

number_ids! {
    /// A tenant: its people, bots and data.
    WorkspaceId,
    /// A person who signs in to the admin.
    UserId,
    /// A connected channel; `BotID` in templates, `channelid` in mini apps.
    BotId,
    /// A scenario with its draft and versions.
    ScenarioId,
    /// A published, immutable version of a scenario.
    VersionId,
    /// One execution of a scenario.
    RunId,
    /// An inbox row; whatever enters a run has one.
    EventId,
    /// A message of ours: the outbox row it was born as, and its place in the history.
    MessageId,
    /// A list (table) of a workspace.
    ListId,
    /// A row of a list.
    RowId,
    /// A mini app of a workspace.
    MiniAppId,
    /// A webhook address.
    WebhookId,
}

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(length(min = 1, max = 16), regex(pattern = r"^[A-Za-z0-9_-]+$"))] Arc<str>);

        impl $name {
            /// Takes the text as it is; documents are checked by [`is_valid_id`] when they are validated.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text_ids! {
    /// A block (card) of a scenario.
    BlockId,
    /// A section of a scenario: blocks that belong together.
    SectionId,
    /// An action inside a scenario; unique in the whole document.
    ActionId,
    /// A trigger of a scenario.
    TriggerId,
    /// A way out of an action or a trigger: a button, a branch, an error, a time-out.
    ExitId,
}

/// Longest id inside a document, so that a button's token fits the 64 bytes messengers give it.
pub const ID_MAX_CHARS: usize = 16;

/// Whether a text may serve as an id inside a document: 1 to 16 of `A-Za-z0-9_-`.
pub fn is_valid_id(text: &str) -> bool {
    (1..=ID_MAX_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Number of a step within its run, counted from 0. With the run it names an effect for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepNo(pub u64);

/// A wait of a run: the step that began it. A timer or an answer for another wait is stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WaitId(pub u64);

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// This moment plus a duration in milliseconds; stays at the end of time instead of wrapping.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
