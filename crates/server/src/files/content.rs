//! A file as a response: chunk by chunk from the store, whole or one part of it, never run as a page.

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures_util::{Stream, stream};
use store::files::{self, CHUNK_BYTES, File};

use super::range::Wanted;
use crate::error::ApiError;
use crate::services::Services;

/// Who is given the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Whoever knows the address; no cookie of ours is near.
    Public,
    /// Somebody signed in at the admin.
    Staff,
}

impl Audience {
    fn cache_control(self) -> &'static str {
        match self {
            Self::Public => "public, max-age=300",
            Self::Staff => "private, no-cache",
        }
    }
}

/// The response to a GET or a HEAD.
pub fn respond(
    services: &web::Data<Services>,
    file: File,
    audience: Audience,
    request: &HttpRequest,
) -> HttpResponse {
    let etag = format!("\"{}\"", file.content_id);
    let header = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header(header::IF_NONE_MATCH).is_some_and(|known| names(known, &etag)) {
        return described(&mut HttpResponse::NotModified(), &etag, audience).finish();
    }
    let size = u64::try_from(file.size).unwrap_or_default();
    // A part of what it was before would not fit to what it is now.
    let range = header(header::RANGE).filter(|_| header(header::IF_RANGE).is_none_or(|known| known == etag));
    let (mut response, first, last) = match Wanted::parse(range, size) {
        Wanted::Nothing => {
            let mut response = HttpResponse::RangeNotSatisfiable();
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{size}")));
            return response.finish();
        }
        Wanted::All => (HttpResponse::Ok(), 0, size),
        Wanted::Part(first, last) => {
            let mut response = HttpResponse::PartialContent();
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
            (response, first, last + 1)
        }
    };
    described(&mut response, &etag, audience)
        .content_type(file.content_type.as_str())
        .insert_header(disposition(&file))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if *request.method() == Method::HEAD {
        return response.body(SizedStream::new(last - first, stream::empty::<Result<Bytes, ApiError>>()));
    }
    response.body(SizedStream::new(last - first, Box::pin(bytes(services.clone(), file, first, last))))
}

fn described<'a>(
    response: &'a mut HttpResponseBuilder,
    etag: &str,
    audience: Audience,
) -> &'a mut HttpResponseBuilder {
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, audience.cache_control()))
}

/// Whether a list of tags names this one (RFC 9110, section 13.1.2).
fn names(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Shown in place is only what a browser cannot run; everything else is saved. So is a PDF: no browser shows one under
/// a policy that lets nothing run.
fn disposition(file: &File) -> ContentDisposition {
    let kind = file.content_type.as_str();
    let is_media = ["image/", "video/", "audio/"].iter().any(|start| kind.starts_with(start));
    let shown = is_media && kind != "image/svg+xml";
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: file.name.clone().into_bytes(),
    };
    ContentDisposition {
        disposition: if shown { DispositionType::Inline } else { DispositionType::Attachment },
        parameters: vec![DispositionParam::FilenameExt(name)],
    }
}

/// The bytes from `first` up to `last`, a chunk at a time.
fn bytes(
    services: web::Data<Services>,
    file: File,
    first: u64,
    last: u64,
) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::try_unfold((services, file, first), move |(services, file, at)| async move {
        if at >= last {
            return Ok(None);
        }
        let chunk = CHUNK_BYTES as u64;
        let (number, skip) = (at / chunk, usize::try_from(at % chunk).unwrap_or_default());
        let (workspace, content) = (file.workspace_id, file.content_id.clone());
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let found = services
            .read(move |connection| Ok(files::find_chunk(connection, workspace, &content, number)?))
            .await?;
        // Nobody needs it any more since a day ago: the response breaks off.
        let found = Bytes::from(found.ok_or_else(ApiError::not_found)?);
        let until = usize::try_from(last - at).map_or(found.len(), |left| found.len().min(skip + left));
        if skip >= until {
            return Err(ApiError::internal("a file is shorter than its size"));
        }
        let part = found.slice(skip..until);
        let next = at + part.len() as u64;
        Ok(Some((part, (services, file, next))))
    })
}

#[cfg(test)]
mod tests {
    use engine::ids::{UtcMs, WorkspaceId};

    use super::*;

    #[test]
    fn only_what_does_not_run_is_shown_in_place() {
        let check = |content_type: &str, shown: bool| {
            let file = File {
                workspace_id: WorkspaceId(1),
                name: "a\"b; c.x".into(),
                slug: String::new(),
                content_id: String::new(),
                content_type: content_type.into(),
                size: 1,
                updated_at: UtcMs(0),
            };
            let start = if shown { "inline" } else { "attachment" };
            let expected = format!("{start}; filename*=UTF-8''a%22b%3B%20c.x");
            assert_eq!(disposition(&file).to_string(), expected, "{content_type}");
        };
        check("image/jpeg", true);
        check("video/mp4", true);
        check("audio/ogg", true);
        check("application/pdf", false);
        check("image/svg+xml", false);
        check("text/html", false);
        check("application/xhtml+xml", false);
        check("text/plain", false);
        check("application/octet-stream", false);
    }

    #[test]
    fn tags_are_compared_weakly() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names(known, "\"a\""), "{known}");
        }
        assert!(!names("\"b\"", "\"a\""));
    }
}
