//! Scenarios: list, create, rename, delete, import and export, versions.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes as FormBytes;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::{ScenarioId, WorkspaceId};
use serde::Deserialize;
use store::{audit_log, scenarios};

use super::layout::{Layout, show, show_refused};
use super::{ConfirmPage, moment};
use crate::auth::Session;
use crate::documents;
use crate::error::{ApiError, FindingView};
use crate::flash::{see_other, see_other_with};
use crate::forms;
use crate::services::{Services, now};

/// Versions the settings page shows.
const VERSIONS_SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "scenarios/list.html")]
struct ScenariosPage {
    l: Layout,
    scenarios: Vec<ScenarioView>,
}

struct ScenarioView {
    id: ScenarioId,
    name: String,
    /// Of the published version.
    number: Option<i64>,
    updated: String,
}

/// `GET /scenarios`
pub async fn get_scenarios(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let workspace = session.workspace;
    let scenarios = services
        .read(move |connection| {
            let mut views = Vec::new();
            for found in scenarios::list(connection, workspace)? {
                let version = match found.published_version_id {
                    Some(version) => scenarios::find_version(connection, workspace, version)?,
                    None => None,
                };
                views.push(ScenarioView {
                    id: found.id,
                    name: found.name,
                    number: version.map(|version| version.number),
                    updated: moment(found.updated_at, &session),
                });
            }
            Ok(views)
        })
        .await?;
    show(&ScenariosPage { l, scenarios })
}

#[derive(Template)]
#[template(path = "scenarios/new.html")]
struct NewScenarioPage {
    l: Layout,
    form: NameForm,
    error: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub struct NameForm {
    #[serde(default)]
    name: String,
}

/// `GET /scenarios/new`
pub async fn get_new(_: Session, l: Layout) -> Result<HttpResponse, ApiError> {
    show(&NewScenarioPage { l, form: NameForm::default(), error: None })
}

/// `POST /scenarios/new`
pub async fn post_new(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<NameForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match create(&services, session.workspace, &form.name).await {
        Ok(scenario) => Ok(see_other(&format!("/scenarios/{scenario}"))),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&NewScenarioPage { l, form: form.into_inner(), error })
        }
        Err(error) => Err(error),
    }
}

async fn create(services: &Services, workspace: WorkspaceId, name: &str) -> Result<ScenarioId, ApiError> {
    let name = forms::required(name, 100)?;
    documents::create(services, workspace, documents::empty(&name)).await
}

#[derive(Template)]
#[template(path = "scenarios/import.html")]
struct ImportPage {
    l: Layout,
    error: Option<String>,
    findings: Vec<FindingView>,
}

#[derive(MultipartForm)]
pub struct ImportForm {
    #[multipart(limit = "2MB")]
    file: FormBytes,
}

/// `GET /scenarios/import`
pub async fn get_import(_: Session, l: Layout) -> Result<HttpResponse, ApiError> {
    show(&ImportPage { l, error: None, findings: Vec::new() })
}

/// `POST /scenarios/import`
pub async fn post_import(
    services: web::Data<Services>,
    session: Session,
    form: MultipartForm<ImportForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match import(&services, session.workspace, &form.file.data).await {
        Ok(scenario) => Ok(see_other_with(&format!("/scenarios/{scenario}/settings"), "flash-imported")),
        Err(error) if error.code.is_about_input() => {
            let findings = error.finding_views(l.texts.lang);
            let error = Some(error.text(l.texts));
            show_refused(&ImportPage { l, error, findings })
        }
        Err(error) => Err(error),
    }
}

async fn import(services: &Services, workspace: WorkspaceId, file: &[u8]) -> Result<ScenarioId, ApiError> {
    let json = std::str::from_utf8(file).map_err(|_| {
        ApiError::invalid("The file is not a text in UTF-8.", "Файл — не текст в кодировке UTF-8.")
    })?;
    let mut document = documents::parse(json)?;
    document.name = forms::required(&document.name, 100)?;
    documents::create_numbered(services, workspace, document).await
}

#[derive(Template)]
#[template(path = "scenarios/settings.html")]
struct SettingsPage {
    l: Layout,
    id: ScenarioId,
    name: String,
    versions: Vec<VersionView>,
    error: Option<String>,
}

struct VersionView {
    number: i64,
    published: String,
    is_current: bool,
}

/// `GET /scenarios/{id}/settings`
pub async fn get_settings(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    show(&settings_page(&services, &session, ScenarioId(*id), l).await?)
}

/// `POST /scenarios/{id}/settings`
pub async fn post_settings(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<NameForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let id = ScenarioId(*id);
    match rename(&services, session.workspace, id, &form.name).await {
        Ok(()) => Ok(see_other_with(&format!("/scenarios/{id}/settings"), "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            let page = settings_page(&services, &session, id, l).await?;
            show_refused(&SettingsPage { error, ..page })
        }
        Err(error) => Err(error),
    }
}

async fn rename(
    services: &Services,
    workspace: WorkspaceId,
    id: ScenarioId,
    name: &str,
) -> Result<(), ApiError> {
    let name = forms::required(name, 100)?;
    services.configure(workspace, move |tx| scenarios::rename(tx, workspace, id, &name, now())).await
}

async fn settings_page(
    services: &Services,
    session: &Session,
    id: ScenarioId,
    l: Layout,
) -> Result<SettingsPage, ApiError> {
    let workspace = session.workspace;
    let scenario = documents::find(services, workspace, id).await?;
    let list = move |connection: &mut store::Connection| {
        Ok(scenarios::list_versions(connection, workspace, id, VERSIONS_SHOWN)?)
    };
    let current = scenario.published_version_id;
    let view = |version: scenarios::ScenarioVersion| VersionView {
        number: version.number,
        published: moment(version.published_at, session),
        is_current: Some(version.id) == current,
    };
    let versions = services.read(list).await?.into_iter().map(view).collect();
    Ok(SettingsPage { l, id, name: scenario.name, versions, error: None })
}

#[derive(Deserialize)]
pub struct ExportQuery {
    /// A published version; the draft without it.
    version: Option<i64>,
}

/// `GET /scenarios/{id}/export`
pub async fn get_export(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    query: web::Query<ExportQuery>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, id) = (session.workspace, ScenarioId(*id));
    let scenario = documents::find(&services, workspace, id).await?;
    let json = match query.version {
        None => scenario.draft,
        Some(number) => {
            let list = move |connection: &mut store::Connection| {
                Ok(scenarios::list_versions(connection, workspace, id, i64::MAX)?)
            };
            let found = services.read(list).await?.into_iter().find(|version| version.number == number);
            found.ok_or_else(ApiError::not_found)?.document
        }
    };
    let mut document = documents::stored(&json)?;
    document.name.clone_from(&scenario.name);
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, attachment(&format!("{}.json", scenario.name))))
        .body(document.to_text()))
}

/// A download under this name, whatever letters it has.
fn attachment(name: &str) -> ContentDisposition {
    let name = name.replace(['/', '\\', '"'], "_");
    let value = ExtendedValue {
        charset: header::Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.into_bytes(),
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(value)],
    }
}

/// `GET /scenarios/{id}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let scenario = documents::find(&services, session.workspace, ScenarioId(*id)).await?;
    show(&ConfirmPage {
        title: l.with("scenario-delete-title", "name", scenario.name),
        text: l.t("scenario-delete-text").into_owned(),
        action: format!("/scenarios/{id}/delete"),
        back: format!("/scenarios/{id}/settings"),
        l,
    })
}

/// `POST /scenarios/{id}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, user, id) = (session.workspace, session.user, ScenarioId(*id));
    services
        .configure(workspace, move |tx| {
            audit_log::insert(
                tx,
                workspace,
                Some(user),
                "scenario.delete",
                &format!("scenario/{id}"),
                now(),
            )?;
            scenarios::delete(tx, workspace, id)
        })
        .await?;
    Ok(see_other_with("/scenarios", "flash-deleted"))
}
