//! What every handler may want to know of a request: its id, the reader's language and address.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use engine::words::Lang;

use crate::auth::Session;
use crate::locale;
use crate::services::Services;

/// Set on requests of the REST API, and on everything of the public listener: failures are JSON there.
#[derive(Clone, Copy)]
pub struct ForPrograms;

/// Names a request in the log and in what its client is told.
#[derive(Clone)]
pub struct RequestId(String);

impl RequestId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self(String::new()))
    }
}

/// Middleware: gives the request its id and a log line when it fails.
pub async fn identify<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = RequestId(hex::encode(random::<8>()));
    let header = HeaderValue::from_str(id.as_str());
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    let mut response = next.call(request).await?;
    if let Some(services) = response.request().app_data::<web::Data<Services>>() {
        services.responses.count(response.status());
    }
    // The path of a webhook is its secret; the route's pattern is not.
    if response.status().is_server_error() {
        let route = response.request().match_pattern().unwrap_or_default();
        tracing::warn!(request_id = id.as_str(), %route, status = response.status().as_u16(), "request answered");
    } else {
        tracing::debug!(
            request_id = id.as_str(),
            route = response.request().match_pattern().unwrap_or_default(),
            status = response.status().as_u16(),
            took = ?began.elapsed(),
            "request answered"
        );
    }
    if let Ok(header) = header {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), header);
    }
    Ok(response)
}

/// The reader's language: of the profile when signed in, else of the browser.
pub fn lang(request: &HttpRequest) -> Lang {
    if let Some(session) = request.extensions().get::<Session>() {
        return session.lang;
    }
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    locale::from_accept_language(header.unwrap_or_default())
}

/// Whether a failure should be a page.
pub fn wants_html(request: &HttpRequest) -> bool {
    if request.extensions().get::<ForPrograms>().is_some() {
        return false;
    }
    let accept =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html")
}

/// The client's address. A proxy on a private network is believed about the last hop.
pub fn client_ip(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    if !is_neighbour(peer) {
        return Some(peer);
    }
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let last_hop = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    last_hop.or(Some(peer))
}

/// Whether the browser reached us by https, directly or through a proxy beside us.
pub fn is_https(request: &HttpRequest) -> bool {
    let trusted = request.peer_addr().is_none_or(|peer| is_neighbour(peer.ip()));
    trusted && request.headers().get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https")
}

fn is_neighbour(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// Random bytes for ids and secrets.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done then.
#[allow(clippy::expect_used)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// The language of whoever reads the answer.
#[derive(Clone, Copy)]
pub struct Reader {
    pub lang: Lang,
}

impl FromRequest for Reader {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self { lang: lang(request) }))
    }
}
