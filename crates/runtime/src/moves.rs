//! Publications that move people over to the newer version: each of them is told through his lane's inbox, a
//! batch at a time, so that nobody waits for thousands and nobody is forgotten by a crash.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::ids::{UtcMs, VersionId, WorkspaceId};
use engine::scenario::Moves;
use store::inbox::{self, InboxKind, NewInboxRow};
use store::moves::{self, Move, Standing};
use store::setbacks::{Item, Verdict, Work};
use store::{Class, LaneId, WriteError};

use crate::Inner;
use crate::event::{MovedOver, PLAIN};
use crate::setbacks::{again_at, idle_until, set_back};

/// Runs told in one job.
const BATCH: i64 = 200;

/// The longest sleep: another process may have published.
const IDLE: Duration = Duration::from_secs(10);

/// Moves people for ever.
pub async fn run(inner: Arc<Inner>) {
    let mut later = HashMap::new();
    loop {
        match work_batch(&inner, &mut later).await {
            Ok(true) => {}
            Ok(false) => {
                let idle = idle_until(&later, inner.store.now(), IDLE);
                let _ = tokio::time::timeout(idle, inner.moves_wakeup.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "people of an older version have to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Until when publications wait whose next person could not be told.
type Later = HashMap<(WorkspaceId, VersionId), UtcMs>;

/// Tells a batch; false when there is nobody to tell.
async fn work_batch(inner: &Arc<Inner>, later: &mut Later) -> anyhow::Result<bool> {
    let now = inner.store.now();
    later.retain(|_, at| *at > now);
    let waiting: Vec<(WorkspaceId, VersionId)> = later.keys().copied().collect();
    let found = inner
        .store
        .read(move |connection| {
            let Some(next) = moves::next(connection, &waiting)? else { return Ok(None) };
            // Written by us from the same type; what does not read moves nobody.
            let choices: Moves = serde_json::from_str(&next.choices).unwrap_or_default();
            let blocks: Vec<String> = choices.keys().map(ToString::to_string).collect();
            let standing = moves::standing(connection, &next, &blocks, BATCH)?;
            Ok(Some((next, choices, standing)))
        })
        .await?;
    let Some((next, choices, mut standing)) = found else { return Ok(false) };
    let mut told = tell(inner, &next, &choices, standing.clone(), now).await;
    if told == Err(WriteError::Busy) {
        return Err(WriteError::Busy.into());
    }
    if told.is_err() && standing.len() > 1 {
        standing.truncate(1);
        told = tell(inner, &next, &choices, standing.clone(), now).await;
    }
    if let Err(error) = told {
        put_off(inner, next, standing.first(), &error, later).await?;
    }
    Ok(true)
}

async fn tell(
    inner: &Inner,
    of: &Move,
    choices: &Moves,
    standing: Vec<Standing>,
    now: UtcMs,
) -> Result<(), WriteError> {
    let lanes: Vec<LaneId> = standing.iter().map(|standing| standing.lane.clone()).collect();
    let (of, choices) = (of.clone(), choices.clone());
    inner
        .store
        .write(Class::Background, move |tx| {
            let Some(last) = standing.last() else { return moves::finish(tx, &of) };
            if moves::advance(tx, &of, last.run)? {
                let rows: Vec<NewInboxRow> =
                    standing.iter().filter_map(|run| inbox_row(&of, &choices, run, now)).collect();
                inbox::insert_batch(tx, &rows)?;
            }
            Ok(())
        })
        .await?;
    lanes.into_iter().for_each(|lane| inner.wake(lane));
    Ok(())
}

/// Somebody cannot be told: other publications go on, and after a while the next of this one's people. Whoever is left
/// out finishes the old way.
async fn put_off(
    inner: &Inner,
    of: Move,
    whom: Option<&Standing>,
    error: &WriteError,
    later: &mut Later,
) -> Result<(), WriteError> {
    let (workspace, key) = (of.workspace_id, (of.workspace_id, of.from_version_id));
    let run = whom.map(|whom| whom.run);
    let name = match run {
        Some(run) => format!("run {run} of version {}", of.from_version_id),
        None => format!("version {}", of.from_version_id),
    };
    let item = Item { workspace, work: Work::Move, name };
    let skip = move |tx: &mut store::Tx, verdict| match (verdict, run) {
        (Verdict::GivenUp, Some(run)) => moves::advance(tx, &of, run).map(|_| ()),
        _ => Ok(()),
    };
    let verdict = set_back(inner, item, error, skip).await?;
    if !(verdict == Verdict::GivenUp && run.is_some()) {
        later.insert(key, again_at(verdict, inner.store.now()));
    }
    Ok(())
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
