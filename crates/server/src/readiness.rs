//! Whether this process can work: its database is written and read, and nobody has paused it.

use std::time::{Duration, Instant};

use store::Class;
use tokio::sync::Mutex;

use crate::services::Services;

/// A writer that takes longer for nothing at all is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// However often it is asked, the database is asked once in this time.
const KEPT: Duration = Duration::from_secs(1);

/// Why it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    Paused,
    WriterStuck,
    WriterFails,
    ReaderFails,
}

impl Unready {
    /// For whoever watches; names nothing that is inside.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused until it is released",
            Self::WriterStuck => "the database takes no writes in time",
            Self::WriterFails => "the database cannot be written",
            Self::ReaderFails => "the database cannot be read",
        }
    }
}

/// The newest answer.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, Result<(), Unready>)>>);

impl Readiness {
    /// Migrations are no part of it: there is no store before they are done.
    pub async fn check(&self, services: &Services) -> Result<(), Unready> {
        // Whoever asks meanwhile waits for this answer.
        let mut newest = self.0.lock().await;
        if let Some((at, answer)) = *newest
            && at.elapsed() < KEPT
        {
            return answer;
        }
        let answer = ask(services).await;
        *newest = Some((Instant::now(), answer));
        answer
    }
}

async fn ask(services: &Services) -> Result<(), Unready> {
    // An empty job goes the whole way through the writer, and costs no write to the disk.
    let written = services.store.write(Class::Background, |_| Ok(()));
    match tokio::time::timeout(PATIENCE, written).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return Err(Unready::WriterFails),
        Err(_) => return Err(Unready::WriterStuck),
    }
    let read = services.store.read(|connection| Ok(store::users::count(connection)?));
    if !matches!(tokio::time::timeout(PATIENCE, read).await, Ok(Ok(_))) {
        return Err(Unready::ReaderFails);
    }
    if services.runtime.is_paused() { Err(Unready::Paused) } else { Ok(()) }
}
