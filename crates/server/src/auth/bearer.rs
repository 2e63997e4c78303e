//! Callers of the REST API: an API token in `Authorization: Bearer scn_...`, or a person's session.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use engine::ids::{UserId, WorkspaceId};
use store::api_tokens;
use store::users::Role;

use super::session::{Session, hash};
use crate::error::{ApiError, Code, refuse};
use crate::request::{ForPrograms, random};
use crate::services::{Services, now};

/// What every token begins with, so that scanners for leaked secrets can know it.
pub const PREFIX: &str = "scn_";
/// Characters of a token shown in the list.
pub const SHOWN_CHARS: usize = 12;
/// How often a token's last use is noted.
const TOUCH_MS: i64 = 60_000;

/// A program or a person at the REST API, and the workspace all its queries are bound to.
#[derive(Clone)]
pub struct Caller {
    pub workspace: WorkspaceId,
    /// The person, when it is one.
    pub user: Option<UserId>,
    may_write: bool,
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or_else(|| ApiError::new(Code::Unauthenticated)))
    }
}

/// Set when the caller showed a token, which no other site can make a browser do.
#[derive(Clone, Copy)]
struct ByToken;

pub fn is_used(request: &HttpRequest) -> bool {
    request.extensions().get::<ByToken>().is_some()
}

/// A new token: 256 random bits.
pub fn new_token() -> String {
    format!("{PREFIX}{}", hex::encode(random::<32>()))
}

/// Middleware of the REST API: finds the caller and checks that it may do what the method says.
pub async fn authenticate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    request.extensions_mut().insert(ForPrograms);
    // A question to a list is too long for an address, so it is a POST that changes nothing.
    let asks = *request.method() == Method::POST && request.path().ends_with("/rows/query");
    let looks = asks || matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let found = match identify(request.request()).await {
        Ok(caller) if !looks && !caller.may_write => Err(ApiError::new(Code::Forbidden)),
        found => found,
    };
    match found {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(error) => Ok(refuse(request, error).map_into_right_body()),
    }
}

async fn identify(request: &HttpRequest) -> Result<Caller, ApiError> {
    let unauthenticated = || ApiError::new(Code::Unauthenticated);
    let Some(header) = request.headers().get(header::AUTHORIZATION) else {
        let session = request.extensions().get::<Session>().cloned().ok_or_else(unauthenticated)?;
        let may_write = session.role != Role::Viewer;
        return Ok(Caller { workspace: session.workspace, user: Some(session.user), may_write });
    };
    // A wrong token never falls back to the cookie.
    let token =
        header.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(unauthenticated)?;
    let services = request.app_data::<web::Data<Services>>().ok_or_else(unauthenticated)?;
    let token_hash = hash(token.trim());
    let found = services
        .read(move |connection| Ok(api_tokens::find_by_hash(connection, &token_hash, now())?))
        .await?;
    let found = found.ok_or_else(unauthenticated)?;
    let (workspace, id) = (found.workspace_id, found.id);
    if found.last_used_at.is_none_or(|at| now().0 - at.0 > TOUCH_MS) {
        services.write(move |tx| api_tokens::touch(tx, workspace, id, now())).await?;
    }
    request.extensions_mut().insert(ByToken);
    Ok(Caller { workspace, user: None, may_write: may_write(&found.scopes) })
}

/// Whether these scopes, separated by spaces, allow changes.
pub fn may_write(scopes: &str) -> bool {
    scopes.split(' ').any(|scope| scope == "write")
}
