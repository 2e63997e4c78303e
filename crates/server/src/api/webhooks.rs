//! `/api/v1/scenarios/{id}/webhooks`: where other services call a scenario.

use actix_web::web::{self, Json};
use engine::ids::{BotId, ScenarioId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::services::Services;
use crate::{documents, webhooks};

#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    webhooks: Vec<WebhookView>,
}

#[derive(Serialize, ToSchema)]
pub struct WebhookView {
    #[schema(value_type = i64)]
    bot: BotId,
    /// Id of the trigger in the scenario's document.
    trigger: String,
    /// Whoever knows it may call it.
    url: String,
}

/// The addresses of a scenario's inbound webhooks
///
/// One for each webhook trigger and each bot the scenario is attached to. They stay when it is published anew.
#[utoipa::path(get, path = "/scenarios/{id}/webhooks", tag = "scenarios", params(("id" = i64, Path)),
    responses((status = 200, body = Webhooks), (status = 404, body = Problem)))]
pub async fn list_webhooks(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<Json<Webhooks>, ApiError> {
    let (workspace, id) = (caller.workspace, ScenarioId(*id));
    documents::find(&services, workspace, id).await?;
    let vault = services.vault().clone();
    let addresses =
        services.read(move |connection| webhooks::addresses(connection, &vault, workspace, id)).await?;
    let view = |address: webhooks::Address| WebhookView {
        bot: address.bot,
        trigger: address.trigger,
        url: services.public_url.at(&address.path),
    };
    Ok(Json(Webhooks { webhooks: addresses.into_iter().map(view).collect() }))
}
