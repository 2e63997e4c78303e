//! Says something and goes on. Its buttons are doors: each leads somewhere at any time later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compose::{Attachment, ContactPart, Parts, PlacePart, ReplacePrevious};
use super::options_from::OptionsFrom;
use super::{
    ActionKind, AfterPress, Choices, ERROR_EXIT, Exit, Flow, Group, PICKED_EXIT, Port, SentButton, Spec, Visit,
    is_default, is_wired, unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{Answer, Delivered, Effect, EffectId};
use crate::error::StepError;
use crate::event::EventKind;
use crate::expression::{RichTemplate, Target, Template};
use crate::ids::ExitId;
use crate::message::{Message, Placement};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SendMessage {
    /// # Text
    #[schemars(extend("x-ru" = "Текст", "x-widget" = "rich_text"))]
    pub text: RichTemplate,
    /// # Files
    ///
    /// Pictures, videos and documents; several make an album.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-ru" = "Файлы", "x-ru-help" = "Картинки, видео, документы; несколько станут альбомом."))]
    pub media: Vec<Attachment>,
    /// # Text above the files
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Текст над файлами", "x-more" = true))]
    pub text_above: bool,
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
    /// # Hide the keyboard after a press
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Скрыть клавиатуру после нажатия", "x-when" = {"placement": ["keyboard"]}))]
    pub one_time: bool,
    /// # Hint in the input field
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Подсказка в поле ввода", "x-more" = true, "x-when" = {"placement": ["keyboard"]}))]
    pub placeholder: Template,
    /// # Buttons from data
    ///
    /// One more button for each element of an array; a press goes on along “Button from data” with the element's value as the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Кнопки из данных",
        "x-more" = true,
        "x-ru-help" = "Ещё по одной кнопке на каждый элемент массива; нажатие ведёт по выходу «Кнопка из данных», а ответом становится значение элемента."
    ))]
    pub options_from: Option<OptionsFrom>,
    /// # Keep the pressed button's value in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить значение нажатой кнопки из данных", "x-more" = true))]
    pub picked_to: Option<Target>,
    /// # Place on the map
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Место на карте", "x-more" = true))]
    pub place: Option<PlacePart>,
    /// # Contact card
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Контакт", "x-more" = true))]
    pub contact: Option<ContactPart>,
    /// # If this was sent before
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Если уже отправляли", "x-widget" = "select", "default" = "no"))]
    pub replace: ReplacePrevious,
    /// # Keep the message's number in
    ///
    /// To change or delete the message later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить номер сообщения",
        "x-more" = true,
        "x-ru-help" = "Чтобы потом изменить или удалить сообщение."
    ))]
    pub message_to: Option<Target>,
    /// # Keep the messenger's own number in
    ///
    /// For “Call a channel method”. The scenario then goes on only when the message has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить номер сообщения в мессенджере",
        "x-more" = true,
        "x-ru-help" = "Для действия «Вызвать метод канала». Сценарий пойдёт дальше только когда сообщение дойдёт."
    ))]
    pub messenger_id_to: Option<Target>,
    /// # Remove the keyboard
    ///
    /// The buttons in place of the keyboard, left by an earlier message, go away.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Убрать клавиатуру",
        "x-ru-help" = "Кнопки вместо клавиатуры, оставшиеся от прошлого сообщения, исчезнут."
    ))]
    pub remove_keyboard: bool,
    /// # Without a sound
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Без звука"))]
    pub silent: bool,
    /// # No forwarding or saving
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Запретить пересылку и сохранение"))]
    pub protect: bool,
    /// # No preview of links
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Без предпросмотра ссылок"))]
    pub no_preview: bool,
}

impl ActionKind for SendMessage {
    const SPEC: Spec = Spec {
        group: Group::Conversation,
        icon: "message",
        title: Words::new("Message", "Сообщение"),
        help: Words::new(
            "Sends text, files and buttons and goes on without waiting.",
            "Отправляет текст, файлы и кнопки и сразу идёт дальше, не дожидаясь ответа.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::BUTTONS,
            Port::Fixed {
                id: PICKED_EXIT,
                title: Words::new("Button from data", "Кнопка из данных"),
                quiet: true,
            },
        ],
    };

    fn exits(&self) -> Vec<Exit> {
        let mut exits = self.buttons.exits("/buttons", true);
        if self.options_from.is_some() {
            let pointer = "/options_from".to_owned();
            exits.push(Exit { pointer, expected: true, door: true, ..Exit::fixed(PICKED_EXIT) });
        }
        exits
    }

    fn button(&self, exit: &ExitId) -> Option<SentButton> {
        if self.options_from.is_some() && exit.as_str().starts_with('_') {
            return Some(SentButton { always: true, after: AfterPress::Keep });
        }
        self.buttons.sent(exit, true)
    }

    /// The pressed button was made from data: it means what its message knows.
    fn press_later(&self, cx: &mut StepContext<'_>, _exit: &ExitId) -> Result<(), StepError> {
        let EventKind::Button { value: Some(value), .. } = &cx.event().kind else { return Ok(()) };
        let value = value.clone();
        cx.set_answer(value.clone());
        match &self.picked_to {
            Some(target) => cx.set(target, value),
            None => Ok(()),
        }
    }

    fn visit(&self, visit: &mut dyn Visit) {
        self.parts().visit(visit);
        if let Some(options) = &self.options_from {
            options.visit(visit);
        }
        if let Some(target) = &self.picked_to {
            visit.target("/picked_to", target);
        }
        for (pointer, target) in
            [("/message_to", &self.message_to), ("/messenger_id_to", &self.messenger_id_to)]
        {
            if let Some(target) = target {
                visit.target(pointer, target);
            }
        }
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        let says_nothing = self.text.is_empty() && self.media.is_empty();
        if says_nothing && self.place.is_none() && self.contact.is_none() {
            findings.error("/text", "empty_text", "the text is empty", "текст пустой");
        }
        self.parts().validate(channel, findings);
        if let Some(options) = &self.options_from {
            options.validate(channel, findings);
        }
        let doors = self.options_from.is_some() || self.buttons.go_buttons().next().is_some();
        if self.placement == Placement::Keyboard && doors {
            findings.warning(
                "/placement",
                "keyboard_door",
                "a button in place of the keyboard only writes its caption; let a question wait for it, or put the buttons under the message",
                "кнопка вместо клавиатуры только пишет свою надпись: пусть её ждёт вопрос, или поставьте кнопки под сообщение",
            );
        }
        self.validate_keyboard(channel, findings);
    }

    /// A message whose fate leads somewhere is waited for; any other is on its way when the step ends.
    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {}
            Some(Answer::Delivered(sent)) => return self.arrived(cx, sent),
            Some(_) => return Err(unexpected_answer()),
        }
        let message = self.compose(cx)?;
        if is_wired(cx, ERROR_EXIT) || self.messenger_id_to.is_some() {
            let peer = cx.peer()?;
            return Ok(cx.deliver(Effect::Send { peer, message }));
        }
        let sent = cx.send(message)?;
        self.note_number(cx, sent)
    }
}

impl SendMessage {
    fn compose(&self, cx: &mut StepContext<'_>) -> Result<Message, StepError> {
        let mut message = self.parts().compose(cx)?;
        if let Some(options) = &self.options_from {
            let made = options.add_to(cx, &mut message.choices, true)?;
            message.named |= !made.is_empty();
        }
        message.silent = self.silent;
        message.protect = self.protect;
        message.no_preview = self.no_preview;
        message.text_above = self.text_above && !message.media.is_empty();
        message.keyboard.remove = self.remove_keyboard;
        message.replaces = self.replace.replaces(cx);
        message.named |= self.message_to.is_some();
        Ok(message)
    }

    fn arrived(&self, cx: &mut StepContext<'_>, sent: Delivered) -> Result<Flow, StepError> {
        if let Some(target) = &self.messenger_id_to {
            cx.set(target, sent.id.map_or(Value::Null, Value::from))?;
        }
        let number = cx.first_message();
        self.note_number(cx, number)
    }

    fn note_number(&self, cx: &mut StepContext<'_>, sent: EffectId) -> Result<Flow, StepError> {
        if let Some(target) = &self.message_to {
            cx.set(target, sent.to_string().into())?;
        }
        Ok(Flow::Next)
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            text: &self.text,
            media: &self.media,
            place: self.place.as_ref(),
            contact: self.contact.as_ref(),
            buttons: &self.buttons,
            placement: self.placement,
            one_time: self.one_time,
            placeholder: &self.placeholder,
        }
    }

    fn validate_keyboard(&self, channel: &Capabilities, findings: &mut Findings) {
        let shows_keyboard = self.buttons.needs_keyboard()
            || (self.placement == Placement::Keyboard && !self.buttons.is_empty() && !self.buttons.needs_message());
        if self.remove_keyboard && shows_keyboard {
            findings.warning(
                "/remove_keyboard",
                "keyboard_replaced",
                "this message brings a keyboard of its own, which replaces the earlier one",
                "у этого сообщения своя клавиатура, она и заменит прежнюю",
            );
        }
        if self.remove_keyboard && !shows_keyboard && !self.buttons.is_empty() {
            findings.warning(
                "/remove_keyboard",
                "keyboard_stays",
                "a message with buttons under it cannot remove the keyboard: use a message without buttons",
                "сообщение с кнопками под ним не может убрать клавиатуру: возьмите сообщение без кнопок",
            );
        }
        if self.protect && !channel.protects {
            findings.warning(
                "/protect",
                "channel_cannot",
                "this channel cannot keep messages from being forwarded",
                "этот канал не умеет запрещать пересылку",
            );
        }
        if self.replace != ReplacePrevious::No && shows_keyboard {
            findings.warning(
                "/replace",
                "keyboard_not_edited",
                "a message with a keyboard cannot be changed where it stands: it will be deleted and sent anew",
                "сообщение с клавиатурой нельзя изменить на месте: оно будет удалено и отправлено заново",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;
    use crate::effect::Ask;

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
    fn a_message_whose_fate_leads_somewhere_is_waited_for() {
        let check = |options: serde_json::Value, exits: &[&str], waits: bool| {
            let mut bench = Bench::wired(options, exits);
            if !waits {
                assert_eq!(bench.step::<SendMessage>(None), "next");
                assert_eq!(bench.sent_count(), 1);
                return bench;
            }
            let Ask::Deliver(emitted) = bench.ask::<SendMessage>() else { panic!("it is not waited for") };
            assert_eq!(emitted.id.to_string(), "7/0/0", "the name its buttons and changes know");
            assert_eq!(bench.sent_count(), 0);
            let sent = Delivered { id: Some("55".into()), ..Delivered::default() };
            assert_eq!(bench.step::<SendMessage>(Some(Answer::Delivered(sent))), "next");
            bench
        };
        check(json!({"text": "Hi"}), &["picked"], false);
        check(json!({"text": "Hi"}), &["error"], true);
        let bench = check(json!({"text": "Hi", "message_to": "ours", "messenger_id_to": "theirs"}), &[], true);
        assert_eq!((bench.json("ours"), bench.json("theirs")), (json!("7/0/0"), json!("55")));
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
    fn everything_a_message_may_hold() {
        let mut bench = Bench::new(json!({
            "media": [{"file": "https://example.com/#{name}.png"}, {"file": "#{photos}", "show_as": "photo"}],
            "place": {"latitude": "55,75", "longitude": "#{lon}", "title": "Here"},
            "contact": {"phone": " +79001112233 ", "first_name": "#{name}"},
            "silent": true, "protect": true, "text_above": true, "no_preview": true, "remove_keyboard": true,
            "replace": "edit", "message_to": "menu",
            "buttons": [[
                {"id": "code", "text": "Copy", "action": "copy", "copy": "#{name}-1"},
                {"id": "tell", "text": "Tell", "action": "inline", "query": "of #{name}", "here": true},
            ]],
        }));
        bench.set("name", "Ann");
        bench.set("lon", 37.5);
        bench.set("photos", json!([{"file_id": "f1", "kind": "photo"}, "f2"]));
        assert_eq!(bench.step::<SendMessage>(None), "next");
        assert_eq!(bench.json("menu"), json!("7/0/0"));
        assert_eq!(
            serde_json::to_value(bench.sent()).unwrap(),
            json!({
                "text": [], "placement": "inline", "silent": true, "protect": true, "text_above": true, "no_preview": true,
                "named": true,
                "media": [
                    {"kind": "photo", "source": {"url": "https://example.com/Ann.png"}},
                    {"kind": "photo", "source": {"file": "f1"}},
                    {"kind": "photo", "source": {"file": "f2"}},
                ],
                "location": {"latitude": 55.75, "longitude": 37.5, "title": "Here"},
                "contact": {"phone": "+79001112233", "first_name": "Ann"},
                "keyboard": {"remove": true},
                "replaces": {"slot": "1/a", "by": "edit"},
                "choices": [[
                    {"label": "Copy", "action": {"copy": "Ann-1"}},
                    {"label": "Tell", "action": {"inline": {"query": "of Ann", "here": true}}},
                ]],
            })
        );
    }

    #[test]
    fn buttons_from_data_know_their_values() {
        let mut bench = Bench::new(json!({
            "text": "Menu",
            "options_from": {"items": "#{rows}", "label": "#{item.title}", "value": "#{item._id}", "per_row": 2},
            "buttons": [[{"id": "back", "text": "Back"}]],
        }));
        bench.set("rows", json!([{"_id": 5, "title": "Tea"}, {"_id": 6, "title": "Cake"}, {"_id": 7, "title": "Pie"}]));
        assert_eq!(bench.step::<SendMessage>(None), "next");
        let sent = bench.sent();
        assert_eq!(bench.labels(&sent), [vec!["Tea", "Cake"], vec!["Pie"], vec!["Back"]]);
        assert!(sent.named, "a press has to find the message");
        assert_eq!(sent.choices[0][1].value.as_ref().map(|value| value.to_json()), Some(json!(6)));
        assert_eq!(bench.exit_of(&sent.choices[0][1]), "_1");
    }

    #[test]
    fn an_empty_text_and_an_empty_address_are_errors_of_the_step() {
        let check = |options, code: &str, pointer: &str| {
            let error = Bench::new(options).fail::<SendMessage>(None);
            assert_eq!((error.code.as_str(), error.pointer.as_deref()), (code, Some(pointer)));
        };
        check(json!({"text": "#{nothing}"}), "empty_text", "/text");
        check(json!({"media": [{"file": "#{nothing}"}]}), "empty_text", "/text");
        check(json!({"media": [{"file": "my picture"}]}), "no_file", "/media/0/file");
        check(
            json!({"place": {"latitude": "91", "longitude": "0"}}),
            "not_degrees",
            "/place/latitude",
        );
        check(json!({"contact": {"phone": "", "first_name": "Ann"}}), "empty_contact", "/contact");
        check(
            json!({"text": "a", "buttons": [[{"id": "a", "text": "A", "action": "copy", "copy": "#{nothing}"}]]}),
            "copy_text",
            "/buttons/0/0/copy",
        );
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
