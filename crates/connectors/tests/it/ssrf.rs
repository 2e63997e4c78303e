//! Nothing a scenario writes reaches the inside. Each test has its negative control: with the guard opened, the
//! same request arrives at the canary.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connectors::http::{Fate, HttpClient, HttpConfig, HttpError, HttpErrorKind, HttpRequest};
use connectors::testing::{Reply, TestServer, inside_hosts};
use engine::effect::HttpAnswer;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{config_allowing, get};

/// A listener that must never be reached.
struct Canary {
    server: TestServer,
    hits: Arc<AtomicUsize>,
}

impl Canary {
    async fn start() -> Self {
        let hits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hits);
        let server = TestServer::start(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { Reply::text(200, "secrets of the inside") }
        })
        .await;
        Self { server, hits }
    }

    fn port(&self) -> u16 {
        self.server.address().port()
    }

    fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// Answers with the given lists of addresses in turn, the last one for ever.
struct FakeResolver {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl FakeResolver {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for FakeResolver {
    fn resolve(&self, _: Name) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let addresses: Vec<_> = self.answers[turn].iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(async move {
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

async fn call(config: &HttpConfig, url: &str) -> Result<HttpAnswer, HttpError> {
    let client = HttpClient::for_scenarios(config).unwrap();
    let request = HttpRequest::prepare(&get(url), |_| None)?;
    client.perform(request, 1_000_000).await
}

fn is_refusal(error: &HttpError) -> bool {
    matches!(error.kind, HttpErrorKind::PrivateAddress { .. } | HttpErrorKind::Url)
}

/// Spellings that do lead to 127.0.0.1 once nobody looks.
const LOOPBACK: [&str; 10] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "%31%32%37.0.0.1",
    "１２７.０.０.１",
    "0",
    "[::ffff:127.0.0.1]",
];

#[tokio::test]
async fn no_spelling_of_an_inside_address_is_called() {
    let canary = Canary::start().await;
    let config = HttpConfig::default();
    for host in inside_hosts() {
        let error = call(&config, &format!("http://{host}:{}/", canary.port())).await.unwrap_err();
        assert!(is_refusal(&error), "{host}: {error}");
        assert_eq!(error.fate, Fate::NotSent, "{host}");
    }
    assert_eq!(canary.hits(), 0);

    let open = config_allowing(&["0.0.0.0/0", "::/0"]);
    for host in LOOPBACK {
        assert!(inside_hosts().any(|inside| inside == host), "{host} is not in the table");
        call(&open, &format!("http://{host}:{}/", canary.port())).await.unwrap();
    }
    assert_eq!(canary.hits(), LOOPBACK.len());
}

#[tokio::test]
async fn no_redirect_leads_inside() {
    let canary = Canary::start().await;
    let redirector = TestServer::start(|request| async move {
        let target = request.target.split_once('?').map(|(_, target)| target.to_owned()).unwrap_or_default();
        Reply::redirect(302, &target)
    })
    .await;
    let config = config_allowing(&[&redirector.address().to_string()]);
    let through = |target: String| format!("{}/?{target}", redirector.url());
    for host in inside_hosts() {
        // Spelled as it is: what cannot stand in a request line the server would send by itself.
        let target = format!("http://{host}:{}/", canary.port());
        let target = if target.is_ascii() { target } else { url::Url::parse(&target).unwrap().to_string() };
        let error = call(&config, &through(target)).await.unwrap_err();
        assert!(is_refusal(&error) || error.kind == HttpErrorKind::BadRedirect, "{host}: {error}");
        assert_eq!(error.fate, Fate::Unknown, "the redirecting site was reached");
    }
    for target in ["file:///etc/passwd", "ftp://example.com/", "javascript:1", "//127.0.0.1/"] {
        assert!(call(&config, &through(target.to_owned())).await.is_err(), "{target}");
    }
    assert_eq!(canary.hits(), 0);

    let open = config_allowing(&["127.0.0.0/8"]);
    call(&open, &through(format!("http://127.1:{}/", canary.port()))).await.unwrap();
    assert_eq!(canary.hits(), 1);
}

#[tokio::test]
async fn no_name_leads_inside() {
    let canary = Canary::start().await;
    let url = format!("http://rebind.example:{}/", canary.port());
    let inside = [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for address in inside {
        let config = HttpConfig { resolver: Some(FakeResolver::new(&[&[address]])), ..HttpConfig::default() };
        let error = call(&config, &url).await.unwrap_err();
        assert_eq!(
            error.kind,
            HttpErrorKind::PrivateAddress { host: "rebind.example".to_owned() },
            "{address}"
        );
        assert_eq!(error.fate, Fate::NotSent);
    }
    // One inside address among public ones is enough.
    let mixed = HttpConfig {
        resolver: Some(FakeResolver::new(&[&["1.1.1.1", "127.0.0.1"]])),
        ..HttpConfig::default()
    };
    assert!(is_refusal(&call(&mixed, &url).await.unwrap_err()));
    assert_eq!(canary.hits(), 0);

    let open = HttpConfig {
        resolver: Some(FakeResolver::new(&[&["127.0.0.1"]])),
        ..config_allowing(&["127.0.0.0/8"])
    };
    call(&open, &url).await.unwrap();
    assert_eq!(canary.hits(), 1);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_caught() {
    let canary = Canary::start().await;
    let port = canary.port();
    // The same port of another loopback address, which alone is allowed.
    let listener = std::net::TcpListener::bind(("127.0.0.2", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let _ = stream.read(&mut [0; 1024]).await;
            let answer =
                b"HTTP/1.1 302 Found\r\nlocation: /again\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    let url = format!("http://rebind.example:{port}/");
    let resolver = FakeResolver::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let config = HttpConfig { resolver: Some(resolver.clone()), ..config_allowing(&["127.0.0.2"]) };
    let error = call(&config, &url).await.unwrap_err();
    assert!(is_refusal(&error), "{error}");
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 2, "the name was asked for once per connection");
    assert_eq!(canary.hits(), 0);

    let resolver = FakeResolver::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let open = HttpConfig { resolver: Some(resolver), ..config_allowing(&["127.0.0.0/8"]) };
    call(&open, &url).await.unwrap();
    assert_eq!(canary.hits(), 1);
}

#[tokio::test]
async fn a_name_the_operator_opened_is_opened_for_one_port() {
    let canary = Canary::start().await;
    let resolver = FakeResolver::new(&[&["127.0.0.1"]]);
    let allow = format!("bot-api:{}", canary.port());
    let config = HttpConfig { resolver: Some(resolver), ..config_allowing(&[&allow]) };
    call(&config, &format!("http://bot-api:{}/", canary.port())).await.unwrap();
    assert_eq!(canary.hits(), 1);
    for url in [
        "http://bot-api/".to_owned(),
        format!("http://127.0.0.1:{}/", canary.port()),
        format!("http://other:{}/", canary.port()),
    ] {
        assert!(is_refusal(&call(&config, &url).await.unwrap_err()), "{url}");
    }
    assert_eq!(canary.hits(), 1);
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    // Set for the whole process: nextest runs every test in its own.
    let canary = Canary::start().await;
    let proxy = format!("http://127.0.0.1:{}", canary.port());
    // SAFETY: no other thread of this process reads the environment yet.
    #[allow(unsafe_code, reason = "the only way to set a proxy for this process")]
    unsafe {
        std::env::set_var("http_proxy", &proxy);
        std::env::set_var("HTTP_PROXY", &proxy);
        std::env::set_var("ALL_PROXY", &proxy);
    }
    let config = HttpConfig { resolver: Some(FakeResolver::new(&[&["127.0.0.1"]])), ..HttpConfig::default() };
    assert!(call(&config, "http://site.example/").await.is_err());
    assert_eq!(canary.hits(), 0);
}
