//! “Forget me”: everything the tables know of one subscriber goes. What runs did (the traces) goes by its age.

use diesel::prelude::*;
use engine::ids::RunId;

use super::fields::{self, Owner};
use super::{staff, tags};
use crate::columns::LaneId;
use crate::connection::{Tx, on};
use crate::error::JobError;
use crate::schema::{awaited_calls, calls, inbox, lanes, messages, outbox, runs, subscribers, timers};

/// Forgets a subscriber within the commit of the run that says so; that run alone is left.
pub fn forget(tx: &mut Tx, lane: &LaneId, run: RunId, owners: &[Owner]) -> Result<(), JobError> {
    for owner in owners {
        fields::delete_all(tx, lane.workspace, owner)?;
    }
    tags::delete_all(tx, lane)?;
    staff::delete(tx, lane)?;
    macro_rules! of_lane {
        ($table:ident) => {
            $table::table
                .filter($table::workspace_id.eq(lane.workspace.0))
                .filter($table::bot_id.eq(lane.bot.0))
                .filter($table::lane_key.eq(&*lane.key))
        };
    }
    on!(tx.0, c => diesel::delete(of_lane!(timers)).execute(c))?;
    on!(tx.0, c => diesel::delete(of_lane!(calls)).execute(c))?;
    on!(tx.0, c => diesel::delete(of_lane!(awaited_calls)).execute(c))?;
    on!(tx.0, c => diesel::delete(of_lane!(messages)).execute(c))?;
    // A farewell that is still to be sent leaves no history either.
    on!(tx.0, c => diesel::update(of_lane!(outbox)).set(outbox::in_history.eq(false)).execute(c))?;
    on!(tx.0, c => diesel::delete(of_lane!(runs).filter(runs::id.ne(run.0))).execute(c))?;
    // The rows stay for their dedupe keys; what they said does not.
    on!(tx.0, c => diesel::update(of_lane!(inbox).filter(inbox::settled_at_ms.is_not_null()))
        .set(inbox::payload.eq(Vec::<u8>::new()))
        .execute(c))?;
    on!(tx.0, c => diesel::delete(of_lane!(subscribers)).execute(c))?;
    on!(tx.0, c => diesel::update(of_lane!(lanes)).set(lanes::memory.eq("{}")).execute(c))?;
    Ok(())
}
