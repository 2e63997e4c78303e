//! Files of the workspace on their way out. A bot uploads each once; from then on the messenger knows it by an id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::channels::{
    Channel, FILE_UNKNOWN, FileContent, NO_FILE, NameResolver, Outgoing, OwnFile, SendOutcome, Uploaded,
};
use engine::ids::{BotId, WorkspaceId};
use engine::message::{MediaKind, MediaSource};
use store::files::{self, File};
use store::{Class, JobError, ReadError, Store};
use tokio::sync::{OwnedMutexGuard, SemaphorePermit};

use crate::Inner;
use crate::bots::LoadedBot;

/// Uploads under way at once; each holds a file in memory.
pub const UPLOADS_MAX: usize = 2;

/// What a bot knows of the files it has sent.
#[derive(Default)]
pub struct SentFiles {
    /// The messenger's ids, by content and by what it was sent as.
    ids: Mutex<HashMap<(String, MediaKind), String>>,
    /// Whose turn it is to upload: who waits finds the file uploaded.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl SentFiles {
    fn find(&self, content: &str, kind: MediaKind) -> Option<String> {
        self.lock().get(&(content.to_owned(), kind)).cloned()
    }

    fn keep(&self, content: &str, kind: MediaKind, id: &str) {
        self.lock().insert((content.to_owned(), kind), id.to_owned());
    }

    fn forget(&self, contents: &[String]) {
        self.lock().retain(|(content, _), _| !contents.contains(content));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, MediaKind), String>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends something, with the files of the workspace that it names.
pub(crate) async fn send(
    inner: &Inner,
    bot: &LoadedBot,
    channel: &dyn Channel,
    out: &Outgoing<'_>,
) -> SendOutcome {
    let named = named_by(out);
    if named.is_empty() {
        return channel.send(&bot.access, out, bot.names()).await;
    }
    let mut outcome = send_with(inner, bot, channel, out, &named).await;
    if let Ok((SendOutcome::Rejected { code, .. }, contents)) = &outcome
        && code == FILE_UNKNOWN
    {
        // The bot is another one there, or the messenger has lost them.
        if let Err(error) = forget(inner, bot, contents.clone()).await {
            return SendOutcome::Retry { after: None, reason: error.to_string() };
        }
        outcome = send_with(inner, bot, channel, out, &named).await;
    }
    outcome.map_or_else(|outcome| outcome, |(outcome, _)| outcome)
}

/// The files something names, and what each is sent as.
fn named_by<'a>(out: &Outgoing<'a>) -> Vec<(&'a str, MediaKind)> {
    let (Outgoing::Message { message, .. } | Outgoing::Edit { new: message, .. }) = out else {
        return Vec::new();
    };
    let mut named = Vec::new();
    for media in &message.media {
        if let MediaSource::Own(name) = &media.source
            && !named.contains(&(name.as_str(), media.kind))
        {
            named.push((name.as_str(), media.kind));
        }
    }
    named
}

/// Sends once; also names the contents that were sent by their ids. `Err` is what came of it before anything was sent.
async fn send_with(
    inner: &Inner,
    bot: &LoadedBot,
    channel: &dyn Channel,
    out: &Outgoing<'_>,
    named: &[(&str, MediaKind)],
) -> Result<(SendOutcome, Vec<String>), SendOutcome> {
    let carried = Carried::load(inner, bot, channel, named).await?;
    // It may have waited long for its turn.
    if !inner.nodes.may_send(bot.id) {
        let reason = "another node sends for this bot now".to_owned();
        return Err(SendOutcome::Retry { after: Some(Duration::ZERO), reason });
    }
    let outcome = channel.send(&bot.access, out, &carried).await;
    if let SendOutcome::Sent { uploaded, .. } = &outcome
        && !uploaded.is_empty()
    {
        carried.keep(inner, bot, uploaded).await;
    }
    Ok((outcome, carried.known()))
}

/// The files of one send.
struct Carried<'a> {
    names: &'a dyn NameResolver,
    files: Vec<Own>,
    /// Until it is sent, nobody else uploads.
    _turn: Option<(OwnedMutexGuard<()>, SemaphorePermit<'a>)>,
}

struct Own {
    name: String,
    kind: MediaKind,
    content: String,
    file: OwnFile,
}

impl<'a> Carried<'a> {
    async fn load(
        inner: &'a Inner,
        bot: &'a LoadedBot,
        channel: &dyn Channel,
        named: &[(&str, MediaKind)],
    ) -> Result<Self, SendOutcome> {
        let mut carried = Self { names: bot.names(), files: Vec::with_capacity(named.len()), _turn: None };
        let mut unknown = Vec::new();
        for (name, kind) in named {
            let row = find(&inner.store, bot.workspace, name).await.map_err(put_off)?;
            let Some(row) = row else { return Err(missing(name)) };
            let id = match channel.capabilities().uploads {
                true => known_id(inner, bot, &row.content_id, *kind).await.map_err(put_off)?,
                false => Some(row.name.clone()),
            };
            match id {
                Some(id) => carried.add(row, *kind, OwnFile::Known(id)),
                None => unknown.push((row, *kind)),
            }
        }
        if unknown.is_empty() {
            return Ok(carried);
        }
        let turn = Arc::clone(&bot.sent_files.turn).lock_owned().await;
        let permit = inner.uploads.acquire().await.map_err(put_off)?;
        carried._turn = Some((turn, permit));
        for (row, kind) in unknown {
            let file = match bot.sent_files.find(&row.content_id, kind) {
                Some(id) => OwnFile::Known(id),
                None => match read(&inner.store, &row).await.map_err(put_off)? {
                    Some(content) => OwnFile::Bytes(content),
                    None => return Err(put_off("the file was replaced at this moment")),
                },
            };
            carried.add(row, kind, file);
        }
        Ok(carried)
    }

    fn add(&mut self, row: File, kind: MediaKind, file: OwnFile) {
        self.files.push(Own { name: row.name, kind, content: row.content_id, file });
    }

    /// The contents that go by their ids.
    fn known(self) -> Vec<String> {
        let known = self.files.into_iter().filter(|own| matches!(own.file, OwnFile::Known(_)));
        known.map(|own| own.content).collect()
    }

    async fn keep(&self, inner: &Inner, bot: &LoadedBot, uploaded: &[Uploaded]) {
        let mut ids = Vec::with_capacity(uploaded.len());
        for Uploaded { name, kind, id } in uploaded {
            let own = self.files.iter().find(|own| own.name == *name && own.kind == *kind);
            if let Some(own) = own {
                bot.sent_files.keep(&own.content, *kind, id);
                ids.push((own.content.clone(), *kind, id.clone()));
            }
        }
        let (workspace, id) = (bot.workspace, bot.id);
        let kept = inner.store.write(Class::Lanes, move |tx| note(tx, workspace, id, &ids)).await;
        if let Err(error) = kept {
            // It will be uploaded once more, after a restart.
            tracing::warn!(bot = %id, %error, "the messenger's id of a file could not be kept");
        }
    }
}

impl NameResolver for Carried<'_> {
    fn mini_app(&self, name: &str) -> Option<String> {
        self.names.mini_app(name)
    }

    fn file(&self, name: &str, kind: MediaKind) -> Option<&OwnFile> {
        self.files.iter().find(|own| own.name == name && own.kind == kind).map(|own| &own.file)
    }
}

fn note(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    bot: BotId,
    ids: &[(String, MediaKind, String)],
) -> Result<(), JobError> {
    ids.iter().try_for_each(|(content, kind, id)| files::note_sent(tx, workspace, bot, content, *kind, id))
}

async fn forget(inner: &Inner, bot: &LoadedBot, contents: Vec<String>) -> Result<(), store::WriteError> {
    bot.sent_files.forget(&contents);
    let (workspace, id) = (bot.workspace, bot.id);
    inner.store.write(Class::Lanes, move |tx| files::forget_sent(tx, workspace, id, &contents)).await
}

async fn known_id(
    inner: &Inner,
    bot: &LoadedBot,
    content: &str,
    kind: MediaKind,
) -> Result<Option<String>, ReadError> {
    if let Some(id) = bot.sent_files.find(content, kind) {
        return Ok(Some(id));
    }
    let (workspace, bot_id, of) = (bot.workspace, bot.id, content.to_owned());
    let id = inner
        .store
        .read(move |connection| Ok(files::find_sent(connection, workspace, bot_id, &of, kind)?))
        .await?;
    if let Some(id) = &id {
        bot.sent_files.keep(content, kind, id);
    }
    Ok(id)
}

/// A file of the workspace by its name.
pub(crate) async fn find(
    store: &Store,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<File>, ReadError> {
    let name = name.to_owned();
    store.read(move |connection| Ok(files::find(connection, workspace, &name)?)).await
}

/// What is in a file, read piece by piece; `None` when it is not all there any more.
pub(crate) async fn read(store: &Store, file: &File) -> Result<Option<FileContent>, ReadError> {
    let size = usize::try_from(file.size).unwrap_or_default();
    let mut bytes = Vec::with_capacity(size);
    for number in 0.. {
        let (workspace, content) = (file.workspace_id, file.content_id.clone());
        let chunk = store
            .read(move |connection| Ok(files::find_chunk(connection, workspace, &content, number)?))
            .await?;
        match chunk {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => break,
        }
    }
    let content = FileContent {
        bytes: bytes.into(),
        name: Some(file.name.clone()),
        content_type: Some(file.content_type.clone()),
    };
    Ok((content.bytes.len() == size).then_some(content))
}

fn missing(name: &str) -> SendOutcome {
    SendOutcome::Rejected { code: NO_FILE.to_owned(), text: name.to_owned() }
}

fn put_off(reason: impl ToString) -> SendOutcome {
    SendOutcome::Retry { after: None, reason: reason.to_string() }
}
