//! The commit half of a burst: one write job. State, effects, answers and "event done" are one commit.

mod people;
mod runs;
mod sends;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use connectors::Connectors;
use engine::effect::{Answer, Ask, DataOp, Effect, EffectId, Emitted, Ended, FieldScope, Input, Stop};
use engine::error::StepError;
use engine::event::{Event, EventKind};
use engine::ids::{BotId, EventId, RunId, ScenarioId, StepNo, TriggerId, UtcMs, WorkspaceId};
use engine::lane::Lane;
use engine::limits::Limits;
use engine::list::ListChange;
use engine::message::Response;
use engine::program::ProgramSet;
use engine::run::RunState;
use engine::signal::Signal;
use engine::value::Value;
use serde::Serialize;
use store::fields::{self, Owner};
use store::messages::NewIncoming;
use store::outbox::OutboxRow;
use store::replies::Reply;
use store::runs::RunStatus;
use store::subscribers::Seen;
use store::{JobError, LaneId, Tx};
use store::{calls, inbox, lanes, messages, replies, subscribers, timers};

use crate::addresses;
use crate::bots::LoadedBot;
use crate::burst::{Burst, Report};
use crate::event::peer_key;
use crate::intake::NAMED;
use crate::links;
use crate::lists;
pub use runs::Saved;
use runs::{forgets, settle, traced};
pub use sends::{Outbound, ReturnTo};

/// How long a reply can be fetched from its poll address.
const REPLY_KEPT_MS: i64 = 3_600_000;

/// The same when the caller has named the call: as long as the name is known, and a bit more.
const NAMED_REPLY_KEPT_MS: i64 = 49 * 3_600_000;

/// Everything a burst commits. Jobs may run twice, so it is only read.
pub struct Commit {
    pub lane_id: LaneId,
    pub version: i64,
    /// Before the burst: what came of it is noted in the job.
    pub lane: Lane,
    /// Whether the lane's memory is another one than was read.
    pub remembers: bool,
    pub bot: Arc<LoadedBot>,
    /// The event that is done with this commit.
    pub event: Option<Event>,
    pub event_id: Option<EventId>,
    /// It is the next one as far as memory knows.
    pub from_memory: bool,
    /// The other updates of the album the event came as; they are done with it.
    pub others: Vec<EventId>,
    /// Runs that end because something else began.
    pub stopped: Vec<RunId>,
    /// Runs that stand back from now on.
    pub held: Vec<RunId>,
    /// A run that stood back because of one that was stopped, and goes on now.
    pub goes_on: Option<RunId>,
    /// Effects without a run: a toast on a stale button.
    pub effects: Vec<Emitted>,
    pub burst: Option<(Burst, Stop)>,
    /// The answer of a call that was used.
    pub used_call: Option<(RunId, StepNo)>,
    /// Whether the run is new, and must be inserted.
    pub new_run: bool,
    pub programs: Arc<ProgramSet>,
    /// The triggers that wait for somebody's first visit.
    pub first_visit: Arc<[(ScenarioId, TriggerId)]>,
    pub connectors: Arc<Connectors>,
    pub limits: Arc<Limits>,
    /// Whether the lane is kept in memory afterwards.
    pub rests: bool,
    /// Sends that may be claimed here, and the node that sends them.
    pub claims: usize,
    pub node: Arc<str>,
    pub now: UtcMs,
}

/// What to do after the commit.
#[derive(Default)]
pub struct Committed {
    pub replies: Vec<(String, Response)>,
    /// Something was queued for the messenger.
    pub sends: bool,
    /// Sends that were claimed, to be handed to the dispatcher.
    pub claimed: Vec<OutboxRow>,
    /// How many more may be.
    claims: usize,
    pub calls: bool,
    pub timer: Option<UtcMs>,
    /// The lane as it stands now, when all of its runs wait and it is to be kept.
    pub lane: Option<Lane>,
    /// The runs whose states were written.
    pub saved: Vec<Saved>,
    /// The lane has more to do at once: its run goes on, or it was told something.
    pub again: bool,
    /// The run and the number of its burst, unless nothing of them is to be told.
    pub traced: Option<(RunId, u32)>,
    /// Of the steps that were done inside of the job.
    pub report: Report,
    /// Other lanes that were told something.
    pub lanes: Vec<LaneId>,
    /// Other bots that have something to send.
    pub bots: Vec<BotId>,
    /// Rows were written that triggers watch.
    pub told: bool,
    /// A broadcast waits to be worked.
    pub broadcasts: bool,
}

impl Commit {
    /// Takes what is told of the burst once it is committed: the job, which may run twice, would copy it.
    pub fn take_report(&mut self) -> Report {
        self.burst.as_mut().map(|(burst, _)| std::mem::take(&mut burst.report)).unwrap_or_default()
    }

    /// The write job.
    pub fn apply(&self, tx: &mut Tx) -> Result<Committed, JobError> {
        let mut lane = self.lane.clone();
        // What the free half came to is known already; data operations come to their stop in here.
        let known = self.burst.as_ref().filter(|(_, stop)| !matches!(stop, Stop::Ask(Ask::Write(_))));
        let resumes = known.and_then(|(burst, stop)| settle(&mut lane, burst, stop));
        let remembers = self.remembers | self.notes_keyboard(&mut lane);
        let memory = remembers.then(|| to_json(&lane.memory));
        lanes::fence(tx, &self.lane_id, self.version, lane.foreground, memory.as_deref())?;
        let mut done = Committed { claims: self.claims, ..Committed::default() };
        self.note_event(tx, &mut done)?;
        for run in &self.stopped {
            self.end_run(tx, *run)?;
        }
        for run in self.held.iter().filter_map(|run| self.lane.run(*run)) {
            done.saved.push(self.hold_run(tx, run)?);
        }
        self.apply_effects(tx, &self.effects, &mut done)?;
        // Before the burst's own: it may ask again in the same step.
        if let Some((run, step)) = self.used_call {
            calls::delete(tx, self.lane_id.workspace, run, step)?;
        }
        match &self.burst {
            Some((burst, Stop::Ask(Ask::Write(_)))) => self.commit_writing(tx, burst, lane, &mut done)?,
            Some((burst, stop)) => {
                self.commit_run(tx, burst, stop, &mut done)?;
                done.traced = traced(burst);
                self.resume(tx, &lane, resumes, &mut done)?;
                done.lane = self.at_rest(lane, Some((&burst.effects, stop, Cow::Borrowed(&burst.run))));
            }
            None => {
                self.resume(tx, &lane, self.goes_on, &mut done)?;
                done.lane = self.at_rest(lane, None);
            }
        }
        Ok(done)
    }

    /// Whether the burst brings another keyboard into the chat, as far as it has come.
    fn notes_keyboard(&self, lane: &mut Lane) -> bool {
        self.burst.as_ref().is_some_and(|(burst, stop)| note_keyboard(lane, burst, stop))
    }

    /// The event is done; whoever caused it is known, and what he said is history.
    fn note_event(&self, tx: &mut Tx, done: &mut Committed) -> Result<(), JobError> {
        if self.from_memory && inbox::first_of_lane(tx, &self.lane_id)? != self.event_id {
            // A timer or a signal stands before it, whose worker has not been told yet.
            return Err(JobError::Fenced);
        }
        if let Some(id) = self.event_id {
            inbox::mark_done(tx, self.lane_id.workspace, id, self.now)?;
        }
        for id in &self.others {
            inbox::mark_done(tx, self.lane_id.workspace, *id, self.now)?;
        }
        let Some(event) = &self.event else { return Ok(()) };
        match &event.kind {
            // Nobody did anything: a run, the clock or a list said so.
            EventKind::Fired { .. } => return Ok(()),
            EventKind::Called { address, .. } if self.burst.is_some() => {
                return store::awaited_calls::clear_request(tx, self.lane_id.workspace, address);
            }
            EventKind::Signal { signal, .. } if *signal != Signal::JoinStaff => return Ok(()),
            EventKind::Membership { change } => return self.note_membership(tx, *change),
            _ => {}
        }
        let (Some(sender), Some(peer)) = (&event.sender, &event.peer) else { return Ok(()) };
        // Whoever types the bot's name somewhere has not come to it.
        if matches!(event.kind, EventKind::InlineQuery { .. } | EventKind::LinkVisited { .. }) {
            return Ok(());
        }
        let seen = Seen {
            external_user_id: Some(sender.id.clone()),
            peer: to_json(peer),
            first_name: sender.first_name.clone(),
            last_name: sender.last_name.clone(),
            username: sender.username.clone(),
            language: sender.language.clone(),
        };
        let is_new = subscribers::upsert(tx, &self.lane_id, &seen, self.now)?;
        if is_new && !self.first_visit.is_empty() {
            self.tell_of_first_visit(tx, done)?;
        }
        if let EventKind::Started { .. } = &event.kind {
            subscribers::set_unsubscribed(tx, &self.lane_id, None)?;
        }
        let is_said =
            !matches!(event.kind, EventKind::Unknown | EventKind::Signal { .. }) && !event.is_aside();
        if is_said {
            let incoming = NewIncoming {
                lane: self.lane_id.clone(),
                peer: peer_key(peer),
                payload: to_json(&event.kind),
                platform_id: None,
                at: event.at,
            };
            messages::insert_incoming(tx, &incoming)?;
        }
        Ok(())
    }

    /// Does the data operations a burst stopped at, then commits what it came to.
    fn commit_writing(
        &self,
        tx: &mut Tx,
        burst: &Burst,
        mut lane: Lane,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some((_, stop)) = &self.burst else { return Ok(()) };
        let (mut burst, stop) = self.work_inside(tx, burst.clone(), stop.clone(), done)?;
        let before = lane.foreground;
        let resumes = settle(&mut lane, &burst, &stop);
        if lane.foreground != before {
            lanes::set_foreground(tx, &self.lane_id, lane.foreground)?;
        }
        if note_keyboard(&mut lane, &burst, &stop) {
            lanes::set_memory(tx, &self.lane_id, &to_json(&lane.memory))?;
        }
        self.commit_run(tx, &burst, &stop, done)?;
        done.traced = traced(&burst);
        done.report = std::mem::take(&mut burst.report);
        self.resume(tx, &lane, resumes, done)?;
        done.lane = self.at_rest(lane, Some((&burst.effects, &stop, Cow::Owned(burst.run))));
        Ok(())
    }

    fn commit_run(
        &self,
        tx: &mut Tx,
        burst: &Burst,
        stop: &Stop,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        self.apply_effects(tx, &burst.effects, done)?;
        let status = match stop {
            Stop::Ask(Ask::Outside(call)) => {
                self.insert_call(tx, &burst.run, call)?;
                done.calls = true;
                RunStatus::Calling
            }
            Stop::Ask(Ask::Deliver(emitted)) => {
                let (run, step) = (burst.run.run, burst.run.step);
                self.send_out(tx, emitted, Some(to_json(&ReturnTo { run, step })), done)?;
                self.insert_awaited(tx, &burst.run)?;
                RunStatus::Calling
            }
            Stop::Ask(_) | Stop::Yield => {
                done.again = true;
                RunStatus::Ready
            }
            Stop::Wait(wait) => {
                self.forget_timers(tx, burst.run.run)?;
                if let Some(due_at) = wait.until {
                    let timer = timers::NewTimer {
                        lane: self.lane_id.clone(),
                        partition: 0,
                        due_at,
                        run_id: Some(burst.run.run),
                        wait_id: Some(wait.id),
                        payload: "{}".to_owned(),
                    };
                    timers::insert(tx, &timer)?;
                    done.timer = Some(due_at);
                }
                RunStatus::Waiting
            }
            Stop::Held => {
                self.forget_timers(tx, burst.run.run)?;
                RunStatus::Waiting
            }
            Stop::Done(_) => {
                self.forget_timers(tx, burst.run.run)?;
                RunStatus::Ended
            }
        };
        done.saved.extend(self.save_run(tx, burst, stop, status)?);
        done.told |= burst.told;
        Ok(())
    }

    /// Data operations are answered here, in the transaction, and the run goes on between them.
    fn work_inside(
        &self,
        tx: &mut Tx,
        mut burst: Burst,
        mut stop: Stop,
        done: &mut Committed,
    ) -> Result<(Burst, Stop), JobError> {
        loop {
            let answer = match &stop {
                Stop::Ask(Ask::Write(_)) if burst.operations >= self.limits.burst_operations => {
                    return Ok((burst, Stop::Yield));
                }
                Stop::Ask(Ask::Write(operation)) => {
                    let answer = self.operate(tx, &mut burst, operation, done)?;
                    burst.operations += weight(operation, &answer);
                    answer
                }
                // Others wait for this transaction: the next burst reads on a connection that reads.
                Stop::Ask(Ask::Read(_)) => return Ok((burst, Stop::Yield)),
                _ => return Ok((burst, stop)),
            };
            let step = burst.run.step;
            stop = match burst.advance(&self.connectors, &self.limits, Input::Answer(step, answer)) {
                Ok(stop) => stop,
                Err(_) => {
                    if let Some(event) = burst.run.reply_to.take() {
                        burst.effects.push(reply_effect(burst.run.run, event, Response::failed()));
                    }
                    Stop::Done(Ended::Failed(crate::lane::engine_panicked()))
                }
            };
        }
    }

    fn operate(
        &self,
        tx: &mut Tx,
        burst: &mut Burst,
        operation: &DataOp,
        done: &mut Committed,
    ) -> Result<Result<Answer, StepError>, JobError> {
        match operation {
            DataOp::List { list, change } => {
                let change = lists::Change { list, change, now: self.now };
                let chain = || self.next_chain(&burst.run);
                let (answer, told) = change.apply(tx, self.lane_id.workspace, chain)?;
                burst.told |= told;
                Ok(answer)
            }
            DataOp::MakeAddress { valid_ms } => addresses::make(tx, self, &burst.run, *valid_ms),
            DataOp::TakeCall { address } => addresses::take(tx, self, &burst.run, address),
            DataOp::Link(link) => links::make(tx, self, &burst.run, link),
            DataOp::Tell(tell) => self.tell_others(tx, &burst.run, tell, done),
            DataOp::Increment { scope, name, by, bounds } => {
                let Some(owner) = self.owner(*scope, &burst.run.event) else {
                    return Ok(Err(lists::no_subscriber()));
                };
                self.write_through(tx, burst, *scope, name)?;
                lists::increment(tx, self.lane_id.workspace, &owner, name, by, *bounds)
            }
        }
    }

    /// The scenarios that lead to what a run writes; `None` when they go round in circles.
    fn next_chain(&self, run: &RunState) -> Option<Vec<String>> {
        run.next_chain(self.programs.name_of(run.scenario), self.now, &self.limits).ok()
    }

    /// Fields come last, each once, in one order for all lanes: on PostgreSQL two lanes that set the same two
    /// would otherwise wait for each other.
    fn apply_effects(&self, tx: &mut Tx, effects: &[Emitted], done: &mut Committed) -> Result<(), JobError> {
        let mut fields = BTreeMap::new();
        if forgets(effects) {
            // What is queued for them is forgotten too: it goes out, but not into the history.
            done.claims = 0;
        }
        for emitted in effects {
            match &emitted.effect {
                // The last write of a name wins.
                Effect::SetField { scope, name, value } => {
                    fields.insert((scope.as_str(), name.as_str()), (*scope, value));
                }
                _ => self.apply_effect(tx, emitted, done)?,
            }
        }
        let event = self.burst.as_ref().map(|(burst, _)| &burst.run.event).or(self.event.as_ref());
        let Some(event) = event else { return Ok(()) };
        for ((_, name), (scope, value)) in fields {
            self.set_field(tx, event, scope, name, value)?;
        }
        for emitted in effects {
            if let Effect::Forget { person } = &emitted.effect {
                self.forget(tx, emitted.id.run, event, *person)?;
            }
        }
        Ok(())
    }

    fn set_field(
        &self,
        tx: &mut Tx,
        event: &Event,
        scope: FieldScope,
        name: &str,
        value: &Value,
    ) -> Result<(), JobError> {
        let Some(owner) = self.owner(scope, event) else { return Ok(()) };
        fields::upsert(tx, self.lane_id.workspace, &owner, name, &to_json(value))
    }

    /// Writes what the burst has set a field to, before an operation works on what is stored there.
    fn write_through(
        &self,
        tx: &mut Tx,
        burst: &mut Burst,
        scope: FieldScope,
        name: &str,
    ) -> Result<(), JobError> {
        let mut newest = None;
        burst.effects.retain_mut(|emitted| match &mut emitted.effect {
            Effect::SetField { scope: set, name: named, value } if *set == scope && named == name => {
                newest = Some(std::mem::take(value));
                false
            }
            _ => true,
        });
        match newest {
            Some(value) => self.set_field(tx, &burst.run.event, scope, name, &value),
            None => Ok(()),
        }
    }

    fn apply_effect(&self, tx: &mut Tx, emitted: &Emitted, done: &mut Committed) -> Result<(), JobError> {
        match &emitted.effect {
            Effect::CancelWaits { key } => {
                for run in self.lane.clone().cancel_waits(key, emitted.id.run) {
                    self.end_run(tx, run)?;
                }
            }
            // Merged by the caller.
            Effect::SetField { .. } => {}
            Effect::Tag { tag, added, watched } => {
                self.change_tag(tx, emitted.id, tag, *added, watched.as_ref(), done)?;
            }
            Effect::ChangeField { name, value, watched } => {
                self.change_field(tx, emitted.id, name, value, watched.as_ref(), done)?;
            }
            Effect::JoinStaff => store::staff::insert(tx, &self.lane_id, self.now)?,
            Effect::Subscribe { on } => {
                let since = (!on).then_some(self.now);
                subscribers::set_unsubscribed(tx, &self.lane_id, since)?;
            }
            // It comes last: see the caller.
            Effect::Forget { .. } => {}
            Effect::Signal { signal, chain } => {
                self.tell_self(tx, format!("signal:{}", emitted.id), signal, chain, done)?;
            }
            Effect::Respond { event, response } => {
                respond(tx, self.lane_id.workspace, *event, response, self.now, done)?;
            }
            Effect::Send { .. }
            | Effect::Edit { .. }
            | Effect::Delete { .. }
            | Effect::ChatAction { .. }
            | Effect::Acknowledge { .. }
            | Effect::Call { .. } => self.send_out(tx, emitted, None, done)?,
        }
        Ok(())
    }

    fn owner(&self, scope: FieldScope, event: &Event) -> Option<Owner> {
        let user = event.sender.as_ref().map(|sender| sender.id.as_str());
        match scope {
            FieldScope::Client => user.map(|user| Owner::client(self.lane_id.bot, user)),
            FieldScope::Person => user.map(|user| Owner::person(&self.bot.channel, user)),
            FieldScope::Global => Some(Owner::global()),
        }
    }
}

/// Notes in the lane which keyboard stands in the chat after a burst; answers whether it is another one than before.
fn note_keyboard(lane: &mut Lane, burst: &Burst, stop: &Stop) -> bool {
    let noted = lane.memory.note_effects(&burst.effects);
    match stop {
        Stop::Ask(Ask::Deliver(emitted)) => lane.memory.note_effects(std::slice::from_ref(emitted)) | noted,
        _ => noted,
    }
}

/// A reply that no action gave.
pub fn reply_effect(run: RunId, event: EventId, response: Response) -> Emitted {
    let id = EffectId { run, step: StepNo(0), index: u16::MAX };
    Emitted { id, effect: Effect::Respond { event, response } }
}

/// Keeps the reply to an event, if its caller wants one and has none yet.
pub fn respond(
    tx: &mut Tx,
    workspace: WorkspaceId,
    event: EventId,
    response: &Response,
    now: UtcMs,
    done: &mut Committed,
) -> Result<(), JobError> {
    let row = inbox::find(tx, workspace, event)?;
    let Some((secret, key)) = row.and_then(|row| Some((row.reply_secret?, row.dedupe_key))) else {
        return Ok(());
    };
    let kept_ms = if key.starts_with(NAMED) { NAMED_REPLY_KEPT_MS } else { REPLY_KEPT_MS };
    let reply = Reply {
        workspace_id: workspace,
        event_id: event,
        status: response.status.into(),
        headers: "{}".to_owned(),
        body: serde_json::to_vec(&response.body).unwrap_or_default(),
        secret: secret.clone(),
        expires_at: now.plus_ms(kept_ms),
    };
    if replies::insert(tx, &reply)? {
        done.replies.push((secret, response.clone()));
    }
    Ok(())
}

/// What an operation counts for among those of one write job: one, and more for many rows, so that a job stays
/// short.
fn weight(operation: &DataOp, answer: &Result<Answer, StepError>) -> u32 {
    /// Rows that cost about as much as another operation.
    const ROWS: u32 = 10;
    let rows = match (operation, answer) {
        (
            DataOp::List { change: ListChange::Edit { .. } | ListChange::Delete { .. }, .. },
            Ok(Answer::Written(count)),
        )
        | (DataOp::Tell(_), Ok(Answer::Written(count))) => {
            count.to_number().and_then(|count| u32::try_from(count).ok())
        }
        _ => None,
    };
    1 + rows.unwrap_or_default() / ROWS
}

/// Our own types always serialise.
pub fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a value of ours did not serialise");
        "null".to_owned()
    })
}
