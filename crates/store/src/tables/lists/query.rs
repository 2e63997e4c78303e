//! Reading a list by filters, order and page.
//!
//! What the engine says a query takes ([`ListQuery::takes`]) is the truth; an index only narrows down which
//! rows are asked. Without a useful index rows are looked through in order, up to [`EXAMINED_ROWS`].

use diesel::prelude::*;
use engine::effect::{Comparison, Filter, ListQuery};
use engine::value::Value;

use super::keys::{CLASSES, class_of, key_of};
use super::rows::{self, ListRow, StoredRow, parse_row};
use super::{List, ListColumn};
use crate::connection::{Connection, on};
use crate::error::{DbResult, ReadError, Refusal};
use crate::schema::{list_keys, list_rows};

/// Most rows one query looks at.
pub const EXAMINED_ROWS: usize = 10_000;

const CHUNK_ROWS: usize = 500;

/// Rows that pass, in order, one page of them.
///
/// # Errors
/// [`Refusal::UnknownColumn`]; [`Refusal::TooManyRows`] when the answer cannot be had by looking at
/// [`EXAMINED_ROWS`] rows.
pub fn query(connection: &mut Connection, list: &List, query: &ListQuery) -> Result<Vec<ListRow>, ReadError> {
    let wanted = Wanted { skip: query.offset as usize, take: query.limit as usize };
    if query.filters.is_empty() && query.sort.is_none() && !query.descending {
        return rows::page(connection, list, query.offset.into(), query.limit.into());
    }
    let mut scan = Scan::new(list, query)?;
    match plan(list, query)? {
        Plan::Narrow(ranges) => {
            scan.examine_ranges(connection, &ranges, false, None)?;
            Ok(scan.sorted_page(wanted))
        }
        Plan::InOrderOf(column) => {
            let everything = [KeyRange::everything(column)];
            scan.examine_ranges(connection, &everything, query.descending, Some(wanted.end()))?;
            Ok(wanted.of(scan.found))
        }
        Plan::InOrderOfRows => {
            scan.examine_all(connection, query.descending, Some(wanted.end()))?;
            Ok(wanted.of(scan.found))
        }
        Plan::Everything => {
            scan.examine_all(connection, false, None)?;
            Ok(scan.sorted_page(wanted))
        }
    }
}

/// How many rows pass.
///
/// # Errors
/// As [`query`].
pub fn count_matching(connection: &mut Connection, list: &List, query: &ListQuery) -> Result<i64, ReadError> {
    if query.filters.is_empty() {
        return Ok(rows::count_rows(connection, list)?);
    }
    let mut scan = Scan::new(list, query)?;
    match plan(list, query)? {
        Plan::Narrow(ranges) => scan.examine_ranges(connection, &ranges, false, None)?,
        _ => scan.examine_all(connection, false, None)?,
    }
    Ok(i64::try_from(scan.found.len()).unwrap_or(i64::MAX))
}

#[derive(Clone, Copy)]
struct Wanted {
    skip: usize,
    take: usize,
}

impl Wanted {
    fn end(self) -> usize {
        self.skip.saturating_add(self.take)
    }

    fn of(self, rows: Vec<ListRow>) -> Vec<ListRow> {
        rows.into_iter().skip(self.skip).take(self.take).collect()
    }
}

enum Plan {
    /// A filter that must hold narrows the rows down by an index.
    Narrow(Vec<KeyRange>),
    /// The order is an index's, so the first rows that pass are the answer.
    InOrderOf(String),
    InOrderOfRows,
    Everything,
}

fn plan(list: &List, query: &ListQuery) -> Result<Plan, Refusal> {
    let mut best: Option<(u8, Vec<KeyRange>)> = None;
    // Of filters of which one is enough, none alone narrows anything down.
    let filters: &[Filter] = if query.any && query.filters.len() > 1 { &[] } else { &query.filters };
    for filter in filters {
        let column = list.column(&filter.column)?;
        if let Some((cost, ranges)) = ranges_of(column, filter)
            && best.as_ref().is_none_or(|(other, _)| cost < *other)
        {
            best = Some((cost, ranges));
        }
    }
    Ok(match (best, &query.sort) {
        (Some((_, ranges)), _) => Plan::Narrow(ranges),
        (None, Some(sort)) => {
            let column = list.column(sort)?;
            if column.has_index() { Plan::InOrderOf(column.id.clone()) } else { Plan::Everything }
        }
        (None, None) => Plan::InOrderOfRows,
    })
}

/// A stretch of an index: from `from` on, up to `below` if it has an end.
#[derive(Clone, Debug, PartialEq)]
struct KeyRange {
    column: String,
    from: Vec<u8>,
    below: Option<Vec<u8>>,
}

impl KeyRange {
    fn everything(column: String) -> Self {
        Self { column, from: Vec::new(), below: None }
    }
}

/// The stretches that hold every row a filter may take, with a price: exact values first.
fn ranges_of(column: &ListColumn, filter: &Filter) -> Option<(u8, Vec<KeyRange>)> {
    if !column.has_index() {
        return None;
    }
    let range = |from: Vec<u8>, below: Option<Vec<u8>>| KeyRange { column: column.id.clone(), from, below };
    let key = key_of(&filter.value);
    let class = class_of(&key)?;
    let exactly = |key: Vec<u8>| {
        let mut after = key.clone();
        after.push(0);
        range(key, Some(after))
    };
    let (first, below) = (class as u8, class as u8 + 1);
    let own = match filter.comparison {
        Comparison::Eq => return Some((0, vec![exactly(key)])),
        // An empty array is empty too, and has no key of its own.
        Comparison::Empty | Comparison::NotEmpty => return None,
        Comparison::Lt | Comparison::Le => {
            let mut after = key;
            // One beyond the key, and beyond any longer text that was cut to it.
            after.push(u8::MAX);
            range(vec![first], Some(after))
        }
        Comparison::Gt | Comparison::Ge => range(key, Some(vec![below])),
        _ => return None,
    };
    // Values of other classes compare as text, which says nothing about their keys: they are all asked.
    let mut ranges = vec![own];
    ranges.extend(
        CLASSES
            .into_iter()
            .filter(|other| *other != class)
            .map(|other| range(vec![other as u8], Some(vec![other as u8 + 1]))),
    );
    Some((1, ranges))
}

/// Looks at rows and keeps those that pass.
struct Scan<'a> {
    list: &'a List,
    query: &'a ListQuery,
    found: Vec<ListRow>,
    examined: usize,
}

impl<'a> Scan<'a> {
    fn new(list: &'a List, query: &'a ListQuery) -> Result<Self, Refusal> {
        for column in query.filters.iter().map(|filter| &filter.column).chain(&query.sort) {
            list.column(column)?;
        }
        Ok(Self { list, query, found: Vec::new(), examined: 0 })
    }

    /// Looks at rows in the order of their ids until `enough` are found.
    fn examine_all(
        &mut self,
        connection: &mut Connection,
        descending: bool,
        enough: Option<usize>,
    ) -> Result<(), ReadError> {
        let mut last = if descending { i64::MAX } else { 0 };
        loop {
            let chunk = load_chunk(connection, self.list, last, descending)?;
            let full = chunk.len() == CHUNK_ROWS;
            for row in chunk {
                last = row.0;
                if self.examine(row, enough)? {
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// Looks at the rows of some stretches of an index, in its order, until `enough` are found.
    fn examine_ranges(
        &mut self,
        connection: &mut Connection,
        ranges: &[KeyRange],
        descending: bool,
        enough: Option<usize>,
    ) -> Result<(), ReadError> {
        for range in ranges {
            let mut after: Option<(Vec<u8>, i64)> = None;
            loop {
                let entries = load_entries(connection, self.list, range, after.as_ref(), descending)?;
                let full = entries.len() == CHUNK_ROWS;
                after = entries.last().cloned();
                for row in load_rows(connection, self.list, &entries)? {
                    if self.examine(row, enough)? {
                        return Ok(());
                    }
                }
                if !full {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Answers whether enough rows are found.
    fn examine(&mut self, row: StoredRow, enough: Option<usize>) -> Result<bool, Refusal> {
        if enough.is_some_and(|enough| self.found.len() >= enough) {
            return Ok(true);
        }
        self.examined += 1;
        if self.examined > EXAMINED_ROWS {
            return Err(Refusal::TooManyRows { limit: EXAMINED_ROWS });
        }
        let row = parse_row(self.list, row)?;
        if self.query.takes(&row.cells) {
            self.found.push(row);
        }
        Ok(enough.is_some_and(|enough| self.found.len() >= enough))
    }

    fn sorted_page(self, wanted: Wanted) -> Vec<ListRow> {
        let mut found = self.found;
        let descending = self.query.descending;
        match &self.query.sort {
            Some(sort) => {
                // Keys and not `compare`, which is no total order over values of different classes.
                found.sort_by_cached_key(|row| (key_of(row.cells.get(sort).unwrap_or(&Value::Null)), row.id));
            }
            None => found.sort_by_key(|row| row.id),
        }
        if descending {
            found.reverse();
        }
        wanted.of(found)
    }
}

fn load_chunk(
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
fn load_entries(
    connection: &mut Connection,
    list: &List,
    range: &KeyRange,
    after: Option<&(Vec<u8>, i64)>,
    descending: bool,
) -> DbResult<Vec<(Vec<u8>, i64)>> {
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
                entries.order($order).limit(CHUNK_ROWS as i64).select((list_keys::key, list_keys::row_id)).load(c)
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

/// The rows of some entries, in the order of the entries.
fn load_rows(
    connection: &mut Connection,
    list: &List,
    entries: &[(Vec<u8>, i64)],
) -> DbResult<Vec<StoredRow>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = entries.iter().map(|(_, row)| *row).collect();
    let rows: Vec<StoredRow> = on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .filter(list_rows::id.eq_any(&ids))
        .select((list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms))
        .load(c))?;
    let mut by_id: std::collections::HashMap<i64, StoredRow> =
        rows.into_iter().map(|row| (row.0, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}
