//! Work in the background that failed: how often, why, and when it is tried again, or that it was given up. Only what
//! fails by itself stands here: a row of it can be written only while the database answers.

use diesel::prelude::*;
use engine::ids::{UtcMs, WorkspaceId};

use crate::columns::{MaybeNum, Num, text_enum};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::setbacks;

text_enum! {
    /// What kind of work it was.
    Work {
        /// A delay, a time-out.
        Timer = "timer",
        /// A trigger of the clock.
        Schedule = "schedule",
        /// What a publication plans for the clock.
        Plan = "plan",
        /// Somebody who goes over to a newer version.
        Move = "move",
        /// Somebody whom a broadcast is for.
        Broadcast = "broadcast",
        /// The index of a list, or a list that is deleted.
        List = "list",
        /// A call to the outside.
        Call = "call",
        /// What became of a message.
        Send = "send",
        /// An update that was fetched.
        Update = "update",
        /// What is trimmed.
        Retention = "retention",
    }
}

/// What failed: the kind of work, whose it is, and which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// [`HOUSE`] for what belongs to nobody.
    pub workspace: WorkspaceId,
    pub work: Work,
    /// As operators find it again, `17 of run 5`.
    pub name: String,
}

/// What belongs to no workspace.
pub const HOUSE: WorkspaceId = WorkspaceId(0);

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = setbacks)]
pub struct Setback {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub kind: Work,
    pub item: String,
    /// How often it has failed.
    pub attempts: i64,
    /// The last failure.
    pub error: String,
    /// `None` when it was given up.
    #[diesel(deserialize_as = MaybeNum, column_name = again_at_ms)]
    pub again_at: Option<UtcMs>,
    #[diesel(deserialize_as = Num, column_name = at_ms)]
    pub at: UtcMs,
}

/// A failure behind so long a pause is the first again. What was given up is tried once an hour at most.
const FORGIVEN_MS: i64 = 2 * 3_600_000;

/// How long after its first failures something is tried again, in milliseconds: what has failed more often than there
/// are numbers here is given up.
const PAUSES_MS: [i64; 5] = [1_000, 5_000, 30_000, 120_000, 600_000];

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Again(UtcMs),
    GivenUp,
}

/// Longest reason that is kept, in characters.
const ERROR_CHARS: usize = 500;

/// Counts a failure. What was given up and fails again stays given up.
pub fn count(tx: &mut Tx, item: &Item, error: &str, now: UtcMs) -> Result<Verdict, JobError> {
    let error: String = error.chars().filter(|char| *char != '\0').take(ERROR_CHARS).collect();
    // What failed so long ago has worked since: it would have been tried again, and counted, before.
    on!(tx.0, c => diesel::delete(setbacks::table
            .filter(setbacks::workspace_id.eq(item.workspace.0))
            .filter(setbacks::kind.eq(item.work))
            .filter(setbacks::item.eq(&item.name))
            .filter(setbacks::at_ms.lt(now.0 - FORGIVEN_MS)))
        .execute(c))?;
    let failed: i64 = on!(tx.0, c => diesel::insert_into(setbacks::table)
        .values((
            setbacks::workspace_id.eq(item.workspace.0),
            setbacks::kind.eq(item.work),
            setbacks::item.eq(&item.name),
            setbacks::attempts.eq(1_i64),
            setbacks::error.eq(&error),
            setbacks::at_ms.eq(now.0),
        ))
        .on_conflict((setbacks::workspace_id, setbacks::kind, setbacks::item))
        .do_update()
        .set((
            setbacks::attempts.eq(setbacks::attempts + 1_i64),
            setbacks::error.eq(&error),
            setbacks::at_ms.eq(now.0),
        ))
        .returning(setbacks::attempts)
        .get_result(c))?;
    let pause = usize::try_from(failed - 1).ok().and_then(|index| PAUSES_MS.get(index));
    let again_at = pause.map(|pause| now.plus_ms(*pause));
    on!(tx.0, c => diesel::update(setbacks::table
            .filter(setbacks::workspace_id.eq(item.workspace.0))
            .filter(setbacks::kind.eq(item.work))
            .filter(setbacks::item.eq(&item.name)))
        .set(setbacks::again_at_ms.eq(again_at.map(|at| at.0)))
        .execute(c))?;
    Ok(again_at.map_or(Verdict::GivenUp, Verdict::Again))
}

fn clear(tx: &mut Tx, item: &Item) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(setbacks::table
            .filter(setbacks::workspace_id.eq(item.workspace.0))
            .filter(setbacks::kind.eq(item.work))
            .filter(setbacks::item.eq(&item.name)))
        .execute(c))?;
    Ok(())
}

/// What has failed since a moment, the latest first.
pub fn since(connection: &mut Connection, moment: UtcMs, limit: i64) -> DbResult<Vec<Setback>> {
    on!(connection, c => setbacks::table
        .filter(setbacks::at_ms.ge(moment.0))
        .order(setbacks::at_ms.desc())
        .limit(limit)
        .select(Setback::as_select())
        .load(c))
}

/// Forgets up to `limit` of those that failed last before a moment; answers how many.
pub fn delete_before(tx: &mut Tx, moment: UtcMs, limit: i64) -> Result<usize, JobError> {
    let old: Vec<(i64, Work, String)> = on!(tx.0, c => setbacks::table
        .filter(setbacks::at_ms.lt(moment.0))
        .order(setbacks::at_ms)
        .limit(limit)
        .select((setbacks::workspace_id, setbacks::kind, setbacks::item))
        .load(c))?;
    let count = old.len();
    for (workspace, work, name) in old {
        clear(tx, &Item { workspace: WorkspaceId(workspace), work, name })?;
    }
    Ok(count)
}
