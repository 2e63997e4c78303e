//! What only a server does: lost races, lost connections, two nodes that start at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use engine::list::Bounds;
use store::fields::Owner;
use store::nodes::{self, NodeId};
use store::testing::Holder;
use store::{Class, Tx, fields, settings};

use crate::harness::{Harness, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_run_again() {
    let Some(harness) = Harness::postgres().await else { return };
    let here = harness.workspace;
    for name in ["a", "b"] {
        harness.write(move |tx| fields::upsert(tx, here, &Owner::global(), name, "0")).await;
    }
    let runs = Arc::new(AtomicUsize::new(0));
    let barrier = Arc::new(Barrier::new(2));
    let contender = |first: &'static str, second: &'static str| {
        let (store, runs, barrier) = (harness.store.clone(), Arc::clone(&runs), Arc::clone(&barrier));
        let job = move |tx: &mut Tx| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            fields::increment(tx, here, &Owner::global(), first, &1.into(), Bounds::default())?;
            if run < 2 {
                // Both hold one row and want the other's.
                barrier.wait();
            }
            fields::increment(tx, here, &Owner::global(), second, &1.into(), Bounds::default())
        };
        tokio::spawn(async move { store.write(Class::Lanes, job).await })
    };
    let (one, two) = (contender("a", "b"), contender("b", "a"));
    one.await.unwrap().unwrap();
    two.await.unwrap().unwrap();
    assert!(runs.load(Ordering::SeqCst) >= 3, "at least one of the two was run again");
    let found = harness.read(move |c| fields::load(c, here, &Owner::global(), None)).await;
    assert_eq!(found.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), ["2", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_connections_are_replaced() {
    let Some(harness) = Harness::postgres().await else { return };
    let store::Database::Postgres { url } = &harness.database else { unreachable!() };
    let here = harness.workspace;
    for round in 0..3 {
        store::testing::kill_connections(url);
        // Readers ask connections that have rested; the first reads may still be told.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        for index in 0..20 {
            let name = format!("r{round}-{index}");
            harness.write(move |tx| fields::upsert(tx, here, &Owner::global(), &name, "1")).await;
            harness.read(|c| settings::find(c, "x")).await;
        }
    }
    let found = harness.read(move |c| fields::load(c, here, &Owner::global(), None)).await;
    assert_eq!(found.len(), 60);
}

/// Its transactions would end by themselves one after the other, each only after those it waited for.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_buried_holds_no_locks() {
    let Some(harness) = Harness::postgres().await else { return };
    let store::Database::Postgres { url } = &harness.database else { unreachable!() };
    let beat = |id: &str, lease_ms: i64| {
        let node = NodeId { id: id.into(), home: id.into() };
        let job = move |tx: &mut Tx| match nodes::beat(tx, &node, lease_ms)? {
            Some(beat) => Ok(beat),
            None => nodes::join(tx, &node, lease_ms),
        };
        harness.store.write_pulse(job)
    };
    beat("scenaria-frozen.1", 10_000).await.unwrap();
    let mut bystander = Holder::of_table(url, "secrets", "scenaria-bystander");
    let mut frozen = Holder::of_table(url, "fields", "scenaria-frozen");
    let alive = beat("scenaria-alive.1", 10_000).await.unwrap();
    assert_eq!((alive.buried, alive.owned.len()), (0, 0));
    assert!(alive.next_death_in_ms.is_some_and(|ms| (1..=10_000).contains(&ms)), "{alive:?}");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let heir = beat("scenaria-alive.1", 10).await.unwrap();
    assert_eq!((heir.buried, heir.owned.len(), heir.next_death_in_ms), (1, 1, None));
    // Without that it would wait for as long as the frozen one likes: nothing ends the holder of this test.
    let here = harness.workspace;
    harness.write(move |tx| fields::upsert(tx, here, &Owner::global(), "a", "0")).await;
    assert!(frozen.is_cut());
    assert!(!bystander.is_cut());
}

/// However many jobs wait for a lock that somebody holds, a heartbeat gets through.
#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_wait_for_no_job() {
    let Some(harness) = Harness::postgres().await else { return };
    let store::Database::Postgres { url } = &harness.database else { unreachable!() };
    let holder = Holder::of_table(url, "fields", "somebody");
    let here = harness.workspace;
    let stuck: Vec<_> = (0..8)
        .map(|index| {
            let (store, name) = (harness.store.clone(), format!("f{index}"));
            let job = move |tx: &mut Tx| fields::upsert(tx, here, &Owner::global(), &name, "0");
            tokio::spawn(async move { store.write(Class::Lanes, job).await })
        })
        .collect();
    let node = NodeId { id: "scenaria-a.1".into(), home: "a".into() };
    let joined = harness.store.write_pulse(move |tx| nodes::join(tx, &node, 10_000)).await.unwrap();
    assert_eq!(joined.owned, [harness.bot]);
    assert!(stuck.iter().all(|job| !job.is_finished()), "they still wait");
    drop(holder);
    for job in stuck {
        job.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_may_start_at_once() {
    let Some(created) = store::testing::PostgresDatabase::create() else { return };
    let database = created.database();
    let key = store::MasterKey::random().unwrap();
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let (database, key) = (database.clone(), key.clone());
            tokio::spawn(async move { open(&database, &key) })
        })
        .collect();
    for node in nodes {
        node.await.unwrap().close().await;
    }
}
