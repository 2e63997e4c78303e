//! Ends pauses that carry a key, wherever in the dialogue they are: a cancelled booking silences its reminder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Effect};
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CancelWaits {
    /// # Key
    ///
    /// The key of the pauses to end, as it was given to them.
    #[schemars(extend(
        "x-ru" = "Ключ",
        "x-ru-help" = "Ключ пауз, которые надо отменить, — такой, какой им дали."
    ))]
    pub key: Template,
}

impl ActionKind for CancelWaits {
    const SPEC: Spec = Spec {
        group: Group::Time,
        icon: "bell-off",
        title: Words::new("Cancel pauses", "Отменить паузы"),
        help: Words::new(
            "Ends the person's pauses with this key: what stood behind them is not done.",
            "Отменяет паузы этого человека с таким ключом: того, что было после них, не произойдёт.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Cancel pauses by the key {key}", "Отменить паузы с ключом {key}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/key", &self.key);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.key.is_empty() {
            findings.error("/key", "no_key", "it does not say which key", "не указан ключ");
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let key = cx.text(&self.key).map_err(|error| error.at("/key"))?;
        if key.is_empty() {
            return Err(StepError::new("no_key", "The key is empty", "Ключ пустой").at("/key"));
        }
        cx.emit(Effect::CancelWaits { key });
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn the_key_is_computed_and_must_not_be_empty() {
        let mut bench = Bench::new(json!({"key": "booking-#{id}"}));
        bench.set("id", 7);
        assert_eq!(bench.step::<CancelWaits>(None), "next");
        assert_eq!(bench.effects(), [Effect::CancelWaits { key: "booking-7".into() }]);
        let error = Bench::new(json!({"key": "#{nothing}"})).fail::<CancelWaits>(None);
        assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("no_key", Some("/key")));
    }
}
