//! Turns messages on or off that the subscriber did not ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Spec, Visit, unexpected_answer};
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::run::StepContext;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Subscription {
    /// # Subscribe
    ///
    /// Off: no mailings and no messages from other people's scenarios until the person subscribes again.
    #[schemars(extend(
        "x-ru" = "Подписать",
        "x-ru-help" = "Выключено — ни рассылок, ни сообщений из чужих сценариев, пока человек не подпишется снова."
    ))]
    pub subscribed: bool,
}

impl ActionKind for Subscription {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "bell-cog",
        title: Words::new("Unsubscribe or subscribe", "Отписать или подписать"),
        help: Words::new(
            "Turns mailings off or on. Without such a scenario, /stop turns them off and /start on.",
            "Выключает или включает рассылки. Если такого сценария нет, их выключает /stop, а включает /start.",
        ),
        can_fail: false,
        waits: false,
        ports: &[],
    };

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        cx.emit(Effect::Subscribe { on: self.subscribed });
        Ok(Flow::Next)
    }
}
