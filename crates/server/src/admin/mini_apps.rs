//! Mini apps: the owner's HTML under a public link.

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::{BotId, MiniAppId, WorkspaceId};
use serde::Deserialize;
use store::mini_apps::{self, MiniApp, MiniAppVersion, NewMiniApp};
use store::{Refusal, Tx, audit_log, bots};

use super::chat::played;
use super::layout::{Layout, show, show_refused};
use super::{ConfirmPage, moment};
use crate::auth::Session;
use crate::error::{ApiError, Code};
use crate::flash::{see_other, see_other_with};
use crate::forms;
use crate::locale::Texts;
use crate::miniapp::launch;
use crate::request::random;
use crate::services::{Services, now};

/// Longest page, in bytes.
pub const HTML_BYTES: usize = 1024 * 1024;

#[derive(Template)]
#[template(path = "mini_apps/list.html")]
struct MiniAppsPage {
    l: Layout,
    apps: Vec<MiniAppView>,
}

struct MiniAppView {
    id: MiniAppId,
    name: String,
    url: String,
}

/// `GET /mini-apps`
pub async fn get_mini_apps(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| Ok(mini_apps::list(connection, workspace)?)).await?;
    let view = |app: mini_apps::MiniAppSummary| MiniAppView {
        id: app.id,
        url: public_url(&services, &app.slug),
        name: app.name,
    };
    show(&MiniAppsPage { l, apps: found.into_iter().map(view).collect() })
}

#[derive(Template)]
#[template(path = "mini_apps/new.html")]
struct NewMiniAppPage {
    l: Layout,
    form: MiniAppForm,
    bots: Vec<bots::Bot>,
    error: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub struct MiniAppForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    bot: i64,
    #[serde(default)]
    html: String,
}

/// `GET /mini-apps/new`
pub async fn get_new(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let bots = list_bots(&services, session.workspace).await?;
    let error = bots.is_empty().then(|| l.t("mini-app-no-bot").into_owned());
    show(&NewMiniAppPage { l, form: MiniAppForm::default(), bots, error })
}

/// `POST /mini-apps/new`
pub async fn post_new(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<MiniAppForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match create(&services, session.workspace, &form, l.texts).await {
        Ok(app) => Ok(see_other(&format!("/mini-apps/{app}"))),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            let bots = list_bots(&services, session.workspace).await?;
            show_refused(&NewMiniAppPage { l, form: form.into_inner(), bots, error })
        }
        Err(error) => Err(error),
    }
}

async fn create(
    services: &Services,
    workspace: WorkspaceId,
    form: &MiniAppForm,
    texts: Texts,
) -> Result<MiniAppId, ApiError> {
    let new = NewMiniApp {
        workspace_id: workspace,
        name: forms::required(&form.name, 64)?,
        slug: new_slug(),
        html: sample(services, texts),
        bot_id: Some(BotId(form.bot)),
    };
    services
        .configure(workspace, move |tx| {
            bot_of(tx, workspace, new.bot_id)?;
            mini_apps::insert(tx, &new, now())
        })
        .await
}

/// The unguessable part of an app's address: 160 bits.
pub fn new_slug() -> String {
    hex::encode(random::<20>())
}

/// A page that works at once, to begin from.
fn sample(services: &Services, texts: Texts) -> String {
    include_str!("mini_app_sample.html")
        .replace("{lang}", texts.lang.code())
        .replace("{title}", &texts.t("mini-app-sample-title"))
        .replace("{button}", &texts.t("mini-app-sample-button"))
        .replace("{sent}", &texts.t("mini-app-sample-sent"))
        .replace("{failed}", &texts.t("mini-app-sample-failed"))
        .replace("{callback}", &callback_url(services))
}

fn callback_url(services: &Services) -> String {
    services.public_url.at("/miniapp/callback")
}

fn public_url(services: &Services, slug: &str) -> String {
    services.public_url.at(&format!("/app/{slug}"))
}

#[derive(Template)]
#[template(path = "mini_apps/edit.html")]
struct MiniAppPage {
    l: Layout,
    id: MiniAppId,
    form: MiniAppForm,
    bots: Vec<bots::Bot>,
    url: String,
    /// Opens the app as the person who looks, when its bot is a test bot.
    preview_url: String,
    callback_url: String,
    /// The number of the page that stands.
    number: i64,
    saved: String,
    /// Those before it, newest first.
    versions: Vec<VersionView>,
    error: Option<String>,
}

struct VersionView {
    number: i64,
    saved: String,
}

/// `GET /mini-apps/{id}`
pub async fn get_mini_app(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let app = find(&services, session.workspace, MiniAppId(*id)).await?;
    let form =
        MiniAppForm { name: app.name.clone(), bot: app.bot_id.unwrap_or_default().0, html: app.html.clone() };
    show(&page(&services, &session, l, &app, form, None).await?)
}

/// `POST /mini-apps/{id}`
pub async fn post_mini_app(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<MiniAppForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let app = find(&services, session.workspace, MiniAppId(*id)).await?;
    let form = form.into_inner();
    match save(&services, session.workspace, app.id, &form).await {
        Ok(()) => Ok(see_other_with(&format!("/mini-apps/{id}"), "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&page(&services, &session, l, &app, form, error).await?)
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "mini_apps/version.html")]
struct VersionPage {
    l: Layout,
    id: MiniAppId,
    name: String,
    number: i64,
    html: String,
}

/// `GET /mini-apps/{id}/versions/{number}`
pub async fn get_version(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (workspace, (id, number)) = (session.workspace, path.into_inner());
    let app = find(&services, workspace, MiniAppId(id)).await?;
    let find = move |connection: &mut store::Connection| {
        Ok(mini_apps::find_version(connection, workspace, MiniAppId(id), number)?)
    };
    let html = services.read(find).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    show(&VersionPage { l, id: app.id, name: app.name, number, html })
}

/// `POST /mini-apps/{id}/versions/{number}`: the app has this page again. The one it had stays as a version.
pub async fn post_version(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, (id, number)) = (session.workspace, path.into_inner());
    let app = MiniAppId(id);
    services
        .configure(workspace, move |tx| {
            let html = mini_apps::find_version(tx, workspace, app, number)?.ok_or(Refusal::NotFound)?;
            let MiniApp { name, bot_id, .. } =
                mini_apps::find(tx, workspace, app)?.ok_or(Refusal::NotFound)?;
            mini_apps::update(tx, workspace, app, &name, &html, bot_id, now())
        })
        .await?;
    Ok(see_other_with(&format!("/mini-apps/{id}"), "flash-saved"))
}

async fn save(
    services: &Services,
    workspace: WorkspaceId,
    id: MiniAppId,
    form: &MiniAppForm,
) -> Result<(), ApiError> {
    let name = forms::required(&form.name, 64)?;
    if form.html.len() > HTML_BYTES {
        return Err(ApiError::invalid("The page is larger than 1 MB.", "Страница больше 1 МБ."));
    }
    let (bot, html) = (Some(BotId(form.bot)), form.html.replace("\r\n", "\n"));
    services
        .configure(workspace, move |tx| {
            bot_of(tx, workspace, bot)?;
            mini_apps::update(tx, workspace, id, &name, &html, bot, now())
        })
        .await
}

/// Only a bot of the same workspace can own an app.
fn bot_of(tx: &mut Tx, workspace: WorkspaceId, bot: Option<BotId>) -> Result<(), store::JobError> {
    let found = bots::find(tx, workspace, bot.unwrap_or_default())?;
    if found.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

async fn page(
    services: &Services,
    session: &Session,
    l: Layout,
    app: &MiniApp,
    form: MiniAppForm,
    error: Option<String>,
) -> Result<MiniAppPage, ApiError> {
    let bots = list_bots(services, session.workspace).await?;
    let (workspace, id) = (session.workspace, app.id);
    let list =
        move |connection: &mut store::Connection| Ok(mini_apps::list_versions(connection, workspace, id)?);
    let versions = services.read(list).await?;
    let view = |version: &MiniAppVersion| VersionView {
        number: version.number,
        saved: moment(version.saved_at, session),
    };
    let url = public_url(services, &app.slug);
    let own_bot = bots.iter().find(|bot| Some(bot.id) == app.bot_id);
    let signed = own_bot.and_then(|bot| launch::signed_url(services, bot, &app.slug, &played(session)));
    Ok(MiniAppPage {
        id: app.id,
        form,
        bots,
        preview_url: signed.unwrap_or_else(|| url.clone()),
        url,
        callback_url: callback_url(services),
        number: versions.first().map_or(0, |version| version.number) + 1,
        saved: moment(app.updated_at, session),
        versions: versions.iter().map(view).collect(),
        error,
        l,
    })
}

async fn list_bots(services: &Services, workspace: WorkspaceId) -> Result<Vec<bots::Bot>, ApiError> {
    services.read(move |connection| Ok(bots::list(connection, workspace)?)).await
}

async fn find(services: &Services, workspace: WorkspaceId, app: MiniAppId) -> Result<MiniApp, ApiError> {
    let found = services.read(move |connection| Ok(mini_apps::find(connection, workspace, app)?)).await?;
    found.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// `GET /mini-apps/{id}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let app = find(&services, session.workspace, MiniAppId(*id)).await?;
    show(&ConfirmPage {
        title: l.with("mini-app-delete-title", "name", app.name),
        text: l.t("mini-app-delete-text").into_owned(),
        action: format!("/mini-apps/{id}/delete"),
        back: format!("/mini-apps/{id}"),
        l,
    })
}

/// `POST /mini-apps/{id}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, user, id) = (session.workspace, session.user, MiniAppId(*id));
    services
        .configure(workspace, move |tx| {
            audit_log::insert(
                tx,
                workspace,
                Some(user),
                "mini_app.delete",
                &format!("mini_app/{id}"),
                now(),
            )?;
            mini_apps::delete(tx, workspace, id)
        })
        .await?;
    Ok(see_other_with("/mini-apps", "flash-deleted"))
}
