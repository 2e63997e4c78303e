//! Rows of a list and the entries of its indexes, always written together.

use std::collections::HashSet;

use diesel::prelude::*;
use engine::ids::{RowId, UtcMs};
use engine::list::{ROW_ID, key_of};
use engine::schedule::RowEvent;
use engine::value::{Map, Value};

use super::{List, ListColumn, watch};
use crate::cached::{CachedDsl, here};
use crate::connection::{Backend, Connection, Tx, on};
use crate::error::{DbError, DbResult, JobError, ReadError, Refusal};
use crate::schema::{list_keys, list_rows, list_unique};

/// A row by the names of its columns.
#[derive(Clone, Debug, PartialEq)]
pub struct ListRow {
    pub id: RowId,
    /// Cells that were never set are missing.
    pub cells: Map,
    pub created_at: UtcMs,
    pub updated_at: UtcMs,
}

impl ListRow {
    /// As the engine wants it: with its id under `_id`.
    pub fn into_map(self) -> Map {
        let mut map = self.cells;
        map.insert(ROW_ID.to_owned(), Value::from(self.id.0));
        map
    }
}

pub(super) type StoredRow = (i64, String, i64, i64);

pub(super) fn parse_row(
    list: &List,
    (id, cells, created_at, updated_at): StoredRow,
) -> Result<ListRow, Refusal> {
    Ok(ListRow {
        id: RowId(id),
        cells: by_name(list, parse_cells(list, id, &cells)?),
        created_at: UtcMs(created_at),
        updated_at: UtcMs(updated_at),
    })
}

fn parse_cells(list: &List, id: i64, cells: &str) -> Result<Map, Refusal> {
    serde_json::from_str(cells).map_err(|error| Refusal::Malformed {
        what: format!("row {id} of list {}", list.id),
        why: error.to_string(),
    })
}

/// From column ids to names, in the order of the columns.
fn by_name(list: &List, mut cells: Map) -> Map {
    list.columns
        .iter()
        .filter_map(|column| Some((column.name.clone(), cells.swap_remove(&column.id)?)))
        .collect()
}

/// From column names to ids.
///
/// # Errors
/// [`Refusal::UnknownColumn`].
fn by_id(list: &List, cells: &Map) -> Result<Map, Refusal> {
    cells.iter().map(|(name, value)| Ok((list.column(name)?.id.clone(), value.clone()))).collect()
}

fn to_json(list: &List, cells: &Map) -> Result<String, Refusal> {
    serde_json::to_string(cells).map_err(|error| Refusal::Malformed {
        what: format!("a row of list {}", list.id),
        why: error.to_string(),
    })
}

pub fn count_rows(connection: &mut Connection, list: &List) -> DbResult<i64> {
    on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .count()
        .get_result(c))
}

/// Rows in the order they were added.
pub fn page(
    connection: &mut Connection,
    list: &List,
    offset: i64,
    limit: i64,
) -> Result<Vec<ListRow>, ReadError> {
    page_in(connection, list, false, offset, limit)
}

/// The same, or the newest first. What is skipped is skipped in the index, however much it is.
pub(super) fn page_in(
    connection: &mut Connection,
    list: &List,
    descending: bool,
    offset: i64,
    limit: i64,
) -> Result<Vec<ListRow>, ReadError> {
    macro_rules! page {
        ($order:expr, $beyond:ident) => {{
            let first: Option<i64> = match offset {
                0 => None,
                _ => {
                    let found: Option<i64> = on!(connection, c => list_rows::table
                        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
                        .filter(list_rows::list_id.eq(list.id.0))
                        .order($order)
                        .offset(offset)
                        .limit(1)
                        .select(list_rows::id)
                        .first(c)
                        .optional())?;
                    if found.is_none() {
                        return Ok(Vec::new());
                    }
                    found
                }
            };
            let first = first.unwrap_or(if descending { i64::MAX } else { 0 });
            on!(connection, c => list_rows::table
                .filter(list_rows::workspace_id.eq(list.workspace_id.0))
                .filter(list_rows::list_id.eq(list.id.0))
                .filter(list_rows::id.$beyond(first))
                .order($order)
                .limit(limit)
                .select((list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms))
                .load(c))?
        }};
    }
    let stored: Vec<StoredRow> =
        if descending { page!(list_rows::id.desc(), le) } else { page!(list_rows::id.asc(), ge) };
    Ok(stored.into_iter().map(|row| parse_row(list, row)).collect::<Result<_, _>>()?)
}

pub fn find_row(connection: &mut Connection, list: &List, row: RowId) -> Result<Option<ListRow>, ReadError> {
    let stored: Option<StoredRow> = on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .filter(list_rows::id.eq(row.0))
        .select((list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms))
        .first(c)
        .optional())?;
    Ok(stored.map(|row| parse_row(list, row)).transpose()?)
}

/// Adds a row of cells by column name.
///
/// # Errors
/// [`Refusal::Duplicate`] naming the column; [`Refusal::UnknownColumn`].
pub fn insert_row(tx: &mut Tx, list: &List, new: &Map, now: UtcMs) -> Result<RowId, JobError> {
    let cells = by_id(list, new)?;
    let json = to_json(list, &cells)?;
    let id: i64 = on!(tx.0, c => diesel::insert_into(list_rows::table)
        .values((
            list_rows::workspace_id.eq(list.workspace_id.0),
            list_rows::list_id.eq(list.id.0),
            list_rows::cells.eq(&json),
            list_rows::created_at_ms.eq(now.0),
            list_rows::updated_at_ms.eq(now.0),
        ))
        .inserting(here!())
        .inserted_id(c)
        .and_then(|id| id.ok_or(diesel::NotFound)))?;
    insert_keys(tx, list, id, &cells, &Map::new())?;
    if !list.watchers.is_empty() {
        watch::tell(tx, list, &RowEvent { row: id, old: None, new: Some(new) }, now)?;
    }
    Ok(RowId(id))
}

/// Sets the given cells of a row and leaves the others.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Duplicate`] naming the column, [`Refusal::UnknownColumn`].
pub fn update_row(
    tx: &mut Tx,
    list: &List,
    row: RowId,
    changes: &Map,
    now: UtcMs,
) -> Result<ListRow, JobError> {
    let row = lock_row(tx, list, row)?.ok_or(Refusal::NotFound)?;
    let mut cells = row.cells(list);
    cells.extend(changes.clone());
    replace_row(tx, list, row, &cells, now)
}

/// A row whose lock this job has: what is read is what is replaced.
pub(super) struct LockedRow {
    id: i64,
    /// By the ids of columns, those that are gone included.
    old: Map,
    created_at: UtcMs,
}

impl LockedRow {
    /// Its cells by the names of the columns.
    pub(super) fn cells(&self, list: &List) -> Map {
        by_name(list, self.old.clone())
    }
}

/// Writes all cells of a row. What a removed column held is left behind here.
pub(super) fn replace_row(
    tx: &mut Tx,
    list: &List,
    row: LockedRow,
    cells: &Map,
    now: UtcMs,
) -> Result<ListRow, JobError> {
    let LockedRow { id, old, created_at } = row;
    let new = by_id(list, cells)?;
    let json = to_json(list, &new)?;
    on!(tx.0, c => diesel::update(list_rows::table
            .filter(list_rows::workspace_id.eq(list.workspace_id.0))
            .filter(list_rows::list_id.eq(list.id.0))
            .filter(list_rows::id.eq(id)))
        .set((list_rows::cells.eq(&json), list_rows::updated_at_ms.eq(now.0)))
        .changing(here!())
        .run(c))?;
    delete_keys(tx, list, id, &old, &new)?;
    insert_keys(tx, list, id, &new, &old)?;
    if !list.watchers.is_empty() {
        let old = by_name(list, old);
        watch::tell(tx, list, &RowEvent { row: id, old: Some(&old), new: Some(cells) }, now)?;
    }
    Ok(ListRow { id: RowId(id), cells: by_name(list, new), created_at, updated_at: now })
}

/// # Errors
/// [`Refusal::NotFound`].
pub fn delete_row(tx: &mut Tx, list: &List, row: RowId, now: UtcMs) -> Result<(), JobError> {
    let row = lock_row(tx, list, row)?.ok_or(Refusal::NotFound)?;
    remove_row(tx, list, &row, now)
}

pub(super) fn remove_row(tx: &mut Tx, list: &List, row: &LockedRow, now: UtcMs) -> Result<(), JobError> {
    delete_keys(tx, list, row.id, &row.old, &Map::new())?;
    on!(tx.0, c => diesel::delete(list_rows::table
            .filter(list_rows::workspace_id.eq(list.workspace_id.0))
            .filter(list_rows::list_id.eq(list.id.0))
            .filter(list_rows::id.eq(row.id)))
        .execute(c))?;
    if !list.watchers.is_empty() {
        let old = row.cells(list);
        watch::tell(tx, list, &RowEvent { row: row.id, old: Some(&old), new: None }, now)?;
    }
    Ok(())
}

/// What [`upsert_row`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upserted {
    Inserted(RowId),
    Updated(RowId),
}

/// Changes the row that has the same value in a unique column, or adds one.
///
/// # Errors
/// [`Refusal::UnknownColumn`] also when the column is not unique; [`Refusal::Duplicate`] when another unique
/// column is in the way.
pub fn upsert_row(
    tx: &mut Tx,
    list: &List,
    unique_column: &str,
    cells: &Map,
    now: UtcMs,
) -> Result<Upserted, JobError> {
    let column = list.column(unique_column)?;
    if !column.unique {
        return Err(Refusal::UnknownColumn { column: unique_column.to_owned() }.into());
    }
    super::lock_rows(tx, list)?;
    let value = cells.get(unique_column).filter(|value| !value.is_empty());
    if let Some(value) = value {
        let row: Option<i64> = on!(tx.0, c => list_unique::table
            .filter(list_unique::workspace_id.eq(list.workspace_id.0))
            .filter(list_unique::list_id.eq(list.id.0))
            .filter(list_unique::column_id.eq(&column.id))
            .filter(list_unique::key.eq(key_of(value)))
            .select(list_unique::row_id)
            .first(c)
            .optional())?;
        if let Some(row) = row {
            update_row(tx, list, RowId(row), cells, now)?;
            return Ok(Upserted::Updated(RowId(row)));
        }
    }
    Ok(Upserted::Inserted(insert_row(tx, list, cells, now)?))
}

/// A row by its number, locked on PostgreSQL, so that what is read is what is replaced. `None` when it is gone.
pub(super) fn lock_row(tx: &mut Tx, list: &List, row: RowId) -> Result<Option<LockedRow>, JobError> {
    let stored: Option<(String, i64)> = on!(tx.0, c => diesel::update(list_rows::table
            .filter(list_rows::workspace_id.eq(list.workspace_id.0))
            .filter(list_rows::list_id.eq(list.id.0))
            .filter(list_rows::id.eq(row.0)))
        .set(list_rows::updated_at_ms.eq(list_rows::updated_at_ms))
        .returning((list_rows::cells, list_rows::created_at_ms))
        .fixed(here!())
        .get_result(c)
        .optional())?;
    let Some((cells, created_at)) = stored else { return Ok(None) };
    let old = parse_cells(list, row.0, &cells)?;
    Ok(Some(LockedRow { id: row.0, old, created_at: UtcMs(created_at) }))
}

fn cell_key(cells: &Map, column: &str) -> Vec<u8> {
    key_of(cells.get(column).unwrap_or(&Value::Null))
}

/// The columns whose entries are written with a row, those included whose indexes are still being made.
fn written(list: &List) -> impl Iterator<Item = &ListColumn> {
    list.columns.iter().filter(|column| column.has_index()).chain(list.rebuild.kept_up())
}

/// Whether a row may be refused because of what is in another.
pub(super) fn has_unique(list: &List) -> bool {
    written(list).any(|column| column.unique)
}

/// Inserts the entries of a row that differ from those it had. A row that is new had none, which `old` says
/// by being empty; rows without a value have an entry too, so that an index lists every row.
fn insert_keys(tx: &mut Tx, list: &List, row: i64, new: &Map, old: &Map) -> Result<(), JobError> {
    let is_new = old.is_empty();
    for column in written(list) {
        let key = cell_key(new, &column.id);
        if !is_new && key == cell_key(old, &column.id) {
            continue;
        }
        let empty = new.get(&column.id).is_none_or(Value::is_empty);
        if column.unique && !empty && !insert_unique(tx, list, column, &key, row)? {
            return Err(Refusal::Duplicate { what: column.name.clone() }.into());
        }
        insert_key(tx, list, column, &key, row)?;
    }
    Ok(())
}

/// False when another row has the key, or this one already.
fn insert_unique(
    tx: &mut Tx,
    list: &List,
    column: &ListColumn,
    key: &[u8],
    row: i64,
) -> Result<bool, JobError> {
    let inserted = on!(tx.0, c => diesel::insert_into(list_unique::table)
        .values((
            list_unique::workspace_id.eq(list.workspace_id.0),
            list_unique::list_id.eq(list.id.0),
            list_unique::column_id.eq(&column.id),
            list_unique::key.eq(key),
            list_unique::row_id.eq(row),
        ))
        .on_conflict((
            list_unique::workspace_id,
            list_unique::list_id,
            list_unique::column_id,
            list_unique::key,
        ))
        .do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

fn insert_key(tx: &mut Tx, list: &List, column: &ListColumn, key: &[u8], row: i64) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(list_keys::table)
        .values((
            list_keys::workspace_id.eq(list.workspace_id.0),
            list_keys::list_id.eq(list.id.0),
            list_keys::column_id.eq(&column.id),
            list_keys::key.eq(key),
            list_keys::row_id.eq(row),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Makes the entries of rows for the indexes that are being made; whoever wrote one lately has made its entries already.
/// Answers the column in which two rows have the same value although it is to become unique.
pub(super) fn make_keys(
    tx: &mut Tx,
    list: &List,
    rows: &[(i64, String)],
) -> Result<Option<ListColumn>, JobError> {
    let mut parsed = Vec::with_capacity(rows.len());
    for (id, cells) in rows {
        parsed.push((*id, parse_cells(list, *id, cells)?));
    }
    for column in list.rebuild.kept_up() {
        if column.unique {
            let is_filled = |cells: &Map| cells.get(&column.id).is_some_and(|cell| !cell.is_empty());
            let filled = parsed.iter().filter(|(_, cells)| is_filled(cells));
            let entries: Vec<Entry> = filled.map(|(id, cells)| (*id, cell_key(cells, &column.id))).collect();
            for (row, key) in insert_uniques(tx, list, column, entries)? {
                let holder: i64 = on!(tx.0, c => list_unique::table
                    .filter(list_unique::workspace_id.eq(list.workspace_id.0))
                    .filter(list_unique::list_id.eq(list.id.0))
                    .filter(list_unique::column_id.eq(&column.id))
                    .filter(list_unique::key.eq(&key))
                    .select(list_unique::row_id)
                    .first(c))?;
                if holder != row {
                    return Ok(Some(column.clone()));
                }
            }
        }
        let entries = parsed.iter().map(|(id, cells)| (*id, cell_key(cells, &column.id)));
        insert_entries(tx, list, column, &entries.collect::<Vec<_>>())?;
    }
    Ok(None)
}

/// A row with the key of one of its cells.
type Entry = (i64, Vec<u8>);

/// Inserts keys of a unique column; answers those that were there already. On PostgreSQL it is one statement, where each
/// costs a round trip.
fn insert_uniques(
    tx: &mut Tx,
    list: &List,
    column: &ListColumn,
    entries: Vec<Entry>,
) -> Result<Vec<Entry>, JobError> {
    if entries.is_empty() {
        return Ok(entries);
    }
    let Backend::Postgres(connection) = &mut tx.0.0 else {
        let mut known = Vec::new();
        for (row, key) in entries {
            if !insert_unique(tx, list, column, &key, row)? {
                known.push((row, key));
            }
        }
        return Ok(known);
    };
    let value = |(row, key): &Entry| {
        (
            list_unique::workspace_id.eq(list.workspace_id.0),
            list_unique::list_id.eq(list.id.0),
            list_unique::column_id.eq(column.id.clone()),
            list_unique::key.eq(key.clone()),
            list_unique::row_id.eq(*row),
        )
    };
    let inserted: Vec<i64> = diesel::insert_into(list_unique::table)
        .values(entries.iter().map(value).collect::<Vec<_>>())
        .on_conflict_do_nothing()
        .returning(list_unique::row_id)
        .get_results(connection)
        .map_err(DbError::from)?;
    let inserted: HashSet<i64> = inserted.into_iter().collect();
    Ok(entries.into_iter().filter(|(row, _)| !inserted.contains(row)).collect())
}

/// Inserts entries of an index that are not there yet.
fn insert_entries(tx: &mut Tx, list: &List, column: &ListColumn, entries: &[Entry]) -> Result<(), JobError> {
    if entries.is_empty() {
        return Ok(());
    }
    let Backend::Postgres(connection) = &mut tx.0.0 else {
        return entries.iter().try_for_each(|(row, key)| insert_key(tx, list, column, key, *row));
    };
    let value = |(row, key): &Entry| {
        (
            list_keys::workspace_id.eq(list.workspace_id.0),
            list_keys::list_id.eq(list.id.0),
            list_keys::column_id.eq(column.id.clone()),
            list_keys::key.eq(key.clone()),
            list_keys::row_id.eq(*row),
        )
    };
    diesel::insert_into(list_keys::table)
        .values(entries.iter().map(value).collect::<Vec<_>>())
        .on_conflict_do_nothing()
        .execute(connection)
        .map_err(DbError::from)?;
    Ok(())
}

/// Rows behind one, by their numbers, as they are stored.
pub(super) fn load_cells(
    connection: &mut Connection,
    list: &List,
    after: i64,
    limit: i64,
) -> DbResult<Vec<(i64, String)>> {
    on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .filter(list_rows::id.gt(after))
        .order(list_rows::id)
        .limit(limit)
        .select((list_rows::id, list_rows::cells))
        .load(c))
}

/// Deletes the entries of a row that its new cells do not have; all of them when there are no new cells.
fn delete_keys(tx: &mut Tx, list: &List, row: i64, old: &Map, new: &Map) -> Result<(), JobError> {
    let goes = new.is_empty();
    for column in written(list) {
        let key = cell_key(old, &column.id);
        if !goes && key == cell_key(new, &column.id) {
            continue;
        }
        on!(tx.0, c => diesel::delete(list_keys::table
                .filter(list_keys::workspace_id.eq(list.workspace_id.0))
                .filter(list_keys::list_id.eq(list.id.0))
                .filter(list_keys::column_id.eq(&column.id))
                .filter(list_keys::key.eq(&key))
                .filter(list_keys::row_id.eq(row)))
            .execute(c))?;
        if column.unique {
            on!(tx.0, c => diesel::delete(list_unique::table
                    .filter(list_unique::workspace_id.eq(list.workspace_id.0))
                    .filter(list_unique::list_id.eq(list.id.0))
                    .filter(list_unique::column_id.eq(&column.id))
                    .filter(list_unique::key.eq(&key))
                    .filter(list_unique::row_id.eq(row)))
                .execute(c))?;
        }
    }
    Ok(())
}

/// Makes all entries of a short list anew, after its columns have changed.
pub(super) fn reindex(tx: &mut Tx, list: &List) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(list_keys::table
            .filter(list_keys::workspace_id.eq(list.workspace_id.0))
            .filter(list_keys::list_id.eq(list.id.0)))
        .execute(c))?;
    on!(tx.0, c => diesel::delete(list_unique::table
            .filter(list_unique::workspace_id.eq(list.workspace_id.0))
            .filter(list_unique::list_id.eq(list.id.0)))
        .execute(c))?;
    if !list.columns.iter().any(ListColumn::has_index) {
        return Ok(());
    }
    let mut after = 0;
    loop {
        let rows = load_cells(tx, list, after, 500)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        for (id, cells) in &rows {
            insert_keys(tx, list, *id, &parse_cells(list, *id, cells)?, &Map::new())?;
        }
    }
}
