//! What a keyboard button lets a person pick (people, a chat, a poll), and what was picked.
//!
//! The messenger names the button it was picked by with [`Pick::request`]; polls come without a name.
//! What a scenario sees of it is [`Picked::value`].

use serde::{Deserialize, Serialize};

use crate::value::{Map, Value};

/// What is to be picked. What is `None` does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    Users(UsersPick),
    Chat(ChatPick),
    Poll(PollPick),
}

impl Pick {
    /// By which the messenger tells whose button it was.
    pub fn request(&self) -> Option<i32> {
        match self {
            Self::Users(users) => Some(users.request),
            Self::Chat(chat) => Some(chat.request),
            Self::Poll(_) => None,
        }
    }

    /// Whether this is a thing that the button lets pick.
    pub fn fits(&self, picked: &Picked) -> bool {
        match (self, picked) {
            (Self::Users(_), Picked::Users { .. })
            | (Self::Chat(_), Picked::Chat { .. })
            | (Self::Poll(_), Picked::Poll(_)) => {
                self.request().is_none_or(|request| picked.request() == Some(request))
            }
            _ => false,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsersPick {
    pub request: i32,
    /// How many people at most, from 1.
    pub most: u8,
    /// Only bots, or only people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bots: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub premium: Option<bool>,
    pub tell: Tell,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatPick {
    pub request: i32,
    /// A channel, else a group.
    pub channel: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forum: Option<bool>,
    /// Has a public name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The person created it.
    pub created: bool,
    /// The bot is there already.
    pub member: bool,
    /// The bot becomes an administrator there.
    pub admin: bool,
    pub tell: Tell,
}

/// What the messenger is to tell of who or what was picked, besides the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tell {
    pub name: bool,
    pub username: bool,
    pub photo: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PollPick {
    /// Only quizzes, or only polls without a right answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiz: Option<bool>,
}

/// What a person picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Picked {
    Users { request: i32, users: Vec<PickedUser> },
    Chat { request: i32, chat: PickedChat },
    Poll(Poll),
}

/// What was not asked for, or is not known, is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PickedUser {
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The channel's id of the picture.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub photo: String,
}

impl PickedUser {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    fn value(&self) -> Value {
        object([
            ("user_id", self.id.as_str().into()),
            ("name", self.name().into()),
            ("first_name", self.first_name.as_str().into()),
            ("last_name", self.last_name.as_str().into()),
            ("username", self.username.as_str().into()),
            ("photo", self.photo.as_str().into()),
        ])
    }
}

/// What was not asked for, or is not known, is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PickedChat {
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The channel's id of the picture.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub photo: String,
}

/// A poll that a person made for the bot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Poll {
    pub question: String,
    pub options: Vec<String>,
    pub quiz: bool,
    /// Several options may be ticked.
    pub several: bool,
    pub anonymous: bool,
    /// Of a quiz: the right option, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correct: Option<usize>,
    /// Of a quiz: what is said to whoever is wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub explanation: String,
}

impl Poll {
    fn value(&self) -> Value {
        let right = self.correct.and_then(|index| self.options.get(index));
        let options = self.options.iter().map(|option| option.as_str().into()).collect();
        object([
            ("question", self.question.as_str().into()),
            ("options", Value::Array(options)),
            ("quiz", self.quiz.into()),
            ("several", self.several.into()),
            ("anonymous", self.anonymous.into()),
            ("correct", right.map_or(Value::Null, |option| option.as_str().into())),
            ("explanation", self.explanation.as_str().into()),
        ])
    }
}

impl Picked {
    fn request(&self) -> Option<i32> {
        match self {
            Self::Users { request, .. } | Self::Chat { request, .. } => Some(*request),
            Self::Poll(_) => None,
        }
    }

    /// Says by which button it was picked, where that is told at all.
    pub fn set_request(&mut self, new: i32) {
        match self {
            Self::Users { request, .. } | Self::Chat { request, .. } => *request = new,
            Self::Poll(_) => {}
        }
    }

    /// As a scenario keeps it: an array of people, a chat or a poll, with all that is known.
    pub fn value(&self) -> Value {
        match self {
            Self::Users { users, .. } => Value::Array(users.iter().map(PickedUser::value).collect()),
            Self::Chat { chat, .. } => object([
                ("chat_id", chat.id.as_str().into()),
                ("title", chat.title.as_str().into()),
                ("username", chat.username.as_str().into()),
                ("photo", chat.photo.as_str().into()),
            ]),
            Self::Poll(poll) => poll.value(),
        }
    }

    /// The first one who was picked.
    pub fn first_user(&self) -> Option<Value> {
        match self {
            Self::Users { users, .. } => users.first().map(PickedUser::value),
            Self::Chat { .. } | Self::Poll(_) => None,
        }
    }

    /// In short: the numbers of the people, the number of the chat, the question of the poll.
    pub fn short(&self) -> Value {
        match self {
            Self::Users { users, .. } => texts(users.iter().map(|user| user.id.clone())),
            Self::Chat { chat, .. } => chat.id.as_str().into(),
            Self::Poll(poll) => poll.question.as_str().into(),
        }
    }

    /// The variables it brings.
    pub fn variables(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Users { users, .. } => vec![
                ("picked_ids", self.short()),
                ("picked_names", texts(users.iter().map(PickedUser::name))),
                ("picked_usernames", texts(users.iter().map(|user| user.username.clone()))),
            ],
            Self::Chat { chat, .. } => vec![
                ("picked_chat_id", self.short()),
                ("picked_chat_title", chat.title.as_str().into()),
                ("picked_chat_username", chat.username.as_str().into()),
            ],
            Self::Poll(poll) => {
                vec![("poll_question", self.short()), ("poll_options", texts(poll.options.iter().cloned()))]
            }
        }
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map>())
}

fn texts(all: impl Iterator<Item = String>) -> Value {
    Value::Array(all.map(Value::Text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_button_it_was_picked_by_fits() {
        let users = |request| Pick::Users(UsersPick { request, ..UsersPick::default() });
        let chat = |request| Pick::Chat(ChatPick { request, ..ChatPick::default() });
        let picked = Picked::Users { request: 5, users: Vec::new() };
        assert!(users(5).fits(&picked));
        assert!(!users(6).fits(&picked));
        assert!(!chat(5).fits(&picked));
        assert!(!Pick::Poll(PollPick::default()).fits(&picked));
        assert!(Pick::Poll(PollPick::default()).fits(&Picked::Poll(Poll::default())));
    }

    #[test]
    fn the_right_option_of_a_quiz_is_told_by_its_text() {
        let check = |correct: Option<usize>, expected: &str| {
            let poll = Poll { options: vec!["3".into(), "4".into()], correct, ..Poll::default() };
            let value = Picked::Poll(poll).value();
            assert_eq!(
                value.get("correct").map(|text| text.to_json().to_string()).as_deref(),
                Some(expected)
            );
        };
        check(Some(1), "\"4\"");
        check(Some(2), "null");
        check(None, "null");
    }
}
