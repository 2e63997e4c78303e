//! Forms and scripts of other sites cannot act in a signed-in browser.
//!
//! Every request that is not a GET must carry the session's token, as header `X-CSRF-Token` or form field
//! `_csrf` (the first one of a form with files), and must not come from another origin. Before sign-in a visitor's cookie takes the session's
//! place. API tokens travel in a header no other site can set, so bearer requests are exempt.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use futures_util::{StreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{Session, cookie};
use crate::error::{ApiError, Code, refuse};

/// Largest form: a scenario document or a mini app with some air.
pub const FORM_BYTES: usize = 4 * 1024 * 1024;
/// Where the token of a form with files must have come.
const FIRST_FIELD_BYTES: usize = 16 * 1024;

/// Middleware; stands inside the one that finds the session.
pub async fn protect<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe
        && !super::bearer::is_used(request.request())
        && let Err(error) = check(&mut request).await
    {
        return Ok(refuse(request, error).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// A cookie to be set with the response: the page has a form, and the visitor had no cookie.
pub struct NewVisitor(pub String);

/// The token a page puts into its forms.
pub fn token(request: &HttpRequest) -> String {
    expected(request).unwrap_or_else(|| {
        let secret = cookie::new_secret();
        let token = of_visitor(&secret);
        request.extensions_mut().insert(NewVisitor(secret));
        token
    })
}

fn expected(request: &HttpRequest) -> Option<String> {
    if let Some(session) = request.extensions().get::<Session>() {
        return Some(session.csrf.clone());
    }
    cookie::visitor_secret(request).map(|secret| of_visitor(&secret))
}

/// The token that goes with a visitor's cookie.
fn of_visitor(secret: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(b"scenaria form");
    hex::encode(mac.finalize().into_bytes())
}

async fn check(request: &mut ServiceRequest) -> Result<(), ApiError> {
    if !is_own_origin(request.request()) {
        return Err(ApiError::new(Code::CsrfRefused));
    }
    let expected = expected(request.request()).ok_or_else(|| ApiError::new(Code::CsrfRefused))?;
    let sent = match request.headers().get("x-csrf-token") {
        Some(header) => header.to_str().ok().map(str::to_owned),
        None => from_form(request, &expected).await?,
    };
    match sent {
        Some(sent) if bool::from(sent.as_bytes().ct_eq(expected.as_bytes())) => Ok(()),
        _ => Err(ApiError::new(Code::CsrfRefused)),
    }
}

/// A browser that names another origin is refused; one that names none is judged by the token alone.
fn is_own_origin(request: &HttpRequest) -> bool {
    if request.headers().get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site") {
        return false;
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let named = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    named.is_some() && named == host
}

/// Reads the field `_csrf` and puts the body back for the handler.
async fn from_form(request: &mut ServiceRequest, expected: &str) -> Result<Option<String>, ApiError> {
    match request.content_type() {
        "application/x-www-form-urlencoded" => from_urlencoded(request).await,
        "multipart/form-data" => from_multipart(request, expected).await,
        _ => Ok(None),
    }
}

async fn from_urlencoded(request: &mut ServiceRequest) -> Result<Option<String>, ApiError> {
    let payload = request.extract::<web::Payload>().await.map_err(|_| ApiError::new(Code::BadRequest))?;
    let body = match payload.to_bytes_limited(FORM_BYTES).await {
        Ok(body) => body.map_err(|_| ApiError::new(Code::BadRequest))?,
        Err(_) => return Err(ApiError::new(Code::TooLarge)),
    };
    let sent = url::form_urlencoded::parse(&body)
        .find(|(name, _)| name == "_csrf")
        .map(|(_, value)| value.into_owned());
    request.set_payload(body.into());
    Ok(sent)
}

/// The field comes first, and what follows may be files: only the beginning is read here.
async fn from_multipart(request: &mut ServiceRequest, expected: &str) -> Result<Option<String>, ApiError> {
    // Only the part's header and value are looked for: whoever can write them knows the token.
    let part = format!("name=\"_csrf\"\r\n\r\n{expected}\r\n");
    let mut rest = request.take_payload();
    let mut begin = web::BytesMut::new();
    let mut found = false;
    while !found && begin.len() < FIRST_FIELD_BYTES {
        let Some(bytes) = rest.next().await else { break };
        begin.extend_from_slice(&bytes.map_err(|_| ApiError::new(Code::BadRequest))?);
        let first = begin.get(..FIRST_FIELD_BYTES).unwrap_or(&begin);
        found = first.windows(part.len()).any(|window| window == part.as_bytes());
    }
    let whole = stream::iter([Ok(begin.freeze())]).chain(rest);
    request.set_payload(Payload::Stream { payload: Box::pin(whole) });
    Ok(found.then(|| expected.to_owned()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_our_own_origin_may_write() {
        let check = |headers: &[(&'static str, &str)], own: bool| {
            let mut request = TestRequest::post().insert_header(("host", "admin.example.org"));
            for (name, value) in headers {
                request = request.insert_header((*name, *value));
            }
            assert_eq!(is_own_origin(&request.to_http_request()), own, "{headers:?}");
        };
        check(&[], true);
        check(&[("origin", "https://admin.example.org")], true);
        check(&[("origin", "https://evil.example.org")], false);
        check(&[("origin", "https://admin.example.org.evil.org")], false);
        check(&[("origin", "null")], false);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-origin")], true);
    }
}
