//! `/api/v1/bots`

use actix_web::web::{self, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::services::Services;

#[derive(Serialize, ToSchema)]
pub struct BotView {
    id: i64,
    name: String,
    /// `telegram` or `simulator`.
    channel: String,
    /// Without `@`.
    username: Option<String>,
    /// `active`, `paused` or `failed`.
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct Bots {
    bots: Vec<BotView>,
}

/// All bots
#[utoipa::path(get, path = "/bots", tag = "bots", responses((status = 200, body = Bots)))]
pub async fn list_bots(services: web::Data<Services>, caller: Caller) -> Result<Json<Bots>, ApiError> {
    let found = services.read(move |connection| Ok(store::bots::list(connection, caller.workspace)?)).await?;
    let view = |bot: store::bots::Bot| BotView {
        id: bot.id.0,
        name: bot.name,
        channel: bot.channel,
        username: bot.username,
        status: bot.status.as_str(),
    };
    Ok(Json(Bots { bots: found.into_iter().map(view).collect() }))
}
