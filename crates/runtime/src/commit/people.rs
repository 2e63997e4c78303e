//! What a burst changes of its subscriber besides his fields, and what it tells lanes.
//!
//! A signal is an inbox row. Its dedupe key is the effect's name, so a burst that is repeated tells nothing twice.

use engine::effect::{Answer, EffectId, FieldScope};
use engine::error::StepError;
use engine::event::{Event, EventKind, MembershipChange, Peer, Sender};
use engine::ids::RunId;
use engine::message::Message;
use engine::run::RunState;
use engine::signal::{Audience, Happened, Reach, Recipient, Signal, Tell, Watched, What};
use engine::value::Value;
use store::fields::{self, Owner};
use store::inbox::{self, InboxKind, NewInboxRow};
use store::outbox::{self, NewOutboxRow, OutboxClass};
use store::subscribers::Subscriber;
use store::{JobError, LaneId, Tx, bots, scenarios, subscribers, tags};

use super::{Commit, Committed, Outbound, to_json};
use crate::event::{OwnEvent, PLAIN, peer_key, subscriber_lane};

impl Commit {
    /// Writes to other subscribers, or tells their lanes something; answers how many it reached. The order is that
    /// of the lanes' keys on every node, so two of them that tell the same people do not wait for each other.
    pub(super) fn tell_others(
        &self,
        tx: &mut Tx,
        run: &RunState,
        tell: &Tell,
        done: &mut Committed,
    ) -> Result<Result<Answer, StepError>, JobError> {
        let mut to = match &tell.to {
            Audience::Subscribers(recipients) => recipients.clone(),
            Audience::Staff => self.staff(tx)?,
        };
        to.sort_by(|left, right| (left.bot, &left.user).cmp(&(right.bot, &right.user)));
        let is_mailing = to.len() > 1 && tell.to != Audience::Staff;
        let (mut reached, mut refused) = (0_u16, None);
        for recipient in &to {
            let lane = LaneId::new(
                self.lane_id.workspace,
                recipient.bot.unwrap_or(self.lane_id.bot),
                subscriber_lane(&recipient.user),
            );
            let subscriber = subscribers::find(tx, &lane)?;
            let reach = self.reach(tx, &lane, subscriber.as_ref(), tell)?;
            if let Some(error) = tell.refusal(recipient, reach) {
                refused.get_or_insert(error);
                continue;
            }
            let id = EffectId { index: reached, ..EffectId::first_message(run.run, run.step) };
            match &tell.what {
                What::Message(message) => {
                    let class = if is_mailing { OutboxClass::Mass } else { OutboxClass::Reply };
                    self.write_to(tx, &lane, &recipient.user, id, class, message)?;
                    done.sends |= lane.bot == self.lane_id.bot;
                    if lane.bot != self.lane_id.bot && !done.bots.contains(&lane.bot) {
                        done.bots.push(lane.bot);
                    }
                }
                What::Signal { signal, chain } => {
                    let who =
                        subscriber.map(|subscriber| known(&recipient.user, subscriber)).unwrap_or_default();
                    self.tell(tx, lane.clone(), format!("signal:{id}"), who, signal, chain)?;
                    done.lanes.push(lane);
                }
            }
            reached = reached.saturating_add(1);
        }
        Ok(Tell::outcome(reached.into(), refused))
    }

    fn staff(&self, tx: &mut Tx) -> Result<Vec<Recipient>, JobError> {
        let most = i64::try_from(self.limits.recipients).unwrap_or(i64::MAX);
        let members = store::staff::list(tx, self.lane_id.workspace, self.lane_id.bot, most)?;
        let user = |member: store::staff::Member| member.lane_key.strip_prefix("user:").map(str::to_owned);
        Ok(members.into_iter().filter_map(user).map(|user| Recipient { user, bot: None }).collect())
    }

    /// How a recipient stands with his bot, and that bot with this workspace.
    fn reach(
        &self,
        tx: &mut Tx,
        lane: &LaneId,
        subscriber: Option<&Subscriber>,
        tell: &Tell,
    ) -> Result<Reach, JobError> {
        if lane.bot != self.lane_id.bot {
            if bots::find(tx, lane.workspace, lane.bot)?.is_none() {
                return Ok(Reach::ForeignBot);
            }
            if let What::Signal {
                signal: Signal::Start { scenario, .. } | Signal::Stop { scenario, .. }, ..
            } = &tell.what
                && !is_connected(tx, lane, scenario)?
            {
                return Ok(Reach::NoScenario);
            }
        }
        Ok(match subscriber {
            None => Reach::Unknown,
            Some(found) if found.blocked_at.is_some() => Reach::Blocked,
            Some(found) if found.unsubscribed_at.is_some() => Reach::Unsubscribed,
            Some(_) => Reach::Reachable,
        })
    }

    fn write_to(
        &self,
        tx: &mut Tx,
        lane: &LaneId,
        user: &str,
        id: EffectId,
        class: OutboxClass,
        message: &Message,
    ) -> Result<(), JobError> {
        // A person's own chat has the person's number, as with mini apps.
        let peer = Peer { chat: user.to_owned(), thread: None };
        let outbound = Outbound::Message { peer: peer.clone(), message: message.clone() };
        let row = NewOutboxRow {
            lane: lane.clone(),
            effect_id: id.to_string(),
            peer: peer_key(&peer),
            class,
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

    /// Everything that is known of the subscriber goes.
    pub(super) fn forget(
        &self,
        tx: &mut Tx,
        run: RunId,
        event: &Event,
        person_too: bool,
    ) -> Result<(), JobError> {
        let mut owners: Vec<Owner> = self.owner(FieldScope::Client, event).into_iter().collect();
        owners.extend(self.owner(FieldScope::Person, event).filter(|_| person_too));
        store::forgetting::forget(tx, &self.lane_id, run, &owners)
    }

    /// Whoever blocks the bot hears nothing more of it.
    pub(super) fn note_membership(&self, tx: &mut Tx, change: MembershipChange) -> Result<(), JobError> {
        match change {
            MembershipChange::Blocked => subscribers::set_blocked(tx, &self.lane_id, Some(self.now)),
            MembershipChange::Unblocked => subscribers::set_blocked(tx, &self.lane_id, None),
            MembershipChange::Joined | MembershipChange::Left => Ok(()),
        }
    }

    pub(super) fn tell_of_first_visit(&self, tx: &mut Tx, done: &mut Committed) -> Result<(), JobError> {
        let watched = Watched { triggers: self.first_visit.to_vec(), chain: Vec::new() };
        for (index, signal) in watched.signals(&Happened::FirstVisit).enumerate() {
            // Whoever was forgotten comes for the first time again, at another moment.
            let key = format!("signal:first:{}:{}/{index}", self.lane_id.key, self.now.0);
            self.tell_self(tx, key, &signal, &[], done)?;
        }
        Ok(())
    }

    pub(super) fn change_tag(
        &self,
        tx: &mut Tx,
        id: EffectId,
        tag: &str,
        added: bool,
        watched: Option<&Watched>,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let changed = if added {
            tags::insert(tx, &self.lane_id, tag, self.now)?
        } else {
            tags::delete(tx, &self.lane_id, tag)?
        };
        if !changed {
            return Ok(());
        }
        self.tell_watchers(tx, id, watched, &Happened::Tag { tag: tag.to_owned(), added }, done)
    }

    /// A field that is written from another lane: what it was is asked only when somebody wants to know.
    pub(super) fn change_field(
        &self,
        tx: &mut Tx,
        id: EffectId,
        name: &str,
        value: &Value,
        watched: Option<&Watched>,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some(user) = self.lane_id.key.strip_prefix("user:") else { return Ok(()) };
        let owner = Owner::client(self.lane_id.bot, user);
        let old = match watched {
            Some(_) => {
                let rows = fields::load(tx, self.lane_id.workspace, &owner, Some(&[name.to_owned()]))?;
                rows.into_iter()
                    .next()
                    .and_then(|(_, text)| serde_json::from_str(&text).ok())
                    .unwrap_or_default()
            }
            None => Value::Null,
        };
        fields::upsert(tx, self.lane_id.workspace, &owner, name, &to_json(value))?;
        if old == *value {
            return Ok(());
        }
        self.tell_watchers(
            tx,
            id,
            watched,
            &Happened::Field { name: name.to_owned(), old, new: value.clone() },
            done,
        )
    }

    fn tell_watchers(
        &self,
        tx: &mut Tx,
        id: EffectId,
        watched: Option<&Watched>,
        what: &Happened,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some(watched) = watched else { return Ok(()) };
        for (index, signal) in watched.signals(what).enumerate() {
            self.tell_self(tx, format!("signal:{id}/{index}"), &signal, &watched.chain, done)?;
        }
        Ok(())
    }

    /// Puts a signal into this lane, behind what waits in it already.
    pub(super) fn tell_self(
        &self,
        tx: &mut Tx,
        dedupe_key: String,
        signal: &Signal,
        chain: &[String],
        done: &mut Committed,
    ) -> Result<(), JobError> {
        done.again = true;
        let run = self.burst.as_ref().map(|(burst, _)| &burst.run);
        let event = run.map(|run| &run.event).or(self.event.as_ref());
        let sender = event.and_then(|event| event.sender.clone());
        let peer = run.map(|run| &run.peer).or(event.map(|event| &event.peer)).cloned().flatten();
        self.tell(tx, self.lane_id.clone(), dedupe_key, (peer, sender), signal, chain)
    }

    pub(super) fn tell(
        &self,
        tx: &mut Tx,
        lane: LaneId,
        dedupe_key: String,
        (peer, sender): (Option<Peer>, Option<Sender>),
        signal: &Signal,
        chain: &[String],
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
            received_at: self.now,
        };
        inbox::insert_batch(tx, std::slice::from_ref(&row))?;
        Ok(())
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
fn is_connected(tx: &mut Tx, lane: &LaneId, name: &str) -> Result<bool, JobError> {
    let published = scenarios::list_published(tx, lane.workspace)?;
    let Some((id, ..)) = published.into_iter().find(|(_, own, _)| own == name) else { return Ok(false) };
    let connected = bots::list_published(tx, lane.workspace, lane.bot)?;
    Ok(connected.iter().any(|own| own.scenario_id == id))
}
