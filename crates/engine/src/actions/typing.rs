//! Shows that the bot is typing, for a while.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::message::ChatAction;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// Longer, it would look broken.
const LONGEST_S: u32 = 60;

/// How long messengers show it by themselves (Telegram: 5 s or less).
const SHOWN_S: u32 = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Typing {
    /// # What the chat shows
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Что показывать в чате", "x-widget" = "select", "default" = "typing"))]
    pub action: ChatAction,
    /// # For, seconds
    #[schemars(range(min = 0, max = 60), extend("x-ru" = "Сколько секунд"))]
    pub seconds: u32,
}

impl Default for Typing {
    fn default() -> Self {
        Self { action: ChatAction::default(), seconds: 3 }
    }
}

impl ActionKind for Typing {
    const SPEC: Spec = Spec {
        group: Group::Conversation,
        icon: "dots",
        title: Words::new("Is typing…", "Печатает…"),
        help: Words::new(
            "Shows that the bot is typing, then goes on.",
            "Показывает, что бот печатает, и идёт дальше.",
        ),
        can_fail: true,
        waits: true,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Show “{action}”[ for {seconds:seconds}]",
        "Показать «{action}»[, {seconds:seconds}]",
    )];

    fn ends_when_moved_on(&self) -> bool {
        true
    }

    fn visit(&self, _visit: &mut dyn Visit) {}

    fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        if self.seconds > LONGEST_S {
            findings.error(
                "/seconds",
                "out_of_range",
                format!("it can be shown for {LONGEST_S} seconds at most"),
                format!("показывать можно не дольше {LONGEST_S} секунд"),
            );
        }
        if !channel.chat_actions {
            findings.warning(
                "/action",
                "channel_cannot",
                "this channel cannot show that the bot is typing",
                "этот канал не умеет показывать, что бот печатает",
            );
        }
    }

    /// Shows it again whenever the messenger would take it away, until the time is over.
    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        let shown = match answer {
            None => 0,
            Some(Answer::Time) => cx.open_wait().map_or(0, |wait| {
                wait.attempts = wait.attempts.saturating_add(1);
                wait.attempts
            }),
            Some(_) => return Err(unexpected_answer()),
        };
        let left = self.seconds.min(LONGEST_S).saturating_sub(shown.saturating_mul(SHOWN_S));
        if left == 0 && shown > 0 {
            return Ok(Flow::Next);
        }
        let peer = cx.peer()?;
        cx.emit(Effect::ChatAction { peer, action: self.action });
        if left == 0 {
            return Ok(Flow::Next);
        }
        let until = cx.now().plus_ms(i64::from(left.min(SHOWN_S)) * 1000);
        Ok(Flow::Wait { question: false, until: Some(until) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, NOW};

    #[test]
    fn it_is_shown_again_until_the_time_is_over() {
        let check = |seconds: u32, waits: &[i64]| {
            let mut bench = Bench::new(json!({"seconds": seconds}));
            let mut answer = None;
            for wait in waits {
                let expected = format!("wait until {}", NOW.0 + wait * 1000);
                assert_eq!(bench.step::<Typing>(answer), expected, "{seconds}");
                answer = Some(Answer::Time);
            }
            assert_eq!(bench.step::<Typing>(answer), "next", "{seconds}");
            assert_eq!(bench.effects().len(), waits.len().max(1), "{seconds}");
        };
        check(0, &[]);
        check(3, &[3]);
        check(5, &[5]);
        check(12, &[5, 5, 2]);
    }
}
