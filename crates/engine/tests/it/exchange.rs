//! What goes out to other services and comes from them.

use serde_json::{Value, json};

use crate::logic::{action, command, leading, set};
use crate::rules::{block, check, say, scenario};

/// A bot that makes this request and tells what came of it.
fn requester(options: Value) -> Value {
    scenario(
        json!([command("call", "call"), command("stop", "stop")]),
        json!([
            leading("call", json!([set("s", &[("name", "Ann & Bob"), ("size", "L")])]), "ask"),
            block(
                "ask",
                json!([
                    {"id": "h", "kind": "http_request", "options": options,
                        "exits": {"error": {"block": "failed"}}},
                    say("m", "Status #{status}: #{answer}."),
                ])
            ),
            block("failed", json!([say("f", "Failed (#{_error_code}): #{status}.")])),
            block("stop", json!([say("t", "Stopped.")])),
        ]),
    )
}

fn with(change: Value) -> Value {
    let mut options = json!({"url": "https://shop.test/price", "status_to": "status", "save_to": "answer"});
    options.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    options
}

#[test]
fn what_a_request_carries_is_seen_and_secrets_are_not() {
    check(
        &[requester(with(json!({
            "method": "POST",
            "query": [{"name": "size", "value": "#{size}"}],
            "auth": {"kind": "bearer", "secret": "#{env.SHOP}"},
            "headers": [{"name": "X-Who", "value": "#{name}"}],
            "body": {"kind": "form", "fields": [{"name": "who", "value": "#{name}"}]},
            "headers_to": "headers",
        })))],
        r#"
! http POST https://shop.test/price?size=L -> 200 (X-Total: 2) "ok"
> /call
< Status 200: ok.
= http {"method":"POST","url":"https://shop.test/price?size=L","headers":{"X-Who":"Ann & Bob","Authorization":"Bearer {SHOP}"},"body":"who=Ann%20%26%20Bob","content_type":"application/x-www-form-urlencoded"}
"#,
    );
}

#[test]
fn a_file_that_a_person_sent_goes_along() {
    let bot = scenario(
        json!([{"id": "t", "kind": "media", "next": {"block": "send"}}]),
        json!([block(
            "send",
            json!([
                action(
                    "h",
                    "http_request",
                    json!({"method": "POST", "url": "https://crm.test/files",
                    "auth": {"kind": "basic", "user": "bot", "secret": "#{env.CRM}"},
                    "body": {"kind": "multipart", "parts": [
                        {"name": "who", "value": "[Name]"},
                        {"name": "file", "kind": "file", "value": "#{client_media}"},
                        {"name": "log", "kind": "text_file", "value": "a;b", "file_name": "log.csv"},
                    ]},
                    "save": [{"path": "id", "target": "id"}]})
                ),
                say("m", "Filed as #{id}."),
            ])
        )]),
    );
    check(
        &[bot],
        r#"
! http POST https://crm.test/files -> 201 {"id": 7}
> @photo f1 my cat
< Filed as 7.
= http.login "bot:{CRM}"
= http.parts [{"name":"who","text":"Anna"},{"name":"file","file":"f1"},{"name":"log","text":"a;b","file_name":"log.csv"}]
"#,
    );
}

#[test]
fn a_failure_that_may_pass_is_tried_again_later() {
    check(
        &[requester(with(json!({"retries": 3})))],
        r#"
! http GET https://shop.test/price -> 503 down
! http GET https://shop.test/price -> timeout
! http GET https://shop.test/price -> 429 (Retry-After: 30) slow down
! http GET https://shop.test/price -> 200 5
> /call
~ +1s
~ +2s
~ +29s
~ +1s
< Status 200: 5.
"#,
    );
}

#[test]
fn tries_come_to_an_end() {
    check(
        &[requester(with(json!({"retries": 1, "refusal": "error"})))],
        r#"
! http GET https://shop.test/price -> 500 down
! http GET https://shop.test/price -> 502 down
> /call
~ +1s
< Failed (http_status): 502.
! http GET https://shop.test/price -> broken
! http GET https://shop.test/price -> broken
> /call
~ +1m
< Failed (http_broken): .
! http GET https://shop.test/price -> 404 gone
> /call
< Failed (http_status): 404.
! http GET https://shop.test/price -> 429 (Retry-After: 86400) tomorrow
> /call
< Failed (http_status): 429.
"#,
    );
}

#[test]
fn while_a_request_is_tried_again_texts_wait_and_commands_do_not() {
    let mut bot = requester(with(json!({"retries": 3})));
    let triggers = bot["triggers"].as_array_mut().unwrap();
    triggers.push(
        json!({"id": "any", "kind": "text", "options": {"matching": "any"}, "next": {"block": "echo"}}),
    );
    bot["blocks"].as_array_mut().unwrap().push(block("echo", json!([say("e", "You said [Answer].")])));
    check(
        &[bot],
        r#"
! http GET https://shop.test/price -> 503 down
! http GET https://shop.test/price -> 200 5
> /call
> hello
> bob
bob> hello
bob< You said hello.
~ +1s
< Status 200: 5.
< You said hello.
< You said bob.
! http GET https://shop.test/price -> 503 down
> /call
> /stop
< Stopped.
~ +1h
"#,
    );
}
