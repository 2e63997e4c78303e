//! Templates and conditions: Quescha's surface, typed evaluation. Substituted text is never parsed again.
//!
//! [`Template`] is a text field, [`RichTemplate`] the text of a message, [`Condition`] a yes-or-no question,
//! [`Target`] the place a value is written to. All are parsed once, when a document is read; a text that
//! does not parse is kept with its error, so that a draft can be stored and its finding shown in place.

mod ast;
mod condition;
mod cursor;
mod escape;
mod evaluate;
mod functions;
mod lexer;
mod operand;
mod parse;
pub(crate) mod pattern;
mod rich;
mod target;
mod template;

use std::borrow::Cow;

pub use condition::Condition;
pub use functions::{Example, Function, FunctionGroup, RUN_NAMES, RunName, functions};
pub use rich::RichTemplate;
pub use target::Target;
pub use template::Template;

use crate::effect::FieldScope;
use crate::error::StepError;
use crate::value::Value;
use crate::words::Lang;

/// Whose variable a path begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `#{name}`: the run's own; names that begin with `_` may be system variables.
    Run,
    /// `#{client.name}`, `#{person.name}`, `#{global.name}`.
    Field(FieldScope),
    /// `#{env.NAME}`: a secret.
    Env,
}

/// `client.tags`: the subscriber's tags, which are no field.
pub const TAGS: &str = "tags";
/// `client._joined`: the moment the subscriber came first, in milliseconds; no field either.
pub const JOINED: &str = "_joined";

/// The field of the subscriber that a name of the run stands for: whoever says the name needs the field.
pub(crate) fn field_behind(name: &str) -> Option<&'static str> {
    Some(match name {
        "HasTag" => TAGS,
        "CreationDate" => JOINED,
        "Balance" => "balance",
        "Paid" => "paid",
        "Level" => "level",
        "RefererClientID" => "referer_id",
        "RefererClientLink" => "referer_link",
        "RefererName" => "referer_name",
        "RefererFullName" => "referer_full_name",
        _ => return None,
    })
}

/// `client.address.street[0]`: scope, name, steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub scope: Scope,
    pub name: String,
    pub steps: Vec<String>,
}

/// What expressions read. Implemented by the run machine.
pub trait Lookup {
    /// The variable or field itself, without the path's steps. `None` when nothing wrote it.
    fn variable(&self, scope: Scope, name: &str) -> Option<Cow<'_, Value>>;
    /// What only the run knows: `[Answer]`, `[AnswerID(block)]`, `[Name]`, `[ClientID]`, `[BotID]` ...
    /// `None` when the name is no such thing.
    fn template(&self, name: &str, arguments: &[Value]) -> Option<Value>;
    /// The moment the step runs at, in the bot's zone.
    fn now(&self) -> jiff::Zoned;
    /// The language of the bot's own texts.
    fn bot_lang(&self) -> Lang;
    /// A random number below the bound, the same on every repetition of the step.
    fn random_below(&self, bound: u64) -> u64;
}

/// An expression error with its place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// In characters, from 0.
    pub position: usize,
    pub en: String,
    pub ru: String,
}

impl ExpressionError {
    /// What a step says that meets the text all the same.
    pub fn as_step_error(&self) -> StepError {
        let Self { position, en, ru } = self;
        let place = position + 1;
        StepError::new("bad_expression", format!("{en} (character {place})"), format!("{ru} (знак {place})"))
    }
}

/// Serde, schema and equality of a text that is parsed when it is read: all by its source.
macro_rules! source_text {
    ($name:ident, $widget:literal) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.source() == other.source()
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.source()).finish()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new("")
            }
        }

        impl From<&str> for $name {
            fn from(source: &str) -> Self {
                Self::new(source)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.source())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let source = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::new(&source))
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "x-widget": $widget })
            }
        }
    };
}
use source_text;

#[cfg(test)]
mod tests;
