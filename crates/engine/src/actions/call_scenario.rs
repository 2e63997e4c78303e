//! Runs another scenario of the workspace and takes over what it found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Call, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::{Scope, Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Map;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallScenario {
    /// # Scenario
    ///
    /// It begins at its trigger “When called”, else at the command `start`. It has to be published.
    #[schemars(extend(
        "x-ru" = "Сценарий",
        "x-ru-help" = "Начинается с триггера «Вызван как подсценарий», а если его нет — с команды `start`. Сценарий должен быть опубликован.",
        "x-widget" = "scenario"
    ))]
    pub scenario: String,
    /// # What it is given
    ///
    /// It sees these temporary variables and no others; the subscriber's fields are the same for both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend(
            "x-ru" = "Что передать",
            "x-ru-help" = "Подсценарий видит эти временные переменные и никакие другие; поля подписчика у них общие."
        )
    )]
    pub inputs: Vec<Given>,
    /// # What to take over
    ///
    /// Its temporary variables as they are when it ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-ru" = "Что забрать", "x-ru-help" = "Его временные переменные, какими они станут к его концу.")
    )]
    pub results: Vec<Taken>,
}

/// A variable of the sub-scenario and what it begins as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// # Its variable
    #[schemars(length(min = 1, max = 100), extend("x-ru" = "Его переменная"))]
    pub name: String,
    /// # Value
    #[serde(default)]
    #[schemars(extend("x-ru" = "Значение"))]
    pub value: Template,
}

/// A variable of the sub-scenario and where its value goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// # Its variable
    #[schemars(length(min = 1, max = 100), extend("x-ru" = "Его переменная"))]
    pub name: String,
    /// # Keep in
    #[schemars(extend("x-ru" = "Куда сохранить"))]
    pub target: Target,
}

impl ActionKind for CallScenario {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "corner-down-right",
        title: Words::new("Run sub-scenario", "Выполнить подсценарий"),
        help: Words::new(
            "Runs another scenario and goes on here when it ends. An error nobody catches there leaves by “On error” here.",
            "Выполняет другой сценарий и продолжает здесь, когда тот закончится. Ошибка, которую там никто не обработал, выходит здесь через «При ошибке».",
        ),
        can_fail: true,
        // The other scenario may ask and pause; what it does is not known here.
        waits: true,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Run {scenario}[ with {inputs}][ → {results}]",
        "Выполнить {scenario}[, передав {inputs}][ → {results}]",
    )];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.scenario("/scenario", &self.scenario);
        for (index, given) in self.inputs.iter().enumerate() {
            visit.template(&format!("/inputs/{index}/value"), &given.value);
        }
        for (index, taken) in self.results.iter().enumerate() {
            visit.target(&format!("/results/{index}/target"), &taken.target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.scenario.is_empty() {
            findings.error(
                "/scenario",
                "no_scenario",
                "it is not said which scenario to run",
                "не выбрано, какой сценарий выполнить",
            );
        }
        let inputs = self.inputs.iter().map(|given| &given.name).enumerate();
        let results = self.results.iter().map(|taken| &taken.name).enumerate();
        for (list, (index, name)) in inputs.map(|at| ("inputs", at)).chain(results.map(|at| ("results", at)))
        {
            let target = Target::new(name);
            if target.error().is_some() || target.scope() != Scope::Run {
                findings.error(
                    format!("/{list}/{index}/name"),
                    "bad_variable",
                    format!("“{name}” cannot be a temporary variable: letters, digits and _ only"),
                    format!("«{name}» не может быть временной переменной: только буквы, цифры и _"),
                );
            }
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let mut inputs = Map::with_capacity(self.inputs.len());
                for (index, given) in self.inputs.iter().enumerate() {
                    let at = |error: StepError| error.at(&format!("/inputs/{index}/value"));
                    inputs.insert(given.name.clone(), cx.value(&given.value).map_err(at)?);
                }
                Ok(Flow::Call(Call { scenario: self.scenario.clone(), inputs }))
            }
            Some(Answer::Returned(mut results)) => {
                for (index, taken) in self.results.iter().enumerate() {
                    // Two lines may take the same variable.
                    let again = self.results.iter().skip(index + 1).any(|later| later.name == taken.name);
                    let value = if again {
                        results.get(&taken.name).cloned()
                    } else {
                        results.swap_remove(&taken.name)
                    };
                    cx.set(&taken.target, value.unwrap_or_default())?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, map};

    #[test]
    fn it_gives_values_and_takes_values() {
        let mut bench = Bench::new(json!({
            "scenario": "Address",
            "inputs": [{"name": "cart", "value": "#{cart}"}, {"name": "title", "value": "Order #{n}"}],
            "results": [
                {"name": "street", "target": "client.street"}, {"name": "street", "target": "copy"},
                {"name": "nothing", "target": "gone"},
            ],
        }));
        bench.set("cart", json!([1, 2]));
        bench.set("n", 7);
        bench.set("gone", "old");
        match bench.try_flow::<CallScenario>(None).unwrap() {
            Flow::Call(Call { scenario, inputs }) => {
                assert_eq!(scenario, "Address");
                assert_eq!(inputs, map(json!({"cart": [1, 2], "title": "Order 7"})));
            }
            other => panic!("{other:?}"),
        }
        let returned = Answer::Returned(map(json!({"street": "Main", "other": 1})));
        assert_eq!(bench.step::<CallScenario>(Some(returned)), "next");
        assert_eq!(bench.client("street"), json!("Main"));
        assert_eq!(bench.json("copy"), json!("Main"));
        assert_eq!(bench.json("gone"), json!(null));
        assert_eq!(bench.json("other"), json!(null), "only what is named is taken");
    }

    #[test]
    fn names_are_temporary_variables() {
        let check = |name: &str, fine: bool| {
            let options = json!({"scenario": "S", "inputs": [{"name": name}]});
            let kind: CallScenario = serde_json::from_value(options).unwrap();
            let mut findings = Findings::default();
            kind.validate(&Capabilities::telegram(), &mut findings);
            assert_eq!(findings.is_empty(), fine, "{name}: {findings:?}");
        };
        check("cart", true);
        check("корзина", true);
        check("client.cart", false);
        check("_botid", false);
        check("two words", false);
        check("", false);
    }
}
