//! Begins another scenario, for this subscriber or for others, and goes on without waiting for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call_scenario::Given;
use super::options_from::{ITEM, WithItem};
use super::whom::{check_count, tell};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, Whom, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::limits::{BROADCAST_BYTES, BROADCAST_MB};
use crate::expression::{Lookup, Scope, Target, Template};
use crate::run::StepContext;
use crate::scenario::{Findings, Overlap};
use crate::signal::{Element, Recipient, Signal};
use crate::value::{Map, Value};
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
    /// # Once for each element of
    ///
    /// An array, such as rows that were found: the scenario begins once for each element, in the background. In what it
    /// is given and in the ClientID the element is `#{item}`, its column `#{item.name}`. Without another subscriber it
    /// begins for nobody, as after a webhook. Where a person has several elements, choose “Queue”.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "По разу на каждый элемент",
        "x-ru-help" = "Массив, например найденные строки: сценарий запустится в фоне по разу на каждый элемент. В том, что передаётся, и в ClientID элемент — `#{item}`, его столбец — `#{item.name}`. Без другого подписчика сценарий идёт без подписчика, как после вебхука. Если у человека может быть несколько элементов, выберите «В очередь».",
        "x-more" = true
    ))]
    pub each: Template,
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
        visit.template("/each", &self.each);
        let of_each = !self.each.is_empty();
        for (index, given) in self.inputs.iter().enumerate() {
            let pointer = format!("/inputs/{index}/value");
            if of_each {
                visit.template_with(&pointer, &given.value, ITEM);
            } else {
                visit.template(&pointer, &given.value);
            }
        }
        match &self.to {
            Some(to) if of_each => to.visit_with(visit, ITEM),
            Some(to) => to.visit(visit),
            None => {}
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
        cx.require_scenario(&self.scenario)?;
        let begin = |inputs| Signal::Start {
            scenario: self.scenario.clone(),
            inputs,
            overlap: self.overlap.into(),
            interrupts: self.interrupts,
        };
        if !self.each.is_empty() {
            let elements = self.elements(cx)?;
            // No element is nothing to do.
            if elements.is_empty() {
                return Ok(Flow::Next);
            }
            let to = self.recipients(cx, &elements)?;
            return Ok(Flow::Ask(tell(cx, to, begin(Map::new()))?));
        }
        let signal = begin(self.given(cx)?);
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

impl StartScenario {
    /// What the scenario is given.
    fn given(&self, lookup: &dyn Lookup) -> Result<Map, StepError> {
        let mut inputs = Map::with_capacity(self.inputs.len());
        for (index, given) in self.inputs.iter().enumerate() {
            let at = |error: StepError| error.at(&format!("/inputs/{index}/value"));
            inputs.insert(given.name.clone(), given.value.render(lookup).map_err(at)?);
        }
        Ok(inputs)
    }

    fn elements(&self, cx: &StepContext<'_>) -> Result<Vec<Value>, StepError> {
        match cx.value(&self.each).map_err(|error| error.at("/each"))? {
            Value::Array(elements) => Ok(elements),
            Value::Null => Ok(Vec::new()),
            Value::Text(text) if text.trim().is_empty() => Ok(Vec::new()),
            single => Ok(vec![single]),
        }
    }

    /// Whom it begins for, with what of each element.
    fn recipients(&self, cx: &StepContext<'_>, elements: &[Value]) -> Result<Vec<Recipient>, StepError> {
        let most = cx.limits().broadcast_recipients;
        let (mut recipients, mut bytes) = (Vec::with_capacity(elements.len()), 0_usize);
        for item in elements {
            let lookup = WithItem { outer: cx, item };
            let inputs = self.given(&lookup)?;
            let given: usize = inputs.values().map(Value::stored_bytes).sum();
            let of_one = match &self.to {
                Some(to) => to.read(&lookup)?,
                None => vec![Recipient { user: None, bot: None, element: None }],
            };
            bytes = bytes.saturating_add(given.saturating_mul(of_one.len()));
            if recipients.len() + of_one.len() > most || bytes > BROADCAST_BYTES {
                return Err(StepError::new(
                    "too_many_elements",
                    format!("All of them together are given more than {BROADCAST_MB} MB, or are more than {most}. Give each `#{{item}}` alone, or divide them into parts"),
                    format!("Всем вместе передаётся больше {BROADCAST_MB} МБ, или их больше {most}. Передавайте каждому только `#{{item}}` или разделите их на части"),
                )
                .at("/each"));
            }
            for recipient in of_one {
                let number = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
                let element = Some(Element { number, inputs: inputs.clone() });
                recipients.push(Recipient { element, ..recipient });
            }
        }
        check_count(recipients.len(), cx)?;
        Ok(recipients)
    }
}
