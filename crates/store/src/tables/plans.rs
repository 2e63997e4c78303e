//! What runs for every event must find its rows by an index, however many there are. SQLite is asked for the
//! plan of every statement that these queries really send; PostgreSQL counts the scans it has really made.

use std::sync::{Arc, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::{Connection as _, PgConnection};
use engine::ids::*;
use engine::list::ColumnKind;
use engine::list::{
    Aggregate, AggregateFunction, Bounds, Comparison, Filter, ListChange, ListQuery, Reserve, Selection, Sort,
};
use engine::value::{Map, Value};

use super::*;
use crate::connection::{Backend, Connection, Tx};
use crate::error::JobError;
use crate::testing::PostgresDatabase;
use crate::{LaneId, migrate, open};

const NOW: UtcMs = UtcMs(1_800_000_000_000);
const HERE: WorkspaceId = WorkspaceId(1);
const BOT: BotId = BotId(1);

struct Log(Arc<Mutex<Vec<String>>>);

impl Instrumentation for Log {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds").next().unwrap().to_owned();
            self.0.lock().unwrap().push(sql);
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

struct Bench {
    tx: Tx,
    log: Arc<Mutex<Vec<String>>>,
    problems: Vec<String>,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.db");
        let mut connection = open::sqlite_writer(&path).unwrap();
        migrate::run(&mut connection).unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let Connection(Backend::Sqlite(sqlite), _) = &mut connection else { unreachable!() };
        sqlite.set_instrumentation(Log(Arc::clone(&log)));
        Self { tx: Tx(connection), log, problems: Vec::new(), _directory: directory }
    }

    /// Notes the statements of the query that scan a table or sort its rows.
    fn check(&mut self, name: &str, query: impl FnOnce(&mut Tx) -> Result<(), JobError>) {
        for (sql, step) in self.plan(name, query) {
            let scans = step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW";
            if scans || step.contains("TEMP B-TREE") {
                self.problems.push(format!("{name}: {step}\n{sql}"));
            }
        }
    }

    /// The steps of the statements that a query sends.
    fn plan(
        &mut self,
        name: &str,
        query: impl FnOnce(&mut Tx) -> Result<(), JobError>,
    ) -> Vec<(String, String)> {
        self.log.lock().unwrap().clear();
        // A refusal is as good as an answer: the statements were sent.
        if let Err(JobError::Db(error)) = query(&mut self.tx) {
            panic!("{name}: {error}");
        }
        let statements = std::mem::take(&mut *self.log.lock().unwrap());
        assert!(!statements.is_empty(), "{name} sent nothing");
        let mut steps = Vec::new();
        for sql in statements {
            let Connection(Backend::Sqlite(sqlite), _) = &mut self.tx.0 else { unreachable!() };
            let plan: Vec<Step> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(sqlite).unwrap();
            steps.extend(plan.into_iter().map(|step| (sql.clone(), step.detail)));
        }
        steps
    }
}

/// The same questions to a PostgreSQL, in a transaction that is thrown away.
struct PostgresBench {
    tx: Tx,
    /// The question and the table that was read whole.
    problems: Vec<String>,
    _created: PostgresDatabase,
}

#[derive(QueryableByName)]
struct Scans {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    scans: i64,
}

impl PostgresBench {
    /// `None` when there is no server to test with.
    fn new() -> Option<Self> {
        let created = PostgresDatabase::create()?;
        let mut connection = open::postgres_writer(&created.url(), "test").unwrap();
        migrate::run(&mut connection).unwrap();
        let mut bench = Self { tx: Tx(connection), problems: Vec::new(), _created: created };
        bench.execute("BEGIN");
        Some(bench)
    }

    fn postgres(&mut self) -> &mut PgConnection {
        let Connection(Backend::Postgres(postgres), _) = &mut self.tx.0 else { unreachable!() };
        postgres
    }

    fn execute(&mut self, sql: &str) {
        self.postgres().batch_execute(sql).unwrap();
    }

    fn scans(&mut self) -> Vec<Scans> {
        const SCANS: &str =
            "SELECT relname::text AS \"table\", seq_scan AS scans FROM pg_stat_xact_user_tables
             WHERE seq_scan > 0 ORDER BY 1";
        diesel::sql_query(SCANS).load(self.postgres()).unwrap()
    }

    /// Notes the tables that the query reads whole.
    fn check(&mut self, name: &str, query: impl FnOnce(&mut Tx) -> Result<(), JobError>) {
        let before = self.scans();
        let had = |table: &str| before.iter().find(|one| one.table == table).map_or(0, |one| one.scans);
        if let Err(JobError::Db(error)) = query(&mut self.tx) {
            panic!("{name}: {error}");
        }
        let after = self.scans();
        let read = after.iter().filter(|one| one.scans > had(&one.table));
        self.problems.extend(read.map(|one| format!("{name}: {}", one.table)));
    }
}

fn lane() -> LaneId {
    LaneId::new(HERE, BOT, "user:1")
}

fn broadcast() -> broadcasts::Broadcast {
    broadcasts::Broadcast {
        workspace_id: HERE,
        run_id: RunId(1),
        step_no: StepNo(1),
        bot_id: BOT,
        tell: "{}".to_owned(),
    }
}

fn timer(id: i64) -> timers::Timer {
    let (workspace_id, bot_id, due_at) = (HERE, BOT, NOW);
    let (lane_key, payload) = ("user:1".to_owned(), "{}".to_owned());
    timers::Timer {
        workspace_id,
        id,
        bot_id,
        partition: 0,
        due_at,
        lane_key,
        run_id: None,
        wait_id: None,
        payload,
    }
}

fn moving() -> moves::Move {
    let (from_version_id, to_version_id) = (VersionId(1), VersionId(2));
    let choices = "{}".to_owned();
    moves::Move { workspace_id: HERE, from_version_id, to_version_id, choices, last_run_id: RunId(0) }
}

/// Names each query after itself.
macro_rules! check_all {
    ($bench:expr, $tx:ident => { $($query:expr;)* }) => {
        $($bench.check(stringify!($query), |$tx| { let _ = $query?; Ok(()) });)*
    };
}

/// What runs for every event, every send and every timer.
macro_rules! check_hot_path {
    ($bench:expr) => {{
    let lane = lane();
    let names = ["a".to_owned(), "b".to_owned()];
    let (run, step) = (RunId(1), StepNo(1));
    check_all!($bench, tx => {
        bots::find_for_intake(tx, BOT);
        scenarios::find_version(tx, HERE, VersionId(1));
        mini_apps::find_by_slug(tx, "slug");
        files::find_by_slug(tx, "slug");
        files::find(tx, HERE, "a.jpg");
        files::find_chunk(tx, HERE, "c", 0);
        files::find_sent(tx, HERE, BOT, "c", engine::message::MediaKind::Photo);
        webhooks::find_by_secret_hash(tx, &[1]);
        workspaces::epoch(tx, HERE);
        workspaces::bump_epoch(tx, HERE);
        sessions::find(tx, &[1], NOW);
        api_tokens::find_by_hash(tx, &[1], NOW);
        users::find_by_email(tx, "a@b.c");
        users::find_role(tx, HERE, UserId(1));
        subscribers::find(tx, &lane);
        fields::load(tx, HERE, &fields::Owner::global(), Some(&names));
        fields::load(tx, HERE, &fields::Owner::global(), None);
        fields::upsert(tx, HERE, &fields::Owner::global(), "a", "1");
        fields::increment(tx, HERE, &fields::Owner::global(), "a", &1.into(), Bounds::default());
        inbox::next_for_lane(tx, &lane, EventId(5), 10);
        inbox::first_of_lane(tx, &lane);
        inbox::mark_done(tx, HERE, EventId(1), NOW);
        inbox::delete_settled_before(tx, NOW, 500);
        lanes::load(tx, &lane);
        lanes::fence(tx, &lane, 0, None, None);
        lanes::fence(tx, &lane, 1, None, None);
        lanes::fence(tx, &lane, 2, None, Some("{}"));
        lanes::set_foreground(tx, &lane, None);
        runs::load_open_of_lane(tx, &lane);
        runs::find(tx, HERE, run);
        runs::save(tx, HERE, run, &runs::RunUpdate::ENDED, NOW);
        runs::is_version_lived_in(tx, HERE, VersionId(1));
        runs::list_of_scenario(tx, HERE, ScenarioId(1), 20);
        runs::recent_of_lane(tx, &lane, None, 20);
        runs::delete_ended(tx, NOW, 5, 500);
        calls::due_pending(tx, NOW, 10);
        calls::next_due_at(tx);
        calls::answer(tx, HERE, run, step, "{}");
        calls::postpone(tx, HERE, run, step, NOW);
        awaited_calls::find(tx, "hash");
        awaited_calls::find_of_run(tx, HERE, run, "hash");
        awaited_calls::clear_request(tx, HERE, "hash");
        awaited_calls::delete_expired_before(tx, NOW, 500);
        broadcasts::next_workspace(tx, HERE);
        broadcasts::oldest(tx, HERE, 20);
        broadcasts::first_part(tx, &broadcast());
        broadcasts::take_part(tx, &broadcast(), 0);
        broadcasts::delete(tx, &broadcast());
        inbox::has_pending(tx, HERE, BOT, 1_000);
        outbox::has_mailings(tx, HERE, BOT, 1_000);
        calls::delete(tx, HERE, run, step);
        calls::delete_of_run(tx, HERE, run);
        timers::due(tx, NOW, 10);
        timers::next_due_at(tx);
        schedules::next_due_at(tx, NOW);
        schedules::due(tx, NOW, 10);
        schedules::list(tx, HERE);
        subscribers::page(tx, HERE, BOT, "", 10);
        fields::load_named(tx, HERE, fields::Scope::Client, &names, "a");
        timers::take(tx, &[timer(1), timer(2)]);
        timers::delete_of_run(tx, HERE, run);
        timers::delete_by_wait(tx, HERE, run, WaitId(1));
        outbox::claim(tx, HERE, BOT, 30, "node", NOW);
        outbox::next_due_at(tx, HERE, BOT);
        outbox::open_claims_of_node(tx, HERE, BOT, "node");
        outbox::delete_buried(tx, NOW, 5, 10);
        inbox::find_by_dedupe_key(tx, HERE, BOT, "key");
        inbox::empty_settled_behind(tx, 5, 10);
        setbacks::delete_before(tx, NOW, 10);
        setbacks::since(tx, NOW, 10);
        messages::history(tx, &lane, None, 10);
        messages::find_by_effect(tx, HERE, "1/1/0");
        messages::find_by_slot(tx, HERE, BOT, "peer", "1/a");
        messages::find(tx, HERE, MessageId(1));
        messages::find_by_platform_id(tx, HERE, BOT, "peer", "1");
        replies::find(tx, HERE, EventId(1));
        replies::find_by_secret(tx, EventId(1), "s");
        replies::delete_expired(tx, NOW, 10);
        secrets::find(tx, HERE, "NAME");
        exit_counters::of_scenario(tx, HERE, ScenarioId(1), 0);
        moves::standing(tx, &moving(), &names, 10);
        moves::advance(tx, &moving(), run);
        moves::finish(tx, &moving());
    });
    }};
}

#[test]
fn queries_of_the_hot_path_use_an_index() {
    let mut bench = Bench::new();
    check_hot_path!(bench);
    assert!(bench.problems.is_empty(), "{}", bench.problems.join("\n"));
}

#[test]
fn queries_of_the_hot_path_use_an_index_of_postgres() {
    let Some(mut bench) = PostgresBench::new() else { return };
    // Tables without rows are read whole; then it is only asked whether there is an index at all.
    bench.execute("SET enable_seqscan = off");
    check_hot_path!(bench);
    assert!(bench.problems.is_empty(), "{}", bench.problems.join("\n"));
}

/// What is asked every two seconds reads only what is unfinished, not all that is there.
#[test]
fn sweeps_read_partial_indexes() {
    let mut bench = Bench::new();
    let mut check = |index: &str, query: fn(&mut Tx) -> Result<(), JobError>| {
        for (sql, step) in bench.plan(index, query) {
            let fits = step.contains(&format!("INDEX {index}")) || step.contains("bots");
            assert!(fits || !step.starts_with("SCAN "), "{step}\n{sql}");
        }
    };
    check("inbox_pending", |tx| Ok(inbox::lanes_with_pending(tx, 10).map(|_| ())?));
    check("runs_ready", |tx| Ok(runs::lanes_with_ready(tx, 10).map(|_| ())?));
    check("calls_answered", |tx| Ok(calls::lanes_with_answered(tx, 10).map(|_| ())?));
    check("outbox_queued", |tx| Ok(outbox::bots_with_queued(tx).map(|_| ())?));
    check("outbox_sending", |tx| Ok(outbox::open_claims(tx, 10).map(|_| ())?));
}

/// What is asked of lists: filters on an index, orders of an index, pages, counts, chance.
macro_rules! check_list_queries {
    ($bench:expr, $list:expr) => {{
    let row = Map::from_iter([("a".to_owned(), Value::from(1)), ("b".to_owned(), Value::from(2))]);
    let other = Map::from_iter([("a".to_owned(), Value::from(7)), ("b".to_owned(), Value::from(8))]);
    let query = |comparison, sort: Option<&str>, descending| ListQuery {
        rows: Selection::of(vec![Filter { column: "a".into(), comparison, value: 5.into(), other: None }]),
        sort: sort.map(|column| Sort { column: column.to_owned(), descending }).into_iter().collect(),
        limit: 10,
        ..ListQuery::default()
    };
    let aggregate = |function, column: &str| Aggregate { function, column: column.into() };
    let counted = ListQuery {
        limit: 0,
        aggregates: vec![aggregate(AggregateFunction::Count, "")],
        ..query(Comparison::Eq, None, false)
    };
    let extremes = [AggregateFunction::Min, AggregateFunction::Max].map(|function| aggregate(function, "a"));
    let extremes = ListQuery { aggregates: extremes.to_vec(), ..ListQuery::default() };
    let by_number = Filter { column: "_id".into(), comparison: Comparison::Eq, value: 1.into(), other: None };
    let by_number = ListQuery { rows: Selection::of(vec![by_number]), limit: 1, ..ListQuery::default() };
    let by_index = |column: &str, offset| ListQuery {
        sort: vec![Sort { column: column.to_owned(), descending: true }],
        offset,
        limit: 10,
        ..ListQuery::default()
    };
    let newest = query(Comparison::Eq, Some("_id"), true);
    let drawn = ListQuery { shuffle: Some(5), ..query(Comparison::Eq, None, false) };
    let counted_page = ListQuery { limit: 5, ..counted.clone() };
    let reserve = ListChange::Reserve(Reserve {
        rows: Selection::default(),
        sort: Vec::new(),
        shuffle: None,
        column: "a".into(),
        holder: 42.into(),
        again: false,
        values: Map::new(),
    });
    check_all!($bench, tx => {
        lists::insert_row(tx, &$list, &row, NOW);
        lists::update_row(tx, &$list, RowId(1), &other, NOW);
        lists::upsert_row(tx, &$list, "a", &other, NOW);
        lists::query(tx, &$list, &query(Comparison::Eq, None, false));
        lists::query(tx, &$list, &query(Comparison::Ge, Some("b"), true));
        lists::query(tx, &$list, &query(Comparison::Contains, Some("b"), false));
        lists::query(tx, &$list, &query(Comparison::Contains, Some("b"), true));
        lists::query(tx, &$list, &query(Comparison::Contains, None, false));
        lists::find_rows(tx, &$list, &counted);
        lists::find_rows(tx, &$list, &extremes);
        lists::find_rows(tx, &$list, &by_number);
        lists::change(tx, &$list, &reserve, NOW);
        lists::page(tx, &$list, 10, 10);
        lists::page(tx, &$list, 2_000, 10);
        lists::query(tx, &$list, &by_index("b", 1_000));
        lists::query(tx, &$list, &by_index("_id", 1_000));
        lists::query(tx, &$list, &newest);
        lists::query(tx, &$list, &drawn);
        lists::find_rows(tx, &$list, &counted_page);
        lists::delete_row(tx, &$list, RowId(1), NOW);
    });
    }};
}

fn new_list(tx: &mut Tx) -> lists::List {
    let column = |id: &str, unique: bool| lists::ListColumn {
        id: id.into(),
        name: id.into(),
        kind: ColumnKind::Text,
        unique,
        indexed: true,
    };
    let new = workspaces::NewWorkspace { name: "w".into(), locale: crate::Locale::Ru, zone: "UTC".into() };
    workspaces::insert(tx, &new, NOW).unwrap();
    lists::insert(tx, HERE, "l", &[column("a", true), column("b", false)], NOW).unwrap();
    lists::find_by_name(tx, HERE, "l").unwrap().unwrap()
}

#[test]
fn list_queries_use_their_index() {
    let mut bench = Bench::new();
    let list = new_list(&mut bench.tx);
    check_list_queries!(bench, list);
    assert!(bench.problems.is_empty(), "{}", bench.problems.join("\n"));
}

/// PostgreSQL chooses by what it knows of the tables, so they have rows: of this list, and more of another one.
#[test]
fn list_queries_use_their_index_of_postgres() {
    let Some(mut bench) = PostgresBench::new() else { return };
    let list = new_list(&mut bench.tx);
    for number in 0..200 {
        let row = [("a", Value::from(number)), ("b", Value::from(number % 7))];
        let row = row.map(|(name, value)| (name.to_owned(), value));
        lists::insert_row(&mut bench.tx, &list, &row.into_iter().collect(), NOW).unwrap();
    }
    let other = lists::insert(&mut bench.tx, HERE, "other", &[], NOW).unwrap();
    bench.execute(&format!(
        "INSERT INTO list_rows (workspace_id, list_id, cells, created_at_ms, updated_at_ms)
         SELECT 1, {other}, '{{\"a\":1}}', 0, 0 FROM generate_series(1, 60000);
         INSERT INTO list_keys (workspace_id, list_id, column_id, \"key\", row_id)
         SELECT 1, {other}, 'z', int8send(i), i FROM generate_series(1, 60000) i;
         INSERT INTO list_unique (workspace_id, list_id, column_id, \"key\", row_id)
         SELECT 1, {other}, 'z', int8send(i), i FROM generate_series(1, 60000) i;
         ANALYZE list_rows; ANALYZE list_keys; ANALYZE list_unique;"
    ));
    check_list_queries!(bench, list);
    // There is one list or two: nobody looks for them in an index.
    bench.problems.retain(|problem| !problem.ends_with(" lists"));
    assert!(bench.problems.is_empty(), "{}", bench.problems.join("\n"));
}

#[test]
fn the_check_finds_a_scan_of_postgres() {
    let Some(mut bench) = PostgresBench::new() else { return };
    bench.check("a scan", |tx| {
        let Connection(Backend::Postgres(postgres), _) = &mut tx.0 else { unreachable!() };
        let messages = crate::schema::messages::table.filter(crate::schema::messages::payload.eq("x"));
        messages.count().get_result::<i64>(postgres).map(|_| ()).map_err(JobError::from)
    });
    assert_eq!(bench.problems, ["a scan: messages"]);
}

#[test]
fn the_check_finds_a_scan() {
    let mut bench = Bench::new();
    bench.check("a scan", |tx| {
        let Connection(Backend::Sqlite(sqlite), _) = &mut tx.0 else { unreachable!() };
        let messages = crate::schema::messages::table.filter(crate::schema::messages::payload.eq("x"));
        messages.count().get_result::<i64>(sqlite).map(|_| ()).map_err(JobError::from)
    });
    assert_eq!(bench.problems.len(), 1);
}
