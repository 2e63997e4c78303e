//! Whoever stands in a block that a publication changed goes on where its builder chose.

use engine::ids::ScenarioId;
use engine::scenario::Moves;
use serde_json::{Value, json};
use store::bots::UnknownPolicy;
use store::{Class, moves, runs};

use crate::support::{House, command, document, on_both, say, until};

const SCENARIO: ScenarioId = ScenarioId(1);

fn questions(first: &str, second: &str) -> Value {
    let ask =
        |id: &str, text: &str| json!({"id": id, "kind": "ask", "options": {"text": text, "save_to": id}});
    document(
        json!([command("start", "first")]),
        json!([
            {"id": "first", "actions": [ask("a", first)], "next": {"block": "second"}},
            {"id": "second", "actions": [ask("b", second), say("c", "#{a}, #{b}.")]},
        ]),
    )
}

/// Publishes as the server does: the version and where people go on are one commit.
async fn publish_moving(house: &House, document: &Value, choices: Value) {
    let (workspace, text, now) = (house.workspace, document.to_string(), house.store.now());
    let choices: Moves = serde_json::from_value(choices).unwrap();
    let choices = serde_json::to_string(&choices).unwrap();
    house
        .store
        .write(Class::Lanes, move |tx| {
            let standing = runs::standing_in(tx, workspace, SCENARIO)?;
            let version = store::scenarios::publish(tx, workspace, SCENARIO, &text, None, now)?;
            for standing in standing {
                moves::upsert(tx, workspace, standing.version_id, version, &choices)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    house.runtime.bots_changed(workspace);
}

async fn worked_through(house: &House) {
    until("everybody has been told", async || {
        house.store.read(|connection| Ok(moves::next(connection, &[])?)).await.unwrap().is_none()
    })
    .await;
    house.settled().await;
}

#[tokio::test]
async fn people_are_moved_to_a_block_or_to_the_beginning() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.say(8, "/start").await;
        house.heard(7, 1).await;
        house.heard(8, 1).await;
        house.say(8, "Bob").await;
        assert_eq!(house.heard(8, 2).await, ["Name?", "City?"]);
        let choices = json!({"second": {"block": "second"}});
        publish_moving(&house, &questions("First name?", "Town, #{a}?"), choices).await;
        assert_eq!(house.heard(8, 3).await[2], "Town, Bob?");
        worked_through(&house).await;
        house.say(8, "Oslo").await;
        assert_eq!(house.heard(8, 4).await[3], "Bob, Oslo.");
        // Whoever stands elsewhere finishes the old way.
        house.say(7, "Anna").await;
        assert_eq!(house.heard(7, 2).await, ["Name?", "City?"]);
        publish_moving(&house, &questions("Who?", "Where?"), json!({"second": "start"})).await;
        assert_eq!(house.heard(7, 3).await[2], "Who?");
        // The row of the run is in the newer version too, where the next publication looks for it.
        worked_through(&house).await;
        publish_moving(&house, &questions("And who?", "And where?"), json!({"first": "start"})).await;
        assert_eq!(house.heard(7, 4).await[3], "And who?");
    };
    on_both(test, UnknownPolicy::Drop, questions("Name?", "City?")).await;
}

#[tokio::test]
async fn a_run_is_stopped_and_the_question_it_interrupted_comes_back() {
    let ask =
        |id: &str, text: &str| json!({"id": id, "kind": "ask", "options": {"text": text, "save_to": id}});
    let mut menu = command("menu", "menu");
    menu["question_returns"] = json!(true);
    let bot = document(
        json!([command("start", "first"), menu]),
        json!([
            {"id": "first", "actions": [ask("a", "Name?"), say("b", "#{a}!")]},
            {"id": "menu", "actions": [ask("m", "Menu?")]},
        ]),
    );
    let test = |house: House| async move {
        for (text, heard) in [("/start", 1), ("/menu", 2)] {
            house.say(7, text).await;
            house.heard(7, heard).await;
        }
        let lane = store::LaneId::new(house.workspace, house.bot, "user:7");
        let of = lane.clone();
        let open = move |connection: &mut store::Connection| Ok(runs::load_open_of_lane(connection, &of)?);
        let open = house.store.read(open).await.unwrap();
        let newest = open.last().unwrap().id;
        house.runtime.stop_run(lane.clone(), newest).await.unwrap();
        house.runtime.stop_run(lane, newest).await.unwrap();
        assert_eq!(house.heard(7, 3).await, ["Name?", "Menu?", "Name?"]);
        house.say(7, "Anna").await;
        assert_eq!(house.heard(7, 4).await[3], "Anna!");
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn nobody_is_forgotten_by_a_crash() {
    let test = |mut house: House| async move {
        for user in 1..=5 {
            house.say(user, "/start").await;
            house.heard(user, 1).await;
        }
        house.crash().await;
        publish_moving(&house, &questions("First name?", "Town?"), json!({"first": "start"})).await;
        house.restart().await;
        for user in 1..=5 {
            assert_eq!(house.heard(user, 2).await, ["Name?", "First name?"]);
        }
        worked_through(&house).await;
        house.crash_and_restart().await;
        assert_eq!(house.heard(1, 2).await.len(), 2, "nobody is moved twice");
    };
    on_both(test, UnknownPolicy::Drop, questions("Name?", "City?")).await;
}
