//! The built-in channel: a bot without a messenger. Its history table is its display, so a send is done as soon
//! as it is asked for, and its updates come from the admin, not from outside.

use std::time::Duration;

use async_trait::async_trait;
use engine::channel::Capabilities;
use engine::effect::{HttpCall, SecretText};
use engine::event::{EventKind, Peer, Sender};
use engine::ids::UtcMs;
use engine::words::Lang;
use serde::{Deserialize, Serialize};

use super::telegram::{INIT_DATA_MAX_AGE, init_data};
use super::{
    BotAccess, BotIdentity, Channel, ChannelError, FileContent, Ingress, IngressError, IngressRequest,
    InitData, InitDataError, NOT_EDITABLE, NameResolver, Outgoing, ParseError, ParsedUpdate, PollBatch,
    SendOutcome,
};
use crate::http::{HttpClient, HttpError, HttpRequest};
use crate::{Retry, Secret};

/// How long a file of the test chat is fetched.
const FILE_WITHIN_MS: u64 = 30_000;

/// Wire name of the channel.
pub const KIND: &str = "simulator";

/// The simulator's adapter.
pub struct Simulator {
    http: HttpClient,
    capabilities: Capabilities,
}

impl Simulator {
    pub(crate) fn new(http: HttpClient) -> Self {
        // Telegram's limits: what is tried here must not fail there.
        Self {
            http,
            capabilities: Capabilities {
                channel: KIND.to_owned(),
                // Its display shows them from where they are.
                uploads: false,
                ..Capabilities::telegram()
            },
        }
    }
}

/// An update of the simulator: what the admin puts into the inbox when somebody plays the subscriber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulatorUpdate {
    pub sender: Sender,
    pub kind: EventKind,
}

impl SimulatorUpdate {
    /// The lane of whoever is played.
    pub fn lane_key(&self) -> String {
        format!("user:{}", self.sender.id)
    }
}

#[async_trait]
impl Channel for Simulator {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn ingress(&self, _: &IngressRequest<'_>, _: &Secret) -> Result<Ingress, IngressError> {
        Err(IngressError::Unsupported)
    }

    /// Reads a [`SimulatorUpdate`].
    fn parse(&self, raw: &[u8], _: &str) -> Result<ParsedUpdate, ParseError> {
        let update: SimulatorUpdate =
            serde_json::from_slice(raw).map_err(|error| ParseError(error.to_string()))?;
        let peer = Peer { chat: update.sender.id.clone(), thread: None };
        Ok(ParsedUpdate { peer: Some(peer), sender: Some(update.sender), message: None, kind: update.kind })
    }

    async fn send(&self, _: &BotAccess, out: &Outgoing<'_>, _: &dyn NameResolver) -> SendOutcome {
        let platform_id = match out {
            Outgoing::Message { .. } => match new_id() {
                Ok(id) => Some(id),
                Err(error) => return SendOutcome::Retry { after: None, reason: error.to_string() },
            },
            // What is tried here must not go otherwise in a messenger.
            Outgoing::Edit { old, new, .. } if old != new && !old.can_become(new) => {
                let text = "a messenger cannot turn the one message into the other".to_owned();
                return SendOutcome::Rejected { code: NOT_EDITABLE.to_owned(), text };
            }
            Outgoing::Edit { .. }
            | Outgoing::Delete { .. }
            | Outgoing::ChatAction { .. }
            | Outgoing::Acknowledge { .. } => None,
            Outgoing::Call { method, .. } => {
                let text = format!("the simulator has no method `{method}`; it exists in messengers only");
                return SendOutcome::Rejected { code: "unsupported".to_owned(), text };
            }
        };
        SendOutcome::sent(platform_id, serde_json::Value::Null)
    }

    /// In the test chat a file is its address.
    async fn fetch_file(
        &self,
        _: &BotAccess,
        file: &str,
        max_bytes: usize,
    ) -> Result<FileContent, ChannelError> {
        let failed = |error: HttpError| match error.retry() {
            Retry::Never => ChannelError::Rejected { code: 400, text: error.text(Lang::En) },
            _ => ChannelError::Unavailable(error.into()),
        };
        let call = HttpCall {
            method: "GET".to_owned(),
            url: SecretText::plain(file),
            timeout_ms: FILE_WITHIN_MS,
            ..HttpCall::default()
        };
        let request = HttpRequest::prepare(&call, |_| None).map_err(failed)?;
        let (content_type, bytes) = self.http.download(request, max_bytes).await.map_err(failed)?;
        let path = file.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(FileContent { bytes, name, content_type })
    }

    async fn poll(&self, _: &BotAccess, _: Option<&str>, _: Duration) -> Result<PollBatch, ChannelError> {
        Err(ChannelError::Unsupported)
    }

    async fn identify(&self, _: &BotAccess) -> Result<BotIdentity, ChannelError> {
        Err(ChannelError::Unsupported)
    }

    async fn set_webhook(&self, _: &BotAccess, _: &str, _: &Secret) -> Result<(), ChannelError> {
        Err(ChannelError::Unsupported)
    }

    async fn delete_webhook(&self, _: &BotAccess) -> Result<(), ChannelError> {
        Err(ChannelError::Unsupported)
    }

    /// As Telegram does it; the key is the bot's own secret.
    fn verify_init_data(&self, raw: &str, bot: &BotAccess, now: UtcMs) -> Result<InitData, InitDataError> {
        init_data::verify(raw, &bot.token, now, INIT_DATA_MAX_AGE)
    }

    fn sign_init_data(&self, fields: &[(&str, &str)], bot: &BotAccess) -> String {
        init_data::sign(fields, &bot.token)
    }
}

/// Unlike any other id of the chat, on whatever node it is made.
fn new_id() -> Result<String, getrandom::Error> {
    Ok(format!("{:016x}", getrandom::u64()?))
}
