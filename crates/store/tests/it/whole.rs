//! The store as a whole: its bounds, its end, its keys.

use std::sync::{Arc, Mutex};

use store::fields::Owner;
use store::setbacks::{self, Item, Verdict, Work};
use store::{
    Class, Clock, MasterKey, OpenError, ReadError, Store, StoreConfig, Tx, WriteError, fields, settings,
};

use crate::harness::{Harness, NOW, open, suite};

suite!(
    what_is_acknowledged_is_there_after_a_restart,
    another_key_is_refused,
    panics_are_told_and_cost_nothing_else,
    a_closed_store_says_so,
    time_is_the_clocks,
    what_has_worked_since_is_the_first_failure_again,
);

async fn what_is_acknowledged_is_there_after_a_restart(harness: Harness) {
    let here = harness.workspace;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let writers: Vec<_> = (0..200)
        .map(|index| {
            let (store, acknowledged) = (harness.store.clone(), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let name = format!("f{index:03}");
                let written = name.clone();
                let job = move |tx: &mut Tx| fields::upsert(tx, here, &Owner::global(), &written, "1");
                if store.write(Class::Lanes, job).await.is_ok() {
                    acknowledged.lock().unwrap().push(name);
                }
            })
        })
        .collect();
    tokio::task::yield_now().await;
    harness.store.close().await;
    for writer in writers {
        writer.await.unwrap();
    }
    let mut acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    acknowledged.sort();
    let reopened = open(&harness.database, &harness.key);
    let found = reopened.read(move |c| Ok(fields::load(c, here, &Owner::global(), None)?)).await.unwrap();
    assert_eq!(found.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), acknowledged);
}

async fn another_key_is_refused(harness: Harness) {
    harness.store.close().await;
    let other = MasterKey::random().unwrap();
    let config = StoreConfig::new(harness.database.clone(), other);
    let refused = tokio::task::block_in_place(|| Store::open(config));
    assert!(matches!(refused, Err(OpenError::WrongMasterKey)));
    open(&harness.database, &harness.key).close().await;
}

async fn panics_are_told_and_cost_nothing_else(harness: Harness) {
    let panicked = harness
        .store
        .write(Class::Lanes, |tx| {
            settings::upsert(tx, "half", "done")?;
            if tx_is_fine() { panic!("a job that panics") } else { Ok(()) }
        })
        .await;
    assert_eq!(panicked, Err(WriteError::Panicked));
    let panicked: Result<(), _> = harness.store.read(|_| panic!("a read that panics")).await;
    assert!(matches!(panicked, Err(ReadError::Panicked)));
    for _ in 0..5 {
        assert_eq!(harness.read(|c| settings::find(c, "half")).await, None);
        harness.write(|tx| settings::upsert(tx, "whole", "done")).await;
    }
}

fn tx_is_fine() -> bool {
    true
}

async fn a_closed_store_says_so(harness: Harness) {
    harness.store.close().await;
    harness.store.close().await;
    let written = harness.store.write(Class::Lanes, |tx| settings::upsert(tx, "x", "y")).await;
    assert_eq!(written, Err(WriteError::Unavailable));
    assert_eq!(harness.store.receive(Vec::new()).await, Err(WriteError::Unavailable));
    let read = harness.store.read(|c| Ok(settings::find(c, "x")?)).await;
    assert!(matches!(read, Err(ReadError::Unavailable)));
    harness.store.flush_traces().await;
}

async fn time_is_the_clocks(harness: Harness) {
    assert_eq!(harness.store.now(), NOW);
    harness.store.clock().advance(5);
    assert_eq!(harness.store.now(), NOW.plus_ms(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_told_at_once_and_classes_do_not_fill_each_other() {
    let harness = Harness::sqlite().await;
    harness.store.close().await;
    let config = StoreConfig {
        queue: 3,
        clock: Clock::manual(NOW),
        ..StoreConfig::new(harness.database.clone(), harness.key.clone())
    };
    let store = tokio::task::block_in_place(|| Store::open(config)).unwrap();
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (begun, has_begun) = std::sync::mpsc::channel();
    let blocker = {
        let store = store.clone();
        tokio::spawn(async move {
            let job = move |_: &mut Tx| {
                let _ = begun.send(());
                // Ends when the other half is dropped.
                let _ = gate.lock().map(|gate| gate.recv());
                Ok(())
            };
            store.write(Class::Lanes, job).await
        })
    };
    tokio::task::block_in_place(|| has_begun.recv().unwrap());
    let write = |class| {
        let store = store.clone();
        async move { store.write(class, |tx| settings::upsert(tx, "x", "y")).await }
    };
    let mut background = tokio::task::JoinSet::new();
    for _ in 0..5 {
        background.spawn(write(Class::Background));
    }
    // Three of them wait behind the gate, so the first two answers are those of the other two.
    for _ in 0..2 {
        assert_eq!(background.join_next().await.unwrap().unwrap(), Err(WriteError::Busy));
    }
    let mut intake = Box::pin(write(Class::Intake));
    tokio::select! {
        biased;
        told = &mut intake => panic!("another class is not full: {told:?}"),
        () = std::future::ready(()) => {}
    }
    drop(open_gate);
    assert_eq!(intake.await, Ok(()));
    assert_eq!(blocker.await.unwrap(), Ok(()));
    assert_eq!(background.join_all().await, [Ok(()), Ok(()), Ok(())]);
}

async fn what_has_worked_since_is_the_first_failure_again(harness: Harness) {
    const HOUR_MS: i64 = 3_600_000;
    let item = Item { workspace: harness.workspace, work: Work::Schedule, name: "t of bot 1".into() };
    let fails = |hours: i64| {
        let item = item.clone();
        harness.write(move |tx| setbacks::count(tx, &item, "no", NOW.plus_ms(hours * HOUR_MS)))
    };
    for _ in 0..5 {
        assert!(matches!(fails(0).await, Verdict::Again(_)));
    }
    assert_eq!(fails(1).await, Verdict::GivenUp);
    assert_eq!(fails(2).await, Verdict::GivenUp, "it has failed an hour ago");
    assert!(matches!(fails(26).await, Verdict::Again(_)), "it has worked for a day");
}
