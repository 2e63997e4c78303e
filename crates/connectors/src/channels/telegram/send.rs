//! Sending, and what became of it.

use std::time::Duration;

use bytes::Bytes;
use engine::event::Peer;
use engine::message::Message;
use engine::value::Map;
use serde::{Deserialize, Serialize};

use super::super::{NOT_EDITABLE, NameResolver, Outgoing, SendOutcome};
use super::api::{BotApi, Failure};
use super::own_files::OwnFiles;
use super::render::{self, Call, ChatId, Edit, RenderError};

/// A press is forgotten by Telegram soon; nobody waits longer for the end of the spinner.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the later parts of a split message are tried, and the longest wait between.
const PART_ATTEMPTS: u32 = 3;
const PART_WAIT_MAX: Duration = Duration::from_secs(30);

pub(super) async fn send(api: BotApi<'_>, out: &Outgoing<'_>, names: &dyn NameResolver) -> SendOutcome {
    match *out {
        Outgoing::Message { peer, message } => send_message(api, peer, message, names).await,
        Outgoing::Edit { peer, ids, old, new } => edit(api, peer, ids, (old, new), names).await,
        Outgoing::Delete { peer, ids } => delete(api, peer, ids).await,
        Outgoing::ChatAction { peer, action } => act(api, &render::render_chat_action(peer, action)).await,
        Outgoing::Acknowledge { callback, text } => acknowledge(api, callback, text).await,
        Outgoing::Call { method, params } => call(api, method, params).await,
    }
}

/// What Telegram has no single message for goes out in several calls, in order. Once the first is out the message
/// can no longer be repeated without doubling that part: the later parts are tried here a few times, and if that
/// does not help, the fate of the whole is unknown.
async fn send_message(
    api: BotApi<'_>,
    peer: &Peer,
    message: &Message,
    names: &dyn NameResolver,
) -> SendOutcome {
    let (mut files, message) = match OwnFiles::find(message, names) {
        Ok(found) => found,
        Err(error) => return rejected(error),
    };
    let calls = match render::render(peer, &message, names) {
        Ok(calls) => calls,
        Err(error) => return rejected(error),
    };
    let total = calls.len();
    let mut ids = Vec::with_capacity(total);
    for (index, call) in calls.iter().enumerate() {
        let sent = if index == 0 {
            files.call(api, call.method, call).await
        } else {
            send_part(api, call, &mut files).await
        };
        match sent {
            Ok(result) => ids.extend(message_ids(&result)),
            Err(failure) if index == 0 => return files.outcome(failure),
            Err(failure) => {
                let reason = format!("part {} of {total} was not sent: {}", index + 1, describe(&failure));
                return SendOutcome::Unknown { reason };
            }
        }
    }
    let result = if ids.len() > 1 { ids.clone().into() } else { serde_json::Value::Null };
    SendOutcome::Sent { platform_id: ids.pop(), result, uploaded: files.uploaded }
}

fn rejected(RenderError { code, text }: RenderError) -> SendOutcome {
    SendOutcome::Rejected { code: code.to_owned(), text }
}

async fn send_part(api: BotApi<'_>, call: &Call<'_>, files: &mut OwnFiles<'_>) -> Result<Bytes, Failure> {
    let mut attempt = 1;
    loop {
        let result = files.call(api, call.method, call).await;
        let wait = match &result {
            Err(Failure::Limited(after)) => after.unwrap_or(Duration::from_secs(1)),
            Err(Failure::NotSent(_)) => Duration::from_secs(1),
            _ => return result,
        };
        if attempt == PART_ATTEMPTS || wait > PART_WAIT_MAX {
            return result;
        }
        attempt += 1;
        tokio::time::sleep(wait).await;
    }
}

/// The number of the message Telegram made.
fn message_id(result: &[u8]) -> Option<String> {
    message_ids(result).pop()
}

/// The numbers of the messages Telegram made: one, or those of an album.
fn message_ids(result: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Sent {
        message_id: i64,
    }
    let one = serde_json::from_slice::<Sent>(result).map(|sent| vec![sent]);
    let several = one.or_else(|_| serde_json::from_slice::<Vec<Sent>>(result));
    several.unwrap_or_default().into_iter().map(|sent| sent.message_id.to_string()).collect()
}

/// Every call may be repeated: doing it twice changes nothing more.
async fn edit(
    api: BotApi<'_>,
    peer: &Peer,
    ids: &[&str],
    (old, new): (&Message, &Message),
    names: &dyn NameResolver,
) -> SendOutcome {
    let (mut files, new) = match OwnFiles::find(new, names) {
        Ok(found) => found,
        Err(error) => return rejected(error),
    };
    let old = files.put_into(old);
    let calls = match render::render_edit(peer, ids, &old, &new, names) {
        Ok(Edit::Calls(calls)) => calls,
        Ok(Edit::Impossible) => return impossible("Telegram cannot turn the one message into the other"),
        Err(error) => return rejected(error),
    };
    for call in &calls {
        match files.call(api, call.method, call).await {
            Ok(_) => {}
            Err(Failure::Unknown(reason)) => return SendOutcome::Retry { after: None, reason: reason.en },
            Err(Failure::Refused { code: 400, description }) if is_not_editable(&description) => {
                return impossible(&description);
            }
            Err(failure) => match files.outcome(failure) {
                SendOutcome::Sent { .. } => {}
                other => return other,
            },
        }
    }
    SendOutcome::Sent { platform_id: None, result: serde_json::Value::Null, uploaded: files.uploaded }
}

fn impossible(text: &str) -> SendOutcome {
    SendOutcome::Rejected { code: NOT_EDITABLE.to_owned(), text: text.to_owned() }
}

/// Too old, deleted by the person, or of a kind that never changes.
fn is_not_editable(description: &str) -> bool {
    ["message can't be edited", "message to edit not found", "there is no text in the message to edit"]
        .iter()
        .any(|known| description.contains(known))
}

async fn delete(api: BotApi<'_>, peer: &Peer, ids: &[&str]) -> SendOutcome {
    /// <https://core.telegram.org/bots/api#deletemessages>
    const AT_ONCE: usize = 100;

    #[derive(Serialize)]
    struct DeleteMessages<'a> {
        chat_id: ChatId<'a>,
        message_ids: &'a [i64],
    }
    let chat_id = ChatId::new(&peer.chat);
    let ids: Vec<i64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    for message_ids in ids.chunks(AT_ONCE) {
        match api.call("deleteMessages", &DeleteMessages { chat_id, message_ids }).await {
            Ok(_) => {}
            Err(Failure::Unknown(reason)) => return SendOutcome::Retry { after: None, reason: reason.en },
            Err(Failure::Refused { code: 400, description }) if description.contains("not found") => {}
            Err(failure) => return outcome(failure),
        }
    }
    done()
}

/// Seen or not, it is over in seconds: nobody waits to know.
async fn act(api: BotApi<'_>, request: &impl Serialize) -> SendOutcome {
    match api.call_within("sendChatAction", request, ACKNOWLEDGE_TIMEOUT).await {
        Ok(_) | Err(Failure::Unknown(_) | Failure::NotSent(_)) => done(),
        Err(failure) => outcome(failure),
    }
}

async fn acknowledge(api: BotApi<'_>, callback: &str, text: Option<&str>) -> SendOutcome {
    /// Longest toast, in characters.
    const TEXT_MAX_CHARS: usize = 200;

    #[derive(Serialize)]
    struct AnswerCallbackQuery<'a> {
        callback_query_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<&'a str>,
    }
    let text = text.map(|text| match text.char_indices().nth(TEXT_MAX_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    });
    let request = AnswerCallbackQuery { callback_query_id: callback, text };
    match api.call_within("answerCallbackQuery", &request, ACKNOWLEDGE_TIMEOUT).await {
        Ok(_) => done(),
        // Too late to be seen: there is nothing left to do.
        Err(Failure::Refused { code: 400, description }) if is_stale_query(&description) => done(),
        // Answering twice does no harm.
        Err(Failure::Unknown(reason)) => SendOutcome::Retry { after: None, reason: reason.en },
        Err(failure) => outcome(failure),
    }
}

fn is_stale_query(description: &str) -> bool {
    description.contains("query is too old") || description.contains("QUERY_ID_INVALID")
}

/// Any method of the Bot API. Reading may be repeated; anything else whose answer was lost is unknown.
async fn call(api: BotApi<'_>, method: &str, params: &Map) -> SendOutcome {
    let params: serde_json::Map<_, _> =
        params.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    let reads = method.len() > 3 && method.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("get"));
    match api.call(method, &params).await {
        Ok(result) => {
            SendOutcome::sent(message_id(&result), serde_json::from_slice(&result).unwrap_or_default())
        }
        Err(Failure::Unknown(reason)) if reads => SendOutcome::Retry { after: None, reason: reason.en },
        // Only a message that is refused tells that its recipient cannot be reached.
        Err(Failure::Refused { code: 403, description }) if !delivers(method) => {
            SendOutcome::Rejected { code: "403".to_owned(), text: description }
        }
        Err(failure) => outcome(failure),
    }
}

fn delivers(method: &str) -> bool {
    let method = method.to_ascii_lowercase();
    ["send", "copy", "forward"].iter().any(|prefix| method.starts_with(prefix))
}

fn done() -> SendOutcome {
    SendOutcome::sent(None, serde_json::Value::Null)
}

pub(super) fn outcome(failure: Failure) -> SendOutcome {
    match failure {
        Failure::NotSent(reason) => SendOutcome::Retry { after: None, reason: reason.en },
        Failure::Limited(after) => SendOutcome::Retry { after, reason: describe(&Failure::Limited(after)) },
        Failure::Unknown(reason) => SendOutcome::Unknown { reason: reason.en },
        Failure::Revoked => SendOutcome::Revoked,
        Failure::Migrated(chat) => SendOutcome::Migrated { new_chat: chat.to_string() },
        Failure::Refused { code: 403, description } => SendOutcome::Unreachable { reason: description },
        // Telegram's word for "it already is as you want it".
        Failure::Refused { code: 400, description } if description.contains("message is not modified") => {
            done()
        }
        Failure::Refused { code, description } => {
            SendOutcome::Rejected { code: code.to_string(), text: description }
        }
    }
}

fn describe(failure: &Failure) -> String {
    match failure {
        Failure::NotSent(reason) | Failure::Unknown(reason) => reason.en.clone(),
        Failure::Limited(Some(after)) => format!("Telegram asks to wait {} s", after.as_secs()),
        Failure::Limited(None) => "Telegram asks to slow down".to_owned(),
        Failure::Revoked => "the token is no longer valid".to_owned(),
        Failure::Migrated(chat) => format!("the chat is now {chat}"),
        Failure::Refused { code, description } => format!("{code} {description}"),
    }
}
