//! Copies or forwards a message to another chat, or to a topic of a forum.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::messenger::{call, check_chat, part_of, read_chat, read_number, without_nulls};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Delivered};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CopyMessage {
    /// # Where to
    ///
    /// The @name or number of a chat, or the number of a person.
    #[schemars(extend("x-ru" = "Куда", "x-ru-help" = "@имя или номер чата либо номер человека."))]
    pub chat: Template,
    /// # Topic
    ///
    /// The number of a topic of a forum; empty means none.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Тема",
        "x-ru-help" = "Номер темы в форуме; пусто — без темы.",
        "x-widget" = "template"
    ))]
    pub topic: Template,
    /// # How
    #[schemars(extend("x-ru" = "Как", "x-widget" = "select", "default" = "copy"))]
    pub how: Passing,
    /// # Message
    ///
    /// Its number in the messenger, or an array of them; empty means what the person sent last.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Сообщение",
        "x-more" = true,
        "x-ru-help" = "Номер в мессенджере или массив номеров; пусто — то, что человек прислал последним."
    ))]
    pub message: Template,
    /// # From the chat
    ///
    /// Where the message stands; empty means this chat.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Из чата",
        "x-more" = true,
        "x-ru-help" = "Где стоит сообщение; пусто — этот чат."
    ))]
    pub from: Template,
    /// # Without a sound
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Без звука", "x-more" = true))]
    pub silent: bool,
    /// # Keep the new message's number in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить номер нового сообщения", "x-more" = true))]
    pub save_to: Option<Target>,
}

/// Whether the new message says who wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "copy": {"en": "Copy: as the bot's own message", "ru": "Скопировать: как сообщение бота"},
    "forward": {"en": "Forward: with the author's name", "ru": "Переслать: с именем автора"},
}))]
pub enum Passing {
    #[default]
    Copy,
    Forward,
}

impl Passing {
    fn method(self, several: bool) -> &'static str {
        match (self, several) {
            (Self::Copy, false) => "copyMessage",
            (Self::Copy, true) => "copyMessages",
            (Self::Forward, false) => "forwardMessage",
            (Self::Forward, true) => "forwardMessages",
        }
    }
}

/// Telegram takes no more at once (<https://core.telegram.org/bots/api#copymessages>).
const SEVERAL_MAX: usize = 100;

impl ActionKind for CopyMessage {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "message-share",
        title: Words::new("Copy or forward", "Скопировать или переслать"),
        help: Words::new(
            "Brings a message to another chat or to a topic of a forum.",
            "Передаёт сообщение в другой чат или в тему форума.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/how", "copy", "Copy the message to {chat}", "Скопировать сообщение в {chat}"),
        Sentence::new("Forward the message to {chat}", "Переслать сообщение в {chat}"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/chat", &self.chat);
        visit.template("/topic", &self.topic);
        visit.template("/message", &self.message);
        visit.template("/from", &self.from);
        if let Some(target) = &self.save_to {
            visit.target("/save_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        check_chat(&self.chat, "/chat", findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => self.ask(cx),
            Some(Answer::Delivered(delivered)) => {
                if let Some(target) = &self.save_to {
                    cx.set(target, new_numbers(&delivered))?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl CopyMessage {
    fn ask(&self, cx: &mut StepContext<'_>) -> Result<Flow, StepError> {
        let chat = read_chat(cx, &self.chat, "/chat")?;
        let from = if self.from.is_empty() {
            let chat = cx.peer()?.chat;
            chat.parse::<i64>().map_or_else(|_| serde_json::Value::from(chat), serde_json::Value::from)
        } else {
            read_chat(cx, &self.from, "/from")?
        };
        let mut numbers = self.numbers(cx)?;
        let several = numbers.len() > 1;
        // In the order they were written, as Telegram wants them.
        numbers.sort_unstable();
        let params = json!({
            "chat_id": chat,
            "message_thread_id": read_number(cx, &self.topic, "/topic")?,
            "from_chat_id": from,
            "disable_notification": self.silent.then_some(true),
            "message_id": numbers.first().filter(|_| !several),
            "message_ids": several.then_some(&numbers),
        });
        call(cx, self.how.method(several), without_nulls(params))
    }

    fn numbers(&self, cx: &StepContext<'_>) -> Result<Vec<i64>, StepError> {
        let value = if self.message.is_empty() {
            Value::Array(cx.event().messages.iter().map(|id| id.as_str().into()).collect())
        } else {
            cx.value(&self.message).map_err(|error| error.at("/message"))?
        };
        let read = |value: &Value| value.to_text().trim().parse::<i64>().ok().filter(|number| *number > 0);
        let numbers: Option<Vec<i64>> = match &value {
            Value::Array(items) => items.iter().map(read).collect(),
            single => read(single).map(|number| vec![number]),
        };
        numbers.filter(|numbers| (1..=SEVERAL_MAX).contains(&numbers.len())).ok_or_else(|| {
            let text = value.to_text();
            StepError::new(
                "no_message",
                format!("There is no message to bring: “{text}” is no number of one"),
                format!("Передавать нечего: «{text}» — не номер сообщения"),
            )
            .at("/message")
        })
    }
}

/// One number, or an array of several.
fn new_numbers(delivered: &Delivered) -> Value {
    let number = |value: &Value| value.get("message_id").cloned().unwrap_or_default();
    match &delivered.result {
        Value::Array(items) => Value::Array(items.iter().map(number).collect()),
        _ => part_of(delivered, "message_id").cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{Bench, called};

    #[test]
    fn one_or_several_are_brought_elsewhere() {
        let check = |options: serde_json::Value, method: &str, params: serde_json::Value| {
            let mut bench = Bench::new(options);
            bench.came_as(&["15"]);
            bench.set("album", json!([8, 7]));
            assert_eq!(called(bench.ask::<CopyMessage>(), method), params);
        };
        check(
            json!({"chat": "-100", "topic": "3"}),
            "copyMessage",
            json!({"chat_id": -100, "message_thread_id": 3, "from_chat_id": 42, "message_id": 15}),
        );
        check(
            json!({"chat": "@staff", "how": "forward", "silent": true, "message": "#{album}", "from": "@news"}),
            "forwardMessages",
            json!({"chat_id": "@staff", "from_chat_id": "@news", "disable_notification": true, "message_ids": [7, 8]}),
        );
    }

    #[test]
    fn the_new_number_is_kept() {
        let check = |result: serde_json::Value, expected: serde_json::Value| {
            let mut bench = Bench::new(json!({"chat": "-100", "save_to": "new"}));
            bench.came_as(&["15"]);
            bench.ask::<CopyMessage>();
            let answer = Answer::Delivered(Delivered { id: None, result: result.into() });
            assert_eq!(bench.step::<CopyMessage>(Some(answer)), "next");
            assert_eq!(bench.json("new"), expected);
        };
        check(json!({"message_id": 9}), json!(9));
        check(json!([{"message_id": 9}, {"message_id": 10}]), json!([9, 10]));
    }

    #[test]
    fn without_a_message_there_is_nothing_to_bring() {
        let mut bench = Bench::new(json!({"chat": "-100"}));
        assert_eq!(bench.fail::<CopyMessage>(None).code, "no_message");
        let mut bench = Bench::new(json!({"chat": "-100", "message": "7/3/0"}));
        assert_eq!(bench.fail::<CopyMessage>(None).code, "no_message");
    }
}
