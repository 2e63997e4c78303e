//! Changes a message that was sent, where it stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compose::{Attachment, render_media, validate_media, visit_media};
use super::{
    ActionKind, Choices, ERROR_EXIT, Exit, Flow, Group, Port, SentButton, Sentence, Spec, Visit, is_default, is_wired,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect, EffectId};
use crate::error::StepError;
use crate::expression::{RichTemplate, Template};
use crate::ids::ExitId;
use crate::message::MessageEdit;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditMessage {
    /// # Number of the message
    ///
    /// The variable in which “Message” kept it.
    #[schemars(extend(
        "x-ru" = "Номер сообщения",
        "x-ru-help" = "Переменная, в которую его сохранило действие «Сообщение».",
        "x-widget" = "template"
    ))]
    pub message: Template,
    /// # New text
    ///
    /// When it is empty, the text stays.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Новый текст", "x-ru-help" = "Если пусто, текст остаётся.", "x-widget" = "rich_text"))]
    pub text: RichTemplate,
    /// # New file
    ///
    /// In place of the one the message has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-ru" = "Новый файл", "x-ru-help" = "Вместо того, что в сообщении."))]
    pub media: Vec<Attachment>,
    /// # Buttons
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Кнопки", "x-widget" = "select", "default" = "keep"))]
    pub buttons_become: ButtonsBecome,
    /// # New buttons
    #[serde(skip_serializing_if = "Choices::is_empty")]
    #[schemars(extend("x-ru" = "Новые кнопки", "x-widget" = "buttons", "x-when" = {"buttons_become": ["new"]}))]
    pub buttons: Choices,
}

/// What becomes of the buttons of a changed message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "keep": {"en": "Stay", "ru": "Остаются"},
    "new": {"en": "Become others", "ru": "Заменить"},
    "remove": {"en": "Go away", "ru": "Убрать"},
}))]
pub enum ButtonsBecome {
    #[default]
    Keep,
    New,
    Remove,
}

impl ActionKind for EditMessage {
    const SPEC: Spec = Spec {
        group: Group::Conversation,
        icon: "message-2-cog",
        title: Words::new("Change a message", "Изменить сообщение"),
        help: Words::new(
            "Changes the text, the file or the buttons of a message that was sent.",
            "Меняет текст, файл или кнопки уже отправленного сообщения.",
        ),
        can_fail: true,
        waits: false,
        ports: &[Port::BUTTONS],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Change message {message}[: {text}]", "Изменить сообщение {message}[: {text}]")];

    fn exits(&self) -> Vec<Exit> {
        self.buttons.exits("/buttons", true)
    }

    fn button(&self, exit: &ExitId) -> Option<SentButton> {
        self.buttons.sent(exit, true)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/message", &self.message);
        visit.rich("/text", &self.text);
        visit_media(&self.media, visit);
        self.buttons.visit("/buttons", visit);
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        check_message(&self.message, channel, findings);
        if self.text.is_empty() && self.media.is_empty() && self.buttons_become == ButtonsBecome::Keep {
            findings.error("/text", "nothing_changes", "nothing is changed", "ничего не меняется");
        }
        validate_media(&self.media, channel, findings);
        self.buttons.validate("/buttons", channel, findings);
        if self.buttons.needs_keyboard() {
            findings.error(
                "/buttons",
                "keyboard_not_edited",
                "buttons that ask for a phone number, a place, people, a chat or a poll cannot be added to a sent message",
                "кнопки, которые просят телефон, место, людей, чат или опрос, к отправленному сообщению не добавить",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {}
            Some(Answer::Delivered(_)) => return Ok(Flow::Next),
            Some(_) => return Err(unexpected_answer()),
        }
        let value = cx.value(&self.message).map_err(|error| error.at("/message"))?;
        let message = read_message(&value)?;
        let text = cx.rich(&self.text).map_err(|error| error.at("/text"))?;
        let media = render_media(&self.media, cx)?;
        let edit = MessageEdit {
            text: (!text.to_plain().trim().is_empty()).then_some(text),
            choices: match self.buttons_become {
                ButtonsBecome::Keep => None,
                ButtonsBecome::New => Some(self.buttons.render("/buttons", cx)?),
                ButtonsBecome::Remove => Some(Vec::new()),
            },
            media: (!media.is_empty()).then_some(media),
            buttons: None,
        };
        let peer = cx.peer()?;
        let change = Effect::Edit { peer, message, edit };
        if is_wired(cx, ERROR_EXIT) {
            return Ok(cx.deliver(change));
        }
        cx.emit(change);
        Ok(Flow::Next)
    }
}

pub(super) fn check_message(message: &Template, channel: &Capabilities, findings: &mut Findings) {
    if message.is_empty() {
        findings.error("/message", "no_message", "no message is named", "сообщение не указано");
    }
    if !channel.edits {
        findings.warning(
            "/message",
            "channel_cannot",
            "this channel cannot change messages that were sent",
            "этот канал не умеет менять отправленные сообщения",
        );
    }
}

/// The message a variable names.
pub(super) fn read_message(value: &Value) -> Result<EffectId, StepError> {
    EffectId::parse(&value.to_text()).ok_or_else(|| {
        let text = value.to_text();
        StepError::new(
            "no_message",
            format!("“{text}” is no number of a message"),
            format!("«{text}» — не номер сообщения"),
        )
        .at("/message")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn what_is_not_named_stays() {
        let check = |options: serde_json::Value, expected: serde_json::Value| {
            let mut bench = Bench::new(options.clone());
            bench.set("menu", "7/3/0");
            assert_eq!(bench.step::<EditMessage>(None), "next");
            let Some(Effect::Edit { message, edit, .. }) = bench.last_effect() else { panic!("no edit") };
            assert_eq!(message.to_string(), "7/3/0");
            let mut edit = serde_json::to_value(edit).unwrap();
            if let Some(choices) = edit.get_mut("choices") {
                *choices = choices.as_array().unwrap().len().into();
            }
            assert_eq!(edit, expected, "{options}");
        };
        check(json!({"message": "#{menu}", "text": "New"}), json!({"text": [{"t": "New"}]}));
        check(json!({"message": "#{menu}", "buttons_become": "remove"}), json!({"choices": 0}));
        check(
            json!({"message": "#{menu}", "buttons_become": "new", "buttons": [[{"id": "a", "text": "A"}]]}),
            json!({"choices": 1}),
        );
        check(
            json!({"message": "#{menu}", "text": "#{nothing}", "media": [{"file": "https://a.b/x.png"}]}),
            json!({"media": [{"kind": "photo", "source": {"url": "https://a.b/x.png"}}]}),
        );
    }

    #[test]
    fn only_messages_of_ours_have_numbers() {
        for text in ["", "7", "7/3", "a/b/c", "7/3/0/1", "7/3/99999"] {
            let mut bench = Bench::new(json!({"message": "#{menu}", "text": "New"}));
            bench.set("menu", text);
            assert_eq!(bench.fail::<EditMessage>(None).code, "no_message", "{text}");
        }
    }
}
