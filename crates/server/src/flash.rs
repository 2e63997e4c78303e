//! One sentence that survives a redirect: "saved", "deleted". The cookie carries its key, never its text.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use crate::locale::Texts;

const NAME: &str = "scenaria_flash";

/// Marks a request whose page shows the sentence.
struct Shown;

/// Goes on to another page after a form was taken.
pub fn see_other(to: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::SEE_OTHER).insert_header((header::LOCATION, to)).finish()
}

/// The same, and the page there says this.
pub fn see_other_with(to: &str, key: &'static str) -> HttpResponse {
    let cookie = Cookie::build(NAME, key).path("/").http_only(true).same_site(SameSite::Lax).finish();
    HttpResponse::build(StatusCode::SEE_OTHER).insert_header((header::LOCATION, to)).cookie(cookie).finish()
}

/// The sentence to show, once.
pub fn take(request: &HttpRequest, texts: Texts) -> Option<String> {
    let cookie = request.cookie(NAME)?;
    let key = cookie.value().strip_prefix("flash-")?;
    let text = texts.find(&format!("flash-{key}"))?;
    request.extensions_mut().insert(Shown);
    Some(text.into_owned())
}

pub fn is_shown(request: &HttpRequest) -> bool {
    request.extensions().get::<Shown>().is_some()
}

pub fn clear(headers: &mut HeaderMap) {
    let cookie = format!("{NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}
