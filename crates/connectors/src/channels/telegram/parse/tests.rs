use engine::event::Payment;
use engine::pick::{Picked, PickedChat, PickedUser, Poll};

use super::*;

fn check(update: &str, chat: Option<&str>, sender: Option<&str>, kind: EventKind) {
    let parsed = parse(update.as_bytes(), "test_bot").unwrap();
    assert_eq!(parsed.kind, kind, "{update}");
    assert_eq!(parsed.peer.map(|peer| peer.chat).as_deref(), chat, "{update}");
    assert_eq!(parsed.sender.map(|sender| sender.id).as_deref(), sender, "{update}");
}

/// A message of user 7 in the private chat, with this content.
fn message(content: &str) -> String {
    format!(
        r#"{{"update_id":1,"message":{{"message_id":5,"date":1,"from":{{"id":7,"is_bot":false,"first_name":"Анна"}},"chat":{{"id":7,"type":"private"}},{content}}}}}"#
    )
}

fn check_message(content: &str, kind: EventKind) {
    check(&message(content), Some("7"), Some("7"), kind);
}

fn text(text: &str) -> EventKind {
    EventKind::Text { text: text.to_owned() }
}

fn started(payload: Option<&str>) -> EventKind {
    EventKind::Started { payload: payload.map(str::to_owned) }
}

fn media(kind: MediaKind, file: &str, text: &str) -> EventKind {
    EventKind::Media {
        file: file.to_owned(),
        text: text.to_owned(),
        kind,
        name: String::new(),
        size_bytes: None,
        mime: String::new(),
        album: Vec::new(),
    }
}

#[test]
fn texts_and_start_links() {
    check_message(r#""text":"hi <b> \ud83d\ude00""#, text("hi <b> 😀"));
    check_message(r#""text":"/start""#, started(None));
    check_message(r#""text":"/start ref_42-AbC""#, started(Some("ref_42-AbC")));
    check_message(r#""text":"/start@test_bot ref""#, started(Some("ref")));
    check_message(r#""text":"/start  ""#, started(None));
    check_message(r#""text":"/started""#, text("/started"));
    check_message(r#""text":"go /start""#, text("go /start"));
}

#[test]
fn what_is_said_to_another_bot_is_not_ours() {
    check_message(r#""text":"/start@other_bot ref""#, EventKind::Unknown);
    check_message(r#""text":"/menu@OtherBot""#, EventKind::Unknown);
    check_message(r#""text":"/menu@Test_Bot now""#, text("/menu@Test_Bot now"));
    check_message(r#""text":"mail me: a@b.c""#, text("mail me: a@b.c"));
    let unnamed = parse(message(r#""text":"/menu@other_bot""#).as_bytes(), "").unwrap();
    assert_eq!(unnamed.kind, text("/menu@other_bot"), "a bot without a name takes what comes");
}

#[test]
fn messages_bring_their_numbers() {
    let number = |update: &str| parse(update.as_bytes(), "").unwrap().message;
    assert_eq!(number(&message(r#""text":"hi""#)).as_deref(), Some("5"));
    assert_eq!(number(&message(r#""text":"hi""#).replace(r#""message_id":5"#, r#""message_id":0"#)), None);
}

#[test]
fn what_telegram_asks_for_a_person() {
    let from = r#""from":{"id":7,"first_name":"A"}"#;
    let paid = || Payment { currency: "XTR".into(), total: 50, payload: "course_7".into() };
    let sum = r#""currency":"XTR","total_amount":50,"invoice_payload":"course_7""#;
    check(
        &format!(r#"{{"update_id":1,"inline_query":{{"id":"q","query":"tea","offset":"",{from}}}}}"#),
        Some("7"),
        Some("7"),
        EventKind::InlineQuery { id: "q".into(), query: "tea".into(), offset: String::new() },
    );
    check(
        &format!(r#"{{"update_id":1,"pre_checkout_query":{{"id":"p",{from},{sum}}}}}"#),
        Some("7"),
        Some("7"),
        EventKind::Checkout { id: "p".into(), payment: paid() },
    );
    check_message(
        &format!(
            r#""successful_payment":{{{sum},"telegram_payment_charge_id":"c","provider_payment_charge_id":"x"}}"#
        ),
        EventKind::Paid { payment: paid(), charge: "c".into() },
    );
    check(
        &format!(
            r#"{{"update_id":1,"chat_join_request":{{{from},"user_chat_id":77,"date":1,"bio":"me","chat":{{"id":-100,"type":"channel","title":"Club","username":"club"}},"invite_link":{{"invite_link":"https://t.me/+A"}}}}}}"#
        ),
        Some("77"),
        Some("7"),
        EventKind::JoinRequest {
            chat: "-100".into(),
            name: "@club".into(),
            title: "Club".into(),
            bio: "me".into(),
            link: "https://t.me/+A".into(),
        },
    );
}

#[test]
fn contacts_are_own_only_when_they_are_the_senders() {
    let contact = |phone: &str, own, name: &str, user: &str| EventKind::Contact {
        phone: phone.to_owned(),
        own,
        first_name: name.to_owned(),
        last_name: String::new(),
        user: user.to_owned(),
    };
    check_message(
        r#""contact":{"phone_number":"79991234567","first_name":"A","user_id":7}"#,
        contact("+79991234567", true, "A", "7"),
    );
    check_message(
        r#""contact":{"phone_number":"+79991234567","first_name":"A","user_id":7}"#,
        contact("+79991234567", true, "A", "7"),
    );
    check_message(
        r#""contact":{"phone_number":"79991234567","first_name":"B","user_id":8}"#,
        contact("79991234567", false, "B", "8"),
    );
    check_message(
        r#""contact":{"phone_number":"79991234567","first_name":"B"}"#,
        contact("79991234567", false, "B", ""),
    );
}

#[test]
fn places_files_and_mini_app_data() {
    check_message(
        r#""location":{"latitude":41.5,"longitude":-12.25}"#,
        EventKind::Location { latitude: 41.5, longitude: -12.25 },
    );
    check_message(
        r#""photo":[{"file_id":"small"},{"file_id":"big"}],"caption":"look""#,
        media(MediaKind::Photo, "big", "look"),
    );
    check_message(
        r#""document":{"file_id":"d"},"animation":{"file_id":"gif"}"#,
        media(MediaKind::Animation, "gif", ""),
    );
    check_message(r#""voice":{"file_id":"v","duration":3}"#, media(MediaKind::Voice, "v", ""));
    check_message(
        r#""document":{"file_id":"d","file_name":"a.pdf","mime_type":"application/pdf","file_size":2048},"caption":"here""#,
        EventKind::Media {
            file: "d".to_owned(),
            text: "here".to_owned(),
            kind: MediaKind::File,
            name: "a.pdf".to_owned(),
            size_bytes: Some(2048),
            mime: "application/pdf".to_owned(),
            album: Vec::new(),
        },
    );
    check_message(r#""photo":[]"#, EventKind::Unknown);
    check_message(
        r#""web_app_data":{"data":"{\"a\":1}","button_text":"Open"}"#,
        EventKind::WebAppData { data: r#"{"a":1}"#.to_owned(), button: "Open".to_owned() },
    );
    check_message(r#""new_chat_title":"x""#, EventKind::Unknown);
}

#[test]
fn what_was_picked_comes_with_its_button() {
    let user = |id: &str, first: &str, last: &str, username: &str, photo: &str| PickedUser {
        id: id.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        username: username.to_owned(),
        photo: photo.to_owned(),
    };
    let users = |request, users| EventKind::Picked(Picked::Users { request, users });
    check_message(
        r#""users_shared":{"request_id":-7,"users":[{"user_id":5,"first_name":"Ann","last_name":"S","username":"ann","photo":[{"file_id":"s"},{"file_id":"l"}]},{"user_id":6}]}"#,
        users(-7, vec![user("5", "Ann", "S", "ann", "l"), user("6", "", "", "", "")]),
    );
    check_message(
        r#""user_shared":{"user_id":5,"request_id":3},"users_shared":{"request_id":3,"user_ids":[5,6]}"#,
        users(3, vec![user("5", "", "", "", ""), user("6", "", "", "", "")]),
    );
    let chat = |title: &str, username: &str| PickedChat {
        id: "-1002".to_owned(),
        title: title.to_owned(),
        username: username.to_owned(),
        photo: String::new(),
    };
    check_message(
        r#""chat_shared":{"request_id":4,"chat_id":-1002,"title":"Club","username":"club","photo":[]}"#,
        EventKind::Picked(Picked::Chat { request: 4, chat: chat("Club", "club") }),
    );
    check_message(
        r#""chat_shared":{"request_id":4,"chat_id":-1002}"#,
        EventKind::Picked(Picked::Chat { request: 4, chat: chat("", "") }),
    );
    let poll = |quiz: bool, correct| {
        EventKind::Picked(Picked::Poll(Poll {
            question: "2 + 2?".to_owned(),
            options: vec!["3".to_owned(), "4".to_owned()],
            quiz,
            several: false,
            anonymous: true,
            correct,
            explanation: String::new(),
        }))
    };
    let sent = |more: &str| {
        format!(
            r#""poll":{{"id":"1","question":"2 + 2?","options":[{{"text":"3","voter_count":0}},{{"text":"4","voter_count":0}}],"is_anonymous":true,{more}}}"#
        )
    };
    check_message(&sent(r#""type":"regular""#), poll(false, None));
    check_message(&sent(r#""type":"quiz","correct_option_id":1"#), poll(true, Some(1)));
    check_message(&sent(r#""type":"quiz","correct_option_ids":[1]"#), poll(true, Some(1)));
    // What is in no form we know is kept as it came.
    check_message(r#""chat_shared":{"chat_id":"a"}"#, EventKind::Unknown);
}

#[test]
fn presses_come_with_their_callback() {
    let button = |callback: &str| EventKind::Button {
        token: "~1.2".to_owned(),
        callback: Some(callback.to_owned()),
        value: None,
    };
    let press = |rest: &str| {
        format!(r#"{{"update_id":1,"callback_query":{{"from":{{"id":7}},"data":"~1.2",{rest}}}}}"#)
    };
    check(
        &press(r#""id":"99","message":{"message_id":1,"chat":{"id":-5},"date":9}"#),
        Some("-5"),
        Some("7"),
        button("99"),
    );
    check(
        &press(r#""id":"99","message":{"message_id":1,"chat":{"id":7},"date":0}"#),
        Some("7"),
        Some("7"),
        button("99"),
    );
    check(&press(r#""id":"99","message":null"#), Some("7"), Some("7"), button("99"));
    check(&press(r#""id":99,"inline_message_id":"x""#), Some("7"), Some("7"), button("99"));
    check(
        r#"{"update_id":1,"callback_query":{"id":"1","from":{"id":7},"game_short_name":"g"}}"#,
        Some("7"),
        Some("7"),
        EventKind::Unknown,
    );
}

#[test]
fn who_and_where() {
    let parsed = parse(
        r#"{"update_id":1,"message":{"message_id":1,"date":1,"text":"x","is_topic_message":true,"message_thread_id":4,
            "chat":{"id":-100},"from":{"id":7,"first_name":"Мария","last_name":"Ли","username":"mj","language_code":"ru"}}}"#
            .as_bytes(),
        "",
    )
    .unwrap();
    let sender = Sender {
        id: "7".to_owned(),
        first_name: "Мария".to_owned(),
        last_name: "Ли".to_owned(),
        username: "mj".to_owned(),
        language: "ru".to_owned(),
    };
    assert_eq!(parsed.sender, Some(sender));
    assert_eq!(parsed.peer, Some(Peer { chat: "-100".to_owned(), thread: Some("4".to_owned()) }));
    // A reply in a group without topics has a thread too, which is no place to write to.
    let reply = message(r#""text":"x","message_thread_id":4"#);
    assert_eq!(parse(reply.as_bytes(), "").unwrap().peer.unwrap().thread, None);
    // Written in the name of the group.
    let anonymous = r#"{"update_id":1,"message":{"text":"x","from":{"id":1087968824},"sender_chat":{"id":-9},"chat":{"id":-9}}}"#;
    check(anonymous, Some("-9"), None, text("x"));
}

#[test]
fn what_no_trigger_knows_is_unknown_and_still_says_who_and_where() {
    let check = |update: &str, chat, sender| check(update, chat, sender, EventKind::Unknown);
    check(
        r#"{"update_id":1,"edited_message":{"text":"x","from":{"id":7},"chat":{"id":7}}}"#,
        Some("7"),
        Some("7"),
    );
    check(r#"{"update_id":1,"my_chat_member":{"from":{"id":7},"chat":{"id":7}}}"#, Some("7"), Some("7"));
    check(
        r#"{"update_id":1,"channel_post":{"text":"x","sender_chat":{"id":-100},"chat":{"id":-100}}}"#,
        Some("-100"),
        None,
    );
    check(r#"{"update_id":1,"poll_answer":{"user":{"id":7},"poll_id":"1"}}"#, None, Some("7"));
    check(r#"{"update_id":1,"from_the_future":{"x":[1]}}"#, None, None);
    check(r#"{"update_id":1,"message":{"text":5,"from":{"id":7},"chat":{"id":7}}}"#, Some("7"), Some("7"));
    check(r#"{"update_id":1,"message":{"from":"nobody"}}"#, None, None);
    check(r#"{"update_id":1}"#, None, None);
}

#[test]
fn what_is_no_update_is_an_error() {
    for raw in ["", "{}", "[]", "{\"update_id\":", "\u{feff}{}"] {
        assert!(parse(raw.as_bytes(), "").is_err(), "{raw}");
    }
}

proptest::proptest! {
    /// A message of any content is an event or unknown, never a failure.
    #[test]
    fn messages_of_any_shape_are_read(
        field in "text|caption|contact|location|photo|document|web_app_data|sender_chat|from|message_thread_id",
        value in "null|true|-1|1e400|\"\"|\"/start\"|\\[\\]|\\{\\}|\\[\\{\\}\\]|\\{\"id\":1\\}|\\{\"latitude\":\"x\"\\}|\\{\"file_id\":null\\}",
    ) {
        let update = format!(r#"{{"update_id":1,"message":{{"chat":{{"id":7}},"{field}":{value}}}}}"#);
        proptest::prop_assert!(parse(update.as_bytes(), "").is_ok(), "{}", update);
    }
}
