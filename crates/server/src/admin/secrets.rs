//! The vault: names that are seen, values that are only written.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use store::{Purpose, audit_log, secrets};

use super::layout::{Layout, show, show_refused};
use super::{ConfirmPage, moment};
use crate::auth::Session;
use crate::error::ApiError;
use crate::flash::see_other_with;
use crate::forms;
use crate::services::{Services, now};

/// Longest secret, in bytes.
const VALUE_BYTES: usize = 8 * 1024;

#[derive(Template)]
#[template(path = "secrets.html")]
struct SecretsPage {
    l: Layout,
    secrets: Vec<SecretView>,
    /// The name of a refused one, to be mended; its value is never shown.
    typed_name: String,
    error: Option<String>,
}

struct SecretView {
    name: String,
    updated: String,
}

/// `GET /secrets`
pub async fn get_secrets(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    show(&page(&services, &session, l, String::new(), None).await?)
}

async fn page(
    services: &Services,
    session: &Session,
    l: Layout,
    typed_name: String,
    error: Option<String>,
) -> Result<SecretsPage, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| Ok(secrets::list(connection, workspace)?)).await?;
    let view = |secret: secrets::SecretName| SecretView {
        updated: moment(secret.updated_at, session),
        name: secret.name,
    };
    Ok(SecretsPage { l, secrets: found.into_iter().map(view).collect(), typed_name, error })
}

#[derive(Deserialize)]
pub struct SecretForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
}

/// `POST /secrets`
pub async fn post_secret(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<SecretForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match keep(&services, &session, &form).await {
        Ok(()) => Ok(see_other_with("/secrets", "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&page(&services, &session, l, form.into_inner().name, error).await?)
        }
        Err(error) => Err(error),
    }
}

async fn keep(services: &Services, session: &Session, form: &SecretForm) -> Result<(), ApiError> {
    let name = forms::variable_name(&form.name)?;
    if !name.is_ascii() {
        return Err(ApiError::invalid(
            "The name of a secret has Latin letters, digits and _ only.",
            "Имя секрета состоит только из латинских букв, цифр и знака _.",
        ));
    }
    if form.value.is_empty() || form.value.len() > VALUE_BYTES {
        return Err(ApiError::invalid(
            format!("The value must be 1 to {VALUE_BYTES} bytes long."),
            format!("Значение должно быть длиной от 1 до {VALUE_BYTES} байт."),
        ));
    }
    let (workspace, user) = (session.workspace, session.user);
    let sealed = services.seal(workspace, Purpose::Variable(&name), &form.value)?;
    services
        .configure(workspace, move |tx| {
            audit_log::insert(tx, workspace, Some(user), "secret.set", &format!("secret/{name}"), now())?;
            secrets::upsert(tx, workspace, &name, &sealed, now())
        })
        .await
}

/// `GET /secrets/{name}/delete`
pub async fn get_delete(_: Session, name: web::Path<String>, l: Layout) -> Result<HttpResponse, ApiError> {
    let name = forms::variable_name(&name).map_err(|_| ApiError::not_found())?;
    show(&ConfirmPage {
        title: l.with("secret-delete-title", "name", name.as_str()),
        text: l.t("secret-delete-text").into_owned(),
        action: format!("/secrets/{name}/delete"),
        back: "/secrets".to_owned(),
        l,
    })
}

/// `POST /secrets/{name}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, user, name) = (session.workspace, session.user, name.into_inner());
    services
        .configure(workspace, move |tx| {
            audit_log::insert(tx, workspace, Some(user), "secret.delete", &format!("secret/{name}"), now())?;
            secrets::delete(tx, workspace, &name)
        })
        .await?;
    Ok(see_other_with("/secrets", "flash-deleted"))
}
