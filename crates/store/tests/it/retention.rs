//! What is kept of the past, and that a database whose past goes grows no more.

use engine::ids::{RunId, ScenarioId, UtcMs, VersionId};
use store::inbox::{self, InboxKind, NewInboxRow};
use store::messages::{self, NewIncoming};
use store::runs::{self, NewRun, RunStatus, RunUpdate};
use store::{Class, Database, LaneId, Retention, Tx, delete_expired};

use crate::harness::{Harness, NOW, suite};

suite!(a_database_whose_past_goes_grows_no_more, the_newest_are_kept);

const DAY_MS: i64 = 24 * 3_600_000;
/// Events, runs and messages a day; a bit more than a chunk.
const A_DAY: i64 = 700;

/// A run that stays open.
const NEVER_ENDS: i64 = 1;

/// A day's work, all of it done.
async fn work(harness: &Harness, day: i64) {
    let (lane, now) = (harness.lane("user:1"), NOW.plus_ms(day * DAY_MS));
    let live = move |tx: &mut Tx| (0..A_DAY).try_for_each(|no| live(tx, &lane, day * A_DAY + no, now));
    harness.write(live).await;
}

fn live(tx: &mut Tx, lane: &LaneId, number: i64, now: UtcMs) -> Result<(), store::JobError> {
    let row = NewInboxRow {
        lane: lane.clone(),
        partition: 0,
        dedupe_key: number.to_string(),
        kind: InboxKind::Update,
        payload: vec![b'x'; 1_000],
        meta: "{}".into(),
        reply_secret: None,
        hops: 0,
        received_at: now,
    };
    let event = inbox::insert_batch(tx, &[row])?[0].event_id;
    inbox::mark_done(tx, lane.workspace, event, now)?;
    let run = NewRun {
        id: RunId(event.0),
        lane: lane.clone(),
        scenario_id: ScenarioId(1),
        version_id: VersionId(1),
        status: RunStatus::Waiting,
        state: "x".repeat(500),
        error: None,
        place: None,
        started_at: now,
    };
    runs::insert(tx, &run)?;
    if number == NEVER_ENDS {
        return Ok(());
    }
    runs::save(tx, lane.workspace, run.id, &RunUpdate { state: &run.state, ..RunUpdate::ENDED }, now)?;
    let said = NewIncoming {
        lane: lane.clone(),
        peer: "1".into(),
        payload: "x".repeat(300),
        platform_id: None,
        at: now,
    };
    messages::insert_incoming(tx, &said).map(|_| ())
}

/// As the runtime does it: one small job after another.
async fn sweep(harness: &Harness, keep: Retention, now: UtcMs) -> usize {
    let mut steps = 0;
    while harness.store.write(Class::Background, move |tx| delete_expired(tx, keep, now)).await.unwrap() > 0 {
        steps += 1;
    }
    steps
}

async fn count_messages(harness: &Harness) -> usize {
    let lane = harness.lane("user:1");
    harness.read(move |c| messages::history(c, &lane, None, i64::MAX)).await.len()
}

async fn count_runs(harness: &Harness) -> usize {
    let here = harness.workspace;
    harness.read(move |c| runs::list_of_scenario(c, here, ScenarioId(1), i64::MAX)).await.len()
}

/// The file with what is still in its log.
fn bytes(database: &Database) -> u64 {
    let Database::Sqlite { path } = database else { return 0 };
    let log = path.with_extension("db-wal");
    [path, &log].iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum()
}

async fn a_database_whose_past_goes_grows_no_more(harness: Harness) {
    let keep = Retention { messages_ms: 3 * DAY_MS, runs_ms: 3 * DAY_MS, ..Retention::default() };
    let (mut steps, mut early, mut late) = (0, 0, 0);
    for day in 0..24 {
        work(&harness, day).await;
        steps += sweep(&harness, keep, NOW.plus_ms(day * DAY_MS)).await;
        let size = bytes(&harness.database);
        if day < 12 { early = early.max(size) } else { late = late.max(size) }
    }
    // Three days, this one, and the run that never ends.
    let kept = usize::try_from(4 * A_DAY).unwrap();
    assert_eq!((count_messages(&harness).await, count_runs(&harness).await), (kept, kept + 1));
    assert!(steps > 24, "{steps} steps");
    assert!(late <= early + early / 5, "{early} bytes in the first half, {late} in the second");
}

async fn the_newest_are_kept(harness: Harness) {
    let keep = Retention { messages: 100, runs: 300, ..Retention::default() };
    work(&harness, 0).await;
    assert!(sweep(&harness, keep, NOW).await > 1);
    assert_eq!((count_messages(&harness).await, count_runs(&harness).await), (100, 301));
    // An open one is nobody's past.
    let lane = harness.lane("user:1");
    let found = harness.read(move |c| runs::load_open_of_lane(c, &lane)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(sweep(&harness, keep, NOW).await, 0);
}
