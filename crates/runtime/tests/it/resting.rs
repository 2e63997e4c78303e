//! Lanes that are worked from memory: who writes again soon is answered by what his last update left there.

use engine::ids::UtcMs;
use serde_json::{Value, json};
use store::bots::UnknownPolicy;
use store::inbox::{self, InboxKind, NewInboxRow};
use store::runs::{RunStatus, RunUpdate};
use store::{Class, LaneId, lanes, runs};

use crate::support::{House, command, document, on_both, say};

/// Two questions in a row.
fn form() -> Value {
    let ask =
        |id: &str, text: &str| json!({"id": id, "kind": "ask", "options": {"text": text, "save_to": id}});
    document(
        json!([command("start", "form")]),
        json!([{"id": "form", "actions": [
            ask("name", "Your name?"), ask("town", "Your town?"), say("done", "#{name} of #{town}"),
        ]}]),
    )
}

fn lane(house: &House) -> LaneId {
    LaneId::new(house.workspace, house.bot, "user:7")
}

/// Writes nonsense over the state of the open run, behind the lane's back.
async fn spoil(house: &House) {
    let lane = lane(house);
    let workspace = house.workspace;
    let open =
        house.store.read(move |connection| Ok(runs::load_open_of_lane(connection, &lane)?)).await.unwrap();
    let [run] = open.as_slice() else { panic!("one run is open: {open:?}") };
    let id = run.id;
    let update = || RunUpdate { status: RunStatus::Waiting, state: "nonsense", error: None, place: None };
    house
        .store
        .write(Class::Lanes, move |tx| runs::save(tx, workspace, id, &update(), UtcMs(0)))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lane_at_rest_is_not_read() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        spoil(&house).await;
        house.say(7, "Anna").await;
        if house.store.is_shared() {
            // Other processes write lanes there: each burst reads.
            house.say(7, "/start").await;
            assert_eq!(house.heard(7, 2).await, ["Your name?", "Your name?"]);
            return;
        }
        assert_eq!(house.heard(7, 2).await, ["Your name?", "Your town?"]);
        // It was written whole again.
        house.say(7, "Omsk").await;
        assert_eq!(house.heard(7, 3).await.last().unwrap(), "Anna of Omsk");
    };
    on_both(test, UnknownPolicy::Drop, form()).await;
}

#[tokio::test]
async fn a_lane_that_was_moved_on_is_read_again() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        let id = lane(&house);
        let read = id.clone();
        let head = house.store.read(move |connection| Ok(lanes::load(connection, &read)?)).await.unwrap();
        let moved =
            move |tx: &mut store::Tx| lanes::fence(tx, &id, head.version, head.foreground_run_id, None);
        house.store.write(Class::Lanes, moved).await.unwrap();
        house.say(7, "Anna").await;
        house.say(7, "Omsk").await;
        assert_eq!(house.heard(7, 3).await, ["Your name?", "Your town?", "Anna of Omsk"]);
    };
    on_both(test, UnknownPolicy::Drop, form()).await;
}

#[tokio::test]
async fn what_waits_behind_an_update_is_worked_in_order() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        // Without waiting in between, more than a lane is brought at once.
        for round in 0..20 {
            house.say(7, &format!("Anna {round}")).await;
            house.say(7, &format!("Town {round}")).await;
            house.say(7, "/start").await;
        }
        let heard = house.heard(7, 61).await;
        let told: Vec<_> = heard.iter().filter(|text| text.contains(" of ")).cloned().collect();
        let expected: Vec<_> = (0..20).map(|round| format!("Anna {round} of Town {round}")).collect();
        assert_eq!(told, expected);
    };
    on_both(test, UnknownPolicy::Drop, form()).await;
}

/// A timer or a signal is committed before the worker of its lane is told of it.
#[tokio::test]
async fn what_nobody_has_told_of_yet_keeps_its_turn() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        let row = NewInboxRow {
            lane: lane(&house),
            partition: 0,
            dedupe_key: "untold".into(),
            kind: InboxKind::Update,
            payload: serde_json::to_vec(&house.text(7, "Anna")).unwrap(),
            meta: "{}".into(),
            reply_secret: None,
            hops: 0,
            received_at: house.store.now(),
        };
        let insert = move |tx: &mut store::Tx| inbox::insert_batch(tx, std::slice::from_ref(&row)).map(drop);
        house.store.write(Class::Lanes, insert).await.unwrap();
        house.say(7, "Omsk").await;
        assert_eq!(house.heard(7, 3).await, ["Your name?", "Your town?", "Anna of Omsk"]);
    };
    on_both(test, UnknownPolicy::Drop, form()).await;
}
