//! Says something, and goes on at once. Its buttons are doors: they lead somewhere at any time later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ActionKind, Choices, Exit, Flow, Group, Port, SentButton, Spec, Visit, is_default, unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::RichTemplate;
use crate::ids::ExitId;
use crate::message::{Message, Placement};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SendMessage {
    /// # Text
    #[schemars(extend("x-ru" = "Текст", "x-widget" = "rich_text"))]
    pub text: RichTemplate,
    /// # Buttons
    ///
    /// Rows of buttons. They work at any time later.
    #[serde(skip_serializing_if = "Choices::is_empty")]
    #[schemars(extend(
        "x-ru" = "Кнопки",
        "x-ru-help" = "Ряды кнопок. Нажать их можно в любое время.",
        "x-widget" = "buttons"
    ))]
    pub buttons: Choices,
    /// # Place of the buttons
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Где кнопки", "x-widget" = "select", "default" = "inline"))]
    pub placement: Placement,
    /// # Without a sound
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Без звука"))]
    pub silent: bool,
}

impl ActionKind for SendMessage {
    const SPEC: Spec = Spec {
        group: Group::Conversation,
        icon: "message",
        title: Words::new("Message", "Сообщение"),
        help: Words::new(
            "Sends a text with buttons and goes on without waiting.",
            "Отправляет текст с кнопками и сразу идёт дальше, не дожидаясь ответа.",
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

    fn visit(&self, visit: &mut dyn Visit) {
        visit.rich("/text", &self.text);
        self.buttons.visit("/buttons", visit);
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        if self.text.is_empty() {
            findings.error("/text", "empty_text", "the text is empty", "текст пустой");
        }
        self.buttons.validate("/buttons", channel, findings);
        if self.placement == Placement::Keyboard && self.buttons.go_buttons().next().is_some() {
            findings.warning(
                "/placement",
                "keyboard_door",
                "a button in place of the keyboard only writes its caption; let a question wait for it, or put the buttons under the message",
                "кнопка вместо клавиатуры только пишет свою надпись: пусть её ждёт вопрос, или поставьте кнопки под сообщение",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let message = render_message(cx, &self.text, &self.buttons, self.placement)?;
        cx.send(Message { silent: self.silent, ..message })?;
        Ok(Flow::Next)
    }
}

/// A text with buttons, ready to send.
pub(super) fn render_message(
    cx: &StepContext<'_>,
    text: &RichTemplate,
    buttons: &Choices,
    placement: Placement,
) -> Result<Message, StepError> {
    let text = cx.rich(text).map_err(|error| error.at("/text"))?;
    if text.to_plain().trim().is_empty() {
        let error = StepError::new("empty_text", "The message has no text", "В сообщении нет текста");
        return Err(error.at("/text"));
    }
    let choices = buttons.render("/buttons", cx)?;
    let placement = if buttons.needs_keyboard() { Placement::Keyboard } else { placement };
    Ok(Message { text, choices, placement, silent: false })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn says_its_text_and_goes_on() {
        let mut bench = Bench::new(json!({
            "text": "Hello, #{name}",
            "silent": true,
            "buttons": [[{"id": "menu", "text": "Menu"}, {"id": "site", "text": "Site", "action": "url", "url": "https://example.com/#{name}"}], []],
        }));
        bench.set("name", "Ann & Bob");
        assert_eq!(bench.step::<SendMessage>(None), "next");
        let sent = bench.sent();
        assert_eq!(sent.text.to_plain(), "Hello, Ann & Bob");
        assert!(sent.silent);
        assert_eq!(sent.placement, Placement::Inline);
        assert_eq!(bench.labels(&sent), [["Menu", "Site"]]);
        assert_eq!(
            serde_json::to_value(&sent.choices[0][1].action).unwrap(),
            json!({"url": "https://example.com/Ann%20%26%20Bob"})
        );
        assert_eq!(bench.exit_of(&sent.choices[0][0]), "menu");
    }

    #[test]
    fn a_contact_button_brings_the_keyboard() {
        let mut bench = Bench::new(json!({
            "text": "Your number?", "buttons": [[{"id": "share", "text": "Send", "action": "contact"}]],
        }));
        bench.step::<SendMessage>(None);
        assert_eq!(bench.sent().placement, Placement::Keyboard);
    }

    #[test]
    fn an_empty_text_and_an_empty_address_are_errors_of_the_step() {
        let check = |options, code: &str, pointer: &str| {
            let error = Bench::new(options).fail::<SendMessage>(None);
            assert_eq!((error.code.as_str(), error.pointer.as_deref()), (code, Some(pointer)));
        };
        check(json!({"text": "#{nothing}"}), "empty_text", "/text");
        check(
            json!({"text": "a", "buttons": [[{"id": "a", "text": "A", "action": "url", "url": "#{nothing}"}]]}),
            "empty_url",
            "/buttons/0/0/url",
        );
        check(
            json!({"text": "a", "buttons": [[{"id": "a", "text": "#{nothing}"}]]}),
            "empty_button",
            "/buttons/0/0/text",
        );
    }
}
