//! `/api/v1/lists/{id}/rows`

#![allow(unused_qualifications, reason = "what utoipa makes of the query parameters")]

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use engine::ids::{ListId, RowId};
use engine::list::{Comparison, Filter, ListQuery, ROW_ID, Selection, Sort};
use engine::value::{Map, Value};
use serde::{Deserialize, Serialize};
use store::lists::{List, ListRow};
use utoipa::{IntoParams, ToSchema};

use crate::admin::lists::find;
use crate::admin::rows::{self, find_row};
use crate::auth::Caller;
use crate::cells;
use crate::error::{ApiError, Problem};
use crate::services::Services;

/// Rows one answer may hold.
const ROWS_MAX: u32 = 1_000;
const ROWS_DEFAULT: u32 = 100;

#[derive(Serialize, ToSchema)]
pub struct RowView {
    id: i64,
    /// Values by the names of the columns.
    #[schema(value_type = Object)]
    cells: serde_json::Value,
}

impl From<ListRow> for RowView {
    fn from(row: ListRow) -> Self {
        Self { id: row.id.0, cells: Value::Object(row.cells).to_json() }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Rows {
    rows: Vec<RowView>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows to skip.
    #[serde(default)]
    offset: u32,
    /// 1 to 1000; 100 without it.
    limit: Option<u32>,
}

/// Rows in the order they were added
#[utoipa::path(get, path = "/lists/{id}/rows", tag = "lists", params(("id" = i64, Path), PageQuery),
    responses((status = 200, body = Rows), (status = 404, body = Problem)))]
pub async fn list_rows(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
    page: web::Query<PageQuery>,
) -> Result<Json<Rows>, ApiError> {
    let list = find(&services, caller.workspace, ListId(*id)).await?;
    let query = ListQuery { offset: page.offset, limit: limit(page.limit), ..ListQuery::default() };
    run(&services, list, query).await
}

/// A question to a list
#[derive(Deserialize, ToSchema)]
pub struct RowsQuery {
    #[serde(default)]
    filters: Vec<RowsFilter>,
    /// One filter is enough, instead of all.
    #[serde(default)]
    any: bool,
    /// Column to sort by; rows come in the order they were added otherwise.
    sort: Option<String>,
    #[serde(default)]
    descending: bool,
    #[serde(default)]
    offset: u32,
    /// 1 to 1000; 100 without it.
    limit: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
pub struct RowsFilter {
    column: String,
    /// `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `between`, `in`, `not_in`, `contains`, `not_contains`, `starts`,
    /// `ends`, `within`, `words` (in any form), `empty`, `not_empty`. The value of `between` is an array of both ends, that of `in` and
    /// `not_in` an array.
    #[serde(default)]
    #[schema(value_type = String)]
    comparison: Comparison,
    #[serde(default)]
    #[schema(value_type = Object)]
    value: serde_json::Value,
    /// Another column of the same row, to compare with instead of the value.
    other: Option<String>,
}

/// Rows that pass filters
///
/// Changes nothing: the scope `read` is enough.
#[utoipa::path(post, path = "/lists/{id}/rows/query", tag = "lists", params(("id" = i64, Path)),
    request_body = RowsQuery,
    responses((status = 200, body = Rows), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn query_rows(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
    query: Json<RowsQuery>,
) -> Result<Json<Rows>, ApiError> {
    let list = find(&services, caller.workspace, ListId(*id)).await?;
    let query = query.into_inner();
    let filter = |filter: RowsFilter| Filter {
        column: filter.column,
        comparison: filter.comparison,
        value: Value::from(filter.value),
        other: filter.other,
    };
    // Without a column, descending means the newest first.
    let column = query.sort.or_else(|| query.descending.then(|| ROW_ID.to_owned()));
    let query = ListQuery {
        list: list.name.clone(),
        rows: Selection {
            filters: query.filters.into_iter().map(filter).collect(),
            any: query.any,
            groups: Vec::new(),
        },
        sort: column.map(|column| Sort { column, descending: query.descending }).into_iter().collect(),
        offset: query.offset,
        limit: limit(query.limit),
        ..ListQuery::default()
    };
    run(&services, list, query).await
}

fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(ROWS_DEFAULT).clamp(1, ROWS_MAX)
}

async fn run(services: &Services, list: List, query: ListQuery) -> Result<Json<Rows>, ApiError> {
    let found = services.read(move |connection| store::lists::query(connection, &list, &query)).await?;
    Ok(Json(Rows { rows: found.into_iter().map(RowView::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
pub struct Cells {
    /// Values by the names of the columns.
    #[schema(value_type = Object)]
    cells: serde_json::Map<String, serde_json::Value>,
}

fn check(list: &List, cells: Cells) -> Result<Map, ApiError> {
    let row = cells.cells.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    cells::from_row(list, row)
}

/// Adds a row
#[utoipa::path(post, path = "/lists/{id}/rows", tag = "lists", params(("id" = i64, Path)), request_body = Cells,
    responses((status = 201, body = RowView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn add_row(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
    cells: Json<Cells>,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, caller.workspace, ListId(*id)).await?;
    let cells = check(&list, cells.into_inner())?;
    let row = rows::insert(&services, caller.workspace, list.name, cells.clone()).await?;
    Ok(HttpResponse::Created().json(RowView { id: row.0, cells: Value::Object(cells).to_json() }))
}

/// One row
#[utoipa::path(get, path = "/lists/{id}/rows/{row}", tag = "lists", params(("id" = i64, Path), ("row" = i64, Path)),
    responses((status = 200, body = RowView), (status = 404, body = Problem)))]
pub async fn get_row(
    services: web::Data<Services>,
    caller: Caller,
    path: web::Path<(i64, i64)>,
) -> Result<Json<RowView>, ApiError> {
    let (_, row) = find_row(&services, caller.workspace, *path).await?;
    Ok(Json(row.into()))
}

/// Changes cells of a row and leaves the others
#[utoipa::path(patch, path = "/lists/{id}/rows/{row}", tag = "lists",
    params(("id" = i64, Path), ("row" = i64, Path)), request_body = Cells,
    responses((status = 200, body = RowView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn edit_row(
    services: web::Data<Services>,
    caller: Caller,
    path: web::Path<(i64, i64)>,
    cells: Json<Cells>,
) -> Result<Json<RowView>, ApiError> {
    let list = find(&services, caller.workspace, ListId(path.0)).await?;
    let cells = check(&list, cells.into_inner())?;
    let row = rows::update(&services, caller.workspace, list.name, RowId(path.1), cells).await?;
    Ok(Json(row.into()))
}

/// Deletes a row
#[utoipa::path(delete, path = "/lists/{id}/rows/{row}", tag = "lists",
    params(("id" = i64, Path), ("row" = i64, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete_row(
    services: web::Data<Services>,
    caller: Caller,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, caller.workspace, ListId(path.0)).await?;
    rows::delete(&services, caller.workspace, list.name, RowId(path.1)).await?;
    Ok(HttpResponse::NoContent().finish())
}
