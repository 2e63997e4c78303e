//! Work on long lists that is done in small jobs, so that bots go on meanwhile: indexes that are made or taken away
//! after the columns have changed, and lists that were deleted.
//!
//! First the old entries go, then the new ones are made row by row. While they are made, every row that is written
//! keeps them up too; queries use them when all are there. Rows are written under a share of the list's lock, which
//! each step has for itself: no row is overlooked. Start with [`work_some`].

use diesel::prelude::*;
use engine::ids::{ListId, UtcMs, WorkspaceId};
use serde::{Deserialize, Serialize};

use super::{List, ListColumn, StoredList, columns_to_json, rows};
use crate::connection::{Backend, Connection, Tx, on};
use crate::error::{DbError, DbResult, JobError};
use crate::schema::{list_keys, list_rows, list_unique, lists};
use crate::tables::workspaces;

/// A list with more rows is long.
const SHORT_ROWS: i64 = 1_000;

/// What is to be done to the indexes of a list, and how far it has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rebuild {
    /// Ids of columns whose old entries go first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drops: Vec<String>,
    /// The entries of the last of these that are left begin here: looking for them behind all that have gone would take
    /// longer each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<u8>,
    /// Ids of columns whose entries are made then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    builds: Vec<String>,
    /// The rows up to this one have their entries, or are deleted with their list.
    #[serde(default)]
    after: i64,
    /// The name of a column that could not become unique: rows share a value. Until the columns are changed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<String>,
    /// The columns whose entries are being made, as people want them.
    #[serde(skip)]
    unfinished: Vec<ListColumn>,
}

impl Rebuild {
    /// Whether there is anything to do.
    pub fn is_needed(&self) -> bool {
        !self.drops.is_empty() || !self.builds.is_empty()
    }

    /// Whether the index of a column is still being made.
    pub fn is_building(&self, column: &str) -> bool {
        self.builds.iter().any(|id| id == column)
    }

    pub(super) fn wanted(&self, column: &str) -> Option<&ListColumn> {
        self.unfinished.iter().find(|wanted| wanted.id == column)
    }

    /// Columns that nobody can ask by their index, but whose entries are kept up by whoever writes a row.
    pub(super) fn kept_up(&self) -> &[ListColumn] {
        if self.drops.is_empty() { &self.unfinished } else { &[] }
    }

    /// Takes the indexes that are not finished out of the columns.
    pub(super) fn hide_unfinished(&mut self, columns: &mut [ListColumn]) {
        for column in columns.iter_mut().filter(|column| self.builds.contains(&column.id)) {
            self.unfinished.push(column.clone());
            (column.indexed, column.unique) = (false, false);
        }
    }
}

/// What is to be done when the columns become these.
pub(super) fn after_change(list: &List, columns: &[ListColumn]) -> Rebuild {
    let before = list.wanted_columns();
    let index = |columns: &[ListColumn], id: &str| {
        columns.iter().find(|column| column.id == id).map_or((false, false), |c| (c.has_index(), c.unique))
    };
    let had_index = |column: &&ListColumn| column.has_index();
    let changed = |column: &&ListColumn| index(&before, &column.id) != index(columns, &column.id);
    let mut next = Rebuild { after: list.rebuild.after, ..Rebuild::default() };
    next.drops.clone_from(&list.rebuild.drops);
    next.drops.extend(before.iter().filter(had_index).filter(changed).map(|column| column.id.clone()));
    next.drops.sort();
    next.drops.dedup();
    let builds = columns.iter().filter(had_index);
    let is_new = |column: &&ListColumn| changed(column) || list.rebuild.builds.contains(&column.id);
    next.builds = builds.filter(is_new).map(|column| column.id.clone()).collect();
    if next.builds != list.rebuild.builds || next.drops != list.rebuild.drops {
        next.after = 0;
    }
    next
}

/// What is to be done when the list is deleted.
pub(super) fn after_deletion(list: &List) -> Rebuild {
    let indexed = list.wanted_columns().into_iter().filter(ListColumn::has_index).map(|column| column.id);
    let mut drops: Vec<String> = indexed.chain(list.rebuild.drops.iter().cloned()).collect();
    drops.sort();
    drops.dedup();
    Rebuild { drops, ..Rebuild::default() }
}

/// The list, kept for this job: whoever writes its rows waits.
pub(super) fn lock(tx: &mut Tx, workspace: WorkspaceId, list: ListId) -> Result<Option<List>, JobError> {
    let stored: QueryResult<Option<StoredList>> = match &mut tx.0.0 {
        Backend::Sqlite(connection) => lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0))
            .filter(lists::deleted.eq(false))
            .select(StoredList::as_select())
            .first(connection)
            .optional(),
        Backend::Postgres(connection) => lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0))
            .filter(lists::deleted.eq(false))
            .select(StoredList::as_select())
            .for_update()
            .first(connection)
            .optional(),
    };
    Ok(stored.map_err(DbError::from)?.map(List::try_from).transpose()?)
}

pub(super) fn save(
    tx: &mut Tx,
    workspace: WorkspaceId,
    list: ListId,
    rebuild: &Rebuild,
) -> Result<(), JobError> {
    let text = if rebuild.is_needed() || rebuild.shared.is_some() || rebuild.after > 0 {
        serde_json::to_string(rebuild).map_err(|error| crate::error::Refusal::Other(error.to_string()))?
    } else {
        String::new()
    };
    tx.known_lists().note_change();
    on!(tx.0, c => diesel::update(lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0)))
        .set(lists::rebuild.eq(text))
        .execute(c))?;
    Ok(())
}

/// Whether a list is too long for one job. Reads no more rows than that takes.
pub(super) fn is_long(connection: &mut Connection, list: &List) -> DbResult<bool> {
    let beyond: Option<i64> = on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .order(list_rows::id)
        .offset(SHORT_ROWS)
        .limit(1)
        .select(list_rows::id)
        .first(c)
        .optional())?;
    Ok(beyond.is_some())
}

/// The lists that have something to be done, but for some.
pub fn unfinished(
    connection: &mut Connection,
    without: &[ListId],
    limit: i64,
) -> DbResult<Vec<(WorkspaceId, ListId)>> {
    let without: Vec<i64> = without.iter().map(|list| list.0).collect();
    // Names of columns stand in the same text, but their quotes are escaped.
    let is_needed = || lists::rebuild.like("%\"drops\":[%").or(lists::rebuild.like("%\"builds\":[%"));
    let rows: Vec<(i64, i64)> = on!(connection, c => lists::table
        .filter(lists::deleted.or(lists::rebuild.ne("")))
        .filter(lists::deleted.or(is_needed()))
        .filter(lists::id.ne_all(&without))
        .order((lists::workspace_id, lists::id))
        .limit(limit)
        .select((lists::workspace_id, lists::id))
        .load(c))?;
    Ok(rows.into_iter().map(|(workspace, list)| (WorkspaceId(workspace), ListId(list))).collect())
}

/// Does a bit of what is to be done for a list, some `limit` rows of it; answers whether there is more.
pub fn work_some(
    tx: &mut Tx,
    workspace: WorkspaceId,
    list: ListId,
    limit: i64,
    now: UtcMs,
) -> Result<bool, JobError> {
    let Some(found) = lock(tx, workspace, list)? else { return delete_some(tx, workspace, list, limit) };
    if !found.rebuild.is_needed() {
        return Ok(false);
    }
    let mut next = found.rebuild.clone();
    if !drop_some(tx, &found, &mut next, limit)? {
        build_some(tx, &found, &mut next, limit, now)?;
    }
    save(tx, workspace, list, &next)?;
    if next.is_needed() {
        return Ok(true);
    }
    workspaces::bump_epoch(tx, workspace)?;
    Ok(false)
}

fn build_some(tx: &mut Tx, list: &List, next: &mut Rebuild, limit: i64, now: UtcMs) -> Result<(), JobError> {
    let rows = rows::load_cells(tx, list, next.after, limit)?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < limit);
    if let Some(shared) = rows::make_keys(tx, list, &rows)? {
        return give_up_unique(tx, list, next, &shared, now);
    }
    next.after = rows.last().map_or(next.after, |(id, _)| *id);
    if is_last {
        next.builds.clear();
        next.after = 0;
    }
    Ok(())
}

/// Two rows share a value in a column that was to become unique. It gets an index that says so of nobody.
fn give_up_unique(
    tx: &mut Tx,
    list: &List,
    next: &mut Rebuild,
    shared: &ListColumn,
    now: UtcMs,
) -> Result<(), JobError> {
    tracing::info!(list = %list.id, column = shared.id, "a column could not become unique: rows share a value");
    let mut columns = list.wanted_columns();
    for column in columns.iter_mut().filter(|column| column.id == shared.id) {
        (column.indexed, column.unique) = (true, false);
    }
    let json = columns_to_json(&columns)?;
    tx.known_lists().note_change();
    on!(tx.0, c => diesel::update(lists::table
            .filter(lists::workspace_id.eq(list.workspace_id.0))
            .filter(lists::id.eq(list.id.0)))
        .set((lists::column_defs.eq(&json), lists::updated_at_ms.eq(now.0)))
        .execute(c))?;
    next.shared = Some(shared.name.clone());
    next.drops.push(shared.id.clone());
    next.after = 0;
    workspaces::bump_epoch(tx, list.workspace_id)
}

/// Deletes some entries of the indexes that go; false when there are none of them.
fn drop_some(tx: &mut Tx, list: &List, next: &mut Rebuild, limit: i64) -> Result<bool, JobError> {
    let Some(column) = next.drops.last().cloned() else { return Ok(false) };
    match drop_entries(tx, list, &column, &next.dropped, limit)? {
        Some(last) => next.dropped = last,
        None => {
            next.drops.pop();
            next.dropped.clear();
        }
    }
    Ok(true)
}

/// Deletes the first entries of an index from a key on; answers the key of the last, `None` when there were none. Nobody
/// writes any while this job has the list.
fn drop_entries(
    tx: &mut Tx,
    list: &List,
    column: &str,
    from: &[u8],
    limit: i64,
) -> Result<Option<Vec<u8>>, JobError> {
    let keys: Vec<(Vec<u8>, i64)> = on!(tx.0, c => list_keys::table
        .filter(list_keys::workspace_id.eq(list.workspace_id.0))
        .filter(list_keys::list_id.eq(list.id.0))
        .filter(list_keys::column_id.eq(column))
        .filter(list_keys::key.ge(from))
        .order((list_keys::key, list_keys::row_id))
        .limit(limit)
        .select((list_keys::key, list_keys::row_id))
        .load(c))?;
    let Some((key, row)) = keys.into_iter().next_back() else { return Ok(None) };
    // Besides the exact place, the plain bounds on the key are what both databases seek by.
    on!(tx.0, c => diesel::delete(list_keys::table
            .filter(list_keys::workspace_id.eq(list.workspace_id.0))
            .filter(list_keys::list_id.eq(list.id.0))
            .filter(list_keys::column_id.eq(column))
            .filter(list_keys::key.ge(from))
            .filter(list_keys::key.le(&key))
            .filter(list_keys::key.lt(&key).or(list_keys::row_id.le(row))))
        .execute(c))?;
    // Each of these keys is an entry of the index too.
    on!(tx.0, c => diesel::delete(list_unique::table
            .filter(list_unique::workspace_id.eq(list.workspace_id.0))
            .filter(list_unique::list_id.eq(list.id.0))
            .filter(list_unique::column_id.eq(column))
            .filter(list_unique::key.ge(from))
            .filter(list_unique::key.le(&key)))
        .execute(c))?;
    Ok(Some(key))
}

/// A list that is deleted: its entries, its rows, and itself last.
fn delete_some(tx: &mut Tx, workspace: WorkspaceId, list: ListId, limit: i64) -> Result<bool, JobError> {
    let stored: Option<StoredList> = on!(tx.0, c => lists::table
        .filter(lists::workspace_id.eq(workspace.0))
        .filter(lists::id.eq(list.0))
        .select(StoredList::as_select())
        .first(c)
        .optional())?;
    let Some(found) = stored.map(List::try_from).transpose()? else { return Ok(false) };
    let mut next = found.rebuild.clone();
    if drop_some(tx, &found, &mut next, limit)? {
        save(tx, workspace, list, &next)?;
        return Ok(true);
    }
    let rows: Vec<i64> = on!(tx.0, c => list_rows::table
        .filter(list_rows::workspace_id.eq(workspace.0))
        .filter(list_rows::list_id.eq(list.0))
        .filter(list_rows::id.gt(next.after))
        .order(list_rows::id)
        .limit(limit)
        .select(list_rows::id)
        .load(c))?;
    if let Some(last) = rows.last() {
        on!(tx.0, c => diesel::delete(list_rows::table
                .filter(list_rows::workspace_id.eq(workspace.0))
                .filter(list_rows::list_id.eq(list.0))
                .filter(list_rows::id.gt(next.after))
                .filter(list_rows::id.le(last)))
            .execute(c))?;
        next.after = *last;
        save(tx, workspace, list, &next)?;
        crate::dialect::free_pages(&mut tx.0)?;
        return Ok(true);
    }
    // Entries of columns that were forgotten would all go with the list at once, by their foreign keys.
    if let Some(column) = entries_of(tx, &found)? {
        next.drops.push(column);
        save(tx, workspace, list, &next)?;
        return Ok(true);
    }
    tx.known_lists().note_change();
    on!(tx.0, c => diesel::delete(lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0)))
        .execute(c))?;
    crate::dialect::free_pages(&mut tx.0)?;
    Ok(false)
}

/// A column, present or past, that has entries.
fn entries_of(connection: &mut Connection, list: &List) -> DbResult<Option<String>> {
    on!(connection, c => list_keys::table
        .filter(list_keys::workspace_id.eq(list.workspace_id.0))
        .filter(list_keys::list_id.eq(list.id.0))
        .order((list_keys::column_id, list_keys::key, list_keys::row_id))
        .select(list_keys::column_id)
        .first(c)
        .optional())
}
