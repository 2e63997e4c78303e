//! What a bot says: rich text and choices, never a messenger's own markup.

use serde::{Deserialize, Serialize};

use crate::pick::Pick;
use crate::value::Value;

/// A run of text with one set of marks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    #[serde(rename = "t")]
    pub text: String,
    #[serde(rename = "m", default, skip_serializing_if = "Marks::is_none")]
    pub marks: Marks,
    /// Where the span leads when it is a link.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Text marks; several may apply at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    #[serde(skip_serializing_if = "is_false")]
    pub bold: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub italic: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub underline: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub strike: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub code: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub spoiler: bool,
    /// Lines of code, in a block of their own.
    #[serde(skip_serializing_if = "is_false")]
    pub pre: bool,
    /// Somebody else's words, in a block of their own.
    #[serde(skip_serializing_if = "is_false")]
    pub quote: bool,
}

impl Marks {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Text made of spans; adapters render it as HTML, entities or plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RichText(pub Vec<Span>);

impl RichText {
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Span { text: text.into(), ..Span::default() }])
    }

    /// The text without its marks.
    pub fn to_plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.text.is_empty())
    }

    /// Appends text, joining it to the last span when the marks are the same.
    pub fn push(&mut self, text: &str, marks: Marks, link: Option<&str>) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.marks == marks && last.link.as_deref() == link => last.text.push_str(text),
            _ => self.0.push(Span { text: text.to_owned(), marks, link: link.map(str::to_owned) }),
        }
    }
}

/// Where the choices of a message are shown; an adapter that lacks the place takes the nearest one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "inline": {"en": "Under the message", "ru": "Под сообщением"},
    "keyboard": {"en": "Instead of the keyboard", "ru": "Вместо клавиатуры"},
}))]
pub enum Placement {
    /// Under the message.
    #[default]
    Inline,
    /// Instead of the keyboard.
    Keyboard,
}

/// What a file is to the person who sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Photo,
    Video,
    /// A document of any type, sent as it is.
    #[default]
    File,
    /// Music, shown with its title.
    Audio,
    Voice,
    /// A silent moving picture.
    Animation,
    Sticker,
    /// A round video message.
    VideoNote,
}

impl MediaKind {
    /// Its wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::File => "file",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Animation => "animation",
            Self::Sticker => "sticker",
            Self::VideoNote => "video_note",
        }
    }

    /// Reads a wire name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Photo,
            Self::Video,
            Self::File,
            Self::Audio,
            Self::Voice,
            Self::Animation,
            Self::Sticker,
            Self::VideoNote,
        ];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A message on its way out: text, media, a place, a contact card and buttons. What a messenger cannot put into
/// one message its adapter sends as several, in this order, with the buttons under the last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub text: RichText,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Vec<Choice>>,
    #[serde(default)]
    pub placement: Placement,
    /// Delivered without a sound.
    #[serde(default, skip_serializing_if = "is_false")]
    pub silent: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactCard>,
    #[serde(default, skip_serializing_if = "KeyboardOptions::is_default")]
    pub keyboard: KeyboardOptions,
    /// Cannot be forwarded or saved.
    #[serde(default, skip_serializing_if = "is_false")]
    pub protect: bool,
    /// The text stands above its pictures and videos.
    #[serde(default, skip_serializing_if = "is_false")]
    pub text_above: bool,
    /// Links in the text show no preview.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_preview: bool,
    /// Something may edit or delete it later, by the id of the effect that sent it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub named: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaces>,
}

impl Message {
    /// Whether its choices are shown in place of the keyboard. The wish for a place yields to what a button must be
    /// able to do: asking for something can only a key, opening an address or copying only a button.
    pub fn shows_keyboard(&self) -> bool {
        let all = || self.choices.iter().flatten().map(|choice| &choice.action);
        let opens = || {
            all().any(|action| {
                matches!(action, ChoiceAction::Url(_) | ChoiceAction::Copy(_) | ChoiceAction::Inline { .. })
            })
        };
        all().any(ChoiceAction::is_request)
            || self.placement == Placement::Keyboard && all().next().is_some() && !opens()
    }

    /// Whether it may become the other where it stands, in a messenger with Telegram's rules: keyboards and the
    /// number of messages cannot change, and a file cannot go away.
    pub fn can_become(&self, new: &Message) -> bool {
        let has_keyboard = Message::shows_keyboard;
        let has_more = |message: &Message| {
            message.media.len() > 1 || message.location.is_some() || message.contact.is_some()
        };
        let loses_media = !self.media.is_empty() && new.media.is_empty();
        let other_text_alone = self.media.is_empty() && new.text.is_empty() && new.media.is_empty();
        !has_keyboard(self)
            && !has_keyboard(new)
            && !has_more(self)
            && !has_more(new)
            && !loses_media
            && !other_text_alone
    }
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    pub kind: MediaKind,
    pub source: MediaSource,
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// The messenger fetches it from this address.
    Url(String),
    /// The channel knows it already, by this id of its own.
    File(String),
    /// A file of the workspace, by its name.
    Own(String),
}

impl MediaSource {
    /// What stands in front of the name of a file of the workspace, where a value says which file is meant.
    pub const OWN: &'static str = "file:";

    /// The name of the workspace's file that a value means.
    pub fn own_name(value: &str) -> Option<&str> {
        value.trim().strip_prefix(Self::OWN).map(str::trim).filter(|name| !name.is_empty())
    }

    /// The address, the id or the name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Url(source) | Self::File(source) | Self::Own(source) => source,
        }
    }
}

/// A point on the map; with a title it is a venue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees, -90 to 90.
    pub latitude: f64,
    /// Degrees, -180 to 180.
    pub longitude: f64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    pub phone: String,
    pub first_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_name: String,
}

/// How choices in place of the keyboard behave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyboardOptions {
    /// Goes away after a press.
    #[serde(skip_serializing_if = "is_false")]
    pub one_time: bool,
    /// The keyboard of an earlier message goes away.
    #[serde(skip_serializing_if = "is_false")]
    pub remove: bool,
    /// What stands in the empty input field meanwhile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub placeholder: String,
}

impl KeyboardOptions {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The message takes the place of the one sent last under the same name to the same chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// The same for every message that shares the place: the action that sends them.
    pub slot: String,
    pub by: ReplaceBy,
}

/// How a message takes another one's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceBy {
    /// Where it stands; sent anew when the messenger cannot change the one into the other.
    #[default]
    Edit,
    /// The old one is deleted, the new one is sent.
    Resend,
}

/// What an edit changes; the rest of the message stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MessageEdit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<RichText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Vec<Choice>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Vec<Media>>,
    /// What becomes of the buttons there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buttons: Option<ButtonsChange>,
}

impl MessageEdit {
    pub fn buttons(change: ButtonsChange) -> Self {
        Self { buttons: Some(change), ..Self::default() }
    }

    /// Whether text and files stay as they are.
    pub fn is_of_buttons(&self) -> bool {
        self.text.is_none() && self.media.is_none()
    }

    /// The message as it is afterwards.
    pub fn apply(&self, old: &Message) -> Message {
        let mut new = old.clone();
        if let Some(text) = &self.text {
            new.text.clone_from(text);
        }
        if let Some(choices) = &self.choices {
            new.choices.clone_from(choices);
        }
        if let Some(media) = &self.media {
            new.media.clone_from(media);
        }
        if let Some(change) = &self.buttons {
            new.change_buttons(change);
        }
        new
    }
}

/// What a chat shows the bot to be doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "typing": {"en": "Is typing", "ru": "Печатает"},
    "record_voice": {"en": "Is recording a voice message", "ru": "Записывает голосовое"},
    "upload_photo": {"en": "Is sending a picture", "ru": "Отправляет картинку"},
    "upload_video": {"en": "Is sending a video", "ru": "Отправляет видео"},
    "upload_file": {"en": "Is sending a file", "ru": "Отправляет файл"},
    "find_location": {"en": "Is choosing a place", "ru": "Выбирает место"},
    "choose_sticker": {"en": "Is choosing a sticker", "ru": "Выбирает стикер"},
}))]
pub enum ChatAction {
    #[default]
    Typing,
    RecordVoice,
    UploadPhoto,
    UploadVideo,
    UploadFile,
    FindLocation,
    ChooseSticker,
}

impl ChatAction {
    /// Its wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Typing => "typing",
            Self::RecordVoice => "record_voice",
            Self::UploadPhoto => "upload_photo",
            Self::UploadVideo => "upload_video",
            Self::UploadFile => "upload_file",
            Self::FindLocation => "find_location",
            Self::ChooseSticker => "choose_sticker",
        }
    }
}

/// What becomes of the buttons of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonsChange {
    /// All of them go.
    Remove,
    /// The button with this token gets a tick; the others stay as they are.
    Tick(String),
}

/// Stands before the caption of a ticked button.
pub const TICK: &str = "✅ ";

impl Message {
    /// Changes the buttons; answers whether there was anything to change.
    pub fn change_buttons(&mut self, change: &ButtonsChange) -> bool {
        match change {
            ButtonsChange::Remove => !std::mem::take(&mut self.choices).is_empty(),
            ButtonsChange::Tick(token) => {
                let is_meant =
                    |choice: &&mut Choice| matches!(&choice.action, ChoiceAction::Reply(own) if own == token);
                let Some(choice) = self.choices.iter_mut().flatten().find(is_meant) else { return false };
                let changed = !choice.label.starts_with(TICK);
                if changed {
                    choice.label.insert_str(0, TICK);
                }
                changed
            }
        }
    }
}

/// A button: what it says and what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub label: String,
    pub action: ChoiceAction,
    /// What a press means, for buttons made from data whose token has no room for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Choice {
    pub fn new(label: impl Into<String>, action: ChoiceAction) -> Self {
        Self { label: label.into(), action, value: None }
    }
}

/// What pressing a button does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceAction {
    /// Comes back to us as [`crate::event::EventKind::Button`] with this token (at most 64 bytes).
    Reply(String),
    /// Opens an address.
    Url(String),
    /// Opens a mini app of the workspace, by its name; the sender turns it into an address.
    MiniApp(String),
    /// Asks for the person's phone number.
    Contact,
    /// Asks for the person's location.
    Location,
    /// Asks the person to pick people or a chat, or to make a poll.
    Pick(Pick),
    /// Puts this text into the clipboard.
    Copy(String),
    /// Begins an inline query to the bot with this text, in this chat or in one the person picks.
    Inline { query: String, here: bool },
}

impl ChoiceAction {
    /// Whether it exists in place of the keyboard only, and in private chats only.
    pub fn is_request(&self) -> bool {
        matches!(self, Self::Contact | Self::Location | Self::Pick(_))
    }
}

impl Default for ChoiceAction {
    fn default() -> Self {
        Self::Reply(String::new())
    }
}

/// A reply to whoever called a webhook or the mini-app callback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status, 200 unless the scenario says otherwise.
    pub status: u16,
    /// A text goes out as it is; everything else as JSON.
    pub body: Value,
}

impl Response {
    /// The run came to no good end. The caller learns that, and no more.
    pub fn failed() -> Self {
        Self::error(500, "scenario_failed")
    }

    /// No scenario takes the call.
    pub fn nobody() -> Self {
        Self::error(404, "no_scenario")
    }

    fn error(status: u16, code: &str) -> Self {
        Self { status, body: Value::Object([("error".to_owned(), code.into())].into_iter().collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_ticked_once_and_removed() {
        let reply = |label: &str, token: &str| Choice::new(label, ChoiceAction::Reply(token.to_owned()));
        let mut message =
            Message { choices: vec![vec![reply("Yes", "1"), reply("No", "2")]], ..Message::default() };
        let check = |message: &mut Message, change: ButtonsChange, changed: bool, labels: &[&str]| {
            assert_eq!(message.change_buttons(&change), changed, "{change:?}");
            let shown: Vec<&str> =
                message.choices.iter().flatten().map(|choice| choice.label.as_str()).collect();
            assert_eq!(shown, labels, "{change:?}");
        };
        check(&mut message, ButtonsChange::Tick("3".into()), false, &["Yes", "No"]);
        check(&mut message, ButtonsChange::Tick("2".into()), true, &["Yes", "✅ No"]);
        check(&mut message, ButtonsChange::Tick("2".into()), false, &["Yes", "✅ No"]);
        check(&mut message, ButtonsChange::Remove, true, &[]);
        check(&mut message, ButtonsChange::Remove, false, &[]);
    }
}
