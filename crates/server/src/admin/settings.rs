//! Settings of the person and of the workspace.

use actix_web::cookie::Cookie;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use engine::words::Lang;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::users::Role;
use store::workspaces::NewWorkspace;
use store::{Refusal, audit_log, sessions, users, workspaces};

use super::layout::{Layout, show, show_refused};
use crate::auth::session::locale_of;
use crate::auth::sign_in::open_session;
use crate::auth::{Session, password};
use crate::error::{ApiError, Code};
use crate::flash::see_other_with;
use crate::forms;
use crate::request;
use crate::services::{Services, now};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    l: Layout,
    form: SettingsForm,
    zones: Vec<String>,
    public_url: String,
    public_https: bool,
    error: Option<String>,
}

#[derive(Clone, Deserialize)]
pub struct SettingsForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    zone: String,
}

impl SettingsForm {
    fn of(session: &Session) -> Self {
        Self {
            name: session.user_name.clone(),
            language: session.lang.code().to_owned(),
            zone: session.zone.clone(),
        }
    }
}

/// `GET /settings`
pub async fn get_settings(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let form = SettingsForm::of(&session);
    show(&page(&services, l, form, None))
}

fn page(services: &Services, l: Layout, form: SettingsForm, error: Option<String>) -> SettingsPage {
    SettingsPage {
        l,
        form,
        zones: jiff::tz::db()
            .available()
            .map(|name| name.to_string())
            .filter(|name| name.contains('/'))
            .collect(),
        public_url: services.public_url.as_str().to_owned(),
        public_https: services.public_url.is_https(),
        error,
    }
}

/// `POST /settings`
pub async fn post_settings(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<SettingsForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match save(&services, &session, &form).await {
        Ok(()) => Ok(see_other_with("/settings", "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&page(&services, l, form.into_inner(), error))
        }
        Err(error) => Err(error),
    }
}

async fn save(services: &Services, session: &Session, form: &SettingsForm) -> Result<(), ApiError> {
    let name = forms::required(&form.name, 100)?;
    let zone = TimeZone::get(form.zone.trim()).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    let zone = zone.ok_or_else(|| {
        ApiError::invalid(
            "There is no such time zone. Choose one such as Europe/Berlin.",
            "Такого часового пояса нет. Выберите, например, Europe/Moscow.",
        )
    })?;
    let locale = locale_of(Lang::from_tag(&form.language));
    let (workspace, user, is_owner) = (session.workspace, session.user, session.role == Role::Owner);
    services
        .configure(workspace, move |tx| {
            users::set_locale(tx, user, locale)?;
            users::set_name(tx, user, &name)?;
            if !is_owner {
                return Ok(());
            }
            let found = workspaces::find(tx, workspace)?.ok_or(Refusal::NotFound)?;
            workspaces::update(tx, workspace, &NewWorkspace { name: found.name, locale, zone: zone.clone() })
        })
        .await
}

#[derive(Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
}

/// `POST /settings/password`: every other session of this person ends.
pub async fn post_password(
    services: web::Data<Services>,
    session: Session,
    request: HttpRequest,
    form: web::Form<PasswordForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match change_password(&services, &session, &request, &form).await {
        Ok(cookie) => {
            let mut response = see_other_with("/settings", "flash-password");
            response.add_cookie(&cookie).map_err(ApiError::internal)?;
            Ok(response)
        }
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&page(&services, l, SettingsForm::of(&session), error))
        }
        Err(error) => Err(error),
    }
}

async fn change_password(
    services: &Services,
    session: &Session,
    request: &HttpRequest,
    form: &PasswordForm,
) -> Result<Cookie<'static>, ApiError> {
    let user = session.user;
    let found = services.read(move |connection| Ok(users::find(connection, user)?)).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    if !services.throttle.admit(&found.email, request::client_ip(request)) {
        return Err(ApiError::new(Code::TooManyAttempts));
    }
    if !password::verify_password(form.current.clone(), Some(found.password_hash)).await? {
        return Err(ApiError::invalid("The current password is wrong.", "Текущий пароль неверен."));
    }
    password::check_new(&form.new)?;
    let hash = password::hash_password(form.new.clone()).await?;
    let workspace = session.workspace;
    services
        .write(move |tx| {
            users::set_password_hash(tx, user, &hash)?;
            audit_log::insert(tx, workspace, Some(user), "user.password", "", now())?;
            sessions::delete_of_user(tx, user)
        })
        .await?;
    open_session(services, request, workspace, user).await
}

/// The zone of the machine, for a new workspace.
pub fn system_zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}
