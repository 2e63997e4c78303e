//! Goes one way or another: the first condition that is true wins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::check_exit_id;
use super::{ActionKind, Exit, Flow, Group, OTHERWISE_EXIT, Port, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Condition;
use crate::ids::ExitId;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Branch {
    /// # Branches
    ///
    /// Tried from top to bottom; the first one that is true is taken.
    #[schemars(
        length(min = 1, max = 50),
        extend(
            "x-ru" = "Ветки",
            "x-ru-help" = "Проверяются сверху вниз; срабатывает первая подходящая."
        )
    )]
    pub branches: Vec<Case>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// # Id
    #[schemars(extend("x-ru" = "Идентификатор", "x-widget" = "hidden"))]
    pub id: ExitId,
    /// # Name
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Название"))]
    pub name: String,
    /// # Condition
    #[serde(default)]
    #[schemars(extend("x-ru" = "Условие", "x-widget" = "condition"))]
    pub condition: Condition,
}

impl ActionKind for Branch {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "git-branch",
        title: Words::new("Condition", "Условие"),
        help: Words::new(
            "Checks conditions and goes along the first branch that is true, otherwise along “Otherwise”.",
            "Проверяет условия и идёт по первой подходящей ветке, а если такой нет — по ветке «Иначе».",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Each { each: "/branches/*", id: "/id", label: "/name", only: None, unless: None },
            Port::Fixed { id: OTHERWISE_EXIT, title: Words::new("Otherwise", "Иначе"), quiet: false },
        ],
    };

    fn exits(&self) -> Vec<Exit> {
        let cases = self.branches.iter().enumerate().map(|(index, case)| Exit {
            id: case.id.clone(),
            pointer: format!("/branches/{index}"),
            expected: false,
            door: false,
        });
        cases.chain([Exit::fixed(OTHERWISE_EXIT)]).collect()
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !is_wired(OTHERWISE_EXIT) || self.branches.iter().any(|case| !is_wired(case.id.as_str()))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        for (index, case) in self.branches.iter().enumerate() {
            visit.condition(&format!("/branches/{index}/condition"), &case.condition);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.branches.is_empty() {
            findings.error("/branches", "no_branches", "there is no branch", "нет ни одной ветки");
        }
        for (index, case) in self.branches.iter().enumerate() {
            let at = |field: &str| format!("/branches/{index}{field}");
            check_exit_id(&case.id, &at("/id"), findings);
            if self.branches.iter().take(index).any(|earlier| earlier.id == case.id) {
                findings.error(
                    at("/id"),
                    "duplicate_exit",
                    format!("two branches have the id “{}”", case.id),
                    format!("у двух веток один идентификатор «{}»", case.id),
                );
            }
            if case.condition.is_empty() {
                findings.error(
                    at("/condition"),
                    "empty_condition",
                    "a branch has no condition",
                    "у ветки нет условия",
                );
            }
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        for (index, case) in self.branches.iter().enumerate() {
            let place = |error: StepError| error.at(&format!("/branches/{index}/condition"));
            if cx.is_true(&case.condition).map_err(place)? {
                return Ok(Flow::Exit(case.id.clone()));
            }
        }
        Ok(Flow::Exit(OTHERWISE_EXIT.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn the_first_true_branch_wins() {
        let check = |age: i64, exit: &str| {
            let mut bench = Bench::new(json!({"branches": [
                {"id": "old", "name": "65+", "condition": "#{age} >= 65"},
                {"id": "adult", "name": "18+", "condition": "#{age} >= 18"},
            ]}));
            bench.set("age", age);
            assert_eq!(bench.step::<Branch>(None), format!("exit {exit}"), "at {age}");
        };
        check(70, "old");
        check(18, "adult");
        check(9, "otherwise");
    }

    #[test]
    fn it_runs_on_unless_every_way_has_a_line() {
        let branch: Branch =
            serde_json::from_value(json!({"branches": [{"id": "a", "condition": "1 = 1"}]})).unwrap();
        let check = |wired: &[&str], runs_on| {
            assert_eq!(branch.runs_on(&|exit| wired.contains(&exit)), runs_on, "{wired:?}");
        };
        check(&[], true);
        check(&["a"], true);
        check(&["otherwise"], true);
        check(&["a", "otherwise"], false);
    }
}
