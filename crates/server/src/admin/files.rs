//! Files: what scenarios send and mini apps show.

use actix_multipart::{Field, Multipart};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use engine::words::Lang;
use futures_util::StreamExt;
use store::files::File;

use super::layout::{Layout, show, show_refused};
use super::{ConfirmPage, moment};
use crate::auth::Session;
use crate::error::{ApiError, Code};
use crate::files::content::{Audience, respond};
use crate::files::{self, FILE_BYTES, Owner, WORKSPACE_BYTES};
use crate::flash::see_other_with;
use crate::locale::Texts;
use crate::services::Services;

#[derive(Template)]
#[template(path = "files.html")]
struct FilesPage {
    l: Layout,
    files: Vec<FileView>,
    used: String,
    limit: String,
    file_limit: String,
    /// Files that were not taken, and why.
    refused: Vec<RefusedFile>,
}

struct FileView {
    name: String,
    /// The name inside an address.
    path: String,
    /// Where its picture is, when it has one.
    picture: Option<String>,
    icon: &'static str,
    size: String,
    updated: String,
    value: String,
    url: String,
}

struct RefusedFile {
    name: String,
    reason: String,
}

/// `GET /files`
pub async fn get_files(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    show(&page(&services, &session, l, Vec::new()).await?)
}

/// `POST /files`: every file of the form is kept or refused by itself. What is refused is read over, because a
/// browser looks at the answer only after it has sent everything.
pub async fn post_files(
    services: web::Data<Services>,
    session: Session,
    mut form: Multipart,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (mut kept, mut refused) = (0, Vec::new());
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| ApiError::new(Code::BadRequest))?;
        let Some(name) = file_name(&field) else { continue };
        match files::upload(&services, Owner::from(&session), &name, &mut field).await {
            Ok(_) => kept += 1,
            Err(error) if error.code.is_about_input() || error.code == Code::TooLarge => {
                refused.push(RefusedFile { name, reason: error.text(l.texts) });
            }
            Err(error) => return Err(error),
        }
    }
    match (kept, refused.is_empty()) {
        (1.., true) => Ok(see_other_with("/files", "flash-uploaded")),
        (_, true) => Err(ApiError::invalid("No file was chosen.", "Файл не выбран.")),
        _ => show_refused(&page(&services, &session, l, refused).await?),
    }
}

/// The name of a chosen file. Browsers write a quotation mark in it as `%22` (the HTML standard, multipart form data).
fn file_name(field: &Field) -> Option<String> {
    let name = field.content_disposition()?.get_filename()?;
    (field.name() == Some("file") && !name.is_empty()).then(|| name.replace("%22", "\""))
}

async fn page(
    services: &Services,
    session: &Session,
    l: Layout,
    refused: Vec<RefusedFile>,
) -> Result<FilesPage, ApiError> {
    let found = files::list(services, session.workspace).await?;
    let used = found.iter().map(|file| file.size).sum();
    let view = |file: &File| FileView {
        path: files::in_path(&file.name),
        picture: has_picture(file).then(|| files::preview_path(&file.name)),
        icon: icon(&file.content_type),
        size: size(file.size, l.texts),
        updated: moment(file.updated_at, session),
        value: files::value(&file.name),
        url: files::public_url(services, file),
        name: file.name.clone(),
    };
    Ok(FilesPage {
        files: found.iter().map(view).collect(),
        used: size(used, l.texts),
        limit: size(WORKSPACE_BYTES, l.texts),
        file_limit: size(FILE_BYTES, l.texts),
        refused,
        l,
    })
}

/// A vector picture is no picture here: it is never shown in place.
fn has_picture(file: &File) -> bool {
    file.content_type.starts_with("image/") && file.content_type != "image/svg+xml"
}

fn icon(content_type: &str) -> &'static str {
    match content_type.split('/').next() {
        Some("image") => "photo",
        Some("video") => "video",
        Some("audio") => "music",
        _ => "file",
    }
}

/// A size as people read it: `640 B`, `12 kB`, `3.4 MB`.
fn size(bytes: i64, texts: Texts) -> String {
    let (divisor, unit) = match bytes {
        ..1_024 => (1, "size-bytes"),
        1_024..1_048_576 => (1_024, "size-kb"),
        1_048_576..1_073_741_824 => (1_048_576, "size-mb"),
        _ => (1_073_741_824, "size-gb"),
    };
    let number = bytes as f64 / f64::from(divisor);
    let digits = usize::from(divisor > 1 && number < 9.95);
    let number = format!("{number:.digits$}").replace(".0", "");
    let number = if texts.lang == Lang::Ru { number.replace('.', ",") } else { number };
    texts.with(unit, "number", number)
}

/// `GET /files/{name}/content`
pub async fn get_content(
    services: web::Data<Services>,
    session: Session,
    name: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let file = files::find(&services, session.workspace, name.into_inner()).await?;
    Ok(respond(&services, file, Audience::Staff, &request))
}

/// `GET /files/{name}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    name: web::Path<String>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let file = files::find(&services, session.workspace, name.into_inner()).await?;
    show(&ConfirmPage {
        action: format!("/files/{}/delete", files::in_path(&file.name)),
        title: l.with("file-delete-title", "name", file.name),
        text: l.t("file-delete-text").into_owned(),
        back: "/files".to_owned(),
        l,
    })
}

/// `POST /files/{name}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    files::delete(&services, Owner::from(&session), name.into_inner()).await?;
    Ok(see_other_with("/files", "flash-deleted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_people() {
        let check = |bytes: i64, en: &str, ru: &str| {
            assert_eq!(size(bytes, Texts::new(Lang::En)), en);
            assert_eq!(size(bytes, Texts::new(Lang::Ru)), ru);
        };
        check(0, "0 B", "0 Б");
        check(640, "640 B", "640 Б");
        check(1_024, "1 kB", "1 кБ");
        check(1_500, "1.5 kB", "1,5 кБ");
        check(12_300, "12 kB", "12 кБ");
        check(3_500_000, "3.3 MB", "3,3 МБ");
        check(10_485_000, "10 MB", "10 МБ");
        check(FILE_BYTES, "50 MB", "50 МБ");
        check(WORKSPACE_BYTES, "1 GB", "1 ГБ");
    }
}
