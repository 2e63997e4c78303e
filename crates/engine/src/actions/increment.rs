//! Adds to a number that many may add to at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ActionKind, Exit, Flow, Group, OUT_OF_RANGE_EXIT, Port, Sentence, Spec, Visit, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::{Scope, Target, Template};
use crate::list::error::not_a_number;
use crate::list::{Bounds, increase};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Increment {
    /// # Variable
    #[schemars(extend("x-ru" = "Переменная", "x-widget" = "variable"))]
    pub target: Target,
    /// # By
    ///
    /// A number below zero takes away.
    #[schemars(extend("x-ru" = "На сколько", "x-ru-help" = "Отрицательное число уменьшает."))]
    pub by: Template,
    /// # Not less than
    ///
    /// If the number would become less, nothing changes.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Не меньше", "x-ru-help" = "Если число стало бы меньше, ничего не изменится."))]
    pub least: Template,
    /// # Not more than
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Не больше"))]
    pub most: Template,
    /// # Keep the new number in as well
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда ещё сохранить новое число"))]
    pub value_to: Option<Target>,
}

impl Default for Increment {
    fn default() -> Self {
        Self {
            target: Target::default(),
            by: Template::new("1"),
            least: Template::default(),
            most: Template::default(),
            value_to: None,
        }
    }
}

impl ActionKind for Increment {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "plus",
        title: Words::new("Increase a number", "Увеличить число"),
        help: Words::new(
            "Adds to a global variable or a field, also when several people do so at once: order numbers, counters, stock.",
            "Прибавляет к глобальной переменной или полю, даже если это делают сразу несколько человек: номера заказов, счётчики, остатки.",
        ),
        can_fail: true,
        waits: false,
        ports: &[Port::Fixed {
            id: OUT_OF_RANGE_EXIT,
            title: Words::new("Out of bounds", "За границами"),
            quiet: true,
        }],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Add {by} to {target}", "Прибавить {by} к {target}")];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(OUT_OF_RANGE_EXIT)]
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.target("/target", &self.target);
        visit.template("/by", &self.by);
        visit.template("/least", &self.least);
        visit.template("/most", &self.most);
        if let Some(target) = &self.value_to {
            visit.target("/value_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.by.is_empty() {
            findings.error("/by", "no_number", "it is not said by how much", "не указано, на сколько");
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        let name = self.target.name();
        let number = match (answer, self.target.scope()) {
            (None, scope) => {
                let by = cx.value(&self.by).map_err(|error| error.at("/by"))?;
                let bounds = render_bounds(cx, &self.least, &self.most)?;
                if let Scope::Field(scope) = scope {
                    cx.require_owner(&self.target)?;
                    let name = name.to_owned();
                    return Ok(Flow::Ask(effect::Ask::Write(DataOp::Increment { scope, name, by, bounds })));
                }
                // Nobody else can see a variable of the run.
                let new = increase(name, cx.variables().get(name).unwrap_or(&Value::Null), &by, bounds)?;
                cx.set(&self.target, new.clone())?;
                new
            }
            (Some(Answer::Written(new)), Scope::Field(scope)) => {
                cx.learn(scope, name, new.clone())?;
                new
            }
            (Some(_), _) => return Err(unexpected_answer()),
        };
        if let Some(target) = &self.value_to {
            cx.set(target, number)?;
        }
        Ok(Flow::Next)
    }
}

/// The bounds of a number as they are now; an empty one is none.
pub(super) fn render_bounds(
    cx: &StepContext<'_>,
    least: &Template,
    most: &Template,
) -> Result<Bounds, StepError> {
    let bound = |template: &Template, pointer: &str| {
        let value = cx.value(template).map_err(|error| error.at(pointer))?;
        if value.is_empty() {
            return Ok(None);
        }
        let name = pointer.trim_start_matches('/');
        value.to_number().map(Some).ok_or_else(|| not_a_number(name, &value).at(pointer))
    };
    Ok(Bounds { least: bound(least, "/least")?, most: bound(most, "/most")? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn a_shared_number_is_asked_for_and_learnt() {
        let mut bench = Bench::new(json!({"target": "global.order", "value_to": "order", "most": "#{most}"}));
        bench.set("most", 9);
        let effect::Ask::Write(operation) = bench.ask::<Increment>() else { panic!("no write") };
        assert_eq!(
            serde_json::to_value(&operation).unwrap(),
            json!({"increment": {
                "scope": "global", "name": "order", "by": "1", "bounds": {"least": null, "most": "9"},
            }})
        );
        assert_eq!(bench.step::<Increment>(Some(Answer::Written(8.into()))), "next");
        assert_eq!(bench.json("order"), json!(8));
    }

    #[test]
    fn a_variable_of_the_run_is_counted_at_once() {
        let mut bench = Bench::new(json!({"target": "score", "by": "{{ 0 - 2 }}", "least": "0"}));
        bench.set("score", 3);
        assert_eq!(bench.step::<Increment>(None), "next");
        assert_eq!(bench.json("score"), json!(1));
        assert_eq!(bench.fail::<Increment>(None).code, "out_of_range");
        assert_eq!(bench.json("score"), json!(1));
    }

    #[test]
    fn a_bound_must_be_a_number() {
        let mut bench = Bench::new(json!({"target": "score", "least": "few"}));
        let error = bench.fail::<Increment>(None);
        assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("not_a_number", Some("/least")));
    }
}
