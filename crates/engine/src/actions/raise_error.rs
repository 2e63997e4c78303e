//! Fails on purpose: what is wrong is said in the builder's own words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RaiseError {
    /// # What is wrong
    ///
    /// Where the error is caught, it is `#{_error}`.
    #[schemars(extend("x-ru" = "Что не так", "x-ru-help" = "Там, где ошибку обработают, это `#{_error}`."))]
    pub text: Template,
}

impl ActionKind for RaiseError {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "alert-octagon",
        title: Words::new("Raise an error", "Вызвать ошибку"),
        help: Words::new(
            "Fails with your own words: goes to the error block, or to “On error” of the scenario that called this one.",
            "Завершается ошибкой с вашим текстом: переходит в блок ошибок или к выходу «При ошибке» вызвавшего сценария.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Error: {text}", "Ошибка: {text}")];

    fn runs_on(&self, _is_wired: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/text", &self.text);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.text.is_empty() {
            findings.error("/text", "empty_text", "it does not say what is wrong", "не сказано, что не так");
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let text = cx.text(&self.text).map_err(|error| error.at("/text"))?;
        Err(StepError::new("raised", text.clone(), text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn it_fails_with_its_own_words() {
        let mut bench = Bench::new(json!({"text": "No table for #{n}"}));
        bench.set("n", 12);
        let error = bench.fail::<RaiseError>(None);
        assert_eq!((error.code.as_str(), error.en.as_str()), ("raised", "No table for 12"));
    }
}
