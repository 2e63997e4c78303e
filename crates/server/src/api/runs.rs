//! `/api/v1/bots/{id}/subscribers/{client}/runs` and `/runs/{id}`: what runs of a subscriber did.

use actix_web::web::{self, Json};
use engine::error::StepError;
use engine::ids::{BotId, RunId};
use serde::{Deserialize, Serialize};
use store::runs::RunStatus;
use store::{LaneId, Refusal, subscribers};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::passages::{self, Passage, RunLine, StepLine};
use crate::services::Services;

/// Runs of one answer, unless fewer are asked for.
const PAGE: u16 = 50;

#[derive(Serialize, ToSchema)]
pub struct RunView {
    id: i64,
    bot: i64,
    /// The subscriber's number in the messenger: `ClientID`. None when nobody was there, as with a webhook.
    client: Option<String>,
    scenario: i64,
    /// The scenario's name; empty when it was deleted.
    scenario_name: String,
    /// `ready`, `calling`, `waiting`, `ended` or `failed`.
    status: &'static str,
    /// Why it failed.
    error: Option<RunError>,
    /// Milliseconds since 1970.
    started_at: i64,
    updated_at: i64,
    ended_at: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct RunError {
    /// Stable name, which the scenario has as `#{_error_code}`.
    code: String,
    message: String,
    message_ru: String,
    /// JSON pointer into the action's options.
    pointer: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Runs {
    runs: Vec<RunView>,
    /// Give it as `before` for the runs before these; none: there are no more.
    next: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct RunSteps {
    run: RunView,
    /// In their order. They are kept for some days; of a long run, the last ones.
    steps: Vec<StepView>,
    /// Whether there were earlier steps that are not shown.
    has_earlier: bool,
}

#[derive(Serialize, ToSchema)]
pub struct StepView {
    /// Counted from 0 within the run.
    step: u64,
    /// Milliseconds since 1970: when what it did was committed.
    at: i64,
    /// The sub-scenario it belongs to.
    inside: Option<String>,
    block: String,
    block_name: String,
    action: String,
    kind: String,
    /// The exit it left by, when it did not simply run on.
    exit: Option<String>,
    /// It waits for an answer or a moment.
    waits: bool,
    /// Variables, fields and names such as `[Answer]` that it read, each as it was first, shortened.
    reads: Vec<NamedValue>,
    /// What it wrote, shortened.
    writes: Vec<NamedValue>,
    /// What it said by `log()`.
    logs: Vec<String>,
    error: Option<RunError>,
}

#[derive(Serialize, ToSchema)]
pub struct NamedValue {
    name: String,
    value: String,
}

#[derive(Deserialize)]
pub struct RunsQuery {
    before: Option<i64>,
    limit: Option<u16>,
}

/// The runs of a subscriber, the newest first
#[utoipa::path(get, path = "/bots/{id}/subscribers/{client}/runs", tag = "bots",
    params(("id" = i64, Path), ("client" = String, Path, description = "The subscriber's `ClientID`"),
        ("before" = Option<i64>, Query, description = "`next` of the answer before"),
        ("limit" = Option<u16>, Query, description = "50 without it, which is the most")),
    responses((status = 200, body = Runs), (status = 404, body = Problem)))]
pub async fn list_runs(
    services: web::Data<Services>,
    caller: Caller,
    path: web::Path<(i64, String)>,
    query: web::Query<RunsQuery>,
) -> Result<Json<Runs>, ApiError> {
    let (id, client) = path.into_inner();
    let lane = LaneId::new(caller.workspace, BotId(id), format!("user:{client}"));
    let limit = i64::from(query.limit.unwrap_or(PAGE).clamp(1, PAGE));
    let before = query.before.map(RunId);
    let found = services
        .read(move |connection| {
            store::bots::find(connection, lane.workspace, lane.bot)?.ok_or(Refusal::NotFound)?;
            subscribers::find(connection, &lane)?.ok_or(Refusal::NotFound)?;
            passages::recent(connection, &lane, before, limit)
        })
        .await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
    let next = found.last().filter(|_| is_full).map(|run| run.id.0);
    Ok(Json(Runs { runs: found.into_iter().map(view).collect(), next }))
}

/// One run with its steps: what each read and wrote, and what went wrong
#[utoipa::path(get, path = "/runs/{id}", tag = "bots", params(("id" = i64, Path)),
    responses((status = 200, body = RunSteps), (status = 404, body = Problem)))]
pub async fn get_run(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<Json<RunSteps>, ApiError> {
    let (workspace, run) = (caller.workspace, RunId(*id));
    let found = services.read(move |connection| passages::find(connection, workspace, run)).await?;
    let Passage { run, steps, has_earlier } = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(RunSteps { run: view(run), steps: steps.into_iter().map(step_view).collect(), has_earlier }))
}

fn view(run: RunLine) -> RunView {
    RunView {
        id: run.id.0,
        bot: run.lane.bot.0,
        client: run.lane.key.strip_prefix("user:").map(str::to_owned),
        scenario: run.scenario.0,
        scenario_name: run.scenario_name,
        status: match run.status {
            RunStatus::Ended if run.error.is_some() => "failed",
            status => status.as_str(),
        },
        error: run.error.map(error_view),
        started_at: run.started_at.0,
        updated_at: run.updated_at.0,
        ended_at: run.ended_at.map(|at| at.0),
    }
}

fn step_view(line: StepLine) -> StepView {
    let reads = line.step.reads();
    let step = line.step;
    StepView {
        step: step.step.0,
        at: line.at.0,
        inside: line.inside,
        block: step.block.to_string(),
        block_name: line.block_name,
        action: step.action.to_string(),
        kind: step.kind,
        exit: step.exit,
        waits: step.waits,
        reads: named(reads),
        writes: named(step.writes),
        logs: step.logs,
        error: step.error.map(error_view),
    }
}

fn named(pairs: Vec<(String, String)>) -> Vec<NamedValue> {
    pairs.into_iter().map(|(name, value)| NamedValue { name, value }).collect()
}

fn error_view(error: StepError) -> RunError {
    RunError { code: error.code, message: error.en, message_ru: error.ru, pointer: error.pointer }
}
