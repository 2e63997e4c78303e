//! An update in the engine's words.

mod asked;
mod members;
mod picked;

use engine::event::{EventKind, Peer, Sender};
use engine::message::MediaKind;
use serde::Deserialize;

use super::super::{ParseError, ParsedUpdate};
use super::ingress::Update;
use asked::{ChatJoinRequest, InlineQuery, PreCheckoutQuery, SuccessfulPayment};

/// Reads a stored update. What no trigger knows yet, what does not look as expected and what is said to another bot
/// than `me` is `Unknown`.
pub(super) fn parse(raw: &[u8], me: &str) -> Result<ParsedUpdate, ParseError> {
    let update: Update = serde_json::from_slice(raw).map_err(|error| ParseError(error.to_string()))?;
    let Some((kind, value)) = update.kind else { return Ok(UNKNOWN) };
    let parsed = match kind.as_ref() {
        "message" => serde_json::from_str::<Message>(value.get()).map(|message| message.into_update(me)),
        "callback_query" => {
            serde_json::from_str::<CallbackQuery>(value.get()).map(CallbackQuery::into_update)
        }
        "inline_query" => serde_json::from_str::<InlineQuery>(value.get()).map(InlineQuery::into_update),
        "pre_checkout_query" => {
            serde_json::from_str::<PreCheckoutQuery>(value.get()).map(PreCheckoutQuery::into_update)
        }
        "chat_join_request" => {
            serde_json::from_str::<ChatJoinRequest>(value.get()).map(ChatJoinRequest::into_update)
        }
        "my_chat_member" | "chat_member" => {
            let own = kind == "my_chat_member";
            serde_json::from_str::<members::MemberUpdate>(value.get()).map(|update| update.into_update(own))
        }
        _ => serde_json::from_str::<Other>(value.get()).map(Other::into_update),
    };
    Ok(parsed.unwrap_or_else(|error| {
        tracing::warn!(update_id = update.update_id, %kind, %error, "a telegram update was not understood");
        serde_json::from_str::<Other>(value.get()).map_or(UNKNOWN, Other::into_update)
    }))
}

const UNKNOWN: ParsedUpdate =
    ParsedUpdate { peer: None, sender: None, message: None, kind: EventKind::Unknown };

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    language_code: Option<String>,
}

impl From<User> for Sender {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            first_name: user.first_name,
            last_name: user.last_name.unwrap_or_default(),
            username: user.username.unwrap_or_default(),
            language: user.language_code.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

impl From<Chat> for Peer {
    fn from(chat: Chat) -> Self {
        Self { chat: chat.id.to_string(), thread: None }
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    message_id: i64,
    chat: Chat,
    from: Option<User>,
    /// Present when somebody writes in the name of a chat; `from` is then a stand-in.
    sender_chat: Option<Chat>,
    message_thread_id: Option<i64>,
    #[serde(default)]
    is_topic_message: bool,
    text: Option<String>,
    caption: Option<String>,
    contact: Option<Contact>,
    location: Option<Location>,
    web_app_data: Option<WebAppData>,
    users_shared: Option<picked::UsersShared>,
    chat_shared: Option<picked::ChatShared>,
    poll: Option<picked::Poll>,
    successful_payment: Option<SuccessfulPayment>,
    photo: Option<Vec<File>>,
    animation: Option<File>,
    audio: Option<File>,
    document: Option<File>,
    sticker: Option<File>,
    video: Option<File>,
    video_note: Option<File>,
    voice: Option<File>,
}

#[derive(Deserialize)]
struct Contact {
    phone_number: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    user_id: Option<i64>,
}

#[derive(Deserialize)]
struct Location {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct WebAppData {
    data: String,
    #[serde(default)]
    button_text: String,
}

#[derive(Deserialize)]
struct File {
    file_id: String,
    #[serde(default)]
    file_name: String,
    #[serde(default)]
    mime_type: String,
    file_size: Option<u64>,
}

impl Message {
    fn into_update(mut self, me: &str) -> ParsedUpdate {
        let thread = self.message_thread_id.filter(|_| self.is_topic_message);
        let peer = Peer { chat: self.chat.id.to_string(), thread: thread.map(|thread| thread.to_string()) };
        let from = self.from.take().filter(|_| self.sender_chat.is_none());
        // Messages that only one person sees have no number (0).
        let message = (self.message_id > 0).then(|| self.message_id.to_string());
        let kind = self.into_kind(from.as_ref().map(|user| user.id), me);
        ParsedUpdate { peer: Some(peer), sender: from.map(Sender::from), message, kind }
    }

    fn into_kind(self, from: Option<i64>, me: &str) -> EventKind {
        if let Some(text) = self.text {
            return text_kind(text, me);
        }
        if let Some(paid) = self.successful_payment {
            return paid.into_kind();
        }
        if let Some(contact) = self.contact {
            let own = contact.user_id.is_some() && contact.user_id == from;
            return EventKind::Contact {
                phone: phone(contact.phone_number, own),
                own,
                first_name: contact.first_name,
                last_name: contact.last_name,
                user: contact.user_id.map(|user| user.to_string()).unwrap_or_default(),
            };
        }
        if let Some(Location { latitude, longitude }) = self.location {
            return EventKind::Location { latitude, longitude };
        }
        if let Some(WebAppData { data, button_text }) = self.web_app_data {
            return EventKind::WebAppData { data, button: button_text };
        }
        if let Some(shared) = self.users_shared {
            return shared.into_kind();
        }
        if let Some(shared) = self.chat_shared {
            return shared.into_kind();
        }
        if let Some(poll) = self.poll {
            return poll.into_kind();
        }
        // The sizes of a photo come smallest first; an animation is also sent as a document.
        let files = [
            (MediaKind::Photo, self.photo.and_then(|mut sizes| sizes.pop())),
            (MediaKind::Animation, self.animation),
            (MediaKind::Video, self.video),
            (MediaKind::VideoNote, self.video_note),
            (MediaKind::Voice, self.voice),
            (MediaKind::Audio, self.audio),
            (MediaKind::File, self.document),
            (MediaKind::Sticker, self.sticker),
        ];
        let file = files.into_iter().find_map(|(kind, file)| Some((kind, file?)));
        match file {
            Some((kind, file)) => EventKind::Media {
                file: file.file_id,
                text: self.caption.unwrap_or_default(),
                kind,
                name: file.file_name,
                size_bytes: file.file_size,
                mime: file.mime_type,
                album: Vec::new(),
            },
            None => EventKind::Unknown,
        }
    }
}

/// `/start`, alone or with the payload of a start link, opens the dialogue; all else is text. In groups a command may
/// name the bot it is for.
fn text_kind(text: String, me: &str) -> EventKind {
    let (command, payload) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
    let other = command.strip_prefix('/').and_then(|command| command.split_once('@')).map(|(_, name)| name);
    if other.is_some_and(|name| !me.is_empty() && !name.eq_ignore_ascii_case(me)) {
        return EventKind::Unknown;
    }
    let is_start =
        command.strip_prefix("/start").is_some_and(|rest| rest.is_empty() || rest.starts_with('@'));
    if !is_start {
        return EventKind::Text { text };
    }
    let payload = payload.trim();
    EventKind::Started { payload: (!payload.is_empty()).then(|| payload.to_owned()) }
}

/// Telegram vouches for its own numbers and gives them in full, but some clients leave the plus out.
fn phone(number: String, own: bool) -> String {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if own && digits { format!("+{number}") } else { number }
}

#[derive(Deserialize)]
struct CallbackQuery {
    /// A text, but old servers sent numbers.
    id: serde_json::Value,
    from: User,
    message: Option<CallbackMessage>,
    data: Option<String>,
}

/// The message may be too old to be shown: then it has its chat and number only.
#[derive(Deserialize)]
struct CallbackMessage {
    chat: Chat,
    message_thread_id: Option<i64>,
    #[serde(default)]
    is_topic_message: bool,
}

impl CallbackQuery {
    fn into_update(self) -> ParsedUpdate {
        // Without a message (inline mode) the person's own chat is the only place to answer in.
        let peer = match self.message {
            Some(message) => {
                let thread = message.message_thread_id.filter(|_| message.is_topic_message);
                Peer { chat: message.chat.id.to_string(), thread: thread.map(|thread| thread.to_string()) }
            }
            None => Peer { chat: self.from.id.to_string(), thread: None },
        };
        let callback = match self.id {
            serde_json::Value::String(id) => id,
            id => id.to_string(),
        };
        let kind = match self.data {
            Some(token) => EventKind::Button { token, callback: Some(callback), value: None },
            None => EventKind::Unknown,
        };
        ParsedUpdate { peer: Some(peer), sender: Some(self.from.into()), message: None, kind }
    }
}

/// Any other kind: who and where, if it says so in the usual way.
#[derive(Deserialize)]
struct Other {
    from: Option<User>,
    user: Option<User>,
    sender_chat: Option<Chat>,
    chat: Option<Chat>,
}

impl Other {
    fn into_update(self) -> ParsedUpdate {
        let sender = self.from.or(self.user).filter(|_| self.sender_chat.is_none());
        ParsedUpdate {
            peer: self.chat.map(Peer::from),
            sender: sender.map(Sender::from),
            message: None,
            kind: EventKind::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
