//! Rows that are looked at one by one; those that pass are kept.

use diesel::prelude::*;
use engine::list::error::too_many_examined;
use engine::list::{ListQuery, Totals};
use engine::value::Value;

use super::super::List;
use super::super::rows::{ListRow, StoredRow, parse_row};
use super::load::{CHUNK_ROWS, load_chunk, load_entries, load_rows};
use super::plan::{KeyRange, Narrowed, Order, Plan};
use crate::connection::{Connection, on};
use crate::error::{ReadError, Refusal};
use crate::schema::list_rows;

/// Entries of the first chunk of a stretch, unless more are wanted.
const FIRST_CHUNK_ROWS: usize = 20;

/// What a scan needs of the rows that pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    Rows,
    /// Only what they add up to.
    Nothing,
}

/// Looks at rows and keeps those that pass.
pub(super) struct Scan<'a> {
    list: &'a List,
    query: &'a ListQuery,
    keeps: Keeps,
    found: Vec<ListRow>,
    totals: Totals<'a>,
    examined: usize,
    examined_max: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(list: &'a List, query: &'a ListQuery, examined_max: usize, keeps: Keeps) -> Self {
        Self { list, query, keeps, found: Vec::new(), totals: Totals::new(query), examined: 0, examined_max }
    }

    /// The page and the aggregates, of rows in whatever order.
    pub(super) fn finish(self) -> Result<(Vec<ListRow>, Vec<Value>), Refusal> {
        self.query.finish(self.found, |row| (row.id.0, &row.cells)).map_err(Refusal::Step)
    }

    /// What the rows add up to, when nothing else was kept of them.
    pub(super) fn totals(self) -> Vec<Value> {
        self.totals.finish()
    }

    /// Whether it was given up because there were too many rows to look at.
    pub(super) fn is_given_up(&self) -> bool {
        self.examined > self.examined_max
    }

    /// Looks at all rows that may pass, in whatever order.
    pub(super) fn examine(&mut self, connection: &mut Connection, plan: Plan) -> Result<(), ReadError> {
        match plan {
            Plan::ById(id) => self.examine_one(connection, id),
            Plan::Narrow(Narrowed { ranges, .. }) => {
                ranges.iter().try_for_each(|range| self.examine_range(connection, range, false, None))
            }
            Plan::InOrderOf { .. } | Plan::InOrderOfRows { .. } | Plan::Everything => {
                self.examine_all(connection, false, None)
            }
        }
    }

    /// Looks at rows until the first `enough` in the order of the query are among those found.
    pub(super) fn examine_until(
        &mut self,
        connection: &mut Connection,
        plan: Plan,
        enough: usize,
    ) -> Result<(), ReadError> {
        match plan {
            Plan::InOrderOf { column, descending } => {
                self.examine_range(connection, &KeyRange::everything(column), descending, Some(enough))
            }
            Plan::InOrderOfRows { descending } => self.examine_all(connection, descending, Some(enough)),
            Plan::Narrow(Narrowed { ranges, order: Order::Whole { descending } }) => {
                ranges.iter().try_for_each(|range| {
                    if self.found.len() >= enough {
                        return Ok(());
                    }
                    self.examine_range(connection, range, descending, Some(enough))
                })
            }
            Plan::Narrow(Narrowed { ranges, order: Order::Each { descending } }) => {
                ranges.iter().try_for_each(|range| {
                    let enough = enough.saturating_add(self.found.len());
                    self.examine_range(connection, range, descending, Some(enough))
                })
            }
            plan => self.examine(connection, plan),
        }
    }

    fn examine_one(&mut self, connection: &mut Connection, id: i64) -> Result<(), ReadError> {
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

    /// Looks at the rows of a stretch of an index, in its order, until `enough` are found.
    fn examine_range(
        &mut self,
        connection: &mut Connection,
        range: &KeyRange,
        descending: bool,
        enough: Option<usize>,
    ) -> Result<(), ReadError> {
        let mut after: Option<(Vec<u8>, i64)> = None;
        // Who wants one row need not be given hundreds; who finds none in the first few gets more at a time.
        let mut chunk = enough.map_or(CHUNK_ROWS, |enough| enough.clamp(FIRST_CHUNK_ROWS, CHUNK_ROWS));
        loop {
            let entries = load_entries(connection, self.list, range, after.as_ref(), descending, chunk)?;
            let full = entries.len() == chunk;
            after = entries.last().cloned();
            let ids: Vec<i64> = entries.iter().map(|(_, id)| *id).collect();
            for row in load_rows(connection, self.list, &ids)? {
                if self.examine_row(row, enough)? {
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
            chunk = CHUNK_ROWS;
        }
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
