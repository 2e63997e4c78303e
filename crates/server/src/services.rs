//! What handlers work with, one value per process: the store, the runtime, and how to reach us.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use connectors::channels::IngressError;
use connectors::{Connectors, Secret};
use engine::ids::{UtcMs, WorkspaceId};
use runtime::{IntakeError, Runtime};
use store::{Class, Connection, JobError, Purpose, ReadError, Refusal, Sealed, Store, Tx, Vault, WriteError};
use store::{users, workspaces};

use crate::auth::Throttle;
use crate::config::PublicUrl;
use crate::error::{ApiError, Code};
use crate::metrics::Responses;
use crate::readiness::Readiness;

pub struct Services {
    pub store: Store,
    pub runtime: Runtime,
    pub connectors: Arc<Connectors>,
    pub public_url: PublicUrl,
    pub throttle: Throttle,
    pub responses: Responses,
    pub readiness: Readiness,
    /// Once there is an owner there always is one.
    owner_exists: AtomicBool,
}

impl Services {
    pub fn new(store: Store, runtime: Runtime, connectors: Arc<Connectors>, public_url: PublicUrl) -> Self {
        Self {
            store,
            runtime,
            connectors,
            public_url,
            throttle: Throttle::default(),
            responses: Responses::default(),
            readiness: Readiness::default(),
            owner_exists: AtomicBool::new(false),
        }
    }

    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ApiError> {
        Ok(self.store.read(query).await?)
    }

    /// A write asked for by a person or a program; `job` may run more than once.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Tx) -> Result<T, JobError> + Send + Sync + 'static,
    ) -> Result<T, ApiError> {
        Ok(self.store.write(Class::Lanes, job).await?)
    }

    /// A write after which the runtime has to look at the workspace's configuration again.
    pub async fn configure<T: Send + 'static>(
        &self,
        workspace: WorkspaceId,
        job: impl Fn(&mut Tx) -> Result<T, JobError> + Send + Sync + 'static,
    ) -> Result<T, ApiError> {
        let job = move |tx: &mut Tx| {
            let done = job(tx)?;
            // By the epoch other nodes see it.
            workspaces::bump_epoch(tx, workspace)?;
            Ok(done)
        };
        let done = self.write(job).await?;
        self.runtime.bots_changed(workspace);
        Ok(done)
    }

    pub fn vault(&self) -> &Vault {
        self.store.vault()
    }

    /// Seals a secret for its place.
    pub fn seal(&self, workspace: WorkspaceId, purpose: Purpose<'_>, text: &str) -> Result<Sealed, ApiError> {
        self.vault().seal(workspace, purpose, &store::Secret::new(text)).map_err(ApiError::internal)
    }

    /// Opens a secret for the messenger. `None`, with a line in the log, when it was sealed elsewhere.
    pub fn open(&self, workspace: WorkspaceId, purpose: Purpose<'_>, sealed: &Sealed) -> Option<Secret> {
        match self.vault().open(workspace, purpose, sealed) {
            Ok(secret) => Some(Secret::new(secret.expose())),
            Err(error) => {
                tracing::error!(%workspace, ?purpose, %error, "a secret does not open");
                None
            }
        }
    }

    pub async fn owner_exists(&self) -> Result<bool, ApiError> {
        if self.owner_exists.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let exists = self.read(|connection| Ok(users::count(connection)? > 0)).await?;
        self.owner_exists.store(exists, Ordering::Relaxed);
        Ok(exists)
    }
}

/// Wall time, for rows that people look at.
pub fn now() -> UtcMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::Fenced => Self::new(Code::RevisionConflict),
            WriteError::Busy | WriteError::Unavailable => Self::new(Code::Busy),
            WriteError::Panicked => Self::internal(error),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Refused(refusal) => refusal.into(),
            ReadError::Busy | ReadError::Unavailable => Self::new(Code::Busy),
            ReadError::Db(_) | ReadError::Panicked => Self::internal(error),
        }
    }
}

impl From<IntakeError> for ApiError {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::NoBot | IntakeError::Ingress(IngressError::Unsupported) => Self::not_found(),
            IntakeError::Ingress(IngressError::Forbidden) => Self::new(Code::WrongSecret),
            IntakeError::Ingress(IngressError::Malformed) => Self::new(Code::BadRequest),
            IntakeError::Busy | IntakeError::Unavailable => Self::new(Code::Busy),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::Duplicate { what } if what == "name" => Self::new(Code::NameTaken),
            Refusal::Duplicate { what } => Self::new(Code::ValueTaken).detail(
                format!("`{what}`: this value is already taken; choose another."),
                format!("«{what}»: такое значение уже есть, выберите другое."),
            ),
            Refusal::Stale => Self::new(Code::RevisionConflict),
            Refusal::Step(error) => Self::invalid(error.en, error.ru),
            Refusal::UnknownColumn { column } => Self::invalid(
                format!("The list has no column `{column}`."),
                format!("В списке нет столбца «{column}»."),
            ),
            // What is left is for the log: its sentences are in English and name internals.
            other => Self::internal(other),
        }
    }
}
