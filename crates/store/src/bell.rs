//! What nodes of one PostgreSQL tell each other at once, by NOTIFY. A word that is lost costs a quarter of a
//! second: every node looks into the tables that often.
//!
//! Words are sent after the commit that they speak of and together with whatever else is waiting: inside a
//! transaction NOTIFY would make all commits wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use engine::ids::{BotId, WorkspaceId};
use tokio::sync::mpsc;

use crate::columns::LaneId;
use crate::connection::{Backend, Connection};
use crate::error::DbError;
use crate::writer::Opener;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ring {
    /// A lane has something to do.
    Lane(LaneId),
    /// Somebody's request was answered.
    Replied,
    /// A workspace's configuration changed.
    Configured(WorkspaceId),
    /// A node came or went, or a bot wants an owner.
    Nodes,
}

impl Ring {
    fn write(&self, text: &mut String) {
        use std::fmt::Write as _;
        // Writing to a string does not fail.
        let _ = match self {
            Self::Lane(lane) => writeln!(text, "lane {} {} {}", lane.workspace, lane.bot, lane.key),
            Self::Replied => writeln!(text, "replied"),
            Self::Configured(workspace) => writeln!(text, "configured {workspace}"),
            Self::Nodes => writeln!(text, "nodes"),
        };
    }

    /// `None` for a word of a newer version.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        Some(match words.next()? {
            "lane" => {
                let workspace = WorkspaceId(words.next()?.parse().ok()?);
                let bot = BotId(words.next()?.parse().ok()?);
                Self::Lane(LaneId::new(workspace, bot, words.next()?))
            }
            "replied" => Self::Replied,
            "configured" => Self::Configured(WorkspaceId(words.next()?.parse().ok()?)),
            "nodes" => Self::Nodes,
            _ => return None,
        })
    }
}

const CHANNEL: &str = "scenaria";
/// PostgreSQL takes payloads of less than 8,000 bytes.
const PAYLOAD_BYTES: usize = 7_000;
/// Words that may wait on either side; more are dropped.
const WORDS: usize = 4_096;
/// How often the connection is asked for words while there are several nodes: libpq's socket cannot be waited for.
const LISTEN_EVERY: Duration = Duration::from_millis(10);
/// How often it is asked by a node that is alone.
const DOZE: Duration = Duration::from_millis(500);
/// Wait before a broken connection is opened anew.
const RECONNECT: Duration = Duration::from_secs(1);

/// The ringing half.
pub(crate) struct Bell {
    outgoing: SyncSender<Ring>,
    several: Arc<AtomicBool>,
}

impl Bell {
    /// Starts the thread. It ends when this is dropped.
    pub(crate) fn hang(opener: Opener) -> std::io::Result<(Self, mpsc::Receiver<Ring>)> {
        let (outgoing, words) = sync_channel(WORDS);
        let (incoming, heard) = mpsc::channel(WORDS);
        let several = Arc::new(AtomicBool::new(false));
        let ringer =
            Ringer { opener, words, incoming, several: Arc::clone(&several), connection: None, own_pid: 0 };
        thread::Builder::new().name("store-bell".to_owned()).spawn(move || ringer.run())?;
        Ok((Self { outgoing, several }, heard))
    }

    /// Never waits; a word too many is dropped.
    pub(crate) fn ring(&self, word: Ring) {
        let _ = self.outgoing.try_send(word);
    }

    pub(crate) fn listen_closely(&self, several: bool) {
        self.several.store(several, Ordering::Relaxed);
    }
}

struct Ringer {
    opener: Opener,
    words: Receiver<Ring>,
    incoming: mpsc::Sender<Ring>,
    several: Arc<AtomicBool>,
    connection: Option<Connection>,
    own_pid: i32,
}

#[derive(QueryableByName)]
struct Pid {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

impl Ringer {
    fn run(mut self) {
        loop {
            let patience = if self.several.load(Ordering::Relaxed) { LISTEN_EVERY } else { DOZE };
            let mut payloads = Vec::new();
            match self.words.recv_timeout(patience) {
                Ok(first) => self.gather(&first, &mut payloads),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Err(error) = self.exchange(&payloads) {
                tracing::warn!(%error, "the nodes do not hear of each other; they look into the tables instead");
                self.connection = None;
                thread::sleep(RECONNECT);
            }
        }
    }

    /// Everything that waits, each word once.
    fn gather(&self, first: &Ring, payloads: &mut Vec<String>) {
        let mut said = vec![first.clone()];
        while let Ok(word) = self.words.try_recv() {
            if !said.contains(&word) {
                said.push(word);
            }
            if said.len() >= 256 {
                break;
            }
        }
        let mut text = String::new();
        for word in said {
            let before = text.len();
            word.write(&mut text);
            if text.len() > PAYLOAD_BYTES {
                let last = text.split_off(before);
                payloads.push(std::mem::replace(&mut text, last));
            }
        }
        payloads.push(text);
        // A lane's key may be longer than PostgreSQL takes; the tables have it.
        payloads.retain(|payload| !payload.is_empty() && payload.len() <= PAYLOAD_BYTES);
    }

    fn exchange(&mut self, payloads: &[String]) -> Result<(), DbError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        if let Backend::Postgres(postgres) = &mut connection.0 {
            for payload in payloads {
                diesel::sql_query("SELECT pg_notify($1, $2)")
                    .bind::<Text, _>(CHANNEL)
                    .bind::<Text, _>(payload)
                    .execute(postgres)?;
            }
            for notification in postgres.notifications_iter() {
                let notification = notification?;
                if notification.process_id != self.own_pid {
                    for word in notification.payload.lines().filter_map(Ring::parse) {
                        let _ = self.incoming.try_send(word);
                    }
                }
            }
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn connect(&mut self) -> Result<Connection, DbError> {
        let mut connection =
            (self.opener)().map_err(|_| DbError::from(diesel::result::Error::BrokenTransactionManager))?;
        if let Backend::Postgres(postgres) = &mut connection.0 {
            postgres.batch_execute(&format!("LISTEN {CHANNEL}"))?;
            let own: Pid = diesel::sql_query("SELECT pg_backend_pid() AS pid").get_result(postgres)?;
            self.own_pid = own.pid;
        }
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_were_written() {
        let check = |word: Ring| {
            let mut text = String::new();
            word.write(&mut text);
            assert_eq!(Ring::parse(text.trim_end_matches('\n')), Some(word), "{text}");
        };
        check(Ring::Lane(LaneId::new(WorkspaceId(1), BotId(2), "user:a b c")));
        check(Ring::Replied);
        check(Ring::Configured(WorkspaceId(7)));
        check(Ring::Nodes);
        assert_eq!(Ring::parse("dance 1 2"), None);
    }
}
