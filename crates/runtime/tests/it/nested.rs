//! A run inside of a loop and a sub-scenario survives whatever happens to the process: all of it is in its row.

use serde_json::json;
use store::Class;
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, say};

fn ask(id: &str, text: &str, save_to: &str) -> serde_json::Value {
    json!({"id": id, "kind": "ask", "options": {"text": text, "save_to": save_to}})
}

/// Goes over two people and asks a sub-scenario for the address of each.
fn caller() -> serde_json::Value {
    let call = json!({
        "scenario": "Address", "inputs": [{"name": "who", "value": "#{item}"}],
        "results": [{"name": "full", "target": "found"}],
    });
    let keep = json!({"assignments": [{"target": "all", "value": "#{all}#{item}: #{found}; "}]});
    document(
        json!([command("start", "people")]),
        json!([
            {"id": "people", "actions": [
                {"id": "each", "kind": "for_each", "options": {"items": "[Split(Ann;Bob,;)]"},
                    "exits": {"each": {"block": "one"}}},
                say("all", "#{all}#{client.last}"),
            ]},
            {"id": "one", "actions": [
                {"id": "call", "kind": "call_scenario", "options": call},
                {"id": "keep", "kind": "set_variables", "options": keep},
            ]},
        ]),
    )
}

fn address(house_question: &str) -> serde_json::Value {
    let full = json!({"assignments": [
        {"target": "full", "value": "#{street} #{house}"}, {"target": "client.last", "value": "#{client.last}#{who}"},
    ]});
    document(
        json!([{"id": "called", "kind": "called", "options": {"inputs": ["who"]}, "next": {"block": "q"}}]),
        json!([{"id": "q", "actions": [
            ask("street", "#{who}: street?", "street"),
            ask("house", house_question, "house"),
            {"id": "full", "kind": "set_variables", "options": full},
        ]}]),
    )
}

/// Publishes a scenario of the workspace that no bot has.
async fn publish_callee(house: &House, document: &serde_json::Value) -> engine::ids::ScenarioId {
    let (workspace, text, now) = (house.workspace, document.to_string(), house.store.now());
    let callee = house
        .store
        .write(Class::Lanes, move |tx| store::scenarios::insert(tx, workspace, "Address", &text, now))
        .await
        .unwrap();
    house.publish(callee, document).await;
    callee
}

#[tokio::test]
async fn a_run_goes_on_in_the_middle_of_a_sub_scenario_in_a_loop() {
    let test = |mut house: House| async move {
        let callee = publish_callee(&house, &address("House?")).await;
        let mut heard = 0;
        let mut expected = Vec::new();
        let steps = [
            ("/start", "Ann: street?"),
            ("Main", "House?"),
            ("5", "Bob: street?"),
            // By now another version is published; who is inside keeps the one he entered.
            ("Side", "House?"),
        ];
        for (said, answer) in steps {
            house.say(7, said).await;
            heard += 1;
            expected.push(answer.to_owned());
            assert_eq!(house.heard(7, heard).await, expected);
            if answer == "Bob: street?" {
                house.publish(callee, &address("Which house?")).await;
            }
            house.crash_and_restart().await;
        }
        house.say(7, "8").await;
        expected.push("Ann: Main 5; Bob: Side 8; AnnBob".to_owned());
        assert_eq!(house.heard(7, 5).await, expected);

        // A new call enters the new version.
        house.say(7, "/start").await;
        house.heard(7, 6).await;
        house.say(7, "Main").await;
        assert_eq!(house.heard(7, 7).await.last().map(String::as_str), Some("Which house?"));
        let lane = store::LaneId::new(house.workspace, house.bot, "user:7");
        let open = house
            .store
            .read(move |connection| Ok(store::runs::load_open_of_lane(connection, &lane)?))
            .await
            .unwrap();
        let stored: Vec<serde_json::Value> =
            open.iter().map(|run| serde_json::from_str(&run.state).unwrap()).collect();
        let frames: Vec<&str> = stored[0]["frames"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|frame| frame.as_object().unwrap().keys().map(String::as_str))
            .collect();
        assert_eq!(frames, ["loop", "call"], "what it is inside of stands in its row");
    };
    on_both(test, UnknownPolicy::Resend, caller()).await;
}

#[tokio::test]
async fn a_scenario_that_is_not_published_cannot_be_called() {
    let bot = document(
        json!([command("start", "a")]),
        json!([
            {"id": "a", "actions": [
                {"id": "c", "kind": "call_scenario", "options": {"scenario": "Address"},
                    "exits": {"error": {"block": "oops"}}},
            ]},
            {"id": "oops", "actions": [say("o", "#{_error_code}")]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 1).await, ["unknown_scenario"]);
        publish_callee(&house, &address("House?")).await;
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 2).await.last().map(String::as_str), Some(": street?"));
    };
    on_both(test, UnknownPolicy::Resend, bot).await;
}
