//! `/api/v1/scripts`

use actix_web::web::{self, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::{ApiError, Code, Problem};
use crate::request::Reader;
use crate::services::Services;

#[derive(Deserialize, ToSchema)]
pub struct ScriptText {
    /// The code of a JavaScript action.
    source: String,
}

#[derive(Serialize, ToSchema)]
pub struct ScriptMistakes {
    /// Empty when the script is well-formed.
    mistakes: Vec<Mistake>,
}

#[derive(Serialize, ToSchema)]
pub struct Mistake {
    message: String,
    /// From 1; 0 when the mistake has no place.
    line: u32,
    column: u32,
}

/// Looks at how a script is written, without running it
#[utoipa::path(post, path = "/scripts/check", tag = "scenarios", request_body = ScriptText,
    responses((status = 200, body = ScriptMistakes), (status = 503, body = Problem)))]
pub async fn check_script(
    services: web::Data<Services>,
    caller: Caller,
    reader: Reader,
    script: Json<ScriptText>,
) -> Result<Json<ScriptMistakes>, ApiError> {
    let found = services.runtime.check_script(caller.workspace, &script.source).await;
    let found = found.map_err(|error| ApiError::new(Code::Busy).detail(error.en, error.ru))?;
    let view = |mistake: runtime::ScriptMistake| Mistake {
        message: mistake.error.text(reader.lang).to_owned(),
        line: mistake.spot.map_or(0, |spot| spot.line),
        column: mistake.spot.map_or(0, |spot| spot.column),
    };
    Ok(Json(ScriptMistakes { mistakes: found.map(view).into_iter().collect() }))
}
