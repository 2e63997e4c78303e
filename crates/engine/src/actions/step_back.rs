//! Goes back to an earlier question.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::effect::Answer;
use crate::error::StepError;
use crate::run::StepContext;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StepBack {
    /// # To which question
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "К какому вопросу", "x-widget" = "select", "default" = "before"))]
    pub to: BackTo,
}

/// Which question is asked again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "before": {"en": "The one before the last answer", "ru": "К тому, что был до последнего ответа"},
    "again": {"en": "The one just answered, again", "ru": "К тому же, на который только что ответили"},
}))]
pub enum BackTo {
    /// For a button “Back” of a question.
    #[default]
    Before,
    /// For an answer that turned out wrong.
    Again,
}

impl ActionKind for StepBack {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "arrow-back-up",
        title: Words::new("Step back", "Шаг назад"),
        help: Words::new(
            "Asks an earlier question again. When there was none, it goes on here.",
            "Задаёт предыдущий вопрос ещё раз. Если такого не было, идёт дальше.",
        ),
        can_fail: false,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/to", "again", "Ask the question again", "Задать вопрос ещё раз"),
        Sentence::new("Back to the previous question", "Назад к предыдущему вопросу"),
    ];

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn step(&self, _cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::StepBack { again: self.to == BackTo::Again }),
            Some(_) => Err(unexpected_answer()),
        }
    }
}
