//! Outside calls: performed from their rows, answered into their rows.

use std::sync::Arc;
use std::time::Duration;

use connectors::http::HttpRequest;
use engine::effect::{Answer, Call as Request, HttpCall, SecretPart, SecretText};
use engine::error::StepError;
use engine::ids::UtcMs;
use store::calls::{self, Call};
use store::fail_point::{self, FailPoint};
use store::secrets;
use store::{Class, Purpose, ReadError, WriteError};
use tokio::task::JoinSet;

use crate::Inner;
use crate::bots::open_secret;
use crate::timers::own_first;

/// Calls under way at once, over all bots.
const CALLS_AT_ONCE: usize = 64;

/// A call whose answer did not come within its time-out and this is begun again: its performer died.
const GRACE_MS: i64 = 60_000;

/// Wait before an answer that could not be kept is tried again.
const KEEP_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How long to sleep when nothing wakes us; the tables are asked again anyway.
const IDLE: Duration = Duration::from_secs(2);

/// Performs due calls until the runtime stops.
pub async fn run(inner: Arc<Inner>) {
    let mut under_way = JoinSet::new();
    while !inner.stopping.has_begun() {
        while under_way.try_join_next().is_some() {}
        let begun = match begin_due(&inner, &mut under_way).await {
            Ok(begun) => begun,
            Err(error) => {
                tracing::warn!(%error, "calls have to wait");
                0
            }
        };
        if begun > 0 {
            continue;
        }
        tokio::select! {
            () = inner.stopping.begun() => {}
            () = inner.calls_wakeup.notified() => {}
            Some(_) = under_way.join_next(), if under_way.len() >= CALLS_AT_ONCE => {}
            () = tokio::time::sleep(IDLE) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Begins every due call there is room for; answers how many.
async fn begin_due(inner: &Arc<Inner>, under_way: &mut JoinSet<()>) -> anyhow::Result<usize> {
    let free = i64::try_from(CALLS_AT_ONCE.saturating_sub(under_way.len()))?;
    if free == 0 {
        return Ok(0);
    }
    let now = inner.store.now();
    let due = inner.store.read(move |connection| Ok(calls::due_pending(connection, now, free)?)).await?;
    let due = own_first(due, |call| inner.nodes.owns(call.bot_id), free);
    if due.is_empty() {
        return Ok(0);
    }
    let node = inner.nodes.id();
    let begin = move |tx: &mut store::Tx| {
        let mut begun = Vec::with_capacity(due.len());
        for call in &due {
            // On several nodes another one may have been quicker.
            if calls::begin(tx, call, &node, deadline(call, now))? {
                begun.push(call.clone());
            }
        }
        Ok(begun)
    };
    let due = inner.store.write(Class::Lanes, begin).await?;
    fail_point::reach(FailPoint::CallsBegun);
    let count = due.len();
    for call in due {
        let inner = Arc::clone(inner);
        under_way.spawn(async move { perform(&inner, call).await });
    }
    Ok(count)
}

/// When a call is taken for lost.
fn deadline(call: &Call, now: UtcMs) -> UtcMs {
    let timeout_ms = match serde_json::from_str(&call.request) {
        Ok(Request::Http(HttpCall { timeout_ms, .. })) => i64::try_from(timeout_ms).unwrap_or(GRACE_MS),
        Err(_) => 0,
    };
    now.plus_ms(timeout_ms.saturating_add(GRACE_MS))
}

async fn perform(inner: &Arc<Inner>, call: Call) {
    let answer = match serde_json::from_str(&call.request) {
        Ok(Request::Http(request)) => perform_http(inner, &call, &request).await,
        Err(error) => {
            tracing::error!(run = %call.run_id, %error, "a stored request cannot be read");
            Err(unreadable())
        }
    };
    fail_point::reach(FailPoint::CallMade);
    let (workspace, run, step) = (call.workspace_id, call.run_id, call.step_no);
    let counter = if answer.is_ok() { &inner.meters.calls_answered } else { &inner.meters.calls_failed };
    counter.increment();
    let text = crate::commit::to_json(&answer);
    loop {
        let text = text.clone();
        let kept =
            inner.store.write(Class::Lanes, move |tx| calls::answer(tx, workspace, run, step, &text)).await;
        match kept {
            Ok(_) => break,
            // What was done outside must not be done again because the database had no time.
            Err(error @ (WriteError::Busy | WriteError::Unavailable)) => {
                tracing::warn!(%run, %error, "an answer could not be kept yet");
                tokio::time::sleep(KEEP_AGAIN_AFTER).await;
            }
            // The call is begun again after its deadline.
            Err(error) => {
                tracing::error!(%run, %error, "an answer could not be kept");
                return;
            }
        }
    }
    fail_point::reach(FailPoint::CallAnswered);
    inner.wake(call.lane());
}

async fn perform_http(inner: &Inner, call: &Call, request: &HttpCall) -> Result<Answer, StepError> {
    let secrets = load_secrets(inner, call, request).await.map_err(|error| {
        tracing::warn!(%error, "secrets could not be read");
        unreadable()
    })?;
    let find = |name: &str| secrets.iter().find(|(known, _)| known == name).map(|(_, secret)| secret.clone());
    let prepared = HttpRequest::prepare(request, find)
        .map_err(|error| error.step_error())?
        .with_idempotency_key(&format!("{}/{}", call.run_id, call.step_no.0));
    let answer = inner.connectors.http().perform(prepared, inner.limits.http_response_bytes).await;
    answer.map(Answer::Http).map_err(|error| error.step_error())
}

async fn load_secrets(
    inner: &Inner,
    call: &Call,
    request: &HttpCall,
) -> Result<Vec<(String, connectors::Secret)>, ReadError> {
    let names = secret_names(request);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (workspace, store) = (call.workspace_id, inner.store.clone());
    inner
        .store
        .read(move |connection| {
            let mut found = Vec::new();
            for name in names {
                if let Some(sealed) = secrets::find(connection, workspace, &name)? {
                    found.push((
                        name.clone(),
                        open_secret(&store, workspace, Purpose::Variable(&name), &sealed),
                    ));
                }
            }
            Ok(found)
        })
        .await
}

fn secret_names(request: &HttpCall) -> Vec<String> {
    let texts = std::iter::once(&request.url)
        .chain(request.headers.iter().map(|(_, value)| value))
        .chain(&request.body);
    let parts = texts.flat_map(|SecretText(parts)| parts);
    let mut names: Vec<String> = parts
        .filter_map(|part| match part {
            SecretPart::Secret(name) => Some(name.clone()),
            SecretPart::Text(_) => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn unreadable() -> StepError {
    StepError::new("http_failed", "The request could not be made", "Запрос не удалось выполнить")
}
