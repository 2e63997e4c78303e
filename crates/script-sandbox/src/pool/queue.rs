//! Whose step is next: turns by tenant, and no tenant may fill the pool.
//!
//! Pure bookkeeping without clocks, locks or processes, so that fairness can be tested by itself.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// How long a tenant whose script used up a budget is held to half of the workers, waiting others or not.
/// Without it two endless loops would hold both workers of a small server, and whoever comes next would
/// wait for the watchdog.
const PENALTY: Duration = Duration::from_secs(60);

/// Entries of tenants that neither wait nor run are swept when the table reaches this size.
const SWEEP_AT: usize = 1_024;

pub(super) struct FairQueue<T> {
    workers: usize,
    tenants: HashMap<u64, Tenant<T>>,
    /// Tenants with something waiting, in the order of their turns.
    turns: VecDeque<u64>,
}

struct Tenant<T> {
    waiting: VecDeque<T>,
    running: usize,
    held_until: Option<Instant>,
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

    /// The next waiter, who counts as running until [`finish`](Self::finish).
    pub fn pop(&mut self, now: Instant) -> Option<(u64, T)> {
        let half = (self.workers / 2).max(1);
        let contended = self.turns.len() > 1;
        let allowed =
            |tenant: &Tenant<T>, cap: usize| tenant.running < if tenant.is_held(now) { half } else { cap };
        // First those below their share; if nobody is, a worker should not stand idle.
        let shares = if contended { [half, self.workers] } else { [self.workers, self.workers] };
        let turn = shares.into_iter().find_map(|cap| {
            self.turns.iter().position(|id| self.tenants.get(id).is_some_and(|entry| allowed(entry, cap)))
        })?;
        let id = self.turns.remove(turn)?;
        let entry = self.tenants.get_mut(&id)?;
        let waiter = entry.waiting.pop_front()?;
        entry.running += 1;
        if !entry.waiting.is_empty() {
            self.turns.push_back(id);
        }
        Some((id, waiter))
    }

    /// Whether a script of the tenant was stopped lately.
    pub fn is_held(&self, tenant: u64, now: Instant) -> bool {
        self.tenants.get(&tenant).is_some_and(|entry| entry.is_held(now))
    }

    /// A step of the tenant has ended; `over_budget` when its script had to be stopped.
    pub fn finish(&mut self, tenant: u64, over_budget: bool, now: Instant) {
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            entry.running = entry.running.saturating_sub(1);
            if over_budget {
                entry.held_until = Some(now + PENALTY);
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
        Self { waiting: VecDeque::new(), running: 0, held_until: None }
    }

    fn is_held(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| now < until)
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.running == 0 && self.waiting.is_empty() && !self.is_held(now)
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
        while turns.len() < workers
            && let Some((tenant, _)) = queue.pop(now)
        {
            turns.push(tenant);
        }
        assert_eq!(turns, expected, "{workers} workers, waiting {waiting:?}");
        queue
    }

    #[test]
    fn tenants_take_turns() {
        check(2, &[1, 1, 1, 2], &[1, 2]);
        check(4, &[1, 1, 1, 1, 2, 3], &[1, 2, 3, 1]);
        check(4, &[1, 1, 1, 1, 1, 2, 2, 2, 2], &[1, 2, 1, 2]);
    }

    #[test]
    fn a_tenant_alone_may_use_all_workers() {
        check(2, &[1, 1, 1], &[1, 1]);
    }

    #[test]
    fn one_worker_serves_everybody() {
        check(1, &[1, 1, 2], &[1]);
    }

    #[test]
    fn a_tenant_over_budget_is_held_to_half() {
        let mut queue = check(4, &[1], &[1]);
        let now = Instant::now();
        queue.finish(1, true, now);
        for index in 0..4 {
            queue.push(1, index);
        }
        assert!(queue.pop(now).is_some());
        assert!(queue.pop(now).is_some());
        assert!(queue.pop(now).is_none(), "the other half stays free");
        assert!(queue.pop(now + PENALTY).is_some(), "until the penalty is over");
        assert!(queue.is_held(1, now) && !queue.is_held(1, now + PENALTY) && !queue.is_held(2, now));
    }

    #[test]
    fn nothing_is_kept_of_tenants_that_are_done() {
        let mut queue = check(2, &[1, 2], &[1, 2]);
        let now = Instant::now();
        queue.finish(1, false, now);
        queue.finish(2, true, now);
        assert_eq!(queue.tenants.len(), 1, "only the penalty is remembered");
    }
}
