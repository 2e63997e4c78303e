//! What Telegram takes, as far as our calls go: every method and parameter name, and the rules of messages.

mod outgoing;
mod picks;

use serde_json::{Map, Value};

/// One line per method, generated from the machine-readable schema of the Bot API.
const METHODS: &str = include_str!("methods.txt");

/// A refusal: error code and description, in Telegram's words where it has some.
pub(super) type Refusal = (u16, String);

fn bad(description: impl std::fmt::Display) -> Refusal {
    (400, format!("Bad Request: {description}"))
}

/// Checks a call; gives the method's name in its documented spelling.
pub(super) fn check(method: &str, params: &Map<String, Value>) -> Result<&'static str, Refusal> {
    let mut words = METHODS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' '))
        .find_map(|mut words| {
            let name = words.next()?;
            name.eq_ignore_ascii_case(method).then_some((name, words))
        })
        .ok_or_else(|| (404, "Not Found: method not found".to_owned()))?;
    let mut known = Vec::new();
    for word in words.1.by_ref() {
        let name = word.trim_end_matches('!');
        if word.ends_with('!') && !params.contains_key(name) {
            return Err(bad(format_args!("parameter \"{name}\" is required")));
        }
        known.push(name);
    }
    // Telegram ignores them; here they are mistakes of ours.
    if let Some(unknown) = params.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(bad(format_args!("unknown parameter \"{unknown}\"")));
    }
    match words.0 {
        "sendMessage" => check_message(params)?,
        "sendPhoto" | "sendVideo" | "sendDocument" | "sendAudio" | "sendVoice" | "sendAnimation"
        | "sendSticker" | "sendVideoNote" | "sendLocation" | "sendVenue" | "sendContact" => {
            outgoing::check_part(words.0, params)?;
        }
        "sendMediaGroup" => outgoing::check_album(params)?,
        "sendChatAction" => outgoing::check_chat_action(params)?,
        "editMessageText" | "editMessageCaption" | "editMessageMedia" | "editMessageReplyMarkup" => {
            outgoing::check_edit(words.0, params)?;
        }
        "deleteMessages" => outgoing::check_deletion(params)?,
        "answerCallbackQuery" => check_callback_answer(params)?,
        "setWebhook" => check_webhook(params)?,
        "getUpdates" => check_updates(params)?,
        _ => {}
    }
    Ok(words.0)
}

fn check_message(params: &Map<String, Value>) -> Result<(), Refusal> {
    check_target(params)?;
    check_text(params)?;
    check_reply_markup(params)
}

/// The chat and the thread a message goes to.
fn check_target(params: &Map<String, Value>) -> Result<(), Refusal> {
    let chat = params.get("chat_id").unwrap_or(&Value::Null);
    let numeric = chat.is_i64()
        || chat.as_str().is_some_and(|name| name.starts_with('@') || name.parse::<i64>().is_ok());
    if !numeric {
        return Err(bad("chat_id is empty"));
    }
    if params.contains_key("message_thread_id") && !params.get("message_thread_id").is_some_and(Value::is_i64)
    {
        return Err(bad("message_thread_id must be an integer"));
    }
    Ok(())
}

fn check_text(params: &Map<String, Value>) -> Result<(), Refusal> {
    let text = params.get("text").and_then(Value::as_str).ok_or_else(|| bad("text must be a string"))?;
    if text.trim().is_empty() {
        return Err(bad("message text is empty"));
    }
    if text.chars().count() > 4096 {
        return Err(bad("message is too long"));
    }
    check_entities(params.get("entities"), text.encode_utf16().count())
}

fn check_reply_markup(params: &Map<String, Value>) -> Result<(), Refusal> {
    let private = params.get("chat_id").and_then(Value::as_i64).is_some_and(|chat| chat > 0);
    match params.get("reply_markup") {
        None => Ok(()),
        Some(Value::Object(markup)) => check_markup(markup, private),
        Some(_) => Err(bad("object expected as reply markup")),
    }
}

fn check_entities(entities: Option<&Value>, text_units: usize) -> Result<(), Refusal> {
    const KINDS: [&str; 15] = [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "blockquote",
        "expandable_blockquote",
        "custom_emoji",
        "mention",
        "url",
        "date_time",
    ];
    let Some(entities) = entities else { return Ok(()) };
    for entity in entities.as_array().ok_or_else(|| bad("expected an Array of MessageEntity"))? {
        let entity = entity.as_object().ok_or_else(|| bad("expected a MessageEntity"))?;
        only(entity, &["type", "offset", "length", "url", "user", "language", "custom_emoji_id"])?;
        let kind = entity.get("type").and_then(Value::as_str).unwrap_or_default();
        if !KINDS.contains(&kind) {
            return Err(bad(format_args!("can't parse entities: unsupported type {kind}")));
        }
        if (kind == "text_link") != entity.contains_key("url") {
            return Err(bad("can't parse entities: a text_link and only a text_link has a url"));
        }
        let number =
            |name: &str| entity.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        match (number("offset"), number("length")) {
            (Some(offset), Some(length)) if length > 0 && offset + length <= text_units => {}
            _ => return Err(bad("entity beyond the text")),
        }
    }
    Ok(())
}

fn check_markup(markup: &Map<String, Value>, private: bool) -> Result<(), Refusal> {
    if let Some(rows) = markup.get("inline_keyboard") {
        only(markup, &["inline_keyboard"])?;
        return check_rows(rows, 100, |button| check_inline_button(button, private));
    }
    if let Some(rows) = markup.get("keyboard") {
        only(
            markup,
            &[
                "keyboard",
                "is_persistent",
                "resize_keyboard",
                "one_time_keyboard",
                "input_field_placeholder",
                "selective",
            ],
        )?;
        return picks::check_unique(rows)
            .and_then(|()| check_rows(rows, 300, |button| check_reply_button(button, private)));
    }
    if markup.contains_key("remove_keyboard") || markup.contains_key("force_reply") {
        return Ok(());
    }
    Err(bad("object expected as reply markup"))
}

fn check_rows(
    rows: &Value,
    most: usize,
    check: impl Fn(&Map<String, Value>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let rows = rows.as_array().ok_or_else(|| bad("field of the keyboard must be an Array"))?;
    let mut count = 0;
    for row in rows {
        let row = row.as_array().ok_or_else(|| bad("a row of the keyboard must be an Array"))?;
        if row.is_empty() {
            return Err(bad("an empty row in the keyboard"));
        }
        count += row.len();
        for button in row {
            let button = button.as_object().ok_or_else(|| bad("a button must be an Object"))?;
            if button.get("text").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
                return Err(bad("inline keyboard button text is empty"));
            }
            check(button)?;
        }
    }
    if count == 0 || count > most { Err(bad("reply markup is too long")) } else { Ok(()) }
}

fn check_inline_button(button: &Map<String, Value>, private: bool) -> Result<(), Refusal> {
    only(
        button,
        &[
            "text",
            "callback_data",
            "url",
            "web_app",
            "copy_text",
            "switch_inline_query",
            "switch_inline_query_current_chat",
            "style",
        ],
    )?;
    let actions = button.keys().filter(|name| !matches!(name.as_str(), "text" | "style")).count();
    if actions != 1 {
        return Err(bad(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ));
    }
    if let Some(data) = button.get("callback_data") {
        let length = data.as_str().map_or(0, str::len);
        if length == 0 || length > 64 {
            return Err(bad("BUTTON_DATA_INVALID"));
        }
    }
    if let Some(copied) = button.get("copy_text") {
        let length = copied.get("text").and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if !(1..=256).contains(&length) {
            return Err(bad("copy text must be 1 to 256 characters long"));
        }
    }
    if let Some(url) = button.get("url") {
        let url = url.as_str().unwrap_or_default();
        let parsed =
            url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "tg" | "ton"));
        if parsed.is_none_or(|url| matches!(url.host_str(), Some("localhost"))) {
            return Err(bad(format_args!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")));
        }
    }
    check_web_app(button, private)
}

fn check_reply_button(button: &Map<String, Value>, private: bool) -> Result<(), Refusal> {
    only(
        button,
        &[
            "text",
            "request_contact",
            "request_location",
            "request_users",
            "request_chat",
            "request_poll",
            "web_app",
            "style",
        ],
    )?;
    let actions = button.keys().filter(|name| !matches!(name.as_str(), "text" | "style")).count();
    if actions > 1 {
        return Err(bad("a keyboard button has at most one action"));
    }
    if actions == 1 && !private {
        return Err(bad("phone number can be requested in private chats only"));
    }
    picks::check(button)?;
    check_web_app(button, private)
}

fn check_web_app(button: &Map<String, Value>, private: bool) -> Result<(), Refusal> {
    let Some(app) = button.get("web_app") else { return Ok(()) };
    if !private {
        return Err(bad("BUTTON_TYPE_INVALID"));
    }
    let url = app.get("url").and_then(Value::as_str).unwrap_or_default();
    if url.starts_with("https://") {
        return Ok(());
    }
    Err(bad(format_args!(
        "inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
    )))
}

fn check_callback_answer(params: &Map<String, Value>) -> Result<(), Refusal> {
    if params.get("callback_query_id").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(bad("query is too old and response timeout expired or query ID is invalid"));
    }
    if params.get("text").and_then(Value::as_str).is_some_and(|text| text.chars().count() > 200) {
        return Err(bad("MESSAGE_TOO_LONG"));
    }
    Ok(())
}

fn check_webhook(params: &Map<String, Value>) -> Result<(), Refusal> {
    let url = params.get("url").and_then(Value::as_str).unwrap_or_default();
    if !url.is_empty() && !url.starts_with("https://") {
        return Err(bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match params.get("secret_token").and_then(Value::as_str) {
        Some(secret) if secret.is_empty() || secret.len() > 256 || !secret.bytes().all(plain) => {
            Err(bad("secret token contains unallowed characters"))
        }
        _ => check_allowed_updates(params),
    }
}

fn check_updates(params: &Map<String, Value>) -> Result<(), Refusal> {
    if params
        .get("limit")
        .is_some_and(|limit| !limit.as_u64().is_some_and(|limit| (1..=100).contains(&limit)))
    {
        return Err(bad("limit must be 1 to 100"));
    }
    check_allowed_updates(params)
}

fn check_allowed_updates(params: &Map<String, Value>) -> Result<(), Refusal> {
    match params.get("allowed_updates") {
        Some(kinds) if !kinds.as_array().is_some_and(|kinds| kinds.iter().all(Value::is_string)) => {
            Err(bad("allowed_updates must be an Array of String"))
        }
        _ => Ok(()),
    }
}

fn only(object: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(bad(format_args!("unknown field \"{unknown}\""))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_double_is_as_strict_as_telegram() {
        let check = |method: &str, params: Value, expected: Option<&str>| {
            let Value::Object(map) = &params else { panic!("{params} is no object") };
            let got = check(method, map).err().map(|(_, description)| description);
            match expected {
                None => assert_eq!(got, None, "{method} {params}"),
                Some(part) => assert!(
                    got.as_deref().is_some_and(|text| text.contains(part)),
                    "{method} {params}: {got:?} has no {part}"
                ),
            }
        };
        let button = |button: Value| json!({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[button]]}});
        check("SendMessage", json!({"chat_id": 1, "text": "x"}), None);
        check("sendMessage", json!({"chat_id": "@name", "text": "x"}), None);
        check("sendMessage", json!({"chat_id": 1}), Some("\"text\" is required"));
        check("sendMessage", json!({"chat_id": 1, "text": " \n"}), Some("text is empty"));
        check("sendMessage", json!({"chat_id": 1, "text": "я".repeat(4097)}), Some("too long"));
        check("sendMessage", json!({"chat_id": 1, "text": "x", "txt": 1}), Some("unknown parameter \"txt\""));
        check("sendPigeon", json!({}), Some("method not found"));
        check(
            "sendMessage",
            json!({"chat_id": 1, "text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]}),
            Some("beyond"),
        );
        check(
            "sendMessage",
            button(json!({"text": "a", "callback_data": "x".repeat(65)})),
            Some("BUTTON_DATA"),
        );
        check("sendMessage", button(json!({"text": "a"})), Some("unallowed"));
        check(
            "sendMessage",
            button(json!({"text": "a", "url": "https://a.b", "callback_data": "x"})),
            Some("unallowed"),
        );
        check(
            "sendMessage",
            button(json!({"text": "a", "url": "http://localhost/"})),
            Some("Wrong HTTP URL"),
        );
        check(
            "sendMessage",
            button(json!({"text": "a", "web_app": {"url": "http://a.b"}})),
            Some("Only HTTPS"),
        );
        check("sendMessage", button(json!({"text": "a", "web_app": {"url": "https://a.b"}})), None);
        check("setWebhook", json!({"url": "http://a.b"}), Some("HTTPS"));
        check("setWebhook", json!({"url": "https://a.b", "secret_token": "a b"}), Some("unallowed"));
        let photo = |file: &str| json!({"type": "photo", "media": file});
        check("sendPhoto", json!({"chat_id": 1, "photo": "https://a.b/c.png", "caption": "x"}), None);
        check("sendPhoto", json!({"chat_id": 1, "photo": "a file"}), Some("file identifier"));
        check("sendPhoto", json!({"chat_id": 1}), Some("\"photo\" is required"));
        check(
            "sendVoice",
            json!({"chat_id": 1, "voice": "f", "caption": "x".repeat(1025)}),
            Some("too long"),
        );
        check("sendVideoNote", json!({"chat_id": 1, "video_note": "https://a.b/c.mp4"}), Some("by URL"));
        check(
            "sendSticker",
            json!({"chat_id": 1, "sticker": "f", "caption": "x"}),
            Some("unknown parameter"),
        );
        check("sendLocation", json!({"chat_id": 1, "latitude": 91, "longitude": 0}), Some("wrong latitude"));
        check(
            "sendContact",
            json!({"chat_id": 1, "phone_number": "1", "first_name": " "}),
            Some("first_name"),
        );
        check("sendMediaGroup", json!({"chat_id": 1, "media": [photo("a")]}), Some("2 to 10"));
        check("sendMediaGroup", json!({"chat_id": 1, "media": [photo("a"), photo("b")]}), None);
        let mixed = json!([photo("a"), {"type": "document", "media": "b"}]);
        check("sendMediaGroup", json!({"chat_id": 1, "media": mixed}), Some("can't be mixed"));
        check("sendChatAction", json!({"chat_id": 1, "action": "sleeping"}), Some("wrong parameter action"));
        check("editMessageText", json!({"chat_id": 1, "text": "x"}), Some("identifier is not specified"));
        check(
            "editMessageText",
            json!({"chat_id": 1, "message_id": 5, "text": "x", "reply_markup": {"remove_keyboard": true}}),
            Some("inline keyboard expected"),
        );
        check("deleteMessages", json!({"chat_id": 1, "message_ids": []}), Some("not specified"));
        check("sendMessage", button(json!({"text": "a", "copy_text": {"text": ""}})), Some("1 to 256"));
        check("sendMessage", button(json!({"text": "a", "switch_inline_query": ""})), None);
        check(
            "answerCallbackQuery",
            json!({"callback_query_id": "1", "text": "x".repeat(201)}),
            Some("LONG"),
        );
    }
}
