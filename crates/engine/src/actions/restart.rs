//! Begins the scenario anew.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::effect::Answer;
use crate::error::StepError;
use crate::run::StepContext;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Restart {
    /// # Keep the temporary variables
    ///
    /// Otherwise only what the start brought is kept, such as the part of a start link.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Оставить временные переменные",
        "x-ru-help" = "Иначе останется только то, что пришло при запуске, например часть стартовой ссылки."
    ))]
    pub keep_variables: bool,
}

impl ActionKind for Restart {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "restore",
        title: Words::new("Start over", "Начать заново"),
        help: Words::new(
            "Goes back to where this scenario began.",
            "Возвращается туда, откуда этот сценарий начался.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Start over[{?keep_variables} with the same variables]",
        "Начать заново[{?keep_variables} с теми же переменными]",
    )];

    fn runs_on(&self, _is_wired: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn step(&self, _cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Restart { keep_variables: self.keep_variables }),
            Some(_) => Err(unexpected_answer()),
        }
    }
}
