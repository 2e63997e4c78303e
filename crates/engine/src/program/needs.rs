//! What a program reads that is not in its run: found once when it is compiled, loaded before it advances.

use std::collections::BTreeSet;

use crate::actions::{Visit, script_may_use};
use crate::effect::FieldScope;
use crate::expression::{Condition, JOINED, RichTemplate, Scope, TAGS, Target, Template};

/// What a program can touch; loaded before it advances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub client: BTreeSet<String>,
    pub person: BTreeSet<String>,
    pub globals: BTreeSet<String>,
    pub lists: BTreeSet<String>,
    pub secrets: BTreeSet<String>,
    /// A script may read any field of the subscriber.
    pub all_client: bool,
    /// A script may read any global variable.
    pub all_globals: bool,
    /// Names of the scenarios it calls.
    pub scenarios: BTreeSet<String>,
    /// The raw update, `#{_request}`.
    pub request: bool,
    /// The subscriber's tags.
    pub tags: bool,
    /// When the subscriber came first.
    pub joined: bool,
}

impl Needs {
    /// Whether anything is read that is kept with the subscriber, the person or the workspace.
    pub fn reads_fields(&self) -> bool {
        let names = [&self.client, &self.person, &self.globals];
        self.all_client
            || self.all_globals
            || self.tags
            || self.joined
            || names.iter().any(|names| !names.is_empty())
    }

    /// Adds what another program needs.
    pub fn extend(&mut self, other: &Needs) {
        self.client.extend(other.client.iter().cloned());
        self.person.extend(other.person.iter().cloned());
        self.globals.extend(other.globals.iter().cloned());
        self.lists.extend(other.lists.iter().cloned());
        self.secrets.extend(other.secrets.iter().cloned());
        self.scenarios.extend(other.scenarios.iter().cloned());
        self.all_client |= other.all_client;
        self.all_globals |= other.all_globals;
        self.request |= other.request;
        self.tags |= other.tags;
        self.joined |= other.joined;
    }
}

pub(super) struct CollectNeeds(pub(super) Needs);

impl CollectNeeds {
    fn reads(&mut self, scope: Scope, name: &str) {
        let names = match scope {
            Scope::Run => {
                self.0.request |= name == "_request";
                return;
            }
            Scope::Field(FieldScope::Client) if name == TAGS => {
                self.0.tags = true;
                return;
            }
            Scope::Field(FieldScope::Client) if name == JOINED => {
                self.0.joined = true;
                return;
            }
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

    fn scenario(&mut self, _pointer: &str, name: &str) {
        self.0.scenarios.insert(name.to_owned());
    }

    fn script(&mut self, _pointer: &str, source: &str) {
        self.0.all_client |= script_may_use(source, "client");
        self.0.all_globals |= script_may_use(source, "globals");
        self.0.request |= script_may_use(source, "request");
        // A script that reads them names them.
        self.0.tags |= source.contains(TAGS);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::ids::{ScenarioId, VersionId};
    use crate::program::Program;
    use crate::scenario::Scenario;

    use super::Needs;

    fn check(code: &str, expected: Needs) {
        let document = json!({"format": "scenaria/1", "name": "Test", "blocks": [
            {"id": "a", "actions": [{"id": "a1", "kind": "javascript", "options": {"code": code}}]}]});
        let document = Scenario::parse(&document.to_string()).unwrap();
        let program = Program::compile(ScenarioId(1), VersionId(1), document);
        assert_eq!(*program.needs(), expected, "{code}");
        assert_eq!(program.needs().reads_fields(), expected.all_client || expected.all_globals, "{code}");
    }

    #[test]
    fn a_script_is_loaded_what_it_may_look_at() {
        check("varstore.total = 1", Needs::default());
        check("log(client.city)", Needs { all_client: true, ..Needs::default() });
        check("return globals.rate", Needs { all_globals: true, ..Needs::default() });
        check("log(request)", Needs { request: true, ..Needs::default() });
        let all = Needs { all_client: true, all_globals: true, request: true, ..Needs::default() };
        check("log(globalThis['cli' + 'ent'])", all.clone());
        check("log(\\u0063lient)", all);
    }
}
