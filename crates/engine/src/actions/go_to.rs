//! Goes to another block.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Exit, Flow, Group, Port, Spec, TO_EXIT, Visit, unexpected_answer};
use crate::effect::Answer;
use crate::error::StepError;
use crate::run::StepContext;
use crate::words::Words;

/// Where it goes is its line, so that moving, copying and deleting blocks keeps it right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GoTo {}

impl ActionKind for GoTo {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "arrow-bear-right-2",
        title: Words::new("Go to", "Перейти"),
        help: Words::new("Goes on in another card.", "Переходит в другой блок."),
        can_fail: false,
        waits: false,
        ports: &[Port::Fixed { id: TO_EXIT, title: Words::new("To card", "К блоку"), quiet: false }],
    };
    const NEEDED_EXITS: &'static [&'static str] = &[TO_EXIT];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(TO_EXIT)]
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !is_wired(TO_EXIT)
    }

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn step(&self, _cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Exit(TO_EXIT.into())),
            Some(_) => Err(unexpected_answer()),
        }
    }
}
