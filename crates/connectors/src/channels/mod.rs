//! Channels: what a messenger says in our words, and our words in the messenger's.
//!
//! [`Channel`] is the whole contract. Intake calls [`Channel::ingress`] (cheap: verifies and finds the keys), the
//! run later calls [`Channel::parse`] (everything), the dispatcher calls [`Channel::send`]. An adapter keeps no
//! state and no queue.

pub mod simulator;
pub mod telegram;

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::channel::Capabilities;
use engine::event::{EventKind, Peer, Sender};
use engine::ids::UtcMs;
use engine::message::{ChatAction, MediaKind, Message};
use engine::value::Map;
use engine::words::Lang;

use crate::{Retry, Secret};

/// A kind of channel. One value serves all bots of its kind.
#[async_trait]
pub trait Channel: Send + Sync {
    fn capabilities(&self) -> &Capabilities;

    /// Verifies an inbound request and finds what intake needs to store it; reads nothing else.
    ///
    /// # Errors
    /// [`IngressError::Forbidden`] when the secret is missing or wrong.
    fn ingress(&self, request: &IngressRequest<'_>, secret: &Secret) -> Result<Ingress, IngressError>;

    /// Reads a stored update. Kinds this version does not know are [`EventKind::Unknown`], never an error; so are
    /// commands for another bot. `me` is the bot's own name, empty when it is not known.
    ///
    /// # Errors
    /// When the bytes are not an update at all.
    fn parse(&self, raw: &[u8], me: &str) -> Result<ParsedUpdate, ParseError>;

    /// Sends. Never fails: what happened is the [`SendOutcome`].
    async fn send(&self, bot: &BotAccess, out: &Outgoing<'_>, names: &dyn NameResolver) -> SendOutcome;

    /// Fetches a file that somebody sent to the bot, by the id its event named, up to `max_bytes`.
    ///
    /// # Errors
    /// [`ChannelError::Rejected`] for a file that is gone, is too large or never was.
    async fn fetch_file(
        &self,
        bot: &BotAccess,
        file: &str,
        max_bytes: usize,
    ) -> Result<FileContent, ChannelError>;

    /// Waits up to `timeout` for updates after `cursor`; naming a cursor confirms everything before it.
    async fn poll(
        &self,
        bot: &BotAccess,
        cursor: Option<&str>,
        timeout: Duration,
    ) -> Result<PollBatch, ChannelError>;

    /// Asks the messenger who this token belongs to.
    async fn identify(&self, bot: &BotAccess) -> Result<BotIdentity, ChannelError>;

    /// Has updates delivered to `url`, each carrying `secret`.
    async fn set_webhook(&self, bot: &BotAccess, url: &str, secret: &Secret) -> Result<(), ChannelError>;

    /// Ends the delivery to a webhook, so that [`Channel::poll`] works.
    async fn delete_webhook(&self, bot: &BotAccess) -> Result<(), ChannelError>;

    /// Verifies what a mini app received at its launch.
    ///
    /// # Errors
    /// Says which rule was broken; the server shows nobody but the log.
    fn verify_init_data(&self, raw: &str, bot: &BotAccess, now: UtcMs) -> Result<InitData, InitDataError>;

    /// Signs launch data as the messenger would: for the emulator, with the bot's own token.
    fn sign_init_data(&self, fields: &[(&str, &str)], bot: &BotAccess) -> String;
}

/// What it takes to speak for a bot.
#[derive(Clone)]
pub struct BotAccess {
    pub token: Secret,
    /// The operator's own API server; the messenger's public one when absent.
    pub base_url: Option<String>,
}

/// An inbound request as it came.
pub struct IngressRequest<'a> {
    pub method: &'a str,
    /// Looks a header up by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<&'a [u8]>,
    /// Without the question mark.
    pub query: &'a str,
    pub body: &'a Bytes,
}

/// What to store, and the whole HTTP response to give once it is stored.
#[derive(Debug)]
pub struct Ingress {
    pub updates: Vec<NewUpdate>,
    pub response: IngressResponse,
}

/// The response a messenger expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressResponse {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Cow<'static, [u8]>,
}

/// An update on its way to the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUpdate {
    /// The same for every delivery of the same update to the same bot.
    pub dedupe_key: String,
    /// `user:<id>` of whoever caused it, else `peer:<chat>`, else `bot`.
    pub lane_key: String,
    /// The album it is a part of: its parts come one by one and belong together.
    pub album: Option<String>,
    /// The update byte for byte.
    pub raw: Bytes,
}

/// An inbound request that is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngressError {
    #[error("the channel's secret is missing or wrong")]
    Forbidden,
    #[error("the body is not an update of this channel")]
    Malformed,
    #[error("this channel takes no inbound requests")]
    Unsupported,
}

impl IngressError {
    /// The HTTP status to answer with.
    pub fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::Malformed => 400,
            Self::Unsupported => 404,
        }
    }
}

/// An update in our words.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedUpdate {
    pub peer: Option<Peer>,
    pub sender: Option<Sender>,
    /// The messenger's id of the message it is.
    pub message: Option<String>,
    pub kind: EventKind,
}

/// The stored bytes are not an update.
#[derive(Debug, thiserror::Error)]
#[error("not an update of this channel: {0}")]
pub struct ParseError(pub(crate) String);

/// Something for the messenger.
#[derive(Clone, Copy, Debug)]
pub enum Outgoing<'a> {
    Message {
        peer: &'a Peer,
        message: &'a Message,
    },
    /// A message that was sent before, as it is to be now. Where the channel cannot turn the one into the other,
    /// the send is rejected with [`NOT_EDITABLE`].
    Edit {
        peer: &'a Peer,
        /// The messenger's ids of all its parts, in order.
        ids: &'a [&'a str],
        old: &'a Message,
        new: &'a Message,
    },
    /// Takes a message back. One that is gone already is deleted.
    Delete {
        peer: &'a Peer,
        ids: &'a [&'a str],
    },
    /// Shows what the bot is doing.
    ChatAction {
        peer: &'a Peer,
        action: ChatAction,
    },
    /// The answer to a pressed button.
    Acknowledge {
        callback: &'a str,
        text: Option<&'a str>,
    },
    /// Any method of the messenger's API by its name.
    Call {
        method: &'a str,
        params: &'a Map,
    },
}

/// Code of an edit that this channel cannot make.
pub const NOT_EDITABLE: &str = "not_editable";

/// Code of a send that was refused because of a file that the messenger should know, and does not: uploaded anew it
/// may go through.
pub const FILE_UNKNOWN: &str = "file_unknown";

/// Code of [`SendOutcome::Rejected`] when the workspace has no file of a name; its text is the name.
pub const NO_FILE: &str = "no_file";

/// Knows what messages refer to by name.
pub trait NameResolver: Send + Sync {
    /// The address of a mini app; `None` when there is none.
    fn mini_app(&self, name: &str) -> Option<String>;

    /// A file of the workspace that is sent as this kind of thing; `None` when there is none.
    fn file(&self, _name: &str, _kind: MediaKind) -> Option<&OwnFile> {
        None
    }
}

/// A file of the workspace on its way to a messenger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnFile {
    /// The messenger has it already, by this id of its own.
    Known(String),
    Bytes(FileContent),
}

/// The messenger's id of a file of the workspace that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    pub name: String,
    pub kind: MediaKind,
    pub id: String,
}

impl<F: Fn(&str) -> Option<String> + Send + Sync> NameResolver for F {
    fn mini_app(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// What happened to a send.
#[derive(Clone, Debug, PartialEq)]
pub enum SendOutcome {
    /// `platform_id` is the messenger's id of the (last) message, when it made one; `result` is what a
    /// [`Outgoing::Call`] answered, or the ids of all messages when there were several, null otherwise. By the ids
    /// of `uploaded`, files of the workspace need not be uploaded again.
    Sent { platform_id: Option<String>, result: serde_json::Value, uploaded: Vec<Uploaded> },
    /// Surely not sent, or safe to repeat. `after` is the wait the messenger asked for.
    Retry { after: Option<Duration>, reason: String },
    /// Perhaps sent: the request was written and no clear answer came back.
    Unknown { reason: String },
    /// Refused, and will be refused again.
    Rejected { code: String, text: String },
    /// The recipient blocked the bot or is gone.
    Unreachable { reason: String },
    /// The token is no longer valid: stop the bot.
    Revoked,
    /// The chat has a new id: store it and send there.
    Migrated { new_chat: String },
}

impl SendOutcome {
    /// Sent, without files that had to be uploaded.
    pub fn sent(platform_id: Option<String>, result: serde_json::Value) -> Self {
        Self::Sent { platform_id, result, uploaded: Vec::new() }
    }
}

/// Updates that were polled. Store them and `next_cursor` together.
#[derive(Debug, Default)]
pub struct PollBatch {
    pub updates: Vec<NewUpdate>,
    /// Where to go on; `None` leaves the cursor where it is.
    pub next_cursor: Option<String>,
}

/// A file with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileContent {
    pub bytes: Bytes,
    pub name: Option<String>,
    pub content_type: Option<String>,
}

/// Who a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotIdentity {
    pub external_id: String,
    /// Without `@`; empty when the channel has none.
    pub username: String,
    pub name: String,
}

/// Verified launch data of a mini app.
#[derive(Clone, Debug, PartialEq)]
pub struct InitData {
    /// Absent for the rare launches without a person.
    pub user: Option<Sender>,
    pub start_param: Option<String>,
    pub query_id: Option<String>,
    pub auth_at: UtcMs,
    /// As it came; what the mini app knows as `initdata`.
    pub raw: String,
}

/// Launch data that is not trusted, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InitDataError {
    #[error("init data is malformed")]
    Malformed,
    #[error("init data names a field twice")]
    DuplicateField,
    #[error("init data has no hash")]
    NoHash,
    #[error("init data is not signed by this bot")]
    Forged,
    #[error("init data is too old")]
    Expired,
    #[error("init data is from the future")]
    NotYet,
}

/// A sentence for the bot's owner. It holds no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub en: String,
    pub ru: String,
}

/// Why a messenger did not do what an administrator or the poller asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text(Lang::En))]
pub enum ChannelError {
    /// The token is not, or no longer, valid.
    Revoked,
    /// Another program polls the same bot, or a webhook is set.
    Conflict,
    /// The messenger asks to slow down.
    Limited(Option<Duration>),
    /// The messenger was not reached, or did not answer clearly.
    Unavailable(Reason),
    /// The messenger refused.
    Rejected { code: u16, text: String },
    /// This channel has no such thing.
    Unsupported,
}

impl ChannelError {
    pub fn retry(&self) -> Retry {
        match self {
            Self::Limited(Some(after)) => Retry::After(*after),
            Self::Conflict | Self::Limited(None) | Self::Unavailable(_) => Retry::Backoff,
            Self::Revoked | Self::Rejected { .. } | Self::Unsupported => Retry::Never,
        }
    }

    /// What to tell the bot's owner.
    pub fn text(&self, lang: Lang) -> String {
        let (en, ru) = match self {
            Self::Revoked => (
                "The messenger does not accept this token. Copy it once more from @BotFather.".to_owned(),
                "Мессенджер не принимает этот токен. Скопируйте его ещё раз из @BotFather.".to_owned(),
            ),
            Self::Conflict => (
                "Another program already receives this bot's updates. Stop it, or issue a new token.".to_owned(),
                "Обновления этого бота уже получает другая программа. Остановите её или выпустите новый токен."
                    .to_owned(),
            ),
            Self::Limited(_) => (
                "The messenger asks to slow down; it will be tried again.".to_owned(),
                "Мессенджер просит не спешить; попытка повторится.".to_owned(),
            ),
            Self::Unavailable(Reason { en, ru }) => (
                format!("The messenger could not be reached. {en}"),
                format!("Не удалось связаться с мессенджером. {ru}"),
            ),
            Self::Rejected { code, text } => {
                (format!("The messenger refused ({code}): {text}"), format!("Мессенджер отказал ({code}): {text}"))
            }
            Self::Unsupported => {
                ("This channel cannot do that.".to_owned(), "Этот канал так не умеет.".to_owned())
            }
        };
        match lang {
            Lang::En => en,
            Lang::Ru => ru,
        }
    }
}
