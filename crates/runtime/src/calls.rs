//! Outside calls: performed from their rows, answered into their rows. One that is to be made again only has a
//! later time in its row: it holds no worker, and outlives a restart.

use std::sync::Arc;
use std::time::Duration;

use connectors::channels::FileContent;
use connectors::http::HttpRequest;
use connectors::{Retry, Secret};
use engine::effect::{Answer, Call as Request, HttpAnswer, HttpCall, PartContent, SecretPart, SecretText};
use engine::error::StepError;
use engine::ids::{UtcMs, WorkspaceId};
use engine::limits::HTTP_FILES_BYTES;
use engine::message::MediaSource;
use engine::words::Lang;
use store::calls::{self, Call};
use store::fail_point::{self, FailPoint};
use store::secrets;
use store::setbacks::{Item, Verdict, Work};
use store::{Class, Purpose, ReadError, WriteError};
use tokio::task::JoinSet;

use crate::Inner;
use crate::bots::open_secret;
use crate::files;
use crate::setbacks::set_back;
use crate::timers::{own_first, until};

/// Calls under way at once, over all bots.
const CALLS_AT_ONCE: usize = 64;

/// A call whose answer did not come within its time-out and this is begun again: its performer died.
const GRACE_MS: i64 = 60_000;

/// How often keeping one answer may panic.
const PANICS_MAX: u32 = 3;

/// Wait before an answer that could not be kept is tried again.
const KEEP_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How long to sleep when nothing wakes us; the tables are asked again anyway.
const IDLE: Duration = Duration::from_secs(2);

/// Performs due calls until the runtime stops.
pub async fn run(inner: Arc<Inner>) {
    let mut under_way = JoinSet::new();
    while !inner.stopping.has_begun() {
        while under_way.try_join_next().is_some() {}
        let idle = match begin_due(&inner, &mut under_way).await {
            Ok(None) => continue,
            Ok(Some(idle)) => idle,
            Err(error) => {
                tracing::warn!(%error, "calls have to wait");
                IDLE
            }
        };
        tokio::select! {
            () = inner.stopping.begun() => {}
            () = inner.calls_wakeup.notified() => {}
            Some(_) = under_way.join_next(), if under_way.len() >= CALLS_AT_ONCE => {}
            () = tokio::time::sleep(idle) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Begins every due call there is room for. `None` when there may be more, else how long to sleep.
async fn begin_due(inner: &Arc<Inner>, under_way: &mut JoinSet<()>) -> anyhow::Result<Option<Duration>> {
    let free = i64::try_from(CALLS_AT_ONCE.saturating_sub(under_way.len()))?;
    if free == 0 {
        return Ok(Some(IDLE));
    }
    let now = inner.store.now();
    let (due, next) = inner
        .store
        .read(move |connection| {
            let due = calls::due_pending(connection, now, free)?;
            let next = if due.is_empty() { calls::next_due_at(connection)? } else { None };
            Ok((due, next))
        })
        .await?;
    let due = own_first(due, |call| inner.nodes.owns(call.bot_id), free);
    if due.is_empty() {
        return Ok(Some(next.map_or(IDLE, |next| until(now, next).min(IDLE))));
    }
    let due = match begin(inner, due.clone(), now).await {
        Ok(begun) => begun,
        Err(WriteError::Busy) => return Err(WriteError::Busy.into()),
        Err(_) => begin_each(inner, due, now).await,
    };
    fail_point::reach(FailPoint::CallsBegun);
    if due.is_empty() {
        return Ok(Some(IDLE));
    }
    for call in due {
        let inner = Arc::clone(inner);
        under_way.spawn(async move { perform(&inner, call).await });
    }
    Ok(None)
}

async fn begin(inner: &Inner, due: Vec<Call>, now: UtcMs) -> Result<Vec<Call>, WriteError> {
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
    inner.store.write(Class::Lanes, begin).await
}

/// One of them cannot be begun: the others are, and that one is put off, or its run goes on without it. Those that are
/// left when the database does not answer stay due.
async fn begin_each(inner: &Inner, due: Vec<Call>, now: UtcMs) -> Vec<Call> {
    let mut begun = Vec::with_capacity(due.len());
    for call in due {
        match begin(inner, vec![call.clone()], now).await {
            Ok(one) => begun.extend(one),
            // The database has no time: no call's fault.
            Err(WriteError::Busy) => break,
            Err(error) => {
                if let Err(error) = put_off(inner, &call, &error).await {
                    tracing::warn!(%error, "calls have to wait");
                    break;
                }
            }
        }
    }
    begun
}

/// A call whose row cannot be written is tried again later, and at last answered with an error.
async fn put_off(inner: &Inner, call: &Call, error: &WriteError) -> Result<(), WriteError> {
    let (workspace, run, step) = (call.workspace_id, call.run_id, call.step_no);
    let item = Item { workspace, work: Work::Call, name: format!("step {} of run {run}", step.0) };
    let failed: Result<Answer, StepError> = Err(unreadable());
    let failed = crate::commit::to_json(&failed);
    let later = move |tx: &mut store::Tx, verdict| match verdict {
        Verdict::Again(at) => calls::postpone(tx, workspace, run, step, at).map(|_| ()),
        Verdict::GivenUp => calls::answer(tx, workspace, run, step, &failed).map(|_| ()),
    };
    if set_back(inner, item, error, later).await? == Verdict::GivenUp {
        inner.wake(call.lane());
    }
    Ok(())
}

/// When a call is taken for lost.
fn deadline(call: &Call, now: UtcMs) -> UtcMs {
    let timeout_ms = match serde_json::from_str(&call.request) {
        Ok(Request::Http(HttpCall { timeout_ms, parts, .. })) => {
            // Each of its files is fetched first.
            let files = parts.iter().filter(|part| matches!(part.content, PartContent::File(_))).count();
            let files_ms = i64::try_from(files).unwrap_or_default().saturating_mul(GRACE_MS);
            i64::try_from(timeout_ms).unwrap_or(GRACE_MS).saturating_add(files_ms)
        }
        Err(_) => 0,
    };
    now.plus_ms(timeout_ms.saturating_add(GRACE_MS))
}

/// What came of an attempt.
enum Outcome {
    Answered(Result<Answer, StepError>),
    /// It failed in a way that may pass, and is made again.
    Again(UtcMs),
}

async fn perform(inner: &Arc<Inner>, call: Call) {
    let outcome = match serde_json::from_str(&call.request) {
        Ok(Request::Http(request)) => perform_http(inner, &call, &request).await,
        Err(error) => {
            tracing::error!(run = %call.run_id, %error, "a stored request cannot be read");
            Outcome::Answered(Err(unreadable()))
        }
    };
    fail_point::reach(FailPoint::CallMade);
    let (workspace, run, step) = (call.workspace_id, call.run_id, call.step_no);
    let (answer, again) = match outcome {
        Outcome::Answered(answer) => {
            let meters = &inner.meters;
            if answer.is_ok() { &meters.calls_answered } else { &meters.calls_failed }.increment();
            (Some(crate::commit::to_json(&answer)), UtcMs(0))
        }
        Outcome::Again(at) => (None, at),
    };
    let mut panics = 0;
    loop {
        let answer = answer.clone();
        let keep = move |tx: &mut store::Tx| match &answer {
            Some(answer) => calls::answer(tx, workspace, run, step, answer),
            None => calls::postpone(tx, workspace, run, step, again),
        };
        match inner.store.write(Class::Lanes, keep).await {
            Ok(_) => break,
            // What was done outside must not be done again because the database had no time.
            Err(error @ (WriteError::Busy | WriteError::Unavailable | WriteError::Panicked))
                if panics < PANICS_MAX =>
            {
                panics += u32::from(error == WriteError::Panicked);
                tracing::warn!(%run, %error, "an answer could not be kept yet");
                tokio::time::sleep(KEEP_AGAIN_AFTER).await;
            }
            // The call is begun again, but not for ever.
            Err(error) => {
                tracing::error!(%run, %error, "an answer could not be kept");
                if let Err(error) = put_off(inner, &call, &error).await {
                    tracing::error!(%run, %error, "it is begun again after its deadline");
                }
                return;
            }
        }
    }
    fail_point::reach(FailPoint::CallAnswered);
    match answer {
        Some(_) => inner.wake(call.lane()),
        // Whoever sleeps until the next call hears of this one.
        None => inner.calls_wakeup.notify_one(),
    }
}

async fn perform_http(inner: &Inner, call: &Call, request: &HttpCall) -> Outcome {
    // As it was read: this is one more.
    let attempt = u32::try_from(call.attempt + 1).unwrap_or(u32::MAX);
    let failed = match exchange(inner, call, request).await {
        Ok(mut answer) => {
            if let Some(at) = when_again(inner, request, attempt, Some(&answer)) {
                return Outcome::Again(at);
            }
            answer.attempt = (attempt > 1).then_some(attempt);
            return Outcome::Answered(Ok(Answer::Http(answer)));
        }
        Err(failed) => failed,
    };
    match when_again(inner, request, attempt, None).filter(|_| failed.may_pass) {
        Some(at) => Outcome::Again(at),
        None => Outcome::Answered(Err(failed.error)),
    }
}

fn when_again(inner: &Inner, request: &HttpCall, attempt: u32, answer: Option<&HttpAnswer>) -> Option<UtcMs> {
    let now = inner.store.now();
    request.retry_in_ms(attempt, answer, now).map(|wait_ms| now.plus_ms(wait_ms))
}

/// No answer.
struct Failed {
    error: StepError,
    /// Another attempt may fare better.
    may_pass: bool,
}

impl Failed {
    fn for_good(error: StepError) -> Self {
        Self { error, may_pass: false }
    }
}

async fn exchange(inner: &Inner, call: &Call, request: &HttpCall) -> Result<HttpAnswer, Failed> {
    let secrets = load_secrets(inner, call, request).await.map_err(|error| {
        tracing::warn!(%error, "secrets could not be read");
        Failed::for_good(unreadable())
    })?;
    let files = fetch_files(inner, call, request).await?;
    let prepared = HttpRequest::prepare_with_files(
        request,
        |name| secrets.iter().find(|(known, _)| known == name).map(|(_, secret)| secret.clone()),
        |id| files.iter().find(|(known, _)| *known == id).map(|(_, file)| file),
    );
    let prepared = prepared
        .map_err(|error| Failed::for_good(error.step_error()))?
        .with_idempotency_key(&format!("{}/{}", call.run_id, call.step_no.0));
    let answer = inner.connectors.http().perform(prepared, inner.limits.http_response_bytes).await;
    answer.map_err(|error| Failed { error: error.step_error(), may_pass: error.retry() != Retry::Never })
}

/// The files a request carries, each once, from the workspace or the bot's messenger.
async fn fetch_files<'a>(
    inner: &Inner,
    call: &Call,
    request: &'a HttpCall,
) -> Result<Vec<(&'a str, FileContent)>, Failed> {
    let mut files: Vec<(&str, FileContent)> = Vec::new();
    let mut room = HTTP_FILES_BYTES;
    for part in &request.parts {
        let PartContent::File(id) = &part.content else { continue };
        if files.iter().any(|(known, _)| known == id) {
            continue;
        }
        if let Some(name) = MediaSource::own_name(id) {
            let file = own_file(inner, call.workspace_id, name, room).await?;
            room = room.saturating_sub(file.bytes.len());
            files.push((id, file));
            continue;
        }
        let bot = inner.bots.load(call.bot_id).await.map_err(|error| {
            tracing::warn!(%error, "a bot could not be read");
            Failed::for_good(unreadable())
        })?;
        let bot = bot.filter(|bot| bot.workspace == call.workspace_id);
        let channel = bot.as_ref().and_then(|bot| inner.connectors.channel(&bot.channel));
        let (Some(bot), Some(channel)) = (&bot, channel) else { return Err(Failed::for_good(unreadable())) };
        let fetched = channel.fetch_file(&bot.access, id, room).await.map_err(|error| Failed {
            error: StepError::new(
                "no_file",
                format!(
                    "The file for the field “{}” could not be fetched: {}",
                    part.name,
                    error.text(Lang::En)
                ),
                format!("Файл для поля «{}» не удалось получить: {}", part.name, error.text(Lang::Ru)),
            )
            .at("/body/parts"),
            may_pass: error.retry() != Retry::Never,
        })?;
        room = room.saturating_sub(fetched.bytes.len());
        files.push((id, fetched));
    }
    Ok(files)
}

/// A file of the workspace, if it is no larger than `room` bytes.
async fn own_file(
    inner: &Inner,
    workspace: WorkspaceId,
    name: &str,
    room: usize,
) -> Result<FileContent, Failed> {
    let read = async {
        let Some(file) = files::find(&inner.store, workspace, name).await? else { return Ok(None) };
        match usize::try_from(file.size) {
            Ok(size) if size <= room => files::read(&inner.store, &file).await,
            _ => Ok(None),
        }
    };
    let read: Result<_, ReadError> = read.await;
    let found = read.map_err(|error| {
        tracing::warn!(%error, "a file could not be read");
        Failed { may_pass: true, ..Failed::for_good(unreadable()) }
    })?;
    let (en, ru) = (
        format!("There is no file “{name}”, or it is too large for a request"),
        format!("Файла «{name}» нет, или он слишком велик для запроса"),
    );
    found.ok_or_else(|| Failed::for_good(StepError::new("no_file", en, ru).at("/body/parts")))
}

async fn load_secrets(
    inner: &Inner,
    call: &Call,
    request: &HttpCall,
) -> Result<Vec<(String, Secret)>, ReadError> {
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
    let of_parts = request.parts.iter().filter_map(|part| match &part.content {
        PartContent::Text(text) => Some(text),
        PartContent::File(_) => None,
    });
    let texts = std::iter::once(&request.url)
        .chain(request.query.iter().chain(&request.headers).map(|(_, value)| value))
        .chain(request.login.iter().flat_map(|login| [&login.user, &login.password]))
        .chain(&request.body)
        .chain(of_parts);
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
