//! What starts a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of triggers and their options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "options", rename_all = "snake_case")]
pub enum TriggerOptions {
    Command(CommandTrigger),
    Text(TextTrigger),
    StartLink(StartLinkTrigger),
    Button(ButtonTrigger),
    MiniApp(MiniAppTrigger),
    Webhook(WebhookTrigger),
    Fallback(FallbackTrigger),
}

/// The person sends a command such as `/menu`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandTrigger {
    /// The command without its slash. `start` also takes a plain opening of the dialogue.
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z0-9_]+$"), extend("x-ru" = "Команда"))]
    pub command: String,
}

/// The person writes a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextTrigger {
    #[serde(default)]
    #[schemars(extend("x-ru" = "Сравнение"))]
    pub matching: TextMatch,
    /// Any of these, compared without regard to case.
    #[serde(default)]
    #[schemars(length(max = 50), extend("x-ru" = "Тексты"))]
    pub texts: Vec<String>,
}

/// How a text trigger compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextMatch {
    #[default]
    Equals,
    Contains,
    Regex,
    Any,
}

/// The person comes by a link `t.me/bot?start=CODE`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartLinkTrigger {
    /// The code; `ref_{who}` captures a part into the variable `who`; empty takes any code.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-ru" = "Код ссылки"))]
    pub code: String,
}

/// A button that no action of ours made is pressed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ButtonTrigger {
    /// The button's data; empty takes any.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-ru" = "Данные кнопки"))]
    pub data: String,
}

/// A mini app sends data to the bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MiniAppTrigger {
    /// Name of the mini app; empty takes any.
    #[serde(default)]
    #[schemars(extend("x-widget" = "mini_app", "x-ru" = "Мини-приложение"))]
    pub app: String,
}

/// Somebody calls the trigger's own address; its URL is shown in the editor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookTrigger {}

/// Nothing else took the message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FallbackTrigger {}
