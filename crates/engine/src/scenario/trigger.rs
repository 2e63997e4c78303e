//! What starts a run.

mod happened;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use happened::{
    CheckoutTrigger, ContactTrigger, InlineQueryTrigger, JoinRequestTrigger, LinkVisitedTrigger,
    LocationTrigger, MediaTrigger, PaymentTrigger, WantedMedia,
};

use crate::words::Words;

/// What the catalogue says of a trigger beside its schema.
pub struct TriggerSpec {
    /// Name of a Tabler icon.
    pub icon: &'static str,
    pub title: Words,
    pub help: Words,
}

macro_rules! triggers {
    ($($name:literal => $kind:ident($options:ident) $icon:literal $title:literal $title_ru:literal
        $help:literal $help_ru:literal;)*) => {
        /// The kinds of triggers and their options.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", content = "options", rename_all = "snake_case")]
        pub enum TriggerOptions {
            $($kind($options)),*
        }

        impl TriggerOptions {
            /// Every wire name, in the order of the catalogue.
            pub const KINDS: &'static [&'static str] = &[$($name),*];

            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => $name),* }
            }

            pub fn spec(&self) -> &'static TriggerSpec {
                match self {
                    $(Self::$kind(_) => &const {
                        TriggerSpec {
                            icon: $icon,
                            title: Words::new($title, $title_ru),
                            help: Words::new($help, $help_ru),
                        }
                    }),*
                }
            }
        }

        /// Every kind as a trigger that was just taken from the palette, with the schema of its options.
        pub(crate) fn for_each_trigger(visit: &mut dyn FnMut(TriggerOptions, schemars::Schema)) {
            $(visit(TriggerOptions::$kind($options::default()), schemars::schema_for!($options));)*
        }

        /// Reads the options of one kind; `None` when there is no such kind.
        pub(super) fn read_trigger_options<'de, D: serde::Deserializer<'de>>(
            kind: &str,
            options: D,
        ) -> Option<Result<TriggerOptions, D::Error>> {
            $(if kind == $name {
                return Some($options::deserialize(options).map(TriggerOptions::$kind));
            })*
            None
        }
    };
}

triggers! {
    "command" => Command(CommandTrigger) "slash" "Command" "Команда"
        "The person sends a command such as /menu." "Человек отправляет команду, например /menu.";
    "text" => Text(TextTrigger) "abc" "Text" "Текст"
        "The person writes a text." "Человек пишет текст.";
    "start_link" => StartLink(StartLinkTrigger) "link" "Start link" "Стартовая ссылка"
        "The person comes by a link with a code." "Человек приходит по ссылке с кодом.";
    "button" => Button(ButtonTrigger) "hand-click" "Button" "Кнопка"
        "A button is pressed that no card of this bot made." "Нажата кнопка, которой нет ни в одном блоке бота.";
    "mini_app" => MiniApp(MiniAppTrigger) "app-window" "Mini-app data" "Данные мини-приложения"
        "A mini app sends data to the bot." "Мини-приложение передаёт боту данные.";
    "webhook" => Webhook(WebhookTrigger) "webhook" "Inbound webhook" "Входящий вебхук"
        "Another service calls an address of the bot." "Другой сервис обращается по адресу бота.";
    "media" => Media(MediaTrigger) "photo" "Photo or file" "Фото или файл"
        "The person sends a photo, a video, a voice message, a document." "Человек присылает фото, видео, голосовое, документ.";
    "location" => Location(LocationTrigger) "map-pin" "Location" "Геопозиция"
        "The person sends a place on the map." "Человек присылает место на карте.";
    "contact" => Contact(ContactTrigger) "address-book" "Contact" "Контакт"
        "The person sends a contact card." "Человек присылает контакт.";
    "join_request" => JoinRequest(JoinRequestTrigger) "user-plus" "Request to join" "Заявка на вступление"
        "Somebody wants to join a channel or a group of yours." "Кто-то хочет вступить в ваш канал или группу.";
    "inline_query" => InlineQuery(InlineQueryTrigger) "list-search" "Inline query" "Инлайн-запрос"
        "The person types the bot's name and some words in any chat." "Человек пишет имя бота и слова в любом чате.";
    "link_visited" => LinkVisited(LinkVisitedTrigger) "click" "Link visited" "Переход по ссылке"
        "The person followed a link of his own for the first time." "Человек впервые перешёл по своей личной ссылке.";
    "checkout" => Checkout(CheckoutTrigger) "shopping-cart" "Before a payment" "Перед оплатой"
        "The person is about to pay; the scenario may refuse." "Человек вот-вот заплатит; сценарий может отказать.";
    "payment" => Payment(PaymentTrigger) "credit-card" "Payment" "Оплата"
        "The person has paid." "Человек заплатил.";
    "called" => Called(CalledTrigger) "corner-down-right" "When called" "Вызван как подсценарий"
        "Another scenario runs this one." "Другой сценарий выполняет этот.";
    "fallback" => Fallback(FallbackTrigger) "help" "Not understood" "Бот не понял"
        "Nothing else took what the person wrote." "Ни один другой триггер не подошёл.";
}

/// The person sends a command such as `/menu`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CommandTrigger {
    /// # Command
    ///
    /// Without the slash: small Latin letters, digits and `_`. `start` also takes a plain opening of the
    /// dialogue.
    #[schemars(
        length(min = 1, max = 32),
        regex(pattern = r"^[a-z0-9_]+$"),
        extend(
            "x-ru" = "Команда",
            "x-ru-help" = "Без косой черты: строчные латинские буквы, цифры и `_`. `start` срабатывает и тогда, когда человек просто открыл диалог."
        )
    )]
    pub command: String,
}

/// The person writes a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextTrigger {
    /// # Comparison
    #[schemars(extend("x-ru" = "Сравнение", "x-widget" = "select", "default" = "equals"))]
    pub matching: TextMatch,
    /// # Texts
    ///
    /// One of them is enough; capital and small letters are the same.
    #[schemars(
        length(max = 50),
        extend(
            "x-ru" = "Тексты",
            "x-ru-help" = "Достаточно одного; заглавные и строчные буквы не различаются.",
            "x-when" = {"matching": ["equals", "contains", "regex"]}
        )
    )]
    pub texts: Vec<String>,
}

/// How a text trigger compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "equals": {"en": "equals", "ru": "равен"},
    "contains": {"en": "contains", "ru": "содержит"},
    "regex": {"en": "matches a regular expression", "ru": "подходит под регулярное выражение"},
    "any": {"en": "is any text", "ru": "любой"},
}))]
pub enum TextMatch {
    #[default]
    Equals,
    Contains,
    Regex,
    Any,
}

/// The person comes by a link `t.me/bot?start=CODE`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StartLinkTrigger {
    /// # Code of the link
    ///
    /// `ref_{who}` takes any ending and keeps it in the variable `who`; an empty code takes every link.
    #[schemars(
        length(max = 64),
        extend(
            "x-ru" = "Код ссылки",
            "x-ru-help" = "`ref_{who}` подходит к любому окончанию и сохраняет его в переменную `who`; пустой код подходит к любой ссылке."
        )
    )]
    pub code: String,
}

/// A button that no action of ours made is pressed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ButtonTrigger {
    /// # Data of the button
    ///
    /// Empty takes any.
    #[schemars(length(max = 64), extend("x-ru" = "Данные кнопки", "x-ru-help" = "Пустое поле подходит к любым."))]
    pub data: String,
}

/// A mini app sends data to the bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MiniAppTrigger {
    /// # Mini app
    ///
    /// Without a choice, any of them.
    #[schemars(extend(
        "x-ru" = "Мини-приложение",
        "x-ru-help" = "Если не выбрано — любое.",
        "x-widget" = "mini_app"
    ))]
    pub app: String,
}

/// Somebody calls the trigger's own address; its URL is shown in the editor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookTrigger {}

/// Another scenario runs this one; without this trigger, a call begins at the command `start`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CalledTrigger {
    /// # What it is given
    ///
    /// Names of the temporary variables that the caller fills in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 50),
        extend("x-ru" = "Что ему передают", "x-ru-help" = "Имена временных переменных, которые заполняет вызывающий сценарий.")
    )]
    pub inputs: Vec<String>,
}

/// Nothing else took the message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FallbackTrigger {}
