//! What happens to a bot, in one form for all channels.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{EventId, MiniAppId, ScenarioId, TriggerId, UtcMs, WebhookId};
use crate::message::MediaKind;
use crate::pick::Picked;
use crate::signal::Signal;
use crate::value::{Map, Value};

/// Where messages go: a chat of a channel, and a thread inside it. Ids are the channel's own, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Peer {
    pub chat: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

/// Who did it, as the channel tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// The channel's user id; `ClientID` in templates.
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// A BCP 47 tag, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
}

/// Something that happened in one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    pub at: UtcMs,
    /// Absent for webhooks and schedules without a subscriber.
    pub peer: Option<Peer>,
    pub sender: Option<Sender>,
    /// The channel's ids of the messages it came as: one, or those of an album.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The dialogue was opened, maybe by a start link with a payload.
    Started {
        payload: Option<String>,
    },
    /// A text message, commands included.
    Text {
        text: String,
    },
    /// A button of ours was pressed.
    Button {
        token: String,
        /// What the channel wants back as an acknowledgement.
        callback: Option<String>,
        /// What the press means, where its message knows: buttons made from data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    },
    /// A contact card; `own` when the channel vouches that the number is the sender's.
    Contact {
        phone: String,
        own: bool,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        first_name: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        last_name: String,
        /// The channel's user id, when the card's owner is there too.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        user: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
    },
    /// Photo, file, voice and the like; the caption is its text.
    Media {
        /// The channel's own id of the file.
        file: String,
        text: String,
        #[serde(default)]
        kind: MediaKind,
        /// The file's name, where the channel tells.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size_bytes: Option<u64>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        mime: String,
        /// The other files of an album, in order: they were sent together and arrive as one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        album: Vec<AlbumFile>,
    },
    /// What the person picked by a button of ours: people, a chat, a poll.
    Picked(Picked),
    /// What a mini app sent with `Telegram.WebApp.sendData`. Unverified: the person could write it by hand.
    WebAppData {
        data: String,
        button: String,
    },
    /// A verified call of the mini-app callback: top-level keys and values, without `quescha`.
    MiniApp {
        app: MiniAppId,
        name: String,
        values: Map,
    },
    /// A call of an inbound webhook.
    Webhook {
        webhook: WebhookId,
        /// Whose trigger it is; events of before this was told go by the trigger alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scenario: Option<ScenarioId>,
        trigger: String,
        request: Map,
    },
    /// A call of an address that a run of this lane gave out.
    Called {
        /// What the address is known by: see [`crate::address::hash`].
        address: String,
        request: Map,
    },
    /// Somebody wants to join a chat the bot watches over.
    JoinRequest {
        chat: String,
        /// `@name` of the chat, or empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// What the person says of himself.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        bio: String,
        /// The invite link he came by.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        link: String,
    },
    /// The bot's name and some words, typed in any chat.
    InlineQuery {
        id: String,
        query: String,
        offset: String,
    },
    /// A payment is about to be made and waits for a yes or no.
    Checkout {
        id: String,
        #[serde(flatten)]
        payment: Payment,
    },
    /// A payment was made.
    Paid {
        #[serde(flatten)]
        payment: Payment,
        /// The channel's number of the payment, for a refund.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        charge: String,
    },
    /// The person followed a link of his own.
    LinkVisited {
        name: String,
        url: String,
        /// He had done so before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
    /// The person's standing with the bot, or with a chat the bot is in, has changed.
    Membership {
        change: MembershipChange,
    },
    /// Said by a run, of this lane or another one.
    Signal {
        signal: Signal,
        /// Names of the scenarios that led to it, oldest first.
        #[serde(default)]
        chain: Vec<String>,
    },
    /// A trigger of ours fired: a time of the clock has come, or a list has changed.
    Fired {
        scenario: ScenarioId,
        trigger: TriggerId,
        /// Become variables of the run, with an underscore in front.
        values: Map,
        /// Names of the scenarios that led to it, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        chain: Vec<String>,
    },
    /// The channel sent something no trigger knows; kept raw.
    Unknown,
}

/// A file of an album.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlbumFile {
    pub file: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    pub kind: MediaKind,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mime: String,
}

/// What is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// ISO 4217, or `XTR` for Telegram Stars.
    pub currency: String,
    /// In the smallest units of the currency.
    pub total: i64,
    /// The mark the invoice was sent with.
    pub payload: String,
}

impl Payment {
    /// The amount in the currency itself.
    pub fn amount(&self) -> Decimal {
        Decimal::new(self.total, decimals(&self.currency)).normalize()
    }
}

/// An amount in the smallest units of its currency; `None` when it has a part smaller than that.
pub fn smallest_units(amount: Decimal, currency: &str) -> Option<i64> {
    let mut units = amount.checked_mul(Decimal::from(10_i64.pow(decimals(currency))))?;
    units = units.normalize();
    units.is_integer().then(|| i64::try_from(units).ok()).flatten()
}

/// Digits behind the point, by Telegram's table (<https://core.telegram.org/bots/payments/currencies.json>).
fn decimals(currency: &str) -> u32 {
    match currency {
        "XTR" | "CLP" | "ISK" | "JPY" | "KRW" | "PYG" | "UGX" | "VND" => 0,
        _ => 2,
    }
}

/// How a person's standing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MembershipChange {
    Joined,
    Left,
    Blocked,
    Unblocked,
}

impl Event {
    /// Takes another message of the same album in. Whatever is no file is left out.
    pub fn join_album(&mut self, part: Event) {
        let EventKind::Media { file, text, kind, name, size_bytes, mime, .. } = part.kind else { return };
        let EventKind::Media { text: caption, album, .. } = &mut self.kind else { return };
        // Telegram shows the one caption under the album as a whole, whichever file has it.
        if caption.is_empty() {
            caption.clone_from(&text);
        }
        album.push(AlbumFile { file, text, kind, name, size_bytes, mime });
        self.messages.extend(part.messages);
    }

    /// What the person said, as an answer or a trigger reads it.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            EventKind::Text { text } | EventKind::Media { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it is no move of the dialogue: whatever is open stays open, and nothing of it is an answer.
    pub fn is_aside(&self) -> bool {
        matches!(
            self.kind,
            EventKind::Webhook { .. }
                | EventKind::Called { .. }
                | EventKind::Fired { .. }
                | EventKind::JoinRequest { .. }
                | EventKind::InlineQuery { .. }
                | EventKind::Checkout { .. }
                | EventKind::LinkVisited { .. }
        )
    }

    /// The command without its slash and bot name, and what follows it.
    pub fn command(&self) -> Option<(&str, &str)> {
        let EventKind::Text { text } = &self.kind else { return None };
        let rest = text.strip_prefix('/')?;
        let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let name = name.split('@').next().unwrap_or_default();
        (!name.is_empty()).then_some((name, arguments.trim()))
    }

    /// The answer as a value: what `[Answer]` holds afterwards.
    pub fn answer(&self) -> Value {
        match &self.kind {
            EventKind::Text { text } => Value::text(text.as_str()),
            EventKind::Contact { phone, .. } => Value::text(phone.as_str()),
            EventKind::Location { latitude, longitude } => Value::Text(format!("{latitude}:{longitude}")),
            EventKind::Media { file, .. } => Value::text(file.as_str()),
            EventKind::Picked(picked) => picked.short(),
            EventKind::WebAppData { data, .. } => Value::text(data.as_str()),
            EventKind::MiniApp { .. } => Value::text("webapp:miniapp"),
            EventKind::Started { .. } => Value::text("/start"),
            EventKind::Button { value: Some(value), .. } => value.clone(),
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_an_album_become_one_event() {
        let part = |number: i64, file: &str, text: &str| Event {
            id: EventId(number),
            at: UtcMs(0),
            peer: None,
            sender: None,
            messages: vec![number.to_string()],
            kind: EventKind::Media {
                file: file.to_owned(),
                text: text.to_owned(),
                kind: MediaKind::Photo,
                name: String::new(),
                size_bytes: None,
                mime: String::new(),
                album: Vec::new(),
            },
        };
        let mut whole = part(1, "a", "");
        whole.join_album(part(2, "b", "My cats"));
        whole.join_album(part(3, "c", ""));
        whole.join_album(Event { kind: EventKind::Unknown, ..part(4, "", "") });
        assert_eq!(whole.messages, ["1", "2", "3"]);
        assert_eq!(whole.text(), Some("My cats"));
        let EventKind::Media { file, album, .. } = &whole.kind else { panic!("{whole:?}") };
        let files: Vec<&str> = album.iter().map(|part| part.file.as_str()).collect();
        assert_eq!((file.as_str(), files), ("a", vec!["b", "c"]));
    }

    #[test]
    fn amounts_are_counted_in_the_units_of_their_currency() {
        let check = |amount: &str, currency: &str, units: Option<i64>| {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!(smallest_units(amount, currency), units, "{amount} {currency}");
            if let Some(total) = units {
                let payment = Payment { currency: currency.to_owned(), total, payload: String::new() };
                assert_eq!(payment.amount(), amount);
            }
        };
        check("99.90", "RUB", Some(9_990));
        check("99.999", "RUB", None);
        check("50", "XTR", Some(50));
        check("0.5", "XTR", None);
        check("1000", "JPY", Some(1_000));
        check("79228162514264337593543950335", "RUB", None);
    }
}
