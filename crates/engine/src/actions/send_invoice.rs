//! Asks for money: an invoice of the messenger, Telegram Stars included.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::messenger::{deliver, without_nulls};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, ChannelCall, SecretPart, SecretText};
use crate::error::StepError;
use crate::event::smallest_units;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// Telegram Stars.
const STARS: &str = "XTR";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SendInvoice {
    /// # What is sold
    #[schemars(extend("x-ru" = "Что продаётся"))]
    pub title: Template,
    /// # Description
    #[schemars(extend("x-ru" = "Описание"))]
    pub description: Template,
    /// # Currency
    ///
    /// `XTR` means Telegram Stars; else three letters, such as `RUB`.
    #[serde(skip_serializing_if = "is_stars")]
    #[schemars(
        length(min = 3, max = 3),
        extend(
            "x-ru" = "Валюта",
            "x-ru-help" = "`XTR` — звёзды Telegram; иначе три буквы, например `RUB`.",
            "default" = "XTR"
        )
    )]
    pub currency: String,
    /// # Amount
    ///
    /// In the currency itself: 99.90.
    #[schemars(extend("x-ru" = "Сумма", "x-ru-help" = "В самой валюте: 99.90.", "x-widget" = "template"))]
    pub amount: Template,
    /// # Mark of the payment
    ///
    /// By it the trigger “Payment” knows what was paid for; the person does not see it.
    #[schemars(extend(
        "x-ru" = "Метка платежа",
        "x-ru-help" = "По ней триггер «Оплата» узнает, за что заплатили; человек её не видит.",
        "x-widget" = "template"
    ))]
    pub payload: Template,
    /// # Key of the payment service
    ///
    /// From @BotFather; Stars need none.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Ключ платёжной системы",
        "x-ru-help" = "Из @BotFather; для звёзд не нужен.",
        "x-widget" = "template",
        "x-secrets" = true
    ))]
    pub provider_token: Template,
    /// # Picture
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Картинка", "x-more" = true, "x-widget" = "template"))]
    pub photo: Template,
    /// # Keep a link to the invoice in
    ///
    /// Then nothing is sent: the link is for a button or a mini app.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить ссылку на счёт",
        "x-more" = true,
        "x-ru-help" = "Тогда счёт не отправляется: ссылка нужна для кнопки или мини-приложения."
    ))]
    pub link_to: Option<Target>,
}

fn is_stars(currency: &str) -> bool {
    currency == STARS
}

impl Default for SendInvoice {
    fn default() -> Self {
        Self {
            title: Template::default(),
            description: Template::default(),
            currency: STARS.to_owned(),
            amount: Template::default(),
            payload: Template::default(),
            provider_token: Template::default(),
            photo: Template::default(),
            link_to: None,
        }
    }
}

impl ActionKind for SendInvoice {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "credit-card",
        title: Words::new("Invoice", "Счёт"),
        help: Words::new(
            "Asks for a payment inside the messenger, by card or in Telegram Stars.",
            "Просит оплату прямо в мессенджере: картой или звёздами Telegram.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::new("Invoice: {title}, {amount}", "Счёт: {title}, {amount}"),
    ];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/title", &self.title);
        visit.template("/description", &self.description);
        visit.template("/amount", &self.amount);
        visit.template("/payload", &self.payload);
        visit.secret_template("/provider_token", &self.provider_token);
        visit.template("/photo", &self.photo);
        if let Some(target) = &self.link_to {
            visit.target("/link_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        let needed = [
            ("/title", &self.title, "the invoice does not say what is sold", "в счёте не указано, что продаётся"),
            ("/description", &self.description, "the invoice has no description", "у счёта нет описания"),
            ("/amount", &self.amount, "the invoice has no amount", "у счёта нет суммы"),
            ("/payload", &self.payload, "the payment has no mark", "у платежа нет метки"),
        ];
        for (pointer, template, en, ru) in needed {
            if template.is_empty() {
                findings.error(pointer, "incomplete_invoice", en, ru);
            }
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            findings.error(
                "/currency",
                "wrong_currency",
                format!("“{}” is no currency: three capital letters, as in RUB", self.currency),
                format!("«{}» — не валюта: нужны три заглавные латинские буквы, например RUB", self.currency),
            );
        } else if self.currency != STARS && self.provider_token.is_empty() {
            findings.error(
                "/provider_token",
                "no_provider",
                "a payment by card needs the key of a payment service; @BotFather gives it",
                "для оплаты картой нужен ключ платёжной системы; его выдаёт @BotFather",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => self.ask(cx),
            Some(Answer::Delivered(delivered)) => {
                if let Some(target) = &self.link_to {
                    cx.set(target, delivered.result)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl SendInvoice {
    fn ask(&self, cx: &mut StepContext<'_>) -> Result<Flow, StepError> {
        let text = |template: &Template, pointer: &str| {
            let text = cx.text(template).map_err(|error| error.at(pointer))?;
            if text.trim().is_empty() { Err(empty(pointer)) } else { Ok(text) }
        };
        let title = text(&self.title, "/title")?;
        let photo = cx.text(&self.photo).map_err(|error| error.at("/photo"))?;
        let (peer, method) = match &self.link_to {
            Some(_) => (None, "createInvoiceLink"),
            None => (Some(cx.peer()?), "sendInvoice"),
        };
        let params = without_nulls(json!({
            "chat_id": peer.as_ref().map(|peer| peer.chat.parse::<i64>().map_or_else(|_| json!(peer.chat), Into::into)),
            "message_thread_id": peer.as_ref().and_then(|peer| peer.thread.as_ref()?.parse::<i64>().ok()),
            "title": title,
            "description": text(&self.description, "/description")?,
            "payload": text(&self.payload, "/payload")?,
            "currency": self.currency,
            "prices": [{"label": title, "amount": self.amount(cx)?}],
            "photo_url": (!photo.trim().is_empty()).then_some(photo),
        }));
        let params = self.with_token(cx, &params)?;
        deliver(cx, ChannelCall { method: method.to_owned(), params, within_ms: None })
    }

    fn amount(&self, cx: &StepContext<'_>) -> Result<i64, StepError> {
        let value = cx.value(&self.amount).map_err(|error| error.at("/amount"))?;
        let units = value.to_number().and_then(|amount| smallest_units(amount, &self.currency));
        units.filter(|units| *units > 0).ok_or_else(|| {
            let (text, currency) = (value.to_text(), &self.currency);
            StepError::new(
                "wrong_amount",
                format!("“{text}” is no amount in {currency}"),
                format!("«{text}» — не сумма в {currency}"),
            )
            .at("/amount")
        })
    }

    /// The parameters with the key of the payment service, which stays a name.
    fn with_token(&self, cx: &StepContext<'_>, params: &serde_json::Value) -> Result<SecretText, StepError> {
        let text = params.to_string();
        let token = cx.secret_text(&self.provider_token).map_err(|error| error.at("/provider_token"))?;
        let head = text.strip_suffix('}').unwrap_or(&text);
        let mut parts = vec![SecretPart::Text(format!("{head},\"provider_token\":\""))];
        parts.extend(token.0.into_iter().map(|part| match part {
            SecretPart::Text(text) => SecretPart::Text(inside_json(text.trim())),
            secret => secret,
        }));
        parts.push(SecretPart::Text("\"}".to_owned()));
        Ok(SecretText(parts))
    }
}

/// A text as it stands between the quotes of JSON.
fn inside_json(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn empty(pointer: &str) -> StepError {
    StepError::new(
        "incomplete_invoice",
        "Something the invoice must say is empty",
        "Обязательное поле счёта оказалось пустым",
    )
    .at(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{Bench, called};
    use crate::effect::Delivered;

    #[test]
    fn an_invoice_says_what_the_messenger_wants_to_know() {
        let mut bench = Bench::new(json!({
            "title": "Course", "description": "Five \"days\"", "amount": "#{price}", "payload": "course_#{id}",
        }));
        bench.set("price", 50);
        bench.set("id", 7);
        let params = called(bench.ask::<SendInvoice>(), "sendInvoice");
        assert_eq!(
            params,
            json!({
                "chat_id": 42, "title": "Course", "description": "Five \"days\"", "payload": "course_7",
                "currency": "XTR", "prices": [{"label": "Course", "amount": 50}], "provider_token": "",
            })
        );
    }

    #[test]
    fn a_link_goes_into_a_variable_and_cards_need_a_key() {
        let mut bench = Bench::new(json!({
            "title": "Course", "description": "Five days", "amount": "99.90", "payload": "c", "currency": "RUB",
            "provider_token": "#{env.PAY}", "link_to": "link",
        }));
        let params = called(bench.ask::<SendInvoice>(), "createInvoiceLink");
        assert_eq!(params["prices"], json!([{"label": "Course", "amount": 9990}]));
        assert_eq!(params["provider_token"], json!("<PAY>"));
        assert!(params.get("chat_id").is_none());
        let result = "https://t.me/$abc".into();
        bench.step::<SendInvoice>(Some(Answer::Delivered(Delivered { id: None, result })));
        assert_eq!(bench.json("link"), json!("https://t.me/$abc"));
    }

    #[test]
    fn an_amount_is_a_positive_sum_of_its_currency() {
        for amount in ["", "free", "0", "-5", "0.5"] {
            let options = json!({"title": "T", "description": "D", "amount": amount, "payload": "p"});
            assert_eq!(Bench::new(options).fail::<SendInvoice>(None).code, "wrong_amount", "{amount}");
        }
    }
}
