//! Checks of a document that need no run: what would fail, what nobody can reach, what leads nowhere.
//!
//! [`check`] asks each part in turn: [`structure`] the ids and lines, [`triggers`] the triggers, [`actions`]
//! what actions read, write and refer to, [`flow`] the ways through the graph, [`early`] what is read before it can have a
//! value, [`doors`] what a press forgets, [`races`] what two people at once may spoil. A finding names the card the
//! builder sees; ids stand only in its pointer.

mod actions;
mod doors;
mod early;
mod flow;
mod races;
mod structure;
mod system_names;
mod triggers;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::parse::escape;
use super::{Action, Block, Finding, Findings, Scenario, Severity, Spot};
use crate::actions::ActionOptions;
use crate::channel::Capabilities;
use crate::error::StepError;

/// What a document is checked against.
#[derive(Clone, Debug)]
pub struct CheckWorld {
    /// The workspace's lists with their columns.
    pub lists: BTreeMap<String, BTreeSet<String>>,
    /// Names of the workspace's mini apps.
    pub mini_apps: BTreeSet<String>,
    /// Names of the workspace's files.
    pub files: BTreeSet<String>,
    /// Names of the workspace's secrets.
    pub secrets: BTreeSet<String>,
    /// Names of the workspace's scenarios.
    pub scenarios: BTreeSet<String>,
    pub channel: Capabilities,
    /// Whether lists, mini apps, files, secrets and scenarios are known; without a workspace, names are not checked.
    pub known: bool,
}

impl Default for CheckWorld {
    fn default() -> Self {
        Self {
            lists: BTreeMap::new(),
            mini_apps: BTreeSet::new(),
            files: BTreeSet::new(),
            secrets: BTreeSet::new(),
            scenarios: BTreeSet::new(),
            channel: Capabilities::telegram(),
            known: false,
        }
    }
}

/// Checks a document. With an error among the findings it must not be published.
pub fn check(scenario: &Scenario, world: &CheckWorld) -> Findings {
    let mut findings = Findings::default();
    structure::check(scenario, &mut findings);
    triggers::check(scenario, world, &mut findings);
    let written = actions::Written::of(scenario);
    actions::check(scenario, world, &written, &mut findings);
    let graph = flow::Graph::new(scenario);
    flow::check(scenario, &graph, &mut findings);
    let uses = uses::Uses::all(scenario, &graph);
    early::check(scenario, &graph, &written, &uses, &mut findings);
    doors::check(scenario, &graph, &written, &uses, &mut findings);
    races::check(scenario, &mut findings);
    findings
}

/// Where a script action has its code.
const CODE: &str = "/options/code";

/// The scripts of a document with the pointers of their codes. Only the sandbox can say whether they are written
/// rightly; what it says goes to [`script_finding`].
pub fn scripts(scenario: &Scenario) -> Vec<(String, Arc<str>)> {
    let script = |place: Place<'_>| match &place.action.options {
        ActionOptions::Javascript(script) => Some((place.pointer() + CODE, Arc::clone(&script.code))),
        _ => None,
    };
    places(scenario).filter_map(script).collect()
}

/// What the sandbox found in a script, as a finding that names the card.
pub fn script_finding(
    scenario: &Scenario,
    pointer: &str,
    error: &StepError,
    spot: Option<Spot>,
) -> Option<Finding> {
    let place = places(scenario).find(|place| pointer.strip_prefix(&place.pointer()) == Some(CODE))?;
    Some(place.name_in(Finding {
        pointer: pointer.to_owned(),
        severity: Severity::Error,
        code: "script_syntax",
        en: error.en.clone(),
        ru: error.ru.clone(),
        spot,
    }))
}

/// Where an action stands, as the builder sees it and as the document has it.
#[derive(Clone)]
struct Place<'a> {
    block: &'a Block,
    action: &'a Action,
    /// Index of the card, and of the action in it.
    index: (usize, usize),
}

/// Every action with its place.
fn places(scenario: &Scenario) -> impl Iterator<Item = Place<'_>> {
    scenario.blocks.iter().enumerate().flat_map(|(index, block)| {
        block.actions.iter().enumerate().map(move |(position, action)| Place {
            block,
            action,
            index: (index, position),
        })
    })
}

impl Place<'_> {
    fn pointer(&self) -> String {
        let (block, action) = self.index;
        format!("/blocks/{block}/actions/{action}")
    }

    /// The finding's sentences with the names of card and action in front.
    fn name_in(&self, finding: Finding) -> Finding {
        let title = &self.action.options.spec().title;
        let (name, name_ru) = card(self.block);
        Finding {
            en: format!("{name}, {}: {}", title.en, finding.en),
            ru: format!("{name_ru}, {}: {}", title.ru, finding.ru),
            ..finding
        }
    }

    /// Takes over findings whose pointers begin inside the action.
    fn adopt(&self, inside: Findings, findings: &mut Findings) {
        for mut finding in inside.0 {
            finding.pointer.insert_str(0, &self.pointer());
            findings.0.push(self.name_in(finding));
        }
    }
}

/// A card's name in quotes, or what stands for it.
fn card(block: &Block) -> (String, String) {
    block.title()
}

#[cfg(test)]
mod tests;
