//! Lanes that have work, each in one worker's hands at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use store::LaneId;
use tokio::sync::Notify;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Queued,
    Working,
    /// Woken while somebody works on it: what woke it may have come too late to be seen.
    WorkingAgain,
}

#[derive(Default)]
struct Inner {
    lanes: HashMap<LaneId, Hand>,
    ready: VecDeque<LaneId>,
}

/// The queue. The tables know what there is to do; this only says where to look now.
#[derive(Default)]
pub struct LaneQueue {
    inner: Mutex<Inner>,
    wakeup: Notify,
}

impl LaneQueue {
    /// Says that a lane has work. Cheap when it is known already.
    pub fn wake(&self, lane: LaneId) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.lanes.get_mut(&lane) {
            Some(Hand::Queued | Hand::WorkingAgain) => {}
            Some(hand @ Hand::Working) => *hand = Hand::WorkingAgain,
            None => {
                inner.lanes.insert(lane.clone(), Hand::Queued);
                inner.ready.push_back(lane);
                drop(inner);
                self.wakeup.notify_one();
            }
        }
    }

    /// The next lane, now in the caller's hands until [`LaneQueue::done`].
    pub async fn next(&self) -> LaneId {
        loop {
            if let Some(lane) = self.try_next() {
                return lane;
            }
            self.wakeup.notified().await;
        }
    }

    fn try_next(&self) -> Option<LaneId> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = inner.ready.pop_front()?;
        inner.lanes.insert(lane.clone(), Hand::Working);
        if !inner.ready.is_empty() {
            // One notification may have been spent on several lanes.
            self.wakeup.notify_one();
        }
        Some(lane)
    }

    /// Gives a lane back; it is queued again when it was woken meanwhile.
    pub fn done(&self, lane: &LaneId) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.lanes.remove(lane) == Some(Hand::WorkingAgain) {
            inner.lanes.insert(lane.clone(), Hand::Queued);
            inner.ready.push_back(lane.clone());
            drop(inner);
            self.wakeup.notify_one();
        }
    }

    /// Lanes that are queued or worked on.
    pub fn len(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).lanes.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::ids::{BotId, WorkspaceId};

    use super::*;

    fn lane(key: &str) -> LaneId {
        LaneId::new(WorkspaceId(1), BotId(1), key)
    }

    #[test]
    fn a_lane_is_in_one_hand_only() {
        let queue = LaneQueue::default();
        queue.wake(lane("a"));
        queue.wake(lane("a"));
        assert_eq!(queue.try_next(), Some(lane("a")));
        queue.wake(lane("a"));
        assert_eq!(queue.try_next(), None, "the lane is being worked on");
        queue.done(&lane("a"));
        assert_eq!(queue.try_next(), Some(lane("a")), "it was woken meanwhile");
        queue.done(&lane("a"));
        assert_eq!((queue.try_next(), queue.len()), (None, 0));
    }

    #[tokio::test]
    async fn every_worker_gets_a_lane() {
        let queue = Arc::new(LaneQueue::default());
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let queue = Arc::clone(&queue);
                tokio::spawn(async move { queue.next().await })
            })
            .collect();
        tokio::task::yield_now().await;
        for key in ["a", "b", "c", "d"] {
            queue.wake(lane(key));
        }
        for worker in workers {
            worker.await.unwrap();
        }
    }
}
