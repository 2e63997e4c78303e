//! Lists and shared numbers as the engine asks for them, answered by the store.
//!
//! The inner result is the builder's: a refusal becomes a step error and the run goes on.

use std::sync::Arc;

use engine::effect::Answer;
use engine::error::StepError;
use engine::ids::{UtcMs, WorkspaceId};
use engine::list::error::{duplicate, unknown_column, unknown_list};
use engine::list::{Bounds, ListChange, ListQuery};
use engine::value::Value;
use store::fields::{self, Owner};
use store::lists::{self, ListRow};
use store::{Connection, JobError, ReadError, Refusal, Tx};

/// Answers a query with its rows, each with its number under `_id`, and its aggregates.
pub fn find_rows(
    connection: &mut Connection,
    workspace: WorkspaceId,
    query: &ListQuery,
) -> Result<Result<Answer, StepError>, ReadError> {
    let Some(list) = lists::definition(connection, workspace, &query.list)? else {
        return Ok(Err(unknown_list(&query.list)));
    };
    match lists::find_rows(connection, &list, query) {
        Ok(found) => {
            let rows = found.rows.into_iter().map(ListRow::into_map).collect();
            Ok(Ok(Answer::Rows { rows, aggregates: found.aggregates }))
        }
        Err(ReadError::Refused(refusal)) => Ok(Err(step_error(&query.list, &refusal))),
        Err(error) => Err(error),
    }
}

/// A change of a list that a run asks for.
pub struct Change<'a> {
    pub list: &'a str,
    pub change: &'a ListChange,
    pub now: UtcMs,
}

impl Change<'_> {
    /// Does it, whole or not at all; answers also whether anybody watches the list. The chain of what led to the
    /// change is asked for only then.
    pub fn apply(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        chain: impl FnOnce() -> Option<Vec<String>>,
    ) -> Result<(Result<Answer, StepError>, bool), JobError> {
        let Some(mut list) = lists::find_for_write(tx, workspace, self.list)? else {
            return Ok((Err(unknown_list(self.list)), false));
        };
        let is_watched = !list.watchers.is_empty();
        if is_watched {
            Arc::make_mut(&mut list).chain = chain();
        }
        let done = lists::change(tx, &list, self.change, self.now)?;
        Ok((done.map_err(|refusal| step_error(self.list, &refusal)), is_watched))
    }
}

/// Adds to a shared number; answers the new one.
pub fn increment(
    tx: &mut Tx,
    workspace: WorkspaceId,
    owner: &Owner,
    name: &str,
    by: &Value,
    bounds: Bounds,
) -> Result<Result<Answer, StepError>, JobError> {
    let done = tx.attempt(|tx| fields::increment(tx, workspace, owner, name, by, bounds))?;
    Ok(done.map(Answer::Written).map_err(|refusal| step_error(name, &refusal)))
}

/// What the store refuses, as the builder reads it. `name` is the list or the variable.
pub fn step_error(name: &str, refusal: &Refusal) -> StepError {
    match refusal {
        Refusal::Step(error) => error.clone(),
        Refusal::UnknownColumn { column } => unknown_column(name, column),
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

#[cfg(test)]
mod tests;
