//! Writes variables and fields, one after the other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, FieldScope};
use crate::error::StepError;
use crate::expression::{Scope, Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetVariables {
    /// # What to set
    ///
    /// From top to bottom; a later line sees what an earlier one wrote.
    #[schemars(
        length(max = 100),
        extend(
            "x-ru" = "Что изменить",
            "x-ru-help" = "Сверху вниз: строка видит то, что записали строки над ней.",
            "x-widget" = "assignments"
        )
    )]
    pub assignments: Vec<Assignment>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// # Variable
    #[schemars(extend("x-ru" = "Переменная", "x-widget" = "variable"))]
    pub target: Target,
    /// # Value
    ///
    /// A text, a variable, or arithmetic in `{{ }}`.
    #[serde(default)]
    #[schemars(extend(
        "x-ru" = "Значение",
        "x-ru-help" = "Текст, переменная или вычисление в `{{ }}`.",
        "x-widget" = "template"
    ))]
    pub value: Template,
}

impl Assignment {
    /// Whether a new value of something shared is made from the present one: the subscriber's own fields are
    /// changed by one run at a time, those of the person and of the workspace are not.
    fn reads_what_others_write(&self) -> bool {
        let scope = self.target.scope();
        let shared = matches!(scope, Scope::Field(FieldScope::Person | FieldScope::Global));
        let mut reads = false;
        self.value.for_each_path(&mut |path| reads |= path.scope == scope && path.name == self.target.name());
        shared && reads
    }
}

impl ActionKind for SetVariables {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "variable",
        title: Words::new("Set variables", "Изменить переменные"),
        help: Words::new(
            "Writes values into variables and the subscriber's fields.",
            "Записывает значения в переменные и поля подписчика.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("{assignments}", "{assignments}")];

    fn visit(&self, visit: &mut dyn Visit) {
        for (index, assignment) in self.assignments.iter().enumerate() {
            visit.template(&format!("/assignments/{index}/value"), &assignment.value);
            visit.target(&format!("/assignments/{index}/target"), &assignment.target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.assignments.is_empty() {
            findings.warning(
                "/assignments",
                "nothing_to_do",
                "nothing is set here",
                "здесь ничего не меняется",
            );
        }
        for (index, assignment) in self.assignments.iter().enumerate() {
            if assignment.reads_what_others_write() {
                let name = &assignment.target;
                findings.warning(
                    format!("/assignments/{index}/value"),
                    "set_reads_itself",
                    format!(
                        "“{name}” is shared: when two people change it at once, one change is lost. To count, use “Increase a number”"
                    ),
                    format!(
                        "«{name}» — общая: если её сразу меняют двое, одно изменение пропадёт. Чтобы считать, используйте «Увеличить число»"
                    ),
                );
            }
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        for (index, assignment) in self.assignments.iter().enumerate() {
            let place = |error: StepError| error.at(&format!("/assignments/{index}/value"));
            let value = cx.value_for(&assignment.target, &assignment.value).map_err(place)?;
            cx.set(&assignment.target, value)?;
        }
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn later_lines_see_earlier_ones_and_types_are_kept() {
        let mut bench = Bench::new(json!({"assignments": [
            {"target": "copy", "value": "#{cart}"},
            {"target": "total", "value": "{{ #{price} * 3 }}"},
            {"target": "client.note", "value": "total #{total}"},
        ]}));
        bench.set("cart", json!([1, 2]));
        bench.set("price", 7);
        assert_eq!(bench.step::<SetVariables>(None), "next");
        assert_eq!(bench.json("copy"), json!([1, 2]));
        assert_eq!(bench.json("total"), json!(21));
        assert_eq!(bench.client("note"), json!("total 21"));
    }

    #[test]
    fn what_is_there_can_be_added_to() {
        let mut bench = Bench::new(json!({"assignments": [
            {"target": "visits", "value": "{{ [Self] + 1 }}"},
            {"target": "client.log", "value": "[Self], второе"},
            {"target": "global.new", "value": "<[GlobalVar]>"},
        ]}));
        bench.set("visits", 4);
        bench.set_client("log", "первое");
        assert_eq!(bench.step::<SetVariables>(None), "next");
        assert_eq!(bench.json("visits"), json!(5));
        assert_eq!(bench.client("log"), json!("первое, второе"));
    }
}
