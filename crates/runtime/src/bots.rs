//! What is known of a bot while its events are worked: loaded once, dropped when its workspace changes.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use connectors::Secret;
use connectors::channels::{BotAccess, NameResolver};
use engine::ids::{BotId, ScenarioId, TriggerId, VersionId, WorkspaceId};
use engine::program::{Needs, Program, ProgramSet};
use engine::run::ButtonToken;
use engine::scenario::TriggerOptions;
use engine::value::{Map, Value};
use engine::words::Lang;
use jiff::tz::TimeZone;
use store::bots::{self, BotStatus, UnknownPolicy};
use store::{Connection, Purpose, ReadError, Sealed, Store};
use store::{mini_apps, runs, scenarios, workspaces};

use crate::files::SentFiles;
use crate::programs::Programs;

/// A bot with everything its runs need.
pub struct LoadedBot {
    pub id: BotId,
    pub workspace: WorkspaceId,
    pub channel: String,
    /// Its name in the messenger, without `@`; empty when it has none.
    pub username: String,
    pub status: BotStatus,
    pub unknown_policy: UnknownPolicy,
    pub access: BotAccess,
    pub webhook_secret: Secret,
    pub poll_offset: Option<i64>,
    pub programs: Arc<ProgramSet>,
    /// What any of its programs needs.
    pub needs: Needs,
    /// Its triggers for somebody's first visit.
    pub first_visit: Arc<[(ScenarioId, TriggerId)]>,
    /// Whether a trigger wants every visit of a personal link.
    pub every_visit: bool,
    pub zone: TimeZone,
    pub lang: Lang,
    pub system: Arc<Map>,
    /// The workspace's configuration of which this was made.
    epoch: i64,
    links: Links,
    pub sent_files: SentFiles,
}

impl LoadedBot {
    pub fn is_active(&self) -> bool {
        self.status == BotStatus::Active
    }

    /// The address of a tracked link.
    pub fn short_link(&self, code: &str) -> String {
        format!("{}/l/{code}", self.links.public_url)
    }

    /// The address of one use with this secret.
    pub fn one_time_address(&self, secret: &str) -> String {
        format!("{}/webhook/once/{secret}", self.links.public_url)
    }

    pub fn names(&self) -> &dyn NameResolver {
        &self.links
    }
}

/// Addresses of the workspace's mini apps, opened by this bot.
struct Links {
    public_url: Arc<str>,
    bot: BotId,
    /// Random part of the address, by name.
    apps: HashMap<String, String>,
}

impl NameResolver for Links {
    fn mini_app(&self, name: &str) -> Option<String> {
        let slug = self.apps.get(name)?;
        Some(format!("{}/app/{slug}?bot={}", self.public_url, self.bot))
    }
}

/// The loaded bots.
pub struct Bots {
    store: Store,
    public_url: Arc<str>,
    loaded: RwLock<HashMap<BotId, Arc<LoadedBot>>>,
    /// Rises whenever bots are forgotten: what was read before is not kept.
    generation: AtomicU64,
    programs: Arc<Programs>,
}

impl Bots {
    pub fn new(store: Store, public_url: &str) -> Self {
        Self {
            store,
            public_url: public_url.trim_end_matches('/').into(),
            loaded: RwLock::default(),
            generation: AtomicU64::new(0),
            programs: Arc::default(),
        }
    }

    /// A bot by its number. `None` when there is no such bot.
    pub async fn load(&self, id: BotId) -> Result<Option<Arc<LoadedBot>>, ReadError> {
        if let Some(bot) = self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Some(Arc::clone(bot)));
        }
        let generation = self.generation.load(Ordering::Acquire);
        let programs = Arc::clone(&self.programs);
        let (store, public_url) = (self.store.clone(), Arc::clone(&self.public_url));
        let loaded = self
            .store
            .read(move |connection| load_bot(connection, &store, &public_url, id, &programs))
            .await?;
        let Some(bot) = loaded else { return Ok(None) };
        let bot = Arc::new(bot);
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation.load(Ordering::Acquire) == generation {
            loaded.insert(id, Arc::clone(&bot));
        }
        Ok(Some(bot))
    }

    /// The bot's programs together with the version that made a button, as far as that is good for anything:
    /// it runs as long as somebody is inside of it.
    pub async fn with_maker(
        &self,
        bot: &LoadedBot,
        programs: Arc<ProgramSet>,
        version: VersionId,
    ) -> Result<Arc<ProgramSet>, ReadError> {
        if programs.version(version).is_some() {
            return Ok(programs);
        }
        let workspace = bot.workspace;
        let lived_in =
            move |connection: &mut Connection| Ok(runs::is_version_lived_in(connection, workspace, version)?);
        if self.store.read(lived_in).await? {
            return self.with_version(bot, programs, version).await;
        }
        let Some(program) = self.find_program(workspace, version).await? else { return Ok(programs) };
        let mut programs = ProgramSet::clone(&programs);
        programs.add_past(program);
        Ok(Arc::new(programs))
    }

    async fn find_program(
        &self,
        workspace: WorkspaceId,
        version: VersionId,
    ) -> Result<Option<Arc<Program>>, ReadError> {
        if let Some(program) = self.programs.find(workspace, version) {
            return Ok(Some(program));
        }
        let known = Arc::clone(&self.programs);
        self.store.read(move |connection| known.load(connection, workspace, version)).await
    }

    /// The bot's programs together with an older version that somebody still sits in.
    pub async fn with_version(
        &self,
        bot: &LoadedBot,
        programs: Arc<ProgramSet>,
        version: VersionId,
    ) -> Result<Arc<ProgramSet>, ReadError> {
        if programs.version(version).is_some() {
            return Ok(programs);
        }
        let workspace = bot.workspace;
        let Some(program) = self.find_program(workspace, version).await? else { return Ok(programs) };
        let calls = program.needs().scenarios.clone();
        let mut programs = ProgramSet::clone(&programs);
        programs.add_older(program);
        if calls.iter().any(|name| programs.callee(name).is_none()) {
            let known = Arc::clone(&self.programs);
            programs = self
                .store
                .read(move |connection| {
                    add_callees(connection, workspace, &mut programs, calls.clone(), &known)?;
                    Ok::<_, ReadError>(programs)
                })
                .await?;
        }
        Ok(Arc::new(programs))
    }

    /// The workspaces of the loaded bots, and the oldest configuration that one of each was made of.
    pub fn epochs(&self) -> Vec<(WorkspaceId, i64)> {
        let mut epochs: HashMap<WorkspaceId, i64> = HashMap::new();
        for bot in self.loaded.read().unwrap_or_else(PoisonError::into_inner).values() {
            let oldest = epochs.entry(bot.workspace).or_insert(bot.epoch);
            *oldest = bot.epoch.min(*oldest);
        }
        epochs.into_iter().collect()
    }

    /// Forgets the bots of a workspace; they are loaded anew when next asked for.
    pub fn forget(&self, workspace: WorkspaceId) {
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::Release);
        loaded.retain(|_, bot| bot.workspace != workspace);
    }
}

fn load_bot(
    connection: &mut Connection,
    store: &Store,
    public_url: &Arc<str>,
    id: BotId,
    programs: &Programs,
) -> Result<Option<LoadedBot>, ReadError> {
    let Some(row) = bots::find_for_intake(connection, id)? else { return Ok(None) };
    // The epoch comes before everything that it dates: what changes meanwhile makes this stale, never the reverse.
    let workspace = workspaces::find(connection, row.workspace_id)?;
    let Some(row) = bots::find_for_intake(connection, id)? else { return Ok(None) };
    let epoch = workspace.as_ref().map_or(0, |found| found.config_epoch);
    let lang = workspace.as_ref().map_or(Lang::En, |found| Lang::from_tag(found.locale.as_str()));
    let zone = workspace.and_then(|found| TimeZone::get(&found.zone).ok()).unwrap_or(TimeZone::UTC);
    let mut current = Vec::new();
    for published in bots::list_published(connection, row.workspace_id, id)? {
        current.extend(programs.load(connection, row.workspace_id, published.version_id)?);
    }
    let mut needs = Needs::default();
    current.iter().for_each(|program| needs.extend(program.needs()));
    let mut set = ProgramSet::new(current);
    add_callees(connection, row.workspace_id, &mut set, needs.scenarios.clone(), programs)?;
    set.newest().for_each(|program| needs.extend(program.needs()));
    let apps =
        mini_apps::list(connection, row.workspace_id)?.into_iter().map(|app| (app.name, app.slug)).collect();
    let username = row.username.clone().unwrap_or_default();
    let system = [
        ("_botid", Value::from(id.0)),
        ("_botname", row.name.clone().into()),
        ("_bottype", row.channel.clone().into()),
        ("_botuser", username.as_str().into()),
    ];
    let open = |sealed: Option<&Sealed>, purpose| match sealed {
        Some(sealed) => open_secret(store, row.workspace_id, purpose, sealed),
        None => Secret::new(""),
    };
    Ok(Some(LoadedBot {
        id,
        workspace: row.workspace_id,
        access: BotAccess {
            token: open(row.token.as_ref(), Purpose::BotToken),
            base_url: row.base_url.clone(),
        },
        webhook_secret: open(row.webhook_secret.as_ref(), Purpose::BotWebhookSecret),
        channel: row.channel,
        username,
        status: row.status,
        unknown_policy: row.unknown_policy,
        poll_offset: row.poll_offset,
        first_visit: set.watching(TriggerOptions::watches_first_visit).into(),
        every_visit: set
            .current()
            .iter()
            .flat_map(|program| &program.document().triggers)
            .any(|trigger| trigger.next.is_some() && trigger.options.wants_every_visit()),
        programs: Arc::new(set),
        needs,
        zone,
        lang,
        system: Arc::new(system.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        epoch,
        sent_files: SentFiles::default(),
        links: Links { public_url: Arc::clone(public_url), bot: id, apps },
    }))
}

/// Loads the scenarios of these names and whatever they call, as they are published now. One that is not
/// published is left out: the step that calls it says so.
fn add_callees(
    connection: &mut Connection,
    workspace: WorkspaceId,
    set: &mut ProgramSet,
    names: BTreeSet<String>,
    programs: &Programs,
) -> Result<(), ReadError> {
    if names.is_empty() {
        return Ok(());
    }
    let published = scenarios::list_published(connection, workspace)?;
    let published: HashMap<&str, VersionId> =
        published.iter().map(|(_, name, version)| (name.as_str(), *version)).collect();
    let mut open: Vec<String> = names.into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(version) = published.get(name.as_str()).filter(|_| seen.insert(name.clone())) else {
            continue;
        };
        let Some(program) = programs.load(connection, workspace, *version)? else { continue };
        open.extend(program.needs().scenarios.iter().cloned());
        set.add_callee(name, program);
    }
    Ok(())
}

/// Opens a sealed secret. One that does not open is empty: what needs it fails, and says so.
pub fn open_secret(store: &Store, workspace: WorkspaceId, purpose: Purpose<'_>, sealed: &Sealed) -> Secret {
    match store.vault().open(workspace, purpose, sealed) {
        Ok(secret) => Secret::new(secret.expose()),
        Err(error) => {
            tracing::error!(%workspace, ?purpose, %error, "a secret does not open");
            Secret::new("")
        }
    }
}

/// The version that made a pressed button, if it is a button of ours.
pub fn button_version(kind: &engine::event::EventKind) -> Option<VersionId> {
    let engine::event::EventKind::Button { token, .. } = kind else { return None };
    ButtonToken::parse(token).map(|token| token.version)
}
