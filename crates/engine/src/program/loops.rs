//! What lies behind a loop: the blocks a run comes to once the loop is done.
//!
//! A body that leads to such a block leaves the loop, as a line out of a drawn loop says. A line back to the
//! loop's own block is none of them: that is how a flow chart draws the next pass.

use std::collections::{HashMap, HashSet};

use crate::actions::{ActionOptions, DONE_EXIT, EACH_EXIT};
use crate::ids::{ActionId, BlockId};
use crate::scenario::{Action, Block, Scenario};

pub(super) fn behind_loops(
    document: &Scenario,
    blocks: &HashMap<BlockId, usize>,
) -> HashMap<ActionId, HashSet<BlockId>> {
    let mut all = HashMap::new();
    for block in &document.blocks {
        for (position, action) in block.actions.iter().enumerate() {
            if matches!(action.options, ActionOptions::ForEach(_)) {
                let find = |id: &BlockId| blocks.get(id).and_then(|index| document.blocks.get(*index));
                all.insert(action.id.clone(), behind(block, position, action, &find));
            }
        }
    }
    all
}

fn behind<'a>(
    block: &'a Block,
    position: usize,
    action: &'a Action,
    find: &dyn Fn(&BlockId) -> Option<&'a Block>,
) -> HashSet<BlockId> {
    let mut open: Vec<&BlockId> = match action.exits.get(DONE_EXIT) {
        Some(done) => vec![&done.block],
        None => {
            let rest = block.actions.iter().skip(position + 1).flat_map(|action| action.exits.values());
            rest.chain(&block.next).map(|way| &way.block).collect()
        }
    };
    let mut seen = HashSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let Some(block) = find(id) else { continue };
        for step in &block.actions {
            let ways =
                step.exits.iter().filter(|(exit, _)| step.id != action.id || exit.as_str() != EACH_EXIT);
            open.extend(ways.map(|(_, way)| &way.block));
        }
        open.extend(block.next.iter().map(|way| &way.block));
    }
    seen.remove(&block.id);
    if let Some(body) = action.exits.get(EACH_EXIT) {
        seen.remove(&body.block);
    }
    seen
}
