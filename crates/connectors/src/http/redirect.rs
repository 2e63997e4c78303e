//! Redirects: where they lead, and what goes along.

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, USER_AGENT};
use reqwest::{Method, StatusCode};
use url::Url;

use super::error::{HttpError, HttpErrorKind};
use super::{HttpRequest, RawAnswer};

/// What another site may see. Everything else might be a secret: a list of names that are would never be whole.
const HARMLESS: [HeaderName; 4] = [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT];

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads; `None` when the answer does not say.
pub(super) fn location(answer: &RawAnswer, from: &Url) -> Result<Option<Url>, HttpError> {
    let Some(location) = answer.headers.get(LOCATION) else { return Ok(None) };
    let bad = || HttpError::unknown(HttpErrorKind::BadRedirect);
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| bad())?;
    from.join(location).map(Some).map_err(|_| bad())
}

impl HttpRequest {
    /// Turns the request into the one that follows a redirect (RFC 9110, section 15.4; the change of method as
    /// browsers do it, <https://fetch.spec.whatwg.org/#http-redirect-fetch>).
    pub(super) fn redirect_to(&mut self, status: StatusCode, next: Url) -> Result<(), HttpError> {
        let becomes_get = match status.as_u16() {
            301 | 302 => self.method == Method::POST,
            303 => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.body_has_secret = false;
            self.headers.remove(CONTENT_TYPE);
        }
        if next.origin() != self.url.origin() {
            if self.body_has_secret {
                return Err(HttpError::unknown(HttpErrorKind::RedirectWithSecret));
            }
            self.headers = harmless(&self.headers);
        }
        self.url = next;
        Ok(())
    }
}

fn harmless(headers: &HeaderMap) -> HeaderMap {
    headers
        .iter()
        .filter(|(name, value)| HARMLESS.contains(name) && !value.is_sensitive())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
