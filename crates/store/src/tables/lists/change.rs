//! Changes of a list that scenarios ask for, by the rules of [`engine::list`].
//!
//! What looks for rows and then changes them holds the list's lock ([`super::lock_rows`]) and looks at each row
//! again once it is locked: somebody may have changed it by its number meanwhile.

use engine::effect::Answer;
use engine::error::StepError;
use engine::ids::{RowId, UtcMs};
use engine::list::error::{duplicate, not_unique, unknown_column};
use engine::list::{Bounds, CellChange, ListChange, ListQuery, Reserve, Selection, change_row, increase};
use engine::value::{Map, Value};

use super::List;
use super::query::{choose, find_first};
use super::rows::{self, ListRow, Upserted};
use crate::connection::Tx;
use crate::error::{JobError, Refusal};

/// Does one change, whole or not at all; after a refusal, which is the inner result, the job may go on.
///
/// # Errors
/// What ends a job, as of [`Tx::attempt`].
pub fn change(
    tx: &mut Tx,
    list: &List,
    change: &ListChange,
    now: UtcMs,
) -> Result<Result<Answer, Refusal>, JobError> {
    if leaves_nothing(list, change) {
        return match apply(tx, list, change, now) {
            Err(JobError::Refused(refusal)) => Ok(Err(refusal)),
            done => done.map(Ok),
        };
    }
    tx.attempt(|tx| apply(tx, list, change, now))
}

/// Whether a change that is refused has written nothing before, so that nothing is to be undone. A savepoint costs
/// SQLite a copy of each page, and PostgreSQL two round trips.
fn leaves_nothing(list: &List, change: &ListChange) -> bool {
    matches!(change, ListChange::Add { .. }) && list.watchers.is_empty() && !rows::has_unique(list)
}

/// Does one change, or refuses it half-way.
///
/// # Errors
/// [`Refusal::Step`] is the builder's: a value that is there already, a number out of bounds, a text among
/// numbers, too many rows.
fn apply(tx: &mut Tx, list: &List, change: &ListChange, now: UtcMs) -> Result<Answer, JobError> {
    match change {
        ListChange::Add { row } => {
            let id = named(list, row, rows::insert_row(tx, list, row, now))?;
            Ok(Answer::Written(id.0.into()))
        }
        ListChange::Edit { rows, changes } => edit(tx, list, rows, changes, now),
        ListChange::Delete { rows } => delete(tx, list, rows, now),
        ListChange::Upsert { key, row } => upsert(tx, list, key, row, now),
        ListChange::Increment { rows, column, by, bounds } => {
            increment(tx, list, rows, (column, by, *bounds), now)
        }
        ListChange::Reserve(wanted) => reserve(tx, list, wanted, now),
    }
}

fn edit(
    tx: &mut Tx,
    list: &List,
    rows: &Selection,
    changes: &[CellChange],
    now: UtcMs,
) -> Result<Answer, JobError> {
    for change in changes {
        list.column(&change.column)?;
    }
    let changed = change_each(tx, list, rows, now, |cells| change_row(cells, changes))?;
    Ok(written(changed.len()))
}

fn delete(tx: &mut Tx, list: &List, rows: &Selection, now: UtcMs) -> Result<Answer, JobError> {
    super::lock_rows(tx, list)?;
    let mut deleted = 0;
    for row in choose(tx, list, rows)? {
        let Some(locked) = rows::lock_row(tx, list, row.id)? else { continue };
        if rows.takes(row.id.0, &locked.cells(list)) {
            rows::remove_row(tx, list, &locked, now)?;
            deleted += 1;
        }
    }
    Ok(written(deleted))
}

fn upsert(tx: &mut Tx, list: &List, key: &str, row: &Map, now: UtcMs) -> Result<Answer, JobError> {
    let is_unique = list.column(key)?.unique;
    for column in row.keys() {
        list.column(column)?;
    }
    if !is_unique {
        return Err(refused(not_unique(&list.name, key)));
    }
    Ok(match named(list, row, rows::upsert_row(tx, list, key, row, now))? {
        Upserted::Inserted(row) => Answer::Upserted { row: row.0, added: true },
        Upserted::Updated(row) => Answer::Upserted { row: row.0, added: false },
    })
}

fn increment(
    tx: &mut Tx,
    list: &List,
    rows: &Selection,
    (column, by, bounds): (&String, &Value, Bounds),
    now: UtcMs,
) -> Result<Answer, JobError> {
    list.column(column)?;
    let changed = change_each(tx, list, rows, now, |cells| {
        let number = increase(column, cells.get(column).unwrap_or(&Value::Null), by, bounds)?;
        cells.insert(column.clone(), number);
        Ok(())
    })?;
    let oldest = changed.into_iter().next().and_then(|mut row| row.cells.swap_remove(column));
    Ok(Answer::Written(oldest.unwrap_or_default()))
}

fn reserve(tx: &mut Tx, list: &List, wanted: &Reserve, now: UtcMs) -> Result<Answer, JobError> {
    for column in [&wanted.column].into_iter().chain(wanted.values.keys()) {
        list.column(column)?;
    }
    super::lock_rows(tx, list)?;
    if !wanted.again
        && let Some(held) = find_first(tx, list, &wanted.held())?
    {
        return Ok(Answer::Written(held.into_map().into()));
    }
    let free = wanted.free();
    // Whoever writes rows by their numbers does not take the list's lock, and may be faster now and then.
    for _ in 0..TRIES {
        let Some(row) = find_first(tx, list, &free)? else { break };
        if let Some(taken) = take(tx, list, &free, row.id, wanted.taken(), now)? {
            return Ok(Answer::Written(taken.into_map().into()));
        }
    }
    Ok(Answer::Written(Value::Null))
}

/// Rows that may be taken by somebody faster before it is given up.
const TRIES: u32 = 10;

/// Writes cells into a row if it still is what was asked for.
fn take(
    tx: &mut Tx,
    list: &List,
    query: &ListQuery,
    row: RowId,
    taken: Map,
    now: UtcMs,
) -> Result<Option<ListRow>, JobError> {
    let Some(locked) = rows::lock_row(tx, list, row)? else { return Ok(None) };
    let mut cells = locked.cells(list);
    if !query.rows.takes(row.0, &cells) {
        return Ok(None);
    }
    cells.extend(taken);
    named(list, &cells, rows::replace_row(tx, list, locked, &cells, now)).map(Some)
}

/// Changes the rows that are meant, oldest first.
fn change_each(
    tx: &mut Tx,
    list: &List,
    rows: &Selection,
    now: UtcMs,
    change: impl Fn(&mut Map) -> Result<(), StepError>,
) -> Result<Vec<ListRow>, JobError> {
    super::lock_rows(tx, list)?;
    let mut changed = Vec::new();
    for row in choose(tx, list, rows)? {
        let Some(locked) = rows::lock_row(tx, list, row.id)? else { continue };
        let mut cells = locked.cells(list);
        if rows.takes(row.id.0, &cells) {
            change(&mut cells).map_err(refused)?;
            changed.push(named(list, &cells, rows::replace_row(tx, list, locked, &cells, now))?);
        }
    }
    Ok(changed)
}

fn written(count: usize) -> Answer {
    Answer::Written(Value::Number(count.into()))
}

fn refused(error: StepError) -> JobError {
    Refusal::Step(error).into()
}

/// Says which value is there already, and which column is not, as builders read it.
fn named<T>(list: &List, cells: &Map, done: Result<T, JobError>) -> Result<T, JobError> {
    done.map_err(|error| match error {
        JobError::Refused(Refusal::Duplicate { what }) => {
            refused(duplicate(&list.name, &what, cells.get(&what).unwrap_or(&Value::Null)))
        }
        JobError::Refused(Refusal::UnknownColumn { column }) => refused(unknown_column(&list.name, &column)),
        other => other,
    })
}
