//! Requests that wait for `_response`: woken by memory, made certain by the `replies` table.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::message::Response;
use tokio::sync::oneshot;

/// Callers that wait, by the secret of their reply.
#[derive(Default)]
pub struct Waiters {
    waiting: Mutex<HashMap<String, oneshot::Sender<Response>>>,
}

impl Waiters {
    /// Registers a caller; do it before the event is committed, or its reply may come first.
    pub fn register(&self, secret: &str) -> oneshot::Receiver<Response> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(secret.to_owned(), sender);
        receiver
    }

    /// Hands a reply to its caller, if he still waits.
    pub fn answer(&self, secret: &str, response: Response) {
        if let Some(caller) = self.lock().remove(secret) {
            // A caller who has gone reads the table later.
            let _ = caller.send(response);
        }
    }

    /// Forgets a caller who has stopped waiting.
    pub fn forget(&self, secret: &str) {
        self.lock().remove(secret);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Response>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
