//! `POST /telegram/{bot}/webhook`: updates of a Telegram bot, acknowledged once they are stored.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use connectors::channels::IngressRequest;
use engine::ids::BotId;

use crate::error::ApiError;
use crate::services::Services;

/// `POST /telegram/{bot}/webhook`
pub async fn take_update(
    services: web::Data<Services>,
    bot: web::Path<i64>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let header = |name: &str| request.headers().get(name).map(|value| value.as_bytes());
    let ingress = IngressRequest {
        method: request.method().as_str(),
        header: &header,
        query: request.query_string(),
        body: &body,
    };
    let response = services.runtime.ingress(BotId(*bot), &ingress).await?;
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    Ok(HttpResponse::build(status).content_type(response.content_type).body(response.body.into_owned()))
}
