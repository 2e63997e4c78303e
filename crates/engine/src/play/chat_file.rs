//! Chat tests: a dialogue as text, replayed and compared.
//!
//! ```text
//! # a remark
//! > /start                      the person writes
//! > [Margherita]                the person presses the newest button with this caption
//! < Which size?                 the bot says
//!   Large costs more.           second line of the same message
//!   [Small | Large]             its buttons, a row a line
//! ~ +10m                        time passes (s, m, h, d)
//! ~ to 29.03.2026 01:30         time passes until the bot's clock shows this
//! ~ zone Europe/Berlin          the bot's zone; UTC without it
//! ! http GET https://shop.test/price?size=L -> 200 {"price": 5}   with its parameters, not encoded
//! ! http GET https://shop.test/price -> 429 (Retry-After: 5) slow down   an answer with headers
//! ! http GET https://shop.test/price -> timeout   no answer at all; also broken
//! = http {"method":"GET"}       the request made last, its secrets as {NAME}; also http.url, http.body ...
//! ! hook 1 {"paid": true}       somebody calls the first address that “Webhook address” made
//! ! call getChatMember -> {"status": "left"}  what a method of the messenger answers, or 400 and its words
//! ! send -> 403 Forbidden: bot was blocked   the next message does not arrive, for this reason
//! = exits.ask1 {"_reached":1}   how often an action was reached, left by each exit, and who waits in it
//! = client.name "Anna"          a variable has this value (JSON)
//! bob> hello                    another person; what he hears begins with bob<, whoever made the bot say it
//! bob> /start staff_play        he becomes one of the staff: the code of their link in a played world
//! bob= client.tags ["vip"]      a variable of his; the tags are client.tags
//! bot< (failed: …)              what a run without a subscriber came to
//! > @contact +79990001122       also @miniapp name {json}, @webhook trigger {json}, @location 55.7 37.6
//! > @webhook 2/trigger {json}    the trigger of the second scenario, where two have one of this name
//! > @photo f1 a caption          also @video, @file, @voice, @audio, @sticker ...: the file's id, then its caption
//! > @users 5 Ann Smith @ann, 7    the person picks these people by the newest button for that
//! > @chat -100 My shop @shop     a chat; also @poll Tea or coffee? | Tea | *Coffee (a star makes it a quiz)
//! > @album f1 f2 f3 a caption    several photos sent together; each id begins with f and a digit
//! > @join @club                 also @visit link, @revisit link, @inline words, @checkout XTR 50 mark, @paid XTR 50 mark
//! > @blocks                      the person blocks the bot; also @unblocks, @joins, @leaves
//! < (photo https://a.b/c.jpg)    what a message holds besides its text
//! < (edited) Now it says this    an earlier message, as it is now; (deleted) one that is gone
//! < (call getChatMember) {json}  a method of the messenger was called
//! < (lost: unreachable) why      what was sent did not arrive
//! ```
//!
//! What the bot says is an expectation: [`ChatFile::replay`] plays the file and writes it anew with what
//! really happened; a test passes when nothing changed.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::mocks::{Mock, Mocked, SURPRISE};
use super::picks;
use super::triggers::ANONYMOUS;
use super::written::{push_line, write_said};
use super::{Outside, World};
use crate::event::{AlbumFile, EventKind, MembershipChange, Payment};
use crate::ids::{MiniAppId, WebhookId};
use crate::message::MediaKind;
use crate::schedule::{first_at, utc_ms};
use crate::value::{Map, Value, parse_date};
use crate::words::Lang;
use crate::zone::parse_zone;

/// The person whose lines carry no name.
const DEFAULT_PERSON: &str = "anna";

/// A line that is not part of the language of chat files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {en}")]
pub struct ChatFileError {
    /// From 1.
    pub line: usize,
    pub en: String,
    pub ru: String,
}

impl ChatFileError {
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => format!("line {}: {}", self.line, self.en),
            Lang::Ru => format!("строка {}: {}", self.line, self.ru),
        }
    }
}

/// A parsed chat file.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatFile {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
enum Line {
    /// Remarks and blank lines stay as they are.
    Verbatim(String),
    Person {
        text: String,
        who: String,
        does: Does,
    },
    Skip {
        text: String,
        ms: i64,
    },
    SkipTo {
        text: String,
        time: DateTime,
    },
    Zone {
        text: String,
        zone: TimeZone,
    },
    Mock {
        text: String,
        mock: Mock,
    },
    /// Somebody calls an address of one use.
    Hook {
        text: String,
        secret: String,
        request: Map,
    },
    Assert {
        who: String,
        name: String,
    },
    /// What was expected here; replaced by what happens.
    Bot,
}

#[derive(Clone, Debug, PartialEq)]
enum Does {
    Press(String),
    Event(EventKind),
}

impl ChatFile {
    /// Reads a chat file.
    ///
    /// # Errors
    /// The first line that cannot be read, with its number.
    pub fn parse(text: &str) -> Result<Self, ChatFileError> {
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let parsed = parse_line(line).map_err(|(en, ru)| ChatFileError {
                line: index + 1,
                en: en.to_owned(),
                ru: ru.to_owned(),
            })?;
            if matches!(parsed, Line::Bot) && line.starts_with(' ') {
                join_message(&mut lines);
            }
            lines.push(parsed);
        }
        Ok(Self { lines })
    }

    /// Plays the file in a world and writes it anew with what the bot really said.
    pub fn replay(&self, world: &mut World, scripts: &mut dyn Outside) -> String {
        let mut outside = Mocked::new(scripts);
        let mut out = String::new();
        for line in &self.lines {
            match line {
                // Said by an earlier replay; it is said again if it is still so.
                Line::Verbatim(text) if text.starts_with(SURPRISE) => {}
                Line::Verbatim(text) => push_line(&mut out, text),
                Line::Bot => {}
                Line::Mock { text, mock } => {
                    outside.prepare(mock.clone());
                    push_line(&mut out, text);
                }
                Line::Hook { text, secret, request } => {
                    push_line(&mut out, text);
                    match world.call_address(secret, request.clone(), &mut outside) {
                        Ok(heard) => heard.iter().for_each(|(who, said)| write_said(&mut out, who, said)),
                        Err(status) => push_line(&mut out, &format!("< (response {status})")),
                    }
                }
                Line::Assert { who, name } => {
                    let value = match name.split_once('.') {
                        Some(("exits", action)) => world.exits(&action.into()).into(),
                        Some(("http", part)) => {
                            outside.asked().and_then(|asked| asked.get(part)).cloned().unwrap_or_default()
                        }
                        _ if name == "http" => {
                            outside.asked().cloned().map(Value::Object).unwrap_or_default()
                        }
                        _ => world.variables(who).get(name).cloned().unwrap_or_default(),
                    };
                    push_line(&mut out, &format!("{}= {name} {}", prefix(who), value.to_json()));
                }
                Line::Skip { text, ms } => {
                    push_line(&mut out, text);
                    for (who, said) in world.skip(*ms, &mut outside) {
                        write_said(&mut out, &who, &said);
                    }
                }
                Line::SkipTo { text, time } => {
                    push_line(&mut out, text);
                    let until = first_at(*time, world.zone()).map_or(world.now(), utc_ms);
                    for (who, said) in world.skip(until.0.saturating_sub(world.now().0).max(0), &mut outside)
                    {
                        write_said(&mut out, &who, &said);
                    }
                }
                Line::Zone { text, zone } => {
                    push_line(&mut out, text);
                    world.set_zone(zone.clone());
                }
                Line::Person { text, who, does } => {
                    push_line(&mut out, text);
                    let said = match does {
                        Does::Press(label) => world.press(who, label, &mut outside),
                        Does::Event(kind) => Some(world.event(who, kind.clone(), &mut outside)),
                    };
                    match said {
                        Some(heard) => heard.iter().for_each(|(who, said)| write_said(&mut out, who, said)),
                        None => push_line(&mut out, "< (no such button)"),
                    }
                }
            }
            for surprise in outside.take_surprises() {
                push_line(&mut out, &surprise);
            }
        }
        out
    }
}

/// Blank lines between a line of a message and the next one are the message's own.
fn join_message(lines: &mut [Line]) {
    let is_blank = |line: &Line| matches!(line, Line::Verbatim(text) if text.is_empty());
    let blanks = lines.iter().rev().take_while(|line| is_blank(line)).count();
    let (before, gap) = lines.split_at_mut(lines.len() - blanks);
    if matches!(before.last(), Some(Line::Bot)) {
        gap.fill(Line::Bot);
    }
}

fn parse_line(line: &str) -> Result<Line, (&'static str, &'static str)> {
    let trimmed = line.trim_end();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Ok(Line::Verbatim(trimmed.to_owned()));
    }
    if trimmed.starts_with("  ") {
        return Ok(Line::Bot);
    }
    if let Some(rest) = trimmed.strip_prefix("~ +") {
        let ms =
            parse_duration(rest).ok_or(("expected a time such as +10m", "ожидалось время, например +10m"))?;
        return Ok(Line::Skip { text: trimmed.to_owned(), ms });
    }
    if let Some(rest) = trimmed.strip_prefix("~ to ") {
        let time = parse_date(rest).ok_or((
            "expected a date such as 29.03.2026 01:30",
            "ожидалась дата, например 29.03.2026 01:30",
        ))?;
        return Ok(Line::SkipTo { text: trimmed.to_owned(), time });
    }
    if let Some(rest) = trimmed.strip_prefix("~ zone ") {
        let zone = parse_zone(rest)
            .ok_or(("expected a zone such as Europe/Berlin", "ожидался пояс, например Europe/Berlin"))?;
        return Ok(Line::Zone { text: trimmed.to_owned(), zone });
    }
    if let Some(rest) = trimmed.strip_prefix("! http ") {
        let mock = Mock::parse_http(rest).ok_or((
            "expected ! http METHOD url -> status body, or status (Header: value) body, timeout, broken",
            "ожидалось ! http МЕТОД адрес -> статус тело либо статус (Заголовок: значение) тело, timeout, broken",
        ))?;
        return Ok(Line::Mock { text: trimmed.to_owned(), mock });
    }
    if let Some(rest) = trimmed.strip_prefix("! hook ") {
        let (secret, body) = rest.trim().split_once(' ').unwrap_or((rest.trim(), "null"));
        let body = serde_json::from_str(body).map_err(|_| {
            (
                "expected ! hook number JSON: 1 for the first address",
                "ожидалось ! hook номер JSON: 1 — первый адрес",
            )
        })?;
        let request = webhook_request(body);
        return Ok(Line::Hook { text: trimmed.to_owned(), secret: secret.to_owned(), request });
    }
    if let Some(rest) = trimmed.strip_prefix("! call ") {
        let mock =
            rest.split_once(" -> ").and_then(|(method, answer)| Mock::parse_messenger(Some(method), answer));
        let mock = mock.ok_or((
            "expected ! call method -> JSON, or a code and words",
            "ожидалось ! call метод -> JSON либо код и текст",
        ))?;
        return Ok(Line::Mock { text: trimmed.to_owned(), mock });
    }
    if let Some(rest) = trimmed.strip_prefix("! send -> ") {
        let mock = Mock::parse_messenger(None, rest);
        let mock = mock
            .filter(|mock| matches!(mock, Mock::Messenger { answer: Err(_), .. }))
            .ok_or(("expected ! send -> code and words", "ожидалось ! send -> код и текст"))?;
        return Ok(Line::Mock { text: trimmed.to_owned(), mock });
    }
    if let Some(rest) = trimmed.strip_prefix("= ") {
        return asserted(DEFAULT_PERSON, rest);
    }
    let mark = trimmed.find(['>', '<', '=']).filter(|end| {
        trimmed.get(..*end).is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'))
    });
    let Some(mark) = mark else {
        return Err(("a line begins with >, <, ~, !, = or #", "строка начинается с >, <, ~, !, = или #"));
    };
    let (name, rest) = trimmed.split_at(mark);
    if rest.starts_with('<') {
        return Ok(Line::Bot);
    }
    let who = if name.is_empty() { DEFAULT_PERSON } else { name };
    if let Some(rest) = rest.strip_prefix('=') {
        return asserted(who, rest);
    }
    let does = parse_does(rest.get(1..).unwrap_or_default().trim())?;
    Ok(Line::Person { text: trimmed.to_owned(), who: who.to_owned(), does })
}

fn asserted(who: &str, rest: &str) -> Result<Line, (&'static str, &'static str)> {
    let name = rest.split_whitespace().next().ok_or((
        "expected = name value: a variable, client.field, exits.action or http",
        "ожидалось = имя значение: переменная, client.поле, exits.действие или http",
    ))?;
    Ok(Line::Assert { who: who.to_owned(), name: name.to_owned() })
}

/// What stands before the mark of a line that is about somebody.
pub(super) fn prefix(who: &str) -> &str {
    match who {
        DEFAULT_PERSON => "",
        who if who.starts_with(ANONYMOUS) => "bot",
        who => who,
    }
}

fn parse_does(text: &str) -> Result<Does, (&'static str, &'static str)> {
    if let Some(label) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Ok(Does::Press(label.trim().to_owned()));
    }
    let Some(rest) = text.strip_prefix('@') else { return Ok(Does::Event(said_text(text))) };
    let (what, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    let json = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(("expected a JSON object", "ожидался объект JSON")),
    };
    Ok(Does::Event(match what {
        "contact" => own_contact(argument),
        "miniapp" => {
            let (name, values) = argument.split_at(argument.find('{').unwrap_or(argument.len()));
            EventKind::MiniApp { app: MiniAppId(1), name: name.trim().to_owned(), values: json(values)? }
        }
        "webhook" => {
            let (trigger, body) = argument.split_once(' ').unwrap_or((argument, "{}"));
            let (scenario, trigger) = match trigger.split_once('/') {
                Some((number, trigger)) => (number.parse().ok(), trigger),
                None => (None, trigger),
            };
            let request = webhook_request(json(body)?.into());
            EventKind::Webhook { webhook: WebhookId(1), scenario, trigger: trigger.to_owned(), request }
        }
        "location" => {
            let mut numbers = argument.split_whitespace().map(str::parse::<f64>);
            match (numbers.next(), numbers.next()) {
                (Some(Ok(latitude)), Some(Ok(longitude))) => EventKind::Location { latitude, longitude },
                _ => {
                    return Err((
                        "expected @location latitude longitude",
                        "ожидалось @location широта долгота",
                    ));
                }
            }
        }
        "users" | "chat" | "poll" => EventKind::Picked(picks::parse(what, argument.trim())?),
        "visit" | "revisit" => {
            EventKind::LinkVisited { name: argument.to_owned(), url: String::new(), again: what == "revisit" }
        }
        "album" => parse_album(argument)?,
        "join" => EventKind::JoinRequest {
            chat: "-100".to_owned(),
            name: argument.to_owned(),
            title: argument.trim_start_matches('@').to_owned(),
            bio: String::new(),
            link: String::new(),
        },
        "inline" => EventKind::InlineQuery {
            id: "inline".to_owned(),
            query: argument.to_owned(),
            offset: String::new(),
        },
        "checkout" => EventKind::Checkout { id: "checkout".to_owned(), payment: parse_payment(argument)? },
        "paid" => EventKind::Paid { payment: parse_payment(argument)?, charge: "charge".to_owned() },
        "blocks" => EventKind::Membership { change: MembershipChange::Blocked },
        "unblocks" => EventKind::Membership { change: MembershipChange::Unblocked },
        "joins" => EventKind::Membership { change: MembershipChange::Joined },
        "leaves" => EventKind::Membership { change: MembershipChange::Left },
        "press" => {
            EventKind::Button { token: argument.to_owned(), callback: Some("press".to_owned()), value: None }
        }
        kind if MediaKind::parse(kind).is_some() => {
            let (file, text) = argument.split_once(' ').unwrap_or((argument, ""));
            EventKind::Media {
                file: file.to_owned(),
                text: text.to_owned(),
                kind: MediaKind::parse(kind).unwrap_or_default(),
                name: String::new(),
                size_bytes: None,
                mime: String::new(),
                album: Vec::new(),
            }
        }
        _ => return Err(("unknown @ line", "неизвестная строка с @")),
    }))
}

/// What a webhook is told, as the server tells it.
fn webhook_request(body: Value) -> Map {
    let parts = [
        ("method", Value::from("POST")),
        ("headers", Map::new().into()),
        ("query", Map::new().into()),
        ("body", body),
    ];
    let whole: Map = parts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let each = parts.into_iter().map(|(name, value)| (format!("request_{name}"), value));
    std::iter::once(("request".to_owned(), whole.into())).chain(each).collect()
}

/// An id such as `f1`, by which a caption's words are told from files.
fn is_file(word: &str) -> bool {
    word.strip_prefix('f').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// `f1 f2 a caption`: photos by their ids, then what stands under them.
fn parse_album(text: &str) -> Result<EventKind, (&'static str, &'static str)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let count = words.iter().take_while(|word| is_file(word)).count();
    let (files, caption) = words.split_at(count);
    let Some((first, others)) = files.split_first() else {
        return Err(("expected @album f1 f2 and a caption", "ожидалось @album f1 f2 и подпись"));
    };
    let other =
        |file: &&str| AlbumFile { file: (*file).to_owned(), kind: MediaKind::Photo, ..AlbumFile::default() };
    Ok(EventKind::Media {
        file: (*first).to_owned(),
        text: caption.join(" "),
        kind: MediaKind::Photo,
        name: String::new(),
        size_bytes: None,
        mime: String::new(),
        album: others.iter().map(other).collect(),
    })
}

/// `XTR 50 mark`: the total is in the smallest units of the currency.
fn parse_payment(text: &str) -> Result<Payment, (&'static str, &'static str)> {
    let mut parts = text.splitn(3, ' ');
    match (parts.next(), parts.next().map(str::parse), parts.next()) {
        (Some(currency), Some(Ok(total)), payload) => Ok(Payment {
            currency: currency.to_owned(),
            total,
            payload: payload.unwrap_or_default().to_owned(),
        }),
        _ => Err((
            "expected a currency, an amount in its smallest units and the mark",
            "ожидались валюта, сумма в её мельчайших единицах и метка",
        )),
    }
}

/// A person's own contact card, as a messenger sends it.
pub(super) fn own_contact(phone: &str) -> EventKind {
    EventKind::Contact {
        phone: phone.to_owned(),
        own: true,
        first_name: String::new(),
        last_name: String::new(),
        user: String::new(),
    }
}

/// What a line that begins with `@` does: sends a contact, a place, a file. `None` for any other line.
pub fn did(text: &str) -> Option<EventKind> {
    match parse_does(text) {
        Ok(Does::Event(kind)) if text.starts_with('@') => Some(kind),
        _ => None,
    }
}

/// What typing a text is to the engine: `/start code` opens the dialogue, as messengers do it.
pub fn said_text(text: &str) -> EventKind {
    match text.strip_prefix("/start") {
        Some("") => EventKind::Started { payload: None },
        Some(rest) if rest.starts_with(' ') => EventKind::Started { payload: Some(rest.trim().to_owned()) },
        _ => EventKind::Text { text: text.to_owned() },
    }
}

/// Reads `90s`, `10m`, `2h`, `1d` as milliseconds.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit_ms)
}
