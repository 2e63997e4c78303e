use engine::message::{Choice, ChoiceAction, Placement, RichText};
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
