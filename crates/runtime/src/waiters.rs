//! Requests that wait for `_response`: woken by memory, made certain by the `replies` table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::ids::EventId;
use engine::message::Response;
use tokio::sync::oneshot;

/// Callers that wait, by the secret of their reply: several, when one has called again under the same key. Clones are
/// the same.
#[derive(Clone, Default)]
pub struct Waiters {
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    by_secret: HashMap<String, Vec<Caller>>,
    /// Tells callers apart.
    last: u64,
}

struct Caller {
    number: u64,
    reply: oneshot::Sender<Response>,
    /// Known as soon as the event is committed.
    event: Option<EventId>,
}

/// A caller who waits. He is forgotten when this is dropped, as when his connection breaks.
pub struct Place {
    secret: String,
    number: u64,
    reply: oneshot::Receiver<Response>,
    waiters: Waiters,
}

impl Place {
    /// Says which event the reply will be to.
    pub fn is_for(&self, event: EventId) {
        let mut waiting = self.waiters.lock();
        let callers = waiting.by_secret.get_mut(&self.secret).into_iter().flatten();
        for caller in callers.filter(|caller| caller.number == self.number) {
            caller.event = Some(event);
        }
    }

    /// The reply, if it comes in time.
    pub async fn reply(&mut self, within: Duration) -> Option<Response> {
        tokio::time::timeout(within, &mut self.reply).await.ok()?.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiters.lock();
        let Some(callers) = waiting.by_secret.get_mut(&self.secret) else { return };
        callers.retain(|caller| caller.number != self.number);
        if callers.is_empty() {
            waiting.by_secret.remove(&self.secret);
        }
    }
}

impl Waiters {
    /// Registers a caller; do it before the event is committed, or its reply may come first.
    pub fn register(&self, secret: &str) -> Place {
        let (sender, reply) = oneshot::channel();
        let mut waiting = self.lock();
        waiting.last += 1;
        let number = waiting.last;
        let caller = Caller { number, reply: sender, event: None };
        waiting.by_secret.entry(secret.to_owned()).or_default().push(caller);
        Place { secret: secret.to_owned(), number, reply, waiters: self.clone() }
    }

    /// Hands a reply to its callers; false when none of them waits here.
    pub fn answer(&self, secret: &str, response: Response) -> bool {
        let callers = self.lock().by_secret.remove(secret).unwrap_or_default();
        // A caller who has gone reads the table later.
        let told = callers.into_iter().filter_map(|caller| caller.reply.send(response.clone()).ok());
        told.count() > 0
    }

    /// The events whose callers wait here.
    pub fn events(&self) -> Vec<EventId> {
        self.lock().by_secret.values().flatten().filter_map(|caller| caller.event).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_has_gone_is_forgotten() {
        let waiters = Waiters::default();
        let gone = waiters.register("gone");
        let mut stays = waiters.register("stays");
        drop(gone);
        assert_eq!(waiters.lock().by_secret.len(), 1);
        waiters.answer("gone", Response::failed());
        waiters.answer("stays", Response::nobody());
        assert_eq!(stays.reply(Duration::from_secs(60)).await, Some(Response::nobody()));
        drop(stays);
        assert!(waiters.lock().by_secret.is_empty());
    }

    #[tokio::test]
    async fn who_calls_again_waits_beside_himself() {
        let waiters = Waiters::default();
        let (mut first, second) = (waiters.register("same"), waiters.register("same"));
        let mut third = waiters.register("same");
        first.is_for(EventId(5));
        third.is_for(EventId(5));
        drop(second);
        assert_eq!(waiters.events(), [EventId(5), EventId(5)]);
        waiters.answer("same", Response::nobody());
        assert_eq!(first.reply(Duration::from_secs(60)).await, Some(Response::nobody()));
        assert_eq!(third.reply(Duration::from_secs(60)).await, Some(Response::nobody()));
        drop((first, third));
        assert!(waiters.lock().by_secret.is_empty());
    }
}
