//! What counts as an answer: the kinds of answers a question takes, and how each is read.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind};
use crate::value::{Value, parse_number};

/// What a question wants to hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "text": {"en": "Text", "ru": "Текст"},
    "number": {"en": "Number", "ru": "Число"},
    "phone": {"en": "Phone number", "ru": "Телефон"},
    "email": {"en": "E-mail", "ru": "Эл. почта"},
    "choice": {"en": "One of the buttons", "ru": "Одна из кнопок"},
    "contact": {"en": "Contact card", "ru": "Контакт"},
    "location": {"en": "Location", "ru": "Местоположение"},
    "any": {"en": "Anything", "ru": "Что угодно"},
}))]
pub enum AnswerKind {
    #[default]
    Text,
    Number,
    /// Typed, or sent as a contact.
    Phone,
    Email,
    Choice,
    /// The person's own contact, vouched for by the channel.
    Contact,
    Location,
    Any,
}

/// The bounds of a number, both inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub min: Option<Decimal>,
    pub max: Option<Decimal>,
}

impl AnswerKind {
    /// The answer this event gives, if it is one of this kind. Presses and mini apps are not read here.
    pub(super) fn read(self, event: &Event, bounds: Bounds) -> Option<Value> {
        match (self, &event.kind) {
            (Self::Text, EventKind::WebAppData { .. }) => Some(event.answer()),
            (Self::Text, EventKind::Text { text }) => (!text.trim().is_empty()).then(|| text.as_str().into()),
            (Self::Number, EventKind::Text { text }) => read_number(text, bounds).map(Value::Number),
            (Self::Phone, EventKind::Text { text }) => read_phone(text).map(Value::Text),
            (Self::Phone, EventKind::Contact { phone, .. }) => Some(contact_phone(phone)),
            (Self::Contact, EventKind::Contact { phone, own: true }) => Some(contact_phone(phone)),
            (Self::Email, EventKind::Text { text }) => read_email(text).map(Value::from),
            (Self::Location, EventKind::Location { .. }) => Some(event.answer()),
            (Self::Any, kind) if !matches!(kind, EventKind::Unknown) => Some(event.answer()),
            _ => None,
        }
    }
}

fn read_number(text: &str, bounds: Bounds) -> Option<Decimal> {
    // People group thousands with spaces, narrow and non-breaking ones too.
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let number = parse_number(&digits)?;
    let inside = bounds.min.is_none_or(|min| number >= min) && bounds.max.is_none_or(|max| number <= max);
    inside.then_some(number)
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
fn contact_phone(phone: &str) -> Value {
    read_phone(phone).unwrap_or_else(|| phone.to_owned()).into()
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

    fn check(kind: AnswerKind, event_kind: EventKind, expected: Option<&str>) {
        let bounds = Bounds { min: Some(1.into()), max: Some(10_000.into()) };
        let read = kind.read(&event(event_kind.clone()), bounds).map(|value| value.to_text().into_owned());
        assert_eq!(read.as_deref(), expected, "{kind:?} of {event_kind:?}");
    }

    fn check_text(kind: AnswerKind, text: &str, expected: Option<&str>) {
        check(kind, EventKind::Text { text: text.to_owned() }, expected);
    }

    #[test]
    fn typed_answers() {
        use AnswerKind::{Any, Choice, Contact, Email, Location, Number, Phone, Text};
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
    }

    #[test]
    fn contacts_and_places() {
        use AnswerKind::{Any, Contact, Location, Phone, Text};
        let contact = |own| EventKind::Contact { phone: "79123456789".to_owned(), own };
        check(Contact, contact(true), Some("+79123456789"));
        check(Contact, contact(false), None);
        check(Phone, contact(false), Some("+79123456789"));
        check(Text, contact(true), None);
        check(Any, contact(true), Some("79123456789"));
        let place = EventKind::Location { latitude: 55.5, longitude: 37.25 };
        check(Location, place.clone(), Some("55.5:37.25"));
        check(Text, place, None);
        check(Any, EventKind::Unknown, None);
    }
}
