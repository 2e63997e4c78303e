//! A published version, ready to run.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::actions::{ActionOptions, Visit};
use crate::effect::FieldScope;
use crate::expression::{Condition, RichTemplate, Scope, Target, Template};
use crate::ids::{ActionId, BlockId, ScenarioId, TriggerId, VersionId};
use crate::run::Place;
use crate::scenario::{Action, Block, Scenario, Trigger};

/// What a program can touch; loaded before it advances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub client: BTreeSet<String>,
    pub person: BTreeSet<String>,
    pub globals: BTreeSet<String>,
    pub lists: BTreeSet<String>,
    pub secrets: BTreeSet<String>,
    /// A script may read any field and global.
    pub everything: bool,
}

/// A compiled version of a scenario.
#[derive(Debug)]
pub struct Program {
    scenario_id: ScenarioId,
    version: VersionId,
    document: Scenario,
    blocks: HashMap<BlockId, usize>,
    actions: HashMap<ActionId, Place>,
    needs: Needs,
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
        Self { scenario_id, version, document, blocks, actions, needs: collect.0 }
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

    pub fn options_at(&self, place: &Place) -> Option<&ActionOptions> {
        self.action_at(place).map(|action| &action.options)
    }
}

/// The programs of one bot: what is published now, and older versions that still have somebody in them.
#[derive(Clone, Debug, Default)]
pub struct ProgramSet {
    current: Vec<Arc<Program>>,
    older: HashMap<VersionId, Arc<Program>>,
}

impl ProgramSet {
    /// Programs in the order their triggers are asked.
    pub fn new(current: Vec<Arc<Program>>) -> Self {
        Self { current, older: HashMap::new() }
    }

    pub fn current(&self) -> &[Arc<Program>] {
        &self.current
    }

    pub fn add_older(&mut self, program: Arc<Program>) {
        self.older.insert(program.version(), program);
    }

    pub fn version(&self, version: VersionId) -> Option<&Arc<Program>> {
        self.current.iter().find(|program| program.version() == version).or_else(|| self.older.get(&version))
    }

    /// The newest version of a scenario.
    pub fn of_scenario(&self, scenario: ScenarioId) -> Option<&Arc<Program>> {
        self.current.iter().find(|program| program.scenario_id() == scenario)
    }
}

struct CollectNeeds(Needs);

impl CollectNeeds {
    fn reads(&mut self, scope: Scope, name: &str) {
        let names = match scope {
            Scope::Run => return,
            Scope::Field(FieldScope::Client) => &mut self.0.client,
            Scope::Field(FieldScope::Person) => &mut self.0.person,
            Scope::Field(FieldScope::Global) => &mut self.0.globals,
            Scope::Env => &mut self.0.secrets,
        };
        names.insert(name.to_owned());
    }
}

impl Visit for CollectNeeds {
    fn template(&mut self, _pointer: &str, template: &Template) {
        template.for_each_path(&mut |path| self.reads(path.scope, &path.name));
    }

    fn rich(&mut self, _pointer: &str, template: &RichTemplate) {
        template.for_each_path(&mut |path| self.reads(path.scope, &path.name));
    }

    fn condition(&mut self, _pointer: &str, condition: &Condition) {
        condition.for_each_path(&mut |path| self.reads(path.scope, &path.name));
    }

    fn target(&mut self, _pointer: &str, _target: &Target) {}

    fn list(&mut self, _pointer: &str, list: &str, _column: &str) {
        self.0.lists.insert(list.to_owned());
    }

    fn mini_app(&mut self, _pointer: &str, _name: &str) {}

    fn everything(&mut self) {
        self.0.everything = true;
    }
}
