//! The examples of `scenarios-examples/`, compiled in and installed with one click.
//!
//! What a folder holds is said in `scenarios-examples/README.md`. The page shows the heading and the first
//! paragraph of an example's `README.md` (`README.ru.md`).

use std::collections::BTreeSet;

use engine::ids::{BotId, ScenarioId, WorkspaceId};
use engine::list::{ColumnKind, ListDefinition, ListFile};
use engine::scenario::Scenario;
use engine::value::Map;
use engine::words::Lang;
use rust_embed::RustEmbed;
use store::bots::NewBot;
use store::lists::ListColumn;
use store::mini_apps::NewMiniApp;
use store::{Connection, JobError, ReadError, Refusal, Tx, Vault, bots, lists, mini_apps, scenarios};

use crate::admin::mini_apps::new_slug;
use crate::documents::free_name;
use crate::error::{ApiError, Code};
use crate::request::random;
use crate::services::{Services, now};
use crate::{connect, documents, webhooks};

/// What a new owner finds. The first one comes with a bot.
const DEMO: [&str; 3] = ["food-ordering", "lead-form", "quiz"];

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../scenarios-examples"]
#[allow_missing = true]
struct Files;

/// An example as the page shows it.
pub struct Summary {
    pub name: String,
    pub title: String,
    pub summary: String,
}

/// An example, read and ready to be installed.
#[derive(Clone)]
pub struct Example {
    scenario: Scenario,
    /// What it calls.
    sub_scenarios: Vec<Scenario>,
    lists: Vec<ListDefinition>,
    /// Names and pages.
    mini_apps: Vec<(String, String)>,
}

/// What an installation made.
pub struct Installed {
    pub scenario: ScenarioId,
    pub bot: Option<BotId>,
}

/// Names of the folders.
pub fn names() -> BTreeSet<String> {
    let folder = |path: &str| path.split_once('/').map(|(folder, _)| folder.to_owned());
    Files::iter().filter(|path| path.ends_with("/scenario.json")).filter_map(|path| folder(&path)).collect()
}

/// All examples, for the page.
pub fn summaries(lang: Lang) -> Vec<Summary> {
    names()
        .into_iter()
        .map(|name| {
            let localised = match lang {
                Lang::Ru => text(&format!("{name}/README.ru.md")),
                Lang::En => None,
            };
            let readme = localised.or_else(|| text(&format!("{name}/README.md"))).unwrap_or_default();
            let (title, summary) = headline(&readme);
            Summary { title: if title.is_empty() { name.clone() } else { title }, summary, name }
        })
        .collect()
}

/// The heading and the first paragraph.
fn headline(readme: &str) -> (String, String) {
    let title = readme.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    let body = readme.lines().skip_while(|line| line.is_empty() || line.starts_with('#'));
    let paragraph: Vec<&str> = body.take_while(|line| !line.trim().is_empty()).collect();
    // The page shows plain text.
    (title.trim().to_owned(), paragraph.join(" ").replace(['`', '*'], ""))
}

fn text(path: &str) -> Option<String> {
    let file = Files::get(path)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// Reads an example in this language, if it speaks it.
///
/// # Errors
/// Not found; internal when a file of ours is broken, which a test prevents.
pub fn load(name: &str, lang: Lang) -> Result<Example, ApiError> {
    if !names().contains(name) {
        return Err(ApiError::not_found());
    }
    let suffix = match lang {
        Lang::Ru if Files::get(&format!("{name}/scenario.ru.json")).is_some() => ".ru",
        _ => "",
    };
    let read = |path: &str| {
        let document = text(path).ok_or_else(ApiError::not_found)?;
        Scenario::parse(&document).map_err(|findings| ApiError::internal(format!("{path}: {findings:?}")))
    };
    let scenario = read(&format!("{name}/scenario{suffix}.json"))?;
    let called = format!("{name}/sub-scenarios{suffix}/");
    let called: BTreeSet<_> = Files::iter().filter(|path| path.starts_with(&called)).collect();
    let sub_scenarios = called.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let lists = match text(&format!("{name}/lists{suffix}.json")) {
        Some(json) => serde_json::from_str::<ListFile>(&json).map_err(ApiError::internal)?.lists,
        None => Vec::new(),
    };
    let folder = format!("{name}/mini-app{suffix}/");
    let app = |path: &str| {
        let app = path.strip_prefix(&folder)?.strip_suffix(".html")?;
        Some((app.to_owned(), text(path)?))
    };
    let mini_apps = Files::iter().filter_map(|path| app(&path)).collect();
    Ok(Example { scenario, sub_scenarios, lists, mini_apps })
}

/// Installs an example, with a test bot of its own to try it.
///
/// # Errors
/// No such example.
pub async fn install(
    services: &Services,
    workspace: WorkspaceId,
    name: &str,
    lang: Lang,
) -> Result<Installed, ApiError> {
    let example = load(name, lang)?;
    let bot = connect::new_simulator(services, workspace, example.scenario.name.clone())?;
    run(services, workspace, example, Some(bot)).await
}

/// What a new owner finds: a bot that works, and two more scenarios to look at.
///
/// # Errors
/// When an example of ours is broken.
pub async fn install_demo(services: &Services, workspace: WorkspaceId, lang: Lang) -> Result<(), ApiError> {
    let name = match lang {
        Lang::En => "Demo",
        Lang::Ru => "Демо",
    };
    let mut bot = Some(connect::new_simulator(services, workspace, name.to_owned())?);
    for name in DEMO {
        run(services, workspace, load(name, lang)?, bot.take()).await?;
    }
    Ok(())
}

async fn run(
    services: &Services,
    workspace: WorkspaceId,
    example: Example,
    bot: Option<NewBot>,
) -> Result<Installed, ApiError> {
    let wanted = example.lists.clone();
    if let Some(error) = services.read(move |connection| unfit_list(connection, workspace, &wanted)).await? {
        return Err(error);
    }
    let vault = services.vault().clone();
    services.configure(workspace, move |tx| write(tx, &vault, workspace, &example, bot.as_ref())).await
}

/// The first list that is there already, but not as the example needs it.
fn unfit_list(
    connection: &mut Connection,
    workspace: WorkspaceId,
    wanted: &[ListDefinition],
) -> Result<Option<ApiError>, ReadError> {
    for list in wanted {
        let Some(present) = lists::find_by_name(connection, workspace, &list.name)? else { continue };
        let missing =
            list.columns.iter().find(|column| !present.columns.iter().any(|had| had.name == column.name));
        if let Some(column) = missing {
            let (list, column) = (&list.name, &column.name);
            return Ok(Some(ApiError::new(Code::NameTaken).detail(
                format!("The list “{list}” is there already, without the column “{column}” that the example needs: rename the list or add the column"),
                format!("Список «{list}» уже есть, но в нём нет столбца «{column}», который нужен примеру: переименуйте список или добавьте столбец"),
            )));
        }
    }
    Ok(None)
}

/// Everything in one job: an example is there as a whole or not at all.
fn write(
    tx: &mut Tx,
    vault: &Vault,
    workspace: WorkspaceId,
    example: &Example,
    bot: Option<&NewBot>,
) -> Result<Installed, JobError> {
    for list in &example.lists {
        insert_list(tx, workspace, list)?;
    }
    let bot = bot.map(|bot| bots::insert(tx, bot, now())).transpose()?;
    let new_apps = insert_apps(tx, workspace, example, bot)?;
    // All of them first: they may call one another.
    let mut inserted = Vec::new();
    for called in &example.sub_scenarios {
        // Calls go by name, so one that is there already is called as it is.
        if scenarios::find_by_name(tx, workspace, &called.name)?.is_none() {
            inserted.push(insert_scenario(tx, workspace, called)?);
        }
    }
    let (scenario, document) = insert_scenario(tx, workspace, &example.scenario)?;
    inserted.push((scenario, document));
    for (scenario, document) in &inserted {
        publish_if_sound(tx, workspace, *scenario, document)?;
    }
    if let Some(bot) = bot {
        connect::attach_last(tx, vault, workspace, bot, scenario)?;
        fill_in_webhooks(tx, vault, workspace, scenario, bot, &new_apps)?;
    }
    Ok(Installed { scenario, bot })
}

/// A list that is there already is left alone: it holds somebody's rows.
fn insert_list(tx: &mut Tx, workspace: WorkspaceId, new: &ListDefinition) -> Result<(), JobError> {
    if lists::find_by_name(tx, workspace, &new.name)?.is_some() {
        return Ok(());
    }
    let column = |column: &engine::list::Column| ListColumn {
        id: hex::encode(random::<6>()),
        name: column.name.clone(),
        kind: column.kind,
        unique: column.unique,
        indexed: column.unique && column.kind != ColumnKind::Json,
    };
    let columns: Vec<ListColumn> = new.columns.iter().map(column).collect();
    lists::insert(tx, workspace, &new.name, &columns, now())?;
    let list = lists::find_for_write(tx, workspace, &new.name)?.ok_or(Refusal::NotFound)?;
    for row in &new.rows {
        let cells: Map = row.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        lists::insert_row(tx, &list, &cells, now())?;
    }
    Ok(())
}

/// Apps go by name in scenarios, so one that is there already is used as it is.
fn insert_apps(
    tx: &mut Tx,
    workspace: WorkspaceId,
    example: &Example,
    bot: Option<BotId>,
) -> Result<Vec<(engine::ids::MiniAppId, NewMiniApp)>, JobError> {
    let present = mini_apps::list(tx, workspace)?;
    let mut inserted = Vec::new();
    for (name, html) in &example.mini_apps {
        if present.iter().any(|app| app.name == *name) {
            continue;
        }
        let new = NewMiniApp {
            workspace_id: workspace,
            name: name.clone(),
            slug: new_slug(),
            html: html.clone(),
            bot_id: bot,
        };
        inserted.push((mini_apps::insert(tx, &new, now())?, new));
    }
    Ok(inserted)
}

/// As a draft, under a name that is free.
fn insert_scenario(
    tx: &mut Tx,
    workspace: WorkspaceId,
    document: &Scenario,
) -> Result<(ScenarioId, Scenario), JobError> {
    let taken = scenarios::list(tx, workspace)?;
    let name = free_name(&document.name, |name| taken.iter().any(|other| other.name == name));
    let document = Scenario { name, ..document.clone() };
    let id = scenarios::insert(tx, workspace, &document.name, &to_json(&document)?, now())?;
    Ok((id, document))
}

/// Published at once when nothing stands against it.
fn publish_if_sound(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    document: &Scenario,
) -> Result<(), JobError> {
    if !documents::findings(tx, workspace, document)?.has_errors() {
        scenarios::publish(tx, workspace, scenario, &to_json(document)?, None, now())?;
    }
    Ok(())
}

fn to_json(document: &Scenario) -> Result<String, JobError> {
    serde_json::to_string(document).map_err(|error| Refusal::Other(error.to_string()).into())
}

fn fill_in_webhooks(
    tx: &mut Tx,
    vault: &Vault,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    bot: BotId,
    apps: &[(engine::ids::MiniAppId, NewMiniApp)],
) -> Result<(), JobError> {
    let mut addresses = webhooks::addresses(tx, vault, workspace, scenario)?;
    addresses.retain(|address| address.bot == bot);
    for (id, app) in apps {
        let fill = |html: String, address: &webhooks::Address| {
            html.replace(&format!("{{{{webhook:{}}}}}", address.trigger), &address.path)
        };
        let html = addresses.iter().fold(app.html.clone(), fill);
        if html != app.html {
            mini_apps::set_html(tx, workspace, *id, &html, now())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::workspaces::NewWorkspace;
    use store::{Class, DataDir, Database, Locale, MasterKey, Store, StoreConfig};

    use super::*;

    #[test]
    fn a_readme_says_what_it_is() {
        let check = |readme: &str, title: &str, summary: &str| {
            assert_eq!(headline(readme), (title.to_owned(), summary.to_owned()));
        };
        check("# Menu\n\nSend `/menu` *now*.", "Menu", "Send /menu now.");
        check("# Quiz\n\nFive questions\nand a score.\n\nMore.\n", "Quiz", "Five questions and a score.");
        check("", "", "");
        check("Just text", "", "Just text");
    }

    #[test]
    fn every_example_reads() {
        for name in names() {
            for lang in Lang::ALL {
                assert!(load(&name, lang).is_ok(), "{name} in {}", lang.code());
            }
        }
    }

    /// Two scenarios that call one another, the second of which is there already when a second example comes.
    #[actix_web::test]
    async fn what_an_example_calls_comes_along() {
        let directory = tempfile::tempdir().unwrap();
        let key = MasterKey::load_or_create(&DataDir::open(directory.path()).unwrap(), None).unwrap();
        let database = Database::Sqlite { path: directory.path().join("t.db") };
        let store = Store::open(StoreConfig::new(database, key)).unwrap();
        let calling = |name: &str, called: &str| {
            let call =
                serde_json::json!({"id": "c", "kind": "call_scenario", "options": {"scenario": called}});
            let document = serde_json::json!({"format": "scenaria/1", "name": name,
                "triggers": [{"id": "t", "kind": "called", "options": {}, "next": {"block": "b"}}],
                "blocks": [{"id": "b", "actions": [call]}]});
            Scenario::parse(&document.to_string()).unwrap()
        };
        let example = Example {
            scenario: calling("Main", "Second"),
            sub_scenarios: vec![calling("First", "Second"), calling("Second", "First")],
            lists: Vec::new(),
            mini_apps: Vec::new(),
        };
        let vault = store.vault().clone();
        let published = store
            .write(Class::Lanes, move |tx| {
                let new = NewWorkspace { name: "w".into(), locale: Locale::En, zone: "UTC".into() };
                let workspace = store::workspaces::insert(tx, &new, now())?;
                write(tx, &vault, workspace, &example, None)?;
                write(tx, &vault, workspace, &example, None)?;
                Ok(scenarios::list_published(tx, workspace)?)
            })
            .await
            .unwrap();
        let names: Vec<&str> = published.iter().map(|(_, name, _)| name.as_str()).collect();
        assert_eq!(names, ["First", "Second", "Main", "Main 2"]);
    }
}
