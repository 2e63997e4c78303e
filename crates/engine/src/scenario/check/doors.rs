//! What a press forgets. A message's button may be pressed at any time, so the press begins a new run, and the
//! temporary variables of the run that sent the message are gone: a card behind the button that reads one of
//! them finds it empty.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::actions::Written;
use super::flow::Graph;
use super::uses::Uses;
use super::{Place, card, places};
use crate::scenario::{Finding, Findings, Scenario, Severity};

pub(super) fn check(
    scenario: &Scenario,
    graph: &Graph<'_>,
    written: &Written,
    uses: &[Uses<'_>],
    findings: &mut Findings,
) {
    let doors = doors(scenario, graph);
    if doors.is_empty() {
        return;
    }
    let reads = uses.iter().flat_map(|uses| &uses.reads).map(|(_, name)| name.as_str());
    let names: BTreeSet<&str> = reads.filter(|name| written.is_named(name)).collect();
    for name in names {
        check_variable(name, &doors, graph, uses, findings);
    }
}

/// Follows the ways behind all doors until something writes the variable; a card that reads it first is told.
fn check_variable(
    name: &str,
    doors: &[Door<'_>],
    graph: &Graph<'_>,
    uses: &[Uses<'_>],
    findings: &mut Findings,
) {
    let mut seen = HashSet::new();
    let brings =
        |door: &Door<'_>| uses.get(door.from).is_some_and(|from| from.brought.as_deref() == Some(name));
    let mut open: VecDeque<(usize, &Door<'_>)> =
        doors.iter().filter(|door| !brings(door)).map(|door| (door.to, door)).collect();
    while let Some((node, door)) = open.pop_front() {
        if !seen.insert(node) {
            continue;
        }
        let here = uses.get(node);
        if let Some(Uses { place: Some(place), reads, .. }) = here
            && let Some((pointer, _)) = reads.iter().find(|(_, read)| read == name)
        {
            findings.0.push(place.name_in(forgotten(name, door, format!("{}{pointer}", place.pointer()))));
        } else if !here.is_some_and(|here| here.writes(name)) {
            open.extend(graph.within_run(node).map(|to| (to, door)));
        }
    }
}

fn forgotten(name: &str, door: &Door<'_>, pointer: String) -> Finding {
    let (card, card_ru) = card(door.place.block);
    let button = door.label();
    Finding {
        severity: Severity::Warning,
        code: "forgotten_variable",
        pointer,
        spot: None,
        en: format!(
            "the variable “{name}” is empty here after a press of {button} in {card}: a press begins anew and \
             forgets temporary variables; keep the value in a subscriber's field"
        ),
        ru: format!(
            "переменная «{name}» здесь пустая, если нажата кнопка {button} в блоке {card_ru}: нажатие начинает \
             прохождение заново, и временные переменные забываются; сохраните значение в поле подписчика"
        ),
    }
}

/// A button of a message that has a line.
struct Door<'a> {
    place: Place<'a>,
    pointer: String,
    /// The node of the action, and the one the line leads to.
    from: usize,
    to: usize,
}

impl Door<'_> {
    /// The button's caption in quotes.
    fn label(&self) -> String {
        let options = serde_json::to_value(&self.place.action.options).ok();
        let button =
            options.as_ref().and_then(|options| options.pointer(&format!("/options{}", self.pointer)));
        let caption = button.and_then(|button| button.get("text")).and_then(serde_json::Value::as_str);
        format!("“{}”", caption.unwrap_or_default())
    }
}

fn doors<'a>(scenario: &'a Scenario, graph: &Graph<'_>) -> Vec<Door<'a>> {
    places(scenario)
        .flat_map(|place| {
            let exits = place.action.options.exits().into_iter().filter(|exit| exit.door);
            exits
                .filter_map(|exit| {
                    let to = graph.entry_of(&place.action.exits.get(&exit.id)?.block)?;
                    let from = graph.entry(place.index.0)? + place.index.1;
                    Some(Door { place: place.clone(), pointer: exit.pointer, from, to })
                })
                .collect::<Vec<_>>()
        })
        .collect()
}
