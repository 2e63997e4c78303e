//! What can be said of a question before anybody is asked.

use super::Ask;
use crate::actions::AnswerKind;
use crate::actions::answers::compile_whole;
use crate::channel::Capabilities;
use crate::message::Placement;
use crate::scenario::Findings;

impl Ask {
    pub(super) fn check(&self, channel: &Capabilities, findings: &mut Findings) {
        if self.text.is_empty() && self.media.is_empty() {
            findings.error("/text", "empty_text", "the question is empty", "текст вопроса пустой");
        }
        self.parts().validate(channel, findings);
        self.check_choice(findings);
        self.check_requests(findings);
        self.check_bounds(findings);
        if self.kind == AnswerKind::Pattern {
            self.check_pattern(findings);
        }
        if self.attempts == Some(0) {
            findings.error(
                "/attempts",
                "out_of_range",
                "at least one attempt is needed",
                "нужна хотя бы одна попытка",
            );
        }
        if !self.timeout_s.is_none_or(|seconds| (1..=31_622_400).contains(&seconds)) {
            findings.error(
                "/timeout_s",
                "out_of_range",
                "it can wait from a second to 366 days",
                "ждать можно от секунды до 366 дней",
            );
        }
        if !self.collect_s.is_none_or(|seconds| (1..=86_400).contains(&seconds)) {
            findings.error(
                "/collect_s",
                "out_of_range",
                "it can wait for one more message from a second to a day",
                "следующего сообщения можно ждать от секунды до суток",
            );
        }
        if let Some(options) = &self.options_from {
            options.validate(channel, findings);
        }
    }

    fn check_choice(&self, findings: &mut Findings) {
        let offers = self.options_from.is_some() || self.buttons.go_buttons().next().is_some();
        if self.kind.is_chosen() && !offers {
            findings.error(
                "/buttons",
                "no_choices",
                "there is no button to choose",
                "нет кнопок, из которых выбирать",
            );
        }
        let beside = self.placement == Placement::Keyboard || self.buttons.needs_keyboard();
        if self.kind == AnswerKind::Several && beside {
            findings.warning(
                "/placement",
                "keyboard_ticks",
                "buttons can be ticked under a message only: they will stand there",
                "отмечать кнопки можно только под сообщением: они окажутся там",
            );
        }
    }

    /// Buttons that bring what the question does not take, and answers that no button brings.
    fn check_requests(&self, findings: &mut Findings) {
        for (pointer, button) in self.buttons.buttons() {
            if !self.kind.takes_button(button.action) {
                let caption = button.text.source();
                findings.warning(
                    format!("/buttons{pointer}/action"),
                    "button_no_answer",
                    format!("what the button “{caption}” brings is no answer to this question: choose another kind of answer"),
                    format!("то, что даёт кнопка «{caption}», не годится в ответ на этот вопрос: выберите другой вид ответа"),
                );
            }
        }
        let Some(needed) = self.kind.needs_button() else { return };
        if !self.buttons.buttons().any(|(_, button)| button.action == needed) {
            findings.warning(
                "/buttons",
                "no_pick_button",
                "there is nothing to pick with: add a button that lets pick, or nobody can answer",
                "выбирать нечем: добавьте кнопку выбора, иначе ответить не получится",
            );
        }
    }

    fn check_bounds(&self, findings: &mut Findings) {
        if !self.kind.has_bounds() {
            return;
        }
        for (pointer, bound) in [("/min", &self.min), ("/max", &self.max)] {
            let unreadable = !bound.is_empty()
                && bound.is_constant()
                && self.kind.read_bound(&bound.source().into(), jiff::civil::Date::default()).is_none();
            if unreadable {
                let source = bound.source();
                let (code, en, ru) = match self.kind {
                    AnswerKind::Date => {
                        ("not_a_date", format!("“{source}” is no date"), format!("«{source}» — не дата"))
                    }
                    AnswerKind::Time => {
                        ("not_a_time", format!("“{source}” is no time"), format!("«{source}» — не время"))
                    }
                    _ => ("not_a_number", format!("“{source}” is no number"), format!("«{source}» — не число")),
                };
                findings.error(pointer, code, en, ru);
            }
        }
    }

    fn check_pattern(&self, findings: &mut Findings) {
        if self.pattern.is_empty() {
            findings.error("/pattern", "no_pattern", "the pattern is empty", "шаблон пустой");
        } else if let Err(error) = compile_whole(&self.pattern) {
            let at = error.position + 1;
            findings.error(
                "/pattern",
                "bad_pattern",
                format!("{} (character {at})", error.en),
                format!("{} (символ {at})", error.ru),
            );
        }
    }
}
