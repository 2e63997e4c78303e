//! What a client is told when something does not work: one table of codes, RFC 9457 problem documents.
//!
//! Handlers return [`ApiError`]; [`present`] turns it into a page for people and a problem document for
//! programs, in the reader's language. Text of unknown failures goes to the log, never to the client.

use std::fmt;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use engine::scenario::{Finding, Severity, Spot};
use engine::words::Lang;
use serde::Serialize;

use crate::admin::error_page;
use crate::locale::Texts;
use crate::request::{self, RequestId};

macro_rules! codes {
    ($($variant:ident $code:literal $status:ident,)*) => {
        /// What went wrong. Codes are only added; titles are `error-<code>` in the locales, with `-` for `_`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($variant),* }

        impl Code {
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }
        }
    };
}

codes! {
    BadRequest "bad_request" BAD_REQUEST,
    Unauthenticated "unauthenticated" UNAUTHORIZED,
    WrongSecret "wrong_secret" UNAUTHORIZED,
    InitDataRefused "init_data_refused" UNAUTHORIZED,
    CsrfRefused "csrf_refused" FORBIDDEN,
    Forbidden "forbidden" FORBIDDEN,
    NotFound "not_found" NOT_FOUND,
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED,
    RevisionConflict "revision_conflict" CONFLICT,
    NameTaken "name_taken" CONFLICT,
    ValueTaken "value_taken" CONFLICT,
    AddressOver "address_over" GONE,
    TooLarge "too_large" PAYLOAD_TOO_LARGE,
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE,
    Invalid "invalid" UNPROCESSABLE_ENTITY,
    ReservedKey "reserved_key" UNPROCESSABLE_ENTITY,
    ChannelRefused "channel_refused" UNPROCESSABLE_ENTITY,
    TooManyAttempts "too_many_attempts" TOO_MANY_REQUESTS,
    Internal "internal" INTERNAL_SERVER_ERROR,
    ChannelUnreachable "channel_unreachable" BAD_GATEWAY,
    Busy "busy" SERVICE_UNAVAILABLE,
}

impl Code {
    /// What a bare status says, for responses that the framework made.
    fn from_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            409 => Self::NameTaken,
            410 => Self::AddressOver,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::Invalid,
            400..=499 => Self::BadRequest,
            503 => Self::Busy,
            _ => Self::Internal,
        }
    }

    /// Whether a form should be shown again with the sentence, instead of an error page.
    pub fn is_about_input(self) -> bool {
        matches!(
            self,
            Self::Invalid
                | Self::NameTaken
                | Self::ValueTaken
                | Self::ChannelRefused
                | Self::ChannelUnreachable
        )
    }

    fn locale_key(self) -> String {
        format!("error-{}", self.as_str().replace('_', "-"))
    }

    pub fn title(self, texts: Texts) -> String {
        texts.t(&self.locale_key()).into_owned()
    }
}

/// A failure on its way to the client.
#[derive(Debug)]
pub struct ApiError {
    pub code: Code,
    detail: Option<Detail>,
    findings: Vec<Finding>,
    revision: Option<i64>,
}

/// A sentence about this one failure, in both languages.
#[derive(Debug)]
struct Detail {
    en: String,
    ru: String,
}

impl ApiError {
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, findings: Vec::new(), revision: None }
    }

    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// The input is wrong, and this is what to do about it.
    pub fn invalid(en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self::new(Code::Invalid).detail(en, ru)
    }

    /// A sentence that names the place and the fix.
    pub fn detail(mut self, en: impl Into<String>, ru: impl Into<String>) -> Self {
        self.detail = Some(Detail { en: en.into(), ru: ru.into() });
        self
    }

    /// What is wrong with a document, place by place.
    pub fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    /// The revision that somebody else has saved.
    pub fn revision(mut self, revision: i64) -> Self {
        self.revision = Some(revision);
        self
    }

    /// The places, for a form that shows them itself.
    pub fn finding_views(&self, lang: Lang) -> Vec<FindingView> {
        self.findings.iter().map(|finding| FindingView::new(finding, lang)).collect()
    }

    /// A failure that is nobody's business but the operator's: logged here, once, with its text.
    pub fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(Code::Internal)
    }

    /// The sentence to show beside a form: the detail, or the title when there is none.
    pub fn text(&self, texts: Texts) -> String {
        match (&self.detail, texts.lang) {
            (Some(detail), Lang::En) => detail.en.clone(),
            (Some(detail), Lang::Ru) => detail.ru.clone(),
            (None, _) => self.code.title(texts),
        }
    }

    /// The problem document.
    pub fn problem(&self, texts: Texts, request_id: &str) -> Problem {
        Problem {
            kind: "about:blank",
            title: self.code.title(texts),
            status: self.code.status().as_u16(),
            code: self.code.as_str(),
            detail: self.detail.as_ref().map(|_| self.text(texts)),
            request_id: request_id.to_owned(),
            findings: self.finding_views(texts.lang),
            revision: self.revision,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Only the status: [`present`] writes the body, because it knows the reader.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// An RFC 9457 problem document.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What kind of failure it is, in the reader's language.
    pub title: String,
    pub status: u16,
    /// Stable name of the kind of failure.
    pub code: &'static str,
    /// What went wrong this time and how to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Found in the server's log.
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingView>,
    /// The revision the server has, when yours is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

/// A remark on a document, in one language.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FindingView {
    /// JSON pointer into the document.
    pub pointer: String,
    /// `error` or `warning`.
    pub severity: String,
    pub code: String,
    pub text: String,
    /// Where in the text that stands at the pointer, such as the code of a script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotView>,
}

/// A place in a text, both from 1.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SpotView {
    pub line: u32,
    pub column: u32,
}

impl FindingView {
    pub fn new(finding: &Finding, lang: Lang) -> Self {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self {
            pointer: finding.pointer.clone(),
            severity: severity.to_owned(),
            code: finding.code.to_owned(),
            text: finding.text(lang).to_owned(),
            spot: finding.spot.map(|Spot { line, column }| SpotView { line, column }),
        }
    }

    pub fn all(findings: &engine::scenario::Findings, lang: Lang) -> Vec<Self> {
        findings.iter().map(|finding| Self::new(finding, lang)).collect()
    }
}

/// Middleware: gives every failure its body. Stands outside everything that may fail.
pub async fn present<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let failed = response.response().error().is_some();
    if !failed && status != StatusCode::METHOD_NOT_ALLOWED {
        return Ok(response.map_into_left_body());
    }
    let (request, response) = response.into_parts();
    let mut shown = match response.error().map(|error| error.as_error::<ApiError>()) {
        Some(Some(error)) => render(error, &request),
        // Made by the framework (extractors, routing): its text may name internals, its status does not.
        _ => render(&ApiError::new(Code::from_status(status)), &request),
    };
    // What stood inside has its say, such as who may read the answer.
    for (name, value) in response.headers().iter().filter(|(name, _)| !DESCRIBES_BODY.contains(name)) {
        shown.headers_mut().append(name.clone(), value.clone());
    }
    Ok(ServiceResponse::new(request, shown).map_into_right_body())
}

/// Headers of a body that is replaced.
const DESCRIBES_BODY: [header::HeaderName; 3] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING];

/// A middleware's refusal; unlike `ServiceRequest::into_response` it keeps the error for [`present`].
pub fn refuse(request: ServiceRequest, error: ApiError) -> ServiceResponse<BoxBody> {
    let (request, _) = request.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(error))
}

/// The response a reader understands.
pub fn render(error: &ApiError, request: &HttpRequest) -> HttpResponse {
    let texts = Texts::new(request::lang(request));
    let request_id = RequestId::of(request);
    let mut response = if request::wants_html(request) {
        error_page(error, texts, request)
    } else {
        let problem = error.problem(texts, request_id.as_str());
        let body = serde_json::to_string(&problem).unwrap_or_default();
        HttpResponse::build(error.code.status()).content_type("application/problem+json").body(body)
    };
    if error.code == Code::Busy {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title_in_every_language() {
        for code in Code::ALL {
            for lang in Lang::ALL {
                assert!(Texts::new(lang).find(&code.locale_key()).is_some(), "{}", code.locale_key());
            }
        }
    }

    #[test]
    fn a_problem_names_the_place() {
        let error = ApiError::invalid("A name is needed.", "Нужно имя.");
        let problem = error.problem(Texts::new(Lang::Ru), "r1");
        insta::assert_json_snapshot!(problem, @r#"
        {
          "type": "about:blank",
          "title": "Что-то заполнено неверно",
          "status": 422,
          "code": "invalid",
          "detail": "Нужно имя.",
          "request_id": "r1"
        }
        "#);
    }
}
