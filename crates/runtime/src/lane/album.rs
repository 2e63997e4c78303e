//! Albums: Telegram delivers their parts one by one and never says which is the last. Each part is an inbox row of its
//! own, acknowledged like any other; they are worked together once none has come for a moment.

use std::sync::Arc;
use std::time::Duration;

use engine::ids::EventId;
use store::inbox::{self, InboxRow};
use store::{LaneId, ReadError};

use super::LOOK_BEHIND;
use crate::Inner;
use crate::event::album_of;

/// How long after its newest part an album is complete.
const COMPLETE_AFTER_MS: i64 = 1_000;

/// No album has more (<https://core.telegram.org/bots/api#sendmediagroup>).
const PARTS_MAX: usize = 10;

/// The other parts of the album that begins with this row, in order; `None` while more may come. The lane is worked
/// again when the time is over.
pub(super) async fn gather(
    inner: &Arc<Inner>,
    lane: &LaneId,
    first: &InboxRow,
    album: &str,
) -> Result<Option<Vec<InboxRow>>, ReadError> {
    let (id, after) = (lane.clone(), EventId(first.id.0));
    let mut others = inner
        .store
        .read(move |connection| Ok(inbox::next_for_lane(connection, &id, after, LOOK_BEHIND)?))
        .await?;
    others.retain(|row| album_of(row).as_deref() == Some(album));
    others.truncate(PARTS_MAX - 1);
    let newest = others.last().map_or(first.received_at, |row| row.received_at);
    let left_ms = newest.plus_ms(COMPLETE_AFTER_MS).0.saturating_sub(inner.store.now().0);
    if others.len() + 1 >= PARTS_MAX || left_ms <= 0 {
        return Ok(Some(others));
    }
    let wait = Duration::from_millis(left_ms.unsigned_abs());
    let (inner, lane) = (Arc::clone(inner), lane.clone());
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        inner.queue.wake(lane);
    });
    Ok(None)
}
