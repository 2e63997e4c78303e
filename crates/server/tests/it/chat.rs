//! The demo in the test chat: the whole way from a form to the bot's answer and back.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::app::{Browser, TestApp, eventually};
use crate::files::put;

async fn messages(browser: &mut Browser<'_>, bot: &str) -> Vec<Value> {
    let answer = browser.get_json(&format!("{bot}/chat/messages?after=0")).await;
    answer["messages"].as_array().unwrap().clone()
}

async fn say(browser: &mut Browser<'_>, bot: &str, input: Value) {
    let request = TestRequest::post().uri(&format!("{bot}/chat/send"));
    assert_eq!(browser.send_json(request, &input).await.status, 202, "{input}");
}

/// The first button of the newest message that has one.
fn button(messages: &[Value]) -> Option<Value> {
    let rows = messages.iter().rev().filter_map(|message| message["choices"].as_array());
    rows.flatten()
        .filter_map(|row| row.as_array())
        .flatten()
        .find(|choice| choice["token"].is_string())
        .cloned()
}

#[actix_web::test]
async fn the_demo_bot_answers_and_its_buttons_work() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    say(&mut browser, &bot, json!({"text": "/start"})).await;
    let greeted =
        eventually("an answer with a button", async || button(&messages(&mut browser, &bot).await)).await;
    let before = messages(&mut browser, &bot).await;
    assert_eq!((&before[0]["direction"], &before[0]["spans"][0]["t"]), (&json!("in"), &json!("/start")));
    assert_eq!((&before[1]["direction"], &greeted["kind"]), (&json!("out"), &json!("reply")));

    say(&mut browser, &bot, json!({"token": greeted["token"]})).await;
    let after = eventually("the next answer", async || {
        let now = messages(&mut browser, &bot).await;
        (now.iter().filter(|message| message["direction"] == "out").count() > 1).then_some(now)
    })
    .await;
    let pressed = &after[before.len()];
    assert_eq!(pressed["spans"][0]["t"], greeted["label"], "a press reads as the button's caption");
    let last = after.last().unwrap()["id"].as_i64().unwrap();
    let newer = browser.get_json(&format!("{bot}/chat/messages?after={last}")).await;
    assert_eq!(newer["messages"], json!([]));
}

#[actix_web::test]
async fn a_stale_button_is_answered_by_a_notice_that_is_shown_once() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    say(&mut browser, &bot, json!({"text": "/start"})).await;
    let last = eventually("an answer", async || {
        let now = messages(&mut browser, &bot).await;
        now.last().filter(|message| message["direction"] == "out").map(|message| message["id"].clone())
    })
    .await;
    say(&mut browser, &bot, json!({"token": "~zz.zz.1.gone.gone"})).await;
    eventually("the notice", async || {
        let newer = browser.get_json(&format!("{bot}/chat/messages?after={last}")).await;
        newer.to_string().contains("This menu is out of date").then_some(())
    })
    .await;
    let all = messages(&mut browser, &bot).await;
    assert!(all.iter().all(|message| message["toast"].is_null()), "history is no notice");
}

#[actix_web::test]
async fn the_chat_works_without_scripts() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    let answer = browser.post(&format!("{bot}/chat"), &[("text", "/start")]).await;
    assert_eq!(answer.status, 303);
    let page = browser.get(&format!("{bot}/chat")).await.body;
    assert!(page.contains("chat-in") && page.contains("chat-out"), "{page}");
}

#[actix_web::test]
async fn a_published_change_is_in_the_bot_at_once() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let (bot, scenario) = (browser.demo_bot().await, browser.demo_scenario().await);
    let api = format!("/api/v1{scenario}");
    let found = browser.get_json(&api).await;
    let text = serde_json::to_string(&found["document"]).unwrap();
    let greeting = "Hello from the new version";
    // Whatever the first message says, it says something else now.
    let changed = regex::Regex::new(r#""kind":"send_message","options":\{"text":"(?:[^"\\]|\\.)*""#).unwrap();
    assert!(changed.is_match(&text), "{text}");
    let text =
        changed.replace_all(&text, format!(r#""kind":"send_message","options":{{"text":"{greeting}""#));
    let asks = regex::Regex::new(r#""kind":"ask","options":\{"text":"(?:[^"\\]|\\.)*""#).unwrap();
    let text = asks.replace_all(&text, format!(r#""kind":"ask","options":{{"text":"{greeting}""#));
    let document: Value = serde_json::from_str(&text).unwrap();
    let saved = browser
        .send_json(
            TestRequest::put().uri(&format!("{api}/draft")),
            &json!({"revision": found["revision"], "document": document}),
        )
        .await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let published = browser.send_json(TestRequest::post().uri(&format!("{api}/publish")), &json!({})).await;
    assert_eq!(
        (published.status.as_u16(), published.json()["number"].clone()),
        (200, json!(2)),
        "{}",
        published.body
    );
    say(&mut browser, &bot, json!({"text": "/start"})).await;
    eventually("the new greeting", async || {
        let now = messages(&mut browser, &bot).await;
        now.iter().any(|message| message["spans"].to_string().contains(greeting)).then_some(())
    })
    .await;
}

#[actix_web::test]
async fn files_of_the_workspace_are_shown_and_missed() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let (bot, scenario) = (browser.demo_bot().await, browser.demo_scenario().await);
    let api = format!("/api/v1{scenario}");
    for name in ["menu, summer.png", "old.pdf"] {
        assert_eq!(put(&mut browser, &name.replace(' ', "%20"), "x").await.status, 200);
    }
    let found = browser.get_json(&api).await;
    let document = json!({
        "format": "scenaria/1",
        "name": "Files",
        "triggers": [{"id": "t", "kind": "command", "options": {"command": "start"}, "next": {"block": "b"}}],
        "blocks": [{"id": "b", "name": "", "actions": [{"id": "a", "kind": "send_message", "options": {
            "text": "Look", "media": [{"file": "file:menu, summer.png"}, {"file": "file:old.pdf"}],
        }}]}],
    });
    let draft = json!({"revision": found["revision"], "document": document});
    let saved = browser.send_json(TestRequest::put().uri(&format!("{api}/draft")), &draft).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let publish = TestRequest::post().uri(&format!("{api}/publish"));
    let published = browser.send_json(publish, &json!({"revision": saved.json()["revision"]})).await;
    assert_eq!(published.status, 200, "{}", published.body);
    assert_eq!(browser.post("/files/old.pdf/delete", &[]).await.status, 303);

    say(&mut browser, &bot, json!({"text": "/start"})).await;
    let shown = eventually("the message", async || {
        let now = messages(&mut browser, &bot).await;
        now.iter().find_map(|message| message["media"].as_array().cloned())
    })
    .await;
    let menu =
        json!({"kind": "photo", "url": "/files/menu%2C%20summer.png/content", "name": "menu, summer.png"});
    assert_eq!(shown, [menu, json!({"kind": "file", "name": "old.pdf", "missing": true})]);
    assert_eq!(browser.get("/files/menu%2C%20summer.png/content").await.body, "x");
    let page = browser.get(&format!("{bot}/chat")).await.body;
    assert!(page.contains("old.pdf. There is no such file"), "{page}");
}

#[actix_web::test]
async fn only_sensible_input_is_taken() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    for input in [
        json!({}),
        json!({"text": " "}),
        json!({"text": "x".repeat(4097)}),
        json!({"text": "a", "token": "b"}),
        json!({"latitude": 1.0}),
        json!({"latitude": 91.0, "longitude": 0.0}),
        json!({"file": "javascript:alert(1)"}),
        json!({"picked": "@users Ann"}),
        json!({"picked": "@photo f1"}),
        json!({"picked": "5"}),
        json!({"picked": "@users 5", "text": "a"}),
        json!({"file": "https://example.com/a.jpg", "text": "a"}),
    ] {
        let request = TestRequest::post().uri(&format!("{bot}/chat/send"));
        assert_eq!(browser.send_json(request, &input).await.status, 422, "{input}");
    }
}

/// A bot that shows what a message may hold, and changes it.
fn shows() -> Value {
    json!({"format": "scenaria/1", "name": "Shows",
    "triggers": [
        {"id": "start", "kind": "command", "options": {"command": "start"}, "next": {"block": "show"}},
        {"id": "hide", "kind": "command", "options": {"command": "hide"}, "next": {"block": "hide"}},
        {"id": "ask", "kind": "command", "options": {"command": "ask"}, "next": {"block": "ask"}},
    ],
    "blocks": [
        {"id": "show", "actions": [
            {"id": "all", "kind": "send_message", "options": {"text": "Before", "message_to": "client.shown",
                "media": [{"file": "https://example.com/a.jpg"}],
                "buttons": [[{"id": "copy", "text": "Copy", "action": "copy", "copy": "SALE"}]]}},
            {"id": "where", "kind": "send_message", "options": {
                "place": {"latitude": "55.75", "longitude": "37.5", "title": "Here"}, "remove_keyboard": true}},
            {"id": "pause", "kind": "delay", "options": {"amount": 1, "unit": "seconds"}},
            {"id": "after", "kind": "edit_message", "options": {"message": "#{client.shown}", "text": "After"}},
        ]},
        {"id": "hide", "actions": [
            {"id": "drop", "kind": "delete_message", "options": {"message": "#{client.shown}"}}]},
        {"id": "ask", "actions": [
            {"id": "file", "kind": "ask", "options": {"text": "A picture?", "kind": "photo", "save_to": "client.picture"}},
            {"id": "place", "kind": "ask", "options": {"text": "A place?", "kind": "location",
                "buttons": [[{"id": "here", "text": "Here", "action": "location"}]]}},
            {"id": "told", "kind": "send_message", "options": {"text": "#{client.picture.kind} at [Answer]"}},
            {"id": "friend", "kind": "ask", "options": {"text": "A friend?", "kind": "user", "save_to": "friend",
                "buttons": [[{"id": "pick", "text": "Pick", "action": "users"}]]}},
            {"id": "named", "kind": "send_message", "options": {"text": "#{friend.name} is #{friend.user_id}"}},
        ]},
    ]})
}

#[actix_web::test]
async fn messages_are_shown_changed_and_deleted_in_place() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let (bot, scenario) = (browser.demo_bot().await, browser.demo_scenario().await);
    let api = format!("/api/v1{scenario}");
    let found = browser.get_json(&api).await;
    let draft = json!({"revision": found["revision"], "document": shows()});
    let saved = browser.send_json(TestRequest::put().uri(&format!("{api}/draft")), &draft).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let published = browser.send_json(TestRequest::post().uri(&format!("{api}/publish")), &json!({})).await;
    assert_eq!(published.status, 200, "{}", published.body);

    say(&mut browser, &bot, json!({"text": "/start"})).await;
    let shown = eventually("both messages", async || {
        let now = messages(&mut browser, &bot).await;
        (now.len() >= 3).then_some(now)
    })
    .await;
    let (all, place) = (&shown[1], &shown[2]);
    assert_eq!(all["media"], json!([{"kind": "photo", "url": "https://example.com/a.jpg", "name": "a.jpg"}]));
    assert_eq!(all["choices"][0][0], json!({"label": "Copy", "kind": "copy", "copy": "SALE"}));
    assert_eq!(place["location"], json!({"latitude": 55.75, "longitude": 37.5, "title": "Here"}));
    assert_eq!(place["keyboard"], json!({"remove": true}));
    let last = shown.last().unwrap()["id"].as_i64().unwrap();

    let since = async |browser: &mut Browser<'_>, changed: i64| {
        browser.get_json(&format!("{bot}/chat/messages?after={last}&changed={changed}")).await
    };
    let news = eventually("the change", async || {
        let news = since(&mut browser, 0).await;
        news["changed"].is_array().then_some(news)
    })
    .await;
    assert_eq!((&news["changed"][0]["id"], &news["changed"][0]["edited"]), (&all["id"], &json!(true)));
    assert_eq!(news["changed"][0]["spans"][0]["t"], "After");
    let changed_at = news["changed_at"].as_i64().unwrap();
    assert_eq!(since(&mut browser, changed_at).await["changed"], json!(null), "a change is told once");

    say(&mut browser, &bot, json!({"text": "/hide"})).await;
    let news = eventually("the deletion", async || {
        let news = since(&mut browser, changed_at).await;
        news["deleted"].is_array().then_some(news)
    })
    .await;
    assert_eq!(news["deleted"], json!([all["id"]]));
    assert!(messages(&mut browser, &bot).await.iter().all(|message| message["id"] != all["id"]));
    let page = browser.get(&format!("{bot}/chat")).await;
    assert!(page.body.contains("55.75"), "{}", page.body);
}

#[actix_web::test]
async fn files_and_places_can_be_sent() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let (bot, scenario) = (browser.demo_bot().await, browser.demo_scenario().await);
    let api = format!("/api/v1{scenario}");
    let found = browser.get_json(&api).await;
    let draft = json!({"revision": found["revision"], "document": shows()});
    browser.send_json(TestRequest::put().uri(&format!("{api}/draft")), &draft).await;
    browser.send_json(TestRequest::post().uri(&format!("{api}/publish")), &json!({})).await;
    let says =
        |messages: &[Value], text: &str| messages.iter().any(|message| message["spans"][0]["t"] == text);
    for (input, answer) in [
        (json!({"text": "/ask"}), "A picture?"),
        (json!({"file": "https://example.com/me.jpg", "file_kind": "photo", "caption": "me"}), "A place?"),
        (json!({"latitude": 55.5, "longitude": 37.25}), "A friend?"),
    ] {
        say(&mut browser, &bot, input).await;
        eventually(answer, async || says(&messages(&mut browser, &bot).await, answer).then_some(())).await;
    }
    let all = messages(&mut browser, &bot).await;
    assert!(says(&all, "photo at 55.5:37.25"));
    // The button that lets pick names itself, so that what is picked comes back to its question.
    let button = &all.last().unwrap()["choices"][0][0];
    assert_eq!(button["kind"], "users");
    say(&mut browser, &bot, json!({"picked": "@users 5 Ann", "request": button["request"]})).await;
    let answer = "Ann is 5";
    eventually(answer, async || says(&messages(&mut browser, &bot).await, answer).then_some(())).await;
    let all = messages(&mut browser, &bot).await;
    assert!(says(&all, "👤 Ann"));
    let sent = all.iter().find(|message| message["media"].is_array()).unwrap();
    assert_eq!((&sent["direction"], &sent["media"][0]["name"]), (&json!("in"), &json!("me.jpg")));
}
