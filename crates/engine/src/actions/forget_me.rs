//! Deletes what is known of the subscriber, and ends the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Leave, Spec, Visit, is_default, unexpected_answer};
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::run::StepContext;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForgetMe {
    /// # Also what other bots of the project share
    ///
    /// The fields whose names begin with `person.`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "И то, что знают другие боты проекта",
        "x-ru-help" = "Поля, имена которых начинаются с `person.`."
    ))]
    pub person: bool,
}

impl ActionKind for ForgetMe {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "user-x",
        title: Words::new("Forget the subscriber", "Забыть подписчика"),
        help: Words::new(
            "Deletes the subscriber's fields, tags, runs and messages and ends the run. Rows of lists stay: delete them before.",
            "Удаляет поля, теги, прохождения и переписку подписчика и завершает прохождение. Строки списков остаются: удалите их до этого.",
        ),
        can_fail: false,
        waits: false,
        ports: &[],
    };

    fn runs_on(&self, _is_wired: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        cx.emit(Effect::Forget { person: self.person });
        Ok(Flow::Leave(Leave::Run))
    }
}
