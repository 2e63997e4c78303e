//! What a new version means for those who are inside of an older one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Block, Scenario};
use crate::ids::BlockId;

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockFate {
    /// It does the same as before.
    Same,
    /// It does something else: its actions, its lines or its section.
    Changed,
    /// It is gone.
    Deleted,
}

/// Where whoever stands in a block of an older version goes on. Without a choice, he finishes the old way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveTo {
    /// At a block of the newer version.
    Block(BlockId),
    /// Where the scenario begins.
    Start,
}

/// What was chosen, by block of the older version.
pub type Moves = BTreeMap<BlockId, MoveTo>;

impl Scenario {
    pub fn has_block(&self, block: &BlockId) -> bool {
        self.blocks.iter().any(|found| found.id == *block)
    }

    /// What becomes of a block of this version in a newer one. A new name or place on the canvas is no change.
    pub fn fate_of(&self, block: &BlockId, newer: &Scenario) -> BlockFate {
        let find = |scenario: &Self| scenario.blocks.iter().position(|found| found.id == *block);
        let (old, new) = (
            find(self).and_then(|index| self.blocks.get(index)),
            find(newer).and_then(|index| newer.blocks.get(index)),
        );
        match (old, new) {
            (_, None) => BlockFate::Deleted,
            (Some(old), Some(new)) if does_the_same(old, new) => BlockFate::Same,
            _ => BlockFate::Changed,
        }
    }
}

fn does_the_same(old: &Block, new: &Block) -> bool {
    let target = |block: &Block| block.next.as_ref().map(|next| next.block.clone());
    let lines = |block: &Block| -> Vec<_> {
        let actions = block.actions.iter();
        actions
            .map(|action| {
                action.exits.iter().map(|(exit, to)| (exit.clone(), to.block.clone())).collect::<Vec<_>>()
            })
            .collect()
    };
    let same_actions = old.actions.len() == new.actions.len()
        && old
            .actions
            .iter()
            .zip(&new.actions)
            .all(|(old, new)| old.id == new.id && old.options == new.options);
    same_actions && old.section == new.section && target(old) == target(new) && lines(old) == lines(new)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(block: Option<Value>) -> Scenario {
        let blocks: Vec<Value> = block.into_iter().collect();
        serde_json::from_value(json!({"format": "scenaria/1", "name": "n", "blocks": blocks})).unwrap()
    }

    #[test]
    fn only_what_a_block_does_counts() {
        let block = |text: &str, name: &str, view: &str, next: &str| {
            json!({"id": "a", "name": name, "position": {"x": name.len(), "y": 0},
                "actions": [{"id": "m", "kind": "send_message", "options": {"text": text},
                    "exits": {"error": {"block": next}}}],
                "next": {"block": next, "view": view}})
        };
        let old = document(Some(block("Hello", "Greeting", "line", "b")));
        let check = |new: Option<Value>, fate: BlockFate| {
            assert_eq!(old.fate_of(&"a".into(), &document(new.clone())), fate, "{new:?}");
        };
        check(Some(block("Hello", "Greeting", "line", "b")), BlockFate::Same);
        check(Some(block("Hello", "Renamed", "link", "b")), BlockFate::Same);
        check(Some(block("Hi", "Greeting", "line", "b")), BlockFate::Changed);
        check(Some(block("Hello", "Greeting", "line", "c")), BlockFate::Changed);
        check(Some(json!({"id": "a", "section": "paid"})), BlockFate::Changed);
        check(None, BlockFate::Deleted);
    }
}
