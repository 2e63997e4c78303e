//! Scripts of the engine, run by the sandbox.

use engine::effect::{Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::WorkspaceId;
use engine::value::{Map, Value};
use script_sandbox::{Sandbox, ScriptError, ScriptStep};

/// Runs a script for a workspace. The workspace is the sandbox's tenant.
///
/// # Errors
/// The builder's error, with the place in his code, as the error branch and the trace show it.
pub async fn run_script(
    sandbox: &Sandbox,
    workspace: WorkspaceId,
    script: Script,
) -> Result<ScriptOutcome, StepError> {
    let step = ScriptStep {
        source: script.source,
        varstore: to_json(&script.varstore),
        client: serde_json::Value::Object(to_json(&script.client)),
        globals: serde_json::Value::Object(to_json(&script.globals)),
        request: script.request.to_json(),
        seed: script.seed,
        now_ms: script.now.0,
    };
    match sandbox.run(workspace.0.cast_unsigned(), step).await {
        Ok(outcome) => Ok(ScriptOutcome {
            changed: outcome.changed.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
            removed: outcome.removed,
            result: outcome.result.map(Value::from),
            logs: outcome.logs,
        }),
        Err(error) => Err(step_error(&error)),
    }
}

fn to_json(map: &Map) -> serde_json::Map<String, serde_json::Value> {
    map.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

fn step_error(error: &ScriptError) -> StepError {
    let code = match error {
        ScriptError::Syntax { .. } => "script_syntax",
        ScriptError::Thrown { .. } => "script_thrown",
        ScriptError::Budget(_) => "script_budget",
        ScriptError::NotJson { .. } => "script_not_json",
        ScriptError::Unavailable(_) => "script_unavailable",
    };
    StepError::new(code, error.text(false), error.text(true)).at("/code")
}
