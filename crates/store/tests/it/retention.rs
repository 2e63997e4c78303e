//! What is kept of the past, and that a database whose past goes grows no more.

use engine::ids::{RunId, ScenarioId, UtcMs, VersionId};
use store::inbox::{self, InboxKind, NewInboxRow};
use store::messages::{self, NewIncoming};
use store::outbox::{self, OutboxClass};
use store::runs::{self, NewRun, RunStatus, RunUpdate};
use store::traces::TraceBurst;
use store::{Database, LaneId, Retention, Tx, audit_log};

use crate::harness::{Harness, NOW, suite};

suite!(
    a_database_whose_past_goes_grows_no_more,
    the_newest_are_kept,
    what_was_in_older_events_goes_before_they_do,
    sends_that_are_buried_go_by_number_too,
    traces_keep_within_their_bytes,
    who_did_what_is_forgotten,
);

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
    while harness.trim(keep, now).await > 0 {
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

async fn what_was_in_older_events_goes_before_they_do(harness: Harness) {
    let (here, lane) = (harness.workspace, harness.lane("user:1"));
    work(&harness, 0).await;
    let waiting = NewInboxRow {
        lane: lane.clone(),
        partition: 0,
        dedupe_key: "waits".into(),
        kind: InboxKind::Update,
        payload: b"still to come".to_vec(),
        meta: "{}".into(),
        reply_secret: None,
        hops: 0,
        received_at: NOW,
    };
    let waiting = harness.store.receive(vec![waiting]).await.unwrap()[0].event_id;
    for number in 0..50 {
        let lane = lane.clone();
        harness.write(move |tx| live(tx, &lane, A_DAY + number, NOW)).await;
    }
    let keep = Retention { inbox: 20, ..Retention::default() };
    assert!(sweep(&harness, keep, NOW).await > 1, "in small steps");
    let payload = async |key: &str| {
        let (bot, key) = (harness.bot, key.to_owned());
        let found = harness.read(move |c| inbox::find_by_dedupe_key(c, here, bot, &key)).await;
        found.unwrap().payload.len()
    };
    for (number, bytes) in [(0, 0), (A_DAY - 1, 0), (A_DAY + 29, 0), (A_DAY + 30, 1_000), (A_DAY + 49, 1_000)]
    {
        assert_eq!(payload(&number.to_string()).await, bytes, "{number}");
    }
    let found = harness.read(move |c| inbox::find(c, here, waiting)).await.unwrap();
    assert_eq!(found.payload, b"still to come", "nobody has worked it");
    assert_eq!(sweep(&harness, keep, NOW).await, 0, "once is enough");
    let lane = harness.lane("user:1");
    let job = move |tx: &mut Tx| live(tx, &lane, A_DAY + 50, NOW);
    harness.write(job).await;
    assert_eq!(harness.trim(keep, NOW).await, 1);
    assert_eq!(payload(&(A_DAY + 30).to_string()).await, 0);
    // A repeat is known all the same.
    let again = NewInboxRow {
        lane: harness.lane("user:1"),
        partition: 0,
        dedupe_key: "0".into(),
        kind: InboxKind::Update,
        payload: vec![b'x'],
        meta: "{}".into(),
        reply_secret: None,
        hops: 0,
        received_at: NOW,
    };
    assert!(!harness.store.receive(vec![again]).await.unwrap()[0].fresh);
}

async fn sends_that_are_buried_go_by_number_too(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let sends: Vec<_> = (0..20)
        .map(|number| harness.new_send(&format!("1/1/{number}"), "1", OutboxClass::Reply, 0))
        .collect();
    let bury = move |tx: &mut Tx| {
        for new in &sends {
            outbox::insert(tx, new)?;
            let claimed = outbox::claim(tx, here, bot, 1, "node", NOW)?;
            outbox::mark_dead(tx, &claimed[0], "nobody is there", NOW)?;
        }
        Ok(())
    };
    harness.write(bury).await;
    assert_eq!(harness.trim(Retention::default(), NOW).await, 0);
    let keep = Retention { outbox: 5, ..Retention::default() };
    assert_eq!(sweep(&harness, keep, NOW).await, 1);
    let buried = harness.read(|c| store::backlog::count(c, NOW)).await.buried;
    assert_eq!(buried, 5);
    assert_eq!(count_messages(&harness).await, 20, "the history keeps them");
}

async fn traces_keep_within_their_bytes(harness: Harness) {
    const BYTES: usize = 10_000;
    let here = harness.workspace;
    for number in 0..1_200 {
        let blob = (0..BYTES).map(|index| (index * 31 + number) as u8).collect();
        let (run_id, burst_no, at) = (RunId(number as i64), 0, NOW.plus_ms(number as i64));
        assert!(harness.store.append_trace(TraceBurst { workspace_id: here, run_id, burst_no, blob, at }));
        if number % 200 == 0 {
            harness.store.flush_traces().await;
        }
    }
    harness.store.flush_traces().await;
    let is_there = async |number: i64| {
        !harness.read(move |c| store::traces::of_run(c, here, RunId(number))).await.is_empty()
    };
    let keep = Retention { traces_bytes: 4_000_000, ..Retention::default() };
    harness.store.trim_traces(keep, NOW.plus_ms(2_000));
    // A step at a time, and whoever asks is not kept waiting for the last.
    for _ in 0..20 {
        harness.store.flush_traces().await;
    }
    assert!(!is_there(0).await && !is_there(600).await, "the oldest go");
    assert!(is_there(1_199).await && is_there(1_000).await, "the newest stay");
    let mut left = 0;
    for number in 0..1_200 {
        left += usize::from(is_there(number).await);
    }
    // A page of SQLite holds a bit more than what is in it.
    assert!((200..=400).contains(&left), "{left} are left");
}

async fn who_did_what_is_forgotten(harness: Harness) {
    let here = harness.workspace;
    harness
        .write(move |tx| {
            for (at, target) in [(NOW, "old"), (NOW.plus_ms(800 * DAY_MS), "new")] {
                audit_log::insert(tx, here, None, "list.delete", target, at)?;
            }
            Ok(())
        })
        .await;
    assert_eq!(harness.trim(Retention::default(), NOW.plus_ms(800 * DAY_MS)).await, 1);
    let left = harness.read(move |c| audit_log::list(c, here, 10)).await;
    assert_eq!(left.iter().map(|entry| entry.target.as_str()).collect::<Vec<_>>(), ["new"]);
}
