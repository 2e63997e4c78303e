//! Telling other subscribers: messages to them are outbox rows, everything else is a signal in their lane's inbox.
//! A step's few are told in its commit, the many of a broadcast part by part.

use std::collections::BTreeMap;

use engine::error::StepError;
use engine::event::{EventKind, Peer, Sender};
use engine::ids::{BotId, UtcMs, WorkspaceId};
use engine::message::Message;
use engine::signal::{Reach, Recipient, Signal, Tell, What};
use store::inbox::{self, InboxKind, NewInboxRow};
use store::lanes::ANONYMOUS;
use store::outbox::{self, NewOutboxRow, OutboxClass};
use store::subscribers::Subscriber;
use store::{JobError, LaneId, Tx, bots, scenarios, subscribers};

use crate::commit::{Outbound, to_json};
use crate::event::{OwnEvent, PLAIN, peer_key, subscriber_lane};

/// Who tells, what, and as what it goes out.
pub struct Telling<'a> {
    pub workspace: WorkspaceId,
    /// The bot of whoever names no other.
    pub bot: BotId,
    pub tell: &'a Tell,
    pub class: OutboxClass,
    pub now: UtcMs,
}

/// What came of it.
#[derive(Default)]
pub struct Told {
    pub reached: u16,
    /// Why the first of those who were left out was.
    pub refused: Option<StepError>,
    /// Lanes that have something to take.
    pub lanes: Vec<LaneId>,
    /// Bots that have something to send.
    pub bots: Vec<BotId>,
}

impl Telling<'_> {
    /// Tells everybody. The order is that of the lanes' keys on every node, so two of them that tell the same people do
    /// not wait for each other. `name` makes an effect's name from the number of those reached, and from the recipient
    /// and his lane.
    pub fn tell_each(
        &self,
        tx: &mut Tx,
        mut to: Vec<Recipient>,
        name: impl Fn(u16, &Recipient, &LaneId) -> String,
    ) -> Result<Told, JobError> {
        to.sort_by(|left, right| (left.bot, &left.user).cmp(&(right.bot, &right.user)));
        let mut told = Told::default();
        let mut of_bots = BTreeMap::new();
        for recipient in &to {
            let bot = recipient.bot.unwrap_or(self.bot);
            let user = recipient.user.as_deref();
            let key = user.map_or_else(|| ANONYMOUS.to_owned(), subscriber_lane);
            let mut lane = LaneId::new(self.workspace, bot, key);
            let of_bot = match of_bots.get(&bot) {
                Some(reach) => *reach,
                None => *of_bots.entry(bot).or_insert(self.reach_of_bot(tx, bot)?),
            };
            let (subscriber, reach) = match (of_bot, user) {
                (Reach::Reachable, Some(_)) => {
                    let subscriber = subscribers::find(tx, &lane)?;
                    let reach = reach_of(subscriber.as_ref());
                    (subscriber, reach)
                }
                _ => (None, of_bot),
            };
            if let Some(error) = self.tell.refusal(recipient, reach) {
                told.refused.get_or_insert(error);
                continue;
            }
            let name = name(told.reached, recipient, &lane);
            if user.is_none() {
                // Nobody to keep in order with: a lane of its own.
                lane.key = format!("{ANONYMOUS}{name}").into();
            }
            match &self.tell.what {
                What::Message(message) => {
                    self.write_to(tx, &lane, user.unwrap_or_default(), name, message)?;
                    if !told.bots.contains(&lane.bot) {
                        told.bots.push(lane.bot);
                    }
                }
                What::Signal { signal, chain } => {
                    let who =
                        user.zip(subscriber).map(|(user, found)| known(user, found)).unwrap_or_default();
                    let signal = recipient.signal(signal);
                    tell_lane(tx, lane.clone(), format!("signal:{name}"), who, &signal, chain, self.now)?;
                    told.lanes.push(lane);
                }
            }
            told.reached = told.reached.saturating_add(1);
        }
        Ok(told)
    }

    /// How a bot stands with this workspace.
    pub fn reach_of_bot(&self, tx: &mut Tx, bot: BotId) -> Result<Reach, JobError> {
        if bot == self.bot {
            return Ok(Reach::Reachable);
        }
        if bots::find(tx, self.workspace, bot)?.is_none() {
            return Ok(Reach::ForeignBot);
        }
        if let What::Signal { signal: Signal::Start { scenario, .. } | Signal::Stop { scenario, .. }, .. } =
            &self.tell.what
            && !is_connected(tx, self.workspace, bot, scenario)?
        {
            return Ok(Reach::NoScenario);
        }
        Ok(Reach::Reachable)
    }

    fn write_to(
        &self,
        tx: &mut Tx,
        lane: &LaneId,
        user: &str,
        effect_id: String,
        message: &Message,
    ) -> Result<(), JobError> {
        // A person's own chat has the person's number, as with mini apps.
        let peer = Peer { chat: user.to_owned(), thread: None };
        let outbound = Outbound::Message { peer: peer.clone(), message: message.clone() };
        let row = NewOutboxRow {
            lane: lane.clone(),
            effect_id,
            peer: peer_key(&peer),
            class: self.class,
            kind: outbound.kind().to_owned(),
            payload: to_json(&outbound),
            in_history: true,
            not_before: self.now,
            expires_at: None,
            return_to: None,
            created_at: self.now,
        };
        outbox::insert(tx, &row)?;
        Ok(())
    }
}

/// Puts a signal into a lane, behind what waits in it already.
pub fn tell_lane(
    tx: &mut Tx,
    lane: LaneId,
    dedupe_key: String,
    (peer, sender): (Option<Peer>, Option<Sender>),
    signal: &Signal,
    chain: &[String],
    now: UtcMs,
) -> Result<(), JobError> {
    let kind = EventKind::Signal { signal: signal.clone(), chain: chain.to_vec() };
    let row = NewInboxRow {
        lane,
        partition: 0,
        dedupe_key,
        kind: InboxKind::Signal,
        payload: to_json(&OwnEvent { peer, sender, kind }).into_bytes(),
        meta: PLAIN.to_owned(),
        reply_secret: None,
        hops: i64::try_from(chain.len()).unwrap_or(i64::MAX),
        received_at: now,
    };
    inbox::insert_batch(tx, std::slice::from_ref(&row))?;
    Ok(())
}

fn reach_of(subscriber: Option<&Subscriber>) -> Reach {
    match subscriber {
        None => Reach::Unknown,
        Some(found) if found.blocked_at.is_some() => Reach::Blocked,
        Some(found) if found.unsubscribed_at.is_some() => Reach::Unsubscribed,
        Some(_) => Reach::Reachable,
    }
}

/// Where to write to a subscriber and who he is, as the tables know.
fn known(user: &str, subscriber: Subscriber) -> (Option<Peer>, Option<Sender>) {
    let sender = Sender {
        id: user.to_owned(),
        first_name: subscriber.first_name,
        last_name: subscriber.last_name,
        username: subscriber.username,
        language: subscriber.language,
    };
    (Some(Peer { chat: user.to_owned(), thread: None }), Some(sender))
}

/// Whether a bot has a published scenario of this name.
fn is_connected(tx: &mut Tx, workspace: WorkspaceId, bot: BotId, name: &str) -> Result<bool, JobError> {
    let published = scenarios::list_published(tx, workspace)?;
    let Some((id, ..)) = published.into_iter().find(|(_, own, _)| own == name) else { return Ok(false) };
    let connected = bots::list_published(tx, workspace, bot)?;
    Ok(connected.iter().any(|own| own.scenario_id == id))
}
