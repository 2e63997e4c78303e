//! The data directory: the database, the traces, the master key, and the lock of the one process that serves.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::OpenError;
use crate::open::Database;

/// A directory that only its owner may read.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Held for as long as a process serves from the directory.
#[derive(Debug)]
pub struct DataDirLock(#[allow(dead_code, reason = "a lock lives as long as its file is open")] Vec<File>);

impl DataDir {
    /// Opens the directory, making it if it is not there.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|source| OpenError::Io { path: path.clone(), source })?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the database is unless an address says otherwise.
    pub fn database_path(&self) -> PathBuf {
        self.0.join("scenaria.db")
    }

    /// A name for the directory, made when it is first asked for: nodes that serve from it have it in common.
    pub fn home(&self) -> Result<String, OpenError> {
        let path = self.0.join("node");
        let failed = |source| OpenError::Io { path: path.clone(), source };
        match std::fs::read_to_string(&path) {
            Ok(home) if !home.trim().is_empty() => return Ok(home.trim().to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| failed(io::Error::other(error.to_string())))?;
        let home = hex::encode(random);
        std::fs::write(&path, &home).map_err(failed)?;
        Ok(home)
    }

    /// Where the installation's key is, unless the environment has it.
    pub fn master_key_path(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// Bytes that may still be written there.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.0)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// Takes the directory for this process alone, and with it the one in which a database of SQLite lies: what a
    /// process keeps of it in memory is true as long as no other one writes there.
    ///
    /// # Errors
    /// [`OpenError::Locked`] when another process has one of them.
    pub fn lock(&self, database: &Database) -> Result<DataDirLock, OpenError> {
        let mut files = vec![lock_file(&self.0)?];
        if let Some(elsewhere) = database.directory()?
            && elsewhere != canonical(&self.0)?
        {
            files.push(lock_file(&elsewhere)?);
        }
        Ok(DataDirLock(files))
    }
}

fn lock_file(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|source| OpenError::Io { path: path.clone(), source })?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            Err(OpenError::Locked { path: directory.to_owned() })
        }
        Err(error) => Err(OpenError::Io { path, source: io::Error::from(error) }),
    }
}

/// A path by which two names of the same thing are told to be the same.
pub(crate) fn canonical(path: &Path) -> Result<PathBuf, OpenError> {
    path.canonicalize().map_err(|source| OpenError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_process_serves_from_a_directory() {
        let temp = tempfile::tempdir().unwrap();
        let directory = DataDir::open(temp.path().join("data")).unwrap();
        let database = Database::from_url(None, &directory).unwrap();
        let lock = directory.lock(&database).unwrap();
        assert!(matches!(directory.lock(&database), Err(OpenError::Locked { .. })));
        drop(lock);
        directory.lock(&database).unwrap();
    }

    #[test]
    fn only_one_process_serves_a_file_whatever_it_is_called() {
        let temp = tempfile::tempdir().unwrap();
        let [here, there] = ["here", "there"].map(|name| DataDir::open(temp.path().join(name)).unwrap());
        let own = Database::from_url(None, &here).unwrap();
        let lock = here.lock(&own).unwrap();
        std::fs::write(here.database_path(), "").unwrap();
        std::os::unix::fs::symlink(here.database_path(), temp.path().join("link.db")).unwrap();
        let [whole, linked] = ["here/scenaria.db", "link.db"].map(|name| temp.path().join(name));
        for path in [whole, linked, "../here/scenaria.db".into(), "../here/new.db".into()] {
            let url = format!("sqlite:{}", path.display());
            let same = Database::from_url(Some(&url), &there).unwrap();
            assert!(matches!(there.lock(&same), Err(OpenError::Locked { .. })), "{url}");
        }
        drop(lock);
        let named = Database::from_url(Some("sqlite:../here/scenaria.db"), &here).unwrap();
        here.lock(&named).unwrap();
        let nowhere = Database::from_url(Some("sqlite:/no/such/directory/a.db"), &here).unwrap();
        assert!(matches!(here.lock(&nowhere), Err(OpenError::Io { .. })));
        let postgres = Database::from_url(Some("postgres://somewhere"), &there).unwrap();
        there.lock(&postgres).unwrap();
    }
}
