//! A copy of SQLite's database while it is written, and whether a copy is whole.

use std::fs::File;
use std::path::Path;

use diesel::prelude::*;

use crate::error::{DbError, OpenError};
use crate::open;

/// Why a copy was not made, or is not whole.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the database cannot be copied: {0}")]
    Copy(#[from] DbError),
    #[error("the copy cannot be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("the copy is damaged: {0}")]
    Damaged(String),
}

#[derive(QueryableByName)]
struct Integrity {
    #[diesel(sql_type = diesel::sql_types::Text)]
    integrity_check: String,
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = diesel::sql_types::Text)]
    finding: String,
}

/// Copies a database as it is at one moment into a new file, compacted. Others may go on writing: SQLite reads a
/// snapshot, and what is written meanwhile stays in the log until the copy is done.
///
/// # Errors
/// There is no such database, or no room for the copy.
pub fn copy_sqlite(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut sqlite = open::sqlite_existing(from)?;
    let target = to.to_str().ok_or_else(|| OpenError::Connect(format!("{} is no UTF-8", to.display())))?;
    diesel::sql_query("VACUUM INTO ?")
        .bind::<diesel::sql_types::Text, _>(target)
        .execute(&mut sqlite)
        .map_err(DbError::from)?;
    // SQLite leaves it to the system when the copy reaches the disk.
    File::open(to)?.sync_all()?;
    Ok(())
}

/// Leaves one file: what stands in the log goes into the database. Nobody else may have it open.
///
/// # Errors
/// When SQLite cannot open or write it.
pub fn take_in_log(path: &Path) -> Result<(), BackupError> {
    let mut sqlite = open::sqlite_existing(path)?;
    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut sqlite).map_err(DbError::from)?;
    Ok(())
}

/// Reads the whole copy: pages, indexes, constraints, references.
///
/// # Errors
/// [`BackupError::Damaged`] with SQLite's first complaint.
pub fn check_copy(path: &Path) -> Result<(), BackupError> {
    let mut sqlite = open::sqlite_existing(path)?;
    let integrity: Vec<Integrity> =
        diesel::sql_query("PRAGMA integrity_check(1)").load(&mut sqlite).map_err(DbError::from)?;
    let references: Vec<Finding> = diesel::sql_query(
        "SELECT 'a row of ' || \"table\" || ' refers to nothing' AS finding FROM pragma_foreign_key_check LIMIT 1",
    )
    .load(&mut sqlite)
    .map_err(DbError::from)?;
    let integrity = integrity.into_iter().map(|found| found.integrity_check).filter(|found| found != "ok");
    let complaint = integrity.chain(references.into_iter().map(|found| found.finding)).next();
    complaint.map_or(Ok(()), |found| Err(BackupError::Damaged(found)))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;
    use crate::open::sqlite_writer;

    #[test]
    fn a_copy_is_whole_and_damage_is_found() {
        let temp = tempfile::tempdir().unwrap();
        let (from, to) = (temp.path().join("a.db"), temp.path().join("b.db"));
        assert!(copy_sqlite(&from, &to).is_err(), "nothing is made where there is nothing");
        assert!(!from.exists());
        let mut connection = sqlite_writer(&from).unwrap();
        crate::migrate::run(&mut connection).unwrap();
        // The database is open and its newest pages are in the log only.
        copy_sqlite(&from, &to).unwrap();
        check_copy(&to).unwrap();
        assert!(copy_sqlite(&from, &to).is_err(), "a copy is never overwritten");

        let mut file = std::fs::OpenOptions::new().write(true).open(&to).unwrap();
        file.seek(SeekFrom::Start(4096 * 3)).unwrap();
        file.write_all(&[0xa5; 8192]).unwrap();
        assert!(check_copy(&to).is_err(), "two pages are garbage");
    }
}
