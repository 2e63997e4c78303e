//! A store on a fresh database, and what most tests need in it.

use engine::ids::{BotId, UtcMs, WorkspaceId};
use store::bots::{BotIntake, BotStatus, NewBot, UnknownPolicy};
use store::outbox::{NewOutboxRow, OutboxClass};
use store::testing::PostgresDatabase;
use store::workspaces::NewWorkspace;
use store::{
    Class, Clock, Connection, Database, JobError, LaneId, Locale, MasterKey, ReadError, Refusal, Retention,
    Store, StoreConfig, Trimmed, Tx, WriteError,
};
use tempfile::TempDir;

pub const NOW: UtcMs = UtcMs(1_800_000_000_000);

pub struct Harness {
    pub store: Store,
    pub workspace: WorkspaceId,
    pub bot: BotId,
    pub database: Database,
    pub key: MasterKey,
    _directory: TempDir,
    _server: Option<PostgresDatabase>,
}

impl Harness {
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::Sqlite { path: directory.path().join("test.db") };
        Self::open(directory, database, None).await
    }

    /// `None` when there is no server to test with.
    pub async fn postgres() -> Option<Self> {
        let created = PostgresDatabase::create()?;
        Some(Self::open(tempfile::tempdir().unwrap(), created.database(), Some(created)).await)
    }

    async fn open(directory: TempDir, database: Database, server: Option<PostgresDatabase>) -> Self {
        let key = MasterKey::random().unwrap();
        let store = open(&database, &key);
        let (workspace, bot) = new_workspace(&store, "first").await;
        Self { store, workspace, bot, database, key, _directory: directory, _server: server }
    }

    pub fn lane(&self, key: &str) -> LaneId {
        LaneId::new(self.workspace, self.bot, key)
    }

    /// A send of `user:1` to `peer`, due `at` milliseconds after [`NOW`].
    pub fn new_send(&self, effect: &str, peer: &str, class: OutboxClass, at: i64) -> NewOutboxRow {
        NewOutboxRow {
            lane: self.lane("user:1"),
            effect_id: effect.into(),
            peer: peer.into(),
            class,
            kind: "send".into(),
            payload: format!("{{\"text\":\"{effect}\"}}"),
            in_history: class != OutboxClass::Ack,
            not_before: NOW.plus_ms(at),
            expires_at: None,
            return_to: Some("1/2".into()),
            created_at: NOW,
        }
    }

    pub async fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Tx) -> Result<T, JobError> + Send + 'static,
    ) -> T {
        self.store.write(Class::Lanes, job).await.unwrap()
    }

    /// One job of each kind of trimming; answers how many rows went.
    pub async fn trim(&self, keep: Retention, now: UtcMs) -> usize {
        let mut gone = 0;
        for what in Trimmed::ALL {
            let step = move |tx: &mut Tx| store::trim(tx, *what, keep, now);
            gone += self.store.write(Class::Background, step).await.unwrap();
        }
        gone
    }

    /// The refusal a job ends with.
    pub async fn refusal<T: Send + std::fmt::Debug + 'static>(
        &self,
        job: impl Fn(&mut Tx) -> Result<T, JobError> + Send + 'static,
    ) -> Refusal {
        match self.store.write(Class::Lanes, job).await {
            Err(WriteError::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub async fn read<T: Send + 'static, E: Into<ReadError>>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> T {
        self.store.read(|connection| query(connection).map_err(Into::into)).await.unwrap()
    }
}

pub fn open(database: &Database, key: &MasterKey) -> Store {
    let config = StoreConfig {
        clock: Clock::manual(NOW),
        readers: 2,
        writers: 4,
        ..StoreConfig::new(database.clone(), key.clone())
    };
    tokio::task::block_in_place(|| Store::open(config)).unwrap()
}

pub async fn new_workspace(store: &Store, name: &str) -> (WorkspaceId, BotId) {
    let name = name.to_owned();
    let job = move |tx: &mut Tx| {
        let new = NewWorkspace { name: name.clone(), locale: Locale::Ru, zone: "Europe/Moscow".into() };
        let workspace = store::workspaces::insert(tx, &new, NOW)?;
        Ok((workspace, store::bots::insert(tx, &new_bot(workspace), NOW)?))
    };
    store.write(Class::Lanes, job).await.unwrap()
}

pub fn new_bot(workspace: WorkspaceId) -> NewBot {
    NewBot {
        workspace_id: workspace,
        channel: "simulator".into(),
        name: "Bot".into(),
        username: None,
        external_id: None,
        token: None,
        base_url: None,
        intake: BotIntake::None,
        webhook_secret: None,
        unknown_policy: UnknownPolicy::Resend,
        status: BotStatus::Active,
    }
}

/// Declares the same tests for both databases.
macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::harness::Harness::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(harness) = $crate::harness::Harness::postgres().await {
                    super::$name(harness).await;
                }
            })*
        }
    };
}
pub(crate) use suite;
