//! Two nodes on one PostgreSQL: one owns the bot, the other takes what is brought to it.

use std::time::Duration;

use engine::ids::{ScenarioId, WebhookId};
use engine::value::{Map, Value};
use runtime::{IntakeError, OutsideCall, OutsideKind};
use serde_json::json;
use store::bots::{BotStatus, UnknownPolicy};

use crate::support::{House, SECRET, document, on_postgres, say, until};

fn echo_and_hook() -> serde_json::Value {
    document(
        json!([
            {"id": "any", "kind": "text", "options": {"matching": "any"}, "next": {"block": "echo"}},
            {"id": "hook", "kind": "webhook", "next": {"block": "reply"}},
        ]),
        json!([
            {"id": "echo", "actions": [say("a", "[Answer]")]},
            {"id": "reply", "actions": [
                {"id": "r", "kind": "respond", "options": {"status": 201, "body": "\"seen\""}}]},
        ]),
    )
}

fn hook(house: &House) -> OutsideCall {
    let request = Map::from_iter([("request".to_owned(), Value::from("x"))]);
    let kind = OutsideKind::Webhook {
        webhook: WebhookId(1),
        scenario: ScenarioId(1),
        trigger: "hook".into(),
        request,
    };
    OutsideCall { bot: house.bot, sender: None, kind, key: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_takes_is_worked_by_the_owner() {
    let test = |house: House| async move {
        let other = house.second_node().await;
        for number in 1..=5 {
            let update = house.text(7, &number.to_string());
            House::deliver_through(&other, house.bot, &update, SECRET).await.unwrap();
        }
        assert_eq!(house.heard(7, 5).await, ["1", "2", "3", "4", "5"]);
        let pending = other.call(hook(&house)).await.unwrap();
        let response = other.reply(pending, Duration::from_secs(20)).await.expect("the owner answers");
        assert_eq!((response.status, response.body), (201, Value::from("seen")));
        other.shutdown(Duration::from_secs(20)).await;
    };
    on_postgres(test, UnknownPolicy::Drop, echo_and_hook()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_leaves_leaves_its_bots_to_the_others() {
    let test = |house: House| async move {
        let other = house.second_node().await;
        house.runtime.shutdown(Duration::from_secs(20)).await;
        let update = house.text(7, "hello");
        House::deliver_through(&other, house.bot, &update, SECRET).await.unwrap();
        assert_eq!(house.heard(7, 1).await, ["hello"]);
        // It works for the bot now, and answers who called the node that has gone.
        let pending = house.runtime.call(hook(&house)).await.unwrap();
        let (event, secret) = (pending.event, pending.secret.clone());
        until("the poll address answers", async || {
            house.runtime.find_reply(event, secret.clone()).await.unwrap().is_some()
        })
        .await;
        other.shutdown(Duration::from_secs(20)).await;
    };
    on_postgres(test, UnknownPolicy::Drop, echo_and_hook()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_paused_on_one_node_is_paused_on_all() {
    let test = |house: House| async move {
        let other = house.second_node().await;
        let update = house.text(7, "before");
        House::deliver_through(&other, house.bot, &update, SECRET).await.unwrap();
        let (workspace, bot) = (house.workspace, house.bot);
        let pause =
            move |tx: &mut store::Tx| store::bots::set_status(tx, workspace, bot, BotStatus::Paused, None);
        house.store.write(store::Class::Lanes, pause).await.unwrap();
        house.runtime.bots_changed(workspace);
        until("the other node refuses", async || {
            let update = house.text(7, "after");
            let taken = House::deliver_through(&other, bot, &update, SECRET).await;
            matches!(taken, Err(IntakeError::NoBot))
        })
        .await;
        other.shutdown(Duration::from_secs(20)).await;
    };
    on_postgres(test, UnknownPolicy::Drop, echo_and_hook()).await;
}
