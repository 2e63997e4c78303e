//! The sends of a bot that are under way.

use std::collections::HashMap;
use std::sync::Arc;

use connectors::channels::SendOutcome;
use engine::ids::MessageId;
use store::outbox::OutboxRow;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{self, JoinError, JoinSet};

use super::changes::History;

/// A send that is over.
pub(super) struct Finished {
    pub(super) row: Arc<OutboxRow>,
    pub(super) outcome: SendOutcome,
    /// What it means for the history, if it was done.
    pub(super) history: History,
}

/// What came of a send, as its task says it.
pub(super) type Sent = (SendOutcome, History);

/// Sends under way. Each comes out with an outcome, whatever happens to its task: a claim that nobody settles
/// holds up its chat for good.
#[derive(Default)]
pub(super) struct Sends {
    tasks: JoinSet<Sent>,
    rows: HashMap<task::Id, (Arc<OutboxRow>, OwnedSemaphorePermit)>,
}

impl Sends {
    pub(super) fn spawn(
        &mut self,
        row: Arc<OutboxRow>,
        place: OwnedSemaphorePermit,
        send: impl Future<Output = Sent> + Send + 'static,
    ) {
        let task = self.tasks.spawn(send);
        self.rows.insert(task.id(), (row, place));
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.rows.values().map(|(row, _)| row.id)
    }

    /// `None` when nothing is under way. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Finished> {
        let ended = self.tasks.join_next_with_id().await?;
        self.outcome(ended)
    }

    pub(super) fn try_next(&mut self) -> Option<Finished> {
        let ended = self.tasks.try_join_next_with_id()?;
        self.outcome(ended)
    }

    fn outcome(&mut self, ended: Result<(task::Id, Sent), JoinError>) -> Option<Finished> {
        let (id, (outcome, history)) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a send died");
                let reason = "an error inside Scenaria while sending".to_owned();
                (error.id(), (SendOutcome::Unknown { reason }, History::default()))
            }
        };
        let (row, _) = self.rows.remove(&id)?;
        Some(Finished { row, outcome, history })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::super::testing::row;
    use super::*;

    #[tokio::test]
    async fn a_send_that_panics_has_an_outcome_too() {
        let mut sends = Sends::default();
        let places = Arc::new(Semaphore::new(2));
        let place = || Arc::clone(&places).try_acquire_owned().unwrap();
        sends.spawn(row(1), place(), async { panic!("a send that panics") });
        sends.spawn(row(2), place(), async { (SendOutcome::Revoked, History::default()) });
        let mut settled = [sends.next().await.unwrap(), sends.next().await.unwrap()];
        settled.sort_by_key(|finished| finished.row.id);
        assert!(matches!(settled[0].outcome, SendOutcome::Unknown { .. }));
        assert_eq!(settled[1].outcome, SendOutcome::Revoked);
        assert!(sends.next().await.is_none());
        assert_eq!(places.available_permits(), 2);
    }
}
