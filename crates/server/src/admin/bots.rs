//! Bots: connect by token, attach scenarios, pause, delete.

use actix_web::{HttpResponse, web};
use askama::Template;
use connectors::channels::simulator;
use engine::ids::{BotId, ScenarioId};
use serde::Deserialize;
use store::bots::{self, Bot, BotChange, BotIntake, BotStatus, UnknownPolicy};
use store::{audit_log, scenarios};

use super::ConfirmPage;
use super::layout::{Layout, show, show_refused};
use crate::auth::Session;
use crate::connect::{self, NewConnection};
use crate::error::ApiError;
use crate::flash::see_other_with;
use crate::forms;
use crate::services::{Services, now};

/// A bot as the pages show it.
struct BotView {
    id: BotId,
    name: String,
    channel: String,
    username: Option<String>,
    status: &'static str,
    /// Class of the dot beside it.
    colour: &'static str,
    status_note: Option<String>,
    is_simulator: bool,
    can_pause: bool,
    intake: Option<&'static str>,
    webhook_url: Option<String>,
    resends: bool,
}

impl BotView {
    fn new(bot: Bot, services: &Services, l: &Layout) -> Self {
        let (status, colour) = match bot.status {
            BotStatus::Active => ("bot-active", "status-green"),
            BotStatus::Paused => ("bot-paused", "status-secondary"),
            BotStatus::Failed => ("bot-broken", "status-red"),
        };
        let intake = match bot.intake {
            BotIntake::Webhook => Some("connect-webhook"),
            BotIntake::Polling => Some("connect-polling"),
            BotIntake::None => None,
        };
        let resends = bot.unknown_policy == UnknownPolicy::Resend;
        let webhook = bot.intake == BotIntake::Webhook;
        Self {
            id: bot.id,
            is_simulator: bot.channel == simulator::KIND,
            channel: l
                .texts
                .find(&format!("channel-{}", bot.channel))
                .map_or(bot.channel, |name| name.into_owned()),
            name: bot.name,
            username: bot.username.filter(|name| !name.is_empty()),
            status,
            colour,
            status_note: bot
                .status_note
                .filter(|_| bot.status == BotStatus::Failed)
                .map(|code| note(l, &code)),
            can_pause: bot.status == BotStatus::Active,
            intake,
            resends,
            webhook_url: webhook.then(|| services.public_url.at(&connect::webhook_path(bot.id))),
        }
    }
}

/// What is wrong with a bot, for people; a note without a text of its own is shown as it is.
fn note(l: &Layout, code: &str) -> String {
    let text = l.texts.find(&format!("bot-note-{}", code.replace('_', "-")));
    text.map_or_else(|| code.to_owned(), |text| text.into_owned())
}

#[derive(Template)]
#[template(path = "bots/list.html")]
struct BotsPage {
    l: Layout,
    bots: Vec<BotView>,
}

/// `GET /bots`
pub async fn get_bots(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| Ok(bots::list(connection, workspace)?)).await?;
    let bots = found.into_iter().map(|bot| BotView::new(bot, &services, &l)).collect();
    show(&BotsPage { l, bots })
}

#[derive(Template)]
#[template(path = "bots/connect.html")]
struct ConnectPage {
    l: Layout,
    form: ConnectForm,
    scenarios: Vec<scenarios::ScenarioSummary>,
    public_https: bool,
    error: Option<String>,
}

/// The token is not repeated when the form comes back.
#[derive(Clone, Deserialize)]
pub struct ConnectForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    scenario: String,
    #[serde(default)]
    intake: String,
    #[serde(default)]
    base_url: String,
}

/// `GET /bots/connect`
pub async fn get_connect(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let workspace = session.workspace;
    let scenarios = services.read(move |connection| Ok(scenarios::list(connection, workspace)?)).await?;
    let public_https = services.public_url.is_https();
    let intake = if public_https { "webhook" } else { "polling" };
    let form = ConnectForm {
        token: String::new(),
        scenario: String::new(),
        intake: intake.to_owned(),
        base_url: String::new(),
    };
    show(&ConnectPage { l, form, scenarios, public_https, error: None })
}

/// `POST /bots/connect`
pub async fn post_connect(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<ConnectForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let form = form.into_inner();
    let new = NewConnection {
        token: form.token.trim().to_owned(),
        intake: if form.intake == "webhook" { BotIntake::Webhook } else { BotIntake::Polling },
        base_url: Some(form.base_url.trim().to_owned()).filter(|url| !url.is_empty()),
        scenario: form.scenario.parse().ok().map(ScenarioId),
    };
    match connect::connect(&services, &session, new).await {
        Ok(bot) => Ok(see_other_with(&format!("/bots/{bot}"), "flash-connected")),
        Err(error) if error.code.is_about_input() => {
            let workspace = session.workspace;
            let scenarios =
                services.read(move |connection| Ok(scenarios::list(connection, workspace)?)).await?;
            let (public_https, error) = (services.public_url.is_https(), Some(error.text(l.texts)));
            show_refused(&ConnectPage { l, form, scenarios, public_https, error })
        }
        Err(error) => Err(error),
    }
}

/// `POST /bots/test`: a bot that lives in the browser.
pub async fn post_test_bot(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let name = l.t("bots-test-name").into_owned();
    let bot = connect::create_simulator(&services, session.workspace, name).await?;
    Ok(see_other_with(&format!("/bots/{bot}"), "flash-created"))
}

#[derive(Template)]
#[template(path = "bots/bot.html")]
struct BotPage {
    l: Layout,
    bot: BotView,
    attached: Vec<AttachedScenario>,
    attachable: Vec<AttachedScenario>,
    /// Why a new token was not taken.
    token_error: Option<String>,
}

struct AttachedScenario {
    id: ScenarioId,
    name: String,
    is_published: bool,
}

/// `GET /bots/{id}`
pub async fn get_bot(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    show(&bot_page(&services, &session, BotId(*id), l, None).await?)
}

async fn bot_page(
    services: &Services,
    session: &Session,
    id: BotId,
    l: Layout,
    token_error: Option<String>,
) -> Result<BotPage, ApiError> {
    let workspace = session.workspace;
    let (bot, pairs, all) = services
        .read(move |connection| {
            let bot = bots::find(connection, workspace, id)?;
            Ok((bot, bots::list_scenarios(connection, workspace)?, scenarios::list(connection, workspace)?))
        })
        .await?;
    let bot = bot.ok_or_else(ApiError::not_found)?;
    let is_attached =
        |scenario: ScenarioId| pairs.iter().any(|pair| pair.bot_id == id && pair.scenario_id == scenario);
    let view = |found: scenarios::ScenarioSummary| AttachedScenario {
        id: found.id,
        name: found.name,
        is_published: found.published_version_id.is_some(),
    };
    let (attached, attachable): (Vec<_>, Vec<_>) =
        all.into_iter().map(view).partition(|found| is_attached(found.id));
    let bot = BotView::new(bot, services, &l);
    Ok(BotPage { l, bot, attached, attachable, token_error })
}

#[derive(Deserialize)]
pub struct TokenForm {
    token: String,
}

/// `POST /bots/{id}/token`: the old one was revoked.
pub async fn post_token(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<TokenForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let id = BotId(*id);
    match connect::replace_token(&services, &session, id, form.into_inner().token.trim().to_owned()).await {
        Ok(()) => Ok(see_other_with(&format!("/bots/{id}"), "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&bot_page(&services, &session, id, l, error).await?)
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
pub struct BotForm {
    name: String,
    /// `resend` or `drop`.
    #[serde(default)]
    unknown_policy: String,
}

/// `POST /bots/{id}`
pub async fn post_bot(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<BotForm>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, id) = (session.workspace, BotId(*id));
    let name = forms::required(&form.name, 100)?;
    let unknown_policy: Option<UnknownPolicy> = form.unknown_policy.parse().ok();
    services
        .configure(workspace, move |tx| {
            let bot = bots::find(tx, workspace, id)?.ok_or(store::Refusal::NotFound)?;
            let change = BotChange {
                name: name.clone(),
                base_url: bot.base_url,
                intake: bot.intake,
                unknown_policy: unknown_policy.unwrap_or(bot.unknown_policy),
                token: None,
            };
            bots::update(tx, workspace, id, &change)
        })
        .await?;
    Ok(see_other_with(&format!("/bots/{id}"), "flash-saved"))
}

/// `POST /bots/{id}/pause`
pub async fn post_pause(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    set_status(&services, &session, BotId(*id), BotStatus::Paused).await?;
    Ok(see_other_with(&format!("/bots/{id}"), "flash-paused"))
}

/// `POST /bots/{id}/resume`
pub async fn post_resume(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    set_status(&services, &session, BotId(*id), BotStatus::Active).await?;
    Ok(see_other_with(&format!("/bots/{id}"), "flash-resumed"))
}

async fn set_status(
    services: &Services,
    session: &Session,
    bot: BotId,
    status: BotStatus,
) -> Result<(), ApiError> {
    let (workspace, user) = (session.workspace, session.user);
    services
        .configure(workspace, move |tx| {
            let action = format!("bot.{status}");
            audit_log::insert(tx, workspace, Some(user), &action, &format!("bot/{bot}"), now())?;
            bots::set_status(tx, workspace, bot, status, None)
        })
        .await
}

#[derive(Deserialize)]
pub struct AttachForm {
    scenario: i64,
}

/// `POST /bots/{id}/scenarios`
pub async fn post_attach(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<AttachForm>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, id, scenario) = (session.workspace, BotId(*id), ScenarioId(form.scenario));
    let vault = services.vault().clone();
    services
        .configure(workspace, move |tx| connect::attach_last(tx, &vault, workspace, id, scenario))
        .await?;
    Ok(see_other_with(&format!("/bots/{id}"), "flash-attached"))
}

/// `POST /bots/{id}/scenarios/{scenario}/detach`
pub async fn post_detach(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, id, scenario) = (session.workspace, BotId(path.0), ScenarioId(path.1));
    services.configure(workspace, move |tx| bots::detach_scenario(tx, workspace, id, scenario)).await?;
    Ok(see_other_with(&format!("/bots/{id}"), "flash-detached"))
}

/// `GET /bots/{id}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let bot = find(&services, &session, BotId(*id)).await?;
    show(&ConfirmPage {
        title: l.with("bot-delete-title", "name", bot.name),
        text: l.t("bot-delete-text").into_owned(),
        action: format!("/bots/{id}/delete"),
        back: format!("/bots/{id}"),
        l,
    })
}

/// `POST /bots/{id}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, user, id) = (session.workspace, session.user, BotId(*id));
    connect::forget_webhook(&services, workspace, id).await;
    services
        .configure(workspace, move |tx| {
            audit_log::insert(tx, workspace, Some(user), "bot.delete", &format!("bot/{id}"), now())?;
            bots::delete(tx, workspace, id)
        })
        .await?;
    Ok(see_other_with("/bots", "flash-deleted"))
}

/// A bot of this workspace.
pub async fn find(services: &Services, session: &Session, bot: BotId) -> Result<Bot, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| Ok(bots::find(connection, workspace, bot)?)).await?;
    found.ok_or_else(ApiError::not_found)
}
