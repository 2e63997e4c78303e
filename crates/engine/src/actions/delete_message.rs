//! Takes back what was sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edit_message::{check_message, read_message};
use super::{ActionKind, ERROR_EXIT, Flow, Group, Sentence, Spec, Visit, is_wired, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeleteMessage {
    /// # Number of the message
    ///
    /// The variable in which “Message” kept it; an array deletes several.
    #[schemars(extend(
        "x-ru" = "Номер сообщения",
        "x-ru-help" = "Переменная, в которую его сохранило действие «Сообщение»; массив удалит несколько.",
        "x-widget" = "template"
    ))]
    pub message: Template,
}

impl ActionKind for DeleteMessage {
    const SPEC: Spec = Spec {
        group: Group::Conversation,
        icon: "message-x",
        title: Words::new("Delete a message", "Удалить сообщение"),
        help: Words::new("Deletes a message that the bot sent.", "Удаляет сообщение, которое отправил бот."),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Delete message {message}", "Удалить сообщение {message}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/message", &self.message);
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        check_message(&self.message, channel, findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {}
            Some(Answer::Delivered(_)) => return Ok(Flow::Next),
            Some(_) => return Err(unexpected_answer()),
        }
        let value = cx.value(&self.message).map_err(|error| error.at("/message"))?;
        let mut messages = match &value {
            Value::Array(items) => items.iter().map(read_message).collect::<Result<Vec<_>, _>>()?,
            single => vec![read_message(single)?],
        };
        let peer = cx.peer()?;
        // Changes of one chat go out in order: the fate of the last one is known last.
        let awaited = if is_wired(cx, ERROR_EXIT) { messages.pop() } else { None };
        for message in messages {
            cx.emit(Effect::Delete { peer: peer.clone(), message });
        }
        Ok(awaited.map_or(Flow::Next, |message| cx.deliver(Effect::Delete { peer, message })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn one_or_several_are_deleted() {
        let check = |value: serde_json::Value, expected: &[&str]| {
            let mut bench = Bench::new(json!({"message": "#{sent}"}));
            bench.set("sent", value);
            assert_eq!(bench.step::<DeleteMessage>(None), "next");
            let deleted: Vec<String> = bench
                .effects()
                .into_iter()
                .filter_map(|effect| match effect {
                    Effect::Delete { message, .. } => Some(message.to_string()),
                    _ => None,
                })
                .collect();
            assert_eq!(deleted, expected);
        };
        check(json!("7/3/0"), &["7/3/0"]);
        check(json!(["7/3/0", "7/5/1"]), &["7/3/0", "7/5/1"]);
        check(json!([]), &[]);
        let mut bench = Bench::new(json!({"message": "hello"}));
        assert_eq!(bench.fail::<DeleteMessage>(None).code, "no_message");
    }
}
