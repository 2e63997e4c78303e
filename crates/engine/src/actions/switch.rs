//! Goes one way or another by a value: the first case that equals it wins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::check_exit_id;
use super::{ActionKind, Exit, Flow, Group, OTHERWISE_EXIT, Port, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::ids::ExitId;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Switch {
    /// # Value
    ///
    /// What is compared: a variable, or an expression.
    #[schemars(extend("x-ru" = "Значение", "x-ru-help" = "Что сравнивать: переменная или выражение."))]
    pub value: Template,
    /// # Cases
    ///
    /// Compared from top to bottom; the first equal one is taken.
    #[schemars(
        length(min = 1, max = 100),
        extend("x-ru" = "Варианты", "x-ru-help" = "Сравниваются сверху вниз; срабатывает первый равный.")
    )]
    pub cases: Vec<Case>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// # Id
    #[schemars(extend("x-ru" = "Идентификатор", "x-widget" = "hidden"))]
    pub id: ExitId,
    /// # Is equal to
    ///
    /// An array means one of its elements.
    #[serde(default)]
    #[schemars(extend("x-ru" = "Равно", "x-ru-help" = "Массив означает «один из его элементов»."))]
    pub value: Template,
    /// # Name
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Название"))]
    pub name: String,
}

impl ActionKind for Switch {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "arrows-split",
        title: Words::new("By value", "По значению"),
        help: Words::new(
            "Compares one value with several and goes along the case that equals it, otherwise along “Otherwise”.",
            "Сравнивает одно значение с несколькими и идёт по равному варианту, а если такого нет — по ветке «Иначе».",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Each { each: "/cases/*", id: "/id", label: "/name", only: None, unless: None },
            Port::Fixed { id: OTHERWISE_EXIT, title: Words::new("Otherwise", "Иначе"), quiet: false },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("By value: {value}", "По значению: {value}")];

    fn exits(&self) -> Vec<Exit> {
        let cases = self.cases.iter().enumerate().map(|(index, case)| Exit {
            id: case.id.clone(),
            pointer: format!("/cases/{index}"),
            expected: false,
            door: false,
        });
        cases.chain([Exit::fixed(OTHERWISE_EXIT)]).collect()
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !is_wired(OTHERWISE_EXIT) || self.cases.iter().any(|case| !is_wired(case.id.as_str()))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/value", &self.value);
        for (index, case) in self.cases.iter().enumerate() {
            visit.template(&format!("/cases/{index}/value"), &case.value);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.value.is_empty() {
            findings.error("/value", "empty_value", "nothing is compared here", "не указано, что сравнивать");
        }
        if self.cases.is_empty() {
            findings.error("/cases", "no_branches", "there is no case", "нет ни одного варианта");
        }
        for (index, case) in self.cases.iter().enumerate() {
            let at = |field: &str| format!("/cases/{index}{field}");
            check_exit_id(&case.id, &at("/id"), findings);
            let earlier = || self.cases.iter().take(index);
            if earlier().any(|other| other.id == case.id) {
                findings.error(
                    at("/id"),
                    "duplicate_exit",
                    format!("two cases have the id “{}”", case.id),
                    format!("у двух вариантов один идентификатор «{}»", case.id),
                );
            }
            if earlier().any(|other| other.value == case.value) {
                let value = case.value.source();
                findings.warning(
                    at("/value"),
                    "duplicate_case",
                    format!("“{value}” is compared twice: only the first case is ever taken"),
                    format!("«{value}» сравнивается дважды: сработает только первый вариант"),
                );
            }
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let value = cx.value(&self.value).map_err(|error| error.at("/value"))?;
        for (index, case) in self.cases.iter().enumerate() {
            let wanted = cx.value(&case.value).map_err(|error| error.at(&format!("/cases/{index}/value")))?;
            if fits(&value, &wanted) {
                return Ok(Flow::Exit(case.id.clone()));
            }
        }
        Ok(Flow::Exit(OTHERWISE_EXIT.into()))
    }
}

/// Equality as conditions have it; nothing and the empty text are the same.
fn fits(value: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Array(any) => any.iter().any(|one| value.same_as(one)),
        one => value.same_as(one) || (value.is_empty() && one.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn the_first_equal_case_wins() {
        let check = |value: serde_json::Value, exit: &str| {
            let mut bench = Bench::new(json!({"value": "#{value}", "cases": [
                {"id": "ten", "value": "10"},
                {"id": "one_of", "value": "#{several}"},
                {"id": "day", "value": "05.01.2026"},
                {"id": "none", "value": ""},
                {"id": "late", "value": "10"},
            ]}));
            bench.set("several", json!(["red", "green"]));
            bench.set("value", value.clone());
            assert_eq!(bench.step::<Switch>(None), format!("exit {exit}"), "at {value}");
        };
        check(json!(10), "ten");
        check(json!("10.0"), "ten");
        check(json!("green"), "one_of");
        check(json!("5.1.2026"), "day");
        check(json!(null), "none");
        check(json!("Red"), "otherwise");
        check(json!(["red"]), "otherwise");
    }

    #[test]
    fn the_way_on_is_there_while_a_case_has_no_line() {
        let switch: Switch =
            serde_json::from_value(json!({"value": "1", "cases": [{"id": "a", "value": "1"}]})).unwrap();
        assert!(switch.runs_on(&|exit| exit == "a"));
        assert!(!switch.runs_on(&|_| true));
    }
}
