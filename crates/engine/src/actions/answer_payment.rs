//! Says whether a payment that is about to be made may be made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerPayment {
    /// # Answer
    #[schemars(extend("x-ru" = "Ответ", "x-widget" = "select", "default" = "accept"))]
    pub answer: PaymentAnswer,
    /// # Why not
    ///
    /// The person reads it in place of the payment.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Почему нет",
        "x-ru-help" = "Человек увидит это вместо оплаты.",
        "x-when" = {"answer": ["refuse"]}
    ))]
    pub reason: Template,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "accept": {"en": "Take the payment", "ru": "Принять оплату"},
    "refuse": {"en": "Refuse it", "ru": "Отказать"},
}))]
pub enum PaymentAnswer {
    #[default]
    Accept,
    Refuse,
}

impl ActionKind for AnswerPayment {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "checks",
        title: Words::new("Answer a payment", "Ответить на оплату"),
        help: Words::new(
            "Takes or refuses a payment that is about to be made. Without it, payments are taken.",
            "Принимает оплату перед списанием или отказывает в ней. Без этого действия оплата принимается.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/answer", "accept", "Take the payment", "Принять оплату"),
        Sentence::new("Refuse the payment: {reason}", "Отказать в оплате: {reason}"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/reason", &self.reason);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.answer == PaymentAnswer::Refuse && self.reason.is_empty() {
            findings.error(
                "/reason",
                "no_reason",
                "the person is not told why: write a sentence",
                "человеку не объяснено, почему: напишите фразу",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let refusal = match self.answer {
            PaymentAnswer::Accept => None,
            PaymentAnswer::Refuse => Some(cx.text(&self.reason).map_err(|error| error.at("/reason"))?),
        };
        if cx.answer_checkout(refusal.as_deref()) {
            return Ok(Flow::Next);
        }
        Err(StepError::new(
            "no_payment",
            "There is no payment to answer: it begins with the trigger “Before a payment”, and only once",
            "Отвечать не на что: оплата начинается с триггера «Перед оплатой», и ответ на неё один",
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, call_of};

    #[test]
    fn a_payment_is_answered_once() {
        let check = |options: serde_json::Value, expected: serde_json::Value| {
            let mut bench = Bench::new(options);
            assert_eq!(bench.fail::<AnswerPayment>(None).code, "no_payment");
            bench.is_paying("q1");
            assert_eq!(bench.step::<AnswerPayment>(None), "next");
            let (method, params) = call_of(&bench.last_effect().unwrap());
            assert_eq!((method.as_str(), params), ("answerPreCheckoutQuery", expected));
            assert_eq!(bench.fail::<AnswerPayment>(None).code, "no_payment");
        };
        check(json!({}), json!({"pre_checkout_query_id": "q1", "ok": true}));
        check(
            json!({"answer": "refuse", "reason": "Sold out"}),
            json!({"pre_checkout_query_id": "q1", "ok": false, "error_message": "Sold out"}),
        );
    }
}
