//! Claims that nobody sends: those of a process that has died, and those whose commit was not heard of.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use connectors::channels::SendOutcome;
use engine::ids::{BotId, MessageId, WorkspaceId};
use store::bots::UnknownPolicy;
use store::outbox::{self, OutboxRow};
use store::{Class, Tx, WriteError, nodes};

use super::desk::Desk;
use super::fate::settle_row;
use super::sends::Sends;
use super::settling::Settling;
use super::{SENDS_AT_ONCE, call};
use crate::Inner;

/// A claim this old that nobody knows of is lost, whatever lanes are still about to hand over.
const LOST_AFTER_MS: i64 = 60_000;

/// Why a send has an unknown fate whose process died.
const STOPPED: &str = "the server was stopped while sending";

/// What a dispatcher knows of.
pub(super) struct Known {
    /// Rows that are under way, or whose fate is.
    ids: HashSet<MessageId>,
    /// Places that are taken by those under way.
    places: usize,
}

pub(super) fn known(sends: &Sends, settling: &Settling) -> Known {
    Known { ids: sends.ids().chain(settling.ids()).collect(), places: sends.len() }
}

/// Gives back the claims of this node that nobody sends: their COMMIT happened and was not heard of. They were
/// handed to no send, so they surely did not go out. The dispatcher that asks is the bot's only one, and is
/// not claiming meanwhile; a lane that is may be about to hand its row over.
pub(super) async fn release_lost(
    inner: &Inner,
    workspace: WorkspaceId,
    bot: BotId,
    known: &Known,
    desk: &Desk,
) -> anyhow::Result<()> {
    let node = inner.nodes.id();
    let nobody_claims = || desk.free() + known.places == SENDS_AT_ONCE;
    let nobody_claimed = nobody_claims();
    let mut claims = inner
        .store
        .read(move |connection| Ok(outbox::open_claims_of_node(connection, workspace, bot, &node)?))
        .await?;
    let now = inner.store.now();
    let is_old = |row: &OutboxRow| row.claimed_at.is_some_and(|at| at.plus_ms(LOST_AFTER_MS) < now);
    let nobody_claims = nobody_claimed && nobody_claims();
    claims.retain(|row| !known.ids.contains(&row.id) && (nobody_claims || is_old(row)));
    if claims.is_empty() {
        return Ok(());
    }
    tracing::warn!(%bot, count = claims.len(), "claims that were lost are given back");
    let job = move |tx: &mut Tx| {
        let held = outbox::lock_claims(tx, &claims)?;
        let mut lost = claims.iter().filter(|row| held.contains(&row.id));
        lost.try_for_each(|row| outbox::mark_unsent(tx, row, now))
    };
    inner.store.write(Class::Lanes, job).await?;
    desk.stay_behind();
    Ok(())
}

/// What was claimed by a process that has died, and never settled, may have gone out.
pub async fn recover_claims(inner: &Arc<Inner>) -> anyhow::Result<()> {
    let node = inner.nodes.are_shared().then(|| inner.nodes.id());
    // No bot has more of them than may be under way at once.
    let claims: Vec<OutboxRow> = inner
        .store
        .read(move |connection| match node {
            Some(node) => Ok(nodes::orphaned_claims(connection, &node, i64::MAX)?),
            // There is no other process, so at the start all claims are those of the last one.
            None => Ok(outbox::open_claims(connection, i64::MAX)?),
        })
        .await?;
    recover_all(inner, &claims).await
}

/// The same for what a dispatcher of this process had under way when it died.
pub(super) async fn recover_claims_of(
    inner: &Arc<Inner>,
    workspace: WorkspaceId,
    bot: BotId,
) -> anyhow::Result<()> {
    let node = inner.nodes.id();
    let claims = inner
        .store
        .read(move |connection| Ok(outbox::open_claims_of_node(connection, workspace, bot, &node)?))
        .await?;
    recover_all(inner, &claims).await
}

async fn recover_all(inner: &Arc<Inner>, claims: &[OutboxRow]) -> anyhow::Result<()> {
    const BATCH: usize = 500;
    let mut policies = HashMap::new();
    for row in claims {
        if !policies.contains_key(&row.bot_id)
            && let Some(bot) = inner.bots.load(row.bot_id).await?
        {
            policies.insert(row.bot_id, bot.unknown_policy);
        }
    }
    for rows in claims.chunks(BATCH) {
        match recover(inner, rows.to_vec(), &policies).await {
            Ok(()) => {}
            Err(WriteError::Busy) => return Err(WriteError::Busy.into()),
            Err(_) => recover_each(inner, rows, &policies).await?,
        }
    }
    Ok(())
}

/// One by one, so that none holds up the others.
async fn recover_each(
    inner: &Inner,
    rows: &[OutboxRow],
    policies: &HashMap<BotId, UnknownPolicy>,
) -> Result<(), WriteError> {
    for row in rows {
        match recover(inner, vec![row.clone()], policies).await {
            Ok(()) => continue,
            Err(WriteError::Busy) => return Err(WriteError::Busy),
            Err(_) => {}
        }
        // Its fate is unknown, whatever else was to be done about it.
        let (unknown, now) = (row.clone(), inner.store.now());
        let job = move |tx: &mut Tx| {
            let held = outbox::lock_claims(tx, [&unknown])?;
            if held.contains(&unknown.id) { outbox::mark_unknown(tx, &unknown, STOPPED, now) } else { Ok(()) }
        };
        match inner.store.write(Class::Lanes, job).await {
            Ok(()) => {}
            Err(error @ (WriteError::Busy | WriteError::Unavailable)) => return Err(error),
            Err(error) => {
                tracing::error!(message = %row.id, %error, "a send that was cut short is left as it is");
            }
        }
    }
    Ok(())
}

async fn recover(
    inner: &Inner,
    rows: Vec<OutboxRow>,
    policies: &HashMap<BotId, UnknownPolicy>,
) -> Result<(), WriteError> {
    let (policies, now) = (policies.clone(), inner.store.now());
    let job = move |tx: &mut Tx| {
        let held = outbox::lock_claims(tx, &rows)?;
        for row in rows.iter().filter(|row| held.contains(&row.id)) {
            let policy = policies.get(&row.bot_id).copied().unwrap_or(UnknownPolicy::Drop);
            let reason = STOPPED.to_owned();
            let outcome = if call::only_reads(row) {
                SendOutcome::Retry { after: None, reason }
            } else {
                SendOutcome::Unknown { reason }
            };
            settle_row(tx, row, &outcome, policy, now)?;
        }
        Ok(())
    };
    inner.store.write(Class::Lanes, job).await
}
