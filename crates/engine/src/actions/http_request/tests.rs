use serde_json::json;

use super::*;
use crate::actions::testing::{Bench, map};
use crate::effect::{HttpPart, PartContent, SecretPart, SecretText};

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
    let answer = Answer::Http(HttpAnswer { status, headers: map(json!({"x-total": "2"})), body: body.into(), attempt: None });
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

#[test]
fn who_looks_at_refusals_says_so() {
    let check = |options: serde_json::Value, status: u16, expected: Result<&str, &str>| {
        let (_, flow) = take(options.clone(), status);
        let flow = flow.as_deref().map_err(String::as_str);
        assert_eq!(flow, expected, "{options} {status}");
    };
    check(json!({"refusal": "no_error"}), 503, Ok("next"));
    check(json!({"refusal": "error", "status_to": "status"}), 404, Err("http_status"));
    check(json!({"refusal": "error", "status_to": "status"}), 204, Ok("next"));
    // What came is kept before the error exit is taken.
    let (bench, _) = take(json!({"refusal": "error", "status_to": "status", "headers_to": "headers"}), 404);
    assert_eq!((bench.json("status"), bench.json("headers")), (json!(404), json!({"x-total": "2"})));
}

#[test]
fn access_names_its_key() {
    let check = |auth: serde_json::Value, expected: &str| {
        let call = call(json!({"url": "https://a.b", "auth": auth}));
        let shown = |pairs: &[(String, SecretText)]| {
            pairs.iter().map(|(name, value)| format!("{name}={}", written(value))).collect::<String>()
        };
        let login = call.login.iter().map(|login| format!("{}:{}", written(&login.user), written(&login.password)));
        let all = format!("{}|{}|{}", shown(&call.headers), shown(&call.query), login.collect::<String>());
        assert_eq!(all, expected, "{auth}");
    };
    check(json!({}), "||");
    check(json!({"kind": "bearer", "secret": "#{env.KEY}"}), "Authorization=Bearer <KEY>||");
    check(json!({"kind": "basic", "user": "#{name}", "secret": "#{env.KEY}"}), "||Ann & Bob:<KEY>");
    check(json!({"kind": "header", "name": " X-Key ", "secret": "#{env.KEY}"}), "X-Key=<KEY>||");
    check(json!({"kind": "query", "name": "key", "secret": "#{env.KEY}"}), "|key=<KEY>|");
}

#[test]
fn a_form_with_files_has_a_part_for_each() {
    let mut bench = Bench::new(json!({
        "method": "POST", "url": "https://a.b",
        "body": {"kind": "multipart", "parts": [
            {"name": "who", "value": "#{name} #{env.KEY}"},
            {"name": "photo", "kind": "file", "value": "#{album}"},
            {"name": "one", "kind": "file", "value": "#{file}", "file_name": "mine.jpg"},
            {"name": "csv", "kind": "text_file", "value": "a;b", "file_name": "order.csv"},
            {"name": "note", "kind": "text_file", "value": "x"},
        ]},
    }));
    bench.set("name", "Ann");
    bench.set("file", "f9");
    bench.set("album", json!({"file_id": "f1", "album": [
        {"file_id": "f1", "name": "a.jpg", "mime": "image/jpeg"}, {"file_id": "f2"}]}));
    let effect::Ask::Outside(Call::Http(call)) = bench.ask::<HttpRequest>() else { panic!("no call") };
    let part = |part: &HttpPart| {
        let content = match &part.content {
            PartContent::Text(text) => written(text),
            PartContent::File(id) => format!("({id})"),
        };
        let (file, kind) = (part.file_name.as_deref(), part.content_type.as_deref());
        format!("{} {content} {} {}", part.name, file.unwrap_or("-"), kind.unwrap_or("-"))
    };
    let parts: Vec<String> = call.parts.iter().map(part).collect();
    assert_eq!(
        parts,
        [
            "who Ann <KEY> - -",
            "photo (f1) a.jpg image/jpeg",
            "photo (f2) - -",
            "one (f9) mine.jpg -",
            "csv a;b order.csv -",
            "note x file.txt -",
        ]
    );
    assert_eq!((call.body, call.content_type), (None, None));

    let mut bench = Bench::new(json!({"url": "https://a.b", "body": {"kind": "multipart", "parts": [
        {"name": "photo", "kind": "file", "value": "#{nothing}"}]}}));
    let error = bench.fail::<HttpRequest>(None);
    assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("no_file", Some("/body/parts/0/value")));
}

#[test]
fn mistakes_are_found_in_place() {
    let check = |options: serde_json::Value, expected: &[&str]| {
        let request: HttpRequest = serde_json::from_value(options.clone()).unwrap();
        let mut findings = Findings::default();
        request.validate(&Capabilities::telegram(), &mut findings);
        let found: Vec<String> =
            findings.iter().map(|finding| format!("{} {}", finding.pointer, finding.code)).collect();
        assert_eq!(found, expected, "{options}");
    };
    let with = |change: serde_json::Value| {
        let mut options = json!({"method": "POST", "url": "https://a.b"});
        options.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        options
    };
    check(with(json!({})), &[]);
    check(with(json!({"url": ""})), &["/url empty_url"]);
    check(with(json!({"url": "shop.example"})), &["/url wrong_url"]);
    check(with(json!({"headers": [{"name": "X Y"}]})), &["/headers/0/name wrong_header"]);
    check(with(json!({"timeout_s": 0})), &["/timeout_s out_of_range"]);
    check(with(json!({"retries": 11})), &["/retries out_of_range"]);
    check(with(json!({"query": [{"name": " "}]})), &["/query/0/name empty_name"]);
    check(with(json!({"body": {"kind": "json", "content": "{"}})), &["/body/content invalid_json"]);
    check(
        with(json!({"body": {"kind": "text", "content_type": "a\nb"}})),
        &["/body/content_type wrong_content_type"],
    );
    check(
        with(json!({"body": {"kind": "multipart", "parts": [{"kind": "file"}]}})),
        &["/body/parts/0/name empty_name", "/body/parts/0/value no_file"],
    );
    check(with(json!({"method": "GET", "body": {"kind": "text"}})), &["/body body_of_get"]);
    check(with(json!({"auth": {"kind": "bearer"}})), &["/auth/secret no_key"]);
    check(with(json!({"auth": {"kind": "bearer", "secret": "abc"}})), &["/auth/secret key_in_clear"]);
    check(with(json!({"auth": {"kind": "header", "secret": "#{env.K}"}})), &["/auth/name empty_name"]);
    check(
        with(json!({"auth": {"kind": "bearer", "secret": "#{env.K}"}, "headers": [{"name": "authorization"}]})),
        &["/headers header_twice"],
    );
}
