//! Where those work whose scripts are stopped again and again: in processes that get what nobody else wants, from
//! their first moment on. They are started when one of those has a step, and after a death not before a pause: a
//! script that dies at once would otherwise keep a core busy with starting its next victim.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Pool, child::Worker};

/// From a death to the next start. Steps wait meanwhile.
const PAUSE: Duration = Duration::from_millis(500);
/// How often somebody looks whether the processes are still needed.
const LOOK: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Apart {
    idle: VecDeque<Worker>,
    /// Those that start, wait or work.
    processes: usize,
    not_before: Option<Instant>,
    /// Somebody looks whether they are still needed.
    watched: bool,
}

impl Apart {
    pub fn processes(&self) -> usize {
        self.processes
    }

    pub fn has_idle(&self) -> bool {
        !self.idle.is_empty()
    }

    pub fn take(&mut self) -> Option<Worker> {
        self.idle.pop_front()
    }

    pub fn put(&mut self, worker: Worker) {
        self.idle.push_back(worker);
    }

    /// A process has ended with its step.
    pub fn lost(&mut self, now: Instant) {
        self.processes = self.processes.saturating_sub(1);
        self.not_before = Some(now + PAUSE);
    }

    /// Forgets those that died while they waited, and says how many.
    pub fn bury(&mut self) -> u64 {
        let before = self.idle.len();
        self.idle.retain_mut(|worker| !worker.is_dead());
        let dead = before - self.idle.len();
        self.processes = self.processes.saturating_sub(dead);
        dead as u64
    }

    /// Counts one more process, when there may be one more, and says after what pause it is to be started.
    pub fn order(&mut self, most: usize, now: Instant) -> Option<Duration> {
        if self.has_idle() || self.processes >= most {
            return None;
        }
        self.processes += 1;
        Some(self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(now)))
    }
}

/// Ends the processes when nobody is left who needs them.
pub(super) fn clear_up_later(pool: &Arc<Pool>) {
    if std::mem::replace(&mut pool.state().apart.watched, true) {
        return;
    }
    let weak = Arc::downgrade(pool);
    pool.runtime.spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(pool) = weak.upgrade() else { return };
            if clear_up(&pool) {
                return;
            }
        }
    });
}

/// `true` when nothing is left to look after.
fn clear_up(pool: &Pool) -> bool {
    let mut state = pool.state();
    if state.queue.has_outcasts(Instant::now()) {
        return false;
    }
    let idle = std::mem::take(&mut state.apart.idle);
    state.apart.processes = state.apart.processes.saturating_sub(idle.len());
    state.children.retired += idle.len() as u64;
    state.apart.watched = state.apart.processes > 0;
    !state.apart.watched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_started_when_needed_and_paced_after_a_death() {
        let mut apart = Apart::default();
        let now = Instant::now();
        assert_eq!(apart.order(1, now), Some(Duration::ZERO));
        assert_eq!(apart.order(1, now), None, "there is one already");
        apart.lost(now);
        assert_eq!(apart.order(1, now), Some(PAUSE));
        apart.lost(now);
        assert_eq!(apart.order(2, now + PAUSE), Some(Duration::ZERO), "the pause is over");
        assert_eq!(apart.processes(), 1);
    }
}
