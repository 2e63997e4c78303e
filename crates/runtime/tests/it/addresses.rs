//! Addresses of one use: a run gives one out, somebody calls it, and the run goes on.

use std::time::Duration;

use engine::value::{Map, Value};
use runtime::AddressCall;
use serde_json::json;
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, on_both_at_rest, say, until};

fn waiter() -> serde_json::Value {
    document(
        json!([command("start", "begin"), command("later", "late"), command("end", "end")]),
        json!([
            {"id": "begin", "actions": [
                {"id": "make", "kind": "webhook_address", "options": {"amount": 2, "unit": "hours"}},
                say("tell", "#{webhook}"),
            ], "next": {"block": "wait"}},
            {"id": "wait", "actions": [
                {"id": "wait", "kind": "wait_webhook", "options": {"amount": 1, "unit": "hours",
                    "save": [{"path": "sum", "target": "sum"}]}, "exits": {"timeout": {"block": "in_vain"}}},
                {"id": "reply", "kind": "respond", "options": {"body": "thanks for #{sum}"}},
                say("paid", "Paid #{sum}."),
            ]},
            {"id": "in_vain", "actions": [say("nobody", "Nobody called.")]},
            {"id": "late", "actions": [
                {"id": "make2", "kind": "webhook_address", "options": {}},
                say("tell2", "#{webhook}"),
                {"id": "ask", "kind": "ask", "options": {"text": "Ready?", "save_to": "said"}},
            ], "next": {"block": "wait"}},
            {"id": "end", "actions": [
                {"id": "make3", "kind": "webhook_address", "options": {}},
                say("tell3", "#{webhook}"),
            ]},
        ]),
    )
}

fn request(sum: i64) -> Map {
    match Value::from(json!({"request_body": {"sum": sum}, "request_query": {}, "request_headers": {}})) {
        Value::Object(request) => request,
        _ => Map::new(),
    }
}

/// The secret of an address that the bot told.
fn secret(address: &str) -> String {
    assert!(address.starts_with("https://bots.example.com/webhook/once/"), "{address}");
    address.rsplit('/').next().unwrap().to_owned()
}

/// Calls an address; what the caller gets, or what became of it.
async fn call(house: &House, secret: &str, sum: i64) -> String {
    call_under(house, secret, sum, None).await
}

/// The same under a key.
async fn call_under(house: &House, secret: &str, sum: i64, key: Option<&str>) -> String {
    match house.runtime.call_address(secret, request(sum), key).await.unwrap() {
        AddressCall::Taken(pending) => {
            let response = house.runtime.reply(pending, Duration::from_secs(60)).await.unwrap();
            format!("{} {}", response.status, response.body.to_text())
        }
        AddressCall::Over => "over".to_owned(),
        AddressCall::Unknown => "unknown".to_owned(),
    }
}

#[tokio::test]
async fn a_call_is_taken_once_even_after_a_restart() {
    let test = |mut house: House| async move {
        house.say(7, "/start").await;
        let secret = secret(&house.heard(7, 1).await[0]);
        house.settled().await;
        house.crash_and_restart().await;
        assert_eq!(call(&house, "0123456789abcdef", 1).await, "unknown");
        let both = tokio::join!(call(&house, &secret, 5), call(&house, &secret, 5));
        let mut both = [both.0, both.1];
        both.sort();
        assert_eq!(both, ["200 thanks for 5", "over"], "two at once are one");
        assert_eq!(house.heard(7, 2).await[1], "Paid 5.");
        assert_eq!(call(&house, &secret, 6).await, "over");
        // Nobody who reads the database can call it, and what the call said has gone with the run.
        let hash = engine::address::hash(&secret);
        let row =
            house.store.read(move |connection| Ok(store::awaited_calls::find(connection, &hash)?)).await;
        assert_eq!(row.unwrap().unwrap().request, None);
    };
    on_both(test, UnknownPolicy::Drop, waiter()).await;
}

#[tokio::test]
async fn who_has_named_his_call_hears_again_what_came_of_it() {
    let test = |mut house: House| async move {
        house.say(7, "/start").await;
        let secret = secret(&house.heard(7, 1).await[0]);
        let key = Some("payment-1");
        let taken = house.runtime.call_address(&secret, request(5), key).await.unwrap();
        assert!(matches!(taken, AddressCall::Taken(_)));
        // He is cut off, and so are we.
        drop(taken);
        house.crash_and_restart().await;
        for _ in 0..2 {
            assert_eq!(call_under(&house, &secret, 5, key).await, "200 thanks for 5");
        }
        assert_eq!(call_under(&house, &secret, 5, Some("payment-2")).await, "over");
        assert_eq!(call(&house, &secret, 5).await, "over");
        assert_eq!(house.heard(7, 2).await[1], "Paid 5.");
    };
    on_both(test, UnknownPolicy::Drop, waiter()).await;
}

#[tokio::test]
async fn a_call_that_comes_before_the_wait_is_kept() {
    let test = |mut house: House| async move {
        house.say(7, "/later").await;
        let secret = secret(&house.heard(7, 2).await[0]);
        assert_eq!(call(&house, &secret, 5).await, "200 ");
        assert_eq!(call(&house, &secret, 6).await, "over");
        house.crash_and_restart().await;
        house.say(7, "yes").await;
        assert_eq!(house.heard(7, 3).await[2], "Paid 5.");
    };
    on_both(test, UnknownPolicy::Drop, waiter()).await;
}

#[tokio::test]
async fn time_ends_the_wait_and_the_address() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.say(8, "/later").await;
        let first = secret(&house.heard(7, 1).await[0]);
        let second = secret(&house.heard(8, 2).await[0]);
        house.settled().await;
        house.store.clock().advance(3_600_000);
        assert_eq!(house.heard(7, 2).await[1], "Nobody called.");
        house.settled().await;
        assert_eq!(call(&house, &first, 1).await, "over", "its run has ended");
        house.store.clock().advance(24 * 3_600_000);
        assert_eq!(call(&house, &second, 1).await, "over", "it was valid for a day");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, waiter()).await;
}

#[tokio::test]
async fn an_address_of_a_run_that_is_over_leads_nowhere() {
    let test = |house: House| async move {
        house.say(7, "/end").await;
        let secret = secret(&house.heard(7, 1).await[0]);
        house.settled().await;
        assert_eq!(call(&house, &secret, 1).await, "over");
        until("nothing came of it", async || house.heard(7, 1).await.len() == 1).await;
    };
    on_both(test, UnknownPolicy::Drop, waiter()).await;
}
