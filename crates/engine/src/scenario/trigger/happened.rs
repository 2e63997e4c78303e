//! Triggers on what happens in the messenger beside words: files, places, contacts, requests, payments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::MediaKind;
use crate::pick::Picked;

/// The person sends a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MediaTrigger {
    /// # What is sent
    #[schemars(extend("x-ru" = "Что прислали", "x-widget" = "select", "default" = "any"))]
    pub media: WantedMedia,
}

/// The kinds of files a person sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "any": {"en": "any file", "ru": "любой файл"},
    "photo": {"en": "a photo", "ru": "фото"},
    "video": {"en": "a video", "ru": "видео"},
    "file": {"en": "a document", "ru": "документ"},
    "audio": {"en": "music", "ru": "музыка"},
    "voice": {"en": "a voice message", "ru": "голосовое"},
    "animation": {"en": "an animation", "ru": "анимация"},
    "sticker": {"en": "a sticker", "ru": "стикер"},
    "video_note": {"en": "a round video", "ru": "кружок"},
}))]
pub enum WantedMedia {
    #[default]
    Any,
    Photo,
    Video,
    File,
    Audio,
    Voice,
    Animation,
    Sticker,
    VideoNote,
}

impl WantedMedia {
    pub fn takes(self, kind: MediaKind) -> bool {
        match self {
            Self::Any => true,
            Self::Photo => kind == MediaKind::Photo,
            Self::Video => kind == MediaKind::Video,
            Self::File => kind == MediaKind::File,
            Self::Audio => kind == MediaKind::Audio,
            Self::Voice => kind == MediaKind::Voice,
            Self::Animation => kind == MediaKind::Animation,
            Self::Sticker => kind == MediaKind::Sticker,
            Self::VideoNote => kind == MediaKind::VideoNote,
        }
    }
}

/// The person sends a place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationTrigger {}

/// The person sends a contact card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContactTrigger {
    /// # Only the person's own number
    ///
    /// The messenger vouches for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "Только собственный номер", "x-ru-help" = "За него ручается мессенджер."))]
    pub own: bool,
}

/// The person picks something by a button of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PickedTrigger {
    /// # What is picked
    ///
    /// People are in the variables `picked_ids` and `picked_names`, a chat in `picked_chat_id` and
    /// `picked_chat_title`, a poll in `poll_question` and `poll_options`.
    #[schemars(extend(
        "x-ru" = "Что выбрано",
        "x-ru-help" = "Люди — в переменных `picked_ids` и `picked_names`, чат — в `picked_chat_id` и `picked_chat_title`, опрос — в `poll_question` и `poll_options`.",
        "x-widget" = "select",
        "default" = "any"
    ))]
    pub what: WantedPick,
}

/// What a person picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "any": {"en": "anything", "ru": "что угодно"},
    "users": {"en": "people", "ru": "люди"},
    "chat": {"en": "a group or a channel", "ru": "группа или канал"},
    "poll": {"en": "a poll", "ru": "опрос"},
}))]
pub enum WantedPick {
    #[default]
    Any,
    Users,
    Chat,
    Poll,
}

impl WantedPick {
    pub fn takes(self, picked: &Picked) -> bool {
        match self {
            Self::Any => true,
            Self::Users => matches!(picked, Picked::Users { .. }),
            Self::Chat => matches!(picked, Picked::Chat { .. }),
            Self::Poll => matches!(picked, Picked::Poll(_)),
        }
    }
}

/// Somebody wants to join a channel or a group whose administrator the bot is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JoinRequestTrigger {
    /// # Channel or group
    ///
    /// Its @name or number; empty takes any.
    #[schemars(extend("x-ru" = "Канал или группа", "x-ru-help" = "@имя или номер; пустое поле подходит к любым."))]
    pub chat: String,
}

impl JoinRequestTrigger {
    pub fn takes(&self, chat: &str, name: &str) -> bool {
        let wanted = self.chat.trim().trim_start_matches('@');
        wanted.is_empty() || wanted == chat || wanted.eq_ignore_ascii_case(name.trim_start_matches('@'))
    }
}

/// The person types the bot's name and a query in any chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InlineQueryTrigger {
    /// # The query begins with
    ///
    /// Empty takes any.
    #[schemars(
        length(max = 256),
        extend("x-ru" = "Запрос начинается с", "x-ru-help" = "Пустое поле подходит к любому.")
    )]
    pub starts: String,
}

/// A payment is about to be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckoutTrigger {
    /// # Mark of the payment
    ///
    /// `order_{id}` takes any ending and keeps it in the variable `id`; empty takes every payment.
    #[schemars(
        length(max = 128),
        extend(
            "x-ru" = "Метка платежа",
            "x-ru-help" = "`order_{id}` подходит к любому окончанию и сохраняет его в переменную `id`; пустое поле подходит к любому платежу."
        )
    )]
    pub payload: String,
}

/// A payment was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentTrigger {
    /// # Mark of the payment
    ///
    /// `order_{id}` takes any ending and keeps it in the variable `id`; empty takes every payment.
    #[schemars(
        length(max = 128),
        extend(
            "x-ru" = "Метка платежа",
            "x-ru-help" = "`order_{id}` подходит к любому окончанию и сохраняет его в переменную `id`; пустое поле подходит к любому платежу."
        )
    )]
    pub payload: String,
}

/// The person followed a link of his own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinkVisitedTrigger {
    /// # Name of the link
    ///
    /// As “Tracked link” gave it; empty takes any.
    #[schemars(
        length(max = 64),
        extend("x-ru" = "Название ссылки", "x-ru-help" = "Как в действии «Ссылка с учётом переходов»; пустое поле подходит к любой.")
    )]
    pub name: String,
    /// # At every visit
    ///
    /// Otherwise at the first visit of each link only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "При каждом переходе", "x-ru-help" = "Иначе — только при первом переходе по каждой ссылке."))]
    pub every: bool,
}
