//! The sign that the runtime ends: nothing new is begun, what is under way is brought to its end.

use tokio::sync::watch;

/// Given once.
pub struct Stopping(watch::Sender<bool>);

impl Default for Stopping {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopping {
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the sign.
    pub async fn begun(&self) {
        // The sender is in `self`, so the channel is open.
        let _ = self.0.subscribe().wait_for(|stopping| *stopping).await;
    }
}
