//! What the runs of a subscriber did: the last of them, and one of them step by step.

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::error::StepError;
use engine::ids::{BotId, RunId};
use engine::words::Lang;
use serde::Deserialize;
use store::runs::RunStatus;
use store::{LaneId, subscribers};

use super::layout::{Layout, show};
use super::subscribers::{full_name, in_path};
use super::{bots, moment};
use crate::auth::Session;
use crate::error::ApiError;
use crate::passages::{self, RunLine, StepLine};
use crate::services::Services;

/// Runs on one page.
const PAGE: i64 = 30;

#[derive(Template)]
#[template(path = "subscribers/runs.html")]
struct RunsPage {
    l: Layout,
    bot: BotId,
    bot_name: String,
    path: String,
    name: String,
    runs: Vec<RunView>,
    next: Option<RunId>,
}

struct RunView {
    id: RunId,
    scenario: String,
    /// Key of its text.
    status: &'static str,
    colour: &'static str,
    error: Option<String>,
    began: String,
}

#[derive(Template)]
#[template(path = "subscribers/run.html")]
struct RunPage {
    l: Layout,
    bot: BotId,
    bot_name: String,
    path: String,
    name: String,
    run: RunView,
    steps: Vec<StepView>,
    has_earlier: bool,
}

struct StepView {
    at: String,
    inside: Option<String>,
    block: String,
    title: String,
    exit: Option<String>,
    waits: bool,
    reads: Vec<(String, String)>,
    writes: Vec<(String, String)>,
    logs: Vec<String>,
    error: Option<ErrorView>,
}

struct ErrorView {
    text: String,
    code: String,
    pointer: Option<String>,
}

#[derive(Deserialize)]
pub struct Query {
    before: Option<i64>,
}

/// `GET /bots/{id}/subscribers/{lane}/runs`
pub async fn get_runs(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, String)>,
    query: web::Query<Query>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (id, lane) = path.into_inner();
    let bot = bots::find(&services, &session, BotId(id)).await?;
    let lane = LaneId::new(session.workspace, bot.id, lane);
    let before = query.before.map(RunId);
    let found = services
        .read(move |connection| {
            let Some(person) = subscribers::find(connection, &lane)? else { return Ok(None) };
            Ok(Some((person, passages::recent(connection, &lane, before, PAGE + 1)?)))
        })
        .await?;
    let (person, mut runs) = found.ok_or_else(ApiError::not_found)?;
    let shown = usize::try_from(PAGE).unwrap_or_default();
    let has_more = runs.len() > shown;
    runs.truncate(shown);
    let next = runs.last().filter(|_| has_more).map(|run| run.id);
    show(&RunsPage {
        l,
        bot: bot.id,
        bot_name: bot.name,
        path: in_path(&person.lane_key),
        name: full_name(&person),
        runs: runs.into_iter().map(|run| run_view(run, &session)).collect(),
        next,
    })
}

/// `GET /bots/{id}/subscribers/{lane}/runs/{run}`
pub async fn get_run(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, String, i64)>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (id, lane, run) = path.into_inner();
    let bot = bots::find(&services, &session, BotId(id)).await?;
    let lane = LaneId::new(session.workspace, bot.id, lane);
    let found = services
        .read(move |connection| {
            let Some(person) = subscribers::find(connection, &lane)? else { return Ok(None) };
            let passage = passages::find(connection, lane.workspace, RunId(run))?;
            Ok(passage.filter(|passage| passage.run.lane == lane).map(|passage| (person, passage)))
        })
        .await?;
    let (person, passage) = found.ok_or_else(ApiError::not_found)?;
    show(&RunPage {
        l,
        bot: bot.id,
        bot_name: bot.name,
        path: in_path(&person.lane_key),
        name: full_name(&person),
        run: run_view(passage.run, &session),
        steps: passage.steps.into_iter().map(|line| step_view(line, &session)).collect(),
        has_earlier: passage.has_earlier,
    })
}

fn run_view(run: RunLine, session: &Session) -> RunView {
    let (status, colour) = match run.status {
        RunStatus::Ended if run.error.is_some() => ("run-failed", "red"),
        RunStatus::Ended => ("run-ended", "green"),
        RunStatus::Waiting => ("run-waiting", "yellow"),
        RunStatus::Ready | RunStatus::Calling => ("run-working", "blue"),
    };
    RunView {
        id: run.id,
        scenario: run.scenario_name,
        status,
        colour,
        error: run.error.map(|error| error.text(session.lang).to_owned()),
        began: moment(run.started_at, session),
    }
}

fn step_view(line: StepLine, session: &Session) -> StepView {
    let StepLine { at, inside, block_name, title, exit_name, exit_title, step } = line;
    let exit_title = exit_title.map(|title| title.get(session.lang).to_owned());
    StepView {
        at: moment(at, session),
        inside,
        block: if block_name.is_empty() { step.block.to_string() } else { block_name },
        title: title.map_or_else(|| step.kind.clone(), |title| title.get(session.lang).to_owned()),
        reads: step.reads(),
        exit: exit_name.or(exit_title).or_else(|| step.exit.clone()).filter(|_| step.error.is_none()),
        waits: step.waits,
        writes: step.writes,
        logs: step.logs,
        error: step.error.map(|error| error_view(error, session.lang)),
    }
}

fn error_view(error: StepError, lang: Lang) -> ErrorView {
    ErrorView { text: error.text(lang).to_owned(), code: error.code, pointer: error.pointer }
}
