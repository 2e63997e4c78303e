//! What counts as an answer: the kinds of answers a question takes, and how each is read.
//!
//! The normal form of an answer, whatever way it was typed:
//!
//! | kind | value |
//! |---|---|
//! | text, pattern | the text |
//! | number | a number |
//! | phone | text, `+` and 7 to 15 digits |
//! | e-mail | text |
//! | date | text `dd.mm.yyyy`, which compares as a date |
//! | time | text `hh:mm` |
//! | choice | the button's value, else its caption |
//! | several | an array of those, in the order of the buttons |
//! | photo, file, voice, video | `{file_id, kind, name, size, mime, caption}`, `size` in bytes; of an album the first, with all of them under `album` |
//! | user | `{user_id, name, first_name, last_name, username, photo}` |
//! | users | an array of those |
//! | chat | `{chat_id, title, username, photo}` |
//! | poll | `{question, options, quiz, several, anonymous, correct, explanation}` |
//! | contact | `{phone, first_name, last_name, user_id}` |
//! | location | text `latitude:longitude`; `client_latitude` and `client_longitude` hold the numbers |
//!
//! Start with [`AnswerKind::read`].

mod moments;

use std::cmp::Ordering;

use jiff::civil::Date;
use regex::Regex;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ButtonAction;
use crate::event::{AlbumFile, Event, EventKind};
use crate::expression::{ExpressionError, pattern};
use crate::message::MediaKind;
use crate::pick::Picked;
use crate::value::{Map, Value, parse_number};
use crate::words::Words;
use moments::{read_date, read_time};

/// What a question wants to hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "text": {"en": "Text", "ru": "Текст"},
    "number": {"en": "Number", "ru": "Число"},
    "phone": {"en": "Phone number", "ru": "Телефон"},
    "email": {"en": "E-mail", "ru": "Эл. почта"},
    "date": {"en": "Date", "ru": "Дата"},
    "time": {"en": "Time", "ru": "Время"},
    "choice": {"en": "One of the buttons", "ru": "Одна из кнопок"},
    "several": {"en": "Several of the buttons", "ru": "Несколько кнопок"},
    "pattern": {"en": "Text by a pattern", "ru": "Текст по шаблону"},
    "photo": {"en": "Picture", "ru": "Картинка"},
    "file": {"en": "File", "ru": "Файл"},
    "voice": {"en": "Voice or audio", "ru": "Голос или аудио"},
    "video": {"en": "Video", "ru": "Видео"},
    "contact": {"en": "Contact card", "ru": "Контакт"},
    "location": {"en": "Location", "ru": "Местоположение"},
    "user": {"en": "One picked person", "ru": "Выбранный человек"},
    "users": {"en": "Picked people", "ru": "Выбранные люди"},
    "chat": {"en": "Picked group or channel", "ru": "Выбранная группа или канал"},
    "poll": {"en": "Poll", "ru": "Опрос"},
    "any": {"en": "Anything", "ru": "Что угодно"},
}))]
pub enum AnswerKind {
    #[default]
    Text,
    Number,
    /// Typed, or sent as a contact.
    Phone,
    Email,
    Date,
    Time,
    Choice,
    /// Buttons that are ticked one by one, and one that ends it.
    Several,
    /// A text that a regular expression matches as a whole.
    Pattern,
    Photo,
    /// A file of any type, pictures and sounds included.
    File,
    Voice,
    Video,
    /// The person's own contact, vouched for by the channel.
    Contact,
    Location,
    /// Somebody whom the person picked by a button; of several, the first.
    User,
    Users,
    /// A group or a channel that the person picked by a button.
    Chat,
    Poll,
    Any,
}

/// What an answer must fit besides its kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// The least and the greatest answer, both inclusive, in the kind's normal form.
    pub min: Option<Value>,
    pub max: Option<Value>,
    pub pattern: Option<Regex>,
    pub today: Date,
}

impl Wanted {
    fn bounds(&self, value: Value) -> Option<Value> {
        let above = self.min.as_ref().is_none_or(|min| value.compare(min) != Some(Ordering::Less));
        let below = self.max.as_ref().is_none_or(|max| value.compare(max) != Some(Ordering::Greater));
        (above && below).then_some(value)
    }
}

impl AnswerKind {
    /// Whether its answers have a least and a greatest one; of several buttons, their number does.
    pub(super) fn has_bounds(self) -> bool {
        matches!(self, Self::Number | Self::Date | Self::Time | Self::Several)
    }

    /// Whether buttons are what the question offers, rather than something beside it.
    pub(super) fn is_chosen(self) -> bool {
        matches!(self, Self::Choice | Self::Several)
    }

    /// Whether pressing such a button can answer the question.
    pub(super) fn takes_button(self, action: ButtonAction) -> bool {
        match action {
            ButtonAction::Contact => matches!(self, Self::Contact | Self::Phone | Self::Any),
            ButtonAction::Location => matches!(self, Self::Location | Self::Any),
            ButtonAction::Users => matches!(self, Self::User | Self::Users | Self::Any),
            ButtonAction::Chat => matches!(self, Self::Chat | Self::Any),
            ButtonAction::Poll => matches!(self, Self::Poll | Self::Any),
            _ => true,
        }
    }

    /// The button without which nobody can answer.
    pub(super) fn needs_button(self) -> Option<ButtonAction> {
        match self {
            Self::User | Self::Users => Some(ButtonAction::Users),
            Self::Chat => Some(ButtonAction::Chat),
            _ => None,
        }
    }

    /// What the bot says to an answer that does not fit, unless the builder wrote better words.
    pub(super) fn wrong_answer(self) -> Words {
        match self {
            Self::Date => {
                Words::new("Please send a date, such as 31.12.2026.", "Пришлите дату, например 31.12.2026.")
            }
            Self::Time => Words::new("Please send a time, such as 18:30.", "Пришлите время, например 18:30."),
            Self::Photo => Words::new("Please send a picture.", "Пришлите картинку."),
            Self::File => Words::new("Please send a file.", "Пришлите файл."),
            Self::Voice => Words::new("Please send a voice message.", "Пришлите голосовое сообщение."),
            Self::Video => Words::new("Please send a video.", "Пришлите видео."),
            Self::User | Self::Users | Self::Chat => Words::new(
                "Please press the button below and pick from the list.",
                "Нажмите кнопку внизу и выберите из списка.",
            ),
            Self::Poll => Words::new("Please make a poll.", "Создайте опрос."),
            Self::Several => Words::new(
                "Please tick the buttons under the question, then press the last one.",
                "Отметьте кнопки под вопросом и нажмите последнюю.",
            ),
            _ => Words::new(
                "That does not look like an answer to the question. Please try again.",
                "Это не похоже на ответ. Попробуйте ещё раз.",
            ),
        }
    }

    /// A bound in the kind's normal form.
    pub(super) fn read_bound(self, bound: &Value, today: Date) -> Option<Value> {
        match self {
            Self::Date => read_date(&bound.to_text(), today).map(date_value),
            Self::Time => read_time(&bound.to_text()).map(time_value),
            _ => bound.to_number().map(Value::Number),
        }
    }

    /// The answer this event gives, if it is one of this kind. Presses and mini apps are not read here.
    pub(super) fn read(self, event: &Event, wanted: &Wanted) -> Option<Value> {
        match (self, &event.kind) {
            (Self::Text, EventKind::WebAppData { .. }) => Some(event.answer()),
            (Self::Text, EventKind::Text { text }) => (!text.trim().is_empty()).then(|| text.as_str().into()),
            (Self::Pattern, EventKind::Text { text }) => {
                let text = text.trim();
                wanted.pattern.as_ref()?.is_match(text).then(|| text.into())
            }
            (Self::Number, EventKind::Text { text }) => {
                read_number(text).map(Value::Number).and_then(|number| wanted.bounds(number))
            }
            (Self::Date, EventKind::Text { text }) => {
                read_date(text, wanted.today).map(date_value).and_then(|date| wanted.bounds(date))
            }
            (Self::Time, EventKind::Text { text }) => {
                read_time(text).map(time_value).and_then(|time| wanted.bounds(time))
            }
            (Self::Phone, EventKind::Text { text }) => read_phone(text).map(Value::Text),
            (Self::Phone, EventKind::Contact { phone, .. }) => Some(contact_phone(phone).into()),
            (Self::Contact, EventKind::Contact { own: true, .. }) => contact_card(&event.kind),
            (Self::Email, EventKind::Text { text }) => read_email(text).map(Value::from),
            (Self::Location, EventKind::Location { .. }) => Some(event.answer()),
            (Self::Photo | Self::File | Self::Voice | Self::Video, EventKind::Media { kind, mime, .. }) => {
                self.takes_media(*kind, mime).then(|| media_value(&event.kind)).flatten()
            }
            (Self::User, EventKind::Picked(picked @ Picked::Users { .. })) => picked.first_user(),
            (Self::Users, EventKind::Picked(picked @ Picked::Users { users, .. })) => {
                (!users.is_empty()).then(|| picked.value())
            }
            (Self::Chat, EventKind::Picked(picked @ Picked::Chat { .. }))
            | (Self::Poll, EventKind::Picked(picked @ Picked::Poll(_))) => Some(picked.value()),
            (Self::Any, EventKind::Picked(picked)) => Some(picked.value()),
            (Self::Any, EventKind::Media { .. }) => media_value(&event.kind),
            (Self::Any, kind) if !matches!(kind, EventKind::Unknown) => Some(event.answer()),
            _ => None,
        }
    }

    /// People send pictures, sounds and films as files too: what they are, their MIME type tells.
    fn takes_media(self, kind: MediaKind, mime: &str) -> bool {
        let is_file = |family: &str| kind == MediaKind::File && mime.starts_with(family);
        match self {
            Self::Photo => kind == MediaKind::Photo || is_file("image/"),
            Self::Voice => matches!(kind, MediaKind::Voice | MediaKind::Audio) || is_file("audio/"),
            Self::Video => {
                matches!(kind, MediaKind::Video | MediaKind::VideoNote | MediaKind::Animation)
                    || is_file("video/")
            }
            _ => kind != MediaKind::Sticker,
        }
    }
}

/// A pattern that a text must match from its first character to its last; the error says what is wrong with it.
pub(super) fn compile_whole(source: &str) -> Result<Regex, ExpressionError> {
    pattern::compile(source)?;
    pattern::compile(&format!(r"\A(?:{source})\z"))
}

fn date_value(date: Date) -> Value {
    date.strftime("%d.%m.%Y").to_string().into()
}

fn time_value(time: jiff::civil::Time) -> Value {
    time.strftime("%H:%M").to_string().into()
}

/// A file as a scenario knows it. Of an album it is the first one, and all of them stand under `album`.
pub(crate) fn media_value(kind: &EventKind) -> Option<Value> {
    let EventKind::Media { file, text, kind, name, size_bytes, mime, album } = kind else { return None };
    let first = AlbumFile {
        file: file.clone(),
        text: text.clone(),
        kind: *kind,
        name: name.clone(),
        size_bytes: *size_bytes,
        mime: mime.clone(),
    };
    let mut fields = file_fields(&first);
    if !album.is_empty() {
        let all = std::iter::once(&first).chain(album).map(|file| Value::Object(file_fields(file)));
        fields.insert("album".to_owned(), Value::Array(all.collect()));
    }
    Some(Value::Object(fields))
}

fn file_fields(file: &AlbumFile) -> Map {
    named([
        ("file_id", file.file.as_str().into()),
        ("kind", file.kind.as_str().into()),
        ("name", file.name.as_str().into()),
        ("size", file.size_bytes.map_or(Value::Null, |size| Value::Number(size.into()))),
        ("mime", file.mime.as_str().into()),
        ("caption", file.text.as_str().into()),
    ])
}

fn contact_card(kind: &EventKind) -> Option<Value> {
    let EventKind::Contact { phone, first_name, last_name, user, .. } = kind else { return None };
    let fields = [
        ("phone", contact_phone(phone).into()),
        ("first_name", first_name.as_str().into()),
        ("last_name", last_name.as_str().into()),
        ("user_id", user.as_str().into()),
    ];
    Some(Value::Object(named(fields)))
}

fn named<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn read_number(text: &str) -> Option<Decimal> {
    // People group thousands with spaces, narrow and non-breaking ones too.
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    parse_number(&digits)
}

/// A phone number as `+` and 7 to 15 digits (E.164). In Russia people write 8 for +7.
fn read_phone(text: &str) -> Option<String> {
    let text = text.trim();
    let allowed =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '.');
    if !text.chars().all(allowed) || text.chars().skip(1).any(|c| c == '+') {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (text.starts_with('+'), digits.len(), digits.strip_prefix('8')) {
        (false, 11, Some(rest)) => Some(format!("+7{rest}")),
        (true, 7..=15, _) | (false, 11..=15, _) => Some(format!("+{digits}")),
        _ => None,
    }
}

/// Channels give contacts with and without the plus.
fn contact_phone(phone: &str) -> String {
    read_phone(phone).unwrap_or_else(|| phone.to_owned())
}

fn read_email(text: &str) -> Option<&str> {
    let text = text.trim();
    let (name, domain) = text.rsplit_once('@')?;
    let name_fits =
        !name.is_empty() && name.len() <= 64 && !name.contains(|c: char| c.is_whitespace() || c == '@');
    let label_fits = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let domain_fits = domain.contains('.') && domain.split('.').all(label_fits);
    (text.len() <= 254 && name_fits && domain_fits).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::event;
    use crate::pick::PickedUser;

    fn check(kind: AnswerKind, event_kind: EventKind, expected: Option<&str>) {
        let today = Date::constant(2026, 1, 15);
        let bound = |text: &str| kind.read_bound(&text.into(), today);
        let (min, max) = match kind {
            AnswerKind::Number => (bound("1"), bound("10000")),
            AnswerKind::Date => (bound("today"), bound("31.12.2026")),
            AnswerKind::Time => (bound("9:00"), bound("18:00")),
            _ => (None, None),
        };
        let pattern = Some(compile_whole(r"[A-Z]{2}-\d+|AB").unwrap());
        let wanted = Wanted { min, max, pattern, today };
        let read = kind.read(&event(event_kind.clone()), &wanted).map(|value| value.to_text().into_owned());
        assert_eq!(read.as_deref(), expected, "{kind:?} of {event_kind:?}");
    }

    fn check_text(kind: AnswerKind, text: &str, expected: Option<&str>) {
        check(kind, EventKind::Text { text: text.to_owned() }, expected);
    }

    #[test]
    fn typed_answers() {
        use AnswerKind::{
            Any, Choice, Contact, Date, Email, Location, Number, Pattern, Phone, Photo, Text, Time,
        };
        check_text(Text, " hi ", Some(" hi "));
        check_text(Text, "  ", None);
        check_text(Number, "12,50", Some("12.5"));
        check_text(Number, "1 000", Some("1000"));
        check_text(Number, "0", None);
        check_text(Number, "10001", None);
        check_text(Number, "many", None);
        check_text(Phone, "8 (912) 345-67-89", Some("+79123456789"));
        check_text(Phone, "+44 20 7946 0958", Some("+442079460958"));
        check_text(Phone, "79123456789", Some("+79123456789"));
        check_text(Phone, "12345", None);
        check_text(Phone, "call me", None);
        check_text(Phone, "+7+9123456789", None);
        check_text(Email, " ann@example.co.uk ", Some("ann@example.co.uk"));
        check_text(Email, "иван@почта.рф", Some("иван@почта.рф"));
        check_text(Email, "ann@example", None);
        check_text(Email, "ann smith@example.com", None);
        check_text(Email, "@example.com", None);
        check_text(Email, "a@b@example.com", None);
        check_text(Email, "ann@-example.com", None);
        check_text(Contact, "+79123456789", None);
        check_text(Location, "here", None);
        check_text(Choice, "anything", None);
        check_text(Any, "anything", Some("anything"));
        check_text(Date, "16.1", Some("16.01.2026"));
        check_text(Date, "14.01.2026", None);
        check_text(Date, "01.01.2027", None);
        check_text(Date, "some day", None);
        check_text(Time, "9", Some("09:00"));
        check_text(Time, "18:00", Some("18:00"));
        check_text(Time, "8:59", None);
        check_text(Pattern, " AB-12 ", Some("AB-12"));
        check_text(Pattern, "xAB-12", None);
        check_text(Photo, "AB-12", None);
    }

    #[test]
    fn contacts_and_places() {
        use AnswerKind::{Any, Contact, Location, Phone, Text};
        let contact = |own| EventKind::Contact {
            phone: "79123456789".to_owned(),
            own,
            first_name: "Ann".to_owned(),
            last_name: String::new(),
            user: "42".to_owned(),
        };
        let card = r#"{"phone":"+79123456789","first_name":"Ann","last_name":"","user_id":"42"}"#;
        check(Contact, contact(true), Some(card));
        check(Contact, contact(false), None);
        check(Phone, contact(false), Some("+79123456789"));
        check(Text, contact(true), None);
        check(Any, contact(true), Some("79123456789"));
        let place = EventKind::Location { latitude: 55.5, longitude: 37.25 };
        check(Location, place.clone(), Some("55.5:37.25"));
        check(Text, place, None);
        check(Any, EventKind::Unknown, None);
    }

    #[test]
    fn picks() {
        use AnswerKind::{Any, Chat, Poll, Text, User, Users};
        let users = |ids: &[&str]| {
            let user = |id: &&str| PickedUser { id: (*id).to_owned(), ..PickedUser::default() };
            EventKind::Picked(Picked::Users { request: 1, users: ids.iter().map(user).collect() })
        };
        let told = |id: &str| {
            format!(
                r#"{{"user_id":"{id}","name":"","first_name":"","last_name":"","username":"","photo":""}}"#
            )
        };
        check(User, users(&["5", "7"]), Some(&told("5")));
        check(Users, users(&["5", "7"]), Some(&format!("{}, {}", told("5"), told("7"))));
        check(Users, users(&[]), None);
        check(User, users(&[]), None);
        check(Chat, users(&["5"]), None);
        check(Text, users(&["5"]), None);
        check(Any, users(&["5"]), Some(&told("5")));
        let poll = EventKind::Picked(Picked::Poll(crate::pick::Poll::default()));
        check(Users, poll.clone(), None);
        check(
            Poll,
            poll,
            Some(
                r#"{"question":"","options":[],"quiz":false,"several":false,"anonymous":false,"correct":null,"explanation":""}"#,
            ),
        );
        check_text(Chat, "-100", None);
        check_text(User, "5", None);
    }

    #[test]
    fn files() {
        use AnswerKind::{Any, File, Photo, Text, Video, Voice};
        use MediaKind as Is;
        let takes = |wants: AnswerKind, kind: MediaKind, mime: &str, expected: bool| {
            let media = EventKind::Media {
                file: "f1".to_owned(),
                text: "mine".to_owned(),
                kind,
                name: "a.bin".to_owned(),
                size_bytes: Some(10),
                mime: mime.to_owned(),
                album: Vec::new(),
            };
            let value = format!(
                r#"{{"file_id":"f1","kind":"{}","name":"a.bin","size":10,"mime":"{mime}","caption":"mine"}}"#,
                kind.as_str()
            );
            check(wants, media, expected.then_some(value.as_str()));
        };
        takes(Photo, Is::Photo, "", true);
        takes(Photo, Is::File, "image/png", true);
        takes(Photo, Is::File, "application/pdf", false);
        takes(Photo, Is::Sticker, "image/webp", false);
        takes(Voice, Is::Voice, "audio/ogg", true);
        takes(Voice, Is::Audio, "audio/mpeg", true);
        takes(Voice, Is::Video, "video/mp4", false);
        takes(Video, Is::VideoNote, "", true);
        takes(Video, Is::Photo, "", false);
        takes(File, Is::File, "application/pdf", true);
        takes(File, Is::Photo, "", true);
        takes(File, Is::Sticker, "", false);
        takes(Text, Is::File, "text/plain", false);
        takes(Any, Is::Sticker, "", true);
    }
}
