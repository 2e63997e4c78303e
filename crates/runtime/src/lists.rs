//! Lists and shared numbers as the engine asks for them, answered by the store.
//!
//! The inner result is the builder's: a refusal becomes a step error and the run goes on.

use engine::effect::{Answer, ListQuery};
use engine::error::StepError;
use engine::ids::{UtcMs, WorkspaceId};
use engine::play::{duplicate, not_a_number, unknown_column, unknown_list};
use engine::value::{Map, Value};
use store::fields::{self, Owner};
use store::lists::{self, ListRow};
use store::{Connection, JobError, ReadError, Refusal, Tx};

/// Rows of a list, each with its number under `_id`.
pub fn find_rows(
    connection: &mut Connection,
    workspace: WorkspaceId,
    query: &ListQuery,
) -> Result<Result<Answer, StepError>, ReadError> {
    let Some(list) = lists::find_by_name(connection, workspace, &query.list)? else {
        return Ok(Err(unknown_list(&query.list)));
    };
    match lists::query(connection, &list, query) {
        Ok(rows) => Ok(Ok(Answer::Rows(rows.into_iter().map(ListRow::into_map).collect()))),
        Err(ReadError::Refused(refusal)) => Ok(Err(step_error(&query.list, &refusal))),
        Err(error) => Err(error),
    }
}

/// Adds a row; answers its number.
pub fn add_row(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    row: &Map,
    now: UtcMs,
) -> Result<Result<Answer, StepError>, JobError> {
    let Some(list) = lists::find_for_write(tx, workspace, name)? else {
        return Ok(Err(unknown_list(name)));
    };
    Ok(match tx.attempt(|tx| lists::insert_row(tx, &list, row, now))? {
        Ok(id) => Ok(Answer::Written(Value::from(id.0))),
        Err(Refusal::Duplicate { what }) => {
            Err(duplicate(name, &what, row.get(&what).unwrap_or(&Value::Null)))
        }
        Err(refusal) => Err(step_error(name, &refusal)),
    })
}

/// Adds to a shared number; answers the new one.
pub fn increment(
    tx: &mut Tx,
    workspace: WorkspaceId,
    owner: &Owner,
    name: &str,
    by: &Value,
) -> Result<Result<Value, StepError>, JobError> {
    let Some(by) = by.to_number() else { return Ok(Err(not_a_number(name, by))) };
    Ok(match tx.attempt(|tx| fields::increment(tx, workspace, owner, name, by))? {
        Ok(number) => Ok(Value::Number(number)),
        Err(refusal) => Err(step_error(name, &refusal)),
    })
}

/// What the store refuses, as the builder reads it. `name` is the list or the variable.
pub fn step_error(name: &str, refusal: &Refusal) -> StepError {
    match refusal {
        Refusal::UnknownColumn { column } => unknown_column(name, column),
        Refusal::TooManyRows { limit } => StepError::new(
            "too_many_rows",
            format!(
                "More than {limit} rows of “{name}” would have to be looked through: make a column of the filter unique or indexed"
            ),
            format!(
                "Пришлось бы просмотреть больше {limit} строк списка «{name}»: сделайте столбец отбора уникальным или индексируемым"
            ),
        ),
        Refusal::NotANumber { .. } => not_a_number(name, &Value::Null),
        Refusal::Overflow { .. } => StepError::new(
            "too_large",
            format!("“{name}” would grow beyond what a number can hold"),
            format!("«{name}» стало бы больше, чем вмещает число"),
        ),
        Refusal::Duplicate { what } => duplicate(name, what, &Value::Null),
        other => StepError::new(
            "refused",
            format!("“{name}” could not be changed: {other}"),
            format!("«{name}» не удалось изменить: {other}"),
        ),
    }
}

/// A field of nobody.
pub fn no_subscriber() -> StepError {
    StepError::new(
        "no_subscriber",
        "This run has no subscriber: a webhook started it",
        "У этого прохождения нет подписчика: его запустил вебхук",
    )
}
