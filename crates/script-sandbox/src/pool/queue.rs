//! Whose step is next: turns by tenant, no tenant may fill the pool, and whose scripts are stopped again and again
//! works apart from the others.
//!
//! Pure bookkeeping without clocks, locks or processes, so that fairness can be tested by itself.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// What one script that had to be stopped costs its tenant. For so long it is held to half of the workers, waiting
/// others or not: without that two endless loops would hold both workers of a small server, and whoever comes
/// next would wait for the watchdog. A single mistake costs no more than this.
const FAULT: Duration = Duration::from_secs(20);

/// Faults add up so far.
const MOST_FAULTS: Duration = Duration::from_secs(120);

/// Entries of tenants that neither wait nor run are swept when the table reaches this size.
const SWEEP_AT: usize = 1_024;

/// Where a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the processes that all share.
    Common,
    /// In a process that gets what nobody else wants.
    Apart,
}

/// What a tenant's scripts did lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    /// One had to be stopped.
    Held,
    /// They have to be stopped again and again: one step at a time, apart from those of others.
    Apart,
}

pub(super) struct FairQueue<T> {
    workers: usize,
    tenants: HashMap<u64, Tenant<T>>,
    /// Tenants with something waiting, in the order of their turns.
    turns: VecDeque<u64>,
}

struct Tenant<T> {
    waiting: VecDeque<T>,
    running: usize,
    /// When its faults are forgotten: each one moves this on.
    clean_at: Option<Instant>,
}

impl<T> FairQueue<T> {
    pub fn new(workers: usize) -> Self {
        Self { workers, tenants: HashMap::new(), turns: VecDeque::new() }
    }

    pub fn push(&mut self, tenant: u64, waiter: T) {
        let entry = self.tenants.entry(tenant).or_insert_with(Tenant::new);
        if entry.waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        entry.waiting.push_back(waiter);
    }

    /// The next waiter for a place, who counts as running until [`finish`](Self::finish).
    pub fn pop(&mut self, place: Place, now: Instant) -> Option<(u64, T)> {
        let turn = self.next_turn(place, now)?;
        let id = self.turns.remove(turn)?;
        let entry = self.tenants.get_mut(&id)?;
        let waiter = entry.waiting.pop_front()?;
        entry.running += 1;
        if !entry.waiting.is_empty() {
            self.turns.push_back(id);
        }
        Some((id, waiter))
    }

    /// Whether anybody could be served in this place now.
    pub fn has_next(&self, place: Place, now: Instant) -> bool {
        self.next_turn(place, now).is_some()
    }

    fn next_turn(&self, place: Place, now: Instant) -> Option<usize> {
        let find = |allowed: &dyn Fn(&Tenant<T>) -> bool| {
            self.turns.iter().position(|id| self.tenants.get(id).is_some_and(allowed))
        };
        if place == Place::Apart {
            return find(&|entry| entry.standing(now) == Standing::Apart && entry.running == 0);
        }
        let half = (self.workers / 2).max(1);
        let below = |cap: usize| {
            find(&|entry| match entry.standing(now) {
                Standing::Good => entry.running < cap,
                Standing::Held => entry.running < half,
                Standing::Apart => false,
            })
        };
        // First those below their share; if nobody is, a worker should not stand idle. There is a process more
        // than workers, which nobody gets who has all the others.
        below(half).or_else(|| below(self.workers))
    }

    pub fn standing(&self, tenant: u64, now: Instant) -> Standing {
        self.tenants.get(&tenant).map_or(Standing::Good, |entry| entry.standing(now))
    }

    /// Whether there is anybody who has to work apart, waiting or not.
    pub fn has_outcasts(&self, now: Instant) -> bool {
        self.tenants.values().any(|entry| entry.standing(now) == Standing::Apart)
    }

    /// A step of the tenant has ended; `over_budget` when its script had to be stopped.
    pub fn finish(&mut self, tenant: u64, over_budget: bool, now: Instant) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.running = entry.running.saturating_sub(1);
            if over_budget {
                let clean_at = entry.clean_at.map_or(now, |clean_at| clean_at.max(now)) + FAULT;
                entry.clean_at = Some(clean_at.min(now + MOST_FAULTS));
            }
            if entry.is_idle(now) {
                self.tenants.remove(&tenant);
            }
        }
        if self.tenants.len() >= SWEEP_AT {
            self.tenants.retain(|_, entry| !entry.is_idle(now));
        }
    }

    /// Everybody who waits, when there is nothing left to wait for.
    pub fn drain(&mut self) -> Vec<T> {
        self.turns.clear();
        self.tenants.values_mut().flat_map(|entry| entry.waiting.drain(..)).collect()
    }
}

impl<T> Tenant<T> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), running: 0, clean_at: None }
    }

    fn standing(&self, now: Instant) -> Standing {
        let left = self.clean_at.map_or(Duration::ZERO, |clean_at| clean_at.saturating_duration_since(now));
        if left > FAULT {
            Standing::Apart
        } else if left > Duration::ZERO {
            Standing::Held
        } else {
            Standing::Good
        }
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.running == 0 && self.waiting.is_empty() && self.standing(now) == Standing::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes the tenants in order, pops all that may run, and compares whose turn it was.
    fn check(workers: usize, waiting: &[u64], expected: &[u64]) -> FairQueue<usize> {
        let mut queue = FairQueue::new(workers);
        for (index, tenant) in waiting.iter().enumerate() {
            queue.push(*tenant, index);
        }
        let now = Instant::now();
        let mut turns = Vec::new();
        while turns.len() <= workers
            && let Some((tenant, _)) = queue.pop(Place::Common, now)
        {
            turns.push(tenant);
        }
        assert_eq!(turns, expected, "{workers} workers, waiting {waiting:?}");
        queue
    }

    #[test]
    fn tenants_take_turns() {
        check(2, &[1, 1, 1, 2], &[1, 2, 1]);
        check(4, &[1, 1, 1, 1, 2, 3], &[1, 2, 3, 1, 1]);
        check(4, &[1, 1, 1, 1, 1, 2, 2, 2, 2], &[1, 2, 1, 2, 1]);
    }

    #[test]
    fn a_tenant_alone_may_use_all_workers_but_not_the_process_beyond() {
        let mut queue = check(2, &[1, 1, 1], &[1, 1]);
        queue.push(2, 0);
        assert_eq!(queue.pop(Place::Common, Instant::now()), Some((2, 0)), "others need not wait for it");
    }

    #[test]
    fn one_worker_serves_everybody() {
        check(1, &[1, 1, 2], &[1, 2]);
    }

    #[test]
    fn a_single_fault_holds_a_tenant_to_half_for_a_while() {
        let mut queue = check(4, &[1], &[1]);
        let now = Instant::now();
        queue.finish(1, true, now);
        for index in 0..4 {
            queue.push(1, index);
        }
        assert!(queue.pop(Place::Common, now).is_some());
        assert!(queue.pop(Place::Common, now).is_some());
        assert!(queue.pop(Place::Common, now).is_none(), "the other half stays free");
        assert!(!queue.has_next(Place::Apart, now), "one mistake is no reason to be set apart");
        assert!(queue.pop(Place::Common, now + FAULT).is_some(), "until it is forgotten");
        let standings = [now, now + FAULT].map(|at| queue.standing(1, at));
        assert_eq!(standings, [Standing::Held, Standing::Good]);
        assert_eq!(queue.standing(2, now), Standing::Good);
    }

    #[test]
    fn whose_scripts_are_stopped_again_and_again_works_apart_one_step_at_a_time() {
        let mut queue = check(4, &[1, 1], &[1, 1]);
        let now = Instant::now();
        queue.finish(1, true, now);
        queue.finish(1, true, now);
        assert_eq!(queue.standing(1, now), Standing::Apart);
        for index in 0..3 {
            queue.push(1, index);
        }
        queue.push(2, 0);
        assert_eq!(queue.pop(Place::Common, now), Some((2, 0)), "nothing of it among the others");
        assert!(queue.pop(Place::Common, now).is_none());
        assert_eq!(queue.pop(Place::Apart, now), Some((1, 0)));
        assert!(queue.pop(Place::Apart, now).is_none(), "one at a time");
        queue.finish(1, false, now);
        assert!(queue.has_next(Place::Apart, now) && queue.has_outcasts(now));
        let later = now + FAULT;
        assert_eq!(queue.standing(1, later), Standing::Held, "the faults wear off one by one");
        assert_eq!(queue.pop(Place::Common, later), Some((1, 1)));
    }

    #[test]
    fn faults_do_not_add_up_for_ever() {
        let mut queue = check(2, &[1], &[1]);
        let now = Instant::now();
        for _ in 0..100 {
            queue.finish(1, true, now);
        }
        assert_eq!(queue.standing(1, now + MOST_FAULTS), Standing::Good);
    }

    #[test]
    fn nothing_is_kept_of_tenants_that_are_done() {
        let mut queue = check(2, &[1, 2], &[1, 2]);
        let now = Instant::now();
        queue.finish(1, false, now);
        queue.finish(2, true, now);
        assert_eq!(queue.tenants.len(), 1, "only the fault is remembered");
    }
}
