//! What Telegram asks the bot for a person: results for an inline query, a yes to a payment, a place in a chat.

use engine::event::{EventKind, Payment, Peer};
use serde::Deserialize;

use super::{ParsedUpdate, User};

#[derive(Deserialize)]
pub(super) struct InlineQuery {
    id: String,
    from: User,
    query: String,
    #[serde(default)]
    offset: String,
}

impl InlineQuery {
    pub(super) fn into_update(self) -> ParsedUpdate {
        aside(self.from, None, EventKind::InlineQuery { id: self.id, query: self.query, offset: self.offset })
    }
}

#[derive(Deserialize)]
pub(super) struct PreCheckoutQuery {
    id: String,
    from: User,
    currency: String,
    total_amount: i64,
    invoice_payload: String,
}

impl PreCheckoutQuery {
    pub(super) fn into_update(self) -> ParsedUpdate {
        let payment =
            Payment { currency: self.currency, total: self.total_amount, payload: self.invoice_payload };
        aside(self.from, None, EventKind::Checkout { id: self.id, payment })
    }
}

#[derive(Deserialize)]
pub(super) struct SuccessfulPayment {
    currency: String,
    total_amount: i64,
    invoice_payload: String,
    #[serde(default)]
    telegram_payment_charge_id: String,
}

impl SuccessfulPayment {
    pub(super) fn into_kind(self) -> EventKind {
        let payment =
            Payment { currency: self.currency, total: self.total_amount, payload: self.invoice_payload };
        EventKind::Paid { payment, charge: self.telegram_payment_charge_id }
    }
}

#[derive(Deserialize)]
pub(super) struct ChatJoinRequest {
    chat: Joined,
    from: User,
    /// Where the bot may write to the person for some minutes, whether he knows it or not.
    user_chat_id: Option<i64>,
    bio: Option<String>,
    invite_link: Option<InviteLink>,
}

#[derive(Deserialize)]
struct Joined {
    id: i64,
    title: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct InviteLink {
    invite_link: String,
}

impl ChatJoinRequest {
    pub(super) fn into_update(self) -> ParsedUpdate {
        let kind = EventKind::JoinRequest {
            chat: self.chat.id.to_string(),
            name: self.chat.username.map(|name| format!("@{name}")).unwrap_or_default(),
            title: self.chat.title.unwrap_or_default(),
            bio: self.bio.unwrap_or_default(),
            link: self.invite_link.map(|link| link.invite_link).unwrap_or_default(),
        };
        aside(self.from, self.user_chat_id, kind)
    }
}

/// The only place to write to the person is his own chat with the bot.
fn aside(from: User, chat: Option<i64>, kind: EventKind) -> ParsedUpdate {
    let chat = chat.unwrap_or(from.id).to_string();
    ParsedUpdate { peer: Some(Peer { chat, thread: None }), sender: Some(from.into()), message: None, kind }
}
