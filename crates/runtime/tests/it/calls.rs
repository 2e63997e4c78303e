//! Calls in both directions: HTTP requests of scenarios, webhooks and mini apps that wait for a reply.

use std::time::Duration;

use engine::event::Sender;
use engine::ids::{MiniAppId, ScenarioId, WebhookId};
use engine::scenario::Scenario;
use engine::value::{Map, Value};
use runtime::{OutsideCall, OutsideKind};
use serde_json::json;
use store::Class;
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, say, until};

fn webhooks() -> serde_json::Value {
    document(
        json!([
            {"id": "hook", "kind": "webhook", "next": {"block": "count"}},
            {"id": "app", "kind": "mini_app", "next": {"block": "order"}},
        ]),
        json!([
            {"id": "count", "actions": [
                {"id": "reply", "kind": "respond", "options": {"status": 201, "body": "{\"seen\": \"#{_request.id}\"}"}},
            ]},
            {"id": "order", "actions": [
                {"id": "set", "kind": "set_variables", "options": {"assignments": [
                    {"target": "_response", "value": "Thank you for #{item}"}]}},
                say("told", "You ordered #{item}."),
            ]},
        ]),
    )
}

fn map(json: serde_json::Value) -> Map {
    match Value::from(json) {
        Value::Object(map) => map,
        other => panic!("{other:?} is no object"),
    }
}

fn webhook_call(house: &House) -> OutsideCall {
    OutsideCall {
        bot: house.bot,
        sender: None,
        kind: OutsideKind::Webhook {
            webhook: WebhookId(1),
            scenario: ScenarioId(1),
            trigger: "hook".into(),
            request: map(json!({"request": {"id": "42\" \\"}})),
        },
        key: None,
    }
}

#[tokio::test]
async fn a_webhook_gets_what_the_scenario_responds() {
    let test = |house: House| async move {
        let pending = house.runtime.call(webhook_call(&house)).await.unwrap();
        let (event, secret) = (pending.event, pending.secret.clone());
        let response = house.runtime.reply(pending, Duration::from_secs(5)).await.unwrap();
        assert_eq!((response.status, response.body), (201, map(json!({"seen": "42\" \\"})).into()));
        // The poll address has it too, for a caller who lost the connection; only with the secret.
        let kept = house.runtime.find_reply(event, secret).await.unwrap().unwrap();
        assert_eq!(kept.status, 201);
        assert!(house.runtime.find_reply(event, "guess".into()).await.unwrap().is_none());
    };
    on_both(test, UnknownPolicy::Drop, webhooks()).await;
}

#[tokio::test]
async fn a_reply_that_nobody_waited_for_is_found_after_a_restart() {
    let test = |mut house: House| async move {
        house.crash().await;
        let pending = house.runtime.call(webhook_call(&house)).await.unwrap();
        let (event, secret) = (pending.event, pending.secret.clone());
        assert!(house.runtime.reply(pending, Duration::from_millis(50)).await.is_none());
        house.restart().await;
        for _ in 0..200 {
            if house.runtime.find_reply(event, secret.clone()).await.unwrap().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the reply did not come");
    };
    on_both(test, UnknownPolicy::Drop, webhooks()).await;
}

#[tokio::test]
async fn a_mini_app_starts_its_trigger_and_is_answered() {
    let test = |house: House| async move {
        let call = OutsideCall {
            bot: house.bot,
            sender: Some(Sender { id: "7".into(), first_name: "Anna".into(), ..Sender::default() }),
            kind: OutsideKind::MiniApp {
                app: MiniAppId(1),
                name: "shop".into(),
                values: map(json!({"item": "<b>tea</b>"})),
            },
            key: None,
        };
        let pending = house.runtime.call(call).await.unwrap();
        let response = house.runtime.reply(pending, Duration::from_secs(5)).await.unwrap();
        assert_eq!(response.body, Value::from("Thank you for <b>tea</b>"));
        // What the page sent is text, not markup: sent without a parse mode, so it arrives as it is.
        assert_eq!(house.heard(7, 1).await, ["You ordered <b>tea</b>."]);
        let sent = house.api.calls_of("sendMessage");
        assert!(sent.iter().all(|call| call.params.get("parse_mode").is_none()), "{sent:?}");
    };
    on_both(test, UnknownPolicy::Drop, webhooks()).await;
}

fn requester(url: &str, body: &str) -> serde_json::Value {
    document(
        json!([command("start", "call"), command("stop", "stop")]),
        json!([
            {"id": "call", "actions": [
                say("before", "Asking."),
                {"id": "http", "kind": "http_request", "options": {"method": "POST", "url": url,
                    "body": {"kind": "json", "content": body},
                    "save": [{"path": "result.message_id", "target": "number"}], "timeout_s": 5},
                    "exits": {"error": {"block": "failed"}}},
                say("after", "Got #{number}."),
            ]},
            {"id": "failed", "actions": [say("oops", "Failed: #{_error_code}.")]},
            {"id": "stop", "actions": [say("stopped", "Stopped.")]},
        ]),
    )
}

/// The double of the Bot API stands in for an API of somebody's; its address is known only when it runs, so
/// the document is published then.
async fn publish_requester(house: &House, method: &str, body: &str) {
    let url = format!("{}/bot{}/{method}", house.api.base_url(), connectors::testing::FakeBotApi::TOKEN);
    house.publish(ScenarioId(1), &requester(&url, body)).await;
}

#[tokio::test]
async fn a_request_is_answered_into_the_run() {
    let test = |house: House| async move {
        publish_requester(&house, "sendMessage", r##"{"chat_id": 1, "text": "from #{_botname}"}"##).await;
        house.say(7, "/start").await;
        let heard = house.heard(7, 2).await;
        assert_eq!(heard[0], "Asking.");
        assert!(heard[1].starts_with("Got "), "{heard:?}");
    };
    on_both(test, UnknownPolicy::Drop, requester("https://example.com", "{}")).await;
}

#[tokio::test]
async fn a_refused_request_takes_the_error_exit() {
    let test = |house: House| async move {
        publish_requester(&house, "noSuchMethod", "{}").await;
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 2).await, ["Asking.", "Failed: http_status."]);
    };
    on_both(test, UnknownPolicy::Drop, requester("https://example.com", "{}")).await;
}

#[tokio::test]
async fn a_command_interrupts_a_run_that_is_calling() {
    use connectors::testing::Scripted;
    let test = |house: House| async move {
        publish_requester(&house, "getMe", "{}").await;
        house.api.script("getMe", Scripted::Hang);
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.say(7, "/stop").await;
        assert_eq!(house.heard(7, 2).await, ["Asking.", "Stopped."]);
    };
    on_both(test, UnknownPolicy::Drop, requester("https://example.com", "{}")).await;
}

#[tokio::test]
async fn a_command_overtakes_what_waits_for_the_call() {
    use connectors::testing::Scripted;
    let test = |house: House| async move {
        publish_requester(&house, "getMe", "{}").await;
        house.api.script("getMe", Scripted::Hang);
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.api.wait_for_calls("getMe", 1).await;
        house.say(7, "hello?").await;
        house.say(7, "anybody?").await;
        house.say(7, "/stop").await;
        assert_eq!(house.heard(7, 2).await, ["Asking.", "Stopped."]);
    };
    on_both(test, UnknownPolicy::Drop, requester("https://example.com", "{}")).await;
}

#[tokio::test]
async fn a_call_that_nobody_takes_is_answered() {
    let test = |house: House| async move {
        let mut call = webhook_call(&house);
        if let OutsideKind::Webhook { trigger, .. } = &mut call.kind {
            *trigger = "gone".into();
        }
        let pending = house.runtime.call(call).await.unwrap();
        let response = house.runtime.reply(pending, Duration::from_secs(60)).await.unwrap();
        assert_eq!((response.status, response.body), (404, map(json!({"error": "no_scenario"})).into()));
    };
    on_both(test, UnknownPolicy::Drop, webhooks()).await;
}

#[tokio::test]
async fn a_call_reaches_the_scenario_its_address_names() {
    let test = |house: House| async move {
        // Another scenario of the bot with a trigger of the same id, asked before the first one.
        let other = document(
            json!([{"id": "hook", "kind": "webhook", "next": {"block": "b"}}]),
            json!([{"id": "b", "actions": [
                {"id": "r", "kind": "respond", "options": {"body": "the other one"}}]}]),
        );
        let other = Scenario::parse(&other.to_string()).unwrap().to_text();
        let (workspace, bot, now) = (house.workspace, house.bot, house.store.now());
        let insert = move |tx: &mut store::Tx| {
            let scenario = store::scenarios::insert(tx, workspace, "Other", &other, now)?;
            store::scenarios::publish(tx, workspace, scenario, &other, None, now)?;
            store::bots::attach_scenario(tx, workspace, bot, scenario, -1)?;
            Ok(scenario)
        };
        let second = house.store.write(Class::Lanes, insert).await.unwrap();
        house.runtime.bots_changed(workspace);
        for (wanted, is_other) in [(ScenarioId(1), false), (second, true)] {
            let mut call = webhook_call(&house);
            if let OutsideKind::Webhook { scenario, .. } = &mut call.kind {
                *scenario = wanted;
            }
            let pending = house.runtime.call(call).await.unwrap();
            let response = house.runtime.reply(pending, Duration::from_secs(60)).await.unwrap();
            assert_eq!(response.body == Value::from("the other one"), is_other, "{response:?}");
        }
    };
    on_both(test, UnknownPolicy::Drop, webhooks()).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_answered() {
    let test = |house: House| async move {
        // All of it: the database lives as long as its directory.
        let house = house;
        let row = store::inbox::NewInboxRow {
            lane: store::LaneId::new(house.workspace, house.bot, "call:x"),
            partition: 0,
            dedupe_key: "call:x".into(),
            kind: store::inbox::InboxKind::Webhook,
            payload: b"{".to_vec(),
            meta: "{}".into(),
            reply_secret: Some("secret".into()),
            hops: 0,
            received_at: house.store.now(),
        };
        let event = house.store.receive(vec![row]).await.unwrap()[0].event_id;
        until("it is answered", async || {
            let reply = house.runtime.find_reply(event, "secret".into()).await.unwrap();
            reply.is_some_and(|reply| reply.status == 500)
        })
        .await;
    };
    on_both(test, UnknownPolicy::Drop, webhooks()).await;
}

#[tokio::test]
async fn who_waits_for_a_run_that_is_stopped_is_answered() {
    use connectors::testing::Scripted;
    let slow = |url: &str| {
        document(
            json!([{"id": "app", "kind": "mini_app", "next": {"block": "call"}}, command("stop", "stop")]),
            json!([
                {"id": "call", "actions": [
                    {"id": "set", "kind": "set_variables", "options": {"assignments": [
                        {"target": "_response", "value": "so far"}]}},
                    {"id": "http", "kind": "http_request", "options": {"url": url}},
                ]},
                {"id": "stop", "actions": [say("stopped", "Stopped.")]},
            ]),
        )
    };
    let test = |house: House| async move {
        let url = format!("{}/bot{}/getMe", house.api.base_url(), connectors::testing::FakeBotApi::TOKEN);
        house.publish(ScenarioId(1), &slow(&url)).await;
        house.api.script("getMe", Scripted::Hang);
        let call = OutsideCall {
            bot: house.bot,
            sender: Some(Sender { id: "7".into(), first_name: "Anna".into(), ..Sender::default() }),
            kind: OutsideKind::MiniApp { app: MiniAppId(1), name: "shop".into(), values: Map::new() },
            key: None,
        };
        let pending = house.runtime.call(call).await.unwrap();
        house.api.wait_for_calls("getMe", 1).await;
        house.say(7, "/stop").await;
        let response = house.runtime.reply(pending, Duration::from_secs(60)).await.unwrap();
        assert_eq!((response.status, response.body), (200, Value::from("so far")));
        assert_eq!(house.heard(7, 1).await, ["Stopped."]);
    };
    on_both(test, UnknownPolicy::Drop, slow("https://example.com")).await;
}

#[tokio::test]
async fn an_answer_outlives_a_busy_database() {
    use connectors::testing::{Gate, Scripted};
    const JOBS: usize = 6_000;
    let test = |house: House| async move {
        publish_requester(&house, "sendMessage", r##"{"chat_id": 1, "text": "x"}"##).await;
        let outside = Gate::closed();
        let gated = outside.clone();
        let is_request = |call: &connectors::testing::Recorded| call.params["chat_id"] == 1;
        house.api.script_with(move |call| is_request(call).then(|| Scripted::Gated(gated.clone())));
        house.say(7, "/start").await;
        until("the request is under way", async || house.api.calls().iter().any(is_request)).await;
        until("what was said before is settled", async || house.sent(7).await.len() == 1).await;
        // Every writer is held up, and the queue behind them is full.
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let mut jobs = tokio::task::JoinSet::new();
        for _ in 0..JOBS {
            let (store, held) = (house.store.clone(), std::sync::Arc::clone(&held));
            jobs.spawn(async move {
                let wait = move |_: &mut store::Tx| {
                    // Ends when the other half is dropped.
                    let _ = held.lock().map(|held| held.recv());
                    Ok(())
                };
                store.write(Class::Lanes, wait).await
            });
        }
        let told = jobs.join_next().await.unwrap().unwrap();
        assert_eq!(told, Err(store::WriteError::Busy));
        outside.open();
        until("it is answered", async || {
            house.api.calls().iter().any(|call| is_request(call) && call.carried_out)
        })
        .await;
        // Time for the answer to meet the full queue; when it does not, the test shows less and fails not.
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(hold);
        let heard = house.heard(7, 2).await;
        assert!(heard[1].starts_with("Got "), "{heard:?}");
        assert_eq!(house.api.calls().iter().filter(|call| is_request(call)).count(), 1, "it was asked once");
    };
    on_both(test, UnknownPolicy::Drop, requester("https://example.com", "{}")).await;
}
