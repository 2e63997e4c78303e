//! `/api/v1/globals`

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use engine::list::Bounds;
use engine::value::Value;
use serde::{Deserialize, Serialize};
use store::fields::{self, Owner};
use utoipa::ToSchema;

use crate::admin::globals::{delete, load, set};
use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::forms;
use crate::services::Services;

#[derive(Serialize, ToSchema)]
pub struct GlobalView {
    name: String,
    #[schema(value_type = Object)]
    value: serde_json::Value,
}

impl GlobalView {
    fn new(name: String, value: &Value) -> Self {
        Self { name, value: value.to_json() }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Globals {
    globals: Vec<GlobalView>,
}

/// All global variables
#[utoipa::path(get, path = "/globals", tag = "globals", responses((status = 200, body = Globals)))]
pub async fn list_globals(services: web::Data<Services>, caller: Caller) -> Result<Json<Globals>, ApiError> {
    let found = load(&services, caller.workspace).await?;
    Ok(Json(Globals {
        globals: found.into_iter().map(|(name, value)| GlobalView::new(name, &value)).collect(),
    }))
}

/// One global variable
#[utoipa::path(get, path = "/globals/{name}", tag = "globals", params(("name" = String, Path)),
    responses((status = 200, body = GlobalView), (status = 404, body = Problem)))]
pub async fn get_global(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
) -> Result<Json<GlobalView>, ApiError> {
    let name = name.into_inner();
    let found = load(&services, caller.workspace).await?.into_iter().find(|(known, _)| *known == name);
    let (name, value) = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(GlobalView::new(name, &value)))
}

#[derive(Deserialize, ToSchema)]
pub struct NewValue {
    #[schema(value_type = Object)]
    value: serde_json::Value,
}

/// Sets a global variable; adds it when it is new
#[utoipa::path(put, path = "/globals/{name}", tag = "globals", params(("name" = String, Path)),
    request_body = NewValue, responses((status = 200, body = GlobalView), (status = 422, body = Problem)))]
pub async fn set_global(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
    new: Json<NewValue>,
) -> Result<Json<GlobalView>, ApiError> {
    let value = Value::from(new.into_inner().value);
    set(&services, caller.workspace, &name, &value).await?;
    Ok(Json(GlobalView::new(name.into_inner(), &value)))
}

#[derive(Deserialize, ToSchema)]
pub struct Increment {
    /// A number, or a text that spells one.
    #[schema(value_type = Object)]
    by: serde_json::Value,
}

/// Adds to a number as one step, whoever else does so at the same time
#[utoipa::path(post, path = "/globals/{name}/increment", tag = "globals", params(("name" = String, Path)),
    request_body = Increment, responses((status = 200, body = GlobalView), (status = 422, body = Problem)))]
pub async fn increment_global(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
    increment: Json<Increment>,
) -> Result<Json<GlobalView>, ApiError> {
    let name = forms::variable_name(&name)?;
    let by = Value::from(increment.into_inner().by);
    if by.to_number().is_none() {
        return Err(ApiError::invalid("`by` must be a number.", "`by` должно быть числом."));
    }
    let (workspace, field) = (caller.workspace, name.clone());
    let new = services
        .write(move |tx| fields::increment(tx, workspace, &Owner::global(), &field, &by, Bounds::default()))
        .await?;
    Ok(Json(GlobalView::new(name, &new)))
}

/// Deletes a global variable
#[utoipa::path(delete, path = "/globals/{name}", tag = "globals", params(("name" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete_global(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    delete(&services, caller.workspace, name.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
