//! The data directory, the key, the database, the room on the disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use store::{DataDir, Database, Inspection, MasterKey, OpenError, inspect};

use super::Report;
use crate::config::StoreOptions;

const MB: u64 = 1024 * 1024;
/// Below this SQLite may soon not be able to commit.
const ROOM_MIN: u64 = 200 * MB;
/// Below this a backup or a busy day may not fit.
const ROOM_ENOUGH: u64 = 2_000 * MB;

/// A database that can be read, and the key that fits.
pub struct Storage {
    pub database: Database,
    pub key: MasterKey,
}

/// Looks; answers what the bots can be looked at with.
pub fn look(report: &mut Report, options: &StoreOptions) -> Option<Storage> {
    let path = &options.data_dir;
    if !path.is_dir() {
        report.bad(
            format!("There is no data directory {}: name the right one with --data-dir, or start `scenaria serve`, which makes it.", path.display()),
            format!("Каталога данных {} нет: укажите верный через --data-dir или запустите `scenaria serve`, он создаст его.", path.display()),
        );
        return None;
    }
    look_at_rights(report, path);
    let directory = match DataDir::open(path) {
        Ok(directory) => directory,
        Err(error) => {
            report.bad(format!("{error}."), format!("{error}."));
            return None;
        }
    };
    let database = match Database::from_url(options.database_url.as_deref(), &directory) {
        Ok(database) => database,
        Err(error) => {
            report.bad(format!("{error}."), format!("Адрес базы данных не понятен: {error}."));
            return None;
        }
    };
    match directory.lock(&database) {
        Ok(lock) => {
            drop(lock);
            report.good("No server runs on this directory.", "Сервер на этом каталоге не запущен.");
        }
        Err(OpenError::Locked { .. }) => {
            report.good("A server runs on this directory.", "На этом каталоге работает сервер.");
        }
        Err(error) => report.bad(
            format!("No server can take the directory: {error}."),
            format!("Сервер не сможет занять каталог: {error}."),
        ),
    }
    let key = look_at_key(report, &directory);
    let seen = look_at_database(report, &database, key.as_ref());
    look_at_room(report, &directory, seen.as_ref());
    let fits = seen.is_some_and(|seen| seen.pending.is_empty() && seen.key_fits == Some(true));
    key.filter(|_| fits).map(|key| Storage { database, key })
}

fn look_at_rights(report: &mut Report, path: &Path) {
    let mode = fs::metadata(path).map_or(0, |found| found.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        report.note(
            format!("Others may look into {} (mode {mode:o}); chmod 700 keeps the key and the data to Scenaria.", path.display()),
            format!("В каталог {} могут заглянуть другие (права {mode:o}); chmod 700 оставит ключ и данные только Scenaria.", path.display()),
        );
    }
    let probe = path.join(format!(".doctor-{}", std::process::id()));
    let written = fs::write(&probe, b"scenaria");
    let _ = fs::remove_file(&probe);
    match written {
        Ok(()) => report.good(
            format!("The data directory {} can be written.", path.display()),
            format!("В каталог данных {} можно писать.", path.display()),
        ),
        Err(error) => report.bad(
            format!("Nothing can be written to {}: {error}. Give it to the user Scenaria runs as.", path.display()),
            format!("В {} нельзя писать: {error}. Отдайте каталог пользователю, от имени которого работает Scenaria.", path.display()),
        ),
    }
}

fn look_at_key(report: &mut Report, directory: &DataDir) -> Option<MasterKey> {
    let from_environment = std::env::var("SCENARIA_MASTER_KEY").ok();
    match MasterKey::load(directory, from_environment.as_deref()) {
        Ok(Some(key)) => Some(key),
        Ok(None) => {
            report.note(
                "There is no master key yet; the first start makes one.",
                "Мастер-ключа ещё нет; его создаст первый запуск.",
            );
            None
        }
        Err(error) => {
            report.bad(format!("{error}."), format!("Мастер-ключ не читается: {error}."));
            None
        }
    }
}

fn look_at_database(report: &mut Report, database: &Database, key: Option<&MasterKey>) -> Option<Inspection> {
    let seen = match inspect(database, key) {
        Ok(Some(seen)) => seen,
        Ok(None) => {
            report.note(
                "There is no database yet; the first start makes it.",
                "Базы данных ещё нет; её создаст первый запуск.",
            );
            return None;
        }
        Err(error) => {
            report.bad(
                format!("The database does not answer: {error}."),
                format!("База данных не отвечает: {error}."),
            );
            return None;
        }
    };
    report.good(
        format!("The database answers: {}, {} MB.", seen.server, seen.bytes / MB),
        format!("База данных отвечает: {}, {} МБ.", seen.server, seen.bytes / MB),
    );
    if let Some(unknown) = seen.unknown.first() {
        report.bad(
            format!("The database is of a newer Scenaria (migration {unknown}); run that version."),
            format!("База данных от более новой Scenaria (миграция {unknown}); запустите ту версию."),
        );
    }
    if !seen.pending.is_empty() {
        let names = seen.pending.join(", ");
        report.note(
            format!("The next start brings the database up to date: {names}."),
            format!("Следующий запуск обновит базу данных: {names}."),
        );
    }
    if matches!(database, Database::Sqlite { .. }) && seen.journal_mode != "wal" {
        report.note(
            format!("The journal of SQLite is `{}`; the next start makes it `wal`.", seen.journal_mode),
            format!("Журнал SQLite в режиме `{}`; следующий запуск включит `wal`.", seen.journal_mode),
        );
    }
    match seen.key_fits {
        Some(true) => report.good("The master key fits the database.", "Мастер-ключ подходит к базе данных."),
        Some(false) => report.bad(
            "The master key is not the one this database was sealed with: tokens and secrets cannot be read. Put the right master.key back.",
            "Мастер-ключ не от этой базы данных: токены и секреты не прочитать. Верните прежний master.key.",
        ),
        None => {}
    }
    Some(seen)
}

fn look_at_room(report: &mut Report, directory: &DataDir, seen: Option<&Inspection>) {
    let Ok(free) = directory.free_bytes() else { return };
    // A backup beside the data takes as much again.
    let enough = seen.map_or(0, |seen| seen.bytes).max(ROOM_ENOUGH);
    let (en, ru) = (
        format!("{} MB are free on the disk of the data directory.", free / MB),
        format!("На диске каталога данных свободно {} МБ.", free / MB),
    );
    if free < ROOM_MIN {
        report.bad(
            format!("{en} That is too little: soon nothing can be stored, and messengers are refused."),
            format!("{ru} Этого мало: скоро нечего будет сохранять, и сообщения перестанут приниматься."),
        );
    } else if free < enough {
        report.note(
            format!("{en} A backup may not fit any more."),
            format!("{ru} Резервная копия может уже не поместиться."),
        );
    } else {
        report.good(en, ru);
    }
}
