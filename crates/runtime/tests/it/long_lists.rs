//! Lists of a million rows, and bots that go on while they are altered. `cargo xtask durability lists` runs it with so
//! many; here there are more than one job does, and less than a scan may look at.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use engine::effect::Answer;
use engine::ids::{ListId, UtcMs};
use engine::list::{
    Aggregate, AggregateFunction, ColumnKind, Comparison, Filter, ListChange, ListQuery, ROW_ID, Reserve,
    Selection, Sort,
};
use engine::value::{Map, Value};
use serde_json::json;
use store::bots::UnknownPolicy;
use store::lists::{self, EXAMINED_ROWS, Found, List, ListColumn, rebuild};
use store::{Class, ReadError, Refusal};

use crate::support::{House, command, document, on_both, say, until};

fn rows() -> i64 {
    std::env::var("DURABILITY_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500)
}

/// Whether more rows have to be looked through than may be.
fn is_too_long() -> bool {
    rows() > i64::try_from(EXAMINED_ROWS).unwrap()
}

/// `/open` adds a row to the long list, `/note` to the short one beside it.
fn writing() -> serde_json::Value {
    let number = |id: &str| json!({"id": id, "kind": "increment", "options": {"target": "global.number", "value_to": "number"}});
    let add = |id: &str, list: &str| {
        json!({"id": id, "kind": "list_add", "options": {"list": list,
            "values": [{"column": "name", "value": "new #{number}"}]}})
    };
    document(
        json!([command("open", "open"), command("note", "note")]),
        json!([
            {"id": "open", "actions": [number("n1"), add("a1", "long"), say("s1", "Open.")]},
            {"id": "note", "actions": [number("n2"), add("a2", "people"), say("s2", "Noted.")]},
        ]),
    )
}

fn column(name: &str) -> ListColumn {
    ListColumn {
        id: name.to_owned(),
        name: name.to_owned(),
        kind: ColumnKind::Text,
        unique: false,
        indexed: false,
    }
}

/// `name` is everybody's own, `note` one of five, `rank` in no order; `taken` is empty.
const CELLS: &str = "'{\"name\":\"row ' || i || '\",\"note\":\"' || (i % 5) || '\",\"rank\":\"' || ((i * 7919) % 1000003) || '\"}'";

fn plain() -> Vec<ListColumn> {
    ["name", "note", "rank", "taken"].map(column).to_vec()
}

fn indexed() -> Vec<ListColumn> {
    vec![
        ListColumn { unique: true, ..column("name") },
        ListColumn { indexed: true, ..column("note") },
        column("rank"),
        ListColumn { indexed: true, ..column("taken") },
    ]
}

async fn find(house: &House, name: &'static str) -> Option<List> {
    let workspace = house.workspace;
    let find = move |connection: &mut store::Connection| lists::find_by_name(connection, workspace, name);
    house.store.read(find).await.unwrap()
}

fn filter(column: &str, comparison: Comparison, value: impl Into<Value>) -> Selection {
    Selection::of(vec![Filter { column: column.into(), comparison, value: value.into(), other: None }])
}

fn page(rows: Selection, offset: i64, limit: u32) -> ListQuery {
    let offset = u32::try_from(offset).unwrap();
    ListQuery { list: "long".into(), rows, offset, limit, ..ListQuery::default() }
}

fn by(column: &str, descending: bool) -> Vec<Sort> {
    vec![Sort { column: column.into(), descending }]
}

/// Asks the list, and says how long that took.
async fn ask(house: &House, what: &str, query: ListQuery) -> Result<Found, ReadError> {
    let list = find(house, "long").await.unwrap();
    let began = Instant::now();
    let found = house.store.read(move |connection| lists::find_rows(connection, &list, &query)).await;
    println!("  {what}: {:.1} ms", began.elapsed().as_secs_f64() * 1_000.0);
    found
}

/// The cells of a column, in the order of what was found.
fn cells(found: Result<Found, ReadError>, column: &str) -> Vec<String> {
    let cell = |row: &lists::ListRow| row.cells.get(column).map(|cell| cell.to_text().into_owned());
    found.unwrap().rows.iter().map(|row| cell(row).unwrap_or_default()).collect()
}

fn is_refused(found: &Result<Found, ReadError>) -> bool {
    matches!(found, Err(ReadError::Refused(Refusal::Step(error))) if error.code == "too_many_rows")
}

/// Changes the list while somebody writes to the bot again and again; answers how often he was answered.
async fn alter(house: &House, what: &str, text: &str, columns: Option<Vec<ListColumn>>) -> usize {
    let (workspace, list) = (house.workspace, find(house, "long").await.unwrap().id);
    let change = move |tx: &mut store::Tx| match &columns {
        Some(columns) => lists::update(tx, workspace, list, "long", columns, UtcMs(0)),
        None => lists::delete(tx, workspace, list),
    };
    let (began, mut answered, mut slowest) = (Instant::now(), 0, Duration::ZERO);
    house.store.write(Class::Lanes, change).await.unwrap();
    house.runtime.bots_changed(workspace);
    let before = house.api.texts(1).len();
    loop {
        let asked = Instant::now();
        house.say(1, text).await;
        answered += 1;
        until("it is answered", async || house.api.texts(1).len() == before + answered).await;
        slowest = slowest.max(asked.elapsed());
        let unfinished = |connection: &mut store::Connection| Ok(rebuild::unfinished(connection, &[], 1)?);
        if house.store.read(unfinished).await.unwrap().is_empty() {
            break;
        }
    }
    println!(
        "{}, {} rows, {what}: {:.1} s, {answered} updates answered meanwhile, after at most {} ms",
        house.database_name(),
        rows(),
        began.elapsed().as_secs_f64(),
        slowest.as_millis()
    );
    answered
}

async fn ask_without_an_index(house: &House) {
    let last = page(filter("name", Comparison::Eq, format!("row {}", rows() - 1)), 0, 1);
    let found = ask(house, "the last row by a column without an index", last).await;
    assert_eq!(is_refused(&found), is_too_long(), "{found:?}");
    let early = page(filter("name", Comparison::Contains, "row 7"), 0, 1);
    assert_eq!(cells(ask(house, "one that comes early", early).await, "name"), ["row 7"]);
    let deep = page(Selection::default(), rows() - 2, 10);
    let names = cells(ask(house, "the last page", deep).await, "name");
    assert_eq!(names, [format!("row {}", rows() - 2), format!("row {}", rows() - 1)]);
    let newest = ListQuery { sort: by(ROW_ID, true), ..page(Selection::default(), rows() - 1, 10) };
    assert_eq!(cells(ask(house, "the last page, newest first", newest).await, "name"), ["row 0"]);
    let drawn = ListQuery { shuffle: Some(5), ..page(Selection::default(), 0, 3) };
    let drawn: BTreeSet<String> =
        cells(ask(house, "three by chance", drawn).await, "name").into_iter().collect();
    assert_eq!(drawn.len(), 3);
    let best = ListQuery { sort: by("rank", false), ..page(Selection::default(), 0, 3) };
    let found = ask(house, "sorted by a column without an index", best).await;
    assert_eq!(is_refused(&found), is_too_long(), "{found:?}");
}

/// With `added` rows of people who wrote meanwhile.
async fn ask_with_indexes(house: &House, added: i64) {
    let threes = || filter("note", Comparison::Eq, "3");
    let one = page(filter("name", Comparison::Eq, format!("row {}", rows() - 1)), 0, 10);
    assert_eq!(cells(ask(house, "one row by a unique column", one).await, "name").len(), 1);
    let some = page(threes(), 0, 2);
    assert_eq!(cells(ask(house, "the first of many with a value", some).await, "name"), ["row 3", "row 8"]);
    let last = (rows() - 4) / 5 * 5 + 3;
    let newest = ListQuery { sort: by(ROW_ID, true), ..page(threes(), 0, 2) };
    let names = cells(ask(house, "the last of many with a value", newest).await, "name");
    assert_eq!(names, [format!("row {last}"), format!("row {}", last - 5)]);
    let both = Selection {
        filters: [threes().filters, filter("rank", Comparison::Contains, "1").filters].concat(),
        ..Selection::default()
    };
    assert_eq!(
        cells(ask(house, "the same with another condition", page(both, 0, 5)).await, "note"),
        ["3"; 5]
    );
    let count = Aggregate { function: AggregateFunction::Count, column: String::new() };
    let counted = ListQuery { aggregates: vec![count.clone()], ..page(threes(), 0, 2) };
    let found = ask(house, "how many have a value, and the first", counted).await.unwrap();
    assert_eq!((found.aggregates, found.rows.len()), (vec![Value::from(rows() / 5)], 2));
    let of = |function| Aggregate { function, column: "note".into() };
    let ends = vec![count, of(AggregateFunction::Min), of(AggregateFunction::Max)];
    let ends = ListQuery { aggregates: ends, ..page(Selection::default(), 0, 0) };
    let found = ask(house, "how many rows, smallest, largest", ends).await.unwrap();
    assert_eq!(found.aggregates, [Value::from(rows() + added), "0".into(), "4".into()]);
    let sorted = ListQuery { sort: by("name", true), ..page(Selection::default(), rows() / 2, 20) };
    let names = cells(ask(house, "a page in the middle of an index", sorted).await, "name");
    assert!(names.len() == 20 && names.is_sorted_by(|left, right| left > right), "{names:?}");
    let drawn = ListQuery { shuffle: Some(7), ..page(threes(), 0, 4) };
    assert_eq!(cells(ask(house, "four by chance of those with a value", drawn).await, "note"), ["3"; 4]);
    let sum = Aggregate { function: AggregateFunction::Sum, column: "rank".into() };
    let found =
        ask(house, "a sum", ListQuery { aggregates: vec![sum], ..page(Selection::default(), 0, 0) }).await;
    assert_eq!(is_refused(&found), is_too_long(), "{found:?}");
    let reserve = |holder: i64| {
        ListChange::Reserve(Reserve {
            rows: Selection::default(),
            sort: Vec::new(),
            shuffle: None,
            column: "taken".into(),
            holder: holder.into(),
            again: false,
            values: Map::new(),
        })
    };
    let workspace = house.workspace;
    for (holder, name) in [(1, "row 0"), (2, "row 1"), (1, "row 0")] {
        let (wanted, began) = (reserve(holder), Instant::now());
        let job = move |tx: &mut store::Tx| {
            let list = lists::find_for_write(tx, workspace, "long")?.unwrap();
            Ok(lists::change(tx, &list, &wanted, UtcMs(0))??)
        };
        let taken = house.store.write(Class::Lanes, job).await.unwrap();
        println!("  a free row is taken: {:.1} ms", began.elapsed().as_secs_f64() * 1_000.0);
        let Answer::Written(Value::Object(row)) = taken else { panic!("{taken:?}") };
        assert_eq!(row["name"], name.into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_go_on_while_a_long_list_is_altered() {
    let test = |house: House| async move {
        let workspace = house.workspace;
        let insert = move |tx: &mut store::Tx| lists::insert(tx, workspace, "long", &plain(), UtcMs(0));
        let list: ListId = house.store.write(Class::Lanes, insert).await.unwrap();
        let began = Instant::now();
        house.fill_list(list, rows(), CELLS).await;
        println!("{}: {} rows in {:.1} s", house.database_name(), rows(), began.elapsed().as_secs_f64());
        ask_without_an_index(&house).await;

        let mut added = alter(&house, "three indexes, one of them unique", "/open", Some(indexed())).await;
        let list = find(&house, "long").await.unwrap();
        assert_eq!(list.columns, indexed());
        ask_with_indexes(&house, i64::try_from(added).unwrap()).await;

        let mut columns = indexed();
        columns[1].kind = ColumnKind::Number;
        added += alter(&house, "another type", "/open", Some(columns.clone())).await;
        let twos = page(filter("note", Comparison::Eq, 2), 0, 1);
        assert_eq!(cells(ask(&house, "by the column of another type", twos).await, "name"), ["row 2"]);

        columns.remove(1);
        added += alter(&house, "a column deleted", "/open", Some(columns)).await;
        let gone = page(filter("note", Comparison::Eq, 2), 0, 1);
        let gone = ask(&house, "by the deleted column", gone).await;
        assert!(matches!(gone, Err(ReadError::Refused(Refusal::UnknownColumn { .. }))), "{gone:?}");
        let count = Aggregate { function: AggregateFunction::Count, column: String::new() };
        let all = ListQuery { aggregates: vec![count], ..page(Selection::default(), 0, 0) };
        let all = ask(&house, "how many rows", all).await.unwrap();
        assert_eq!(all.aggregates, [Value::from(rows() + i64::try_from(added).unwrap())]);

        alter(&house, "deleted", "/note", None).await;
        assert!(find(&house, "long").await.is_none());
    };
    on_both(test, UnknownPolicy::Drop, writing()).await;
}
