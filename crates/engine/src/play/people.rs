//! What a played person is besides his dialogue, and what lanes tell one another.

use super::triggers::ANONYMOUS;
use super::{Heard, Outside, Person, World};
use crate::effect::{Answer, EffectId};
use crate::error::StepError;
use crate::event::{EventKind, MembershipChange};
use crate::expression::{JOINED, TAGS};
use crate::ids::{BotId, RunId};
use crate::scenario::TriggerOptions;
use crate::signal::{
    Audience, Happened, Reach, Recipient, STAFF_CODE, Signal, Tell, Watched, What, addressed,
};
use crate::value::{Map, Value};

/// What goes to more people than one commit tells, and how far it has come.
#[derive(Debug)]
pub(super) struct Broadcast {
    asked: EffectId,
    tell: Tell,
    to: std::vec::IntoIter<Recipient>,
}

/// A signal on its way.
#[derive(Debug)]
pub(super) struct Told {
    who: String,
    signal: Signal,
    chain: Vec<String>,
}

impl Person {
    pub(super) fn tags(&self) -> Value {
        Value::Array(self.tags.iter().map(|tag| tag.as_str().into()).collect())
    }

    /// What runs read as `client.`.
    pub(super) fn fields(&self) -> Map {
        let mut fields = self.client.clone();
        fields.insert(TAGS.to_owned(), self.tags());
        fields.insert(JOINED.to_owned(), self.joined.0.into());
        fields
    }
}

/// The code of the staff's link in a played world: `/start staff_play`.
const PLAYED_STAFF: &str = "play";

impl World {
    /// Notes what an event says of its person; answers what it means to his lane.
    pub(super) fn note(&mut self, who: &str, kind: EventKind) -> EventKind {
        if let EventKind::Membership { change } = &kind {
            match change {
                MembershipChange::Blocked => self.person(who).blocked = true,
                MembershipChange::Unblocked => self.person(who).blocked = false,
                MembershipChange::Joined | MembershipChange::Left => {}
            }
            return kind;
        }
        if matches!(kind, EventKind::Webhook { .. } | EventKind::Called { .. }) {
            return kind;
        }
        let now = self.now;
        let person = self.person(who);
        person.blocked = false;
        if let EventKind::Started { .. } = &kind {
            person.unsubscribed = false;
        }
        if !std::mem::replace(&mut person.known, true) {
            person.joined = now;
            let triggers = self.programs.watching(TriggerOptions::watches_first_visit);
            let watched = Watched { triggers, chain: Vec::new() };
            self.tell_watchers(who, Some(watched), &Happened::FirstVisit);
        }
        match &kind {
            EventKind::Started { payload: Some(code) }
                if code.strip_prefix(STAFF_CODE) == Some(PLAYED_STAFF) =>
            {
                EventKind::Signal { signal: Signal::JoinStaff, chain: Vec::new() }
            }
            _ => kind,
        }
    }

    /// Writes to others, or tells their lanes something.
    pub(super) fn tell_others(
        &mut self,
        asked: EffectId,
        tell: &Tell,
        said: &mut Vec<Heard>,
    ) -> Result<Answer, StepError> {
        let staff = || {
            let people = self.people.iter().filter(|(_, person)| person.staff);
            people.map(|(name, _)| Recipient::subscriber(name.clone())).collect()
        };
        let to: Vec<Recipient> = match &tell.to {
            Audience::Subscribers(recipients) => recipients.clone(),
            Audience::Staff => staff(),
        };
        if to.len() > self.limits.recipients {
            let reach = |bot| Ok::<_, StepError>(reach_of_bot(Some(bot)));
            let to = addressed(tell, to, reach)??;
            let count = i64::try_from(to.len()).unwrap_or(i64::MAX);
            self.broadcasts.push_back(Broadcast { asked, tell: tell.clone(), to: to.into_iter() });
            return Ok(Answer::Written(count.into()));
        }
        let (reached, refused) = self.tell_each(asked, tell, &to, said);
        Tell::outcome(reached, refused)
    }

    /// Tells the next of those a broadcast is for; false when there is none under way.
    pub(super) fn broadcast_next(&mut self, said: &mut Vec<Heard>) -> bool {
        let Some(mut broadcast) = self.broadcasts.pop_front() else { return false };
        let part: Vec<Recipient> = broadcast.to.by_ref().take(self.limits.recipients).collect();
        if part.is_empty() {
            return true;
        }
        // Who is left out is nobody's error: the run has gone on.
        let _ = self.tell_each(broadcast.asked, &broadcast.tell, &part, said);
        self.broadcasts.push_back(broadcast);
        true
    }

    /// How many were reached, and why the first of the others was not.
    fn tell_each(
        &mut self,
        asked: EffectId,
        tell: &Tell,
        to: &[Recipient],
        said: &mut Vec<Heard>,
    ) -> (usize, Option<StepError>) {
        let (mut reached, mut refused) = (0, None);
        for recipient in to {
            if let Some(error) = tell.refusal(recipient, self.reach(recipient)) {
                refused.get_or_insert(error);
                continue;
            }
            // Nobody has a lane of his own.
            let who = recipient.user.clone().unwrap_or_else(|| {
                let number = recipient.element.as_ref().map_or(0, |element| element.number);
                format!("{ANONYMOUS}{asked}/{number}")
            });
            match &tell.what {
                What::Message(message) => {
                    let index = u16::try_from(reached).unwrap_or(u16::MAX);
                    let seen = self.show(&who, EffectId { index, ..asked }, message.clone());
                    said.push((who, seen));
                }
                What::Signal { signal, chain } => {
                    self.tell(&who, recipient.signal(signal).into_owned(), chain.clone());
                }
            }
            reached += 1;
        }
        (reached, refused)
    }

    fn reach(&self, recipient: &Recipient) -> Reach {
        if reach_of_bot(recipient.bot) == Reach::ForeignBot {
            return Reach::ForeignBot;
        }
        let Some(user) = &recipient.user else { return Reach::Reachable };
        match self.people.get(user) {
            Some(person) if person.blocked => Reach::Blocked,
            Some(person) if person.unsubscribed => Reach::Unsubscribed,
            Some(person) if person.known => Reach::Reachable,
            _ => Reach::Unknown,
        }
    }

    /// What stands in the messenger's chat stays there.
    pub(super) fn forget(&mut self, who: &str, run: RunId, person_too: bool) {
        let person = self.person(who);
        let old = std::mem::take(person);
        person.shown = old.shown;
        person.numbered_from = old.numbered_from;
        person.lane.runs = old.lane.runs.into_iter().filter(|own| own.run == run).collect();
        if !person_too {
            person.person = old.person;
        }
        self.timers.retain(|timer| timer.who != who);
        self.again.retain(|again| again.who != who);
    }

    /// Tells a lane something; it takes it when what is at work rests.
    pub(super) fn tell(&mut self, who: &str, signal: Signal, chain: Vec<String>) {
        self.signals.push_back(Told { who: who.to_owned(), signal, chain });
    }

    pub(super) fn take_signals(&mut self, outside: &mut dyn Outside, said: &mut Vec<Heard>) {
        while let Some(Told { who, signal, chain }) = self.signals.pop_front() {
            let event = self.new_event(&who, EventKind::Signal { signal, chain });
            self.take(&who, event, outside, said);
            self.leave_if_nobody(&who);
        }
    }

    pub(super) fn change_tag(&mut self, who: &str, tag: &str, added: bool, watched: Option<Watched>) {
        let tags = &mut self.person(who).tags;
        match tags.iter().position(|own| own == tag) {
            None if added => tags.push(tag.to_owned()),
            Some(index) if !added => {
                tags.remove(index);
            }
            _ => return,
        }
        self.tell_watchers(who, watched, &Happened::Tag { tag: tag.to_owned(), added });
    }

    pub(super) fn change_field(&mut self, who: &str, name: String, value: Value, watched: Option<Watched>) {
        let old = self.person(who).client.insert(name.clone(), value.clone()).unwrap_or_default();
        if old != value {
            self.tell_watchers(who, watched, &Happened::Field { name, old, new: value });
        }
    }

    fn tell_watchers(&mut self, who: &str, watched: Option<Watched>, what: &Happened) {
        let Some(watched) = watched else { return };
        for signal in watched.signals(what) {
            self.tell(who, signal, watched.chain.clone());
        }
    }
}

/// A played world has one bot, whose number is 1.
fn reach_of_bot(bot: Option<BotId>) -> Reach {
    if bot.is_some_and(|bot| bot.0 != 1) { Reach::ForeignBot } else { Reach::Reachable }
}
