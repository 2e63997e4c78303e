//! The bounded queue in front of the writers: one line per class, served in turn; in a line tenants take turns.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who is asking. Each class has its own bound, and none starves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What has arrived and is not acknowledged yet.
    Intake,
    /// Work of lanes and senders, and what people do in the admin.
    Lanes,
    /// Retention, counters, imports; in chunks of 500 rows or 5 ms.
    Background,
    /// What nobody waits for: it goes along with the next batch, and makes one of its own only when none came for
    /// 10 ms.
    Aside,
}

const CLASSES: usize = 4;

/// How long [`Class::Aside`] waits for company.
pub(crate) const PATIENCE: Duration = Duration::from_millis(10);

pub(crate) struct Queue<T> {
    lines: Mutex<Lines<T>>,
    ready: Condvar,
    /// Of each class.
    capacity: usize,
    /// Of what stands aside.
    patience: Duration,
}

struct Lines<T> {
    waiting: [Line<T>; CLASSES],
    /// Since when something has stood aside.
    aside_since: Option<Instant>,
    /// The class whose turn it is.
    turn: usize,
    /// Who waits for something to come: to wake nobody is a system call, too.
    sleepers: usize,
    closed: bool,
}

/// Whoever asks for the house as a whole.
const HOUSE: i64 = 0;

/// What waits in a class, by tenant.
struct Line<T> {
    /// Tenants that have something here, each once, in the order of their turns.
    turns: VecDeque<i64>,
    waiting: HashMap<i64, VecDeque<T>>,
    len: usize,
}

impl<T> Line<T> {
    fn new() -> Self {
        Self { turns: VecDeque::new(), waiting: HashMap::new(), len: 0 }
    }

    /// Gives the item back when the line is full, or the tenant's part of it: one that floods the house leaves
    /// a quarter of it to others.
    fn push(&mut self, tenant: i64, item: T, capacity: usize) -> Result<(), T> {
        let share = if tenant == HOUSE { capacity } else { capacity - capacity / 4 };
        let waiting = self.waiting.entry(tenant).or_default();
        if self.len >= capacity || waiting.len() >= share {
            if waiting.is_empty() {
                self.waiting.remove(&tenant);
            }
            return Err(item);
        }
        if waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        waiting.push_back(item);
        self.len += 1;
        Ok(())
    }

    fn front(&self) -> Option<&T> {
        self.waiting.get(self.turns.front()?)?.front()
    }

    fn pop(&mut self) -> Option<T> {
        let tenant = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&tenant)?;
        let item = waiting.pop_front()?;
        self.len -= 1;
        if waiting.is_empty() {
            self.waiting.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        Some(item)
    }
}

/// Why something was not queued; it is given back.
#[derive(Debug)]
pub(crate) enum Rejected<T> {
    Full(T),
    Closed(T),
}

impl<T> Queue<T> {
    /// Without patience what stands aside is served like everything else.
    pub(crate) fn new(capacity: usize, patience: Duration) -> Self {
        let waiting = std::array::from_fn(|_| Line::new());
        let lines = Lines { waiting, aside_since: None, turn: 0, sleepers: 0, closed: false };
        Self { lines: Mutex::new(lines), ready: Condvar::new(), capacity, patience }
    }

    pub(crate) fn push(&self, class: Class, item: T) -> Result<(), Rejected<T>> {
        self.push_for(HOUSE, class, item)
    }

    /// The same in the turn of a tenant.
    pub(crate) fn push_for(&self, tenant: i64, class: Class, item: T) -> Result<(), Rejected<T>> {
        let mut lines = self.lock();
        if lines.closed {
            return Err(Rejected::Closed(item));
        }
        let Some(line) = lines.waiting.get_mut(class as usize) else { return Err(Rejected::Full(item)) };
        line.push(tenant, item, self.capacity).map_err(Rejected::Full)?;
        if class == Class::Aside {
            lines.aside_since.get_or_insert_with(Instant::now);
        }
        let wakes = lines.sleepers > 0;
        drop(lines);
        if wakes {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// The next item, as soon as there is one; `None` when the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut lines = self.lock();
        loop {
            let left = lines.left_to_wait(self.patience);
            if left.is_none_or(|left| left.is_zero())
                && let Some(item) = lines.take()
            {
                return Some(item);
            }
            if lines.closed {
                return None;
            }
            lines.sleepers += 1;
            lines = match left {
                Some(left) => {
                    let woken = self.ready.wait_timeout(lines, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.ready.wait(lines).unwrap_or_else(PoisonError::into_inner),
            };
            lines.sleepers -= 1;
        }
    }

    /// The next item if there is one now.
    pub(crate) fn try_pop(&self) -> Option<T> {
        self.lock().take()
    }

    /// The first item of a class, if it is there now and suits.
    pub(crate) fn try_pop_if(&self, class: Class, suits: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut lines = self.lock();
        let line = lines.waiting.get_mut(class as usize)?;
        if line.front().is_some_and(suits) { line.pop() } else { None }
    }

    /// How many wait in a class.
    pub(crate) fn waiting(&self, class: Class) -> usize {
        self.lock().waiting.get(class as usize).map_or(0, |line| line.len)
    }

    /// Takes no more; what is queued is still served.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Lines<T>> {
        // Nothing between lock and unlock can leave the lines half changed.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lines<T> {
    fn take(&mut self) -> Option<T> {
        for _ in 0..CLASSES {
            let class = self.turn;
            self.turn = (class + 1) % CLASSES;
            let Some(line) = self.waiting.get_mut(class) else { continue };
            let Some(item) = line.pop() else { continue };
            if class == Class::Aside as usize && line.len == 0 {
                self.aside_since = None;
            }
            return Some(item);
        }
        None
    }

    /// How long to wait for company, if all there is stands aside.
    fn left_to_wait(&self, patience: Duration) -> Option<Duration> {
        let aside = Class::Aside as usize;
        let alone = self.waiting.iter().enumerate().all(|(class, line)| class == aside || line.len == 0);
        let since = self.aside_since.filter(|_| alone && !self.closed)?;
        Some(patience.saturating_sub(since.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn classes_are_served_in_turn_and_each_in_order() {
        let queue = Queue::new(10, PATIENCE);
        for item in ["i1", "i2", "i3", "i4"] {
            queue.push(Class::Intake, item).unwrap();
        }
        queue.push(Class::Lanes, "l1").unwrap();
        queue.push(Class::Background, "b1").unwrap();
        queue.push(Class::Background, "b2").unwrap();
        let served: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
        assert_eq!(served, ["i1", "l1", "b1", "i2", "b2", "i3", "i4"]);
    }

    #[test]
    fn a_full_class_does_not_keep_others_out() {
        let queue = Queue::new(1, PATIENCE);
        queue.push(Class::Background, 1).unwrap();
        assert!(matches!(queue.push(Class::Background, 2), Err(Rejected::Full(2))));
        queue.push(Class::Intake, 3).unwrap();
    }

    #[test]
    fn tenants_take_turns() {
        let queue = Queue::new(100, PATIENCE);
        for item in ["a1", "a2", "a3", "a4"] {
            queue.push_for(1, Class::Intake, item).unwrap();
        }
        queue.push_for(2, Class::Intake, "b1").unwrap();
        assert_eq!(queue.try_pop(), Some("a1"));
        queue.push_for(2, Class::Intake, "b2").unwrap();
        queue.push_for(3, Class::Intake, "c1").unwrap();
        assert_eq!(queue.waiting(Class::Intake), 6);
        let served: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
        assert_eq!(served, ["b1", "a2", "c1", "b2", "a3", "a4"]);
    }

    #[test]
    fn one_tenant_does_not_fill_the_house() {
        let queue = Queue::new(8, PATIENCE);
        for item in 0..6 {
            queue.push_for(1, Class::Intake, item).unwrap();
        }
        assert!(matches!(queue.push_for(1, Class::Intake, 6), Err(Rejected::Full(6))));
        queue.push_for(2, Class::Intake, 7).unwrap();
        queue.push_for(3, Class::Intake, 8).unwrap();
        assert!(matches!(queue.push_for(4, Class::Intake, 9), Err(Rejected::Full(9))));
        assert_eq!(queue.waiting(Class::Intake), 8);
    }

    #[test]
    fn what_stands_aside_goes_along_with_others() {
        let queue = Arc::new(Queue::new(10, Duration::MAX));
        queue.push(Class::Aside, "a1").unwrap();
        queue.push(Class::Aside, "a2").unwrap();
        let taker = Arc::clone(&queue);
        let first = std::thread::spawn(move || taker.pop());
        queue.push(Class::Lanes, "l1").unwrap();
        let mut served = vec![first.join().unwrap().unwrap()];
        served.extend(std::iter::from_fn(|| queue.try_pop()));
        served.sort_unstable();
        assert_eq!(served, ["a1", "a2", "l1"]);
        queue.push(Class::Aside, "a3").unwrap();
        queue.close();
        assert_eq!((queue.pop(), queue.pop()), (Some("a3"), None));
    }

    #[test]
    fn what_stands_aside_does_not_wait_for_ever() {
        let queue = Queue::new(10, PATIENCE);
        for item in [1, 2, 1] {
            queue.push(Class::Aside, item).unwrap();
            assert_eq!(queue.pop(), Some(item));
        }
        let impatient = Queue::new(10, Duration::ZERO);
        impatient.push(Class::Aside, 3).unwrap();
        assert_eq!(impatient.pop(), Some(3));
    }

    #[test]
    fn a_closed_queue_serves_what_it_has() {
        let queue = Queue::new(10, PATIENCE);
        queue.push(Class::Lanes, 1).unwrap();
        queue.close();
        assert!(matches!(queue.push(Class::Lanes, 2), Err(Rejected::Closed(2))));
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.pop(), None);
    }
}
