//! What a bot says: rich text and choices, never a messenger's own markup.

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A run of text with one set of marks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    #[serde(rename = "t")]
    pub text: String,
    #[serde(rename = "m", default, skip_serializing_if = "Marks::is_none")]
    pub marks: Marks,
    /// Where the span leads when it is a link.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Text marks; several may apply at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    #[serde(skip_serializing_if = "is_false")]
    pub bold: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub italic: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub underline: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub strike: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub code: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub spoiler: bool,
}

impl Marks {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Text made of spans; adapters render it as HTML, entities or plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RichText(pub Vec<Span>);

impl RichText {
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Span { text: text.into(), ..Span::default() }])
    }

    /// The text without its marks.
    pub fn to_plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.text.is_empty())
    }

    /// Appends text, joining it to the last span when the marks are the same.
    pub fn push(&mut self, text: &str, marks: Marks, link: Option<&str>) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.marks == marks && last.link.as_deref() == link => last.text.push_str(text),
            _ => self.0.push(Span { text: text.to_owned(), marks, link: link.map(str::to_owned) }),
        }
    }
}

/// Where the choices of a message are shown; an adapter that lacks the place takes the nearest one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "inline": {"en": "Under the message", "ru": "Под сообщением"},
    "keyboard": {"en": "Instead of the keyboard", "ru": "Вместо клавиатуры"},
}))]
pub enum Placement {
    /// Under the message.
    #[default]
    Inline,
    /// Instead of the keyboard.
    Keyboard,
}

/// A message on its way out. Rows of choices are rows of buttons.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub text: RichText,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Vec<Choice>>,
    #[serde(default)]
    pub placement: Placement,
    /// Delivered without a sound.
    #[serde(default, skip_serializing_if = "is_false")]
    pub silent: bool,
}

/// What becomes of the buttons of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonsChange {
    /// All of them go.
    Remove,
    /// The button with this token gets a tick; the others stay as they are.
    Tick(String),
}

/// Stands before the caption of a ticked button.
pub const TICK: &str = "✅ ";

impl Message {
    /// Changes the buttons; answers whether there was anything to change.
    pub fn change_buttons(&mut self, change: &ButtonsChange) -> bool {
        match change {
            ButtonsChange::Remove => !std::mem::take(&mut self.choices).is_empty(),
            ButtonsChange::Tick(token) => {
                let is_meant =
                    |choice: &&mut Choice| matches!(&choice.action, ChoiceAction::Reply(own) if own == token);
                let Some(choice) = self.choices.iter_mut().flatten().find(is_meant) else { return false };
                let changed = !choice.label.starts_with(TICK);
                if changed {
                    choice.label.insert_str(0, TICK);
                }
                changed
            }
        }
    }
}

/// A button: what it says and what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub label: String,
    pub action: ChoiceAction,
}

/// What pressing a button does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceAction {
    /// Comes back to us as [`crate::event::EventKind::Button`] with this token (at most 64 bytes).
    Reply(String),
    /// Opens an address.
    Url(String),
    /// Opens a mini app of the workspace, by its name; the sender turns it into an address.
    MiniApp(String),
    /// Asks for the person's phone number.
    Contact,
    /// Asks for the person's location.
    Location,
}

/// A reply to whoever called a webhook or the mini-app callback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status, 200 unless the scenario says otherwise.
    pub status: u16,
    /// A text goes out as it is; everything else as JSON.
    pub body: Value,
}

impl Response {
    /// The run came to no good end. The caller learns that, and no more.
    pub fn failed() -> Self {
        Self::error(500, "scenario_failed")
    }

    /// No scenario takes the call.
    pub fn nobody() -> Self {
        Self::error(404, "no_scenario")
    }

    fn error(status: u16, code: &str) -> Self {
        Self { status, body: Value::Object([("error".to_owned(), code.into())].into_iter().collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_ticked_once_and_removed() {
        let reply = |label: &str, token: &str| Choice {
            label: label.to_owned(),
            action: ChoiceAction::Reply(token.to_owned()),
        };
        let mut message =
            Message { choices: vec![vec![reply("Yes", "1"), reply("No", "2")]], ..Message::default() };
        let check = |message: &mut Message, change: ButtonsChange, changed: bool, labels: &[&str]| {
            assert_eq!(message.change_buttons(&change), changed, "{change:?}");
            let shown: Vec<&str> =
                message.choices.iter().flatten().map(|choice| choice.label.as_str()).collect();
            assert_eq!(shown, labels, "{change:?}");
        };
        check(&mut message, ButtonsChange::Tick("3".into()), false, &["Yes", "No"]);
        check(&mut message, ButtonsChange::Tick("2".into()), true, &["Yes", "✅ No"]);
        check(&mut message, ButtonsChange::Tick("2".into()), false, &["Yes", "✅ No"]);
        check(&mut message, ButtonsChange::Remove, true, &[]);
        check(&mut message, ButtonsChange::Remove, false, &[]);
    }
}
