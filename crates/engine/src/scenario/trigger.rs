//! What starts a run.

mod happened;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use happened::{
    CheckoutTrigger, ContactTrigger, InlineQueryTrigger, JoinRequestTrigger, LinkVisitedTrigger,
    LocationTrigger, MediaTrigger, PaymentTrigger, PickedTrigger, WantedMedia, WantedPick,
};

use crate::event::MembershipChange;
use crate::expression::Target;
use crate::schedule::{ListDateTrigger, ListRowTrigger, ScheduleTrigger};
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
    "picked" => Picked(PickedTrigger) "user-search" "Picked" "Выбор сделан"
        "The person picks people, a group or a channel, or makes a poll, while no question waits for it."
        "Человек выбрал людей, группу или канал либо создал опрос, когда этого не ждёт ни один вопрос.";
    "join_request" => JoinRequest(JoinRequestTrigger) "user-plus" "Request to join" "Заявка на вступление"
        "Somebody wants to join a channel or a group of yours." "Кто-то хочет вступить в ваш канал или группу.";
    "inline_query" => InlineQuery(InlineQueryTrigger) "list-search" "Inline query" "Инлайн-запрос"
        "The person types the bot's name and some words in any chat." "Человек пишет имя бота и слова в любом чате.";
    "link_visited" => LinkVisited(LinkVisitedTrigger) "click" "Link visited" "Переход по ссылке"
        "The person followed a link of his own." "Человек перешёл по своей личной ссылке.";
    "checkout" => Checkout(CheckoutTrigger) "shopping-cart" "Before a payment" "Перед оплатой"
        "The person is about to pay; the scenario may refuse." "Человек вот-вот заплатит; сценарий может отказать.";
    "payment" => Payment(PaymentTrigger) "credit-card" "Payment" "Оплата"
        "The person has paid." "Человек заплатил.";
    "tag_added" => TagAdded(TagTrigger) "tag" "Tag added" "Добавлен тег"
        "The subscriber gets a tag." "Подписчику поставили тег.";
    "tag_removed" => TagRemoved(TagTrigger) "tag-off" "Tag removed" "Снят тег"
        "A tag is taken from the subscriber." "С подписчика сняли тег.";
    "field_changed" => FieldChanged(FieldTrigger) "user-edit" "Field changed" "Изменилось поле"
        "A field of the subscriber gets another value." "Поле подписчика получило другое значение.";
    "membership" => Membership(MembershipTrigger) "users" "Subscription" "Подписка"
        "Somebody comes, leaves, blocks or unblocks the bot." "Человек пришёл, ушёл, заблокировал или разблокировал бота.";
    "scenario_error" => ScenarioError(ScenarioErrorTrigger) "alert-triangle" "Scenario error" "Ошибка в сценарии"
        "A scenario of this bot failed and nothing caught the error." "Сценарий этого бота завершился ошибкой, которую никто не обработал.";
    "schedule" => Schedule(ScheduleTrigger) "calendar-repeat" "Schedule" "Расписание"
        "A time of the clock comes, again and again." "Наступает время по часам — раз за разом.";
    "list_date" => ListDate(ListDateTrigger) "calendar-due" "Date in a list" "Дата в списке"
        "Some time before or after the date in a row of a list." "За некоторое время до даты в строке списка или после неё.";
    "list_row" => ListRow(ListRowTrigger) "table-plus" "Row of a list" "Строка списка"
        "A row of a list is added, changed or deleted, by a scenario, by hand or by the API."
        "Строку списка добавили, изменили или удалили — в сценарии, вручную или через API.";
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

/// The subscriber gets a tag, or loses it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TagTrigger {
    /// # Tag
    ///
    /// Empty takes any; which one it was is in the variable `_tag`.
    #[schemars(
        length(max = 64),
        extend("x-ru" = "Тег", "x-ru-help" = "Пустое поле подходит к любому; какой это был тег, скажет переменная `_tag`.")
    )]
    pub tag: String,
}

/// A field of the subscriber gets another value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FieldTrigger {
    /// # Field of the subscriber
    ///
    /// The variables `_old_value` and `_new_value` hold what it was and what it is.
    #[schemars(extend(
        "x-ru" = "Поле подписчика",
        "x-ru-help" = "Что было и что стало — в переменных `_old_value` и `_new_value`."
    ))]
    pub field: Target,
}

impl Default for FieldTrigger {
    fn default() -> Self {
        Self { field: Target::new("") }
    }
}

/// The person's standing with the bot or with a chat changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MembershipTrigger {
    /// # Comes for the first time
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "Пришёл впервые"))]
    pub first_visit: bool,
    /// # Blocks the bot
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "Заблокировал бота"))]
    pub blocked: bool,
    /// # Unblocks the bot
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "Разблокировал бота"))]
    pub unblocked: bool,
    /// # Joins a group or channel
    ///
    /// The bot has to be an administrator there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "Вступил в группу или канал", "x-ru-help" = "Бот должен быть там администратором."))]
    pub joined: bool,
    /// # Leaves a group or channel
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("x-ru" = "Вышел из группы или канала"))]
    pub left: bool,
}

impl MembershipTrigger {
    pub fn takes(&self, change: MembershipChange) -> bool {
        match change {
            MembershipChange::Joined => self.joined,
            MembershipChange::Left => self.left,
            MembershipChange::Blocked => self.blocked,
            MembershipChange::Unblocked => self.unblocked,
        }
    }

    /// Whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A scenario of the bot failed: `_error` says what, `_error_scenario`, `_error_block` and `_error_action` where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioErrorTrigger {}

impl TriggerOptions {
    /// Whether it waits for something that runs do, which reaches it by a signal.
    pub fn is_watching(&self) -> bool {
        match self {
            Self::TagAdded(_) | Self::TagRemoved(_) | Self::FieldChanged(_) | Self::ScenarioError(_) => true,
            Self::Membership(wanted) => wanted.first_visit,
            _ => false,
        }
    }

    pub fn watches_tag(&self, tag: &str, added: bool) -> bool {
        match self {
            Self::TagAdded(wanted) if added => wanted.takes(tag),
            Self::TagRemoved(wanted) if !added => wanted.takes(tag),
            _ => false,
        }
    }

    pub fn watches_field(&self, name: &str) -> bool {
        matches!(self, Self::FieldChanged(wanted) if wanted.field.name() == name)
    }

    pub fn wants_every_visit(&self) -> bool {
        matches!(self, Self::LinkVisited(wanted) if wanted.every)
    }

    pub fn watches_first_visit(&self) -> bool {
        matches!(self, Self::Membership(wanted) if wanted.first_visit)
    }
}

impl TagTrigger {
    fn takes(&self, tag: &str) -> bool {
        let wanted = self.tag.trim();
        wanted.is_empty() || wanted == tag
    }
}

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
