//! Lists: typed tables of a workspace, and how queries read them.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::effect::{Comparison, Filter, ListQuery};
use crate::value::{Map, Value};

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

    /// Order of two rows by the query's column; equal when it names none.
    pub fn order(&self, left: &Map, right: &Map) -> Ordering {
        let Some(column) = &self.sort else { return Ordering::Equal };
        let null = Value::Null;
        let cell = |row: &Map| row.get(column).cloned().unwrap_or_else(|| null.clone());
        let order = cell(left).compare(&cell(right)).unwrap_or(Ordering::Equal);
        if self.descending { order.reverse() } else { order }
    }
}
