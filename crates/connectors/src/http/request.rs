//! A scenario's request with its secrets put in.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use engine::effect::{HttpCall, Login, SecretPart, SecretText};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::MAX_TIMEOUT;
use super::error::{HttpError, HttpErrorKind, Scrubber};
use super::multipart;
use crate::Secret;
use crate::channels::FileContent;

/// A request that is ready to go. It holds secrets: no `Debug`.
pub struct HttpRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) body_has_secret: bool,
    pub(super) timeout: Duration,
    secrets: Vec<Secret>,
}

/// What stays as it is when a secret stands inside a URL: the unreserved characters, and the colon of a bot's token.
const IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// How a text is escaped for its place.
#[derive(Clone, Copy)]
enum Place {
    Url,
    Json,
    Form,
    Plain,
}

impl HttpRequest {
    /// Puts the secrets in, each escaped for its place, and checks everything that can be checked before sending.
    /// A secret that begins a URL goes in as it is: it may be the whole address.
    ///
    /// # Errors
    /// Names the option that cannot be sent.
    pub fn prepare(call: &HttpCall, find_secret: impl Fn(&str) -> Option<Secret>) -> Result<Self, HttpError> {
        Self::prepare_with_files(call, find_secret, |_| None)
    }

    /// The same for a request that carries files, which were fetched before: `find_file` knows them by their ids.
    ///
    /// # Errors
    /// Names the option that cannot be sent.
    pub fn prepare_with_files<'a>(
        call: &'a HttpCall,
        find_secret: impl Fn(&str) -> Option<Secret>,
        find_file: impl Fn(&str) -> Option<&'a FileContent>,
    ) -> Result<Self, HttpError> {
        let mut secrets = Secrets { find: &find_secret, used: Vec::new() };
        let method = parse_method(&call.method)?;
        let url = secrets.resolve(&call.url, Place::Url)?;
        let mut url = Url::parse(url.trim()).map_err(|_| HttpError::not_sent(HttpErrorKind::Url))?;
        for (name, value) in &call.query {
            let value = secrets.resolve(value, Place::Plain)?;
            url.query_pairs_mut().append_pair(name, &value);
        }
        let mut headers = HeaderMap::with_capacity(call.headers.len() + 1);
        for (name, value) in &call.headers {
            let (name, value) =
                parse_header(name, &secrets.resolve(value, Place::Plain)?, has_secret(value))?;
            // Only what the client can decompress may be asked for, and it asks by itself.
            if name != ACCEPT_ENCODING {
                headers.append(name, value);
            }
        }
        if let Some(login) = &call.login {
            headers.insert(AUTHORIZATION, secrets.basic(login)?);
        }
        if let (Some(content_type), false) = (&call.content_type, headers.contains_key(CONTENT_TYPE)) {
            let (name, value) = parse_header(CONTENT_TYPE.as_str(), content_type, false)?;
            headers.insert(name, value);
        }
        let place = body_place(&headers);
        let mut body = match &call.body {
            Some(body) => Some(Bytes::from(secrets.resolve(body, place)?)),
            None => None,
        };
        let mut body_has_secret = call.body.as_ref().is_some_and(has_secret);
        if !call.parts.is_empty() {
            let texts = |text: &SecretText| secrets.resolve(text, Place::Plain);
            let form = multipart::write(&call.parts, texts, find_file)?;
            body_has_secret = form.has_secret;
            body = Some(form.body);
            // It names what stands between the parts: nobody else can know that.
            headers.insert(CONTENT_TYPE, form.content_type);
        }
        let timeout = Duration::from_millis(call.timeout_ms).min(MAX_TIMEOUT);
        Ok(Self { method, url, headers, body, body_has_secret, timeout, secrets: secrets.used })
    }

    /// Names the request for ever, so that the other side can tell a repetition. A key the scenario set stays.
    pub fn with_idempotency_key(mut self, key: &str) -> Self {
        const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
        if let Ok(value) = HeaderValue::from_str(key) {
            self.headers.entry(IDEMPOTENCY_KEY).or_insert(value);
        }
        self
    }

    pub(super) fn scrubber(&self) -> Scrubber {
        Scrubber(self.secrets.clone())
    }
}

struct Secrets<'a> {
    find: &'a dyn Fn(&str) -> Option<Secret>,
    used: Vec<Secret>,
}

impl Secrets<'_> {
    /// RFC 7617; a colon would end the name.
    fn basic(&mut self, login: &Login) -> Result<HeaderValue, HttpError> {
        let bad = || HttpError::not_sent(HttpErrorKind::Header("Authorization".to_owned()));
        let user = self.resolve(&login.user, Place::Plain)?;
        let password = self.resolve(&login.password, Place::Plain)?;
        if user.contains(':') {
            return Err(bad());
        }
        let encoded = BASE64.encode(format!("{user}:{password}"));
        let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).map_err(|_| bad())?;
        value.set_sensitive(true);
        // An error that shows the header shows neither of them.
        self.used.push(Secret::new(encoded));
        Ok(value)
    }

    fn resolve(&mut self, text: &SecretText, place: Place) -> Result<String, HttpError> {
        let mut resolved = String::new();
        for part in &text.0 {
            match part {
                SecretPart::Text(text) => resolved.push_str(text),
                SecretPart::Secret(name) => {
                    let secret = (self.find)(name)
                        .ok_or_else(|| HttpError::not_sent(HttpErrorKind::MissingSecret(name.clone())))?;
                    let begins_url = matches!(place, Place::Url) && resolved.trim().is_empty();
                    let place = if begins_url { Place::Plain } else { place };
                    resolved.push_str(&escape(secret.expose(), place));
                    if !secret.expose().is_empty() {
                        self.used.push(secret);
                    }
                }
            }
        }
        Ok(resolved)
    }
}

fn escape(text: &str, place: Place) -> Cow<'_, str> {
    match place {
        Place::Url => utf8_percent_encode(text, IN_URL).into(),
        Place::Form => utf8_percent_encode(text, NON_ALPHANUMERIC).into(),
        Place::Json => {
            let quoted = serde_json::Value::from(text).to_string();
            quoted
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .unwrap_or_default()
                .to_owned()
                .into()
        }
        Place::Plain => text.into(),
    }
}

pub(super) fn has_secret(text: &SecretText) -> bool {
    text.0.iter().any(|part| matches!(part, SecretPart::Secret(_)))
}

fn body_place(headers: &HeaderMap) -> Place {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_ascii_lowercase();
    if content_type.contains("json") {
        Place::Json
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        Place::Form
    } else {
        Place::Plain
    }
}

fn parse_method(method: &str) -> Result<Method, HttpError> {
    let name = method.trim().to_ascii_uppercase();
    match name.as_str() {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "HEAD" => Ok(Method::HEAD),
        "OPTIONS" => Ok(Method::OPTIONS),
        _ => Err(HttpError::not_sent(HttpErrorKind::Method(method.to_owned()))),
    }
}

fn parse_header(name: &str, value: &str, secret: bool) -> Result<(HeaderName, HeaderValue), HttpError> {
    let bad = || HttpError::not_sent(HttpErrorKind::Header(name.to_owned()));
    let parsed = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad())?;
    if is_forbidden(parsed.as_str()) {
        return Err(HttpError::not_sent(HttpErrorKind::ForbiddenHeader(name.to_owned())));
    }
    let mut value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| bad())?;
    value.set_sensitive(secret);
    Ok((parsed, value))
}

/// Headers of the connection itself, and the ones that open the metadata services of clouds.
fn is_forbidden(name: &str) -> bool {
    const CONNECTION: [&str; 10] = [
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "expect",
        "http2-settings",
    ];
    const METADATA: [&str; 5] =
        ["metadata", "metadata-flavor", "metadata-token", "x-google-metadata-request", "x-metadata-token"];
    CONNECTION.contains(&name)
        || METADATA.contains(&name)
        || name.starts_with("proxy-")
        || name.starts_with("x-aws-ec2-metadata-token")
}

#[cfg(test)]
mod tests;
