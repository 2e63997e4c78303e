//! `GET /files/{slug}/{name}`: a builder's file, for messengers, mini apps and whoever knows the address.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::error::ApiError;
use crate::files::content::{Audience, respond};
use crate::services::Services;

/// `GET, HEAD /files/{slug}/{name}`. The name is for people; the slug says which file it is.
pub async fn get_file(
    services: web::Data<Services>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (slug, _) = path.into_inner();
    let find = move |connection: &mut store::Connection| Ok(store::files::find_by_slug(connection, &slug)?);
    let file = services.read(find).await?.ok_or_else(ApiError::not_found)?;
    Ok(respond(&services, file, Audience::Public, &request))
}
