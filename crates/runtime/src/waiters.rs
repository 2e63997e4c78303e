//! Requests that wait for `_response`: woken by memory, made certain by the `replies` table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::ids::EventId;
use engine::message::Response;
use tokio::sync::oneshot;

/// Callers that wait, by the secret of their reply. Clones are the same.
#[derive(Clone, Default)]
pub struct Waiters {
    waiting: Arc<Mutex<HashMap<String, Caller>>>,
}

struct Caller {
    reply: oneshot::Sender<Response>,
    /// Known as soon as the event is committed.
    event: Option<EventId>,
}

/// A caller who waits. He is forgotten when this is dropped, as when his connection breaks.
pub struct Waiting {
    secret: String,
    reply: oneshot::Receiver<Response>,
    waiters: Waiters,
}

impl Waiting {
    /// Says which event the reply will be to.
    pub fn is_for(&self, event: EventId) {
        if let Some(caller) = self.waiters.lock().get_mut(&self.secret) {
            caller.event = Some(event);
        }
    }

    /// The reply, if it comes in time.
    pub async fn reply(&mut self, within: Duration) -> Option<Response> {
        tokio::time::timeout(within, &mut self.reply).await.ok()?.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waiters.lock().remove(&self.secret);
    }
}

impl Waiters {
    /// Registers a caller; do it before the event is committed, or its reply may come first.
    pub fn register(&self, secret: &str) -> Waiting {
        let (sender, reply) = oneshot::channel();
        self.lock().insert(secret.to_owned(), Caller { reply: sender, event: None });
        Waiting { secret: secret.to_owned(), reply, waiters: self.clone() }
    }

    /// Hands a reply to its caller; false when he does not wait here.
    pub fn answer(&self, secret: &str, response: Response) -> bool {
        let Some(caller) = self.lock().remove(secret) else { return false };
        // A caller who has gone reads the table later.
        caller.reply.send(response).is_ok()
    }

    /// The events whose callers wait here.
    pub fn events(&self) -> Vec<EventId> {
        self.lock().values().filter_map(|caller| caller.event).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Caller>> {
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
        assert_eq!(waiters.lock().len(), 1);
        waiters.answer("gone", Response::failed());
        waiters.answer("stays", Response::nobody());
        assert_eq!(stays.reply(Duration::from_secs(60)).await, Some(Response::nobody()));
        drop(stays);
        assert!(waiters.lock().is_empty());
    }
}
