//! Lists: typed tables of a workspace, and how queries read them.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::effect::{Comparison, Filter, ListQuery};
use crate::value::{Map, Value, parse_date};

/// A list as files carry it: `lists.json` of an example, exports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    pub lists: Vec<ListDefinition>,
}

/// A list with its columns and maybe its rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListDefinition {
    pub name: String,
    pub columns: Vec<Column>,
    #[serde(default)]
    pub rows: Vec<Map>,
}

/// A typed column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: ColumnKind,
    /// No two rows share a value; empty values are not compared.
    #[serde(default)]
    pub unique: bool,
}

/// Type of a column's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    #[default]
    Text,
    Number,
    Bool,
    Date,
    /// Any JSON.
    Json,
}

impl Filter {
    /// Whether a row passes; a cell the row lacks is null.
    pub fn takes(&self, row: &Map) -> bool {
        const NULL: Value = Value::Null;
        let cell = row.get(&self.column).unwrap_or(&NULL);
        let texts = || (cell.to_text().to_lowercase(), self.value.to_text().to_lowercase());
        match self.comparison {
            Comparison::Eq => cell.same_as(&self.value),
            Comparison::Ne => !cell.same_as(&self.value),
            Comparison::Gt => cell.compare(&self.value) == Some(Ordering::Greater),
            Comparison::Ge => matches!(cell.compare(&self.value), Some(Ordering::Greater | Ordering::Equal)),
            Comparison::Lt => cell.compare(&self.value) == Some(Ordering::Less),
            Comparison::Le => matches!(cell.compare(&self.value), Some(Ordering::Less | Ordering::Equal)),
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
            Comparison::Empty => cell.is_empty(),
            Comparison::NotEmpty => !cell.is_empty(),
        }
    }
}

fn contains((cell, value): (String, String)) -> bool {
    cell.contains(&value)
}

impl ListQuery {
    pub fn takes(&self, row: &Map) -> bool {
        match (self.filters.is_empty(), self.any) {
            (true, _) => true,
            (false, true) => self.filters.iter().any(|filter| filter.takes(row)),
            (false, false) => self.filters.iter().all(|filter| filter.takes(row)),
        }
    }

    /// Order of two rows by the query's column; equal when it names none. A total order, also over a column
    /// that mixes kinds: empty cells, then numbers, dates and texts.
    pub fn order(&self, left: &Map, right: &Map) -> Ordering {
        let Some(column) = &self.sort else { return Ordering::Equal };
        let order = SortKey::of(left.get(column)).cmp(&SortKey::of(right.get(column)));
        if self.descending { order.reverse() } else { order }
    }
}

/// What a cell or another value is sorted by. [`Value::compare`] would not do: it is no total order over mixed kinds.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortKey {
    Empty,
    Number(Decimal),
    Date(jiff::civil::DateTime),
    Text(String),
}

impl SortKey {
    pub(crate) fn of(cell: Option<&Value>) -> Self {
        let Some(cell) = cell.filter(|cell| !cell.is_empty()) else { return Self::Empty };
        if let Some(number) = cell.to_number() {
            return Self::Number(number);
        }
        let text = cell.to_text();
        parse_date(&text).map_or_else(|| Self::Text(text.into_owned()), Self::Date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_cells_have_one_order() {
        let mut cells = ["pear", "10", "02.01.2026", "", "9", "apple", "01.12.2025", "1O"];
        let query = ListQuery { sort: Some("cell".to_owned()), ..ListQuery::default() };
        let row = |text: &str| -> Map { [("cell".to_owned(), Value::from(text))].into_iter().collect() };
        cells.sort_by(|left, right| query.order(&row(left), &row(right)));
        assert_eq!(cells, ["", "9", "10", "01.12.2025", "02.01.2026", "1O", "apple", "pear"]);
    }
}
