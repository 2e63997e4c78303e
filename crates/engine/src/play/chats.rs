//! What the people of a played world see in their chats of what runs do.

use super::{Heard, Outside, Person, Said, Shown, World, mocks};
use crate::effect::{Delivered, Effect, EffectId, Emitted, FieldScope};
use crate::error::StepError;
use crate::message::{Message, MessageEdit, ReplaceBy};

impl Person {
    /// Changes a message; answers what is seen of it.
    fn edit(&mut self, message: EffectId, edit: &MessageEdit) -> Option<Said> {
        let shown = self.shown.iter_mut().find(|shown| shown.effect == message)?;
        let new = edit.apply(&shown.message);
        if new == shown.message {
            return None;
        }
        shown.message = new;
        let message = shown.message.clone();
        Some(if edit.is_of_buttons() { Said::Buttons(message.choices) } else { Said::Edited(message) })
    }
}

impl World {
    pub(super) fn apply(
        &mut self,
        who: &str,
        effects: Vec<Emitted>,
        outside: &mut dyn Outside,
        said: &mut Vec<Heard>,
    ) {
        for emitted in effects {
            // What became of it, nobody waits to know.
            let _ = self.deliver(who, emitted, outside, said);
        }
    }

    /// Does an effect. What goes to the messenger may fail there, and is not seen then.
    pub(super) fn deliver(
        &mut self,
        who: &str,
        emitted: Emitted,
        outside: &mut dyn Outside,
        said: &mut Vec<Heard>,
    ) -> Result<Delivered, StepError> {
        let Emitted { id, effect } = emitted;
        let delivered = match &effect {
            Effect::Send { .. } | Effect::Edit { .. } | Effect::Delete { .. } | Effect::Call { .. } => {
                if let Effect::Call { call, .. } = &effect {
                    let params = mocks::plain(&call.params);
                    said.push((who.to_owned(), Said::Called { method: call.method.clone(), params }));
                }
                let delivered = outside.deliver(&effect);
                if let Err(error) = &delivered {
                    said.push((who.to_owned(), Said::Lost(error.clone())));
                    return delivered;
                }
                delivered
            }
            _ => Ok(Delivered::default()),
        };
        self.show_effect(who, id, effect, said);
        delivered
    }

    fn show_effect(&mut self, who: &str, id: EffectId, effect: Effect, said: &mut Vec<Heard>) {
        let here = || who.to_owned();
        match effect {
            Effect::Send { peer, message } => {
                self.person(who).lane.memory.note_sent(&message);
                let seen = self.show(&peer.chat, id, message);
                said.push((peer.chat, seen));
            }
            Effect::Edit { peer, message, edit } => {
                let seen = self.person(&peer.chat).edit(message, &edit);
                said.extend(seen.map(|seen| (peer.chat, seen)));
            }
            Effect::Delete { peer, message } => {
                let shown = &mut self.person(&peer.chat).shown;
                if let Some(index) = shown.iter().position(|shown| shown.effect == message) {
                    let gone = shown.remove(index).message;
                    said.push((peer.chat, Said::Deleted(gone)));
                }
            }
            Effect::ChatAction { peer, action } => said.push((peer.chat, Said::Acting(action))),
            Effect::CancelWaits { key } => {
                let cancelled = self.person(who).lane.cancel_waits(&key, id.run);
                self.timers.retain(|timer| timer.who != who || !cancelled.contains(&timer.run));
            }
            Effect::Acknowledge { text: Some(text), .. } => said.push((here(), Said::Toast(text))),
            Effect::Acknowledge { text: None, .. } => {}
            Effect::SetField { scope: FieldScope::Global, name, value } => {
                self.globals.insert(name, value);
            }
            Effect::SetField { scope: FieldScope::Client, name, value } => {
                self.person(who).client.insert(name, value);
            }
            Effect::SetField { scope: FieldScope::Person, name, value } => {
                self.person(who).person.insert(name, value);
            }
            Effect::Respond { response, .. } => said.push((here(), Said::Response(response))),
            Effect::Tag { tag, added, watched } => self.change_tag(who, &tag, added, watched),
            Effect::ChangeField { name, value, watched } => self.change_field(who, name, value, watched),
            Effect::JoinStaff => self.person(who).staff = true,
            Effect::Subscribe { on } => self.person(who).unsubscribed = !on,
            Effect::Forget { person } => self.forget(who, id.run, person),
            Effect::Signal { signal, chain } => self.tell(who, signal, chain),
            // Told when it was called.
            Effect::Call { .. } => {}
        }
    }

    /// Puts a message into a chat, maybe in place of an earlier one.
    pub(super) fn show(&mut self, who: &str, effect: EffectId, message: Message) -> Said {
        let shown = &mut self.person(who).shown;
        let slot = message.replaces.as_ref().map(|replaces| (replaces.slot.as_str(), replaces.by));
        let takes_place = |old: &Shown| {
            old.message.replaces.as_ref().is_some_and(|own| slot.is_some_and(|(slot, _)| own.slot == slot))
        };
        let old = shown.iter().rposition(takes_place);
        if let Some(old) = old.and_then(|index| shown.get_mut(index))
            && slot.is_some_and(|(_, by)| by == ReplaceBy::Edit)
            && old.message.can_become(&message)
        {
            *old = Shown { effect, message: message.clone() };
            return Said::Edited(message);
        }
        if let Some(old) = old {
            shown.remove(old);
        }
        shown.push(Shown { effect, message: message.clone() });
        Said::Message(message)
    }
}
