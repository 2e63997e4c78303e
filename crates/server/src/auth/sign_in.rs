//! Signing in and out.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use engine::ids::{UserId, UtcMs, WorkspaceId};
use serde::Deserialize;
use store::{audit_log, sessions, users};

use super::session::{Session, hash};
use super::{cookie, password};
use crate::admin::layout::{Layout, show, show_with};
use crate::error::{ApiError, Code};
use crate::flash::see_other;
use crate::request;
use crate::services::{Services, now};

#[derive(Template)]
#[template(path = "auth/sign_in.html")]
struct SignInPage {
    l: Layout,
    form: SignInForm,
    error: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    /// Where to go afterwards.
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub async fn get_sign_in(
    services: web::Data<Services>,
    query: web::Query<SignInForm>,
    session: Option<Session>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    if session.is_some() {
        return Ok(see_other("/"));
    }
    if !services.owner_exists().await? {
        return Ok(see_other("/set-up"));
    }
    let form = SignInForm { next: query.into_inner().next, ..SignInForm::default() };
    show(&SignInPage { l, form, error: None })
}

/// `POST /sign-in`
pub async fn post_sign_in(
    services: web::Data<Services>,
    request: HttpRequest,
    form: web::Form<SignInForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let form = form.into_inner();
    if !services.throttle.admit(&form.email, request::client_ip(&request)) {
        let error = Some(Code::TooManyAttempts.title(l.texts));
        return show_with(StatusCode::TOO_MANY_REQUESTS, &SignInPage { l, form, error });
    }
    match check(&services, &form).await? {
        Some((workspace, user)) => {
            let mut response = see_other(local_path(&form.next));
            let session = open_session(&services, &request, workspace, user).await?;
            response.add_cookie(&session).map_err(ApiError::internal)?;
            Ok(response)
        }
        None => {
            let error = Some(l.t("sign-in-wrong").into_owned());
            show_with(StatusCode::UNPROCESSABLE_ENTITY, &SignInPage { l, form, error })
        }
    }
}

/// `POST /sign-out`
pub async fn post_sign_out(
    services: web::Data<Services>,
    request: HttpRequest,
    session: Session,
) -> Result<HttpResponse, ApiError> {
    let id_hash = session.id_hash;
    services.write(move |tx| sessions::delete(tx, &id_hash)).await?;
    let mut response = see_other("/sign-in");
    response.add_cookie(&cookie::no_session(&request)).map_err(ApiError::internal)?;
    Ok(response)
}

/// The same answer, after the same time, whether the account or the password is wrong.
async fn check(services: &Services, form: &SignInForm) -> Result<Option<(WorkspaceId, UserId)>, ApiError> {
    let email = form.email.clone();
    let user = services.read(move |connection| Ok(users::find_by_email(connection, &email)?)).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    if !password::verify_password(form.password.clone(), stored).await? {
        return Ok(None);
    }
    let Some(user) = user.map(|user| user.id) else { return Ok(None) };
    let memberships = services.read(move |connection| Ok(users::list_memberships(connection, user)?)).await?;
    Ok(memberships.first().map(|(workspace, _, _)| (*workspace, user)))
}

/// A new session with a new cookie: whatever cookie the browser had before means nothing afterwards.
pub async fn open_session(
    services: &Services,
    request: &HttpRequest,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Cookie<'static>, ApiError> {
    let secret = cookie::new_secret();
    let at = now();
    let session = sessions::Session {
        id_hash: hash(&secret),
        user_id: user,
        workspace_id: workspace,
        csrf: cookie::new_secret(),
        created_at: at,
        expires_at: UtcMs(at.0 + cookie::SESSION_SECONDS * 1000),
    };
    let old = cookie::session_secret(request).map(|secret| hash(&secret));
    services
        .write(move |tx| {
            if let Some(old) = &old {
                sessions::delete(tx, old)?;
            }
            sessions::delete_expired(tx, at)?;
            audit_log::insert(tx, workspace, Some(user), "session.open", "", at)?;
            sessions::insert(tx, &session)
        })
        .await?;
    Ok(cookie::session(request, &secret))
}

/// Only a path of ours: `//evil.example` and `/\evil.example` are other sites.
fn local_path(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_leads_nowhere_else() {
        let check = |next: &str, expected: &str| assert_eq!(local_path(next), expected);
        check("/bots/3?page=2", "/bots/3?page=2");
        check("", "/");
        check("//evil.example", "/");
        check("/\\evil.example", "/");
        check("https://evil.example", "/");
        check("javascript:alert(1)", "/");
        check("/\t/evil.example", "/");
    }
}
