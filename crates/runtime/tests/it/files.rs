//! Files of the workspace in messages: uploaded once by each bot, whoever sends them and whatever happens.

use std::sync::{Arc, Mutex};

use connectors::testing::{Gate, Recorded, Reply, Request, Scripted, TestServer};
use engine::message::MediaKind;
use serde_json::{Value, json};
use store::bots::{BotChange, BotIntake, UnknownPolicy};
use store::files::{self, CHUNK_BYTES, NewFile};
use store::{Class, Purpose, Secret, bots};

use crate::support::{House, command, document, on_both, say, until};

/// Sends a picture and a price list; says it when there is none.
fn sender() -> Value {
    let send = |id: &str, file: &str| json!({"id": id, "kind": "send_message", "options": {"text": id, "media": [{"file": file}]}});
    let mut price = send("price", "file:price.pdf");
    price["exits"] = json!({"error": {"block": "lost"}});
    document(
        json!([command("menu", "menu"), command("price", "price")]),
        json!([
            {"id": "menu", "actions": [send("menu", "file: menu.jpg")]},
            {"id": "price", "actions": [price]},
            {"id": "lost", "actions": [say("why", "Lost: #{_error}")]},
        ]),
    )
}

/// A picture of more than one chunk.
fn picture(first: u8) -> Vec<u8> {
    let mut bytes = vec![7; CHUNK_BYTES + 10];
    bytes[0] = first;
    bytes
}

async fn upload(house: &House, name: &'static str, content: &'static str, bytes: Vec<u8>) {
    let (here, now) = (house.workspace, house.store.now());
    let new = NewFile {
        workspace_id: here,
        name: name.into(),
        slug: "s".into(),
        content_id: content.into(),
        content_type: "image/jpeg".into(),
        size: i64::try_from(bytes.len()).unwrap(),
    };
    let job = move |tx: &mut store::Tx| {
        files::begin(tx, here, content, now)?;
        for (number, chunk) in (0..).zip(bytes.chunks(CHUNK_BYTES)) {
            files::append(tx, here, content, number, chunk)?;
        }
        files::keep(tx, &new, now)
    };
    house.store.write(Class::Lanes, job).await.unwrap();
}

/// How often the picture itself went out, and all the messages with it.
fn photos(house: &House) -> (Vec<Recorded>, usize) {
    let done: Vec<_> = house.api.calls_of("sendPhoto").into_iter().filter(|call| call.carried_out).collect();
    let count = done.len();
    (done.into_iter().filter(|call| !call.files.is_empty()).collect(), count)
}

async fn photos_sent(house: &House, count: usize) -> Vec<Recorded> {
    until("the pictures are sent", async || photos(house).1 == count).await;
    photos(house).0
}

#[tokio::test]
async fn a_picture_is_uploaded_once() {
    let test = |mut house: House| async move {
        upload(&house, "menu.jpg", "c1", picture(1)).await;
        let gate = Gate::closed();
        house.api.script("sendPhoto", Scripted::Gated(gate.clone()));
        for user in [7, 8, 9] {
            house.say(user, "/menu").await;
        }
        house.api.wait_for_calls("sendPhoto", 1).await;
        house.settled().await;
        assert_eq!(house.api.calls_of("sendPhoto").len(), 1, "the others wait for the first");
        gate.open();
        let uploads = photos_sent(&house, 3).await;
        assert_eq!(uploads.len(), 1);
        let file = &uploads[0].files[0];
        assert_eq!((file.file_name.as_str(), file.bytes.clone()), ("menu.jpg", picture(1)));

        house.crash_and_restart().await;
        house.say(7, "/menu").await;
        assert_eq!(photos_sent(&house, 4).await.len(), 1, "the messenger's id is kept");

        upload(&house, "menu.jpg", "c2", picture(2)).await;
        house.say(7, "/menu").await;
        let uploads = photos_sent(&house, 5).await;
        assert_eq!((uploads.len(), uploads[1].files[0].bytes[0]), (2, 2), "what is in it now");

        let id = uploads[1].params["photo"].as_str().unwrap().to_owned();
        house.api.forget_file(&id);
        house.say(7, "/menu").await;
        assert_eq!(photos_sent(&house, 6).await.len(), 3, "what the messenger has lost is uploaded anew");
    };
    on_both(test, UnknownPolicy::Drop, sender()).await;
}

#[tokio::test]
async fn another_token_may_be_another_bot() {
    const TOKEN: &str = "987654321:TEST-ONLY_not-a-real-token_0123456789";
    let test = |house: House| async move {
        upload(&house, "menu.jpg", "c1", picture(1)).await;
        house.say(7, "/menu").await;
        photos_sent(&house, 1).await;
        let (here, bot) = (house.workspace, house.bot);
        let kept =
            move |c: &mut store::Connection| Ok(files::find_sent(c, here, bot, "c1", MediaKind::Photo)?);
        until("the id is kept", async || house.store.read(kept).await.unwrap().is_some()).await;
        house.api.add_bot(TOKEN);
        let change = BotChange {
            name: "Bot".into(),
            base_url: Some(house.api.base_url()),
            intake: BotIntake::Webhook,
            unknown_policy: house.unknown_policy(),
            token: Some(house.store.vault().seal(here, Purpose::BotToken, &Secret::new(TOKEN)).unwrap()),
        };
        house.store.write(Class::Lanes, move |tx| bots::update(tx, here, bot, &change)).await.unwrap();
        house.runtime.bots_changed(here);
        house.say(7, "/menu").await;
        assert_eq!(photos_sent(&house, 2).await.len(), 2);
    };
    on_both(test, UnknownPolicy::Drop, sender()).await;
}

#[tokio::test]
async fn a_file_that_is_not_there_leads_to_the_error_exit() {
    let test = |house: House| async move {
        house.say(7, "/price").await;
        let heard = house.heard(7, 1).await;
        assert!(heard[0].contains("Lost: There is no file “price.pdf”: upload it"), "{heard:?}");
        upload(&house, "price.pdf", "c1", b"%PDF".to_vec()).await;
        house.say(7, "/price").await;
        let calls = house.api.wait_for_calls("sendDocument", 1).await;
        assert_eq!(
            (calls[0].files[0].bytes.as_slice(), &calls[0].params["caption"]),
            (&b"%PDF"[..], &json!("price"))
        );
    };
    on_both(test, UnknownPolicy::Drop, sender()).await;
}

#[tokio::test]
async fn a_request_carries_a_file() {
    let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
    let taken = Arc::clone(&requests);
    let server = TestServer::start(move |request| {
        taken.lock().unwrap().push(request);
        async { Reply::text(200, "ok") }
    })
    .await;
    let body =
        json!({"kind": "multipart", "parts": [{"name": "a", "kind": "file", "value": "file:menu.jpg"}]});
    let post = json!({"id": "post", "kind": "http_request",
        "options": {"method": "POST", "url": server.url(), "body": body},
        "exits": {"error": {"block": "lost"}}});
    let poster = document(
        json!([command("post", "post")]),
        json!([
            {"id": "post", "actions": [post, say("done", "Posted.")]},
            {"id": "lost", "actions": [say("why", "Lost: #{_error}")]},
        ]),
    );
    let test = |house: House| {
        let requests = Arc::clone(&requests);
        async move {
            house.say(7, "/post").await;
            let heard = house.heard(7, 1).await;
            assert!(heard[0].contains("There is no file “menu.jpg”"), "{heard:?}");
            upload(&house, "menu.jpg", "c1", b"JPEG".to_vec()).await;
            house.say(7, "/post").await;
            assert_eq!(house.heard(7, 2).await[1], "Posted.");
            let sent = requests.lock().unwrap().pop().unwrap();
            let body = String::from_utf8_lossy(&sent.body).into_owned();
            assert!(body.contains("name=\"a\"; filename=\"menu.jpg\"\r\nContent-Type: image/jpeg"), "{body}");
            assert!(body.contains("\r\n\r\nJPEG\r\n"), "{body}");
        }
    };
    on_both(test, UnknownPolicy::Drop, poster).await;
}
