//! Reading a list by filters, order and page.
//!
//! What the engine says a query takes ([`engine::list::Selection::takes`]) and how it orders rows
//! ([`engine::list::RowPlace`]) is the truth; an index only narrows down which rows are asked. Without a useful
//! index rows are looked through in order, up to [`EXAMINED_ROWS`]. `plan.rs` chooses, `scan.rs` looks, `draw.rs` lets
//! chance decide, `load.rs` sends the statements.

mod draw;
mod load;
mod plan;
mod scan;

use std::collections::HashMap;

use engine::limits::{LIST_CHANGE_EXAMINED_ROWS, LIST_CHANGED_ROWS, LIST_EXAMINED_ROWS};
use engine::list::error::too_many_changed;
use engine::list::{AggregateFunction, KeyClass, ListQuery, ROW_ID, Selection, class_of};
use engine::value::Value;

use super::rows::{self, ListRow, parse_row};
use super::{List, ListColumn};
use crate::connection::Connection;
use crate::error::{ReadError, Refusal};
use draw::{DRAWN_DEPTH, draw};
use load::{count_entries, entries_at, load_entries, load_rows};
use plan::{KeyRange, Plan, exactly, in_order, one_value, plan};
use scan::{Keeps, Scan};

/// Most rows one query looks at.
pub const EXAMINED_ROWS: usize = LIST_EXAMINED_ROWS;

/// What a query found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// One page of the rows that pass, in order.
    pub rows: Vec<ListRow>,
    /// Over all rows that pass, whatever the page.
    pub aggregates: Vec<Value>,
}

/// Rows that pass, in order, one page of them.
///
/// # Errors
/// As [`find_rows`].
pub fn query(connection: &mut Connection, list: &List, query: &ListQuery) -> Result<Vec<ListRow>, ReadError> {
    Ok(find_rows(connection, list, query)?.rows)
}

/// Answers a query.
///
/// # Errors
/// [`Refusal::UnknownColumn`]; [`Refusal::Step`] when the answer cannot be had by looking at [`EXAMINED_ROWS`]
/// rows, or a sum meets a text.
pub fn find_rows(connection: &mut Connection, list: &List, query: &ListQuery) -> Result<Found, ReadError> {
    find_within(connection, list, query, EXAMINED_ROWS)
}

/// Rows a job means to change, oldest first.
///
/// # Errors
/// As [`find_rows`], within what one change may look at and change.
pub(super) fn choose(
    connection: &mut Connection,
    list: &List,
    rows: &Selection,
) -> Result<Vec<ListRow>, ReadError> {
    // One more than may change, to know that there are too many.
    let limit = u32::try_from(LIST_CHANGED_ROWS + 1).unwrap_or(u32::MAX);
    let query = ListQuery { rows: rows.clone(), limit, ..ListQuery::default() };
    let found = find_within(connection, list, &query, LIST_CHANGE_EXAMINED_ROWS)?.rows;
    if found.len() > LIST_CHANGED_ROWS {
        return Err(Refusal::Step(too_many_changed(&list.name, LIST_CHANGED_ROWS)).into());
    }
    Ok(found)
}

/// [`find_rows`] for a job that will change what it finds.
pub(super) fn find_first(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
) -> Result<Option<ListRow>, ReadError> {
    Ok(find_within(connection, list, query, LIST_CHANGE_EXAMINED_ROWS)?.rows.into_iter().next())
}

fn find_within(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
    examined_max: usize,
) -> Result<Found, ReadError> {
    for column in query.columns().filter(|column| *column != ROW_ID) {
        list.column(column)?;
    }
    if query.aggregates.is_empty() {
        let rows = find_page(connection, list, query, examined_max)?;
        return Ok(Found { rows, aggregates: Vec::new() });
    }
    if query.unique.is_none()
        && let Some(aggregates) = count_by_index(connection, list, query)?
    {
        if query.limit == 0 {
            return Ok(Found { rows: Vec::new(), aggregates });
        }
        let page = ListQuery { aggregates: Vec::new(), ..query.clone() };
        return Ok(Found { rows: find_page(connection, list, &page, examined_max)?, aggregates });
    }
    let keeps = if query.limit == 0 && query.unique.is_none() { Keeps::Nothing } else { Keeps::Rows };
    let mut scan = Scan::new(list, query, examined_max, keeps);
    scan.examine(connection, plan(list, query)?)?;
    if keeps == Keeps::Nothing {
        return Ok(Found { rows: Vec::new(), aggregates: scan.totals() });
    }
    let (rows, aggregates) = scan.finish()?;
    Ok(Found { rows, aggregates })
}

/// One page of the rows that pass; `query` asks for no aggregates.
fn find_page(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
    examined_max: usize,
) -> Result<Vec<ListRow>, ReadError> {
    if let Some(rows) = find_page_unseen(connection, list, query, examined_max)? {
        return Ok(rows);
    }
    let enough = (query.offset as usize).saturating_add(query.limit as usize);
    let mut scan = Scan::new(list, query, examined_max, Keeps::Rows);
    let first = plan(list, query)?;
    let is_narrowed = matches!(first, Plan::Narrow(_));
    let done = scan.examine_until(connection, first, enough);
    if is_narrowed && scan.is_given_up() {
        // Too many rows pass the filter. Then the first of them stand early in the order, if an index has it.
        match in_order(list, query)? {
            Plan::Everything => {}
            second => {
                scan = Scan::new(list, query, examined_max, Keeps::Rows);
                scan.examine_until(connection, second, enough)?;
                return Ok(scan.finish()?.0);
            }
        }
    }
    done?;
    Ok(scan.finish()?.0)
}

/// The page, when the databases can find it by themselves and no row has to be looked at that is not on it: any page of
/// the whole list in the order of its rows or of an index, and rows that chance chooses.
fn find_page_unseen(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
    examined_max: usize,
) -> Result<Option<Vec<ListRow>>, ReadError> {
    let (offset, limit) = (i64::from(query.offset), i64::from(query.limit));
    if query.unique.is_some() {
        return Ok(None);
    }
    let is_all = query.rows.is_all();
    if query.shuffle.is_some() {
        let depth = (query.offset as usize).saturating_add(query.limit as usize);
        // Whoever changes what he finds keeps others waiting.
        if !query.sort.is_empty() || depth > DRAWN_DEPTH || examined_max < EXAMINED_ROWS {
            return Ok(None);
        }
        let among = if is_all { None } else { one_value(list, query)? };
        if !is_all && among.is_none() {
            return Ok(None);
        }
        return draw(connection, list, query, among.as_ref()).map(Some);
    }
    if !is_all {
        return Ok(None);
    }
    match in_order(list, query)? {
        Plan::InOrderOfRows { descending } => {
            rows::page_in(connection, list, descending, offset, limit).map(Some)
        }
        Plan::InOrderOf { column, descending } => {
            let ids = entries_at(connection, list, &column, descending, offset, limit)?;
            let rows = load_rows(connection, list, &ids)?;
            Ok(Some(rows.into_iter().map(|row| parse_row(list, row)).collect::<Result<_, _>>()?))
        }
        _ => Ok(None),
    }
}

/// How many rows pass.
///
/// # Errors
/// As [`find_rows`].
pub fn count_matching(connection: &mut Connection, list: &List, query: &ListQuery) -> Result<i64, ReadError> {
    let count = engine::list::Aggregate { function: AggregateFunction::Count, column: String::new() };
    let query = ListQuery { rows: query.rows.clone(), aggregates: vec![count], ..ListQuery::default() };
    let count = find_rows(connection, list, &query)?.aggregates.first().and_then(Value::to_number);
    Ok(count.and_then(|count| i64::try_from(count).ok()).unwrap_or_default())
}

/// The aggregates when the databases can count them by themselves: rows of the whole list or of one value of an
/// index, and the ends of an index.
fn count_by_index(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
) -> Result<Option<Vec<Value>>, ReadError> {
    let all = query.rows.is_all();
    let one_value = one_value(list, query)?;
    let mut aggregates = Vec::with_capacity(query.aggregates.len());
    for aggregate in &query.aggregates {
        let is_count = aggregate.function == AggregateFunction::Count && aggregate.column.is_empty();
        let value = match (&one_value, aggregate.function) {
            _ if is_count && all => Value::from(rows::count_rows(connection, list)?),
            (Some(range), _) if is_count => Value::from(count_entries(connection, list, range)?),
            (_, AggregateFunction::Min | AggregateFunction::Max) if all && aggregate.column != ROW_ID => {
                let column = list.column(&aggregate.column)?;
                let Some(value) = end_of_index(connection, list, column, aggregate.function)? else {
                    return Ok(None);
                };
                value
            }
            _ => return Ok(None),
        };
        aggregates.push(value);
    }
    Ok(Some(aggregates))
}

/// The smallest or largest cell of an indexed column; null when all are empty, `None` when the index cannot say.
fn end_of_index(
    connection: &mut Connection,
    list: &List,
    column: &ListColumn,
    function: AggregateFunction,
) -> Result<Option<Value>, ReadError> {
    if !column.has_index() {
        return Ok(None);
    }
    // Empty cells do not count.
    let filled = KeyRange { from: vec![KeyClass::Number as u8], ..KeyRange::everything(column.id.clone()) };
    let descending = function == AggregateFunction::Max;
    let Some((key, _)) = load_entries(connection, list, &filled, None, descending, 1)?.into_iter().next()
    else {
        return Ok(Some(Value::Null));
    };
    // An empty array is empty, and yet among the JSON.
    if class_of(&key) == Some(KeyClass::Json) {
        return Ok(None);
    }
    // Of equal cells the oldest row's.
    let entries = load_entries(connection, list, &exactly(column, key), None, false, 1)?;
    let ids: Vec<i64> = entries.iter().map(|(_, id)| *id).collect();
    let Some(row) = load_rows(connection, list, &ids)?.into_iter().next() else { return Ok(None) };
    Ok(parse_row(list, row)?.cells.swap_remove(&column.name))
}

/// A row with the key of its date: where a look at the dates goes on.
pub type DateEntry = (Vec<u8>, ListRow);

/// Rows in the order of an indexed column, those behind a place up to a key, that one included. `None` when the
/// column has no index.
///
/// # Errors
/// [`Refusal::UnknownColumn`].
pub fn rows_by_date(
    connection: &mut Connection,
    list: &List,
    column: &str,
    after: &(Vec<u8>, i64),
    upto: &[u8],
    limit: usize,
) -> Result<Option<Vec<DateEntry>>, ReadError> {
    let column = list.column(column)?;
    if !column.has_index() {
        return Ok(None);
    }
    let range = KeyRange { from: after.0.clone(), is_exact: false, ..exactly(column, upto.to_vec()) };
    let entries = load_entries(connection, list, &range, Some(after), false, limit)?;
    let ids: Vec<i64> = entries.iter().map(|(_, id)| *id).collect();
    let mut rows = HashMap::new();
    for row in load_rows(connection, list, &ids)? {
        let row = parse_row(list, row)?;
        rows.insert(row.id.0, row);
    }
    Ok(Some(entries.into_iter().filter_map(|(key, id)| Some((key, rows.remove(&id)?))).collect()))
}
