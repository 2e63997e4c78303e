//! The data directory: the database, the traces, the master key, and the lock of the one process that serves.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::OpenError;

/// A directory that only its owner may read.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Held for as long as a process serves from the directory.
#[derive(Debug)]
pub struct DataDirLock(#[allow(dead_code, reason = "the lock lives as long as the file is open")] File);

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

    /// Takes the directory for this process alone.
    ///
    /// # Errors
    /// [`OpenError::Locked`] when another process has it.
    pub fn lock(&self) -> Result<DataDirLock, OpenError> {
        let path = self.0.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| OpenError::Io { path: path.clone(), source })?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(DataDirLock(file)),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
                Err(OpenError::Locked { path: self.0.clone() })
            }
            Err(error) => Err(OpenError::Io { path, source: io::Error::from(error) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_process_serves_from_a_directory() {
        let temp = tempfile::tempdir().unwrap();
        let directory = DataDir::open(temp.path().join("data")).unwrap();
        let lock = directory.lock().unwrap();
        assert!(matches!(directory.lock(), Err(OpenError::Locked { .. })));
        drop(lock);
        directory.lock().unwrap();
    }
}
