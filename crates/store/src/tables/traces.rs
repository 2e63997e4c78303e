//! What runs did, one blob per burst. Written aside by [`crate::Store::append_trace`] and allowed to lose the
//! last second; errors live in `runs`.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use engine::ids::{RunId, UtcMs, WorkspaceId};

use crate::cached::{CachedDsl, here};
use crate::columns::Num;
use crate::connection::{Connection, on};
use crate::error::DbResult;
use crate::schema::traces;

/// What a burst takes besides its blob, some.
pub(crate) const ROW_BYTES: i64 = 100;

/// Longest blob of one burst.
pub const TRACE_MAX_BYTES: usize = 16 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = traces)]
pub struct TraceBurst {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub run_id: RunId,
    /// Counted from 0 within the run.
    pub burst_no: i64,
    pub blob: Vec<u8>,
    #[diesel(deserialize_as = Num, column_name = at_ms)]
    pub at: UtcMs,
}

/// The bursts of a run, in order. Needs a reader: inside a write job SQLite has no traces.
pub fn of_run(connection: &mut Connection, workspace: WorkspaceId, run: RunId) -> DbResult<Vec<TraceBurst>> {
    on!(connection, c => traces::table
        .filter(traces::workspace_id.eq(workspace.0))
        .filter(traces::run_id.eq(run.0))
        .order(traces::burst_no)
        .select(TraceBurst::as_select())
        .load(c))
}

/// The last bursts of a run, in order.
pub fn newest_of_run(
    connection: &mut Connection,
    workspace: WorkspaceId,
    run: RunId,
    limit: i64,
) -> DbResult<Vec<TraceBurst>> {
    let mut bursts: Vec<TraceBurst> = on!(connection, c => traces::table
        .filter(traces::workspace_id.eq(workspace.0))
        .filter(traces::run_id.eq(run.0))
        .order(traces::burst_no.desc())
        .limit(limit)
        .select(TraceBurst::as_select())
        .load(c))?;
    bursts.reverse();
    Ok(bursts)
}

/// Inserts bursts; one that is there already is left.
pub(crate) fn insert_all(connection: &mut Connection, bursts: &[TraceBurst]) -> DbResult<()> {
    for burst in bursts {
        on!(connection, c => diesel::insert_into(traces::table)
            .values((
                traces::workspace_id.eq(burst.workspace_id.0),
                traces::run_id.eq(burst.run_id.0),
                traces::burst_no.eq(burst.burst_no),
                traces::blob.eq(&burst.blob),
                traces::at_ms.eq(burst.at.0),
            ))
            .on_conflict((traces::workspace_id, traces::run_id, traces::burst_no))
            .do_nothing()
            .changing(here!())
            .run(c))?;
    }
    Ok(())
}

/// Deletes up to `limit` of the oldest bursts: those older than a moment, and so many more that `excess` bytes go;
/// answers how many bytes went.
pub(crate) fn delete_oldest(
    connection: &mut Connection,
    before: UtcMs,
    excess: i64,
    limit: i64,
) -> DbResult<i64> {
    let newest = if excess > 0 { i64::MAX } else { before.0 };
    let bytes = || sql::<BigInt>("CAST(length(\"blob\") AS BIGINT)");
    let oldest: Vec<(i64, i64, i64, i64, i64)> = on!(connection, c => traces::table
        .filter(traces::at_ms.lt(newest))
        .order(traces::at_ms)
        .limit(limit)
        .select((traces::workspace_id, traces::run_id, traces::burst_no, traces::at_ms, bytes()))
        .load(c))?;
    let mut freed = 0;
    for (workspace, run, burst, at_ms, bytes) in &oldest {
        if *at_ms >= before.0 && freed >= excess {
            break;
        }
        freed += bytes + ROW_BYTES;
        on!(connection, c => diesel::delete(traces::table
                .filter(traces::workspace_id.eq(workspace))
                .filter(traces::run_id.eq(run))
                .filter(traces::burst_no.eq(burst)))
            .execute(c))?;
    }
    Ok(freed)
}
