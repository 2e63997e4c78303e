//! What happens to a bot, in one form for all channels.

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, MiniAppId, ScenarioId, UtcMs, WebhookId};
use crate::message::MediaKind;
use crate::value::{Map, Value};

/// Where messages go: a chat of a channel, and a thread inside it. Ids are the channel's own, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Peer {
    pub chat: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

/// Who did it, as the channel tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// The channel's user id; `ClientID` in templates.
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// A BCP 47 tag, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
}

/// Something that happened in one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    pub at: UtcMs,
    /// Absent for webhooks and schedules without a subscriber.
    pub peer: Option<Peer>,
    pub sender: Option<Sender>,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The dialogue was opened, maybe by a start link with a payload.
    Started {
        payload: Option<String>,
    },
    /// A text message, commands included.
    Text {
        text: String,
    },
    /// A button of ours was pressed.
    Button {
        token: String,
        /// What the channel wants back as an acknowledgement.
        callback: Option<String>,
        /// What the press means, where its message knows: buttons made from data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    },
    /// A contact card; `own` when the channel vouches that the number is the sender's.
    Contact {
        phone: String,
        own: bool,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        first_name: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        last_name: String,
        /// The channel's user id, when the card's owner is there too.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        user: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
    },
    /// Photo, file, voice and the like; the caption is its text.
    Media {
        /// The channel's own id of the file.
        file: String,
        text: String,
        #[serde(default)]
        kind: MediaKind,
        /// The file's name, where the channel tells.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size_bytes: Option<u64>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        mime: String,
    },
    /// What a mini app sent with `Telegram.WebApp.sendData`. Unverified: the person could write it by hand.
    WebAppData {
        data: String,
        button: String,
    },
    /// A verified call of the mini-app callback: top-level keys and values, without `quescha`.
    MiniApp {
        app: MiniAppId,
        name: String,
        values: Map,
    },
    /// A call of an inbound webhook.
    Webhook {
        webhook: WebhookId,
        /// Whose trigger it is; events of before this was told go by the trigger alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scenario: Option<ScenarioId>,
        trigger: String,
        request: Map,
    },
    /// The channel sent something no trigger knows; kept raw.
    Unknown,
}

impl Event {
    /// What the person said, as an answer or a trigger reads it.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            EventKind::Text { text } | EventKind::Media { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The command without its slash and bot name, and what follows it.
    pub fn command(&self) -> Option<(&str, &str)> {
        let EventKind::Text { text } = &self.kind else { return None };
        let rest = text.strip_prefix('/')?;
        let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let name = name.split('@').next().unwrap_or_default();
        (!name.is_empty()).then_some((name, arguments.trim()))
    }

    /// The answer as a value: what `[Answer]` holds afterwards.
    pub fn answer(&self) -> Value {
        match &self.kind {
            EventKind::Text { text } => Value::text(text.as_str()),
            EventKind::Contact { phone, .. } => Value::text(phone.as_str()),
            EventKind::Location { latitude, longitude } => Value::Text(format!("{latitude}:{longitude}")),
            EventKind::Media { file, .. } => Value::text(file.as_str()),
            EventKind::WebAppData { data, .. } => Value::text(data.as_str()),
            EventKind::MiniApp { .. } => Value::text("webapp:miniapp"),
            EventKind::Started { .. } => Value::text("/start"),
            EventKind::Button { value: Some(value), .. } => value.clone(),
            _ => Value::Null,
        }
    }
}
