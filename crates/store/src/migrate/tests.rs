use std::collections::BTreeMap;

use diesel::Connection as _;
use diesel_migrations::MigrationHarness;

use super::*;
use crate::open;
use crate::testing::PostgresDatabase;

/// Table, column -> type and whether it may be null.
type Columns = BTreeMap<(String, String), (String, bool)>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    column_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    data_type: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    nullable: bool,
}

fn columns(rows: Vec<Column>) -> Columns {
    rows.into_iter()
        .map(|row| {
            let kind = match row.data_type.to_uppercase().as_str() {
                "BIGINT" | "BOOLEAN" => "INTEGER",
                "BYTEA" => "BLOB",
                "DOUBLE PRECISION" => "REAL",
                other => return ((row.table_name, row.column_name), (other.to_owned(), row.nullable)),
            };
            ((row.table_name, row.column_name), (kind.to_owned(), row.nullable))
        })
        .collect()
}

const SQLITE_COLUMNS: &str =
    "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type, NOT c.\"notnull\" AS nullable
         FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'";

fn sqlite_columns(sqlite: &mut SqliteConnection) -> Columns {
    columns(diesel::sql_query(SQLITE_COLUMNS).load(sqlite).unwrap())
}

const POSTGRES_COLUMNS: &str =
    "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' AS nullable
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";

fn postgres_columns(postgres: &mut PgConnection) -> Columns {
    columns(diesel::sql_query(POSTGRES_COLUMNS).load(postgres).unwrap())
}

/// A row for every table, as SQL: whatever it means, it is of the right types.
fn rows_for_every_table(columns: Vec<Column>) -> String {
    let mut tables: BTreeMap<String, (Vec<String>, Vec<&str>)> = BTreeMap::new();
    for Column { table_name, column_name, data_type, .. } in columns {
        let value = match data_type.to_uppercase().as_str() {
            "BOOLEAN" => "true",
            "TEXT" => "'1'",
            "BLOB" => "x'31'",
            "BYTEA" => "'1'::bytea",
            _ => "1",
        };
        let (names, values) = tables.entry(table_name).or_default();
        names.push(format!("\"{column_name}\""));
        values.push(value);
    }
    let insert = |(table, (names, values)): (&String, &(Vec<String>, Vec<&str>))| {
        format!("INSERT INTO {table} ({}) VALUES ({});", names.join(", "), values.join(", "))
    };
    tables.iter().map(insert).collect()
}

/// The columns that `schema.rs` believes in.
fn schema_columns() -> Vec<(String, String)> {
    let mut columns = Vec::new();
    let mut table = String::new();
    for line in include_str!("../schema.rs").lines().map(str::trim) {
        if let Some((name, _)) = line.strip_suffix(") {").and_then(|line| line.split_once(" (")) {
            table = name.to_owned();
        } else if let Some((name, _)) = line.split_once(" -> ") {
            columns.push((table.clone(), name.to_owned()));
        }
    }
    columns.sort();
    columns
}

fn sqlite(directory: &tempfile::TempDir) -> SqliteConnection {
    let Connection(Backend::Sqlite(sqlite), _) = open::sqlite_writer(&directory.path().join("t.db")).unwrap()
    else {
        unreachable!()
    };
    sqlite
}

fn postgres() -> Option<(PostgresDatabase, PgConnection)> {
    let created = PostgresDatabase::create()?;
    let connection = PgConnection::establish(&created.url()).unwrap();
    Some((created, connection))
}

fn names(folder: &str) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The schema of SQLite with the traces, which have a file of their own.
fn all_sqlite_columns(directory: &tempfile::TempDir) -> Columns {
    let mut main = sqlite(directory);
    main.run_pending_migrations(SQLITE).unwrap();
    let mut all = sqlite_columns(&mut main);
    let Connection(Backend::Sqlite(mut aside), _) =
        open::sqlite_traces(&directory.path().join("t.db")).unwrap()
    else {
        unreachable!()
    };
    all.extend(sqlite_columns(&mut aside));
    all
}

#[test]
fn both_folders_have_the_same_migrations() {
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[test]
fn sqlite_has_the_columns_of_the_schema() {
    let directory = tempfile::tempdir().unwrap();
    let found: Vec<_> = all_sqlite_columns(&directory).into_keys().collect();
    assert_eq!(found, schema_columns());
}

#[test]
fn both_databases_have_the_same_columns() {
    let Some((_created, mut postgres)) = postgres() else { return };
    migrate_postgres(&mut postgres).unwrap();
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(all_sqlite_columns(&directory), postgres_columns(&mut postgres));
}

#[test]
fn up_down_up() {
    let directory = tempfile::tempdir().unwrap();
    let mut sqlite = sqlite(&directory);
    sqlite.run_pending_migrations(SQLITE).unwrap();
    let first = sqlite_columns(&mut sqlite);
    sqlite.revert_all_migrations(SQLITE).unwrap();
    assert_eq!(sqlite_columns(&mut sqlite), Columns::new());
    sqlite.run_pending_migrations(SQLITE).unwrap();
    assert_eq!(sqlite_columns(&mut sqlite), first);

    let Some((_created, mut postgres)) = postgres() else { return };
    postgres.run_pending_migrations(POSTGRES).unwrap();
    let first = postgres_columns(&mut postgres);
    postgres.revert_all_migrations(POSTGRES).unwrap();
    assert_eq!(postgres_columns(&mut postgres), Columns::new());
    postgres.run_pending_migrations(POSTGRES).unwrap();
    assert_eq!(postgres_columns(&mut postgres), first);
}

/// Each migration is taken back and made again, together with all that came after it, with rows in every table.
#[test]
fn up_down_up_with_rows() {
    let migrations = names("sqlite").len();
    let directory = tempfile::tempdir().unwrap();
    let mut sqlite = sqlite(&directory);
    sqlite.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    for last in 1..=migrations {
        sqlite.run_pending_migrations(SQLITE).unwrap();
        let rows: Vec<Column> = diesel::sql_query(SQLITE_COLUMNS).load(&mut sqlite).unwrap();
        let rows = rows_for_every_table(rows).replace("INSERT INTO", "INSERT OR IGNORE INTO");
        sqlite.batch_execute(&rows).unwrap();
        for _ in 0..last {
            sqlite.revert_last_migration(SQLITE).unwrap();
        }
    }
    assert_eq!(sqlite_columns(&mut sqlite), Columns::new());

    let Some((_created, mut postgres)) = postgres() else { return };
    // Which row belongs to which other one is not asked.
    postgres.batch_execute("SET session_replication_role = replica").unwrap();
    for last in 1..=migrations {
        postgres.run_pending_migrations(POSTGRES).unwrap();
        let rows: Vec<Column> = diesel::sql_query(POSTGRES_COLUMNS).load(&mut postgres).unwrap();
        let rows = rows_for_every_table(rows).replace(");", ") ON CONFLICT DO NOTHING;");
        postgres.batch_execute(&rows).unwrap();
        for _ in 0..last {
            postgres.revert_last_migration(POSTGRES).unwrap();
        }
    }
    assert_eq!(postgres_columns(&mut postgres), Columns::new());
}

#[test]
fn tenant_keys_are_led_by_the_workspace_on_postgres() {
    // Citus can co-locate only what has the workspace in every key.
    let Some((_created, mut postgres)) = postgres() else { return };
    migrate_postgres(&mut postgres).unwrap();
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = diesel::sql_types::Text)]
        index_name: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        first_column: String,
    }
    let keys: Vec<Key> = diesel::sql_query(
        "SELECT i.indexrelid::regclass::text AS index_name, a.attname::text AS first_column
         FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indisunique AND i.indrelid IN (
             SELECT (quote_ident(table_name))::regclass FROM information_schema.columns
             WHERE table_schema = 'public' AND column_name = 'workspace_id')",
    )
    .load(&mut postgres)
    .unwrap();
    assert!(keys.len() > 20);
    for key in keys {
        // Found by the cookie alone, before there is a workspace.
        if key.index_name != "sessions_pkey" {
            assert_eq!(key.first_column, "workspace_id", "{}", key.index_name);
        }
    }
}

#[test]
fn sqlite_is_set_up_as_promised() {
    let directory = tempfile::tempdir().unwrap();
    let mut sqlite = sqlite(&directory);
    sqlite.run_pending_migrations(SQLITE).unwrap();
    #[derive(QueryableByName)]
    struct Value {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }
    let mut check = |pragma: &str, expected: &str| {
        let sql = format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}");
        let value: Value = diesel::sql_query(sql).get_result(&mut sqlite).unwrap();
        assert_eq!(value.value, expected, "{pragma}");
    };
    check("journal_mode", "wal");
    check("synchronous", "2");
    check("auto_vacuum", "2");
    check("foreign_keys", "1");
}

#[test]
fn readers_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    sqlite(&directory).run_pending_migrations(SQLITE).unwrap();
    let path = directory.path().join("t.db");
    drop(open::sqlite_traces(&path).unwrap());
    let check = |mut reader: Connection| {
        assert_eq!(crate::tables::settings::find(&mut reader, "x").unwrap(), None);
        let mut tx = crate::Tx(reader);
        assert!(crate::tables::settings::upsert(&mut tx, "x", "y").is_err());
    };
    check(open::sqlite_reader(&path).unwrap());

    let Some(created) = PostgresDatabase::create() else { return };
    let url = created.url();
    run(&mut open::postgres_writer(&url, "test").unwrap()).unwrap();
    check(open::postgres_reader(&url, "test").unwrap());
}

#[test]
fn traces_of_another_shape_are_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.db");
    let mut old = SqliteConnection::establish(directory.path().join("traces.db").to_str().unwrap()).unwrap();
    old.batch_execute("CREATE TABLE traces (something TEXT); PRAGMA user_version = 77;").unwrap();
    drop(old);
    let Connection(Backend::Sqlite(mut aside), _) = open::sqlite_traces(&path).unwrap() else {
        unreachable!()
    };
    assert!(sqlite_columns(&mut aside).contains_key(&("traces".into(), "burst_no".into())));
}
