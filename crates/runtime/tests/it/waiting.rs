//! Callers who wait for `_response`: behind a busy lane, at a node that does not work the bot, over a crash.

use std::sync::Arc;
use std::time::Duration;

use connectors::testing::{Reply, TestServer};
use engine::event::Sender;
use engine::ids::{EventId, MiniAppId, ScenarioId, WebhookId};
use engine::message::Response;
use engine::value::{Map, Value};
use runtime::{OutsideCall, OutsideKind, Runtime};
use serde_json::json;
use store::bots::UnknownPolicy;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::{House, command, document, on_both, on_postgres, say, until};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// An API that answers nobody before it is told to.
struct Api {
    server: TestServer,
    gate: Arc<Semaphore>,
    /// The idempotency keys of those who have asked.
    asked: UnboundedReceiver<String>,
}

impl Api {
    async fn start() -> Self {
        let gate = Arc::new(Semaphore::new(0));
        let (tell, asked) = unbounded_channel();
        let of_server = Arc::clone(&gate);
        let server = TestServer::start(move |request| {
            let gate = Arc::clone(&of_server);
            tell.send(request.header("idempotency-key").unwrap_or_default().to_owned()).unwrap();
            async move {
                let _ = gate.acquire().await;
                Reply::text(200, "5")
            }
        })
        .await;
        Self { server, gate, asked }
    }

    fn open(&self) {
        self.gate.close();
    }
}

/// `/start` asks the API, and so does the webhook before it answers; the mini app is answered at once.
fn asking(url: &str) -> serde_json::Value {
    let ask = json!({"id": "ask", "kind": "http_request", "options": {"method": "POST", "url": url,
        "timeout_s": 60, "save": [{"path": "", "target": "stock"}]}});
    let mut ask_too = ask.clone();
    ask_too["id"] = json!("ask_too");
    let respond = |id: &str, text: &str| {
        json!({"id": id, "kind": "set_variables", "options": {"assignments": [
            {"target": "_response", "value": text}]}})
    };
    document(
        json!([
            command("start", "slow"),
            {"id": "app", "kind": "mini_app", "next": {"block": "order"}},
            {"id": "hook", "kind": "webhook", "next": {"block": "stock"}},
        ]),
        json!([
            {"id": "slow", "actions": [ask, say("done", "Done.")]},
            {"id": "order", "actions": [respond("thank", "Thank you for #{item}"), say("told", "Ordered.")]},
            {"id": "stock", "actions": [ask_too, respond("left", "#{stock} left")]},
        ]),
    )
}

fn idle() -> serde_json::Value {
    document(json!([]), json!([]))
}

async fn publish(house: &House) -> Api {
    let api = Api::start().await;
    house.publish(ScenarioId(1), &asking(&api.server.url())).await;
    api
}

fn order(house: &House) -> OutsideCall {
    let values = Map::from_iter([("item".to_owned(), Value::from("tea"))]);
    OutsideCall {
        bot: house.bot,
        sender: Some(Sender { id: "7".into(), first_name: "Anna".into(), ..Sender::default() }),
        kind: OutsideKind::MiniApp { app: MiniAppId(1), name: "shop".into(), values },
        key: None,
    }
}

fn stock(house: &House) -> OutsideCall {
    let kind = OutsideKind::Webhook {
        webhook: WebhookId(1),
        scenario: ScenarioId(1),
        trigger: "hook".into(),
        request: Map::new(),
    };
    OutsideCall { bot: house.bot, sender: None, kind, key: None }
}

/// What the poll address answers, when it does.
async fn polled(runtime: &Runtime, event: EventId, secret: &str) -> Response {
    let find = async || runtime.find_reply(event, secret.to_owned()).await.unwrap();
    until("the poll address answers", async || find().await.is_some()).await;
    find().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_lane_answers_when_it_is_its_turn() {
    let test = |house: House| async move {
        let mut api = publish(&house).await;
        house.say(7, "/start").await;
        api.asked.recv().await.unwrap();
        // The page that waits, and the one whose patience is over.
        let (waits, left) = (
            house.runtime.call(order(&house)).await.unwrap(),
            house.runtime.call(order(&house)).await.unwrap(),
        );
        let (event, secret) = (left.event, left.secret.clone());
        assert!(house.runtime.reply(left, Duration::from_millis(200)).await.is_none(), "the lane is busy");
        let runtime = house.runtime.clone();
        let waiting = tokio::spawn(async move { runtime.reply(waits, LONG).await });
        api.open();
        assert_eq!(waiting.await.unwrap().unwrap().body, Value::from("Thank you for tea"));
        assert_eq!(polled(&house.runtime, event, &secret).await.body, Value::from("Thank you for tea"));
        assert_eq!(house.heard(7, 3).await, ["Done.", "Ordered.", "Ordered."]);
    };
    on_both(test, UnknownPolicy::Drop, idle()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_a_call_costs_no_reply() {
    let test = |mut house: House| async move {
        let mut api = publish(&house).await;
        let pending = house.runtime.call(stock(&house)).await.unwrap();
        let key = api.asked.recv().await.unwrap();
        let (event, secret) = (pending.event, pending.secret.clone());
        assert!(house.runtime.reply(pending, Duration::from_millis(50)).await.is_none());
        house.crash_and_restart().await;
        assert_eq!(api.asked.recv().await.unwrap(), key, "it is asked once more, under the same key");
        api.open();
        assert_eq!(polled(&house.runtime, event, &secret).await.body, Value::from("5 left"));
    };
    on_both(test, UnknownPolicy::Drop, idle()).await;
}

/// Whoever was cut off before he was told anything has named his call, and makes it again.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_again_is_the_same_call() {
    let test = |mut house: House| async move {
        let mut api = publish(&house).await;
        let named = |call: OutsideCall, key: &str| OutsideCall { key: Some(key.to_owned()), ..call };
        let cut_off = house.runtime.call(named(stock(&house), "order-1")).await.unwrap();
        let event = cut_off.event;
        let asked = api.asked.recv().await.unwrap();
        drop(cut_off);
        house.crash_and_restart().await;
        assert_eq!(api.asked.recv().await.unwrap(), asked, "the run goes on");
        let again = house.runtime.call(named(stock(&house), "order-1")).await.unwrap();
        let too = house.runtime.call(named(stock(&house), "order-1")).await.unwrap();
        assert_eq!((again.event, too.event), (event, event), "and it is no other one");
        let (left, right) = (house.runtime.clone(), house.runtime.clone());
        let waiting = tokio::spawn(async move { left.reply(again, LONG).await });
        let beside = tokio::spawn(async move { right.reply(too, LONG).await });
        api.open();
        assert_eq!(waiting.await.unwrap().unwrap().body, Value::from("5 left"));
        assert_eq!(beside.await.unwrap().unwrap().body, Value::from("5 left"));
        // The answer is there now: nobody waits for it.
        let late = house.runtime.call(named(stock(&house), "order-1")).await.unwrap();
        let reply = house.runtime.reply(late, Duration::ZERO).await.unwrap();
        assert_eq!(reply.body, Value::from("5 left"));
        // Another key, another address and a call without a key are other calls.
        let mut events = vec![event];
        for call in [
            named(stock(&house), "order-2"),
            named(order(&house), "order-1"),
            stock(&house),
            OutsideCall {
                kind: OutsideKind::Webhook {
                    webhook: WebhookId(2),
                    scenario: ScenarioId(1),
                    trigger: "hook".into(),
                    request: Map::new(),
                },
                ..named(stock(&house), "order-1")
            },
        ] {
            events.push(house.runtime.call(call).await.unwrap().event);
        }
        events.sort();
        events.dedup();
        assert_eq!(events.len(), 5);
    };
    on_both(test, UnknownPolicy::Drop, idle()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_called_at_another_node_is_answered_there() {
    let test = |house: House| async move {
        let mut api = publish(&house).await;
        let other = house.second_node().await;
        house.say(7, "/start").await;
        api.asked.recv().await.unwrap();
        let pending = other.call(order(&house)).await.unwrap();
        let at_other = other.clone();
        let waiting = tokio::spawn(async move { at_other.reply(pending, LONG).await });
        // This one's node dies before there is anything to answer; the poll address is every node's.
        let lost = other.call(stock(&house)).await.unwrap();
        api.asked.recv().await.unwrap();
        let (event, secret) = (lost.event, lost.secret.clone());
        api.open();
        assert_eq!(waiting.await.unwrap().unwrap().body, Value::from("Thank you for tea"));
        other.shutdown(Duration::ZERO).await;
        drop(lost);
        assert_eq!(polled(&house.runtime, event, &secret).await.body, Value::from("5 left"));
    };
    on_postgres(test, UnknownPolicy::Drop, idle()).await;
}
