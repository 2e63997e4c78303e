//! What a played person picks: people, a chat, a poll; and how a line of a chat says it.
//!
//! `@users 5 Ann Smith @ann, 7`: numbers, each with a name and a username where they are known. `@chat -100 My shop
//! @shop`. `@poll Tea or coffee? | Tea | Coffee`, and with a star before the right option it is a quiz.

use super::World;
use crate::event::{Event, EventKind};
use crate::message::{Choice, ChoiceAction};
use crate::pick::{Pick, Picked, PickedChat, PickedUser, Poll};

/// Reads what stands behind `@users`, `@chat` or `@poll`; the error says what was expected there.
pub(super) fn parse(what: &str, text: &str) -> Result<Picked, (&'static str, &'static str)> {
    let picked = match what {
        "users" => {
            let users: Option<Vec<PickedUser>> = text.split(',').map(parse_user).collect();
            users.map(|users| Picked::Users { request: 0, users })
        }
        "chat" => parse_named(text).map(|(id, title, username)| {
            let (id, username) = (id.to_owned(), username.to_owned());
            Picked::Chat { request: 0, chat: PickedChat { id, title, username, ..PickedChat::default() } }
        }),
        _ => parse_poll(text).map(Picked::Poll),
    };
    picked.ok_or(match what {
        "users" => (
            "expected @users 5 Ann @ann, 7: numbers of people",
            "ожидалось @users 5 Анна @anna, 7: номера людей",
        ),
        "chat" => ("expected @chat -100 Title @name", "ожидалось @chat -100 Название @имя"),
        _ => (
            "expected @poll question | option | option, a star before the right one",
            "ожидалось @poll вопрос | вариант | вариант, верный — со звёздочкой",
        ),
    })
}

fn parse_user(text: &str) -> Option<PickedUser> {
    let (id, name, username) = parse_named(text)?;
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    Some(PickedUser {
        id: id.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        username: username.to_owned(),
        photo: String::new(),
    })
}

/// A number, a name of any number of words, and a username.
fn parse_named(text: &str) -> Option<(&str, String, &str)> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let username = words.pop_if(|word| word.starts_with('@')).map_or("", |word| word.trim_start_matches('@'));
    let (id, name) = words.split_first()?;
    id.parse::<i64>().ok()?;
    Some((id, name.join(" "), username))
}

fn parse_poll(text: &str) -> Option<Poll> {
    let mut parts = text.split('|').map(str::trim);
    let question = parts.next().filter(|question| !question.is_empty())?.to_owned();
    let (mut options, mut correct) = (Vec::new(), None);
    for (index, option) in parts.enumerate() {
        let right = option.strip_prefix('*');
        if right.is_some() {
            correct = Some(index);
        }
        options.push(right.unwrap_or(option).trim().to_owned());
    }
    let whole = options.len() >= 2 && options.iter().all(|option| !option.is_empty());
    whole.then(|| Poll {
        question,
        options,
        quiz: correct.is_some(),
        correct,
        anonymous: true,
        ..Poll::default()
    })
}

/// What somebody picks who only presses the button.
pub(super) fn example(pick: &Pick) -> Picked {
    match pick {
        Pick::Users(wanted) => {
            let told = |asked: bool, text: &str| if asked { text.to_owned() } else { String::new() };
            let user = PickedUser {
                id: "1001".to_owned(),
                first_name: told(wanted.tell.name, "Boris"),
                username: told(wanted.tell.username, "boris"),
                ..PickedUser::default()
            };
            Picked::Users { request: wanted.request, users: vec![user] }
        }
        Pick::Chat(wanted) => {
            let chat = PickedChat {
                id: "-1001".to_owned(),
                title: if wanted.tell.name { "Club".to_owned() } else { String::new() },
                username: if wanted.tell.username && wanted.public != Some(false) {
                    "club".to_owned()
                } else {
                    String::new()
                },
                ..PickedChat::default()
            };
            Picked::Chat { request: wanted.request, chat }
        }
        Pick::Poll(wanted) => {
            let quiz = wanted.quiz == Some(true);
            Picked::Poll(Poll {
                question: "2 + 2?".to_owned(),
                options: vec!["3".to_owned(), "4".to_owned()],
                quiz,
                correct: quiz.then_some(1),
                anonymous: true,
                ..Poll::default()
            })
        }
    }
}

impl World {
    /// Whether a button stands on the keyboard rather than under its message.
    pub(super) fn is_key(&self, who: &str, token: &str) -> bool {
        self.people.get(who).is_some_and(|person| person.lane.memory.keys.iter().any(|(_, own)| own == token))
    }

    /// A caption that comes from the keyboard is the press of its key.
    pub(super) fn press_key(&self, who: &str, event: Event) -> Event {
        let Some(person) = self.people.get(who) else { return event };
        let Some(mut pressed) = person.lane.key(&event) else { return event };
        let mut programs = self.programs.clone();
        self.bury_deserted(&mut programs);
        if !person.lane.leads_on(&programs, &pressed) {
            return event;
        }
        if let EventKind::Button { token, value, .. } = &mut pressed.kind {
            let is_it = |choice: &&Choice| matches!(&choice.action, ChoiceAction::Reply(own) if own == token);
            *value = self.buttons(who).into_iter().find(is_it).and_then(|choice| choice.value.clone());
        }
        pressed
    }

    /// A line that says what was picked means the newest button that lets pick such a thing.
    pub(super) fn aim(&self, who: &str, mut kind: EventKind) -> EventKind {
        if let EventKind::Picked(picked) = &mut kind {
            let request =
                self.buttons(who).into_iter().rev().find_map(|choice| match (&choice.action, &*picked) {
                    (ChoiceAction::Pick(Pick::Users(users)), Picked::Users { request: 0, .. }) => {
                        Some(users.request)
                    }
                    (ChoiceAction::Pick(Pick::Chat(chat)), Picked::Chat { request: 0, .. }) => {
                        Some(chat.request)
                    }
                    _ => None,
                });
            if let Some(request) = request {
                picked.set_request(request);
            }
        }
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_say_what_was_picked() {
        let check = |what: &str, text: &str, expected: Option<&str>| {
            let read = parse(what, text).map(|picked| picked.value().to_json().to_string());
            assert_eq!(read.ok().as_deref(), expected, "@{what} {text}");
        };
        let user = |id: &str, name: &str, first: &str, last: &str, username: &str| {
            format!(
                r#"{{"user_id":"{id}","name":"{name}","first_name":"{first}","last_name":"{last}","username":"{username}","photo":""}}"#
            )
        };
        let two = format!(
            "[{},{}]",
            user("5", "Ann Lee Smith", "Ann", "Lee Smith", "ann"),
            user("7", "", "", "", "")
        );
        check("users", "5 Ann Lee Smith @ann, 7", Some(&two));
        check("users", "", None);
        check("users", "Ann", None);
        check("users", "5,", None);
        check(
            "chat",
            "-100 My shop @shop",
            Some(r#"{"chat_id":"-100","title":"My shop","username":"shop","photo":""}"#),
        );
        check("chat", "@shop", None);
        check(
            "poll",
            "2 + 2? | 3 | *4",
            Some(
                r#"{"question":"2 + 2?","options":["3","4"],"quiz":true,"several":false,"anonymous":true,"correct":"4","explanation":""}"#,
            ),
        );
        check("poll", "Tea? | yes", None);
        check("poll", "Tea? | yes | ", None);
        check("poll", "| a | b", None);
    }
}
