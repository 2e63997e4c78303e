//! The kinds of actions: one file each, one line in the list at the bottom.
//!
//! A kind is a struct of options with a [`Spec`], a visit of everything it reads and writes, and a step.
//! Module name = wire name; the macro makes the tagged enum, the exhaustive dispatch and the catalogue.
//!
//! What the editor shows of an option stands beside it: a doc comment `# Title` and help in English, and by
//! `#[schemars(extend(..))]` the rest: `x-ru`, `x-ru-help`, `x-widget`, `x-labels` (of an enum's values),
//! `x-when` (shown only while another option has one of these values), `x-more` (stands under “More”: right as it is
//! for most), `x-secrets` (may name secrets).
//! Widgets: `template`, `rich_text`, `condition`, `variable`, `list`, `column` (of the list in `list`),
//! `mini_app`, `file`, `scenario`, `code`, `duration` (whole seconds), `buttons`, `assignments`, `week_hours`, `select`,
//! `hidden`; without one, the schema's type decides. What the canvas says of an action: [`Sentence`].

mod answers;
mod catalog;
mod choices;
mod compose;
mod flow;
mod in_zone;
mod messenger;
mod options_from;
mod picks;
mod rows;
mod sentence;
mod tags;
#[cfg(test)]
mod testing;
mod to_others;
mod whom;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use answers::AnswerKind;
pub(crate) use answers::media_value;
pub use catalog::{Catalog, CatalogAction, CatalogExample, CatalogFunction, CatalogTrigger, catalog};
pub use choices::{AfterPress, Button, ButtonAction, Choices, Lifetime, SentButton};
pub use compose::{Attachment, ContactPart, PlacePart, ReplacePrevious, ShowAs};
pub use flow::{Call, Flow, Leave, Loop};
pub(crate) use javascript::may_use as script_may_use;
pub use options_from::OptionsFrom;
pub use picks::{ChatAccess, PickChat, PickPeople, WantedChat, WantedPeople, WantedPoll};
pub use sentence::Sentence;
pub use whom::Whom;

use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::{Condition, RichTemplate, Target, Template};
use crate::ids::ExitId;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// Where the palette shows an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Conversation,
    Logic,
    Time,
    Data,
    Exchange,
    Audience,
    Code,
    Channel,
}

impl Group {
    pub fn title(self) -> Words {
        match self {
            Self::Conversation => Words::new("Conversation", "Диалог"),
            Self::Logic => Words::new("Logic", "Логика"),
            Self::Time => Words::new("Time", "Время"),
            Self::Data => Words::new("Data", "Данные"),
            Self::Exchange => Words::new("Exchange", "Обмен"),
            Self::Audience => Words::new("Audience", "Аудитория"),
            Self::Code => Words::new("Code", "Код"),
            Self::Channel => Words::new("Messenger", "Мессенджер"),
        }
    }
}

/// What the catalogue says of a kind beside its schema.
pub struct Spec {
    pub group: Group,
    /// Name of a Tabler icon.
    pub icon: &'static str,
    pub title: Words,
    pub help: Words,
    /// Whether it has an error exit (id `error`).
    pub can_fail: bool,
    /// Whether the run stops here until a person answers or time passes, whichever way it goes on.
    pub waits: bool,
    /// Its ways out besides the error exit, for the editor to draw.
    pub ports: &'static [Port],
}

/// How ports of a kind come about.
#[derive(Clone, Copy, Debug)]
pub enum Port {
    /// Always there. A quiet one is drawn once it is wired or asked for.
    Fixed { id: &'static str, title: Words, quiet: bool },
    /// One for each element of the options at this pointer (`*` stands for every index), named by two
    /// pointers inside the element. With `only`, elements whose option there has another value have none.
    Each {
        each: &'static str,
        id: &'static str,
        label: &'static str,
        only: Option<(&'static str, &'static str)>,
        /// None of them has any while the option at this pointer has this value.
        unless: Option<(&'static str, &'static str)>,
    },
    /// There while the option at this pointer has this value.
    When { id: &'static str, title: Words, option: (&'static str, &'static str) },
}

impl Port {
    /// The buttons of a kind that keeps them under `buttons`.
    const BUTTONS: Self = Self::Each {
        each: "/buttons/*/*",
        id: "/id",
        label: "/text",
        only: Some(("/action", "go")),
        // Buttons that are ticked lead nowhere; the question as a whole goes on.
        unless: Some(("/kind", "several")),
    };
}

/// A way out of an action besides running on to the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub id: ExitId,
    /// Pointer to what it is inside the options: a button, a branch. Empty for fixed exits.
    pub pointer: String,
    /// A quiet end behind this exit is a finding (buttons and answers, not errors or time-outs).
    pub expected: bool,
    /// Taken by a press at any time later, not when the step ends.
    pub door: bool,
}

impl Exit {
    /// A way out that is always there.
    pub fn fixed(id: &str) -> Self {
        Self { id: id.into(), pointer: String::new(), expected: false, door: false }
    }

    /// Whether errors of this code leave here: buttons and branches are named by people and take none.
    pub(crate) fn is_for(&self, code: &str) -> bool {
        self.pointer.is_empty() && self.id.as_str() == code
    }
}

/// Where errors of an action go when wired.
pub const ERROR_EXIT: &str = "error";
/// Where a question goes when nobody answers in time.
pub const TIMEOUT_EXIT: &str = "timeout";
/// Where a question goes when too many answers were wrong.
pub const FAILED_EXIT: &str = "failed";
/// Where a typed answer goes that is none of the buttons.
pub const OTHER_EXIT: &str = "other";
/// Where it goes on when no branch was true.
pub const OTHERWISE_EXIT: &str = "otherwise";
/// Where it goes on when a list had rows.
pub const FOUND_EXIT: &str = "found";
/// Where it goes on when a list had no rows.
pub const EMPTY_EXIT: &str = "empty";
/// Where it goes on when a unique value is another row's already.
pub const DUPLICATE_EXIT: &str = "duplicate";
/// Where it goes on when a number would leave its bounds.
pub const OUT_OF_RANGE_EXIT: &str = "out_of_range";
/// Where it goes on when a row was added.
pub const ADDED_EXIT: &str = "added";
/// Where it goes on when a row that was there has changed.
pub const UPDATED_EXIT: &str = "updated";
/// Where it goes on when a free row was taken.
pub const RESERVED_EXIT: &str = "reserved";
/// Where it goes on when no row was free.
pub const NONE_EXIT: &str = "none";
/// Where a question goes when the person would rather not answer.
pub const SKIPPED_EXIT: &str = "skipped";
/// Where a press of a button leads that a message made from data.
pub const PICKED_EXIT: &str = "picked";

/// Where a loop goes for each element.
pub const EACH_EXIT: &str = "each";
/// Where a loop goes after the last element.
pub const DONE_EXIT: &str = "done";
/// Where a jump goes.
pub const TO_EXIT: &str = "to";
/// Where it goes in working hours, and outside of them.
pub const OPEN_EXIT: &str = "open";
pub const CLOSED_EXIT: &str = "closed";

/// Exits with a meaning of their own; no button or branch may take such an id.
pub const RESERVED_EXITS: [&str; 9] = [
    ERROR_EXIT,
    TIMEOUT_EXIT,
    FAILED_EXIT,
    OTHER_EXIT,
    OTHERWISE_EXIT,
    FOUND_EXIT,
    EMPTY_EXIT,
    SKIPPED_EXIT,
    PICKED_EXIT,
];

/// Sees everything an action's options read, write and refer to, each with its pointer inside the options.
/// From it come the static checks and what a run must load before it starts.
pub trait Visit {
    fn template(&mut self, pointer: &str, template: &Template);
    /// A template inside which `local` is a variable of its own.
    fn template_with(&mut self, pointer: &str, template: &Template, _local: &str) {
        self.template(pointer, template);
    }
    /// A template that may name secrets: it leaves the house and is shown to nobody.
    fn secret_template(&mut self, pointer: &str, template: &Template) {
        self.template(pointer, template);
    }
    fn rich(&mut self, pointer: &str, template: &RichTemplate);
    fn condition(&mut self, pointer: &str, condition: &Condition);
    /// A place the action writes to.
    fn target(&mut self, pointer: &str, target: &Target);
    /// A list and one of its columns (empty: the list alone).
    fn list(&mut self, pointer: &str, list: &str, column: &str);
    fn mini_app(&mut self, pointer: &str, name: &str);
    /// A file of the workspace.
    fn file(&mut self, _pointer: &str, _name: &str) {}
    /// Another scenario of the workspace, which the action runs.
    fn scenario(&mut self, _pointer: &str, _name: &str) {}
    /// A script: it may read any field and global, and write any variable it names.
    fn script(&mut self, _pointer: &str, _source: &str) {}
}

/// A kind of action.
pub trait ActionKind: JsonSchema + Default {
    const SPEC: Spec;
    /// What it does, in one line of the canvas. Without any, its title stands there.
    const SENTENCES: &'static [Sentence] = &[];
    /// Exits without which the action means nothing.
    const NEEDED_EXITS: &'static [&'static str] = &[];

    /// Its ways out, without the error exit.
    fn exits(&self) -> Vec<Exit> {
        Vec::new()
    }

    /// Whether some way leads on to the next action, given which exits have a line.
    fn runs_on(&self, _is_wired: &dyn Fn(&str) -> bool) -> bool {
        true
    }

    /// The button behind this exit in a message this action sent. `None` when it has no such button.
    fn button(&self, _exit: &ExitId) -> Option<SentButton> {
        None
    }

    /// What pressing a button means when the run that sent it no longer waits for it; it then leaves by the
    /// button's exit.
    fn press_later(&self, _cx: &mut StepContext<'_>, _exit: &ExitId) -> Result<(), StepError> {
        Ok(())
    }

    /// Whether it opens a question: of one lane, only one is open at a time.
    fn asks(&self) -> bool {
        false
    }

    /// Whether a wait of it ends when the person starts something else meanwhile.
    fn ends_when_moved_on(&self) -> bool {
        false
    }

    fn visit(&self, visit: &mut dyn Visit);

    /// Checks that need no run: empty lists, ranges, texts too long for the channel. Pointers are relative
    /// to the options.
    fn validate(&self, _channel: &Capabilities, _findings: &mut Findings) {}

    /// Runs the action; called again with the answer after [`Flow::Ask`] or [`Flow::Wait`].
    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError>;
}

/// Whether an optional value may be left out of a document.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether the step's action has a line from this exit.
fn is_wired(cx: &StepContext<'_>, exit: &str) -> bool {
    let program = cx.cx.programs.version(cx.run.version);
    program
        .and_then(|program| program.action(cx.action))
        .is_some_and(|action| action.exits.contains_key(exit))
}

/// An answer that does not belong to what the action asked.
fn unexpected_answer() -> StepError {
    StepError::new(
        "unexpected_answer",
        "The action got an answer it did not ask for",
        "Действие получило ответ, которого не запрашивало",
    )
}

impl ActionOptions {
    /// Whether its messages go to others, so that a press tells by its message whose run it was.
    pub fn speaks_to_others(&self) -> bool {
        matches!(self, Self::SendTo(_) | Self::NotifyStaff(_))
    }
}

macro_rules! actions {
    ($($module:ident::$kind:ident),* $(,)?) => {
        $(mod $module; pub use $module::$kind;)*

        /// The options of an action, by kind.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", content = "options", rename_all = "snake_case")]
        pub enum ActionOptions {
            $($kind($kind)),*
        }

        impl ActionOptions {
            /// Every wire name, in the order of the catalogue.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($module)),*];

            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => stringify!($module)),* }
            }

            pub fn spec(&self) -> &'static Spec {
                match self { $(Self::$kind(_) => &<$kind as ActionKind>::SPEC),* }
            }

            pub fn sentences(&self) -> &'static [Sentence] {
                match self { $(Self::$kind(_) => <$kind as ActionKind>::SENTENCES),* }
            }

            pub fn exits(&self) -> Vec<Exit> {
                match self { $(Self::$kind(options) => options.exits()),* }
            }

            pub fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
                match self { $(Self::$kind(options) => options.runs_on(is_wired)),* }
            }

            pub fn button(&self, exit: &ExitId) -> Option<SentButton> {
                match self { $(Self::$kind(options) => options.button(exit)),* }
            }

            pub(crate) fn press_later(&self, cx: &mut StepContext<'_>, exit: &ExitId) -> Result<(), StepError> {
                match self { $(Self::$kind(options) => options.press_later(cx, exit)),* }
            }

            pub fn asks(&self) -> bool {
                match self { $(Self::$kind(options) => options.asks()),* }
            }

            pub fn needed_exits(&self) -> &'static [&'static str] {
                match self { $(Self::$kind(_) => <$kind as ActionKind>::NEEDED_EXITS),* }
            }

            pub fn ends_when_moved_on(&self) -> bool {
                match self { $(Self::$kind(options) => options.ends_when_moved_on()),* }
            }

            pub fn visit(&self, visit: &mut dyn Visit) {
                match self { $(Self::$kind(options) => options.visit(visit)),* }
            }

            pub fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
                match self { $(Self::$kind(options) => options.validate(channel, findings)),* }
            }

            pub(crate) fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
                match self { $(Self::$kind(options) => options.step(cx, answer)),* }
            }
        }

        /// Every kind as an action that was just taken from the palette, with the schema of its options.
        pub(crate) fn for_each_kind(visit: &mut dyn FnMut(ActionOptions, schemars::Schema)) {
            $(visit(ActionOptions::$kind($kind::default()), schemars::schema_for!($kind));)*
        }

        /// Reads the options of one kind; `None` when there is no such kind.
        pub(crate) fn read_options<'de, D: serde::Deserializer<'de>>(
            kind: &str,
            options: D,
        ) -> Option<Result<ActionOptions, D::Error>> {
            $(if kind == stringify!($module) {
                return Some($kind::deserialize(options).map(ActionOptions::$kind));
            })*
            None
        }
    };
}

actions! {
    send_message::SendMessage,
    ask::Ask,
    edit_message::EditMessage,
    delete_message::DeleteMessage,
    typing::Typing,
    set_variables::SetVariables,
    branch::Branch,
    switch::Switch,
    random_split::RandomSplit,
    for_each::ForEach,
    go_to::GoTo,
    call_scenario::CallScenario,
    step_back::StepBack,
    restart::Restart,
    end::End,
    raise_error::RaiseError,
    list_find::ListFind,
    list_add::ListAdd,
    list_edit::ListEdit,
    list_upsert::ListUpsert,
    list_delete::ListDelete,
    list_reserve::ListReserve,
    list_increment::ListIncrement,
    increment::Increment,
    javascript::Javascript,
    http_request::HttpRequest,
    respond::Respond,
    webhook_address::WebhookAddress,
    wait_webhook::WaitWebhook,
    delay::Delay,
    wait_until::WaitUntil,
    working_hours::WorkingHours,
    cancel_waits::CancelWaits,
    tag_add::TagAdd,
    tag_remove::TagRemove,
    set_fields::SetFields,
    send_to::SendTo,
    notify_staff::NotifyStaff,
    start_scenario::StartScenario,
    stop_scenario::StopScenario,
    consent::Consent,
    subscription::Subscription,
    forget_me::ForgetMe,
    check_subscription::CheckSubscription,
    give_access::GiveAccess,
    take_access::TakeAccess,
    copy_message::CopyMessage,
    make_link::MakeLink,
    send_invoice::SendInvoice,
    answer_payment::AnswerPayment,
    answer_inline::AnswerInline,
    call_channel::CallChannel,
}
