//! The subscribers an action is about, when it is not the one at work.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Visit, is_default};
use crate::effect::{Ask, DataOp};
use crate::error::StepError;
use crate::expression::{Lookup, Template};
use crate::ids::BotId;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::{Audience, Recipient, Signal, Tell, What};
use crate::value::Value;

/// Other subscribers, by their number in the messenger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Whom {
    /// # Subscriber's ClientID
    ///
    /// Their number in the messenger, as `[ClientID]` gives it. An array means several, up to 100,000; more
    /// than 100 are gone through in the background.
    #[schemars(extend(
        "x-ru" = "ClientID подписчика",
        "x-ru-help" = "Номер человека в мессенджере, как его даёт `[ClientID]`. Массив — сразу несколько человек, до 100 000; если их больше 100, рассылка идёт в фоне."
    ))]
    pub client: Template,
    /// # BotID
    ///
    /// Another bot of this project; empty: this bot.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "BotID другого бота", "x-ru-help" = "Другой бот этого проекта; пусто — этот бот.", "x-more" = true))]
    pub bot: Template,
}

impl Whom {
    pub(super) fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/to/client", &self.client);
        visit.template("/to/bot", &self.bot);
    }

    /// The same where `local` is a variable of its own.
    pub(super) fn visit_with(&self, visit: &mut dyn Visit, local: &str) {
        visit.template_with("/to/client", &self.client, local);
        visit.template_with("/to/bot", &self.bot, local);
    }

    pub(super) fn validate(&self, findings: &mut Findings) {
        if self.client.is_empty() {
            findings.error(
                "/to/client",
                "no_recipient",
                "it is not said for whom: choose a variable with the ClientID",
                "не указано, для кого: выберите переменную с ClientID",
            );
        }
    }

    /// The subscribers, each once.
    ///
    /// # Errors
    /// `no_recipient`, `unknown_bot`, `too_many_recipients`.
    pub(super) fn render(&self, cx: &StepContext<'_>) -> Result<Vec<Recipient>, StepError> {
        let recipients = self.read(cx)?;
        check_count(recipients.len(), cx)?;
        Ok(recipients)
    }

    /// However many they are, each once.
    ///
    /// # Errors
    /// `unknown_bot`.
    pub(super) fn read(&self, lookup: &dyn Lookup) -> Result<Vec<Recipient>, StepError> {
        let clients = self.client.render(lookup).map_err(|error| error.at("/to/client"))?;
        let bots = self.bot.render(lookup).map_err(|error| error.at("/to/bot"))?;
        let (mut recipients, mut seen) = (Vec::new(), HashSet::new());
        for (index, client) in as_items(&clients).iter().enumerate() {
            let user = client.to_text().trim().to_owned();
            if user.is_empty() {
                continue;
            }
            let bot = match &bots {
                Value::Array(bots) => bots.get(index).map(read_bot),
                single => Some(read_bot(single)),
            };
            let bot = bot.transpose()?.flatten();
            if seen.insert((user.clone(), bot)) {
                recipients.push(Recipient { bot, ..Recipient::subscriber(user) });
            }
        }
        Ok(recipients)
    }

    /// Tells their lanes something.
    pub(super) fn tell(&self, cx: &StepContext<'_>, signal: Signal) -> Result<Ask, StepError> {
        tell(cx, self.render(cx)?, signal)
    }
}

/// Tells lanes something.
///
/// # Errors
/// Of the chain that led here, when it goes round in circles.
pub(super) fn tell(cx: &StepContext<'_>, to: Vec<Recipient>, signal: Signal) -> Result<Ask, StepError> {
    let what = What::Signal { signal, chain: cx.next_chain()? };
    let tell = Tell { to: Audience::Subscribers(to), what, even_unsubscribed: true };
    Ok(Ask::Write(DataOp::Tell(Box::new(tell))))
}

/// # Errors
/// `no_recipient`, `too_many_recipients`.
pub(super) fn check_count(count: usize, cx: &StepContext<'_>) -> Result<(), StepError> {
    let most = cx.limits().broadcast_recipients;
    match count {
        0 => Err(StepError::new(
            "no_recipient",
            "There is no ClientID to go by: the value is empty",
            "Нет ClientID: значение пустое",
        )
        .at("/to/client")),
        count if count > most => Err(StepError::new(
            "too_many_recipients",
            format!("{count} subscribers at once; one action takes up to {most}. Divide them into parts"),
            format!("Подписчиков сразу {count}, а одно действие берёт до {most}. Разделите их на части"),
        )
        .at("/to/client")),
        _ => Ok(()),
    }
}

fn as_items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn read_bot(value: &Value) -> Result<Option<BotId>, StepError> {
    let text = value.to_text();
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        StepError::new("unknown_bot", format!("“{text}” is no BotID"), format!("«{text}» — не BotID"))
            .at("/to/bot")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::Bench;
    use super::super::{Flow, SendTo};
    use super::*;

    /// What “Send to another” asks for, by the ClientIDs it is given.
    fn check(clients: serde_json::Value, expected: Result<usize, &str>) {
        let mut bench = Bench::new(json!({"to": {"client": "#{ids}"}, "text": "News"}));
        bench.set("ids", clients);
        let found = match bench.try_flow::<SendTo>(None) {
            Ok(Flow::Ask(Ask::Write(DataOp::Tell(tell)))) => match tell.to {
                Audience::Subscribers(recipients) => Ok(recipients.len()),
                Audience::Staff => panic!("the staff is not meant"),
            },
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.code),
        };
        assert_eq!(found, expected.map_err(Into::into));
    }

    #[test]
    fn everybody_is_meant_once_and_not_too_many_at_once() {
        check(json!("7"), Ok(1));
        check(json!([7, "7", " 7 ", "", null, 8]), Ok(2));
        check(json!([]), Err("no_recipient"));
        let many = |count: i64| serde_json::Value::from((1..=count).collect::<Vec<_>>());
        check(many(100_000), Ok(100_000));
        check(many(100_001), Err("too_many_recipients"));
    }
}
