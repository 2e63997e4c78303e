use serde_json::json;

use super::*;
use crate::actions::testing::{Bench, map};

fn call(options: serde_json::Value) -> HttpCall {
    let mut bench = Bench::new(options);
    bench.set("name", "Ann & Bob");
    bench.set("cart", json!([1, 2]));
    let effect::Ask::Outside(Call::Http(call)) = bench.ask::<HttpRequest>() else { panic!("no call") };
    call
}

fn written(text: &SecretText) -> String {
    let part = |part: &SecretPart| match part {
        SecretPart::Text(text) => text.clone(),
        secret => format!("<{}>", serde_json::to_value(secret).unwrap()["secret"].as_str().unwrap_or("?")),
    };
    text.0.iter().map(part).collect()
}

#[test]
fn a_request_is_escaped_for_each_place_and_keeps_secrets_as_names() {
    let call = call(json!({
        "method": "POST",
        "url": "https://example.com/find?q=#{name}",
        "headers": [{"name": "Authorization", "value": "Bearer #{env.TOKEN}"}],
        "body": {"kind": "json", "content": "{\"name\": \"#{name}\", \"cart\": #{cart}}"},
        "timeout_s": 3,
    }));
    assert_eq!(call.method, "POST");
    assert_eq!(written(&call.url), "https://example.com/find?q=Ann%20%26%20Bob");
    assert_eq!(call.headers[0].0, "Authorization");
    assert_eq!(written(&call.headers[0].1), "Bearer <TOKEN>");
    let body: serde_json::Value = serde_json::from_str(&written(&call.body.unwrap())).unwrap();
    assert_eq!(body, json!({"name": "Ann & Bob", "cart": [1, 2]}));
    assert_eq!(call.content_type.as_deref(), Some("application/json"));
    assert_eq!(call.timeout_ms, 3000);
}

#[test]
fn a_form_is_encoded() {
    let call = call(json!({
        "method": "POST", "url": "https://example.com",
        "body": {"kind": "form", "fields": [{"name": "a b", "value": "#{name}"}, {"name": "c", "value": "x=y"}]},
    }));
    assert_eq!(written(&call.body.unwrap()), "a%20b=Ann%20%26%20Bob&c=x%3Dy");
    assert_eq!(call.content_type.as_deref(), Some("application/x-www-form-urlencoded"));
}

fn take(options: serde_json::Value, status: u16) -> (Bench, Result<String, String>) {
    let mut bench = Bench::new(options);
    let body = json!({"data": {"items": [{"name": "first"}, {"name": "second"}]}, "ok": true});
    let answer = Answer::Http(HttpAnswer { status, headers: map(json!({})), body: body.into() });
    let result = bench.try_step::<HttpRequest>(Some(answer)).map_err(|error| error.code);
    (bench, result)
}

#[test]
fn parts_of_the_answer_are_kept() {
    let (bench, flow) = take(
        json!({"save": [
            {"path": "data.items[1].name", "target": "second"},
            {"path": "data.items.0", "target": "first"},
            {"path": "data.none", "target": "none"},
        ], "save_to": "all"}),
        200,
    );
    assert_eq!(flow, Ok("next".to_owned()));
    assert_eq!(bench.json("second"), json!("second"));
    assert_eq!(bench.json("first"), json!({"name": "first"}));
    assert_eq!(bench.json("none"), json!(null));
    assert_eq!(bench.json("all")["ok"], json!(true));
}

#[test]
fn a_bad_status_is_an_error_unless_the_scenario_looks_at_it() {
    let (bench, flow) = take(json!({"save_to": "all"}), 404);
    assert_eq!(flow, Err("http_status".to_owned()));
    assert_eq!(bench.json("all")["ok"], json!(true));
    let (_, flow) = take(json!({}), 302);
    assert_eq!(flow, Err("http_status".to_owned()));
    let (bench, flow) = take(json!({"status_to": "status"}), 500);
    assert_eq!(flow, Ok("next".to_owned()));
    assert_eq!(bench.json("status"), json!(500));
}
