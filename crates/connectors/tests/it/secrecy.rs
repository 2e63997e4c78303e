//! Tokens and secrets stay out of the log, even at the finest level and in the libraries below.

use std::io::Write;
use std::sync::{Arc, Mutex};

use connectors::channels::{Outgoing, SendOutcome};
use connectors::http::{AllowPrivate, HttpConfig, HttpRequest};
use connectors::testing::{FakeBotApi, Scripted};
use connectors::{Connectors, Secret};
use engine::effect::{SecretPart, SecretText};
use engine::event::Peer;
use engine::message::{Message, RichText};
use tracing_subscriber::fmt::MakeWriter;

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn nothing_secret_is_logged() {
    const SECRET: &str = "v3ry-s3cret-key";
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).init();
    let fake = FakeBotApi::start().await;
    let config =
        HttpConfig { allow_private: AllowPrivate::parse(["127.0.0.1"]).unwrap(), ..fake.http_config() };
    let connectors = Connectors::new(config).unwrap();
    let telegram = connectors.channel("telegram").unwrap();
    let peer = Peer { chat: "7".to_owned(), thread: None };
    let message = Message { text: RichText::plain("x"), ..Message::default() };
    let out = Outgoing::Message { peer: &peer, message: &message };
    for scripted in
        [Scripted::RetryAfter(1), Scripted::Reset, Scripted::ServerError(500), Scripted::Html(502)]
    {
        fake.script("sendMessage", scripted);
        let outcome = telegram.send(&fake.access(), &out, &|_: &str| None).await;
        assert!(!matches!(outcome, SendOutcome::Sent { .. }));
    }
    let outcome = telegram.send(&fake.access(), &out, &|_: &str| None).await;
    assert!(matches!(outcome, SendOutcome::Sent { .. }));

    let mut call = crate::get("");
    let secret = SecretPart::Secret("KEY".to_owned());
    call.url = SecretText(vec![SecretPart::Text(format!("{}/?key=", fake.base_url())), secret.clone()]);
    call.headers = vec![("Authorization".to_owned(), SecretText(vec![secret]))];
    let request = HttpRequest::prepare(&call, |_| Some(Secret::new(SECRET))).unwrap();
    connectors.http().perform(request, 1000).await.unwrap();

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("hyper"), "the libraries' own events are in the log");
    for secret in [FakeBotApi::TOKEN, "TEST-ONLY", SECRET] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
