//! Writes to other subscribers, whom the bot knows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compose::Attachment;
use super::to_others::ToOthers;
use super::{ActionKind, Choices, Exit, Flow, Group, Port, SentButton, Spec, Visit, Whom, is_default};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::{RichTemplate, Target};
use crate::ids::ExitId;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::Audience;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SendTo {
    /// # To whom
    #[schemars(extend("x-ru" = "Кому"))]
    pub to: Whom,
    /// # Text
    #[schemars(extend("x-ru" = "Текст", "x-widget" = "rich_text"))]
    pub text: RichTemplate,
    /// # Files
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-ru" = "Файлы"))]
    pub media: Vec<Attachment>,
    /// # Buttons
    ///
    /// Whoever gets the message presses them: what stands behind them is about that person.
    #[serde(skip_serializing_if = "Choices::is_empty")]
    #[schemars(extend(
        "x-ru" = "Кнопки",
        "x-ru-help" = "Их нажимает тот, кто получил сообщение: то, что за ними, касается уже его.",
        "x-widget" = "buttons"
    ))]
    pub buttons: Choices,
    /// # Keep who it came from in
    ///
    /// After a press of a button: the ClientID of the person whose scenario sent the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить, от кого сообщение",
        "x-ru-help" = "После нажатия кнопки: ClientID человека, чей сценарий отправил сообщение."
    ))]
    pub from_to: Option<Target>,
    /// # Keep how many got it in
    ///
    /// Of more than 100: how many it goes out to in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить, скольким отправлено",
        "x-ru-help" = "Если их больше 100: скольким сообщение рассылается в фоне.",
        "x-more" = true
    ))]
    pub count_to: Option<Target>,
    /// # Also to those who unsubscribed
    ///
    /// For answers to what they asked themselves.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "И тем, кто отписался", "x-ru-help" = "Для ответов на их собственные вопросы.", "x-more" = true))]
    pub even_unsubscribed: bool,
    /// # Without a sound
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Без звука", "x-more" = true))]
    pub silent: bool,
}

impl ActionKind for SendTo {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "send-2",
        title: Words::new("Send to another", "Отправить другому"),
        help: Words::new(
            "Writes to other subscribers by their ClientID; whoever has blocked the bot or unsubscribed is left out.",
            "Пишет другим подписчикам по их ClientID; тех, кто заблокировал бота или отписался, пропускает.",
        ),
        can_fail: true,
        waits: false,
        ports: &[Port::BUTTONS],
    };

    fn exits(&self) -> Vec<Exit> {
        self.buttons.exits("/buttons", true)
    }

    fn button(&self, exit: &ExitId) -> Option<SentButton> {
        self.buttons.sent(exit, true)
    }

    fn press_later(&self, cx: &mut StepContext<'_>, _exit: &ExitId) -> Result<(), StepError> {
        self.message().press_later(cx)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        self.to.visit(visit);
        self.message().visit(visit);
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        self.to.validate(findings);
        self.message().validate(channel, findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        let audience = |cx: &StepContext<'_>| Ok(Audience::Subscribers(self.to.render(cx)?));
        self.message().step(cx, answer, self.even_unsubscribed, audience)
    }
}

impl SendTo {
    fn message(&self) -> ToOthers<'_> {
        ToOthers {
            text: &self.text,
            media: &self.media,
            buttons: &self.buttons,
            from_to: self.from_to.as_ref(),
            count_to: self.count_to.as_ref(),
            silent: self.silent,
        }
    }
}
