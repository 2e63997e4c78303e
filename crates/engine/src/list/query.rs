//! Which rows are meant, in which order, and what is counted over them.
//!
//! [`Selection::takes`] and [`RowPlace`] are the truth; an index of a store only narrows down which rows are
//! asked.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use super::key::key_of;
use super::words;
use crate::random::mix;
use crate::value::{Map, Value};

/// Stands for a row's number where a column may be named.
pub const ROW_ID: &str = "_id";

/// Comparison of a column with a value, by the rules of [`Value::compare`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "eq": {"en": "equals", "ru": "равно"},
    "ne": {"en": "does not equal", "ru": "не равно"},
    "gt": {"en": "is greater than", "ru": "больше"},
    "ge": {"en": "is at least", "ru": "не меньше"},
    "lt": {"en": "is less than", "ru": "меньше"},
    "le": {"en": "is at most", "ru": "не больше"},
    "between": {"en": "is between", "ru": "между"},
    "in": {"en": "is one of", "ru": "одно из"},
    "not_in": {"en": "is none of", "ru": "ни одно из"},
    "contains": {"en": "contains", "ru": "содержит"},
    "not_contains": {"en": "does not contain", "ru": "не содержит"},
    "starts": {"en": "starts with", "ru": "начинается с"},
    "ends": {"en": "ends with", "ru": "заканчивается на"},
    "within": {"en": "occurs in the text", "ru": "встречается в тексте"},
    "words": {"en": "contains the words in any form", "ru": "содержит слова в любой форме"},
    "empty": {"en": "is empty", "ru": "пусто"},
    "not_empty": {"en": "is not empty", "ru": "не пусто"},
}))]
pub enum Comparison {
    #[default]
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Between,
    In,
    NotIn,
    Contains,
    NotContains,
    Starts,
    Ends,
    Within,
    Empty,
    NotEmpty,
    /// Every word of the value occurs, whatever its ending.
    Words,
}

/// One filter of a list query. The value of `Between` is an array of both ends, which count; that of `In` and
/// `NotIn` an array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    pub column: String,
    pub comparison: Comparison,
    pub value: Value,
    /// Compares with this column of the same row instead of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

impl Filter {
    fn takes(&self, id: i64, row: &Map) -> bool {
        let id = Value::from(id);
        let cell =
            |column: &str| if column == ROW_ID { &id } else { row.get(column).unwrap_or(&Value::Null) };
        let value = self.other.as_deref().map_or(&self.value, cell);
        self.comparison.takes(cell(&self.column), value)
    }

    /// The values to compare with: the elements of an array, or the single value.
    pub fn values(&self) -> &[Value] {
        values(&self.value)
    }
}

/// The elements of an array, or the single value.
fn values(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        single => std::slice::from_ref(single),
    }
}

impl Comparison {
    fn takes(self, cell: &Value, value: &Value) -> bool {
        let texts = || (cell.to_text().to_lowercase(), value.to_text().to_lowercase());
        match self {
            Comparison::Eq => cell.same_as(value),
            Comparison::Ne => !cell.same_as(value),
            Comparison::Gt => cell.compare(value) == Some(Ordering::Greater),
            Comparison::Ge => is_at_least(cell, value),
            Comparison::Lt => cell.compare(value) == Some(Ordering::Less),
            Comparison::Le => is_at_most(cell, value),
            Comparison::Between => match values(value) {
                [least, most] => is_at_least(cell, least) && is_at_most(cell, most),
                _ => false,
            },
            Comparison::In => values(value).iter().any(|value| cell.same_as(value)),
            Comparison::NotIn => !values(value).iter().any(|value| cell.same_as(value)),
            Comparison::Contains => contains(texts()),
            Comparison::NotContains => !contains(texts()),
            Comparison::Starts => {
                let (cell, value) = texts();
                cell.starts_with(&value)
            }
            Comparison::Ends => {
                let (cell, value) = texts();
                cell.ends_with(&value)
            }
            // An empty cell occurs everywhere, which nobody means.
            Comparison::Within => {
                let (cell, value) = texts();
                !cell.is_empty() && value.contains(&cell)
            }
            Comparison::Empty => cell.is_empty(),
            Comparison::NotEmpty => !cell.is_empty(),
            Comparison::Words => {
                let (cell, value) = texts();
                words::has_all(&cell, &value)
            }
        }
    }
}

fn is_at_least(cell: &Value, value: &Value) -> bool {
    matches!(cell.compare(value), Some(Ordering::Greater | Ordering::Equal))
}

fn is_at_most(cell: &Value, value: &Value) -> bool {
    matches!(cell.compare(value), Some(Ordering::Less | Ordering::Equal))
}

fn contains((cell, value): (String, String)) -> bool {
    cell.contains(&value)
}

/// The rows that are meant. Without filters and groups: all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    pub filters: Vec<Filter>,
    /// One filter or group is enough, instead of all.
    pub any: bool,
    pub groups: Vec<Selection>,
}

impl Selection {
    pub fn of(filters: Vec<Filter>) -> Self {
        Self { filters, ..Self::default() }
    }

    /// Whether it takes every row.
    pub fn is_all(&self) -> bool {
        self.filters.is_empty() && self.groups.is_empty()
    }

    /// Whether a row is meant; a cell the row lacks is null.
    pub fn takes(&self, id: i64, row: &Map) -> bool {
        let mut parts = self
            .filters
            .iter()
            .map(|filter| filter.takes(id, row))
            .chain(self.groups.iter().map(|group| group.takes(id, row)));
        self.is_all() || if self.any { parts.any(|takes| takes) } else { parts.all(|takes| takes) }
    }

    /// Filters by a value that hold for every row that is meant, whatever the others say.
    pub fn required(&self) -> Vec<&Filter> {
        if self.any && self.filters.len() + self.groups.len() > 1 {
            return Vec::new();
        }
        let by_value = self.filters.iter().filter(|filter| filter.other.is_none());
        by_value.chain(self.groups.iter().flat_map(Selection::required)).collect()
    }

    /// Every column it names.
    pub fn columns(&self) -> Vec<&str> {
        let own =
            self.filters.iter().flat_map(|filter| [Some(filter.column.as_str()), filter.other.as_deref()]);
        let own = own.flatten();
        own.chain(self.groups.iter().flat_map(Selection::columns)).collect()
    }
}

/// A column to sort by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    pub column: String,
    pub descending: bool,
}

/// What is worked out over all rows found, whatever the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aggregate {
    pub function: AggregateFunction,
    /// May be empty for a count, which then counts rows instead of filled cells.
    pub column: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "count": {"en": "how many", "ru": "количество"},
    "sum": {"en": "sum", "ru": "сумма"},
    "avg": {"en": "average", "ru": "среднее"},
    "min": {"en": "smallest", "ru": "наименьшее"},
    "max": {"en": "largest", "ru": "наибольшее"},
}))]
pub enum AggregateFunction {
    #[default]
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// A question to a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListQuery {
    pub list: String,
    pub rows: Selection,
    /// Rows that tie come in the order they were added, or against it when the last column is descending.
    pub sort: Vec<Sort>,
    /// Rows that tie come in an order that only this seed decides.
    pub shuffle: Option<u64>,
    /// Of rows with the same value here, the first in order counts.
    pub unique: Option<String>,
    pub offset: u32,
    /// Rows wanted; 0 when only the aggregates are.
    pub limit: u32,
    pub aggregates: Vec<Aggregate>,
}

impl ListQuery {
    /// Every column it names; [`ROW_ID`] may be among them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let aggregates = self.aggregates.iter().map(|one| one.column.as_str());
        self.rows
            .columns()
            .into_iter()
            .chain(self.sort.iter().map(|sort| sort.column.as_str()))
            .chain(self.unique.as_deref())
            .chain(aggregates.filter(|column| !column.is_empty()))
    }

    /// Where a row stands in the order of this query.
    pub fn place(&self, id: i64, row: &Map) -> RowPlace {
        let columns = self.sort.iter().map(|sort| {
            let key = cell_key(&sort.column, id, row);
            if sort.descending { SortKey::Down(Reverse(key)) } else { SortKey::Up(key) }
        });
        let against = self.sort.last().is_some_and(|sort| sort.descending);
        let tie = match self.shuffle {
            Some(seed) => (mix(seed ^ id.cast_unsigned()), id),
            None => (0, if against { id.saturating_neg() } else { id }),
        };
        RowPlace { columns: columns.collect(), tie }
    }

    /// What rows must not share when only one of each counts; `None` when all count.
    pub fn unique_key(&self, id: i64, row: &Map) -> Option<Vec<u8>> {
        self.unique.as_deref().map(|column| cell_key(column, id, row))
    }

    /// Puts rows in order, leaves out repeats, and answers the page with the aggregates over all of them.
    ///
    /// # Errors
    /// As [`super::Totals::add`].
    pub fn finish<R>(
        &self,
        mut rows: Vec<R>,
        see: impl Fn(&R) -> (i64, &Map),
    ) -> Result<(Vec<R>, Vec<Value>), crate::error::StepError> {
        rows.sort_by_cached_key(|row| {
            let (id, cells) = see(row);
            self.place(id, cells)
        });
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| {
            let (id, cells) = see(row);
            self.unique_key(id, cells).is_none_or(|key| seen.insert(key))
        });
        let mut totals = super::Totals::new(self);
        for row in &rows {
            let (id, cells) = see(row);
            totals.add(id, cells)?;
        }
        let page = rows.into_iter().skip(self.offset as usize).take(self.limit as usize).collect();
        Ok((page, totals.finish()))
    }
}

/// A row's place in an order; smaller comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    columns: Vec<SortKey>,
    tie: (u64, i64),
}

/// The keys of one column of an order are all of one variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Up(Vec<u8>),
    Down(Reverse<Vec<u8>>),
}

pub(super) fn cell_key(column: &str, id: i64, row: &Map) -> Vec<u8> {
    if column == ROW_ID { key_of(&Value::from(id)) } else { key_of(row.get(column).unwrap_or(&Value::Null)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(json: serde_json::Value) -> Map {
        match Value::from(json) {
            Value::Object(map) => map,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn filters_compare_as_people_mean() {
        let check = |cell: serde_json::Value, comparison, value: serde_json::Value, expected| {
            let column = "c".to_owned();
            let filter = Filter { column, comparison, value: value.clone().into(), other: None };
            let cells = row(json!({ "c": cell }));
            assert_eq!(filter.takes(1, &cells), expected, "{cell} {comparison:?} {value}");
        };
        check(json!("5"), Comparison::Between, json!([1, "5,0"]), true);
        check(json!("02.01.2026"), Comparison::Between, json!(["01.12.2025", "01.01.2026"]), false);
        check(json!("02.01.2026 10:00"), Comparison::Between, json!(["02.01.2026", "03.01.2026"]), true);
        check(json!(5), Comparison::Between, json!([1]), false);
        check(json!("10.0"), Comparison::In, json!([1, 10]), true);
        check(json!("a"), Comparison::In, json!("a"), true);
        check(json!("a"), Comparison::In, json!([]), false);
        check(json!("a"), Comparison::NotIn, json!([]), true);
        check(json!("Tea"), Comparison::Within, json!("Cake and tea, please"), true);
        check(json!(""), Comparison::Within, json!("anything"), false);
        check(json!("Soup"), Comparison::Starts, json!("so"), true);
        check(json!("Красные розы, 11 штук"), Comparison::Words, json!("роза"), true);
        check(json!("Красные розы"), Comparison::Words, json!("розами красными"), true);
        check(json!("Красные розы"), Comparison::Words, json!("роза белая"), false);
        check(json!("Ёлки"), Comparison::Words, json!("елка"), true);
        check(json!("running shoes"), Comparison::Words, json!("shoe run"), true);
        check(json!("soup"), Comparison::Words, json!(""), true);
        check(json!(null), Comparison::Words, json!("soup"), false);
        check(json!(null), Comparison::Empty, json!(null), true);
        check(json!([]), Comparison::NotEmpty, json!(null), false);
    }

    #[test]
    fn a_column_is_compared_with_another() {
        let check = |cells: serde_json::Value, comparison, expected| {
            let other = Some("limit".to_owned());
            let filter = Filter { column: "stock".to_owned(), comparison, value: 1.into(), other };
            assert_eq!(filter.takes(1, &row(cells.clone())), expected, "{cells} {comparison:?}");
            let selection = Selection::of(vec![filter]);
            assert_eq!((selection.columns(), selection.required().len()), (vec!["stock", "limit"], 0));
        };
        check(json!({"stock": 5, "limit": "10"}), Comparison::Lt, true);
        check(json!({"stock": 10, "limit": 10}), Comparison::Lt, false);
        check(json!({"stock": 5}), Comparison::Lt, false);
        check(json!({"stock": "b", "limit": ["a", "b"]}), Comparison::In, true);
        check(json!({}), Comparison::Eq, true);
    }

    #[test]
    fn groups_join_their_filters_the_way_they_say() {
        let filter = |column: &str, value: i64| Filter {
            column: column.to_owned(),
            comparison: Comparison::Eq,
            value: value.into(),
            other: None,
        };
        let either = Selection { filters: vec![filter("b", 1), filter("c", 1)], any: true, groups: vec![] };
        let selection = Selection { filters: vec![filter("a", 1)], any: false, groups: vec![either] };
        let takes = |a, b, c| selection.takes(7, &row(json!({"a": a, "b": b, "c": c})));
        assert!(takes(1, 1, 0) && takes(1, 0, 1));
        assert!(!takes(1, 0, 0) && !takes(0, 1, 1));
        assert_eq!(selection.required(), [&filter("a", 1)]);
        assert_eq!(selection.columns(), ["a", "b", "c"]);
        assert!(Selection::default().takes(1, &Map::new()), "no filter takes all");
        assert!(Selection::of(vec![filter(ROW_ID, 7)]).takes(7, &Map::new()));
    }

    #[test]
    fn mixed_cells_have_one_order() {
        let mut cells = ["pear", "10", "02.01.2026", "", "9", "apple", "01.12.2025", "1O"];
        let sort = vec![Sort { column: "cell".to_owned(), descending: false }];
        let query = ListQuery { sort, ..ListQuery::default() };
        cells.sort_by_cached_key(|text| query.place(1, &row(json!({ "cell": text }))));
        assert_eq!(cells, ["", "9", "10", "01.12.2025", "02.01.2026", "1O", "apple", "pear"]);
    }

    #[test]
    fn several_columns_repeats_and_pages() {
        let rows: Vec<(i64, Map)> = [("x", 2), ("y", 1), ("x", 1), ("z", 2), ("y", 2)]
            .iter()
            .zip(1..)
            .map(|((name, price), id)| (id, row(json!({"name": name, "price": price}))))
            .collect();
        let sort = |column: &str, descending| Sort { column: column.to_owned(), descending };
        let page = |query: &ListQuery| -> Vec<i64> {
            let (rows, _) = query.finish(rows.clone(), |(id, cells)| (*id, cells)).unwrap();
            rows.into_iter().map(|(id, _)| id).collect()
        };
        let by = |sort: Vec<Sort>| ListQuery { sort, limit: 10, ..ListQuery::default() };
        assert_eq!(page(&by(vec![sort("price", true), sort("name", false)])), [1, 5, 4, 3, 2]);
        assert_eq!(page(&by(vec![sort(ROW_ID, true)])), [5, 4, 3, 2, 1]);
        assert_eq!(page(&by(vec![sort("price", true)])), [5, 4, 1, 3, 2], "ties turn round too");
        let one_each = ListQuery { unique: Some("name".to_owned()), ..by(vec![sort("price", false)]) };
        assert_eq!(page(&one_each), [2, 3, 4]);
        assert_eq!(page(&ListQuery { offset: 1, limit: 1, ..one_each }), [3]);
        let shuffled = |seed| page(&ListQuery { shuffle: Some(seed), ..by(vec![]) });
        assert_eq!(shuffled(1), shuffled(1), "the seed alone decides");
        assert!((1..20).any(|seed| shuffled(seed) != shuffled(1)));
    }
}
