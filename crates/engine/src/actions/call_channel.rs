//! Calls any method of the messenger's API by its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::messenger::{check_method, deliver};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, ChannelCall};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallChannel {
    /// # Method
    ///
    /// Its name in the messenger's API, such as `pinChatMessage`.
    #[schemars(
        length(min = 1, max = 64),
        extend("x-ru" = "Метод", "x-ru-help" = "Название в API мессенджера, например `pinChatMessage`.")
    )]
    pub method: String,
    /// # Parameters
    ///
    /// A JSON object. Variables are escaped for their place; one outside of quotes keeps its type.
    #[schemars(extend(
        "x-ru" = "Параметры",
        "x-ru-help" = "Объект JSON. Переменные экранируются для своего места; без кавычек переменная сохраняет тип.",
        "x-widget" = "template",
        "x-secrets" = true
    ))]
    pub params: Template,
    /// # Keep the answer in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить ответ"))]
    pub save_to: Option<Target>,
}

impl ActionKind for CallChannel {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "api",
        title: Words::new("Call a channel method", "Вызвать метод канала"),
        help: Words::new(
            "Calls any method of the messenger's API by its name.",
            "Вызывает любой метод API мессенджера по названию.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::new("{method}[ → {save_to}]", "{method}[ → {save_to}]"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.secret_template("/params", &self.params);
        if let Some(target) = &self.save_to {
            visit.target("/save_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if let Err(error) = check_method(self.method.trim()) {
            findings.error("/method", "wrong_method", error.en, error.ru);
        }
        if let Some(error) = self.params.json_error() {
            findings.error(
                "/params",
                "invalid_json",
                format!("{} (character {})", error.en, error.position + 1),
                format!("{} (символ {})", error.ru, error.position + 1),
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let method = self.method.trim();
                check_method(method).map_err(|error| error.at("/method"))?;
                let params = self.params.render_secret_json(cx).map_err(|error| error.at("/params"))?;
                let call = ChannelCall { method: method.to_owned(), params, within_ms: None };
                deliver(cx, call).map_err(|error| error.at("/params"))
            }
            Some(Answer::Delivered(delivered)) => {
                if let Some(target) = &self.save_to {
                    cx.set(target, delivered.result)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;
    use crate::effect::{Ask, Delivered, Effect, SecretPart};

    #[test]
    fn parameters_are_escaped_and_secrets_stay_names() {
        let mut bench = Bench::new(json!({
            "method": "sendInvoice",
            "params": "{\"title\": \"#{name}\", \"amounts\": #{amounts}, \"provider_token\": \"#{env.PAY}\"}",
            "save_to": "done",
        }));
        bench.set("name", "Ann \"A\"");
        bench.set("amounts", json!([1, 2]));
        let Ask::Deliver(emitted) = bench.ask::<CallChannel>() else { panic!("no call") };
        let Effect::Call { peer, call } = &emitted.effect else { panic!("{emitted:?}") };
        assert_eq!(peer.as_ref().unwrap().chat, "42", "it stands in the order of its chat");
        assert_eq!(call.method, "sendInvoice");
        assert!(call.params.0.contains(&SecretPart::Secret("PAY".into())), "{call:?}");
        let text: String = call
            .params
            .0
            .iter()
            .map(|part| match part {
                SecretPart::Text(text) => text.as_str(),
                SecretPart::Secret(_) => "s",
            })
            .collect();
        let params: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(params, json!({"title": "Ann \"A\"", "amounts": [1, 2], "provider_token": "s"}));
        let answer = Delivered { id: Some("5".into()), result: json!({"message_id": 5}).into() };
        assert_eq!(bench.step::<CallChannel>(Some(Answer::Delivered(answer))), "next");
        assert_eq!(bench.json("done"), json!({"message_id": 5}));
    }

    #[test]
    fn what_no_messenger_would_take_is_an_error_of_the_step() {
        let check = |options: serde_json::Value, long: usize, code: &str| {
            let mut bench = Bench::new(options);
            bench.set("long", "x".repeat(long));
            assert_eq!(bench.fail::<CallChannel>(None).code, code);
        };
        check(json!({"method": "deleteWebhook", "params": "{}"}), 0, "method_of_ours");
        check(json!({"method": "bot1/getMe", "params": "{}"}), 0, "wrong_method");
        check(json!({"method": "sendMessage", "params": "{\"text\": \"#{long}\"}"}), 70_000, "call_too_long");
    }
}
