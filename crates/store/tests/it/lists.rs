use std::cmp::Ordering;

use engine::ids::RowId;
use engine::list::{Bounds, ColumnKind, Comparison, Filter, ListChange, ListQuery, ROW_ID, Selection, Sort};
use engine::value::{Map, Value};
use store::lists::{self, List, ListColumn, Upserted};
use store::{Class, JobError, ReadError, Refusal, Tx, WriteError};

use crate::harness::{Harness, NOW, new_workspace, suite};

mod long;

suite!(
    unique_columns_refuse_repeats,
    editing_moves_the_index_along,
    upsert_changes_or_adds,
    columns_may_be_renamed_and_indexed_later,
    an_index_answers_as_a_scan_does,
    long_texts_are_in_range_whatever_their_hash,
    lists_are_their_workspaces_own,
    what_is_known_of_a_list_changes_with_it,
    a_refused_change_leaves_nothing,
    counters_in_cells_add_up,
);

fn column(name: &str, unique: bool, indexed: bool) -> ListColumn {
    ListColumn { id: format!("c-{name}"), name: name.into(), kind: ColumnKind::Text, unique, indexed }
}

fn map(cells: &[(&str, &str)]) -> Map {
    cells.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

fn filter(column: &str, comparison: Comparison, value: impl Into<Value>) -> Filter {
    Filter { column: column.into(), comparison, value: value.into(), other: None }
}

fn query(list: &str, filters: Vec<Filter>) -> ListQuery {
    ListQuery { list: list.into(), rows: Selection::of(filters), limit: 1_000, ..ListQuery::default() }
}

fn sort(column: &str, descending: bool) -> Vec<Sort> {
    vec![Sort { column: column.to_owned(), descending }]
}

impl Harness {
    async fn new_list(&self, name: &'static str, columns: Vec<ListColumn>) -> List {
        let here = self.workspace;
        self.write(move |tx| lists::insert(tx, here, name, &columns, NOW)).await;
        self.list(name).await
    }

    async fn list(&self, name: &'static str) -> List {
        let here = self.workspace;
        self.read(move |c| lists::find_by_name(c, here, name)).await.unwrap()
    }

    /// A job on a list, with the list loaded in it.
    async fn on_list<T: Send + 'static>(
        &self,
        name: &'static str,
        job: impl Fn(&mut Tx, &List) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let here = self.workspace;
        let with_list = move |tx: &mut Tx| {
            let list = lists::find_for_write(tx, here, name)?.ok_or(Refusal::NotFound)?;
            job(tx, &list)
        };
        self.store.write(Class::Lanes, with_list).await
    }

    async fn add(&self, name: &'static str, cells: &[(&str, &str)]) -> Result<RowId, WriteError> {
        let cells = map(cells);
        self.on_list(name, move |tx, list| lists::insert_row(tx, list, &cells, NOW)).await
    }

    async fn ask(&self, list: &List, query: ListQuery) -> Result<Vec<RowId>, ReadError> {
        let list = list.clone();
        let rows = self.store.read(move |c| lists::query(c, &list, &query)).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

async fn unique_columns_refuse_repeats(harness: Harness) {
    harness.new_list("people", vec![column("phone", true, false), column("name", false, false)]).await;
    let duplicate = Err(WriteError::Refused(Refusal::Duplicate { what: "phone".into() }));
    harness.add("people", &[("phone", "100"), ("name", "A")]).await.unwrap();
    assert_eq!(harness.add("people", &[("phone", "100")]).await, duplicate);
    assert_eq!(harness.add("people", &[("phone", " 100.0 ")]).await, duplicate, "the same number");
    harness.add("people", &[("phone", "100a")]).await.unwrap();
    harness.add("people", &[("phone", "")]).await.unwrap();
    harness.add("people", &[("name", "no phone at all")]).await.unwrap();
    let unknown = harness.add("people", &[("fax", "1")]).await;
    assert_eq!(unknown, Err(WriteError::Refused(Refusal::UnknownColumn { column: "fax".into() })));
    let list = harness.list("people").await;
    assert_eq!(harness.read(move |c| lists::count_rows(c, &list)).await, 4, "refused rows left nothing");

    // Of many who add the same at once, one succeeds.
    let adders: Vec<_> = (0..20)
        .map(|_| {
            let (store, here) = (harness.store.clone(), harness.workspace);
            let job = move |tx: &mut Tx| {
                let list = lists::find_for_write(tx, here, "people")?.ok_or(Refusal::NotFound)?;
                lists::insert_row(tx, &list, &map(&[("phone", "777")]), NOW)
            };
            tokio::spawn(async move { store.write(Class::Lanes, job).await })
        })
        .collect();
    let mut added = 0;
    for adder in adders {
        match adder.await.unwrap() {
            Ok(_) => added += 1,
            Err(error) => assert_eq!(Err(error), duplicate),
        }
    }
    assert_eq!(added, 1);
}

async fn editing_moves_the_index_along(harness: Harness) {
    let list =
        harness.new_list("people", vec![column("phone", true, false), column("city", false, true)]).await;
    let row = harness.add("people", &[("phone", "1"), ("city", "Тула")]).await.unwrap();
    let other = harness.add("people", &[("phone", "2"), ("city", "Тула")]).await.unwrap();
    let in_city = |city: &'static str| query("people", vec![filter("city", Comparison::Eq, city)]);
    assert_eq!(harness.ask(&list, in_city("Тула")).await.unwrap(), [row, other]);
    let edit = |row: RowId, cells: &[(&str, &str)]| {
        let cells = map(cells);
        harness.on_list("people", move |tx, list| lists::update_row(tx, list, row, &cells, NOW.plus_ms(5)))
    };
    let edited = edit(row, &[("city", "Орёл")]).await.unwrap();
    assert_eq!(edited.cells, map(&[("phone", "1"), ("city", "Орёл")]), "other cells stay");
    assert_eq!((edited.created_at, edited.updated_at), (NOW, NOW.plus_ms(5)));
    assert_eq!(harness.ask(&list, in_city("Тула")).await.unwrap(), [other]);
    assert_eq!(harness.ask(&list, in_city("Орёл")).await.unwrap(), [row]);
    let taken = edit(row, &[("phone", "2")]).await;
    assert_eq!(taken, Err(WriteError::Refused(Refusal::Duplicate { what: "phone".into() })));
    edit(row, &[("phone", "3")]).await.unwrap();
    harness.add("people", &[("phone", "1")]).await.expect("the old number is free");
    harness.on_list("people", move |tx, list| lists::delete_row(tx, list, row, NOW)).await.unwrap();
    assert!(harness.ask(&list, in_city("Орёл")).await.unwrap().is_empty());
    harness.add("people", &[("phone", "3")]).await.expect("and so is the deleted row's");
    let gone = harness.on_list("people", move |tx, list| lists::delete_row(tx, list, row, NOW)).await;
    assert_eq!(gone, Err(WriteError::Refused(Refusal::NotFound)));
    let empty = query("people", vec![filter("city", Comparison::Empty, Value::Null)]);
    assert_eq!(harness.ask(&list, empty).await.unwrap().len(), 2);
}

async fn upsert_changes_or_adds(harness: Harness) {
    harness.new_list("people", vec![column("phone", true, false), column("name", false, false)]).await;
    let upsert = |by: &'static str, cells: &[(&str, &str)]| {
        let cells = map(cells);
        harness.on_list("people", move |tx, list| lists::upsert_row(tx, list, by, &cells, NOW))
    };
    let Ok(Upserted::Inserted(row)) = upsert("phone", &[("phone", "1"), ("name", "A")]).await else {
        panic!()
    };
    assert_eq!(upsert("phone", &[("phone", "1.0"), ("name", "B")]).await, Ok(Upserted::Updated(row)));
    let list = harness.list("people").await;
    let found = harness.read(move |c| lists::find_row(c, &list, row)).await.unwrap();
    assert_eq!(found.cells["name"], "B".into());
    assert_eq!(found.into_map()["_id"], Value::from(row.0));
    let not_unique = upsert("name", &[("name", "A")]).await;
    assert_eq!(not_unique, Err(WriteError::Refused(Refusal::UnknownColumn { column: "name".into() })));
}

async fn columns_may_be_renamed_and_indexed_later(harness: Harness) {
    let here = harness.workspace;
    let list = harness.new_list("things", vec![column("a", false, false), column("b", false, false)]).await;
    let first = harness.add("things", &[("a", "1"), ("b", "x")]).await.unwrap();
    harness.add("things", &[("a", "2"), ("b", "y")]).await.unwrap();
    let renamed = ListColumn { name: "alpha".into(), unique: true, ..column("a", false, false) };
    let columns = vec![renamed.clone()];
    let id = list.id;
    harness.write(move |tx| lists::update(tx, here, id, "renamed", &columns, NOW)).await;
    let list = harness.list("renamed").await;
    let found = harness.ask(&list, query("renamed", vec![filter("alpha", Comparison::Eq, 1)])).await.unwrap();
    assert_eq!(found, [first]);
    let duplicate = harness.add("renamed", &[("alpha", "2")]).await;
    assert_eq!(duplicate, Err(WriteError::Refused(Refusal::Duplicate { what: "alpha".into() })));
    let gone = harness.ask(&list, query("renamed", vec![filter("b", Comparison::Eq, "x")])).await;
    assert!(matches!(gone, Err(ReadError::Refused(Refusal::UnknownColumn { .. }))));

    // A column with repeats cannot become unique.
    let plain = vec![column("a", false, false)];
    harness.write(move |tx| lists::update(tx, here, id, "renamed", &plain, NOW)).await;
    harness.add("renamed", &[("a", "2")]).await.unwrap();
    let unique = vec![column("a", true, false)];
    let refusal = harness.refusal(move |tx| lists::update(tx, here, id, "renamed", &unique, NOW)).await;
    assert_eq!(refusal, Refusal::Duplicate { what: "a".into() });
    let twice = vec![column("a", false, false), column("a", false, false)];
    let refusal = harness.refusal(move |tx| lists::update(tx, here, id, "renamed", &twice, NOW)).await;
    assert_eq!(refusal, Refusal::Duplicate { what: "a".into() });
}

/// Rows of all sorts in two lists, one indexed and one not: both must answer as the engine's rule does.
async fn an_index_answers_as_a_scan_does(harness: Harness) {
    let values = [
        "",
        "0",
        "9",
        "9a",
        "10",
        "10.0",
        "10,00",
        " 10",
        "-3",
        "-3.5",
        "100",
        "1e2",
        "apple",
        "Apple",
        "яблоко",
        "01.02.2026",
        "1.2.26",
        "31.12.2025 10:00",
        "true",
        "[1]",
    ];
    let plain = harness.new_list("plain", vec![column("v", false, false), column("w", false, false)]).await;
    let indexed =
        harness.new_list("indexed", vec![column("v", false, true), column("w", false, false)]).await;
    let rows: Vec<Map> = (0..160)
        .map(|index: usize| {
            map(&[("v", values[(index * 7) % values.len()]), ("w", values[(index * 13 + 5) % values.len()])])
        })
        .collect();
    for name in ["plain", "indexed"] {
        let rows = rows.clone();
        let insert = move |tx: &mut Tx, list: &List| {
            rows.iter().map(|row| lists::insert_row(tx, list, row, NOW)).collect::<Result<Vec<_>, _>>()
        };
        harness.on_list(name, insert).await.unwrap();
    }
    let offset = {
        let plain = plain.clone();
        harness.read(move |c| lists::page(c, &plain, 0, 1)).await[0].id.0
    };
    let offset_indexed = {
        let indexed = indexed.clone();
        harness.read(move |c| lists::page(c, &indexed, 0, 1)).await[0].id.0
    };
    use Comparison::*;
    let range = |comparison, value: &str| match comparison {
        Between | In | NotIn => Value::Array(vec![value.into(), "9a".into()]),
        _ => value.into(),
    };
    let mut asked = 0;
    for comparison in [
        Eq,
        Ne,
        Gt,
        Ge,
        Lt,
        Le,
        Between,
        In,
        NotIn,
        Contains,
        NotContains,
        Starts,
        Ends,
        Within,
        Empty,
        NotEmpty,
    ] {
        for value in values {
            for (column, descending, any) in [
                (ROW_ID, false, false),
                (ROW_ID, true, true),
                ("v", false, true),
                ("v", true, false),
                ("w", false, false),
            ] {
                let query = ListQuery {
                    list: String::new(),
                    rows: Selection {
                        filters: vec![
                            filter("v", comparison, range(comparison, value)),
                            filter("w", Ne, "9"),
                        ],
                        any,
                        groups: Vec::new(),
                    },
                    sort: sort(column, descending),
                    offset: 3,
                    limit: 40,
                    ..ListQuery::default()
                };
                let expected: usize = rows.iter().filter(|row| query.rows.takes(0, row)).count();
                let scanned = harness.ask(&plain, query.clone()).await.unwrap();
                let found = harness.ask(&indexed, query.clone()).await.unwrap();
                let normal =
                    |ids: &[RowId], offset: i64| ids.iter().map(|id| id.0 - offset).collect::<Vec<_>>();
                assert_eq!(normal(&scanned, offset), normal(&found, offset_indexed), "{query:?}");
                assert_eq!(found.len(), expected.saturating_sub(3).min(40), "{query:?}");
                for id in &found {
                    assert!(
                        query.rows.takes(0, &rows[usize::try_from(id.0 - offset_indexed).unwrap()]),
                        "{query:?}"
                    );
                }
                let list = indexed.clone();
                let counted = harness.read(move |c| lists::count_matching(c, &list, &query)).await;
                assert_eq!(counted, i64::try_from(expected).unwrap());
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 16 * 20 * 5);

    // Sorted by numbers, numbers are in order.
    let numbers = ListQuery {
        sort: sort("v", false),
        ..query("indexed", vec![filter("v", Ge, 0), filter("v", Le, 100)])
    };
    let list = indexed.clone();
    let sorted = harness.read(move |c| lists::query(c, &list, &numbers)).await;
    let cells: Vec<_> = sorted.iter().filter_map(|row| row.cells["v"].to_number()).collect();
    assert!(cells.len() > 40 && cells.is_sorted_by(|left, right| left.cmp(right) != Ordering::Greater));
}

/// The index knows only the beginning of a long text.
async fn long_texts_are_in_range_whatever_their_hash(harness: Harness) {
    let list = harness.new_list("texts", vec![column("v", false, true)]).await;
    let text = |end: usize| format!("{}{end:03}", "x".repeat(600));
    let mut rows = Vec::new();
    for end in 0..40 {
        rows.push(harness.add("texts", &[("v", &text(end))]).await.unwrap());
    }
    use Comparison::*;
    for (comparison, expected) in [(Gt, &rows[21..]), (Ge, &rows[20..]), (Lt, &rows[..20]), (Le, &rows[..21])]
    {
        let by_number = ListQuery {
            sort: sort(ROW_ID, false),
            ..query("texts", vec![filter("v", comparison, text(20))])
        };
        assert_eq!(harness.ask(&list, by_number).await.unwrap(), expected, "{comparison:?}");
    }
    let ends = Value::Array(vec![text(10).into(), text(12).into()]);
    let between = ListQuery { sort: sort(ROW_ID, false), ..query("texts", vec![filter("v", Between, ends)]) };
    assert_eq!(harness.ask(&list, between).await.unwrap(), &rows[10..13]);
}

async fn lists_are_their_workspaces_own(harness: Harness) {
    let (other, _) = new_workspace(&harness.store, "other").await;
    let list = harness.new_list("mine", vec![column("a", false, false)]).await;
    let row = harness.add("mine", &[("a", "1")]).await.unwrap();
    let (here, id) = (harness.workspace, list.id);
    assert!(harness.read(move |c| lists::find(c, other, id)).await.is_none());
    assert!(harness.read(move |c| lists::find_by_name(c, other, "mine")).await.is_none());
    assert_eq!(harness.refusal(move |tx| lists::delete(tx, other, id)).await, Refusal::NotFound);
    let taken = harness.refusal(move |tx| lists::insert(tx, here, "mine", &[], NOW)).await;
    assert_eq!(taken, Refusal::Duplicate { what: "name".into() });
    harness.write(move |tx| lists::insert(tx, other, "mine", &[], NOW)).await;
    let stolen = List { workspace_id: other, ..list.clone() };
    assert!(harness.read(move |c| lists::find_row(c, &stolen, row)).await.is_none());
    assert_eq!(harness.read(move |c| lists::list(c, here)).await, [list]);
    harness.write(move |tx| lists::delete(tx, here, id)).await;
    assert_eq!(harness.read(move |c| lists::count(c, here)).await, 0);
}

async fn what_is_known_of_a_list_changes_with_it(harness: Harness) {
    let here = harness.workspace;
    let id = harness.new_list("menu", vec![column("a", false, false)]).await.id;
    let columns = |names: &[&str]| -> Vec<_> { names.iter().map(|name| column(name, false, true)).collect() };
    let known = async |name: &'static str| {
        let list = harness.read(move |c| lists::definition(c, here, name)).await?;
        Some(list.columns.len())
    };
    assert_eq!(known("menu").await, Some(1));
    let two = columns(&["a", "b"]);
    let refused = two.clone();
    let refuses = harness.refusal(move |tx| -> Result<(), JobError> {
        lists::update(tx, here, id, "menu", &refused, NOW)?;
        let inside = lists::find_for_write(tx, here, "menu")?.unwrap();
        assert_eq!(inside.columns.len(), 2);
        Err(Refusal::NotFound.into())
    });
    assert_eq!(refuses.await, Refusal::NotFound);
    assert_eq!(known("menu").await, Some(1));
    harness.write(move |tx| lists::update(tx, here, id, "menu", &two, NOW)).await;
    assert_eq!(known("menu").await, Some(2));
    let three = columns(&["a", "b", "c"]);
    harness.write(move |tx| lists::update(tx, here, id, "card", &three, NOW)).await;
    assert_eq!((known("menu").await, known("card").await), (None, Some(3)));
    harness.write(move |tx| lists::delete(tx, here, id)).await;
    assert_eq!(known("card").await, None);
    harness.new_list("card", columns(&["d"])).await;
    assert_eq!(known("card").await, Some(1));
}

async fn a_refused_change_leaves_nothing(harness: Harness) {
    harness.new_list("plain", vec![column("item", false, true)]).await;
    harness.new_list("people", vec![column("name", false, true), column("mail", true, false)]).await;
    let row = |cells: &[(&str, &str)]| ListChange::Add { row: map(cells) };
    let (anna, twin) = (row(&[("name", "Anna"), ("mail", "a@x")]), row(&[("name", "Twin"), ("mail", "a@x")]));
    let (tea, unknown) = (row(&[("item", "tea")]), row(&[("item", "tea"), ("price", "5")]));
    let here = harness.workspace;
    let tried: Vec<Option<String>> = harness
        .write(move |tx| {
            let mut tried = Vec::new();
            for (list, change) in
                [("people", &anna), ("people", &twin), ("plain", &unknown), ("plain", &tea), ("plain", &tea)]
            {
                let list = lists::find_for_write(tx, here, list)?.unwrap();
                tried.push(match lists::change(tx, &list, change, NOW)? {
                    Ok(_) => None,
                    Err(Refusal::Step(error)) => Some(error.code),
                    Err(other) => Some(other.to_string()),
                });
            }
            Ok(tried)
        })
        .await;
    assert_eq!(
        tried,
        [None, Some("duplicate".to_owned()), Some("unknown_column".to_owned()), None, None],
        "the job goes on after a refusal"
    );
    for (name, rows) in [("people", 1), ("plain", 2)] {
        let list = harness.list(name).await;
        let counted = list.clone();
        assert_eq!(harness.read(move |c| lists::count_rows(c, &counted)).await, rows, "{name}");
        let all = harness.ask(&list, query(name, Vec::new())).await.unwrap();
        assert_eq!(i64::try_from(all.len()), Ok(rows));
    }
    let people = harness.list("people").await;
    let twins = harness.ask(&people, query("people", vec![filter("name", Comparison::Eq, "Twin")])).await;
    assert!(twins.unwrap().is_empty(), "no entry of an index is left");
}

async fn counters_in_cells_add_up(harness: Harness) {
    harness.new_list("stock", vec![column("item", true, false), column("left", false, true)]).await;
    let row = harness.add("stock", &[("item", "tea")]).await.unwrap();
    let add = |column: &str, by: i64| ListChange::Increment {
        rows: Selection::of(vec![filter("item", Comparison::Eq, "tea")]),
        column: column.into(),
        by: by.into(),
        bounds: Bounds { least: Some(0.into()), most: None },
    };
    let adders: Vec<_> = (0..30)
        .map(|_| {
            let (store, here, two) = (harness.store.clone(), harness.workspace, add("left", 2));
            let job = move |tx: &mut Tx| {
                let list = lists::find_for_write(tx, here, "stock")?.ok_or(Refusal::NotFound)?;
                Ok(lists::change(tx, &list, &two, NOW)??)
            };
            tokio::spawn(async move { store.write(Class::Lanes, job).await.unwrap() })
        })
        .collect();
    for adder in adders {
        adder.await.unwrap();
    }
    let list = harness.list("stock").await;
    let found = harness.ask(&list, query("stock", vec![filter("left", Comparison::Eq, 60)])).await.unwrap();
    assert_eq!(found, [row]);
    let code = |change: ListChange| {
        let job = harness.on_list("stock", move |tx, list| Ok(lists::change(tx, list, &change, NOW)??));
        async {
            match job.await {
                Err(WriteError::Refused(Refusal::Step(error))) => error.code,
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(code(add("item", 1)).await, "not_a_number");
    assert_eq!(code(add("left", -61)).await, "out_of_range");
}
