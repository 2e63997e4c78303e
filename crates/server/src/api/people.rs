//! `/api/v1/scenarios/{id}/people` and `/counters`: who is inside of a scenario, and how people went through it.

use std::collections::BTreeMap;

use actix_web::web::{self, Json};
use engine::ids::ScenarioId;
use engine::scenario::BlockFate;
use serde::{Deserialize, Serialize};
use store::{exit_counters, runs};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::documents;
use crate::error::{ApiError, Problem};
use crate::services::{Services, now};

#[derive(Serialize, ToSchema)]
pub struct PeopleInside {
    /// Runs that are open now, of all versions.
    total: i64,
    /// Those on blocks that the draft changes.
    on_changed: i64,
    /// Those on blocks that the draft no longer has.
    on_deleted: i64,
    blocks: Vec<PeopleOnBlock>,
}

#[derive(Serialize, ToSchema)]
pub struct PeopleOnBlock {
    block: String,
    /// What it is called in their version; may be empty.
    name: String,
    /// The kind of its first action.
    kind: Option<&'static str>,
    /// What the draft does to it: `same`, `changed` or `deleted`.
    fate: &'static str,
    runs: i64,
}

/// Who is inside of a scenario, and what publishing the draft means for them
///
/// A run keeps its version: whoever is inside of a changed or deleted block finishes the old way, unless publishing
/// says otherwise.
#[utoipa::path(get, path = "/scenarios/{id}/people", tag = "scenarios", params(("id" = i64, Path)),
    responses((status = 200, body = PeopleInside), (status = 404, body = Problem)))]
pub async fn get_people(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
) -> Result<Json<PeopleInside>, ApiError> {
    let standing = documents::standing(&services, caller.workspace, ScenarioId(*id)).await?;
    let sum = |fate: Option<BlockFate>| {
        let meant = standing.iter().filter(|found| fate.is_none_or(|fate| fate == found.fate));
        meant.map(|found| found.runs).sum()
    };
    let (total, on_changed, on_deleted) =
        (sum(None), sum(Some(BlockFate::Changed)), sum(Some(BlockFate::Deleted)));
    let view = |found: documents::StandingIn| PeopleOnBlock {
        block: found.block.to_string(),
        name: found.name,
        kind: found.kind,
        fate: match found.fate {
            BlockFate::Same => "same",
            BlockFate::Changed => "changed",
            BlockFate::Deleted => "deleted",
        },
        runs: found.runs,
    };
    Ok(Json(PeopleInside { total, on_changed, on_deleted, blocks: standing.into_iter().map(view).collect() }))
}

#[derive(Deserialize)]
pub struct CountersQuery {
    /// Days back from today, today included.
    #[serde(default = "a_month")]
    days: u16,
}

fn a_month() -> u16 {
    30
}

#[derive(Serialize, ToSchema)]
pub struct Counters {
    actions: Vec<ActionCounters>,
}

#[derive(Default, Serialize, ToSchema)]
pub struct ActionCounters {
    action: String,
    /// How often a run came to it.
    reached: i64,
    /// Runs that stand at it now.
    waiting: i64,
    /// How often it was left, by exit. `_next`: on to the next action.
    left: BTreeMap<String, i64>,
}

/// How often each action was reached, and by which exits it was left
#[utoipa::path(get, path = "/scenarios/{id}/counters", tag = "scenarios",
    params(("id" = i64, Path), ("days" = Option<u16>, Query, description = "Days back, 30 without it")),
    responses((status = 200, body = Counters), (status = 404, body = Problem)))]
pub async fn get_counters(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<i64>,
    query: web::Query<CountersQuery>,
) -> Result<Json<Counters>, ApiError> {
    let (workspace, scenario) = (caller.workspace, ScenarioId(*id));
    documents::find(&services, workspace, scenario).await?;
    let since = now().0.div_euclid(24 * 3_600_000) - i64::from(query.days.max(1)) + 1;
    let (counts, standing) = services
        .read(move |connection| {
            let counts = exit_counters::of_scenario(connection, workspace, scenario, since)?;
            Ok((counts, runs::standing_in(connection, workspace, scenario)?))
        })
        .await?;
    let mut actions: BTreeMap<String, ActionCounters> = BTreeMap::new();
    for count in counts {
        let action = actions.entry(count.action_id).or_default();
        match count.exit_id.as_str() {
            engine::run::Passage::REACHED => action.reached += count.count,
            _ => *action.left.entry(count.exit_id).or_default() += count.count,
        }
    }
    for standing in standing.into_iter().filter(|standing| !standing.action_id.is_empty()) {
        actions.entry(standing.action_id).or_default().waiting += standing.runs;
    }
    let named = |(action, counters)| ActionCounters { action, ..counters };
    Ok(Json(Counters { actions: actions.into_iter().map(named).collect() }))
}
