//! Sessions: found by the cookie's hash, required by the pages.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use engine::ids::{UserId, UtcMs, WorkspaceId};
use engine::words::Lang;
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use store::users::Role;
use store::{Connection, Locale, ReadError};
use store::{sessions, users, workspaces};

use super::cookie;
use crate::error::{ApiError, Code, refuse};
use crate::flash::see_other;
use crate::request;
use crate::services::{Services, now};

/// Somebody who has signed in, and the workspace all their queries are bound to.
#[derive(Clone)]
pub struct Session {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub user_name: String,
    pub role: Role,
    pub lang: Lang,
    /// IANA time zone of the workspace.
    pub zone: String,
    pub csrf: String,
    pub(super) id_hash: Vec<u8>,
}

impl FromRequest for Session {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Self>().cloned();
        ready(session.ok_or_else(|| ApiError::new(Code::Unauthenticated)))
    }
}

/// What is stored of a cookie or a token.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

pub fn lang_of(locale: Locale) -> Lang {
    match locale {
        Locale::En => Lang::En,
        Locale::Ru => Lang::Ru,
    }
}

pub fn locale_of(lang: Lang) -> Locale {
    match lang {
        Lang::En => Locale::En,
        Lang::Ru => Locale::Ru,
    }
}

/// Middleware: finds the session of the request's cookie, if there is one.
pub async fn find<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    if let Some(secret) = cookie::session_secret(request.request()) {
        let id_hash = hash(&secret);
        let found = match request.app_data::<web::Data<Services>>() {
            Some(services) => services.read(move |connection| load(connection, &id_hash, now())).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(session)) => {
                request.extensions_mut().insert(session);
            }
            Ok(None) => {}
            Err(error) => return Ok(refuse(request, error).map_into_right_body()),
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn load(connection: &mut Connection, id_hash: &[u8], now: UtcMs) -> Result<Option<Session>, ReadError> {
    let Some(session) = sessions::find(connection, id_hash, now)? else { return Ok(None) };
    let (workspace, user) = (session.workspace_id, session.user_id);
    let role = users::find_role(connection, workspace, user)?;
    let found = (users::find(connection, user)?, workspaces::find(connection, workspace)?, role);
    let (Some(user), Some(workspace), Some(role)) = found else { return Ok(None) };
    Ok(Some(Session {
        workspace: workspace.id,
        user: user.id,
        user_name: user.name,
        role,
        lang: lang_of(user.locale),
        zone: workspace.zone,
        csrf: session.csrf,
        id_hash: session.id_hash,
    }))
}

/// Middleware of everything that needs a person: without one, pages lead to sign-in (or, on a machine
/// nobody owns yet, to set-up) and programs get 401. Viewers may look, not change.
pub async fn require<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let role = request.extensions().get::<Session>().map(|session| session.role);
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let refusal = match role {
        None => turn_away(request.request()).await,
        Some(Role::Viewer) if !looks => Err(ApiError::new(Code::Forbidden)),
        Some(_) => return Ok(next.call(request).await?.map_into_left_body()),
    };
    Ok(match refusal {
        Ok(elsewhere) => request.into_response(elsewhere),
        Err(error) => refuse(request, error),
    }
    .map_into_right_body())
}

/// Where somebody without a session is sent.
async fn turn_away(request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    if !request::wants_html(request) || *request.method() != Method::GET {
        return Err(ApiError::new(Code::Unauthenticated));
    }
    let exists = match request.app_data::<web::Data<Services>>() {
        Some(services) => services.owner_exists().await?,
        None => true,
    };
    if !exists {
        return Ok(see_other("/set-up"));
    }
    let next = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Ok(see_other(&format!("/sign-in?next={next}")))
}
