//! Buttons that let a person pick people, a chat or a poll.
//!
//! <https://core.telegram.org/bots/api#keyboardbutton> (Bot API 10.3)

use serde_json::{Map, Value};

use super::{Refusal, bad, only};

/// Every button of a keyboard has a number of its own.
pub(super) fn check_unique(rows: &Value) -> Result<(), Refusal> {
    let buttons = rows.as_array().into_iter().flatten().filter_map(Value::as_array).flatten();
    let mut seen = Vec::new();
    for button in buttons {
        let request = button.get("request_users").or_else(|| button.get("request_chat"));
        let Some(id) = request.and_then(|request| request.get("request_id")).and_then(Value::as_i64) else {
            continue;
        };
        if seen.contains(&id) {
            return Err(bad("BUTTON_ID_INVALID: request_id must be unique in the message"));
        }
        seen.push(id);
    }
    Ok(())
}

pub(super) fn check(button: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(users) = object(button, "request_users")? {
        only(
            users,
            &[
                "request_id",
                "user_is_bot",
                "user_is_premium",
                "max_quantity",
                "request_name",
                "request_username",
                "request_photo",
            ],
        )?;
        check_id(users)?;
        let most = users.get("max_quantity").map_or(Some(1), Value::as_u64);
        if !most.is_some_and(|most| (1..=10).contains(&most)) {
            return Err(bad("max_quantity must be 1 to 10"));
        }
    }
    if let Some(chat) = object(button, "request_chat")? {
        only(
            chat,
            &[
                "request_id",
                "chat_is_channel",
                "chat_is_forum",
                "chat_has_username",
                "chat_is_created",
                "user_administrator_rights",
                "bot_administrator_rights",
                "bot_is_member",
                "request_title",
                "request_username",
                "request_photo",
            ],
        )?;
        check_id(chat)?;
        if !chat.get("chat_is_channel").is_some_and(Value::is_boolean) {
            return Err(bad("parameter \"chat_is_channel\" is required"));
        }
        check_rights(chat)?;
    }
    if let Some(poll) = object(button, "request_poll")? {
        only(poll, &["type"])?;
        if poll.get("type").is_some_and(|kind| !matches!(kind.as_str(), Some("quiz" | "regular"))) {
            return Err(bad("wrong poll type"));
        }
    }
    Ok(())
}

fn object<'a>(button: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, Refusal> {
    match button.get(name) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(bad(format_args!("{name} must be an Object"))),
    }
}

fn check_id(request: &Map<String, Value>) -> Result<(), Refusal> {
    match request.get("request_id").and_then(Value::as_i64).map(i32::try_from) {
        Some(Ok(_)) => Ok(()),
        _ => Err(bad("request_id must be a 32-bit integer")),
    }
}

/// The bot gets no right that the person need not have.
fn check_rights(chat: &Map<String, Value>) -> Result<(), Refusal> {
    const ALWAYS_SAID: [&str; 11] = [
        "is_anonymous",
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
    ];
    let user = object(chat, "user_administrator_rights")?;
    for rights in [user, object(chat, "bot_administrator_rights")?].into_iter().flatten() {
        if let Some(missing) =
            ALWAYS_SAID.iter().find(|name| !rights.get(**name).is_some_and(Value::is_boolean))
        {
            return Err(bad(format_args!("can't parse administrator rights: {missing} is required")));
        }
        for (name, given) in rights {
            let has = user.and_then(|user| user.get(name)) == Some(&Value::Bool(true));
            if *given == Value::Bool(true) && !has {
                return Err(bad("USER_RIGHTS_MISSING: the bot's rights must be a subset of the user's"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check;

    #[test]
    fn buttons_that_pick_are_checked() {
        let check = |chat: i64, buttons: serde_json::Value, expected: Option<&str>| {
            let params = json!({"chat_id": chat, "text": "x", "reply_markup": {"keyboard": [buttons]}});
            let got = check("sendMessage", params.as_object().unwrap()).err().map(|(_, text)| text);
            match expected {
                None => assert_eq!(got, None, "{params}"),
                Some(part) => {
                    assert!(got.as_deref().is_some_and(|text| text.contains(part)), "{params}: {got:?}")
                }
            }
        };
        let users = |request: serde_json::Value| json!({"text": "a", "request_users": request});
        check(1, json!([users(json!({"request_id": 5, "max_quantity": 10}))]), None);
        check(-1, json!([users(json!({"request_id": 5}))]), Some("private chats only"));
        check(1, json!([users(json!({"request_id": 5, "max_quantity": 11}))]), Some("1 to 10"));
        check(1, json!([users(json!({"request_id": 2147483648_i64}))]), Some("32-bit"));
        check(1, json!([users(json!({"request_id": 5})), users(json!({"request_id": 5}))]), Some("unique"));
        let chat = |more: serde_json::Value| {
            let mut request = json!({"request_id": 6, "chat_is_channel": true});
            request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([{"text": "a", "request_chat": request}])
        };
        check(1, chat(json!({})), None);
        check(1, json!([{"text": "a", "request_chat": {"request_id": 6}}]), Some("chat_is_channel"));
        check(1, chat(json!({"bot_administrator_rights": {"can_manage_chat": true}})), Some("is required"));
        check(1, json!([{"text": "a", "request_poll": {"type": "quiz"}}]), None);
        check(1, json!([{"text": "a", "request_poll": {"type": "exam"}}]), Some("poll type"));
    }
}
