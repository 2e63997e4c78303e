//! Lists: typed tables that people make at run time, without DDL.
//!
//! A row is a JSON object from column id to value, so renaming a column touches no row. Outside, rows go by
//! column name, as the engine knows them. Indexed and unique columns have entries in `list_keys`
//! (keys of [`engine::list::key_of`]), unique ones also in `list_unique`. The indexes of a long list are made aside:
//! see [`rebuild`]. Start with [`find_by_name`] and [`query()`].

mod change;
mod kept;
mod query;
pub mod rebuild;
mod rows;
mod watch;

use std::sync::Arc;

use diesel::prelude::*;
use engine::ids::{ListId, UtcMs, WorkspaceId};
use engine::list::ColumnKind;
use serde::{Deserialize, Serialize};

use super::workspaces;
use crate::cached::{CachedDsl, here};
use crate::columns::Num;
use crate::connection::{Backend, Connection, Tx, on};
use crate::dialect::{self, LockedThing};
use crate::error::{DbError, DbResult, JobError, ReadError, Refusal};
use crate::schema::lists;

pub use change::change;
pub(crate) use kept::{Definitions, Share};
pub use query::{DateEntry, EXAMINED_ROWS, Found, count_matching, find_rows, query, rows_by_date};
pub use rebuild::Rebuild;
pub use rows::{
    ListRow, Upserted, count_rows, delete_row, find_row, insert_row, page, update_row, upsert_row,
};
pub use watch::{Watched, Watcher, date_key, date_values};

/// A column of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListColumn {
    /// Stays when the column is renamed; unique within the list.
    pub id: String,
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: ColumnKind,
    /// No two rows share a value; empty ones are not compared. Implies an index.
    #[serde(default)]
    pub unique: bool,
    /// Filters on it look at no other rows than they find.
    #[serde(default)]
    pub indexed: bool,
}

impl ListColumn {
    pub(crate) fn has_index(&self) -> bool {
        self.indexed || self.unique
    }
}

/// A list without its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    pub workspace_id: WorkspaceId,
    pub id: ListId,
    pub name: String,
    /// As they can be used: a column whose index is still being made has none here.
    pub columns: Vec<ListColumn>,
    /// What is being done to the indexes.
    pub rebuild: Rebuild,
    pub created_at: UtcMs,
    pub updated_at: UtcMs,
    /// Who is told when a row is written.
    pub watchers: Vec<Watcher>,
    /// Names of the scenarios that led to what is written with this list, oldest first; `None` when they are too
    /// many, then nobody is told.
    pub chain: Option<Vec<String>>,
}

impl List {
    /// The column of this name, if there is one.
    pub fn find_column(&self, name: &str) -> Option<&ListColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns as people want them, whether or not their indexes are there yet.
    pub fn wanted_columns(&self) -> Vec<ListColumn> {
        let wanted = |column: &ListColumn| self.rebuild.wanted(&column.id).cloned();
        self.columns.iter().map(|column| wanted(column).unwrap_or_else(|| column.clone())).collect()
    }

    /// # Errors
    /// [`Refusal::UnknownColumn`].
    pub(crate) fn column(&self, name: &str) -> Result<&ListColumn, Refusal> {
        self.columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| Refusal::UnknownColumn { column: name.to_owned() })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = lists)]
struct StoredList {
    #[diesel(deserialize_as = Num)]
    workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    id: ListId,
    name: String,
    column_defs: String,
    #[diesel(deserialize_as = Num)]
    created_at_ms: UtcMs,
    #[diesel(deserialize_as = Num)]
    updated_at_ms: UtcMs,
    watchers: String,
    rebuild: String,
}

impl TryFrom<StoredList> for List {
    type Error = Refusal;

    fn try_from(stored: StoredList) -> Result<Self, Refusal> {
        let malformed = |error: serde_json::Error| Refusal::Malformed {
            what: format!("the columns of list {}", stored.id),
            why: error.to_string(),
        };
        let mut columns: Vec<ListColumn> = serde_json::from_str(&stored.column_defs).map_err(malformed)?;
        let mut rebuild = match stored.rebuild.as_str() {
            "" => Rebuild::default(),
            text => serde_json::from_str(text).map_err(malformed)?,
        };
        rebuild.hide_unfinished(&mut columns);
        let watchers = match stored.watchers.as_str() {
            "[]" => Vec::new(),
            // Nobody is kept from writing rows because of them; the next publication writes them anew.
            watchers => serde_json::from_str(watchers).unwrap_or_else(|error| {
                tracing::error!(list = %stored.id, %error, "the watchers of a list cannot be read");
                Vec::new()
            }),
        };
        Ok(Self {
            workspace_id: stored.workspace_id,
            id: stored.id,
            name: stored.name,
            columns,
            rebuild,
            created_at: stored.created_at_ms,
            updated_at: stored.updated_at_ms,
            watchers,
            chain: Some(Vec::new()),
        })
    }
}

fn columns_to_json(columns: &[ListColumn]) -> Result<String, Refusal> {
    for (index, column) in columns.iter().enumerate() {
        let earlier = columns.iter().take(index);
        if earlier.into_iter().any(|other| other.name == column.name || other.id == column.id) {
            return Err(Refusal::Duplicate { what: column.name.clone() });
        }
    }
    serde_json::to_string(columns)
        .map_err(|error| Refusal::Malformed { what: "columns".into(), why: error.to_string() })
}

/// # Errors
/// [`Refusal::Duplicate`] when the name is taken, or two columns share a name or an id.
pub fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    columns: &[ListColumn],
    now: UtcMs,
) -> Result<ListId, JobError> {
    let columns = columns_to_json(columns)?;
    tx.known_lists().note_change();
    let id: Option<i64> = on!(tx.0, c => diesel::insert_into(lists::table)
        .values((
            lists::workspace_id.eq(workspace.0),
            lists::name.eq(name),
            lists::column_defs.eq(&columns),
            lists::created_at_ms.eq(now.0),
            lists::updated_at_ms.eq(now.0),
        ))
        .on_conflict((lists::workspace_id, lists::name))
        .do_nothing()
        .returning(lists::id)
        .get_result(c)
        .optional())?;
    let id = id.ok_or_else(|| Refusal::Duplicate { what: "name".into() })?;
    workspaces::bump_epoch(tx, workspace)?;
    Ok(ListId(id))
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> Result<Vec<List>, ReadError> {
    let stored: Vec<StoredList> = on!(connection, c => lists::table
        .filter(lists::workspace_id.eq(workspace.0))
        .filter(lists::deleted.eq(false))
        .order(lists::name)
        .select(StoredList::as_select())
        .load(c))?;
    Ok(stored.into_iter().map(List::try_from).collect::<Result<_, _>>()?)
}

pub fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    list: ListId,
) -> Result<Option<List>, ReadError> {
    let stored: Option<StoredList> = on!(connection, c => lists::table
        .filter(lists::workspace_id.eq(workspace.0))
        .filter(lists::id.eq(list.0))
        .filter(lists::deleted.eq(false))
        .select(StoredList::as_select())
        .first(c)
        .optional())?;
    Ok(stored.map(List::try_from).transpose()?)
}

pub fn find_by_name(
    connection: &mut Connection,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<List>, ReadError> {
    let stored: Option<StoredList> = on!(connection, c => lists::table
        .filter(lists::workspace_id.eq(workspace.0))
        .filter(lists::name.eq(name))
        .select(StoredList::as_select())
        .fixed(here!())
        .get_result(c)
        .optional())?;
    Ok(stored.map(List::try_from).transpose()?)
}

/// The same from memory, as far as it is known there: for those that ask again and again.
pub fn definition(
    connection: &mut Connection,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<Arc<List>>, ReadError> {
    if let Some(list) = connection.known_lists().find(workspace, name) {
        return Ok(Some(list));
    }
    let generation = connection.known_lists().generation();
    let list = find_by_name(connection, workspace, name)?.map(Arc::new);
    if let (Some(generation), Some(list)) = (generation, &list) {
        connection.known_lists().keep(generation, list);
    }
    Ok(list)
}

/// The list by its name for a job that changes rows: its columns stay as they are until the job is committed.
/// Rows are written only with a list loaded in the same job.
pub fn find_for_write(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<Arc<List>>, JobError> {
    let Backend::Postgres(connection) = &mut tx.0.0 else {
        let list = definition(tx, workspace, name)?;
        debug_assert_eq!(
            list.as_deref(),
            find_by_name(tx, workspace, name)?.as_ref(),
            "a list was changed, and who keeps it was not told"
        );
        return Ok(list);
    };
    let stored: Option<StoredList> = lists::table
        .filter(lists::workspace_id.eq(workspace.0))
        .filter(lists::name.eq(name))
        .select(StoredList::as_select())
        .for_share()
        .fixed(here!())
        .get_result(connection)
        .optional()
        .map_err(DbError::from)?;
    Ok(stored.map(List::try_from).transpose()?.map(Arc::new))
}

/// Keeps other jobs that ask for the same from changing rows of the list until this one is committed: before
/// looking for a row and changing it depending on what was found. SQLite has one writer anyway.
pub fn lock_rows(tx: &mut Tx, list: &List) -> Result<(), JobError> {
    dialect::lock(tx, LockedThing::ListRows(list.id))
}

/// Renames a list and replaces its columns, given as people want them. A column is the same one when it has the same
/// id; what a removed column held is forgotten when the row is next written. Indexes of a long list are made aside.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Duplicate`] when a name is taken, or rows of a short list share a value in a
/// column that becomes unique.
pub fn update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    list: ListId,
    name: &str,
    columns: &[ListColumn],
    now: UtcMs,
) -> Result<(), JobError> {
    let json = columns_to_json(columns)?;
    if find_by_name(tx, workspace, name)?.is_some_and(|other| other.id != list) {
        return Err(Refusal::Duplicate { what: "name".into() }.into());
    }
    let before = rebuild::lock(tx, workspace, list)?.ok_or(Refusal::NotFound)?;
    let rebuild = rebuild::after_change(&before, columns);
    tx.known_lists().note_change();
    on!(tx.0, c => diesel::update(lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0)))
        .set((lists::name.eq(name), lists::column_defs.eq(&json), lists::updated_at_ms.eq(now.0)))
        .execute(c))?;
    if rebuild.is_needed() && !rebuild::is_long(tx, &before)? {
        let after = List { columns: columns.to_vec(), rebuild: Rebuild::default(), ..before };
        rows::reindex(tx, &after)?;
        rebuild::save(tx, workspace, list, &Rebuild::default())?;
    } else {
        rebuild::save(tx, workspace, list, &rebuild)?;
    }
    workspaces::bump_epoch(tx, workspace)
}

/// Says who is told when a row of the list is written.
pub fn set_watchers(
    tx: &mut Tx,
    workspace: WorkspaceId,
    list: ListId,
    watchers: &[Watcher],
) -> Result<(), JobError> {
    let json = serde_json::to_string(watchers)
        .map_err(|error| Refusal::Malformed { what: "watchers".into(), why: error.to_string() })?;
    tx.known_lists().note_change();
    on!(tx.0, c => diesel::update(lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0)))
        .set(lists::watchers.eq(&json))
        .execute(c))?;
    Ok(())
}

/// Deletes a list: at once for everybody who looks, its rows bit by bit.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, list: ListId) -> Result<(), JobError> {
    let Some(found) = rebuild::lock(tx, workspace, list)? else { return Err(Refusal::NotFound.into()) };
    // Nobody can type this, so the name is free for another list.
    let name = format!("{}\u{1}{list}", found.name);
    tx.known_lists().note_change();
    on!(tx.0, c => diesel::update(lists::table
            .filter(lists::workspace_id.eq(workspace.0))
            .filter(lists::id.eq(list.0)))
        .set((lists::deleted.eq(true), lists::name.eq(name)))
        .execute(c))?;
    rebuild::save(tx, workspace, list, &rebuild::after_deletion(&found))?;
    workspaces::bump_epoch(tx, workspace)
}

/// How many lists there are, for the overview.
pub fn count(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<i64> {
    on!(connection, c => lists::table
        .filter(lists::workspace_id.eq(workspace.0))
        .filter(lists::deleted.eq(false))
        .count()
        .get_result(c))
}
