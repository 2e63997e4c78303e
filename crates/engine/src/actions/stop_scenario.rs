//! Ends another scenario, for this subscriber or for others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, Whom, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::Signal;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StopScenario {
    /// # Scenario
    #[schemars(extend("x-ru" = "Сценарий", "x-widget" = "scenario"))]
    pub scenario: String,
    /// # For another subscriber
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "У другого подписчика"))]
    pub to: Option<Whom>,
}

impl ActionKind for StopScenario {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "player-stop",
        title: Words::new("Stop a scenario", "Остановить сценарий"),
        help: Words::new(
            "Ends another scenario wherever the person is in it, its pauses and questions too.",
            "Завершает другой сценарий, где бы человек в нём ни находился, вместе с паузами и вопросами.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Stop the scenario {scenario}", "Остановить сценарий {scenario}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.scenario("/scenario", &self.scenario);
        if let Some(to) = &self.to {
            to.visit(visit);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.scenario.is_empty() {
            findings.error("/scenario", "no_scenario", "it is not said which scenario to stop", "не выбрано, какой сценарий остановить");
        }
        if let Some(to) = &self.to {
            to.validate(findings);
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {}
            Some(Answer::Written(_)) => return Ok(Flow::Next),
            Some(_) => return Err(unexpected_answer()),
        }
        cx.require_scenario(&self.scenario)?;
        let signal = Signal::Stop { scenario: self.scenario.clone(), by: cx.run_id() };
        match &self.to {
            Some(to) => Ok(Flow::Ask(to.tell(cx, signal)?)),
            None => {
                let chain = cx.next_chain()?;
                cx.emit(Effect::Signal { signal, chain });
                Ok(Flow::Next)
            }
        }
    }
}
