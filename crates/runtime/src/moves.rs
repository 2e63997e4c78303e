//! Publications that move people over to the newer version: each of them is told through his lane's inbox, a
//! batch at a time, so that nobody waits for thousands and nobody is forgotten by a crash.

use std::sync::Arc;
use std::time::Duration;

use engine::ids::UtcMs;
use engine::scenario::Moves;
use store::inbox::{self, InboxKind, NewInboxRow};
use store::moves::{self, Move, Standing};
use store::{Class, LaneId};

use crate::Inner;
use crate::event::{MovedOver, PLAIN};

/// Runs told in one job.
const BATCH: i64 = 200;

/// The longest sleep: another process may have published.
const IDLE: Duration = Duration::from_secs(10);

/// Moves people for ever.
pub async fn run(inner: Arc<Inner>) {
    loop {
        match work_batch(&inner).await {
            Ok(true) => {}
            Ok(false) => {
                let _ = tokio::time::timeout(IDLE, inner.moves_wakeup.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "people of an older version have to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Tells a batch; false when there is nobody to tell.
async fn work_batch(inner: &Arc<Inner>) -> anyhow::Result<bool> {
    let found = inner
        .store
        .read(|connection| {
            let Some(next) = moves::next(connection)? else { return Ok(None) };
            // Written by us from the same type; what does not read moves nobody.
            let choices: Moves = serde_json::from_str(&next.choices).unwrap_or_default();
            let blocks: Vec<String> = choices.keys().map(ToString::to_string).collect();
            let standing = moves::standing(connection, &next, &blocks, BATCH)?;
            Ok(Some((next, choices, standing)))
        })
        .await?;
    let Some((next, choices, standing)) = found else { return Ok(false) };
    let now = inner.store.now();
    let lanes: Vec<LaneId> = standing.iter().map(|standing| standing.lane.clone()).collect();
    inner
        .store
        .write(Class::Background, move |tx| {
            let Some(last) = standing.last() else { return moves::finish(tx, &next) };
            if moves::advance(tx, &next, last.run)? {
                let rows: Vec<NewInboxRow> =
                    standing.iter().filter_map(|run| inbox_row(&next, &choices, run, now)).collect();
                inbox::insert_batch(tx, &rows)?;
            }
            Ok(())
        })
        .await?;
    lanes.into_iter().for_each(|lane| inner.wake(lane));
    Ok(true)
}

fn inbox_row(of: &Move, choices: &Moves, standing: &Standing, now: UtcMs) -> Option<NewInboxRow> {
    let block = standing.block_id.as_str().into();
    let to = choices.get(&block)?.clone();
    let moved = MovedOver { run: standing.run, block, version: of.to_version_id, to };
    Some(NewInboxRow {
        lane: standing.lane.clone(),
        partition: 0,
        dedupe_key: format!("move:{}:{}", of.to_version_id, standing.run),
        kind: InboxKind::Move,
        payload: serde_json::to_vec(&moved).unwrap_or_default(),
        meta: PLAIN.to_owned(),
        reply_secret: None,
        hops: 0,
        received_at: now,
    })
}
