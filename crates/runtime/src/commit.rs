//! The commit half of a burst: one write job. State, effects, answers and "event done" are one commit.

mod people;

use std::collections::BTreeMap;
use std::sync::Arc;

use connectors::Connectors;
use connectors::channels::simulator;
use engine::effect::{
    Answer, Ask, Call, ChannelCall, DataOp, Effect, EffectId, Emitted, Ended, FieldScope, Input, Stop,
};
use engine::error::StepError;
use engine::event::{Event, EventKind};
use engine::ids::{BotId, EventId, RunId, ScenarioId, StepNo, TriggerId, UtcMs, WorkspaceId};
use engine::lane::Lane;
use engine::limits::{CHANNEL_CALL_MS, Limits};
use engine::list::ListChange;
use engine::message::{ChatAction, MessageEdit, Response};
use engine::program::ProgramSet;
use engine::run::{Passage, RunState, TraceStep};
use engine::signal::Signal;
use engine::value::Value;
use serde::{Deserialize, Serialize};
use store::fields::{self, Owner};
use store::messages::NewIncoming;
use store::outbox::{NewOutboxRow, OutboxClass, OutboxRow};
use store::replies::Reply;
use store::runs::{NewRun, RunStatus, RunUpdate};
use store::subscribers::Seen;
use store::{JobError, LaneId, Tx};
use store::{calls, inbox, lanes, messages, outbox, replies, runs, subscribers, timers};

use crate::addresses;
use crate::bots::LoadedBot;
use crate::burst::Burst;
use crate::event::peer_key;
use crate::intake::NAMED;
use crate::links;
use crate::lists;

/// A send as it stands in the outbox and, afterwards, in the history.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outbound {
    Message {
        peer: engine::event::Peer,
        message: engine::message::Message,
    },
    /// A change of an earlier message, which is looked up when it is sent.
    Edit {
        peer: engine::event::Peer,
        message: EffectId,
        edit: MessageEdit,
    },
    Delete {
        peer: engine::event::Peer,
        message: EffectId,
    },
    ChatAction {
        peer: engine::event::Peer,
        action: ChatAction,
    },
    Acknowledge {
        callback: String,
        text: Option<String>,
    },
    /// A method of the messenger's API.
    Call {
        call: ChannelCall,
    },
}

impl Outbound {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::ChatAction { .. } => "chat_action",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Call { .. } => "call",
        }
    }
}

/// What an effect is in the outbox, and the peer in whose order it stands there. `None` for effects that stay in the
/// house.
fn outbound(effect: &Effect) -> Option<(String, Outbound)> {
    Some(match effect {
        Effect::Send { peer, message } => {
            (peer_key(peer), Outbound::Message { peer: peer.clone(), message: message.clone() })
        }
        Effect::Edit { peer, message, edit } => {
            let (message, edit) = (*message, edit.clone());
            (peer_key(peer), Outbound::Edit { peer: peer.clone(), message, edit })
        }
        Effect::Delete { peer, message } => {
            (peer_key(peer), Outbound::Delete { peer: peer.clone(), message: *message })
        }
        Effect::ChatAction { peer, action } => {
            (peer_key(peer), Outbound::ChatAction { peer: peer.clone(), action: *action })
        }
        Effect::Acknowledge { callback, text } => {
            (String::new(), Outbound::Acknowledge { callback: callback.clone(), text: text.clone() })
        }
        Effect::Call { peer, call } => {
            (peer.as_ref().map(peer_key).unwrap_or_default(), Outbound::Call { call: call.clone() })
        }
        Effect::CancelWaits { .. }
        | Effect::SetField { .. }
        | Effect::Tag { .. }
        | Effect::ChangeField { .. }
        | Effect::JoinStaff
        | Effect::Subscribe { .. }
        | Effect::Forget { .. }
        | Effect::Signal { .. }
        | Effect::Respond { .. } => return None,
    })
}

/// Who waits for the fate of an outbox row.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ReturnTo {
    pub run: RunId,
    pub step: StepNo,
}

/// How long an acknowledgement is worth sending: messengers forget a pressed button soon.
const ACKNOWLEDGE_WITHIN_MS: i64 = 60_000;

/// Shown later, that the bot is typing would be a lie.
const CHAT_ACTION_WITHIN_MS: i64 = 5_000;

/// How long a reply can be fetched from its poll address.
const REPLY_KEPT_MS: i64 = 3_600_000;

/// The same when the caller has named the call: as long as the name is known, and a bit more.
const NAMED_REPLY_KEPT_MS: i64 = 49 * 3_600_000;

/// A run and the bytes of its state.
pub type Saved = (RunId, usize);

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
    pub trace: Option<(RunId, u32, Vec<TraceStep>)>,
    /// Other lanes that were told something.
    pub lanes: Vec<LaneId>,
    /// Other bots that have something to send.
    pub bots: Vec<BotId>,
    pub passed: Vec<Passage>,
    /// Rows were written that triggers watch.
    pub told: bool,
    /// A broadcast waits to be worked.
    pub broadcasts: bool,
}

impl Commit {
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
                done.trace = has_trace(burst).then(|| (burst.run.run, burst.run.burst, burst.trace.clone()));
                self.resume(tx, &lane, resumes, &mut done)?;
                if self.may_rest(burst, stop) {
                    let run = matches!(stop, Stop::Wait(_) | Stop::Held).then(|| burst.run.clone());
                    done.lane = rest(lane, run);
                }
            }
            None => {
                self.resume(tx, &lane, self.goes_on, &mut done)?;
                let forgets =
                    self.effects.iter().any(|emitted| matches!(emitted.effect, Effect::Forget { .. }));
                if self.rests && !forgets {
                    done.lane = rest(lane, None);
                }
            }
        }
        Ok(done)
    }

    fn may_rest(&self, burst: &Burst, stop: &Stop) -> bool {
        let effects = || self.effects.iter().chain(&burst.effects);
        self.rests
            && matches!(stop, Stop::Wait(_) | Stop::Held | Stop::Done(_))
            && !effects().any(|emitted| matches!(emitted.effect, Effect::Forget { .. }))
    }

    /// Whether the burst brings another keyboard into the chat, as far as it has come.
    fn notes_keyboard(&self, lane: &mut Lane) -> bool {
        self.burst.as_ref().is_some_and(|(burst, stop)| note_keyboard(lane, burst, stop))
    }

    /// The event is done; whoever caused it is known, and what he said is history.
    fn note_event(&self, tx: &mut Tx, done: &mut Committed) -> Result<(), JobError> {
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

    fn end_run(&self, tx: &mut Tx, run: RunId) -> Result<(), JobError> {
        let workspace = self.lane_id.workspace;
        timers::delete_of_run(tx, workspace, run)?;
        calls::delete_of_run(tx, workspace, run)?;
        runs::save(tx, workspace, run, &RunUpdate::ENDED, self.now)
    }

    /// A run that stands back: one that has not begun yet, or whose question gave way for a while.
    fn hold_run(&self, tx: &mut Tx, run: &RunState) -> Result<Saved, JobError> {
        let workspace = self.lane_id.workspace;
        if self.event_id.is_some_and(|event| event.0 == run.run.0) {
            let row = self.new_row(run, RunStatus::Waiting, None);
            runs::insert(tx, &row)?;
            return Ok((run.run, row.state.len()));
        }
        timers::delete_of_run(tx, workspace, run.run)?;
        self.save_state(tx, run, RunStatus::Waiting, None)
    }

    /// Lets a run that stood back go on: its worker finds it ready.
    fn resume(
        &self,
        tx: &mut Tx,
        lane: &Lane,
        run: Option<RunId>,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some(run) = run.and_then(|run| lane.run(run)) else { return Ok(()) };
        done.again = true;
        self.save_state(tx, run, RunStatus::Ready, None)?;
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
        done.trace =
            has_trace(&burst).then(|| (burst.run.run, burst.run.burst, std::mem::take(&mut burst.trace)));
        self.resume(tx, &lane, resumes, done)?;
        if self.may_rest(&burst, &stop) {
            done.lane = rest(lane, Some(burst.run));
        }
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
        done.passed.clone_from(&burst.passed);
        done.told |= burst.told;
        Ok(())
    }

    /// A run that began with this burst has no timers yet.
    fn forget_timers(&self, tx: &mut Tx, run: RunId) -> Result<(), JobError> {
        if self.new_run { Ok(()) } else { timers::delete_of_run(tx, self.lane_id.workspace, run) }
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
        if effects.iter().any(|emitted| matches!(emitted.effect, Effect::Forget { .. })) {
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

    /// Queues what goes to the messenger; `return_to` names the call that is answered with its fate.
    fn send_out(
        &self,
        tx: &mut Tx,
        emitted: &Emitted,
        return_to: Option<String>,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let Some((peer, outbound)) = outbound(&emitted.effect) else { return Ok(()) };
        let row = self.outbox_row(emitted, &outbound, peer, return_to);
        if done.claims > 0
            && let Some(claimed) = outbox::insert_claimed(tx, &row, &self.node, self.now)?
        {
            done.claims -= 1;
            done.claimed.push(claimed);
            return Ok(());
        }
        outbox::insert(tx, &row)?;
        done.sends = true;
        Ok(())
    }

    fn outbox_row(
        &self,
        emitted: &Emitted,
        outbound: &Outbound,
        peer: String,
        return_to: Option<String>,
    ) -> NewOutboxRow {
        let is_message = matches!(outbound, Outbound::Message { .. });
        let is_urgent = match outbound {
            Outbound::Acknowledge { .. } => true,
            Outbound::Call { call } => call.within_ms.is_some(),
            _ => false,
        };
        // The simulator's history is its display, toasts included.
        let is_toast = self.bot.channel == simulator::KIND
            && matches!(outbound, Outbound::Acknowledge { text: Some(_), .. });
        NewOutboxRow {
            lane: self.lane_id.clone(),
            effect_id: emitted.id.to_string(),
            peer,
            // A change comes after the message it changes.
            class: if is_urgent { OutboxClass::Ack } else { OutboxClass::Reply },
            kind: outbound.kind().to_owned(),
            payload: to_json(outbound),
            in_history: is_message || is_toast,
            not_before: self.now,
            expires_at: match outbound {
                Outbound::Acknowledge { .. } => Some(self.now.plus_ms(ACKNOWLEDGE_WITHIN_MS)),
                Outbound::ChatAction { .. } => Some(self.now.plus_ms(CHAT_ACTION_WITHIN_MS)),
                Outbound::Call { call } => Some(self.now.plus_ms(call.within_ms.unwrap_or(CHANNEL_CALL_MS))),
                _ => None,
            },
            return_to,
            created_at: self.now,
        }
    }

    fn insert_call(&self, tx: &mut Tx, run: &RunState, call: &Call) -> Result<(), JobError> {
        let new = calls::NewCall {
            lane: self.lane_id.clone(),
            partition: 0,
            run_id: run.run,
            step_no: run.step,
            request: to_json(call),
            next_at: Some(self.now),
        };
        calls::insert(tx, &new)
    }

    /// The call that the fate of an outbox row answers: nobody else performs it.
    fn insert_awaited(&self, tx: &mut Tx, run: &RunState) -> Result<(), JobError> {
        let new = calls::NewCall {
            lane: self.lane_id.clone(),
            partition: 0,
            run_id: run.run,
            step_no: run.step,
            request: "{}".to_owned(),
            next_at: None,
        };
        calls::insert(tx, &new)
    }

    fn save_run(
        &self,
        tx: &mut Tx,
        burst: &Burst,
        stop: &Stop,
        status: RunStatus,
    ) -> Result<Option<Saved>, JobError> {
        let error = match stop {
            Stop::Done(Ended::Failed(error)) => Some(to_json(error)),
            _ => None,
        };
        let run = &burst.run;
        if self.new_run {
            let mut row = self.new_row(run, status, error);
            if forgets(burst) {
                RunUpdate::ENDED.state.clone_into(&mut row.state);
            }
            runs::insert(tx, &row)?;
            return Ok(Some((run.run, row.state.len())));
        }
        if forgets(burst) {
            runs::save(tx, self.lane_id.workspace, run.run, &RunUpdate::ENDED, self.now)?;
            return Ok(None);
        }
        let before = self.lane.run(run.run).map(RunState::root_version);
        if before.is_some_and(|before| before != run.root_version()) {
            runs::set_version(tx, self.lane_id.workspace, run.run, run.root_version())?;
        }
        self.save_state(tx, run, status, error.as_deref()).map(Some)
    }

    fn new_row(&self, run: &RunState, status: RunStatus, error: Option<String>) -> NewRun {
        NewRun {
            id: run.run,
            lane: self.lane_id.clone(),
            scenario_id: run.scenario,
            version_id: run.root_version(),
            status,
            state: to_json(run),
            error,
            place: self.place_of(run).map(|(block, action)| (block.to_owned(), action.to_owned())),
            started_at: self.now,
        }
    }

    fn save_state(
        &self,
        tx: &mut Tx,
        run: &RunState,
        status: RunStatus,
        error: Option<&str>,
    ) -> Result<Saved, JobError> {
        let state = to_json(run);
        let update = RunUpdate { status, state: &state, error, place: self.place_of(run) };
        runs::save(tx, self.lane_id.workspace, run.run, &update, self.now)?;
        Ok((run.run, state.len()))
    }

    /// Block and action an open run stands at.
    fn place_of<'a>(&'a self, run: &'a RunState) -> Option<(&'a str, &'a str)> {
        let place = run.place.as_ref()?;
        let action = self.programs.version(run.version).and_then(|program| program.action_at(place));
        Some((place.block.as_str(), action.map_or("", |action| action.id.as_str())))
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

/// The lane with a run of it as it was saved, when all of its runs wait.
fn rest(mut lane: Lane, run: Option<RunState>) -> Option<Lane> {
    if let Some(run) = run
        && let Some(kept) = lane.run_mut(run.run)
    {
        *kept = run;
    }
    (!lane.is_calling()).then_some(lane)
}

/// Notes in the lane what came of a burst: the runs whose waits it cancelled, and who may go on now.
fn settle(lane: &mut Lane, burst: &Burst, stop: &Stop) -> Option<RunId> {
    for emitted in &burst.effects {
        match &emitted.effect {
            Effect::CancelWaits { key } => {
                lane.cancel_waits(key, emitted.id.run);
            }
            Effect::Forget { .. } => lane.runs.retain(|run| run.run == burst.run.run),
            _ => {}
        }
    }
    lane.settle(&burst.programs, &burst.run, stop)
}

/// Whether there is anything to tell of the burst's steps.
fn has_trace(burst: &Burst) -> bool {
    !burst.trace.is_empty() && !forgets(burst)
}

/// Notes in the lane which keyboard stands in the chat after a burst; answers whether it is another one than before.
fn note_keyboard(lane: &mut Lane, burst: &Burst, stop: &Stop) -> bool {
    let noted = lane.memory.note_effects(&burst.effects);
    match stop {
        Stop::Ask(Ask::Deliver(emitted)) => lane.memory.note_effects(std::slice::from_ref(emitted)) | noted,
        _ => noted,
    }
}

/// Whether the run has everything of its subscriber forgotten.
fn forgets(burst: &Burst) -> bool {
    burst.effects.iter().any(|emitted| matches!(emitted.effect, Effect::Forget { .. }))
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
