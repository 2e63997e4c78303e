//! Takes a person out of a channel or a group, or refuses his request to join.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::messenger::{call, check_chat, read_chat, read_user};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TakeAccess {
    /// # Channel or group
    ///
    /// Its @name or number. The bot must be an administrator there.
    #[schemars(extend(
        "x-ru" = "Канал или группа",
        "x-ru-help" = "@имя или номер. Бот должен быть там администратором."
    ))]
    pub chat: Template,
    /// # How
    #[schemars(extend("x-ru" = "Как", "x-widget" = "select", "default" = "remove"))]
    pub how: Taking,
    /// # Whom
    ///
    /// The person's number (ClientID); empty means this subscriber.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Кого",
        "x-more" = true,
        "x-ru-help" = "Номер человека (ClientID); пусто — этот подписчик."
    ))]
    pub user: Template,
}

/// How far the person goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "remove": {"en": "Remove; may come back", "ru": "Удалить; сможет вернуться"},
    "ban": {"en": "Remove for good", "ru": "Удалить навсегда"},
    "decline": {"en": "Refuse the request to join", "ru": "Отклонить заявку на вступление"},
}))]
pub enum Taking {
    #[default]
    Remove,
    Ban,
    Decline,
}

impl Taking {
    /// Lifting a ban from who has none removes him and leaves the door open
    /// (<https://core.telegram.org/bots/api#unbanchatmember>).
    fn method(self) -> &'static str {
        match self {
            Self::Remove => "unbanChatMember",
            Self::Ban => "banChatMember",
            Self::Decline => "declineChatJoinRequest",
        }
    }
}

impl ActionKind for TakeAccess {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "user-x",
        title: Words::new("Take access away", "Забрать доступ"),
        help: Words::new(
            "Removes the person from a channel or a group.",
            "Удаляет человека из канала или группы.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/how", "remove", "Remove from {chat}", "Удалить из {chat}"),
        Sentence::when("/how", "ban", "Remove from {chat} for good", "Удалить из {chat} навсегда"),
        Sentence::new("Refuse the request to join {chat}", "Отклонить заявку в {chat}"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/chat", &self.chat);
        visit.template("/user", &self.user);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        check_chat(&self.chat, "/chat", findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let chat = read_chat(cx, &self.chat, "/chat")?;
                let user = read_user(cx, &self.user, "/user")?;
                call(cx, self.how.method(), json!({"chat_id": chat, "user_id": user}))
            }
            Some(Answer::Delivered(_)) => Ok(Flow::Next),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{Bench, called};
    use crate::effect::Delivered;

    #[test]
    fn each_way_is_one_method() {
        let check = |options: serde_json::Value, method: &str, user: i64| {
            let mut bench = Bench::new(options);
            let params = called(bench.ask::<TakeAccess>(), method);
            assert_eq!(params, json!({"chat_id": "@club", "user_id": user}));
            let answer = Answer::Delivered(Delivered { id: None, result: true.into() });
            assert_eq!(bench.step::<TakeAccess>(Some(answer)), "next");
        };
        check(json!({"chat": "@club"}), "unbanChatMember", 42);
        check(json!({"chat": "@club", "how": "ban", "user": "77"}), "banChatMember", 77);
        check(json!({"chat": "@club", "how": "decline"}), "declineChatJoinRequest", 42);
    }
}
