//! The ways through the graph: what nobody reaches, what leads nowhere, what turns in a circle.
//!
//! Its nodes are the actions, and behind the last action of each card the card's end.

use std::collections::{HashMap, HashSet};

use super::{Place, card, places};
use crate::actions::{ActionOptions, EACH_EXIT, ERROR_EXIT, TIMEOUT_EXIT};
use crate::ids::BlockId;
use crate::scenario::{Block, Findings, Scenario, Severity, Transition, TriggerOptions};

pub(super) fn check(scenario: &Scenario, graph: &Graph<'_>, findings: &mut Findings) {
    check_reached(scenario, graph, findings);
    check_dead_ends(scenario, graph, findings);
    check_loops(scenario, graph, findings);
}

pub(super) struct Graph<'a> {
    /// The first node of each card, by the card's id.
    entries: HashMap<&'a BlockId, usize>,
    /// The card of each node.
    block_of: Vec<usize>,
    /// The first node of each card.
    first: Vec<usize>,
    edges: Vec<Vec<Edge>>,
    /// Nodes at which a run may end without having waited.
    ends: Vec<bool>,
}

#[derive(Clone, Copy)]
struct Edge {
    to: usize,
    /// Something happens before the run goes along it: a person answers, time passes.
    waits: bool,
    /// A press begins a new run there.
    door: bool,
}

impl<'a> Graph<'a> {
    pub fn new(scenario: &'a Scenario) -> Self {
        let mut block_of = Vec::new();
        let mut first = Vec::with_capacity(scenario.blocks.len());
        for (index, block) in scenario.blocks.iter().enumerate() {
            first.push(block_of.len());
            block_of.resize(block_of.len() + block.actions.len() + 1, index);
        }
        // From the back: of two cards with the same id, the first one is meant.
        let ids = scenario.blocks.iter().map(|block| &block.id);
        let entries: HashMap<&BlockId, usize> = ids.zip(first.iter().copied()).rev().collect();
        let enter = |transition: &Transition| entries.get(&transition.block).copied();
        let mut edges = Vec::with_capacity(block_of.len());
        let mut ends = Vec::with_capacity(block_of.len());
        for block in &scenario.blocks {
            for action in &block.actions {
                let mut ways = ways_of(action, edges.len() + 1, &enter);
                if matches!(action.options, ActionOptions::Restart(_)) {
                    let starts = scenario.triggers.iter().filter_map(|trigger| trigger.next.as_ref());
                    ways.extend(starts.filter_map(enter).map(|to| Edge { to, waits: false, door: false }));
                }
                edges.push(ways);
                ends.push(false);
            }
            let next = block.next.as_ref().and_then(enter);
            edges.push(next.map(|to| Edge { to, waits: false, door: false }).into_iter().collect());
            ends.push(next.is_none());
        }
        Self { entries, block_of, first, edges, ends }
    }

    /// Which nodes a run can come to.
    pub fn reached(&self, scenario: &Scenario) -> Vec<bool> {
        let triggers = scenario.triggers.iter().filter_map(|trigger| trigger.next.as_ref());
        let refused = scenario.sections.iter().filter_map(|section| section.otherwise.as_ref());
        self.reached_from(triggers.chain(refused).chain(&scenario.on_error))
    }

    /// Which nodes a run comes to along these lines.
    fn reached_from<'t>(&self, lines: impl Iterator<Item = &'t Transition>) -> Vec<bool> {
        self.reached_by(lines.filter_map(|transition| self.entry_of(&transition.block)).collect())
    }

    /// These nodes and all behind them.
    pub fn reached_by(&self, mut open: Vec<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.edges.len()];
        while let Some(node) = open.pop() {
            if let Some(seen @ false) = reached.get_mut(node) {
                *seen = true;
                open.extend(self.edges.get(node).into_iter().flatten().map(|edge| edge.to));
            }
        }
        reached
    }

    /// The first node of a card.
    pub fn entry(&self, block: usize) -> Option<usize> {
        self.first.get(block).copied()
    }

    /// The first node of the card with this id.
    pub fn entry_of(&self, block: &BlockId) -> Option<usize> {
        self.entries.get(block).copied()
    }

    /// The nodes right behind this one, by whatever way.
    pub fn behind(&self, node: usize) -> impl Iterator<Item = usize> {
        self.edges.get(node).into_iter().flatten().map(|edge| edge.to)
    }

    /// Where the same run may go from here.
    pub fn within_run(&self, node: usize) -> impl Iterator<Item = usize> {
        self.edges.get(node).into_iter().flatten().filter(|edge| !edge.door).map(|edge| edge.to)
    }

    fn instant(&self, node: usize) -> impl Iterator<Item = usize> {
        self.edges.get(node).into_iter().flatten().filter(|edge| !edge.waits).map(|edge| edge.to)
    }
}

/// The ways out of one action; `behind` is the node after it.
fn ways_of(
    action: &crate::scenario::Action,
    behind: usize,
    enter: &dyn Fn(&Transition) -> Option<usize>,
) -> Vec<Edge> {
    let options = &action.options;
    let waits = options.spec().waits;
    let exits = options.exits();
    let mut edges: Vec<Edge> = action
        .exits
        .iter()
        .filter_map(|(id, transition)| {
            let door = exits.iter().find(|exit| exit.id == *id).map(|exit| exit.door);
            let real = door.is_some() || id.as_str() == ERROR_EXIT;
            let to = enter(transition).filter(|_| real)?;
            // A loop has an end, however often it turns.
            let bounded = matches!(options, ActionOptions::ForEach(_)) && id.as_str() == EACH_EXIT;
            Some(Edge { to, waits: waits || door == Some(true) || bounded, door: door == Some(true) })
        })
        .collect();
    if options.runs_on(&|exit| action.exits.contains_key(exit)) {
        edges.push(Edge { to: behind, waits, door: false });
    }
    edges
}

fn check_reached(scenario: &Scenario, graph: &Graph<'_>, findings: &mut Findings) {
    if scenario.triggers.is_empty() {
        return;
    }
    let reached = graph.reached(scenario);
    let is_reached = |node: usize| reached.get(node).copied().unwrap_or_default();
    for ((index, block), first) in scenario.blocks.iter().enumerate().zip(&graph.first) {
        if !is_reached(*first) {
            let (name, name_ru) = card(block);
            findings.warning(
                format!("/blocks/{index}"),
                "unreachable_block",
                format!("{name}: no line leads here, so nobody ever gets to this card"),
                format!("{name_ru}: сюда не ведёт ни одна линия, и никто сюда не попадёт"),
            );
            continue;
        }
        // One finding is enough: what stands behind the first such action is as unreachable.
        let first_lost = (0..block.actions.len()).find(|position| !is_reached(first + position));
        if let Some((position, action)) = first_lost.and_then(|at| Some((at, block.actions.get(at)?))) {
            let place = Place { block, action, index: (index, position) };
            let mut inside = Findings::default();
            inside.warning(
                "",
                "unreachable_action",
                "every way out of the actions above leads elsewhere, so this is never done",
                "все выходы действий выше ведут в другие места, и до этого действия дело не дойдёт",
            );
            place.adopt(inside, findings);
        }
    }
}

/// Buttons and answers behind which nothing happens. A flow that just ends is none (a quiet end).
fn check_dead_ends(scenario: &Scenario, graph: &Graph<'_>, findings: &mut Findings) {
    if scenario.triggers.iter().any(|trigger| matches!(trigger.options, TriggerOptions::Called(_))) {
        // Where it ends, the scenario that called it goes on.
        return;
    }
    let in_loop = bodies(scenario, graph);
    for place in places(scenario) {
        let is_last = place.block.actions.last().is_some_and(|last| std::ptr::eq(last, place.action));
        if !is_last || place.block.next.is_some() || in_loop.contains(&place.block.id) {
            continue;
        }
        let exits = place.action.options.exits();
        let is_wired = |id: &str| place.action.exits.contains_key(id);
        let mut inside = Findings::default();
        for exit in exits.iter().filter(|exit| exit.expected && !is_wired(exit.id.as_str())) {
            let caption = caption_of(&place.action.options, &exit.pointer);
            inside.warning(
                format!("/options{}", exit.pointer),
                "button_leads_nowhere",
                format!("the button “{caption}” leads nowhere"),
                format!("кнопка «{caption}» никуда не ведёт"),
            );
        }
        let spoken_of = |id: &str| {
            id == TIMEOUT_EXIT
                || is_wired(id)
                || exits.iter().any(|exit| exit.expected && exit.id.as_str() == id)
        };
        if matches!(place.action.options, ActionOptions::Ask(_)) && place.action.options.runs_on(&spoken_of) {
            inside.warning(
                "",
                "answer_leads_nowhere",
                "nothing happens after the answer: say something, or lead to the next card",
                "после ответа ничего не происходит: ответьте что-нибудь или ведите к следующему блоку",
            );
        }
        place.adopt(inside, findings);
    }
}

/// The cards that loops lead to: where they end, the next element begins.
fn bodies<'a>(scenario: &'a Scenario, graph: &Graph<'_>) -> HashSet<&'a BlockId> {
    let loops = places(scenario).filter(|place| matches!(place.action.options, ActionOptions::ForEach(_)));
    let mut lines = loops.filter_map(|place| place.action.exits.get(EACH_EXIT)).peekable();
    if lines.peek().is_none() {
        return HashSet::new();
    }
    let reached = graph.reached_from(lines);
    let cards = scenario.blocks.iter().zip(&graph.first);
    let inside = cards.filter(|(_, first)| reached.get(**first).copied().unwrap_or_default());
    inside.map(|(block, _)| &block.id).collect()
}

fn caption_of(options: &ActionOptions, pointer: &str) -> String {
    let options = serde_json::to_value(options).unwrap_or_default();
    let caption = options.pointer(&format!("/options{pointer}/text"));
    caption.and_then(|caption| caption.as_str()).unwrap_or_default().to_owned()
}

/// Circles a run would turn in without ever waiting for anything.
fn check_loops(scenario: &Scenario, graph: &Graph<'_>, findings: &mut Findings) {
    for circle in circles(graph) {
        let mut blocks: Vec<usize> =
            circle.iter().filter_map(|node| graph.block_of.get(*node).copied()).collect();
        blocks.sort_unstable();
        blocks.dedup();
        let leaves = circle.iter().any(|node| {
            graph.ends.get(*node).copied().unwrap_or_default()
                || graph.instant(*node).any(|to| circle.binary_search(&to).is_err())
        });
        let (names, names_ru) = names_of(scenario, &blocks);
        let severity = if leaves { Severity::Warning } else { Severity::Error };
        let (end, end_ru) = if leaves {
            (
                "make sure that it ends, or put a question or a pause into it",
                "проверьте, что он закончится, или вставьте вопрос или паузу",
            )
        } else {
            (
                "it never ends: put a question or a pause into it",
                "он никогда не закончится: вставьте вопрос или паузу",
            )
        };
        findings.add(
            severity,
            format!("/blocks/{}", blocks.first().copied().unwrap_or_default()),
            "loop_without_wait",
            format!("{names}: the cards go in a circle without waiting for anything; {end}"),
            format!("{names_ru}: блоки идут по кругу, ничего не дожидаясь; {end_ru}"),
        );
    }
}

fn names_of(scenario: &Scenario, blocks: &[usize]) -> (String, String) {
    const SHOWN: usize = 3;
    let cards: Vec<&Block> = blocks.iter().filter_map(|index| scenario.blocks.get(*index)).collect();
    let (mut names, mut names_ru): (Vec<_>, Vec<_>) =
        cards.iter().take(SHOWN).map(|block| card(block)).unzip();
    if cards.len() > SHOWN {
        let more = cards.len() - SHOWN;
        names.push(format!("{more} more"));
        names_ru.push(format!("ещё {more}"));
    }
    (names.join(", "), names_ru.join(", "))
}

/// Groups of nodes that lead to each other along instant edges, each sorted: the strongly connected
/// components that have a circle (Kosaraju: finish order forwards, then components backwards).
fn circles(graph: &Graph<'_>) -> Vec<Vec<usize>> {
    let count = graph.edges.len();
    let mut backwards = vec![Vec::new(); count];
    for node in 0..count {
        for to in graph.instant(node) {
            if let Some(sources) = backwards.get_mut(to) {
                sources.push(node);
            }
        }
    }
    let mut seen = vec![false; count];
    let mut finished = Vec::with_capacity(count);
    for start in 0..count {
        // A node is pushed again behind its targets, so that it finishes after them.
        let mut open = vec![(start, false)];
        while let Some((node, done)) = open.pop() {
            if done {
                finished.push(node);
            } else if let Some(fresh @ false) = seen.get_mut(node) {
                *fresh = true;
                open.push((node, true));
                open.extend(graph.instant(node).map(|to| (to, false)));
            }
        }
    }
    let mut circles = Vec::new();
    let mut taken = vec![false; count];
    for start in finished.into_iter().rev() {
        let mut group = Vec::new();
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if let Some(fresh @ false) = taken.get_mut(node) {
                *fresh = true;
                group.push(node);
                open.extend(backwards.get(node).into_iter().flatten());
            }
        }
        let turns =
            group.len() > 1 || group.first().is_some_and(|node| graph.instant(*node).any(|to| to == *node));
        if turns {
            group.sort_unstable();
            circles.push(group);
        }
    }
    circles.sort();
    circles
}
