//! What is read too early: the variable gets its value, but nowhere on the way to the card that reads it.
//!
//! Only what cannot be otherwise is told. So every way a run may take counts as taken, a press that begins a new run
//! too: what that one forgets, [`super::doors`] tells.

use std::collections::BTreeSet;

use super::actions::Written;
use super::flow::Graph;
use super::uses::Uses;
use super::{Place, card, places};
use crate::actions::ActionOptions;
use crate::scenario::{Finding, Findings, Scenario, Severity, TriggerOptions};

pub(super) fn check(
    scenario: &Scenario,
    graph: &Graph<'_>,
    written: &Written,
    uses: &[Uses<'_>],
    findings: &mut Findings,
) {
    if written.is_anything() {
        return;
    }
    let reached = graph.reached(scenario);
    let is_reached = |node: usize| reached.get(node).copied().unwrap_or_default();
    let read =
        uses.iter().enumerate().filter(|(node, _)| is_reached(*node)).flat_map(|(_, uses)| &uses.reads);
    let names: BTreeSet<&str> =
        read.map(|(_, name)| name.as_str()).filter(|name| written.is_named(name)).collect();
    if names.is_empty() {
        return;
    }
    let beyond = beyond(scenario, graph);
    for name in names {
        let writers: Vec<usize> =
            (0..uses.len()).filter(|node| is_reached(*node) && writes(uses, *node, name)).collect();
        let begins = entries_that_bring(scenario, graph, name);
        let behind = writers.iter().flat_map(|node| graph.behind(*node)).chain(begins);
        let filled = graph.reached_by(behind.chain(beyond.iter().copied()).collect());
        let is_early = |node: usize| {
            is_reached(node) && !filled.get(node).copied().unwrap_or_default() && !writes(uses, node, name)
        };
        let first = uses.iter().enumerate().filter(|(node, _)| is_early(*node)).find_map(|(_, uses)| {
            let (pointer, _) = uses.reads.iter().find(|(_, read)| read == name)?;
            Some((uses.place.as_ref()?, pointer))
        });
        let writer = writers.first().and_then(|node| uses.get(*node)?.place.as_ref());
        if let (Some((place, pointer)), Some(writer)) = (first, writer) {
            findings.0.push(place.name_in(early(
                name,
                place,
                writer,
                format!("{}{pointer}", place.pointer()),
            )));
        }
    }
}

fn writes(uses: &[Uses<'_>], node: usize, name: &str) -> bool {
    uses.get(node).is_some_and(|uses| uses.writes(name))
}

/// Where runs come to from anywhere, so that what was written may be known there: behind errors, at closed sections,
/// at the next turn of a loop, and one step back.
fn beyond(scenario: &Scenario, graph: &Graph<'_>) -> Vec<usize> {
    let steps_back = places(scenario).any(|place| matches!(place.action.options, ActionOptions::StepBack(_)));
    let returns = |place: &Place<'_>| match place.action.options {
        ActionOptions::ForEach(_) => true,
        ActionOptions::Ask(_) => steps_back,
        _ => false,
    };
    let again = places(scenario).filter(returns).filter_map(|place| {
        let (block, position) = place.index;
        graph.entry(block).map(|entry| entry + position)
    });
    let refused = scenario.sections.iter().filter_map(|section| section.otherwise.as_ref());
    let lines = scenario.on_error.iter().chain(refused);
    again.chain(lines.filter_map(|line| graph.entry_of(&line.block))).collect()
}

/// The cards behind triggers that bring the variable themselves.
fn entries_that_bring<'a>(
    scenario: &'a Scenario,
    graph: &'a Graph<'_>,
    name: &'a str,
) -> impl Iterator<Item = usize> + 'a {
    let bringing = scenario.triggers.iter().filter(move |trigger| match &trigger.options {
        TriggerOptions::StartLink(link) => brings(&link.code, name),
        TriggerOptions::Checkout(checkout) => brings(&checkout.payload, name),
        TriggerOptions::Payment(payment) => brings(&payment.payload, name),
        TriggerOptions::Called(called) => called.inputs.iter().any(|input| input == name),
        _ => false,
    });
    // It may begin itself anew, with what it has so far, where no other trigger is for that.
    let begins_itself = places(scenario).any(|place| match &place.action.options {
        ActionOptions::StartScenario(start) => {
            start.scenario == scenario.name && start.inputs.iter().any(|given| given.name == name)
        }
        ActionOptions::CallScenario(call) => {
            call.scenario == scenario.name && call.inputs.iter().any(|given| given.name == name)
        }
        _ => false,
    });
    let begun = scenario.triggers.iter().filter(move |_| begins_itself);
    bringing.chain(begun).filter_map(|trigger| graph.entry_of(&trigger.next.as_ref()?.block))
}

fn brings(pattern: &str, name: &str) -> bool {
    super::actions::captured(pattern).is_some_and(|captured| captured == name)
}

fn early(name: &str, place: &Place<'_>, writer: &Place<'_>, pointer: String) -> Finding {
    let (en, ru) = if std::ptr::eq(place.block, writer.block) {
        (
            "it gets its value further on in this card".to_owned(),
            "значение она получает дальше в этом же блоке".to_owned(),
        )
    } else {
        let (card, card_ru) = card(writer.block);
        (
            format!("it gets its value in {card}, and no way leads from there to this place"),
            format!("значение она получает в блоке {card_ru}, а оттуда сюда не попасть"),
        )
    };
    Finding {
        severity: Severity::Warning,
        code: "read_before_write",
        pointer,
        spot: None,
        en: format!("the variable “{name}” is always empty here: {en}"),
        ru: format!("переменная «{name}» здесь всегда пустая: {ru}"),
    }
}
