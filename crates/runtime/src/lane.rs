//! One lane at work: its next event, answer or unfinished run becomes a burst, the burst becomes a commit.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use engine::effect::{Effect, EffectId, Emitted, Input};
use engine::error::StepError;
use engine::event::{Event, EventKind};
use engine::ids::{EventId, RunId, StepNo};
use engine::lane::{Lane, LaneMemory};
use engine::message::ChoiceAction;
use engine::program::{Needs, ProgramSet};
use engine::run::{ButtonToken, Fields, RunState, Scopes};
use engine::value::Value;
use store::calls::Call;
use store::fields::{self, Owner};
use store::inbox::InboxRow;
use store::runs::{Run, RunStatus, RunUpdate};
use store::{Class, Connection, DbResult, LaneId, WriteError};
use store::{calls, inbox, lanes, messages, runs};

use crate::Inner;
use crate::bots::{LoadedBot, button_version};
use crate::burst::{Burst, Panicked};
use crate::commit::{Commit, Committed, Outbound};
use crate::event::{Inbound, peer_key, read_row};

/// Times one event may make the engine panic before it is given up.
const PANICS_MAX: i64 = 3;

/// Events looked at behind one that has to wait.
const LOOK_BEHIND: i64 = 50;

/// Wait before a lane is tried again when the database does not answer.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Works a lane until nothing is left to do.
pub async fn work(inner: &Arc<Inner>, lane: &LaneId) {
    loop {
        match work_once(inner, lane).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(bot = %lane.bot, lane = %lane.key, %error, "the lane has to wait");
                let (inner, lane) = (Arc::clone(inner), lane.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(RETRY_AFTER).await;
                    inner.queue.wake(lane);
                });
                return;
            }
        }
    }
}

/// A lane as it was read.
struct Snapshot {
    version: i64,
    lane: Lane,
    /// The answer of a call its run waits for.
    answered: Option<Call>,
    /// A run that only waits for its worker.
    ready: Option<RunId>,
    next: Option<InboxRow>,
    scopes: Scopes,
}

/// One burst. False when there is nothing to do.
async fn work_once(inner: &Arc<Inner>, lane_id: &LaneId) -> anyhow::Result<bool> {
    let Some(bot) = inner.bots.load(lane_id.bot).await? else { return Ok(false) };
    if !bot.is_active() || bot.workspace != lane_id.workspace {
        return Ok(false);
    }
    let (id, of) = (lane_id.clone(), Arc::clone(&bot));
    let snapshot = inner.store.read(move |connection| Ok(read_lane(connection, &id, &of)?)).await?;
    let Some(plan) = plan(inner, &bot, lane_id, snapshot).await? else { return Ok(false) };
    let run = plan.new_run_id();
    let commit = match plan.run_free(inner).await {
        Ok(commit) => commit,
        Err(Poisoned { event, run: broken }) => {
            return give_up(inner, lane_id, event, broken.or(run)).await;
        }
    };
    match inner.store.write(Class::Lanes, move |tx| commit.apply(tx)).await {
        Ok(done) => {
            after_commit(inner, &bot, done);
            Ok(true)
        }
        // Somebody else moved the lane on; look again.
        Err(WriteError::Fenced) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn read_lane(connection: &mut Connection, id: &LaneId, bot: &LoadedBot) -> DbResult<Snapshot> {
    let head = lanes::load(connection, id)?;
    let open = if head.version == 0 { Vec::new() } else { runs::load_open_of_lane(connection, id)? };
    let answered = if open.iter().any(|run| run.status == RunStatus::Calling) {
        calls::answered_of_lane(connection, id)?.into_iter().next()
    } else {
        None
    };
    let next = inbox::next_for_lane(connection, id, EventId(0), 1)?.into_iter().next();
    let ready = open.iter().find(|run| run.status == RunStatus::Ready).map(|run| run.id);
    let lane = Lane {
        foreground: head.foreground_run_id,
        runs: open.into_iter().filter_map(read_state).collect(),
        memory: read_memory(&head.memory),
    };
    let scopes = read_scopes(connection, id, bot, &bot.needs)?;
    Ok(Snapshot { version: head.version, lane, answered, ready, next, scopes })
}

/// The fields and globals that programs with these needs may read.
fn read_scopes(connection: &mut Connection, id: &LaneId, bot: &LoadedBot, needs: &Needs) -> DbResult<Scopes> {
    let user = id.key.strip_prefix("user:");
    let mut load = |owner: Option<Owner>, names: &std::collections::BTreeSet<String>| -> DbResult<Fields> {
        let Some(owner) = owner.filter(|_| needs.everything || !names.is_empty()) else {
            return Ok(Fields::new());
        };
        let names: Vec<String> = names.iter().cloned().collect();
        let rows =
            fields::load(connection, id.workspace, &owner, (!needs.everything).then_some(names.as_slice()))?;
        Ok(rows.into_iter().map(|(name, text)| (name, parse_value(text))).collect())
    };
    Ok(Scopes {
        client: load(user.map(|user| Owner::client(id.bot, user)), &needs.client)?,
        person: load(user.map(|user| Owner::person(&bot.channel, user)), &needs.person)?,
        globals: load(Some(Owner::global()), &needs.globals)?,
        system: bot.system.clone(),
    })
}

/// What is lost with a memory that cannot be read is worth little: a press that counts twice.
fn read_memory(text: &str) -> LaneMemory {
    if text.is_empty() { LaneMemory::default() } else { serde_json::from_str(text).unwrap_or_default() }
}

fn read_state(row: Run) -> Option<RunState> {
    match serde_json::from_str(&row.state) {
        Ok(state) => Some(state),
        Err(error) => {
            tracing::error!(run = %row.id, %error, "the state of a run cannot be read");
            None
        }
    }
}

fn parse_value(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::Text(text))
}

/// What the next burst is.
struct Plan {
    lane_id: LaneId,
    version: i64,
    lane: Lane,
    bot: Arc<LoadedBot>,
    programs: Arc<ProgramSet>,
    scopes: Scopes,
    row: Option<InboxRow>,
    event: Option<Event>,
    stopped: Vec<RunId>,
    held: Vec<RunId>,
    remembers: bool,
    effects: Vec<Emitted>,
    turn: Option<(RunId, Input)>,
    used_call: Option<(RunId, StepNo)>,
    new_run: bool,
}

/// An event or a run made the engine panic.
struct Poisoned {
    event: Option<InboxRow>,
    run: Option<RunId>,
}

async fn plan(
    inner: &Inner,
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
        event: None,
        stopped: Vec::new(),
        held: Vec::new(),
        remembers: false,
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
    async fn take_first(&mut self, inner: &Inner, oldest: InboxRow) -> anyhow::Result<bool> {
        let (lane, after) = (self.lane_id.clone(), oldest.id);
        if self.take_row(inner, oldest).await? {
            return Ok(true);
        }
        let waiting = inner
            .store
            .read(move |connection| Ok(inbox::next_for_lane(connection, &lane, after, LOOK_BEHIND)?))
            .await?;
        for row in waiting {
            if self.take_row(inner, row).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes an event of the lane; false when it has to wait for a call that is under way.
    async fn take_row(&mut self, inner: &Inner, row: InboxRow) -> anyhow::Result<bool> {
        let Some(channel) = inner.connectors.channel(&self.bot.channel) else { return Ok(false) };
        let inbound = read_row(&row, channel);
        match inbound {
            Ok(Inbound::Timer(fired)) => {
                let waits = |run: &RunState| run.wait.as_ref().is_some_and(|wait| wait.id == fired.wait);
                let takes = self.lane.run(fired.run).is_some_and(waits);
                self.turn = takes.then_some((fired.run, Input::Timer(fired.wait)));
            }
            Ok(Inbound::Event(mut event)) => {
                recall_value(inner, &self.lane_id, &mut event).await?;
                if let Some(version) = button_version(&event.kind) {
                    let programs = Arc::clone(&self.programs);
                    self.programs = inner.bots.with_maker(&self.bot, programs, version).await?;
                }
                let known: Vec<RunId> = self.lane.runs.iter().map(|run| run.run).collect();
                let programs = Arc::clone(&self.programs);
                let before = self.lane.memory.press.as_ref().map(|press| press.at);
                let taken = self.lane.take(&programs, self.bot.lang, &inner.limits, (*event).clone());
                let Some(turn) = taken else {
                    return Ok(false);
                };
                self.remembers = self.lane.memory.press.as_ref().map(|press| press.at) != before;
                self.stopped = turn.stopped;
                self.held = turn.held;
                self.effects = turn.effects;
                self.new_run = turn.run.as_ref().is_some_and(|(run, _)| !known.contains(run));
                self.turn = turn.run;
                self.event = Some(*event);
            }
            Err(error) => tracing::warn!(bot = %self.bot.id, %error, "an event was dropped"),
        }
        self.row = Some(row);
        Ok(true)
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
            self.scopes.system.insert("_request".to_owned(), raw.into());
        }
        Ok(())
    }

    fn new_run_id(&self) -> Option<RunId> {
        self.turn.as_ref().filter(|_| !self.new_run).map(|(run, _)| *run)
    }

    /// Runs the free half and packs everything for the commit.
    async fn run_free(self, inner: &Arc<Inner>) -> Result<Commit, Poisoned> {
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
                Err(Panicked) => {
                    return Err(Poisoned { event: self.row, run: (!self.new_run).then_some(id) });
                }
            }
        }
        Ok(Commit {
            lane_id: self.lane_id,
            version: self.version,
            lane: self.lane,
            remembers: self.remembers,
            bot: self.bot,
            event_id: self.row.as_ref().map(|row| row.id),
            event: self.event,
            stopped: self.stopped,
            held: self.held,
            effects: self.effects,
            burst,
            used_call: self.used_call,
            new_run: self.new_run,
            programs: self.programs,
            connectors: Arc::clone(&inner.connectors),
            limits: Arc::clone(&inner.limits),
            now: inner.store.now(),
        })
    }
}

/// What the press of a button made from data means: its token has no room for it, its message has.
async fn recall_value(inner: &Inner, lane: &LaneId, event: &mut Event) -> anyhow::Result<()> {
    let (workspace, bot, peer) = (lane.workspace, lane.bot, event.peer.as_ref().map(peer_key));
    let EventKind::Button { token, value, .. } = &mut event.kind else { return Ok(()) };
    let Some(parsed) = ButtonToken::parse(token).filter(|parsed| parsed.exit.as_str().starts_with('_'))
    else {
        return Ok(());
    };
    let effect = EffectId::first_message(parsed.run, parsed.step).to_string();
    let found = inner
        .store
        .read(move |connection| Ok(messages::find_by_effect(connection, workspace, &effect)?))
        .await?;
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

fn after_commit(inner: &Arc<Inner>, bot: &LoadedBot, done: Committed) {
    for (secret, response) in done.replies {
        inner.waiters.answer(&secret, response);
    }
    if done.sends {
        inner.dispatch.wake(bot.workspace, bot.id);
    }
    if done.calls {
        inner.calls_wakeup.notify_one();
    }
    if done.timer.is_some() {
        inner.timers_wakeup.notify_one();
    }
    inner.counters.count(bot.workspace, done.passed, inner.store.now());
    if let Some((run, burst, steps)) = done.trace {
        inner.traces.append(bot.workspace, run, burst, &steps, inner.store.now());
    }
}

/// The engine panicked: the third time the event is dead and its run has failed, and the lane goes on.
async fn give_up(
    inner: &Arc<Inner>,
    lane_id: &LaneId,
    row: Option<InboxRow>,
    run: Option<RunId>,
) -> anyhow::Result<bool> {
    let (lane_id, now) = (lane_id.clone(), inner.store.now());
    let workspace = lane_id.workspace;
    tracing::error!(bot = %lane_id.bot, lane = %lane_id.key, "the engine panicked");
    inner
        .store
        .write(Class::Lanes, move |tx| {
            if let Some(row) = &row {
                if inbox::record_attempt(tx, workspace, row.id)? < PANICS_MAX {
                    return Ok(());
                }
                inbox::mark_dead(tx, workspace, row.id, now)?;
            }
            let Some(run) = run else { return Ok(()) };
            let error = crate::commit::to_json(&engine_panicked());
            store::timers::delete_of_run(tx, workspace, run)?;
            calls::delete_of_run(tx, workspace, run)?;
            let update = RunUpdate { error: Some(&error), ..RunUpdate::ENDED };
            runs::save(tx, workspace, run, &update, now)
        })
        .await?;
    Ok(true)
}

pub fn engine_panicked() -> StepError {
    StepError::new(
        "internal",
        "Something went wrong inside Scenaria; the server's log says more",
        "Что-то пошло не так внутри Scenaria; подробности в журнале сервера",
    )
}

fn lost_answer() -> StepError {
    StepError::new(
        "answer_lost",
        "The answer of the request could not be read",
        "Ответ на запрос не удалось прочитать",
    )
}
