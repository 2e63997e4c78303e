//! Ends the scenario, the whole run, a loop or a pass of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Leave, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::effect::Answer;
use crate::error::StepError;
use crate::run::StepContext;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct End {
    /// # What ends
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Что закончить", "x-widget" = "select", "default" = "scenario"))]
    pub what: Leave,
}

impl ActionKind for End {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "player-stop",
        title: Words::new("End", "Закончить"),
        help: Words::new(
            "Ends here. A sub-scenario goes back to the one that called it.",
            "Заканчивает здесь. Подсценарий возвращается в тот, что его вызвал.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/what", "run", "End everything", "Закончить всё"),
        Sentence::when("/what", "loop", "Leave the loop", "Выйти из цикла"),
        Sentence::when("/what", "pass", "On to the next element", "К следующему элементу"),
        Sentence::new("End", "Закончить"),
    ];

    fn runs_on(&self, _is_wired: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn step(&self, _cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Leave(self.what)),
            Some(_) => Err(unexpected_answer()),
        }
    }
}
