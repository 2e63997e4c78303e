//! The two cookies of the admin: the session's, and a visitor's before there is a session.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use crate::request::{is_https, random};

/// How long a session lives, in seconds.
pub const SESSION_SECONDS: i64 = 30 * 24 * 3600;

const SESSION: [&str; 2] = ["scenaria_session", "__Host-scenaria_session"];
const VISITOR: [&str; 2] = ["scenaria_visitor", "__Host-scenaria_visitor"];

/// A new unguessable cookie value: 256 bits.
pub fn new_secret() -> String {
    hex::encode(random::<32>())
}

/// The session's secret, if the browser sent one that looks like ours.
pub fn session_secret(request: &HttpRequest) -> Option<String> {
    read(request, SESSION)
}

pub fn visitor_secret(request: &HttpRequest) -> Option<String> {
    read(request, VISITOR)
}

pub fn session(request: &HttpRequest, secret: &str) -> Cookie<'static> {
    build(request, SESSION, secret, Some(SESSION_SECONDS))
}

pub fn visitor(request: &HttpRequest, secret: &str) -> Cookie<'static> {
    build(request, VISITOR, secret, None)
}

pub fn no_session(request: &HttpRequest) -> Cookie<'static> {
    build(request, SESSION, "", Some(0))
}

/// Over https only the `__Host-` name counts: nobody on the network can have planted it.
fn name(request: &HttpRequest, [plain, secure]: [&'static str; 2]) -> &'static str {
    if is_https(request) { secure } else { plain }
}

fn read(request: &HttpRequest, names: [&'static str; 2]) -> Option<String> {
    let cookie = request.cookie(name(request, names))?;
    let value = cookie.value();
    let plausible = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    plausible.then(|| value.to_owned())
}

fn build(
    request: &HttpRequest,
    names: [&'static str; 2],
    value: &str,
    seconds: Option<i64>,
) -> Cookie<'static> {
    let mut cookie = Cookie::build(name(request, names), value.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https(request));
    if let Some(seconds) = seconds {
        cookie = cookie.max_age(Duration::seconds(seconds));
    }
    cookie.finish()
}
