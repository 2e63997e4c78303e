//! Whether the process lives, and whether it can work.

use actix_web::{HttpResponse, web};

use crate::error::ApiError;
use crate::services::Services;

/// `GET /healthz`: the process answers.
pub async fn get_health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: the database answers too.
pub async fn get_readiness(services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    services.read(|connection| Ok(store::users::count(connection)?)).await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}
