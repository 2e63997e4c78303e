//! Begins another scenario, for this subscriber or for others, and goes on without waiting for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call_scenario::Given;
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, Whom, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::expression::{Scope, Target};
use crate::run::StepContext;
use crate::scenario::{Findings, Overlap};
use crate::signal::Signal;
use crate::value::Map;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StartScenario {
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-ru" = "Что передать"))]
    pub inputs: Vec<Given>,
    /// # For another subscriber
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Для другого подписчика"))]
    pub to: Option<Whom>,
    /// # If it is running already
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Если уже идёт", "x-widget" = "select", "default" = "start_over"))]
    pub overlap: IfRunning,
    /// # Break into an open question
    ///
    /// Otherwise its questions wait until the person has answered.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Прервать открытый вопрос",
        "x-ru-help" = "Иначе его вопросы подождут, пока человек ответит.",
        "x-more" = true
    ))]
    pub interrupts: bool,
}

/// What happens when the scenario is at work for this person already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "start_over": {"en": "Start over", "ru": "Заново"},
    "queue": {"en": "Queue", "ru": "В очередь"},
    "ignore": {"en": "Ignore", "ru": "Пропустить"},
}))]
pub enum IfRunning {
    #[default]
    StartOver,
    Queue,
    Ignore,
}

impl From<IfRunning> for Overlap {
    fn from(value: IfRunning) -> Self {
        match value {
            IfRunning::StartOver => Self::StartOver,
            IfRunning::Queue => Self::Queue,
            IfRunning::Ignore => Self::Ignore,
        }
    }
}

impl ActionKind for StartScenario {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "player-play",
        title: Words::new("Start a scenario", "Запустить сценарий"),
        help: Words::new(
            "Begins another scenario for this subscriber or for somebody else, and goes on here at once.",
            "Запускает другой сценарий для этого или другого подписчика и сразу идёт дальше.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Start the scenario {scenario}", "Запустить сценарий {scenario}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.scenario("/scenario", &self.scenario);
        for (index, given) in self.inputs.iter().enumerate() {
            visit.template(&format!("/inputs/{index}/value"), &given.value);
        }
        if let Some(to) = &self.to {
            to.visit(visit);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.scenario.is_empty() {
            findings.error("/scenario", "no_scenario", "it is not said which scenario to start", "не выбрано, какой сценарий запустить");
        }
        for (index, given) in self.inputs.iter().enumerate() {
            let name = &given.name;
            let target = Target::new(name);
            if target.error().is_some() || target.scope() != Scope::Run {
                findings.error(
                    format!("/inputs/{index}/name"),
                    "bad_variable",
                    format!("“{name}” cannot be a temporary variable: letters, digits and _ only"),
                    format!("«{name}» не может быть временной переменной: только буквы, цифры и _"),
                );
            }
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
        let mut inputs = Map::with_capacity(self.inputs.len());
        for (index, given) in self.inputs.iter().enumerate() {
            let at = |error: StepError| error.at(&format!("/inputs/{index}/value"));
            inputs.insert(given.name.clone(), cx.value(&given.value).map_err(at)?);
        }
        cx.require_scenario(&self.scenario)?;
        let overlap = self.overlap.into();
        let signal = Signal::Start { scenario: self.scenario.clone(), inputs, overlap, interrupts: self.interrupts };
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
