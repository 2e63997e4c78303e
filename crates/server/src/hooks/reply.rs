//! What a scenario answers to whoever called it: at once, or behind a poll address.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::ids::EventId;
use engine::message::Response;
use engine::value::Value;
use runtime::{OutsideCall, Pending};
use serde::Serialize;

use crate::error::{ApiError, Code};
use crate::services::Services;

/// How long a caller is kept waiting, the queue included.
pub const WAIT: Duration = Duration::from_secs(25);

/// Where a late reply can be fetched.
#[derive(Serialize)]
struct Later {
    poll: String,
}

/// Longest name of a call, in characters.
const KEY_CHARS: usize = 255;

/// What the caller calls this call, so that he may make it again when he was cut off before an answer: the header of
/// <https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-06>, whose quotes are his.
///
/// # Errors
/// Empty, too long, or other characters than those of ASCII that can be seen.
pub fn key_of(request: &HttpRequest) -> Result<Option<String>, ApiError> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let seen = |key: &&str| {
        (1..=KEY_CHARS).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    };
    match value.to_str().ok().map(str::trim).filter(seen) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(ApiError::new(Code::BadRequest).detail(
            format!("Idempotency-Key must be 1 to {KEY_CHARS} letters, digits and signs of ASCII."),
            format!("Idempotency-Key — это от 1 до {KEY_CHARS} латинских букв, цифр и знаков."),
        )),
    }
}

/// Hands a call to the scenario and waits for its reply.
pub async fn call(services: &Services, call: OutsideCall) -> Result<HttpResponse, ApiError> {
    let pending = services.runtime.call(call).await?;
    Ok(wait(services, pending).await)
}

/// Waits for the reply to a call that was taken.
pub async fn wait(services: &Services, pending: Pending) -> HttpResponse {
    let poll = services.public_url.at(&format!("/replies/{}-{}", pending.event, pending.secret));
    match services.runtime.reply(pending, WAIT).await {
        Some(response) => render(response),
        None => later(poll),
    }
}

/// `GET /replies/{event}-{secret}`
pub async fn get_reply(
    services: web::Data<Services>,
    address: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (event, secret) = address.split_once('-').ok_or_else(ApiError::not_found)?;
    let event = EventId(event.parse().map_err(|_| ApiError::not_found())?);
    match services.runtime.find_reply(event, secret.to_owned()).await? {
        Some(response) => Ok(render(response)),
        None => Err(ApiError::not_found()),
    }
}

fn later(poll: String) -> HttpResponse {
    HttpResponse::Accepted().insert_header((header::RETRY_AFTER, "2")).json(Later { poll })
}

/// A text goes out as it is, everything else as JSON. Never as a type that a browser would run: what is served
/// here shares its origin with the mini apps.
fn render(response: Response) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    let mut builder = HttpResponse::build(status);
    match response.body {
        Value::Null => builder.finish(),
        Value::Text(text) => builder.content_type("text/plain; charset=utf-8").body(text),
        other => builder.content_type("application/json").body(other.to_json().to_string()),
    }
}
