//! The pages people see, one module per page. Templates of the same names are in `web-ui/templates`.
//!
//! Handlers extract, call one function and show; every one of them stands behind
//! [`crate::auth::session::require`] and takes a [`crate::auth::Session`].

pub mod bots;
pub mod canvas;
pub mod chat;
pub mod examples;
pub mod files;
pub mod globals;
pub mod home;
pub mod layout;
pub mod lists;
pub mod mini_apps;
pub mod rows;
pub mod runs;
pub mod scenarios;
pub mod secrets;
pub mod settings;
pub mod subscribers;
pub mod tokens;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use engine::ids::UtcMs;
use engine::words::Lang;

use crate::auth::Session;
use crate::error::{ApiError, FindingView};
use crate::locale::Texts;
use layout::{Layout, show_with};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    l: Layout,
    title: String,
    detail: Option<String>,
    findings: Vec<FindingView>,
    request_id: String,
}

/// A failure as a page.
pub fn error_page(error: &ApiError, texts: Texts, request: &HttpRequest) -> HttpResponse {
    let problem = error.problem(texts, crate::request::RequestId::of(request).as_str());
    let page = ErrorPage {
        l: Layout::of(request),
        title: problem.title,
        detail: problem.detail,
        findings: problem.findings,
        request_id: problem.request_id,
    };
    show_with(error.code.status(), &page).unwrap_or_else(|error| HttpResponse::new(error.code.status()))
}

/// Asks before something is deleted; works without JavaScript.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    pub l: Layout,
    pub title: String,
    pub text: String,
    /// Where the form goes.
    pub action: String,
    pub back: String,
}

/// A moment as this person reads it: `31 Dec 2027, 18:30` or `31.12.2027 18:30`.
pub fn moment(at: UtcMs, session: &Session) -> String {
    let zone = jiff::tz::TimeZone::get(&session.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(zone);
    let format = match session.lang {
        Lang::En => "%-d %b %Y, %H:%M",
        Lang::Ru => "%d.%m.%Y %H:%M",
    };
    moment.strftime(format).to_string()
}
