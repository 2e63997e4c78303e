//! Taking an update in: is it Telegram's, which one is it, whose lane is it. Everything else waits for the run.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::{Ingress, IngressError, IngressRequest, IngressResponse, NewUpdate};
use crate::Secret;

pub(super) const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// The kinds of updates a bot is sent: all but reactions, which are many and start nothing. Others' membership
/// comes only when it is asked for by name (core.telegram.org/bots/api#getupdates).
pub(super) const WANTED: [&str; 15] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
];

/// One webhook delivery is one update.
pub(super) fn ingress(request: &IngressRequest<'_>, secret: &Secret) -> Result<Ingress, IngressError> {
    let candidate = (request.header)(SECRET_HEADER).unwrap_or_default();
    if !secret.matches(candidate) {
        return Err(IngressError::Forbidden);
    }
    let update = new_update(request.body.clone()).ok_or(IngressError::Malformed)?;
    let response = IngressResponse {
        status: 200,
        content_type: "text/plain; charset=utf-8",
        body: Cow::Borrowed(b"ok"),
    };
    Ok(Ingress { updates: vec![update], response })
}

/// The keys of one update; `None` when it has no `update_id`.
pub(super) fn new_update(raw: Bytes) -> Option<NewUpdate> {
    let update: Update = serde_json::from_slice(&raw).ok()?;
    let dedupe_key = update.update_id.to_string();
    // A kind of a shape nobody foresaw is still an update: it goes to the bot's own lane.
    let envelope = update
        .kind
        .and_then(|(kind, value)| Some((kind, serde_json::from_str::<Envelope>(value.get()).ok()?)));
    let lane_key = envelope
        .as_ref()
        .and_then(|(kind, envelope)| envelope.lane_key(kind))
        .unwrap_or_else(|| "bot".to_owned());
    let album = envelope.and_then(|(_, envelope)| envelope.media_group_id);
    Some(NewUpdate { dedupe_key, lane_key, album, raw })
}

/// An update before its kind is read: its number, and the one other field there is.
pub(super) struct Update<'a> {
    pub update_id: i64,
    pub kind: Option<(Cow<'a, str>, &'a RawValue)>,
}

impl<'de> Deserialize<'de> for Update<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UpdateVisitor;

        impl<'de> Visitor<'de> for UpdateVisitor {
            type Value = Update<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an update")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut update_id, mut kind) = (None, None);
                while let Some(Key(key)) = map.next_key()? {
                    if key == "update_id" {
                        update_id = Some(map.next_value()?);
                        continue;
                    }
                    let value: &RawValue = map.next_value()?;
                    if kind.is_none() && value.get().starts_with('{') {
                        kind = Some((key, value));
                    }
                }
                let update_id = update_id.ok_or_else(|| serde::de::Error::missing_field("update_id"))?;
                Ok(Update { update_id, kind })
            }
        }

        deserializer.deserialize_map(UpdateVisitor)
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// What most kinds have in common, as far as the lane needs it.
#[derive(Deserialize)]
struct Envelope {
    from: Option<Id>,
    user: Option<Id>,
    chat: Option<Id>,
    sender_chat: Option<Id>,
    message: Option<Inner>,
    media_group_id: Option<String>,
    new_chat_member: Option<Member>,
}

#[derive(Deserialize)]
struct Member {
    user: Id,
}

#[derive(Deserialize)]
struct Inner {
    chat: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: i64,
}

impl Envelope {
    /// Who wrote in the name of a chat is nobody's lane but the chat's.
    fn lane_key(&self, kind: &str) -> Option<String> {
        // It is about whom it happened to, not about who did it.
        if let Some(member) = self.new_chat_member.as_ref().filter(|_| kind == "chat_member") {
            return Some(format!("user:{}", member.user.id));
        }
        let user = self.from.as_ref().or(self.user.as_ref()).filter(|_| self.sender_chat.is_none());
        let chat = || self.chat.as_ref().or_else(|| self.message.as_ref()?.chat.as_ref());
        match user {
            Some(user) => Some(format!("user:{}", user.id)),
            None => chat().map(|chat| format!("peer:{}", chat.id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a-Secret_42";

    fn deliver(header: Option<&str>, body: &str) -> Result<Ingress, IngressError> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let find = |name: &str| header.filter(|_| name == SECRET_HEADER).map(str::as_bytes);
        let request = IngressRequest { method: "POST", header: &find, query: "", body: &body };
        ingress(&request, &Secret::new(SECRET))
    }

    #[test]
    fn only_the_right_secret_gets_in() {
        let body = r#"{"update_id":1}"#;
        assert!(deliver(Some(SECRET), body).is_ok());
        for wrong in [None, Some(""), Some("a-secret_42"), Some("a-Secret_4"), Some("a-Secret_42 ")] {
            assert_eq!(deliver(wrong, body).unwrap_err(), IngressError::Forbidden, "{wrong:?}");
        }
    }

    #[test]
    fn a_bot_without_a_secret_takes_nothing() {
        let body = Bytes::from_static(br#"{"update_id":1}"#);
        let request = IngressRequest { method: "POST", header: &|_| Some(b""), query: "", body: &body };
        assert_eq!(ingress(&request, &Secret::new("")).unwrap_err(), IngressError::Forbidden);
    }

    #[test]
    fn keys_are_found_whatever_the_kind() {
        let check = |body: &str, lane: &str| {
            let update = deliver(Some(SECRET), body).unwrap().updates.pop().unwrap();
            assert_eq!((update.dedupe_key.as_str(), update.lane_key.as_str()), ("7", lane), "{body}");
            assert_eq!(update.raw, body, "the raw update is kept byte for byte");
        };
        check(r#"{"update_id":7,"message":{"from":{"id":1},"chat":{"id":1}}}"#, "user:1");
        check(r#"{"message":{"from":{"id":1},"chat":{"id":-5}},"update_id":7}"#, "user:1");
        check(r#"{"update_id":7,"channel_post":{"chat":{"id":-100}}}"#, "peer:-100");
        check(
            r#"{"update_id":7,"message":{"from":{"id":1087968824},"sender_chat":{"id":-9},"chat":{"id":-9}}}"#,
            "peer:-9",
        );
        check(r#"{"update_id":7,"callback_query":{"from":{"id":3},"message":{"chat":{"id":-4}}}}"#, "user:3");
        check(r#"{"update_id":7,"poll_answer":{"user":{"id":8}}}"#, "user:8");
        check(
            r#"{"update_id":7,"chat_member":{"from":{"id":1},"chat":{"id":-5},"new_chat_member":{"user":{"id":9}}}}"#,
            "user:9",
        );
        check(
            r#"{"update_id":7,"my_chat_member":{"from":{"id":1},"chat":{"id":1},"new_chat_member":{"user":{"id":9}}}}"#,
            "user:1",
        );
        check(r#"{"update_id":7,"poll":{"id":"5"}}"#, "bot");
        check(r#"{"update_id":7,"brand_new":{"from":"nobody"}}"#, "bot");
        check(r#"{"update_id":7,"brand_new":[1,2]}"#, "bot");
        check(r#"{"update_id":7}"#, "bot");
        check(r#"{"update_id":7,"mess\u0061ge":{"from":{"id":1}}}"#, "user:1");
    }

    #[test]
    fn the_parts_of_an_album_say_so() {
        let check = |body: &str, album: Option<&str>| {
            let update = deliver(Some(SECRET), body).unwrap().updates.pop().unwrap();
            assert_eq!(update.album.as_deref(), album, "{body}");
        };
        let part = r#"{"update_id":7,"message":{"from":{"id":1},"chat":{"id":1},"media_group_id":"13"}}"#;
        check(part, Some("13"));
        check(r#"{"update_id":7,"message":{"from":{"id":1},"chat":{"id":1}}}"#, None);
        check(r#"{"update_id":7}"#, None);
    }

    #[test]
    fn what_is_no_update_is_refused() {
        for body in
            ["", "{}", "[]", "null", r#"{"update_id":"7"}"#, r#"{"update_id":7"#, r#"{"update_id":7} x"#]
        {
            assert_eq!(deliver(Some(SECRET), body).unwrap_err(), IngressError::Malformed, "{body}");
        }
    }
}
