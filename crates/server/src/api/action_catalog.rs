//! `/api/v1/action-catalog` and `/api/v1/schema`: what documents may hold, from the Rust types alone.

use actix_web::HttpResponse;

use crate::auth::Caller;
use crate::request::Reader;

/// Every kind of action and trigger, in the reader's language
#[utoipa::path(get, path = "/action-catalog", tag = "scenarios", responses((status = 200, body = Object)))]
pub async fn get_action_catalog(_: Caller, reader: Reader) -> HttpResponse {
    HttpResponse::Ok().json(engine::actions::catalog(reader.lang))
}

/// JSON Schema of the document `scenaria/1`
#[utoipa::path(get, path = "/schema", tag = "scenarios", responses((status = 200, body = Object)))]
pub async fn get_schema(_: Caller) -> HttpResponse {
    HttpResponse::Ok().content_type("application/schema+json").json(document_schema())
}

/// The schema of documents.
pub fn document_schema() -> schemars::Schema {
    schemars::schema_for!(engine::scenario::Scenario)
}
