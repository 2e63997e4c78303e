//! Answers whoever called the webhook or the mini-app callback, at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::message::Response;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Respond {
    /// # Status
    ///
    /// HTTP status; 200 is success.
    #[serde(skip_serializing_if = "is_ok")]
    #[schemars(
        range(min = 200, max = 599),
        extend("x-ru" = "Статус", "x-ru-help" = "Статус HTTP; 200 — успех.", "default" = 200)
    )]
    pub status: u16,
    /// # Body
    ///
    /// A single variable or JSON goes out as JSON, everything else as text.
    #[schemars(extend(
        "x-ru" = "Тело ответа",
        "x-ru-help" = "Одна переменная или JSON уйдут как JSON, всё остальное — как текст."
    ))]
    pub body: Template,
}

const OK: u16 = 200;

fn is_ok(status: &u16) -> bool {
    *status == OK
}

impl Default for Respond {
    fn default() -> Self {
        Self { status: OK, body: Template::default() }
    }
}

impl ActionKind for Respond {
    const SPEC: Spec = Spec {
        group: Group::Exchange,
        icon: "arrow-back-up",
        title: Words::new("Reply", "Ответ на вебхук"),
        help: Words::new(
            "Answers the mini app or whoever called the webhook, then goes on.",
            "Отвечает мини-приложению или тому, кто вызвал вебхук, и идёт дальше.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Reply to the call[: {body}]", "Ответить на вызов[: {body}]")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/body", &self.body);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if !(200..=599).contains(&self.status) {
            findings.error(
                "/status",
                "out_of_range",
                "the status must be between 200 and 599",
                "статус может быть от 200 до 599",
            );
        }
        let is_object =
            self.body.source().trim_start().starts_with('{') && !self.body.source().starts_with("{{");
        if let Some(error) = self.body.json_error().filter(|_| is_object && self.body.error().is_none()) {
            let at = error.position + 1;
            findings.warning(
                "/body",
                "invalid_json",
                format!("{} (character {at}), so the reply goes out as text", error.en),
                format!("{} (символ {at}), и ответ уйдёт как текст", error.ru),
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let place = |error: StepError| error.at("/body");
        let looks_like_json = self.body.source().trim_start().starts_with(['{', '[', '"']);
        let whole = cx.value(&self.body);
        let body = match looks_like_json.then(|| self.body.render_json(cx)) {
            // A text such as `[Name], hello` only looks like JSON.
            Some(Ok(body)) => body,
            Some(Err(_)) | None => whole.map_err(place)?,
        };
        cx.respond(Response { status: self.status.clamp(200, 599), body });
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn replies_with_json_or_text() {
        let check = |body: &str, expected: serde_json::Value| {
            let mut bench = Bench::new(json!({"status": 201, "body": body}));
            bench.set("name", "Ann \"A\" Lee");
            bench.set("cart", json!([1, 2]));
            assert_eq!(bench.step::<Respond>(None), "next");
            let response = bench.response();
            assert_eq!((response.status, response.body.to_json()), (201, expected), "{body}");
        };
        check("#{cart}", json!([1, 2]));
        check(
            r##"{"ok": true, "name": "#{name}", "cart": #{cart}}"##,
            json!({"ok": true, "name": "Ann \"A\" Lee", "cart": [1, 2]}),
        );
        check("Hello, #{name}", json!("Hello, Ann \"A\" Lee"));
        check("[Name], hello", json!("Ann, hello"));
    }
}
