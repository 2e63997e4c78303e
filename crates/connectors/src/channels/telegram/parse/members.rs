//! Who comes and goes: updates about members of chats.

use engine::event::{EventKind, MembershipChange, Peer};
use serde::Deserialize;

use super::{ParsedUpdate, User};

/// Somebody's standing changed: the bot's own (`my_chat_member`), or a member's of a chat it looks after
/// (core.telegram.org/bots/api#chatmemberupdated).
#[derive(Deserialize)]
pub(super) struct MemberUpdate {
    chat: MemberChat,
    from: User,
    old_chat_member: Member,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct MemberChat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Member {
    status: String,
    user: User,
    /// Of whoever is `restricted`.
    is_member: Option<bool>,
}

impl Member {
    fn is_inside(&self) -> bool {
        match self.status.as_str() {
            "creator" | "administrator" | "member" => true,
            "restricted" => self.is_member.unwrap_or_default(),
            _ => false,
        }
    }
}

impl MemberUpdate {
    /// In a private chat the bot is blocked and unblocked; elsewhere members come and go. What becomes of the bot
    /// itself in a group is nobody's move.
    pub(super) fn into_update(self, own: bool) -> ParsedUpdate {
        let is_private = self.chat.kind == "private";
        let (was, is) = (self.old_chat_member.is_inside(), self.new_chat_member.is_inside());
        let change = match (own && is_private, !own, was, is) {
            (true, _, true, false) => Some(MembershipChange::Blocked),
            (true, _, false, true) => Some(MembershipChange::Unblocked),
            (_, true, true, false) => Some(MembershipChange::Left),
            (_, true, false, true) => Some(MembershipChange::Joined),
            _ => None,
        };
        let who = if own { self.from } else { self.new_chat_member.user };
        ParsedUpdate {
            message: None,
            peer: Some(Peer { chat: self.chat.id.to_string(), thread: None }),
            sender: Some(who.into()),
            kind: change.map_or(EventKind::Unknown, |change| EventKind::Membership { change }),
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::event::EventKind;

    use super::*;
    use crate::channels::telegram::parse::parse;

    #[test]
    fn who_comes_goes_blocks_and_unblocks() {
        let check = |kind: &str,
                     chat: &str,
                     old: &str,
                     new: &str,
                     who: &str,
                     change: Option<MembershipChange>| {
            let member = |status: &str, user: i64| {
                format!(
                    r#"{{"status":"{status}","is_member":{},"user":{{"id":{user},"first_name":"M"}}}}"#,
                    status == "restricted"
                )
            };
            let user = if kind == "chat_member" { 8 } else { 1 };
            let update = format!(
                r#"{{"update_id":1,"{kind}":{{"chat":{{"id":-5,"type":"{chat}"}},"from":{{"id":7,"first_name":"F"}},"date":1,
                "old_chat_member":{},"new_chat_member":{}}}}}"#,
                member(old, user),
                member(new, user),
            );
            let parsed = parse(update.as_bytes(), "shop_bot").unwrap();
            let expected = change.map_or(EventKind::Unknown, |change| EventKind::Membership { change });
            assert_eq!(parsed.kind, expected, "{update}");
            assert_eq!(parsed.sender.unwrap().id, who, "{update}");
        };
        use MembershipChange::{Blocked, Joined, Left, Unblocked};
        check("my_chat_member", "private", "member", "kicked", "7", Some(Blocked));
        check("my_chat_member", "private", "kicked", "member", "7", Some(Unblocked));
        check("my_chat_member", "group", "left", "member", "7", None);
        check("chat_member", "channel", "left", "member", "8", Some(Joined));
        check("chat_member", "supergroup", "member", "kicked", "8", Some(Left));
        check("chat_member", "supergroup", "member", "administrator", "8", None);
        check("chat_member", "supergroup", "left", "restricted", "8", Some(Joined));
    }
}
