//! PostgreSQL goes away under load: connections are cut, and where `DURABILITY_RESTART` names a file, whoever made
//! it restarts the whole server each time the file appears.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::installation::{Installation, Kind};
use super::verdict::{self, Model};
use super::{bookkeeper, crowd, settle, size, until};

/// Within this it takes updates again.
const BACK: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_goes_away_costs_nothing() {
    let Some(installation) = Installation::new(Kind::Postgres, bookkeeper).await else { return };
    let (people, updates) = (8, 60);
    let rounds = usize::try_from(size("DURABILITY_RESTARTS", 2)).unwrap();
    let mut node = installation.node();
    assert!(node.start(&[]), "{}", node.said());
    let crowd = crowd(&installation, &[&node], people, updates);
    let (budget, tally) = (Arc::clone(&crowd.budget), Arc::clone(&crowd.tally));
    let writing = tokio::spawn(crowd.write());
    let all = usize::try_from(people * updates).unwrap();
    let (mut disturbances, mut slowest) = (Vec::new(), Duration::ZERO);
    for _ in 0..rounds {
        budget.add_permits(all / (rounds + 1));
        tokio::time::sleep(Duration::from_millis(150)).await;
        disturbances.push(Instant::now());
        match std::env::var_os("DURABILITY_RESTART").map(PathBuf::from) {
            Some(please) => {
                std::fs::write(&please, "").unwrap();
                until("the server is restarted", || !please.exists()).await;
            }
            None => tokio::task::block_in_place(|| installation.cut_connections()),
        }
        let (began, before) = (Instant::now(), tally.acknowledged.load(Ordering::Relaxed));
        budget.add_permits(1);
        until("it takes updates again", || tally.acknowledged.load(Ordering::Relaxed) > before).await;
        slowest = slowest.max(began.elapsed());
    }
    budget.add_permits(all);
    writing.await.unwrap();
    let model = Model::of(people, updates, &disturbances);
    settle(&installation, &installation.store(), &model).await;
    node.stop();
    let store = installation.store();
    let mut faults = verdict::faults(&installation, &store, &model).await;
    store.close().await;
    if slowest > BACK {
        faults.push(format!("it took {slowest:?} until it was back"));
    }
    println!(
        "PostgreSQL went away {rounds} times: {} acknowledged, {} refused, back after at most {:.1} s; {} faults",
        tally.acknowledged.load(Ordering::Relaxed),
        tally.refused.load(Ordering::Relaxed),
        slowest.as_secs_f64(),
        faults.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
