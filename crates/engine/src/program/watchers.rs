//! Triggers that wait for what runs do. A bot without any of them asks nothing and tells nobody.

use super::{Program, ProgramSet};
use crate::ids::{ScenarioId, TriggerId};
use crate::scenario::TriggerOptions;

impl Program {
    fn watching(
        &self,
        wanted: impl Fn(&TriggerOptions) -> bool,
    ) -> impl Iterator<Item = (ScenarioId, TriggerId)> {
        let triggers = if self.watches { self.document.triggers.as_slice() } else { &[] };
        triggers
            .iter()
            .filter(move |trigger| trigger.next.is_some() && wanted(&trigger.options))
            .map(|trigger| (self.scenario_id, trigger.id.clone()))
    }
}

impl ProgramSet {
    /// The triggers of the newest versions that wait for this.
    pub fn watching(&self, wanted: impl Fn(&TriggerOptions) -> bool) -> Vec<(ScenarioId, TriggerId)> {
        self.current.iter().flat_map(|program| program.watching(&wanted)).collect()
    }

    /// A scenario's name, as people know it.
    pub fn name_of(&self, scenario: ScenarioId) -> String {
        let found = self
            .of_scenario(scenario)
            .or_else(|| self.older.values().find(|program| program.scenario_id() == scenario));
        found.map(|program| program.document().name.clone()).unwrap_or_default()
    }
}
