//! Writes to other subscribers, whom the bot knows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compose::{Attachment, Parts};
use super::{
    ActionKind, AfterPress, Choices, Exit, Flow, Group, Port, SentButton, Spec, Visit, Whom, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{Answer, Ask, DataOp};
use crate::error::StepError;
use crate::event::EventKind;
use crate::expression::{RichTemplate, Target, Template};
use crate::ids::ExitId;
use crate::message::Placement;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::{Audience, Tell, What};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить, скольким отправлено", "x-more" = true))]
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

    /// The message knows whose run sent it.
    fn press_later(&self, cx: &mut StepContext<'_>, _exit: &ExitId) -> Result<(), StepError> {
        let EventKind::Button { value: Some(value), .. } = &cx.event().kind else { return Ok(()) };
        let value = value.clone();
        match &self.from_to {
            Some(target) => cx.set(target, value),
            None => Ok(()),
        }
    }

    fn visit(&self, visit: &mut dyn Visit) {
        self.to.visit(visit);
        self.parts(&Template::default()).visit(visit);
        for (pointer, target) in [("/from_to", &self.from_to), ("/count_to", &self.count_to)] {
            if let Some(target) = target {
                visit.target(pointer, target);
            }
        }
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        self.to.validate(findings);
        if self.text.is_empty() && self.media.is_empty() {
            findings.error("/text", "empty_text", "the text is empty", "текст пустой");
        }
        self.parts(&Template::default()).validate(channel, findings);
        if self.buttons.go_buttons().any(|(_, button)| button.after_press != AfterPress::Keep) {
            findings.error(
                "/buttons",
                "buttons_stay",
                "buttons of a message to somebody else stay as they are after a press: choose “Keep”",
                "кнопки сообщения другому человеку после нажатия не меняются: выберите «Оставить»",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let nothing = Template::default();
                let mut message = self.parts(&nothing).compose(cx)?;
                message.silent = self.silent;
                if let Some(from) = cx.event().sender.as_ref().map(|sender| sender.id.clone()) {
                    for choice in message.choices.iter_mut().flatten() {
                        choice.value = Some(from.as_str().into());
                        message.named = true;
                    }
                }
                let to = Audience::Subscribers(self.to.render(cx)?);
                let tell = Tell { to, what: What::Message(message), even_unsubscribed: self.even_unsubscribed };
                Ok(Flow::Ask(Ask::Write(DataOp::Tell(Box::new(tell)))))
            }
            Some(Answer::Written(count)) => {
                if let Some(target) = &self.count_to {
                    cx.set(target, count)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl SendTo {
    fn parts<'a>(&'a self, nothing: &'a Template) -> Parts<'a> {
        Parts {
            text: &self.text,
            media: &self.media,
            place: None,
            contact: None,
            buttons: &self.buttons,
            placement: Placement::Inline,
            one_time: false,
            placeholder: nothing,
        }
    }
}
