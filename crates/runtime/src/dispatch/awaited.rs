//! Sends a run waits for: their fate becomes the answer of the run's call, in the commit that settles the row. A run
//! that ended meanwhile has no call any more; nobody is told then.

use engine::effect::{Answer, Delivered};
use engine::error::StepError;
use store::outbox::OutboxRow;
use store::{JobError, Tx, calls};

use crate::commit::{ReturnTo, to_json};

/// It went out. `parts` are the ids of several messages, or what a call answered.
pub(super) fn arrived(
    tx: &mut Tx,
    row: &OutboxRow,
    platform_id: Option<&str>,
    result: &serde_json::Value,
) -> Result<(), JobError> {
    if row.return_to.is_none() {
        return Ok(());
    }
    let delivered = Delivered { id: platform_id.map(str::to_owned), result: result.clone().into() };
    answer(tx, row, &Ok(Answer::Delivered(delivered)))
}

/// It did not, or nobody knows.
pub(super) fn failed(tx: &mut Tx, row: &OutboxRow, error: &StepError) -> Result<(), JobError> {
    if row.return_to.is_none() {
        return Ok(());
    }
    answer(tx, row, &Err(error.clone()))
}

fn answer(tx: &mut Tx, row: &OutboxRow, answer: &Result<Answer, StepError>) -> Result<(), JobError> {
    let Some(Ok(ReturnTo { run, step })) = row.return_to.as_deref().map(serde_json::from_str) else {
        tracing::error!(row = %row.id, "nobody knows who waits for this send");
        return Ok(());
    };
    calls::answer(tx, row.workspace_id, run, step, &to_json(answer)).map(drop)
}
