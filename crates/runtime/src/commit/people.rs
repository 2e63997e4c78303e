//! What a burst changes of its subscriber besides his fields, and what it tells lanes.
//!
//! A signal is an inbox row. Its dedupe key is the effect's name, so a burst that is repeated tells nothing twice.

use engine::effect::{Answer, EffectId, FieldScope};
use engine::error::StepError;
use engine::event::{Event, MembershipChange};
use engine::ids::RunId;
use engine::run::RunState;
use engine::signal::{Audience, Happened, Recipient, Signal, Tell, Watched};
use engine::value::Value;
use store::fields::{self, Owner};
use store::outbox::OutboxClass;
use store::{JobError, Tx, subscribers, tags};

use super::{Commit, Committed, to_json};
use crate::audience::{Telling, tell_lane};
use crate::broadcasts;

impl Commit {
    /// Writes to other subscribers, or tells their lanes something; answers how many it reached. Many are left to a
    /// broadcast: it answers how many it is for.
    pub(super) fn tell_others(
        &self,
        tx: &mut Tx,
        run: &RunState,
        tell: &Tell,
        done: &mut Committed,
    ) -> Result<Result<Answer, StepError>, JobError> {
        let to = match &tell.to {
            Audience::Subscribers(recipients) => recipients.clone(),
            Audience::Staff => self.staff(tx)?,
        };
        let (workspace, bot) = (self.lane_id.workspace, self.lane_id.bot);
        if to.len() > self.limits.recipients {
            done.broadcasts = true;
            return broadcasts::begin(tx, (workspace, bot), run, tell, to, self.now);
        }
        let is_mailing = to.len() > 1 && tell.to != Audience::Staff;
        let class = if is_mailing { OutboxClass::Mass } else { OutboxClass::Reply };
        let telling = Telling { workspace, bot, tell, class, now: self.now };
        let first = EffectId::first_message(run.run, run.step);
        let told = telling.tell_each(tx, to, |index, _, _| EffectId { index, ..first }.to_string())?;
        done.sends |= told.bots.contains(&bot);
        done.bots.extend(told.bots.into_iter().filter(|other| *other != bot));
        done.lanes.extend(told.lanes);
        Ok(Tell::outcome(told.reached.into(), told.refused))
    }

    fn staff(&self, tx: &mut Tx) -> Result<Vec<Recipient>, JobError> {
        let most = i64::try_from(self.limits.broadcast_recipients).unwrap_or(i64::MAX);
        let members = store::staff::list(tx, self.lane_id.workspace, self.lane_id.bot, most)?;
        let user = |member: store::staff::Member| member.lane_key.strip_prefix("user:").map(str::to_owned);
        Ok(members.into_iter().filter_map(user).map(Recipient::subscriber).collect())
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
        tell_lane(tx, self.lane_id.clone(), dedupe_key, (peer, sender), signal, chain, self.now)
    }
}
