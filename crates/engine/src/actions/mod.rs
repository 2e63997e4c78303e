//! The kinds of actions: one file each, one line in the list at the bottom.
//!
//! A kind is a struct of options with a [`Spec`], a visit of everything it reads and writes, and a step.
//! Module name = wire name; the macro makes the tagged enum, the exhaustive dispatch and the catalogue.

mod catalog;
mod choices;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use catalog::{CatalogAction, CatalogTrigger, Catalog, catalog};
pub use choices::{Button, ButtonAction, Choices};

use crate::channel::Capabilities;
use crate::effect::{self, Answer};
use crate::error::StepError;
use crate::expression::{Condition, RichTemplate, Target, Template};
use crate::ids::{BlockId, ExitId, UtcMs};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// Where the palette shows an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Conversation,
    Logic,
    Time,
    Data,
    Exchange,
    Code,
}

/// What the catalogue says of a kind beside its schema.
pub struct Spec {
    pub group: Group,
    /// Name of a Tabler icon.
    pub icon: &'static str,
    pub title: Words,
    pub help: Words,
    /// Whether it has an error exit (id `error`).
    pub can_fail: bool,
}

/// A way out of an action besides running on to the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub id: ExitId,
    /// Pointer to what it is inside the options: a button, a branch. Empty for fixed exits.
    pub pointer: String,
    /// A quiet end behind this exit is a finding (buttons and answers, not errors or time-outs).
    pub expected: bool,
}

/// Where errors of an action go when wired.
pub const ERROR_EXIT: &str = "error";
/// Where a question goes when nobody answers in time.
pub const TIMEOUT_EXIT: &str = "timeout";

/// What a step decided.
#[derive(Debug)]
pub enum Flow {
    /// Runs on to the next action.
    Next,
    /// Leaves by this exit if it has a line, else runs on to the next action.
    Exit(ExitId),
    /// Leaves to a block directly (a button generated from data, a jump).
    Go(BlockId),
    /// Needs an answer; the step is called again with it.
    Ask(effect::Ask),
    /// Waits for an event or a moment; the step is called again with it.
    Wait { question: bool, until: Option<UtcMs> },
    /// Ends the run.
    End,
}

/// Sees everything an action's options read, write and refer to, each with its pointer inside the options.
/// From it come the static checks and what a run must load before it starts.
pub trait Visit {
    fn template(&mut self, pointer: &str, template: &Template);
    fn rich(&mut self, pointer: &str, template: &RichTemplate);
    fn condition(&mut self, pointer: &str, condition: &Condition);
    /// A place the action writes to.
    fn target(&mut self, pointer: &str, target: &Target);
    /// A list and one of its columns (empty: the list alone).
    fn list(&mut self, pointer: &str, list: &str, column: &str);
    fn mini_app(&mut self, pointer: &str, name: &str);
    /// The action may read any field and global (a script).
    fn everything(&mut self);
}

/// A kind of action.
pub trait ActionKind: JsonSchema {
    const SPEC: Spec;

    fn exits(&self) -> Vec<Exit> {
        Vec::new()
    }

    fn visit(&self, visit: &mut dyn Visit);

    /// Checks that need no run: empty lists, ranges, texts too long for the channel. Pointers are relative
    /// to the options.
    fn validate(&self, _channel: &Capabilities, _findings: &mut Findings) {}

    /// Runs the action; called again with the answer after [`Flow::Ask`] or [`Flow::Wait`].
    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError>;
}

macro_rules! actions {
    ($($module:ident::$kind:ident),* $(,)?) => {
        $(mod $module; pub use $module::$kind;)*

        /// The options of an action, by kind.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", content = "options", rename_all = "snake_case")]
        pub enum ActionOptions {
            $($kind($kind)),*
        }

        impl ActionOptions {
            /// Every wire name, in the order of the catalogue.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($module)),*];

            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => stringify!($module)),* }
            }

            pub fn spec(&self) -> &'static Spec {
                match self { $(Self::$kind(_) => &<$kind as ActionKind>::SPEC),* }
            }

            pub fn exits(&self) -> Vec<Exit> {
                match self { $(Self::$kind(options) => options.exits()),* }
            }

            pub fn visit(&self, visit: &mut dyn Visit) {
                match self { $(Self::$kind(options) => options.visit(visit)),* }
            }

            pub fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
                match self { $(Self::$kind(options) => options.validate(channel, findings)),* }
            }

            pub(crate) fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
                match self { $(Self::$kind(options) => options.step(cx, answer)),* }
            }
        }

        pub(crate) fn for_each_kind(visit: &mut dyn FnMut(&'static str, &'static Spec, schemars::Schema)) {
            $(visit(stringify!($module), &<$kind as ActionKind>::SPEC, schemars::schema_for!($kind));)*
        }
    };
}

actions! {
    send_message::SendMessage,
    ask::Ask,
    set_variables::SetVariables,
    branch::Branch,
    list_find::ListFind,
    list_add::ListAdd,
    javascript::Javascript,
    http_request::HttpRequest,
    respond::Respond,
    delay::Delay,
}
