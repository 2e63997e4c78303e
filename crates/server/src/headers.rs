//! The headers that keep a browser from doing what a page did not mean.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::cookie;
use crate::auth::csrf::NewVisitor;
use crate::flash;
use crate::request::{ForPrograms, random};

/// What style elements of this page must carry: the canvas and the editors make some at run time.
#[derive(Clone)]
pub struct Nonce(String);

impl Nonce {
    pub fn of(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map(|nonce| nonce.0.clone()).unwrap_or_default()
    }
}

/// Origins a page may show in a frame besides its own; set by the handler.
#[derive(Clone)]
pub struct MayFrame(pub String);

/// A page that shows pictures and plays sounds from wherever they are; set by the handler.
#[derive(Clone, Copy)]
pub struct MayShowMedia;

/// Middleware for the admin listener.
pub async fn admin<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let nonce = STANDARD.encode(random::<16>());
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = next.call(request).await?;
    let frames = response.request().extensions().get::<MayFrame>().map(|frame| frame.0.clone());
    let media = response.request().extensions().get::<MayShowMedia>().is_some();
    let shown_flash = flash::is_shown(response.request());
    let visitor =
        response.request().extensions().get::<NewVisitor>().map(|NewVisitor(secret)| secret.clone());
    let visitor = visitor.map(|secret| cookie::visitor(response.request(), &secret).to_string());
    let headers = response.headers_mut();
    // A file of a builder brings a stricter one.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        insert(headers, header::CONTENT_SECURITY_POLICY, &policy(&nonce, frames.as_deref(), media));
    }
    insert(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(headers, header::REFERRER_POLICY, "same-origin");
    insert(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    insert(
        headers,
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        insert(headers, header::CACHE_CONTROL, "no-store");
    }
    if shown_flash {
        flash::clear(headers);
    }
    if let Some(Ok(cookie)) = visitor.map(|cookie| HeaderValue::from_str(&cookie)) {
        headers.append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Middleware for the public listener. Mini apps are shown in frames of messengers, so nothing forbids that;
/// nothing else there is a document, and none of it may be run.
pub async fn public<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    request.extensions_mut().insert(ForPrograms);
    let mut response = next.call(request).await?;
    let is_page = response.request().match_pattern().is_some_and(|pattern| pattern.starts_with("/app/"));
    let headers = response.headers_mut();
    insert(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(headers, header::REFERRER_POLICY, "no-referrer");
    if !is_page && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        insert(
            headers,
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox; frame-ancestors 'none'",
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        insert(headers, header::CACHE_CONTROL, "no-store");
    }
    Ok(response)
}

fn policy(nonce: &str, frames: Option<&str>, media: bool) -> String {
    let frames = frames.unwrap_or("'none'");
    let (images, sounds) = if media { (" https:", " https:") } else { ("", "") };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:{images}; \
         media-src 'self'{sounds}; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         frame-src {frames}"
    )
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
