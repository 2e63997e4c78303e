//! Waits until another service calls the address that *Webhook address* made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::{Unit, WhenMovedOn};
use super::http_request::{Saved, find_part};
use super::{ActionKind, Exit, Flow, Group, Port, Sentence, Spec, TIMEOUT_EXIT, Visit, unexpected_answer, webhook_address};
use crate::address;
use crate::channel::Capabilities;
use crate::effect::{Answer, Ask, DataOp};
use crate::error::StepError;
use crate::event::EventKind;
use crate::expression::{Target, Template};
use crate::limits::ADDRESS_DAYS;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::{Map, Value};
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WaitWebhook {
    /// # Address
    ///
    /// The variable in which “Webhook address” keeps it. A call that came before counts too.
    #[schemars(extend(
        "x-ru" = "Адрес",
        "x-ru-help" = "Переменная, в которую его сохранил «Адрес для вебхука». Вызов, который пришёл раньше, тоже считается."
    ))]
    pub address: Template,
    /// # Wait up to
    #[schemars(range(min = 1, max = 31_622_400), extend("x-ru" = "Ждать не дольше"))]
    pub amount: u32,
    /// # Unit
    #[schemars(extend("x-ru" = "Единица", "x-widget" = "select", "default" = "hours"))]
    pub unit: Unit,
    /// # Keep parts of what came
    ///
    /// From the body; what is not there, from the parameters behind `?`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend(
            "x-ru" = "Сохранить из того, что пришло",
            "x-ru-help" = "Из тела; чего там нет — из параметров после `?`."
        )
    )]
    pub save: Vec<Saved>,
    /// # Keep the body in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить тело"))]
    pub save_to: Option<Target>,
    /// # Keep the parameters in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить параметры", "x-more" = true))]
    pub query_to: Option<Target>,
    /// # Keep the headers in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить заголовки", "x-more" = true))]
    pub headers_to: Option<Target>,
    /// # If the person moves on
    ///
    /// What becomes of the wait when the person starts something else meanwhile.
    #[serde(skip_serializing_if = "goes_on")]
    #[schemars(extend(
        "x-ru" = "Если человек пошёл дальше",
        "x-ru-help" = "Что будет с ожиданием, если человек тем временем начал что-то другое.",
        "x-widget" = "select",
        "default" = "go_on"
    ))]
    pub when_moved_on: WhenMovedOn,
}

/// What comes from outside is seldom about what the person does meanwhile.
fn goes_on(when: &WhenMovedOn) -> bool {
    *when == WhenMovedOn::GoOn
}

impl Default for WaitWebhook {
    fn default() -> Self {
        Self {
            address: Template::new(&format!("#{{{}}}", webhook_address::VARIABLE)),
            amount: 1,
            unit: Unit::Hours,
            save: Vec::new(),
            save_to: None,
            query_to: None,
            headers_to: None,
            when_moved_on: WhenMovedOn::GoOn,
        }
    }
}

const LONGEST_MS: i64 = ADDRESS_DAYS * 24 * 60 * 60 * 1000;

impl ActionKind for WaitWebhook {
    const SPEC: Spec = Spec {
        group: Group::Exchange,
        icon: "webhook",
        title: Words::new("Wait for webhook", "Ждать вебхук"),
        help: Words::new(
            "Waits until another service calls the address, and takes what it says.",
            "Ждёт, пока другой сервис обратится по адресу, и берёт то, что он передал.",
        ),
        can_fail: true,
        waits: true,
        ports: &[Port::Fixed { id: TIMEOUT_EXIT, title: Words::new("Nobody called", "Никто не обратился"), quiet: true }],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Wait for a webhook, up to {amount:unit}[ → {save_to|save}]",
        "Ждать вебхук, не дольше {amount:unit}[ → {save_to|save}]",
    )];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(TIMEOUT_EXIT)]
    }

    fn ends_when_moved_on(&self) -> bool {
        self.when_moved_on == WhenMovedOn::Cancel
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/address", &self.address);
        for (index, saved) in self.save.iter().enumerate() {
            visit.target(&format!("/save/{index}/target"), &saved.target);
        }
        let whole =
            [("/save_to", &self.save_to), ("/query_to", &self.query_to), ("/headers_to", &self.headers_to)];
        for (pointer, target) in whole {
            if let Some(target) = target {
                visit.target(pointer, target);
            }
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        let source = self.address.source().trim();
        if source.is_empty() || self.address.is_constant() {
            findings.error(
                "/address",
                "no_address",
                "choose the variable in which “Webhook address” keeps the address",
                "выберите переменную, в которую «Адрес для вебхука» сохранил адрес",
            );
        }
        if !(1..=LONGEST_MS).contains(&self.unit.length_ms(self.amount)) {
            findings.error(
                "/amount",
                "out_of_range",
                format!("it can wait from a second to {ADDRESS_DAYS} days"),
                format!("ждать можно от секунды до {ADDRESS_DAYS} дней"),
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Ask(Ask::Write(DataOp::TakeCall { address: self.address(cx)? }))),
            // Nobody has called yet.
            Some(Answer::Written(Value::Null)) => {
                let address = self.address(cx)?;
                cx.wait_for_call(address);
                let until = cx.now().plus_ms(self.unit.length_ms(self.amount).clamp(1, LONGEST_MS));
                Ok(Flow::Wait { question: false, until: Some(until) })
            }
            Some(Answer::Written(Value::Object(request))) => self.take(cx, &request),
            Some(Answer::Event(event)) => match &event.kind {
                EventKind::Called { request, .. } => self.take(cx, request),
                _ => Err(unexpected_answer()),
            },
            Some(Answer::Time) => Ok(Flow::Exit(TIMEOUT_EXIT.into())),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl WaitWebhook {
    /// The name under which the address is known.
    fn address(&self, cx: &StepContext<'_>) -> Result<String, StepError> {
        let text = cx.text(&self.address).map_err(|error| error.at("/address"))?;
        let secret = address::secret_in(&text);
        let none = || {
            StepError::new(
                "no_address",
                "There is no address to wait at: “Webhook address” comes first",
                "Ждать негде: сначала нужен «Адрес для вебхука»",
            )
            .at("/address")
        };
        secret.map(address::hash).ok_or_else(none)
    }

    fn take(&self, cx: &mut StepContext<'_>, request: &Map) -> Result<Flow, StepError> {
        let part = |name: &str| request.get(name).unwrap_or(&Value::Null);
        let (body, query) = (part("request_body"), part("request_query"));
        for saved in &self.save {
            let found = find_part(body, &saved.path).or_else(|| find_part(query, &saved.path));
            cx.set(&saved.target, found.cloned().unwrap_or_default())?;
        }
        let whole =
            [(&self.save_to, body), (&self.query_to, query), (&self.headers_to, part("request_headers"))];
        for (target, value) in whole {
            if let Some(target) = target {
                cx.set(target, value.clone())?;
            }
        }
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, NOW, event, map};

    fn request() -> Map {
        map(json!({
            "request_body": {"paid": true, "id": 7}, "request_query": {"id": "q", "sign": "s"},
            "request_headers": {"x-a": "b"},
        }))
    }

    fn bench() -> Bench {
        let mut bench = Bench::new(json!({
            "amount": 10, "unit": "minutes", "save_to": "body", "headers_to": "headers", "query_to": "query",
            "save": [{"path": "id", "target": "id"}, {"path": "sign", "target": "sign"}, {"path": "no", "target": "no"}],
        }));
        bench.set("webhook", "https://a.b/webhook/once/0123456789abcdef");
        bench
    }

    #[track_caller]
    fn check_taken(bench: &Bench) {
        assert_eq!(bench.json("id"), json!(7));
        assert_eq!(bench.json("sign"), json!("s"));
        assert_eq!(bench.json("no"), json!(null));
        assert_eq!(bench.json("body"), json!({"paid": true, "id": 7}));
        assert_eq!(bench.json("headers"), json!({"x-a": "b"}));
        assert_eq!(bench.json("query"), json!({"id": "q", "sign": "s"}));
    }

    #[test]
    fn a_call_that_came_before_is_taken_at_once() {
        let mut bench = bench();
        let Ask::Write(DataOp::TakeCall { address }) = bench.ask::<WaitWebhook>() else { panic!() };
        assert_eq!(address, address::hash("0123456789abcdef"));
        assert_eq!(bench.step::<WaitWebhook>(Some(Answer::Written(request().into()))), "next");
        check_taken(&bench);
    }

    #[test]
    fn a_call_that_comes_later_is_waited_for() {
        let mut bench = bench();
        let until = format!("wait until {}", NOW.plus_ms(600_000).0);
        assert_eq!(bench.step::<WaitWebhook>(Some(Answer::Written(Value::Null))), until);
        let kind = EventKind::Called { address: address::hash("0123456789abcdef"), request: request() };
        assert_eq!(bench.step::<WaitWebhook>(Some(Answer::Event(Box::new(event(kind))))), "next");
        check_taken(&bench);
        assert_eq!(bench.step::<WaitWebhook>(Some(Answer::Time)), "exit timeout");
    }

    #[test]
    fn without_an_address_there_is_nothing_to_wait_for() {
        let mut bench = Bench::new(json!({}));
        let error = bench.fail::<WaitWebhook>(None);
        assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("no_address", Some("/address")));
    }

    #[test]
    fn mistakes_are_found() {
        let check = |options: serde_json::Value, expected: &[&str]| {
            let kind: WaitWebhook = serde_json::from_value(options).unwrap();
            let mut findings = Findings::default();
            kind.validate(&Capabilities::telegram(), &mut findings);
            assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), expected);
        };
        check(json!({}), &[]);
        check(json!({"address": ""}), &["no_address"]);
        check(json!({"address": "https://a.b"}), &["no_address"]);
        check(json!({"amount": 0}), &["out_of_range"]);
    }
}
