//! Where lanes meet the dispatcher of their bot: what it is told, and what is handed to it.
//!
//! A send whose chat is free is claimed by the commit that writes it, and goes out without a second look into the
//! tables. For that the lane takes a place beforehand, so that no more is claimed than is sent at once. Everything else
//! is queued in the table, where the dispatcher finds it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ids::{BotId, WorkspaceId};
use store::outbox::OutboxRow;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::SENDS_AT_ONCE;

/// So few places are left to what waits in the table.
const FEW: usize = SENDS_AT_ONCE / 4;

/// The dispatchers, one per bot that has sent anything since the start.
#[derive(Default)]
pub struct Dispatch {
    desks: Mutex<HashMap<BotId, Arc<Desk>>>,
    /// Bots to start a dispatcher for.
    starts: Mutex<Vec<Start>>,
    pub(super) started: Notify,
}

/// A dispatcher that is to begin.
pub(super) struct Start {
    pub(super) workspace: WorkspaceId,
    pub(super) bot: BotId,
    pub(super) desk: Arc<Desk>,
}

impl Dispatch {
    /// Says that a bot has something queued.
    pub fn wake(&self, workspace: WorkspaceId, bot: BotId) {
        let mut desks = lock(&self.desks);
        if let Some(desk) = desks.get(&bot) {
            desk.look();
            return;
        }
        let desk = Arc::new(Desk::default());
        desks.insert(bot, Arc::clone(&desk));
        lock(&self.starts).push(Start { workspace, bot, desk });
        self.started.notify_one();
    }

    /// Takes a place for a send of the bot that is about to be written; `None` when it has to be queued: where places
    /// are few, those in the table have been waiting for them longer.
    pub fn reserve(&self, bot: BotId) -> Option<Place> {
        let desks = lock(&self.desks);
        let desk = desks.get(&bot)?;
        let in_turn = !desk.is_behind() || desk.free() > FEW;
        if !desk.open.load(Ordering::Relaxed) || !in_turn {
            return None;
        }
        let permit = Arc::clone(&desk.places).try_acquire_owned().ok()?;
        Some(Place { permit: Some(permit), desk: Arc::clone(desk) })
    }

    /// Puts another dispatcher in the place of one that has died.
    pub(super) fn replace(&self, workspace: WorkspaceId, bot: BotId) {
        lock(&self.desks).remove(&bot);
        self.wake(workspace, bot);
    }

    pub(super) fn take_starts(&self) -> Vec<Start> {
        std::mem::take(&mut *lock(&self.starts))
    }

    /// Forgets a dispatcher that ends for want of work. Who wakes the bot from now on starts another one; if
    /// somebody has done so just now, that one is started here. False while lanes have places: then it must not end.
    pub(super) fn end(&self, workspace: WorkspaceId, bot: BotId) -> bool {
        let mut desks = lock(&self.desks);
        let Some(desk) = desks.get(&bot) else { return true };
        if !desk.is_left() {
            return false;
        }
        let was_told = desk.behind.load(Ordering::Relaxed);
        desks.remove(&bot);
        drop(desks);
        if was_told {
            self.wake(workspace, bot);
        }
        true
    }
}

/// What a dispatcher and the lanes of its bot share.
pub(super) struct Desk {
    wakeup: Notify,
    /// There may be something in the table.
    behind: AtomicBool,
    /// Whether what is claimed now would go out now.
    open: AtomicBool,
    /// One for each send that may be under way.
    places: Arc<Semaphore>,
    /// Claimed, committed, and not under way yet.
    handed: Mutex<Vec<Handed>>,
}

/// A claimed row and its place.
pub(super) struct Handed {
    pub(super) row: OutboxRow,
    pub(super) place: OwnedSemaphorePermit,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            wakeup: Notify::new(),
            behind: AtomicBool::new(true),
            open: AtomicBool::new(false),
            places: Arc::new(Semaphore::new(SENDS_AT_ONCE)),
            handed: Mutex::default(),
        }
    }
}

impl Desk {
    fn look(&self) {
        self.behind.store(true, Ordering::Relaxed);
        self.wakeup.notify_one();
    }

    /// Waits until somebody has something to say.
    pub(super) async fn told(&self) {
        self.wakeup.notified().await;
    }

    /// Whether to look into the table; from now on, only when told so again.
    pub(super) fn take_behind(&self) -> bool {
        self.behind.swap(false, Ordering::Relaxed)
    }

    /// There is more in the table than could be taken.
    pub(super) fn stay_behind(&self) {
        self.behind.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    pub(super) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }

    pub(super) fn take_handed(&self) -> Vec<Handed> {
        std::mem::take(&mut *lock(&self.handed))
    }

    /// Takes places for rows of the table: half of them, so that lanes find some too, or all if they are few.
    pub(super) fn take_places(&self) -> Vec<OwnedSemaphorePermit> {
        let free = self.free();
        let share = if free > FEW { free / 2 } else { free };
        let place = || Arc::clone(&self.places).try_acquire_owned().ok();
        std::iter::from_fn(place).take(share).collect()
    }

    /// Places nobody has.
    pub(super) fn free(&self) -> usize {
        self.places.available_permits()
    }

    /// Whether no lane has a place, and nothing is under way.
    pub(super) fn is_left(&self) -> bool {
        self.free() == SENDS_AT_ONCE
    }
}

/// The right to claim one send in the commit that writes it.
pub struct Place {
    /// Until it is used.
    permit: Option<OwnedSemaphorePermit>,
    desk: Arc<Desk>,
}

impl Place {
    /// Gives a row to the dispatcher that was claimed and committed.
    pub fn hand(mut self, row: OutboxRow) {
        if let Some(place) = self.permit.take() {
            lock(&self.desk.handed).push(Handed { row, place });
            self.desk.wakeup.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Rows of the table may wait for it.
        if self.permit.take().is_some() && self.desk.is_behind() {
            self.desk.wakeup.notify_one();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId(1);
    const BOT: BotId = BotId(1);

    /// A dispatch with a dispatcher that has looked into the table.
    fn started() -> (Dispatch, Arc<Desk>) {
        let dispatch = Dispatch::default();
        dispatch.wake(WORKSPACE, BOT);
        let desk = dispatch.take_starts().pop().unwrap().desk;
        desk.take_behind();
        (dispatch, desk)
    }

    #[test]
    fn a_bot_with_nothing_to_send_needs_no_dispatcher() {
        let (dispatch, _) = started();
        dispatch.wake(WORKSPACE, BOT);
        assert!(dispatch.take_starts().is_empty(), "it has one");
        assert!(dispatch.end(WORKSPACE, BOT));
        assert_eq!(dispatch.take_starts().len(), 1, "it was woken while it was ending");
        lock(&dispatch.desks)[&BOT].take_behind();
        assert!(dispatch.end(WORKSPACE, BOT));
        assert!(
            dispatch.take_starts().is_empty() && lock(&dispatch.desks).is_empty(),
            "nothing is left of it"
        );
        dispatch.wake(WORKSPACE, BOT);
        assert_eq!(dispatch.take_starts().len(), 1, "and it starts again");
    }

    #[test]
    fn no_more_is_claimed_than_there_are_places() {
        let (dispatch, desk) = started();
        assert!(dispatch.reserve(BOT).is_none(), "it does not send yet");
        desk.set_open(true);
        let mut places: Vec<_> = std::iter::from_fn(|| dispatch.reserve(BOT)).collect();
        assert_eq!((places.len(), desk.free()), (SENDS_AT_ONCE, 0));
        assert!(!dispatch.end(WORKSPACE, BOT), "lanes are about to hand over what it has to send");
        drop(places.pop());
        assert_eq!(desk.take_places().len(), 1);
        drop(places);
        assert!(desk.is_left() && dispatch.end(WORKSPACE, BOT));
        assert!(dispatch.reserve(BOT).is_none());
    }

    #[test]
    fn nobody_takes_over_before_the_dead_is_replaced() {
        let (dispatch, desk) = started();
        desk.set_open(false);
        dispatch.wake(WORKSPACE, BOT);
        assert!(dispatch.take_starts().is_empty() && dispatch.reserve(BOT).is_none());
        dispatch.replace(WORKSPACE, BOT);
        let next = dispatch.take_starts().pop().unwrap().desk;
        assert!(!Arc::ptr_eq(&desk, &next) && dispatch.take_starts().is_empty());
        next.set_open(true);
        assert!(dispatch.reserve(BOT).is_some());
    }

    #[test]
    fn what_waits_in_the_table_comes_first_where_places_are_few() {
        let (dispatch, desk) = started();
        desk.set_open(true);
        dispatch.wake(WORKSPACE, BOT);
        let rows = desk.take_places();
        assert_eq!(rows.len(), SENDS_AT_ONCE / 2);
        let lanes: Vec<_> = std::iter::from_fn(|| dispatch.reserve(BOT)).collect();
        assert_eq!(desk.free(), FEW, "lanes leave the last ones");
        assert_eq!(desk.take_places().len(), FEW, "which are for the table alone");
        desk.take_behind();
        let more: Vec<_> = std::iter::from_fn(|| dispatch.reserve(BOT)).collect();
        assert_eq!((more.len(), desk.free()), (FEW, 0), "nothing waits any more");
        drop((rows, lanes));
    }
}
