//! Lanes that have work, each in one worker's hands at a time. Workspaces take turns: one that has thousands of lanes
//! keeps no other waiting.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use engine::ids::WorkspaceId;
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
    ready: Ready,
}

/// Lanes that wait for a worker.
#[derive(Default)]
struct Ready {
    /// Workspaces that have waiting lanes, each once, in the order of their turns.
    turns: VecDeque<WorkspaceId>,
    waiting: HashMap<WorkspaceId, VecDeque<LaneId>>,
}

impl Ready {
    fn push(&mut self, lane: LaneId) {
        let workspace = lane.workspace;
        let waiting = self.waiting.entry(workspace).or_default();
        if waiting.is_empty() {
            self.turns.push_back(workspace);
        }
        waiting.push_back(lane);
    }

    fn pop(&mut self) -> Option<LaneId> {
        let workspace = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&workspace)?;
        let lane = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&workspace);
        } else {
            self.turns.push_back(workspace);
        }
        lane
    }

    fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
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
                inner.ready.push(lane);
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
        let lane = inner.ready.pop()?;
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
            inner.ready.push(lane.clone());
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

    #[test]
    fn workspaces_take_turns() {
        let queue = LaneQueue::default();
        let other = LaneId::new(WorkspaceId(2), BotId(2), "other");
        for key in ["a", "b", "c"] {
            queue.wake(lane(key));
        }
        queue.wake(other.clone());
        assert_eq!(queue.try_next(), Some(lane("a")));
        assert_eq!(queue.try_next(), Some(other.clone()));
        queue.wake(other.clone());
        queue.done(&other);
        let served: Vec<_> = std::iter::from_fn(|| queue.try_next()).collect();
        assert_eq!(served, [lane("b"), other, lane("c")]);
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
