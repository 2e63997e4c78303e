//! Several choices: buttons are ticked one by one, and one button ends it.

use super::verdict::is_word;
use super::{Ask, STALE_BUTTON, wait_on};
use crate::actions::Flow;
use crate::effect::Effect;
use crate::error::StepError;
use crate::event::{Event, EventKind};
use crate::ids::ExitId;
use crate::message::{Choice, ChoiceAction, Message, MessageEdit, TICK};
use crate::run::{ButtonToken, Offered, StepContext, Ticked};
use crate::value::Value;
use crate::words::Words;

/// What the button that ends the choice carries.
const DONE: &str = "_done";
const DONE_CAPTION: Words = Words::new("Done", "Готово");

impl Ask {
    /// Adds the button that ends the choice.
    pub(super) fn add_done(&self, cx: &StepContext<'_>, message: &mut Message) -> Result<(), StepError> {
        let done = ChoiceAction::Reply(cx.button_token(&DONE.into()));
        message.choices.push(vec![Choice::new(self.done_caption(cx)?, done)]);
        message.named = true;
        Ok(())
    }

    fn done_caption(&self, cx: &StepContext<'_>) -> Result<String, StepError> {
        let caption = cx.text(&self.done).map_err(|error| error.at("/done"))?;
        Ok(if caption.trim().is_empty() { DONE_CAPTION.get(cx.lang()).to_owned() } else { caption })
    }

    /// Takes a press, typed captions or the typed end; anything else is no pick.
    pub(super) fn take_pick(&self, cx: &mut StepContext<'_>, event: &Event) -> Result<Option<Flow>, StepError> {
        match &event.kind {
            EventKind::Button { token, callback, .. } => {
                let toast = match pressed(cx, token) {
                    None => Some(STALE_BUTTON.get(cx.lang()).to_owned()),
                    Some(exit) if exit.as_str() == DONE => match self.finish_picks(cx)? {
                        Ok(flow) => return Ok(Some(flow)),
                        Err(refusal) => Some(refusal),
                    },
                    Some(exit) => self.toggle(cx, exit)?,
                };
                if let Some(callback) = callback {
                    cx.emit(Effect::Acknowledge { callback: callback.clone(), text: toast });
                }
                Ok(Some(wait_on(cx)))
            }
            EventKind::Text { text } => self.take_typed(cx, text),
            _ => Ok(None),
        }
    }

    /// One caption is a press; several, between commas or in lines, are the whole answer.
    fn take_typed(&self, cx: &mut StepContext<'_>, text: &str) -> Result<Option<Flow>, StepError> {
        if is_word(&self.done_caption(cx)?, text) {
            return self.finish_picks(cx)?.map_or_else(|refusal| say(cx, refusal), |flow| Ok(Some(flow)));
        }
        let mut exits = Vec::new();
        for caption in text.split([',', ';', '\n']) {
            let offered = cx.open_wait().map(|wait| wait.offered.as_slice()).unwrap_or_default();
            match offered.iter().find(|offered| is_word(&offered.label, caption)) {
                Some(found) => exits.push(found.exit.clone()),
                None => return Ok(None),
            }
        }
        if let [exit] = exits.as_slice() {
            let refusal = self.toggle(cx, exit.clone())?;
            return match refusal {
                Some(refusal) => say(cx, refusal),
                None => Ok(Some(wait_on(cx))),
            };
        }
        if let Some(ticked) = cx.open_wait().and_then(|wait| wait.ticked.as_mut()) {
            ticked.picked = exits;
        }
        self.finish_picks(cx)?.map_or_else(|refusal| say(cx, refusal), |flow| Ok(Some(flow)))
    }

    /// Ticks a button or takes its tick back; says why not when there are too many.
    fn toggle(&self, cx: &mut StepContext<'_>, exit: ExitId) -> Result<Option<String>, StepError> {
        let max = self.wanted(cx)?.max;
        let is_full = |picked: usize| max.as_ref().is_some_and(|max| count(picked + 1).compare(max).is_some_and(|order| order.is_gt()));
        let peer = cx.peer()?;
        let Some(ticked) = cx.open_wait().and_then(|wait| wait.ticked.as_mut()) else { return Ok(None) };
        match ticked.picked.iter().position(|picked| *picked == exit) {
            Some(index) => {
                ticked.picked.remove(index);
            }
            None if is_full(ticked.picked.len()) => return Ok(Some(self.at_most(cx, max.as_ref()))),
            None => ticked.picked.push(exit),
        }
        let (message, edit) = (ticked.message, MessageEdit { choices: Some(tick(ticked)), ..MessageEdit::default() });
        cx.emit(Effect::Edit { peer, message, edit });
        Ok(None)
    }

    /// Goes on with what is ticked; says why not when that is too little.
    fn finish_picks(&self, cx: &mut StepContext<'_>) -> Result<Result<Flow, String>, StepError> {
        let wanted = self.wanted(cx)?;
        let Some(wait) = cx.open_wait() else { return Ok(Ok(Flow::Next)) };
        let picked = wait.ticked.as_ref().map(|ticked| ticked.picked.as_slice()).unwrap_or_default();
        let is_picked = |offered: &&Offered| picked.contains(&offered.exit);
        // What is drawn first comes first; what was made from data stands above it.
        let (generated, drawn): (Vec<_>, Vec<_>) =
            wait.offered.iter().filter(is_picked).partition(|offered| offered.exit.as_str().starts_with('_'));
        let values: Vec<Value> =
            generated.into_iter().chain(drawn).map(|offered| offered.value.clone()).collect();
        let min = wanted.min.unwrap_or_else(|| count(1));
        if count(values.len()).compare(&min).is_some_and(|order| order.is_lt()) {
            return Ok(Err(self.at_least(cx, &min)));
        }
        if wanted.max.as_ref().is_some_and(|max| count(values.len()).compare(max).is_some_and(|order| order.is_gt())) {
            return Ok(Err(self.at_most(cx, wanted.max.as_ref())));
        }
        if let EventKind::Button { callback: Some(callback), .. } = &cx.event().kind {
            let callback = callback.clone();
            cx.emit(Effect::Acknowledge { callback, text: None });
        }
        self.keep(cx, Value::Array(values))?;
        Ok(Ok(Flow::Next))
    }

    fn at_least(&self, cx: &StepContext<'_>, min: &Value) -> String {
        let words = Words::new("Choose at least: ", "Выберите хотя бы: ");
        format!("{}{}", words.get(cx.lang()), min.to_text())
    }

    fn at_most(&self, cx: &StepContext<'_>, max: Option<&Value>) -> String {
        let words = Words::new("No more can be chosen than: ", "Больше выбрать нельзя: ");
        format!("{}{}", words.get(cx.lang()), max.map(Value::to_text).unwrap_or_default())
    }
}

fn count(items: usize) -> Value {
    Value::Number(items.into())
}

/// Why an answer in words was not taken; the question stays open.
fn say(cx: &mut StepContext<'_>, text: String) -> Result<Option<Flow>, StepError> {
    cx.send(Message { text: crate::message::RichText::plain(text), ..Message::default() })?;
    Ok(Some(wait_on(cx)))
}

/// The button of the open question that was pressed.
fn pressed(cx: &mut StepContext<'_>, token: &str) -> Option<ExitId> {
    let token = ButtonToken::parse(token)?;
    let is_own = token.run == cx.run.run && token.action == *cx.action;
    let wait = cx.open_wait().filter(|wait| is_own && wait.id.0 == token.step.0)?;
    let is_offered =
        token.exit.as_str() == DONE || wait.offered.iter().any(|offered| offered.exit == token.exit);
    is_offered.then_some(token.exit)
}

/// The buttons as they are shown now.
fn tick(ticked: &Ticked) -> Vec<Vec<Choice>> {
    let is_picked = |choice: &Choice| match &choice.action {
        ChoiceAction::Reply(token) => {
            ButtonToken::parse(token).is_some_and(|token| ticked.picked.contains(&token.exit))
        }
        _ => false,
    };
    let mut rows = ticked.choices.clone();
    for choice in rows.iter_mut().flatten().filter(|choice| is_picked(choice)) {
        choice.label.insert_str(0, TICK);
    }
    rows
}
