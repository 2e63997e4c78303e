//! What a run is between two steps. Stored as text; upcast by `format`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::frames::{Asked, Frame, Origin};
use crate::effect::{Effect, EffectId};
use crate::error::StepError;
use crate::event::{Event, Peer};
use crate::ids::{
    ActionId, BlockId, EventId, ExitId, RunId, ScenarioId, SectionId, StepNo, TriggerId, UtcMs, VersionId,
    WaitId,
};
use crate::limits::{CHAIN_OVER_AFTER_MS, Limits};
use crate::message::Choice;
use crate::value::{Map, Value, map_bytes};

/// Format of [`RunState`] as it is written today.
pub const STATE_FORMAT: u16 = 1;

/// The whole state of one execution of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    pub format: u16,
    pub run: RunId,
    /// The scenario it began with.
    pub scenario: ScenarioId,
    /// The version at work: the scenario's own, or that of a sub-scenario it is inside of.
    pub version: VersionId,
    /// Number of the step that runs or ran last.
    pub step: StepNo,
    /// Commits so far; numbers the traces.
    #[serde(default)]
    pub burst: u32,
    /// Effects the current step has emitted.
    #[serde(default)]
    pub(crate) emitted: u16,
    /// Messages the current step has sent.
    #[serde(default)]
    pub(crate) sent: u16,
    /// The action to run, or the one that waits. `None` when the run ended.
    pub place: Option<Place>,
    /// The block before that of `place`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<BlockId>,
    /// The run's own variables.
    pub vars: Map,
    /// The last answer per block.
    #[serde(default)]
    pub answers: IndexMap<BlockId, Value>,
    /// `[Answer]`.
    #[serde(default)]
    pub answer: Value,
    /// Set while the run waits for an event or a moment.
    #[serde(default)]
    pub wait: Option<OpenWait>,
    /// Set while the run stands back: it neither works nor waits for anything of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The section it was let into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) section: Option<(ScenarioId, SectionId)>,
    /// Set while an ask of the current step is unanswered. Resumed in this state, the action asks again, so
    /// an action emits nothing before it asks.
    #[serde(default)]
    pub asking: bool,
    /// Whether the current step has begun: its action is called with an answer next.
    #[serde(default)]
    pub(crate) begun: bool,
    /// Came by the scenario's error block and has not waited since: another error there ends the run, or the
    /// two would call each other until the steps are spent.
    #[serde(default)]
    pub(crate) in_error_block: bool,
    /// Loops and calls the run is inside of, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) frames: Vec<Frame>,
    #[serde(default)]
    pub(crate) origin: Origin,
    /// Questions that *step back* may go back to, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) history: Vec<Asked>,
    /// Names of the scenarios whose signals led to this run, oldest first; empty when a person began it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) chain: Vec<String>,
    /// It looks after another run's error, so its own is told to nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) for_error: bool,
    /// The event whose caller gets `_response`.
    #[serde(default)]
    pub reply_to: Option<EventId>,
    /// The payment that waits for a yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checkout: Option<String>,
    /// The last event the run took.
    pub event: Event,
    /// Where its messages go.
    pub peer: Option<Peer>,
}

/// An action of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub block: BlockId,
    /// Index in the block's actions.
    pub action: usize,
}

/// What a run waits for, and what the wait has learnt so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenWait {
    pub id: WaitId,
    /// The action that waits.
    pub action: ActionId,
    pub question: bool,
    pub until: Option<UtcMs>,
    /// Wrong answers so far.
    #[serde(default)]
    pub attempts: u32,
    /// Its name, by which it can be cancelled from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The address of one use whose call it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Messages collected so far, by a question that takes several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collected: Vec<Value>,
    /// The choices offered, for buttons generated from data and for typed captions.
    #[serde(default)]
    pub offered: Vec<Offered>,
    /// The message that asked, when its buttons are ticked one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticked: Option<Ticked>,
}

/// The message of a question with several choices, and what is ticked on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticked {
    pub message: EffectId,
    /// Its buttons without ticks.
    pub choices: Vec<Vec<Choice>>,
    pub picked: Vec<ExitId>,
}

impl OpenWait {
    /// A wait that has learnt nothing yet.
    pub fn new(id: WaitId, action: ActionId) -> Self {
        Self {
            id,
            action,
            question: false,
            until: None,
            attempts: 0,
            key: None,
            address: None,
            collected: Vec::new(),
            offered: Vec::new(),
            ticked: None,
        }
    }
}

/// What a run that stands back is waiting for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// To begin at this trigger, once the earlier run of its scenario is over.
    Start(TriggerId),
    /// To ask its question, once no other one is open.
    Question,
    /// To ask its question again, once the run that broke in is over.
    Interrupted { by: RunId },
}

/// A choice a question offered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// What its button's token names.
    pub exit: ExitId,
    pub label: String,
    pub value: Value,
}

impl RunState {
    /// About as many bytes as what it keeps of values takes when it is stored.
    pub(crate) fn kept_bytes(&self) -> usize {
        let answers =
            |answers: &IndexMap<BlockId, Value>| answers.values().map(Value::stored_bytes).sum::<usize>();
        let frame = |frame: &Frame| match frame {
            Frame::Loop(looping) => {
                looping.rest.iter().map(Value::stored_bytes).sum::<usize>() + map_bytes(&looping.before)
            }
            Frame::Call(call) => map_bytes(&call.vars) + answers(&call.answers),
        };
        let collected = self.wait.iter().flat_map(|wait| &wait.collected).map(Value::stored_bytes);
        map_bytes(&self.vars)
            + answers(&self.answers)
            + self.answer.stored_bytes()
            + self.frames.iter().map(frame).sum::<usize>()
            + collected.sum::<usize>()
    }

    /// A run that has not taken its first step.
    pub fn new(run: RunId, scenario: ScenarioId, version: VersionId, event: Event) -> Self {
        Self {
            format: STATE_FORMAT,
            run,
            scenario,
            version,
            step: StepNo(0),
            burst: 0,
            emitted: 0,
            sent: 0,
            place: None,
            previous: None,
            vars: Map::new(),
            answers: IndexMap::new(),
            answer: Value::Null,
            wait: None,
            held: None,
            section: None,
            asking: false,
            begun: false,
            in_error_block: false,
            frames: Vec::new(),
            origin: Origin::default(),
            history: Vec::new(),
            chain: Vec::new(),
            for_error: false,
            reply_to: None,
            checkout: None,
            peer: event.peer.clone(),
            event,
        }
    }

    /// The name of the next effect. Messages are numbered apart from all else, so that the first message of a
    /// step is known by the step alone.
    pub(crate) fn name_effect(&mut self, effect: &Effect) -> EffectId {
        /// No step sends so many messages.
        const OTHERS_FROM: u16 = 0x4000;
        let (count, from) = match effect {
            Effect::Send { .. } => (&mut self.sent, 0),
            _ => (&mut self.emitted, OTHERS_FROM),
        };
        let index = count.saturating_add(from);
        *count = count.saturating_add(1);
        EffectId { run: self.run, step: self.step, index }
    }

    /// The chain of what this run brings about now.
    ///
    /// # Errors
    /// `too_many_hops`: scenarios wake one another again and again.
    pub fn next_chain(
        &self,
        own_name: String,
        now: UtcMs,
        limits: &Limits,
    ) -> Result<Vec<String>, StepError> {
        let is_over = now.0.saturating_sub(self.event.at.0) >= CHAIN_OVER_AFTER_MS;
        let mut chain = if is_over { Vec::new() } else { self.chain.clone() };
        let most = limits.hops;
        chain.push(own_name);
        if chain.len() <= most {
            return Ok(chain);
        }
        let names = chain.join(" → ");
        Err(StepError::new(
            "too_many_hops",
            format!("Scenarios have started one another {most} times in a row: {names}"),
            format!("Сценарии запустили друг друга {most} раз подряд: {names}"),
        ))
    }

    /// Whether the run waits for the person's answer.
    pub fn has_question(&self) -> bool {
        self.wait.as_ref().is_some_and(|wait| wait.question)
    }

    /// Gives way to a run that breaks in; its question is asked again when that one is over.
    pub(crate) fn stand_back(&mut self, by: RunId) {
        self.held = Some(Held::Interrupted { by });
        self.wait = None;
        self.begun = false;
    }

    /// Whether a call to the outside is under way.
    pub fn is_calling(&self) -> bool {
        self.asking
    }

    pub fn is_open(&self) -> bool {
        self.place.is_some() || !self.frames.is_empty()
    }
}
