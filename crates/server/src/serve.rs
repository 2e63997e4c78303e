//! `scenaria serve`: builds everything from the options, runs both listeners, and ends cleanly.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use anyhow::{Context, Result};
use connectors::Connectors;
use connectors::http::{AllowPrivate, HttpConfig};
use engine::limits::Limits;
use runtime::{Runtime, RuntimeConfig};
use script_sandbox::{Sandbox, SandboxConfig};
use store::{Class, DataDir, DataDirLock, Database, MasterKey, Store, StoreConfig, settings};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{PublicUrl, ServeOptions, StoreOptions};
use crate::request::random;
use crate::services::Services;
use crate::{app, metrics};

/// Time for requests and runs under way when the process is asked to end. Callers of webhooks may wait 25 s.
const PATIENCE: Duration = Duration::from_secs(27);
const SETTING_SEED: &str = "seed";

/// An opened store, and the lock that keeps a second process away from its directory.
pub struct Opened {
    pub store: Store,
    /// Held for as long as the process serves.
    pub lock: Option<DataDirLock>,
}

/// Opens the store. Blocks; `locked` when the process is going to serve.
///
/// # Errors
/// What is wrong with the directory, the key or the database, said to the operator.
pub fn open_store(options: &StoreOptions, locked: bool) -> Result<Opened> {
    let directory = DataDir::open(&options.data_dir)?;
    let database = Database::from_url(options.database_url.as_deref(), &directory)?;
    let lock = if locked { Some(directory.lock(&database)?) } else { None };
    let from_environment = std::env::var("SCENARIA_MASTER_KEY").ok();
    let key = MasterKey::load_or_create(&directory, from_environment.as_deref())?;
    let store = Store::open(StoreConfig::new(database, key))?;
    Ok(Opened { store, lock })
}

/// Everything that runs, for `serve` and for tests.
pub struct Running {
    pub services: web::Data<Services>,
}

impl Running {
    /// Starts the sandbox and the runtime on the current tokio runtime.
    ///
    /// # Errors
    /// TLS, the sandbox, or what the last run left cannot be set up.
    pub async fn start(store: Store, options: &ServeOptions, sandbox: SandboxConfig) -> Result<Self> {
        let public_url = PublicUrl::new(options.public_url.as_ref(), options.public_addr);
        let connectors = Arc::new(Connectors::new(http_config(options)?)?);
        let seed = load_seed(&store).await?;
        let runtime = Runtime::start(RuntimeConfig {
            store: store.clone(),
            connectors: Arc::clone(&connectors),
            sandbox: Sandbox::start(sandbox)?,
            home: DataDir::open(&options.store.data_dir)?.home()?,
            public_url: public_url.as_str().to_owned(),
            lanes: std::thread::available_parallelism().map_or(8, |cores| cores.get() * 8),
            seed,
            limits: Limits::default(),
            retention: options.keep.retention(),
        })
        .await?;
        Ok(Self { services: web::Data::new(Services::new(store, runtime, connectors, public_url)) })
    }

    /// Ends what is under way, then the store.
    pub async fn stop(&self) {
        self.services.runtime.shutdown(PATIENCE).await;
        self.services.store.close().await;
    }
}

/// What outgoing HTTP may reach.
///
/// # Errors
/// The option that cannot be read.
pub fn http_config(options: &ServeOptions) -> Result<HttpConfig> {
    let parse = |list: &[String], option: &str| {
        AllowPrivate::parse(list.iter().map(String::as_str)).with_context(|| option.to_owned())
    };
    Ok(HttpConfig {
        allow_private: parse(&options.allow_private, "--allow-private")?,
        allow_private_channels: parse(&options.allow_private_channels, "--allow-private-channels")?,
        ..HttpConfig::default()
    })
}

/// The installation's own number for random draws: the same after every restart, so that a repeated step draws
/// the same.
async fn load_seed(store: &Store) -> Result<u64> {
    let fresh = u64::from_le_bytes(random::<8>());
    let stored = store
        .write(Class::Background, move |tx| match settings::find(tx, SETTING_SEED)? {
            Some(seed) => Ok(seed),
            None => {
                settings::upsert(tx, SETTING_SEED, &fresh.to_string())?;
                Ok(fresh.to_string())
            }
        })
        .await?;
    stored.parse().context("the stored seed is no number")
}

/// The addresses, taken before anything starts to work.
struct Listeners {
    admin: TcpListener,
    public: TcpListener,
    metrics: Option<TcpListener>,
}

impl Listeners {
    /// Takes the addresses; a port 0 becomes a free one in the options.
    fn bind(options: &mut ServeOptions) -> Result<Self> {
        let admin = listen(&mut options.admin_addr, "--admin-addr")?;
        let public = listen(&mut options.public_addr, "--public-addr")?;
        let metrics =
            options.metrics_addr.as_mut().map(|address| listen(address, "--metrics-addr")).transpose()?;
        Ok(Self { admin, public, metrics })
    }

    fn serve(self, services: &web::Data<Services>) -> Result<(Server, Server)> {
        if let Some(listener) = self.metrics {
            let of_metrics = services.clone();
            let metrics =
                HttpServer::new(move || App::new().app_data(of_metrics.clone()).configure(metrics::routes));
            // Nothing waits for it at the end: it is cut off with the process.
            tokio::spawn(metrics.workers(1).listen(listener)?.disable_signals().run());
        }
        let of_admin = services.clone();
        let admin = HttpServer::new(move || App::new().app_data(of_admin.clone()).configure(app::admin));
        let of_public = services.clone();
        let public = HttpServer::new(move || App::new().app_data(of_public.clone()).configure(app::public));
        let timeout = PATIENCE.as_secs();
        Ok((
            admin.listen(self.admin)?.disable_signals().shutdown_timeout(timeout).run(),
            public.listen(self.public)?.disable_signals().shutdown_timeout(timeout).run(),
        ))
    }
}

fn listen(address: &mut SocketAddr, option: &str) -> Result<TcpListener> {
    let listener = TcpListener::bind(*address)
        .with_context(|| format!("cannot listen on {address}; choose another address with {option}"))?;
    *address = listener.local_addr()?;
    Ok(listener)
}

/// Serves until SIGTERM or Ctrl-C. `ready` is called once, with the admin address, when both answer.
///
/// # Errors
/// What keeps it from starting.
pub async fn serve(mut options: ServeOptions, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    let listeners = Listeners::bind(&mut options)?;
    let opened = open_store(&options.store, true)?;
    let sandbox =
        SandboxConfig { allow_unconfined: options.allow_unconfined_scripts, ..SandboxConfig::default() };
    let running = Running::start(opened.store, &options, sandbox).await?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (admin, public) = listeners.serve(&running.services)?;
    let (stop_admin, stop_public) = (admin.handle(), public.handle());
    let served = tokio::spawn(async move { tokio::try_join!(admin, public) });
    ready(options.admin_addr);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    tokio::join!(stop_admin.stop(true), stop_public.stop(true));
    served.await??;
    running.stop().await;
    drop(opened.lock);
    Ok(())
}
