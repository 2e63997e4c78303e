//! What became of a send, as it is written.

use connectors::channels::{NO_FILE, SendOutcome};
use engine::delivery::{fate_unknown, no_file, not_sent, refused, unreachable};
use engine::ids::UtcMs;
use store::bots::UnknownPolicy;
use store::outbox::OutboxRow;
use store::{JobError, Tx, messages, outbox};

use super::changes::{Changed, History};
use super::{awaited, millis};

/// Attempts before a send that may have gone out each time is given up.
const ATTEMPTS_MAX: i64 = 10;

/// How long a send is tried that surely does not get out: an outage of the messenger or of our network loses
/// nothing until then.
const UNSENT_MAX_MS: i64 = 24 * 3_600_000;

/// Code of a send whose time was over before it was its turn.
pub(super) const EXPIRED: &str = "expired";

/// A row that was sent, and what it changed in the history.
pub(super) fn note_sent(
    tx: &mut Tx,
    row: &OutboxRow,
    platform_id: Option<&str>,
    parts: &serde_json::Value,
    history: &History,
    now: UtcMs,
) -> Result<(), JobError> {
    let workspace = row.workspace_id;
    if let Some(id) = history.deleted {
        messages::mark_deleted(tx, workspace, id, now)?;
    }
    if let Some(changed) = &history.changed {
        let Changed { id, payload, effect } = changed;
        messages::change(tx, workspace, *id, payload, effect.as_deref(), now)?;
        return outbox::mark_done(tx, row);
    }
    outbox::mark_sent(tx, row, platform_id, now)?;
    let parts = parts.is_array().then(|| parts.to_string());
    if row.in_history && (parts.is_some() || history.slot.is_some()) {
        messages::set_place(tx, workspace, row.id, parts.as_deref(), history.slot.as_deref())?;
    }
    Ok(())
}

pub(super) fn settle_row(
    tx: &mut Tx,
    row: &OutboxRow,
    outcome: &SendOutcome,
    policy: UnknownPolicy,
    now: UtcMs,
) -> Result<(), JobError> {
    match outcome {
        SendOutcome::Sent { platform_id, .. } => outbox::mark_sent(tx, row, platform_id.as_deref(), now),
        // The messenger named the wait: obeying it is no failed attempt.
        SendOutcome::Retry { after: Some(after), reason } => {
            outbox::mark_postponed(tx, row, now.plus_ms(millis(*after)), Some(reason))
        }
        SendOutcome::Retry { after: None, reason } if tries_on_unsent(row, now) => {
            outbox::mark_retry(tx, row, now.plus_ms(backoff_ms(row.attempts)), Some(reason))
        }
        SendOutcome::Unknown { reason } if policy == UnknownPolicy::Resend && tries_on_unknown(row) => {
            outbox::mark_unknown_resend(tx, row, now.plus_ms(backoff_ms(row.attempts)), Some(reason))
        }
        SendOutcome::Unknown { reason } => {
            outbox::mark_unknown(tx, row, reason, now)?;
            awaited::failed(tx, row, &fate_unknown(reason))
        }
        SendOutcome::Retry { reason, .. } => {
            outbox::mark_dead(tx, row, reason, now)?;
            awaited::failed(tx, row, &not_sent(reason))
        }
        SendOutcome::Unreachable { reason } => {
            outbox::mark_dead(tx, row, reason, now)?;
            awaited::failed(tx, row, &unreachable(reason))
        }
        SendOutcome::Rejected { code, text: name } if code == NO_FILE => {
            let error = no_file(name);
            outbox::mark_dead(tx, row, &error.en, now)?;
            awaited::failed(tx, row, &error)
        }
        SendOutcome::Rejected { code, text } => {
            outbox::mark_dead(tx, row, &format!("{code}: {text}"), now)?;
            let expired = row.expires_at.filter(|_| code == EXPIRED).and(row.error.as_deref());
            awaited::failed(tx, row, &expired.map_or_else(|| refused(400, text), not_sent))
        }
        // The bot is paused; the row waits for a new token.
        SendOutcome::Revoked => outbox::mark_postponed(tx, row, now, Some("the token was revoked")),
        SendOutcome::Migrated { new_chat } => {
            let reason = format!("the chat has moved to {new_chat}");
            outbox::mark_dead(tx, row, &reason, now)?;
            awaited::failed(tx, row, &refused(400, &reason))
        }
    }
}

fn tries_on_unsent(row: &OutboxRow, now: UtcMs) -> bool {
    now.0.saturating_sub(row.created_at.0) < UNSENT_MAX_MS
}

/// However often it surely did not go out before, the first attempt that may have is repeated.
fn tries_on_unknown(row: &OutboxRow) -> bool {
    !row.uncertain || row.attempts + 1 < ATTEMPTS_MAX
}

/// 1, 2, 4 … seconds, at most 5 minutes.
fn backoff_ms(failed_before: i64) -> i64 {
    let exponent = u32::try_from(failed_before.clamp(0, 9)).unwrap_or_default();
    (1_000 * 2_i64.pow(exponent)).min(300_000)
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::*;

    #[test]
    fn an_outage_of_hours_loses_nothing() {
        let tried = |attempts, uncertain| {
            let row = row(1);
            OutboxRow { attempts, uncertain, ..OutboxRow::clone(&row) }
        };
        let hours = |hours: i64| UtcMs(hours * 3_600_000);
        assert!(tries_on_unsent(&tried(300, false), hours(23)));
        assert!(!tries_on_unsent(&tried(0, false), hours(24)), "an answer of yesterday is none");
        assert!(tries_on_unknown(&tried(300, false)), "it may have gone out for the first time");
        assert!(tries_on_unknown(&tried(8, true)) && !tries_on_unknown(&tried(9, true)));
        assert_eq!([0, 1, 2, 20].map(backoff_ms), [1_000, 2_000, 4_000, 300_000]);
    }
}
