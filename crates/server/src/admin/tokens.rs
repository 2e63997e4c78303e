//! Tokens of the REST API.

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::WorkspaceId;
use serde::Deserialize;
use store::api_tokens::{self, NewApiToken};
use store::audit_log;
use store::users::Role;

use super::layout::{Layout, show, show_refused};
use super::{ConfirmPage, moment};
use crate::auth::session::hash;
use crate::auth::{Session, bearer};
use crate::error::{ApiError, Code};
use crate::flash::see_other_with;
use crate::forms;
use crate::services::{Services, now};

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    l: Layout,
    tokens: Vec<TokenView>,
    /// The token that was just made; shown once.
    created: Option<String>,
    /// What was refused, to be mended.
    typed: TokenForm,
    error: Option<String>,
}

struct TokenView {
    id: i64,
    name: String,
    prefix: String,
    scopes: &'static str,
    used: Option<String>,
}

/// `GET /tokens`
pub async fn get_tokens(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    show(&page(&services, &session, l).await?)
}

async fn page(services: &Services, session: &Session, l: Layout) -> Result<TokensPage, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| Ok(api_tokens::list(connection, workspace)?)).await?;
    let view = |token: api_tokens::ApiToken| TokenView {
        id: token.id,
        scopes: if bearer::may_write(&token.scopes) { "token-scope-write" } else { "token-scope-read" },
        used: token.last_used_at.map(|at| moment(at, session)),
        name: token.name,
        prefix: token.prefix,
    };
    Ok(TokensPage {
        l,
        tokens: found.into_iter().map(view).collect(),
        created: None,
        typed: TokenForm::default(),
        error: None,
    })
}

#[derive(Default, Deserialize)]
pub struct TokenForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: String,
}

/// `POST /tokens`
pub async fn post_token(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<TokenForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    must_be_owner(&session)?;
    match create(&services, &session, &form).await {
        Ok(token) => show(&TokensPage { created: Some(token), ..page(&services, &session, l).await? }),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            let typed = form.into_inner();
            show_refused(&TokensPage { typed, error, ..page(&services, &session, l).await? })
        }
        Err(error) => Err(error),
    }
}

async fn create(services: &Services, session: &Session, form: &TokenForm) -> Result<String, ApiError> {
    let name = forms::required(&form.name, 100)?;
    let scopes = if bearer::may_write(&form.scopes) { "read write" } else { "read" };
    let (token, new) = new_token(session.workspace, name, scopes);
    let (workspace, user) = (session.workspace, session.user);
    services
        .write(move |tx| {
            audit_log::insert(tx, workspace, Some(user), "token.create", &new.prefix, now())?;
            api_tokens::insert(tx, &new, now())
        })
        .await?;
    Ok(token)
}

/// A token and the row that knows it.
pub fn new_token(workspace: WorkspaceId, name: String, scopes: &str) -> (String, NewApiToken) {
    let token = bearer::new_token();
    let new = NewApiToken {
        workspace_id: workspace,
        name,
        token_hash: hash(&token),
        prefix: token.chars().take(bearer::SHOWN_CHARS).collect(),
        scopes: scopes.to_owned(),
        expires_at: None,
    };
    (token, new)
}

/// `GET /tokens/{id}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| Ok(api_tokens::list(connection, workspace)?)).await?;
    let token = found.into_iter().find(|token| token.id == *id).ok_or_else(ApiError::not_found)?;
    show(&ConfirmPage {
        title: l.with("token-delete-title", "name", token.name),
        text: l.t("token-delete-text").into_owned(),
        action: format!("/tokens/{id}/delete"),
        back: "/tokens".to_owned(),
        l,
    })
}

/// `POST /tokens/{id}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    must_be_owner(&session)?;
    let (workspace, user, id) = (session.workspace, session.user, *id);
    services
        .write(move |tx| {
            audit_log::insert(tx, workspace, Some(user), "token.delete", &format!("token/{id}"), now())?;
            api_tokens::delete(tx, workspace, id)
        })
        .await?;
    Ok(see_other_with("/tokens", "flash-deleted"))
}

fn must_be_owner(session: &Session) -> Result<(), ApiError> {
    if session.role == Role::Owner { Ok(()) } else { Err(ApiError::new(Code::Forbidden)) }
}
