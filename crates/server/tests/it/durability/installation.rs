//! A database with one Telegram bot in it, the doubles it talks to, and nodes of the real binary.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connectors::testing::{FakeBotApi, Reply, TestServer};
use engine::ids::{BotId, WorkspaceId};
use engine::list::ColumnKind;
use engine::scenario::{CheckWorld, Scenario, check};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use store::bots::{BotIntake, BotStatus, NewBot, UnknownPolicy};
use store::lists::ListColumn;
use store::testing::PostgresDatabase;
use store::workspaces::NewWorkspace;
use store::{Class, DataDir, Database, Locale, MasterKey, Purpose, Secret, Store, StoreConfig};
use tempfile::TempDir;

pub const SECRET: &str = "webhook-secret";
const KEY: &str = "8f1c0d3b5a7e9246b8d0f2a4c6e80123456789abcdef0123456789abcdef0123";

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

pub struct Installation {
    pub api: FakeBotApi,
    pub shop: Shop,
    pub workspace: WorkspaceId,
    pub bot: BotId,
    database: Database,
    directory: TempDir,
    _created: Option<PostgresDatabase>,
    nodes: Mutex<usize>,
}

impl Installation {
    /// On a fresh database; `None` without a PostgreSQL server to test with.
    pub async fn new(kind: Kind, document: impl Fn(&str) -> Value) -> Option<Self> {
        let created = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(PostgresDatabase::create()?),
        };
        Some(Self::at(tempfile::tempdir().unwrap(), created, document).await)
    }

    /// In a directory, or on a PostgreSQL database.
    pub async fn at(
        directory: TempDir,
        created: Option<PostgresDatabase>,
        document: impl Fn(&str) -> Value,
    ) -> Self {
        let database = match &created {
            Some(created) => created.database(),
            None => {
                let first = DataDir::open(directory.path().join("node-1")).unwrap();
                Database::Sqlite { path: first.database_path() }
            }
        };
        let (api, shop) = (FakeBotApi::start().await, Shop::open().await);
        let store = open(&database);
        let (workspace, bot) = fill(&store, &api, &document(&shop.server.url())).await;
        store.close().await;
        Self { api, shop, workspace, bot, database, directory, _created: created, nodes: Mutex::new(0) }
    }

    /// The database itself, for looking at it while no node serves (SQLite) or at any time.
    pub fn store(&self) -> Store {
        open(&self.database)
    }

    /// Another node, with a directory and an address of its own; not started.
    pub fn node(&self) -> Node {
        let mut nodes = self.nodes.lock().unwrap();
        *nodes += 1;
        let data = self.directory.path().join(format!("node-{nodes}"));
        let url = match &self.database {
            Database::Sqlite { .. } => None,
            Database::Postgres { url } => Some(url.clone()),
        };
        let log = self.directory.path().join(format!("node-{nodes}.log"));
        Node { data, url, log, public: free_address(), child: None, ended_by_itself: 0 }
    }

    /// Where the nodes keep their files.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// Cuts every connection to the database.
    pub fn cut_connections(&self) {
        if let Database::Postgres { url } = &self.database {
            store::testing::kill_connections(url);
        }
    }

    /// Messages that people have heard so far.
    pub fn heard(&self) -> usize {
        self.api.calls_of("sendMessage").iter().filter(|call| call.carried_out).count()
    }

    /// People who have heard anything.
    pub fn listeners(&self) -> i64 {
        let chats: BTreeSet<i64> = self
            .api
            .calls_of("sendMessage")
            .iter()
            .filter_map(|call| call.params["chat_id"].as_i64())
            .collect();
        i64::try_from(chats.len()).unwrap()
    }

    /// The path of the bot's webhook.
    pub fn hook(&self) -> String {
        format!("/telegram/{}/webhook", self.bot)
    }
}

fn open(database: &Database) -> Store {
    let directory = tempfile::tempdir().unwrap();
    let key = MasterKey::load_or_create(&DataDir::open(directory.path()).unwrap(), Some(KEY)).unwrap();
    let config = StoreConfig { readers: 1, writers: 2, ..StoreConfig::new(database.clone(), key) };
    tokio::task::block_in_place(|| Store::open(config)).unwrap()
}

/// A port that is free now. It stays the node's, over all its starts.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn fill(store: &Store, api: &FakeBotApi, document: &Value) -> (WorkspaceId, BotId) {
    let parsed = Scenario::parse(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:?}"));
    let findings = check(&parsed, &CheckWorld::default());
    assert!(!findings.has_errors(), "{findings:?}");
    let (text, now) = (parsed.to_text(), store.now());
    let (vault, base_url) = (store.vault().clone(), api.base_url());
    let job = move |tx: &mut store::Tx| {
        let new = NewWorkspace { name: "Test".into(), locale: Locale::En, zone: "UTC".into() };
        let workspace = store::workspaces::insert(tx, &new, now)?;
        let seal = |purpose, text: &str| vault.seal(workspace, purpose, &Secret::new(text)).unwrap();
        let bot = NewBot {
            workspace_id: workspace,
            channel: "telegram".into(),
            name: "Bot".into(),
            username: Some("test_bot".into()),
            external_id: Some("123456789".into()),
            token: Some(seal(Purpose::BotToken, FakeBotApi::TOKEN)),
            base_url: Some(base_url.clone()),
            intake: BotIntake::Webhook,
            webhook_secret: Some(seal(Purpose::BotWebhookSecret, SECRET)),
            unknown_policy: UnknownPolicy::Resend,
            status: BotStatus::Active,
        };
        let bot = store::bots::insert(tx, &bot, now)?;
        let scenario = store::scenarios::insert(tx, workspace, "Test", &text, now)?;
        store::scenarios::publish(tx, workspace, scenario, &text, None, now)?;
        store::bots::attach_scenario(tx, workspace, bot, scenario, 0)?;
        let column = |name: &str| ListColumn {
            id: name.to_owned(),
            name: name.to_owned(),
            kind: ColumnKind::Text,
            unique: false,
            indexed: false,
        };
        store::lists::insert(tx, workspace, "journal", &[column("who"), column("what")], now)?;
        Ok((workspace, bot))
    };
    store.write(Class::Lanes, job).await.unwrap()
}

/// An API that the scenario calls: remembers what was asked for, and under which key.
pub struct Shop {
    server: TestServer,
    orders: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Shop {
    async fn open() -> Self {
        let orders: Arc<Mutex<BTreeMap<String, Vec<String>>>> = Arc::default();
        let book = Arc::clone(&orders);
        let server = TestServer::start(move |request| {
            let key = request.header("idempotency-key").unwrap_or_default().to_owned();
            let what = String::from_utf8_lossy(&request.body).into_owned();
            book.lock().unwrap().entry(what).or_default().push(key);
            async { Reply::text(200, "done") }
        })
        .await;
        Self { server, orders }
    }

    /// The idempotency keys that came with each body, one for each time.
    pub fn orders(&self) -> BTreeMap<String, Vec<String>> {
        self.orders.lock().unwrap().clone()
    }
}

/// A process of the binary. It is killed when this is dropped.
pub struct Node {
    data: PathBuf,
    url: Option<String>,
    log: PathBuf,
    pub public: SocketAddr,
    child: Option<Child>,
    /// How often it died of a fail point.
    pub ended_by_itself: usize,
}

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

impl Node {
    /// Starts it with these variables and waits until it serves; false when it died before.
    pub fn start(&mut self, variables: &[(&str, &str)]) -> bool {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenaria"));
        command
            .env_clear()
            .envs(variables.iter().copied())
            .env("LANG", "en_US.UTF-8")
            .env("SCENARIA_DATA_DIR", &self.data)
            .env("SCENARIA_MASTER_KEY", KEY)
            .env("SCENARIA_ADMIN_ADDR", "127.0.0.1:0")
            .env("SCENARIA_PUBLIC_ADDR", self.public.to_string())
            .env("SCENARIA_ALLOW_PRIVATE", "127.0.0.1")
            .env("SCENARIA_ALLOW_PRIVATE_CHANNELS", "127.0.0.1")
            .stdout(Stdio::piped())
            .stderr(log);
        if let Some(url) = &self.url {
            command.env("SCENARIA_DATABASE_URL", url);
        }
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        self.child = Some(child);
        let mut line = String::new();
        let began = Instant::now();
        tokio::task::block_in_place(|| BufReader::new(stdout).read_line(&mut line)).unwrap();
        assert!(began.elapsed() < START, "it took too long to start");
        line.starts_with("Scenaria is running")
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends it as an operator does.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = tokio::task::block_in_place(|| self.child.take().unwrap().wait()).unwrap();
        assert!(status.success(), "it did not end cleanly: {}", self.said());
    }

    /// Whether it has died meanwhile.
    pub fn has_died(&mut self) -> bool {
        match self.child.as_mut().map(|child| child.try_wait().unwrap()) {
            Some(Some(_)) => {
                self.child = None;
                self.ended_by_itself += 1;
                true
            }
            Some(None) => false,
            None => true,
        }
    }

    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Whether it stands still.
    pub fn is_frozen(&self) -> bool {
        let pid = self.child.as_ref().expect("it runs").id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("it runs");
        kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), signal).unwrap();
    }

    /// The end of its log.
    pub fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
