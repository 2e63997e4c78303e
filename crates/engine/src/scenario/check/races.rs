//! What goes wrong when two people do it at the same time: looking first and writing then.
//!
//! Only what certainly belongs together is told: the writing stands in the card of the search behind it, or in
//! the card its exit leads to.

use super::{Place, places};
use crate::actions::{ActionOptions, DUPLICATE_EXIT, EMPTY_EXIT, FOUND_EXIT, ListFind};
use crate::scenario::{Action, Findings, Scenario};

pub(super) fn check(scenario: &Scenario, findings: &mut Findings) {
    for place in places(scenario) {
        let ActionOptions::ListFind(find) = &place.action.options else { continue };
        if find.list.is_empty() || find.filters.is_empty() {
            continue;
        }
        let mut inside = Findings::default();
        if behind(scenario, &place, EMPTY_EXIT).any(|action| adds(action, find)) {
            inside.warning(
                "",
                "find_then_add",
                "two people at once may both find nothing, and both add a row: use “Update or add a row”, or make the column unique and wire “Already there”",
                "двое сразу могут ничего не найти и оба добавить строку: используйте «Изменить или добавить строку» или сделайте столбец уникальным и выведите линию из «Уже есть»",
            );
        }
        if behind(scenario, &place, FOUND_EXIT).any(|action| takes(action, find)) {
            inside.warning(
                "",
                "find_then_take",
                "two people at once may both find the same row and both take it: use “Reserve a row”",
                "двое сразу могут найти одну и ту же строку и оба её занять: используйте «Занять строку»",
            );
        }
        place.adopt(inside, findings);
    }
}

/// The actions a search goes on with by this exit.
fn behind<'a>(
    scenario: &'a Scenario,
    place: &Place<'a>,
    exit: &str,
) -> impl Iterator<Item = &'a Action> + use<'a> {
    let target = place.action.exits.get(exit).map(|way| &way.block);
    let block = target.map_or(Some(place.block), |id| scenario.blocks.iter().find(|block| block.id == *id));
    let first = match target {
        Some(_) => 0,
        None => place.block.actions.iter().position(|one| std::ptr::eq(one, place.action)).unwrap_or(0) + 1,
    };
    // After a wait, what was found is old news anyway.
    let actions = block.into_iter().flat_map(move |block| block.actions.iter().skip(first));
    actions.take_while(|action| !action.options.spec().waits)
}

/// Adds to the list that was searched, without minding a row that is there.
fn adds(action: &Action, find: &ListFind) -> bool {
    matches!(&action.options, ActionOptions::ListAdd(add) if add.list == find.list)
        && !action.exits.contains_key(DUPLICATE_EXIT)
}

/// Writes into the row that was found a column by which it was searched: what made it free before.
fn takes(action: &Action, find: &ListFind) -> bool {
    let ActionOptions::ListEdit(edit) = &action.options else { return false };
    let searched = |column: &str| find.conditions().columns().any(|searched| searched == column);
    let again = |column: &str| edit.rows().conditions.columns().any(|checked| checked == column);
    edit.list == find.list && edit.values.iter().any(|cell| searched(&cell.column) && !again(&cell.column))
}
