//! Fresh databases for the tests of this crate and of those above it.

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection};

/// Creates an empty database on the server of `TEST_POSTGRES_URL` and answers its URL. It is left behind: the
/// server of the tests is thrown away as a whole.
///
/// # Panics
/// When the server does not answer.
pub fn create_postgres_database(server: &str) -> String {
    let mut random = [0; 8];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let name = format!("test_{}", hex::encode(random));
    let mut connection = PgConnection::establish(server).expect("the server of TEST_POSTGRES_URL answers");
    connection.batch_execute(&format!("CREATE DATABASE {name}")).expect("the user may create databases");
    replace_database(server, &name)
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
