//! Lanes at rest, as they stand in the tables: who writes to a lane again soon need not read it again.
//!
//! Only what a commit has just written is kept, and only where no other process writes lanes. Whatever becomes of a lane
//! behind its worker's back moves its version on, and the next commit is fenced.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::ids::EventId;
use engine::lane::Lane;
use store::LaneId;

use crate::commit::Saved;

/// A lane whose runs all wait, and whose inbox was empty.
#[derive(Debug)]
pub struct Rested {
    pub version: i64,
    pub lane: Lane,
    /// Everything in its inbox up to here is settled.
    pub seen: EventId,
    /// Bytes of its runs' states as text.
    pub sizes: Vec<Saved>,
}

/// What a lane takes besides its runs, in bytes.
const LANE_BYTES: usize = 512;

/// Of text; what is read from it takes a few times as much.
const GENERATION_BYTES: usize = 2 << 20;

/// Two generations of lanes: who was not seen while the younger one filled up is forgotten with the older one.
#[derive(Default)]
pub struct Resting(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<LaneId, Rested>,
    old: HashMap<LaneId, Rested>,
    young_bytes: usize,
}

impl Resting {
    /// Takes a lane out, for its worker.
    pub fn take(&self, lane: &LaneId) -> Option<Rested> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match generations.young.remove(lane) {
            Some(rested) => {
                generations.young_bytes -= rested.bytes();
                Some(rested)
            }
            None => generations.old.remove(lane),
        }
    }

    /// Keeps a lane until its worker comes again, or others have taken its place.
    pub fn keep(&self, lane: LaneId, rested: Rested) {
        let bytes = rested.bytes();
        if bytes > GENERATION_BYTES / 16 {
            return;
        }
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.insert(lane, rested);
        generations.young_bytes += bytes;
        if generations.young_bytes > GENERATION_BYTES {
            let full = std::mem::take(&mut generations.young);
            let forgotten = std::mem::replace(&mut generations.old, full);
            generations.young_bytes = 0;
            drop(generations);
            drop(forgotten);
        }
    }
}

impl Rested {
    fn bytes(&self) -> usize {
        self.sizes.iter().map(|(_, size)| size).sum::<usize>() + LANE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use engine::ids::{BotId, RunId, WorkspaceId};

    use super::*;

    fn lane(key: usize) -> LaneId {
        LaneId::new(WorkspaceId(1), BotId(1), key.to_string())
    }

    fn rested(version: i64, bytes: usize) -> Rested {
        Rested { version, lane: Lane::default(), seen: EventId(0), sizes: vec![(RunId(1), bytes)] }
    }

    #[test]
    fn a_lane_is_taken_once() {
        let resting = Resting::default();
        resting.keep(lane(1), rested(7, 0));
        assert_eq!(resting.take(&lane(1)).map(|rested| rested.version), Some(7));
        assert!(resting.take(&lane(1)).is_none());
        assert_eq!(resting.0.lock().unwrap().young_bytes, 0);
    }

    #[test]
    fn who_comes_again_stays_and_others_go() {
        let resting = Resting::default();
        let fits = GENERATION_BYTES / LANE_BYTES;
        resting.keep(lane(0), rested(1, 0));
        for key in 1..=fits * 3 {
            resting.keep(lane(key), rested(1, 0));
            if key % 100 == 0 {
                let regular = resting.take(&lane(0)).expect("who comes again stays");
                resting.keep(lane(0), regular);
            }
        }
        assert!(resting.take(&lane(1)).is_none());
        let generations = resting.0.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * fits + 2);
    }

    #[test]
    fn a_lane_that_takes_the_room_of_many_is_not_kept() {
        let resting = Resting::default();
        resting.keep(lane(1), rested(1, GENERATION_BYTES / 16));
        assert!(resting.take(&lane(1)).is_none());
    }
}
