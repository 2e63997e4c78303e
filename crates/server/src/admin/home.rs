//! The first page: the demo, what to do next, what there is.

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::{BotId, ScenarioId, UserId, WorkspaceId};
use store::{Connection, LaneId, ReadError, bots, lists, messages, mini_apps, scenarios};

use super::layout::{Layout, show};
use crate::auth::Session;
use crate::error::ApiError;
use crate::services::Services;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    l: Layout,
    demo: Option<Demo>,
    steps: Vec<NextStep>,
    numbers: Vec<Number>,
}

/// A bot to play with at once.
struct Demo {
    bot: BotId,
    scenario: Option<ScenarioId>,
}

struct NextStep {
    path: String,
    title: &'static str,
    hint: &'static str,
    done: bool,
}

struct Number {
    path: &'static str,
    title: &'static str,
    count: usize,
}

struct Overview {
    demo: Option<Demo>,
    has_talked: bool,
    has_messenger: bool,
    has_edited: bool,
    bots: usize,
    scenarios: usize,
    lists: usize,
    mini_apps: usize,
}

/// `GET /`
pub async fn get_home(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (workspace, user) = (session.workspace, session.user);
    let overview = services.read(move |connection| load(connection, workspace, user)).await?;
    let numbers = vec![
        Number { path: "/bots", title: "nav-bots", count: overview.bots },
        Number { path: "/scenarios", title: "nav-scenarios", count: overview.scenarios },
        Number { path: "/lists", title: "nav-lists", count: overview.lists },
        Number { path: "/mini-apps", title: "nav-mini-apps", count: overview.mini_apps },
    ];
    let steps = next_steps(&overview);
    show(&HomePage { l, demo: overview.demo, steps, numbers })
}

fn load(connection: &mut Connection, workspace: WorkspaceId, user: UserId) -> Result<Overview, ReadError> {
    let bots = bots::list(connection, workspace)?;
    let scenarios = scenarios::list(connection, workspace)?;
    let attached = bots::list_scenarios(connection, workspace)?;
    let demo = bots.iter().find(|bot| bot.channel == connectors::channels::simulator::KIND).map(|bot| Demo {
        bot: bot.id,
        scenario: attached.iter().find(|pair| pair.bot_id == bot.id).map(|pair| pair.scenario_id),
    });
    let has_talked = match &demo {
        Some(demo) => {
            let lane = LaneId::new(workspace, demo.bot, format!("user:{user}"));
            !messages::history(connection, &lane, None, 1)?.is_empty()
        }
        None => false,
    };
    Ok(Overview {
        demo,
        has_talked,
        has_messenger: bots.iter().any(|bot| bot.channel != connectors::channels::simulator::KIND),
        has_edited: scenarios.iter().any(|scenario| scenario.draft_revision > 1),
        bots: bots.len(),
        scenarios: scenarios.len(),
        lists: lists::list(connection, workspace)?.len(),
        mini_apps: mini_apps::list(connection, workspace)?.len(),
    })
}

fn next_steps(overview: &Overview) -> Vec<NextStep> {
    let step = |path: String, title, hint, done| NextStep { path, title, hint, done };
    let scenario = overview.demo.as_ref().and_then(|demo| demo.scenario);
    let scenario = scenario.map_or_else(|| "/scenarios".to_owned(), |id| format!("/scenarios/{id}"));
    let chat =
        overview.demo.as_ref().map_or_else(|| "/bots".to_owned(), |demo| format!("/bots/{}/chat", demo.bot));
    vec![
        step(chat, "home-step-try", "home-step-try-hint", overview.has_talked),
        step(scenario, "home-step-edit", "home-step-edit-hint", overview.has_edited),
        step(
            "/bots/connect".to_owned(),
            "home-step-connect",
            "home-step-connect-hint",
            overview.has_messenger,
        ),
        step("/lists".to_owned(), "home-step-list", "home-step-list-hint", overview.lists > 0),
    ]
}
