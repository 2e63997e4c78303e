//! Whether the process lives, and whether it can work.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::services::Services;

/// `GET /healthz`: the process answers.
pub async fn get_health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: the database is read and written too, and nobody has paused it.
pub async fn get_readiness(services: web::Data<Services>) -> HttpResponse {
    match services.readiness.check(&services).await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(why) => HttpResponse::ServiceUnavailable()
            .insert_header((header::RETRY_AFTER, "1"))
            .content_type("text/plain")
            .body(format!("not ready: {}\n", why.as_str())),
    }
}
