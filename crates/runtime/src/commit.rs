//! The commit half of a burst: one write job. State, effects, answers and "event done" are one commit.

use std::sync::Arc;

use connectors::Connectors;
use connectors::channels::simulator;
use engine::effect::{Answer, Ask, Call, DataOp, Effect, Emitted, Ended, FieldScope, Input, Stop};
use engine::error::StepError;
use engine::event::{Event, EventKind};
use engine::ids::{EventId, MessageId, RunId, StepNo, UtcMs};
use engine::lane::Lane;
use engine::limits::Limits;
use engine::message::Response;
use engine::run::{RunState, TraceStep};
use serde::{Deserialize, Serialize};
use store::fields::{self, Owner};
use store::messages::NewIncoming;
use store::outbox::{NewOutboxRow, OutboxClass};
use store::replies::Reply;
use store::runs::{NewRun, RunStatus};
use store::subscribers::Seen;
use store::{JobError, LaneId, Tx};
use store::{calls, inbox, lanes, messages, outbox, replies, runs, subscribers, timers};

use crate::bots::LoadedBot;
use crate::burst::Burst;
use crate::event::peer_key;
use crate::lists;

/// A send as it stands in the outbox and, afterwards, in the history.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outbound {
    Message { peer: engine::event::Peer, message: engine::message::Message },
    Acknowledge { callback: String, text: Option<String> },
}

/// How long an acknowledgement is worth sending: messengers forget a pressed button soon.
const ACKNOWLEDGE_WITHIN_MS: i64 = 60_000;

/// How long a reply can be fetched from its poll address.
const REPLY_KEPT_MS: i64 = 3_600_000;

/// Everything a burst commits. Jobs may run twice, so it is only read.
pub struct Commit {
    pub lane_id: LaneId,
    pub version: i64,
    pub lane: Lane,
    pub bot: Arc<LoadedBot>,
    /// The event that is done with this commit.
    pub event: Option<Event>,
    pub event_id: Option<EventId>,
    /// Runs that end because something else began.
    pub stopped: Vec<RunId>,
    /// Effects without a run: a toast on a stale button.
    pub effects: Vec<Emitted>,
    pub burst: Option<(Burst, Stop)>,
    /// The answer of a call that was used.
    pub used_call: Option<(RunId, StepNo)>,
    /// Whether the run is new, and must be inserted.
    pub new_run: bool,
    pub connectors: Arc<Connectors>,
    pub limits: Arc<Limits>,
    pub now: UtcMs,
}

/// What to do after the commit.
#[derive(Default)]
pub struct Committed {
    pub replies: Vec<(String, Response)>,
    pub sends: bool,
    pub calls: bool,
    pub timer: Option<UtcMs>,
    /// The run goes on at once.
    pub again: bool,
    pub trace: Option<(RunId, u32, Vec<TraceStep>)>,
}

impl Commit {
    /// The write job.
    pub fn apply(&self, tx: &mut Tx) -> Result<Committed, JobError> {
        lanes::fence(tx, &self.lane_id, self.version, self.lane.foreground)?;
        let mut done = Committed::default();
        self.note_event(tx)?;
        for run in &self.stopped {
            self.end_stopped(tx, *run)?;
        }
        for emitted in &self.effects {
            self.apply_effect(tx, emitted, &mut done)?;
        }
        if let Some((burst, stop)) = &self.burst {
            self.commit_run(tx, burst, stop, &mut done)?;
        }
        if let Some((run, step)) = self.used_call {
            calls::delete(tx, self.lane_id.workspace, run, step)?;
        }
        Ok(done)
    }

    /// The event is done; whoever caused it is known, and what he said is history.
    fn note_event(&self, tx: &mut Tx) -> Result<(), JobError> {
        if let Some(id) = self.event_id {
            inbox::mark_done(tx, self.lane_id.workspace, id, self.now)?;
        }
        let Some(event) = &self.event else { return Ok(()) };
        let (Some(sender), Some(peer)) = (&event.sender, &event.peer) else { return Ok(()) };
        let seen = Seen {
            external_user_id: Some(sender.id.clone()),
            peer: to_json(peer),
            first_name: sender.first_name.clone(),
            last_name: sender.last_name.clone(),
            username: sender.username.clone(),
            language: sender.language.clone(),
        };
        subscribers::upsert(tx, &self.lane_id, &seen, self.now)?;
        if !matches!(event.kind, EventKind::Unknown | EventKind::Webhook { .. }) {
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

    fn end_stopped(&self, tx: &mut Tx, run: RunId) -> Result<(), JobError> {
        let workspace = self.lane_id.workspace;
        timers::delete_of_run(tx, workspace, run)?;
        calls::delete_of_run(tx, workspace, run)?;
        runs::save(tx, workspace, run, RunStatus::Ended, "{}", None, self.now)
    }

    fn commit_run(
        &self,
        tx: &mut Tx,
        burst: &Burst,
        stop: &Stop,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let worked;
        let (burst, stop) = match stop {
            Stop::Ask(Ask::Write(_)) => {
                worked = self.work_inside(tx, burst.clone(), stop.clone())?;
                (&worked.0, &worked.1)
            }
            _ => (burst, stop),
        };
        for emitted in &burst.effects {
            self.apply_effect(tx, emitted, done)?;
        }
        let status = match stop {
            Stop::Ask(Ask::Outside(call)) => {
                self.insert_call(tx, &burst.run, call)?;
                done.calls = true;
                RunStatus::Calling
            }
            Stop::Ask(_) | Stop::Yield => {
                done.again = true;
                RunStatus::Ready
            }
            Stop::Wait(wait) => {
                timers::delete_of_run(tx, self.lane_id.workspace, burst.run.run)?;
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
            Stop::Done(_) => {
                timers::delete_of_run(tx, self.lane_id.workspace, burst.run.run)?;
                RunStatus::Ended
            }
        };
        self.save_run(tx, burst, stop, status)?;
        let mut lane = self.lane.clone();
        lane.settle(&burst.run, stop);
        if lane.foreground != self.lane.foreground {
            lanes::set_foreground(tx, &self.lane_id, lane.foreground)?;
        }
        if !burst.trace.is_empty() {
            done.trace = Some((burst.run.run, burst.run.burst, burst.trace.clone()));
        }
        Ok(())
    }

    /// Data operations are answered here, in the transaction, and the run goes on between them.
    fn work_inside(&self, tx: &mut Tx, mut burst: Burst, mut stop: Stop) -> Result<(Burst, Stop), JobError> {
        loop {
            let answer = match &stop {
                Stop::Ask(Ask::Write(_)) if burst.operations >= self.limits.burst_operations => {
                    return Ok((burst, Stop::Yield));
                }
                Stop::Ask(Ask::Write(operation)) => {
                    burst.operations += 1;
                    self.operate(tx, &mut burst, operation)?
                }
                Stop::Ask(Ask::Read(query)) => lists::find_rows(tx, self.lane_id.workspace, query)?,
                _ => return Ok((burst, stop)),
            };
            let step = burst.run.step;
            stop = burst
                .advance(&self.connectors, &self.limits, Input::Answer(step, answer))
                .unwrap_or_else(|_| Stop::Done(Ended::Failed(crate::lane::engine_panicked())));
        }
    }

    fn operate(
        &self,
        tx: &mut Tx,
        burst: &mut Burst,
        operation: &DataOp,
    ) -> Result<Result<Answer, StepError>, JobError> {
        match operation {
            DataOp::Add { list, row } => lists::add_row(tx, self.lane_id.workspace, list, row, self.now),
            DataOp::Increment { scope, name, by } => {
                let Some(owner) = self.owner(*scope, &burst.run.event) else {
                    return Ok(Err(lists::no_subscriber()));
                };
                let answer = lists::increment(tx, self.lane_id.workspace, &owner, name, by)?;
                Ok(answer.map(Answer::Written))
            }
        }
    }

    fn apply_effect(&self, tx: &mut Tx, emitted: &Emitted, done: &mut Committed) -> Result<(), JobError> {
        match &emitted.effect {
            Effect::Send { peer, message } => {
                let outbound = Outbound::Message { peer: peer.clone(), message: message.clone() };
                self.insert_outbound(tx, emitted, &outbound, peer_key(peer))?;
                done.sends = true;
            }
            Effect::Acknowledge { callback, text } => {
                let outbound = Outbound::Acknowledge { callback: callback.clone(), text: text.clone() };
                self.insert_outbound(tx, emitted, &outbound, String::new())?;
                done.sends = true;
            }
            Effect::SetField { scope, name, value } => {
                let event = self.burst.as_ref().map(|(burst, _)| &burst.run.event).or(self.event.as_ref());
                if let Some(owner) = event.and_then(|event| self.owner(*scope, event)) {
                    fields::upsert(tx, self.lane_id.workspace, &owner, name, &to_json(value))?;
                }
            }
            Effect::Respond { event, response } => self.respond(tx, *event, response, done)?,
        }
        Ok(())
    }

    fn insert_outbound(
        &self,
        tx: &mut Tx,
        emitted: &Emitted,
        outbound: &Outbound,
        peer: String,
    ) -> Result<Option<MessageId>, JobError> {
        let is_message = matches!(outbound, Outbound::Message { .. });
        // The simulator's history is its display, toasts included.
        let is_toast = self.bot.channel == simulator::KIND
            && matches!(outbound, Outbound::Acknowledge { text: Some(_), .. });
        let row = NewOutboxRow {
            lane: self.lane_id.clone(),
            effect_id: emitted.id.to_string(),
            peer,
            class: if is_message { OutboxClass::Reply } else { OutboxClass::Ack },
            kind: if is_message { "message" } else { "acknowledge" }.to_owned(),
            payload: to_json(outbound),
            in_history: is_message || is_toast,
            not_before: self.now,
            expires_at: (!is_message).then(|| self.now.plus_ms(ACKNOWLEDGE_WITHIN_MS)),
            return_to: None,
            created_at: self.now,
        };
        outbox::insert(tx, &row)
    }

    fn respond(
        &self,
        tx: &mut Tx,
        event: EventId,
        response: &Response,
        done: &mut Committed,
    ) -> Result<(), JobError> {
        let row = inbox::find(tx, self.lane_id.workspace, event)?;
        let Some(secret) = row.and_then(|row| row.reply_secret) else { return Ok(()) };
        let reply = Reply {
            workspace_id: self.lane_id.workspace,
            event_id: event,
            status: response.status.into(),
            headers: "{}".to_owned(),
            body: serde_json::to_vec(&response.body).unwrap_or_default(),
            secret: secret.clone(),
            expires_at: self.now.plus_ms(REPLY_KEPT_MS),
        };
        if replies::insert(tx, &reply)? {
            done.replies.push((secret, response.clone()));
        }
        Ok(())
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

    fn save_run(&self, tx: &mut Tx, burst: &Burst, stop: &Stop, status: RunStatus) -> Result<(), JobError> {
        let error = match stop {
            Stop::Done(Ended::Failed(error)) => Some(to_json(error)),
            _ => None,
        };
        let run = &burst.run;
        if self.new_run {
            let new = NewRun {
                id: run.run,
                lane: self.lane_id.clone(),
                scenario_id: run.scenario,
                version_id: run.root_version(),
                status,
                state: to_json(run),
                error,
                started_at: self.now,
            };
            return runs::insert(tx, &new);
        }
        runs::save(tx, self.lane_id.workspace, run.run, status, &to_json(run), error.as_deref(), self.now)
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

/// Our own types always serialise.
pub fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a value of ours did not serialise");
        "null".to_owned()
    })
}
