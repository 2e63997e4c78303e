//! `/api/v1/bots/{id}/staff`: who of a bot's subscribers is told what comes in, and the link by which they join.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use engine::ids::BotId;
use serde::Serialize;
use store::{LaneId, Refusal, staff, subscribers};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::services::Services;
use crate::staff_link::{StaffLink, make_link};

/// Members shown; more than these nobody can look after.
const SHOWN_MAX: i64 = 1_000;

#[derive(Serialize, ToSchema)]
pub struct StaffView {
    /// The subscriber's number in the messenger: `ClientID`.
    client: String,
    name: String,
    username: String,
    /// Milliseconds since 1970.
    since: i64,
}

#[derive(Serialize, ToSchema)]
pub struct Staff {
    staff: Vec<StaffView>,
}

#[derive(Serialize, ToSchema)]
pub struct StaffLinkView {
    /// What to send to the bot.
    command: String,
    /// The same as an address to open, where the messenger has one.
    url: Option<String>,
    /// Milliseconds since 1970; until then anybody who has the link may join.
    expires_at: i64,
}

/// The staff of a bot
#[utoipa::path(get, path = "/bots/{id}/staff", tag = "bots", params(("id" = i64, Path)),
    responses((status = 200, body = Staff), (status = 404, body = Problem)))]
pub async fn list_staff(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<Json<Staff>, ApiError> {
    let (workspace, bot) = (caller.workspace, BotId(*id));
    let staff = services
        .read(move |connection| {
            store::bots::find(connection, workspace, bot)?.ok_or(Refusal::NotFound)?;
            let mut views = Vec::new();
            for member in staff::list(connection, workspace, bot, SHOWN_MAX)? {
                let lane = LaneId::new(workspace, bot, member.lane_key.as_str());
                let known = subscribers::find(connection, &lane)?;
                let name = known.as_ref().map(|known| format!("{} {}", known.first_name, known.last_name));
                views.push(StaffView {
                    client: member.lane_key.strip_prefix("user:").unwrap_or_default().to_owned(),
                    name: name.unwrap_or_default().trim().to_owned(),
                    username: known.map(|known| known.username).unwrap_or_default(),
                    since: member.since.0,
                });
            }
            Ok(views)
        })
        .await?;
    Ok(Json(Staff { staff }))
}

/// Makes a new secret link by which people join the staff; the one before it stops working
///
/// It is shown only here and works for seven days.
#[utoipa::path(post, path = "/bots/{id}/staff/link", tag = "bots", params(("id" = i64, Path)),
    responses((status = 201, body = StaffLinkView), (status = 404, body = Problem)))]
pub async fn create_staff_link(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let StaffLink { command, url, expires_at } = make_link(&services, caller.workspace, BotId(*id)).await?;
    Ok(HttpResponse::Created().json(StaffLinkView { command, url, expires_at: expires_at.0 }))
}

/// Takes somebody out of the staff
#[utoipa::path(delete, path = "/bots/{id}/staff/{client}", tag = "bots",
    params(("id" = i64, Path), ("client" = String, Path, description = "The subscriber's `ClientID`")),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove_staff(
    services: web::Data<Services>,
    caller: Caller,
    path: web::Path<(i64, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, client) = path.into_inner();
    let lane = LaneId::new(caller.workspace, BotId(id), format!("user:{client}"));
    let was_one = services.write(move |tx| staff::delete(tx, &lane)).await?;
    if was_one { Ok(HttpResponse::NoContent().finish()) } else { Err(ApiError::not_found()) }
}
