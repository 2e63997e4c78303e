use serde_json::{Value, json};

use super::{actions, check, options, say};

#[test]
fn messages() {
    let text = "/blocks/0/actions/0/options/text";
    check(options("send_message", json!({})), &[(text, "empty_text")]);
    check(options("send_message", json!({"text": "a".repeat(4096)})), &[]);
    check(options("send_message", json!({"text": "a".repeat(4097)})), &[(text, "text_too_long")]);
    check(
        options("send_message", json!({"text": format!("[Name] {}", "я".repeat(4097))})),
        &[(text, "text_too_long")],
    );
    check(
        options("send_message", json!({"text": "a".repeat(16_001)})),
        &[(text, "field_too_long"), (text, "text_too_long")],
    );
}

#[test]
fn buttons() {
    let check_buttons = |rows: Value, expected: &[(&str, &str)]| {
        let button = json!({"id": "a", "kind": "send_message", "options": {"text": "Hi", "buttons": rows}});
        let expected: Vec<(String, &str)> = expected
            .iter()
            .map(|(pointer, code)| (format!("/blocks/0/actions/0/options/buttons{pointer}"), *code))
            .collect();
        let expected: Vec<(&str, &str)> =
            expected.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        check(actions(json!([button, say("b")])), &expected);
    };
    check_buttons(json!([[{"id": "x", "text": "X"}, {"id": "y", "text": "Y"}]]), &[]);
    check_buttons(
        json!([[{"id": "x", "text": "X"}, {"id": "x", "text": "Y"}]]),
        &[("/0/1/id", "duplicate_exit")],
    );
    check_buttons(json!([[{"id": "error", "text": "X"}]]), &[("/0/0/id", "reserved_id")]);
    check_buttons(json!([[{"id": "_1", "text": "X"}]]), &[("/0/0/id", "reserved_id")]);
    check_buttons(json!([[{"id": "a b", "text": "X"}]]), &[("/0/0/id", "invalid_id")]);
    check_buttons(json!([[{"id": "x"}]]), &[("/0/0/text", "empty_button")]);
    check_buttons(json!([[{"id": "x", "text": "a".repeat(65)}]]), &[("/0/0/text", "label_too_long")]);
    check_buttons(json!([[{"id": "x", "text": "X", "action": "url"}]]), &[("/0/0/url", "empty_url")]);
    check_buttons(json!([[{"id": "x", "text": "X", "action": "mini_app"}]]), &[("/0/0/app", "no_mini_app")]);
    check_buttons(
        json!([[{"id": "x", "text": "X", "action": "mini_app", "app": "gone"}]]),
        &[("/0/0/app", "unknown_mini_app")],
    );
    let row: Vec<Value> = (0..9).map(|at| json!({"id": format!("x{at}"), "text": "X"})).collect();
    check_buttons(json!([row]), &[("/0", "too_many_buttons")]);
    let rows: Vec<Value> = (0..101).map(|at| json!([{"id": format!("x{at}"), "text": "X"}])).collect();
    check_buttons(json!(rows), &[("", "too_many_buttons")]);
}

#[test]
fn a_button_on_the_keyboard_of_a_message() {
    check(
        options(
            "send_message",
            json!({"text": "Hi", "placement": "keyboard", "buttons": [[{"id": "x", "text": "X"}]]}),
        ),
        &[
            ("/blocks/0/actions/0/options/placement", "keyboard_door"),
            ("/blocks/0/actions/0/options/buttons/0/0", "button_leads_nowhere"),
        ],
    );
}

#[test]
fn questions() {
    let place = "/blocks/0/actions/0";
    let at = |field: &str| format!("{place}/options{field}");
    let check_question = |options: Value, expected: &[(String, &str)]| {
        let expected: Vec<(&str, &str)> =
            expected.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        check(actions(json!([{"id": "a", "kind": "ask", "options": options}, say("b")])), &expected);
    };
    check_question(json!({}), &[(at("/text"), "empty_text")]);
    check_question(json!({"text": "?", "kind": "choice"}), &[(at("/buttons"), "no_choices")]);
    check_question(
        json!({"text": "?", "kind": "number", "min": "one", "max": "10"}),
        &[(at("/min"), "not_a_number")],
    );
    check_question(
        json!({"text": "?", "attempts": 0, "timeout_s": 0}),
        &[(at("/attempts"), "out_of_range"), (at("/timeout_s"), "out_of_range")],
    );
    check_question(
        json!({"text": "?", "kind": "choice", "options_from": {"items": "#{global.rows}", "label": ""}}),
        &[(at("/options_from/label"), "empty_button")],
    );
    check_question(json!({"text": "?", "save_to": "_id"}), &[(at("/save_to"), "expression")]);
}

#[test]
fn buttons_that_bring_no_answer() {
    let ask = |kind: &str, button: Value| {
        let mut options = json!({"text": "?", "kind": kind});
        if !button.is_null() {
            let mut button = button;
            button["id"] = "x".into();
            button["text"] = "Press".into();
            options["buttons"] = json!([[button]]);
        }
        actions(json!([{"id": "q", "kind": "ask", "options": options}, say("s")]))
    };
    let no_answer = [("/blocks/0/actions/0/options/buttons/0/0/action", "button_no_answer")];
    for (action, right) in [
        ("contact", ["contact", "phone", "any"].as_slice()),
        ("location", &["location", "any"]),
        ("users", &["user", "users", "any"]),
        ("chat", &["chat", "any"]),
        ("poll", &["poll", "any"]),
    ] {
        for kind in right {
            check(ask(kind, json!({ "action": action })), &[]);
        }
        check(ask("text", json!({ "action": action })), &no_answer);
    }
    let nothing = [("/blocks/0/actions/0/options/buttons", "no_pick_button")];
    check(ask("user", Value::Null), &nothing);
    check(ask("chat", Value::Null), &nothing);
    check(ask("poll", Value::Null), &[]);
    let most = |most: u8| ask("users", json!({"action": "users", "people": {"most": most}}));
    check(most(10), &[]);
    for wrong in [0, 11] {
        check(most(wrong), &[("/blocks/0/actions/0/options/buttons/0/0/people/most", "out_of_range")]);
    }
}

#[test]
fn a_file_of_the_workspace() {
    let check_file = |file: &str, expected: &[(&str, &str)]| {
        let options = options("send_message", json!({"text": "x", "media": [{"file": file}]}));
        check(options, expected);
    };
    check_file("file: menu, summer.jpg", &[]);
    check_file("file:#{_botid}.jpg", &[]);
    check_file("file:gone.jpg", &[("/blocks/0/actions/0/options/media/0/file", "unknown_file")]);
}
