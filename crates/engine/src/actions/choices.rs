//! Buttons under a message, in rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::picks::{PickChat, PickPeople, WantedPoll};
use super::{Exit, RESERVED_EXITS, Visit, is_default};
use crate::channel::Capabilities;
use crate::error::StepError;
use crate::expression::Template;
use crate::ids::{ExitId, is_valid_id};
use crate::message::{Choice, ChoiceAction};
use crate::pick::Pick;
use crate::run::StepContext;
use crate::scenario::Findings;

/// Rows of buttons.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Choices(pub Vec<Vec<Button>>);

/// What a button says and does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// # Id
    #[schemars(extend("x-ru" = "Идентификатор", "x-widget" = "hidden"))]
    pub id: ExitId,
    /// # Caption
    #[serde(default)]
    #[schemars(extend("x-ru" = "Надпись", "x-widget" = "template"))]
    pub text: Template,
    /// # When pressed
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "При нажатии", "x-widget" = "select", "default" = "go"))]
    pub action: ButtonAction,
    /// # Address
    ///
    /// Where the button leads, with `https://` in front.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Адрес",
        "x-ru-help" = "Куда ведёт кнопка, начиная с `https://`.",
        "x-widget" = "template",
        "x-when" = {"action": ["url"]}
    ))]
    pub url: Template,
    /// # Mini app
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Мини-приложение", "x-widget" = "mini_app", "x-when" = {"action": ["mini_app"]}))]
    pub app: String,
    /// # Text to copy
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Что скопировать", "x-widget" = "template", "x-when" = {"action": ["copy"]}))]
    pub copy: Template,
    /// # Text of the query
    ///
    /// What stands after the bot's name then; the bot must take inline queries.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Текст запроса",
        "x-ru-help" = "Что окажется после имени бота; бот должен принимать запросы из чатов.",
        "x-widget" = "template",
        "x-when" = {"action": ["inline"]}
    ))]
    pub query: Template,
    /// # In this chat
    ///
    /// Otherwise the person picks a chat.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "В этом же чате",
        "x-ru-help" = "Иначе человек выберет чат.",
        "x-when" = {"action": ["inline"]}
    ))]
    pub here: bool,
    /// # Whom to pick
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Кого выбрать", "x-when" = {"action": ["users"]}))]
    pub people: PickPeople,
    /// # Which chat to pick
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Какой чат выбрать", "x-when" = {"action": ["chat"]}))]
    pub chat: PickChat,
    /// # Which poll
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Какой опрос",
        "x-widget" = "select",
        "x-when" = {"action": ["poll"]},
        "default" = "any"
    ))]
    pub poll: WantedPoll,
    /// # Value
    ///
    /// What the answer becomes when a question's button is pressed; without it, the caption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Значение",
        "x-ru-help" = "Что станет ответом, когда нажмут кнопку вопроса; если не задано, ответом будет надпись.",
        "x-widget" = "template",
        "x-when" = {"action": ["go"]}
    ))]
    pub value: Option<Template>,
    /// # Works
    ///
    /// Pressed later, a button that no longer works says that the menu is out of date.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Когда работает",
        "x-ru-help" = "Если нажать позже, кнопка скажет, что меню устарело.",
        "x-widget" = "select",
        "x-when" = {"action": ["go"]},
        "default" = "auto"
    ))]
    pub lives: Lifetime,
    /// # After a press
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "После нажатия",
        "x-widget" = "select",
        "x-when" = {"action": ["go"]},
        "default" = "keep"
    ))]
    pub after_press: AfterPress,
}

/// How long a button works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "auto": {"en": "As usual: a message's always, a question's while it waits", "ru": "Как обычно: у сообщения — всегда, у вопроса — пока он ждёт"},
    "always": {"en": "Always", "ru": "Всегда"},
    "while_waiting": {"en": "While the scenario waits here", "ru": "Пока сценарий здесь ждёт"},
}))]
pub enum Lifetime {
    /// As its message does.
    #[default]
    Auto,
    Always,
    /// A question's: while it is open. A message's: while the run that sent it goes on.
    WhileWaiting,
}

/// What becomes of the buttons of a message when one is pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "keep": {"en": "Keep the buttons", "ru": "Оставить кнопки"},
    "remove": {"en": "Remove the buttons", "ru": "Убрать кнопки"},
    "tick": {"en": "Tick the button", "ru": "Отметить кнопку"},
}))]
pub enum AfterPress {
    #[default]
    Keep,
    Remove,
    Tick,
}

/// How a button behaves that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentButton {
    /// Whether it works at any time, or only while the run waits.
    pub always: bool,
    pub after: AfterPress,
}

/// What pressing a button does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "go": {"en": "Go on", "ru": "Перейти дальше"},
    "url": {"en": "Open a link", "ru": "Открыть ссылку"},
    "mini_app": {"en": "Open a mini app", "ru": "Открыть мини-приложение"},
    "contact": {"en": "Send the phone number", "ru": "Отправить номер телефона"},
    "location": {"en": "Send the location", "ru": "Отправить местоположение"},
    "users": {"en": "Pick people", "ru": "Выбрать людей"},
    "chat": {"en": "Pick a group or a channel", "ru": "Выбрать группу или канал"},
    "poll": {"en": "Make a poll", "ru": "Создать опрос"},
    "copy": {"en": "Copy a text", "ru": "Скопировать текст"},
    "inline": {"en": "Write to the bot in a chat", "ru": "Написать боту в чате"},
}))]
pub enum ButtonAction {
    /// Comes back to the scenario and leaves by the exit of the button's id.
    #[default]
    Go,
    Url,
    MiniApp,
    Contact,
    Location,
    /// The person picks other people.
    Users,
    /// The person picks a group or a channel.
    Chat,
    /// The person makes a poll.
    Poll,
    /// Puts a text into the clipboard.
    Copy,
    /// Begins an inline query to the bot.
    Inline,
}

impl ButtonAction {
    /// Whether it brings something that only a question of the right kind takes, and exists on a keyboard only.
    pub fn is_request(self) -> bool {
        matches!(self, Self::Contact | Self::Location | Self::Users | Self::Chat | Self::Poll)
    }
}

impl Choices {
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Every button with its pointer inside the choices.
    pub fn buttons(&self) -> impl Iterator<Item = (String, &Button)> {
        self.0.iter().enumerate().flat_map(|(row, buttons)| {
            buttons.iter().enumerate().map(move |(column, button)| (format!("/{row}/{column}"), button))
        })
    }

    /// Buttons that come back to the scenario.
    pub fn go_buttons(&self) -> impl Iterator<Item = (String, &Button)> {
        self.buttons().filter(|(_, button)| button.action == ButtonAction::Go)
    }

    /// The ways out of an action whose choices are at `base` of its options.
    pub fn exits(&self, base: &str, door: bool) -> Vec<Exit> {
        self.go_buttons()
            .map(|(pointer, button)| Exit {
                id: button.id.clone(),
                pointer: format!("{base}{pointer}"),
                expected: true,
                door,
            })
            .collect()
    }

    /// The button behind an exit; `always` is how long the buttons of this kind live usually.
    pub fn sent(&self, exit: &ExitId, always: bool) -> Option<SentButton> {
        let (_, button) = self.go_buttons().find(|(_, button)| button.id == *exit)?;
        let always = match button.lives {
            Lifetime::Auto => always,
            Lifetime::Always => true,
            Lifetime::WhileWaiting => false,
        };
        Some(SentButton { always, after: button.after_press })
    }

    pub fn visit(&self, base: &str, visit: &mut dyn Visit) {
        for (pointer, button) in self.buttons() {
            visit.template(&format!("{base}{pointer}/text"), &button.text);
            match button.action {
                ButtonAction::Url => visit.template(&format!("{base}{pointer}/url"), &button.url),
                ButtonAction::MiniApp => visit.mini_app(&format!("{base}{pointer}/app"), &button.app),
                ButtonAction::Copy => visit.template(&format!("{base}{pointer}/copy"), &button.copy),
                ButtonAction::Inline => visit.template(&format!("{base}{pointer}/query"), &button.query),
                _ => {}
            }
            if let Some(value) = &button.value {
                visit.template(&format!("{base}{pointer}/value"), value);
            }
        }
    }

    pub fn validate(&self, base: &str, channel: &Capabilities, findings: &mut Findings) {
        let mut seen: Vec<&ExitId> = Vec::new();
        for (pointer, button) in self.buttons() {
            let at = |field: &str| format!("{base}{pointer}{field}");
            button.validate(&at, channel, findings);
            if seen.contains(&&button.id) {
                findings.error(
                    at("/id"),
                    "duplicate_exit",
                    format!("two buttons have the id “{}”", button.id),
                    format!("у двух кнопок один идентификатор «{}»", button.id),
                );
            }
            seen.push(&button.id);
        }
        self.validate_size(base, channel, findings);
    }

    fn validate_size(&self, base: &str, channel: &Capabilities, findings: &mut Findings) {
        if self.buttons().count() > channel.choices_max {
            findings.error(
                base,
                "too_many_buttons",
                format!("more than {} buttons", channel.choices_max),
                format!("кнопок больше {}", channel.choices_max),
            );
        }
        for (row, buttons) in self.0.iter().enumerate() {
            if buttons.len() > channel.choices_per_row_max {
                findings.error(
                    format!("{base}/{row}"),
                    "too_many_buttons",
                    format!("more than {} buttons in one row", channel.choices_per_row_max),
                    format!("в одном ряду больше {} кнопок", channel.choices_per_row_max),
                );
            }
        }
    }

    /// The choices as they are sent; those that come back carry a token of this action.
    pub fn render(&self, base: &str, cx: &StepContext<'_>) -> Result<Vec<Vec<Choice>>, StepError> {
        let mut rows = Vec::with_capacity(self.0.len());
        for (row, buttons) in self.0.iter().enumerate() {
            let mut choices = Vec::with_capacity(buttons.len());
            for (column, button) in buttons.iter().enumerate() {
                let choice =
                    button.render(cx).map_err(|error| error.within(&format!("{base}/{row}/{column}")))?;
                choices.push(choice);
            }
            rows.push(choices);
        }
        rows.retain(|row| !row.is_empty());
        Ok(rows)
    }

    /// Whether some button exists only on a keyboard.
    pub fn needs_keyboard(&self) -> bool {
        self.buttons().any(|(_, button)| button.action.is_request())
    }

    /// Whether some button exists only under a message.
    pub fn needs_message(&self) -> bool {
        let opens = |action| matches!(action, ButtonAction::Url | ButtonAction::Copy | ButtonAction::Inline);
        self.buttons().any(|(_, button)| opens(button.action))
    }
}

impl Button {
    /// What the button lets pick, if that is what it does.
    pub(super) fn pick(&self, cx: &StepContext<'_>) -> Option<Pick> {
        Some(match self.action {
            ButtonAction::Users => Pick::Users(self.people.pick(cx.pick_request(&self.id))),
            ButtonAction::Chat => Pick::Chat(self.chat.pick(cx.pick_request(&self.id))),
            ButtonAction::Poll => Pick::Poll(self.poll.pick()),
            _ => return None,
        })
    }

    fn render(&self, cx: &StepContext<'_>) -> Result<Choice, StepError> {
        let label = cx.text(&self.text).map_err(|error| error.at("/text"))?;
        if label.trim().is_empty() {
            return Err(
                StepError::new("empty_button", "A button has no caption", "У кнопки нет надписи").at("/text")
            );
        }
        let action = match self.action {
            ButtonAction::Go => ChoiceAction::Reply(cx.button_token(&self.id)),
            ButtonAction::Url => {
                let url = self.url.render_url(cx).map_err(|error| error.at("/url"))?;
                if url.trim().is_empty() {
                    return Err(StepError::new(
                        "empty_url",
                        format!("The button “{label}” has no address"),
                        format!("У кнопки «{label}» нет адреса"),
                    )
                    .at("/url"));
                }
                ChoiceAction::Url(url)
            }
            ButtonAction::MiniApp => ChoiceAction::MiniApp(self.app.clone()),
            ButtonAction::Contact => ChoiceAction::Contact,
            ButtonAction::Location => ChoiceAction::Location,
            ButtonAction::Users | ButtonAction::Chat | ButtonAction::Poll => {
                self.pick(cx).map(ChoiceAction::Pick).unwrap_or_default()
            }
            ButtonAction::Copy => {
                let text = cx.text(&self.copy).map_err(|error| error.at("/copy"))?;
                let max = cx.channel().copy_max;
                if text.is_empty() || text.chars().count() > max {
                    return Err(StepError::new(
                        "copy_text",
                        format!(
                            "The button “{label}” copies 1 to {max} characters, not {}",
                            text.chars().count()
                        ),
                        format!(
                            "Кнопка «{label}» копирует от 1 до {max} символов, а не {}",
                            text.chars().count()
                        ),
                    )
                    .at("/copy"));
                }
                ChoiceAction::Copy(text)
            }
            ButtonAction::Inline => {
                let query = cx.text(&self.query).map_err(|error| error.at("/query"))?;
                ChoiceAction::Inline { query, here: self.here }
            }
        };
        Ok(Choice::new(shorten_label(label, cx.channel().label_max), action))
    }

    fn validate(&self, at: &dyn Fn(&str) -> String, channel: &Capabilities, findings: &mut Findings) {
        check_exit_id(&self.id, &at("/id"), findings);
        if self.text.is_empty() {
            findings.error(at("/text"), "empty_button", "a button has no caption", "у кнопки нет надписи");
        }
        let caption = self.text.source();
        if self.text.is_constant() && caption.chars().count() > channel.label_max {
            findings.error(
                at("/text"),
                "label_too_long",
                format!("the caption “{caption}” is longer than {} characters", channel.label_max),
                format!("надпись «{caption}» длиннее {} символов", channel.label_max),
            );
        }
        match self.action {
            ButtonAction::Url if self.url.is_empty() => findings.error(
                at("/url"),
                "empty_url",
                format!("the button “{caption}” has no address"),
                format!("у кнопки «{caption}» нет адреса"),
            ),
            ButtonAction::MiniApp if self.app.is_empty() => findings.error(
                at("/app"),
                "no_mini_app",
                format!("the button “{caption}” does not say which mini app it opens"),
                format!("у кнопки «{caption}» не выбрано мини-приложение"),
            ),
            ButtonAction::Copy if self.copy.is_empty() => findings.error(
                at("/copy"),
                "copy_text",
                format!("the button “{caption}” has no text to copy"),
                format!("у кнопки «{caption}» нет текста, который скопировать"),
            ),
            ButtonAction::Copy
                if self.copy.is_constant()
                    && self.copy.source().chars().count() > channel.copy_max.max(1) =>
            {
                findings.error(
                    at("/copy"),
                    "copy_text",
                    format!("a button can copy {} characters at most", channel.copy_max),
                    format!("кнопка может скопировать не больше {} символов", channel.copy_max),
                );
            }
            ButtonAction::Users if !(1..=channel.users_pick_max.max(1)).contains(&self.people.most) => {
                let most = channel.users_pick_max;
                findings.error(
                    at("/people/most"),
                    "out_of_range",
                    format!("the button “{caption}” lets pick 1 to {most} people at once"),
                    format!("кнопка «{caption}» позволяет выбрать за раз от 1 до {most} человек"),
                );
            }
            _ => {}
        }
        let can = match self.action {
            ButtonAction::MiniApp => channel.mini_apps,
            ButtonAction::Contact => channel.contact_request,
            ButtonAction::Location => channel.location_request,
            ButtonAction::Users => channel.users_pick_max > 0,
            ButtonAction::Chat => channel.chat_pick,
            ButtonAction::Poll => channel.poll_pick,
            ButtonAction::Copy => channel.copy_max > 0,
            ButtonAction::Inline => channel.inline_query,
            ButtonAction::Go | ButtonAction::Url => true,
        };
        if !can {
            findings.warning(
                at("/action"),
                "channel_cannot",
                format!("the channel has no such button as “{caption}”"),
                format!("в этом канале нет таких кнопок, как «{caption}»"),
            );
        }
    }
}

/// A caption no longer than the channel takes.
pub(super) fn shorten_label(label: String, max: usize) -> String {
    match label.char_indices().nth(max) {
        None => label,
        Some(_) => label.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// An exit that the builder makes: its id must be well formed and mean nothing else.
pub(super) fn check_exit_id(id: &ExitId, pointer: &str, findings: &mut Findings) {
    if !is_valid_id(id.as_str()) {
        findings.error(
            pointer,
            "invalid_id",
            format!("“{id}” is no valid id: 1 to 16 letters, digits, “_” or “-”"),
            format!(
                "«{id}» не может быть идентификатором: нужно от 1 до 16 латинских букв, цифр, «_» или «-»"
            ),
        );
    } else if RESERVED_EXITS.contains(&id.as_str()) || id.as_str().starts_with('_') {
        findings.error(
            pointer,
            "reserved_id",
            format!("the id “{id}” has a meaning of its own; take another one"),
            format!("идентификатор «{id}» занят самим Scenaria, возьмите другой"),
        );
    }
}
