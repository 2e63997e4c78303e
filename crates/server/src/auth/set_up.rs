//! The first visit: whoever comes first becomes the owner. There is no default password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use engine::ids::{UserId, WorkspaceId};
use engine::words::Lang;
use serde::Deserialize;
use store::users::{self, NewUser, Role};
use store::workspaces::{self, NewWorkspace};
use store::{JobError, Refusal, Tx};

use super::session::locale_of;
use super::{password, sign_in};
use crate::admin::layout::{Layout, show, show_with};
use crate::error::ApiError;
use crate::flash::see_other;
use crate::forms;
use crate::services::{Services, now};
use crate::{admin, examples};

#[derive(Template)]
#[template(path = "auth/setup.html")]
struct SetUpPage {
    l: Layout,
    form: SetUpForm,
    error: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub struct SetUpForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    language: String,
}

/// `GET /set-up`
pub async fn get_set_up(services: web::Data<Services>, l: Layout) -> Result<HttpResponse, ApiError> {
    if services.owner_exists().await? {
        return Ok(see_other("/sign-in"));
    }
    show(&SetUpPage { l, form: SetUpForm::default(), error: None })
}

/// `POST /set-up`
pub async fn post_set_up(
    services: web::Data<Services>,
    request: HttpRequest,
    form: web::Form<SetUpForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    if services.owner_exists().await? {
        return Err(ApiError::not_found());
    }
    let form = form.into_inner();
    match create_owner(&services, &form).await {
        Ok((workspace, user)) => {
            install_demo(&services, workspace, Lang::from_tag(&form.language)).await;
            let mut response = see_other("/");
            let session = sign_in::open_session(&services, &request, workspace, user).await?;
            response.add_cookie(&session).map_err(ApiError::internal)?;
            Ok(response)
        }
        Err(error) if error.code.is_about_input() => {
            let l = l.in_language(Lang::from_tag(&form.language));
            let error = Some(error.text(l.texts));
            show_with(StatusCode::UNPROCESSABLE_ENTITY, &SetUpPage { l, form, error })
        }
        Err(error) => Err(error),
    }
}

async fn create_owner(services: &Services, form: &SetUpForm) -> Result<(WorkspaceId, UserId), ApiError> {
    let name = forms::required(&form.name, 100)?;
    let email = forms::email(&form.email)?;
    password::check_new(&form.password)?;
    let lang = Lang::from_tag(&form.language);
    let user = NewUser {
        email,
        name,
        password_hash: password::hash_password(form.password.clone()).await?,
        locale: locale_of(lang),
    };
    let workspace = NewWorkspace {
        name: match lang {
            Lang::En => "My project".to_owned(),
            Lang::Ru => "Мой проект".to_owned(),
        },
        locale: locale_of(lang),
        zone: admin::settings::system_zone(),
    };
    services.write(move |tx| insert_owner(tx, &workspace, &user)).await
}

/// Decided inside the writer, so of two first visitors one is refused.
fn insert_owner(
    tx: &mut Tx,
    workspace: &NewWorkspace,
    user: &NewUser,
) -> Result<(WorkspaceId, UserId), JobError> {
    if users::count(tx)? > 0 {
        return Err(Refusal::NotFound.into());
    }
    let workspace = workspaces::insert(tx, workspace, now())?;
    let user = users::insert(tx, user, now())?;
    users::set_membership(tx, workspace, user, Role::Owner)?;
    Ok((workspace, user))
}

/// The account stands even if the demo does not: examples can be installed later by hand.
async fn install_demo(services: &Services, workspace: WorkspaceId, lang: Lang) {
    if let Err(error) = examples::install_demo(services, workspace, lang).await {
        tracing::error!(%error, "the demo was not installed");
    }
}
