//! Counts, sums and extremes over the rows of a query.

use rust_decimal::Decimal;

use super::error::{not_a_number, too_large};
use super::key::key_of;
use super::query::{Aggregate, AggregateFunction, ListQuery, ROW_ID};
use crate::error::StepError;
use crate::value::{Map, Value};

/// An average is rounded to this many places.
const AVERAGE_PLACES: u32 = 10;

/// Works out the aggregates of a query, row by row. Empty cells do not count.
pub struct Totals<'a>(Vec<(&'a Aggregate, Total)>);

enum Total {
    Count(u64),
    Sum {
        sum: Decimal,
        count: u64,
    },
    /// The key and the number of the row it came from: of equal cells, the oldest row's is told.
    Best(Option<(Vec<u8>, i64, Value)>),
}

impl<'a> Totals<'a> {
    pub fn new(query: &'a ListQuery) -> Self {
        let begin = |aggregate: &'a Aggregate| {
            let total = match aggregate.function {
                AggregateFunction::Count => Total::Count(0),
                AggregateFunction::Sum | AggregateFunction::Avg => {
                    Total::Sum { sum: Decimal::ZERO, count: 0 }
                }
                AggregateFunction::Min | AggregateFunction::Max => Total::Best(None),
            };
            (aggregate, total)
        };
        Self(query.aggregates.iter().map(begin).collect())
    }

    /// # Errors
    /// `not_a_number` for a sum over a cell that is none, `too_large`.
    pub fn add(&mut self, id: i64, row: &Map) -> Result<(), StepError> {
        for (aggregate, total) in &mut self.0 {
            let column = aggregate.column.as_str();
            if column.is_empty() {
                if let Total::Count(count) = total {
                    *count += 1;
                }
                continue;
            }
            let number;
            let cell = if column == ROW_ID {
                number = Value::from(id);
                Some(&number)
            } else {
                row.get(column)
            };
            let Some(cell) = cell.filter(|cell| !cell.is_empty()) else { continue };
            match total {
                Total::Count(count) => *count += 1,
                Total::Sum { sum, count } => {
                    let number = cell.to_number().ok_or_else(|| not_a_number(column, cell))?;
                    *sum = sum.checked_add(number).ok_or_else(|| too_large(column))?;
                    *count += 1;
                }
                Total::Best(best) => {
                    let key = key_of(cell);
                    let wins = best.as_ref().is_none_or(|(other, from, _)| match key.cmp(other) {
                        std::cmp::Ordering::Equal => id < *from,
                        order => order.is_lt() == (aggregate.function == AggregateFunction::Min),
                    });
                    if wins {
                        *best = Some((key, id, cell.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// The results in the order of the aggregates. The average and the extremes of nothing are null.
    pub fn finish(self) -> Vec<Value> {
        self.0
            .into_iter()
            .map(|(aggregate, total)| match total {
                Total::Count(count) => Value::Number(count.into()),
                Total::Sum { sum, .. } if aggregate.function == AggregateFunction::Sum => {
                    Value::Number(sum.normalize())
                }
                Total::Sum { count: 0, .. } | Total::Best(None) => Value::Null,
                Total::Sum { sum, count } => {
                    let average = sum.checked_div(count.into()).unwrap_or_default();
                    Value::Number(average.round_dp(AVERAGE_PLACES).normalize())
                }
                Total::Best(Some((_, _, cell))) => cell,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_over_rows() {
        use AggregateFunction::*;
        let check = |cells: serde_json::Value, expected: serde_json::Value| {
            let aggregates =
                [Count, Sum, Avg, Min, Max].map(|function| Aggregate { function, column: "c".into() });
            let query = ListQuery { aggregates: aggregates.to_vec(), ..ListQuery::default() };
            let mut totals = Totals::new(&query);
            for (cell, id) in cells.as_array().unwrap().iter().zip(1..) {
                totals.add(id, &Map::from_iter([("c".to_owned(), Value::from(cell.clone()))])).unwrap();
            }
            let found: Vec<_> = totals.finish().iter().map(Value::to_json).collect();
            assert_eq!(json!(found), expected, "{cells}");
        };
        check(json!([3, "1,5", "", null, 3]), json!([3, 7.5, 2.5, "1,5", 3]));
        check(json!([]), json!([0, 0, null, null, null]));
        check(json!(["1", 1, 2, "2.0"]), json!([4, 6, 1.5, "1", 2]));
        check(json!([1, 1, 2]), json!([3, 4, 1.333_333_333_3, 1, 2]));
    }

    #[test]
    fn a_text_has_no_sum() {
        let aggregates = vec![Aggregate { function: AggregateFunction::Sum, column: "c".into() }];
        let query = ListQuery { aggregates, ..ListQuery::default() };
        let row = Map::from_iter([("c".to_owned(), Value::from("many"))]);
        assert_eq!(Totals::new(&query).add(1, &row).unwrap_err().code, "not_a_number");
    }
}
