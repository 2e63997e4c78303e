//! Rows in an order that only a seed decides. Where each stands depends on its number alone, so the numbers of a long
//! list are looked at and none of its rows.

use std::collections::BinaryHeap;

use engine::limits::LIST_DRAWN_ROWS;
use engine::list::ListQuery;
use engine::list::error::too_many_examined;
use engine::value::Map;

use super::super::List;
use super::super::rows::{ListRow, parse_row};
use super::load::{load_numbers, load_rows};
use super::plan::KeyRange;
use crate::connection::Connection;
use crate::error::{ReadError, Refusal};

/// Numbers of one chunk.
const CHUNK_NUMBERS: i64 = 10_000;

/// Rows that may stand in front of the end of the page.
pub(super) const DRAWN_DEPTH: usize = 100_000;

/// The page of a query that wants nothing but chance to decide, among all rows or those of one value.
///
/// # Errors
/// [`Refusal::Step`] when there are more than [`LIST_DRAWN_ROWS`].
pub(super) fn draw(
    connection: &mut Connection,
    list: &List,
    query: &ListQuery,
    among: Option<&KeyRange>,
) -> Result<Vec<ListRow>, ReadError> {
    let depth = (query.offset as usize).saturating_add(query.limit as usize);
    let (mut first, nothing) = (BinaryHeap::new(), Map::new());
    let (mut last, mut seen) = (0, 0);
    loop {
        let numbers = load_numbers(connection, list, among, last, CHUNK_NUMBERS)?;
        seen += numbers.len();
        if seen > LIST_DRAWN_ROWS {
            return Err(Refusal::Step(too_many_examined(&list.name, LIST_DRAWN_ROWS)).into());
        }
        for number in &numbers {
            let drawn = (query.place(*number, &nothing), *number);
            if first.len() < depth {
                first.push(drawn);
            } else if first.peek().is_some_and(|last| drawn < *last) {
                first.pop();
                first.push(drawn);
            }
        }
        match numbers.last() {
            Some(number) if i64::try_from(numbers.len()).is_ok_and(|count| count == CHUNK_NUMBERS) => {
                last = *number;
            }
            _ => break,
        }
    }
    let drawn = first.into_sorted_vec();
    let ids: Vec<i64> = drawn.into_iter().skip(query.offset as usize).map(|(_, id)| id).collect();
    let rows = load_rows(connection, list, &ids)?;
    Ok(rows.into_iter().map(|row| parse_row(list, row)).collect::<Result<_, _>>()?)
}
