//! The scenario document `scenaria/1`: what is drawn, stored, exported and published.
//!
//! These types are the only definition; JSON Schema, the action catalogue and the editor's forms come from
//! them. Start at [`Scenario`].

mod check;
mod compare;
mod finding;
mod parse;
mod trigger;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check::{CheckWorld, check, script_finding, scripts};
pub use compare::{BlockFate, MoveTo, Moves};
pub use finding::{Finding, Findings, Severity, Spot};
pub(crate) use parse::json_fault_ru;
pub(crate) use trigger::for_each_trigger;
pub use trigger::{
    ButtonTrigger, CalledTrigger, CheckoutTrigger, CommandTrigger, ContactTrigger, FallbackTrigger,
    InlineQueryTrigger, JoinRequestTrigger, LinkVisitedTrigger, LocationTrigger, MediaTrigger,
    MiniAppTrigger, PaymentTrigger, PickedTrigger, StartLinkTrigger, TextMatch, TextTrigger, TriggerOptions,
    TriggerSpec, WantedMedia, WantedPick, WebhookTrigger,
};

use crate::actions::ActionOptions;
use crate::expression::Condition;
use crate::ids::{ActionId, BlockId, ExitId, SectionId, TriggerId};

/// The only format of documents so far.
pub const FORMAT: &str = "scenaria/1";

/// A graph of blocks with triggers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    /// Always `scenaria/1`.
    pub format: String,
    pub name: String,
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    #[serde(default)]
    pub blocks: Vec<Block>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Where errors go that no action's own error exit catches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<Transition>,
}

/// What starts a run: an entry card of the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    pub id: TriggerId,
    #[serde(flatten)]
    pub options: TriggerOptions,
    /// Whether it may break into an open question; by default commands and start links do, texts do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupts: Option<bool>,
    /// Whether the question it breaks into is asked again when the run it starts is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub question_returns: bool,
    /// What happens when the scenario is at work for this person already.
    #[serde(default, skip_serializing_if = "Overlap::is_start_over")]
    pub overlap: Overlap,
    #[serde(default)]
    pub position: Position,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Transition>,
}

/// What a trigger does whose scenario the person is already inside of. What goes on in the background does not
/// count: a reminder is in nobody's way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// The run at work ends, a new one begins.
    #[default]
    StartOver,
    /// The new run begins when the one at work is over.
    Queue,
    /// Nothing begins.
    Ignore,
}

impl Overlap {
    fn is_start_over(&self) -> bool {
        *self == Self::StartOver
    }
}

/// Blocks that belong together: one field on the canvas, one rule for all ways in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub id: SectionId,
    #[serde(default)]
    pub name: String,
    /// Who may come in, by whatever way; an empty one lets everybody in.
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    pub condition: Condition,
    /// Where everybody else goes; without it, to “Not understood”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Transition>,
    #[serde(default)]
    pub position: Position,
}

/// A card: an ordered list of actions, then a transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    pub id: BlockId,
    #[serde(default)]
    pub name: String,
    /// The section it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<SectionId>,
    #[serde(default)]
    pub position: Position,
    #[serde(default)]
    pub actions: Vec<Action>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Transition>,
}

impl Block {
    /// Its name in quotes, or what stands for it; in English and in Russian.
    pub fn title(&self) -> (String, String) {
        match self.name.trim() {
            "" => ("An unnamed card".to_owned(), "Блок без названия".to_owned()),
            name => (format!("“{name}”"), format!("«{name}»")),
        }
    }
}

/// One step of a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    pub id: ActionId,
    #[serde(flatten)]
    pub options: ActionOptions,
    /// The exits that have a line; the others run on to the next action.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exits: BTreeMap<ExitId, Transition>,
}

/// Where it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    pub block: BlockId,
    #[serde(default, skip_serializing_if = "View::is_line")]
    pub view: View,
}

/// How a transition is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    #[default]
    Line,
    /// A pill with the target's name.
    Link,
}

impl View {
    fn is_line(&self) -> bool {
        *self == Self::Line
    }
}

/// Place of a card on the canvas, in its own pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub x: i32,
    pub y: i32,
}

/// A remark on the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub id: BlockId,
    pub text: String,
    #[serde(default)]
    pub position: Position,
}
