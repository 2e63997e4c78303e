//! Our message as Telegram's parameters.
//!
//! Marks become entities, not HTML: there is nothing to escape, and no text a person types can break the message
//! or be read as markup. Lengths and offsets are UTF-16 code units, as Telegram counts them.

mod keyboard;
mod text;

use engine::event::Peer;
use engine::message::{Message, Placement};
use serde::Serialize;

use super::super::LinkResolver;
use keyboard::Markup;
use text::Entity;

/// `sendMessage`.
#[derive(Debug, Serialize)]
pub(super) struct SendMessage<'a> {
    chat_id: ChatId<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entities: Vec<Entity>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_notification: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Markup>,
}

/// A number, or the `@name` of a public chat.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ChatId<'a> {
    Number(i64),
    Name(&'a str),
}

impl<'a> ChatId<'a> {
    fn new(chat: &'a str) -> Self {
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

/// One message of ours: one call, or several when the text is over the limit; the buttons are on the last.
pub(super) fn render<'a>(
    peer: &'a Peer,
    message: &Message,
    links: &dyn LinkResolver,
) -> Result<Vec<SendMessage<'a>>, RenderError> {
    let chat_id = ChatId::new(&peer.chat);
    let (markup, appendix) = keyboard::render(message, chat_id, links)?;
    let parts = match &appendix {
        None => text::render(&message.text),
        Some(appendix) => {
            let mut whole = message.text.clone();
            whole.0.extend(appendix.0.iter().cloned());
            text::render(&whole)
        }
    };
    let mut calls: Vec<_> = parts
        .into_iter()
        .map(|part| SendMessage {
            chat_id,
            message_thread_id: peer.thread.as_deref().and_then(|thread| thread.parse().ok()),
            text: part.text,
            entities: part.entities,
            disable_notification: message.silent,
            reply_markup: None,
        })
        .collect();
    if let Some(last) = calls.last_mut() {
        last.reply_markup = markup;
    }
    Ok(calls)
}

/// `editMessageReplyMarkup`.
#[derive(Debug, Serialize)]
pub(super) struct EditButtons<'a> {
    chat_id: ChatId<'a>,
    message_id: i64,
    reply_markup: Markup,
}

/// The buttons under a message that was sent. `None` when they are not under it, or it has no number.
pub(super) fn render_buttons<'a>(
    peer: &'a Peer,
    platform_id: &str,
    message: &Message,
    links: &dyn LinkResolver,
) -> Result<Option<EditButtons<'a>>, RenderError> {
    let chat_id = ChatId::new(&peer.chat);
    let reply_markup = match keyboard::render(message, chat_id, links)?.0 {
        Some(Markup::Reply { .. }) => return Ok(None),
        None if message.placement == Placement::Keyboard => return Ok(None),
        Some(markup) => markup,
        None => Markup::Inline { inline_keyboard: Vec::new() },
    };
    let message_id = platform_id.parse().ok();
    Ok(message_id.map(|message_id| EditButtons { chat_id, message_id, reply_markup }))
}

#[cfg(test)]
mod tests;
