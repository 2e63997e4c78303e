//! Reading a list by filters, order and page.
//!
//! What the engine says a query takes ([`engine::list::Selection::takes`]) and how it orders rows
//! ([`engine::list::RowPlace`]) is the truth; an index only narrows down which rows are asked. Without a useful
//! index rows are looked through in order, up to [`EXAMINED_ROWS`].

use diesel::prelude::*;
use engine::limits::{LIST_CHANGE_EXAMINED_ROWS, LIST_CHANGED_ROWS, LIST_EXAMINED_ROWS};
use engine::list::error::{too_many_changed, too_many_examined};
use engine::list::{
    AggregateFunction, Comparison, Filter, KEY_CLASSES, KeyClass, ListQuery, ROW_ID, Selection, Totals,
    class_of, key_of, range_ends,
};
use engine::value::{Map, Value};

use super::rows::{self, ListRow, StoredRow, parse_row};
use super::{List, ListColumn};
use crate::cached::{CachedDsl, here};
use crate::connection::{Connection, on};
use crate::error::{DbResult, ReadError, Refusal};
use crate::schema::{list_keys, list_rows};

/// Most rows one query looks at.
pub const EXAMINED_ROWS: usize = LIST_EXAMINED_ROWS;

const CHUNK_ROWS: usize = 500;

/// Most values of one filter that are looked up one by one.
const LOOKED_UP_VALUES: usize = 50;

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
    if query.limit == 0
        && query.unique.is_none()
        && let Some(aggregates) = count_by_index(connection, list, query)?
    {
        return Ok(Found { rows: Vec::new(), aggregates });
    }
    let keeps = if query.limit == 0 && query.unique.is_none() { Keeps::Nothing } else { Keeps::Rows };
    let mut scan = Scan::new(list, query, examined_max, keeps);
    scan.examine_plan(connection)?;
    if keeps == Keeps::Nothing {
        return Ok(Found { rows: Vec::new(), aggregates: scan.totals.finish() });
    }
    let (rows, aggregates) = scan.finish()?;
    Ok(Found { rows, aggregates })
}

fn find_page(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
    examined_max: usize,
) -> Result<Vec<ListRow>, ReadError> {
    let in_order_of_rows = query.sort.is_empty() && query.shuffle.is_none() && query.unique.is_none();
    if query.rows.is_all() && in_order_of_rows {
        return rows::page(connection, list, query.offset.into(), query.limit.into());
    }
    let enough = (query.offset as usize).saturating_add(query.limit as usize);
    let mut scan = Scan::new(list, query, examined_max, Keeps::Rows);
    match plan(list, query)? {
        Plan::InOrderOf { column, descending } => {
            let everything = [KeyRange::everything(column)];
            scan.examine_ranges(connection, &everything, descending, Some(enough))?;
            Ok(page_of(scan.found, query))
        }
        Plan::InOrderOfRows { descending } => {
            scan.examine_all(connection, descending, Some(enough))?;
            Ok(page_of(scan.found, query))
        }
        plan => {
            scan.examine(connection, plan)?;
            Ok(scan.finish()?.0)
        }
    }
}

fn page_of(rows: Vec<ListRow>, query: &ListQuery) -> Vec<ListRow> {
    rows.into_iter().skip(query.offset as usize).take(query.limit as usize).collect()
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
    let one_value = match (query.rows.filters.as_slice(), query.rows.groups.is_empty()) {
        ([filter], true)
            if filter.comparison == Comparison::Eq && filter.column != ROW_ID && filter.other.is_none() =>
        {
            let column = list.column(&filter.column)?;
            column.has_index().then(|| exactly(column, key_of(&filter.value)))
        }
        _ => None,
    };
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
    let filled = KeyRange { column: column.id.clone(), from: vec![KeyClass::Number as u8], below: None };
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
    let Some(row) = load_rows(connection, list, &entries)?.into_iter().next() else { return Ok(None) };
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
    let range = KeyRange { from: after.0.clone(), ..exactly(column, upto.to_vec()) };
    let entries = load_entries(connection, list, &range, Some(after), false, limit)?;
    let mut rows = std::collections::HashMap::new();
    for row in load_rows(connection, list, &entries)? {
        let row = parse_row(list, row)?;
        rows.insert(row.id.0, row);
    }
    Ok(Some(entries.into_iter().filter_map(|(key, id)| Some((key, rows.remove(&id)?))).collect()))
}

enum Plan {
    /// One row by its number.
    ById(i64),
    /// A filter that must hold narrows the rows down by an index.
    Narrow(Vec<KeyRange>),
    /// The order is an index's, so the first rows that pass are the answer.
    InOrderOf {
        column: String,
        descending: bool,
    },
    InOrderOfRows {
        descending: bool,
    },
    Everything,
}

fn plan(list: &List, query: &ListQuery) -> Result<Plan, Refusal> {
    let mut best: Option<(u8, Vec<KeyRange>)> = None;
    for filter in query.rows.required() {
        if filter.column == ROW_ID {
            if filter.comparison == Comparison::Eq {
                let id = filter.value.to_number().filter(|number| number.is_integer());
                return Ok(Plan::ById(id.and_then(|id| i64::try_from(id).ok()).unwrap_or(0)));
            }
            continue;
        }
        let column = list.column(&filter.column)?;
        if let Some((cost, ranges)) = ranges_of(column, filter)
            && best.as_ref().is_none_or(|(other, _)| cost < *other)
        {
            best = Some((cost, ranges));
        }
    }
    if let Some((_, ranges)) = best {
        return Ok(Plan::Narrow(ranges));
    }
    if query.shuffle.is_some() || query.unique.is_some() {
        return Ok(Plan::Everything);
    }
    Ok(match query.sort.as_slice() {
        [] => Plan::InOrderOfRows { descending: false },
        [sort] if sort.column == ROW_ID => Plan::InOrderOfRows { descending: sort.descending },
        [sort] => {
            let column = list.column(&sort.column)?;
            if column.has_index() {
                Plan::InOrderOf { column: column.id.clone(), descending: sort.descending }
            } else {
                Plan::Everything
            }
        }
        _ => Plan::Everything,
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

/// The entries of one value.
fn exactly(column: &ListColumn, key: Vec<u8>) -> KeyRange {
    let mut after = key.clone();
    after.push(0);
    KeyRange { column: column.id.clone(), from: key, below: Some(after) }
}

/// The stretches that hold every row a filter may take, with a price: exact values first.
fn ranges_of(column: &ListColumn, filter: &Filter) -> Option<(u8, Vec<KeyRange>)> {
    if !column.has_index() {
        return None;
    }
    let keys = |values: &[Value]| {
        let mut keys: Vec<Vec<u8>> = values.iter().map(key_of).collect();
        // Values that are equal have one stretch, not two.
        keys.sort();
        keys.dedup();
        keys.into_iter().map(|key| exactly(column, key)).collect::<Vec<_>>()
    };
    let (least, most) = match filter.comparison {
        Comparison::Eq => return Some((0, keys(std::slice::from_ref(&filter.value)))),
        Comparison::In if filter.values().len() <= LOOKED_UP_VALUES => {
            return Some((1, keys(filter.values())));
        }
        // Whatever is empty has one of these keys.
        Comparison::Empty => {
            let empties = [Value::Null, Value::Array(Vec::new()), Value::Object(Map::new())];
            return Some((1, keys(&empties)));
        }
        Comparison::Lt | Comparison::Le => (None, Some(&filter.value)),
        Comparison::Gt | Comparison::Ge => (Some(&filter.value), None),
        Comparison::Between => match filter.values() {
            [least, most] => (Some(least), Some(most)),
            _ => return None,
        },
        _ => return None,
    };
    let least = least.map(key_of);
    let most = most.map(key_of);
    let class = class_of(least.as_ref().or(most.as_ref())?)?;
    if most.as_ref().is_some_and(|most| class_of(most) != Some(class)) {
        return None;
    }
    let whole = |class: KeyClass| KeyRange {
        column: column.id.clone(),
        from: vec![class as u8],
        below: Some(vec![class as u8 + 1]),
    };
    let mut own = whole(class);
    if let Some(least) = least {
        own.from = range_ends(&least).0;
    }
    if let Some(most) = most {
        own.below = Some(range_ends(&most).1);
    }
    // Values of other classes compare as text, which says nothing about their keys: they are all asked.
    let mut ranges = vec![own];
    ranges.extend(KEY_CLASSES.into_iter().filter(|other| *other != class).map(whole));
    Some((2, ranges))
}

/// What a scan needs of the rows that pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Rows,
    /// Only what they add up to.
    Nothing,
}

/// Looks at rows and keeps those that pass.
struct Scan<'a> {
    list: &'a List,
    query: &'a ListQuery,
    keeps: Keeps,
    found: Vec<ListRow>,
    totals: Totals<'a>,
    examined: usize,
    examined_max: usize,
}

impl<'a> Scan<'a> {
    fn new(list: &'a List, query: &'a ListQuery, examined_max: usize, keeps: Keeps) -> Self {
        Self { list, query, keeps, found: Vec::new(), totals: Totals::new(query), examined: 0, examined_max }
    }

    fn finish(self) -> Result<(Vec<ListRow>, Vec<Value>), Refusal> {
        self.query.finish(self.found, |row| (row.id.0, &row.cells)).map_err(Refusal::Step)
    }

    /// Looks at all rows that may pass, in whatever order.
    fn examine_plan(&mut self, connection: &mut Connection) -> Result<(), ReadError> {
        let plan = plan(self.list, self.query)?;
        self.examine(connection, plan)
    }

    fn examine(&mut self, connection: &mut Connection, plan: Plan) -> Result<(), ReadError> {
        match plan {
            Plan::ById(id) => {
                let row: Option<StoredRow> = on!(connection, c => list_rows::table
                    .filter(list_rows::workspace_id.eq(self.list.workspace_id.0))
                    .filter(list_rows::list_id.eq(self.list.id.0))
                    .filter(list_rows::id.eq(id))
                    .select((list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms))
                    .first(c)
                    .optional())?;
                if let Some(row) = row {
                    self.examine_row(row, None)?;
                }
                Ok(())
            }
            Plan::Narrow(ranges) => self.examine_ranges(connection, &ranges, false, None),
            Plan::InOrderOf { .. } | Plan::InOrderOfRows { .. } | Plan::Everything => {
                self.examine_all(connection, false, None)
            }
        }
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
                if self.examine_row(row, enough)? {
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
                let entries =
                    load_entries(connection, self.list, range, after.as_ref(), descending, CHUNK_ROWS)?;
                let full = entries.len() == CHUNK_ROWS;
                after = entries.last().cloned();
                for row in load_rows(connection, self.list, &entries)? {
                    if self.examine_row(row, enough)? {
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
    fn examine_row(&mut self, row: StoredRow, enough: Option<usize>) -> Result<bool, Refusal> {
        if enough.is_some_and(|enough| self.found.len() >= enough) {
            return Ok(true);
        }
        self.examined += 1;
        if self.examined > self.examined_max {
            return Err(Refusal::Step(too_many_examined(&self.list.name, self.examined_max)));
        }
        let row = parse_row(self.list, row)?;
        if self.query.rows.takes(row.id.0, &row.cells) {
            match self.keeps {
                Keeps::Rows => self.found.push(row),
                Keeps::Nothing => self.totals.add(row.id.0, &row.cells).map_err(Refusal::Step)?,
            }
        }
        Ok(enough.is_some_and(|enough| self.found.len() >= enough))
    }
}

/// How many entries a stretch has.
fn count_entries(connection: &mut Connection, list: &List, range: &KeyRange) -> DbResult<i64> {
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

/// The rows of some entries, in the order of the entries.
fn load_rows(
    connection: &mut Connection,
    list: &List,
    entries: &[(Vec<u8>, i64)],
) -> DbResult<Vec<StoredRow>> {
    let columns = (list_rows::id, list_rows::cells, list_rows::created_at_ms, list_rows::updated_at_ms);
    match entries {
        [] => return Ok(Vec::new()),
        // Its text is always the same, that of several depends on how many they are.
        [(_, id)] => {
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
    let ids: Vec<i64> = entries.iter().map(|(_, row)| *row).collect();
    let rows: Vec<StoredRow> = on!(connection, c => list_rows::table
        .filter(list_rows::workspace_id.eq(list.workspace_id.0))
        .filter(list_rows::list_id.eq(list.id.0))
        .filter(list_rows::id.eq_any(&ids))
        .select(columns)
        .load(c))?;
    let mut by_id: std::collections::HashMap<i64, StoredRow> =
        rows.into_iter().map(|row| (row.0, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}
