//! The keyboard that a message left in the chat. Its keys write their captions, as a person would: a caption that
//! comes is the press of its key.

use super::{Lane, LaneMemory};
use crate::effect::{Door, Effect, Emitted};
use crate::event::{Event, EventKind};
use crate::message::{ChoiceAction, Message};
use crate::program::ProgramSet;
use crate::route::{Route, route};

impl LaneMemory {
    /// Notes which keyboard stands in the chat behind a message; answers whether it is another one than before.
    pub fn note_sent(&mut self, message: &Message) -> bool {
        match keys_after(message) {
            Some(keys) if keys != self.keys => {
                self.keys = keys;
                true
            }
            _ => false,
        }
    }

    /// The same of all that a step says.
    pub fn note_effects(&mut self, effects: &[Emitted]) -> bool {
        let newest = effects.iter().rev().find_map(|emitted| match &emitted.effect {
            Effect::Send { message, .. } if message.shows_keyboard() || message.keyboard.remove => {
                Some(message)
            }
            _ => None,
        });
        newest.is_some_and(|message| self.note_sent(message))
    }
}

/// Captions and tokens of the keys that come back; `None` when the message leaves the keyboard as it was.
fn keys_after(message: &Message) -> Option<Vec<(String, String)>> {
    if !message.shows_keyboard() {
        return message.keyboard.remove.then(Vec::new);
    }
    let keys = message.choices.iter().flatten().filter_map(|choice| match &choice.action {
        ChoiceAction::Reply(token) => Some((choice.label.clone(), token.clone())),
        _ => None,
    });
    Some(keys.collect())
}

impl Lane {
    /// The press that a text stands for, if it is the caption of a key. What the open question offers under the same
    /// words is the question's.
    pub fn key(&self, event: &Event) -> Option<Event> {
        let EventKind::Text { text } = &event.kind else { return None };
        let is_same = |caption: &str| caption.trim().to_lowercase() == text.trim().to_lowercase();
        let (_, token) = self.memory.keys.iter().find(|(caption, _)| is_same(caption))?;
        let is_offered = self
            .question()
            .and_then(|run| run.wait.as_ref())
            .is_some_and(|wait| wait.offered.iter().any(|offered| is_same(&offered.label)));
        let kind = EventKind::Button { token: token.clone(), callback: None, value: None };
        (!is_offered).then(|| Event { kind, ..event.clone() })
    }

    /// Whether a key still leads somewhere. Else its caption is a text like any other: a text trigger may wait for it.
    pub fn leads_on(&self, programs: &ProgramSet, pressed: &Event) -> bool {
        match route(programs, self, pressed) {
            Route::Press { version, door: Door::Exit { action, exit }, .. } => {
                let made_from_data = exit.as_str().starts_with('_');
                let action = programs.any_version(version).and_then(|program| program.action(&action));
                made_from_data || action.is_some_and(|action| action.exits.contains_key(&exit))
            }
            Route::Press { .. } | Route::Defer => true,
            // The fallback is for what nobody understands, and a text trigger might.
            Route::Start { .. } | Route::Answer | Route::Stale | Route::Ignore => false,
        }
    }
}
