//! What a step tells more subscribers than its own commit does. The commit leaves rows: what is told, and the people in
//! parts. Here one part at a time is taken and told in one transaction, so a crash leaves nobody out and tells nobody
//! twice; workspaces take turns, and a bot that has enough to send or to work is left to it first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::effect::Answer;
use engine::error::StepError;
use engine::ids::{BotId, RunId, StepNo, UtcMs, WorkspaceId};
use engine::run::RunState;
use engine::signal::{Audience, Recipient, Tell, What, addressed};
use serde::{Deserialize, Serialize};
use store::broadcasts::{self, Broadcast, Part};
use store::outbox::OutboxClass;
use store::setbacks::{Item, Verdict, Work};
use store::{Class, Connection, DbResult, JobError, LaneId, Tx, WriteError, bots, inbox, outbox};

use crate::Inner;
use crate::audience::{Telling, Told};
use crate::commit::to_json;
use crate::setbacks::set_back;

/// People told in one job.
const PART: usize = 100;

/// Mailings a bot may have queued, or events its lanes have waiting, before a broadcast puts more there.
const AHEAD: i64 = 1_000;

/// Broadcasts of a workspace among which one is looked for whose bot has room.
const LOOKED_AT: i64 = 20;

/// The longest sleep: another process may have begun a broadcast.
const IDLE: Duration = Duration::from_secs(10);

/// How long until bots that had enough to do are looked at again.
const FULL: Duration = Duration::from_millis(500);

/// What a broadcast tells, as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u16,
    what: What,
    even_unsubscribed: bool,
}

const FORMAT: u16 = 1;

/// The name of what a broadcast puts into a lane. By the lane, not by a number: it says whom it reached for ever.
pub fn effect_name(run: RunId, step: StepNo, lane: &LaneId) -> String {
    format!("{run}/{}/{}:{}", step.0, lane.bot, lane.key)
}

/// Leaves a broadcast for many; answers how many it is for.
pub fn begin(
    tx: &mut Tx,
    (workspace, bot): (WorkspaceId, BotId),
    run: &RunState,
    tell: &Tell,
    to: Vec<Recipient>,
    now: UtcMs,
) -> Result<Result<Answer, StepError>, JobError> {
    let telling = Telling { workspace, bot, tell, class: OutboxClass::Mass, now };
    let to = match addressed(tell, to, |other| telling.reach_of_bot(tx, other))? {
        Ok(to) => to,
        Err(error) => return Ok(Err(error)),
    };
    let told = Stored { format: FORMAT, what: tell.what.clone(), even_unsubscribed: tell.even_unsubscribed };
    let broadcast = Broadcast {
        workspace_id: workspace,
        run_id: run.run,
        step_no: run.step,
        bot_id: bot,
        tell: to_json(&told),
    };
    let part = |(part_no, people): (i64, &[Recipient])| Part {
        part_no,
        people: i64::try_from(people.len()).unwrap_or(i64::MAX),
        recipients: to_json(&people),
    };
    let parts: Vec<Part> = (0..).zip(to.chunks(PART)).map(part).collect();
    broadcasts::insert(tx, &broadcast, &parts, now)?;
    Ok(Ok(Answer::Written(i64::try_from(to.len()).unwrap_or(i64::MAX).into())))
}

/// What to do next.
enum Turn {
    /// These people of this workspace's broadcast; none: it is over.
    Part(Broadcast, Option<Part>),
    /// The bots of this workspace have enough to do.
    Full(WorkspaceId),
    /// No workspace is left in this round.
    Over,
}

/// Works for ever.
pub async fn run(inner: Arc<Inner>) {
    let (mut after, mut worked, mut full) = (WorkspaceId(0), false, false);
    let mut later = Later::default();
    loop {
        match work_turn(&inner, after, &mut later).await {
            Ok(Turn::Part(broadcast, _)) => (after, worked) = (broadcast.workspace_id, true),
            Ok(Turn::Full(workspace)) => (after, full) = (workspace, true),
            Ok(Turn::Over) => {
                if !worked {
                    let pause = if full { FULL } else { IDLE };
                    let _ = tokio::time::timeout(pause, inner.broadcasts_wakeup.notified()).await;
                }
                (after, worked, full) = (WorkspaceId(0), false, false);
            }
            Err(error) => {
                tracing::warn!(%error, "a broadcast has to wait");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Somebody whom a broadcast could not tell: the part that is he alone.
type Left = (WorkspaceId, RunId, StepNo, String);

/// Until when they wait.
type Later = HashMap<Left, UtcMs>;

/// Works one part of the next workspace's broadcasts.
async fn work_turn(inner: &Arc<Inner>, after: WorkspaceId, later: &mut Later) -> anyhow::Result<Turn> {
    let now = inner.store.now();
    later.retain(|_, at| *at > now);
    let waiting: Vec<Left> = later.keys().cloned().collect();
    let turn = inner.store.read(move |connection| Ok(next_turn(connection, after, &waiting)?)).await?;
    let Turn::Part(broadcast, part) = turn else { return Ok(turn) };
    let (of, some) = (broadcast.clone(), part.clone());
    let step = move |tx: &mut Tx| work_part(tx, &of, some.as_ref(), now);
    let told = match (inner.store.write(Class::Background, step).await, &part) {
        (Ok(told), _) => told,
        (Err(error), Some(some)) if error != WriteError::Busy => {
            set_aside(inner, &broadcast, some, &error, later).await?;
            return Ok(Turn::Part(broadcast, part));
        }
        (Err(error), _) => return Err(error.into()),
    };
    told.lanes.into_iter().for_each(|lane| inner.wake(lane));
    for bot in told.bots {
        inner.dispatch.wake(broadcast.workspace_id, bot);
    }
    Ok(Turn::Part(broadcast, part))
}

/// A part whose people cannot be told is told in halves, behind all others, until one of them is left: he is tried again
/// later, and at last left out.
async fn set_aside(
    inner: &Inner,
    broadcast: &Broadcast,
    part: &Part,
    error: &WriteError,
    later: &mut Later,
) -> Result<(), WriteError> {
    let to: Vec<Recipient> = serde_json::from_str(&part.recipients).unwrap_or_default();
    let (of, part_no) = (broadcast.clone(), part.part_no);
    let rest = |people: &[Recipient]| (i64::try_from(people.len()).unwrap_or(i64::MAX), to_json(&people));
    if to.len() > 1 {
        let halves: Vec<_> = to.chunks(to.len().div_ceil(2)).map(rest).collect();
        let split = move |tx: &mut Tx| broadcasts::replace_part(tx, &of, part_no, &halves);
        return inner.store.write(Class::Background, split).await.map(|_| ());
    }
    let whom = to.first().and_then(|whom| whom.user.as_deref()).unwrap_or("nobody");
    let workspace = of.workspace_id;
    let left = (workspace, of.run_id, of.step_no, to_json(&to));
    let name = format!("to {whom}, of step {} of run {}", of.step_no.0, of.run_id);
    let alone = vec![rest(&to)];
    let put_off = move |tx: &mut Tx, verdict| match verdict {
        Verdict::Again(_) => broadcasts::replace_part(tx, &of, part_no, &alone).map(|_| ()),
        Verdict::GivenUp => broadcasts::take_part(tx, &of, part_no).map(|_| ()),
    };
    if let Verdict::Again(at) =
        set_back(inner, Item { workspace, work: Work::Broadcast, name }, error, put_off).await?
    {
        later.insert(left, at);
    }
    Ok(())
}

fn next_turn(connection: &mut Connection, after: WorkspaceId, waiting: &[Left]) -> DbResult<Turn> {
    let Some(workspace) = broadcasts::next_workspace(connection, after)? else { return Ok(Turn::Over) };
    for broadcast in broadcasts::oldest(connection, workspace, LOOKED_AT)? {
        let bot = broadcast.bot_id;
        let has_room = !outbox::has_mailings(connection, workspace, bot, AHEAD)?
            && !inbox::has_pending(connection, workspace, bot, AHEAD)?;
        if has_room {
            let part = broadcasts::first_part(connection, &broadcast)?;
            // Whoever could not be told stands last, so nobody waits for him but those who could not be told later.
            let is_left = |part: &Part| {
                let Broadcast { workspace_id, run_id, step_no, .. } = broadcast;
                waiting.contains(&(workspace_id, run_id, step_no, part.recipients.clone()))
            };
            if part.as_ref().is_some_and(is_left) {
                continue;
            }
            return Ok(Turn::Part(broadcast, part));
        }
    }
    Ok(Turn::Full(workspace))
}

/// Tells one part. Another node may have been there first: then nothing is done.
fn work_part(tx: &mut Tx, of: &Broadcast, part: Option<&Part>, now: UtcMs) -> Result<Told, JobError> {
    // Written by us from the same types; what does not read tells nobody.
    let told: Option<Stored> = serde_json::from_str(&of.tell).ok();
    let (Some(part), Some(told)) = (part, told) else {
        broadcasts::delete(tx, of)?;
        return Ok(Told::default());
    };
    if bots::find(tx, of.workspace_id, of.bot_id)?.is_none() {
        broadcasts::delete(tx, of)?;
        return Ok(Told::default());
    }
    if !broadcasts::take_part(tx, of, part.part_no)? {
        return Ok(Told::default());
    }
    let to: Vec<Recipient> = serde_json::from_str(&part.recipients).unwrap_or_default();
    let tell = Tell {
        to: Audience::Subscribers(Vec::new()),
        what: told.what,
        even_unsubscribed: told.even_unsubscribed,
    };
    let telling =
        Telling { workspace: of.workspace_id, bot: of.bot_id, tell: &tell, class: OutboxClass::Mass, now };
    telling.tell_each(tx, to, |_, recipient, lane| match &recipient.element {
        Some(element) => format!("{}/{}/#{}", of.run_id, of.step_no.0, element.number),
        None => effect_name(of.run_id, of.step_no, lane),
    })
}
