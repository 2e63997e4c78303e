//! Entries of indexes and rows, a chunk at a time.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::List;
use super::super::rows::StoredRow;
use super::plan::KeyRange;
use crate::cached::{CachedDsl, here};
use crate::connection::{Connection, on};
use crate::error::DbResult;
use crate::schema::{list_keys, list_rows};

/// Rows or entries of one chunk.
pub(super) const CHUNK_ROWS: usize = 500;

/// How many entries a stretch has.
pub(super) fn count_entries(connection: &mut Connection, list: &List, range: &KeyRange) -> DbResult<i64> {
    let below = range.below.clone().unwrap_or_else(|| vec![u8::MAX]);
    on!(connection, c => list_keys::table
        .filter(list_keys::workspace_id.eq(list.workspace_id.0))
        .filter(list_keys::list_id.eq(list.id.0))
        .filter(list_keys::column_id.eq(&range.column))
        .filter(list_keys::key.ge(&range.from))
        .filter(list_keys::key.lt(&below))
        .count()
        .get_result(c))
}

pub(super) fn load_chunk(
    connection: &mut Connection,
    list: &List,
    last: i64,
    descending: bool,
) -> DbResult<Vec<StoredRow>> {
    macro_rules! chunk {
        ($beyond:ident, $order:expr) => {
            on!(connection, c => list_rows::table
                .filter(list_rows::workspace_id.eq(list.workspace_id.0))
                .filter(list_rows::list_id.eq(list.id.0))
                .filter(list_rows::id.$beyond(last))
                .order($order)
                .limit(CHUNK_ROWS as i64)
                .select((list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms))
                .load(c))
        };
    }
    if descending { chunk!(lt, list_rows::id.desc()) } else { chunk!(gt, list_rows::id.asc()) }
}

/// Entries of a stretch beyond the last one seen.
pub(super) fn load_entries(
    connection: &mut Connection,
    list: &List,
    range: &KeyRange,
    after: Option<&(Vec<u8>, i64)>,
    descending: bool,
    limit: usize,
) -> DbResult<Vec<(Vec<u8>, i64)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // What nearly every look for a value is.
    if let (None, false, Some(below)) = (after, descending, &range.below) {
        return on!(connection, c => list_keys::table
            .filter(list_keys::workspace_id.eq(list.workspace_id.0))
            .filter(list_keys::list_id.eq(list.id.0))
            .filter(list_keys::column_id.eq(&range.column))
            .filter(list_keys::key.ge(&range.from))
            .filter(list_keys::key.lt(below))
            .order((list_keys::key.asc(), list_keys::row_id.asc()))
            .limit(limit)
            .select((list_keys::key, list_keys::row_id))
            .fixed(here!())
            .load(c));
    }
    macro_rules! entries {
        ($from_filter:expr, $below_filter:expr, $order:expr) => {
            on!(connection, c => {
                let mut entries = list_keys::table
                    .filter(list_keys::workspace_id.eq(list.workspace_id.0))
                    .filter(list_keys::list_id.eq(list.id.0))
                    .filter(list_keys::column_id.eq(&range.column))
                    .into_boxed();
                if let Some(filter) = $from_filter {
                    entries = entries.filter(filter);
                }
                if let Some(filter) = $below_filter {
                    entries = entries.filter(filter);
                }
                if let Some((key, row)) = after {
                    entries = if descending {
                        entries.filter(list_keys::key.lt(key).or(list_keys::key.eq(key).and(list_keys::row_id.lt(*row))))
                    } else {
                        entries.filter(list_keys::key.gt(key).or(list_keys::key.eq(key).and(list_keys::row_id.gt(*row))))
                    };
                }
                entries.order($order).limit(limit).select((list_keys::key, list_keys::row_id)).load(c)
            })
        };
    }
    // Besides the exact place, the plain bound on the key is what both databases seek by.
    let from = match after {
        Some((key, _)) if !descending => Some(key),
        _ => Some(&range.from),
    };
    let below = range.below.as_ref();
    if descending {
        let at_most = after.map(|(key, _)| list_keys::key.le(key));
        match at_most {
            Some(at_most) => entries!(
                Some(at_most),
                from.map(|from| list_keys::key.ge(from)),
                (list_keys::key.desc(), list_keys::row_id.desc())
            ),
            None => entries!(
                below.map(|below| list_keys::key.lt(below)),
                from.map(|from| list_keys::key.ge(from)),
                (list_keys::key.desc(), list_keys::row_id.desc())
            ),
        }
    } else {
        entries!(
            from.map(|from| list_keys::key.ge(from)),
            below.map(|below| list_keys::key.lt(below)),
            (list_keys::key.asc(), list_keys::row_id.asc())
        )
    }
}

/// Entries of the whole index behind so many others.
pub(super) fn entries_at(
    connection: &mut Connection,
    list: &List,
    column: &str,
    descending: bool,
    offset: i64,
    limit: i64,
) -> DbResult<Vec<i64>> {
    macro_rules! entries {
        ($order:expr) => {
            on!(connection, c => list_keys::table
                .filter(list_keys::workspace_id.eq(list.workspace_id.0))
                .filter(list_keys::list_id.eq(list.id.0))
                .filter(list_keys::column_id.eq(column))
                .order($order)
                .offset(offset)
                .limit(limit)
                .select(list_keys::row_id)
                .load(c))
        };
    }
    if descending {
        entries!((list_keys::key.desc(), list_keys::row_id.desc()))
    } else {
        entries!((list_keys::key.asc(), list_keys::row_id.asc()))
    }
}

/// Numbers of rows behind one: of the whole list, or of one value of an index.
pub(super) fn load_numbers(
    connection: &mut Connection,
    list: &List,
    among: Option<&KeyRange>,
    after: i64,
    limit: i64,
) -> DbResult<Vec<i64>> {
    match among {
        None => on!(connection, c => list_rows::table
            .filter(list_rows::workspace_id.eq(list.workspace_id.0))
            .filter(list_rows::list_id.eq(list.id.0))
            .filter(list_rows::id.gt(after))
            .order(list_rows::id)
            .limit(limit)
            .select(list_rows::id)
            .load(c)),
        Some(range) => on!(connection, c => list_keys::table
            .filter(list_keys::workspace_id.eq(list.workspace_id.0))
            .filter(list_keys::list_id.eq(list.id.0))
            .filter(list_keys::column_id.eq(&range.column))
            .filter(list_keys::key.eq(&range.from))
            .filter(list_keys::row_id.gt(after))
            .order(list_keys::row_id)
            .limit(limit)
            .select(list_keys::row_id)
            .load(c)),
    }
}

/// The rows of these numbers, in this order.
pub(super) fn load_rows(connection: &mut Connection, list: &List, ids: &[i64]) -> DbResult<Vec<StoredRow>> {
    let columns = (list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms);
    match ids {
        [] => return Ok(Vec::new()),
        // Its text is always the same, that of several depends on how many they are.
        [id] => {
            return on!(connection, c => list_rows::table
                .filter(list_rows::workspace_id.eq(list.workspace_id.0))
                .filter(list_rows::list_id.eq(list.id.0))
                .filter(list_rows::id.eq(id))
                .select(columns)
                .fixed(here!())
                .load(c));
        }
        _ => {}
    }
    let rows: Vec<StoredRow> = on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .filter(list_rows::id.eq_any(ids))
        .select(columns)
        .load(c))?;
    let mut by_id: HashMap<i64, StoredRow> = rows.into_iter().map(|row| (row.0, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}
