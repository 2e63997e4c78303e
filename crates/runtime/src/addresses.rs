//! Addresses of one use: made inside of a burst's job, called on the public listener. What the call says is an event
//! in the lane of the run that waits; a call that comes before the run waits stands in its row until then.

use engine::address;
use engine::effect::Answer;
use engine::error::StepError;
use engine::event::EventKind;
use engine::run::RunState;
use engine::value::{Map, Value};
use store::awaited_calls::{self, AwaitedCall};
use store::fail_point::{self, FailPoint};
use store::inbox::{self, InboxKind, NewInboxRow};
use store::runs::{self, RunStatus};
use store::{Class, JobError, Tx};

use crate::Runtime;
use crate::commit::{Commit, to_json};
use crate::event::{OwnEvent, PLAIN};
use crate::intake::{IntakeError, Pending, named_key, random_hex};

/// What became of a call of an address.
pub enum AddressCall {
    /// It is taken; its caller waits.
    Taken(Pending),
    /// There was such an address, and it is over.
    Over,
    Unknown,
}

/// Makes the address an action asks for, in its own commit.
pub fn make(
    tx: &mut Tx,
    commit: &Commit,
    run: &RunState,
    valid_ms: i64,
) -> Result<Result<Answer, StepError>, JobError> {
    let Ok(secret) = random_hex() else {
        return Ok(Err(StepError::new(
            "no_random",
            "The server could not make a secret address",
            "Серверу не удалось сделать секретный адрес",
        )));
    };
    let expires_at = commit.now.plus_ms(valid_ms);
    awaited_calls::insert(tx, &commit.lane_id, run.run, &address::hash(&secret), expires_at)?;
    Ok(Ok(Answer::Written(commit.bot.one_time_address(&secret).into())))
}

/// Whether somebody has called an address already, and what he said.
pub fn take(
    tx: &mut Tx,
    commit: &Commit,
    run: &RunState,
    secret_hash: &str,
) -> Result<Result<Answer, StepError>, JobError> {
    let workspace = commit.lane_id.workspace;
    let Some(found) = awaited_calls::find_of_run(tx, workspace, run.run, secret_hash)? else {
        return Ok(Err(address::unknown()));
    };
    Ok(match (found.request, found.called_at) {
        (Some(request), _) => {
            awaited_calls::clear_request(tx, workspace, secret_hash)?;
            let request: Map = serde_json::from_str(&request).unwrap_or_default();
            Ok(Answer::Written(request.into()))
        }
        (None, Some(_)) => Err(address::used()),
        (None, None) => Ok(Answer::Written(Value::Null)),
    })
}

impl Runtime {
    /// Somebody calls an address that a run gave out. The waiter is registered before the commit. Whoever has named his
    /// call by a `key` may call again under it, and waits for the same reply.
    pub async fn call_address(
        &self,
        secret: &str,
        request: Map,
        key: Option<&str>,
    ) -> Result<AddressCall, IntakeError> {
        let hash = address::hash(secret);
        let wanted = hash.clone();
        let found =
            self.inner.store.read(move |connection| Ok(awaited_calls::find(connection, &wanted)?)).await?;
        let Some(found) = found else { return Ok(AddressCall::Unknown) };
        let bot = match self.active_bot(found.bot_id).await {
            Ok(bot) => bot,
            Err(IntakeError::NoBot) => return Ok(AddressCall::Over),
            Err(error) => return Err(error),
        };
        let (lane, now) = (found.lane(), self.inner.store.now());
        let (said, reply_secret) = (to_json(&request), random_hex()?);
        let dedupe_key = match key {
            Some(key) => named_key(format_args!("once {}", found.id), key),
            None => format!("called:{}", found.id),
        };
        let event = OwnEvent { peer: None, sender: None, kind: EventKind::Called { address: hash, request } };
        let row = NewInboxRow {
            lane: lane.clone(),
            partition: 0,
            dedupe_key: dedupe_key.clone(),
            kind: InboxKind::Webhook,
            payload: to_json(&event).into_bytes(),
            meta: PLAIN.to_owned(),
            reply_secret: Some(reply_secret.clone()),
            hops: 0,
            received_at: now,
        };
        let waiting = self.inner.waiters.register(&reply_secret);
        let take = move |tx: &mut Tx| take_in(tx, &found, &said, &row, now);
        let Some(event) = self.inner.store.write(Class::Intake, take).await? else {
            let again = match key {
                Some(_) => self.called_before(bot.workspace, bot.id, &dedupe_key).await?,
                None => None,
            };
            return Ok(again.map_or(AddressCall::Over, AddressCall::Taken));
        };
        fail_point::reach(FailPoint::IntakeStored);
        waiting.is_for(event);
        self.inner.meters.received.increment();
        self.inner.wake(lane);
        Ok(AddressCall::Taken(Pending::new(bot.workspace, event, reply_secret, waiting)))
    }
}

/// Uses the address up and puts the event into the lane, in one commit; `None` when the address is over.
fn take_in(
    tx: &mut Tx,
    call: &AwaitedCall,
    said: &str,
    row: &NewInboxRow,
    now: engine::ids::UtcMs,
) -> Result<Option<engine::ids::EventId>, JobError> {
    let run = runs::find(tx, call.workspace_id, call.run_id)?;
    let is_open = run.is_some_and(|run| run.status != RunStatus::Ended);
    if !is_open || !awaited_calls::use_up(tx, call, said, now)? {
        return Ok(None);
    }
    let received = inbox::insert_batch(tx, std::slice::from_ref(row))?;
    Ok(received.first().map(|received| received.event_id))
}
