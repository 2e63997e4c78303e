//! `/api/v1/scenarios`

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use engine::ids::ScenarioId;
use engine::scenario::Moves;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::{ApiError, FindingView, Problem};
use crate::request::Reader;
use crate::services::Services;
use crate::{documents, forms};

#[derive(Serialize, ToSchema)]
pub struct ScenarioSummary {
    id: i64,
    name: String,
    /// Rises with every save of the draft.
    revision: i64,
    is_published: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Scenarios {
    scenarios: Vec<ScenarioSummary>,
}

/// All scenarios, without their documents
#[utoipa::path(get, path = "/scenarios", tag = "scenarios", responses((status = 200, body = Scenarios)))]
pub async fn list_scenarios(
    services: web::Data<Services>,
    caller: Caller,
) -> Result<Json<Scenarios>, ApiError> {
    let found =
        services.read(move |connection| Ok(store::scenarios::list(connection, caller.workspace)?)).await?;
    let view = |scenario: store::scenarios::ScenarioSummary| ScenarioSummary {
        id: scenario.id.0,
        name: scenario.name,
        revision: scenario.draft_revision,
        is_published: scenario.published_version_id.is_some(),
    };
    Ok(Json(Scenarios { scenarios: found.into_iter().map(view).collect() }))
}

#[derive(Deserialize, ToSchema)]
pub struct NewScenario {
    /// The name, unless the document has one.
    name: Option<String>,
    /// A document `scenaria/1`; an empty one without it.
    #[schema(value_type = Option<Object>)]
    document: Option<Box<RawValue>>,
}

#[derive(Serialize, ToSchema)]
pub struct Created {
    id: i64,
}

/// Creates a scenario
#[utoipa::path(post, path = "/scenarios", tag = "scenarios", request_body = NewScenario,
    responses((status = 201, body = Created), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_scenario(
    services: web::Data<Services>,
    caller: Caller,
    new: Json<NewScenario>,
) -> Result<HttpResponse, ApiError> {
    let mut document = match &new.document {
        Some(json) => documents::parse(json.get())?,
        None => documents::empty(""),
    };
    document.name = forms::required(new.name.as_deref().unwrap_or(&document.name), 100)?;
    let id = documents::create(&services, caller.workspace, document).await?;
    Ok(HttpResponse::Created().json(Created { id: id.0 }))
}

#[derive(Serialize, ToSchema)]
pub struct ScenarioView {
    id: i64,
    name: String,
    revision: i64,
    is_published: bool,
    /// The draft: a document `scenaria/1`.
    #[schema(value_type = Object)]
    document: Box<RawValue>,
}

/// One scenario with its draft
#[utoipa::path(get, path = "/scenarios/{id}", tag = "scenarios", params(("id" = i64, Path)),
    responses((status = 200, body = ScenarioView), (status = 404, body = Problem)))]
pub async fn get_scenario(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<Json<ScenarioView>, ApiError> {
    let found = documents::find(&services, caller.workspace, ScenarioId(*id)).await?;
    Ok(Json(ScenarioView {
        id: found.id.0,
        name: found.name,
        revision: found.draft_revision,
        is_published: found.published_version_id.is_some(),
        document: RawValue::from_string(found.draft).map_err(ApiError::internal)?,
    }))
}

#[derive(Deserialize, ToSchema)]
pub struct Draft {
    /// The revision this draft was made from.
    revision: i64,
    #[schema(value_type = Object)]
    document: Box<RawValue>,
}

#[derive(Serialize, ToSchema)]
pub struct DraftSaved {
    revision: i64,
    findings: Vec<FindingView>,
}

/// Saves the draft
///
/// 409 with the server's `revision` when somebody else has saved meanwhile; 422 with `findings` when the
/// document cannot be read. Findings of a saved draft do not stand against saving, only against publishing.
#[utoipa::path(put, path = "/scenarios/{id}/draft", tag = "scenarios", params(("id" = i64, Path)),
    request_body = Draft,
    responses((status = 200, body = DraftSaved), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn put_draft(
    services: web::Data<Services>,
    caller: Caller,
    reader: Reader,
    id: web::Path<i64>,
    draft: Json<Draft>,
) -> Result<Json<DraftSaved>, ApiError> {
    let document = documents::parse(draft.document.get())?;
    let saved =
        documents::save(&services, caller.workspace, ScenarioId(*id), draft.revision, document).await?;
    Ok(Json(DraftSaved {
        revision: saved.revision,
        findings: FindingView::all(&saved.findings, reader.lang),
    }))
}

#[derive(Default, Deserialize, ToSchema)]
pub struct Publish {
    /// Publish only if the draft is still this revision.
    revision: Option<i64>,
    /// Where whoever stands in a block of an older version goes on: `"start"`, or `{"block": "<id>"}` of the
    /// draft. Without a choice, he finishes the old way.
    #[serde(default)]
    #[schema(value_type = Object)]
    moves: Moves,
}

#[derive(Serialize, ToSchema)]
pub struct VersionPublished {
    /// Of the version, counted from 1.
    number: i64,
    findings: Vec<FindingView>,
}

/// Publishes the draft
#[utoipa::path(post, path = "/scenarios/{id}/publish", tag = "scenarios", params(("id" = i64, Path)),
    request_body = Option<Publish>,
    responses((status = 200, body = VersionPublished), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn publish_scenario(
    services: web::Data<Services>,
    caller: Caller,
    reader: Reader,
    id: web::Path<i64>,
    publish: Option<Json<Publish>>,
) -> Result<Json<VersionPublished>, ApiError> {
    let Publish { revision, moves } = publish.map(Json::into_inner).unwrap_or_default();
    let id = ScenarioId(*id);
    let published = documents::publish(&services, caller.workspace, caller.user, id, revision, moves).await?;
    let findings = FindingView::all(&published.findings, reader.lang);
    Ok(Json(VersionPublished { number: published.number, findings }))
}
