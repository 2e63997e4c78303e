//! Lists in memory, by the rules of [`crate::list`] that the store keeps too. What a store alone does (look at
//! no more rows than it may) is left out: a played list is short.

use std::collections::HashSet;

use crate::effect::Answer;
use crate::error::StepError;
use crate::limits::LIST_CHANGED_ROWS;
use crate::list::error::{duplicate, not_unique, too_many_changed, unknown_column};
use crate::list::{
    Bounds, CellChange, Column, ListChange, ListDefinition, ListQuery, ROW_ID, Reserve, Selection,
    change_row, increase, key_of,
};
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

    /// Its rows with their numbers, oldest first.
    pub(super) fn rows(&self) -> &[(i64, Map)] {
        &self.rows
    }

    /// Answers a query: rows that pass, each with its number under `_id`, and the aggregates.
    ///
    /// # Errors
    /// `unknown_column`, `not_a_number` for a sum over texts.
    pub fn find(&self, query: &ListQuery) -> Result<Answer, StepError> {
        query.columns().try_for_each(|column| self.check_column(column))?;
        let found = self.rows.iter().filter(|(id, row)| query.rows.takes(*id, row)).collect();
        let (page, aggregates) = query.finish(found, |(id, row)| (*id, row))?;
        let rows = page.into_iter().map(|(id, row)| self.show(*id, row)).collect();
        Ok(Answer::Rows { rows, aggregates })
    }

    /// Changes this list, whole or not at all.
    ///
    /// # Errors
    /// Those of [`crate::list::error`]; then nothing has changed.
    pub fn change(&mut self, change: &ListChange) -> Result<Answer, StepError> {
        let before = self.clone();
        let answer = match change {
            ListChange::Add { row } => self.add(row).map(|id| Answer::Written(id.into())),
            ListChange::Edit { rows, changes } => self.edit(rows, changes).map(written),
            ListChange::Delete { rows } => self.delete(rows).map(written),
            ListChange::Upsert { key, row } => self.upsert(key, row),
            ListChange::Increment { rows, column, by, bounds } => {
                self.increment(rows, column, by, *bounds).map(Answer::Written)
            }
            ListChange::Reserve(reserve) => self.reserve(reserve).map(Answer::Written),
        };
        if answer.is_err() {
            *self = before;
        }
        answer
    }

    fn add(&mut self, row: &Map) -> Result<i64, StepError> {
        row.keys().try_for_each(|column| self.check_cell(column))?;
        self.check_unique(None, row)?;
        let id = self.next_row;
        self.next_row += 1;
        self.rows.push((id, row.clone()));
        Ok(id)
    }

    fn edit(&mut self, rows: &Selection, changes: &[CellChange]) -> Result<usize, StepError> {
        changes.iter().try_for_each(|change| self.check_cell(&change.column))?;
        let chosen = self.choose(rows)?;
        for id in &chosen {
            self.change_row(*id, |row| change_row(row, changes))?;
        }
        Ok(chosen.len())
    }

    fn delete(&mut self, rows: &Selection) -> Result<usize, StepError> {
        let chosen: HashSet<i64> = self.choose(rows)?.into_iter().collect();
        self.rows.retain(|(id, _)| !chosen.contains(id));
        Ok(chosen.len())
    }

    fn upsert(&mut self, column: &str, row: &Map) -> Result<Answer, StepError> {
        self.check_cell(column)?;
        row.keys().try_for_each(|column| self.check_cell(column))?;
        if !self.columns.iter().any(|known| known.name == column && known.unique) {
            return Err(not_unique(&self.name, column));
        }
        let found = row.get(column).filter(|value| !value.is_empty()).and_then(|value| {
            let key = key_of(value);
            let same = |cells: &Map| cells.get(column).is_some_and(|cell| key_of(cell) == key);
            self.rows.iter().find(|(_, cells)| same(cells)).map(|(id, _)| *id)
        });
        let Some(id) = found else {
            return self.add(row).map(|row| Answer::Upserted { row, added: true });
        };
        self.change_row(id, |cells| {
            cells.extend(row.clone());
            Ok(())
        })?;
        Ok(Answer::Upserted { row: id, added: false })
    }

    fn increment(
        &mut self,
        rows: &Selection,
        column: &str,
        by: &Value,
        bounds: Bounds,
    ) -> Result<Value, StepError> {
        self.check_cell(column)?;
        let mut first = None;
        for id in self.choose(rows)? {
            let mut number = Value::Null;
            self.change_row(id, |row| {
                number = increase(column, row.get(column).unwrap_or(&Value::Null), by, bounds)?;
                row.insert(column.to_owned(), number.clone());
                Ok(())
            })?;
            first.get_or_insert(number);
        }
        Ok(first.unwrap_or_default())
    }

    fn reserve(&mut self, reserve: &Reserve) -> Result<Value, StepError> {
        self.check_cell(&reserve.column)?;
        reserve.values.keys().try_for_each(|column| self.check_cell(column))?;
        if !reserve.again
            && let Some(held) = self.first(&reserve.held())?
        {
            return Ok(held.into());
        }
        let Some(free) = self.first(&reserve.free())? else { return Ok(Value::Null) };
        let id = free.get(ROW_ID).and_then(Value::to_number).and_then(|id| i64::try_from(id).ok());
        let id = id.unwrap_or_default();
        self.change_row(id, |row| {
            row.extend(reserve.taken());
            Ok(())
        })?;
        let row = self.rows.iter().find(|(other, _)| *other == id);
        Ok(row.map(|(id, row)| self.show(*id, row).into()).unwrap_or_default())
    }

    fn first(&self, query: &ListQuery) -> Result<Option<Map>, StepError> {
        match self.find(query)? {
            Answer::Rows { rows, .. } => Ok(rows.into_iter().next()),
            _ => Ok(None),
        }
    }

    /// Numbers of the rows that are meant, oldest first.
    fn choose(&self, rows: &Selection) -> Result<Vec<i64>, StepError> {
        rows.columns().into_iter().try_for_each(|column| self.check_column(column))?;
        let chosen: Vec<i64> =
            self.rows.iter().filter(|(id, row)| rows.takes(*id, row)).map(|(id, _)| *id).collect();
        if chosen.len() > LIST_CHANGED_ROWS {
            return Err(too_many_changed(&self.name, LIST_CHANGED_ROWS));
        }
        Ok(chosen)
    }

    fn change_row(
        &mut self,
        id: i64,
        change: impl FnOnce(&mut Map) -> Result<(), StepError>,
    ) -> Result<(), StepError> {
        let Some(index) = self.rows.iter().position(|(other, _)| *other == id) else { return Ok(()) };
        let mut changed = self.rows.get(index).map(|(_, row)| row.clone()).unwrap_or_default();
        change(&mut changed)?;
        self.check_unique(Some(id), &changed)?;
        if let Some((_, row)) = self.rows.get_mut(index) {
            *row = changed;
        }
        Ok(())
    }

    /// No other row may share a filled cell of a unique column.
    fn check_unique(&self, id: Option<i64>, row: &Map) -> Result<(), StepError> {
        for column in self.columns.iter().filter(|column| column.unique) {
            let Some(value) = row.get(&column.name).filter(|value| !value.is_empty()) else { continue };
            let key = key_of(value);
            let taken = self.rows.iter().any(|(other, cells)| {
                Some(*other) != id && cells.get(&column.name).is_some_and(|cell| key_of(cell) == key)
            });
            if taken {
                return Err(duplicate(&self.name, &column.name, value));
            }
        }
        Ok(())
    }

    fn check_column(&self, name: &str) -> Result<(), StepError> {
        if name == ROW_ID { Ok(()) } else { self.check_cell(name) }
    }

    fn check_cell(&self, name: &str) -> Result<(), StepError> {
        if self.columns.iter().any(|column| column.name == name) {
            return Ok(());
        }
        Err(unknown_column(&self.name, name))
    }

    /// A row as scenarios see it: cells in the order of the columns, its number last.
    fn show(&self, id: i64, row: &Map) -> Map {
        let cells = self.columns.iter().filter_map(|column| row.get_key_value(&column.name));
        let mut shown: Map = cells.map(|(name, value)| (name.clone(), value.clone())).collect();
        shown.insert(ROW_ID.to_owned(), Value::from(id));
        shown
    }
}

fn written(count: usize) -> Answer {
    Answer::Written(Value::Number(count.into()))
}
