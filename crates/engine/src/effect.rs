//! What a run wants from the world: effects (done after the commit), asks (answered before it goes on) and
//! the reasons it stops.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::StepError;
use crate::event::{Event, Peer};
pub use crate::http_call::{HttpAnswer, HttpCall, HttpPart, Login, PartContent};
use crate::ids::{ActionId, BlockId, EventId, ExitId, RunId, StepNo, TriggerId, UtcMs, VersionId, WaitId};
use crate::list::{Bounds, ListChange, ListQuery};
use crate::message::{ChatAction, Message, MessageEdit, Response};
use crate::scenario::MoveTo;
use crate::signal::{Signal, Tell, Watched};
use crate::value::{Map, Value};
use crate::words::Lang;

/// Names an effect for ever: the idempotency key of what leaves a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EffectId {
    pub run: RunId,
    pub step: StepNo,
    pub index: u16,
}

impl EffectId {
    /// The first message a step sent: a question, or the message whose buttons carry that step.
    pub fn first_message(run: RunId, step: StepNo) -> Self {
        Self { run, step, index: 0 }
    }

    /// Reads what [`std::fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('/');
        let (run, step) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let index = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { run: RunId(run), step: StepNo(step), index })
    }
}

impl std::fmt::Display for EffectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.run, self.step.0, self.index)
    }
}

/// An effect under its stable name.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    pub id: EffectId,
    pub effect: Effect,
}

/// Something that becomes true with the commit of the burst that emitted it.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A message to the run's own chat, or to the named one.
    Send { peer: Peer, message: Message },
    /// Changes a message that an earlier effect sent; nothing happens if it never arrived.
    Edit { peer: Peer, message: EffectId, edit: MessageEdit },
    /// Takes such a message back.
    Delete { peer: Peer, message: EffectId },
    /// Shows for some seconds what the bot is doing.
    ChatAction { peer: Peer, action: ChatAction },
    /// Ends the other runs of this lane that wait under this key.
    CancelWaits { key: String },
    /// The answer to a pressed button: a toast, or nothing but the end of the spinner.
    Acknowledge { callback: String, text: Option<String> },
    /// A field of the subscriber, of the person or of the workspace; the last write wins.
    SetField { scope: FieldScope, name: String, value: Value },
    /// Gives the subscriber a tag or takes it; whoever watches is told when that changed anything.
    Tag { tag: String, added: bool, watched: Option<Watched> },
    /// Writes a field of the subscriber from another lane; whoever watches is told when that changed anything.
    ChangeField { name: String, value: Value, watched: Option<Watched> },
    /// The subscriber is one of the staff from now on.
    JoinStaff,
    /// The subscriber wants messages he did not ask for, or wants them no more.
    Subscribe { on: bool },
    /// Everything that is known of the subscriber goes, the person's fields too when wanted. The run ends with it.
    Forget { person: bool },
    /// Tells this lane something, behind what is waiting in it already.
    Signal { signal: Signal, chain: Vec<String> },
    /// The reply to the webhook or mini-app request that is this event.
    Respond { event: EventId, response: Response },
    /// A method of the messenger's API. It stands in the order of the peer, like a message to it.
    Call { peer: Option<Peer>, call: ChannelCall },
}

/// Whose field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldScope {
    Client,
    Person,
    Global,
}

impl FieldScope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Person => "person",
            Self::Global => "global",
        }
    }
}

/// A question to the world that an action needs answered before it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Answered on a read connection; may be repeated.
    Read(ListQuery),
    /// Answered inside the write job, together with everything else of the burst.
    Write(DataOp),
    /// Answered by the sandbox; may be repeated.
    Script(Script),
    /// Answered by the outside world, and only asked from a committed state.
    Outside(Call),
    /// An effect that goes to the messenger and whose fate the run waits for. It goes out as it would without
    /// anybody waiting: in the order of its chat.
    Deliver(Box<Emitted>),
}

/// What comes back for an [`Ask`], or for a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Rows of a list, each with its id under `_id`, and the aggregates that were asked for.
    Rows {
        rows: Vec<Map>,
        aggregates: Vec<Value>,
    },
    /// A data operation was done; what it yields (the new row's id, the new number).
    Written(Value),
    /// A row was added, or the one that was there changed.
    Upserted {
        row: i64,
        added: bool,
    },
    Script(ScriptOutcome),
    Http(HttpAnswer),
    /// What was to go to the messenger did.
    Delivered(Delivered),
    /// What a sub-scenario left behind: its variables.
    Returned(Map),
    /// The event a wait was waiting for.
    Event(Box<Event>),
    /// The wait's time is over.
    Time,
}

/// A change of a list or a shared value, exactly once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataOp {
    /// Answers what the change says.
    List { list: String, change: ListChange },
    /// Adds to a shared number; answers [`Answer::Written`] with the new number.
    Increment { scope: FieldScope, name: String, by: Value, bounds: Bounds },
    /// Makes an address of one use for this run; answers [`Answer::Written`] with it.
    MakeAddress { valid_ms: i64 },
    /// Whether somebody has called the address known by this hash; answers [`Answer::Written`] with what he said, or
    /// with null.
    TakeCall { address: String },
    /// Makes a tracked link unless it is there; answers [`Answer::Written`] with its address.
    Link(NewLink),
    /// Writes to other subscribers or tells their lanes something; answers [`Answer::Written`] with how many it
    /// reached.
    Tell(Box<Tell>),
}

/// A short address that leads elsewhere and counts who went there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewLink {
    pub code: String,
    pub url: String,
    pub name: String,
    /// It is this subscriber's own: his first visit is an event.
    pub personal: bool,
}

/// A script for the sandbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub source: Arc<str>,
    pub varstore: Map,
    pub client: Map,
    pub globals: Map,
    pub request: Value,
    pub seed: u64,
    pub now: UtcMs,
    /// The bot's zone, as [`crate::zone::zone_name`] writes it.
    pub zone: String,
    /// The person's language, for the helpers that write dates and sums.
    pub lang: Lang,
}

/// What a script did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScriptOutcome {
    /// Variables the script wrote or changed.
    pub changed: Map,
    pub removed: Vec<String>,
    /// What the script returned.
    pub result: Option<Value>,
    /// What it said by `log()`, for the trace.
    pub logs: Vec<String>,
}

/// A call that leaves the house. It is stored: secrets stay references.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Http(HttpCall),
}

/// A call of a method of the messenger's API. It is stored: secrets stay references.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelCall {
    pub method: String,
    /// A JSON object.
    pub params: SecretText,
    /// Worth nothing after this many milliseconds; it then goes ahead of everything, outside of any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<i64>,
}

impl ChannelCall {
    /// Takes a payment that is about to be made, or says why not. Telegram waits for it 10 seconds
    /// (<https://core.telegram.org/bots/api#precheckoutquery>).
    pub fn checkout(query: &str, refusal: Option<&str>) -> Self {
        let params = match refusal {
            None => serde_json::json!({"pre_checkout_query_id": query, "ok": true}),
            Some(why) => {
                serde_json::json!({"pre_checkout_query_id": query, "ok": false, "error_message": why})
            }
        };
        Self {
            method: "answerPreCheckoutQuery".to_owned(),
            params: SecretText::plain(params.to_string()),
            within_ms: Some(10_000),
        }
    }
}

/// What became of an [`Ask::Deliver`] that went out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// The messenger's own id of the (last) message, when it made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the messenger answered to a [`Effect::Call`]; null otherwise.
    #[serde(default)]
    pub result: Value,
}

/// Text in which secrets are still names; only the performer of the call puts them in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(pub Vec<SecretPart>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretPart {
    Text(String),
    Secret(String),
}

impl SecretPart {
    /// Bytes of the text; a secret counts as none.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Secret(_) => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl SecretText {
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![SecretPart::Text(text.into())])
    }
}

/// Why a burst ended.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one per burst, taken apart as soon as it is returned")]
pub enum Stop {
    Ask(Ask),
    /// Fuel is spent; go on after the commit.
    Yield,
    Wait(Wait),
    /// It came to a question while another one of its lane is open; it goes on when that one is over.
    Held,
    Done(Ended),
}

/// What a run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub id: WaitId,
    /// Waits for an answer of the person; at most one such run per lane.
    pub question: bool,
    /// The moment the wait is over by itself.
    pub until: Option<UtcMs>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// Nothing more to do.
    Finished,
    /// An error nobody caught.
    Failed(StepError),
    /// Ended from outside.
    Stopped(StopReason),
}

/// Where the button of a message leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// Along the line of this exit.
    Exit { action: ActionId, exit: ExitId },
    /// To a block: the button itself is gone, what was behind it is still there.
    Block(BlockId),
}

/// Why a run was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Something else started in this dialogue.
    Interrupted,
    /// Its wait was cancelled by its key.
    Cancelled,
    /// The same event made it fail again and again.
    Poisoned,
}

/// What an event or an answer tells a run.
#[derive(Clone, Debug)]
pub enum Input {
    /// A trigger of this version fired.
    Start {
        trigger: TriggerId,
        event: Event,
    },
    /// A button of a message was pressed: the run begins behind it.
    Press {
        door: Door,
        event: Event,
    },
    /// The event the open question waits for.
    Event(Event),
    /// A wait is over.
    Timer(WaitId),
    /// An ask was answered.
    Answer(StepNo, Result<Answer, StepError>),
    /// Go on after a yield.
    Resume,
    /// A newer version was published, and whoever stands here was chosen to go on in it.
    Move {
        version: VersionId,
        to: MoveTo,
    },
    Stop(StopReason),
}
