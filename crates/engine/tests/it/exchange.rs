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

/// A bot that gives an address to a payment service and waits for its call.
fn payer(wait: Value) -> Value {
    scenario(
        json!([
            command("pay", "ask"),
            command("menu", "menu"),
            {"id": "w", "kind": "webhook", "next": {"block": "ask"}},
        ]),
        json!([
            leading(
                "ask",
                json!([
                    action("a", "webhook_address", json!({})),
                    action(
                        "h",
                        "http_request",
                        json!({"method": "POST", "url": "https://pay.test/bills",
                        "body": {"kind": "json", "content": "{\"back\": \"#{webhook}\"}"}})
                    ),
                ]),
                "wait"
            ),
            block(
                "wait",
                json!([
                    {"id": "wt", "kind": "wait_webhook", "options": wait,
                        "exits": {"timeout": {"block": "late"}, "error": {"block": "failed"}}},
                    action("r", "respond", json!({"body": "{\"thanks\": \"#{sum}\"}"})),
                    set("s", &[("client.paid", "#{sum}")]),
                    action("t", "tag_add", json!({"tags": ["payer"]})),
                ])
            ),
            block("late", json!([say("l", "Nobody paid.")])),
            block("failed", json!([say("f", "Failed: #{_error_code}.")])),
            block("menu", json!([say("m", "The menu.")])),
        ]),
    )
}

fn wait() -> Value {
    json!({"amount": 2, "unit": "hours", "save": [{"path": "sum", "target": "sum"}]})
}

#[test]
fn a_call_of_the_address_goes_on_where_the_run_waits() {
    check(
        &[payer(wait())],
        r#"
! http POST https://pay.test/bills -> 200 {}
> /pay
= http.body {"back":"https://bot.test/webhook/once/1"}
> /menu
< The menu.
! hook 1 {"sum": 99.90}
< (response 200) {"thanks":"99.9"}
= client.paid 99.9
= client.tags ["payer"]
! hook 1 {"sum": 1}
< (response 410)
! hook 2 {"sum": 1}
< (response 404)
= client.paid 99.9
"#,
    );
}

#[test]
fn who_waits_in_vain_goes_on_by_the_time_out() {
    check(
        &[payer(wait())],
        r#"
! http POST https://pay.test/bills -> 200 {}
> /pay
~ +119m
~ +1m
< Nobody paid.
! hook 1 {"sum": 1}
< (response 410)
"#,
    );
}

#[test]
fn each_person_has_an_address_of_his_own() {
    check(
        &[payer(wait())],
        r#"
! http POST https://pay.test/bills -> 200 {}
! http POST https://pay.test/bills -> 200 {}
> /pay
bob> /pay
! hook 2 {"sum": 5}
bob< (response 200) {"thanks":"5"}
= client.paid null
bob= client.paid 5
! hook 1 {"sum": 6}
< (response 200) {"thanks":"6"}
= client.paid 6
"#,
    );
}

#[test]
fn a_call_that_comes_before_the_wait_is_not_lost() {
    let mut bot = payer(wait());
    // The person looks at the bill first.
    bot["blocks"][0]["next"] = json!({"block": "show"});
    bot["blocks"].as_array_mut().unwrap().push(json!({
        "id": "show",
        "actions": [{"id": "q", "kind": "ask", "options": {"text": "Paid?", "save_to": "said"}}],
        "next": {"block": "wait"},
    }));
    check(
        &[bot],
        r#"
! http POST https://pay.test/bills -> 200 {}
> /pay
< Paid?
! hook 1 {"sum": 7}
< (response 200) null
> yes
= client.paid 7
! hook 1 {"sum": 8}
< (response 410)
"#,
    );
}

#[test]
fn an_address_is_good_for_one_wait() {
    let bot = scenario(
        json!([command("go", "a"), command("none", "n")]),
        json!([
            block(
                "a",
                json!([
                    action("a", "webhook_address", json!({"save_to": "back"})),
                    action("w", "wait_webhook", json!({"address": "#{back}", "save_to": "first"})),
                    {"id": "v", "kind": "wait_webhook", "options": {"address": "#{back}"},
                        "exits": {"error": {"block": "failed"}}},
                ])
            ),
            block(
                "n",
                json!([
                    set("s", &[("webhook", "https://bot.test/webhook/once/9")]),
                    {"id": "x", "kind": "wait_webhook", "options": {}, "exits": {"error": {"block": "failed"}}},
                ])
            ),
            block("failed", json!([say("f", "Failed: #{_error_code}, #{first.a}.")])),
        ]),
    );
    check(
        &[bot],
        r#"
> /go
! hook 1 {"a": 1}
< Failed: address_used, 1.
< (response 200) null
> /none
< Failed: unknown_address, .
"#,
    );
}

#[test]
fn a_wait_that_ends_when_the_person_moves_on_ends_its_address() {
    let mut options = wait();
    options["when_moved_on"] = json!("cancel");
    check(
        &[payer(options)],
        r#"
! http POST https://pay.test/bills -> 200 {}
> /pay
> /menu
< The menu.
! hook 1 {"sum": 1}
< (response 410)
~ +3h
"#,
    );
}

#[test]
fn a_run_that_a_webhook_began_waits_too() {
    let mut bot = payer(wait());
    bot["blocks"][1]["actions"].as_array_mut().unwrap().truncate(2);
    check(
        &[bot],
        r#"
! http POST https://pay.test/bills -> 200 {}
> @webhook w {}
< (response 200) null
! hook 1 {"sum": 3}
< (response 200) {"thanks":"3"}
"#,
    );
}
