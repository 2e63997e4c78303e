//! Inbox rows and the events they hold.

use connectors::channels::Channel;
use engine::event::{Event, EventKind, Peer, Sender};
use engine::ids::{BlockId, RunId, VersionId, WaitId};
use engine::scenario::MoveTo;
use serde::{Deserialize, Serialize};
use store::inbox::{InboxKind, InboxRow};

/// An event of our own making: from a mini app or a webhook. What a messenger (or the simulator) sends is kept
/// byte for byte instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnEvent {
    pub peer: Option<Peer>,
    pub sender: Option<Sender>,
    pub kind: EventKind,
}

/// What a fired timer tells its lane.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FiredTimer {
    pub run: RunId,
    pub wait: WaitId,
}

/// What a publication tells the lane of whoever stands in an older version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MovedOver {
    pub run: RunId,
    /// Where it stood; if it has gone on meanwhile, it finishes the old way.
    pub block: BlockId,
    pub version: VersionId,
    pub to: MoveTo,
}

/// Somebody at the admin ends a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct StopRun {
    pub run: RunId,
}

/// What stands in an inbox row.
pub enum Inbound {
    Event(Box<Event>),
    Timer(FiredTimer),
    Move(MovedOver),
    Stop(StopRun),
}

/// The row's payload is not what its kind promises; the event is dead.
#[derive(Debug, thiserror::Error)]
#[error("the stored event cannot be read: {0}")]
pub struct Unreadable(String);

/// Reads a row. Bots of a messenger have their updates parsed by its adapter; `me` is the bot's name there.
pub fn read_row(row: &InboxRow, channel: &dyn Channel, me: &str) -> Result<Inbound, Unreadable> {
    let unreadable = |error: &dyn std::fmt::Display| Unreadable(error.to_string());
    let own = match row.kind {
        InboxKind::Timer => {
            let fired = serde_json::from_slice(&row.payload).map_err(|error| unreadable(&error))?;
            return Ok(Inbound::Timer(fired));
        }
        InboxKind::Stop => {
            let stop = serde_json::from_slice(&row.payload).map_err(|error| unreadable(&error))?;
            return Ok(Inbound::Stop(stop));
        }
        InboxKind::Move => {
            let moved = serde_json::from_slice(&row.payload).map_err(|error| unreadable(&error))?;
            return Ok(Inbound::Move(moved));
        }
        InboxKind::Update => {
            let parsed = channel.parse(&row.payload, me).map_err(|error| unreadable(&error))?;
            return Ok(Inbound::Event(Box::new(Event {
                id: row.id,
                at: row.received_at,
                peer: parsed.peer,
                sender: parsed.sender,
                messages: parsed.message.into_iter().collect(),
                kind: parsed.kind,
            })));
        }
        InboxKind::Miniapp | InboxKind::Webhook | InboxKind::Signal => {
            serde_json::from_slice(&row.payload).map_err(|error| unreadable(&error))?
        }
    };
    let OwnEvent { peer, sender, kind } = own;
    let (id, at, messages) = (row.id, row.received_at, Vec::new());
    Ok(Inbound::Event(Box::new(Event { id, at, peer, sender, messages, kind })))
}

/// What an inbox row says beside its payload.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// The album this update is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
}

/// The album an update is a part of.
pub fn album_of(row: &InboxRow) -> Option<String> {
    if row.meta == PLAIN {
        return None;
    }
    serde_json::from_str::<Meta>(&row.meta).ok()?.album
}

/// `meta` of a row that has nothing to add to its payload.
pub const PLAIN: &str = "{}";

/// The lane of a subscriber.
pub fn subscriber_lane(user: &str) -> String {
    format!("user:{user}")
}

/// The key of a chat and thread in the outbox: the unit of order.
pub fn peer_key(peer: &Peer) -> String {
    match &peer.thread {
        Some(thread) => format!("{}/{thread}", peer.chat),
        None => peer.chat.clone(),
    }
}
