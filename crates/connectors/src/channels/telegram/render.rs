//! Our message as Telegram's parameters.
//!
//! Marks become entities, not HTML: there is nothing to escape, and no text a person types can break the message
//! or be read as markup. Lengths and offsets are UTF-16 code units, as Telegram counts them.
//!
//! `media.rs` decides which files go together, `edit.rs` how one message becomes another where it stands.

mod edit;
mod keyboard;
mod media;
mod text;

use engine::event::Peer;
use engine::message::{ChatAction, Message};
use serde::Serialize;

use super::super::NameResolver;
pub(super) use edit::{Edit, render_edit};
use keyboard::Markup;
use media::{File, InputMedia};
use text::Entity;

/// One call that sends something.
#[derive(Debug, Serialize)]
pub(super) struct Call<'a> {
    #[serde(skip)]
    pub method: &'static str,
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    body: Body<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Markup>,
}

/// Where it goes and how it is delivered.
#[derive(Clone, Copy, Debug, Serialize)]
struct Head<'a> {
    chat_id: ChatId<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_notification: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    protect_content: bool,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Text {
        text: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        entities: Vec<Entity>,
        #[serde(skip_serializing_if = "Option::is_none")]
        link_preview_options: Option<LinkPreview>,
    },
    File {
        #[serde(flatten)]
        file: File<'a>,
        #[serde(flatten)]
        caption: Caption,
    },
    Album {
        media: Vec<InputMedia<'a>>,
    },
    Venue {
        latitude: f64,
        longitude: f64,
        title: &'a str,
        address: &'a str,
    },
    Location {
        latitude: f64,
        longitude: f64,
    },
    Contact {
        phone_number: &'a str,
        first_name: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        last_name: &'a str,
    },
}

/// The text under a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Caption {
    #[serde(skip_serializing_if = "String::is_empty")]
    caption: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caption_entities: Vec<Entity>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    show_caption_above_media: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct LinkPreview {
    is_disabled: bool,
}

/// A number, or the `@name` of a public chat.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ChatId<'a> {
    Number(i64),
    Name(&'a str),
}

impl<'a> ChatId<'a> {
    pub(super) fn new(chat: &'a str) -> Self {
        chat.parse().map_or(Self::Name(chat), Self::Number)
    }

    /// A private chat has its person's number, which is positive.
    fn is_private(self) -> bool {
        matches!(self, Self::Number(1..))
    }
}

/// Why a message cannot be rendered, for its builder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RenderError {
    pub code: &'static str,
    pub text: String,
}

/// Buttons need a message to stand under; an album without a text has none.
const CARRIER: &str = "👇";

/// One message of ours: one call, or several when Telegram has no such message: a text over the limit, files of
/// different families, a place beside a text. The buttons are on the last.
pub(super) fn render<'a>(
    peer: &'a Peer,
    message: &'a Message,
    names: &dyn NameResolver,
) -> Result<Vec<Call<'a>>, RenderError> {
    let chat_id = ChatId::new(&peer.chat);
    let (markup, appendix) = keyboard::render(message, chat_id, names)?;
    let whole;
    let text = match &appendix {
        None => &message.text,
        Some(appendix) => {
            let mut joined = message.text.clone();
            joined.0.extend(appendix.0.iter().cloned());
            whole = joined;
            &whole
        }
    };
    let head = Head {
        chat_id,
        message_thread_id: thread(peer),
        disable_notification: message.silent,
        protect_content: message.protect,
    };
    let call = |body: Body<'a>| Call { method: method(&body), head, body, reply_markup: None };
    let (files, caption_used) = media::render(message, text, markup.is_some());
    let mut calls: Vec<Call<'a>> = files.into_iter().map(call).collect();
    let says_something = !text.is_empty() || (calls.is_empty() && !has_other_parts(message));
    if says_something && !caption_used {
        let link_preview_options = message.no_preview.then_some(LinkPreview { is_disabled: true });
        let texts = text::render(text).into_iter().map(|part| {
            call(Body::Text {
                text: part.text,
                entities: part.entities,
                link_preview_options: link_preview_options.clone(),
            })
        });
        let at = if message.text_above { 0 } else { calls.len() };
        calls.splice(at..at, texts);
    }
    calls.extend(other_parts(message).map(call));
    let ends_with_album = matches!(calls.last(), Some(Call { body: Body::Album { .. }, .. }));
    if markup.is_some() && ends_with_album {
        calls.push(call(Body::Text {
            text: CARRIER.to_owned(),
            entities: Vec::new(),
            link_preview_options: None,
        }));
    }
    place_markup(&mut calls, markup, message.keyboard.remove);
    Ok(calls)
}

fn thread(peer: &Peer) -> Option<i64> {
    peer.thread.as_deref().and_then(|thread| thread.parse().ok())
}

fn has_other_parts(message: &Message) -> bool {
    message.location.is_some() || message.contact.is_some()
}

fn other_parts(message: &Message) -> impl Iterator<Item = Body<'_>> {
    let place = message.location.as_ref().map(|place| {
        let (latitude, longitude) = (place.latitude, place.longitude);
        match (place.title.as_str(), place.address.as_str()) {
            ("", "") => Body::Location { latitude, longitude },
            // Telegram wants both.
            (title, "") => Body::Venue { latitude, longitude, title, address: title },
            ("", address) => Body::Venue { latitude, longitude, title: address, address },
            (title, address) => Body::Venue { latitude, longitude, title, address },
        }
    });
    let contact = message.contact.as_ref().map(|card| Body::Contact {
        phone_number: &card.phone,
        first_name: &card.first_name,
        last_name: &card.last_name,
    });
    place.into_iter().chain(contact)
}

/// The keyboard goes with the last call; the end of an older one with the first that has room for it.
fn place_markup(calls: &mut [Call<'_>], markup: Option<Markup>, remove: bool) {
    let brings_keyboard = matches!(markup, Some(Markup::Reply { .. }));
    if let Some(last) = calls.last_mut() {
        last.reply_markup = markup;
    }
    let takes =
        |call: &&mut Call<'_>| call.reply_markup.is_none() && !matches!(call.body, Body::Album { .. });
    if remove
        && !brings_keyboard
        && let Some(call) = calls.iter_mut().find(takes)
    {
        call.reply_markup = Some(Markup::Remove { remove_keyboard: true });
    }
}

fn method(body: &Body<'_>) -> &'static str {
    match body {
        Body::Text { .. } => "sendMessage",
        Body::File { file, .. } => file.method(),
        Body::Album { .. } => "sendMediaGroup",
        Body::Venue { .. } => "sendVenue",
        Body::Location { .. } => "sendLocation",
        Body::Contact { .. } => "sendContact",
    }
}

/// `sendChatAction`.
#[derive(Debug, Serialize)]
pub(super) struct SendChatAction<'a> {
    chat_id: ChatId<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    action: &'static str,
}

pub(super) fn render_chat_action(peer: &Peer, action: ChatAction) -> SendChatAction<'_> {
    let action = match action {
        ChatAction::UploadFile => "upload_document",
        other => other.as_str(),
    };
    SendChatAction { chat_id: ChatId::new(&peer.chat), message_thread_id: thread(peer), action }
}

#[cfg(test)]
mod tests;
