//! Which run variables each action reads and writes.

use std::collections::HashSet;

use super::flow::Graph;
use super::{Place, places};
use crate::actions::Visit;
use crate::expression::{Condition, Path, RichTemplate, Scope, Target, Template};
use crate::scenario::Scenario;

/// The run variables one action reads and writes.
#[derive(Default)]
pub(super) struct Uses<'a> {
    pub place: Option<Place<'a>>,
    /// Pointers inside the action, and names.
    pub reads: Vec<(String, String)>,
    pub written: HashSet<String>,
    pub scripts: Vec<String>,
    /// What a press of one of its buttons writes: who sent the message.
    pub brought: Option<String>,
}

impl<'a> Uses<'a> {
    /// Those of every action, each at its node in the graph.
    pub fn all(scenario: &'a Scenario, graph: &Graph<'_>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for place in places(scenario) {
            let (block, position) = place.index;
            all.resize_with(graph.entry(block).unwrap_or_default() + position, Self::default);
            all.push(Self::of(place));
        }
        all
    }

    fn of(place: Place<'a>) -> Self {
        let mut uses = Self::default();
        place.action.options.visit(&mut uses);
        Self { place: Some(place), ..uses }
    }

    pub fn writes(&self, name: &str) -> bool {
        self.written.contains(name) || self.scripts.iter().any(|source| source.contains(name))
    }

    fn read(&mut self, pointer: &str, path: &Path, local: Option<&str>) {
        if path.scope == Scope::Run && local != Some(&path.name) {
            self.reads.push((format!("/options{pointer}"), path.name.clone()));
        }
    }
}

impl Visit for Uses<'_> {
    fn template(&mut self, pointer: &str, template: &Template) {
        template.for_each_path(&mut |path| self.read(pointer, path, None));
    }

    fn template_with(&mut self, pointer: &str, template: &Template, local: &str) {
        template.for_each_path(&mut |path| self.read(pointer, path, Some(local)));
    }

    fn rich(&mut self, pointer: &str, template: &RichTemplate) {
        template.for_each_path(&mut |path| self.read(pointer, path, None));
    }

    // Asking whether a variable is empty is how a card finds out where the person comes from.
    fn condition(&mut self, _: &str, _: &Condition) {}
    fn list(&mut self, _: &str, _: &str, _: &str) {}
    fn mini_app(&mut self, _: &str, _: &str) {}

    fn target(&mut self, pointer: &str, target: &Target) {
        if target.scope() == Scope::Run {
            if pointer == "/from_to" {
                self.brought = Some(target.name().to_owned());
            }
            self.written.insert(target.name().to_owned());
        }
    }

    fn script(&mut self, _: &str, source: &str) {
        self.scripts.push(source.to_owned());
    }
}
