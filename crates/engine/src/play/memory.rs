//! Lists and counters in memory, with the comparison, uniqueness and increment rules of the store.

use crate::effect::ListQuery;
use crate::error::StepError;
use crate::list::{Column, ListDefinition};
use crate::value::{Map, Value};

/// A list of a played world.
#[derive(Clone, Debug, Default)]
pub struct MemoryList {
    columns: Vec<Column>,
    rows: Vec<(i64, Map)>,
    next_row: i64,
    name: String,
}

impl MemoryList {
    pub fn new(definition: ListDefinition) -> Self {
        let ListDefinition { name, columns, rows } = definition;
        let next_row = i64::try_from(rows.len()).unwrap_or(i64::MAX).saturating_add(1);
        Self { columns, rows: (1..).zip(rows).collect(), next_row, name }
    }

    /// Rows that pass, each with its number under `_id`.
    pub fn find(&self, query: &ListQuery) -> Result<Vec<Map>, StepError> {
        for column in query.filters.iter().map(|filter| &filter.column).chain(&query.sort) {
            self.check_column(column)?;
        }
        let mut found: Vec<&(i64, Map)> = self.rows.iter().filter(|(_, row)| query.takes(row)).collect();
        if query.sort.is_none() && query.descending {
            found.reverse();
        }
        found.sort_by(|(_, left), (_, right)| query.order(left, right));
        let page = found.into_iter().skip(query.offset as usize).take(query.limit as usize);
        Ok(page
            .map(|(id, row)| {
                let mut row = row.clone();
                row.insert("_id".to_owned(), Value::from(*id));
                row
            })
            .collect())
    }

    /// Adds a row and returns its number.
    pub fn add(&mut self, row: Map) -> Result<Value, StepError> {
        for column in row.keys() {
            self.check_column(column)?;
        }
        for column in self.columns.iter().filter(|column| column.unique) {
            let Some(value) = row.get(&column.name).filter(|value| !value.is_empty()) else { continue };
            if self
                .rows
                .iter()
                .any(|(_, other)| other.get(&column.name).is_some_and(|cell| cell.same_as(value)))
            {
                return Err(duplicate(&self.name, &column.name, value));
            }
        }
        let id = self.next_row;
        self.next_row += 1;
        self.rows.push((id, row));
        Ok(Value::from(id))
    }

    fn check_column(&self, name: &str) -> Result<(), StepError> {
        if self.columns.iter().any(|column| column.name == name) {
            return Ok(());
        }
        Err(unknown_column(&self.name, name))
    }
}

/// A column that is not there.
pub fn unknown_column(list: &str, column: &str) -> StepError {
    StepError::new(
        "unknown_column",
        format!("The list “{list}” has no column “{column}”"),
        format!("В списке «{list}» нет столбца «{column}»"),
    )
}

/// A list that is not there.
pub fn unknown_list(name: &str) -> StepError {
    StepError::new("unknown_list", format!("There is no list “{name}”"), format!("Списка «{name}» нет"))
}

/// A value that another row holds already.
pub fn duplicate(list: &str, column: &str, value: &Value) -> StepError {
    let value = value.to_text();
    StepError::new(
        "duplicate",
        format!("The list “{list}” already has a row whose “{column}” is “{value}”"),
        format!("В списке «{list}» уже есть строка, где «{column}» — «{value}»"),
    )
}

/// Adds to a number; nothing counts as 0.
pub fn increment(fields: &mut Map, name: &str, by: &Value) -> Result<Value, StepError> {
    let old = fields.get(name).cloned().unwrap_or_default();
    let number = |value: &Value| if value.is_empty() { Some(0.into()) } else { value.to_number() };
    let sum = match (number(&old), number(by)) {
        (Some(old), Some(by)) => old.checked_add(by).map(Value::Number),
        _ => None,
    };
    let sum = sum.ok_or_else(|| not_a_number(name, &old))?;
    fields.insert(name.to_owned(), sum.clone());
    Ok(sum)
}

/// A value that cannot be added to.
pub fn not_a_number(name: &str, value: &Value) -> StepError {
    let value = value.to_text();
    StepError::new(
        "not_a_number",
        format!("“{name}” cannot be increased: “{value}” is not a number"),
        format!("«{name}» нельзя увеличить: «{value}» не число"),
    )
}
