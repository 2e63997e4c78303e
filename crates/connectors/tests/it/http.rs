//! The client as scenarios meet it: redirects, bounds, and what is known after a failure.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connectors::http::{Fate, HttpClient, HttpConfig, HttpError, HttpErrorKind, HttpRequest};
use connectors::testing::{Reply, Request, TestServer};
use connectors::{Retry, Secret};
use engine::effect::{HttpAnswer, HttpCall, SecretPart, SecretText};
use engine::value::Value;
use engine::words::Lang;
use reqwest::dns::{Name, Resolve, Resolving};
use tokio::io::AsyncWriteExt;

use crate::{config_allowing, get};

const SECRET: &str = "s3cr3t-v4lue";

/// A server that answers by the path, and remembers what it was asked.
struct Site {
    server: TestServer,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Site {
    async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let server = TestServer::start(move |request| {
            let reply = answer(&request);
            seen.lock().unwrap().push(request);
            async { reply }
        })
        .await;
        Self { server, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A resolver that knows nobody: the real one would need a network.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

async fn perform(call: &HttpCall) -> Result<HttpAnswer, HttpError> {
    perform_within(call, 1_000_000).await
}

async fn perform_within(call: &HttpCall, max_body_bytes: usize) -> Result<HttpAnswer, HttpError> {
    let config = HttpConfig { resolver: Some(Arc::new(NoNames)), ..config_allowing(&["127.0.0.0/8"]) };
    let client = HttpClient::for_scenarios(&config).unwrap();
    let request = HttpRequest::prepare(call, |name| (name == "KEY").then(|| Secret::new(SECRET)))?;
    client.perform(request, max_body_bytes).await
}

fn secret_header(name: &str) -> (String, SecretText) {
    (name.to_owned(), SecretText(vec![SecretPart::Secret("KEY".to_owned())]))
}

fn plain_header(name: &str, value: &str) -> (String, SecretText) {
    (name.to_owned(), SecretText::plain(value))
}

#[tokio::test]
async fn an_answer_is_read_whatever_its_status() {
    let site = Site::start(|_| Reply::Answer {
        status: 418,
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Two".to_owned(), "a".to_owned()),
            ("X-Two".to_owned(), "b".to_owned()),
        ],
        body: br#"{"price":19.99}"#.to_vec(),
    })
    .await;
    let mut call = get(site.url("/tea?x=1"));
    call.method = "PUT".to_owned();
    call.body = Some(SecretText::plain("cup"));
    let answer = perform(&call).await.unwrap();
    assert_eq!(answer.status, 418);
    assert_eq!(answer.headers["x-two"], Value::from("a, b"));
    assert_eq!(answer.body.get("price").map(|price| price.to_text().into_owned()).as_deref(), Some("19.99"));
    let request = &site.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("PUT", "/tea?x=1"));
    assert_eq!(request.body, b"cup");
    assert!(request.header("user-agent").unwrap().starts_with("Scenaria/"));
}

#[tokio::test]
async fn redirects_change_the_method_as_browsers_do() {
    let site = Site::start(|request| match request.target.strip_prefix("/from/") {
        Some(status) => Reply::redirect(status.parse().unwrap(), "/to"),
        None => Reply::text(200, "there"),
    })
    .await;
    for (status, method, expected) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (302, "GET", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (308, "DELETE", "DELETE"),
    ] {
        let mut call = get(site.url(&format!("/from/{status}")));
        call.method = method.to_owned();
        call.body = (method != "HEAD" && method != "GET").then(|| SecretText::plain("payload"));
        call.content_type = call.body.as_ref().map(|_| "text/plain".to_owned());
        perform(&call).await.unwrap();
        let last = site.requests().pop().unwrap();
        assert_eq!((last.target.as_str(), last.method.as_str()), ("/to", expected), "{status} {method}");
        let keeps_body = call.body.is_some() && expected == method;
        assert_eq!(last.body.is_empty(), !keeps_body, "{status} {method}");
        assert_eq!(last.header("content-type").is_some(), keeps_body, "{status} {method}");
    }
}

#[tokio::test]
async fn another_site_gets_no_secrets() {
    let other = Site::start(|_| Reply::text(200, "hello")).await;
    let target = other.url("/landing");
    let site = Site::start(move |request| match request.target.as_str() {
        "/away" => Reply::redirect(307, &target),
        "/near" => Reply::redirect(307, "/here"),
        _ => Reply::text(200, "here"),
    })
    .await;
    let mut call = get(site.url("/away"));
    call.headers = vec![
        plain_header("Authorization", "Bearer plain"),
        plain_header("Cookie", "session=1"),
        plain_header("X-Api-Key", "plain"),
        secret_header("X-Signature"),
        secret_header("Accept-Language"),
        plain_header("Accept", "application/json"),
    ];
    perform(&call).await.unwrap();
    let landed = &other.requests()[0];
    for name in ["authorization", "cookie", "x-api-key", "x-signature", "accept-language", "referer"] {
        assert_eq!(landed.header(name), None, "{name} went to another site");
    }
    assert_eq!(landed.header("accept"), Some("application/json"));

    // The same site keeps them: what is dropped above is dropped because of the border.
    call.url = SecretText::plain(site.url("/near"));
    perform(&call).await.unwrap();
    let near = site.requests().pop().unwrap();
    assert_eq!((near.target.as_str(), near.header("x-signature")), ("/here", Some(SECRET)));
    assert_eq!(near.header("authorization"), Some("Bearer plain"));

    call.method = "POST".to_owned();
    call.url = SecretText::plain(site.url("/away"));
    call.body = Some(SecretText(vec![SecretPart::Secret("KEY".to_owned())]));
    let error = perform(&call).await.unwrap_err();
    assert_eq!((error.kind, error.fate), (HttpErrorKind::RedirectWithSecret, Fate::Unknown));
    assert_eq!(other.requests().len(), 1);
}

#[tokio::test]
async fn redirects_end() {
    let site = Site::start(|request| {
        let left: usize = request.target.trim_start_matches('/').parse().unwrap();
        if left == 0 { Reply::text(200, "done") } else { Reply::redirect(302, &format!("/{}", left - 1)) }
    })
    .await;
    assert_eq!(perform(&get(site.url("/5"))).await.unwrap().body, Value::from("done"));
    assert_eq!(perform(&get(site.url("/6"))).await.unwrap_err().kind, HttpErrorKind::TooManyRedirects);
    assert_eq!(site.requests().len(), 12);
}

#[tokio::test]
async fn a_redirect_that_says_no_place_is_an_answer() {
    let site = Site::start(|_| Reply::text(304, "")).await;
    assert_eq!(perform(&get(site.url("/"))).await.unwrap().status, 304);
    let site = Site::start(|_| Reply::text(302, "nowhere")).await;
    assert_eq!(perform(&get(site.url("/"))).await.unwrap().status, 302);
    let site = Site::start(|_| Reply::redirect(302, "http://[")).await;
    assert_eq!(perform(&get(site.url("/"))).await.unwrap_err().kind, HttpErrorKind::BadRedirect);
}

#[tokio::test]
async fn answers_are_bounded_after_decompression() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        bomb.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 100_000, "the bomb is small on the wire");
    let site = Site::start(move |request| match request.target.as_str() {
        "/bomb" => Reply::Answer {
            status: 200,
            headers: vec![("content-encoding".to_owned(), "gzip".to_owned())],
            body: bomb.clone(),
        },
        // Says nothing about its length.
        "/stream" => Reply::Raw([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 5000]].concat()),
        _ => Reply::text(200, &"x".repeat(1000)),
    })
    .await;
    let too_large = |limit| HttpErrorKind::TooLarge { limit };
    assert_eq!(perform(&get(site.url("/bomb"))).await.unwrap_err().kind, too_large(1_000_000));
    assert_eq!(perform_within(&get(site.url("/")), 999).await.unwrap_err().kind, too_large(999));
    assert_eq!(perform_within(&get(site.url("/stream")), 4999).await.unwrap_err().kind, too_large(4999));
    assert!(perform_within(&get(site.url("/")), 1000).await.is_ok());
    assert!(perform_within(&get(site.url("/stream")), 5000).await.is_ok());
}

#[tokio::test]
async fn the_whole_exchange_is_bounded_in_time() {
    let site = Site::start(|request| match request.target.as_str() {
        "/silent" => Reply::Hang,
        "/stalls" => Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
        _ => Reply::redirect(302, "/silent"),
    })
    .await;
    for path in ["/silent", "/stalls", "/redirect"] {
        let mut call = get(site.url(path));
        call.timeout_ms = 300;
        let started = Instant::now();
        let error = perform(&call).await.unwrap_err();
        assert!(matches!(error.kind, HttpErrorKind::Timeout { .. }), "{path}: {error}");
        assert_eq!((error.fate, error.retry()), (Fate::Unknown, Retry::Backoff));
        assert!(started.elapsed() < Duration::from_secs(3), "{path}");
    }
}

#[tokio::test]
async fn a_failure_says_whether_the_request_left() {
    let site = Site::start(|request| match request.target.as_str() {
        "/reset" => Reply::Reset,
        "/close" => Reply::Close,
        "/cut" => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
        _ => Reply::Raw(b"not http at all\r\n\r\n".to_vec()),
    })
    .await;
    for path in ["/reset", "/close", "/cut", "/garbage"] {
        let error = perform(&get(site.url(path))).await.unwrap_err();
        assert!(matches!(error.kind, HttpErrorKind::Broken { .. }), "{path}: {error}");
        assert_eq!(error.fate, Fate::Unknown, "{path}");
    }
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let check = async |url: String, code: &str| {
        let error = perform(&get(url)).await.unwrap_err();
        assert_eq!((error.code(), error.fate), (code, Fate::NotSent), "{error}");
    };
    check(format!("http://{closed}/"), "http_connect").await;
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    check(format!("https://{plain_address}/"), "http_tls").await;
    check("http://no-such-name.invalid/".to_owned(), "http_dns").await;
}

#[tokio::test]
async fn secrets_stay_out_of_errors() {
    let secret = SecretPart::Secret("KEY".to_owned());
    let text = |text: &str| SecretPart::Text(text.to_owned());
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for url in [
        vec![text("http://"), secret.clone(), text(".invalid/")],
        vec![text(&format!("http://{closed}/?key=")), secret.clone()],
        vec![text("http://user:"), secret.clone(), text(&format!("@{closed}/"))],
        vec![text("http://127.0.0.1:1/"), secret.clone()],
        vec![secret.clone(), text("://example.com/")],
        vec![secret],
    ] {
        let mut call = get("");
        call.url = SecretText(url);
        call.headers = vec![secret_header("X-Key")];
        let error = perform(&call).await.unwrap_err();
        let step = error.step_error();
        let said =
            format!("{error:?} {error} {} {} {}", error.text(Lang::Ru), step.en, step.ru).to_lowercase();
        assert!(!said.contains(SECRET) && !said.contains("s3cr3t"), "{said}");
    }
}

#[test]
fn every_error_speaks_both_languages() {
    let call = get("ftp://example.com/");
    let error = HttpRequest::prepare(&call, |_| None).err();
    assert!(error.is_none(), "schemes are judged when the request goes out, like redirects");
    let mut call = get("https://example.com");
    call.method = "BREW".to_owned();
    let step = HttpRequest::prepare(&call, |_| None).err().unwrap().step_error();
    assert_eq!((step.code.as_str(), step.pointer.as_deref()), ("http_method", Some("/method")));
    assert!(step.en.contains("BREW") && step.ru.contains("BREW") && step.ru.contains("метода"));
}
