//! HTTP requests that are made again, and what they carry.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectors::testing::{Reply, Request, TestServer};
use engine::ids::ScenarioId;
use serde_json::{Value, json};
use store::bots::UnknownPolicy;
use store::{Class, Purpose, Secret};

use crate::support::{House, command, document, on_both_at_rest, say, until};

/// Somebody else's service: it answers with these replies in turn, and remembers what it was asked.
struct Service {
    server: TestServer,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Service {
    async fn start(replies: Vec<Reply>) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, replies) = (Arc::clone(&asked), Mutex::new(replies.into_iter()));
        let server = TestServer::start(move |request| {
            seen.lock().unwrap().push(request);
            let reply = replies.lock().unwrap().next().unwrap_or_else(|| Reply::text(500, "too many"));
            async { reply }
        })
        .await;
        Self { server, asked }
    }

    fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    async fn was_asked(&self, times: usize) {
        until("the service is asked", async || self.asked().len() >= times).await;
    }
}

fn asking(options: Value) -> Value {
    document(
        json!([command("start", "call"), {"id": "photo", "kind": "media", "next": {"block": "call"}}]),
        json!([
            {"id": "call", "actions": [
                {"id": "http", "kind": "http_request", "options": options, "exits": {"error": {"block": "failed"}}},
                say("after", "Got #{answer}."),
            ]},
            {"id": "failed", "actions": [say("oops", "Failed: #{_error_code}.")]},
        ]),
    )
}

fn busy(retry_after: &str) -> Reply {
    let headers = vec![("Retry-After".to_owned(), retry_after.to_owned())];
    Reply::Answer { status: 503, headers, body: b"busy".to_vec() }
}

/// Whether the one call there is waits for its time, with nobody at it.
async fn is_put_off(house: &House) -> bool {
    let now = house.store.now();
    house
        .store
        .read(move |connection| {
            let next = store::calls::next_due_at(connection)?;
            let all = store::calls::due_pending(connection, now.plus_ms(3_600_000), 10)?;
            Ok(next.is_some_and(|next| next > now) && all.iter().all(|call| call.claimed_by.is_none()))
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_request_is_made_again_when_its_time_has_come_even_after_a_restart() {
    let test = |mut house: House| async move {
        let service =
            Service::start(vec![busy("7"), Reply::Reset, Reply::json(200, &json!({"ok": 1}))]).await;
        let options = json!({"method": "POST", "url": format!("{}/orders", service.server.url()), "retries": 5,
            "save": [{"path": "ok", "target": "answer"}]});
        house.publish(ScenarioId(1), &asking(options)).await;
        house.say(7, "/start").await;
        service.was_asked(1).await;
        until("it is put off", async || is_put_off(&house).await).await;
        house.store.clock().advance(6_999);
        house.crash_and_restart().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(service.asked().len(), 1, "nobody asks before the time that was named");
        house.store.clock().advance(1);
        service.was_asked(2).await;
        until("it is put off again", async || is_put_off(&house).await).await;
        house.store.clock().advance(2_000);
        assert_eq!(house.heard(7, 1).await, ["Got 1."]);
        let keys: Vec<_> = service
            .asked()
            .iter()
            .map(|request| request.header("idempotency-key").map(str::to_owned))
            .collect();
        assert!(keys[0].is_some() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, asking(json!({"url": "https://example.com"}))).await;
}

#[tokio::test]
async fn the_last_answer_counts_when_no_try_is_left() {
    let test = |house: House| async move {
        let service = Service::start(vec![busy("1"), Reply::Close, Reply::json(200, &json!(1))]).await;
        let options = json!({"url": service.server.url(), "retries": 1});
        house.publish(ScenarioId(1), &asking(options)).await;
        house.say(7, "/start").await;
        service.was_asked(1).await;
        until("it is put off", async || is_put_off(&house).await).await;
        house.store.clock().advance(1_000);
        assert_eq!(house.heard(7, 1).await, ["Failed: http_broken."]);
        assert_eq!(service.asked().len(), 2);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, asking(json!({"url": "https://example.com"}))).await;
}

#[tokio::test]
async fn a_person_who_moves_on_ends_what_is_put_off() {
    let test = |house: House| async move {
        let service = Service::start(vec![busy("60"), busy("60"), busy("60")]).await;
        let options = json!({"url": service.server.url(), "retries": 5});
        house.publish(ScenarioId(1), &asking(options)).await;
        house.say(7, "/start").await;
        service.was_asked(1).await;
        until("it is put off", async || is_put_off(&house).await).await;
        house.say(7, "/start").await;
        service.was_asked(2).await;
        until("the new one is put off", async || is_put_off(&house).await).await;
        house.store.clock().advance(60_000);
        service.was_asked(3).await;
        until("it is put off again", async || is_put_off(&house).await).await;
        assert_eq!(service.asked().len(), 3, "the first run is over, and so is its request");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, asking(json!({"url": "https://example.com"}))).await;
}

#[tokio::test]
async fn files_and_secrets_are_put_in_when_the_request_leaves() {
    let test = |house: House| async move {
        let service = Service::start(vec![busy("1"), Reply::json(200, &json!({"id": 9}))]).await;
        let (workspace, now) = (house.workspace, house.store.now());
        let sealed =
            house.store.vault().seal(workspace, Purpose::Variable("CRM"), &Secret::new("s3cr3t-v4lue"));
        let sealed = sealed.unwrap();
        house
            .store
            .write(Class::Lanes, move |tx| store::secrets::upsert(tx, workspace, "CRM", &sealed, now))
            .await
            .unwrap();
        let options = json!({"method": "POST", "url": format!("{}/files?kind=photo", service.server.url()),
            "query": [{"name": "key", "value": "#{env.CRM}"}], "retries": 1,
            "auth": {"kind": "basic", "user": "bot", "secret": "#{env.CRM}"},
            "body": {"kind": "multipart", "parts": [
                {"name": "file", "kind": "file", "value": "#{client_media}"},
                {"name": "sign", "value": "#{env.CRM}"},
            ]},
            "save": [{"path": "id", "target": "answer"}]});
        house.publish(ScenarioId(1), &asking(options)).await;
        let mut photo = house.text(7, "");
        photo["message"].as_object_mut().unwrap().remove("text");
        photo["message"]["photo"] =
            json!([{"file_id": "F1", "file_unique_id": "u", "width": 1, "height": 1}]);
        house.deliver(&photo).await;
        service.was_asked(1).await;
        until("it is put off", async || is_put_off(&house).await).await;
        // What waits to be made again holds names, not secrets.
        let stored = house
            .store
            .read(move |connection| Ok(store::calls::due_pending(connection, now.plus_ms(60_000), 1)?))
            .await
            .unwrap();
        assert!(!stored[0].request.contains("s3cr3t"), "{}", stored[0].request);
        assert!(stored[0].request.contains("CRM"), "{}", stored[0].request);
        house.store.clock().advance(1_000);
        assert_eq!(house.heard(7, 1).await, ["Got 9."]);
        let request = service.asked().pop().unwrap();
        assert_eq!(request.target, "/files?kind=photo&key=s3cr3t-v4lue");
        // base64 of bot:s3cr3t-v4lue
        assert_eq!(request.header("authorization"), Some("Basic Ym90OnMzY3IzdC12NGx1ZQ=="));
        let body = String::from_utf8(request.body).unwrap();
        assert!(body.contains("the bytes of photos/F1.jpg"), "{body}");
        assert!(body.contains("name=\"file\"; filename=\"F1.jpg\""), "{body}");
        assert!(body.contains("name=\"sign\"\r\n\r\ns3cr3t-v4lue\r\n"), "{body}");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, asking(json!({"url": "https://example.com"}))).await;
}
