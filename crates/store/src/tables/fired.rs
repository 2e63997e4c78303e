//! Inbox rows of triggers that fire: in the lane of a subscriber, or in a lane of their own.

use engine::event::{EventKind, Peer, Sender};
use engine::ids::{BotId, UtcMs, WorkspaceId};
use serde_json::json;

use super::inbox::{InboxKind, NewInboxRow};
use super::lanes::ANONYMOUS;
use super::subscribers::{self, Subscriber};
use crate::columns::LaneId;
use crate::connection::Connection;
use crate::error::DbResult;

/// A trigger that fires.
#[derive(Clone, Debug)]
pub struct Fired {
    pub workspace: WorkspaceId,
    pub bot: BotId,
    /// Unique per bot: what has fired once does not fire again.
    pub dedupe_key: String,
    pub kind: EventKind,
    pub at: UtcMs,
}

impl Fired {
    /// The event as the runtime reads it, from a subscriber or from nobody.
    pub fn payload(&self, whose: Option<&Subscriber>) -> String {
        let peer = whose.and_then(|whose| serde_json::from_str::<Peer>(&whose.peer).ok());
        let sender = whose.map(|whose| Sender {
            id: user_of(&whose.lane_key).unwrap_or_default().to_owned(),
            first_name: whose.first_name.clone(),
            last_name: whose.last_name.clone(),
            username: whose.username.clone(),
            language: whose.language.clone(),
        });
        json!({"peer": peer, "sender": sender, "kind": self.kind}).to_string()
    }

    pub fn lane(&self, whose: Option<&Subscriber>) -> LaneId {
        match whose {
            Some(whose) => LaneId::new(self.workspace, self.bot, whose.lane_key.as_str()),
            None => LaneId::new(self.workspace, self.bot, format!("{ANONYMOUS}{}", self.dedupe_key)),
        }
    }

    pub fn row(&self, whose: Option<&Subscriber>) -> NewInboxRow {
        let hops = match &self.kind {
            EventKind::Fired { chain, .. } => chain.len(),
            _ => 0,
        };
        NewInboxRow {
            lane: self.lane(whose),
            partition: 0,
            dedupe_key: self.dedupe_key.clone(),
            kind: InboxKind::Signal,
            payload: self.payload(whose).into_bytes(),
            meta: "{}".to_owned(),
            reply_secret: None,
            hops: i64::try_from(hops).unwrap_or(i64::MAX),
            received_at: self.at,
        }
    }
}

/// The messenger's user id in the key of a subscriber's lane.
pub fn user_of(lane_key: &str) -> Option<&str> {
    lane_key.strip_prefix("user:")
}

/// The subscriber of a bot by what `[ClientID]` says.
pub fn find_subscriber(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    client_id: &str,
) -> DbResult<Option<Subscriber>> {
    subscribers::find(connection, &LaneId::new(workspace, bot, format!("user:{}", client_id.trim())))
}
