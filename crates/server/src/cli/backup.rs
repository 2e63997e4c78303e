//! `backup` and `restore`: a copy of the database beside the running server, and an installation made from one.
//!
//! A backup is a directory: the database, `backup.json` that says what it is, and, if wanted, the master key. What it
//! restores is paused (`pause.rs`), because another copy may still be at work, and because what was queued then is old
//! now.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use engine::words::{Lang, Words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{
    DataDir, Database, MasterKey, Store, StoreConfig, backlog, check_copy, copy_sqlite, inspect, take_in_log,
};

use super::{pause, say};
use crate::config::StoreOptions;
use crate::locale;

const DATABASE: &str = "scenaria.db";
const MANIFEST: &str = "backup.json";
const KEY: &str = "master.key";
const FORMAT: u16 = 1;

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u16,
    /// The version that made it.
    scenaria: String,
    made_at: String,
    /// The newest migration inside.
    migration: Option<String>,
    bytes: u64,
    sha256: String,
}

#[derive(Args)]
pub struct BackupOptions {
    /// A new directory for the backup
    path: PathBuf,
    /// Put the master key in: whoever has the backup then reads every token and secret in it
    #[arg(long)]
    with_key: bool,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(Args)]
pub struct RestoreOptions {
    /// The directory of a backup
    path: PathBuf,
    #[command(flatten)]
    store: StoreOptions,
}

const BACKED_UP: Words =
    Words::new("Backed up to {path}: {bytes} bytes.", "Копия сохранена в {path}: {bytes} байт.");
const KEY_INSIDE: Words = Words::new(
    "The master key is inside: keep this backup as safe as the bots' tokens.",
    "Мастер-ключ внутри: храните эту копию так же бережно, как токены ботов.",
);
const KEY_APART: Words = Words::new(
    "The master key is NOT inside. Without it the bots' tokens and secrets cannot be read: keep a copy of {key} in another safe place.",
    "Мастер-ключа внутри НЕТ. Без него токены ботов и секреты не прочитать: храните копию {key} отдельно и надёжно.",
);
const RESTORED: Words = Words::new(
    "Restored: the data as it was on {made_at}. Nothing is worked or sent until it is released.",
    "Восстановлено: данные на {made_at}. Пока не снята пауза, ничего не выполняется и не отправляется.",
);

pub fn back_up(options: &BackupOptions) -> Result<()> {
    let lang = locale::from_environment();
    let directory = DataDir::open(&options.store.data_dir)?;
    let database = Database::from_url(options.store.database_url.as_deref(), &directory)?;
    let Database::Sqlite { path: from } = &database else { bail!("{}", postgres_hint(lang)) };
    ensure!(!options.path.exists(), "{} is there already; name a new directory", options.path.display());
    let key = MasterKey::load(&directory, std::env::var("SCENARIA_MASTER_KEY").ok().as_deref())?;
    let seen = inspect(&database, key.as_ref())?;
    let seen = seen.with_context(|| format!("there is no database in {}", directory.path().display()))?;

    // Under another name until it is whole: what has the name is a backup.
    let unfinished = unfinished(&options.path)?;
    let made_at = Timestamp::now().to_string();
    let made = copy(from, &unfinished, seen.newest, made_at, key.as_ref().filter(|_| options.with_key));
    let manifest = made.inspect_err(|_| drop(fs::remove_dir_all(&unfinished)))?;
    fs::rename(&unfinished, &options.path)?;
    sync_parent(&options.path)?;

    let path = options.path.display().to_string();
    say(BACKED_UP.get(lang).replace("{path}", &path).replace("{bytes}", &manifest.bytes.to_string()));
    if options.with_key {
        say(KEY_INSIDE.get(lang));
    } else {
        say(KEY_APART.get(lang).replace("{key}", &directory.master_key_path().display().to_string()));
    }
    Ok(())
}

fn copy(
    from: &Path,
    into: &Path,
    migration: Option<String>,
    made_at: String,
    key: Option<&MasterKey>,
) -> Result<Manifest> {
    DirBuilder::new().mode(0o700).create(into).with_context(|| format!("create {}", into.display()))?;
    let database = into.join(DATABASE);
    copy_sqlite(from, &database)?;
    // A backup that cannot be restored should be known today.
    check_copy(&database)?;
    let (bytes, sha256) = digest(&database)?;
    let scenaria = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: FORMAT, scenaria, made_at, migration, bytes, sha256 };
    write_new(&into.join(MANIFEST), serde_json::to_string_pretty(&manifest)?.as_bytes())?;
    if let Some(key) = key {
        key.write_file(&into.join(KEY))?;
    }
    Ok(manifest)
}

/// What to do instead: PostgreSQL has tools of its own that know more than we do. Nothing of the address is said: it
/// may hold a password.
fn postgres_hint(lang: Lang) -> &'static str {
    const HINT: Words = Words::new(
        "on PostgreSQL a backup is made with its own tools: pg_dump --format=custom --file=scenaria.dump \"$SCENARIA_DATABASE_URL\"; to restore: pg_restore --clean --if-exists --no-owner --dbname \"$SCENARIA_DATABASE_URL\" scenaria.dump, then `scenaria pause` before the first start. Keep master.key with it, apart from the dump",
        "копию PostgreSQL делают его собственные средства: pg_dump --format=custom --file=scenaria.dump \"$SCENARIA_DATABASE_URL\"; восстановить: pg_restore --clean --if-exists --no-owner --dbname \"$SCENARIA_DATABASE_URL\" scenaria.dump, затем `scenaria pause` до первого запуска. Ключ master.key храните вместе, но отдельно от дампа",
    );
    HINT.get(lang)
}

pub fn restore(options: &RestoreOptions) -> Result<()> {
    let lang = locale::from_environment();
    let directory = DataDir::open(&options.store.data_dir)?;
    let database = Database::from_url(options.store.database_url.as_deref(), &directory)?;
    let Database::Sqlite { path: target } = &database else { bail!("{}", postgres_hint(lang)) };
    let _lock = directory.lock(&database)?;
    ensure!(
        !target.exists(),
        "{} is there already and is not overwritten; name an empty --data-dir",
        target.display()
    );
    let text = fs::read_to_string(options.path.join(MANIFEST))
        .with_context(|| format!("{} is no backup of Scenaria", options.path.display()))?;
    let manifest: Manifest = serde_json::from_str(&text).context(MANIFEST)?;
    ensure!(manifest.format == FORMAT, "the backup has format {}; a newer Scenaria made it", manifest.format);
    let source = options.path.join(DATABASE);
    let found = digest(&source)?;
    ensure!(
        found == (manifest.bytes, manifest.sha256.clone()),
        "{} is not what {MANIFEST} says: it was changed or cut off",
        source.display()
    );
    let (key, is_new) = key_for(&directory, &options.path, lang)?;

    // Beside its place until everything has been checked.
    let working = unfinished(target)?;
    DirBuilder::new().mode(0o700).create(&working)?;
    let done = prepare(&source, &working, key.clone(), &manifest);
    let backlog = done.inspect_err(|_| drop(fs::remove_dir_all(&working)))?;
    if is_new {
        key.write_file(&directory.master_key_path())?;
    }
    fs::rename(working.join(DATABASE), target)?;
    sync_parent(target)?;
    fs::remove_dir_all(&working)?;
    say(RESTORED.get(lang).replace("{made_at}", &manifest.made_at));
    pause::say_backlog(&backlog, lang);
    Ok(())
}

/// The key for the backup, and whether the directory has yet to get it.
fn key_for(directory: &DataDir, backup: &Path, lang: Lang) -> Result<(MasterKey, bool)> {
    const MISSING: Words = Words::new(
        "the backup has no master key inside: put the one of the old installation to {key}, or set SCENARIA_MASTER_KEY",
        "в копии нет мастер-ключа: положите ключ прежней установки в {key} или задайте SCENARIA_MASTER_KEY",
    );
    if let Some(key) = MasterKey::load(directory, std::env::var("SCENARIA_MASTER_KEY").ok().as_deref())? {
        return Ok((key, false));
    }
    let found = MasterKey::load_file(&backup.join(KEY))?;
    let place = directory.master_key_path().display().to_string();
    found.map(|key| (key, true)).with_context(|| MISSING.get(lang).replace("{key}", &place))
}

/// Copies, reads the whole copy, brings it up to date and pauses it.
fn prepare(source: &Path, working: &Path, key: MasterKey, manifest: &Manifest) -> Result<backlog::Backlog> {
    let copy = working.join(DATABASE);
    let mut target = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&copy)?;
    io::copy(&mut File::open(source)?, &mut target)?;
    target.sync_all()?;
    check_copy(&copy)?;
    let store = Store::open(StoreConfig::new(Database::Sqlite { path: copy }, key))?;
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads.block_on(async {
        let reason = format!("restored from a backup of {}", manifest.made_at);
        pause::set(&store, reason).await?;
        let now = store.now();
        let backlog = store.read(move |connection| Ok(backlog::count(connection, now)?)).await?;
        store.close().await;
        // The last connection to close may have been one that only reads.
        take_in_log(&working.join(DATABASE))?;
        let log = working.join(format!("{DATABASE}-wal"));
        ensure!(fs::metadata(&log).map_or(0, |found| found.len()) == 0, "{} was not taken in", log.display());
        Ok(backlog)
    })
}

/// A name beside, which nobody else has.
fn unfinished(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().with_context(|| format!("{} has no name", path.display()))?;
    let mut name = name.to_owned();
    name.push(format!(".unfinished-{}", std::process::id()));
    Ok(path.with_file_name(name))
}

fn digest(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1024 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        hash.update(chunk);
        bytes += read as u64;
    }
    Ok((bytes, hex::encode(hash.finalize())))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, bytes)?;
    Ok(file.sync_all()?)
}

/// A new name lasts only when its directory is on the disk.
fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(parent)?.sync_all()?)
}
