//! Lets a person into a channel or a group: by an invite link of his own, or by approving his request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::messenger::{call, check_chat, part_of, read_chat, read_user, without_nulls};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GiveAccess {
    /// # Channel or group
    ///
    /// Its @name or number. The bot must be an administrator there.
    #[schemars(extend(
        "x-ru" = "Канал или группа",
        "x-ru-help" = "@имя или номер. Бот должен быть там администратором."
    ))]
    pub chat: Template,
    /// # How
    #[schemars(extend("x-ru" = "Как", "x-widget" = "select", "default" = "link"))]
    pub by: AccessBy,
    /// # Keep the link in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить ссылку", "x-when" = {"by": ["link"]}))]
    pub link_to: Option<Target>,
    /// # How many may come by the link
    ///
    /// Empty means one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = 99_999),
        extend(
            "x-ru" = "Сколько человек войдут по ссылке",
            "x-more" = true,
            "x-ru-help" = "Пусто — один.",
            "x-when" = {"by": ["link"]}
        )
    )]
    pub member_limit: Option<u32>,
    /// # The link works for, seconds
    ///
    /// Empty means without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 60, max = 31_622_400),
        extend(
            "x-ru" = "Ссылка действует, секунд",
            "x-more" = true,
            "x-ru-help" = "Пусто — бессрочно.",
            "x-widget" = "duration",
            "x-when" = {"by": ["link"]}
        )
    )]
    pub expires_s: Option<u32>,
    /// # Whom
    ///
    /// The person's number (ClientID); empty means this subscriber.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Кого",
        "x-more" = true,
        "x-ru-help" = "Номер человека (ClientID); пусто — этот подписчик.",
        "x-when" = {"by": ["approve"]}
    ))]
    pub user: Template,
}

/// The ways in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "link": {"en": "Make an invite link", "ru": "Создать ссылку-приглашение"},
    "approve": {"en": "Approve the request to join", "ru": "Одобрить заявку на вступление"},
}))]
pub enum AccessBy {
    #[default]
    Link,
    Approve,
}

impl ActionKind for GiveAccess {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "key",
        title: Words::new("Give access", "Дать доступ"),
        help: Words::new(
            "Lets the person into a channel or a group.",
            "Пускает человека в канал или группу.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/by", "link", "Link into {chat}[ → {link_to}]", "Ссылка в {chat}[ → {link_to}]"),
        Sentence::new("Approve the request to join {chat}", "Одобрить заявку в {chat}"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/chat", &self.chat);
        visit.template("/user", &self.user);
        if let Some(target) = &self.link_to {
            visit.target("/link_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        check_chat(&self.chat, "/chat", findings);
        if self.by == AccessBy::Link && self.link_to.is_none() {
            findings.error(
                "/link_to",
                "link_lost",
                "the link is kept nowhere: choose a variable, and send it in a message",
                "ссылка никуда не сохраняется: выберите переменную и отправьте её в сообщении",
            );
        }
        let is_within = |value: Option<u32>, least: u32, most: u32| {
            value.is_none_or(|value| (least..=most).contains(&value))
        };
        if !is_within(self.member_limit, 1, 99_999) {
            findings.error(
                "/member_limit",
                "out_of_range",
                "from 1 to 99999 people may come by a link",
                "по ссылке могут войти от 1 до 99999 человек",
            );
        }
        if !is_within(self.expires_s, 60, 31_622_400) {
            findings.error(
                "/expires_s",
                "out_of_range",
                "a link works for a minute at least and for a year at most",
                "ссылка действует не меньше минуты и не дольше года",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        let delivered = match answer {
            None => return self.ask(cx),
            Some(Answer::Delivered(delivered)) => delivered,
            Some(_) => return Err(unexpected_answer()),
        };
        if let Some(target) = self.link_to.as_ref().filter(|_| self.by == AccessBy::Link) {
            cx.set(target, part_of(&delivered, "invite_link").cloned().unwrap_or_default())?;
        }
        Ok(Flow::Next)
    }
}

impl GiveAccess {
    fn ask(&self, cx: &mut StepContext<'_>) -> Result<Flow, StepError> {
        let chat = read_chat(cx, &self.chat, "/chat")?;
        if self.by == AccessBy::Approve {
            let user = read_user(cx, &self.user, "/user")?;
            return call(cx, "approveChatJoinRequest", json!({"chat_id": chat, "user_id": user}));
        }
        let expire_date = self.expires_s.map(|seconds| cx.now().0 / 1000 + i64::from(seconds));
        let params = json!({
            "chat_id": chat,
            "member_limit": self.member_limit.unwrap_or(1),
            "expire_date": expire_date,
        });
        call(cx, "createChatInviteLink", without_nulls(params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{Bench, NOW, called};
    use crate::effect::Delivered;

    #[test]
    fn a_link_is_for_one_person_unless_it_says_otherwise() {
        let check = |more: serde_json::Value, expected: serde_json::Value| {
            let mut options = json!({"chat": "-100", "link_to": "link"});
            options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let mut bench = Bench::new(options);
            assert_eq!(called(bench.ask::<GiveAccess>(), "createChatInviteLink"), expected);
            let result = json!({"invite_link": "https://t.me/+AbC"}).into();
            let answer = Answer::Delivered(Delivered { id: None, result });
            assert_eq!(bench.step::<GiveAccess>(Some(answer)), "next");
            assert_eq!(bench.json("link"), json!("https://t.me/+AbC"));
        };
        check(json!({}), json!({"chat_id": -100, "member_limit": 1}));
        check(
            json!({"member_limit": 5, "expires_s": 3600}),
            json!({"chat_id": -100, "member_limit": 5, "expire_date": NOW.0 / 1000 + 3600}),
        );
    }

    #[test]
    fn a_request_is_approved() {
        let mut bench = Bench::new(json!({"chat": "@club", "by": "approve"}));
        let params = called(bench.ask::<GiveAccess>(), "approveChatJoinRequest");
        assert_eq!(params, json!({"chat_id": "@club", "user_id": 42}));
    }
}
