//! Two nodes on one PostgreSQL; again and again the one that works is frozen with SIGSTOP past its lease and goes on
//! when the other has long taken over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use store::fail_point::{FailPoint, Guarantee};

use super::installation::{Installation, Kind, Node};
use super::people::Chooser;
use super::verdict::{self, Model};
use super::{bookkeeper, crowd, interviewer, settle, size, until};

/// Past the lease of a node, by some.
const PAST_LEASE: Duration = Duration::from_secs(12);

/// Within this the other node has found out.
const FOUND_OUT: Duration = Duration::from_secs(15);

struct Ordeal {
    document: fn(&str) -> Value,
    rounds: usize,
    /// A guarantee that is broken on purpose.
    broken: Option<Guarantee>,
}

/// Every other time the node freezes by itself, between reading a lane and committing to it; else at random.
async fn endure(ordeal: Ordeal) -> Option<Vec<String>> {
    let installation = Installation::new(Kind::Postgres, ordeal.document).await?;
    let (people, share) = (8_i64, 24);
    let updates = i64::try_from((ordeal.rounds * 3 + 1) * share).unwrap() / people;
    let now = installation.directory().join("freeze-now");
    let at = format!("{}:{}", FailPoint::BurstReady.name(), now.display());
    let mut nodes = [installation.node(), installation.node()];
    for node in &mut nodes {
        let breaks = ordeal.broken.map(Guarantee::name).unwrap_or_default();
        assert!(node.start(&[("SCENARIA_FREEZE_AT", &at), ("SCENARIA_BREAK", breaks)]), "{}", node.said());
    }
    let crowd = crowd(&installation, &[&nodes[0], &nodes[1]], people, updates);
    let budget = Arc::clone(&crowd.budget);
    let writing = tokio::spawn(crowd.write());
    let (mut disturbances, mut slowest) = (Vec::new(), Duration::ZERO);
    let (mut works, mut chooser) = (0, Chooser(u64::from(std::process::id()) | 1));
    for round in 0..ordeal.rounds {
        budget.add_permits(share);
        // Runs have begun: the burst that is frozen goes on with one.
        until("everybody is answered", || installation.listeners() == people).await;
        if round % 2 == 0 {
            std::fs::write(&now, "").unwrap();
            budget.add_permits(share);
            until("a node freezes", || nodes.iter().any(Node::is_frozen)).await;
            works = nodes.iter().position(Node::is_frozen).unwrap();
        } else {
            tokio::time::sleep(Duration::from_millis(20 + chooser.below(400) as u64)).await;
            nodes[works].freeze();
        }
        let began = Instant::now();
        disturbances.push(began);
        let before = installation.heard();
        budget.add_permits(share);
        until("the other node takes over", || installation.heard() > before).await;
        slowest = slowest.max(began.elapsed());
        tokio::time::sleep(PAST_LEASE.saturating_sub(began.elapsed())).await;
        disturbances.push(Instant::now());
        nodes[works].thaw();
        // It finds out that it was taken for dead, and begins anew.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        works = 1 - works;
    }
    budget.add_permits(usize::try_from(people * updates).unwrap());
    writing.await.unwrap();
    let mut model = Model::of(people, updates, &disturbances);
    model.errands = installation.shop.orders().values().next().is_some();
    model.late = true;
    settle(&installation, &installation.store(), &model).await;
    match ordeal.broken {
        None => nodes.iter_mut().for_each(Node::stop),
        Some(_) => nodes.iter_mut().for_each(Node::kill),
    }
    let store = installation.store();
    let mut faults = verdict::faults(&installation, &store, &model).await;
    store.close().await;
    if slowest > FOUND_OUT {
        faults.push(format!("it took {slowest:?} until the other node worked"));
    }
    println!(
        "{} freezes over {} updates, taken over after at most {:.1} s; {} faults",
        ordeal.rounds,
        people * updates,
        slowest.as_secs_f64(),
        faults.len()
    );
    Some(faults)
}

async fn check(document: fn(&str) -> Value) {
    let rounds = usize::try_from(size("DURABILITY_FREEZES", 1)).unwrap();
    let Some(faults) = endure(Ordeal { document, rounds, broken: None }).await else { return };
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A run for every update, with calls and pauses.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "goes by the clock and takes a quiet machine: cargo xtask durability freezes"]
async fn a_frozen_node_does_no_harm_to_runs_that_begin() {
    check(bookkeeper).await;
}

/// One run for each person, that is never over.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "goes by the clock and takes a quiet machine: cargo xtask durability freezes"]
async fn a_frozen_node_does_no_harm_to_runs_that_go_on() {
    check(interviewer).await;
}

/// The test notices: without the fence the frozen node's burst counts twice.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "goes by the clock and takes a quiet machine: cargo xtask durability freezes"]
async fn a_missing_fence_is_found_out() {
    let ordeal = Ordeal { document: interviewer, rounds: 1, broken: Some(Guarantee::Fence) };
    let Some(faults) = endure(ordeal).await else { return };
    assert!(faults.iter().any(|fault| fault.contains("are doubled")), "nobody noticed: {faults:?}");
}
