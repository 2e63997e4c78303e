//! Dialogues: who answers, in which order, how often.

use serde_json::json;
use store::bots::UnknownPolicy;

use crate::support::{DOUBLE_PRESS, command, document, on_both, on_both_at_rest, say, until};

fn greeter() -> serde_json::Value {
    document(
        json!([command("start", "hello")]),
        json!([{"id": "hello", "actions": [say("a", "Hello, [Name]!")]}]),
    )
}

#[tokio::test]
async fn an_update_is_answered_once_however_often_it_is_delivered() {
    let test = |house: crate::support::House| async move {
        let update = house.text(7, "/start");
        house.deliver(&update).await;
        house.deliver(&update).await;
        assert_eq!(house.heard(7, 1).await, ["Hello, Anna!"]);
        house.deliver(&update).await;
        assert_eq!(house.heard(7, 1).await.len(), 1);
    };
    on_both(test, UnknownPolicy::Drop, greeter()).await;
}

#[tokio::test]
async fn a_wrong_secret_starts_nothing() {
    let test = |house: crate::support::House| async move {
        let refused = house.deliver_with(&house.text(7, "/start"), "wrong").await;
        assert!(refused.is_err());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(house.api.calls_of("sendMessage").is_empty());
        let pending =
            house.store.read(|connection| Ok(store::inbox::count_pending(connection)?)).await.unwrap();
        assert_eq!(pending, 0);
    };
    on_both(test, UnknownPolicy::Drop, greeter()).await;
}

/// A question with a check, a field that is kept, a button, and a list that refuses a second row.
fn form() -> serde_json::Value {
    document(
        json!([command("start", "form"), command("who", "who")]),
        json!([
            {"id": "form", "actions": [
                {"id": "email", "kind": "ask", "options": {"text": "Your e-mail?", "kind": "email",
                    "save_to": "client.email", "error_text": "Not an e-mail."}},
                {"id": "sure", "kind": "ask", "options": {"text": "#{client.email}, right?", "kind": "choice",
                    "buttons": [[{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]]},
                    "exits": {"yes": {"block": "save"}, "no": {"block": "form"}}},
            ]},
            {"id": "save", "actions": [
                {"id": "add", "kind": "list_add", "options": {"list": "people",
                    "values": [{"column": "name", "value": "#{client.email}"}]},
                    "exits": {"error": {"block": "known"}}},
                say("saved", "Saved."),
            ]},
            {"id": "known", "actions": [say("twice", "We know you.")]},
            {"id": "who", "actions": [say("me", "You are #{client.email}.")]},
        ]),
    )
}

#[tokio::test]
async fn a_form_checks_keeps_and_refuses_a_duplicate() {
    let test = |house: crate::support::House| async move {
        for round in ["Saved.", "We know you."] {
            let before = house.api.texts(7).len();
            house.say(7, "/start").await;
            house.heard(7, before + 1).await;
            house.say(7, "nonsense").await;
            house.heard(7, before + 2).await;
            house.say(7, "anna@example.com").await;
            house.heard(7, before + 3).await;
            house.deliver(&house.press(7, "Yes")).await;
            let heard = house.heard(7, before + 4).await;
            assert_eq!(
                heard[before..],
                ["Your e-mail?", "Not an e-mail.", "anna@example.com, right?", round],
            );
        }
        house.say(7, "/who").await;
        let heard = house.heard(7, 9).await;
        assert_eq!(heard.last().unwrap(), "You are anna@example.com.");
        // Both presses were answered, so that no button spins.
        assert_eq!(house.api.calls_of("answerCallbackQuery").len(), 2);
    };
    on_both(test, UnknownPolicy::Drop, form()).await;
}

#[tokio::test]
async fn an_old_button_of_a_question_says_so() {
    let test = |house: crate::support::House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.say(7, "anna@example.com").await;
        house.heard(7, 2).await;
        let press = house.press(7, "Yes");
        house.deliver(&press).await;
        house.heard(7, 3).await;
        // A double press is one press; a later one is a press on an old menu.
        let again = |number: i64| {
            let mut again = press.clone();
            again["update_id"] = json!(number);
            again["callback_query"]["id"] = json!(format!("again-{number}"));
            again
        };
        house.deliver(&again(9_998)).await;
        let calls = house.api.wait_for_calls("answerCallbackQuery", 2).await;
        assert_eq!(calls[1].params["text"], json!(null), "{calls:?}");
        tokio::time::sleep(DOUBLE_PRESS).await;
        house.deliver(&again(9_999)).await;
        let calls = house.api.wait_for_calls("answerCallbackQuery", 3).await;
        assert!(calls[2].params["text"].as_str().unwrap().contains("out of date"), "{calls:?}");
        assert_eq!(house.heard(7, 3).await.len(), 3);
    };
    on_both(test, UnknownPolicy::Drop, form()).await;
}

#[tokio::test]
async fn chats_keep_their_order_side_by_side() {
    let echo = document(
        json!([{"id": "any", "kind": "text", "options": {"matching": "any"}, "next": {"block": "echo"}}]),
        json!([{"id": "echo", "actions": [say("a", "[Answer]")]}]),
    );
    let test = |house: crate::support::House| async move {
        let mut updates = Vec::new();
        for number in 0..20 {
            for user in 1..=5 {
                updates.push(house.text(user, &format!("{number}")));
            }
        }
        for update in &updates {
            house.deliver(update).await;
        }
        let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        for user in 1..=5 {
            assert_eq!(house.heard(user, 20).await, expected, "chat {user}");
        }
    };
    on_both(test, UnknownPolicy::Drop, echo).await;
}

#[tokio::test]
async fn a_pause_ends_by_itself_and_dies_with_its_dialogue() {
    let paused = document(
        json!([command("start", "wait"), command("other", "other")]),
        json!([
            {"id": "wait", "actions": [
                say("before", "Wait."),
                {"id": "pause", "kind": "delay", "options": {"amount": 1, "unit": "hours"}},
                say("after", "Done."),
            ]},
            {"id": "other", "actions": [say("else", "Something else.")]},
        ]),
    );
    let test = |house: crate::support::House| async move {
        house.say(1, "/start").await;
        house.say(2, "/start").await;
        house.heard(2, 1).await;
        house.say(2, "/other").await;
        house.heard(2, 2).await;
        house.heard(1, 1).await;
        house.store.clock().advance(3_600_000);
        assert_eq!(house.heard(1, 2).await, ["Wait.", "Done."]);
        // A pause that went on would have been over at the same moment, hence before this.
        until("every timer has fired", async || {
            let next = house.store.read(|connection| Ok(store::timers::next_due_at(connection)?)).await;
            next.unwrap().is_none()
        })
        .await;
        house.say(2, "/other").await;
        assert_eq!(house.heard(2, 3).await, ["Wait.", "Something else.", "Something else."]);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, paused).await;
}

#[tokio::test]
async fn a_run_that_began_keeps_its_version() {
    let texts = |first: &str| {
        document(
            json!([command("start", "ask")]),
            json!([{"id": "ask", "actions": [
                {"id": "q", "kind": "ask", "options": {"text": "Ready?", "kind": "text", "save_to": "answer"}},
                say("a", first),
            ]}]),
        )
    };
    let newer = texts("The new way.");
    let test = move |house: crate::support::House| {
        let newer = newer.clone();
        async move {
            house.say(1, "/start").await;
            house.heard(1, 1).await;
            house.publish(engine::ids::ScenarioId(1), &newer).await;
            house.say(1, "yes").await;
            assert_eq!(house.heard(1, 2).await, ["Ready?", "The old way."]);
            house.say(2, "/start").await;
            house.heard(2, 1).await;
            house.say(2, "yes").await;
            assert_eq!(house.heard(2, 2).await, ["Ready?", "The new way."]);
        }
    };
    on_both(test, UnknownPolicy::Drop, texts("The old way.")).await;
}

#[tokio::test]
async fn an_older_version_reads_what_only_it_names() {
    let older = document(
        json!([command("start", "ask")]),
        json!([
            {"id": "ask", "actions": [
                {"id": "set", "kind": "set_variables", "options": {"assignments": [
                    {"target": "client.city", "value": "Tula"},
                    {"target": "person.height", "value": "180"},
                    {"target": "global.motto", "value": "onward"}]}},
                {"id": "offer", "kind": "send_message", "options": {"text": "Hello.", "buttons": [[
                    {"id": "more", "text": "More"}]]}, "exits": {"more": {"block": "tell"}}},
                {"id": "q", "kind": "ask", "options": {"text": "Ready?", "kind": "text", "save_to": "answer"}},
                say("a", "#{client.city} #{person.height} #{global.motto} #{_request}"),
            ]},
            {"id": "tell", "actions": [say("b", "#{client.city} #{person.height} #{global.motto}")]},
        ]),
    );
    let test = |house: crate::support::House| async move {
        // Somebody stays inside of the older version, so its buttons lead there.
        house.say(8, "/start").await;
        house.heard(8, 2).await;
        house.say(7, "/start").await;
        house.heard(7, 2).await;
        house.publish(engine::ids::ScenarioId(1), &greeter()).await;
        house.say(7, "yes").await;
        let heard = house.heard(7, 3).await;
        assert!(heard[2].starts_with("Tula 180 onward {"), "the run goes on: {heard:?}");
        assert!(heard[2].contains("\"text\":\"yes\""), "{heard:?}");
        house.deliver(&house.press(7, "More")).await;
        assert_eq!(house.heard(7, 4).await[3], "Tula 180 onward", "a run begins behind an old button");
    };
    on_both(test, UnknownPolicy::Drop, older).await;
}

fn menu(text: &str) -> serde_json::Value {
    document(
        json!([command("start", "menu")]),
        json!([
            {"id": "menu", "actions": [
                {"id": "offer", "kind": "send_message", "options": {"text": "Choose.", "buttons": [[
                    {"id": "more", "text": "More"}]]}, "exits": {"more": {"block": "told"}}}]},
            {"id": "told", "actions": [say("a", text)]},
        ]),
    )
}

#[tokio::test]
async fn a_button_of_another_tenant_opens_nothing() {
    let test = |house: crate::support::House| async move {
        let neighbour = house.neighbour(menu("The neighbour's secret.")).await;
        let theirs = house.text(8, "/start");
        house.deliver_to(neighbour, &theirs, crate::support::SECRET).await.unwrap();
        house.heard(8, 1).await;
        // The token under their button, sent to our bot: their version is in memory, and not ours.
        house.deliver(&house.press(7, "More")).await;
        let toasts = house.api.wait_for_calls("answerCallbackQuery", 1).await;
        assert!(toasts[0].params["text"].as_str().unwrap().contains("out of date"), "{toasts:?}");
        // Ours does open.
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.deliver(&house.press(7, "More")).await;
        assert_eq!(house.heard(7, 2).await, ["Choose.", "Ours."]);
    };
    on_both(test, UnknownPolicy::Drop, menu("Ours.")).await;
}

#[tokio::test]
async fn lists_are_not_read_inside_the_write_job() {
    let reader = document(
        json!([command("start", "work")]),
        json!([{"id": "work", "actions": [
            {"id": "add", "kind": "list_add", "options": {"list": "people",
                "values": [{"column": "name", "value": "Anna"}]}},
            {"id": "find", "kind": "list_find", "options": {"list": "people", "limit": 5, "save_to": "found"}},
            {"id": "again", "kind": "list_add", "options": {"list": "people",
                "values": [{"column": "name", "value": "Boris"}]}},
            say("told", "Found #{found[0].name}."),
        ]}]),
    );
    let test = |house: crate::support::House| async move {
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 1).await, ["Found Anna."]);
        let workspace = house.workspace;
        let runs = house
            .store
            .read(move |connection| {
                let scenario = engine::ids::ScenarioId(1);
                Ok(store::runs::list_of_scenario(connection, workspace, scenario, 10)?)
            })
            .await
            .unwrap();
        let run = runs[0].id;
        house.store.flush_traces().await;
        let bursts = house
            .store
            .read(move |connection| Ok(store::traces::of_run(connection, workspace, run)?))
            .await
            .unwrap();
        let steps = |index: usize| {
            let steps: serde_json::Value = serde_json::from_slice(&bursts[index].blob).unwrap();
            // What was asked in the job is answered after it.
            let done = steps.as_array().unwrap().iter().filter(|step| step["waits"].is_null());
            done.map(|step| step["action"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (steps(0), steps(1)),
            (vec![json!("add")], vec![json!("find"), json!("again"), json!("told")])
        );
    };
    on_both(test, UnknownPolicy::Drop, reader).await;
}

#[tokio::test]
async fn the_last_write_of_a_field_wins() {
    let writer = document(
        json!([command("start", "set")]),
        json!([{"id": "set", "actions": [
            {"id": "one", "kind": "set_variables", "options": {"assignments": [
                {"target": "global.b", "value": "old"}, {"target": "global.a", "value": "1"}]}},
            {"id": "two", "kind": "set_variables", "options": {"assignments": [
                {"target": "global.b", "value": "new"}, {"target": "client.b", "value": "mine"}]}},
            say("told", "#{global.a} #{global.b} #{client.b}"),
        ]}]),
    );
    let test = |house: crate::support::House| async move {
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 1).await, ["1 new mine"]);
        let workspace = house.workspace;
        let read = house.store.read(move |connection| {
            Ok(store::fields::load(connection, workspace, &store::fields::Owner::global(), None)?)
        });
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read.await.unwrap(), [pair("a", "\"1\""), pair("b", "\"new\"")]);
    };
    on_both(test, UnknownPolicy::Drop, writer).await;
}
