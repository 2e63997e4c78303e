//! What the actions over the messenger's API share: names of chats and people, and the calls themselves.

use serde_json::json;

use super::Flow;
use crate::effect::{ChannelCall, Delivered, Effect, SecretText};
use crate::error::StepError;
use crate::expression::Template;
use crate::limits::CHANNEL_CALL_BYTES;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;

/// Methods that would cut the bot off from its own messages (core.telegram.org/bots/api).
const OURS: [&str; 6] = ["setwebhook", "deletewebhook", "getupdates", "getwebhookinfo", "logout", "close"];

/// Longer than any name the Bot API has.
const METHOD_MAX: usize = 64;

/// Asks for a method with these parameters; the step is called again with what came of it.
pub(super) fn call(
    cx: &mut StepContext<'_>,
    method: &str,
    params: serde_json::Value,
) -> Result<Flow, StepError> {
    let call = ChannelCall {
        method: method.to_owned(),
        params: SecretText::plain(params.to_string()),
        within_ms: None,
    };
    deliver(cx, call)
}

/// The same for a call that is ready.
///
/// # Errors
/// When its parameters are longer than a messenger would take.
pub(super) fn deliver(cx: &mut StepContext<'_>, call: ChannelCall) -> Result<Flow, StepError> {
    let size = call.params.0.iter().map(|part| part.len()).sum::<usize>();
    if size > CHANNEL_CALL_BYTES {
        let limit = CHANNEL_CALL_BYTES / 1024;
        return Err(StepError::new(
            "call_too_long",
            format!("The parameters are longer than {limit} KB"),
            format!("Параметры длиннее {limit} КБ"),
        ));
    }
    let peer = cx.order_peer();
    Ok(cx.deliver(Effect::Call { peer, call }))
}

/// What is wrong with the name of a method.
pub(super) fn check_method(method: &str) -> Result<(), StepError> {
    let fits = (1..=METHOD_MAX).contains(&method.len())
        && method.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && method.starts_with(|first: char| first.is_ascii_alphabetic());
    if !fits {
        return Err(StepError::new(
            "wrong_method",
            format!("“{method}” is no name of a method: Latin letters, as in “pinChatMessage”"),
            format!("«{method}» — не название метода: латинские буквы, например «pinChatMessage»"),
        ));
    }
    if OURS.contains(&method.to_ascii_lowercase().as_str()) {
        return Err(StepError::new(
            "method_of_ours",
            format!("“{method}” would cut the bot off from its messages; the platform calls it by itself"),
            format!("«{method}» отключил бы бота от сообщений; этот метод платформа вызывает сама"),
        ));
    }
    Ok(())
}

/// A chat as the Bot API takes it: a number, or `@name`. Links to public chats are understood too.
pub(super) fn read_chat(
    cx: &StepContext<'_>,
    chat: &Template,
    pointer: &str,
) -> Result<serde_json::Value, StepError> {
    let text = cx.text(chat).map_err(|error| error.at(pointer))?;
    parse_chat(&text).ok_or_else(|| {
        StepError::new(
            "no_chat",
            format!("“{text}” is neither the number nor the @name of a chat"),
            format!("«{text}» — не номер и не @имя чата"),
        )
        .at(pointer)
    })
}

fn parse_chat(text: &str) -> Option<serde_json::Value> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return (number != 0).then(|| number.into());
    }
    let after_host =
        ["https://t.me/", "http://t.me/", "t.me/"].iter().find_map(|host| text.strip_prefix(host));
    let name = after_host.unwrap_or_else(|| text.strip_prefix('@').unwrap_or(text)).trim_end_matches('/');
    let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fits.then(|| format!("@{name}").into())
}

/// The number of a person; the subscriber's own when nothing is said.
pub(super) fn read_user(
    cx: &StepContext<'_>,
    user: &Template,
    pointer: &str,
) -> Result<serde_json::Value, StepError> {
    let text = if user.is_empty() {
        let sender = cx.event().sender.as_ref();
        sender.map(|sender| sender.id.clone()).unwrap_or_default()
    } else {
        cx.text(user).map_err(|error| error.at(pointer))?
    };
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match text.parse::<i64>() {
        Ok(number) if number > 0 => Ok(number.into()),
        // Played people have names for numbers.
        Err(_) if !text.is_empty() && text.bytes().all(fits) => Ok(text.into()),
        _ => Err(StepError::new(
            "no_user",
            format!("“{text}” is no number of a person (ClientID)"),
            format!("«{text}» — не номер человека (ClientID)"),
        )
        .at(pointer)),
    }
}

/// A number that may be left out.
pub(super) fn read_number(
    cx: &StepContext<'_>,
    number: &Template,
    pointer: &str,
) -> Result<Option<i64>, StepError> {
    if number.is_empty() {
        return Ok(None);
    }
    let value = cx.value(number).map_err(|error| error.at(pointer))?;
    if value.to_text().trim().is_empty() {
        return Ok(None);
    }
    let read = value.to_number().and_then(|number| i64::try_from(number).ok());
    read.map(Some).ok_or_else(|| {
        let text = value.to_text();
        StepError::new(
            "not_a_number",
            format!("“{text}” is no whole number"),
            format!("«{text}» — не целое число"),
        )
        .at(pointer)
    })
}

pub(super) fn check_chat(chat: &Template, pointer: &str, findings: &mut Findings) {
    let source = chat.source().trim();
    if source.is_empty() {
        findings.error(
            pointer,
            "no_chat",
            "no channel or chat is named: write its @name or number",
            "канал или чат не указан: напишите @имя или номер",
        );
    } else if !source.contains(['#', '[', '{']) && parse_chat(source).is_none() {
        findings.error(
            pointer,
            "no_chat",
            format!("“{source}” is neither the number nor the @name of a chat"),
            format!("«{source}» — не номер и не @имя чата"),
        );
    }
}

/// A part of what the messenger answered.
pub(super) fn part_of<'a>(delivered: &'a Delivered, name: &str) -> Option<&'a Value> {
    delivered.result.get(name)
}

/// Parameters without those that are not said.
pub(super) fn without_nulls(params: serde_json::Value) -> serde_json::Value {
    match params {
        serde_json::Value::Object(map) => {
            map.into_iter().filter(|(_, value)| !value.is_null()).collect::<serde_json::Map<_, _>>().into()
        }
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chats_are_named_in_several_ways() {
        let check = |text: &str, expected: serde_json::Value| {
            assert_eq!(parse_chat(text).unwrap_or_default(), expected, "{text}");
        };
        check("-1001234567890", json!(-1_001_234_567_890_i64));
        check(" @news ", json!("@news"));
        check("news_ru", json!("@news_ru"));
        check("https://t.me/news/", json!("@news"));
        check("t.me/news", json!("@news"));
        for wrong in ["", "0", "@", "https://t.me/+AbCd", "two words", "привет", "@a-b"] {
            check(wrong, json!(null));
        }
    }

    #[test]
    fn only_names_of_methods_are_called() {
        let check = |method: &str, expected: &str| {
            let code = check_method(method).err().map_or_else(String::new, |error| error.code);
            assert_eq!(code, expected, "{method}");
        };
        check("pinChatMessage", "");
        check("setWebhook", "method_of_ours");
        check("logOut", "method_of_ours");
        for wrong in ["", "../getMe", "get me", "getMe?x=1", "9lives", "метод", &"a".repeat(65)] {
            check(wrong, "wrong_method");
        }
    }
}
