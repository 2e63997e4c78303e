//! Requests of a played world: made at once, and made again as time is let pass.

use super::{Heard, Outside, World};
use crate::effect::{Answer, HttpCall, Input};
use crate::error::StepError;
use crate::event::Event;
use crate::ids::{RunId, StepNo, UtcMs};

/// Codes of requests that had no answer and may have one later, as the server's own client names them.
const MAY_PASS: [&str; 4] = ["http_dns", "http_connect", "http_timeout", "http_broken"];

/// A request that is to be made again.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) due: UtcMs,
    pub(super) who: String,
    pub(super) run: RunId,
    step: StepNo,
    call: HttpCall,
    /// How often it has been made.
    attempts: u32,
}

impl World {
    /// Makes a request; `None` when it is to be made again later.
    pub(super) fn call(
        &mut self,
        who: &str,
        (run, step): (RunId, StepNo),
        call: HttpCall,
        outside: &mut dyn Outside,
    ) -> Option<Result<Answer, StepError>> {
        let first = Again { due: self.now, who: who.to_owned(), run, step, call, attempts: 0 };
        self.attempt(first, outside)
    }

    fn attempt(&mut self, mut again: Again, outside: &mut dyn Outside) -> Option<Result<Answer, StepError>> {
        again.attempts += 1;
        let mut answer = outside.http(&again.call);
        let may_pass = match &answer {
            Ok(answer) => Some(Some(answer)),
            Err(error) => MAY_PASS.contains(&error.code.as_str()).then_some(None),
        };
        let wait = may_pass.and_then(|answer| again.call.retry_in_ms(again.attempts, answer, self.now));
        if let Some(wait_ms) = wait {
            again.due = self.now.plus_ms(wait_ms);
            self.again.push(again);
            return None;
        }
        if let (Ok(answer), 2..) = (&mut answer, again.attempts) {
            answer.attempt = Some(again.attempts);
        }
        Some(answer.map(Answer::Http))
    }

    /// When the next request is made again.
    pub(super) fn next_again(&self) -> Option<UtcMs> {
        self.again.iter().map(|again| again.due).min()
    }

    /// Makes the request that waits longest again, and tells its run when that is the end of it.
    pub(super) fn call_again(&mut self, outside: &mut dyn Outside, said: &mut Vec<Heard>) {
        let Some(index) =
            (0..self.again.len()).min_by_key(|index| self.again.get(*index).map(|again| again.due))
        else {
            return;
        };
        let again = self.again.remove(index);
        self.now = self.now.max(again.due);
        let (who, run, step) = (again.who.clone(), again.run, again.step);
        if let Some(answer) = self.attempt(again, outside) {
            self.drive(&who, run, Input::Answer(step, answer), outside, said);
        }
    }

    /// Takes what had to wait for a request of its lane, the oldest first; false when nothing could be taken.
    pub(super) fn take_deferred(&mut self, outside: &mut dyn Outside, said: &mut Vec<Heard>) -> bool {
        let is_free =
            |(who, _): &(String, Event)| self.people.get(who).is_none_or(|person| !person.lane.is_calling());
        let Some(index) = self.deferred.iter().position(is_free) else { return false };
        let (who, event) = self.deferred.remove(index);
        self.take(&who, event, outside, said);
        true
    }
}
