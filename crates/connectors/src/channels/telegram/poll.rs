//! Long polling.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::{ChannelError, PollBatch};
use super::api::{BotApi, read_result, slice_of};
use super::ingress::{WANTED, new_update};

/// What Telegram gives at most in one answer.
const LIMIT: u8 = 100;

/// Time on top of the long poll's own for the answer to arrive.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct GetUpdates<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u8,
    timeout: u64,
    allowed_updates: &'a [&'a str],
}

pub(super) async fn poll(
    api: BotApi<'_>,
    cursor: Option<&str>,
    timeout: Duration,
) -> Result<PollBatch, ChannelError> {
    let offset = match cursor {
        Some(cursor) => Some(cursor.parse().map_err(|_| ChannelError::Rejected {
            code: 400,
            text: format!("`{cursor}` is not a number of an update"),
        })?),
        None => None,
    };
    let request = GetUpdates { offset, limit: LIMIT, timeout: timeout.as_secs(), allowed_updates: &WANTED };
    let result = api.call_within("getUpdates", &request, timeout + GRACE).await?;
    let updates: Vec<&RawValue> = read_result(&result)?;
    let updates: Vec<_> = updates.iter().filter_map(|raw| new_update(slice_of(&result, raw.get()))).collect();
    // The last one in order is the newest, even after the numbering began anew.
    let last = updates.last().and_then(|update| update.dedupe_key.parse::<i64>().ok());
    Ok(PollBatch { updates, next_cursor: last.map(|last| (last + 1).to_string()) })
}
