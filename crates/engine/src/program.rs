//! A published version, ready to run.

mod loops;
mod needs;
mod watchers;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::actions::{ActionOptions, Visit};
use crate::event::{Event, EventKind};
use crate::expression::pattern::{Regex, compile_caseless};
use crate::ids::{ActionId, BlockId, ScenarioId, SectionId, TriggerId, VersionId};
use crate::run::Place;
use crate::scenario::{
    Action, Block, CheckoutTrigger, PaymentTrigger, Scenario, Section, TextMatch, Trigger, TriggerOptions,
};
use crate::value::Map;

use self::needs::CollectNeeds;
pub use self::needs::Needs;

/// A compiled version of a scenario.
#[derive(Debug)]
pub struct Program {
    scenario_id: ScenarioId,
    version: VersionId,
    document: Scenario,
    blocks: HashMap<BlockId, usize>,
    actions: HashMap<ActionId, Place>,
    /// Compiled patterns of text triggers.
    patterns: HashMap<TriggerId, Vec<Regex>>,
    /// What lies behind each loop; going there leaves it.
    behind_loops: HashMap<ActionId, HashSet<BlockId>>,
    needs: Needs,
    /// Whether any of its triggers waits for something that runs do.
    watches: bool,
}

impl Program {
    /// Indexes a document. It should have passed [`crate::scenario::check`]; what it refers to and does not
    /// have fails the step that needs it.
    pub fn compile(scenario_id: ScenarioId, version: VersionId, document: Scenario) -> Self {
        let mut blocks = HashMap::with_capacity(document.blocks.len());
        let mut actions = HashMap::new();
        let mut collect = CollectNeeds(Needs::default());
        for (index, block) in document.blocks.iter().enumerate() {
            blocks.insert(block.id.clone(), index);
            for (position, action) in block.actions.iter().enumerate() {
                actions.insert(action.id.clone(), Place { block: block.id.clone(), action: position });
                action.options.visit(&mut collect);
            }
        }
        for section in &document.sections {
            collect.condition("", &section.condition);
        }
        let mut watches = false;
        for trigger in &document.triggers {
            watches |= trigger.options.is_watching();
            if let TriggerOptions::FieldChanged(watched) = &trigger.options {
                // What it was is told to the trigger.
                collect.0.client.insert(watched.field.name().to_owned());
            }
        }
        let patterns = document.triggers.iter().filter_map(text_patterns).collect();
        let behind_loops = loops::behind_loops(&document, &blocks);
        let needs = collect.0;
        Self { scenario_id, version, document, blocks, actions, patterns, behind_loops, needs, watches }
    }

    /// Whether a trigger takes an event.
    pub fn takes(&self, trigger: &Trigger, event: &Event) -> bool {
        match (&trigger.options, &event.kind) {
            (TriggerOptions::Command(wanted), EventKind::Started { .. }) => wanted.command == "start",
            (TriggerOptions::Command(wanted), _) => {
                event.command().is_some_and(|(command, _)| command.eq_ignore_ascii_case(&wanted.command))
            }
            (TriggerOptions::StartLink(link), EventKind::Started { payload: Some(code) }) => {
                capture(&link.code, code).is_some()
            }
            (TriggerOptions::Membership(wanted), EventKind::Membership { change }) => wanted.takes(*change),
            (TriggerOptions::MiniApp(wanted), EventKind::MiniApp { name, .. }) => {
                wanted.app.is_empty() || wanted.app == *name
            }
            (TriggerOptions::Media(wanted), EventKind::Media { kind, .. }) => wanted.media.takes(*kind),
            (TriggerOptions::Location(_), EventKind::Location { .. }) => true,
            (TriggerOptions::Contact(wanted), EventKind::Contact { own, .. }) => *own || !wanted.own,
            (TriggerOptions::Picked(wanted), EventKind::Picked(picked)) => wanted.what.takes(picked),
            (TriggerOptions::JoinRequest(wanted), EventKind::JoinRequest { chat, name, .. }) => {
                wanted.takes(chat, name)
            }
            (TriggerOptions::LinkVisited(wanted), EventKind::LinkVisited { name, again, .. }) => {
                (wanted.every || !again) && (wanted.name.trim().is_empty() || wanted.name.trim() == name)
            }
            (TriggerOptions::InlineQuery(wanted), EventKind::InlineQuery { query, .. }) => {
                folded(query).starts_with(&folded(&wanted.starts))
            }
            (TriggerOptions::Checkout(CheckoutTrigger { payload }), EventKind::Checkout { payment, .. })
            | (TriggerOptions::Payment(PaymentTrigger { payload }), EventKind::Paid { payment, .. }) => {
                capture(payload, &payment.payload).is_some()
            }
            (TriggerOptions::Text(wanted), _) => event.text().is_some_and(|text| match wanted.matching {
                TextMatch::Any => true,
                TextMatch::Equals => wanted.texts.iter().any(|sample| folded(sample) == folded(text)),
                TextMatch::Contains => {
                    let text = folded(text);
                    wanted.texts.iter().any(|sample| !sample.is_empty() && text.contains(&folded(sample)))
                }
                TextMatch::Regex => self
                    .patterns
                    .get(&trigger.id)
                    .is_some_and(|patterns| patterns.iter().any(|pattern| pattern.is_match(text))),
            }),
            _ => false,
        }
    }

    /// Variables a trigger takes out of the event: what the pattern of a start link or of a payment's mark names.
    pub fn captures(&self, trigger: &Trigger, event: &Event) -> Map {
        let (pattern, code) = match (&trigger.options, &event.kind) {
            (TriggerOptions::StartLink(link), EventKind::Started { payload: Some(code) }) => {
                (&link.code, code)
            }
            (TriggerOptions::Checkout(wanted), EventKind::Checkout { payment, .. }) => {
                (&wanted.payload, &payment.payload)
            }
            (TriggerOptions::Payment(wanted), EventKind::Paid { payment, .. }) => {
                (&wanted.payload, &payment.payload)
            }
            _ => return Map::new(),
        };
        match capture(pattern, code) {
            Some(Some((name, part))) => [(name.to_owned(), part.into())].into_iter().collect(),
            _ => Map::new(),
        }
    }

    /// Where the scenario begins when another one calls it, or when it is started over: at the trigger for calls,
    /// else at the command `start`, else at the first trigger that leads to a card.
    pub fn start(&self) -> Option<&BlockId> {
        self.start_trigger().and_then(|trigger| trigger.next.as_ref()).map(|next| &next.block)
    }

    /// The trigger that stands at [`Self::start`].
    pub fn start_trigger(&self) -> Option<&Trigger> {
        let rank = |trigger: &&Trigger| match &trigger.options {
            TriggerOptions::Called(_) => 0,
            TriggerOptions::Command(command) if command.command == "start" => 1,
            _ => 2,
        };
        let wired = self.document.triggers.iter().filter(|trigger| trigger.next.is_some());
        wired.min_by_key(rank)
    }

    /// Whether a block comes after a loop and not inside of it.
    pub fn is_behind_loop(&self, action: &ActionId, block: &BlockId) -> bool {
        self.behind_loops.get(action).is_some_and(|behind| behind.contains(block))
    }

    pub fn scenario_id(&self) -> ScenarioId {
        self.scenario_id
    }

    pub fn version(&self) -> VersionId {
        self.version
    }

    pub fn document(&self) -> &Scenario {
        &self.document
    }

    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    pub fn block(&self, id: &BlockId) -> Option<&Block> {
        self.blocks.get(id).and_then(|index| self.document.blocks.get(*index))
    }

    pub fn action_at(&self, place: &Place) -> Option<&Action> {
        self.block(&place.block)?.actions.get(place.action)
    }

    pub fn place_of(&self, action: &ActionId) -> Option<&Place> {
        self.actions.get(action)
    }

    pub fn action(&self, id: &ActionId) -> Option<&Action> {
        self.place_of(id).and_then(|place| self.action_at(place))
    }

    pub fn trigger(&self, id: &TriggerId) -> Option<&Trigger> {
        self.document.triggers.iter().find(|trigger| trigger.id == *id)
    }

    /// Its trigger for what nothing else takes.
    pub fn fallback(&self) -> Option<&Trigger> {
        self.document.triggers.iter().find(|trigger| matches!(trigger.options, TriggerOptions::Fallback(_)))
    }

    pub fn section(&self, id: &SectionId) -> Option<&Section> {
        self.document.sections.iter().find(|section| section.id == *id)
    }

    pub fn options_at(&self, place: &Place) -> Option<&ActionOptions> {
        self.action_at(place).map(|action| &action.options)
    }
}

/// The programs of one bot: what is published now, what that calls, and older versions that still have somebody
/// in them.
#[derive(Clone, Debug, Default)]
pub struct ProgramSet {
    current: Vec<Arc<Program>>,
    /// What may be called, by the name it is called by.
    callees: HashMap<String, Arc<Program>>,
    older: HashMap<VersionId, Arc<Program>>,
    /// Versions in which nobody is any more; only their buttons are left.
    past: HashMap<VersionId, Arc<Program>>,
}

impl ProgramSet {
    /// Programs in the order their triggers are asked.
    pub fn new(current: Vec<Arc<Program>>) -> Self {
        Self { current, ..Self::default() }
    }

    pub fn current(&self) -> &[Arc<Program>] {
        &self.current
    }

    /// Makes a program the newest version of its scenario; the one it takes the place of becomes an older one.
    pub fn publish(&mut self, program: Arc<Program>) {
        let scenario = program.scenario_id();
        match self.current.iter_mut().find(|current| current.scenario_id() == scenario) {
            Some(current) => {
                let older = std::mem::replace(current, program);
                self.older.insert(older.version(), older);
            }
            None => self.current.push(program),
        }
    }

    /// Turns older versions in which nobody is into past ones.
    pub fn bury(&mut self, is_deserted: impl Fn(VersionId) -> bool) {
        let deserted: Vec<VersionId> =
            self.older.keys().copied().filter(|version| is_deserted(*version)).collect();
        for version in deserted {
            self.past.extend(self.older.remove_entry(&version));
        }
    }

    /// What is published now and what that calls.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Program>> {
        self.current.iter().chain(self.callees.values())
    }

    /// Versions that somebody still sits in.
    pub fn older(&self) -> impl Iterator<Item = &Arc<Program>> {
        self.older.values()
    }

    pub fn add_older(&mut self, program: Arc<Program>) {
        self.older.insert(program.version(), program);
    }

    /// Makes a scenario callable. Its triggers are not asked.
    pub fn add_callee(&mut self, name: String, program: Arc<Program>) {
        self.callees.insert(name, program);
    }

    /// The newest version of the scenario of this name.
    pub fn callee(&self, name: &str) -> Option<&Arc<Program>> {
        self.callees.get(name).or_else(|| self.current.iter().find(|program| program.document().name == name))
    }

    /// Adds a version in which nobody is any more, for a button it made.
    pub fn add_past(&mut self, program: Arc<Program>) {
        self.past.insert(program.version(), program);
    }

    /// A version that runs: a current one, or an older one that still has somebody in it.
    pub fn version(&self, version: VersionId) -> Option<&Arc<Program>> {
        self.newest().find(|program| program.version() == version).or_else(|| self.older.get(&version))
    }

    /// Any version that is known, with or without anybody in it.
    pub fn any_version(&self, version: VersionId) -> Option<&Arc<Program>> {
        self.version(version).or_else(|| self.past.get(&version))
    }

    /// The newest version of a scenario.
    pub fn of_scenario(&self, scenario: ScenarioId) -> Option<&Arc<Program>> {
        self.newest().find(|program| program.scenario_id() == scenario)
    }
}

fn text_patterns(trigger: &Trigger) -> Option<(TriggerId, Vec<Regex>)> {
    let TriggerOptions::Text(text) = &trigger.options else { return None };
    let compile = |pattern: &String| compile_caseless(pattern).ok();
    (text.matching == TextMatch::Regex)
        .then(|| (trigger.id.clone(), text.texts.iter().filter_map(compile).collect()))
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Compares a start link's code: exactly, with one `{name}` that captures, or anything when it is empty.
/// The inner value is the capture's name and text.
fn capture<'a>(pattern: &'a str, code: &'a str) -> Option<Option<(&'a str, &'a str)>> {
    if pattern.is_empty() {
        return Some(None);
    }
    let Some((before, rest)) = pattern.split_once('{') else { return (pattern == code).then_some(None) };
    let (name, after) = rest.split_once('}')?;
    let part = code.strip_prefix(before)?.strip_suffix(after)?;
    (!part.is_empty()).then_some(Some((name, part)))
}
