//! A subscriber's runs and what a run did step by step, for the API and the pages alike. Secrets are in neither: a run
//! knows them by name only.

use std::collections::BTreeMap;

use engine::actions::Port;
use engine::error::StepError;
use engine::ids::{ActionId, RunId, ScenarioId, UtcMs, VersionId, WorkspaceId};
use engine::run::TraceStep;
use engine::scenario::{Action, Block, Scenario};
use engine::words::Words;
use store::runs::{self, Run, RunStatus};
use store::{Connection, LaneId, ReadError, scenarios, traces};

/// Bursts of one run that are shown: of a longer one, the last.
const BURSTS_SHOWN: i64 = 200;

/// A run, as a list of them shows it.
pub struct RunLine {
    pub id: RunId,
    pub lane: LaneId,
    pub scenario: ScenarioId,
    pub scenario_name: String,
    pub status: RunStatus,
    pub error: Option<StepError>,
    pub started_at: UtcMs,
    pub updated_at: UtcMs,
    pub ended_at: Option<UtcMs>,
}

/// A step of a run.
pub struct StepLine {
    pub at: UtcMs,
    /// The sub-scenario it belongs to.
    pub inside: Option<String>,
    pub block_name: String,
    /// What its kind is called.
    pub title: Option<Words>,
    /// The caption of the button or the name of the branch it left by.
    pub exit_name: Option<String>,
    /// What an exit is called that its kind always has.
    pub exit_title: Option<Words>,
    pub step: TraceStep,
}

/// A run with its steps.
pub struct Passage {
    pub run: RunLine,
    pub steps: Vec<StepLine>,
    /// Whether there are earlier steps than these.
    pub has_earlier: bool,
}

/// The newest runs of a subscriber, with numbers below one.
///
/// # Errors
/// Of the database.
pub fn recent(
    connection: &mut Connection,
    lane: &LaneId,
    before: Option<RunId>,
    limit: i64,
) -> Result<Vec<RunLine>, ReadError> {
    let names = names(connection, lane.workspace)?;
    let found = runs::recent_of_lane(connection, lane, before, limit)?;
    Ok(found.into_iter().map(|run| line(run, &names)).collect())
}

/// A run with its steps; `None` when the workspace has no such run.
///
/// # Errors
/// Of the database.
pub fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    run: RunId,
) -> Result<Option<Passage>, ReadError> {
    let Some(found) = runs::find(connection, workspace, run)? else { return Ok(None) };
    let names = names(connection, workspace)?;
    let mut bursts = traces::newest_of_run(connection, workspace, run, BURSTS_SHOWN + 1)?;
    let shown = usize::try_from(BURSTS_SHOWN).unwrap_or_default();
    let has_earlier = bursts.len() > shown;
    if has_earlier {
        bursts.remove(0);
    }
    let (mut steps, mut moments): (Vec<TraceStep>, Vec<UtcMs>) = Default::default();
    for burst in bursts {
        // Written by us from the same type; what does not read shows nothing.
        let more: Vec<TraceStep> = serde_json::from_slice(&burst.blob).unwrap_or_default();
        TraceStep::join(&mut steps, more);
        moments.resize(steps.len(), burst.at);
    }
    let mut documents = Documents { workspace, known: BTreeMap::new() };
    let mut lines = Vec::with_capacity(steps.len());
    for (step, at) in steps.into_iter().zip(moments) {
        let inside = step.inside.filter(|version| *version != found.version_id);
        let document = documents.of(connection, inside.unwrap_or(found.version_id))?;
        let block = document.and_then(|document| document.blocks.iter().find(|own| own.id == step.block));
        let action = block.and_then(|block| action(block, &step.action));
        lines.push(StepLine {
            at,
            inside: document.filter(|_| inside.is_some()).map(|document| document.name.clone()),
            block_name: block.map(|block| block.name.clone()).unwrap_or_default(),
            title: action.map(|action| action.options.spec().title),
            exit_name: action.and_then(|action| exit_name(action, step.exit.as_deref()?)),
            exit_title: action.and_then(|action| exit_title(action, step.exit.as_deref()?)),
            step,
        });
    }
    Ok(Some(Passage { run: line(found, &names), steps: lines, has_earlier }))
}

fn line(run: Run, names: &BTreeMap<ScenarioId, String>) -> RunLine {
    RunLine {
        id: run.id,
        lane: LaneId::new(run.workspace_id, run.bot_id, run.lane_key),
        scenario: run.scenario_id,
        scenario_name: names.get(&run.scenario_id).cloned().unwrap_or_default(),
        status: run.status,
        error: run.error.and_then(|error| serde_json::from_str(&error).ok()),
        started_at: run.started_at,
        updated_at: run.updated_at,
        ended_at: run.ended_at,
    }
}

fn names(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<BTreeMap<ScenarioId, String>, ReadError> {
    let all = scenarios::list(connection, workspace)?;
    Ok(all.into_iter().map(|scenario| (scenario.id, scenario.name)).collect())
}

fn action<'a>(block: &'a Block, id: &ActionId) -> Option<&'a Action> {
    block.actions.iter().find(|action| action.id == *id)
}

/// What the builder called an exit that is a button or a branch.
fn exit_name(action: &Action, exit: &str) -> Option<String> {
    let exits = action.options.exits();
    let pointer = exits.iter().find(|own| own.id.as_str() == exit).map(|own| own.pointer.as_str())?;
    if pointer.is_empty() {
        return None;
    }
    let options = serde_json::to_value(&action.options).ok()?;
    let options = options.get("options").unwrap_or(&options);
    let element = options.pointer(pointer)?;
    let name = ["text", "name", "label"].iter().find_map(|key| element.get(key)?.as_str());
    name.filter(|name| !name.trim().is_empty()).map(str::to_owned)
}

fn exit_title(action: &Action, exit: &str) -> Option<Words> {
    action.options.spec().ports.iter().find_map(|port| match port {
        Port::Fixed { id, title, .. } | Port::When { id, title, .. } => (*id == exit).then_some(*title),
        Port::Each { .. } => None,
    })
}

/// Versions that steps belong to, each read once.
struct Documents {
    workspace: WorkspaceId,
    known: BTreeMap<VersionId, Option<Scenario>>,
}

impl Documents {
    fn of(
        &mut self,
        connection: &mut Connection,
        version: VersionId,
    ) -> Result<Option<&Scenario>, ReadError> {
        if !self.known.contains_key(&version) {
            let found = scenarios::find_version(connection, self.workspace, version)?;
            let document = found.and_then(|found| serde_json::from_str(&found.document).ok());
            self.known.insert(version, document);
        }
        Ok(self.known.get(&version).and_then(Option::as_ref))
    }
}
