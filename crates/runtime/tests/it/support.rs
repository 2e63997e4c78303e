//! A runtime on a fresh database with one Telegram bot at a Bot API double.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use connectors::Connectors;
use connectors::channels::IngressRequest;
use connectors::http::{AllowPrivate, HttpConfig};
use connectors::testing::FakeBotApi;
use engine::ids::{BotId, ListId, ScenarioId, UtcMs, WorkspaceId};
use engine::limits::Limits;
use engine::list::ColumnKind;
use engine::scenario::{CheckWorld, Scenario, check};
use runtime::{IntakeError, Runtime, RuntimeConfig};
use script_sandbox::{Sandbox, SandboxConfig, WorkerCommand};
use serde_json::{Value, json};
use store::bots::{BotIntake, BotStatus, NewBot, UnknownPolicy};
use store::lists::ListColumn;
use store::messages::Direction;
use store::setbacks::{self, Setback};
use store::testing::PostgresDatabase;
use store::workspaces::NewWorkspace;
use store::{Class, Clock, DataDir, Database, Locale, MasterKey, Purpose, Secret, Store, StoreConfig};

pub const SECRET: &str = "webhook-secret";

/// Long enough that two presses in a row are within it on any machine, short enough to wait for.
pub const DOUBLE_PRESS: Duration = Duration::from_secs(4);

/// Everything a test needs; dropping it leaves nothing behind but the database.
pub struct House {
    pub api: FakeBotApi,
    pub store: Store,
    pub runtime: Runtime,
    pub workspace: WorkspaceId,
    pub bot: BotId,
    database: Database,
    key: MasterKey,
    policy: UnknownPolicy,
    next_update: std::sync::atomic::AtomicI64,
    _directory: tempfile::TempDir,
}

/// Runs a test on SQLite, and on PostgreSQL too when `TEST_POSTGRES_URL` names a server.
pub async fn on_both<F: Future<Output = ()>>(
    test: impl Fn(House) -> F,
    policy: UnknownPolicy,
    document: Value,
) {
    on_both_by(Clock::system, test, policy, document).await;
}

/// The same at a time that only moves when the test moves it.
pub async fn on_both_at_rest<F: Future<Output = ()>>(
    test: impl Fn(House) -> F,
    policy: UnknownPolicy,
    document: Value,
) {
    on_both_by(|| Clock::manual(UtcMs(1_800_000_000_000)), test, policy, document).await;
}

/// The same by any clock.
pub async fn on_both_by<F: Future<Output = ()>>(
    clock: impl Fn() -> Clock,
    test: impl Fn(House) -> F,
    policy: UnknownPolicy,
    document: Value,
) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scenaria.db");
    let sqlite = Database::Sqlite { path };
    test(House::build(sqlite, directory, clock(), policy, document.clone()).await).await;
    if let Some(created) = PostgresDatabase::create() {
        let directory = tempfile::tempdir().unwrap();
        test(House::build(created.database(), directory, clock(), policy, document).await).await;
    }
}

/// Runs a test on PostgreSQL alone, where several nodes may work.
pub async fn on_postgres<F: Future<Output = ()>>(
    test: impl Fn(House) -> F,
    policy: UnknownPolicy,
    document: Value,
) {
    on_postgres_by(Clock::system(), test, policy, document).await;
}

/// The same at a time that only moves when the test moves it. The lives of nodes go by the database's clock.
pub async fn on_postgres_at_rest<F: Future<Output = ()>>(
    test: impl Fn(House) -> F,
    policy: UnknownPolicy,
    document: Value,
) {
    on_postgres_by(Clock::manual(UtcMs(1_800_000_000_000)), test, policy, document).await;
}

async fn on_postgres_by<F: Future<Output = ()>>(
    clock: Clock,
    test: impl Fn(House) -> F,
    policy: UnknownPolicy,
    document: Value,
) {
    if let Some(created) = PostgresDatabase::create() {
        let directory = tempfile::tempdir().unwrap();
        test(House::build(created.database(), directory, clock, policy, document).await).await;
    }
}

/// Asks until the answer is yes. The bound is for a test that fails, not for a slow machine.
pub async fn until(what: &str, ask: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !ask().await {
        assert!(tokio::time::Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A document of one scenario.
pub fn document(triggers: Value, blocks: Value) -> Value {
    json!({"format": "scenaria/1", "name": "Test", "triggers": triggers, "blocks": blocks})
}

pub fn command(name: &str, block: &str) -> Value {
    json!({"id": name, "kind": "command", "options": {"command": name}, "next": {"block": block}})
}

pub fn say(id: &str, text: &str) -> Value {
    json!({"id": id, "kind": "send_message", "options": {"text": text}})
}

impl House {
    async fn build(
        database: Database,
        directory: tempfile::TempDir,
        clock: Clock,
        policy: UnknownPolicy,
        document: Value,
    ) -> Self {
        let api = FakeBotApi::start().await;
        let key = MasterKey::load_or_create(&DataDir::open(directory.path()).unwrap(), None).unwrap();
        let store = open_store(database.clone(), key.clone(), clock).await;
        let (workspace, bot) = fill(&store, &api, FakeBotApi::TOKEN, policy, document).await;
        let runtime = start(&store, &api).await;
        let next_update = std::sync::atomic::AtomicI64::new(1);
        Self {
            api,
            store,
            runtime,
            workspace,
            bot,
            database,
            key,
            policy,
            next_update,
            _directory: directory,
        }
    }

    /// Another node on the same PostgreSQL.
    pub async fn second_node(&self) -> Runtime {
        let store = open_store(self.database.clone(), self.key.clone(), self.store.clock().clone()).await;
        start_at("annexe", &store, &self.api).await
    }

    /// Ends the runtime as a crash does, and starts another one on the same database.
    pub async fn crash_and_restart(&mut self) {
        self.crash().await;
        self.restart().await;
    }

    /// A process that has died commits nothing any more; here the writer lives on, so what is queued is waited for.
    pub async fn crash(&self) {
        self.runtime.shutdown(Duration::ZERO).await;
        self.store.write(Class::Lanes, |_| Ok(())).await.unwrap();
    }

    pub async fn restart(&mut self) {
        self.runtime = start(&self.store, &self.api).await;
    }

    /// Delivers an update to the webhook with the right secret.
    pub async fn deliver(&self, update: &Value) {
        self.deliver_with(update, SECRET).await.unwrap();
    }

    pub async fn deliver_with(&self, update: &Value, secret: &str) -> Result<(), IntakeError> {
        self.deliver_to(self.bot, update, secret).await
    }

    pub async fn deliver_to(&self, bot: BotId, update: &Value, secret: &str) -> Result<(), IntakeError> {
        Self::deliver_through(&self.runtime, bot, update, secret).await
    }

    /// The same at another node.
    pub async fn deliver_through(
        runtime: &Runtime,
        bot: BotId,
        update: &Value,
        secret: &str,
    ) -> Result<(), IntakeError> {
        let body = Bytes::from(serde_json::to_vec(update).unwrap());
        let header = |name: &str| (name == "x-telegram-bot-api-secret-token").then_some(secret.as_bytes());
        let request = IngressRequest { method: "POST", header: &header, query: "", body: &body };
        let response = runtime.ingress(bot, &request).await?;
        assert_eq!(response.status, 200);
        Ok(())
    }

    /// A text message of a person.
    pub fn text(&self, user: i64, text: &str) -> Value {
        let id = self.next_update.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        json!({"update_id": id, "message": {
            "message_id": id,
            "from": {"id": user, "is_bot": false, "first_name": "Anna", "language_code": "en"},
            "chat": {"id": user, "type": "private", "first_name": "Anna"},
            "date": 1_790_000_000,
            "text": text,
        }})
    }

    /// The press of a button under the newest message of a chat, by its caption.
    pub fn press(&self, user: i64, label: &str) -> Value {
        let id = self.next_update.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let sent = self.api.calls_of("sendMessage");
        let buttons = sent.iter().rev().flat_map(|call| {
            let rows = call.params["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
            rows.into_iter().flat_map(|row| row.as_array().cloned().unwrap_or_default())
        });
        let data = buttons
            .into_iter()
            .find(|button| button["text"] == label)
            .unwrap_or_else(|| panic!("no button “{label}”"))["callback_data"]
            .clone();
        json!({"update_id": id, "callback_query": {
            "id": format!("callback-{id}"),
            "from": {"id": user, "is_bot": false, "first_name": "Anna", "language_code": "en"},
            "message": {"message_id": 1, "date": 1_790_000_000, "chat": {"id": user, "type": "private"}},
            "chat_instance": "1",
            "data": data,
        }})
    }

    pub async fn say(&self, user: i64, text: &str) {
        self.deliver(&self.text(user, text)).await;
    }

    /// Waits until a chat has heard this many texts, and a moment longer for one too many.
    pub async fn heard(&self, user: i64, count: usize) -> Vec<String> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.api.texts(user).len() < count {
            assert!(
                tokio::time::Instant::now() < deadline,
                "only {:?} of {count} came; calls: {:?}",
                self.api.texts(user),
                self.api.calls(),
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
        self.api.texts(user)
    }

    /// What was sent to a person or given up, oldest first.
    pub async fn sent(&self, user: i64) -> Vec<store::messages::Message> {
        let lane = store::LaneId::new(self.workspace, self.bot, format!("user:{user}"));
        let history = self
            .store
            .read(move |connection| Ok(store::messages::history(connection, &lane, None, 100)?))
            .await
            .unwrap();
        let ours = history.into_iter().rev().filter(|message| message.direction == Direction::Out);
        ours.collect()
    }

    /// Puts so many rows into a list that has no index yet, past everything; see [`store::testing::fill_list`].
    pub async fn fill_list(&self, list: ListId, rows: i64, cells: &'static str) {
        let (database, workspace) = (self.database.clone(), self.workspace);
        let fill = move || store::testing::fill_list(&database, workspace, list, rows, cells);
        tokio::task::spawn_blocking(fill).await.unwrap();
    }

    /// Has a table refuse some of its rows: see [`store::testing::poison`].
    pub async fn poison(&self, table: &'static str, what: &'static str, when: &'static str) {
        let database = self.database.clone();
        let poison = move || store::testing::poison(&database, table, what, when);
        tokio::task::spawn_blocking(poison).await.unwrap();
    }

    pub async fn cure(&self, table: &'static str) {
        let database = self.database.clone();
        tokio::task::spawn_blocking(move || store::testing::cure(&database, table)).await.unwrap();
    }

    /// What has failed by itself in the background, by its name.
    pub async fn setbacks(&self) -> Vec<Setback> {
        let all = |connection: &mut store::Connection| Ok(setbacks::since(connection, UtcMs(0), 100)?);
        let mut found = self.store.read(all).await.unwrap();
        found.sort_by(|left, right| left.item.cmp(&right.item));
        found
    }

    /// Moves the clock on to the next attempt of what has failed, until it is given up; answers how often it failed.
    pub async fn until_given_up(&self) -> i64 {
        for attempt in 1.. {
            until("it fails again", async || {
                self.setbacks().await.first().is_some_and(|first| first.attempts >= attempt)
            })
            .await;
            let first = self.setbacks().await.remove(0);
            let Some(again_at) = first.again_at else { return first.attempts };
            self.store.clock().advance((again_at.0 - self.store.now().0).max(0));
            self.runtime.bots_changed(self.workspace);
        }
        0
    }

    /// Which database it is on, for what is printed.
    pub fn database_name(&self) -> &'static str {
        match self.database {
            Database::Sqlite { .. } => "SQLite",
            Database::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Another tenant of the same installation, with a bot and a scenario of its own.
    pub async fn neighbour(&self, document: Value) -> BotId {
        const TOKEN: &str = "987654321:TEST-ONLY_not-a-real-token_0123456789";
        self.api.add_bot(TOKEN);
        fill(&self.store, &self.api, TOKEN, self.policy, document).await.1
    }

    /// What a person and the bot have said, newest first, as it is stored.
    pub async fn history(&self, user: i64) -> Vec<String> {
        let lane = store::LaneId::new(self.workspace, self.bot, format!("user:{user}"));
        let read = move |connection: &mut store::Connection| {
            Ok(store::messages::history(connection, &lane, None, 50)?)
        };
        self.store.read(read).await.unwrap().into_iter().map(|message| message.payload).collect()
    }

    /// Waits until every event has been worked.
    pub async fn settled(&self) {
        let pending = |connection: &mut store::Connection| Ok(store::inbox::count_pending(connection)?);
        while self.store.read(pending).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until no timer is left and what they brought has been worked.
    pub async fn timers_fired(&self) {
        let next = |connection: &mut store::Connection| Ok(store::timers::next_due_at(connection)?);
        while self.store.read(next).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.settled().await;
    }

    pub fn unknown_policy(&self) -> UnknownPolicy {
        self.policy
    }

    /// Publishes another document of the same scenario.
    pub async fn publish(&self, scenario: ScenarioId, document: &Value) {
        let (workspace, document) = (self.workspace, checked_text(document));
        let now = self.store.now();
        self.store
            .write(Class::Lanes, move |tx| {
                store::scenarios::publish(tx, workspace, scenario, &document, None, now)
            })
            .await
            .unwrap();
        self.runtime.bots_changed(self.workspace);
    }
}

async fn open_store(database: Database, key: MasterKey, clock: Clock) -> Store {
    let config = StoreConfig { clock, ..StoreConfig::new(database, key) };
    tokio::task::spawn_blocking(move || Store::open(config).unwrap()).await.unwrap()
}

async fn start(store: &Store, api: &FakeBotApi) -> Runtime {
    start_at("house", store, api).await
}

async fn start_at(home: &str, store: &Store, api: &FakeBotApi) -> Runtime {
    // Scenarios may call the double too: it stands in for the outside.
    let config =
        HttpConfig { allow_private: AllowPrivate::parse(["127.0.0.1"]).unwrap(), ..api.http_config() };
    let sandbox = SandboxConfig {
        workers: 1,
        // No test here runs a script; whole bots with scripts are played through the binary.
        command: WorkerCommand { program: "/bin/false".into(), args: Vec::new() },
        ..SandboxConfig::default()
    };
    Runtime::start(RuntimeConfig {
        store: store.clone(),
        connectors: Arc::new(Connectors::new(config).unwrap()),
        sandbox: Sandbox::start(sandbox).unwrap(),
        home: home.to_owned(),
        public_url: "https://bots.example.com".to_owned(),
        lanes: 8,
        seed: 1,
        limits: Limits {
            double_press_ms: i64::try_from(DOUBLE_PRESS.as_millis()).unwrap(),
            ..Limits::default()
        },
        retention: store::Retention::default(),
    })
    .await
    .unwrap()
}

async fn fill(
    store: &Store,
    api: &FakeBotApi,
    token: &'static str,
    policy: UnknownPolicy,
    document: Value,
) -> (WorkspaceId, BotId) {
    let text = checked_text(&document);
    let now = store.now();
    let (vault, base_url) = (store.vault().clone(), api.base_url());
    store
        .write(Class::Lanes, move |tx| {
            let new = NewWorkspace { name: "Test".into(), locale: Locale::En, zone: "UTC".into() };
            let workspace = store::workspaces::insert(tx, &new, now)?;
            let seal = |purpose, text: &str| vault.seal(workspace, purpose, &Secret::new(text)).unwrap();
            let bot = NewBot {
                workspace_id: workspace,
                channel: "telegram".into(),
                name: "Bot".into(),
                username: Some("test_bot".into()),
                external_id: Some("123456789".into()),
                token: Some(seal(Purpose::BotToken, token)),
                base_url: Some(base_url.clone()),
                intake: BotIntake::Webhook,
                webhook_secret: Some(seal(Purpose::BotWebhookSecret, SECRET)),
                unknown_policy: policy,
                status: BotStatus::Active,
            };
            let bot = store::bots::insert(tx, &bot, now)?;
            let scenario = store::scenarios::insert(tx, workspace, "Test", &text, now)?;
            store::scenarios::publish(tx, workspace, scenario, &text, None, now)?;
            store::bots::attach_scenario(tx, workspace, bot, scenario, 0)?;
            let column = |name: &str, unique| ListColumn {
                id: name.to_owned(),
                name: name.to_owned(),
                kind: ColumnKind::Text,
                unique,
                indexed: unique,
            };
            store::lists::insert(
                tx,
                workspace,
                "people",
                &[column("name", true), column("note", false)],
                now,
            )?;
            Ok((workspace, bot))
        })
        .await
        .unwrap()
}

/// What publishing stores: the document without mistakes, in its own spelling.
fn checked_text(document: &Value) -> String {
    let parsed = Scenario::parse(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:?}"));
    let findings = check(&parsed, &CheckWorld::default());
    assert!(!findings.has_errors(), "{findings:?}");
    parsed.to_text()
}
