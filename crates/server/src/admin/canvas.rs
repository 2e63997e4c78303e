//! `GET /scenarios/{id}`: the canvas, with everything it needs to begin.

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::actions::Catalog;
use engine::ids::{BotId, ScenarioId, WorkspaceId};
use engine::list::ColumnKind;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{Connection, ReadError, Vault};
use store::{bots, fields, lists, mini_apps, scenarios};

use super::layout::{Layout, show};
use crate::auth::Session;
use crate::error::{ApiError, FindingView};
use crate::flash::see_other;
use crate::services::{Services, now};
use crate::{connect, documents, webhooks};

#[derive(Template)]
#[template(path = "scenarios/canvas.html")]
struct CanvasPage {
    l: Layout,
    name: String,
    /// JSON that cannot end its script element.
    boot: String,
}

/// What the page hands to the canvas; `web-ui/canvas/boot.ts` reads it.
#[derive(Serialize)]
struct Boot {
    scenario: BootScenario,
    catalog: Catalog,
    findings: Vec<FindingView>,
    lang: &'static str,
    lists: Vec<BootList>,
    mini_apps: Vec<String>,
    /// Names of all scenarios, for calls from one to another.
    scenarios: Vec<String>,
    globals: Vec<String>,
    webhooks: Vec<BootWebhook>,
    urls: BootUrls,
    csrf: String,
}

#[derive(Serialize)]
struct BootScenario {
    id: ScenarioId,
    name: String,
    revision: i64,
    document: Box<RawValue>,
    published_number: Option<i64>,
}

#[derive(Serialize)]
struct BootList {
    name: String,
    columns: Vec<BootColumn>,
}

#[derive(Serialize)]
struct BootColumn {
    name: String,
    #[serde(rename = "type")]
    kind: ColumnKind,
}

#[derive(Serialize)]
struct BootWebhook {
    trigger: String,
    url: String,
    /// The bot whose address it is.
    bot: BotId,
    bot_name: String,
}

#[derive(Serialize)]
struct BootUrls {
    save: String,
    publish: String,
    people: String,
    files: &'static str,
    file_pages: &'static str,
    test: String,
    settings: String,
    sign_in: &'static str,
}

/// What the workspace has around a scenario.
struct Surroundings {
    published_number: Option<i64>,
    lists: Vec<BootList>,
    mini_apps: Vec<String>,
    scenarios: Vec<String>,
    globals: Vec<String>,
    /// Addresses with the names of their bots.
    webhooks: Vec<(webhooks::Address, String)>,
    /// Where the scenario can be tried.
    test: String,
}

/// `GET /scenarios/{id}`
pub async fn get_canvas(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (workspace, id) = (session.workspace, ScenarioId(*id));
    let scenario = documents::find(&services, workspace, id).await?;
    let findings = documents::check(&services, workspace, documents::stored(&scenario.draft)?).await?;
    let name = scenario.name.clone();
    let vault = services.vault().clone();
    let (published, around) = (scenario.published_version_id, move |connection: &mut Connection| {
        surroundings(connection, &vault, workspace, id)
    });
    let mut around = services.read(around).await?;
    if published.is_none() {
        around.published_number = None;
    }
    let lang = l.texts.lang;
    let boot = Boot {
        scenario: BootScenario {
            id,
            name: scenario.name,
            revision: scenario.draft_revision,
            document: RawValue::from_string(scenario.draft).map_err(ApiError::internal)?,
            published_number: around.published_number,
        },
        catalog: engine::actions::catalog(lang),
        findings: FindingView::all(&findings, lang),
        lang: lang.code(),
        lists: around.lists,
        mini_apps: around.mini_apps,
        scenarios: around.scenarios,
        globals: around.globals,
        webhooks: around
            .webhooks
            .into_iter()
            .map(|(address, bot_name)| BootWebhook {
                url: services.public_url.at(&address.path),
                trigger: address.trigger,
                bot: address.bot,
                bot_name,
            })
            .collect(),
        urls: BootUrls {
            save: format!("/api/v1/scenarios/{id}/draft"),
            publish: format!("/api/v1/scenarios/{id}/publish"),
            people: format!("/api/v1/scenarios/{id}/people"),
            files: "/api/v1/files",
            file_pages: "/files",
            test: around.test,
            settings: format!("/scenarios/{id}/settings"),
            sign_in: "/sign-in",
        },
        csrf: l.csrf.clone(),
    };
    show(&CanvasPage { l, name, boot: inside_script(&boot)? })
}

#[derive(Template)]
#[template(path = "scenarios/test.html")]
struct TestPage {
    l: Layout,
    id: ScenarioId,
    name: String,
}

/// `GET /scenarios/{id}/test`: no test bot has the scenario yet, so one is offered.
pub async fn get_test(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let scenario = documents::find(&services, session.workspace, ScenarioId(*id)).await?;
    show(&TestPage { l, id: scenario.id, name: scenario.name })
}

/// `POST /scenarios/{id}/test`
pub async fn post_test(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, id) = (session.workspace, ScenarioId(*id));
    let scenario = documents::find(&services, workspace, id).await?;
    let new = connect::new_simulator(&services, workspace, scenario.name)?;
    let vault = services.vault().clone();
    let bot = services
        .configure(workspace, move |tx| {
            let bot = bots::insert(tx, &new, now())?;
            connect::attach_last(tx, &vault, workspace, bot, id)?;
            Ok(bot)
        })
        .await?;
    Ok(see_other(&format!("/bots/{bot}/chat")))
}

fn surroundings(
    connection: &mut Connection,
    vault: &Vault,
    workspace: WorkspaceId,
    id: ScenarioId,
) -> Result<Surroundings, ReadError> {
    let bots = bots::list(connection, workspace)?;
    let attached = bots::list_scenarios(connection, workspace)?;
    let is_simulator = |bot: &&bots::Bot| bot.channel == connectors::channels::simulator::KIND;
    let has_it =
        |bot: &&bots::Bot| attached.iter().any(|pair| pair.bot_id == bot.id && pair.scenario_id == id);
    let test = bots.iter().filter(is_simulator).find(has_it);
    let versions = scenarios::list_versions(connection, workspace, id, 1)?;
    let global = fields::Owner::global();
    Ok(Surroundings {
        published_number: versions.first().map(|version| version.number),
        lists: lists::list(connection, workspace)?.iter().map(boot_list).collect(),
        mini_apps: mini_apps::list(connection, workspace)?.into_iter().map(|app| app.name).collect(),
        scenarios: scenarios::list(connection, workspace)?.into_iter().map(|one| one.name).collect(),
        globals: fields::load(connection, workspace, &global, None)?
            .into_iter()
            .map(|(name, _)| name)
            .collect(),
        webhooks: webhooks::addresses(connection, vault, workspace, id)?
            .into_iter()
            .map(|address| {
                let name = bots.iter().find(|bot| bot.id == address.bot).map(|bot| bot.name.clone());
                (address, name.unwrap_or_default())
            })
            .collect(),
        test: test.map_or_else(|| format!("/scenarios/{id}/test"), |bot| format!("/bots/{}/chat", bot.id)),
    })
}

fn boot_list(list: &lists::List) -> BootList {
    let column = |column: &lists::ListColumn| BootColumn { name: column.name.clone(), kind: column.kind };
    BootList { name: list.name.clone(), columns: list.columns.iter().map(column).collect() }
}

/// JSON for a script element: no text in it can close the element or open a comment.
fn inside_script(boot: &impl Serialize) -> Result<String, ApiError> {
    let json = serde_json::to_string(boot).map_err(ApiError::internal)?;
    Ok(json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_script_element() {
        let json = inside_script(&serde_json::json!({"text": "</script><!--<b>"})).unwrap();
        assert!(!json.contains('<'), "{json}");
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["text"], "</script><!--<b>");
    }
}
