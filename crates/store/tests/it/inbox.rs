use engine::ids::EventId;
use store::inbox::{InboxKind, NewInboxRow};
use store::{LaneId, Retention, inbox};

use crate::harness::{Harness, NOW, suite};

suite!(
    repeats_are_known,
    what_many_bring_at_once_is_kept_once,
    a_lane_gets_its_events_in_order,
    a_paused_bot_takes_no_ones_place,
    the_lane_of_one_call_goes_with_it,
    settled_events_are_kept_for_48_hours,
    raw_bytes_come_back_as_they_were,
);

fn row(lane: &LaneId, dedupe_key: &str) -> NewInboxRow {
    NewInboxRow {
        lane: lane.clone(),
        partition: 0,
        dedupe_key: dedupe_key.into(),
        kind: InboxKind::Update,
        payload: dedupe_key.as_bytes().to_vec(),
        meta: "{}".into(),
        reply_secret: None,
        hops: 0,
        received_at: NOW,
    }
}

async fn repeats_are_known(harness: Harness) {
    let lane = harness.lane("user:1");
    let rows: Vec<_> = ["a", "b", "a", "c"].map(|key| row(&lane, key)).into();
    let first = harness.store.receive(rows).await.unwrap();
    assert_eq!(first.iter().map(|r| r.fresh).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(first[0].event_id, first[2].event_id);
    assert!(first[0].event_id < first[1].event_id && first[1].event_id < first[3].event_id);
    let again = harness.store.receive(vec![row(&lane, "c"), row(&lane, "d")]).await.unwrap();
    assert_eq!(again.iter().map(|r| r.fresh).collect::<Vec<_>>(), [false, true]);
    assert_eq!(again[0].event_id, first[3].event_id);
    // The key is the bot's own.
    let (_, other_bot) = crate::harness::new_workspace(&harness.store, "other").await;
    let other = LaneId::new(harness.workspace, other_bot, "user:1");
    assert!(harness.store.receive(vec![row(&other, "a")]).await.unwrap()[0].fresh);
    assert!(harness.store.receive(Vec::new()).await.unwrap().is_empty());
}

async fn what_many_bring_at_once_is_kept_once(harness: Harness) {
    // Every event is brought three times, by senders that run at once.
    let senders: Vec<_> = (0..300)
        .map(|index| {
            let (store, lane) = (harness.store.clone(), harness.lane(&format!("user:{}", index % 7)));
            tokio::spawn(async move {
                store
                    .receive(vec![row(&lane, &format!("k{}", index % 100)), row(&lane, &format!("x{index}"))])
                    .await
            })
        })
        .collect();
    let mut fresh = 0;
    for sender in senders {
        let received = sender.await.unwrap().unwrap();
        assert_eq!(received.len(), 2);
        fresh += received.iter().filter(|received| received.fresh).count();
    }
    assert_eq!(fresh, 400);
    assert_eq!(harness.read(inbox::count_pending).await, 400);
}

async fn a_lane_gets_its_events_in_order(harness: Harness) {
    let (one, two) = (harness.lane("user:1"), harness.lane("user:2"));
    let rows = vec![row(&two, "1"), row(&one, "2"), row(&two, "3"), row(&one, "4")];
    let received = harness.store.receive(rows).await.unwrap();
    let lanes = harness.read(|c| inbox::lanes_with_pending(c, 10)).await;
    assert_eq!(lanes, [two.clone(), one.clone()], "the longest waiting first");
    assert_eq!(harness.read(|c| inbox::lanes_with_pending(c, 1)).await, [two]);

    let here = harness.workspace;
    let next = |lane: &LaneId| {
        let lane = lane.clone();
        harness.read(move |c| inbox::next_for_lane(c, &lane, EventId(0), 10))
    };
    let keys = |rows: Vec<inbox::InboxRow>| rows.into_iter().map(|row| row.dedupe_key).collect::<Vec<_>>();
    assert_eq!(keys(next(&one).await), ["2", "4"]);
    let (lane, event) = (one.clone(), received[1].event_id);
    assert_eq!(keys(harness.read(move |c| inbox::next_for_lane(c, &lane, event, 10)).await), ["4"]);
    assert_eq!(harness.write(move |tx| inbox::record_attempt(tx, here, event)).await, 1);
    assert_eq!(harness.write(move |tx| inbox::record_attempt(tx, here, event)).await, 2);
    assert_eq!(next(&one).await[0].attempts, 2);
    harness.write(move |tx| inbox::mark_dead(tx, here, event, NOW)).await;
    assert_eq!(keys(next(&one).await), ["4"]);
    let event = received[3].event_id;
    harness.write(move |tx| inbox::mark_done(tx, here, event, NOW)).await;
    assert!(next(&one).await.is_empty());
    let lanes = harness.read(|c| inbox::lanes_with_pending(c, 10)).await;
    assert_eq!(lanes, [harness.lane("user:2")]);
    let settled = harness.read(move |c| inbox::find(c, here, event)).await.unwrap();
    assert_eq!(settled.status, inbox::InboxStatus::Done);
}

async fn settled_events_are_kept_for_48_hours(harness: Harness) {
    const HOUR: i64 = 3_600_000;
    let lane = harness.lane("user:1");
    let here = harness.workspace;
    let received = harness.store.receive(vec![row(&lane, "a"), row(&lane, "b")]).await.unwrap();
    let event = received[0].event_id;
    harness.write(move |tx| inbox::mark_done(tx, here, event, NOW)).await;
    let sweep = |hours: i64| {
        let keep = Retention { inbox_ms: 0, ..Retention::default() };
        harness.trim(keep, NOW.plus_ms(hours * HOUR))
    };
    assert_eq!(sweep(47).await, 0, "never less than 48 hours, whatever is asked");
    assert!(!harness.store.receive(vec![row(&lane, "a")]).await.unwrap()[0].fresh);
    assert_eq!(sweep(49).await, 1);
    assert!(harness.store.receive(vec![row(&lane, "a")]).await.unwrap()[0].fresh);
    assert_eq!(harness.read(inbox::count_pending).await, 2, "what is pending stays, however old");
}

async fn raw_bytes_come_back_as_they_were(harness: Harness) {
    let lane = harness.lane("пользователь:1");
    let payload: Vec<u8> = (0..=255).collect();
    let full = NewInboxRow {
        payload: payload.clone(),
        kind: InboxKind::Webhook,
        reply_secret: Some("s".into()),
        hops: 3,
        partition: 2,
        ..row(&lane, "bytes")
    };
    harness.store.receive(vec![full]).await.unwrap();
    let found = harness.read(move |c| inbox::next_for_lane(c, &lane, EventId(0), 1)).await.remove(0);
    assert_eq!((found.payload, found.kind, found.hops, found.partition), (payload, InboxKind::Webhook, 3, 2));
    assert_eq!((found.reply_secret.as_deref(), found.lane_key.as_str()), (Some("s"), "пользователь:1"));
}

async fn a_paused_bot_takes_no_ones_place(harness: Harness) {
    let (other, its_bot) = crate::harness::new_workspace(&harness.store, "other").await;
    let theirs = LaneId::new(other, its_bot, "user:1");
    harness.store.receive(vec![row(&harness.lane("user:1"), "a"), row(&theirs, "b")]).await.unwrap();
    let (here, bot) = (harness.workspace, harness.bot);
    let set = |status| harness.write(move |tx| store::bots::set_status(tx, here, bot, status, None));
    set(store::bots::BotStatus::Paused).await;
    assert_eq!(harness.read(|c| inbox::lanes_with_pending(c, 1)).await, [theirs]);
    set(store::bots::BotStatus::Active).await;
    assert_eq!(harness.read(|c| inbox::lanes_with_pending(c, 1)).await, [harness.lane("user:1")]);
}

async fn the_lane_of_one_call_goes_with_it(harness: Harness) {
    const HOUR: i64 = 3_600_000;
    let here = harness.workspace;
    let lanes = ["call:done", "call:open", "user:1"].map(|key| harness.lane(key));
    let rows: Vec<_> = lanes.iter().map(|lane| row(lane, &lane.key)).collect();
    let received = harness.store.receive(rows).await.unwrap();
    let events: Vec<_> = received.iter().map(|received| received.event_id).collect();
    let (worked, run) = (lanes.clone(), engine::ids::RunId(events[1].0));
    harness
        .write(move |tx| {
            for (lane, event) in worked.iter().zip(&events) {
                store::lanes::fence(tx, lane, 0, None, None)?;
                inbox::mark_done(tx, here, *event, NOW)?;
            }
            let new = store::runs::NewRun {
                id: run,
                lane: worked[1].clone(),
                scenario_id: engine::ids::ScenarioId(1),
                version_id: engine::ids::VersionId(1),
                status: store::runs::RunStatus::Waiting,
                state: "{}".into(),
                error: None,
                place: None,
                started_at: NOW,
            };
            store::runs::insert(tx, &new)
        })
        .await;
    let sweep = |hours: i64| {
        let now = NOW.plus_ms(hours * HOUR);
        harness.trim(Retention::default(), now)
    };
    let versions = || async {
        let lanes = lanes.clone();
        harness
            .read(move |c| {
                lanes
                    .iter()
                    .map(|lane| Ok(store::lanes::load(c, lane)?.version))
                    .collect::<Result<Vec<_>, store::ReadError>>()
            })
            .await
    };
    sweep(49).await;
    assert_eq!(versions().await, [0, 1, 1], "a run may still need its lane, a person comes back to his");
    harness.write(move |tx| store::runs::save(tx, here, run, &store::runs::RunUpdate::ENDED, NOW)).await;
    sweep(91 * 24).await;
    assert_eq!(versions().await, [0, 0, 1]);
}
