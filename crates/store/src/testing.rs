//! Fresh databases for the tests of this crate and of those above it.

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use engine::ids::{BotId, ListId, UtcMs, WorkspaceId};

use crate::subscribers::{self, Seen};
use crate::{Database, JobError, LaneId, Tx};

/// A database of its own on the server of `TEST_POSTGRES_URL`, empty at first, gone when this is dropped.
pub struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    /// `None` when there is no server to test with.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn create() -> Option<Self> {
        let server = std::env::var("TEST_POSTGRES_URL").ok()?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).expect("the system gives random bytes");
        let name = format!("test_{}", hex::encode(random));
        let mut connection =
            PgConnection::establish(&server).expect("the server of TEST_POSTGRES_URL answers");
        connection.batch_execute(&format!("CREATE DATABASE {name}")).expect("the user may create databases");
        Some(Self { server, name })
    }

    pub fn url(&self) -> String {
        replace_database(&self.server, &self.name)
    }

    /// What a store opens.
    pub fn database(&self) -> Database {
        Database::Postgres { url: self.url() }
    }
}

impl Drop for PostgresDatabase {
    /// Whoever is still connected is cut off. A database that cannot be dropped is left behind.
    fn drop(&mut self) {
        if let Ok(mut server) = PgConnection::establish(&self.server) {
            server.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).ok();
        }
    }
}

/// The same server, another database: the path of the URL.
fn replace_database(server: &str, name: &str) -> String {
    let (address, options) =
        server.split_once('?').map_or((server, None), |(left, right)| (left, Some(right)));
    let scheme_end = address.find("://").map_or(0, |at| at + 3);
    let host_end = address[scheme_end..].find('/').map_or(address.len(), |at| scheme_end + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{name}{options}", &address[..host_end])
}

/// Subscribers who have been there, without having said anything: those with these numbers.
///
/// # Errors
/// The database refuses them.
pub fn insert_subscribers(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    numbers: impl IntoIterator<Item = i64>,
    now: UtcMs,
) -> Result<(), JobError> {
    for number in numbers {
        let user = number.to_string();
        let seen = Seen {
            peer: format!(r#"{{"chat":"{user}"}}"#),
            external_user_id: Some(user),
            first_name: "Anna".to_owned(),
            last_name: String::new(),
            username: String::new(),
            language: "en".to_owned(),
        };
        let lane = LaneId::new(workspace, bot, format!("user:{number}"));
        subscribers::upsert(tx, &lane, &seen, now)?;
    }
    Ok(())
}

/// Puts rows into a list past everything, a million in some seconds: it has no index yet and nobody is told. `cells` is
/// the JSON of a row's cells as SQL, in which `i` is its number, from 0.
///
/// # Panics
/// When the database does not answer.
pub fn fill_list(database: &Database, workspace: WorkspaceId, list: ListId, rows: i64, cells: &str) {
    /// Rows of one statement: a writer of SQLite that is kept waiting gives up after some seconds.
    const CHUNK: i64 = 50_000;
    let insert = |numbers: &str| {
        format!(
            "INSERT INTO list_rows (workspace_id, list_id, cells, created_at_ms, updated_at_ms)
             SELECT {workspace}, {list}, {cells}, 0, 0 FROM {numbers} ORDER BY i"
        )
    };
    let mut execute: Box<dyn FnMut(&str)> = match database {
        Database::Sqlite { path } => {
            let path = path.to_str().expect("test paths are UTF-8");
            let mut connection = SqliteConnection::establish(path).expect("the database opens");
            connection
                .batch_execute("PRAGMA busy_timeout = 60000; PRAGMA synchronous = OFF;")
                .expect("pragmas");
            Box::new(move |sql| connection.batch_execute(sql).expect("rows are inserted"))
        }
        Database::Postgres { url } => {
            let mut connection = PgConnection::establish(url).expect("the server answers");
            Box::new(move |sql| connection.batch_execute(sql).expect("rows are inserted"))
        }
    };
    for first in (0..rows).step_by(usize::try_from(CHUNK).expect("it is small")) {
        let last = (first + CHUNK).min(rows) - 1;
        match database {
            Database::Sqlite { .. } => execute(&format!(
                "WITH RECURSIVE numbers(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM numbers WHERE i < {last}) {}",
                insert("numbers")
            )),
            Database::Postgres { .. } => {
                execute(&insert(&format!("generate_series({first}::bigint, {last}) AS numbers(i)")));
            }
        }
    }
    if matches!(database, Database::Postgres { .. }) {
        // As autovacuum would, some time later.
        execute("VACUUM ANALYZE list_rows");
    }
}

/// Has a table refuse some of its rows, as one that nobody can write does: `when` is a condition on `NEW`, or on `OLD`
/// for `DELETE`. Until [`cure`].
///
/// # Panics
/// When the database does not answer.
pub fn poison(database: &Database, table: &str, what: &str, when: &str) {
    match database {
        Database::Sqlite { path } => {
            let path = path.to_str().expect("test paths are UTF-8");
            let mut connection = SqliteConnection::establish(path).expect("the database opens");
            connection
                .batch_execute(&format!(
                    "PRAGMA busy_timeout = 60000;
                     CREATE TRIGGER poison_{table} BEFORE {what} ON {table} WHEN {when}
                     BEGIN SELECT RAISE(ABORT, 'a row that cannot be written'); END;"
                ))
                .expect("the trigger is made");
        }
        Database::Postgres { url } => {
            let mut connection = PgConnection::establish(url).expect("the server answers");
            connection
                .batch_execute(&format!(
                    "CREATE FUNCTION poison_{table}() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN RAISE EXCEPTION 'a row that cannot be written'; END $$;
                     CREATE TRIGGER poison_{table} BEFORE {what} ON {table} FOR EACH ROW WHEN ({when})
                     EXECUTE FUNCTION poison_{table}();"
                ))
                .expect("the trigger is made");
        }
    }
}

/// Has the table take its rows again.
///
/// # Panics
/// When the database does not answer.
pub fn cure(database: &Database, table: &str) {
    match database {
        Database::Sqlite { path } => {
            let path = path.to_str().expect("test paths are UTF-8");
            let mut connection = SqliteConnection::establish(path).expect("the database opens");
            let sql = format!("PRAGMA busy_timeout = 60000; DROP TRIGGER poison_{table};");
            connection.batch_execute(&sql).expect("the trigger is there");
        }
        Database::Postgres { url } => {
            let mut connection = PgConnection::establish(url).expect("the server answers");
            let sql = format!("DROP TRIGGER poison_{table} ON {table}; DROP FUNCTION poison_{table}();");
            connection.batch_execute(&sql).expect("the trigger is there");
        }
    }
}

/// A connection that holds a table for itself in an open transaction, as one of a process that froze does.
pub struct Holder(PgConnection);

impl Holder {
    /// Begins to hold a table, under the name of a process.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn of_table(url: &str, table: &str, process: &str) -> Self {
        let mut connection = PgConnection::establish(url).expect("the server of TEST_POSTGRES_URL answers");
        connection
            .batch_execute(&format!(
                "SET application_name = '{process}'; BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;"
            ))
            .expect("nobody else holds the table");
        Self(connection)
    }

    /// Whether somebody has ended the connection.
    pub fn is_cut(&mut self) -> bool {
        self.0.batch_execute("SELECT 1").is_err()
    }
}

/// Ends every other connection to a database, as a restart of the server would.
///
/// # Panics
/// When the server does not answer.
pub fn kill_connections(url: &str) {
    let mut connection = PgConnection::establish(url).expect("the server of TEST_POSTGRES_URL answers");
    connection
        .batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .expect("the user may end connections");
}
