//! What the next burst of a lane is: an answer, a run that is ready, or the first event that need not wait. The plan runs
//! the free half and packs everything for the commit.

use std::borrow::Cow;
use std::sync::Arc;

use engine::effect::{Effect, EffectId, Emitted, Input, StopReason};
use engine::error::StepError;
use engine::event::{Event, EventKind};
use engine::ids::{EventId, RunId, StepNo};
use engine::lane::Lane;
use engine::message::{ChoiceAction, Response};
use engine::program::ProgramSet;
use engine::run::{ButtonToken, RunState, Scopes};
use engine::signal::{STAFF_CODE, Signal};
use store::inbox::InboxRow;
use store::{LaneId, ReadError};
use store::{inbox, messages};

use super::LOOK_BEHIND;
use super::album;
use super::look::{Snapshot, read_scopes};
use crate::Inner;
use crate::bots::{LoadedBot, button_version};
use crate::broadcasts;
use crate::burst::{Broken, Burst, Panicked};
use crate::commit::{Commit, Outbound, reply_effect};
use crate::event::{Inbound, StopRun, album_of, peer_key, read_row};

/// Whether an event was taken.
enum Taken {
    Yes,
    /// It has to wait for a call that is under way; what is behind it may go on.
    Later,
    /// The rest of it is still on its way; what is behind it waits too.
    Incomplete,
}

/// What the next burst is.
pub(super) struct Plan {
    lane_id: LaneId,
    version: i64,
    lane: Lane,
    bot: Arc<LoadedBot>,
    programs: Arc<ProgramSet>,
    scopes: Scopes,
    row: Option<InboxRow>,
    from_memory: bool,
    /// Nothing was left waiting before it.
    pub(super) in_turn: bool,
    /// The other updates of the album the event came as.
    pub(super) others: Vec<EventId>,
    event: Option<Event>,
    stopped: Vec<RunId>,
    held: Vec<RunId>,
    /// A run that stood back because of one that was stopped.
    goes_on: Option<RunId>,
    remembers: bool,
    /// Those of them whose caller still waits for a reply.
    owing: Vec<RunState>,
    effects: Vec<Emitted>,
    turn: Option<(RunId, Input)>,
    used_call: Option<(RunId, StepNo)>,
    new_run: bool,
}

/// An event or a run made the engine panic, or the commit of what the engine came to.
#[derive(Clone, Copy)]
pub(super) struct Poisoned {
    pub(super) event: Option<EventId>,
    pub(super) run: Option<RunId>,
}

/// Why a plan came to no commit.
pub(super) enum Wrecked {
    Poisoned(Poisoned),
    Again(ReadError),
}

pub(super) async fn plan(
    inner: &Arc<Inner>,
    bot: &Arc<LoadedBot>,
    lane_id: &LaneId,
    snapshot: Snapshot,
) -> anyhow::Result<Option<Plan>> {
    let mut programs = Arc::clone(&bot.programs);
    for version in snapshot.lane.runs.iter().flat_map(RunState::versions).collect::<Vec<_>>() {
        programs = inner.bots.with_version(bot, programs, version).await?;
    }
    let mut plan = Plan {
        lane_id: lane_id.clone(),
        version: snapshot.version,
        lane: snapshot.lane,
        bot: Arc::clone(bot),
        programs,
        scopes: snapshot.scopes,
        row: None,
        from_memory: snapshot.from_memory,
        in_turn: true,
        others: Vec::new(),
        event: None,
        stopped: Vec::new(),
        held: Vec::new(),
        goes_on: None,
        remembers: false,
        owing: Vec::new(),
        effects: Vec::new(),
        turn: None,
        used_call: None,
        new_run: false,
    };
    if let Some(call) = snapshot.answered {
        let answer = call.answer.as_deref().map(serde_json::from_str).transpose();
        let answer = answer.ok().flatten().unwrap_or_else(|| Err(lost_answer()));
        plan.used_call = Some((call.run_id, call.step_no));
        let takes = plan.lane.run(call.run_id).is_some();
        plan.turn = takes.then_some((call.run_id, Input::Answer(call.step_no, answer)));
    } else if let Some(run) = snapshot.ready {
        plan.turn = Some((run, Input::Resume));
    } else {
        let Some(row) = snapshot.next else { return Ok(None) };
        if !plan.take_first(inner, row).await? {
            return Ok(None);
        }
    }
    plan.load_needs(inner).await?;
    Ok(Some(plan))
}

impl Plan {
    /// Takes the first event that need not wait: behind what waits for a call there may be a command that
    /// ends it, or the timer of another run. False when all have to wait.
    async fn take_first(&mut self, inner: &Arc<Inner>, oldest: InboxRow) -> anyhow::Result<bool> {
        let (lane, after) = (self.lane_id.clone(), oldest.id);
        match self.take_row(inner, oldest).await? {
            Taken::Yes => return Ok(true),
            Taken::Incomplete => return Ok(false),
            Taken::Later => self.in_turn = false,
        }
        let waiting = inner
            .store
            .read(move |connection| Ok(inbox::next_for_lane(connection, &lane, after, LOOK_BEHIND)?))
            .await?;
        for row in waiting {
            match self.take_row(inner, row).await? {
                Taken::Yes => return Ok(true),
                Taken::Incomplete => return Ok(false),
                Taken::Later => {}
            }
        }
        Ok(false)
    }

    /// Takes an event of the lane, an album as one.
    async fn take_row(&mut self, inner: &Arc<Inner>, row: InboxRow) -> anyhow::Result<Taken> {
        let Some(channel) = inner.connectors.channel(&self.bot.channel) else { return Ok(Taken::Later) };
        let mut parts = Vec::new();
        if let Some(album) = album_of(&row) {
            match album::gather(inner, &self.lane_id, &row, &album).await? {
                Some(others) => parts = others,
                None => return Ok(Taken::Incomplete),
            }
        }
        let inbound = read_row(&row, channel, &self.bot.username);
        let mut reply = Response::nobody();
        match inbound {
            Ok(Inbound::Timer(fired)) => {
                let waits = |run: &RunState| run.wait.as_ref().is_some_and(|wait| wait.id == fired.wait);
                let takes = self.lane.run(fired.run).is_some_and(waits);
                self.turn = takes.then_some((fired.run, Input::Timer(fired.wait)));
            }
            Ok(Inbound::Stop(StopRun { run })) => {
                if let Some(state) = self.lane.run(run) {
                    self.owing.extend(state.reply_to.is_some().then(|| state.clone()));
                    self.stopped.push(run);
                    self.goes_on = self.lane.stop(&self.programs, run);
                }
            }
            Ok(Inbound::Move(moved)) => {
                let run = self.lane.run(moved.run).filter(|run| run.is_to_move(&moved.block, moved.version));
                // The answer of a call belongs to the version that asked.
                if run.is_some_and(RunState::is_calling) {
                    return Ok(Taken::Later);
                }
                if run.is_some() {
                    let programs = Arc::clone(&self.programs);
                    self.programs = inner.bots.with_version(&self.bot, programs, moved.version).await?;
                    self.turn = Some((moved.run, Input::Move { version: moved.version, to: moved.to }));
                }
            }
            Ok(Inbound::Event(mut event)) => {
                for part in &parts {
                    if let Ok(Inbound::Event(part)) = read_row(part, channel, &self.bot.username) {
                        event.join_album(*part);
                    }
                }
                if let Some(pressed) = self.lane.key(&event) {
                    if let Some(version) = button_version(&pressed.kind) {
                        let programs = Arc::clone(&self.programs);
                        self.programs = inner.bots.with_maker(&self.bot, programs, version).await?;
                    }
                    if self.lane.leads_on(&self.programs, &pressed) {
                        *event = pressed;
                    }
                }
                if let Some(version) = button_version(&event.kind) {
                    let programs = Arc::clone(&self.programs);
                    self.programs = inner.bots.with_maker(&self.bot, programs, version).await?;
                    recall_value(inner, &self.lane_id, &self.programs, &mut event).await?;
                }
                join_staff(inner, &self.lane_id, &mut event).await?;
                let known: Vec<RunId> = self.lane.runs.iter().map(|run| run.run).collect();
                let owing: Vec<RunState> =
                    self.lane.runs.iter().filter(|run| run.reply_to.is_some()).cloned().collect();
                let programs = Arc::clone(&self.programs);
                let before = self.lane.memory.press.as_ref().map(|press| press.at);
                let taken = self.lane.take(&programs, self.bot.lang, &inner.limits, (*event).clone());
                let Some(turn) = taken else {
                    return Ok(Taken::Later);
                };
                self.remembers = self.lane.memory.press.as_ref().map(|press| press.at) != before;
                self.stopped = turn.stopped;
                self.held = turn.held;
                self.owing = owing;
                self.owing.retain(|run| self.stopped.contains(&run.run));
                self.effects = turn.effects;
                self.new_run = turn.run.as_ref().is_some_and(|(run, _)| !known.contains(run));
                self.turn = turn.run;
                self.event = Some(*event);
            }
            Err(error) => {
                tracing::warn!(bot = %self.bot.id, lane = %self.lane_id.key, event = %row.id, %error, "an event was dropped");
                reply = Response::failed();
            }
        }
        if self.turn.is_none() && row.reply_secret.is_some() {
            self.effects.push(reply_effect(RunId(row.id.0), row.id, reply));
        }
        self.row = Some(row);
        self.others = parts.iter().map(|part| part.id).collect();
        Ok(Taken::Yes)
    }

    /// What the bot's published programs read was loaded with the lane. A run of an older version, or one
    /// behind the button of an older message, may read more.
    async fn load_needs(&mut self, inner: &Inner) -> anyhow::Result<()> {
        let mut needs = Cow::Borrowed(&self.bot.needs);
        if self.programs.older().next().is_some() {
            // An older version may call scenarios that the newest ones do not.
            for program in self.programs.older().chain(self.programs.newest()) {
                needs.to_mut().extend(program.needs());
            }
        }
        if *needs != self.bot.needs {
            let (id, bot, needs) = (self.lane_id.clone(), Arc::clone(&self.bot), needs.clone().into_owned());
            self.scopes =
                inner.store.read(move |connection| Ok(read_scopes(connection, &id, &bot, &needs)?)).await?;
        }
        if needs.request
            && let Some(Ok(raw)) = self.row.as_ref().map(|row| std::str::from_utf8(&row.payload))
        {
            Arc::make_mut(&mut self.scopes.system).insert("_request".to_owned(), raw.into());
        }
        Ok(())
    }

    /// Runs the free half and packs everything for the commit.
    pub(super) async fn run_free(mut self, inner: &Arc<Inner>) -> Result<Commit, Wrecked> {
        self.end_owing(inner);
        let mut burst = None;
        if let Some((id, input)) = self.turn
            && let Some(mut run) = self.lane.run(id).cloned()
        {
            run.burst += 1;
            let question_open = self.lane.has_other_question(id);
            let programs = Arc::clone(&self.programs);
            let mut work =
                Burst::new(inner, Arc::clone(&self.bot), programs, run, self.scopes, question_open);
            match work.run_free(inner, input).await {
                Ok(stop) => {
                    acknowledge_press(self.event.as_ref(), &mut work);
                    burst = Some((work, stop));
                }
                Err(Broken::Panicked(Panicked)) => {
                    let run = (!self.new_run).then_some(id);
                    let event = self.row.map(|row| row.id);
                    return Err(Wrecked::Poisoned(Poisoned { event, run }));
                }
                Err(Broken::Unavailable(error)) => return Err(Wrecked::Again(error)),
            }
        }
        let first_visit = Arc::clone(&self.bot.first_visit);
        Ok(Commit {
            lane_id: self.lane_id,
            version: self.version,
            lane: self.lane,
            remembers: self.remembers,
            bot: self.bot,
            event_id: self.row.as_ref().map(|row| row.id),
            from_memory: self.from_memory,
            others: self.others,
            event: self.event,
            stopped: self.stopped,
            held: self.held,
            goes_on: self.goes_on,
            effects: self.effects,
            burst,
            used_call: self.used_call,
            new_run: self.new_run,
            programs: self.programs,
            first_visit,
            connectors: Arc::clone(&inner.connectors),
            limits: Arc::clone(&inner.limits),
            rests: !inner.store.is_shared(),
            claims: 0,
            node: inner.nodes.id(),
            now: inner.store.now(),
        })
    }

    /// Whoever waits for the reply of a run that is stopped gets it now.
    fn end_owing(&mut self, inner: &Inner) {
        for run in std::mem::take(&mut self.owing) {
            let (id, caller) = (run.run, run.reply_to);
            let (bot, programs) = (Arc::clone(&self.bot), Arc::clone(&self.programs));
            let mut work = Burst::new(inner, bot, programs, run, Scopes::default(), false);
            let stop = Input::Stop(StopReason::Interrupted);
            match work.advance(&inner.connectors, &inner.limits, stop) {
                Ok(_) => self.effects.append(&mut work.effects),
                Err(Panicked) => {
                    self.effects.extend(caller.map(|event| reply_effect(id, event, Response::failed())));
                }
            }
        }
    }
}

/// What the press of a button means that was made from data, or that another one's run sent: its token has no room
/// for it, its message has.
async fn recall_value(
    inner: &Inner,
    lane: &LaneId,
    programs: &ProgramSet,
    event: &mut Event,
) -> anyhow::Result<()> {
    let (workspace, bot, peer) = (lane.workspace, lane.bot, event.peer.as_ref().map(peer_key));
    let EventKind::Button { token, value, .. } = &mut event.kind else { return Ok(()) };
    let Some(parsed) = ButtonToken::parse(token) else { return Ok(()) };
    let first = EffectId::first_message(parsed.run, parsed.step);
    let action = programs.any_version(parsed.version).and_then(|program| program.action(&parsed.action));
    let found = if parsed.exit.as_str().starts_with('_') {
        let effect = first.to_string();
        inner
            .store
            .read(move |connection| Ok(messages::find_by_effect(connection, workspace, &effect)?))
            .await?
    } else if action.is_some_and(|action| action.options.speaks_to_others()) {
        let Some(peer) = peer.clone() else { return Ok(()) };
        let most = u16::try_from(inner.limits.recipients).unwrap_or(u16::MAX);
        let mut effects: Vec<String> =
            (0..most).map(|index| EffectId { index, ..first }.to_string()).collect();
        // Or it came with a broadcast.
        effects.push(broadcasts::effect_name(parsed.run, parsed.step, lane));
        inner
            .store
            .read(move |connection| Ok(messages::find_of_step(connection, workspace, bot, &peer, &effects)?))
            .await?
    } else {
        None
    };
    // A token can be made up: what stands in another chat is none of this one's business.
    let own = found.filter(|row| row.bot_id == bot && Some(&row.peer) == peer.as_ref());
    let Some(Ok(Outbound::Message { message, .. })) = own.map(|row| serde_json::from_str(&row.payload))
    else {
        return Ok(());
    };
    let is_pressed = |choice: &&engine::message::Choice| matches!(&choice.action, ChoiceAction::Reply(own) if own == token);
    *value = message.choices.iter().flatten().find(is_pressed).and_then(|choice| choice.value.clone());
    Ok(())
}

/// Whoever opens the link of the staff is one of them; the scenarios do not see the link.
async fn join_staff(inner: &Inner, lane: &LaneId, event: &mut Event) -> anyhow::Result<()> {
    let EventKind::Started { payload: Some(payload) } = &event.kind else { return Ok(()) };
    let Some(code) = payload.strip_prefix(STAFF_CODE) else { return Ok(()) };
    let (workspace, bot, now) = (lane.workspace, lane.bot, inner.store.now());
    let hash = store::staff::hash_code(code);
    let is_link = inner
        .store
        .read(move |connection| Ok(store::staff::is_link(connection, workspace, bot, &hash, now)?))
        .await?;
    if is_link {
        event.kind = EventKind::Signal { signal: Signal::JoinStaff, chain: Vec::new() };
    }
    Ok(())
}

/// A press that nobody answered gets an empty answer, so that the button stops spinning.
fn acknowledge_press(event: Option<&Event>, burst: &mut Burst) {
    let Some(EventKind::Button { callback: Some(callback), .. }) = event.map(|event| &event.kind) else {
        return;
    };
    let answers = |emitted: &Emitted| matches!(emitted.effect, Effect::Acknowledge { .. });
    if !burst.effects.iter().any(answers) {
        let id = EffectId { run: burst.run.run, step: burst.run.step, index: u16::MAX };
        let effect = Effect::Acknowledge { callback: callback.clone(), text: None };
        burst.effects.push(Emitted { id, effect });
    }
}

fn lost_answer() -> StepError {
    StepError::new(
        "answer_lost",
        "The answer of the request could not be read",
        "Ответ на запрос не удалось прочитать",
    )
}
