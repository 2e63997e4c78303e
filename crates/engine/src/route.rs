//! Who takes an event: an open question, a button's action, or a trigger (model.md, rule C).

use crate::actions::{ActionOptions, ButtonAction};
use crate::effect::Door;
use crate::event::{Event, EventKind};
use crate::ids::{ScenarioId, TriggerId, VersionId};
use crate::lane::Lane;
use crate::program::{Program, ProgramSet};
use crate::run::{ButtonToken, RunState};
use crate::scenario::{Trigger, TriggerOptions};

/// Where an event goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the open question.
    Answer,
    /// Starts a run at a trigger.
    Start { scenario: ScenarioId, version: VersionId, trigger: TriggerId },
    /// Starts a run behind a button of a message.
    Press { scenario: ScenarioId, version: VersionId, door: Door },
    /// A button whose time is over.
    Stale,
    /// Later, when the call that is under way was answered.
    Defer,
    /// Nobody is there for it.
    Ignore,
}

/// Decides who takes an event: payment > button > command, start link > open question > text trigger > fallback.
/// Triggers that interrupt are asked before the open question, the others after it.
/// While a run of the lane is in an outside call, only what interrupts is taken at once.
pub fn route(programs: &ProgramSet, lane: &Lane, event: &Event) -> Route {
    let question = lane.question();
    match &event.kind {
        EventKind::Button { .. }
        | EventKind::Paid { .. }
        | EventKind::Membership { .. }
        | EventKind::Signal { .. }
        | EventKind::Unknown => {}
        _ if event.is_aside() => {}
        _ if question.is_none() && lane.is_calling() => {
            return trigger_for(programs, event, Some(true)).unwrap_or(Route::Defer);
        }
        _ => {}
    }
    match &event.kind {
        EventKind::Button { token, .. } => route_button(programs, lane, token),
        EventKind::Webhook { scenario, trigger, .. } => route_webhook(programs, *scenario, trigger),
        // What a lane does with them needs no decision: `Lane::take`.
        EventKind::Signal { .. } | EventKind::Called { .. } => Route::Ignore,
        EventKind::Fired { scenario, trigger, .. } => route_fired(programs, *scenario, trigger),
        EventKind::MiniApp { .. } => route_mini_app(programs, question, event),
        EventKind::Membership { .. }
        | EventKind::JoinRequest { .. }
        | EventKind::InlineQuery { .. }
        | EventKind::Checkout { .. }
        | EventKind::LinkVisited { .. }
        | EventKind::Paid { .. } => route_own_trigger(programs, event),
        _ => route_message(programs, question, event),
    }
}

fn route_button(programs: &ProgramSet, lane: &Lane, text: &str) -> Route {
    let lost = || fallback(programs);
    let Some(token) = ButtonToken::parse(text) else {
        return start(programs, |trigger| match &trigger.options {
            TriggerOptions::Button(button) => button.data.is_empty() || button.data == text,
            _ => false,
        })
        .or_else(lost)
        .unwrap_or(Route::Ignore);
    };
    // An earlier posing of the same question is as good as the last one.
    let asks = |run: &RunState| {
        run.run == token.run && run.wait.as_ref().is_some_and(|wait| wait.action == token.action)
    };
    if lane.question().is_some_and(asks) {
        return Route::Answer;
    }
    // The message is out, its run has not heard of that yet.
    if lane.run(token.run).is_some_and(|run| run.is_calling() && run.step == token.step) {
        return Route::Defer;
    }
    match find_door(programs, lane, &token) {
        Found::Door(route) => route,
        Found::OutOfDate => Route::Stale,
        Found::Gone => lost().unwrap_or(Route::Stale),
    }
}

/// What became of a button of ours.
enum Found {
    Door(Route),
    /// It is still there, and its time is over.
    OutOfDate,
    Gone,
}

/// Where a message's button leads: in the version that made it while somebody lives in that, then in the newest
/// one of its scenario, by the same button or to the same block.
fn find_door(programs: &ProgramSet, lane: &Lane, token: &ButtonToken) -> Found {
    let Some(made_by) = programs.any_version(token.version) else { return Found::OutOfDate };
    let newest = programs.of_scenario(made_by.scenario_id());
    let alive = programs.version(token.version);
    for program in alive.into_iter().chain(newest) {
        let button = program.action(&token.action).and_then(|action| action.options.button(&token.exit));
        let Some(button) = button else { continue };
        if !button.always && lane.run(token.run).is_none_or(|_| is_question(program, token)) {
            return Found::OutOfDate;
        }
        let door = Door::Exit { action: token.action.clone(), exit: token.exit.clone() };
        return Found::Door(pressed(program, door));
    }
    let Some(action) = made_by.action(&token.action) else { return Found::Gone };
    // A question's buttons, and those made from data, mean nothing to another version.
    if !action.options.button(&token.exit).is_some_and(|button| button.always) {
        return Found::OutOfDate;
    }
    let block = action.exits.get(&token.exit).map(|transition| &transition.block);
    let same_block =
        block.and_then(|block| newest.filter(|newest| newest.block(block).is_some()).zip(Some(block)));
    match same_block {
        Some((newest, block)) => Found::Door(pressed(newest, Door::Block(block.clone()))),
        None => Found::Gone,
    }
}

fn is_question(program: &Program, token: &ButtonToken) -> bool {
    program.action(&token.action).is_some_and(|action| action.options.asks())
}

fn pressed(program: &Program, door: Door) -> Route {
    Route::Press { scenario: program.scenario_id(), version: program.version(), door }
}

/// Ids of triggers are a document's own: two scenarios may have the same one, so the address names both.
fn route_webhook(programs: &ProgramSet, scenario: Option<ScenarioId>, wanted: &str) -> Route {
    let is_meant = |trigger: &&Trigger| {
        matches!(trigger.options, TriggerOptions::Webhook(_)) && trigger.id.as_str() == wanted
    };
    let mut asked =
        programs.current().iter().filter(|program| scenario.is_none_or(|id| program.scenario_id() == id));
    asked
        .find_map(|program| {
            program.document().triggers.iter().find(is_meant).map(|trigger| started(program, trigger))
        })
        .unwrap_or(Route::Ignore)
}

/// What only triggers of its own kind take: it is no answer to anything, and nobody wrote it.
fn route_own_trigger(programs: &ProgramSet, event: &Event) -> Route {
    let found = programs.current().iter().find_map(|program| {
        let trigger = program.document().triggers.iter().find(|trigger| program.takes(trigger, event));
        trigger.map(|trigger| started(program, trigger))
    });
    found.unwrap_or(Route::Ignore)
}

/// To the trigger that fired, as its scenario is published now.
fn route_fired(programs: &ProgramSet, scenario: ScenarioId, trigger: &TriggerId) -> Route {
    let program = programs.current().iter().find(|program| program.scenario_id() == scenario);
    let found = program.and_then(|program| program.trigger(trigger).map(|trigger| started(program, trigger)));
    found.unwrap_or(Route::Ignore)
}

/// A question that offers a mini app gets its data; else the mini-app trigger does; else whatever question is
/// open, as the answer `webapp:miniapp`.
fn route_mini_app(programs: &ProgramSet, question: Option<&RunState>, event: &Event) -> Route {
    if question.is_some_and(|run| offers_mini_app(programs, run)) {
        return Route::Answer;
    }
    let otherwise = || if question.is_some() { Some(Route::Answer) } else { fallback(programs) };
    trigger_for(programs, event, None).or_else(otherwise).unwrap_or(Route::Ignore)
}

fn offers_mini_app(programs: &ProgramSet, run: &RunState) -> bool {
    let program = programs.version(run.version);
    let action = run.wait.as_ref().and_then(|wait| program?.action(&wait.action));
    action.is_some_and(|action| match &action.options {
        ActionOptions::Ask(ask) => {
            ask.buttons.0.iter().flatten().any(|button| button.action == ButtonAction::MiniApp)
        }
        _ => false,
    })
}

fn route_message(programs: &ProgramSet, question: Option<&RunState>, event: &Event) -> Route {
    if matches!(event.kind, EventKind::Unknown) {
        return Route::Ignore;
    }
    if question.is_some() {
        return trigger_for(programs, event, Some(true)).unwrap_or(Route::Answer);
    }
    trigger_for(programs, event, None).or_else(|| fallback(programs)).unwrap_or(Route::Ignore)
}

/// The first trigger that takes the event, commands and start links before texts. With `interrupts`, only
/// those that break into a question.
fn trigger_for(programs: &ProgramSet, event: &Event, interrupts: Option<bool>) -> Option<Route> {
    let allowed = |trigger: &Trigger| interrupts.is_none_or(|wanted| breaks_in(trigger) == wanted);
    // A coded start link says more than the bare command `start`, whichever scenario comes first.
    let ranks: [fn(&TriggerOptions) -> bool; 3] = [
        |options| matches!(options, TriggerOptions::StartLink(_)),
        |options| matches!(options, TriggerOptions::Command(_)),
        |options| {
            matches!(
                options,
                TriggerOptions::Text(_)
                    | TriggerOptions::MiniApp(_)
                    | TriggerOptions::Media(_)
                    | TriggerOptions::Location(_)
                    | TriggerOptions::Contact(_)
                    | TriggerOptions::Picked(_)
            )
        },
    ];
    ranks.iter().find_map(|rank| {
        programs.current().iter().find_map(|program| {
            let takes = |trigger: &&Trigger| {
                rank(&trigger.options) && allowed(trigger) && program.takes(trigger, event)
            };
            program.document().triggers.iter().find(takes).map(|trigger| started(program, trigger))
        })
    })
}

fn fallback(programs: &ProgramSet) -> Option<Route> {
    start(programs, |trigger| matches!(trigger.options, TriggerOptions::Fallback(_)))
}

fn start(programs: &ProgramSet, wanted: impl Fn(&Trigger) -> bool) -> Option<Route> {
    programs.current().iter().find_map(|program| {
        program
            .document()
            .triggers
            .iter()
            .find(|trigger| wanted(trigger))
            .map(|trigger| started(program, trigger))
    })
}

fn started(program: &Program, trigger: &Trigger) -> Route {
    Route::Start { scenario: program.scenario_id(), version: program.version(), trigger: trigger.id.clone() }
}

/// Whether a trigger may break into an open question.
pub(crate) fn breaks_in(trigger: &Trigger) -> bool {
    trigger
        .interrupts
        .unwrap_or(matches!(trigger.options, TriggerOptions::Command(_) | TriggerOptions::StartLink(_)))
}
