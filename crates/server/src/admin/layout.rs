//! What every page has around its content, and how a page becomes a response.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use engine::words::Lang;
use fluent_bundle::FluentValue;

use crate::auth::{Session, csrf};
use crate::error::ApiError;
use crate::headers::Nonce;
use crate::locale::Texts;
use crate::{assets, flash, request};

/// The frame of a page; templates call it `l`.
pub struct Layout {
    pub texts: Texts,
    pub csrf: String,
    pub nonce: String,
    pub user_name: String,
    pub flash: Option<String>,
    path: String,
}

/// A place in the menu.
pub struct MenuItem {
    pub path: &'static str,
    pub title: &'static str,
    pub icon: &'static str,
    pub active: bool,
}

const MENU: [(&str, &str, &str); 10] = [
    ("/", "nav-home", "home"),
    ("/bots", "nav-bots", "robot"),
    ("/scenarios", "nav-scenarios", "sitemap"),
    ("/lists", "nav-lists", "table"),
    ("/globals", "nav-globals", "variable"),
    ("/mini-apps", "nav-mini-apps", "app-window"),
    ("/files", "nav-files", "folder"),
    ("/secrets", "nav-secrets", "key"),
    ("/tokens", "nav-tokens", "api"),
    ("/settings", "nav-settings", "settings"),
];

impl Layout {
    pub fn of(request: &HttpRequest) -> Self {
        let texts = Texts::new(request::lang(request));
        let session = request.extensions().get::<Session>().cloned();
        Self {
            texts,
            csrf: csrf::token(request),
            nonce: Nonce::of(request),
            user_name: session.map(|session| session.user_name).unwrap_or_default(),
            flash: flash::take(request, texts),
            path: request.path().to_owned(),
        }
    }

    /// The same page in another language.
    pub fn in_language(mut self, lang: Lang) -> Self {
        self.texts = Texts::new(lang);
        self
    }

    pub fn t(&self, key: &str) -> Cow<'static, str> {
        self.texts.t(key)
    }

    pub fn with<'v>(&self, key: &str, name: &'static str, value: impl Into<FluentValue<'v>>) -> String {
        self.texts.with(key, name, value)
    }

    pub fn lang(&self) -> &'static str {
        self.texts.lang.code()
    }

    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }

    /// Markup of an icon; `name` is ours, never somebody's text.
    pub fn icon(&self, name: &'static str) -> String {
        let sprite = assets::url("assets/icons.svg");
        format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"></use></svg>")
    }

    /// Markup of the hidden field every form has; the token is hexadecimal.
    pub fn csrf_field(&self) -> String {
        format!("<input type=\"hidden\" name=\"_csrf\" value=\"{}\">", self.csrf)
    }

    pub fn menu(&self) -> Vec<MenuItem> {
        let active = |path: &str| match path {
            "/" => self.path == "/",
            path => self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        MENU.iter().map(|&(path, title, icon)| MenuItem { path, title, icon, active: active(path) }).collect()
    }
}

impl FromRequest for Layout {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// The page as a response.
///
/// # Errors
/// Internal, when the template fails.
pub fn show(page: &impl Template) -> Result<HttpResponse, ApiError> {
    show_with(StatusCode::OK, page)
}

/// The page again, because the form was not right.
///
/// # Errors
/// Internal, when the template fails.
pub fn show_refused(page: &impl Template) -> Result<HttpResponse, ApiError> {
    show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// # Errors
/// Internal, when the template fails.
pub fn show_with(status: StatusCode, page: &impl Template) -> Result<HttpResponse, ApiError> {
    let body = page.render().map_err(ApiError::internal)?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body))
}
