//! A Bot API server that keeps to the documented contract, remembers every call and can misbehave on demand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::{Notify, Semaphore};

use super::contract;
use super::form::{self, Attached};
use super::http_server::{Reply, Request, TestServer};
use crate::Secret;
use crate::channels::BotAccess;
use crate::http::{AllowPrivate, HttpConfig};

/// A call as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub token: String,
    /// In its documented spelling.
    pub method: String,
    /// Files that came along stand in it by the ids they were given.
    pub params: Value,
    pub files: Vec<Attached>,
    pub at: Instant,
    /// Whether it was done: messages with `true` are in somebody's chat.
    pub carried_out: bool,
    /// It came while a 429 for the same chat was still in force.
    pub early: bool,
}

/// A deviation from the ordinary answer.
#[derive(Clone, Debug)]
pub enum Scripted {
    /// 429 with `retry_after` in seconds.
    RetryAfter(u64),
    Refuse {
        code: u16,
        description: String,
    },
    /// 5xx in the Bot API's form; not carried out.
    ServerError(u16),
    /// A page of a proxy, not the Bot API's.
    Html(u16),
    /// Carried out, but the connection is reset before the answer.
    LoseAnswer,
    /// Reset without being carried out.
    Reset,
    /// No answer, not carried out.
    Hang,
    /// The ordinary answer, later.
    Slow(Duration),
    /// The ordinary answer, as soon as the gate is open. It is carried out even if the caller has gone.
    Gated(Gate),
    /// Carried out with this result.
    Result(Value),
}

/// Holds calls back until it is opened; clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    pub fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub fn open(&self) {
        // Whoever waits for a permit is told that there will be none, and goes on.
        self.0.close();
    }

    async fn pass(&self) {
        let _ = self.0.acquire().await;
    }
}

type Fault = Box<dyn Fn(&Recorded) -> Option<Scripted> + Send + Sync>;

#[derive(Default)]
struct State {
    bots: HashMap<String, Bot>,
    calls: Vec<Recorded>,
    scripts: HashMap<String, VecDeque<Scripted>>,
    fault: Option<Fault>,
    blocked: Vec<i64>,
    migrated: HashMap<i64, i64>,
    /// Per token and chat: when a call may come again.
    limited_until: HashMap<(String, String), Instant>,
    message_ids: HashMap<(String, String), i64>,
    /// Token, chat and number of messages that are gone.
    deleted: Vec<(String, String, i64)>,
    /// Ids of files that are no longer known.
    forgotten: Vec<String>,
}

#[derive(Default)]
struct Bot {
    updates: VecDeque<Value>,
    next_update_id: i64,
    webhook: Option<(String, Option<String>)>,
    /// Counts getUpdates calls: the newest one wins.
    poll: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// The server; it ends when it is dropped.
pub struct FakeBotApi {
    server: TestServer,
    shared: Arc<Shared>,
}

impl FakeBotApi {
    /// The token of the bot every server knows.
    pub const TOKEN: &'static str = "123456789:TEST-ONLY_not-a-real-token_0123456789";

    pub async fn start() -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Notify::new() });
        let handler = Arc::clone(&shared);
        let server = TestServer::start(move |request| answer(Arc::clone(&handler), request)).await;
        let fake = Self { server, shared };
        fake.add_bot(Self::TOKEN);
        fake
    }

    pub fn base_url(&self) -> String {
        self.server.url()
    }

    /// What lets the channels (and only them) reach this server.
    pub fn allow_private(&self) -> AllowPrivate {
        AllowPrivate::parse([self.server.address().to_string().as_str()]).unwrap()
    }

    /// A configuration in which bots may use this server.
    pub fn http_config(&self) -> HttpConfig {
        HttpConfig { allow_private_channels: self.allow_private(), ..HttpConfig::default() }
    }

    /// Access to the bot every server knows.
    pub fn access(&self) -> BotAccess {
        self.access_with(Self::TOKEN)
    }

    pub fn access_with(&self, token: &str) -> BotAccess {
        BotAccess { token: Secret::new(token), base_url: Some(self.base_url()) }
    }

    pub fn add_bot(&self, token: &str) {
        let bot = Bot { next_update_id: 1, ..Bot::default() };
        self.shared.lock().bots.insert(token.to_owned(), bot);
    }

    /// From now on the token is no longer valid.
    pub fn revoke(&self, token: &str) {
        self.shared.lock().bots.remove(token);
    }

    /// The next call of this method is answered so; several are a queue.
    pub fn script(&self, method: &str, scripted: Scripted) {
        self.shared.lock().scripts.entry(method.to_owned()).or_default().push_back(scripted);
    }

    /// Decides about every call that no script is waiting for.
    pub fn script_with(&self, fault: impl Fn(&Recorded) -> Option<Scripted> + Send + Sync + 'static) {
        self.shared.lock().fault = Some(Box::new(fault));
    }

    /// This person blocks the bots.
    pub fn block(&self, chat: i64) {
        self.shared.lock().blocked.push(chat);
    }

    /// This group becomes a supergroup.
    pub fn migrate(&self, chat: i64, new_chat: i64) {
        self.shared.lock().migrated.insert(chat, new_chat);
    }

    /// From now on a file is not known by this id any more.
    pub fn forget_file(&self, id: &str) {
        self.shared.lock().forgotten.push(id.to_owned());
    }

    /// Queues an update for the bot every server knows; an `update_id` is added when there is none. Gives the id.
    pub fn push_update(&self, update: Value) -> i64 {
        self.push_update_for(Self::TOKEN, update)
    }

    pub fn push_update_for(&self, token: &str, mut update: Value) -> i64 {
        let mut state = self.shared.lock();
        let bot = state.bots.get_mut(token).unwrap();
        let id = update.get("update_id").and_then(Value::as_i64).unwrap_or(bot.next_update_id);
        bot.next_update_id = id + 1;
        if let Some(update) = update.as_object_mut() {
            update.insert("update_id".to_owned(), id.into());
        }
        bot.updates.push_back(update);
        drop(state);
        self.shared.changed.notify_waiters();
        id
    }

    /// Queues a text message of this person in the private chat.
    pub fn push_text(&self, user: i64, text: &str) -> i64 {
        self.push_update(json!({"message": {
            "message_id": 1,
            "from": {"id": user, "is_bot": false, "first_name": "Test"},
            "chat": {"id": user, "type": "private", "first_name": "Test"},
            "date": 1_790_000_000,
            "text": text,
        }}))
    }

    /// Address and secret of the webhook, when one is set.
    pub fn webhook(&self, token: &str) -> Option<(String, Option<String>)> {
        self.shared.lock().bots.get(token)?.webhook.clone()
    }

    /// Updates nobody has confirmed yet.
    pub fn pending_updates(&self, token: &str) -> usize {
        self.shared.lock().bots.get(token).map_or(0, |bot| bot.updates.len())
    }

    pub fn calls(&self) -> Vec<Recorded> {
        self.shared.lock().calls.clone()
    }

    /// Calls of one method, in order.
    pub fn calls_of(&self, method: &str) -> Vec<Recorded> {
        self.shared.lock().calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// Texts that arrived in a chat, in order.
    pub fn texts(&self, chat: i64) -> Vec<String> {
        self.shared
            .lock()
            .calls
            .iter()
            .filter(|call| call.carried_out && call.method == "sendMessage" && call.params["chat_id"] == chat)
            .map(|call| call.params["text"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Waits until this many calls of a method came.
    ///
    /// # Panics
    /// When they do not come within 10 seconds.
    pub async fn wait_for_calls(&self, method: &str, count: usize) -> Vec<Recorded> {
        let waiting = async {
            loop {
                let changed = self.shared.changed.notified();
                let calls = self.calls_of(method);
                if calls.len() >= count {
                    return calls;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(10), waiting).await {
            Ok(calls) => calls,
            Err(_) => panic!("{} of {count} calls of {method} came", self.calls_of(method).len()),
        }
    }
}

async fn answer(shared: Arc<Shared>, request: Request) -> Reply {
    if let Some(path) = request.target.strip_prefix("/file/bot") {
        return download(&shared, path);
    }
    let Some((token, method)) = split_target(&request.target) else {
        return refuse(404, "Not Found", json!({}));
    };
    let (mut params, files) = match form::read(request.header("content-type").unwrap_or(""), &request.body) {
        Some(form) => form,
        None => match serde_json::from_slice(&request.body) {
            Ok(Value::Object(params)) => (params, Vec::new()),
            _ if request.body.is_empty() => (Map::new(), Vec::new()),
            _ => return refuse(400, "Bad Request: can't parse the JSON object", json!({})),
        },
    };
    take_in(&shared, &mut params, &files);
    if !shared.lock().bots.contains_key(token) {
        return refuse(401, "Unauthorized", json!({}));
    }
    let checked = contract::check(method, &params);
    let (index, scripted) =
        record(&shared, token, checked.as_ref().map_or(method, |name| name), &params, files);
    shared.changed.notify_waiters();
    let method = match checked {
        Ok(method) => method,
        Err((code, description)) => return refuse(code, &description, json!({})),
    };
    let carry_out = || carry_out(&shared, index, token, method, &params);
    match scripted {
        None => carry_out().await,
        Some(Scripted::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            carry_out().await
        }
        Some(Scripted::Gated(gate)) => {
            gate.pass().await;
            carry_out().await
        }
        Some(Scripted::Result(result)) => {
            mark_done(&shared, index);
            ok(&result)
        }
        Some(Scripted::LoseAnswer) => {
            carry_out().await;
            Reply::Reset
        }
        Some(Scripted::RetryAfter(seconds)) => {
            let until = Instant::now() + Duration::from_secs(seconds);
            shared.lock().limited_until.insert((token.to_owned(), chat_of(&params)), until);
            let description = format!("Too Many Requests: retry after {seconds}");
            refuse(429, &description, json!({"retry_after": seconds}))
        }
        Some(Scripted::Refuse { code, description }) => refuse(code, &description, json!({})),
        Some(Scripted::ServerError(code)) => refuse(code, "Internal Server Error", json!({})),
        Some(Scripted::Html(code)) => Reply::text(code, "<html><h1>nginx</h1></html>"),
        Some(Scripted::Reset) => Reply::Reset,
        Some(Scripted::Hang) => Reply::Hang,
    }
}

/// `<token>/<path>`: a file that `getFile` named; it says where it lies.
fn download(shared: &Shared, path: &str) -> Reply {
    match path.split_once('/') {
        Some((token, path)) if shared.lock().bots.contains_key(token) => {
            Reply::text(200, &format!("the bytes of {path}"))
        }
        _ => refuse(404, "Not Found", json!({})),
    }
}

/// `/bot<token>/<method>`
fn split_target(target: &str) -> Option<(&str, &str)> {
    let (token, method) = target.strip_prefix("/bot")?.split_once('/')?;
    Some((token, method.split('?').next().unwrap_or_default()))
}

fn chat_of(params: &Map<String, Value>) -> String {
    params.get("chat_id").map(Value::to_string).unwrap_or_default()
}

/// Remembers the call and finds out how it is to be answered.
fn record(
    shared: &Shared,
    token: &str,
    method: &str,
    params: &Map<String, Value>,
    files: Vec<Attached>,
) -> (usize, Option<Scripted>) {
    let mut state = shared.lock();
    let at = Instant::now();
    let until = state.limited_until.get(&(token.to_owned(), chat_of(params)));
    let call = Recorded {
        token: token.to_owned(),
        method: method.to_owned(),
        params: Value::Object(params.clone()),
        files,
        at,
        carried_out: false,
        early: until.is_some_and(|until| at < *until),
    };
    let scripted = state.scripts.get_mut(method).and_then(VecDeque::pop_front);
    let scripted = scripted.or_else(|| state.fault.as_ref().and_then(|fault| fault(&call)));
    state.calls.push(call);
    (state.calls.len() - 1, scripted)
}

fn mark_done(shared: &Shared, index: usize) {
    if let Some(call) = shared.lock().calls.get_mut(index) {
        call.carried_out = true;
    }
    shared.changed.notify_waiters();
}

async fn carry_out(
    shared: &Shared,
    index: usize,
    token: &str,
    method: &str,
    params: &Map<String, Value>,
) -> Reply {
    if let Some(refusal) = refuse_chat(shared, params) {
        return refusal;
    }
    let forgotten = shared.lock().forgotten.clone();
    if sent_files(params).iter().any(|(_, id)| forgotten.contains(id)) {
        return refuse(400, "Bad Request: wrong file identifier/HTTP URL specified", json!({}));
    }
    let reply = match method {
        "getUpdates" => get_updates(shared, token, params).await,
        "getMe" => {
            let id: i64 = token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or_default();
            ok(&json!({"id": id, "is_bot": true, "first_name": "Test Bot", "username": "test_bot"}))
        }
        "getFile" => {
            let id = params.get("file_id").and_then(Value::as_str).unwrap_or_default();
            ok(
                &json!({"file_id": id, "file_unique_id": id, "file_size": 20, "file_path": format!("photos/{id}.jpg")}),
            )
        }
        "setWebhook" => {
            let text = |name: &str| params.get(name).and_then(Value::as_str).map(str::to_owned);
            let webhook = text("url").filter(|url| !url.is_empty()).map(|url| (url, text("secret_token")));
            set_webhook(shared, token, webhook)
        }
        "deleteWebhook" => set_webhook(shared, token, None),
        "sendChatAction" => ok(&Value::Bool(true)),
        "sendMediaGroup" => {
            let message = |file| with_files(message(shared, token, params), [file]);
            ok(&sent_files(params).into_iter().map(message).collect())
        }
        "deleteMessages" => delete_messages(shared, token, params),
        _ if method.starts_with("editMessage") => edit_message(shared, token, params),
        _ if method.starts_with("send") && params.contains_key("chat_id") => {
            ok(&with_files(message(shared, token, params), sent_files(params)))
        }
        _ => ok(&Value::Bool(true)),
    };
    mark_done(shared, index);
    reply
}

/// Gives the files that came with a call ids, by which they are known from now on.
fn take_in(shared: &Shared, params: &mut Map<String, Value>, files: &[Attached]) {
    let call = shared.lock().calls.len();
    let id_of = |source: &mut Value| {
        let part = source.as_str().and_then(|source| source.strip_prefix("attach://"));
        if let Some(part) = part.filter(|part| files.iter().any(|file| file.part == *part)) {
            *source = format!("upload-{call}-{part}").into();
        }
    };
    for (name, value) in params {
        match value {
            Value::Array(album) if name == "media" => {
                album.iter_mut().filter_map(|item| item.get_mut("media")).for_each(id_of);
            }
            Value::Object(item) if name == "media" => item.get_mut("media").into_iter().for_each(id_of),
            value => id_of(value),
        }
    }
}

/// The files of a call, each with the kind of thing it is sent as.
fn sent_files(params: &Map<String, Value>) -> Vec<(String, String)> {
    const KINDS: [&str; 8] =
        ["photo", "video", "document", "audio", "voice", "animation", "sticker", "video_note"];
    let of_item =
        |item: &Value| Some((item["type"].as_str()?.to_owned(), item["media"].as_str()?.to_owned()));
    match params.get("media") {
        Some(Value::Array(album)) => album.iter().filter_map(of_item).collect(),
        Some(item) => of_item(item).into_iter().collect(),
        None => {
            let of_kind = |kind: &&str| Some(((*kind).to_owned(), params.get(*kind)?.as_str()?.to_owned()));
            KINDS.iter().filter_map(of_kind).collect()
        }
    }
}

/// A message with the files in it, as Telegram answers them: a picture in several sizes.
fn with_files(mut message: Value, files: impl IntoIterator<Item = (String, String)>) -> Value {
    for (kind, id) in files {
        message[&kind] = match kind.as_str() {
            "photo" => json!([{"file_id": format!("{id}-small")}, {"file_id": id}]),
            _ => json!({"file_id": id}),
        };
    }
    message
}

fn refuse_chat(shared: &Shared, params: &Map<String, Value>) -> Option<Reply> {
    let chat = params.get("chat_id")?.as_i64()?;
    let state = shared.lock();
    if state.blocked.contains(&chat) {
        return Some(refuse(403, "Forbidden: bot was blocked by the user", json!({})));
    }
    let new_chat = state.migrated.get(&chat)?;
    let description = "Bad Request: group chat was upgraded to a supergroup chat";
    Some(refuse(400, description, json!({"migrate_to_chat_id": new_chat})))
}

fn set_webhook(shared: &Shared, token: &str, webhook: Option<(String, Option<String>)>) -> Reply {
    if let Some(bot) = shared.lock().bots.get_mut(token) {
        bot.webhook = webhook;
    }
    ok(&Value::Bool(true))
}

fn message(shared: &Shared, token: &str, params: &Map<String, Value>) -> Value {
    let chat = params.get("chat_id").cloned().unwrap_or_default();
    let mut state = shared.lock();
    let id = state.message_ids.entry((token.to_owned(), chat.to_string())).or_insert(100);
    *id += 1;
    let kind = if chat.as_i64().is_some_and(|chat| chat > 0) { "private" } else { "supergroup" };
    json!({
        "message_id": *id,
        "from": {"id": 123_456_789, "is_bot": true, "first_name": "Test Bot", "username": "test_bot"},
        "chat": {"id": chat, "type": kind},
        "date": 1_790_000_000,
        "text": params.get("text"),
    })
}

fn edit_message(shared: &Shared, token: &str, params: &Map<String, Value>) -> Reply {
    let id = params.get("message_id").and_then(Value::as_i64).unwrap_or_default();
    if !is_there(&shared.lock(), token, params, id) {
        return refuse(400, "Bad Request: message to edit not found", json!({}));
    }
    let message = json!({"message_id": id, "date": 1_790_000_000, "chat": {"id": params.get("chat_id")}});
    ok(&with_files(message, sent_files(params)))
}

/// Those that are not there are passed over, as Telegram does.
fn delete_messages(shared: &Shared, token: &str, params: &Map<String, Value>) -> Reply {
    let mut state = shared.lock();
    for id in params.get("message_ids").and_then(Value::as_array).into_iter().flatten() {
        state.deleted.push((token.to_owned(), chat_of(params), id.as_i64().unwrap_or_default()));
    }
    ok(&Value::Bool(true))
}

fn is_there(state: &State, token: &str, params: &Map<String, Value>, id: i64) -> bool {
    let key = (token.to_owned(), chat_of(params));
    let was_sent = state.message_ids.get(&key).is_some_and(|newest| (101..=*newest).contains(&id));
    was_sent && !state.deleted.contains(&(key.0, key.1, id))
}

/// A new call ends the older one; an offset confirms everything before it.
async fn get_updates(shared: &Shared, token: &str, params: &Map<String, Value>) -> Reply {
    let number = |name: &str| params.get(name).and_then(Value::as_i64);
    let limit = usize::try_from(number("limit").unwrap_or(100)).unwrap_or(100);
    let timeout = Duration::from_secs(number("timeout").unwrap_or(0).unsigned_abs());
    let deadline = tokio::time::Instant::now() + timeout;
    let mut mine = None;
    loop {
        let changed = shared.changed.notified();
        {
            let mut state = shared.lock();
            let Some(bot) = state.bots.get_mut(token) else { return refuse(401, "Unauthorized", json!({})) };
            if bot.webhook.is_some() {
                let description = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
                return refuse(409, description, json!({}));
            }
            let poll = *mine.get_or_insert_with(|| {
                bot.poll += 1;
                // The older call has to notice.
                shared.changed.notify_waiters();
                bot.poll
            });
            if poll != bot.poll {
                let description = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
                return refuse(409, description, json!({}));
            }
            if let Some(offset) = number("offset") {
                bot.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
            }
            let batch: Vec<_> = bot.updates.iter().take(limit).cloned().collect();
            if !batch.is_empty() || tokio::time::Instant::now() >= deadline {
                return ok(&Value::Array(batch));
            }
        }
        let _ = tokio::time::timeout_at(deadline, changed).await;
    }
}

fn ok(result: &Value) -> Reply {
    Reply::json(200, &json!({"ok": true, "result": result}))
}

fn refuse(code: u16, description: &str, parameters: Value) -> Reply {
    let mut body = json!({"ok": false, "error_code": code, "description": description});
    if parameters.as_object().is_some_and(|parameters| !parameters.is_empty()) {
        body["parameters"] = parameters;
    }
    Reply::json(code, &body)
}
