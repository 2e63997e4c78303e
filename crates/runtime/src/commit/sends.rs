//! What a burst has sent: how it stands in the outbox, and who waits for its fate.

use connectors::channels::simulator;
use engine::effect::{Call, ChannelCall, Effect, EffectId, Emitted};
use engine::event::Peer;
use engine::ids::{RunId, StepNo};
use engine::limits::CHANNEL_CALL_MS;
use engine::message::{ChatAction, Message, MessageEdit};
use engine::run::RunState;
use serde::{Deserialize, Serialize};
use store::outbox::{NewOutboxRow, OutboxClass};
use store::{JobError, Tx, calls, outbox};

use super::{Commit, Committed, to_json};
use crate::event::peer_key;

/// A send as it stands in the outbox and, afterwards, in the history.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outbound {
    Message {
        peer: Peer,
        message: Message,
    },
    /// A change of an earlier message, which is looked up when it is sent.
    Edit {
        peer: Peer,
        message: EffectId,
        edit: MessageEdit,
    },
    Delete {
        peer: Peer,
        message: EffectId,
    },
    ChatAction {
        peer: Peer,
        action: ChatAction,
    },
    Acknowledge {
        callback: String,
        text: Option<String>,
    },
    /// A method of the messenger's API.
    Call {
        call: ChannelCall,
    },
}

impl Outbound {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::ChatAction { .. } => "chat_action",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Call { .. } => "call",
        }
    }
}

/// What an effect is in the outbox, and the peer in whose order it stands there. `None` for effects that stay in the
/// house.
fn outbound(effect: &Effect) -> Option<(String, Outbound)> {
    Some(match effect {
        Effect::Send { peer, message } => {
            (peer_key(peer), Outbound::Message { peer: peer.clone(), message: message.clone() })
        }
        Effect::Edit { peer, message, edit } => {
            let (message, edit) = (*message, edit.clone());
            (peer_key(peer), Outbound::Edit { peer: peer.clone(), message, edit })
        }
        Effect::Delete { peer, message } => {
            (peer_key(peer), Outbound::Delete { peer: peer.clone(), message: *message })
        }
        Effect::ChatAction { peer, action } => {
            (peer_key(peer), Outbound::ChatAction { peer: peer.clone(), action: *action })
        }
        Effect::Acknowledge { callback, text } => {
            (String::new(), Outbound::Acknowledge { callback: callback.clone(), text: text.clone() })
        }
        Effect::Call { peer, call } => {
            (peer.as_ref().map(peer_key).unwrap_or_default(), Outbound::Call { call: call.clone() })
        }
        Effect::CancelWaits { .. }
        | Effect::SetField { .. }
        | Effect::Tag { .. }
        | Effect::ChangeField { .. }
        | Effect::JoinStaff
        | Effect::Subscribe { .. }
        | Effect::Forget { .. }
        | Effect::Signal { .. }
        | Effect::Respond { .. } => return None,
    })
}

/// Who waits for the fate of an outbox row.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ReturnTo {
    pub run: RunId,
    pub step: StepNo,
}

/// How long an acknowledgement is worth sending: messengers forget a pressed button soon.
const ACKNOWLEDGE_WITHIN_MS: i64 = 60_000;

/// Shown later, that the bot is typing would be a lie.
const CHAT_ACTION_WITHIN_MS: i64 = 5_000;

impl Commit {
    /// Queues what goes to the messenger; `return_to` names the call that is answered with its fate.
    pub(super) fn send_out(
        &self,
        tx: &mut Tx,
        emitted: &Emitted,
        return_to: Option<String>,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some((peer, outbound)) = outbound(&emitted.effect) else { return Ok(()) };
        let row = self.outbox_row(emitted, &outbound, peer, return_to);
        if done.claims > 0
            && let Some(claimed) = outbox::insert_claimed(tx, &row, &self.node, self.now)?
        {
            done.claims -= 1;
            done.claimed.push(claimed);
            return Ok(());
        }
        outbox::insert(tx, &row)?;
        done.sends = true;
        Ok(())
    }

    fn outbox_row(
        &self,
        emitted: &Emitted,
        outbound: &Outbound,
        peer: String,
        return_to: Option<String>,
    ) -> NewOutboxRow {
        let is_message = matches!(outbound, Outbound::Message { .. });
        let is_urgent = match outbound {
            Outbound::Acknowledge { .. } => true,
            Outbound::Call { call } => call.within_ms.is_some(),
            _ => false,
        };
        // The simulator's history is its display, toasts included.
        let is_toast = self.bot.channel == simulator::KIND
            && matches!(outbound, Outbound::Acknowledge { text: Some(_), .. });
        NewOutboxRow {
            lane: self.lane_id.clone(),
            effect_id: emitted.id.to_string(),
            peer,
            // A change comes after the message it changes.
            class: if is_urgent { OutboxClass::Ack } else { OutboxClass::Reply },
            kind: outbound.kind().to_owned(),
            payload: to_json(outbound),
            in_history: is_message || is_toast,
            not_before: self.now,
            expires_at: match outbound {
                Outbound::Acknowledge { .. } => Some(self.now.plus_ms(ACKNOWLEDGE_WITHIN_MS)),
                Outbound::ChatAction { .. } => Some(self.now.plus_ms(CHAT_ACTION_WITHIN_MS)),
                Outbound::Call { call } => Some(self.now.plus_ms(call.within_ms.unwrap_or(CHANNEL_CALL_MS))),
                _ => None,
            },
            return_to,
            created_at: self.now,
        }
    }

    pub(super) fn insert_call(&self, tx: &mut Tx, run: &RunState, call: &Call) -> Result<(), JobError> {
        let new = calls::NewCall {
            lane: self.lane_id.clone(),
            partition: 0,
            run_id: run.run,
            step_no: run.step,
            request: to_json(call),
            next_at: Some(self.now),
        };
        calls::insert(tx, &new)
    }

    /// The call that the fate of an outbox row answers: nobody else performs it.
    pub(super) fn insert_awaited(&self, tx: &mut Tx, run: &RunState) -> Result<(), JobError> {
        let new = calls::NewCall {
            lane: self.lane_id.clone(),
            partition: 0,
            run_id: run.run,
            step_no: run.step,
            request: "{}".to_owned(),
            next_at: None,
        };
        calls::insert(tx, &new)
    }
}
