//! What a lane does with what runs tell it.

use super::{Lane, Start, Turn};
use crate::effect::{Effect, Input};
use crate::event::{Event, EventKind};
use crate::ids::{RunId, ScenarioId, TriggerId};
use crate::message::{Message, RichText};
use crate::program::ProgramSet;
use crate::scenario::Overlap;
use crate::signal::{Signal, Watched, without_run};
use crate::value::{Map, Value};
use crate::words::{Lang, Words};

const STAFF_WELCOME: Words = Words::new(
    "You are one of the staff now: the bot will tell you what comes in.",
    "Теперь вы — сотрудник: бот будет сообщать вам о новых обращениях.",
);

impl Lane {
    /// Takes a signal. Whose scenario or trigger is gone by now starts nothing.
    pub(super) fn take_signal(&mut self, programs: &ProgramSet, lang: Lang, event: Event) -> Turn {
        let EventKind::Signal { signal, chain } = &event.kind else { return Turn::default() };
        match signal {
            Signal::Fired { scenario, trigger, .. } => {
                let found =
                    programs.of_scenario(*scenario).filter(|program| program.trigger(trigger).is_some());
                let Some(program) = found else { return Turn::default() };
                let (version, trigger) = (program.version(), trigger.clone());
                self.start(programs, *scenario, version, trigger, event)
            }
            Signal::Start { scenario, overlap, interrupts, .. } => {
                let begins =
                    programs.callee(scenario).and_then(|program| Some((program, program.start_trigger()?)));
                let Some((program, trigger)) = begins else { return Turn::default() };
                let start = Start {
                    scenario: program.scenario_id(),
                    version: program.version(),
                    trigger: trigger.id.clone(),
                    overlap: *overlap,
                    returns: false,
                    beside: !interrupts,
                    ends_others: *overlap == Overlap::StartOver,
                };
                self.start_as(programs, start, event)
            }
            Signal::Stop { scenario, by } => {
                let Some(program) = programs.callee(scenario) else { return Turn::default() };
                self.stop_scenario(programs, program.scenario_id(), *by)
            }
            Signal::JoinStaff => {
                let welcome = event.peer.clone().map(|peer| Effect::Send {
                    peer,
                    message: Message { text: RichText::plain(STAFF_WELCOME.get(lang)), ..Message::default() },
                });
                let effects = std::iter::once(Effect::JoinStaff).chain(welcome);
                Turn { effects: without_run(RunId(event.id.0), effects), ..Turn::default() }
            }
            Signal::Tags { tags, added } => {
                let effects = tags.iter().map(|tag| change_tag(programs, tag, *added, chain));
                Turn { effects: without_run(RunId(event.id.0), effects), ..Turn::default() }
            }
            Signal::SetFields { fields } => {
                let effects = change_fields(programs, fields, chain);
                Turn { effects: without_run(RunId(event.id.0), effects), ..Turn::default() }
            }
        }
    }

    /// Ends the runs of a scenario, wherever in them the person is, except the one that says so.
    fn stop_scenario(&mut self, programs: &ProgramSet, scenario: ScenarioId, by: RunId) -> Turn {
        let stopped = self.end_runs(|run| run.scenario == scenario && run.run != by);
        // Somebody may have stood back because of them.
        let resumes = if stopped.is_empty() { None } else { self.next_to_resume(programs) };
        Turn { stopped, run: resumes.map(|run| (run, Input::Resume)), ..Turn::default() }
    }
}

fn change_tag(programs: &ProgramSet, tag: &str, added: bool, chain: &[String]) -> Effect {
    let triggers = programs.watching(|options| options.watches_tag(tag, added));
    Effect::Tag { tag: tag.to_owned(), added, watched: watched(triggers, chain) }
}

fn change_fields(programs: &ProgramSet, fields: &Map, chain: &[String]) -> Vec<Effect> {
    let change = |(name, value): (&String, &Value)| {
        let triggers = programs.watching(|options| options.watches_field(name));
        Effect::ChangeField { name: name.clone(), value: value.clone(), watched: watched(triggers, chain) }
    };
    fields.iter().map(change).collect()
}

fn watched(triggers: Vec<(ScenarioId, TriggerId)>, chain: &[String]) -> Option<Watched> {
    (!triggers.is_empty()).then(|| Watched { triggers, chain: chain.to_vec() })
}
