use engine::message::{Choice, ChoiceAction, Placement, RichText};
use engine::pick::{ChatPick, Pick, PollPick, Tell, UsersPick};
use serde_json::{Value, json};

use super::*;

fn links(name: &str) -> Option<String> {
    match name {
        "shop" => Some("https://apps.example/shop".to_owned()),
        "plain" => Some("http://192.168.0.5:8080/shop".to_owned()),
        _ => None,
    }
}

fn choice(label: &str, action: ChoiceAction) -> Choice {
    Choice::new(label, action)
}

fn reply(token: &str) -> ChoiceAction {
    ChoiceAction::Reply(token.to_owned())
}

fn url() -> ChoiceAction {
    ChoiceAction::Url("https://example.com/?a=1".to_owned())
}

fn mini_app(name: &str) -> ChoiceAction {
    ChoiceAction::MiniApp(name.to_owned())
}

/// The `reply_markup` of a message with these choices.
fn markup(chat: &str, placement: Placement, choices: Vec<Vec<Choice>>) -> Result<Value, RenderError> {
    let peer = Peer { chat: chat.to_owned(), thread: None };
    let message = Message { text: RichText::plain("x"), choices, placement, ..Message::default() };
    let calls = render(&peer, &message, &links)?;
    Ok(serde_json::to_value(&calls[0]).unwrap()["reply_markup"].clone())
}

#[test]
fn a_plain_message_is_its_chat_and_text_alone() {
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let message = Message { text: RichText::plain("<b>&"), ..Message::default() };
    let calls = serde_json::to_value(render(&peer, &message, &links).unwrap()).unwrap();
    assert_eq!(calls, json!([{"chat_id": 7, "text": "<b>&"}]));
    let peer = Peer { chat: "@news".to_owned(), thread: Some("4".to_owned()) };
    let message = Message { silent: true, ..message };
    let calls = serde_json::to_value(render(&peer, &message, &links).unwrap()).unwrap();
    assert_eq!(
        calls,
        json!([{"chat_id": "@news", "message_thread_id": 4, "text": "<b>&", "disable_notification": true}])
    );
}

#[test]
fn choices_under_the_message() {
    let choices = vec![
        vec![choice("A", reply("~1")), choice("B", url())],
        vec![],
        vec![choice("C", mini_app("shop")), choice("D", mini_app("plain"))],
    ];
    let expected = |c: Value| {
        json!({"inline_keyboard": [
            [{"text": "A", "callback_data": "~1"}, {"text": "B", "url": "https://example.com/?a=1"}],
            [c, {"text": "D", "url": "http://192.168.0.5:8080/shop"}],
        ]})
    };
    let inside = json!({"text": "C", "web_app": {"url": "https://apps.example/shop"}});
    assert_eq!(markup("7", Placement::Inline, choices.clone()).unwrap(), expected(inside.clone()));
    // An address has no place on a reply keyboard: the wish for one yields.
    assert_eq!(markup("7", Placement::Keyboard, choices.clone()).unwrap(), expected(inside));
    // Groups know no mini-app buttons.
    let outside = json!({"text": "C", "url": "https://apps.example/shop"});
    assert_eq!(markup("-100", Placement::Inline, choices).unwrap(), expected(outside));
}

#[test]
fn choices_instead_of_the_keyboard() {
    let menu = vec![vec![choice("A", reply("~1")), choice("B", mini_app("shop"))]];
    assert_eq!(
        markup("7", Placement::Keyboard, menu).unwrap(),
        json!({
            "keyboard": [[{"text": "A"}, {"text": "B", "web_app": {"url": "https://apps.example/shop"}}]],
            "resize_keyboard": true,
            "one_time_keyboard": false,
        })
    );
    let ask =
        vec![vec![choice("Phone", ChoiceAction::Contact)], vec![choice("Place", ChoiceAction::Location)]];
    assert_eq!(
        markup("7", Placement::Inline, ask).unwrap(),
        json!({
            "keyboard": [[{"text": "Phone", "request_contact": true}], [{"text": "Place", "request_location": true}]],
            "resize_keyboard": true,
            "one_time_keyboard": true,
        })
    );
}

#[test]
fn buttons_that_let_pick() {
    let tell = |photo| Tell { name: true, username: true, photo };
    let users = UsersPick { request: 5, most: 3, bots: Some(false), premium: None, tell: tell(false) };
    let channel = ChatPick {
        request: 6,
        channel: true,
        public: Some(true),
        created: true,
        admin: true,
        tell: tell(true),
        ..ChatPick::default()
    };
    let forum = ChatPick { request: 7, forum: Some(true), member: true, ..ChatPick::default() };
    let pick = |label: &str, pick: Pick| vec![choice(label, ChoiceAction::Pick(pick))];
    let choices = vec![
        pick("Users", Pick::Users(users)),
        pick("Channel", Pick::Chat(channel)),
        pick("Forum", Pick::Chat(forum)),
        pick("Poll", Pick::Poll(PollPick { quiz: None })),
        pick("Quiz", Pick::Poll(PollPick { quiz: Some(true) })),
        pick("Regular", Pick::Poll(PollPick { quiz: Some(false) })),
    ];
    let shown = markup("7", Placement::Inline, choices.clone()).unwrap();
    let rights = |promotes: bool| {
        json!({
            "is_anonymous": false, "can_manage_chat": true, "can_delete_messages": true,
            "can_manage_video_chats": false, "can_restrict_members": true, "can_promote_members": promotes,
            "can_change_info": false, "can_invite_users": true, "can_post_stories": false,
            "can_edit_stories": false, "can_delete_stories": false, "can_post_messages": true,
            "can_edit_messages": true,
        })
    };
    assert_eq!(
        shown["keyboard"],
        json!([
            [{"text": "Users", "request_users": {
                "request_id": 5, "user_is_bot": false, "max_quantity": 3,
                "request_name": true, "request_username": true, "request_photo": false,
            }}],
            [{"text": "Channel", "request_chat": {
                "request_id": 6, "chat_is_channel": true, "chat_has_username": true, "chat_is_created": true,
                "user_administrator_rights": rights(true), "bot_administrator_rights": rights(false),
                "request_title": true, "request_username": true, "request_photo": true,
            }}],
            [{"text": "Forum", "request_chat": {
                "request_id": 7, "chat_is_channel": false, "chat_is_forum": true, "bot_is_member": true,
                "request_title": false, "request_username": false, "request_photo": false,
            }}],
            [{"text": "Poll", "request_poll": {}}],
            [{"text": "Quiz", "request_poll": {"type": "quiz"}}],
            [{"text": "Regular", "request_poll": {"type": "regular"}}],
        ])
    );
    assert_eq!(shown["one_time_keyboard"], true);
    // Telegram would refuse the message, in words that say nothing of the button.
    for request in choices.into_iter().chain([vec![choice("Phone", ChoiceAction::Contact)]]) {
        assert_eq!(markup("-100", Placement::Inline, vec![request]).unwrap_err().code, "private_only");
    }
}

#[test]
fn a_link_without_a_place_on_the_keyboard_goes_into_the_text() {
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let choices = vec![
        vec![choice("Phone", ChoiceAction::Contact), choice("Terms", url())],
        vec![choice("Help", url())],
    ];
    let message = Message { text: RichText::plain("Hi"), choices, ..Message::default() };
    let calls = serde_json::to_value(render(&peer, &message, &links).unwrap()).unwrap();
    assert_eq!(calls[0]["text"], "Hi\nTerms\nHelp");
    let link = |offset: usize, length: usize| json!({"type": "text_link", "offset": offset, "length": length, "url": "https://example.com/?a=1"});
    assert_eq!(calls[0]["entities"], json!([link(3, 5), link(9, 4)]));
    assert_eq!(calls[0]["reply_markup"]["keyboard"], json!([[{"text": "Phone", "request_contact": true}]]));
}

#[test]
fn a_button_that_cannot_work_is_an_error() {
    let check = |action, code: &str| {
        let error = markup("7", Placement::Inline, vec![vec![choice("A", action)]]).unwrap_err();
        assert_eq!(error.code, code);
    };
    check(reply(""), "button_data");
    check(reply(&"я".repeat(33)), "button_data");
    check(mini_app("gone"), "mini_app");
    assert!(markup("7", Placement::Inline, vec![vec![choice("A", reply(&"x".repeat(64)))]]).is_ok());
}

#[test]
fn the_buttons_of_a_long_text_are_under_its_last_part() {
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let choices = vec![vec![choice("A", reply("~1"))]];
    let message = Message { text: RichText::plain("a".repeat(9000)), choices, ..Message::default() };
    let calls = serde_json::to_value(render(&peer, &message, &links).unwrap()).unwrap();
    let has_buttons: Vec<_> =
        calls.as_array().unwrap().iter().map(|call| call.get("reply_markup").is_some()).collect();
    assert_eq!(has_buttons, [false, false, true]);
}
