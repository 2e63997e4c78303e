//! `/api/v1/lists`

use actix_web::web::{self, Json};
use engine::ids::ListId;
use serde::Serialize;
use store::lists::List;
use utoipa::ToSchema;

use crate::admin::lists::{find, kind_choice};
use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::services::Services;

#[derive(Serialize, ToSchema)]
pub struct ListView {
    id: i64,
    name: String,
    columns: Vec<ColumnView>,
}

#[derive(Serialize, ToSchema)]
pub struct ColumnView {
    name: String,
    /// `text`, `number`, `bool`, `date` or `json`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// No two rows share a value.
    unique: bool,
}

impl From<List> for ListView {
    fn from(list: List) -> Self {
        let column = |column: store::lists::ListColumn| ColumnView {
            kind: kind_choice(column.kind).value,
            name: column.name,
            unique: column.unique,
        };
        Self { id: list.id.0, name: list.name, columns: list.columns.into_iter().map(column).collect() }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Lists {
    lists: Vec<ListView>,
}

/// All lists with their columns
#[utoipa::path(get, path = "/lists", tag = "lists", responses((status = 200, body = Lists)))]
pub async fn list_lists(services: web::Data<Services>, caller: Caller) -> Result<Json<Lists>, ApiError> {
    let found = services.read(move |connection| store::lists::list(connection, caller.workspace)).await?;
    Ok(Json(Lists { lists: found.into_iter().map(ListView::from).collect() }))
}

/// One list with its columns
#[utoipa::path(get, path = "/lists/{id}", tag = "lists", params(("id" = i64, Path)),
    responses((status = 200, body = ListView), (status = 404, body = Problem)))]
pub async fn get_list(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<Json<ListView>, ApiError> {
    Ok(Json(find(&services, caller.workspace, ListId(*id)).await?.into()))
}
