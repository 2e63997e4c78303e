//! Timers while somebody sets the machine's clocks. `cargo xtask durability timers` runs them with 100,000.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::ids::{RunId, UtcMs, WaitId};
use serde_json::json;
use store::bots::{BotStatus, UnknownPolicy};
use store::inbox::{InboxKind, InboxRow};
use store::timers::NewTimer;
use store::{Class, Clock, LaneId, Skew};

use crate::support::{House, document, on_both_by, until};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// Lanes the timers are spread over.
const LANES: i64 = 1_000;

fn count() -> i64 {
    std::env::var("DURABILITY_TIMERS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// Nobody works the events of a bot that is paused, so that they stay to be looked at.
async fn pause(house: &House) {
    let (workspace, bot) = (house.workspace, house.bot);
    let pause = move |tx: &mut store::Tx| {
        store::bots::set_status(tx, workspace, bot, BotStatus::Paused, None)?;
        store::workspaces::bump_epoch(tx, workspace)
    };
    house.store.write(Class::Lanes, pause).await.unwrap();
    house.runtime.bots_changed(workspace);
}

fn lane(house: &House, number: i64) -> LaneId {
    LaneId::new(house.workspace, house.bot, format!("user:{}", number % LANES))
}

/// Sets as many timers as there are moments; the number of each is that of its run.
async fn set(house: &House, due_at: impl Fn(i64) -> UtcMs) {
    let timers: Vec<NewTimer> = (0..count())
        .map(|number| NewTimer {
            lane: lane(house, number),
            partition: 0,
            due_at: due_at(number),
            run_id: Some(RunId(number + 1)),
            wait_id: Some(WaitId(1)),
            payload: "{}".into(),
        })
        .collect();
    for chunk in timers.chunks(500) {
        let chunk = chunk.to_vec();
        let insert =
            move |tx: &mut store::Tx| chunk.iter().try_for_each(|timer| store::timers::insert(tx, timer));
        house.store.write(Class::Lanes, insert).await.unwrap();
    }
}

/// How many timers have not fired.
async fn left(house: &House) -> i64 {
    let count = |connection: &mut store::Connection| Ok(store::backlog::count(connection, UtcMs(0))?.timers);
    house.store.read(count).await.unwrap()
}

/// What has fired, by the number of the timer.
async fn fired(house: &House) -> HashMap<i64, Vec<InboxRow>> {
    let lanes: Vec<LaneId> = (0..count().min(LANES)).map(|number| lane(house, number)).collect();
    let mut fired: HashMap<i64, Vec<InboxRow>> = HashMap::new();
    for lanes in lanes.chunks(50) {
        let lanes = lanes.to_vec();
        let read = move |connection: &mut store::Connection| {
            let mut rows = Vec::new();
            for lane in &lanes {
                let all = engine::ids::EventId(0);
                rows.extend(store::inbox::next_for_lane(connection, lane, all, i64::MAX)?);
            }
            Ok(rows)
        };
        for row in house.store.read(read).await.unwrap() {
            assert_eq!(row.kind, InboxKind::Timer);
            let said: serde_json::Value = serde_json::from_slice(&row.payload).unwrap();
            let number = said["run"].as_i64().unwrap() - 1;
            fired.entry(number).or_default().push(row);
        }
    }
    fired
}

/// Each has fired, once.
fn check_once(fired: &HashMap<i64, Vec<InboxRow>>) {
    let lost = (0..count()).filter(|number| !fired.contains_key(number)).count();
    let doubled = fired.values().filter(|rows| rows.len() > 1).count();
    assert_eq!((lost, doubled), (0, 0), "lost and doubled, of {}", count());
}

/// An hour ahead, an hour back and right again, each for too short a time to be believed.
#[tokio::test(flavor = "multi_thread")]
async fn a_wall_clock_that_jumps_an_hour_moves_no_timer() {
    let skew = Arc::new(Skew::default());
    let of_clock = Arc::clone(&skew);
    let test = move |house: House| {
        let skew = Arc::clone(&skew);
        async move {
            let house = &house;
            skew.wall_ms.store(0, Ordering::Relaxed);
            pause(house).await;
            // Most are still to come when all of them are set; that some are late on a slow machine is no harm.
            let (span, began, began_up) = (2_000 + count() / 5, house.store.now(), Clock::uptime_ms());
            let first = began.plus_ms(300 + count() / 10);
            let due_at = move |number: i64| first.plus_ms(number * span / count());
            set(house, due_at).await;
            // Nobody has touched the clock this is measured by.
            let true_now = move || began.plus_ms(Clock::uptime_ms() - began_up);
            let (mut looks, mut to_come) = (0, 0);
            for (share, by) in [(1, HOUR_MS), (2, -HOUR_MS), (3, 0), (4, 0)] {
                let until_then = first.0 + span * share / 4;
                while true_now().0 < until_then {
                    let left = left(house).await;
                    // Whatever is due in more than a second from here has not fired.
                    let soon = true_now().plus_ms(1_000);
                    let must_be = (0..count()).filter(|number| due_at(*number) > soon).count();
                    assert!(left >= i64::try_from(must_be).unwrap(), "{left} of at least {must_be} are left");
                    (looks, to_come) = (looks + 1, to_come.max(must_be));
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                skew.wall_ms.store(by, Ordering::Relaxed);
            }
            until("no timer is left", async || left(house).await == 0).await;
            let over = true_now();
            let fired = fired(house).await;
            check_once(&fired);
            let mut latest = 0;
            for (number, rows) in &fired {
                let (at, due) = (rows[0].received_at, due_at(*number));
                assert!(at.0 >= due.0 - 1_000, "timer {number} was early");
                // By a clock that had jumped ahead it would be dated into the future.
                assert!(at.0 <= over.0 + 1_000, "timer {number} fired by another clock");
                latest = latest.max(at.0 - due.0);
            }
            println!(
                "{} timers fired once each, none early by more than a second ({looks} looks, the first with \
                 {to_come} to come), the latest {latest} ms late",
                count()
            );
        }
    };
    let idle = document(json!([]), json!([]));
    on_both_by(move || Clock::skewed(Arc::clone(&of_clock)), test, UnknownPolicy::Drop, idle).await;
}

/// A wall clock that stays an hour ahead is believed after five minutes, and one that is set back again, too: what
/// has fired does not fire again, and what has not waits for its hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_jump_that_is_believed_doubles_no_timer() {
    let skew = Arc::new(Skew::default());
    let of_clock = Arc::clone(&skew);
    let test = move |house: House| {
        let skew = Arc::clone(&skew);
        async move {
            let house = &house;
            let set_wall = |by: i64| {
                skew.wall_ms.store(by, Ordering::Relaxed);
                house.store.now();
                skew.passed_ms.fetch_add(5 * MINUTE_MS + 1_000, Ordering::Relaxed);
                house.store.now()
            };
            skew.wall_ms.store(0, Ordering::Relaxed);
            house.store.now();
            pause(house).await;
            let began = house.store.now();
            let due_at = move |number: i64| began.plus_ms(MINUTE_MS + number * 3 * HOUR_MS / count());
            set(house, due_at).await;
            let ahead = set_wall(HOUR_MS);
            assert!(ahead.0 > began.0 + HOUR_MS, "it is believed");
            let is_due = move |number: &i64, now: UtcMs| due_at(*number).0 <= now.0;
            let due_count =
                move |now| i64::try_from((0..count()).filter(|n| is_due(n, now)).count()).unwrap();
            until("what is due by the new time fires", async || {
                left(house).await <= count() - due_count(ahead)
            })
            .await;
            let back = set_wall(0);
            assert!(back.0 < ahead.0 - HOUR_MS + 10 * MINUTE_MS, "it is believed, too");
            let (before, began_up) = (fired(house).await, Clock::uptime_ms());
            // Two rounds of the timers' loop.
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            let after = fired(house).await;
            let meanwhile = ahead.plus_ms(Clock::uptime_ms() - began_up + 6 * MINUTE_MS);
            assert!(after.len() >= before.len() && after.keys().all(|number| is_due(number, meanwhile)));
            skew.passed_ms.fetch_add(4 * HOUR_MS, Ordering::Relaxed);
            until("no timer is left", async || left(house).await == 0).await;
            check_once(&fired(house).await);
            println!("{} timers over jumps that were believed: {} by the first", count(), before.len());
        }
    };
    let idle = document(json!([]), json!([]));
    on_both_by(move || Clock::skewed(Arc::clone(&of_clock)), test, UnknownPolicy::Drop, idle).await;
}
