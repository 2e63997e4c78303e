//! What the actions that write to other people have in common: their message, and what a press of its buttons tells.

use super::compose::{Attachment, Parts};
use super::{AfterPress, Choices, Flow, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Ask, DataOp};
use crate::error::StepError;
use crate::event::EventKind;
use crate::expression::{RichTemplate, Target, Template};
use crate::message::{Message, Placement};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::{Audience, Tell, What};

/// A message to others, as the builder has filled it in.
pub(super) struct ToOthers<'a> {
    pub text: &'a RichTemplate,
    pub media: &'a [Attachment],
    pub buttons: &'a Choices,
    pub from_to: Option<&'a Target>,
    pub count_to: Option<&'a Target>,
    pub silent: bool,
}

impl<'a> ToOthers<'a> {
    pub fn visit(&self, visit: &mut dyn Visit) {
        self.parts(&Template::default()).visit(visit);
        for (pointer, target) in [("/from_to", self.from_to), ("/count_to", self.count_to)] {
            if let Some(target) = target {
                visit.target(pointer, target);
            }
        }
    }

    pub fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        if self.text.is_empty() && self.media.is_empty() {
            findings.error("/text", "empty_text", "the text is empty", "текст пустой");
        }
        self.parts(&Template::default()).validate(channel, findings);
        if self.buttons.go_buttons().any(|(_, button)| button.after_press != AfterPress::Keep) {
            findings.error(
                "/buttons",
                "buttons_stay",
                "buttons of a message to somebody else stay as they are after a press: choose “Keep”",
                "кнопки сообщения другому человеку после нажатия не меняются: выберите «Оставить»",
            );
        }
    }

    /// A button of such a message was pressed: the message knows whose run sent it.
    pub fn press_later(&self, cx: &mut StepContext<'_>) -> Result<(), StepError> {
        let EventKind::Button { value: Some(value), .. } = &cx.event().kind else { return Ok(()) };
        let value = value.clone();
        match self.from_to {
            Some(target) => cx.set(target, value),
            None => Ok(()),
        }
    }

    /// Sends it to the audience, also to those who unsubscribed if wanted; then keeps how many it reached.
    pub fn step(
        &self,
        cx: &mut StepContext<'_>,
        answer: Option<Answer>,
        even_unsubscribed: bool,
        audience: impl FnOnce(&StepContext<'_>) -> Result<Audience, StepError>,
    ) -> Result<Flow, StepError> {
        match answer {
            None => {
                let message = self.compose(cx)?;
                let tell = Tell { to: audience(cx)?, what: What::Message(message), even_unsubscribed };
                Ok(Flow::Ask(Ask::Write(DataOp::Tell(Box::new(tell)))))
            }
            Some(Answer::Written(count)) => {
                if let Some(target) = self.count_to {
                    cx.set(target, count)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }

    fn compose(&self, cx: &mut StepContext<'_>) -> Result<Message, StepError> {
        let nothing = Template::default();
        let mut message = self.parts(&nothing).compose(cx)?;
        message.silent = self.silent;
        if let Some(from) = cx.event().sender.as_ref().map(|sender| sender.id.clone()) {
            for choice in message.choices.iter_mut().flatten() {
                choice.value = Some(from.as_str().into());
                message.named = true;
            }
        }
        Ok(message)
    }

    fn parts<'p>(&'p self, nothing: &'p Template) -> Parts<'p>
    where
        'a: 'p,
    {
        Parts {
            text: self.text,
            media: self.media,
            place: None,
            contact: None,
            buttons: self.buttons,
            placement: Placement::Inline,
            one_time: false,
            placeholder: nothing,
        }
    }
}
