use engine::ids::{EventId, RunId, ScenarioId, StepNo, VersionId, WaitId};
use engine::list::Bounds;
use engine::list::error::not_a_number;
use store::calls::NewCall;
use store::exit_counters::ExitCount;
use store::fields::Owner;
use store::lanes::LaneHead;
use store::replies::Reply;
use store::runs::{NewRun, RunStatus, RunUpdate};
use store::timers::NewTimer;
use store::traces::{TRACE_MAX_BYTES, TraceBurst};
use store::{
    Class, LaneId, Refusal, Retention, WriteError, calls, exit_counters, fields, lanes, moves, replies, runs,
    timers,
};

use crate::harness::{Harness, NOW, new_workspace, suite};

suite!(
    a_lane_moves_only_from_the_version_that_was_read,
    of_many_who_move_a_lane_one_succeeds,
    runs_are_open_until_they_end,
    a_call_is_answered_once,
    timers_come_when_due,
    fields_are_single_values,
    increments_add_up,
    replies_are_kept_once,
    traces_are_written_aside,
    exits_are_counted,
    moves_are_worked_through_in_order,
);

async fn a_lane_moves_only_from_the_version_that_was_read(harness: Harness) {
    let lane = harness.lane("user:1");
    let load = || {
        let lane = lane.clone();
        harness.read(move |c| lanes::load(c, &lane))
    };
    let fence = |version: i64, run: Option<i64>| {
        let lane = lane.clone();
        harness.store.write(Class::Lanes, move |tx| lanes::fence(tx, &lane, version, run.map(RunId), None))
    };
    assert_eq!(load().await, LaneHead::default());
    assert_eq!(fence(1, None).await, Err(WriteError::Fenced), "no row yet");
    assert_eq!(fence(0, Some(7)).await, Ok(()));
    assert_eq!(load().await, LaneHead { version: 1, foreground_run_id: Some(RunId(7)), memory: "{}".into() });
    assert_eq!(fence(0, None).await, Err(WriteError::Fenced));
    assert_eq!(fence(1, None).await, Ok(()));
    assert_eq!(fence(1, None).await, Err(WriteError::Fenced));
    assert_eq!(load().await, LaneHead { version: 2, foreground_run_id: None, memory: "{}".into() });
    let moved = lane.clone();
    harness.write(move |tx| lanes::set_foreground(tx, &moved, Some(RunId(9)))).await;
    assert_eq!(load().await, LaneHead { version: 2, foreground_run_id: Some(RunId(9)), memory: "{}".into() });
}

async fn of_many_who_move_a_lane_one_succeeds(harness: Harness) {
    for version in 0..5 {
        let contenders: Vec<_> = (0..8)
            .map(|_| {
                let (store, lane) = (harness.store.clone(), harness.lane("user:1"));
                tokio::spawn(async move {
                    store
                        .write(Class::Lanes, move |tx| {
                            lanes::fence(tx, &lane, version, None, None)?;
                            fields::increment(
                                tx,
                                lane.workspace,
                                &Owner::global(),
                                "commits",
                                &1.into(),
                                Bounds::default(),
                            )
                        })
                        .await
                })
            })
            .collect();
        let mut succeeded = 0;
        for contender in contenders {
            match contender.await.unwrap() {
                Ok(_) => succeeded += 1,
                Err(error) => assert_eq!(error, WriteError::Fenced),
            }
        }
        assert_eq!(succeeded, 1, "version {version}");
    }
    let here = harness.workspace;
    let commits = harness.read(move |c| fields::load(c, here, &Owner::global(), None)).await;
    assert_eq!(commits, [("commits".to_owned(), "5".to_owned())], "the fenced ones left nothing");
}

fn new_run(lane: &LaneId, id: i64, status: RunStatus) -> NewRun {
    NewRun {
        id: RunId(id),
        lane: lane.clone(),
        scenario_id: ScenarioId(3),
        version_id: VersionId(4),
        status,
        state: "{\"format\":1}".into(),
        error: None,
        place: Some(("b".into(), "a".into())),
        started_at: NOW,
    }
}

async fn runs_are_open_until_they_end(harness: Harness) {
    let (here, lane) = (harness.workspace, harness.lane("user:1"));
    for (id, status) in [(1, RunStatus::Waiting), (2, RunStatus::Ready), (3, RunStatus::Ended)] {
        let run = new_run(&lane, id, status);
        harness.write(move |tx| runs::insert(tx, &run)).await;
    }
    let open = || {
        let lane = lane.clone();
        harness.read(move |c| runs::load_open_of_lane(c, &lane))
    };
    let ids = |runs: Vec<runs::Run>| runs.into_iter().map(|run| run.id.0).collect::<Vec<_>>();
    assert_eq!(ids(open().await), [1, 2]);
    let lived_in = |version| harness.read(move |c| runs::is_version_lived_in(c, here, VersionId(version)));
    assert!(lived_in(4).await && !lived_in(5).await);
    assert_eq!(harness.read(|c| runs::lanes_with_ready(c, 10)).await, std::slice::from_ref(&lane));
    let save = |id: i64, status: RunStatus, state: &'static str, error: Option<&'static str>| {
        harness.store.write(Class::Lanes, move |tx| {
            let update = RunUpdate { status, state, error, place: None };
            runs::save(tx, here, RunId(id), &update, NOW.plus_ms(9))
        })
    };
    assert_eq!(save(2, RunStatus::Calling, "{\"step\":2}", None).await, Ok(()));
    assert_eq!(open().await[1].state, "{\"step\":2}");
    assert!(harness.read(|c| runs::lanes_with_ready(c, 10)).await.is_empty());
    assert_eq!(save(2, RunStatus::Ended, "{}", Some("{\"code\":\"x\"}")).await, Ok(()));
    assert_eq!(ids(open().await), [1]);
    assert_eq!(save(2, RunStatus::Ready, "{}", None).await, Err(WriteError::Refused(Refusal::NotFound)));
    let ended = harness.read(move |c| runs::find(c, here, RunId(2))).await.unwrap();
    assert_eq!((ended.error.as_deref(), ended.ended_at), (Some("{\"code\":\"x\"}"), Some(NOW.plus_ms(9))));
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| runs::find(c, other, RunId(2))).await.is_none());
    let listed = harness.read(move |c| runs::list_of_scenario(c, here, ScenarioId(3), 2)).await;
    assert_eq!(ids(listed), [3, 2]);
    assert_eq!(harness.write(|tx| runs::delete_ended(tx, NOW.plus_ms(5), 0, 10)).await, 1);
    assert!(harness.read(move |c| runs::find(c, here, RunId(3))).await.is_none());
}

async fn a_call_is_answered_once(harness: Harness) {
    let (here, lane, run) = (harness.workspace, harness.lane("user:1"), RunId(1));
    let new = |step: u64, next_at| NewCall {
        lane: harness.lane("user:1"),
        partition: 0,
        run_id: run,
        step_no: StepNo(step),
        request: "{}".into(),
        next_at,
    };
    let (due, later, awaited) = (new(1, Some(NOW)), new(2, Some(NOW.plus_ms(100))), new(3, None));
    harness
        .write(move |tx| {
            calls::insert(tx, &due)?;
            calls::insert(tx, &later)?;
            calls::insert(tx, &awaited)
        })
        .await;
    let steps = |calls: Vec<calls::Call>| calls.into_iter().map(|call| call.step_no.0).collect::<Vec<_>>();
    let due_at = |at: i64| harness.read(move |c| calls::due_pending(c, NOW.plus_ms(at), 10));
    assert_eq!(steps(due_at(0).await), [1]);
    assert_eq!(steps(due_at(100).await), [1, 2]);
    assert_eq!(harness.read(calls::next_due_at).await, Some(NOW));
    let first = due_at(0).await.remove(0);
    let begin = |call: calls::Call, at: i64| {
        harness.write(move |tx| calls::begin(tx, &call, "node", NOW.plus_ms(at)))
    };
    assert!(begin(first.clone(), 500).await);
    assert!(!begin(first, 500).await, "somebody else has begun it");
    assert_eq!(steps(due_at(100).await), [2]);
    let begun = due_at(500).await.into_iter().find(|call| call.step_no.0 == 1).unwrap();
    assert_eq!(begun.attempt, 1);
    let revive = |alive: &[&str]| {
        let alive: Vec<String> = alive.iter().map(|node| (*node).to_owned()).collect();
        harness.write(move |tx| calls::revive(tx, &alive, NOW))
    };
    assert_eq!(revive(&["node"]).await, 0, "its node lives");
    assert_eq!(revive(&["another"]).await, 1);
    assert_eq!(steps(due_at(0).await), [1], "its node is dead: it is made again at once");
    assert!(begin(begun.clone(), 500).await);
    let postpone =
        |step: u64| harness.write(move |tx| calls::postpone(tx, here, run, StepNo(step), NOW.plus_ms(900)));
    assert!(postpone(1).await, "it is made again, but later");
    assert_eq!(steps(due_at(899).await), [2]);
    assert_eq!(steps(due_at(900).await), [2, 1]);
    assert_eq!(revive(&[]).await, 0, "nobody is at it");

    let answer = |step: u64, text: &'static str| {
        harness.write(move |tx| calls::answer(tx, here, run, StepNo(step), text))
    };
    assert!(answer(1, "first").await);
    assert!(!answer(1, "second").await);
    assert!(!answer(99, "nobody asked").await);
    assert!(!postpone(1).await, "it is answered");
    assert!(answer(3, "sent").await);
    assert!(!begin(calls::Call { attempt: 2, ..begun }, 0).await);
    assert_eq!(steps(due_at(1_000).await), [2], "an answered call is not due again");
    let wanted = lane.clone();
    let answered = harness.read(move |c| calls::answered_of_lane(c, &wanted)).await;
    assert_eq!(answered[0].answer.as_deref(), Some("first"));
    assert_eq!(answered[0].lane(), lane);
    assert_eq!(steps(answered), [1, 3]);
    assert_eq!(harness.read(|c| calls::lanes_with_answered(c, 10)).await, std::slice::from_ref(&lane));
    harness.write(move |tx| calls::delete(tx, here, run, StepNo(1))).await;
    harness.write(move |tx| calls::delete_of_run(tx, here, run)).await;
    assert!(harness.read(|c| calls::lanes_with_answered(c, 10)).await.is_empty());
    assert_eq!(harness.read(calls::next_due_at).await, None);
}

async fn timers_come_when_due(harness: Harness) {
    let here = harness.workspace;
    let new = |at: i64, wait: u64| NewTimer {
        lane: harness.lane("user:1"),
        partition: 0,
        due_at: NOW.plus_ms(at),
        run_id: Some(RunId(1)),
        wait_id: Some(WaitId(wait)),
        payload: "{}".into(),
    };
    assert_eq!(harness.read(timers::next_due_at).await, None);
    let all = [new(300, 3), new(100, 1), new(200, 2)];
    harness.write(move |tx| all.iter().try_for_each(|timer| timers::insert(tx, timer))).await;
    assert_eq!(harness.read(timers::next_due_at).await, Some(NOW.plus_ms(100)));
    let due = |at: i64| harness.read(move |c| timers::due(c, NOW.plus_ms(at), 10));
    let waits =
        |timers: Vec<timers::Timer>| timers.into_iter().map(|t| t.wait_id.unwrap().0).collect::<Vec<_>>();
    assert!(due(99).await.is_empty());
    assert_eq!(waits(due(250).await), [1, 2]);
    harness.write(move |tx| timers::delete_by_wait(tx, here, RunId(1), WaitId(2))).await;
    assert_eq!(waits(due(999).await), [1, 3]);
    let lane = harness.lane("user:1");
    assert_eq!(harness.write(move |tx| timers::shift_of_lane(tx, &lane, 250)).await, 2);
    assert_eq!(waits(due(50).await), [1, 3]);
    let lane = harness.lane("user:1");
    assert_eq!(harness.read(move |c| timers::next_due_of_lane(c, &lane)).await, Some(NOW.plus_ms(-150)));
    let both = due(50).await;
    let (first, ids) = (both[..1].to_vec(), [both[0].id]);
    assert_eq!(harness.write(move |tx| timers::take(tx, &first)).await, ids);
    let ids = [both[1].id];
    assert_eq!(
        harness.write(move |tx| timers::take(tx, &both)).await,
        ids,
        "the first was fired by somebody else"
    );
    assert_eq!(harness.read(timers::next_due_at).await, None);
    let again = new(300, 1);
    harness.write(move |tx| timers::insert(tx, &again)).await;
    harness.write(move |tx| timers::delete_of_run(tx, here, RunId(1))).await;
    assert_eq!(harness.read(timers::next_due_at).await, None);
}

async fn fields_are_single_values(harness: Harness) {
    let here = harness.workspace;
    let owner = Owner::client(harness.bot, "5");
    let set = |name: &'static str, value: &'static str| {
        let owner = owner.clone();
        harness.write(move |tx| fields::upsert(tx, here, &owner, name, value))
    };
    set("city", "\"Москва\"").await;
    set("age", "30").await;
    set("city", "\"Тула\"").await;
    let load = |names: Option<Vec<&'static str>>| {
        let owner = owner.clone();
        let names = names.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
        harness.read(move |c| fields::load(c, here, &owner, names.as_deref()))
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(load(None).await, [pair("age", "30"), pair("city", "\"Тула\"")]);
    assert_eq!(load(Some(vec!["city", "nothing"])).await, [pair("city", "\"Тула\"")]);
    assert!(load(Some(vec![])).await.is_empty());
    let (other, _) = new_workspace(&harness.store, "other").await;
    for stranger in [Owner::client(harness.bot, "6"), Owner::person("telegram", "5"), Owner::global()] {
        assert!(harness.read(move |c| fields::load(c, here, &stranger, None)).await.is_empty());
    }
    let same = owner.clone();
    assert!(harness.read(move |c| fields::load(c, other, &same, None)).await.is_empty());
    let same = owner.clone();
    assert!(harness.write(move |tx| fields::delete(tx, here, &same, "age")).await);
    let same = owner.clone();
    assert_eq!(harness.write(move |tx| fields::delete_all(tx, here, &same)).await, 1);
    assert!(load(None).await.is_empty());
}

async fn increments_add_up(harness: Harness) {
    let here = harness.workspace;
    let adders: Vec<_> = (0..60)
        .map(|_| {
            let store = harness.store.clone();
            let job = move |tx: &mut store::Tx| {
                fields::increment(tx, here, &Owner::global(), "money", &"0.1".into(), Bounds::default())
            };
            tokio::spawn(async move { store.write(Class::Lanes, job).await.unwrap() })
        })
        .collect();
    for adder in adders {
        adder.await.unwrap();
    }
    let load = || harness.read(move |c| fields::load(c, here, &Owner::global(), Some(&["money".to_owned()])));
    assert_eq!(load().await[0].1, "6");
    let add = |by: &'static str| {
        harness.store.write(Class::Lanes, move |tx| {
            fields::increment(tx, here, &Owner::global(), "money", &by.into(), Bounds::default())
        })
    };
    assert_eq!(add("0.0000000000000000000000001").await.unwrap().to_text(), "6.0000000000000000000000001");
    assert_eq!(add("-6").await.unwrap().to_text(), "0.0000000000000000000000001", "stored exactly");
    assert!(match add("79228162514264337593543950335").await {
        Ok(_) => true,
        Err(WriteError::Refused(Refusal::Step(error))) => error.code == "too_large",
        Err(_) => false,
    });
    harness.write(move |tx| fields::upsert(tx, here, &Owner::global(), "money", "\" 12,5 \"")).await;
    assert_eq!(add("1").await.unwrap().to_text(), "13.5", "text that spells a number");
    harness.write(move |tx| fields::upsert(tx, here, &Owner::global(), "money", "\"many\"")).await;
    assert_eq!(
        add("1").await,
        Err(WriteError::Refused(Refusal::Step(not_a_number("money", &"many".into()))))
    );
    assert_eq!(load().await[0].1, "\"many\"");
}

async fn replies_are_kept_once(harness: Harness) {
    let here = harness.workspace;
    let reply = move |body: &str, expires: i64| Reply {
        workspace_id: here,
        event_id: EventId(5),
        status: 200,
        headers: "[]".into(),
        body: body.as_bytes().to_vec(),
        secret: "poll".into(),
        expires_at: NOW.plus_ms(expires),
    };
    assert!(harness.write(move |tx| replies::insert(tx, &reply("first", 10))).await);
    assert!(!harness.write(move |tx| replies::insert(tx, &reply("second", 10))).await);
    let found = harness.read(move |c| replies::find(c, here, EventId(5))).await.unwrap();
    assert_eq!(found.body, b"first");
    assert!(harness.read(|c| replies::find_by_secret(c, EventId(5), "poll")).await.is_some());
    assert!(harness.read(|c| replies::find_by_secret(c, EventId(5), "guess")).await.is_none());
    assert_eq!(harness.write(|tx| replies::delete_expired(tx, NOW, 10)).await, 0);
    assert_eq!(harness.write(|tx| replies::delete_expired(tx, NOW.plus_ms(10), 10)).await, 1);
    assert!(harness.read(move |c| replies::find(c, here, EventId(5))).await.is_none());
}

async fn traces_are_written_aside(harness: Harness) {
    let here = harness.workspace;
    let burst = |no: i64, bytes: usize| TraceBurst {
        workspace_id: here,
        run_id: RunId(1),
        burst_no: no,
        blob: vec![no as u8; bytes],
        at: NOW.plus_ms(no),
    };
    for no in [1, 0, 2] {
        assert!(harness.store.append_trace(burst(no, TRACE_MAX_BYTES)));
    }
    assert!(harness.store.append_trace(burst(2, 1)), "a repeat is taken, and left out");
    assert!(!harness.store.append_trace(burst(3, TRACE_MAX_BYTES + 1)), "too long");
    harness.store.flush_traces().await;
    let of_run = || harness.read(move |c| store::traces::of_run(c, here, RunId(1)));
    let found = of_run().await;
    assert_eq!(found, [burst(0, TRACE_MAX_BYTES), burst(1, TRACE_MAX_BYTES), burst(2, TRACE_MAX_BYTES)]);
    let trim = |traces_ms: i64, traces_bytes: i64| {
        let keep = Retention { traces_ms, traces_bytes, ..Retention::default() };
        harness.store.trim_traces(keep, NOW.plus_ms(10));
    };
    trim(8, i64::MAX);
    harness.store.flush_traces().await;
    assert_eq!(of_run().await.len(), 1, "the older ones are gone");
    trim(8, 0);
    harness.store.flush_traces().await;
    assert_eq!(of_run().await.len(), 0, "where there is no room for any, there is none");
}

async fn exits_are_counted(harness: Harness) {
    let here = harness.workspace;
    let count = move |exit: &str, day: i64, count: i64| ExitCount {
        workspace_id: here,
        scenario_id: ScenarioId(1),
        action_id: "a1".into(),
        exit_id: exit.into(),
        day,
        count,
    };
    let batch = vec![count("yes", 100, 2), count("yes", 101, 5), count("no", 100, 1)];
    let again = vec![count("yes", 100, 3)];
    harness.write(move |tx| exit_counters::add(tx, &batch)).await;
    harness.write(move |tx| exit_counters::add(tx, &again)).await;
    let found = harness.read(move |c| exit_counters::of_scenario(c, here, ScenarioId(1), 0)).await;
    assert_eq!(found, [count("no", 100, 1), count("yes", 100, 5), count("yes", 101, 5)]);
    let found = harness.read(move |c| exit_counters::of_scenario(c, here, ScenarioId(1), 101)).await;
    assert_eq!(found, [count("yes", 101, 5)]);
}

async fn moves_are_worked_through_in_order(harness: Harness) {
    let here = harness.workspace;
    for id in 1..=3 {
        let run = new_run(&harness.lane(&format!("user:{id}")), id, RunStatus::Waiting);
        harness.write(move |tx| runs::insert(tx, &run)).await;
    }
    let next = || harness.read(|c| moves::next(c, &[]));
    assert_eq!(next().await, None);
    harness.write(move |tx| moves::upsert(tx, here, VersionId(4), VersionId(5), "{}")).await;
    let first = next().await.unwrap();
    let standing = |of: &moves::Move, block: &'static str| {
        let of = of.clone();
        harness.read(move |c| moves::standing(c, &of, &[block.to_owned()], 2))
    };
    let ids = |standing: Vec<moves::Standing>| standing.iter().map(|one| one.run.0).collect::<Vec<_>>();
    assert_eq!(ids(standing(&first, "b").await), [1, 2]);
    assert_eq!(ids(standing(&first, "other").await), [0_i64; 0]);
    let advance = |of: &moves::Move, last: i64| {
        let of = of.clone();
        harness.write(move |tx| moves::advance(tx, &of, RunId(last)))
    };
    assert!(advance(&first, 2).await);
    assert!(!advance(&first, 2).await, "another node was there first");
    let second = next().await.unwrap();
    assert_eq!(ids(standing(&second, "b").await), [3]);
    // A run that is in the newer version already is nobody's.
    harness.write(move |tx| runs::set_version(tx, here, RunId(3), VersionId(5))).await;
    assert_eq!(ids(standing(&second, "b").await), [0_i64; 0]);
    // A later publication begins anew, and the earlier one neither moves nor ends it.
    harness.write(move |tx| moves::upsert(tx, here, VersionId(4), VersionId(6), "{}")).await;
    assert!(!advance(&second, 9).await);
    harness.write(move |tx| moves::finish(tx, &second)).await;
    let third = next().await.unwrap();
    assert_eq!((third.to_version_id, third.last_run_id), (VersionId(6), RunId(0)));
    harness.write(move |tx| moves::finish(tx, &third)).await;
    assert_eq!(next().await, None);
}
