//! What a person picked by a button of the keyboard.
//!
//! <https://core.telegram.org/bots/api#usersshared>, `#chatshared` and `#poll` (Bot API 10.3); the forms of before
//! 7.2, which tell numbers only, are read too.

use engine::event::EventKind;
use engine::pick::{Picked, PickedChat, PickedUser, Poll as PickedPoll};
use serde::Deserialize;

use super::File;

#[derive(Deserialize)]
pub(super) struct UsersShared {
    #[serde(default)]
    request_id: i32,
    #[serde(default)]
    users: Vec<SharedUser>,
    #[serde(default)]
    user_ids: Vec<i64>,
}

#[derive(Deserialize)]
struct SharedUser {
    user_id: i64,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    photo: Option<Vec<File>>,
}

impl UsersShared {
    pub(super) fn into_kind(self) -> EventKind {
        let numbered = |id: i64| PickedUser { id: id.to_string(), ..PickedUser::default() };
        let users = if self.users.is_empty() {
            self.user_ids.into_iter().map(numbered).collect()
        } else {
            self.users.into_iter().map(SharedUser::into_picked).collect()
        };
        EventKind::Picked(Picked::Users { request: self.request_id, users })
    }
}

impl SharedUser {
    fn into_picked(self) -> PickedUser {
        PickedUser {
            id: self.user_id.to_string(),
            first_name: self.first_name.unwrap_or_default(),
            last_name: self.last_name.unwrap_or_default(),
            username: self.username.unwrap_or_default(),
            photo: largest(self.photo),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ChatShared {
    #[serde(default)]
    request_id: i32,
    chat_id: i64,
    title: Option<String>,
    username: Option<String>,
    photo: Option<Vec<File>>,
}

impl ChatShared {
    pub(super) fn into_kind(self) -> EventKind {
        let chat = PickedChat {
            id: self.chat_id.to_string(),
            title: self.title.unwrap_or_default(),
            username: self.username.unwrap_or_default(),
            photo: largest(self.photo),
        };
        EventKind::Picked(Picked::Chat { request: self.request_id, chat })
    }
}

/// The sizes of a photo come smallest first.
fn largest(sizes: Option<Vec<File>>) -> String {
    sizes.and_then(|mut sizes| sizes.pop()).map(|size| size.file_id).unwrap_or_default()
}

#[derive(Deserialize)]
pub(super) struct Poll {
    question: String,
    options: Vec<PollOption>,
    #[serde(default)]
    is_anonymous: bool,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    allows_multiple_answers: bool,
    correct_option_id: Option<usize>,
    /// Since quizzes may have several right answers.
    #[serde(default)]
    correct_option_ids: Vec<usize>,
    explanation: Option<String>,
}

#[derive(Deserialize)]
struct PollOption {
    text: String,
}

impl Poll {
    pub(super) fn into_kind(self) -> EventKind {
        EventKind::Picked(Picked::Poll(PickedPoll {
            question: self.question,
            options: self.options.into_iter().map(|option| option.text).collect(),
            quiz: self.kind == "quiz",
            several: self.allows_multiple_answers,
            anonymous: self.is_anonymous,
            correct: self.correct_option_id.or_else(|| self.correct_option_ids.first().copied()),
            explanation: self.explanation.unwrap_or_default(),
        }))
    }
}
