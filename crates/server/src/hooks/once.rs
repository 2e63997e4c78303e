//! `GET|POST|PUT /webhook/once/{secret}`: a run gave this address out and waits for the call, for one.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use runtime::AddressCall;

use super::{reply, webhook};
use crate::error::{ApiError, Code};
use crate::payload::RequestParts;
use crate::services::Services;

/// Messengers fetch the links of messages to show what they lead to. That is nobody's answer, and must not use the
/// address up.
const PREVIEWERS: [&str; 9] = [
    "telegrambot",
    "whatsapp",
    "facebookexternalhit",
    "twitterbot",
    "slackbot",
    "discordbot",
    "vkshare",
    "linkedinbot",
    "skypeuripreview",
];

/// `GET|POST|PUT /webhook/once/{secret}`
pub async fn call_address(
    services: web::Data<Services>,
    secret: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    if is_preview(&request) {
        return Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish());
    }
    let parts = RequestParts::of(&request, &body);
    let described = webhook::describe(&request, &parts)?;
    let key = reply::key_of(&request)?;
    match services.runtime.call_address(&secret, described, key.as_deref()).await? {
        AddressCall::Taken(pending) => Ok(reply::wait(&services, pending).await),
        AddressCall::Over => Err(ApiError::new(Code::AddressOver)),
        AddressCall::Unknown => Err(ApiError::not_found()),
    }
}

fn is_preview(request: &HttpRequest) -> bool {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    request.method() == actix_web::http::Method::GET
        && agent.is_some_and(|agent| {
            let agent = agent.to_ascii_lowercase();
            PREVIEWERS.iter().any(|known| agent.contains(known))
        })
}
