//! Messages that change after they were sent: edits, deletions, and messages that take the place of earlier ones.
//!
//! A change names the effect that sent its message. It stands behind that message in the order of the chat, so by
//! the time it is dispatched the message is history, with the messenger's ids, or never arrived.

use connectors::channels::{Channel, NOT_EDITABLE, Outgoing, SendOutcome};
use engine::effect::EffectId;
use engine::event::Peer;
use engine::ids::MessageId;
use engine::message::{Message, MessageEdit, ReplaceBy, Replaces};
use store::messages;
use store::outbox::OutboxRow;

use crate::Inner;
use crate::bots::LoadedBot;
use crate::commit::{Outbound, to_json};
use crate::event::peer_key;
use crate::files;

/// What a send that was done means for the history.
#[derive(Debug, Default)]
pub(super) struct History {
    /// An earlier message is another one now.
    pub changed: Option<Changed>,
    /// An earlier message is gone.
    pub deleted: Option<MessageId>,
    /// The place the new message stands at.
    pub slot: Option<String>,
}

/// A message as it is after a change.
#[derive(Debug)]
pub(super) struct Changed {
    pub id: MessageId,
    pub payload: String,
    /// The effect by which it is found from now on, when a new message took its place.
    pub effect: Option<String>,
}

type Done = (SendOutcome, History);

/// A message that stands in the chat.
struct Standing {
    id: MessageId,
    message: Message,
    peer: Peer,
    /// The messenger's ids of its parts, in order.
    ids: Vec<String>,
}

impl Standing {
    /// `None` when it never arrived, is gone, or is none of ours.
    fn read(row: messages::Message) -> Option<Self> {
        let last = row.platform_id.filter(|_| !row.deleted)?;
        let Ok(Outbound::Message { peer, message }) = serde_json::from_str(&row.payload) else { return None };
        let ids = match row.part_ids.as_deref().map(serde_json::from_str::<Vec<String>>) {
            Some(Ok(ids)) if !ids.is_empty() => ids,
            _ => vec![last],
        };
        Some(Self { id: row.id, message, peer, ids })
    }

    fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }
}

pub(super) async fn edit(
    inner: &Inner,
    bot: &LoadedBot,
    channel: &dyn Channel,
    message: EffectId,
    edit: &MessageEdit,
) -> Done {
    let standing = match find(inner, bot, message).await {
        Ok(Some(standing)) => standing,
        Ok(None) => return gone(),
        Err(outcome) => return (outcome, History::default()),
    };
    let new = edit.apply(&standing.message);
    if new == standing.message {
        return (done(), History::default());
    }
    let outcome = send_edit(inner, bot, channel, &standing, &new).await;
    let payload = to_json(&Outbound::Message { peer: standing.peer, message: new });
    let changed = Some(Changed { id: standing.id, payload, effect: None });
    (outcome, History { changed, ..History::default() })
}

pub(super) async fn delete(inner: &Inner, bot: &LoadedBot, channel: &dyn Channel, message: EffectId) -> Done {
    match find(inner, bot, message).await {
        Ok(Some(standing)) => {
            let outcome = send_deletion(bot, channel, &standing).await;
            (outcome, History { deleted: Some(standing.id), ..History::default() })
        }
        // Taken back already, or never there.
        Ok(None) => (done(), History::default()),
        Err(outcome) => (outcome, History::default()),
    }
}

/// Sends a message that takes the place of the one before it: where that stands, when it can be and the builder
/// wants it so, else anew, after the old one was taken back.
pub(super) async fn replace(
    inner: &Inner,
    bot: &LoadedBot,
    channel: &dyn Channel,
    row: &OutboxRow,
    (peer, message): (&Peer, &Message),
    replaces: &Replaces,
) -> Done {
    let (workspace, id, key, slot) = (bot.workspace, bot.id, peer_key(peer), replaces.slot.clone());
    let found = inner
        .store
        .read(move |connection| Ok(messages::find_by_slot(connection, workspace, id, &key, &slot)?))
        .await;
    let standing = match found {
        Ok(found) => found.and_then(Standing::read),
        Err(error) => {
            return (SendOutcome::Retry { after: None, reason: error.to_string() }, History::default());
        }
    };
    let mut history = History { slot: Some(replaces.slot.clone()), ..History::default() };
    if let Some(standing) = &standing {
        if replaces.by == ReplaceBy::Edit {
            match send_edit(inner, bot, channel, standing, message).await {
                SendOutcome::Rejected { code, .. } if code == NOT_EDITABLE => {}
                outcome => {
                    history.changed = Some(Changed {
                        id: standing.id,
                        payload: row.payload.clone(),
                        effect: Some(row.effect_id.clone()),
                    });
                    return (outcome, history);
                }
            }
        }
        // One that cannot be taken back any more stays; the new one is sent all the same.
        if let outcome @ (SendOutcome::Retry { .. } | SendOutcome::Revoked | SendOutcome::Migrated { .. }) =
            send_deletion(bot, channel, standing).await
        {
            return (outcome, history);
        }
        history.deleted = Some(standing.id);
    }
    let outgoing = Outgoing::Message { peer, message };
    (files::send(inner, bot, channel, &outgoing).await, history)
}

async fn send_edit(
    inner: &Inner,
    bot: &LoadedBot,
    channel: &dyn Channel,
    standing: &Standing,
    new: &Message,
) -> SendOutcome {
    let ids = standing.ids();
    let outgoing = Outgoing::Edit { peer: &standing.peer, ids: &ids, old: &standing.message, new };
    files::send(inner, bot, channel, &outgoing).await
}

async fn send_deletion(bot: &LoadedBot, channel: &dyn Channel, standing: &Standing) -> SendOutcome {
    let ids = standing.ids();
    channel.send(&bot.access, &Outgoing::Delete { peer: &standing.peer, ids: &ids }, bot.names()).await
}

async fn find(inner: &Inner, bot: &LoadedBot, message: EffectId) -> Result<Option<Standing>, SendOutcome> {
    let (workspace, effect) = (bot.workspace, message.to_string());
    let found = inner
        .store
        .read(move |connection| Ok(messages::find_by_effect(connection, workspace, &effect)?))
        .await
        .map_err(|error| SendOutcome::Retry { after: None, reason: error.to_string() })?;
    // A number a scenario was given may name another bot's message.
    Ok(found.filter(|row| row.bot_id == bot.id).and_then(Standing::read))
}

fn done() -> SendOutcome {
    SendOutcome::sent(None, serde_json::Value::Null)
}

fn gone() -> Done {
    let text = "the message never arrived, or is gone".to_owned();
    (SendOutcome::Rejected { code: "no_message".to_owned(), text }, History::default())
}
