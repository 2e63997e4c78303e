//! Connecting a bot by its token, against a Bot API of the test's own.

use std::sync::{Arc, Mutex};

use actix_web::test::TestRequest;
use actix_web::{App, HttpResponse, HttpServer, web};
use engine::ids::BotId;
use serde_json::{Value, json};
use store::bots::{self, BotStatus};

use crate::app::{TestApp, eventually};

const TOKEN: &str = "123456789:TEST-ONLY_not-a-real-token_0123456789";

/// What a Bot API was asked, in order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<(String, Value)>>>);

impl Calls {
    fn of(&self, method: &str) -> Vec<Value> {
        let calls = self.0.lock().unwrap();
        calls.iter().filter(|(name, _)| name == method).map(|(_, body)| body.clone()).collect()
    }
}

/// Answers as Telegram does; knows one token.
async fn bot_api(
    path: web::Path<(String, String)>,
    body: web::Bytes,
    calls: web::Data<Calls>,
) -> HttpResponse {
    let (token, method) = path.into_inner();
    if token != TOKEN {
        let refusal = json!({"ok": false, "error_code": 401, "description": "Unauthorized"});
        return HttpResponse::Unauthorized().json(refusal);
    }
    let body = serde_json::from_slice(&body).unwrap_or_default();
    calls.0.lock().unwrap().push((method.clone(), body));
    let result = match method.as_str() {
        "getMe" => json!({"id": 123_456_789, "is_bot": true, "first_name": "Shop", "username": "shop_bot"}),
        "sendMessage" => json!({"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}),
        "getUpdates" => {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            json!([])
        }
        _ => json!(true),
    };
    HttpResponse::Ok().json(json!({"ok": true, "result": result}))
}

/// Its address.
fn start_bot_api(calls: Calls) -> String {
    let app = move || {
        let calls = web::Data::new(calls.clone());
        App::new().app_data(calls).route("/bot{token}/{method}", web::to(bot_api))
    };
    let server = HttpServer::new(app).workers(1).bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    format!("http://{address}")
}

#[actix_web::test]
async fn a_bot_is_connected_by_its_token_and_answers_on_its_webhook() {
    let calls = Calls::default();
    let api = start_bot_api(calls.clone());
    let app =
        TestApp::with(&["--allow-private-channels", "127.0.0.1", "--public-url", "https://bots.example.org"])
            .await;
    let mut browser = app.owner().await;
    let scenario = browser.demo_scenario().await.rsplit('/').next().unwrap().to_owned();
    let form = |token: &'static str| {
        [("token", token), ("scenario", scenario.as_str()), ("intake", "webhook"), ("base_url", api.as_str())]
    };

    let refused = browser.post("/bots/connect", &form("123:no")).await;
    assert_eq!(refused.status, 422);
    let refused =
        browser.post("/bots/connect", &form("123456789:ANOTHER-TOKEN_that-nobody-knows_01234")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("does not accept this token"), "{}", refused.body);
    assert!(!refused.body.contains("ANOTHER-TOKEN"), "a token is not shown again");

    let connected = browser.post("/bots/connect", &form(TOKEN)).await;
    assert_eq!(connected.status, 303, "{}", connected.body);
    let page = browser.get(connected.location()).await.body;
    assert!(page.contains("Shop") && page.contains("@shop_bot") && !page.contains(TOKEN), "{page}");

    let webhook = calls.of("setWebhook").remove(0);
    let url = webhook["url"].as_str().unwrap();
    let path = url.strip_prefix("https://bots.example.org").unwrap();
    let update = |secret: &str| {
        TestRequest::post().uri(path).insert_header(("x-telegram-bot-api-secret-token", secret)).set_json(
            json!({"update_id": 1, "message": {
                "message_id": 1, "date": 1, "text": "/start",
                "chat": {"id": 5, "type": "private"}, "from": {"id": 5, "is_bot": false, "first_name": "Bob"},
            }}),
        )
    };
    assert_eq!(app.public(update("wrong")).await.status, 401);
    assert_eq!(app.public(update(webhook["secret_token"].as_str().unwrap())).await.status, 200);
    let said = eventually("the bot's answer", async || calls.of("sendMessage").first().cloned()).await;
    assert_eq!(said["chat_id"].to_string().trim_matches('"'), "5");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(calls.of("sendMessage").len(), 1, "the forged update said nothing");

    let replace = format!("{}/token", connected.location());
    let refused =
        browser.post(&replace, &[("token", "123456789:ANOTHER-TOKEN_that-nobody-knows_01234")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("does not accept this token") && !refused.body.contains("ANOTHER-TOKEN"));
    let bot = BotId(connected.location().rsplit('/').next().unwrap().parse().unwrap());
    app.services()
        .write(move |tx| {
            let workspace = bots::find_for_intake(tx, bot)?.map(|bot| bot.workspace_id).unwrap();
            bots::set_status(tx, workspace, bot, BotStatus::Failed, Some("token_revoked"))
        })
        .await
        .unwrap();
    let page = browser.get(connected.location()).await.body;
    assert!(page.contains("Get a new one from @BotFather") && !page.contains("token_revoked"), "{page}");
    assert_eq!(browser.post(&replace, &[("token", TOKEN)]).await.status, 303);
    let page = browser.get(connected.location()).await.body;
    assert!(page.contains("Works"), "{page}");
    assert_eq!(calls.of("setWebhook").len(), 2, "a new token gets the webhook anew");

    browser.post(&format!("{}/delete", connected.location()), &[]).await;
    assert_eq!(calls.of("deleteWebhook").len(), 1);
    assert_eq!(app.public(update(webhook["secret_token"].as_str().unwrap())).await.status, 404);
}

#[actix_web::test]
async fn a_polled_bot_asks_for_its_updates() {
    let calls = Calls::default();
    let api = start_bot_api(calls.clone());
    let app = TestApp::with(&["--allow-private-channels", "127.0.0.1"]).await;
    let mut browser = app.owner().await;
    let form = [("token", TOKEN), ("intake", "polling"), ("base_url", api.as_str())];
    assert_eq!(browser.post("/bots/connect", &form).await.status, 303);
    eventually("polling", async || (!calls.of("getUpdates").is_empty()).then_some(())).await;
    assert!(!calls.of("deleteWebhook").is_empty(), "a webhook would keep the updates away");
}

#[actix_web::test]
async fn without_https_there_is_no_webhook_and_inside_addresses_are_out_of_reach() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let webhook = browser.post("/bots/connect", &[("token", TOKEN), ("intake", "webhook")]).await;
    assert!(webhook.body.contains("A webhook needs a public https address"), "{}", webhook.body);
    let calls = Calls::default();
    let api = start_bot_api(calls.clone());
    let inside =
        browser.post("/bots/connect", &[("token", TOKEN), ("intake", "polling"), ("base_url", &api)]).await;
    assert_eq!(inside.status, 422, "{}", inside.body);
    assert!(calls.of("getMe").is_empty(), "the operator has not allowed this address");
}
