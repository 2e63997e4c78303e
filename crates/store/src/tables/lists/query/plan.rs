//! Which rows a query has to look at: by number, by stretches of an index, in the order of one, or all of them.

use engine::list::{
    Comparison, Filter, KEY_CLASSES, KeyClass, ListQuery, ROW_ID, class_of, key_of, range_ends,
};
use engine::value::{Map, Value};

use super::super::{List, ListColumn};
use crate::error::Refusal;

/// Most values of one filter that are looked up one by one.
const LOOKED_UP_VALUES: usize = 50;

pub(super) enum Plan {
    /// One row by its number.
    ById(i64),
    /// A filter that must hold narrows the rows down by an index.
    Narrow(Narrowed),
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

/// Stretches of an index, in the order in which they are to be looked at.
pub(super) struct Narrowed {
    pub(super) ranges: Vec<KeyRange>,
    pub(super) order: Order,
}

/// What the order of the entries has to do with that of the query, and so when enough is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing: all have to be looked at.
    Other,
    /// It is the same: the first rows that pass are the answer.
    Whole { descending: bool },
    /// Within each stretch it is the same: the first rows of each that pass hold the answer.
    Each { descending: bool },
}

impl Narrowed {
    fn new(query: &ListQuery, column: &ListColumn, mut ranges: Vec<KeyRange>) -> Self {
        let is_exact = ranges.iter().all(|range| range.is_exact);
        let order = match query.sort.as_slice() {
            _ if query.shuffle.is_some() || query.unique.is_some() => Order::Other,
            [] if is_exact => Order::Each { descending: false },
            [sort] if is_exact && sort.column == ROW_ID => Order::Each { descending: sort.descending },
            [sort] if sort.column == column.name => {
                ranges.sort_by(|left, right| left.from.cmp(&right.from));
                if sort.descending {
                    ranges.reverse();
                }
                Order::Whole { descending: sort.descending }
            }
            _ => Order::Other,
        };
        Self { ranges, order }
    }
}

pub(super) fn plan(list: &List, query: &ListQuery) -> Result<Plan, Refusal> {
    let mut best: Option<(u8, &ListColumn, Vec<KeyRange>)> = None;
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
            && best.as_ref().is_none_or(|(other, ..)| cost < *other)
        {
            best = Some((cost, column, ranges));
        }
    }
    match best {
        Some((_, column, ranges)) => Ok(Plan::Narrow(Narrowed::new(query, column, ranges))),
        None => in_order(list, query),
    }
}

/// The plan that uses no filter.
pub(super) fn in_order(list: &List, query: &ListQuery) -> Result<Plan, Refusal> {
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

/// The stretch that is exactly the rows a query means, when it asks for one value of an indexed column.
///
/// # Errors
/// [`Refusal::UnknownColumn`].
pub(super) fn one_value(list: &List, query: &ListQuery) -> Result<Option<KeyRange>, Refusal> {
    let ([filter], true) = (query.rows.filters.as_slice(), query.rows.groups.is_empty()) else {
        return Ok(None);
    };
    if filter.comparison != Comparison::Eq || filter.column == ROW_ID || filter.other.is_some() {
        return Ok(None);
    }
    let column = list.column(&filter.column)?;
    Ok(column.has_index().then(|| exactly(column, key_of(&filter.value))))
}

/// A stretch of an index: from `from` on, up to `below` if it has an end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyRange {
    pub(super) column: String,
    pub(super) from: Vec<u8>,
    pub(super) below: Option<Vec<u8>>,
    /// Whether it holds one key, so that its entries are in the order of the rows.
    pub(super) is_exact: bool,
}

impl KeyRange {
    pub(super) fn everything(column: String) -> Self {
        Self { column, from: Vec::new(), below: None, is_exact: false }
    }
}

/// The entries of one value.
pub(super) fn exactly(column: &ListColumn, key: Vec<u8>) -> KeyRange {
    let mut after = key.clone();
    after.push(0);
    KeyRange { column: column.id.clone(), from: key, below: Some(after), is_exact: true }
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
        is_exact: false,
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
