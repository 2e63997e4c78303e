//! The one HTTP client: guarded against requests to the inside, bounded in size and time.
//!
//! Three walls, because each alone has holes. [`guard`] judges the parsed host of every URL: reqwest connects to
//! an IP literal without asking its resolver. `resolver` judges every address a name resolves to, and what it
//! answers is what is connected to, so that a name cannot change its mind in between. Redirects are followed here,
//! each one checked like a first request. Start with [`HttpClient::perform`].

mod answer;
mod error;
pub mod guard;
pub(crate) mod multipart;
mod redirect;
mod request;
mod resolver;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::effect::HttpAnswer;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use tokio::time::Instant;
use url::Url;

pub use error::{Fate, HttpError, HttpErrorKind};
pub use guard::{AllowPrivate, AllowPrivateError};
pub use request::HttpRequest;
pub(crate) use tls::tls_config;

use guard::Road;
use resolver::GuardedResolver;

/// Redirects one request may follow.
pub const MAX_REDIRECTS: usize = 5;

/// Longest time one scenario's request may take, whatever it asks for.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(600);

/// How the clients are built.
#[derive(Clone)]
pub struct HttpConfig {
    /// Private addresses scenarios may call.
    pub allow_private: AllowPrivate,
    /// Private addresses of messengers' API servers, such as a Bot API server of one's own.
    pub allow_private_channels: AllowPrivate,
    /// Time for DNS, TCP and TLS together. A request that fails in it was surely not sent.
    pub connect_timeout: Duration,
    /// Replaces the system's resolver. Its answers are checked all the same.
    pub resolver: Option<Arc<dyn reqwest::dns::Resolve>>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            allow_private: AllowPrivate::default(),
            allow_private_channels: AllowPrivate::default(),
            connect_timeout: Duration::from_secs(10),
            resolver: None,
        }
    }
}

/// The clients cannot be built on this machine.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// A guarded HTTP client. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct HttpClient {
    /// Its resolver answers with public and allowed addresses only.
    guarded: reqwest::Client,
    /// For the authorities the operator named; its resolver answers with anything.
    trusted: reqwest::Client,
    allow: Arc<AllowPrivate>,
}

impl HttpClient {
    pub(crate) fn new(
        config: &HttpConfig,
        allow: AllowPrivate,
        tls: &rustls::ClientConfig,
    ) -> Result<Self, SetupError> {
        let allow = Arc::new(allow);
        let build = |resolver: GuardedResolver| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(resolver)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(config.connect_timeout)
                // Shorter than the messengers keep a silent connection: one they just closed would make the
                // fate of a send unknown.
                .pool_idle_timeout(Duration::from_secs(30))
                .user_agent(concat!("Scenaria/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        Ok(Self {
            guarded: build(GuardedResolver::new(config.resolver.clone(), Some(Arc::clone(&allow))))?,
            trusted: build(GuardedResolver::new(config.resolver.clone(), None))?,
            allow,
        })
    }

    /// A client for scenarios alone, outside of [`crate::Connectors`].
    ///
    /// # Errors
    /// When the machine offers no way to set up TLS.
    pub fn for_scenarios(config: &HttpConfig) -> Result<Self, SetupError> {
        Self::new(config, config.allow_private.clone(), &tls_config()?)
    }

    /// Performs a scenario's request, redirects included, and reads at most `max_body_bytes` of the answer
    /// (counted after decompression).
    ///
    /// # Errors
    /// Any answer of the other side is an answer, whatever its status; an error means there was none.
    pub async fn perform(
        &self,
        request: HttpRequest,
        max_body_bytes: usize,
    ) -> Result<HttpAnswer, HttpError> {
        self.perform_raw(request, max_body_bytes).await.map(answer::to_http_answer)
    }

    /// The same for a file: its bytes, and what the other side says they are.
    ///
    /// # Errors
    /// No answer, or one without success.
    pub(crate) async fn download(
        &self,
        request: HttpRequest,
        max_body_bytes: usize,
    ) -> Result<(Option<String>, Bytes), HttpError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let answer = self.perform_raw(request, max_body_bytes).await?;
        if !answer.status.is_success() {
            let detail = format!("status {}", answer.status.as_u16());
            return Err(HttpError::unknown(HttpErrorKind::Broken { host, detail }));
        }
        let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok((content_type.map(str::to_owned), answer.body))
    }

    async fn perform_raw(&self, request: HttpRequest, max_body_bytes: usize) -> Result<RawAnswer, HttpError> {
        let scrubber = request.scrubber();
        let deadline = Instant::now() + request.timeout;
        let timeout = request.timeout;
        let exchange = self.follow(request, deadline, max_body_bytes);
        match tokio::time::timeout_at(deadline, exchange).await {
            Ok(answer) => answer.map_err(|error| scrubber.clean(error)),
            Err(_) => Err(HttpError::unknown(HttpErrorKind::Timeout { ms: timeout.as_millis() })),
        }
    }

    async fn follow(
        &self,
        mut request: HttpRequest,
        deadline: Instant,
        max_body_bytes: usize,
    ) -> Result<RawAnswer, HttpError> {
        let mut redirects = 0;
        loop {
            let remaining = deadline.saturating_duration_since(Instant::now());
            let answer = self
                .exchange(Exchange {
                    method: request.method.clone(),
                    url: request.url.clone(),
                    headers: request.headers.clone(),
                    body: request.body.clone(),
                    timeout: remaining,
                    max_body_bytes,
                })
                .await
                // The first request has been answered: nothing after it is "not sent" any more.
                .map_err(|error| if redirects == 0 { error } else { error.after_a_redirect() })?;
            if !redirect::is_redirect(answer.status) {
                return Ok(answer);
            }
            let Some(next) = redirect::location(&answer, &request.url)? else { return Ok(answer) };
            redirects += 1;
            if redirects > MAX_REDIRECTS {
                return Err(HttpError::unknown(HttpErrorKind::TooManyRedirects));
            }
            request.redirect_to(answer.status, next)?;
        }
    }

    /// One request and its answer; follows no redirect.
    pub(crate) async fn exchange(&self, exchange: Exchange) -> Result<RawAnswer, HttpError> {
        let Exchange { method, url, headers, body, timeout, max_body_bytes } = exchange;
        let client = match guard::check(&url, &self.allow)? {
            Road::Guarded => &self.guarded,
            Road::Trusted => &self.trusted,
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut builder = client.request(method, url).headers(headers).timeout(timeout);
        if let Some(body) = body {
            builder = builder.body(body);
        }
        let mut response =
            builder.send().await.map_err(|error| HttpError::from_reqwest(&error, &host, timeout))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let broken = |error: reqwest::Error| HttpError::from_reqwest(&error, &host, timeout);
        // Most answers are one chunk, which is kept as it is.
        let mut body = response.chunk().await.map_err(broken)?.unwrap_or_default();
        let mut joined = Vec::new();
        let too_large = || HttpError::unknown(HttpErrorKind::TooLarge { limit: max_body_bytes });
        if body.len() > max_body_bytes {
            return Err(too_large());
        }
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if joined.is_empty() {
                joined.extend_from_slice(&body);
            }
            if joined.len() + chunk.len() > max_body_bytes {
                return Err(too_large());
            }
            joined.extend_from_slice(&chunk);
        }
        if !joined.is_empty() {
            body = joined.into();
        }
        Ok(RawAnswer { status, headers, body })
    }
}

/// One request.
pub(crate) struct Exchange {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    pub timeout: Duration,
    pub max_body_bytes: usize,
}

/// What came back, unread.
pub(crate) struct RawAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}
