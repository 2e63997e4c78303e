//! What changes of a list do to one row or one number. The store and the played world both do it by these
//! functions, so that they cannot differ.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::error::{above_most, below_least, not_a_number, too_large, too_long};
use super::query::{Comparison, Filter, ListQuery, Selection, Sort};
use crate::error::StepError;
use crate::limits::CELL_BYTES;
use crate::value::{Map, Value};

/// A change of a list, done whole or not at all. What it answers is an [`crate::effect::Answer`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// Adds a row; answers `Written` with its id.
    Add { row: Map },
    /// Changes rows; answers `Written` with how many.
    Edit { rows: Selection, changes: Vec<CellChange> },
    /// Deletes rows; answers `Written` with how many.
    Delete { rows: Selection },
    /// Changes the row that has the same value in the unique column `key`, or adds one; answers `Upserted`.
    Upsert { key: String, row: Map },
    /// Adds to a number of each row; answers `Written` with the new number of the oldest row, or null when there
    /// was none.
    Increment { rows: Selection, column: String, by: Value, bounds: Bounds },
    /// Takes a free row; answers `Written` with it, or null when none is free.
    Reserve(Reserve),
}

/// A change of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellChange {
    pub column: String,
    pub change: Change,
}

/// What happens to a value that is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Set(Value),
    /// Adds to a number; nothing counts as 0.
    Add(Value),
    /// Writes behind a text, or as the last element of an array.
    Append(Value),
}

/// What a number must not leave, both ends allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bounds {
    #[serde(serialize_with = "as_text")]
    pub least: Option<Decimal>,
    #[serde(serialize_with = "as_text")]
    pub most: Option<Decimal>,
}

fn as_text<S: Serializer>(bound: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    bound.map(|bound| bound.normalize().to_string()).serialize(serializer)
}

/// The first free row of a list, taken for somebody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reserve {
    pub rows: Selection,
    pub sort: Vec<Sort>,
    pub shuffle: Option<u64>,
    /// Says who has taken a row; empty while it is free.
    pub column: String,
    pub holder: Value,
    /// Whether somebody who already holds such a row gets another one.
    pub again: bool,
    /// Further cells of the row that was taken.
    pub values: Map,
}

impl Reserve {
    /// Asks for a row that its holder has already.
    pub fn held(&self) -> ListQuery {
        self.query(Comparison::Eq, self.holder.clone())
    }

    /// Asks for a row that nobody has.
    pub fn free(&self) -> ListQuery {
        self.query(Comparison::Empty, Value::Null)
    }

    /// What is written into the row that was taken.
    pub fn taken(&self) -> Map {
        let mut cells = self.values.clone();
        cells.insert(self.column.clone(), self.holder.clone());
        cells
    }

    fn query(&self, comparison: Comparison, value: Value) -> ListQuery {
        let holder = Filter { column: self.column.clone(), comparison, value, other: None };
        ListQuery {
            rows: Selection { filters: vec![holder], any: false, groups: vec![self.rows.clone()] },
            sort: self.sort.clone(),
            shuffle: self.shuffle,
            limit: 1,
            ..ListQuery::default()
        }
    }
}

/// Changes cells in the order given; a later change sees what an earlier one made.
///
/// # Errors
/// `not_a_number`, `too_large`, `too_long`.
pub fn change_row(row: &mut Map, changes: &[CellChange]) -> Result<(), StepError> {
    for CellChange { column, change } in changes {
        let old = row.get(column).unwrap_or(&Value::Null);
        let new = match change {
            Change::Set(value) => value.clone(),
            Change::Add(by) => increase(column, old, by, Bounds::default())?,
            Change::Append(value) => append(column, old, value)?,
        };
        row.insert(column.clone(), new);
    }
    Ok(())
}

/// Adds to a number; nothing counts as 0.
///
/// # Errors
/// `not_a_number`, `too_large`, `out_of_range`.
pub fn increase(name: &str, old: &Value, by: &Value, bounds: Bounds) -> Result<Value, StepError> {
    let number = |value: &Value| {
        if value.is_empty() {
            Ok(Decimal::ZERO)
        } else {
            value.to_number().ok_or_else(|| not_a_number(name, value))
        }
    };
    let sum = number(old)?.checked_add(number(by)?).ok_or_else(|| too_large(name))?.normalize();
    if let Some(least) = bounds.least.filter(|least| sum < *least) {
        return Err(below_least(name, sum, least));
    }
    if let Some(most) = bounds.most.filter(|most| sum > *most) {
        return Err(above_most(name, sum, most));
    }
    Ok(Value::Number(sum))
}

fn append(name: &str, old: &Value, value: &Value) -> Result<Value, StepError> {
    let (new, bytes) = if let Value::Array(items) = old {
        let mut items = items.clone();
        items.push(value.clone());
        let bytes = items.iter().map(|item| item.to_text().len()).sum();
        (Value::Array(items), bytes)
    } else {
        let text = format!("{}{}", old.to_text(), value.to_text());
        let bytes = text.len();
        (Value::Text(text), bytes)
    };
    if bytes > CELL_BYTES { Err(too_long(name, CELL_BYTES)) } else { Ok(new) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_stay_between_their_bounds() {
        let check =
            |old: serde_json::Value, by: serde_json::Value, expected: Result<serde_json::Value, &str>| {
                let bounds = Bounds { least: Some(0.into()), most: Some(10.into()) };
                let new = increase("stock", &old.clone().into(), &by.clone().into(), bounds);
                let new = new.as_ref().map(Value::to_json).map_err(|error| error.code.as_str());
                assert_eq!(new, expected, "{old} and {by}");
            };
        check(json!(1), json!(-1), Ok(json!(0)));
        check(json!(1), json!(-2), Err("out_of_range"));
        check(json!("9,5"), json!(0.5), Ok(json!(10)));
        check(json!(10), json!(0.01), Err("out_of_range"));
        check(json!(null), json!(""), Ok(json!(0)));
        check(json!("many"), json!(1), Err("not_a_number"));
        check(json!(1), json!("one"), Err("not_a_number"));
        let huge = Value::Number(Decimal::MAX);
        assert_eq!(increase("n", &huge, &huge, Bounds::default()).unwrap_err().code, "too_large");
    }

    #[test]
    fn a_row_changes_from_left_to_right() {
        let change = |column: &str, change| CellChange { column: column.to_owned(), change };
        let mut row = Map::from_iter([("n".to_owned(), Value::from(1)), ("log".to_owned(), "a".into())]);
        let changes = [
            change("n", Change::Add(2.into())),
            change("n", Change::Add(2.into())),
            change("log", Change::Append(", b".into())),
            change("list", Change::Set(Value::Array(vec![]))),
            change("list", Change::Append(7.into())),
        ];
        change_row(&mut row, &changes).unwrap();
        assert_eq!(Value::Object(row).to_json(), json!({"n": 5, "log": "a, b", "list": [7]}));
        let long = Value::from("x".repeat(CELL_BYTES));
        assert_eq!(append("log", &long, &"y".into()).unwrap_err().code, "too_long");
    }
}
