//! Addresses that runs of a played world gave out: the chat says who calls one.

use super::{Heard, Outside, World};
use crate::address;
use crate::effect::Answer;
use crate::error::StepError;
use crate::event::EventKind;
use crate::ids::{RunId, UtcMs};
use crate::value::{Map, Value};

/// An address of one use.
#[derive(Debug)]
pub(super) struct Address {
    hash: String,
    who: String,
    run: RunId,
    expires: UtcMs,
    called: bool,
    /// What the call said, until its run has taken it.
    request: Option<Map>,
}

impl World {
    /// Makes an address; in a played world their secrets are 1, 2, 3.
    pub(super) fn make_address(&mut self, who: &str, run: RunId, valid_ms: i64) -> Answer {
        let secret = (self.addresses.len() + 1).to_string();
        let expires = self.now.plus_ms(valid_ms);
        let hash = address::hash(&secret);
        let who = who.to_owned();
        self.addresses.push(Address { hash, who, run, expires, called: false, request: None });
        Answer::Written(format!("https://bot.test/webhook/once/{secret}").into())
    }

    /// Whether somebody has called already, and what he said.
    pub(super) fn take_call(&mut self, run: RunId, hash: &str) -> Result<Answer, StepError> {
        let found = self.addresses.iter_mut().find(|own| own.hash == hash && own.run == run);
        let own = found.ok_or_else(address::unknown)?;
        match own.request.take() {
            Some(request) => Ok(Answer::Written(request.into())),
            None if own.called => Err(address::used()),
            None => Ok(Answer::Written(Value::Null)),
        }
    }

    /// Somebody calls an address.
    ///
    /// # Errors
    /// The status he gets: 404 for an address that never was, 410 for one that is over.
    pub fn call_address(
        &mut self,
        secret: &str,
        request: Map,
        outside: &mut dyn Outside,
    ) -> Result<Vec<Heard>, u16> {
        let (hash, now) = (address::hash(secret), self.now);
        let own = self.addresses.iter_mut().find(|own| own.hash == hash).ok_or(404_u16)?;
        let is_open = self
            .people
            .get(&own.who)
            .and_then(|person| person.lane.run(own.run))
            .is_some_and(|run| run.is_open());
        if own.called || own.expires <= now || !is_open {
            return Err(410);
        }
        own.called = true;
        let (who, run) = (own.who.clone(), own.run);
        let is_awaited = |person: &super::Person| {
            let wait = person.lane.run(run).and_then(|run| run.wait.as_ref());
            wait.is_some_and(|wait| wait.address.as_deref() == Some(hash.as_str()))
        };
        if !self.people.get(&who).is_some_and(is_awaited) {
            own.request = Some(request.clone());
        }
        Ok(self.event(&who, EventKind::Called { address: hash, request }, outside))
    }
}
