//! `GET|POST /miniapp/callback`: data of a mini app for the bot.

use actix_web::{HttpRequest, HttpResponse, web};
use runtime::{OutsideCall, OutsideKind};

use super::{MiniAppCall, verify};
use crate::error::{ApiError, Code};
use crate::hooks::reply;
use crate::payload::RequestParts;
use crate::services::Services;

/// `GET|POST /miniapp/callback`
pub async fn call_mini_app(
    services: web::Data<Services>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let call = MiniAppCall::parse(&RequestParts::of(&request, &body))?;
    let quescha = call.quescha.clone().ok_or_else(|| ApiError::new(Code::InitDataRefused))?;
    let verified = verify(&services, &quescha).await?;
    let kind = OutsideKind::MiniApp {
        app: verified.app.id,
        name: verified.app.name,
        values: call.into_variables()?,
    };
    let key = reply::key_of(&request)?;
    reply::call(&services, OutsideCall { bot: verified.bot, sender: verified.sender, kind, key }).await
}
