//! The played world, SQLite and PostgreSQL keep lists by the same rules: random operations against each of them
//! have the same answers. Rows have other numbers in each, so numbers are told by the played world's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::list::{
    Aggregate, AggregateFunction, CellChange, Change, Column, ColumnKind, Comparison, Filter, ListDefinition,
    ROW_ID, Reserve, Selection, Sort, increase,
};
use engine::play::MemoryList;
use engine::value::Map;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestError, TestRunner};
use store::lists::ListColumn;
use store::testing::PostgresDatabase;
use store::workspaces::NewWorkspace;
use store::{Class, Database, Locale, MasterKey, Store, StoreConfig};

use super::*;

const NOW: UtcMs = UtcMs(1_800_000_000_000);

/// A unique column, an indexed one and one without an index.
const COLUMNS: [(&str, bool, bool); 3] = [("u", true, false), ("i", false, true), ("p", false, false)];

#[derive(Clone, Debug)]
enum Operation {
    Change(ListChange),
    Find(ListQuery),
    SetGlobal(Value),
    IncrementGlobal(Value, Bounds),
}

/// An answer, or the code of the error and for changes its sentence.
type Told = Result<Answer, (String, String)>;

fn value() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        "0",
        "3",
        "9",
        "9a",
        "10",
        "10.0",
        "2,5",
        " 10",
        "-3",
        "apple",
        "Apple",
        "pineapple",
        "яблоко",
        "01.02.2026",
        "1.2.26",
        "31.12.2025 10:00",
        "true",
    ];
    prop_oneof![
        6 => select(texts.to_vec()).prop_map(Value::from),
        4 => (-2_i64..12).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => vec((0_i64..3).prop_map(Value::from), 0..3).prop_map(Value::Array),
        1 => select(["xy", "xz"].as_slice()).prop_map(|end| Value::from("x".repeat(598) + end)),
    ]
}

fn column() -> impl Strategy<Value = String> {
    // A column that is not there now and then.
    prop_oneof![30 => select(["u", "i", "p"].as_slice()), 1 => Just("gone")].prop_map(str::to_owned)
}

fn filter() -> impl Strategy<Value = Filter> {
    use Comparison::*;
    let every = [
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
        Words,
    ];
    let cells = (column(), select(every.to_vec()), vec(value(), 2), option::weighted(0.2, column()))
        .prop_map(|(column, comparison, values, other)| {
            let value = match comparison {
                Between | In | NotIn => Value::Array(values),
                _ => values.into_iter().next().unwrap_or_default(),
            };
            Filter { column, comparison, value, other }
        });
    let numbers = (select(vec![Eq, Ne]), 1_i64..12).prop_map(|(comparison, number)| Filter {
        column: ROW_ID.to_owned(),
        comparison,
        value: number.into(),
        other: None,
    });
    prop_oneof![4 => cells, 1 => numbers]
}

fn selection() -> impl Strategy<Value = Selection> {
    let group = (vec(filter(), 1..3), any::<bool>()).prop_map(|(filters, any)| Selection {
        filters,
        any,
        groups: Vec::new(),
    });
    (vec(filter(), 0..3), any::<bool>(), vec(group, 0..2)).prop_map(|(filters, any, groups)| Selection {
        filters,
        any,
        groups,
    })
}

fn sorts() -> impl Strategy<Value = Vec<Sort>> {
    let column = prop_oneof![4 => column(), 1 => Just(ROW_ID.to_owned())];
    vec((column, any::<bool>()).prop_map(|(column, descending)| Sort { column, descending }), 0..3)
}

fn row() -> impl Strategy<Value = Map> {
    vec((column(), value()), 0..4).prop_map(|cells| cells.into_iter().collect())
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (option::of(-5_i64..2), option::of(8_i64..15))
        .prop_map(|(least, most)| Bounds { least: least.map(Into::into), most: most.map(Into::into) })
}

fn any_change() -> impl Strategy<Value = ListChange> {
    let cell = (column(), value(), 0..3).prop_map(|(column, value, how)| CellChange {
        column,
        change: match how {
            0 => Change::Set(value),
            1 => Change::Add(value),
            _ => Change::Append(value),
        },
    });
    prop_oneof![
        5 => row().prop_map(|row| ListChange::Add { row }),
        3 => (selection(), vec(cell, 0..3)).prop_map(|(rows, changes)| ListChange::Edit { rows, changes }),
        1 => selection().prop_map(|rows| ListChange::Delete { rows }),
        2 => (column(), row()).prop_map(|(key, row)| ListChange::Upsert { key, row }),
        2 => (selection(), column(), value(), bounds())
            .prop_map(|(rows, column, by, bounds)| ListChange::Increment { rows, column, by, bounds }),
        2 => (selection(), sorts(), column(), value(), any::<bool>(), row()).prop_map(
            |(rows, sort, column, holder, again, values)| {
                ListChange::Reserve(Reserve { rows, sort, shuffle: None, column, holder, again, values })
            }
        ),
    ]
}

fn find() -> impl Strategy<Value = ListQuery> {
    use AggregateFunction::*;
    let aggregate = (select(vec![Count, Sum, Avg, Min, Max]), column());
    let aggregate = aggregate.prop_map(|(function, column)| Aggregate { function, column });
    let count = Just(Aggregate { function: Count, column: String::new() });
    let aggregates =
        prop_oneof![2 => Just(Vec::new()), 1 => vec(prop_oneof![1 => count, 2 => aggregate], 1..3)];
    let page = (0_u32..4, prop_oneof![1 => Just(0_u32), 2 => Just(3), 3 => Just(100)]);
    (
        selection(),
        sorts(),
        option::weighted(0.2, any::<u64>()),
        option::weighted(0.3, column()),
        page,
        aggregates,
    )
        .prop_map(|(rows, sort, shuffle, unique, (offset, limit), aggregates)| {
            // A random order depends on the numbers of rows, which differ.
            let (offset, limit, unique) =
                if shuffle.is_some() { (0, 100, None) } else { (offset, limit, unique) };
            ListQuery { list: String::new(), rows, sort, shuffle, unique, offset, limit, aggregates }
        })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => any_change().prop_map(Operation::Change),
        4 => find().prop_map(Operation::Find),
        1 => value().prop_map(Operation::SetGlobal),
        1 => (value(), bounds()).prop_map(|(by, bounds)| Operation::IncrementGlobal(by, bounds)),
    ]
}

fn told(answer: Result<Answer, StepError>, with_sentence: bool) -> Told {
    answer.map_err(|error| (error.code, if with_sentence { error.en } else { String::new() }))
}

/// What the played world answers.
fn play(name: &str, operations: &[Operation]) -> Vec<Told> {
    let columns =
        COLUMNS.map(|(name, unique, _)| Column { name: name.into(), kind: ColumnKind::Text, unique });
    let definition = ListDefinition { name: name.to_owned(), columns: columns.to_vec(), rows: Vec::new() };
    let (mut list, mut global) = (MemoryList::new(definition), Value::Null);
    operations
        .iter()
        .map(|operation| match operation {
            Operation::Change(change) => told(list.change(change), true),
            Operation::Find(query) => told(list.find(query), false),
            Operation::SetGlobal(value) => {
                global = value.clone();
                Ok(Answer::Written(Value::Null))
            }
            Operation::IncrementGlobal(by, bounds) => {
                let new = increase(name, &global, by, *bounds);
                global = new.as_ref().unwrap_or(&global).clone();
                told(new.map(Answer::Written), true)
            }
        })
        .collect()
}

/// The numbers of rows in a store, by those in the played world.
#[derive(Default)]
struct Numbers(HashMap<i64, i64>);

impl Numbers {
    fn meant(&self, selection: &Selection) -> Selection {
        let mut selection = selection.clone();
        for filter in selection.filters.iter_mut().filter(|filter| filter.column == ROW_ID) {
            let number = filter.value.to_number().and_then(|number| i64::try_from(number).ok()).unwrap();
            filter.value = self.0.get(&number).copied().unwrap_or(i64::MAX).into();
        }
        selection.groups = selection.groups.iter().map(|group| self.meant(group)).collect();
        selection
    }

    fn meant_change(&self, change: &ListChange) -> ListChange {
        let mut change = change.clone();
        match &mut change {
            ListChange::Edit { rows, .. }
            | ListChange::Delete { rows }
            | ListChange::Increment { rows, .. }
            | ListChange::Reserve(Reserve { rows, .. }) => *rows = self.meant(rows),
            ListChange::Add { .. } | ListChange::Upsert { .. } => {}
        }
        change
    }

    fn played(&self, number: i64) -> i64 {
        self.0.iter().find(|(_, there)| **there == number).map_or(-number, |(here, _)| *here)
    }

    fn played_row(&self, row: &mut Map) {
        if let Some(number) = row.get_mut(ROW_ID) {
            let there = number.to_number().and_then(|number| i64::try_from(number).ok()).unwrap();
            *number = self.played(there).into();
        }
    }

    /// A store's answer with the numbers of the played world.
    fn played_answer(&mut self, change: Option<&ListChange>, answer: Answer) -> Answer {
        match (change, answer) {
            (Some(ListChange::Add { .. }), Answer::Written(id)) => {
                let there = id.to_number().and_then(|number| i64::try_from(number).ok()).unwrap();
                Answer::Written(self.learn(there).into())
            }
            (_, Answer::Upserted { row, added: true }) => {
                Answer::Upserted { row: self.learn(row), added: true }
            }
            (_, Answer::Upserted { row, added }) => Answer::Upserted { row: self.played(row), added },
            (Some(ListChange::Reserve(_)), Answer::Written(Value::Object(mut row))) => {
                self.played_row(&mut row);
                Answer::Written(row.into())
            }
            (_, Answer::Rows { mut rows, aggregates }) => {
                rows.iter_mut().for_each(|row| self.played_row(row));
                Answer::Rows { rows, aggregates }
            }
            (_, other) => other,
        }
    }

    /// The played world counts its rows from 1.
    fn learn(&mut self, there: i64) -> i64 {
        let here = i64::try_from(self.0.len()).unwrap() + 1;
        self.0.insert(here, there);
        here
    }
}

/// What a store answers; all in one job, which the writer may run again.
fn perform(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    operations: &[Operation],
) -> Result<Vec<Told>, JobError> {
    let columns = COLUMNS.map(|(name, unique, indexed)| ListColumn {
        id: format!("c-{name}"),
        name: name.into(),
        kind: ColumnKind::Text,
        unique,
        indexed,
    });
    lists::insert(tx, workspace, name, &columns, NOW)?;
    let mut numbers = Numbers::default();
    let mut all = Vec::with_capacity(operations.len());
    for operation in operations {
        all.push(match operation {
            Operation::Change(wanted) => {
                let meant = numbers.meant_change(wanted);
                let change = crate::lists::Change { list: name, change: &meant, now: NOW };
                let (answer, _) = change.apply(tx, workspace, || Some(Vec::new()))?;
                told(answer.map(|answer| numbers.played_answer(Some(wanted), answer)), true)
            }
            Operation::Find(query) => {
                let query =
                    ListQuery { list: name.to_owned(), rows: numbers.meant(&query.rows), ..query.clone() };
                let answer = find_rows(tx, workspace, &query)?;
                told(answer.map(|answer| numbers.played_answer(None, answer)), false)
            }
            Operation::SetGlobal(value) => {
                let json = serde_json::to_string(value).unwrap();
                fields::upsert(tx, workspace, &Owner::global(), name, &json)?;
                Ok(Answer::Written(Value::Null))
            }
            Operation::IncrementGlobal(by, bounds) => {
                told(increment(tx, workspace, &Owner::global(), name, by, *bounds)?, true)
            }
        });
    }
    Ok(all)
}

/// Rows of a random order have none to compare.
fn in_some_order(operation: &Operation, told: &Told) -> Told {
    match (operation, told) {
        (Operation::Find(query), Ok(Answer::Rows { rows, aggregates })) if query.shuffle.is_some() => {
            let mut rows = rows.clone();
            rows.sort_by_cached_key(|row| row.get(ROW_ID).and_then(Value::to_number));
            Ok(Answer::Rows { rows, aggregates: aggregates.clone() })
        }
        _ => told.clone(),
    }
}

fn check(database: Database, cases: u32) {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let key = MasterKey::random().unwrap();
    let open = tokio.spawn_blocking(move || Store::open(StoreConfig::new(database, key)).unwrap());
    let store = tokio.block_on(open).unwrap();
    let job = |tx: &mut Tx| {
        let new = NewWorkspace { name: "w".into(), locale: Locale::En, zone: "UTC".into() };
        store::workspaces::insert(tx, &new, NOW)
    };
    let workspace = tokio.block_on(store.write(Class::Lanes, job)).unwrap();
    let (case, rows, errors) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    });
    let ran = runner.run(&vec(operation(), 1..40), |operations| {
        let name = format!("list {}", case.fetch_add(1, Ordering::Relaxed));
        let expected = play(&name, &operations);
        let (wanted, list) = (operations.clone(), name);
        let job = move |tx: &mut Tx| perform(tx, workspace, &list, &wanted);
        let found = tokio.block_on(store.write(Class::Lanes, job)).unwrap();
        for (operation, (expected, found)) in operations.iter().zip(expected.iter().zip(&found)) {
            prop_assert_eq!(
                in_some_order(operation, expected),
                in_some_order(operation, found),
                "{:?}",
                operation
            );
            match expected {
                Ok(Answer::Rows { rows: found, .. }) => rows.fetch_add(found.len(), Ordering::Relaxed),
                Ok(_) => 0,
                Err(_) => errors.fetch_add(1, Ordering::Relaxed),
            };
        }
        Ok(())
    });
    match ran {
        Ok(()) => {}
        Err(TestError::Fail(why, operations)) => panic!("{why}\nafter {operations:#?}"),
        Err(other) => panic!("{other}"),
    }
    assert!(rows.into_inner() > 100 && errors.into_inner() > 100, "the operations say little");
}

#[test]
fn the_played_world_and_sqlite_agree() {
    let directory = tempfile::tempdir().unwrap();
    check(Database::Sqlite { path: directory.path().join("test.db") }, 400);
}

#[test]
fn the_played_world_and_postgres_agree() {
    let Some(created) = PostgresDatabase::create() else { return };
    check(created.database(), 200);
}
