//! Buttons that let a person pick people, a chat or a poll, as a builder sets them up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::pick::{ChatPick, PollPick, Tell, UsersPick};

/// Whom a button lets pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PickPeople {
    /// # At most
    ///
    /// How many people can be picked at once.
    #[schemars(
        range(min = 1, max = 10),
        extend("x-ru" = "Не больше", "x-ru-help" = "Сколько человек можно выбрать за раз.")
    )]
    pub most: u8,
    /// # Who
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Кого", "x-widget" = "select", "default" = "people"))]
    pub who: WantedPeople,
    /// # Tell the names
    #[serde(skip_serializing_if = "std::clone::Clone::clone")]
    #[schemars(extend("x-ru" = "Узнать имена", "default" = true))]
    pub names: bool,
    /// # Tell the usernames
    #[serde(skip_serializing_if = "std::clone::Clone::clone")]
    #[schemars(extend("x-ru" = "Узнать юзернеймы", "default" = true))]
    pub usernames: bool,
    /// # Tell the pictures
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Узнать фото"))]
    pub photos: bool,
}

impl Default for PickPeople {
    fn default() -> Self {
        Self { most: 1, who: WantedPeople::default(), names: true, usernames: true, photos: false }
    }
}

/// Who may be picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "people": {"en": "People", "ru": "Людей"},
    "premium": {"en": "People with Telegram Premium", "ru": "Людей с Telegram Premium"},
    "bots": {"en": "Bots", "ru": "Ботов"},
    "any": {"en": "People and bots", "ru": "Людей и ботов"},
}))]
pub enum WantedPeople {
    #[default]
    People,
    Premium,
    Bots,
    Any,
}

impl PickPeople {
    pub(super) fn pick(&self, request: i32) -> UsersPick {
        let (bots, premium) = match self.who {
            WantedPeople::People => (Some(false), None),
            WantedPeople::Premium => (Some(false), Some(true)),
            WantedPeople::Bots => (Some(true), None),
            WantedPeople::Any => (None, None),
        };
        let tell = Tell { name: self.names, username: self.usernames, photo: self.photos };
        UsersPick { request, most: self.most, bots, premium, tell }
    }
}

/// Which chat a button lets pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PickChat {
    /// # Which one
    #[schemars(extend("x-ru" = "Что выбрать", "x-widget" = "select", "default" = "group"))]
    pub what: WantedChat,
    /// # Public or private
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Открытый или закрытый", "x-widget" = "select", "default" = "any"))]
    pub access: ChatAccess,
    /// # Only what the person created
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Только созданные самим человеком"))]
    pub created: bool,
    /// # Only where the bot is already
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Только те, где бот уже есть"))]
    pub bot_is_member: bool,
    /// # The bot becomes an administrator there
    ///
    /// The messenger asks the person to agree. He has to be an administrator himself who may appoint others.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Бот станет там администратором",
        "x-ru-help" = "Мессенджер попросит человека согласиться. Он сам должен быть администратором, который может назначать других."
    ))]
    pub bot_becomes_admin: bool,
    /// # Tell the title
    #[serde(skip_serializing_if = "std::clone::Clone::clone")]
    #[schemars(extend("x-ru" = "Узнать название", "default" = true))]
    pub titles: bool,
    /// # Tell the public name
    #[serde(skip_serializing_if = "std::clone::Clone::clone")]
    #[schemars(extend("x-ru" = "Узнать открытое имя", "default" = true))]
    pub usernames: bool,
    /// # Tell the picture
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Узнать картинку"))]
    pub photos: bool,
}

impl Default for PickChat {
    fn default() -> Self {
        Self {
            what: WantedChat::default(),
            access: ChatAccess::default(),
            created: false,
            bot_is_member: false,
            bot_becomes_admin: false,
            titles: true,
            usernames: true,
            photos: false,
        }
    }
}

/// Which chats may be picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "group": {"en": "A group", "ru": "Группу"},
    "forum": {"en": "A group with topics", "ru": "Группу с темами"},
    "channel": {"en": "A channel", "ru": "Канал"},
}))]
pub enum WantedChat {
    #[default]
    Group,
    Forum,
    Channel,
}

/// Whether the chat has a public name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "any": {"en": "Any", "ru": "Любой"},
    "public": {"en": "Public", "ru": "Открытый"},
    "private": {"en": "Private", "ru": "Закрытый"},
}))]
pub enum ChatAccess {
    #[default]
    Any,
    Public,
    Private,
}

impl PickChat {
    pub(super) fn pick(&self, request: i32) -> ChatPick {
        ChatPick {
            request,
            channel: self.what == WantedChat::Channel,
            forum: (self.what == WantedChat::Forum).then_some(true),
            public: match self.access {
                ChatAccess::Any => None,
                ChatAccess::Public => Some(true),
                ChatAccess::Private => Some(false),
            },
            created: self.created,
            member: self.bot_is_member,
            admin: self.bot_becomes_admin,
            tell: Tell { name: self.titles, username: self.usernames, photo: self.photos },
        }
    }
}

/// Which polls a person may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "any": {"en": "Any poll", "ru": "Любой опрос"},
    "regular": {"en": "A poll without a right answer", "ru": "Опрос без правильного ответа"},
    "quiz": {"en": "A quiz", "ru": "Викторину"},
}))]
pub enum WantedPoll {
    #[default]
    Any,
    Regular,
    Quiz,
}

impl WantedPoll {
    pub(super) fn pick(self) -> PollPick {
        PollPick {
            quiz: match self {
                Self::Any => None,
                Self::Regular => Some(false),
                Self::Quiz => Some(true),
            },
        }
    }
}
