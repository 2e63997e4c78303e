//! The public listener: updates, mini apps, webhooks, and the forged ones of each.

use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use connectors::Secret;
use connectors::channels::BotAccess;
use engine::ids::{BotId, WorkspaceId};
use serde_json::{Value, json};
use store::bots::{BotIntake, BotStatus, NewBot, UnknownPolicy};
use store::{Class, Purpose};

use crate::app::{Browser, TestApp, eventually};

const TOKEN: &str = "123456789:TEST-ONLY_not-a-real-token_0123456789";
const WEBHOOK_SECRET: &str = "webhook-secret";

async fn workspace(app: &TestApp) -> WorkspaceId {
    app.services().store.read(|connection| Ok(store::workspaces::list(connection)?[0].id)).await.unwrap()
}

/// A Telegram bot whose Bot API is nowhere.
async fn telegram_bot(app: &TestApp, workspace: WorkspaceId) -> BotId {
    let seal = |purpose, text: &str| {
        app.services().store.vault().seal(workspace, purpose, &store::Secret::new(text)).unwrap()
    };
    let new = NewBot {
        workspace_id: workspace,
        channel: "telegram".into(),
        name: "Shop".into(),
        username: None,
        external_id: None,
        token: Some(seal(Purpose::BotToken, TOKEN)),
        base_url: Some("http://127.0.0.1:1".into()),
        intake: BotIntake::Webhook,
        webhook_secret: Some(seal(Purpose::BotWebhookSecret, WEBHOOK_SECRET)),
        unknown_policy: UnknownPolicy::Resend,
        status: BotStatus::Active,
    };
    let now = app.services().store.now();
    app.services().store.write(Class::Lanes, move |tx| store::bots::insert(tx, &new, now)).await.unwrap()
}

fn update(bot: BotId, secret: &str) -> TestRequest {
    let update = json!({
        "update_id": 7,
        "message": {
            "message_id": 1, "date": 1_700_000_000, "text": "hello",
            "chat": {"id": 5, "type": "private"}, "from": {"id": 5, "is_bot": false, "first_name": "Bob"},
        },
    });
    TestRequest::post()
        .uri(&format!("/telegram/{bot}/webhook"))
        .insert_header(("x-telegram-bot-api-secret-token", secret))
        .set_json(update)
}

/// Everything ever said in a dialogue, and so every update that was taken.
async fn said(app: &TestApp, workspace: WorkspaceId, bot: BotId, user: &str) -> usize {
    let lane = store::LaneId::new(workspace, bot, format!("user:{user}"));
    let history =
        move |connection: &mut store::Connection| Ok(store::messages::history(connection, &lane, None, 100)?);
    app.services().store.read(history).await.unwrap().len()
}

#[actix_web::test]
async fn an_update_is_taken_with_the_right_secret_and_once() {
    let app = TestApp::new().await;
    app.owner().await;
    let workspace = workspace(&app).await;
    let bot = telegram_bot(&app, workspace).await;
    for secret in ["", "wrong", "webhook-secret2", "WEBHOOK-SECRET"] {
        let answer = app.public(update(bot, secret)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "wrong_secret"), "{secret}");
    }
    assert_eq!(app.public(update(BotId(9999), WEBHOOK_SECRET)).await.status, 404);
    for _ in 0..3 {
        assert_eq!(app.public(update(bot, WEBHOOK_SECRET)).await.status, 200);
    }
    eventually("the update's turn", async || (said(&app, workspace, bot, "5").await > 0).then_some(())).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(
        said(&app, workspace, bot, "5").await,
        1,
        "three deliveries, one message; none of the forged ones"
    );
}

#[actix_web::test]
async fn a_tracked_link_leads_where_it_was_made_to_and_nowhere_else() {
    let app = TestApp::new().await;
    app.owner().await;
    let workspace = workspace(&app).await;
    let bot = telegram_bot(&app, workspace).await;
    let now = app.services().store.now();
    let make = |code: &str, url: &str| {
        let new = store::links::NewLink {
            workspace_id: workspace,
            bot_id: bot,
            code: code.into(),
            url: url.into(),
            name: "shop".into(),
            lane_key: None,
            sender: None,
            peer: None,
        };
        app.services().store.write(Class::Lanes, move |tx| store::links::insert(tx, &new, now))
    };
    assert!(make("AAAAAAAAAAA", "https://shop.test/чай?a=1").await.unwrap());
    assert!(!make("AAAAAAAAAAA", "https://evil.test/").await.unwrap(), "where it leads is fixed");
    assert!(make("BBBBBBBBBBB", "javascript:alert(1)").await.unwrap());
    let visit = |path: &str, agent: &str| {
        app.public(TestRequest::get().uri(path).insert_header(("user-agent", agent.to_owned())))
    };
    for path in ["/l/AAAAAAAAAAA", "/l/AAAAAAAAAAA?url=https://evil.test&to=//evil.test"] {
        let answer = visit(path, "Mozilla/5.0").await;
        assert_eq!(answer.status, 302);
        assert_eq!(answer.location(), "https://shop.test/%D1%87%D0%B0%D0%B9?a=1");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(visit("/l/AAAAAAAAAAA", "TelegramBot (like TwitterBot)").await.status, 302);
    for path in ["/l/BBBBBBBBBBB", "/l/CCCCCCCCCCC", "/l/x", "/l/https:%2F%2Fevil.test"] {
        assert_eq!(visit(path, "Mozilla/5.0").await.status, 404, "{path}");
    }
    let find = |c: &mut store::Connection| Ok(store::links::find_by_code(c, "AAAAAAAAAAA")?);
    assert_eq!(app.services().store.read(find).await.unwrap().unwrap().visits, 2, "a preview is no visit");
}

#[actix_web::test]
async fn a_body_over_a_megabyte_is_refused() {
    let app = TestApp::new().await;
    app.owner().await;
    let workspace = workspace(&app).await;
    let bot = telegram_bot(&app, workspace).await;
    let request = update(bot, WEBHOOK_SECRET).set_payload(vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(app.public(request).await.status, 413);
}

/// Launch data of the demo's mini app: the page's address and its `quescha`.
struct Launch {
    path: String,
    quescha: Value,
}

async fn launch(app: &TestApp, browser: &mut Browser<'_>) -> Launch {
    let bot = browser.demo_bot().await;
    let bot_id: i64 = bot.rsplit('/').next().unwrap().parse().unwrap();
    let workspace = workspace(app).await;
    let found = app
        .services()
        .store
        .read(move |connection| {
            let row = store::bots::find(connection, workspace, BotId(bot_id))?.unwrap();
            Ok((row, store::mini_apps::list(connection, workspace)?.remove(0)))
        })
        .await
        .unwrap();
    let (row, mini_app) = found;
    let token =
        app.services().store.vault().open(workspace, Purpose::BotToken, row.token.as_ref().unwrap()).unwrap();
    let access = BotAccess { token: Secret::new(token.expose()), base_url: None };
    let init_data = sign(app, &access, app.services().store.now().0 / 1000);
    Launch {
        path: format!("/app/{}?bot={bot_id}", mini_app.slug),
        quescha: json!({"webappid": mini_app.id.0, "channelid": bot_id, "clientid": 77, "initdata": init_data}),
    }
}

fn sign(app: &TestApp, access: &BotAccess, auth_date: i64) -> String {
    let channel = app.services().connectors.channel("simulator").unwrap();
    let fields =
        [("auth_date", auth_date.to_string()), ("user", json!({"id": 77, "first_name": "Bob"}).to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    channel.sign_init_data(&fields, access)
}

fn callback(body: &Value) -> TestRequest {
    TestRequest::post()
        .uri("/miniapp/callback")
        .insert_header(("origin", "https://app.example"))
        .set_json(body)
}

#[actix_web::test]
async fn a_mini_app_page_begins_with_our_bootstrap() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let launch = launch(&app, &mut browser).await;
    let page = app.public(TestRequest::get().uri(&launch.path)).await;
    assert_eq!(page.status, 200);
    let head = page.body.split_once("<head>").map(|(_, rest)| rest).unwrap();
    assert!(head.starts_with("<script>(function(webappid,channelid)"), "{head}");
    let ids = format!("}})({},{});</script>", launch.quescha["webappid"], launch.quescha["channelid"]);
    assert!(head.contains(&ids), "{head}");
    assert_eq!(app.public(TestRequest::get().uri("/app/nothing")).await.status, 404);
}

#[actix_web::test]
async fn forged_launch_data_starts_nothing() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let launch = launch(&app, &mut browser).await;
    let workspace = workspace(&app).await;
    let bot = BotId(launch.quescha["channelid"].as_i64().unwrap());
    let good = launch.quescha["initdata"].as_str().unwrap().to_owned();
    let stranger = BotAccess { token: Secret::new("another token"), base_url: None };
    let other_bot = telegram_bot(&app, workspace).await;
    let with = |name: &str, value: Value| {
        let mut quescha = launch.quescha.clone();
        quescha[name] = value;
        quescha
    };
    let forged = [
        ("none", Value::Null),
        ("empty", with("initdata", json!(""))),
        ("changed", with("initdata", json!(good.replace("77", "78")))),
        ("another key", with("initdata", json!(sign(&app, &stranger, app.services().store.now().0 / 1000)))),
        ("twice the user", with("initdata", json!(format!("{good}&user=%7B%22id%22%3A1%7D")))),
        ("another bot", with("channelid", json!(other_bot.0))),
        ("no bot", with("channelid", json!(9999))),
        ("another app", with("webappid", json!(9999))),
    ];
    for (what, quescha) in forged {
        let answer = app.public(callback(&json!({"quescha": quescha, "dish": "pizza"}))).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "init_data_refused"), "{what}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{what}: the page may read why");
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(said(&app, workspace, bot, "77").await + said(&app, workspace, bot, "78").await, 0);
}

#[actix_web::test]
async fn a_genuine_call_reaches_the_bot_and_its_chat() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let launch = launch(&app, &mut browser).await;
    let reserved = app.public(callback(&json!({"quescha": launch.quescha, "_request": 1}))).await;
    assert_eq!((reserved.status.as_u16(), reserved.code().as_str()), (422, "reserved_key"));

    let items = json!([{"title": "Margherita", "quantity": 1}]);
    let answer = app.public(callback(&json!({"quescha": launch.quescha, "items": items}))).await;
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let workspace = workspace(&app).await;
    let bot = BotId(launch.quescha["channelid"].as_i64().unwrap());
    eventually("the bot's answer in the chat", async || {
        let lane = store::LaneId::new(workspace, bot, "user:77");
        let history = move |connection: &mut store::Connection| {
            Ok(store::messages::history(connection, &lane, None, 9)?)
        };
        let rows = app.services().store.read(history).await.unwrap();
        rows.iter().any(|row| row.direction == store::messages::Direction::Out).then_some(())
    })
    .await;
}

#[actix_web::test]
async fn a_webhook_is_answered_and_knows_its_caller() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let launch = launch(&app, &mut browser).await;
    let page = app.public(TestRequest::get().uri(&launch.path)).await.body;
    let path = regex::Regex::new(r"/webhook/[0-9a-f]{48}").unwrap();
    let path = path.find(&page).expect("the page has the address of its webhook").as_str().to_owned();

    let forged = json!({"quescha": {"webappid": 1, "channelid": 1, "initdata": "x"}});
    assert_eq!(app.public(TestRequest::post().uri(&path).set_json(&forged)).await.status, 401);
    let answer =
        app.public(TestRequest::post().uri(&path).set_json(json!({"quescha": launch.quescha}))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Margherita"), "{}", answer.body);
    assert!(answer.header("content-security-policy").contains("sandbox"), "no reply can become a document");
    assert_eq!(app.public(TestRequest::post().uri("/webhook/0000")).await.status, 404);

    let preflight = TestRequest::default().method(actix_web::http::Method::OPTIONS).uri(&path);
    let preflight = app.public(preflight.insert_header(("origin", "null"))).await;
    assert_eq!((preflight.status.as_u16(), preflight.header("access-control-allow-origin")), (204, "*"));
}

/// A server on each database: on PostgreSQL too when `TEST_POSTGRES_URL` names a server.
async fn on_both(test: impl AsyncFn(TestApp)) {
    test(TestApp::new().await).await;
    if let Some(created) = store::testing::PostgresDatabase::create() {
        test(TestApp::with(&["--database-url", &created.url()]).await).await;
    }
}

/// A published scenario that makes an address, keeps it in a global variable and waits there; started by a webhook.
/// Answers the webhook's path.
async fn waiting_scenario(app: &TestApp, workspace: WorkspaceId, bot: BotId) -> String {
    let document = json!({"format": "scenaria/1", "name": "Waits",
    "triggers": [{"id": "hook", "kind": "webhook", "next": {"block": "b"}}],
    "blocks": [{"id": "b", "actions": [
        {"id": "a", "kind": "webhook_address", "options": {}},
        {"id": "r", "kind": "respond", "options": {"body": "#{webhook}"}},
        {"id": "w", "kind": "wait_webhook", "options": {"query_to": "query", "headers_to": "headers",
            "save": [{"path": "sum", "target": "sum"}]}},
        {"id": "s", "kind": "set_variables", "options": {"assignments": [
            {"target": "_response", "value": "{{ #{sum} + 1 }} #{query.sign} #{headers.x-a} #{headers.cookie}"}]}},
    ]}]});
    let text = engine::scenario::Scenario::parse(&document.to_string()).unwrap().to_text();
    let now = app.services().store.now();
    let secret = "0123456789abcdef0123456789abcdef0123456789abcdef";
    let hex = engine::address::hash(secret);
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let (name, secret_hash) = ("Waits".to_owned(), (0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>());
    let sealed =
        app.services().store.vault().seal(workspace, Purpose::WebhookSecret, &store::Secret::new(secret));
    let secret_seal = sealed.unwrap();
    let insert = move |tx: &mut store::Tx| {
        let scenario = store::scenarios::insert(tx, workspace, "Waits", &text, now)?;
        store::scenarios::publish(tx, workspace, scenario, &text, None, now)?;
        store::bots::attach_scenario(tx, workspace, bot, scenario, 0)?;
        let hook = store::webhooks::NewWebhook {
            workspace_id: workspace,
            name: name.clone(),
            secret_hash: secret_hash.clone(),
            secret: secret_seal.clone(),
            bot_id: bot,
            scenario_id: scenario,
            trigger_id: "hook".into(),
        };
        store::webhooks::insert(tx, &hook, now)
    };
    app.services().store.write(Class::Lanes, insert).await.unwrap();
    app.services().runtime.bots_changed(workspace);
    format!("/webhook/{secret}")
}

const IDEMPOTENCY_KEY: &str = "idempotency-key";

#[actix_web::test]
async fn a_call_may_be_made_again_under_its_key() {
    on_both(async |app: TestApp| {
        app.owner().await;
        let workspace = workspace(&app).await;
        let bot = telegram_bot(&app, workspace).await;
        let hook = waiting_scenario(&app, workspace, bot).await;
        let call = async |key: &str| {
            let key = HeaderValue::from_bytes(key.as_bytes()).unwrap();
            app.public(TestRequest::post().uri(&hook).insert_header((IDEMPOTENCY_KEY, key))).await
        };
        let first = call("order 17").await;
        assert_eq!(first.status, 200, "{}", first.body);
        assert!(
            first.body.contains("/webhook/once/"),
            "each run makes an address of its own: {}",
            first.body
        );
        assert_eq!(call("order 17").await.body, first.body, "the same call");
        assert_ne!(call("order 18").await.body, first.body, "another one");
        for wrong in ["", " ", "заказ", &"x".repeat(256)] {
            let refused = call(wrong).await;
            assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
            assert!(refused.body.contains("Idempotency-Key"), "{}", refused.body);
        }
    })
    .await;
}

#[actix_web::test]
async fn an_address_of_one_use_is_called_once() {
    on_both(async |app: TestApp| {
        app.owner().await;
        let workspace = workspace(&app).await;
        let bot = telegram_bot(&app, workspace).await;
        let path = waiting_scenario(&app, workspace, bot).await;
        let address = app.public(TestRequest::post().uri(&path)).await;
        assert_eq!(address.status, 200, "{}", address.body);
        let once = address.body.find("/webhook/once/").map(|at| address.body[at..].to_owned()).unwrap();
        // A messenger that looks what a link is about answers nothing.
        let preview =
            TestRequest::get().uri(&once).insert_header(("user-agent", "TelegramBot (like TwitterBot)"));
        assert_eq!(app.public(preview).await.status, 200);
        let call = || {
            let call = TestRequest::post().uri(&format!("{once}?sign=s")).set_json(json!({"sum": 4}));
            call.insert_header(("x-a", "b")).insert_header(("cookie", "session=1"))
        };
        let answer = app.public(call()).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "5 s b "), "{}", answer.body);
        let again = app.public(call()).await;
        assert_eq!((again.status.as_u16(), again.code().as_str()), (410, "address_over"));
        for path in ["/webhook/once/0", "/webhook/once/", &format!("{once}0"), "/webhook/once/..%2f..%2fx"] {
            assert_eq!(app.public(TestRequest::get().uri(path)).await.status, 404, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn the_process_says_that_it_lives() {
    let app = TestApp::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.public(TestRequest::get().uri(path)).await.status, 200, "{path}");
        assert_eq!(app.admin(TestRequest::get().uri(path)).await.status, 200, "{path}");
    }
    assert_eq!(app.public(TestRequest::get().uri("/sign-in")).await.status, 404, "no page of ours is public");
}
