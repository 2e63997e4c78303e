//! Asks the messenger whether a person is in a channel or a group.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::messenger::{call, check_chat, part_of, read_chat, read_user};
use super::{ActionKind, Exit, Flow, Group, Port, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Delivered};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

/// Where it goes on when the person is a member, and when he is not.
const SUBSCRIBED_EXIT: &str = "subscribed";
const NOT_SUBSCRIBED_EXIT: &str = "not_subscribed";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSubscription {
    /// # Channel or group
    ///
    /// Its @name or number. The bot must be an administrator there.
    #[schemars(extend(
        "x-ru" = "Канал или группа",
        "x-ru-help" = "@имя или номер. Бот должен быть там администратором."
    ))]
    pub chat: Template,
    /// # Whom to check
    ///
    /// The person's number (ClientID); empty means this subscriber.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Кого проверить",
        "x-more" = true,
        "x-ru-help" = "Номер человека (ClientID); пусто — этот подписчик."
    ))]
    pub user: Template,
    /// # Keep the status in
    ///
    /// As the messenger says it: member, administrator, left, kicked ...
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить статус",
        "x-more" = true,
        "x-ru-help" = "Как его называет мессенджер: member, administrator, left, kicked…"
    ))]
    pub status_to: Option<Target>,
}

impl ActionKind for CheckSubscription {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "user-check",
        title: Words::new("Check a subscription", "Проверить подписку"),
        help: Words::new(
            "Finds out whether the person is in a channel or a group.",
            "Узнаёт, состоит ли человек в канале или группе.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed { id: SUBSCRIBED_EXIT, title: Words::new("Subscribed", "Подписан"), quiet: false },
            Port::Fixed {
                id: NOT_SUBSCRIBED_EXIT,
                title: Words::new("Not subscribed", "Не подписан"),
                quiet: false,
            },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::new("Is the person in {chat}?", "Состоит ли человек в {chat}?"),
    ];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(SUBSCRIBED_EXIT), Exit::fixed(NOT_SUBSCRIBED_EXIT)]
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !is_wired(SUBSCRIBED_EXIT) || !is_wired(NOT_SUBSCRIBED_EXIT)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/chat", &self.chat);
        visit.template("/user", &self.user);
        if let Some(target) = &self.status_to {
            visit.target("/status_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        check_chat(&self.chat, "/chat", findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let chat = read_chat(cx, &self.chat, "/chat")?;
                let user = read_user(cx, &self.user, "/user")?;
                call(cx, "getChatMember", json!({"chat_id": chat, "user_id": user}))
            }
            Some(Answer::Delivered(delivered)) => {
                let status = part_of(&delivered, "status").cloned().unwrap_or_default();
                let exit =
                    if is_member(&status, &delivered) { SUBSCRIBED_EXIT } else { NOT_SUBSCRIBED_EXIT };
                if let Some(target) = &self.status_to {
                    cx.set(target, status)?;
                }
                Ok(Flow::Exit(exit.into()))
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

/// <https://core.telegram.org/bots/api#chatmember>: who is restricted may be in the chat or not.
fn is_member(status: &Value, delivered: &Delivered) -> bool {
    match status.to_text().as_ref() {
        "creator" | "administrator" | "member" => true,
        "restricted" => part_of(delivered, "is_member") == Some(&Value::Bool(true)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{Bench, called};

    #[test]
    fn who_is_in_the_chat_is_subscribed() {
        let check = |result: serde_json::Value, exit: &str| {
            let mut bench = Bench::new(json!({"chat": "@news", "status_to": "status"}));
            let params = called(bench.ask::<CheckSubscription>(), "getChatMember");
            assert_eq!(params, json!({"chat_id": "@news", "user_id": 42}));
            let answer = Answer::Delivered(Delivered { id: None, result: result.clone().into() });
            assert_eq!(bench.step::<CheckSubscription>(Some(answer)), format!("exit {exit}"), "{result}");
            assert_eq!(bench.json("status"), result["status"]);
        };
        for status in ["creator", "administrator", "member"] {
            check(json!({"status": status}), SUBSCRIBED_EXIT);
        }
        check(json!({"status": "restricted", "is_member": true}), SUBSCRIBED_EXIT);
        check(json!({"status": "restricted", "is_member": false}), NOT_SUBSCRIBED_EXIT);
        for status in ["left", "kicked", "brand_new"] {
            check(json!({"status": status}), NOT_SUBSCRIBED_EXIT);
        }
    }

    #[test]
    fn a_chat_and_a_person_are_needed() {
        let mut bench = Bench::new(json!({"chat": "#{nowhere}"}));
        assert_eq!(bench.fail::<CheckSubscription>(None).code, "no_chat");
        let mut bench = Bench::new(json!({"chat": "@news", "user": "two words"}));
        assert_eq!(bench.fail::<CheckSubscription>(None).code, "no_user");
    }
}
