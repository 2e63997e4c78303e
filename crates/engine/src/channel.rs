//! What a channel can do, as data: the editor warns by it, the sender obeys it.

use serde::{Deserialize, Serialize};

/// Limits and abilities of a channel. Lengths are in the unit the channel counts in (characters).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Wire name of the channel kind: `telegram`, `simulator`.
    pub channel: String,
    pub text_max: usize,
    pub label_max: usize,
    pub choices_max: usize,
    pub choices_per_row_max: usize,
    pub rich_text: bool,
    pub keyboard: bool,
    pub mini_apps: bool,
    pub contact_request: bool,
    pub location_request: bool,
    /// Buttons that let a person pick others, and how many at once; 0 where there are none.
    pub users_pick_max: u8,
    /// Buttons that let a person pick a chat, or make a poll.
    pub chat_pick: bool,
    pub poll_pick: bool,
    /// Text under a file; a longer one goes out as a message of its own.
    pub caption_max: usize,
    /// Files in one album; 1 where every file is a message of its own.
    pub album_max: usize,
    /// Buttons that put a text into the clipboard, and the longest such text.
    pub copy_max: usize,
    /// Buttons that begin an inline query.
    pub inline_query: bool,
    /// Whether sent messages can be changed and taken back.
    pub edits: bool,
    /// Whether the chat shows that the bot is typing.
    pub chat_actions: bool,
    /// Whether messages can be kept from being forwarded.
    pub protects: bool,
    /// Whether files of the workspace have to be uploaded to the messenger.
    pub uploads: bool,
}

impl Capabilities {
    /// What every channel can do; a scenario that stays inside runs anywhere.
    pub fn telegram() -> Self {
        Self {
            channel: "telegram".to_owned(),
            text_max: 4096,
            label_max: 64,
            choices_max: 100,
            choices_per_row_max: 8,
            rich_text: true,
            keyboard: true,
            mini_apps: true,
            contact_request: true,
            location_request: true,
            users_pick_max: 10,
            chat_pick: true,
            poll_pick: true,
            caption_max: 1024,
            album_max: 10,
            copy_max: 256,
            inline_query: true,
            edits: true,
            chat_actions: true,
            protects: true,
            uploads: true,
        }
    }
}
