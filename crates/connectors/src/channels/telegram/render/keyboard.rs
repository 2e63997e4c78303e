//! Choices as an inline or a reply keyboard.

use engine::message::{Choice, ChoiceAction, Marks, Message, RichText};
use engine::pick::{ChatPick, Pick, Tell, UsersPick};
use serde::Serialize;

use super::{ChatId, RenderError};
use crate::channels::NameResolver;

/// <https://core.telegram.org/bots/api#inlinekeyboardbutton>
const CALLBACK_DATA_MAX_BYTES: usize = 64;

/// Longest hint in the input field, in characters.
const PLACEHOLDER_MAX_CHARS: usize = 64;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Markup {
    Inline {
        inline_keyboard: Vec<Vec<InlineButton>>,
    },
    Reply {
        keyboard: Vec<Vec<ReplyButton>>,
        resize_keyboard: bool,
        one_time_keyboard: bool,
        #[serde(skip_serializing_if = "String::is_empty")]
        input_field_placeholder: String,
    },
    Remove {
        remove_keyboard: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct InlineButton {
    text: String,
    #[serde(flatten)]
    action: InlineAction,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum InlineAction {
    CallbackData(String),
    Url(String),
    WebApp { url: String },
    CopyText { text: String },
    SwitchInlineQuery(String),
    SwitchInlineQueryCurrentChat(String),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct ReplyButton {
    text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    request_contact: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    request_location: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_users: Option<RequestUsers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_chat: Option<RequestChat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_poll: Option<RequestPoll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_app: Option<WebApp>,
}

/// <https://core.telegram.org/bots/api#keyboardbuttonrequestusers>
#[derive(Clone, Debug, PartialEq, Serialize)]
struct RequestUsers {
    request_id: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_is_bot: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_is_premium: Option<bool>,
    max_quantity: u8,
    request_name: bool,
    request_username: bool,
    request_photo: bool,
}

impl From<&UsersPick> for RequestUsers {
    fn from(pick: &UsersPick) -> Self {
        let Tell { name, username, photo } = pick.tell;
        Self {
            request_id: pick.request,
            user_is_bot: pick.bots,
            user_is_premium: pick.premium,
            max_quantity: pick.most,
            request_name: name,
            request_username: username,
            request_photo: photo,
        }
    }
}

/// <https://core.telegram.org/bots/api#keyboardbuttonrequestchat>
#[derive(Clone, Debug, PartialEq, Serialize)]
struct RequestChat {
    request_id: i32,
    chat_is_channel: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_is_forum: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_has_username: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    chat_is_created: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_administrator_rights: Option<Rights>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bot_administrator_rights: Option<Rights>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    bot_is_member: bool,
    request_title: bool,
    request_username: bool,
    request_photo: bool,
}

impl From<&ChatPick> for RequestChat {
    fn from(pick: &ChatPick) -> Self {
        let Tell { name, username, photo } = pick.tell;
        Self {
            request_id: pick.request,
            chat_is_channel: pick.channel,
            chat_is_forum: pick.forum,
            chat_has_username: pick.public,
            chat_is_created: pick.created,
            // The bot's rights must be some of the person's, who must be allowed to appoint it.
            user_administrator_rights: pick.admin.then(|| Rights::new(pick.channel, true)),
            bot_administrator_rights: pick.admin.then(|| Rights::new(pick.channel, false)),
            bot_is_member: pick.member,
            request_title: name,
            request_username: username,
            request_photo: photo,
        }
    }
}

/// What an administrator may do: <https://core.telegram.org/bots/api#chatadministratorrights>.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Rights {
    is_anonymous: bool,
    can_manage_chat: bool,
    can_delete_messages: bool,
    can_manage_video_chats: bool,
    can_restrict_members: bool,
    can_promote_members: bool,
    can_change_info: bool,
    can_invite_users: bool,
    can_post_stories: bool,
    can_edit_stories: bool,
    can_delete_stories: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    can_post_messages: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    can_edit_messages: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    can_pin_messages: bool,
}

impl Rights {
    /// What our actions need: posting, pinning, inviting, letting in and turning out.
    fn new(channel: bool, promotes: bool) -> Self {
        Self {
            can_manage_chat: true,
            can_delete_messages: true,
            can_restrict_members: true,
            can_promote_members: promotes,
            can_invite_users: true,
            can_post_messages: channel,
            can_edit_messages: channel,
            can_pin_messages: !channel,
            ..Self::default()
        }
    }
}

/// <https://core.telegram.org/bots/api#keyboardbuttonpolltype>
#[derive(Clone, Debug, PartialEq, Serialize)]
struct RequestPoll {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct WebApp {
    url: String,
}

/// The keyboard, and links that found no place on it as a text to append.
pub(super) fn render(
    message: &Message,
    chat: ChatId<'_>,
    names: &dyn NameResolver,
) -> Result<(Option<Markup>, Option<RichText>), RenderError> {
    let all = || message.choices.iter().flatten();
    if all().next().is_none() {
        return Ok((None, None));
    }
    let asks = all().any(|choice| choice.action.is_request());
    let rows = message.choices.iter().filter(|row| !row.is_empty());
    if !message.shows_keyboard() {
        let rows = rows.map(|row| row.iter().map(|choice| inline_button(choice, chat, names)).collect());
        let inline_keyboard = rows.collect::<Result<_, _>>()?;
        return Ok((Some(Markup::Inline { inline_keyboard }), None));
    }
    let mut appendix = RichText::default();
    let mut keyboard = Vec::new();
    for row in rows {
        let mut buttons = Vec::new();
        for choice in row {
            match reply_button(choice, chat, names)? {
                Placed::Button(button) => buttons.push(button),
                Placed::Link(url) => {
                    appendix.push("\n", Marks::default(), None);
                    appendix.push(&choice.label, Marks::default(), Some(&url));
                }
                Placed::Copied(text) => {
                    appendix.push(&format!("\n{}: ", choice.label), Marks::default(), None);
                    appendix.push(&text, Marks { code: true, ..Marks::default() }, None);
                }
                Placed::Nowhere => {}
            }
        }
        if !buttons.is_empty() {
            keyboard.push(buttons);
        }
    }
    let markup = Markup::Reply {
        keyboard,
        resize_keyboard: true,
        one_time_keyboard: asks || message.keyboard.one_time,
        input_field_placeholder: message.keyboard.placeholder.chars().take(PLACEHOLDER_MAX_CHARS).collect(),
    };
    Ok((Some(markup), (!appendix.is_empty()).then_some(appendix)))
}

fn inline_button(
    choice: &Choice,
    chat: ChatId<'_>,
    names: &dyn NameResolver,
) -> Result<InlineButton, RenderError> {
    let action = match &choice.action {
        ChoiceAction::Reply(token) => InlineAction::CallbackData(check_token(token)?.to_owned()),
        ChoiceAction::Url(url) => InlineAction::Url(url.clone()),
        ChoiceAction::MiniApp(name) => {
            let url = mini_app(name, names)?;
            if opens_inside(&url, chat) { InlineAction::WebApp { url } } else { InlineAction::Url(url) }
        }
        ChoiceAction::Copy(text) => InlineAction::CopyText { text: text.clone() },
        ChoiceAction::Inline { query, here: true } => {
            InlineAction::SwitchInlineQueryCurrentChat(query.clone())
        }
        ChoiceAction::Inline { query, here: false } => InlineAction::SwitchInlineQuery(query.clone()),
        // Never here: they make the keyboard a reply keyboard.
        ChoiceAction::Contact | ChoiceAction::Location | ChoiceAction::Pick(_) => {
            InlineAction::CallbackData(choice.label.clone())
        }
    };
    Ok(InlineButton { text: choice.label.clone(), action })
}

enum Placed {
    Button(ReplyButton),
    Link(String),
    /// A text to copy: Telegram copies what is marked as code when it is touched.
    Copied(String),
    /// An inline query can be begun by a button only.
    Nowhere,
}

/// A press of a plain button comes back as its label, written by the person.
fn reply_button(choice: &Choice, chat: ChatId<'_>, names: &dyn NameResolver) -> Result<Placed, RenderError> {
    let button = ReplyButton { text: choice.label.clone(), ..ReplyButton::default() };
    if choice.action.is_request() && !chat.is_private() {
        let text = format!(
            "the button “{}” asks for something that Telegram gives in private chats only",
            choice.label
        );
        return Err(RenderError { code: "private_only", text });
    }
    Ok(match &choice.action {
        ChoiceAction::Reply(_) => Placed::Button(button),
        ChoiceAction::Url(url) => Placed::Link(url.clone()),
        ChoiceAction::Copy(text) => Placed::Copied(text.clone()),
        ChoiceAction::Inline { .. } => Placed::Nowhere,
        ChoiceAction::MiniApp(name) => {
            let url = mini_app(name, names)?;
            if opens_inside(&url, chat) {
                Placed::Button(ReplyButton { web_app: Some(WebApp { url }), ..button })
            } else {
                Placed::Link(url)
            }
        }
        ChoiceAction::Contact => Placed::Button(ReplyButton { request_contact: true, ..button }),
        ChoiceAction::Location => Placed::Button(ReplyButton { request_location: true, ..button }),
        ChoiceAction::Pick(pick) => Placed::Button(match pick {
            Pick::Users(users) => ReplyButton { request_users: Some(users.into()), ..button },
            Pick::Chat(chat) => ReplyButton { request_chat: Some(chat.into()), ..button },
            Pick::Poll(poll) => {
                let kind = poll.quiz.map(|quiz| if quiz { "quiz" } else { "regular" });
                ReplyButton { request_poll: Some(RequestPoll { kind }), ..button }
            }
        }),
    })
}

fn check_token(token: &str) -> Result<&str, RenderError> {
    if (1..=CALLBACK_DATA_MAX_BYTES).contains(&token.len()) {
        return Ok(token);
    }
    let text =
        format!("a button's data is {} bytes; Telegram takes 1 to {CALLBACK_DATA_MAX_BYTES}", token.len());
    Err(RenderError { code: "button_data", text })
}

fn mini_app(name: &str, names: &dyn NameResolver) -> Result<String, RenderError> {
    names.mini_app(name).ok_or_else(|| RenderError {
        code: "mini_app",
        text: format!("there is no mini app named “{name}”; a button of the message opens it"),
    })
}

/// Telegram opens mini apps by HTTPS and in private chats; elsewhere the button opens the browser.
fn opens_inside(url: &str, chat: ChatId<'_>) -> bool {
    url.starts_with("https://") && chat.is_private()
}
