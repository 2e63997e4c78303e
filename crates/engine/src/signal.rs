//! What a lane is told by runs: of its own lane (something happened that a trigger watches) and of other lanes
//! (begin a scenario, end one, change tags and fields).
//!
//! A signal is an inbox row of the lane it is for. It carries the chain of the scenarios that led to it, so that two
//! scenarios that wake each other stop: [`crate::limits::Limits::hops`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::{Answer, Effect, EffectId, Emitted};
use crate::error::StepError;
use crate::ids::{BotId, RunId, ScenarioId, StepNo, TriggerId};
use crate::limits::BROADCAST_BOTS;
use crate::message::Message;
use crate::scenario::Overlap;
use crate::value::{Map, Value};

/// What a lane is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// What a trigger watches has happened.
    Fired { scenario: ScenarioId, trigger: TriggerId, what: Happened },
    /// Begin the scenario of this name with these variables.
    Start {
        scenario: String,
        inputs: Map,
        overlap: Overlap,
        /// Breaks into an open question instead of waiting for its end.
        interrupts: bool,
    },
    /// End the runs of the scenario of this name, except the one that says so.
    Stop { scenario: String, by: RunId },
    /// Give or take tags.
    Tags { tags: Vec<String>, added: bool },
    /// Write fields of the subscriber.
    SetFields { fields: Map },
    /// The subscriber has opened the staff's link.
    JoinStaff,
}

/// A change that triggers may watch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    Tag {
        tag: String,
        added: bool,
    },
    Field {
        name: String,
        old: Value,
        new: Value,
    },
    /// A run of this bot failed and nobody caught the error.
    Failed(Failure),
    /// The subscriber has come for the first time.
    FirstVisit,
}

/// A run that failed, in words for whoever looks after the bot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub scenario: String,
    pub block: String,
    pub action: String,
    pub code: String,
    pub message: String,
}

/// The triggers that watch a change, and the chain their signals carry on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    pub triggers: Vec<(ScenarioId, TriggerId)>,
    pub chain: Vec<String>,
}

impl Watched {
    /// One signal for each trigger.
    pub fn signals(&self, what: &Happened) -> impl Iterator<Item = Signal> {
        self.triggers.iter().map(move |(scenario, trigger)| Signal::Fired {
            scenario: *scenario,
            trigger: trigger.clone(),
            what: what.clone(),
        })
    }
}

impl Signal {
    /// Variables that the run it begins has from the start.
    pub(crate) fn variables(&self) -> Map {
        let named = |pairs: Vec<(&str, Value)>| {
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map>()
        };
        match self {
            Self::Start { inputs, .. } => inputs.clone(),
            Self::Fired { what: Happened::Tag { tag, .. }, .. } => named(vec![("_tag", tag.as_str().into())]),
            Self::Fired { what: Happened::Field { name, old, new }, .. } => named(vec![
                ("_field", name.as_str().into()),
                ("_old_value", old.clone()),
                ("_new_value", new.clone()),
            ]),
            Self::Fired { what: Happened::Failed(failure), .. } => named(vec![
                ("_error", failure.message.as_str().into()),
                ("_error_code", failure.code.as_str().into()),
                ("_error_scenario", failure.scenario.as_str().into()),
                ("_error_block", failure.block.as_str().into()),
                ("_error_action", failure.action.as_str().into()),
            ]),
            Self::Fired { what: Happened::FirstVisit, .. }
            | Self::Stop { .. }
            | Self::Tags { .. }
            | Self::SetFields { .. }
            | Self::JoinStaff => Map::new(),
        }
    }
}

/// Effects of an event that no run takes.
pub(crate) fn without_run(run: RunId, effects: impl IntoIterator<Item = Effect>) -> Vec<Emitted> {
    (0..)
        .zip(effects)
        .map(|(index, effect)| Emitted { id: EffectId { run, step: StepNo(0), index }, effect })
        .collect()
}

/// Something for other subscribers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tell {
    pub to: Audience,
    pub what: What,
    /// Whoever wants nothing hears it all the same: it is the answer to something he asked.
    pub even_unsubscribed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Audience {
    Subscribers(Vec<Recipient>),
    /// The people of this bot who may know what comes in.
    Staff,
}

/// Somebody who is told something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    /// The number the messenger gave him. `None`: nobody, a scenario begins without a subscriber.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Without one, the run's own bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotId>,
    /// What a scenario begins for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<Element>,
}

impl Recipient {
    pub fn subscriber(user: String) -> Self {
        Self { user: Some(user), bot: None, element: None }
    }

    /// What he is told: a scenario begins with what his element gives it.
    pub fn signal<'a>(&self, told: &'a Signal) -> Cow<'a, Signal> {
        match (&self.element, told) {
            (Some(Element { inputs, .. }), Signal::Start { scenario, overlap, interrupts, .. }) => {
                Cow::Owned(Signal::Start {
                    scenario: scenario.clone(),
                    inputs: inputs.clone(),
                    overlap: *overlap,
                    interrupts: *interrupts,
                })
            }
            _ => Cow::Borrowed(told),
        }
    }
}

/// One of several things that a scenario begins for, each with variables of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Among all that the action begins it for.
    pub number: u32,
    pub inputs: Map,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Message(Message),
    Signal { signal: Signal, chain: Vec<String> },
}

/// How a recipient stands with the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Reachable,
    /// Has never been there.
    Unknown,
    /// The messenger takes nothing for him.
    Blocked,
    Unsubscribed,
    /// The bot is none of this workspace's.
    ForeignBot,
    /// The scenario that is to begin is not connected to that bot.
    NoScenario,
}

impl Tell {
    /// Why a recipient is left out.
    pub fn refusal(&self, recipient: &Recipient, reach: Reach) -> Option<StepError> {
        let user = recipient.user.as_deref().unwrap_or_default();
        let speaks =
            matches!(self.what, What::Message(_) | What::Signal { signal: Signal::Start { .. }, .. });
        let (code, en, ru) = match reach {
            Reach::Reachable => return None,
            Reach::Blocked if !speaks => return None,
            Reach::Unsubscribed if !speaks || self.even_unsubscribed => return None,
            Reach::Unknown => (
                "unknown_recipient",
                format!("The bot knows no subscriber {user}: they have to open it first"),
                format!("Бот не знает подписчика {user}: сначала он должен открыть бота"),
            ),
            Reach::Blocked => (
                "recipient_blocked",
                format!("The subscriber {user} has blocked the bot"),
                format!("Подписчик {user} заблокировал бота"),
            ),
            Reach::Unsubscribed => (
                "recipient_unsubscribed",
                format!("The subscriber {user} does not want messages (/stop)"),
                format!("Подписчик {user} отписался от сообщений (/stop)"),
            ),
            Reach::ForeignBot => (
                "unknown_bot",
                format!("This project has no bot {}", recipient.bot.unwrap_or_default()),
                format!("В этом проекте нет бота {}", recipient.bot.unwrap_or_default()),
            ),
            Reach::NoScenario => (
                "scenario_not_connected",
                "The scenario is not connected to that bot, or not published".to_owned(),
                "Сценарий не подключён к тому боту или не опубликован".to_owned(),
            ),
        };
        Some(StepError::new(code, en, ru))
    }

    /// What the action is answered: how many it reached, or why nobody.
    ///
    /// # Errors
    /// The first refusal; `no_staff`.
    pub fn outcome(reached: usize, refused: Option<StepError>) -> Result<Answer, StepError> {
        match refused {
            Some(error) if reached == 0 => Err(error),
            None if reached == 0 => Err(StepError::new(
                "no_staff",
                "Nobody of the staff has joined this bot yet",
                "У бота пока нет сотрудников: никто не перешёл по служебной ссылке",
            )),
            _ => Ok(Answer::Written(i64::try_from(reached).unwrap_or(i64::MAX).into())),
        }
    }
}

/// Whom a broadcast is for: everybody whose bot can be reached at all. Who of them has blocked it is seen when it is
/// his turn. `reach` answers how a bot other than the run's own stands.
///
/// # Errors
/// Of `reach`; inside, why nobody is left, or `too_many_bots`.
pub fn addressed<E>(
    tell: &Tell,
    mut to: Vec<Recipient>,
    mut reach: impl FnMut(BotId) -> Result<Reach, E>,
) -> Result<Result<Vec<Recipient>, StepError>, E> {
    let mut bots: BTreeMap<BotId, Reach> = BTreeMap::new();
    for bot in to.iter().filter_map(|recipient| recipient.bot) {
        if bots.contains_key(&bot) {
            continue;
        }
        if bots.len() == BROADCAST_BOTS {
            return Ok(Err(StepError::new(
                "too_many_bots",
                format!(
                    "The subscribers belong to more than {BROADCAST_BOTS} bots; one action takes up to {BROADCAST_BOTS}"
                ),
                format!(
                    "Подписчики больше чем из {BROADCAST_BOTS} ботов, а одно действие берёт до {BROADCAST_BOTS}"
                ),
            )));
        }
        bots.insert(bot, reach(bot)?);
    }
    let mut refused = None;
    to.retain(|recipient| {
        let reach = recipient.bot.and_then(|bot| bots.get(&bot)).copied().unwrap_or(Reach::Reachable);
        match tell.refusal(recipient, reach) {
            Some(error) => {
                refused.get_or_insert(error);
                false
            }
            None => true,
        }
    });
    Ok(match refused {
        Some(error) if to.is_empty() => Err(error),
        _ => Ok(to),
    })
}

/// What a start link's code begins with when it makes its opener one of the staff.
pub const STAFF_CODE: &str = "staff_";
