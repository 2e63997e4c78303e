//! Lanes that have work, each in one worker's hands at a time. Workspaces take turns: one that has thousands of lanes
//! keeps no other waiting.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use engine::ids::WorkspaceId;
use store::LaneId;
use store::inbox::InboxRow;
use tokio::sync::Notify;

/// Rows that wait here for one lane, and bytes of them for all. What is more is found in the tables.
const ROWS_OF_A_LANE: usize = 16;
const BYTES_OF_ALL: usize = 8 << 20;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Hand {
    #[default]
    Queued,
    Working,
    /// Woken while somebody works on it: what woke it may have come too late to be seen.
    WorkingAgain,
}

/// Why a lane was woken.
#[derive(Debug, Default)]
pub struct News {
    /// What has come into its inbox, the oldest first.
    pub rows: VecDeque<InboxRow>,
    /// What is behind these rows only the tables know.
    pub look: bool,
}

#[derive(Default)]
struct Entry {
    hand: Hand,
    news: News,
}

#[derive(Default)]
struct Inner {
    lanes: HashMap<LaneId, Entry>,
    ready: Ready,
    /// Of all news.
    bytes: usize,
}

impl Inner {
    fn note(&mut self, lane: &LaneId, row: Option<InboxRow>) {
        let Some(Entry { news, .. }) = self.lanes.get_mut(lane) else { return };
        let fits = news.rows.len() < ROWS_OF_A_LANE && self.bytes < BYTES_OF_ALL;
        match row {
            Some(row) if fits && !news.look => {
                self.bytes += row.payload.len();
                news.rows.push_back(row);
            }
            _ => news.look = true,
        }
    }
}

fn weight(news: &News) -> usize {
    news.rows.iter().map(|row| row.payload.len()).sum()
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

/// The queue. The tables know what there is to do; this only says where to look now, or what would be found there.
#[derive(Default)]
pub struct LaneQueue {
    inner: Mutex<Inner>,
    wakeup: Notify,
}

impl LaneQueue {
    /// Says that a lane has work. Cheap when it is known already.
    pub fn wake(&self, lane: LaneId) {
        self.tell(lane, None);
    }

    /// Brings what has come into a lane's inbox. Only in the order of the inbox, and when nobody else fills it.
    pub fn bring(&self, lane: LaneId, row: InboxRow) {
        self.tell(lane, Some(row));
    }

    fn tell(&self, lane: LaneId, row: Option<InboxRow>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = match inner.lanes.get_mut(&lane) {
            Some(entry) => {
                if entry.hand == Hand::Working {
                    entry.hand = Hand::WorkingAgain;
                }
                false
            }
            None => {
                inner.lanes.insert(lane.clone(), Entry::default());
                true
            }
        };
        inner.note(&lane, row);
        if is_new {
            inner.ready.push(lane);
            drop(inner);
            self.wakeup.notify_one();
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
        if let Some(entry) = inner.lanes.get_mut(&lane) {
            entry.hand = Hand::Working;
        }
        if !inner.ready.is_empty() {
            // One notification may have been spent on several lanes.
            self.wakeup.notify_one();
        }
        Some(lane)
    }

    /// Why a lane in the caller's hands was woken. Whatever he reads afterwards is newer.
    pub fn take_news(&self, lane: &LaneId) -> News {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = inner.lanes.get_mut(lane) else { return News::default() };
        entry.hand = Hand::Working;
        let news = std::mem::take(&mut entry.news);
        inner.bytes = inner.bytes.saturating_sub(weight(&news));
        news
    }

    /// Gives a lane back; it is queued again when it was woken meanwhile.
    pub fn done(&self, lane: &LaneId) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.lanes.get_mut(lane) {
            Some(entry) if entry.hand == Hand::WorkingAgain => {
                entry.hand = Hand::Queued;
                inner.ready.push(lane.clone());
                drop(inner);
                self.wakeup.notify_one();
            }
            _ => {
                if let Some(entry) = inner.lanes.remove(lane) {
                    inner.bytes = inner.bytes.saturating_sub(weight(&entry.news));
                }
            }
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

    use engine::ids::{BotId, EventId, UtcMs, WorkspaceId};
    use store::inbox::{InboxKind, InboxStatus};

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

    fn row(id: i64) -> InboxRow {
        InboxRow {
            workspace_id: WorkspaceId(1),
            id: EventId(id),
            bot_id: BotId(1),
            partition: 0,
            lane_key: "a".into(),
            dedupe_key: id.to_string(),
            kind: InboxKind::Update,
            payload: b"{}".to_vec(),
            meta: "{}".into(),
            reply_secret: None,
            hops: 0,
            status: InboxStatus::Pending,
            attempts: 0,
            received_at: UtcMs(0),
        }
    }

    /// What a lane is told: rows, or to look into the tables.
    fn told(queue: &LaneQueue) -> (bool, Vec<i64>) {
        let news = queue.take_news(&lane("a"));
        (news.look, news.rows.iter().map(|row| row.id.0).collect())
    }

    #[test]
    fn a_lane_is_brought_what_came_in_order() {
        let queue = LaneQueue::default();
        queue.bring(lane("a"), row(1));
        queue.bring(lane("a"), row(2));
        assert_eq!(queue.try_next(), Some(lane("a")));
        assert_eq!(told(&queue), (false, vec![1, 2]));
        queue.bring(lane("a"), row(3));
        queue.done(&lane("a"));
        assert_eq!(queue.try_next(), Some(lane("a")), "something came meanwhile");
        assert_eq!(told(&queue), (false, vec![3]));
        queue.done(&lane("a"));
        assert_eq!((queue.try_next(), queue.len()), (None, 0));
    }

    #[test]
    fn what_was_taken_wakes_nobody_again() {
        let queue = LaneQueue::default();
        queue.bring(lane("a"), row(1));
        assert_eq!(queue.try_next(), Some(lane("a")));
        queue.bring(lane("a"), row(2));
        assert_eq!(told(&queue), (false, vec![1, 2]));
        queue.done(&lane("a"));
        assert_eq!((queue.try_next(), queue.len()), (None, 0));
    }

    #[test]
    fn who_has_to_look_into_the_tables_is_brought_nothing_more() {
        let queue = LaneQueue::default();
        queue.bring(lane("a"), row(1));
        queue.wake(lane("a"));
        queue.bring(lane("a"), row(2));
        assert_eq!(told(&queue), (true, vec![1]));
        let most = ROWS_OF_A_LANE as i64;
        for id in 0..=most {
            queue.bring(lane("a"), row(id));
        }
        assert_eq!(told(&queue), (true, (0..most).collect()), "there are too many");
        assert_eq!(queue.inner.lock().unwrap().bytes, 0);
    }

    #[test]
    fn large_rows_are_left_in_the_tables() {
        let queue = LaneQueue::default();
        let other = LaneId::new(WorkspaceId(1), BotId(1), "b");
        queue.bring(other.clone(), InboxRow { payload: vec![0; BYTES_OF_ALL], ..row(1) });
        queue.bring(lane("a"), row(2));
        assert_eq!(told(&queue), (true, vec![]));
        queue.take_news(&other);
        queue.bring(lane("a"), row(3));
        assert_eq!(told(&queue), (false, vec![3]), "there is room again");
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
