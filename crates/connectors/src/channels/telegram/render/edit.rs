//! How a message that was sent becomes another one where it stands.
//!
//! Both messages are rendered; what Telegram made of the old one is changed call by call. It can change a text, a
//! file with its caption and an inline keyboard, and put a file to a text. It cannot take the file away, change the
//! number of messages, or touch one that brought a keyboard.

use engine::event::Peer;
use engine::message::Message;
use serde::Serialize;

use super::keyboard::Markup;
use super::media::InputMedia;
use super::text::Entity;
use super::{Body, Call, Caption, ChatId, LinkPreview, RenderError, render};
use crate::channels::NameResolver;

/// What an edit comes to.
#[derive(Debug)]
pub(in crate::channels::telegram) enum Edit<'a> {
    /// Calls in order; none when both messages look the same.
    Calls(Vec<EditCall<'a>>),
    /// Telegram cannot turn the one into the other.
    Impossible,
}

/// `editMessageText`, `editMessageCaption`, `editMessageMedia` or `editMessageReplyMarkup`.
#[derive(Debug, Serialize)]
pub(in crate::channels::telegram) struct EditCall<'a> {
    #[serde(skip)]
    pub method: &'static str,
    chat_id: ChatId<'a>,
    message_id: i64,
    #[serde(flatten)]
    content: Content<'a>,
    /// Left out, the buttons go away.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Markup>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text {
        text: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        entities: Vec<Entity>,
        #[serde(skip_serializing_if = "Option::is_none")]
        link_preview_options: Option<LinkPreview>,
    },
    Caption(Caption),
    Media {
        media: InputMedia<'a>,
    },
    Markup {},
}

/// `ids` are Telegram's numbers of all messages that the old one became, in order.
pub(in crate::channels::telegram) fn render_edit<'a>(
    peer: &'a Peer,
    ids: &[&str],
    old: &'a Message,
    new: &'a Message,
    names: &dyn NameResolver,
) -> Result<Edit<'a>, RenderError> {
    let (before, after) = (render(peer, old, names)?, render(peer, new, names)?);
    let ids: Vec<i64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let made = |calls: &[Call<'_>]| calls.iter().map(|call| call.body.messages()).sum::<usize>();
    if before.len() != after.len() || made(&before) != ids.len() || made(&after) != ids.len() {
        return Ok(Edit::Impossible);
    }
    let mut calls = Vec::new();
    let mut ids = ids.into_iter();
    for (old, new) in before.into_iter().zip(after) {
        let own: Vec<i64> = ids.by_ref().take(old.body.messages()).collect();
        match change(ChatId::new(&peer.chat), &own, old, new) {
            Some(changes) => calls.extend(changes),
            None => return Ok(Edit::Impossible),
        }
    }
    Ok(Edit::Calls(calls))
}

/// The changes of one call's messages; `None` when they cannot be made.
fn change<'a>(chat_id: ChatId<'a>, ids: &[i64], old: Call<'a>, new: Call<'a>) -> Option<Vec<EditCall<'a>>> {
    let is_keyboard =
        |markup: &Option<Markup>| matches!(markup, Some(Markup::Reply { .. } | Markup::Remove { .. }));
    let same_body = old.body == new.body;
    // A keyboard belongs to the chat once it is shown: nothing to change on its message, and nothing changeable.
    let same_markup = old.reply_markup == new.reply_markup || (same_body && is_keyboard(&old.reply_markup));
    if same_body && same_markup {
        return Some(Vec::new());
    }
    if is_keyboard(&old.reply_markup) || is_keyboard(&new.reply_markup) {
        return None;
    }
    let call = |method, message_id, content, reply_markup| EditCall {
        method,
        chat_id,
        message_id,
        content,
        reply_markup,
    };
    let first = *ids.first()?;
    let one = |method, content| Some(vec![call(method, first, content, new.reply_markup.clone())]);
    if same_body {
        return one("editMessageReplyMarkup", Content::Markup {});
    }
    match (old.body, new.body) {
        (Body::Text { .. }, Body::Text { text, entities, link_preview_options }) => {
            one("editMessageText", Content::Text { text, entities, link_preview_options })
        }
        (Body::File { file: old, .. }, Body::File { file, caption }) if old == file => {
            one("editMessageCaption", Content::Caption(caption))
        }
        (Body::File { file: old, .. }, Body::File { file, caption }) => {
            old.input(Caption::default())?;
            one("editMessageMedia", Content::Media { media: file.input(caption)? })
        }
        (Body::Text { .. }, Body::File { file, caption }) => {
            one("editMessageMedia", Content::Media { media: file.input(caption)? })
        }
        (Body::Album { media: old }, Body::Album { media: new }) => {
            let changed = ids.iter().zip(old.into_iter().zip(new)).filter(|(_, (old, new))| old != new);
            let edit = |(id, (old, new)): (&i64, (InputMedia<'a>, InputMedia<'a>))| {
                if (old.kind, old.media) == (new.kind, new.media) {
                    call("editMessageCaption", *id, Content::Caption(new.caption), None)
                } else {
                    call("editMessageMedia", *id, Content::Media { media: new }, None)
                }
            };
            Some(changed.map(edit).collect())
        }
        _ => None,
    }
}

impl Body<'_> {
    /// How many messages Telegram makes of it.
    fn messages(&self) -> usize {
        match self {
            Self::Album { media } => media.len(),
            _ => 1,
        }
    }
}
