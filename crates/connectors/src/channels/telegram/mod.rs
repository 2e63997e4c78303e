//! Telegram, by the Bot API 10.3 (24 August 2026, <https://core.telegram.org/bots/api>).
//!
//! `ingress.rs` finds the keys of an update, `parse.rs` reads it whole, `render.rs` turns our message into
//! Telegram's, `send.rs` sends it and says what happened, `api.rs` speaks with the server. Telegram's types stay
//! in this folder.

mod api;
mod file;
mod ingress;
pub mod init_data;
mod own_files;
mod parse;
mod poll;
mod render;
mod send;

use std::time::Duration;

use async_trait::async_trait;
use engine::channel::Capabilities;
use engine::ids::UtcMs;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    BotAccess, BotIdentity, Channel, ChannelError, FileContent, Ingress, IngressError, IngressRequest,
    InitData, InitDataError, NameResolver, Outgoing, ParseError, ParsedUpdate, PollBatch, SendOutcome,
};
use crate::Secret;
use crate::http::HttpClient;
use api::BotApi;

/// Wire name of the channel.
pub const KIND: &str = "telegram";

/// Launch data older than this is refused.
pub const INIT_DATA_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The Telegram adapter.
pub struct Telegram {
    http: HttpClient,
    capabilities: Capabilities,
}

impl Telegram {
    pub(crate) fn new(http: HttpClient) -> Self {
        Self { http, capabilities: Capabilities::telegram() }
    }

    fn api<'a>(&'a self, bot: &'a BotAccess) -> BotApi<'a> {
        BotApi::new(&self.http, bot)
    }
}

#[async_trait]
impl Channel for Telegram {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn ingress(&self, request: &IngressRequest<'_>, secret: &Secret) -> Result<Ingress, IngressError> {
        ingress::ingress(request, secret)
    }

    fn parse(&self, raw: &[u8], me: &str) -> Result<ParsedUpdate, ParseError> {
        parse::parse(raw, me)
    }

    async fn send(&self, bot: &BotAccess, out: &Outgoing<'_>, names: &dyn NameResolver) -> SendOutcome {
        send::send(self.api(bot), out, names).await
    }

    async fn fetch_file(
        &self,
        bot: &BotAccess,
        file: &str,
        max_bytes: usize,
    ) -> Result<FileContent, ChannelError> {
        file::fetch(self.api(bot), file, max_bytes).await
    }

    async fn poll(
        &self,
        bot: &BotAccess,
        cursor: Option<&str>,
        timeout: Duration,
    ) -> Result<PollBatch, ChannelError> {
        poll::poll(self.api(bot), cursor, timeout).await
    }

    async fn identify(&self, bot: &BotAccess) -> Result<BotIdentity, ChannelError> {
        #[derive(serde::Deserialize)]
        struct Me {
            id: i64,
            #[serde(default)]
            first_name: String,
            #[serde(default)]
            username: String,
        }
        let me: Me = self.api(bot).call_as("getMe", &Nothing {}).await?;
        Ok(BotIdentity { external_id: me.id.to_string(), username: me.username, name: me.first_name })
    }

    async fn set_webhook(&self, bot: &BotAccess, url: &str, secret: &Secret) -> Result<(), ChannelError> {
        #[derive(Serialize)]
        struct SetWebhook<'a> {
            url: &'a str,
            secret_token: &'a str,
            allowed_updates: &'a [&'a str],
        }
        let request = SetWebhook { url, secret_token: secret.expose(), allowed_updates: &ingress::WANTED };
        self.api(bot).call_as::<Box<RawValue>, _>("setWebhook", &request).await.map(drop)
    }

    async fn delete_webhook(&self, bot: &BotAccess) -> Result<(), ChannelError> {
        self.api(bot).call_as::<Box<RawValue>, _>("deleteWebhook", &Nothing {}).await.map(drop)
    }

    fn verify_init_data(&self, raw: &str, bot: &BotAccess, now: UtcMs) -> Result<InitData, InitDataError> {
        init_data::verify(raw, &bot.token, now, INIT_DATA_MAX_AGE)
    }

    fn sign_init_data(&self, fields: &[(&str, &str)], bot: &BotAccess) -> String {
        init_data::sign(fields, &bot.token)
    }
}

/// A call without parameters.
#[derive(Serialize)]
struct Nothing {}
