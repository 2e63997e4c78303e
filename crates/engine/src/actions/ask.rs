//! Asks a question and waits for the answer. Its buttons are answers.

mod checks;
mod several;
mod verdict;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answers::{AnswerKind, Wanted, compile_whole};
use super::compose::{Attachment, Parts, ReplacePrevious};
use super::options_from::OptionsFrom;
use super::{
    ActionKind, ButtonAction, Choices, ERROR_EXIT, Exit, FAILED_EXIT, Flow, Group, OTHER_EXIT, Port, SKIPPED_EXIT, SentButton,
    Spec,
    TIMEOUT_EXIT, Visit, is_default, is_wired, unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::event::{Event, EventKind};
use crate::expression::{Lookup, RichTemplate, Target, Template};
use crate::ids::ExitId;
use crate::message::{Message, Placement, RichText};
use crate::pick::Picked;
use crate::run::{ButtonToken, Offered, StepContext, Ticked};
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;
use verdict::{Verdict, find_caption, is_word, judge_press, press};

const STALE_BUTTON: Words = Words::new("This menu is out of date", "Это меню устарело");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ask {
    /// # Question
    #[schemars(extend("x-ru" = "Вопрос"))]
    pub text: RichTemplate,
    /// # Files
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-ru" = "Файлы"))]
    pub media: Vec<Attachment>,
    /// # What answer is expected
    #[schemars(extend("x-ru" = "Какой ответ ожидается", "x-widget" = "select", "default" = "text"))]
    pub kind: AnswerKind,
    /// # Pattern
    ///
    /// A regular expression that the whole answer must match, such as `[A-Z]{2}-\d{4}`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Шаблон",
        "x-ru-help" = "Регулярное выражение, которому должен отвечать весь ответ, например `[A-Z]{2}-\\d{4}`.",
        "x-when" = {"kind": ["pattern"]}
    ))]
    pub pattern: String,
    /// # Not less than
    ///
    /// The least number, the earliest date or time, the least number of buttons.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Не меньше",
        "x-ru-help" = "Наименьшее число, самая ранняя дата или время, сколько кнопок выбрать хотя бы.",
        "x-when" = {"kind": ["number", "date", "time", "several"]}
    ))]
    pub min: Template,
    /// # Not more than
    ///
    /// The greatest number, the latest date or time, the greatest number of buttons.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Не больше",
        "x-ru-help" = "Наибольшее число, самая поздняя дата или время, сколько кнопок выбрать можно.",
        "x-when" = {"kind": ["number", "date", "time", "several"]}
    ))]
    pub max: Template,
    /// # Keep the answer in
    ///
    /// A field of the subscriber is kept for ever, a temporary variable until the end of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить ответ",
        "x-ru-help" = "Поле подписчика хранится всегда, временная переменная — до конца прохождения."
    ))]
    pub save_to: Option<Target>,
    /// # Buttons
    ///
    /// Rows of answers. Typing a caption counts as pressing the button.
    #[serde(skip_serializing_if = "Choices::is_empty")]
    #[schemars(extend(
        "x-ru" = "Кнопки",
        "x-ru-help" = "Ряды ответов. Набранная надпись считается нажатием.",
        "x-widget" = "buttons"
    ))]
    pub buttons: Choices,
    /// # Place of the buttons
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Где кнопки", "x-widget" = "select", "default" = "inline"))]
    pub placement: Placement,
    /// # Hide the keyboard after a press
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Скрыть клавиатуру после нажатия", "x-when" = {"placement": ["keyboard"]}))]
    pub one_time: bool,
    /// # Hint in the input field
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Подсказка в поле ввода", "x-more" = true, "x-when" = {"placement": ["keyboard"]}))]
    pub placeholder: Template,
    /// # Caption of “Done”
    ///
    /// The button that ends the choice.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Надпись «Готово»",
        "x-ru-help" = "Кнопка, которая заканчивает выбор.",
        "x-when" = {"kind": ["several"]}
    ))]
    pub done: Template,
    /// # Buttons from data
    ///
    /// One more button for each element of an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Кнопки из данных",
        "x-ru-help" = "Ещё по одной кнопке на каждый элемент массива.",
        "x-when" = {"kind": ["choice", "several"]}
    ))]
    pub options_from: Option<OptionsFrom>,
    /// # Take other answers too
    ///
    /// A typed text that is none of the buttons is an answer as well.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Принимать и другие ответы",
        "x-ru-help" = "Набранный текст, которого нет среди кнопок, тоже считается ответом.",
        "x-when" = {"kind": ["choice"]}
    ))]
    pub other_answers: bool,
    /// # When the answer is wrong
    ///
    /// What the bot says then; without it, a sentence in the person's language.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Если ответ не подходит",
        "x-ru-help" = "Что скажет бот; если не задано — фраза на языке человека."
    ))]
    pub error_text: RichTemplate,
    /// # Word to skip
    ///
    /// Whoever writes it goes on along “Skipped” without an answer.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Слово, чтобы пропустить",
        "x-more" = true,
        "x-ru-help" = "Кто напишет его, пойдёт дальше без ответа — по выходу «Пропустил».",
        "x-widget" = "template"
    ))]
    pub skip_word: Template,
    /// # Attempts
    ///
    /// After so many wrong answers it goes on along “Too many wrong answers”.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = 100),
        extend("x-ru" = "Попыток", "x-ru-help" = "После стольких неверных ответов — по выходу «Не справился».")
    )]
    pub attempts: Option<u32>,
    /// # Wait for, seconds
    ///
    /// Without an answer by then it goes on along “No answer”.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = 31_622_400),
        extend(
            "x-ru" = "Ждать, секунд",
            "x-ru-help" = "Если ответа нет, дальше — по выходу «Не ответил».",
            "x-widget" = "duration"
        )
    )]
    pub timeout_s: Option<u64>,
    /// # Collect several messages, seconds
    ///
    /// After each message it waits so long for one more; the answer is an array of all of them. A button ends it
    /// at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = 86_400),
        extend(
            "x-ru" = "Собирать несколько сообщений, секунд",
            "x-ru-help" = "После каждого сообщения столько ждать следующего; ответом станет массив из всех. Кнопка завершает сразу.",
            "x-widget" = "duration"
        )
    )]
    pub collect_s: Option<u32>,
    /// # If it was asked before
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Если уже спрашивали", "x-widget" = "select", "default" = "no"))]
    pub replace: ReplacePrevious,
}

impl ActionKind for Ask {
    const SPEC: Spec = Spec {
        group: Group::Conversation,
        icon: "message-question",
        title: Words::new("Question", "Вопрос"),
        help: Words::new(
            "Asks and waits for the answer, checks it and keeps it.",
            "Спрашивает, ждёт ответа, проверяет его и сохраняет.",
        ),
        can_fail: true,
        waits: true,
        ports: &[
            Port::BUTTONS,
            Port::Fixed {
                id: OTHER_EXIT, title: Words::new("Other answer", "Другой ответ"), quiet: true
            },
            Port::Fixed { id: SKIPPED_EXIT, title: Words::new("Skipped", "Пропустил"), quiet: true },
            Port::Fixed {
                id: FAILED_EXIT,
                title: Words::new("Too many wrong answers", "Не справился"),
                quiet: true,
            },
            Port::Fixed {
                id: TIMEOUT_EXIT, title: Words::new("No answer", "Не ответил"), quiet: true
            },
        ],
    };

    fn exits(&self) -> Vec<Exit> {
        let mut exits =
            if self.is_several() { Vec::new() } else { self.buttons.exits("/buttons", false) };
        if self.has_other_exit() {
            exits.push(Exit::fixed(OTHER_EXIT));
        }
        if self.timeout_s.is_some() {
            exits.push(Exit::fixed(TIMEOUT_EXIT));
        }
        if !self.skip_word.is_empty() {
            exits.push(Exit::fixed(SKIPPED_EXIT));
        }
        exits.push(Exit::fixed(FAILED_EXIT));
        exits
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        let other_runs_on = !is_wired(OTHER_EXIT);
        let typed_runs_on = match self.kind {
            AnswerKind::Several => true,
            // Without a button to press it is not finished, and nothing is said about its ways yet.
            AnswerKind::Choice if !self.leads_by_buttons() => true,
            AnswerKind::Choice => self.other_answers && other_runs_on,
            _ => !self.leads_by_buttons() || other_runs_on,
        };
        typed_runs_on
            || self.options_from.is_some()
            || self.buttons.buttons().any(|(_, button)| match button.action {
                ButtonAction::Go => !is_wired(button.id.as_str()),
                ButtonAction::MiniApp => true,
                _ => false,
            })
            || (self.timeout_s.is_some() && !is_wired(TIMEOUT_EXIT))
            || (!self.skip_word.is_empty() && !is_wired(SKIPPED_EXIT))
    }

    fn button(&self, exit: &ExitId) -> Option<SentButton> {
        self.buttons.sent(exit, false)
    }

    fn press_later(&self, cx: &mut StepContext<'_>, exit: &ExitId) -> Result<(), StepError> {
        let Some((pointer, button)) = self.buttons.go_buttons().find(|(_, button)| button.id == *exit) else {
            return Ok(());
        };
        let meant = button.value.as_ref().unwrap_or(&button.text);
        let value = cx.value(meant).map_err(|error| error.at(&format!("/buttons{pointer}/value")))?;
        self.keep(cx, value)
    }

    fn asks(&self) -> bool {
        true
    }

    fn visit(&self, visit: &mut dyn Visit) {
        self.parts().visit(visit);
        visit.template("/min", &self.min);
        visit.template("/max", &self.max);
        visit.template("/done", &self.done);
        visit.template("/skip_word", &self.skip_word);
        if let Some(options) = &self.options_from {
            options.visit(visit);
        }
        visit.rich("/error_text", &self.error_text);
        if let Some(target) = &self.save_to {
            visit.target("/save_to", target);
        }
    }

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        self.check(channel, findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => self.pose(cx, false),
            // Composed anew it is the same: the step draws and reads what it did before.
            Some(Answer::Delivered(_)) => self.pose(cx, true),
            Some(Answer::Event(event)) => self.take(cx, &event),
            Some(Answer::Time) => match self.collected(cx) {
                Some(all) => self.finish(cx, all),
                None => Ok(Flow::Exit(TIMEOUT_EXIT.into())),
            },
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl Ask {
    fn is_several(&self) -> bool {
        self.kind == AnswerKind::Several
    }

    /// Whether what is typed leaves by a way of its own, beside those of the buttons.
    fn has_other_exit(&self) -> bool {
        self.leads_by_buttons() || self.kind == AnswerKind::Choice
    }

    /// Whether some button leads out of the question by an exit of its own.
    fn leads_by_buttons(&self) -> bool {
        !self.is_several() && self.buttons.go_buttons().next().is_some()
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            text: &self.text,
            media: &self.media,
            place: None,
            contact: None,
            buttons: &self.buttons,
            // Ticks exist under a message only.
            placement: if self.is_several() { Placement::Inline } else { self.placement },
            one_time: self.one_time,
            placeholder: &self.placeholder,
        }
    }

    /// Sends the question and begins to wait for the answer. When there is a way for a question that does not
    /// arrive, it waits for its arrival first.
    fn pose(&self, cx: &mut StepContext<'_>, has_arrived: bool) -> Result<Flow, StepError> {
        let mut message = self.parts().compose(cx)?;
        message.replaces = self.replace.replaces(cx);
        let mut offered = self.offer_buttons(cx, &message)?;
        if let Some(options) = &self.options_from {
            offered.extend(options.add_to(cx, &mut message.choices, false)?);
        }
        if self.kind.is_chosen() && offered.is_empty() && !self.other_answers {
            return Err(StepError::new(
                "no_choices",
                "The question has no button to press: the data was empty",
                "В вопросе нет ни одной кнопки: данные оказались пустыми",
            )
            .at("/options_from/items"));
        }
        if self.is_several() {
            self.add_done(cx, &mut message)?;
        }
        if !has_arrived && is_wired(cx, ERROR_EXIT) {
            let peer = cx.peer()?;
            return Ok(cx.deliver(Effect::Send { peer, message }));
        }
        let choices = self.is_several().then(|| message.choices.clone());
        let sent = if has_arrived { cx.first_message() } else { cx.send(message)? };
        cx.offer(offered);
        if let (Some(choices), Some(wait)) = (choices, cx.open_wait()) {
            wait.ticked = Some(Ticked { message: sent, choices, picked: Vec::new() });
        }
        let until = self
            .timeout_s
            .map(|seconds| cx.now().plus_ms(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)));
        Ok(Flow::Wait { question: true, until })
    }

    /// The drawn buttons that come back, with what they say and mean.
    fn offer_buttons(&self, cx: &StepContext<'_>, message: &Message) -> Result<Vec<Offered>, StepError> {
        let mut offered = Vec::new();
        for ((pointer, button), choice) in self.buttons.buttons().zip(message.choices.iter().flatten()) {
            if button.action != ButtonAction::Go {
                continue;
            }
            let value = match &button.value {
                Some(value) => {
                    cx.value(value).map_err(|error| error.at(&format!("/buttons{pointer}/value")))?
                }
                None => choice.label.as_str().into(),
            };
            offered.push(Offered { exit: button.id.clone(), label: choice.label.clone(), value });
        }
        Ok(offered)
    }

    /// Takes what the person did: goes on with an answer, or says that it is none and waits on.
    fn take(&self, cx: &mut StepContext<'_>, event: &Event) -> Result<Flow, StepError> {
        if self.is_several()
            && let Some(flow) = self.take_pick(cx, event)?
        {
            return Ok(flow);
        }
        let verdict = self.judge(cx, event)?;
        if let EventKind::Button { callback: Some(callback), .. } = &event.kind {
            let stale = matches!(verdict, Verdict::Stale | Verdict::Wrong);
            let text = stale.then(|| STALE_BUTTON.get(cx.lang()).to_owned());
            cx.emit(Effect::Acknowledge { callback: callback.clone(), text });
        }
        match verdict {
            Verdict::Press { exit, value } => {
                let value = self.collected(cx).unwrap_or(value);
                self.keep(cx, value)?;
                if let Some((exit, button)) = exit.as_ref().and_then(|exit| Some((exit, self.button(exit)?))) {
                    let token = match &event.kind {
                        EventKind::Button { token, .. } => ButtonToken::parse(token),
                        _ => None,
                    };
                    cx.after_press(token.as_ref(), exit, button.after);
                }
                Ok(exit.map_or(Flow::Next, Flow::Exit))
            }
            Verdict::Right(value) => match self.collect_s {
                Some(seconds) => self.collect(cx, value, seconds),
                None => self.finish(cx, value),
            },
            Verdict::Skipped => {
                cx.set_answer(Value::Null);
                Ok(Flow::Exit(SKIPPED_EXIT.into()))
            }
            Verdict::MiniApp => {
                cx.set_answer(event.answer());
                Ok(Flow::Next)
            }
            Verdict::Stale => Ok(wait_on(cx)),
            Verdict::Wrong => self.refuse(cx, event),
        }
    }

    /// Goes on with an answer in the person's own words.
    fn finish(&self, cx: &mut StepContext<'_>, value: Value) -> Result<Flow, StepError> {
        self.keep(cx, value)?;
        Ok(if self.has_other_exit() { Flow::Exit(OTHER_EXIT.into()) } else { Flow::Next })
    }

    /// Keeps one of several messages and waits a little longer for the next.
    fn collect(&self, cx: &mut StepContext<'_>, value: Value, seconds: u32) -> Result<Flow, StepError> {
        let most = cx.limits().collected_messages;
        let until = cx.now().plus_ms(i64::from(seconds) * 1000);
        let count = cx.open_wait().map_or(0, |wait| {
            wait.collected.push(value);
            wait.collected.len()
        });
        if count >= most
            && let Some(all) = self.collected(cx)
        {
            return self.finish(cx, all);
        }
        Ok(Flow::Wait { question: true, until: Some(until) })
    }

    /// What was collected so far, if anything.
    fn collected(&self, cx: &mut StepContext<'_>) -> Option<Value> {
        let collected = std::mem::take(&mut cx.open_wait()?.collected);
        (!collected.is_empty()).then_some(Value::Array(collected))
    }

    fn judge(&self, cx: &mut StepContext<'_>, event: &Event) -> Result<Verdict, StepError> {
        let verdict = match &event.kind {
            EventKind::Button { token, .. } => judge_press(cx, token),
            EventKind::MiniApp { .. } => Verdict::MiniApp,
            EventKind::Text { text } => match find_caption(cx, text) {
                Some(offered) => press(&offered),
                None if self.is_skipped(cx, text)? => Verdict::Skipped,
                None => self.judge_words(cx, event)?,
            },
            _ => self.judge_words(cx, event)?,
        };
        Ok(verdict)
    }

    /// Whether it was picked by a button of this question, or the question has no such button: then that of an
    /// earlier message will do.
    fn lets_pick(&self, cx: &StepContext<'_>, picked: &Picked) -> bool {
        let mut own = self.buttons.buttons().filter_map(|(_, button)| button.pick(cx)).peekable();
        own.peek().is_none() || own.any(|pick| pick.fits(picked))
    }

    fn is_skipped(&self, cx: &StepContext<'_>, text: &str) -> Result<bool, StepError> {
        let word = cx.text(&self.skip_word).map_err(|error| error.at("/skip_word"))?;
        Ok(!word.trim().is_empty() && is_word(&word, text))
    }

    fn judge_words(&self, cx: &StepContext<'_>, event: &Event) -> Result<Verdict, StepError> {
        if let EventKind::Picked(picked) = &event.kind
            && !self.lets_pick(cx, picked)
        {
            return Ok(Verdict::Wrong);
        }
        let takes_other = self.kind == AnswerKind::Choice && (self.other_answers || is_wired(cx, OTHER_EXIT));
        let kind = if takes_other { AnswerKind::Text } else { self.kind };
        let wanted = self.wanted(cx)?;
        Ok(kind.read(event, &wanted).map_or(Verdict::Wrong, Verdict::Right))
    }

    fn wanted(&self, cx: &StepContext<'_>) -> Result<Wanted, StepError> {
        let today = Lookup::now(cx).date();
        let (mut min, mut max) = (None, None);
        if self.kind.has_bounds() {
            min = self.read_bound(cx, &self.min, "/min", today)?;
            max = self.read_bound(cx, &self.max, "/max", today)?;
        }
        let pattern = match self.kind {
            AnswerKind::Pattern => Some(compile_whole(&self.pattern).map_err(|error| {
                StepError::new("bad_pattern", error.en, error.ru).at("/pattern")
            })?),
            _ => None,
        };
        Ok(Wanted { min, max, pattern, today })
    }

    fn read_bound(
        &self,
        cx: &StepContext<'_>,
        bound: &Template,
        pointer: &str,
        today: Date,
    ) -> Result<Option<Value>, StepError> {
        if bound.is_empty() {
            return Ok(None);
        }
        let value = cx.value(bound).map_err(|error| error.at(pointer))?;
        match self.kind.read_bound(&value, today) {
            Some(bound) => Ok(Some(bound)),
            None => Err(StepError::new(
                "wrong_bound",
                format!("The bound of the answer cannot be read: “{}”", value.to_text()),
                format!("Границу ответа не прочитать: «{}»", value.to_text()),
            )
            .at(pointer)),
        }
    }

    fn keep(&self, cx: &mut StepContext<'_>, value: Value) -> Result<(), StepError> {
        if let Some(target) = &self.save_to {
            cx.set(target, value.clone())?;
        }
        cx.set_answer(value);
        Ok(())
    }

    /// Says that the answer is wrong and waits on, or gives up.
    fn refuse(&self, cx: &mut StepContext<'_>, event: &Event) -> Result<Flow, StepError> {
        if matches!(event.kind, EventKind::Button { .. }) {
            return Ok(wait_on(cx));
        }
        let limit = self.attempts.unwrap_or(cx.limits().question_attempts);
        let attempts = cx.open_wait().map_or(1, |wait| {
            wait.attempts = wait.attempts.saturating_add(1);
            wait.attempts
        });
        if attempts >= limit {
            if is_wired(cx, FAILED_EXIT) {
                return Ok(Flow::Exit(FAILED_EXIT.into()));
            }
            return Err(StepError::new(
                "too_many_wrong_answers",
                format!("{attempts} answers in a row were wrong"),
                format!("Неподходящих ответов подряд: {attempts}"),
            ));
        }
        let mut text = cx.rich(&self.error_text).map_err(|error| error.at("/error_text"))?;
        if text.is_empty() {
            text = RichText::plain(self.kind.wrong_answer().get(cx.lang()));
        }
        cx.send(Message { text, ..Message::default() })?;
        Ok(wait_on(cx))
    }
}

fn wait_on(cx: &mut StepContext<'_>) -> Flow {
    Flow::Wait { question: true, until: cx.open_wait().and_then(|wait| wait.until) }
}

#[cfg(test)]
mod tests;
