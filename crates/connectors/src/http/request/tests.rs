use super::*;
use crate::http::Fate;

fn secret_text(parts: &[SecretPart]) -> SecretText {
    SecretText(parts.to_vec())
}

fn text(text: &str) -> SecretPart {
    SecretPart::Text(text.to_owned())
}

fn secret(name: &str) -> SecretPart {
    SecretPart::Secret(name.to_owned())
}

fn call(url: SecretText) -> HttpCall {
    HttpCall { method: "post".to_owned(), url, timeout_ms: 1000, ..HttpCall::default() }
}

fn vault(name: &str) -> Option<Secret> {
    match name {
        "KEY" => Some(Secret::new("k/\"é&1:2")),
        "BASE" => Some(Secret::new("https://shop.example/api")),
        _ => None,
    }
}

fn prepare(call: &HttpCall) -> Result<HttpRequest, HttpErrorKind> {
    HttpRequest::prepare(call, vault).map_err(|error| {
        assert_eq!(error.fate, Fate::NotSent);
        error.kind
    })
}

#[test]
fn secrets_are_escaped_for_their_place() {
    let mut call = call(secret_text(&[secret("BASE"), text("/order?key="), secret("KEY")]));
    call.headers = vec![("X-Key".to_owned(), secret_text(&[text("Bearer "), secret("KEY")]))];
    let check = |content_type: Option<&str>, expected: &str| {
        let mut call = call.clone();
        call.content_type = content_type.map(str::to_owned);
        call.body = Some(secret_text(&[text("key="), secret("KEY")]));
        let request = prepare(&call).unwrap();
        assert_eq!(request.url.as_str(), "https://shop.example/api/order?key=k%2F%22%C3%A9%261:2");
        assert_eq!(request.headers["x-key"].as_bytes(), "Bearer k/\"é&1:2".as_bytes());
        assert!(request.headers["x-key"].is_sensitive());
        assert_eq!(request.body.as_deref(), Some(expected.as_bytes()), "{content_type:?}");
        assert!(request.body_has_secret);
    };
    check(Some("application/json"), "key=k/\\\"é&1:2");
    check(Some("application/x-www-form-urlencoded"), "key=k%2F%22%C3%A9%261%3A2");
    check(Some("text/plain"), "key=k/\"é&1:2");
    check(None, "key=k/\"é&1:2");
}

#[test]
fn a_content_type_among_the_headers_wins() {
    let mut call = call(SecretText::plain("https://example.com"));
    call.content_type = Some("application/json".to_owned());
    assert_eq!(prepare(&call).unwrap().headers[CONTENT_TYPE], "application/json");
    call.headers = vec![("Content-Type".to_owned(), SecretText::plain("text/csv"))];
    assert_eq!(
        prepare(&call).unwrap().headers.get_all(CONTENT_TYPE).iter().collect::<Vec<_>>(),
        ["text/csv"]
    );
}

#[test]
fn headers_of_the_connection_and_of_metadata_services_are_refused() {
    for name in [
        "Host",
        "host",
        "Connection",
        "Content-Length",
        "Transfer-Encoding",
        "TE",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Expect",
        "Metadata-Flavor",
        "Metadata",
        "X-aws-ec2-metadata-token",
        "X-AWS-EC2-Metadata-Token-TTL-Seconds",
        "X-Google-Metadata-Request",
    ] {
        let mut call = call(SecretText::plain("https://example.com"));
        call.headers = vec![(name.to_owned(), SecretText::plain("x"))];
        assert_eq!(prepare(&call).err(), Some(HttpErrorKind::ForbiddenHeader(name.to_owned())), "{name}");
    }
}

#[test]
fn what_cannot_be_sent_is_named() {
    let check = |change: &dyn Fn(&mut HttpCall), expected: HttpErrorKind| {
        let mut call = call(SecretText::plain("https://example.com"));
        change(&mut call);
        assert_eq!(prepare(&call).err(), Some(expected));
    };
    check(&|call| call.url = SecretText::plain("example.com"), HttpErrorKind::Url);
    check(&|call| call.method = "TRACE".to_owned(), HttpErrorKind::Method("TRACE".to_owned()));
    check(&|call| call.method = "CONNECT".to_owned(), HttpErrorKind::Method("CONNECT".to_owned()));
    check(
        &|call| call.headers = vec![("X Y".to_owned(), SecretText::plain("x"))],
        HttpErrorKind::Header("X Y".to_owned()),
    );
    check(
        &|call| call.headers = vec![("X".to_owned(), SecretText::plain("a\r\nHost: evil"))],
        HttpErrorKind::Header("X".to_owned()),
    );
    check(
        &|call| call.body = Some(SecretText(vec![secret("NO")])),
        HttpErrorKind::MissingSecret("NO".to_owned()),
    );
}

#[test]
fn the_scenarios_own_idempotency_key_stays() {
    let mut call = call(SecretText::plain("https://example.com"));
    assert_eq!(prepare(&call).unwrap().with_idempotency_key("1/2").headers["idempotency-key"], "1/2");
    call.headers = vec![("Idempotency-Key".to_owned(), SecretText::plain("mine"))];
    assert_eq!(prepare(&call).unwrap().with_idempotency_key("1/2").headers["idempotency-key"], "mine");
}

#[test]
fn parameters_are_appended_to_what_the_address_asks() {
    let mut call = call(SecretText::plain("https://example.com/find?kind=a%20b#top"));
    call.query = vec![
        ("name".to_owned(), SecretText::plain("Ann & Bob")),
        ("key".to_owned(), secret_text(&[secret("KEY")])),
    ];
    assert_eq!(
        prepare(&call).unwrap().url.as_str(),
        "https://example.com/find?kind=a%20b&name=Ann+%26+Bob&key=k%2F%22%C3%A9%261%3A2#top"
    );
}

#[test]
fn a_name_and_its_password_go_as_basic() {
    let mut call = call(SecretText::plain("https://example.com"));
    let login = |user: &str| Login { user: SecretText::plain(user), password: secret_text(&[secret("KEY")]) };
    call.login = Some(login("bot"));
    let request = prepare(&call).unwrap();
    let expected = format!("Basic {}", BASE64.encode("bot:k/\"é&1:2"));
    assert_eq!(request.headers["authorization"], expected.as_str());
    assert!(request.headers["authorization"].is_sensitive());
    call.login = Some(login("a:b"));
    assert_eq!(prepare(&call).err(), Some(HttpErrorKind::Header("Authorization".to_owned())));
}
