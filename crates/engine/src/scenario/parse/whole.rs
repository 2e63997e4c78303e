//! Reads a document that has no mistake: in one pass, without a tree of JSON between the text and the types.
//!
//! Everything is strict here as it is in [`super`]; what is refused for whatever reason is read again there, where
//! mistakes get their places and sentences.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::trigger::read_trigger_options;
use super::super::{Action, Block, FORMAT, Note, Overlap, Position, Scenario, Section, Transition, Trigger};
use crate::actions::read_options;
use crate::ids::{ActionId, BlockId, ExitId, SectionId, TriggerId};

/// The document, unless anything about it needs a closer look.
pub(super) fn read(text: &str) -> Option<Scenario> {
    let Object(whole): Object<Whole<'_>> = serde_json::from_str(text).ok()?;
    if whole.format != FORMAT {
        return None;
    }
    Some(Scenario {
        format: FORMAT.to_owned(),
        name: whole.name,
        triggers: whole.triggers.into_iter().map(|Object(trigger)| trigger.read()).collect::<Option<_>>()?,
        blocks: whole.blocks.into_iter().map(|Object(block)| block.read()).collect::<Option<_>>()?,
        sections: whole.sections,
        notes: whole.notes,
        on_error: whole.on_error,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    name: String,
    #[serde(borrow, default)]
    triggers: Vec<Object<WholeTrigger<'a>>>,
    #[serde(borrow, default)]
    blocks: Vec<Object<WholeBlock<'a>>>,
    #[serde(default)]
    sections: Vec<Section>,
    #[serde(default)]
    notes: Vec<Note>,
    #[serde(default, deserialize_with = "present")]
    on_error: Option<Transition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeTrigger<'a> {
    id: TriggerId,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    options: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "present")]
    interrupts: Option<bool>,
    #[serde(default)]
    question_returns: bool,
    #[serde(default)]
    overlap: Overlap,
    #[serde(default)]
    position: Position,
    #[serde(default, deserialize_with = "present")]
    next: Option<Transition>,
}

impl WholeTrigger<'_> {
    fn read(self) -> Option<Trigger> {
        let mut options = options(self.options)?;
        let options = read_trigger_options(&self.kind, &mut options)?.ok()?;
        let Self { id, interrupts, question_returns, overlap, position, next, .. } = self;
        Some(Trigger { id, options, interrupts, question_returns, overlap, position, next })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeBlock<'a> {
    id: BlockId,
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "present")]
    section: Option<SectionId>,
    #[serde(default)]
    position: Position,
    #[serde(borrow, default)]
    actions: Vec<Object<WholeAction<'a>>>,
    #[serde(default, deserialize_with = "present")]
    next: Option<Transition>,
}

impl WholeBlock<'_> {
    fn read(self) -> Option<Block> {
        let Self { id, name, section, position, actions, next } = self;
        let actions = actions.into_iter().map(|Object(action)| action.read()).collect::<Option<_>>()?;
        Some(Block { id, name, section, position, actions, next })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeAction<'a> {
    id: ActionId,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    options: Option<&'a RawValue>,
    #[serde(default)]
    exits: BTreeMap<ExitId, Transition>,
}

impl WholeAction<'_> {
    fn read(self) -> Option<Action> {
        let mut options = options(self.options)?;
        let options = read_options(&self.kind, &mut options)?.ok()?;
        Some(Action { id: self.id, options, exits: self.exits })
    }
}

/// Absent options are the kind's defaults.
fn options(raw: Option<&RawValue>) -> Option<serde_json::Deserializer<serde_json::de::StrRead<'_>>> {
    let text = raw.map_or("{}", RawValue::get);
    text.starts_with('{').then(|| serde_json::Deserializer::from_str(text))
}

/// What stands between braces: serde would also read an array of the fields in their order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// A field that may be left out, but is no null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
