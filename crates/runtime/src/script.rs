//! Scripts of the engine, run by the sandbox.

use std::sync::Arc;

use engine::effect::{Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::WorkspaceId;
use engine::scenario::Spot;
use engine::value::{Map, Value};
use engine::words::Lang;
use script_sandbox::{Language, Sandbox, ScriptError, ScriptStep, Which};

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
        source: Arc::clone(&script.source),
        varstore: to_json(&script.varstore),
        client: serde_json::Value::Object(to_json(&script.client)),
        globals: serde_json::Value::Object(to_json(&script.globals)),
        request: script.request.to_json(),
        seed: script.seed,
        now_ms: script.now.0,
        zone: script.zone.into(),
        language: match script.lang {
            Lang::Ru => Language::Ru,
            Lang::En => Language::En,
        },
    };
    match sandbox.run(workspace.0.cast_unsigned(), step).await {
        Ok(outcome) => Ok(ScriptOutcome {
            changed: outcome.changed.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
            removed: outcome.removed,
            result: outcome.result.map(Value::from),
            logs: outcome.logs,
        }),
        Err(error) => {
            let mut told = step_error(&error);
            if let ScriptError::Budget(which) = error {
                if which == Which::Time && grows_text_in_a_loop(&script.source) {
                    add(&mut told, GROWING_TEXT.0, GROWING_TEXT.1);
                }
                let limit = |ru| sandbox.budget().limit_text(which, ru).unwrap_or_default();
                add(&mut told, &limit(false), &limit(true));
            }
            Err(told)
        }
    }
}

/// What is wrong with how a script is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptMistake {
    pub error: StepError,
    pub spot: Option<Spot>,
}

/// Looks at how a script is written, without running it.
///
/// # Errors
/// Scripts cannot be looked at now.
pub async fn check_script(
    sandbox: &Sandbox,
    workspace: WorkspaceId,
    source: &str,
) -> Result<Option<ScriptMistake>, StepError> {
    match sandbox.check(workspace.0.cast_unsigned(), source).await {
        Ok(()) => Ok(None),
        Err(error @ ScriptError::Unavailable(_)) => Err(step_error(&error)),
        Err(error) => {
            let spot = match error {
                ScriptError::Syntax { line, column, .. } if line > 0 => Some(Spot { line, column }),
                _ => None,
            };
            Ok(Some(ScriptMistake { error: step_error(&error), spot }))
        }
    }
}

/// One more sentence.
fn add(error: &mut StepError, en: &str, ru: &str) {
    for (text, more) in [(&mut error.en, en), (&mut error.ru, ru)] {
        if !more.is_empty() {
            text.push(' ');
            text.push_str(more);
        }
    }
}

/// The engine copies a whole text each time something is added to it, so a long text that grows piece by piece
/// takes the square of its length.
const GROWING_TEXT: (&str, &str) = (
    "A long text that grows by += in a loop is copied every time: collect the pieces in an array and use join('').",
    "Длинный текст, который растёт через += в цикле, каждый раз копируется целиком: \
     собирайте части в массив и соедините через join('').",
);

fn grows_text_in_a_loop(source: &str) -> bool {
    source.contains("+=") && ["for", "while", "map(", "reduce("].iter().any(|word| source.contains(word))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_text_is_noticed() {
        let check =
            |source: &str, expected: bool| assert_eq!(grows_text_in_a_loop(source), expected, "{source}");
        check("for (const x of list) text += x", true);
        check("list.forEach(x => { text += x })", true);
        check("while (true) {}", false);
        check("total += 5", false);
    }
}
