//! How events come in: into the inbox, acknowledged after the commit, then the lane is woken.

use std::sync::Arc;
use std::time::Duration;

use connectors::channels::simulator::SimulatorUpdate;
use connectors::channels::{IngressError, IngressRequest, IngressResponse, NewUpdate};
use engine::event::{EventKind, Peer, Sender};
use engine::ids::{BotId, EventId, MiniAppId, RunId, ScenarioId, UtcMs, WebhookId, WorkspaceId};
use engine::message::MediaKind;
use engine::message::Response;
use engine::pick::Picked;
use engine::value::Map;
use serde::Serialize;
use store::fail_point::{self, FailPoint, Guarantee};
use store::inbox::{self, Arrivals, InboxKind, InboxRow, NewInboxRow, Received};
use store::replies;
use store::{LaneId, WriteError};

use crate::Runtime;
use crate::bots::LoadedBot;
use crate::commit::to_json;
use crate::event::{Meta, OwnEvent, PLAIN, StopRun, subscriber_lane};
use crate::waiters::Place;

/// Why an event was not taken in. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// There is no such bot, or it is paused.
    #[error("there is no such bot")]
    NoBot,
    #[error(transparent)]
    Ingress(#[from] IngressError),
    /// Answer 503: the sender tries again.
    #[error("the store is busy")]
    Busy,
    #[error("the store is unavailable")]
    Unavailable,
}

impl From<WriteError> for IntakeError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Busy => Self::Busy,
            _ => Self::Unavailable,
        }
    }
}

impl From<store::ReadError> for IntakeError {
    fn from(error: store::ReadError) -> Self {
        match error {
            store::ReadError::Busy => Self::Busy,
            _ => Self::Unavailable,
        }
    }
}

/// A request whose caller waits for `_response`.
pub struct Pending {
    pub workspace: WorkspaceId,
    pub event: EventId,
    /// Of the poll address.
    pub secret: String,
    waiting: Place,
    /// Whether the call was taken before, under the same key: its reply may be there.
    is_repeat: bool,
}

impl Pending {
    pub(crate) fn new(workspace: WorkspaceId, event: EventId, secret: String, waiting: Place) -> Self {
        Self { workspace, event, secret, waiting, is_repeat: false }
    }
}

/// What the keys of events begin with that their callers have named: their replies are kept for as long as repeats
/// are known.
pub(crate) const NAMED: &str = "key:";

/// The key of an event that its caller has named. What was called, and by whom, belongs to it, so that nobody is
/// answered with what another one called for.
pub(crate) fn named_key(what: std::fmt::Arguments<'_>, name: &str) -> String {
    format!("{NAMED}{}", engine::address::hash(&format!("{what}\n{name}")))
}

/// A verified call from outside: who made it, if known, and what it says.
pub struct OutsideCall {
    pub bot: BotId,
    /// The subscriber, when the messenger vouches for him.
    pub sender: Option<Sender>,
    pub kind: OutsideKind,
    /// What the caller calls this call, so that the same one again is the same call: his `Idempotency-Key`.
    pub key: Option<String>,
}

impl OutsideCall {
    /// `None` when its caller has not named it: then it is a call of its own.
    fn named_key(&self) -> Option<String> {
        let who = self.sender.as_ref().map(|sender| sender.id.as_str()).unwrap_or_default();
        let name = self.key.as_deref()?;
        Some(match &self.kind {
            OutsideKind::MiniApp { app, .. } => named_key(format_args!("app {app} {who}"), name),
            OutsideKind::Webhook { webhook, .. } => named_key(format_args!("webhook {webhook} {who}"), name),
        })
    }
}

/// What was called.
pub enum OutsideKind {
    MiniApp {
        app: MiniAppId,
        name: String,
        values: Map,
    },
    /// `request` becomes `_request`, `_request_headers` and the like: names without their underscore.
    Webhook {
        webhook: WebhookId,
        scenario: ScenarioId,
        trigger: String,
        request: Map,
    },
}

/// What a person does in the test chat.
#[derive(Clone, Debug)]
pub enum SimulatedInput {
    Text(String),
    /// A button, by its token.
    Press(String),
    Contact(String),
    Location {
        latitude: f64,
        longitude: f64,
    },
    /// What he picked, by a button of the keyboard.
    Picked(Picked),
    /// A file by its address, which is its id too.
    Media {
        kind: MediaKind,
        file: String,
        text: String,
    },
}

impl Runtime {
    /// Takes in a request of a bot's messenger: verifies it, stores its updates, and answers what the
    /// messenger expects once they are committed.
    pub async fn ingress(
        &self,
        bot: BotId,
        request: &IngressRequest<'_>,
    ) -> Result<IngressResponse, IntakeError> {
        let bot = self.active_bot(bot).await?;
        let channel = self.inner.connectors.channel(&bot.channel).ok_or(IntakeError::NoBot)?;
        let ingress = channel.ingress(request, &bot.webhook_secret)?;
        self.take_updates(&bot, ingress.updates, None).await?;
        Ok(ingress.response)
    }

    /// Stores updates of a messenger, together with the polling cursor they stand behind.
    pub(crate) async fn take_updates(
        &self,
        bot: &LoadedBot,
        updates: Vec<NewUpdate>,
        cursor: Option<i64>,
    ) -> Result<(), IntakeError> {
        if updates.is_empty() && cursor.is_none() {
            return Ok(());
        }
        let (workspace, id, now) = (bot.workspace, bot.id, self.inner.store.now());
        let rows: Vec<NewInboxRow> =
            updates.into_iter().map(|update| update_row(workspace, id, update, now)).collect();
        let number = rows.len() as u64;
        if fail_point::is_broken(Guarantee::AcknowledgeLate) {
            let store = self.inner.store.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                fail_point::reach(FailPoint::IntakeStored);
                store.receive(rows).await
            });
            return Ok(());
        }
        let cursor = cursor.map(|cursor| (workspace, id, cursor));
        self.receive(rows, cursor).await?;
        fail_point::reach(FailPoint::IntakeStored);
        self.inner.meters.received.add(number);
        Ok(())
    }

    /// Puts events into the inbox and wakes their lanes. Where nobody else fills the inbox, the lanes are brought what
    /// is new: they need not read it.
    async fn receive(
        &self,
        rows: Vec<NewInboxRow>,
        cursor: Option<(WorkspaceId, BotId, i64)>,
    ) -> Result<Vec<Received>, WriteError> {
        if !self.inner.store.is_shared() {
            let queue = Arc::clone(&self.inner.queue);
            let bring = move |rows: Vec<(LaneId, InboxRow)>| {
                rows.into_iter().for_each(|(lane, row)| queue.bring(lane, row));
            };
            return self.inner.store.receive(Arrivals { rows, cursor, told: Some(Box::new(bring)) }).await;
        }
        let lanes: Vec<LaneId> = rows.iter().map(|row| row.lane.clone()).collect();
        let received = self.inner.store.receive(Arrivals { rows, cursor, told: None }).await?;
        lanes.into_iter().for_each(|lane| self.inner.wake(lane));
        Ok(received)
    }

    /// Something a person does in the test chat of a simulator bot.
    pub async fn simulate(
        &self,
        workspace: WorkspaceId,
        bot: BotId,
        sender: Sender,
        input: SimulatedInput,
    ) -> Result<EventId, IntakeError> {
        let bot = self.active_bot(bot).await?;
        if bot.workspace != workspace {
            return Err(IntakeError::NoBot);
        }
        let dedupe_key = format!("sim:{}", random_hex()?);
        let kind = match input {
            SimulatedInput::Text(text) => engine::play::said(&text),
            SimulatedInput::Press(token) => {
                EventKind::Button { token, callback: Some(dedupe_key.clone()), value: None }
            }
            SimulatedInput::Contact(phone) => EventKind::Contact {
                phone,
                own: true,
                first_name: sender.first_name.clone(),
                last_name: sender.last_name.clone(),
                user: sender.id.clone(),
            },
            SimulatedInput::Media { kind, file, text } => {
                let name = file.rsplit('/').next().unwrap_or_default().to_owned();
                EventKind::Media {
                    file,
                    text,
                    kind,
                    name,
                    size_bytes: None,
                    mime: String::new(),
                    album: Vec::new(),
                }
            }
            SimulatedInput::Picked(picked) => EventKind::Picked(picked),
            SimulatedInput::Location { latitude, longitude } => EventKind::Location { latitude, longitude },
        };
        let update = SimulatorUpdate { sender, kind };
        let lane = LaneId::new(workspace, bot.id, update.lane_key());
        Ok(self.receive_own(lane, InboxKind::Update, dedupe_key, &update, None).await?.event_id)
    }

    /// Takes in a verified call whose caller waits. The waiter is registered before the commit. A call under a key that
    /// was taken before is the same call: it begins nothing, and waits for the same reply.
    pub async fn call(&self, call: OutsideCall) -> Result<Pending, IntakeError> {
        let bot = self.active_bot(call.bot).await?;
        let secret = random_hex()?;
        let dedupe_key = call.named_key().unwrap_or_else(|| format!("call:{secret}"));
        let (kind, event_kind) = match call.kind {
            OutsideKind::MiniApp { app, name, values } => {
                (InboxKind::Miniapp, EventKind::MiniApp { app, name, values })
            }
            OutsideKind::Webhook { webhook, scenario, trigger, request } => {
                let scenario = Some(scenario);
                (InboxKind::Webhook, EventKind::Webhook { webhook, scenario, trigger, request })
            }
        };
        let lane_key = match &call.sender {
            Some(sender) => subscriber_lane(&sender.id),
            // Nobody to keep in order with: a lane of its own.
            None => format!("{}{secret}", store::lanes::ANONYMOUS),
        };
        let lane = LaneId::new(bot.workspace, bot.id, lane_key);
        let peer = call.sender.as_ref().map(|sender| Peer { chat: sender.id.clone(), thread: None });
        let event = OwnEvent { peer, sender: call.sender, kind: event_kind };
        let waiting = self.inner.waiters.register(&secret);
        let taken = self.receive_own(lane, kind, dedupe_key.clone(), &event, Some(secret.clone())).await?;
        if !taken.fresh {
            let again = self.called_before(bot.workspace, bot.id, &dedupe_key).await?;
            // It was trimmed in this very moment: called once more, it is a new one.
            return again.ok_or(IntakeError::Busy);
        }
        waiting.is_for(taken.event_id);
        Ok(Pending::new(bot.workspace, taken.event_id, secret, waiting))
    }

    /// Waits for the reply to an event that is there already, beside whoever else does.
    pub(crate) async fn called_before(
        &self,
        workspace: WorkspaceId,
        bot: BotId,
        dedupe_key: &str,
    ) -> Result<Option<Pending>, IntakeError> {
        let key = dedupe_key.to_owned();
        let find = move |connection: &mut store::Connection| {
            Ok(inbox::find_by_dedupe_key(connection, workspace, bot, &key)?)
        };
        let found = self.inner.store.read(find).await?;
        let Some((event, secret)) = found.and_then(|row| Some((row.id, row.reply_secret?))) else {
            return Ok(None);
        };
        let waiting = self.inner.waiters.register(&secret);
        waiting.is_for(event);
        Ok(Some(Pending { is_repeat: true, ..Pending::new(workspace, event, secret, waiting) }))
    }

    /// Ends an open run of a lane; one that is over already stays so.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn stop_run(&self, lane: LaneId, run: RunId) -> Result<(), IntakeError> {
        self.receive_own(lane, InboxKind::Stop, format!("stop:{run}"), &StopRun { run }, None).await?;
        Ok(())
    }

    /// Waits for the reply of a call; `None` when it takes longer, then the poll address has it.
    pub async fn reply(&self, mut pending: Pending, wait: Duration) -> Option<Response> {
        if pending.is_repeat
            && let Ok(Some(response)) = self.find_reply(pending.event, pending.secret.clone()).await
        {
            return Some(response);
        }
        if let Some(response) = pending.waiting.reply(wait).await {
            return Some(response);
        }
        // It may have come in the last moment, or through another node.
        self.find_reply(pending.event, pending.secret).await.ok().flatten()
    }

    /// The reply behind a poll address.
    pub async fn find_reply(&self, event: EventId, secret: String) -> Result<Option<Response>, IntakeError> {
        let found = self
            .inner
            .store
            .read(move |connection| Ok(replies::find_by_secret(connection, event, &secret)?))
            .await?;
        Ok(found.as_ref().map(response_of))
    }

    /// Takes in an event of our own making.
    async fn receive_own(
        &self,
        lane: LaneId,
        kind: InboxKind,
        dedupe_key: String,
        event: &impl Serialize,
        reply_secret: Option<String>,
    ) -> Result<Received, IntakeError> {
        let row = NewInboxRow {
            lane,
            partition: 0,
            dedupe_key,
            kind,
            payload: serde_json::to_vec(event).map_err(|_| IntakeError::Unavailable)?,
            meta: PLAIN.to_owned(),
            reply_secret,
            hops: 0,
            received_at: self.inner.store.now(),
        };
        let received = self.receive(vec![row], None).await?;
        fail_point::reach(FailPoint::IntakeStored);
        self.inner.meters.received.increment();
        received.first().copied().ok_or(IntakeError::Unavailable)
    }

    pub(crate) async fn active_bot(&self, bot: BotId) -> Result<Arc<LoadedBot>, IntakeError> {
        if self.inner.pause.is_on() {
            return Err(IntakeError::Busy);
        }
        let bot = self.inner.bots.load(bot).await?;
        bot.filter(|bot| bot.is_active()).ok_or(IntakeError::NoBot)
    }
}

/// What a stored reply says.
pub(crate) fn response_of(reply: &replies::Reply) -> Response {
    Response {
        status: u16::try_from(reply.status).unwrap_or(200),
        body: serde_json::from_slice(&reply.body).unwrap_or_default(),
    }
}

fn update_row(workspace: WorkspaceId, bot: BotId, update: NewUpdate, now: UtcMs) -> NewInboxRow {
    NewInboxRow {
        lane: LaneId::new(workspace, bot, update.lane_key),
        partition: 0,
        dedupe_key: update.dedupe_key,
        kind: InboxKind::Update,
        payload: update.raw.to_vec(),
        meta: update.album.map_or_else(|| PLAIN.to_owned(), |album| to_json(&Meta { album: Some(album) })),
        reply_secret: None,
        hops: 0,
        received_at: now,
    }
}

/// 128 random bits.
pub fn random_hex() -> Result<String, IntakeError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| IntakeError::Unavailable)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
