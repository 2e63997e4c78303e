//! Lists: typed tables of a workspace, how queries read them and what changes do to their rows.
//!
//! Everything here is a rule without a place where rows lie: the store and the played world of [`crate::play`]
//! both keep rows by it.

mod change;
pub mod error;
mod key;
mod query;
mod total;
mod words;

use serde::{Deserialize, Serialize};

pub use change::{Bounds, CellChange, Change, ListChange, Reserve, change_row, increase};
pub use key::{KEY_CLASSES, KeyClass, class_of, key_of, range_ends};
pub use query::{
    Aggregate, AggregateFunction, Comparison, Filter, ListQuery, ROW_ID, RowPlace, Selection, Sort,
};
pub use total::Totals;

use crate::value::Map;

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
