//! `GET|POST /webhook/{secret}`: an inbound webhook starts the scenario behind it.
//!
//! The secret in the address is the proof. A mini app that sends `quescha` along is verified as well, and then
//! the run knows its subscriber.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::value::{Map, Value};
use runtime::{OutsideCall, OutsideKind};
use store::webhooks::{self, Webhook};

use super::reply;
use crate::auth::session::hash;
use crate::error::{ApiError, Code};
use crate::miniapp::{MiniAppCall, verify};
use crate::payload::{self, RequestParts};
use crate::services::Services;

/// Headers a scenario does not get to see: they authenticate somebody to somebody else.
const HIDDEN_HEADERS: [header::HeaderName; 3] =
    [header::COOKIE, header::AUTHORIZATION, header::PROXY_AUTHORIZATION];

/// `GET|POST /webhook/{secret}`
pub async fn call_webhook(
    services: web::Data<Services>,
    secret: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let hook = find(&services, &secret).await?;
    let parts = RequestParts::of(&request, &body);
    let sender = match MiniAppCall::parse(&parts) {
        Ok(MiniAppCall { quescha: Some(quescha), .. }) => {
            let verified = verify(&services, &quescha).await?;
            if verified.bot != hook.bot_id {
                return Err(ApiError::new(Code::InitDataRefused));
            }
            verified.sender
        }
        // A body that is a list or a text is no mini app's, and fine.
        _ => None,
    };
    let kind = OutsideKind::Webhook {
        webhook: hook.id,
        scenario: hook.scenario_id,
        trigger: hook.trigger_id,
        request: describe(&request, &parts)?,
    };
    reply::call(&services, OutsideCall { bot: hook.bot_id, sender, kind, key: reply::key_of(&request)? })
        .await
}

async fn find(services: &Services, secret: &str) -> Result<Webhook, ApiError> {
    let secret_hash = hash(secret);
    let found =
        services.read(move |connection| Ok(webhooks::find_by_secret_hash(connection, &secret_hash)?)).await?;
    found.ok_or_else(ApiError::not_found)
}

/// What the scenario reads as `_request`, `_request_headers` and so on.
pub(super) fn describe(request: &HttpRequest, parts: &RequestParts<'_>) -> Result<Map, ApiError> {
    let headers: Map = request
        .headers()
        .iter()
        .filter(|(name, _)| !HIDDEN_HEADERS.contains(name))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), Value::text(value.to_str().ok()?))))
        .collect();
    let method = Value::text(request.method().as_str());
    let query = Value::Object(payload::parse_pairs(parts.query.as_bytes()));
    let body = payload::parse_body(parts)?;
    let whole: Map = [
        ("method", method.clone()),
        ("headers", Value::Object(headers.clone())),
        ("query", query.clone()),
        ("body", body.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    Ok([
        ("request", Value::Object(whole)),
        ("request_method", method),
        ("request_headers", Value::Object(headers)),
        ("request_query", query),
        ("request_body", body),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect())
}
