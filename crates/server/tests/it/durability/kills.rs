//! SIGKILL at random moments and at every named point, while updates come in several times at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::fail_point::{FailPoint, Guarantee};

use super::installation::{Installation, Kind, Node};
use super::people::Chooser;
use super::verdict::{self, Model};
use super::{bookkeeper, crowd, settle, size};

/// How long the process may take to come to a point.
const POINT: Duration = Duration::from_secs(20);

struct Ordeal {
    people: i64,
    updates: i64,
    kills: usize,
    /// What panics now and then.
    panics: Option<&'static str>,
    /// A guarantee that is broken on purpose.
    broken: Option<Guarantee>,
}

impl Ordeal {
    fn small() -> Self {
        let all = size("DURABILITY_UPDATES", 240);
        let people = if all > 1_000 { 100 } else { 12 };
        let kills = usize::try_from(size("DURABILITY_KILLS", 5)).unwrap();
        Self { people, updates: all / people, kills, panics: None, broken: None }
    }
}

/// Every so manieth write job panics when its work is done.
const JOBS: &str = "job_done:%97";

/// Every so manieth time that sends are claimed, by a burst or by a dispatcher, who was to send them panics.
const SENDERS: &str = "sends_claimed:%13";

/// What a process is killed by.
#[derive(Clone, Copy, Debug)]
enum Death {
    After(Duration),
    At(FailPoint, usize),
}

/// The deaths of one ordeal: every point once as far as there are enough, the rest at random.
fn deaths(kills: usize, chooser: &mut Chooser) -> Vec<Death> {
    let mut points = FailPoint::ALL.to_vec();
    for index in (1..points.len()).rev() {
        points.swap(index, chooser.below(index + 1));
    }
    (0..kills)
        .map(|kill| match points.get(kill / 2) {
            Some(point) if kill % 2 == 0 => Death::At(*point, 1 + chooser.below(2)),
            _ => Death::After(Duration::from_millis(50 + chooser.below(900) as u64)),
        })
        .collect()
}

async fn endure(kind: Kind, ordeal: Ordeal) -> Option<Vec<String>> {
    let installation = Installation::new(kind, bookkeeper).await?;
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).unwrap();
    let seed = u64::from_le_bytes(seed) | 1;
    let deaths = match ordeal.broken {
        None => deaths(ordeal.kills, &mut Chooser(seed)),
        // Then the first that came is about to be stored, and others have been acknowledged since.
        Some(Guarantee::AcknowledgeLate) => vec![Death::At(FailPoint::IntakeStored, 1)],
        // What hangs in the transaction of a batch that broke is gone with the process.
        Some(_) => vec![Death::After(Duration::from_millis(1_500)); ordeal.kills],
    };
    let mut node = installation.node();
    let crowd = crowd(&installation, &[&node], ordeal.people, ordeal.updates);
    let (budget, tally) = (Arc::clone(&crowd.budget), Arc::clone(&crowd.tally));
    let writing = tokio::spawn(crowd.write());
    let all = usize::try_from(ordeal.people * ordeal.updates).unwrap();
    let share = all / (ordeal.kills + 1);
    let (mut disturbances, mut missed) = (Vec::new(), Vec::new());
    for death in &deaths {
        budget.add_permits(share);
        if !die(&mut node, *death, &ordeal).await {
            missed.push(*death);
        }
        disturbances.push(Instant::now());
    }
    budget.add_permits(all);
    // It is broken no longer: what is missing in the end was lost.
    let panics = ordeal.panics.filter(|_| ordeal.broken.is_none()).unwrap_or_default();
    assert!(node.start(&[("SCENARIA_PANIC_AT", panics)]), "{}", node.said());
    writing.await.unwrap();
    let panics = ordeal.panics == Some(SENDERS);
    let model = Model { panics, ..Model::of(ordeal.people, ordeal.updates, &disturbances) };
    // Only one process serves from SQLite, but others may look.
    settle(&installation, &installation.store(), &model).await;
    node.stop();
    let store = installation.store();
    let faults = verdict::faults(&installation, &store, &model).await;
    store.close().await;
    for death in &missed {
        println!("{death:?} was not reached with {share} updates; killed all the same");
    }
    println!(
        "{kind:?}: {all} updates of {} people, {} acknowledgements ({} refused, {} broken off), {} kills of \
         which {} at named points, seed {seed}; {} faults",
        ordeal.people,
        tally.acknowledged.load(std::sync::atomic::Ordering::Relaxed),
        tally.refused.load(std::sync::atomic::Ordering::Relaxed),
        tally.broken.load(std::sync::atomic::Ordering::Relaxed),
        ordeal.kills,
        node.ended_by_itself,
        faults.len(),
    );
    Some(faults)
}

/// Starts the node and kills it; false when it did not come to the point it should have died at.
async fn die(node: &mut Node, death: Death, ordeal: &Ordeal) -> bool {
    let point = match death {
        Death::At(point, time) => format!("{}:{time}", point.name()),
        Death::After(_) => String::new(),
    };
    let breaks = ordeal.broken.map(Guarantee::name).unwrap_or_default();
    let panics = ordeal.panics.unwrap_or_default();
    node.start(&[("SCENARIA_FAIL_AT", &point), ("SCENARIA_BREAK", breaks), ("SCENARIA_PANIC_AT", panics)]);
    match death {
        Death::After(moment) => {
            tokio::time::sleep(moment).await;
            node.kill();
            true
        }
        Death::At(..) => {
            let deadline = Instant::now() + POINT;
            while Instant::now() < deadline {
                if node.has_died() {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            node.kill();
            false
        }
    }
}

async fn check(kind: Kind, ordeal: Ordeal) {
    let Some(faults) = endure(kind, ordeal).await else { return };
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_on_sqlite() {
    check(Kind::Sqlite, Ordeal::small()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_on_postgres() {
    check(Kind::Postgres, Ordeal::small()).await;
}

/// A panic is caught; what else was in its batch is kept all the same.
#[tokio::test(flavor = "multi_thread")]
async fn panics_in_the_middle_of_batches_cost_nothing() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        check(kind, Ordeal { people: 16, updates: 30, kills: 1, panics: Some(JOBS), broken: None }).await;
    }
}

/// A dispatcher that panics is replaced, and what was claimed is sent.
#[tokio::test(flavor = "multi_thread")]
async fn senders_that_panic_leave_nothing_unsent() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        check(kind, Ordeal { people: 16, updates: 30, kills: 1, panics: Some(SENDERS), broken: None }).await;
    }
}

/// The test notices: acknowledged before the commit, updates are lost.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_acknowledgement_is_found_out() {
    let broken = Some(Guarantee::AcknowledgeLate);
    check_found_out(Ordeal { people: 8, updates: 20, kills: 1, panics: None, broken }).await;
}

/// The test notices: where a batch goes on after a caught panic, what was acknowledged with it is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_goes_on_after_a_panic_is_found_out() {
    let broken = Some(Guarantee::WholeBatch);
    check_found_out(Ordeal { people: 32, updates: 40, kills: 4, panics: Some(JOBS), broken }).await;
}

async fn check_found_out(ordeal: Ordeal) {
    let faults = endure(Kind::Sqlite, ordeal).await.unwrap();
    assert!(faults.iter().any(|fault| fault.contains("are missing")), "nobody noticed: {faults:?}");
}
