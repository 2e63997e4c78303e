//! Calls of the messenger's methods by their names. Secrets are put in here, and never shown again.

use connectors::Secret;
use connectors::channels::{Channel, Outgoing, SendOutcome};
use engine::effect::{ChannelCall, SecretPart};
use engine::value::{Map, Value};
use store::outbox::OutboxRow;
use store::{Purpose, ReadError, secrets};

use crate::Inner;
use crate::bots::{LoadedBot, open_secret};
use crate::commit::Outbound;

/// Stands in the messenger's words for a secret they repeat.
const HIDDEN: &str = "•••";

pub(super) async fn perform(
    inner: &Inner,
    bot: &LoadedBot,
    channel: &dyn Channel,
    call: &ChannelCall,
) -> SendOutcome {
    let rejected = |code: &str, text: String| SendOutcome::Rejected { code: code.to_owned(), text };
    let secrets = match load_secrets(inner, bot, call).await {
        Ok(secrets) => secrets,
        Err(error) => return SendOutcome::Retry { after: None, reason: error.to_string() },
    };
    let params = match fill_in(call, &secrets) {
        Ok(params) => params,
        Err(text) => return rejected("params", text),
    };
    let outgoing = Outgoing::Call { method: &call.method, params: &params };
    let outcome = channel.send(&bot.access, &outgoing, bot.names()).await;
    match outcome {
        SendOutcome::Rejected { code, text } => rejected(&code, hide(text, &secrets)),
        SendOutcome::Unreachable { reason } => SendOutcome::Unreachable { reason: hide(reason, &secrets) },
        SendOutcome::Sent { platform_id, result, .. } => {
            let limit = inner.limits.http_response_bytes;
            if result.to_string().len() > limit {
                let limit = limit / 1024;
                return rejected("answer", format!("it was done, but the answer is longer than {limit} KB"));
            }
            let mut result = result;
            if !secrets.is_empty() {
                hide_inside(&mut result, &secrets);
            }
            SendOutcome::sent(platform_id, result)
        }
        other => other,
    }
}

/// Whether a row is a call that changes nothing: it may be repeated whatever became of it.
pub(super) fn only_reads(row: &OutboxRow) -> bool {
    row.kind == "call"
        && matches!(
            serde_json::from_str(&row.payload),
            Ok(Outbound::Call { call }) if call.method.starts_with("get")
        )
}

async fn load_secrets(
    inner: &Inner,
    bot: &LoadedBot,
    call: &ChannelCall,
) -> Result<Vec<(String, Secret)>, ReadError> {
    let names: Vec<String> = call
        .params
        .0
        .iter()
        .filter_map(|part| match part {
            SecretPart::Secret(name) => Some(name.clone()),
            SecretPart::Text(_) => None,
        })
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (workspace, store) = (bot.workspace, inner.store.clone());
    inner
        .store
        .read(move |connection| {
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                if let Some(sealed) = secrets::find(connection, workspace, &name)? {
                    let secret = open_secret(&store, workspace, Purpose::Variable(&name), &sealed);
                    found.push((name, secret));
                }
            }
            Ok(found)
        })
        .await
}

/// The parameters with their secrets, each escaped for the string of JSON it stands in.
fn fill_in(call: &ChannelCall, secrets: &[(String, Secret)]) -> Result<Map, String> {
    let mut text = String::new();
    for part in &call.params.0 {
        match part {
            SecretPart::Text(part) => text.push_str(part),
            SecretPart::Secret(name) => {
                let found = secrets.iter().find(|(known, _)| known == name);
                let (_, secret) = found.ok_or_else(|| format!("there is no secret “{name}”"))?;
                let quoted = serde_json::Value::from(secret.expose()).to_string();
                text.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
            }
        }
    }
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => Ok(map),
        // What stands there may be a secret: the error's own words are not shown.
        _ => Err("the parameters are no JSON object".to_owned()),
    }
}

fn hide(text: String, secrets: &[(String, Secret)]) -> String {
    secrets.iter().fold(text, |text, (_, secret)| match secret.expose() {
        "" => text,
        secret => text.replace(secret, HIDDEN),
    })
}

fn hide_inside(value: &mut serde_json::Value, secrets: &[(String, Secret)]) {
    match value {
        serde_json::Value::String(text) => *text = hide(std::mem::take(text), secrets),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| hide_inside(item, secrets)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|item| hide_inside(item, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use engine::effect::SecretText;

    use super::*;

    #[test]
    fn secrets_are_filled_in_as_text_and_hidden_again() {
        let call = ChannelCall {
            method: "x".into(),
            params: SecretText(vec![
                SecretPart::Text("{\"token\":\"".into()),
                SecretPart::Secret("PAY".into()),
                SecretPart::Text("\"}".into()),
            ]),
            within_ms: None,
        };
        let secrets = [("PAY".to_owned(), Secret::new("a\",\"b\":\"c"))];
        let params = fill_in(&call, &secrets).unwrap();
        assert_eq!(params.get("token").unwrap().to_text(), "a\",\"b\":\"c", "it is no more than a text");
        assert_eq!(params.len(), 1);
        assert!(fill_in(&call, &[]).unwrap_err().contains("PAY"));
        assert_eq!(hide("said a\",\"b\":\"c twice".into(), &secrets), "said ••• twice");
        let mut result = serde_json::json!({"echo": ["a\",\"b\":\"c", 5]});
        hide_inside(&mut result, &secrets);
        assert_eq!(result, serde_json::json!({"echo": ["•••", 5]}));
    }

    #[test]
    fn only_objects_are_parameters() {
        for (text, fits) in [("", true), ("{}", true), ("[1]", false), ("{", false), ("5", false)] {
            let params = SecretText::plain(text);
            let call = ChannelCall { method: "x".into(), params, within_ms: None };
            assert_eq!(fill_in(&call, &[]).is_ok(), fits, "{text}");
        }
    }
}
