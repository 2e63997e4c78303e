//! Makes a short link that counts who follows it, or tells that this very person did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, Ask, DataOp, NewLink};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// Browsers take no more.
const URL_MAX_BYTES: usize = 2_000;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MakeLink {
    /// # Where it leads
    #[schemars(extend("x-ru" = "Куда ведёт"))]
    pub url: Template,
    /// # Name
    ///
    /// By it the trigger “Link visited” knows which link it was.
    #[schemars(
        length(max = 64),
        extend("x-ru" = "Название", "x-ru-help" = "По нему триггер «Переход по ссылке» узнает, какая это ссылка.")
    )]
    pub name: String,
    /// # A link of this person's own
    ///
    /// His visit starts the trigger “Link visited”. Otherwise one link counts everybody.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Личная ссылка этого человека",
        "x-ru-help" = "Его переход запускает триггер «Переход по ссылке». Иначе одна ссылка считает всех."
    ))]
    pub personal: bool,
    /// # Keep the link in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить ссылку"))]
    pub save_to: Option<Target>,
}

impl ActionKind for MakeLink {
    const SPEC: Spec = Spec {
        group: Group::Channel,
        icon: "link-plus",
        title: Words::new("Tracked link", "Ссылка с учётом переходов"),
        help: Words::new(
            "Makes a short link that counts its visits, for everybody or for this person alone.",
            "Делает короткую ссылку, которая считает переходы: общую или личную.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Link to {url}[ → {save_to}]", "Ссылка на {url}[ → {save_to}]")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/url", &self.url);
        if let Some(target) = &self.save_to {
            visit.target("/save_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        let source = self.url.source().trim();
        if source.is_empty() {
            findings.error("/url", "empty_url", "the link leads nowhere", "ссылка никуда не ведёт");
        } else if !["http://", "https://", "#{", "["].iter().any(|start| source.starts_with(start)) {
            findings.error(
                "/url",
                "wrong_url",
                "the address must begin with https:// or http://",
                "адрес должен начинаться с https:// или http://",
            );
        }
        if self.save_to.is_none() {
            findings.error(
                "/save_to",
                "link_lost",
                "the link is kept nowhere: choose a variable, and send it in a message",
                "ссылка никуда не сохраняется: выберите переменную и отправьте её в сообщении",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Ask(Ask::Write(DataOp::Link(self.link(cx)?)))),
            Some(Answer::Written(link)) => {
                if let Some(target) = &self.save_to {
                    cx.set(target, link)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl MakeLink {
    fn link(&self, cx: &StepContext<'_>) -> Result<NewLink, StepError> {
        let url = self.url.render_url(cx).map_err(|error| error.at("/url"))?;
        let url = url.trim().to_owned();
        check_url(&url).map_err(|error| error.at("/url"))?;
        let owner = match &cx.event().sender {
            Some(sender) if self.personal => sender.id.clone(),
            None if self.personal => {
                return Err(StepError::new(
                    "no_subscriber",
                    "A link of somebody's own needs a subscriber, and this run has none",
                    "Для личной ссылки нужен подписчик, а у этого прохождения его нет",
                ));
            }
            _ => String::new(),
        };
        let code = cx.secret_code(&["link", &cx.action_slot(), &owner, &url]);
        Ok(NewLink { code, url, name: self.name.trim().to_owned(), personal: self.personal })
    }
}

/// Only addresses of the web, whole ones: a link of ours must not run anything.
fn check_url(url: &str) -> Result<(), StepError> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let has_host = rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !host.contains(['@', '\\'])
    });
    if has_host && url.len() <= URL_MAX_BYTES && !url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Ok(());
    }
    let shown: String = url.chars().take(100).collect();
    Err(StepError::new(
        "wrong_url",
        format!("“{shown}” is no address a link may lead to: https://…, up to {URL_MAX_BYTES} bytes"),
        format!("«{shown}» — не адрес для ссылки: нужен https://…, до {URL_MAX_BYTES} байт"),
    ))
}

impl StepContext<'_> {
    /// A code for these texts that nobody can guess and that is the same whenever they are.
    fn secret_code(&self, texts: &[&str]) -> String {
        /// 62^11 is just above 2^64.
        const LENGTH: usize = 11;
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut hash = Sha256::new_with_prefix(self.cx.seed.to_le_bytes());
        let bot = self.scopes.system.get("_botid").map(|bot| bot.to_text().into_owned()).unwrap_or_default();
        for text in std::iter::once(bot.as_str()).chain(texts.iter().copied()) {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        let mut number = hash.finalize().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let mut code = String::with_capacity(LENGTH);
        for _ in 0..LENGTH {
            let digit = usize::try_from(number % 62).ok().and_then(|index| DIGITS.get(index));
            code.push(char::from(*digit.unwrap_or(&b'0')));
            number /= 62;
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    fn link(bench: &mut Bench) -> NewLink {
        match bench.ask::<MakeLink>() {
            Ask::Write(DataOp::Link(link)) => link,
            other => panic!("{other:?} is no link"),
        }
    }

    #[test]
    fn a_common_link_is_one_and_a_personal_one_is_somebodys() {
        let code = |personal: bool, who: &str, run: i64, url: &str| {
            let mut bench =
                Bench::new(json!({"url": url, "name": "promo", "personal": personal, "save_to": "link"}));
            bench.become_subscriber(who);
            bench.in_run(run);
            let link = link(&mut bench);
            assert_eq!((link.name.as_str(), link.personal, link.url.as_str()), ("promo", personal, url));
            assert!(link.code.len() == 11 && link.code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            link.code
        };
        let (a, b) = ("https://a.test/x", "https://b.test");
        assert_eq!(code(false, "1", 7, a), code(false, "2", 8, a));
        assert_ne!(code(false, "1", 7, a), code(false, "1", 7, b));
        assert_eq!(code(true, "1", 7, a), code(true, "1", 8, a));
        assert_ne!(code(true, "1", 7, a), code(true, "2", 7, a));
        assert_ne!(code(true, "1", 7, a), code(false, "1", 7, a));
    }

    #[test]
    fn values_are_escaped_and_only_the_web_is_led_to() {
        let mut bench = Bench::new(json!({"url": "https://a.test/?q=#{name}", "save_to": "link"}));
        bench.set("name", "Ann & Bob");
        assert_eq!(link(&mut bench).url, "https://a.test/?q=Ann%20%26%20Bob");
        bench.step::<MakeLink>(Some(Answer::Written("https://bots.test/l/abc".into())));
        assert_eq!(bench.json("link"), json!("https://bots.test/l/abc"));
        let long = format!("https://a.test/{}", "x".repeat(2_000));
        for wrong in ["javascript:alert(1)", "https://", "//a.test", "https://a@b.test", "https://a.test/\\ x", &long] {
            let mut bench = Bench::new(json!({"url": "#{to}", "save_to": "link"}));
            bench.set("to", wrong);
            assert_eq!(bench.fail::<MakeLink>(None).code, "wrong_url", "{wrong}");
        }
    }
}
