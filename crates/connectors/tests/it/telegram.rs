//! The Telegram adapter against a server that keeps to the documented contract.

mod messages;
mod own_files;

use std::time::Duration;

use connectors::channels::{BotAccess, Channel, ChannelError, Outgoing, SendOutcome};
use connectors::http::HttpConfig;
use connectors::testing::{FakeBotApi, Scripted};
use connectors::{Connectors, Secret};
use engine::event::Peer;
use engine::ids::UtcMs;
use engine::message::{ChatAction, Choice, ChoiceAction, Marks, Message, RichText};
use engine::pick::{ChatPick, Pick, PollPick, UsersPick};
use engine::value::{Map, Value};
use serde_json::json;

struct Fixture {
    fake: FakeBotApi,
    connectors: Connectors,
}

impl Fixture {
    async fn new() -> Self {
        let fake = FakeBotApi::start().await;
        let connectors = Connectors::new(fake.http_config()).unwrap();
        Self { fake, connectors }
    }

    fn channel(&self) -> &dyn Channel {
        self.connectors.channel("telegram").unwrap()
    }

    async fn send(&self, out: Outgoing<'_>) -> SendOutcome {
        self.send_as(&self.fake.access(), out).await
    }

    async fn send_as(&self, bot: &BotAccess, out: Outgoing<'_>) -> SendOutcome {
        let links = |name: &str| (name == "shop").then(|| "https://apps.example/shop".to_owned());
        self.channel().send(bot, &out, &links).await
    }

    async fn send_text(&self, chat: &str, text: &str) -> SendOutcome {
        let peer = Peer { chat: chat.to_owned(), thread: None };
        let message = Message { text: RichText::plain(text), ..Message::default() };
        self.send(Outgoing::Message { peer: &peer, message: &message }).await
    }
}

fn sent(platform_id: Option<&str>) -> SendOutcome {
    SendOutcome::sent(platform_id.map(str::to_owned), serde_json::Value::Null)
}

fn refuse(code: u16, description: &str) -> Scripted {
    Scripted::Refuse { code, description: description.to_owned() }
}

#[tokio::test]
async fn a_message_with_everything_is_taken() {
    let fixture = Fixture::new().await;
    let mut text = RichText::plain("1 < 2 & <i> ");
    text.push("жирный", Marks { bold: true, ..Marks::default() }, None);
    text.push(" сайт", Marks::default(), Some("https://example.com"));
    let choice = |label: &str, action| Choice::new(label, action);
    let choices = vec![
        vec![choice("Да", ChoiceAction::Reply("~1.2.3.a.yes".to_owned()))],
        vec![choice("Shop", ChoiceAction::MiniApp("shop".to_owned()))],
    ];
    let message = Message { text, choices, silent: true, ..Message::default() };
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let outcome = fixture.send(Outgoing::Message { peer: &peer, message: &message }).await;
    assert_eq!(outcome, sent(Some("101")));
    assert_eq!(
        fixture.fake.calls_of("sendMessage")[0].params,
        json!({
            "chat_id": 7,
            "text": "1 < 2 & <i> жирный сайт",
            "entities": [
                {"type": "bold", "offset": 12, "length": 6},
                {"type": "text_link", "offset": 18, "length": 5, "url": "https://example.com"},
            ],
            "disable_notification": true,
            "reply_markup": {"inline_keyboard": [
                [{"text": "Да", "callback_data": "~1.2.3.a.yes"}],
                [{"text": "Shop", "web_app": {"url": "https://apps.example/shop"}}],
            ]},
        })
    );
    let ask = vec![vec![
        choice("Phone", ChoiceAction::Contact),
        choice("No", ChoiceAction::Reply("~2".to_owned())),
        choice(
            "Friend",
            ChoiceAction::Pick(Pick::Users(UsersPick { request: 5, most: 1, ..UsersPick::default() })),
        ),
        choice(
            "Club",
            ChoiceAction::Pick(Pick::Chat(ChatPick { request: 6, admin: true, ..ChatPick::default() })),
        ),
        choice("Poll", ChoiceAction::Pick(Pick::Poll(PollPick { quiz: Some(true) }))),
    ]];
    let message = Message { text: RichText::plain("Number?"), choices: ask, ..Message::default() };
    assert_eq!(fixture.send(Outgoing::Message { peer: &peer, message: &message }).await, sent(Some("102")));
}

#[tokio::test]
async fn every_answer_has_its_outcome() {
    let fixture = Fixture::new().await;
    let check = async |scripted: Scripted, expected: &dyn Fn(&SendOutcome) -> bool| {
        let shown = format!("{scripted:?}");
        fixture.fake.script("sendMessage", scripted);
        let outcome = fixture.send_text("7", "x").await;
        assert!(expected(&outcome), "{shown}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("TEST-ONLY"), "the token was told: {outcome:?}");
    };
    let unknown: &dyn Fn(&SendOutcome) -> bool = &|outcome| matches!(outcome, SendOutcome::Unknown { .. });
    check(Scripted::RetryAfter(7), &|outcome| {
        matches!(outcome, SendOutcome::Retry { after: Some(after), .. } if *after == Duration::from_secs(7))
    })
    .await;
    check(Scripted::ServerError(500), unknown).await;
    check(Scripted::ServerError(502), unknown).await;
    check(Scripted::Html(502), unknown).await;
    check(Scripted::Html(200), unknown).await;
    check(Scripted::Reset, unknown).await;
    check(Scripted::LoseAnswer, unknown).await;
    check(refuse(400, "Bad Request: chat not found"), &|outcome| {
        *outcome == SendOutcome::Rejected { code: "400".into(), text: "Bad Request: chat not found".into() }
    })
    .await;
    check(refuse(400, "Bad Request: message is not modified: x"), &|outcome| *outcome == sent(None)).await;
    check(refuse(403, "Forbidden: user is deactivated"), &|outcome| {
        *outcome == SendOutcome::Unreachable { reason: "Forbidden: user is deactivated".into() }
    })
    .await;
    check(refuse(401, "Unauthorized"), &|outcome| *outcome == SendOutcome::Revoked).await;
    check(refuse(404, "Not Found"), &|outcome| *outcome == SendOutcome::Revoked).await;
    check(Scripted::Slow(Duration::from_millis(50)), &|outcome| matches!(outcome, SendOutcome::Sent { .. }))
        .await;
    // The lost answer, and the two that arrived.
    let delivered = fixture.fake.calls().iter().filter(|call| call.carried_out).count();
    assert_eq!(delivered, 2);
}

#[tokio::test]
async fn recipients_that_are_gone_or_moved() {
    let fixture = Fixture::new().await;
    fixture.fake.block(8);
    fixture.fake.migrate(-5, -1_005);
    assert!(matches!(fixture.send_text("8", "x").await, SendOutcome::Unreachable { .. }));
    assert_eq!(fixture.send_text("-5", "x").await, SendOutcome::Migrated { new_chat: "-1005".into() });
    assert_eq!(fixture.send_text("-1005", "x").await, sent(Some("101")));
    assert!(matches!(fixture.send_text("7", "  ").await, SendOutcome::Rejected { .. }), "an empty text");
}

#[tokio::test]
async fn a_server_that_is_not_there_got_nothing() {
    let fixture = Fixture::new().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let config = HttpConfig {
        allow_private_channels: connectors::http::AllowPrivate::parse(["127.0.0.1"]).unwrap(),
        ..HttpConfig::default()
    };
    let fixture = Fixture { connectors: Connectors::new(config).unwrap(), ..fixture };
    let bot = BotAccess { base_url: Some(format!("http://{closed}")), ..fixture.fake.access() };
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let message = Message { text: RichText::plain("x"), ..Message::default() };
    let outcome = fixture.send_as(&bot, Outgoing::Message { peer: &peer, message: &message }).await;
    assert!(
        matches!(&outcome, SendOutcome::Retry { after: None, reason } if !reason.contains("TEST-ONLY")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_private_server_must_be_allowed_by_the_operator() {
    let fixture = Fixture::new().await;
    let fixture = Fixture { connectors: Connectors::new(HttpConfig::default()).unwrap(), ..fixture };
    let outcome = fixture.send_text("7", "x").await;
    assert!(matches!(outcome, SendOutcome::Retry { .. }), "{outcome:?}");
    assert!(fixture.fake.calls().is_empty());
    // And what is open to channels is not open to scenarios.
    let connectors = Connectors::new(fixture.fake.http_config()).unwrap();
    let request =
        connectors::http::HttpRequest::prepare(&crate::get(fixture.fake.base_url()), |_| None).unwrap();
    assert_eq!(connectors.http().perform(request, 1000).await.unwrap_err().code(), "http_private_address");
}

#[tokio::test]
async fn a_token_that_is_none_is_not_even_tried() {
    let fixture = Fixture::new().await;
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let message = Message { text: RichText::plain("x"), ..Message::default() };
    for token in ["", "no token", "1:a/../../2:b", "1:a?b"] {
        let bot = BotAccess { token: Secret::new(token), ..fixture.fake.access() };
        let outcome = fixture.send_as(&bot, Outgoing::Message { peer: &peer, message: &message }).await;
        assert_eq!(outcome, SendOutcome::Revoked, "{token}");
    }
    assert!(fixture.fake.calls().is_empty());
}

#[tokio::test]
async fn a_long_text_arrives_in_order() {
    let fixture = Fixture::new().await;
    let text = format!("{}{}{}", "а".repeat(4096), "б".repeat(4096), "в".repeat(10));
    // The second part has to wait, which does not double the first.
    fixture.fake.script("sendMessage", Scripted::Slow(Duration::ZERO));
    fixture.fake.script("sendMessage", Scripted::RetryAfter(1));
    assert_eq!(
        fixture.send_text("7", &text).await,
        SendOutcome::sent(Some("103".to_owned()), json!(["101", "102", "103"]))
    );
    assert_eq!(fixture.fake.texts(7).concat(), text);
    assert!(fixture.fake.calls().iter().all(|call| !call.early), "the wait was kept");
}

#[tokio::test]
async fn a_long_text_that_breaks_in_the_middle_is_unknown() {
    let fixture = Fixture::new().await;
    let text = "а".repeat(5000);
    for scripted in [refuse(400, "Bad Request: x"), Scripted::ServerError(500), Scripted::RetryAfter(3600)] {
        fixture.fake.script("sendMessage", Scripted::Slow(Duration::ZERO));
        fixture.fake.script("sendMessage", scripted);
        let outcome = fixture.send_text("7", &text).await;
        assert!(
            matches!(&outcome, SendOutcome::Unknown { reason } if reason.starts_with("part 2 of 2")),
            "{outcome:?}"
        );
    }
    // Before anything is out it is an ordinary failure.
    fixture.fake.script("sendMessage", Scripted::RetryAfter(3));
    assert!(matches!(fixture.send_text("9", &text).await, SendOutcome::Retry { .. }));
}

#[tokio::test]
async fn presses_are_acknowledged() {
    let fixture = Fixture::new().await;
    let acknowledge =
        async |text: Option<&str>| fixture.send(Outgoing::Acknowledge { callback: "99", text }).await;
    assert_eq!(acknowledge(None).await, sent(None));
    assert_eq!(acknowledge(Some(&"я".repeat(250))).await, sent(None));
    let calls = fixture.fake.calls_of("answerCallbackQuery");
    assert_eq!(calls[0].params, json!({"callback_query_id": "99"}));
    assert_eq!(calls[1].params["text"], "я".repeat(200));
    let old = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    fixture.fake.script("answerCallbackQuery", refuse(400, old));
    assert_eq!(acknowledge(None).await, sent(None));
    // Twice does no harm, so a lost answer is tried again.
    fixture.fake.script("answerCallbackQuery", Scripted::LoseAnswer);
    assert!(matches!(acknowledge(None).await, SendOutcome::Retry { .. }));
}

#[tokio::test]
async fn any_method_can_be_called() {
    let fixture = Fixture::new().await;
    let call = async |method: &str, params: &[(&str, Value)]| {
        let params: Map = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        fixture.send(Outgoing::Call { method, params: &params }).await
    };
    let member = json!({"status": "member"});
    fixture.fake.script("getChatMember", Scripted::Result(member.clone()));
    let params = [("chat_id", Value::from(-5)), ("user_id", Value::from(7))];
    assert_eq!(call("getChatMember", &params).await, SendOutcome::sent(None, member));
    let rejected = |code: &str, text: &str| SendOutcome::Rejected { code: code.into(), text: text.into() };
    assert_eq!(call("getPigeon", &[]).await, rejected("404", "Not Found: method not found"));
    assert!(matches!(call("get/../x", &[]).await, SendOutcome::Rejected { .. }));
    // Reading again is harmless; doing something again may not be.
    fixture.fake.script("getChatMember", Scripted::ServerError(500));
    assert!(matches!(call("getChatMember", &params).await, SendOutcome::Retry { .. }));
    fixture.fake.script("banChatMember", Scripted::ServerError(500));
    assert!(matches!(call("banChatMember", &params).await, SendOutcome::Unknown { .. }));
    // The bot may not do this, but its recipients are all there.
    fixture.fake.script("banChatMember", refuse(403, "Forbidden: not enough rights"));
    assert_eq!(call("banChatMember", &params).await, rejected("403", "Forbidden: not enough rights"));
}

#[tokio::test]
async fn polling_goes_on_where_it_was() {
    let fixture = Fixture::new().await;
    let bot = fixture.fake.access();
    let poll = async |cursor: Option<&str>, seconds| {
        fixture.channel().poll(&bot, cursor, Duration::from_secs(seconds)).await
    };
    let empty = poll(None, 0).await.unwrap();
    assert_eq!((empty.updates.len(), empty.next_cursor), (0, None));
    let first = fixture.fake.push_text(7, "one");
    fixture.fake.push_update(json!({"brand_new": [1]}));
    let batch = poll(None, 5).await.unwrap();
    let keys: Vec<_> =
        batch.updates.iter().map(|update| (update.dedupe_key.clone(), update.lane_key.as_str())).collect();
    assert_eq!(keys, [(first.to_string(), "user:7"), ((first + 1).to_string(), "bot")]);
    assert_eq!(batch.next_cursor, Some((first + 2).to_string()));
    assert_eq!(
        fixture.fake.pending_updates(FakeBotApi::TOKEN),
        2,
        "nothing is confirmed before the next poll"
    );
    // The stored slice is the update itself.
    let parsed = fixture.channel().parse(&batch.updates[0].raw, "").unwrap();
    assert_eq!(parsed.kind, engine::event::EventKind::Text { text: "one".into() });
    // A waiting poll returns as soon as something comes.
    let waiting = poll(batch.next_cursor.as_deref(), 20);
    let pushing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        fixture.fake.push_text(7, "two")
    };
    let (batch, third) = tokio::join!(waiting, pushing);
    assert_eq!(batch.unwrap().next_cursor, Some((third + 1).to_string()));
    assert_eq!(fixture.fake.pending_updates(FakeBotApi::TOKEN), 1);
    assert!(matches!(poll(Some("x"), 0).await, Err(ChannelError::Rejected { .. })));
}

#[tokio::test]
async fn polling_after_the_numbers_began_anew() {
    let fixture = Fixture::new().await;
    fixture.fake.push_update(json!({"update_id": 900_000_000, "message": {"chat": {"id": 7}}}));
    fixture.fake.push_update(json!({"update_id": 5, "message": {"chat": {"id": 7}}}));
    let batch = fixture.channel().poll(&fixture.fake.access(), None, Duration::ZERO).await.unwrap();
    assert_eq!(batch.next_cursor.as_deref(), Some("6"));
}

#[tokio::test]
async fn webhooks_and_polling_exclude_each_other() {
    let fixture = Fixture::new().await;
    let (bot, channel) = (fixture.fake.access(), fixture.channel());
    let secret = Secret::new("a-Secret_1");
    channel.set_webhook(&bot, "https://bots.example/hook/1", &secret).await.unwrap();
    let webhook = ("https://bots.example/hook/1".to_owned(), Some("a-Secret_1".to_owned()));
    assert_eq!(fixture.fake.webhook(FakeBotApi::TOKEN), Some(webhook));
    assert_eq!(channel.poll(&bot, None, Duration::ZERO).await.unwrap_err(), ChannelError::Conflict);
    let insecure = channel.set_webhook(&bot, "http://bots.example/", &secret).await.unwrap_err();
    assert!(matches!(insecure, ChannelError::Rejected { code: 400, .. }), "{insecure:?}");
    channel.delete_webhook(&bot).await.unwrap();
    assert!(channel.poll(&bot, None, Duration::ZERO).await.is_ok());
    let seen = fixture.fake.calls_of("getUpdates").len();
    let (older, newer) = tokio::join!(channel.poll(&bot, None, Duration::from_secs(5)), async {
        // The older poll is there.
        fixture.fake.wait_for_calls("getUpdates", seen + 1).await;
        channel.poll(&bot, None, Duration::ZERO).await
    });
    assert_eq!((older.unwrap_err(), newer.is_ok()), (ChannelError::Conflict, true));
}

#[tokio::test]
async fn a_bot_says_who_it_is() {
    let fixture = Fixture::new().await;
    let identify = async |bot: &BotAccess| fixture.channel().identify(bot).await;
    let me = identify(&fixture.fake.access()).await.unwrap();
    assert_eq!(
        (me.external_id.as_str(), me.username.as_str(), me.name.as_str()),
        ("123456789", "test_bot", "Test Bot")
    );
    let stranger = fixture.fake.access_with("1:other");
    assert_eq!(identify(&stranger).await.unwrap_err(), ChannelError::Revoked);
    fixture.fake.script("getMe", Scripted::RetryAfter(3));
    let limited = identify(&fixture.fake.access()).await.unwrap_err();
    assert_eq!(limited.retry(), connectors::Retry::After(Duration::from_secs(3)));
    fixture.fake.revoke(FakeBotApi::TOKEN);
    assert_eq!(identify(&fixture.fake.access()).await.unwrap_err(), ChannelError::Revoked);
}

#[tokio::test]
async fn the_simulator_needs_nobody() {
    let connectors = Connectors::new(HttpConfig::default()).unwrap();
    let simulator = connectors.channel("simulator").unwrap();
    assert_eq!(simulator.capabilities().channel, "simulator");
    assert!(connectors.channel("pigeon").is_none());
    let bot = BotAccess { token: Secret::new("a key of its own"), base_url: None };
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let message = Message { text: RichText::plain("x"), ..Message::default() };
    let mut ids = Vec::new();
    for _ in 0..2 {
        let out = Outgoing::Message { peer: &peer, message: &message };
        let SendOutcome::Sent { platform_id: Some(id), .. } =
            simulator.send(&bot, &out, &|_: &str| None).await
        else {
            panic!("not sent");
        };
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
    let user = r#"{"id":7,"first_name":"Анна"}"#;
    let raw =
        simulator.sign_init_data(&[("user", user), ("auth_date", "1700000000"), ("start_param", "x")], &bot);
    let data = simulator.verify_init_data(&raw, &bot, UtcMs(1_700_000_000_000)).unwrap();
    assert_eq!((data.user.unwrap().id.as_str(), data.start_param.as_deref()), ("7", Some("x")));
    let other = BotAccess { token: Secret::new("another key"), base_url: None };
    assert!(simulator.verify_init_data(&raw, &other, UtcMs(1_700_000_000_000)).is_err());
}

#[tokio::test]
async fn the_chat_shows_what_the_bot_does() {
    let fixture = Fixture::new().await;
    let peer = Peer { chat: "-1007".to_owned(), thread: Some("4".to_owned()) };
    for (action, name) in [(ChatAction::Typing, "typing"), (ChatAction::UploadFile, "upload_document")] {
        assert_eq!(fixture.send(Outgoing::ChatAction { peer: &peer, action }).await, sent(None));
        let last = fixture.fake.calls_of("sendChatAction").pop().unwrap();
        assert_eq!(last.params, json!({"chat_id": -1007, "message_thread_id": 4, "action": name}));
    }
    fixture.fake.script("sendChatAction", Scripted::Reset);
    let act = Outgoing::ChatAction { peer: &peer, action: ChatAction::Typing };
    assert_eq!(fixture.send(act).await, sent(None), "nobody waits to know");
}

#[tokio::test]
async fn files_are_fetched_by_their_ids() {
    let fixture = Fixture::new().await;
    let fetch = async |file: &str, max_bytes: usize| {
        fixture.channel().fetch_file(&fixture.fake.access(), file, max_bytes).await
    };
    let file = fetch("F1", 1_000).await.unwrap();
    assert_eq!(file.bytes, "the bytes of photos/F1.jpg");
    assert_eq!(file.name.as_deref(), Some("F1.jpg"));
    assert!(matches!(fetch("F1", 10).await, Err(ChannelError::Rejected { code: 413, .. })));
    for path in ["../../etc/passwd", "/etc/passwd", ""] {
        fixture.fake.script("getFile", Scripted::Result(json!({"file_id": "F1", "file_path": path})));
        assert!(matches!(fetch("F1", 1_000).await, Err(ChannelError::Rejected { code: 404, .. })), "{path}");
    }
    fixture.fake.script("getFile", refuse(400, "Bad Request: wrong file_id"));
    assert!(matches!(fetch("F2", 1_000).await, Err(ChannelError::Rejected { code: 400, .. })));
}
