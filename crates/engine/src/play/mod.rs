//! Scenarios without a server: an in-memory world for the terminal, chat tests and draft checks.
//!
//! [`World`] holds what a workspace holds; [`World::event`] plays one event to its end. Scripts and HTTP
//! calls go to an [`Outside`], so this module stays pure.

mod addresses;
mod calls;
mod chat_file;
mod chats;
mod driving;
mod memory;
mod mocks;
mod people;
mod picks;
mod triggers;
mod written;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use chat_file::{ChatFile, ChatFileError};
pub use chat_file::{did, said_text as said};
pub use memory::MemoryList;
use triggers::{ANONYMOUS, Clockwork};
pub use written::parts;

use crate::channel::Capabilities;
use crate::effect::{Delivered, Effect, EffectId, HttpAnswer, HttpCall, Input, Script, ScriptOutcome};
use crate::error::StepError;
use crate::event::{Event, EventKind, Peer, Sender};
use crate::ids::{ActionId, EventId, ExitId, RunId, UtcMs, VersionId, WaitId};
use crate::lane::Lane;
use crate::limits::Limits;
use crate::list::ListDefinition;
use crate::list::error::unknown_list;
use crate::message::{ChatAction, Choice, ChoiceAction, Message, Response, TICK};
use crate::program::{Program, ProgramSet};
use crate::run::TraceStep;
use crate::scenario::Moves;
use crate::value::{Map, Value};
use crate::words::Lang;

use addresses::Address;
use calls::Again;
use people::{Broadcast, Told};

/// Where scripts run and requests go.
pub trait Outside {
    fn script(&mut self, script: &Script) -> Result<ScriptOutcome, StepError>;
    fn http(&mut self, call: &HttpCall) -> Result<HttpAnswer, StepError>;

    /// The fate of what goes to the messenger: a message, a change of one, a call of a method. There is no
    /// messenger here: messages arrive, and calls need somebody who answers for it.
    fn deliver(&mut self, effect: &Effect) -> Result<Delivered, StepError> {
        match effect {
            Effect::Call { call, .. } => Err(StepError::new(
                "no_messenger",
                format!("There is no messenger here to call “{}” of", call.method),
                format!("Здесь нет мессенджера, у которого можно вызвать «{}»", call.method),
            )),
            _ => Ok(Delivered::default()),
        }
    }
}

/// Something the bot let be seen or heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Message(Message),
    /// A message that was said before, as it is now.
    Edited(Message),
    /// The buttons under an earlier message, as they are now.
    Buttons(Vec<Vec<Choice>>),
    /// A message that was said before and is gone.
    Deleted(Message),
    /// What the chat shows the bot to be doing.
    Acting(ChatAction),
    Toast(String),
    Response(Response),
    /// A method of the messenger's API was called.
    Called {
        method: String,
        params: String,
    },
    /// A message did not arrive; the person saw nothing of it.
    Lost(StepError),
    /// The run failed with nobody to catch it; shown to the builder only.
    Failure(StepError),
}

/// What somebody heard, and who that is.
pub type Heard = (String, Said);

/// One subscriber of the played bot.
#[derive(Debug, Default)]
struct Person {
    lane: Lane,
    client: Map,
    person: Map,
    /// Oldest first.
    tags: Vec<String>,
    /// Has been there, and is not forgotten.
    known: bool,
    /// When he came first.
    joined: UtcMs,
    blocked: bool,
    unsubscribed: bool,
    staff: bool,
    /// What stands in the chat from the bot, newest last.
    shown: Vec<Shown>,
    /// Buttons of messages before this one do not go by number.
    numbered_from: usize,
}

/// A message of the bot in a played chat.
#[derive(Debug)]
struct Shown {
    effect: EffectId,
    message: Message,
}

#[derive(Debug)]
struct Timer {
    due: UtcMs,
    who: String,
    run: RunId,
    wait: WaitId,
}

/// A workspace in memory, with one bot and any number of people.
pub struct World {
    programs: ProgramSet,
    lists: BTreeMap<String, MemoryList>,
    globals: Map,
    people: BTreeMap<String, Person>,
    timers: Vec<Timer>,
    /// Addresses that runs gave out.
    addresses: Vec<Address>,
    /// Requests that are to be made again.
    again: Vec<Again>,
    /// Events that wait for a request of their lane, oldest first.
    deferred: Vec<(String, Event)>,
    /// What lanes were told and have not taken yet.
    signals: VecDeque<Told>,
    /// What is for more people than a run tells at once.
    broadcasts: VecDeque<Broadcast>,
    now: UtcMs,
    next_event: i64,
    limits: Limits,
    channel: Capabilities,
    lang: Lang,
    trace: Vec<TraceStep>,
    /// How often each exit of each action was taken.
    passed: BTreeMap<(ActionId, ExitId), u32>,
    /// The bot's zone.
    zone: TimeZone,
    clockwork: Clockwork,
}

/// 2026-01-05 09:00 UTC, a Monday: where every played world begins.
const BEGIN: UtcMs = UtcMs(1_767_603_600_000);

/// The number of whoever shares it in a played world.
const PLAYED_PHONE: &str = "+79990000000";

impl World {
    pub fn new(programs: ProgramSet, lists: Vec<ListDefinition>, lang: Lang) -> Self {
        let mut world = Self {
            programs,
            lists: lists.into_iter().map(|list| (list.name.clone(), MemoryList::new(list))).collect(),
            globals: Map::new(),
            people: BTreeMap::new(),
            timers: Vec::new(),
            addresses: Vec::new(),
            again: Vec::new(),
            deferred: Vec::new(),
            signals: VecDeque::new(),
            broadcasts: VecDeque::new(),
            now: BEGIN,
            next_event: 1,
            limits: Limits::default(),
            channel: Capabilities { channel: "simulator".to_owned(), ..Capabilities::telegram() },
            lang,
            trace: Vec::new(),
            passed: BTreeMap::new(),
            zone: TimeZone::UTC,
            clockwork: Clockwork::default(),
        };
        world.plan();
        world
    }

    /// Gives the bot another zone; what is planned is planned anew.
    pub fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
        self.plan();
    }

    /// The bot's zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn now(&self) -> UtcMs {
        self.now
    }

    /// Steps taken since the last call.
    pub fn take_trace(&mut self) -> Vec<TraceStep> {
        std::mem::take(&mut self.trace)
    }

    /// Variables of the person's newest run, then `client.` and `global.` fields.
    pub fn variables(&self, who: &str) -> Map {
        let mut all = Map::new();
        if let Some(person) = self.people.get(who) {
            if let Some(run) = person.lane.runs.last() {
                all.extend(run.vars.clone());
            }
            let named = person.client.iter().map(|(name, value)| (format!("client.{name}"), value.clone()));
            all.extend(named);
            all.extend(person.person.iter().map(|(name, value)| (format!("person.{name}"), value.clone())));
            all.insert("client.tags".to_owned(), person.tags());
        }
        all.extend(self.globals.iter().map(|(name, value)| (format!("global.{name}"), value.clone())));
        all
    }

    /// How often an action was reached and left by each of its exits, and who waits in it now.
    pub fn exits(&self, action: &ActionId) -> Map {
        let counted = self.passed.iter().filter(|((passed, _), _)| passed == action);
        let mut exits: Map =
            counted.map(|((_, exit), count)| (exit.to_string(), Value::from(i64::from(*count)))).collect();
        let runs = self.people.values().flat_map(|person| &person.lane.runs);
        let waiting = runs.filter_map(|run| run.wait.as_ref()).filter(|wait| wait.action == *action).count();
        exits.insert("_waiting".to_owned(), Value::from(i64::try_from(waiting).unwrap_or(i64::MAX)));
        exits
    }

    /// The buttons of the newest message that has any.
    pub fn newest_buttons(&self, who: &str) -> Vec<&Choice> {
        let Some(person) = self.people.get(who) else { return Vec::new() };
        let recent = person.shown.get(person.numbered_from..).unwrap_or_default();
        let newest = recent.iter().rev().find(|shown| !shown.message.choices.is_empty());
        newest.map(|shown| shown.message.choices.iter().flatten().collect()).unwrap_or_default()
    }

    /// All buttons the person may press, in the order they were shown.
    pub fn buttons(&self, who: &str) -> Vec<&Choice> {
        let shown = self.people.get(who).map(|person| person.shown.as_slice()).unwrap_or_default();
        shown.iter().flat_map(|shown| shown.message.choices.iter().flatten()).collect()
    }

    /// Presses the newest button with this caption.
    pub fn press(&mut self, who: &str, label: &str, outside: &mut dyn Outside) -> Option<Vec<Heard>> {
        let is_meant = |choice: &&Choice| choice.label.strip_prefix(TICK).unwrap_or(&choice.label) == label;
        let choice = self.buttons(who).into_iter().rev().find(is_meant)?;
        let kind = match &choice.action {
            // As in a messenger, a key writes its caption.
            ChoiceAction::Reply(token) if self.is_key(who, token) => {
                EventKind::Text { text: choice.label.clone() }
            }
            ChoiceAction::Reply(token) => EventKind::Button {
                token: token.clone(),
                callback: Some(format!("press-{}", self.next_event)),
                value: choice.value.clone(),
            },
            ChoiceAction::Contact => chat_file::own_contact(PLAYED_PHONE),
            ChoiceAction::Location => EventKind::Location { latitude: 55.75, longitude: 37.62 },
            ChoiceAction::Pick(pick) => EventKind::Picked(picks::example(pick)),
            // What these do, the messenger does by itself.
            ChoiceAction::Url(_)
            | ChoiceAction::MiniApp(_)
            | ChoiceAction::Copy(_)
            | ChoiceAction::Inline { .. } => return Some(Vec::new()),
        };
        Some(self.event(who, kind, outside))
    }

    /// Plays one event until everything rests. Others may hear something too.
    pub fn event(&mut self, who: &str, kind: EventKind, outside: &mut dyn Outside) -> Vec<Heard> {
        let (question, buttons) = (self.open_question(who), self.buttons(who).len());
        let mut said = Vec::new();
        let kind = self.aim(who, kind);
        let kind = self.note(who, kind);
        let event = self.new_event(who, kind);
        let event = self.press_key(who, event);
        self.take(who, event, outside, &mut said);
        self.come_to_rest(outside, &mut said);
        // A new question without buttons: a number is an answer to it, not a press on an older menu.
        if self.buttons(who).len() == buttons && self.open_question(who) != question {
            let person = self.person(who);
            person.numbered_from = person.shown.len();
        }
        said
    }

    fn new_event(&mut self, who: &str, kind: EventKind) -> Event {
        let person = (!who.starts_with(ANONYMOUS)).then_some(who);
        let event = Event {
            id: EventId(self.next_event),
            at: self.now,
            peer: person.map(|who| Peer { chat: who.to_owned(), thread: None }),
            sender: person.map(|who| Sender {
                id: who.to_owned(),
                first_name: capitalised(who),
                language: self.lang.code().to_owned(),
                ..Sender::default()
            }),
            messages: vec![self.next_event.to_string()],
            kind,
        };
        self.next_event += 1;
        event
    }

    /// Hands one event to a lane and works it.
    fn take(&mut self, who: &str, event: Event, outside: &mut dyn Outside, said: &mut Vec<Heard>) {
        let (mut programs, lang, limits) = (self.programs.clone(), self.lang, self.limits.clone());
        self.bury_deserted(&mut programs);
        let Some(turn) = self.person(who).lane.take(&programs, lang, &limits, event.clone()) else {
            self.deferred.push((who.to_owned(), event));
            return;
        };
        self.timers.retain(|timer| {
            timer.who != who || !(turn.stopped.contains(&timer.run) || turn.held.contains(&timer.run))
        });
        self.again.retain(|again| again.who != who || !turn.stopped.contains(&again.run));
        self.apply(who, turn.effects, outside, said);
        if let Some((run, input)) = turn.run {
            self.drive(who, run, input, outside, said);
        }
    }

    /// Makes a program the newest version of its scenario. Runs keep the version they began with.
    pub fn publish(&mut self, program: Arc<Program>) {
        self.programs.publish(program);
        self.plan();
    }

    /// Moves whoever stands in one of these blocks over to a version that was published.
    pub fn move_people(
        &mut self,
        version: VersionId,
        moves: &Moves,
        outside: &mut dyn Outside,
    ) -> Vec<Heard> {
        let mut meant = Vec::new();
        for (who, person) in &self.people {
            for (run, (block, to)) in
                person.lane.runs.iter().flat_map(|run| moves.iter().map(move |to| (run, to)))
            {
                if run.is_to_move(block, version) {
                    meant.push((who.clone(), run.run, to.clone()));
                }
            }
        }
        let mut all = Vec::new();
        for (who, run, to) in meant {
            self.drive(&who, run, Input::Move { version, to }, outside, &mut all);
        }
        self.come_to_rest(outside, &mut all);
        all
    }

    /// An older version in which nobody is any more is only good for its buttons.
    fn bury_deserted(&self, programs: &mut ProgramSet) {
        programs.bury(|version| {
            let mut runs = self.people.values().flat_map(|person| &person.lane.runs);
            !runs.any(|run| run.versions().any(|used| used == version))
        });
    }

    fn open_question(&self, who: &str) -> Option<(RunId, WaitId)> {
        let question = self.people.get(who)?.lane.question()?;
        question.wait.as_ref().map(|wait| (question.run, wait.id))
    }

    /// Lets time pass; everything due on the way happens at its moment.
    pub fn skip(&mut self, ms: i64, outside: &mut dyn Outside) -> Vec<Heard> {
        let until = self.now.plus_ms(ms);
        let mut all = Vec::new();
        loop {
            let timer = self.next_due(until);
            let timer_due = timer.and_then(|index| self.timers.get(index)).map(|timer| timer.due);
            let again = self.next_again().filter(|due| *due <= until);
            // What waits is older than what a trigger begins in the same moment.
            match self.next_trigger(until) {
                Some(due) if [timer_due, again].into_iter().flatten().all(|other| due < other) => {
                    self.now = self.now.max(due);
                    self.fire_due();
                }
                _ if again.is_some_and(|due| timer_due.is_none_or(|timer| due < timer)) => {
                    self.call_again(outside, &mut all);
                }
                _ => {
                    let Some(index) = timer else { break };
                    let timer = self.timers.remove(index);
                    self.now = self.now.max(timer.due);
                    self.drive(&timer.who, timer.run, Input::Timer(timer.wait), outside, &mut all);
                }
            }
            self.come_to_rest(outside, &mut all);
        }
        self.now = until;
        all
    }

    /// Plays what was set off on the way, and what that sets off.
    fn come_to_rest(&mut self, outside: &mut dyn Outside, said: &mut Vec<Heard>) {
        loop {
            self.take_signals(outside, said);
            if !self.take_deferred(outside, said)
                && !self.fire_next(outside, said)
                && !self.broadcast_next(said)
            {
                return;
            }
        }
    }

    fn next_due(&self, until: UtcMs) -> Option<usize> {
        let due = self.timers.iter().enumerate().filter(|(_, timer)| timer.due <= until);
        due.min_by_key(|(_, timer)| timer.due).map(|(index, _)| index)
    }

    fn person(&mut self, who: &str) -> &mut Person {
        self.people.entry(who.to_owned()).or_default()
    }

    fn list(&mut self, name: &str) -> Result<&mut MemoryList, StepError> {
        self.lists.get_mut(name).ok_or_else(|| unknown_list(name))
    }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
