//! `/api/v1/files`

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use serde::Serialize;
use store::files::File;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::files::{self, FILE_BYTES, Owner, WORKSPACE_BYTES};
use crate::services::Services;

#[derive(Serialize, ToSchema)]
pub struct FileView {
    name: String,
    /// Bytes.
    size: i64,
    content_type: String,
    /// What stands in a message to send it: `file:` and the name.
    value: String,
    /// Where everybody who knows it gets the file; it stays when another content is uploaded.
    url: String,
    /// Milliseconds since 1970.
    updated_at: i64,
}

impl FileView {
    fn new(services: &Services, file: File) -> Self {
        Self {
            value: files::value(&file.name),
            url: files::public_url(services, &file),
            name: file.name,
            size: file.size,
            content_type: file.content_type,
            updated_at: file.updated_at.0,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Files {
    files: Vec<FileView>,
    /// Largest file, in bytes.
    file_bytes_max: i64,
    /// All files together, in bytes.
    workspace_bytes_max: i64,
}

/// All files, by name
#[utoipa::path(get, path = "/files", tag = "files", responses((status = 200, body = Files)))]
pub async fn list_files(services: web::Data<Services>, caller: Caller) -> Result<Json<Files>, ApiError> {
    let found = files::list(&services, caller.workspace).await?;
    Ok(Json(Files {
        files: found.into_iter().map(|file| FileView::new(&services, file)).collect(),
        file_bytes_max: FILE_BYTES,
        workspace_bytes_max: WORKSPACE_BYTES,
    }))
}

/// What is known of one file; its content is at `url`
#[utoipa::path(get, path = "/files/{name}", tag = "files", params(("name" = String, Path)),
    responses((status = 200, body = FileView), (status = 404, body = Problem)))]
pub async fn get_file(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
) -> Result<Json<FileView>, ApiError> {
    let file = files::find(&services, caller.workspace, name.into_inner()).await?;
    Ok(Json(FileView::new(&services, file)))
}

/// Uploads a file; one of this name gets another content and keeps its address
#[utoipa::path(put, path = "/files/{name}", tag = "files", params(("name" = String, Path)),
    request_body(content = Vec<u8>, description = "The content as it is", content_type = "application/octet-stream"),
    responses((status = 200, body = FileView), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn put_file(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
    content: web::Payload,
) -> Result<Json<FileView>, ApiError> {
    let file = files::upload(&services, Owner::from(&caller), &name, content).await?;
    Ok(Json(FileView::new(&services, file)))
}

/// Deletes a file; its address leads nowhere from then on
#[utoipa::path(delete, path = "/files/{name}", tag = "files", params(("name" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete_file(
    services: web::Data<Services>,
    caller: Caller,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    files::delete(&services, Owner::from(&caller), name.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
