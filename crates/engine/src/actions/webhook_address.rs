//! Makes an address of one use, on which somebody else's service calls this very run back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::Unit;
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Ask, DataOp};
use crate::error::StepError;
use crate::expression::{Scope, Target};
use crate::limits::ADDRESS_DAYS;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// Where the address is kept unless the builder says otherwise; *Wait for webhook* looks there.
pub(super) const VARIABLE: &str = "webhook";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookAddress {
    /// # Keep the address in
    ///
    /// Send it to the other service, in an HTTP request or in a link. Then “Wait for webhook”.
    #[schemars(extend(
        "x-ru" = "Куда сохранить адрес",
        "x-ru-help" = "Передайте его другому сервису в HTTP-запросе или ссылке. Затем — «Ждать вебхук»."
    ))]
    pub save_to: Target,
    /// # Valid for
    ///
    /// A call that comes later is refused.
    #[schemars(
        range(min = 1, max = 31_622_400),
        extend("x-ru" = "Сколько действует", "x-ru-help" = "Более поздний вызов будет отклонён.")
    )]
    pub amount: u32,
    /// # Unit
    #[schemars(extend("x-ru" = "Единица", "x-widget" = "select", "default" = "days"))]
    pub unit: Unit,
}

impl Default for WebhookAddress {
    fn default() -> Self {
        Self { save_to: Target::new(VARIABLE), amount: 1, unit: Unit::Days }
    }
}

impl ActionKind for WebhookAddress {
    const SPEC: Spec = Spec {
        group: Group::Exchange,
        icon: "link",
        title: Words::new("Webhook address", "Адрес для вебхука"),
        help: Words::new(
            "Makes a secret address on which another service answers this very subscriber's scenario, once.",
            "Делает секретный адрес, по которому другой сервис один раз ответит сценарию именно этого подписчика.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Address for a webhook → {save_to}", "Адрес для вебхука → {save_to}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.target("/save_to", &self.save_to);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if !(1..=LONGEST_MS).contains(&self.unit.length_ms(self.amount)) {
            findings.error(
                "/amount",
                "out_of_range",
                format!("an address is valid from a second to {ADDRESS_DAYS} days"),
                format!("адрес может действовать от секунды до {ADDRESS_DAYS} дней"),
            );
        }
        if self.save_to.scope() != Scope::Run {
            findings.warning(
                "/save_to",
                "address_outlives_run",
                "the address belongs to this one run: keep it in a temporary variable",
                "адрес относится только к этому прохождению: храните его во временной переменной",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let valid_ms = self.unit.length_ms(self.amount).clamp(1, LONGEST_MS);
                Ok(Flow::Ask(Ask::Write(DataOp::MakeAddress { valid_ms })))
            }
            Some(Answer::Written(address)) => {
                cx.set(&self.save_to, address)?;
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

const LONGEST_MS: i64 = ADDRESS_DAYS * 24 * 60 * 60 * 1000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn an_address_is_asked_for_and_kept() {
        let mut bench = Bench::new(json!({"save_to": "back", "amount": 2, "unit": "hours"}));
        let Ask::Write(DataOp::MakeAddress { valid_ms }) = bench.ask::<WebhookAddress>() else { panic!() };
        assert_eq!(valid_ms, 7_200_000);
        assert_eq!(bench.step::<WebhookAddress>(Some(Answer::Written("https://a.b/1".into()))), "next");
        assert_eq!(bench.json("back"), json!("https://a.b/1"));
    }

    #[test]
    fn mistakes_are_found() {
        let check = |options: serde_json::Value, expected: &[&str]| {
            let kind: WebhookAddress = serde_json::from_value(options).unwrap();
            let mut findings = Findings::default();
            kind.validate(&Capabilities::telegram(), &mut findings);
            assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), expected);
        };
        check(json!({}), &[]);
        check(json!({"amount": 367}), &["out_of_range"]);
        check(json!({"amount": 0}), &["out_of_range"]);
        check(json!({"save_to": "client.back"}), &["address_outlives_run"]);
    }
}
