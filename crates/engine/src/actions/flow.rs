//! What a step decides: where its run goes next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::effect::Ask;
use crate::ids::{ExitId, UtcMs};
use crate::value::{Map, Value};

/// What a step decided.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it is taken apart as soon as it is returned")]
pub enum Flow {
    /// Runs on to the next action.
    Next,
    /// Leaves by this exit if it has a line, else runs on to the next action.
    Exit(ExitId),
    /// Needs an answer; the step is called again with it.
    Ask(Ask),
    /// Waits for an event or a moment; the step is called again with it.
    Wait { question: bool, until: Option<UtcMs> },
    /// Begins a loop, or the next pass of the action's own loop. After the last pass it leaves by `done`.
    Each(Option<Loop>),
    /// Runs a sub-scenario; the step is called again with what it left behind.
    Call(Call),
    /// Goes back to where the scenario began.
    Restart { keep_variables: bool },
    /// Goes back to the question before the last one, or to the last one again; runs on when there is none.
    StepBack { again: bool },
    /// Ends what the run is inside of.
    Leave(Leave),
}

/// A loop that is about to begin.
#[derive(Debug)]
pub struct Loop {
    pub items: Vec<Value>,
    /// Variable of the element.
    pub item: String,
    /// Variable of its number, from 1.
    pub index: Option<String>,
}

/// A sub-scenario that is about to begin.
#[derive(Debug)]
pub struct Call {
    pub scenario: String,
    /// Its first variables.
    pub inputs: Map,
}

/// What ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "scenario": {"en": "This scenario", "ru": "Этот сценарий"},
    "run": {"en": "Everything, whoever called this scenario too", "ru": "Всё, включая вызвавший сценарий"},
    "loop": {"en": "The loop: on to what comes after it", "ru": "Цикл: дальше к тому, что после него"},
    "pass": {"en": "This pass: on to the next element", "ru": "Этот шаг цикла: дальше к следующему элементу"},
}))]
pub enum Leave {
    /// The scenario at work; a sub-scenario hands back to its caller.
    #[default]
    Scenario,
    /// The whole run.
    Run,
    /// The innermost loop.
    Loop,
    /// This pass of the innermost loop.
    Pass,
}
