//! Lists that are longer than what one query looks at or one job indexes.

use engine::list::error::too_many_examined;
use store::lists::rebuild;

use super::*;

suite!(
    long_scans_are_refused,
    a_long_list_is_indexed_bit_by_bit,
    a_long_list_that_shares_values_does_not_become_unique,
    a_deleted_list_goes_bit_by_bit,
);

async fn long_scans_are_refused(harness: Harness) {
    let list =
        harness.new_list("long", vec![column("plain", false, false), column("fast", false, true)]).await;
    let many = i64::try_from(lists::EXAMINED_ROWS).unwrap() + 1;
    let insert = move |tx: &mut Tx, list: &List| {
        for index in 0..many {
            let cell = Value::from(index);
            let row = Map::from_iter([("plain".to_owned(), cell.clone()), ("fast".to_owned(), cell)]);
            lists::insert_row(tx, list, &row, NOW)?;
        }
        Ok(())
    };
    harness.on_list("long", insert).await.unwrap();
    let last = many - 1;
    let by_scan = harness.ask(&list, query("long", vec![filter("plain", Comparison::Eq, last)])).await;
    let too_many = Refusal::Step(too_many_examined("long", lists::EXAMINED_ROWS));
    assert!(matches!(by_scan, Err(ReadError::Refused(refusal)) if refusal == too_many));
    let by_index =
        query("long", vec![filter("plain", Comparison::Eq, last), filter("fast", Comparison::Eq, last)]);
    assert_eq!(harness.ask(&list, by_index).await.unwrap().len(), 1);
    let range = query("long", vec![filter("fast", Comparison::Ge, last - 4)]);
    assert_eq!(harness.ask(&list, range).await.unwrap().len(), 5);
    let top = ListQuery { sort: sort("fast", true), limit: 3, ..query("long", vec![]) };
    let top = harness.ask(&list, top).await.unwrap();
    assert_eq!(top.len(), 3);
    assert!(top.is_sorted_by(|left, right| left > right));
    // Across the chunks in which rows and entries are loaded, both ways, nothing is missed or doubled.
    for (descending, column) in [(false, "fast"), (true, "fast"), (true, ROW_ID)] {
        let filters = vec![filter("plain", Comparison::Ge, 3_000)];
        let query =
            ListQuery { sort: sort(column, descending), offset: 600, limit: 1_300, ..query("long", filters) };
        let list = list.clone();
        let rows = harness.read(move |c| lists::query(c, &list, &query)).await;
        let cells: Vec<_> = rows.iter().map(|row| row.cells["fast"].clone()).collect();
        let expected =
            (600..1_900).map(|index| Value::from(if descending { last - index } else { 3_000 + index }));
        assert_eq!(cells, expected.collect::<Vec<_>>(), "{column} {descending}");
    }
    let deep = ListQuery { offset: u32::try_from(last).unwrap(), ..query("long", vec![]) };
    assert_eq!(harness.ask(&list, deep).await.unwrap(), [top[0]], "plain pages go as deep as they like");
}

/// More rows than one job may index.
const LONG: i64 = 1_300;

impl Harness {
    async fn long_list(&self) -> List {
        self.new_list("long", vec![column("a", false, false), column("b", false, true)]).await;
        let insert = |tx: &mut Tx, list: &List| {
            for index in 0..LONG {
                let row = map(&[("a", &index.to_string()), ("b", &(index % 7).to_string())]);
                lists::insert_row(tx, list, &row, NOW)?;
            }
            Ok(())
        };
        self.on_list("long", insert).await.unwrap();
        self.list("long").await
    }

    async fn set_columns(&self, list: &List, columns: Vec<ListColumn>) -> List {
        let (here, id) = (self.workspace, list.id);
        self.write(move |tx| lists::update(tx, here, id, "long", &columns, NOW)).await;
        self.list("long").await
    }

    /// A step of the work that is done aside; false when there is nothing left to do.
    async fn work_some(&self) -> bool {
        let unfinished = self.read(|c| rebuild::unfinished(c, &[], 10)).await;
        for (workspace, list) in unfinished.iter().copied() {
            self.write(move |tx| rebuild::work_some(tx, workspace, list, 100, NOW)).await;
        }
        !unfinished.is_empty()
    }

    /// How many rows there are with a value, asked for with whatever indexes there are.
    async fn count_with(&self, list: &List, name: &str, value: &str) -> usize {
        self.ask(list, query("long", vec![filter(name, Comparison::Eq, value)])).await.unwrap().len()
    }
}

async fn a_long_list_is_indexed_bit_by_bit(harness: Harness) {
    let list = harness.long_list().await;
    // One gets an index and is unique, one loses its index.
    let wanted = vec![column("a", true, false), column("b", false, false)];
    let list = harness.set_columns(&list, wanted.clone()).await;
    assert_eq!(list.wanted_columns(), wanted);
    assert!(list.rebuild.is_building("c-a") && !list.columns[0].unique, "nobody relies on it yet");
    let (mut steps, mut added) = (0, 0);
    while harness.work_some().await {
        steps += 1;
        // People write meanwhile, behind the place where the work is and ahead of it.
        let list = harness.list("long").await;
        assert_eq!(harness.count_with(&list, "a", "5").await, 1);
        if steps % 4 == 0 {
            added += 1;
            let (new, old) = (format!("new {added}"), RowId(added * 150));
            harness.add("long", &[("a", &new), ("b", "1")]).await.unwrap();
            let change = map(&[("a", &format!("changed {added}"))]);
            harness
                .on_list("long", move |tx, list| lists::update_row(tx, list, old, &change, NOW))
                .await
                .unwrap();
        }
    }
    assert!(steps > 20, "{steps} steps");
    let list = harness.list("long").await;
    assert_eq!((list.columns.as_slice(), list.rebuild.is_needed()), (wanted.as_slice(), false));
    for value in ["5", "new 1", "changed 1", &format!("new {added}"), &format!("changed {added}"), "1299"] {
        assert_eq!(harness.count_with(&list, "a", value).await, 1, "{value}");
    }
    assert_eq!(harness.count_with(&list, "a", "149").await, 0, "it was changed");
    let all = ListQuery { sort: sort("a", false), limit: 10_000, ..query("long", vec![]) };
    let rows = usize::try_from(LONG + added).unwrap();
    assert_eq!(harness.ask(&list, all).await.unwrap().len(), rows, "the index lists every row");
    let taken = Err(WriteError::Refused(Refusal::Duplicate { what: "a".into() }));
    assert_eq!(harness.add("long", &[("a", "5")]).await, taken);
}

async fn a_long_list_that_shares_values_does_not_become_unique(harness: Harness) {
    let list = harness.long_list().await;
    let list = harness.set_columns(&list, vec![column("a", false, false), column("b", true, false)]).await;
    assert_eq!(list.rebuild.shared, None);
    while harness.work_some().await {}
    let list = harness.list("long").await;
    assert_eq!(list.rebuild.shared.as_deref(), Some("b"));
    assert_eq!(list.columns, [column("a", false, false), column("b", false, true)]);
    assert_eq!(harness.count_with(&list, "b", "3").await, usize::try_from(LONG / 7 + 1).unwrap());
    harness.add("long", &[("b", "3")]).await.unwrap();
    let list = harness.set_columns(&list, vec![column("a", false, false)]).await;
    assert_eq!(list.rebuild.shared, None, "the columns were changed again");
}

async fn a_deleted_list_goes_bit_by_bit(harness: Harness) {
    let list = harness.long_list().await;
    let (here, id) = (harness.workspace, list.id);
    harness.write(move |tx| lists::delete(tx, here, id)).await;
    assert!(harness.read(move |c| lists::find(c, here, id)).await.is_none());
    assert!(harness.read(move |c| lists::list(c, here)).await.is_empty());
    assert_eq!(harness.add("long", &[("a", "1")]).await, Err(WriteError::Refused(Refusal::NotFound)));
    assert_eq!(harness.refusal(move |tx| lists::delete(tx, here, id)).await, Refusal::NotFound);
    let again = harness.new_list("long", vec![column("a", true, false)]).await;
    harness.add("long", &[("a", "1")]).await.unwrap();
    let mut steps = 0;
    while harness.work_some().await {
        steps += 1;
    }
    assert!(steps > 20, "{steps} steps");
    assert_eq!(harness.read(move |c| lists::count_rows(c, &list)).await, 0);
    assert_eq!(harness.count_with(&again, "a", "1").await, 1, "the new one of the same name is another list");
}
