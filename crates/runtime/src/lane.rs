//! One lane at work: its next event, answer or unfinished run becomes a burst, the burst becomes a commit. What was
//! sent as an album is one event: `album.rs`.

mod album;
mod look;
pub mod resting;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::effect::{Effect, EffectId, Emitted, Input, StopReason};
use engine::error::StepError;
use engine::event::{Event, EventKind};
use engine::ids::{EventId, RunId, StepNo, UtcMs};
use engine::lane::Lane;
use engine::message::{ChoiceAction, Response};
use engine::program::ProgramSet;
use engine::run::{ButtonToken, RunState, Scopes};
use engine::signal::{STAFF_CODE, Signal};
use store::fail_point::{self, FailPoint};
use store::inbox::InboxRow;
use store::{Class, LaneId, ReadError, Ring, WriteError};
use store::{inbox, lanes, messages};

use crate::Inner;
use crate::bots::{LoadedBot, button_version};
use crate::broadcasts;
use crate::burst::{Broken, Burst, Panicked};
use crate::commit::{Commit, Committed, Outbound, reply_effect};
use crate::dispatch::Place;
use crate::event::{Inbound, StopRun, album_of, peer_key, read_row};
use crate::give_up::GiveUp;
use crate::lane::look::{Known, Snapshot, read_lane, read_scopes};
use crate::lane::resting::Rested;

/// Events looked at behind one that has to wait.
const LOOK_BEHIND: i64 = 50;

/// Wait before a lane is tried again when the database does not answer.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Works a lane until nothing is left to do.
pub async fn work(inner: &Arc<Inner>, lane: &LaneId) {
    let mut known = Known::new(inner.resting.take(lane));
    loop {
        match work_once(inner, lane, &mut known).await {
            Ok(true) if inner.stopping.has_begun() => return,
            Ok(true) => {}
            Ok(false) => {
                if let Some(rested) = known.into_rested() {
                    inner.resting.keep(lane.clone(), rested);
                }
                return;
            }
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

/// One burst. False when there is nothing left to do.
async fn work_once(inner: &Arc<Inner>, lane_id: &LaneId, known: &mut Known) -> anyhow::Result<bool> {
    let news = inner.queue.take_news(lane_id);
    // Its owner finds the lane in the tables.
    if !inner.nodes.owns(lane_id.bot) {
        return Ok(false);
    }
    let Some(bot) = inner.bots.load(lane_id.bot).await? else { return Ok(false) };
    if !bot.is_active() || bot.workspace != lane_id.workspace {
        return Ok(false);
    }
    let began = Instant::now();
    let Some(mut snapshot) = known.look(inner, &bot, lane_id, news).await? else { return Ok(false) };
    let behind = std::mem::take(&mut snapshot.behind);
    let mut sizes = std::mem::take(&mut snapshot.sizes);
    let (version, all, mut at_rest) = (snapshot.version, snapshot.all, snapshot.at_rest);
    let mut run = None;
    let mut seen = EventId(0);
    let mut places = Vec::new();
    let written = if snapshot.broken.is_empty() {
        let Some(plan) = plan(inner, &bot, lane_id, snapshot).await? else { return Ok(false) };
        at_rest &= plan.in_turn && plan.others.is_empty();
        match plan.run_free(inner).await {
            Ok(mut commit) => {
                places = reserve_places(inner, &commit);
                commit.claims = places.len();
                fail_point::reach(FailPoint::BurstReady);
                run = commit.burst.as_ref().map(|(burst, _)| burst.run.run);
                seen = commit.event_id.unwrap_or(seen);
                let suspect = Poisoned { event: commit.event_id, run: run.filter(|_| !commit.new_run) };
                match inner.store.write(Class::Lanes, move |tx| commit.apply(tx)).await {
                    Err(WriteError::Panicked) if suspect.event.is_some() => {
                        let given_up = give_up_poisoned(inner, &bot, lane_id, suspect).await?;
                        inner.store.write(Class::Lanes, move |tx| given_up.apply(tx)).await
                    }
                    written => written,
                }
            }
            Err(Wrecked::Again(error)) => return Err(error.into()),
            Err(Wrecked::Poisoned(poisoned)) => {
                at_rest = false;
                let given_up = give_up_poisoned(inner, &bot, lane_id, poisoned).await?;
                inner.store.write(Class::Lanes, move |tx| given_up.apply(tx)).await
            }
        }
    } else {
        at_rest = false;
        let given_up = give_up_broken(lane_id, snapshot, inner.store.now());
        inner.store.write(Class::Lanes, move |tx| given_up.apply(tx)).await
    };
    match written {
        Ok(mut done) => {
            fail_point::reach(FailPoint::BurstCommitted);
            inner.meters.bursts.increment();
            let took = began.elapsed();
            inner.meters.burst_time.observe(took);
            tracing::debug!(bot = %lane_id.bot, lane = %lane_id.key, ?run, ?took, "burst committed");
            // What came after the lane was read has woken it again.
            let mut goes_on = done.again || !at_rest || !all || !behind.is_empty();
            let rests = at_rest && !done.again && !lane_id.key.starts_with(lanes::ANONYMOUS);
            if let Some(lane) = done.lane.take().filter(|_| rests) {
                sizes.append(&mut done.saved);
                let newest = |run: RunId| sizes.iter().rev().find(|(of, _)| *of == run).copied();
                let sizes = lane.runs.iter().filter_map(|run| newest(run.run)).collect();
                known.rest(Rested { version: version + 1, lane, seen, sizes }, behind, all);
                goes_on = true;
            }
            after_commit(inner, &bot, done, places);
            Ok(goes_on)
        }
        // Somebody else moved the lane on; look again.
        Err(WriteError::Fenced) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Whether an event was taken.
enum Taken {
    Yes,
    /// It has to wait for a call that is under way; what is behind it may go on.
    Later,
    /// The rest of it is still on its way; what is behind it waits too.
    Incomplete,
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
    /// Nothing was left waiting before it.
    in_turn: bool,
    /// The other updates of the album the event came as.
    others: Vec<EventId>,
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
struct Poisoned {
    event: Option<EventId>,
    run: Option<RunId>,
}

/// Why a plan came to no commit.
enum Wrecked {
    Poisoned(Poisoned),
    Again(ReadError),
}

async fn plan(
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
    async fn run_free(mut self, inner: &Arc<Inner>) -> Result<Commit, Wrecked> {
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
}

impl Plan {
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

/// Places for what goes out at once: a message, and before it the answer to a press.
fn reserve_places(inner: &Inner, commit: &Commit) -> Vec<Place> {
    if inner.store.is_shared() || commit.burst.is_none() && commit.effects.is_empty() {
        return Vec::new();
    }
    let pressed = commit.event.as_ref().is_some_and(|event| matches!(event.kind, EventKind::Button { .. }));
    std::iter::from_fn(|| inner.dispatch.reserve(commit.bot.id)).take(1 + usize::from(pressed)).collect()
}

fn after_commit(inner: &Arc<Inner>, bot: &LoadedBot, done: Committed, places: Vec<Place>) {
    if !done.claimed.is_empty() {
        fail_point::reach(FailPoint::SendsClaimed);
    }
    for (place, row) in places.into_iter().zip(done.claimed) {
        place.hand(row);
    }
    for (secret, response) in done.replies {
        if !inner.waiters.answer(&secret, response) && inner.nodes.are_several() {
            inner.store.ring(Ring::Replied);
        }
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
    done.lanes.into_iter().for_each(|lane| inner.wake(lane));
    for other in done.bots {
        inner.dispatch.wake(bot.workspace, other);
    }
    if done.broadcasts {
        inner.broadcasts_wakeup.notify_one();
    }
    if done.told {
        inner.sweep_wakeup.notify_one();
    }
    inner.counters.count(bot.workspace, done.passed, inner.store.now());
    if let Some((run, burst, steps)) = done.trace {
        inner.traces.append(bot.workspace, run, burst, &steps, inner.store.now());
    }
}

/// The engine panicked: the third time the event is dead and its run has failed, and the lane goes on. The
/// plan is thrown away, so the lane is read anew.
async fn give_up_poisoned(
    inner: &Arc<Inner>,
    bot: &Arc<LoadedBot>,
    lane_id: &LaneId,
    poisoned: Poisoned,
) -> anyhow::Result<GiveUp> {
    inner.meters.panics.increment();
    tracing::error!(bot = %lane_id.bot, lane = %lane_id.key, run = ?poisoned.run, "the engine panicked");
    let (id, of) = (lane_id.clone(), Arc::clone(bot));
    let lane = inner.store.read(move |connection| read_lane(connection, &id, &of)).await?;
    let caller = poisoned.run.and_then(|run| lane.lane.run(run)).and_then(|run| run.reply_to);
    Ok(GiveUp {
        lane_id: lane_id.clone(),
        version: lane.version,
        lane: lane.lane,
        event: poisoned.event,
        runs: poisoned.run.into_iter().collect(),
        error: engine_panicked(),
        callers: poisoned.event.into_iter().chain(caller).collect(),
        now: inner.store.now(),
    })
}

/// Runs whose state is damaged end, and the lane goes on without them.
fn give_up_broken(lane_id: &LaneId, snapshot: Snapshot, now: UtcMs) -> GiveUp {
    GiveUp {
        lane_id: lane_id.clone(),
        version: snapshot.version,
        lane: snapshot.lane,
        event: None,
        // A run has the number of the event that began it; who waits for a later one is not known any more.
        callers: snapshot.broken.iter().map(|run| EventId(run.0)).collect(),
        runs: snapshot.broken,
        error: state_lost(),
        now,
    }
}

pub fn engine_panicked() -> StepError {
    StepError::new(
        "internal",
        "Something went wrong inside Scenaria; the server's log says more",
        "Что-то пошло не так внутри Scenaria; подробности в журнале сервера",
    )
}

fn state_lost() -> StepError {
    StepError::new(
        "state_lost",
        "What the run had come to could not be read any more",
        "Состояние прохождения больше не удалось прочитать",
    )
}

fn lost_answer() -> StepError {
    StepError::new(
        "answer_lost",
        "The answer of the request could not be read",
        "Ответ на запрос не удалось прочитать",
    )
}
