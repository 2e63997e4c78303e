//! The test chat of a simulator bot: the person at the admin plays the subscriber.
//!
//! What is written here goes through the same intake as any messenger's updates; what is shown is the history
//! of the conversation. The page works as forms, `chat.js` makes it live.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use connectors::channels::simulator;
use engine::event::{EventKind, Sender};
use engine::ids::{BotId, MessageId, UtcMs};
use engine::message::{
    Choice, ChoiceAction, ContactCard, KeyboardOptions, Location, Media, MediaKind, MediaSource, Placement,
    RichText, Span,
};
use engine::pick::{Pick, Picked};
use runtime::{Outbound, SimulatedInput};
use serde::{Deserialize, Serialize};
use store::bots::Bot;
use store::messages::{self, Direction, Message};
use store::{Connection, LaneId, ReadError, bots, mini_apps, scenarios};

use super::layout::{Layout, show};
use crate::auth::Session;
use crate::error::ApiError;
use crate::files;
use crate::flash::see_other;
use crate::headers::{MayFrame, MayShowMedia};
use crate::miniapp::launch;
use crate::services::Services;

/// Messages the page shows.
const HISTORY: i64 = 100;
/// How long a form waits for the bot's first answer, so that the page after it shows one.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Longest text, as in Telegram.
const TEXT_CHARS: usize = 4_096;
/// Longest address of a file.
const ADDRESS_BYTES: usize = 2_000;

/// A message as the chat shows it; `web-ui/chat` reads the same.
#[derive(Serialize)]
struct ChatMessage {
    id: MessageId,
    /// `in`: from the person; `out`: from the bot.
    direction: &'static str,
    /// Milliseconds since 1970.
    at: i64,
    spans: Vec<Span>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<ChatMedia>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    text_above: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactCard>,
    #[serde(skip_serializing_if = "KeyboardOptions::is_default")]
    keyboard: KeyboardOptions,
    /// It was changed after it was sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
    #[serde(rename = "choices")]
    rows: Vec<Vec<ChatChoice>>,
    placement: Placement,
    /// A short notice instead of a message: the answer to a pressed button.
    #[serde(skip_serializing_if = "Option::is_none")]
    toast: Option<String>,
    #[serde(skip)]
    text: String,
}

/// A file of a message.
#[derive(Serialize)]
struct ChatMedia {
    kind: &'static str,
    /// Where it can be seen, when it has an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    name: String,
    /// A file of the workspace that is not there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
}

impl ChatMedia {
    fn new(kind: MediaKind, source: &str, name: &str) -> Self {
        let is_address = source.starts_with("https://") || source.starts_with("http://");
        let own_name = || source.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            kind: kind.as_str(),
            url: is_address.then(|| source.to_owned()),
            name: if name.is_empty() { own_name() } else { name.to_owned() },
            missing: false,
        }
    }

    /// A file of the workspace, which has these.
    fn own(kind: MediaKind, name: &str, files: &BTreeSet<String>) -> Self {
        let is_there = files.contains(name);
        Self {
            kind: kind.as_str(),
            url: is_there.then(|| files::preview_path(name)),
            name: name.to_owned(),
            missing: !is_there,
        }
    }
}

#[derive(Serialize)]
struct ChatChoice {
    label: String,
    /// `reply`, `url`, `mini_app`, `contact`, `location`, `users`, `chat`, `poll`, `copy` or `inline`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// What is copied, or what the inline query says.
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<String>,
    /// By which it is told what was picked by this button.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<i32>,
}

impl ChatChoice {
    /// What somebody picks whose browser runs no scripts.
    fn pick_example(&self) -> Option<&'static str> {
        Some(match self.kind {
            "users" => "@users 1001 Boris @boris",
            "chat" => "@chat -1001 Club @club",
            "poll" => "@poll Tea or coffee? | Tea | Coffee",
            _ => return None,
        })
    }
}

#[derive(Template)]
#[template(path = "bots/chat.html")]
struct ChatPage {
    l: Layout,
    id: BotId,
    name: String,
    scenarios: Vec<scenarios::ScenarioSummary>,
    messages: Vec<ChatMessage>,
}

/// `GET /bots/{id}/chat`
pub async fn get_chat(
    services: web::Data<Services>,
    session: Session,
    request: HttpRequest,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let bot = find_simulator(&services, &session, BotId(*id)).await?;
    let messages = load(&services, &session, &bot, Since::BEGINNING).await?.messages;
    let (workspace, id) = (session.workspace, bot.id);
    let scenarios = services
        .read(move |connection| {
            let pairs = bots::list_scenarios(connection, workspace)?;
            let has = |scenario| pairs.iter().any(|pair| pair.bot_id == id && pair.scenario_id == scenario);
            Ok(scenarios::list(connection, workspace)?.into_iter().filter(|found| has(found.id)).collect())
        })
        .await?;
    request.extensions_mut().insert(MayFrame(services.public_url.origin()));
    request.extensions_mut().insert(MayShowMedia);
    show(&ChatPage { l, id, name: bot.name, scenarios, messages })
}

/// What the page knows already.
#[derive(Clone, Copy, Deserialize)]
#[serde(default)]
pub struct Since {
    /// The newest message it has.
    after: i64,
    /// Until when it knows of changes, in milliseconds since 1970.
    changed: i64,
}

impl Since {
    const BEGINNING: Self = Self { after: 0, changed: 0 };

    fn is_watched(self) -> bool {
        self.after != 0
    }
}

impl Default for Since {
    fn default() -> Self {
        Self::BEGINNING
    }
}

/// New messages, and what became of earlier ones.
#[derive(Serialize)]
struct Messages {
    messages: Vec<ChatMessage>,
    /// Earlier messages as they are now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<ChatMessage>,
    /// Earlier messages that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deleted: Vec<MessageId>,
    /// The moment of the newest change; named as `changed` next time.
    changed_at: i64,
}

/// `GET /bots/{id}/chat/messages?after=&changed=`
pub async fn get_messages(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    query: web::Query<Since>,
) -> Result<HttpResponse, ApiError> {
    let bot = find_simulator(&services, &session, BotId(*id)).await?;
    Ok(HttpResponse::Ok().json(load(&services, &session, &bot, *query).await?))
}

/// What a person does: exactly one of these.
#[derive(Default, Deserialize)]
pub struct ChatInput {
    text: Option<String>,
    token: Option<String>,
    contact: Option<String>,
    /// Degrees; both or none.
    latitude: Option<f64>,
    longitude: Option<f64>,
    /// What was picked, as a chat test says it: `@users 5 Ann, 7`, `@chat -100 Title`, `@poll Question | a | b`.
    picked: Option<String>,
    /// By which button.
    #[serde(default)]
    request: i32,
    /// The address of a file.
    file: Option<String>,
    /// What the file is shown as; a file when absent.
    #[serde(default)]
    file_kind: MediaKind,
    /// The text under the file.
    #[serde(default)]
    caption: String,
}

impl ChatInput {
    /// `None` when it is not exactly one thing, or too much of it.
    fn read(self) -> Option<SimulatedInput> {
        let place = match (self.latitude, self.longitude) {
            (None, None) => None,
            (Some(latitude), Some(longitude)) => Some((latitude, longitude)),
            _ => return None,
        };
        if let Some(line) = self.picked {
            let alone = self.text.is_none()
                && self.token.is_none()
                && self.contact.is_none()
                && place.is_none()
                && self.file.is_none();
            return if alone { read_picked(&line, self.request) } else { None };
        }
        match (self.text, self.token, self.contact, place, self.file) {
            (Some(text), None, None, None, None)
                if !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS =>
            {
                Some(SimulatedInput::Text(text))
            }
            (None, Some(token), None, None, None) if token.len() <= 64 => Some(SimulatedInput::Press(token)),
            (None, None, Some(phone), None, None) if phone.len() <= 32 => {
                Some(SimulatedInput::Contact(phone))
            }
            (None, None, None, Some((latitude, longitude)), None)
                if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 =>
            {
                Some(SimulatedInput::Location { latitude, longitude })
            }
            (None, None, None, None, Some(file))
                if file.starts_with("https://")
                    && file.len() <= ADDRESS_BYTES
                    && self.caption.chars().count() <= TEXT_CHARS =>
            {
                Some(SimulatedInput::Media { kind: self.file_kind, file, text: self.caption })
            }
            _ => None,
        }
    }
}

fn read_picked(line: &str, request: i32) -> Option<SimulatedInput> {
    match engine::play::did(line) {
        Some(EventKind::Picked(mut picked)) if line.chars().count() <= TEXT_CHARS => {
            picked.set_request(request);
            Some(SimulatedInput::Picked(picked))
        }
        _ => None,
    }
}

/// `POST /bots/{id}/chat/send`
pub async fn post_send(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    input: web::Json<ChatInput>,
) -> Result<HttpResponse, ApiError> {
    let bot = find_simulator(&services, &session, BotId(*id)).await?;
    send(&services, &session, &bot, input.into_inner()).await?;
    Ok(HttpResponse::Accepted().json(serde_json::json!({})))
}

/// `POST /bots/{id}/chat`: the same as a form.
pub async fn post_chat(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    input: web::Form<ChatInput>,
) -> Result<HttpResponse, ApiError> {
    let bot = find_simulator(&services, &session, BotId(*id)).await?;
    let before = load(&services, &session, &bot, Since::BEGINNING).await?.messages;
    let after = before.last().map(|message| message.id.0).unwrap_or_default();
    send(&services, &session, &bot, input.into_inner()).await?;
    let patience = tokio::time::Instant::now() + ANSWER_WITHIN;
    while tokio::time::Instant::now() < patience {
        let new = load(&services, &session, &bot, Since { after, ..Since::BEGINNING }).await?;
        if new.messages.iter().any(|message| message.direction == "out") {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(see_other(&format!("/bots/{}/chat#chat-input", bot.id)))
}

async fn send(services: &Services, session: &Session, bot: &Bot, input: ChatInput) -> Result<(), ApiError> {
    let Some(input) = input.read() else {
        return Err(ApiError::invalid(
            "Send a text of 1 to 4096 characters, a button's token, a contact, a place, what was picked or the https:// address of a file.",
            "Отправьте текст от 1 до 4096 символов, токен кнопки, контакт, место, то, что выбрано, или адрес файла, начиная с https://.",
        ));
    };
    services.runtime.simulate(session.workspace, bot.id, played(session), input).await?;
    Ok(())
}

/// The subscriber whom this person plays.
pub fn played(session: &Session) -> Sender {
    Sender {
        id: session.user.to_string(),
        first_name: session.user_name.clone(),
        language: session.lang.code().to_owned(),
        ..Sender::default()
    }
}

async fn find_simulator(services: &Services, session: &Session, bot: BotId) -> Result<Bot, ApiError> {
    let bot = super::bots::find(services, session, bot).await?;
    if bot.channel == simulator::KIND { Ok(bot) } else { Err(ApiError::not_found()) }
}

/// The conversation since then, oldest first.
async fn load(services: &Services, session: &Session, bot: &Bot, since: Since) -> Result<Messages, ApiError> {
    let lane = LaneId::new(session.workspace, bot.id, format!("user:{}", session.user));
    let (history, apps, files) = services.read(move |connection| read_history(connection, &lane)).await?;
    let launch = Launch { services, session, bot, apps, files };
    let changed_at = history.iter().filter_map(|row| row.changed_at).map(|at| at.0).max();
    let is_new = |row: &Message| row.id.0 > since.after;
    let is_changed = |row: &Message| {
        since.is_watched() && !is_new(row) && row.changed_at.is_some_and(|at| at.0 > since.changed)
    };
    let deleted = history.iter().filter(|row| row.deleted && is_changed(row)).map(|row| row.id).collect();
    let parsed: Vec<(&Message, Said)> = history
        .iter()
        .filter(|row| !row.deleted)
        .filter_map(|row| said(row).map(|said| (row, said)))
        .collect();
    let labels: Vec<(&str, &str)> = parsed.iter().flat_map(|(_, said)| said.labels()).collect();
    // A notice is for whoever watches; the whole history shows none.
    let shows = |said: &Said| since.is_watched() || !matches!(said, Said::Toast(_));
    let show = |(row, said): &(&Message, Said)| show_message(row, said, &labels, &launch);
    Ok(Messages {
        messages: parsed.iter().filter(|(row, said)| is_new(row) && shows(said)).filter_map(show).collect(),
        changed: parsed.iter().filter(|(row, _)| is_changed(row)).filter_map(show).collect(),
        deleted,
        changed_at: changed_at.unwrap_or_default().max(since.changed),
    })
}

type Apps = Vec<mini_apps::MiniAppSummary>;

/// The conversation, and what its messages may lead to: mini apps, names of files.
fn read_history(
    connection: &mut Connection,
    lane: &LaneId,
) -> Result<(Vec<Message>, Apps, BTreeSet<String>), ReadError> {
    let mut rows = messages::history(connection, lane, None, HISTORY)?;
    rows.reverse();
    let files = store::files::list(connection, lane.workspace)?.into_iter().map(|file| file.name).collect();
    Ok((rows, mini_apps::list(connection, lane.workspace)?, files))
}

/// What stands in a row of the history.
enum Said {
    Bot(engine::message::Message),
    Person(EventKind),
    Toast(String),
}

impl Said {
    /// Tokens of its buttons with what they say.
    fn labels(&self) -> Vec<(&str, &str)> {
        let Self::Bot(message) = self else { return Vec::new() };
        message.choices.iter().flatten().filter_map(token_and_label).collect()
    }
}

fn token_and_label(choice: &Choice) -> Option<(&str, &str)> {
    match &choice.action {
        ChoiceAction::Reply(token) => Some((token, &choice.label)),
        _ => None,
    }
}

/// A line of a conversation, for pages that only show it.
pub struct Line {
    pub from_bot: bool,
    pub text: String,
    pub at: UtcMs,
}

/// The rows as lines, in their order.
pub fn in_words(rows: &[Message]) -> Vec<Line> {
    let parsed: Vec<(&Message, Said)> =
        rows.iter().filter(|row| !row.deleted).filter_map(|row| said(row).map(|said| (row, said))).collect();
    let labels: Vec<(&str, &str)> = parsed.iter().flat_map(|(_, said)| said.labels()).collect();
    let line = |(row, said): &(&Message, Said)| {
        let text = match said {
            Said::Bot(message) => message.text.to_plain(),
            Said::Toast(text) => text.clone(),
            Said::Person(kind) => person_text(kind, &labels)?,
        };
        Some(Line { from_bot: row.direction == Direction::Out, text, at: row.at })
    };
    parsed.iter().filter_map(line).collect()
}

/// Rows of kinds this version does not know are left out.
fn said(row: &Message) -> Option<Said> {
    match row.direction {
        Direction::Out => match serde_json::from_str(&row.payload).ok()? {
            Outbound::Message { message, .. } => Some(Said::Bot(message)),
            Outbound::Acknowledge { text, .. } => text.map(Said::Toast),
            Outbound::Edit { .. }
            | Outbound::Delete { .. }
            | Outbound::ChatAction { .. }
            | Outbound::Call { .. } => None,
        },
        Direction::In => serde_json::from_str(&row.payload).ok().map(Said::Person),
    }
}

fn show_message(
    row: &Message,
    said: &Said,
    labels: &[(&str, &str)],
    launch: &Launch<'_>,
) -> Option<ChatMessage> {
    let empty = ChatMessage {
        id: row.id,
        direction: "out",
        at: row.at.0,
        spans: Vec::new(),
        media: Vec::new(),
        text_above: false,
        location: None,
        contact: None,
        keyboard: KeyboardOptions::default(),
        edited: row.changed_at.is_some(),
        rows: Vec::new(),
        placement: Placement::default(),
        toast: None,
        text: String::new(),
    };
    Some(match said {
        Said::Toast(text) => ChatMessage { toast: Some(text.clone()), ..empty },
        Said::Bot(message) => {
            let row = |choices: &Vec<Choice>| choices.iter().map(|choice| launch.choice(choice)).collect();
            let file = |media: &Media| match &media.source {
                MediaSource::Own(name) => ChatMedia::own(media.kind, name, &launch.files),
                source => ChatMedia::new(media.kind, source.as_str(), ""),
            };
            ChatMessage {
                text: message.text.to_plain(),
                media: message.media.iter().map(file).collect(),
                text_above: message.text_above,
                location: message.location.clone(),
                contact: message.contact.clone(),
                keyboard: message.keyboard.clone(),
                spans: message.text.0.clone(),
                rows: message.choices.iter().map(row).collect(),
                placement: if message.shows_keyboard() { Placement::Keyboard } else { Placement::Inline },
                ..empty
            }
        }
        Said::Person(kind) => {
            let text = person_text(kind, labels)?;
            let media = match kind {
                EventKind::Media { file, kind, name, .. } => vec![ChatMedia::new(*kind, file, name)],
                _ => Vec::new(),
            };
            ChatMessage { direction: "in", spans: RichText::plain(text.as_str()).0, media, text, ..empty }
        }
    })
}

fn person_text(kind: &EventKind, labels: &[(&str, &str)]) -> Option<String> {
    match kind {
        EventKind::Text { text } | EventKind::Media { text, .. } => Some(text.clone()),
        EventKind::Started { payload: Some(payload) } => Some(format!("/start {payload}")),
        EventKind::Started { payload: None } => Some("/start".to_owned()),
        EventKind::Button { token, .. } => {
            labels.iter().rev().find(|(known, _)| known == token).map(|(_, label)| (*label).to_owned())
        }
        EventKind::Contact { phone, .. } => Some(phone.clone()),
        EventKind::Location { latitude, longitude } => Some(format!("{latitude}, {longitude}")),
        EventKind::Picked(picked) => Some(picked_text(picked)),
        EventKind::MiniApp { name, .. } => Some(format!("📱 {name}")),
        EventKind::WebAppData { data, .. } => Some(data.clone()),
        EventKind::JoinRequest { title, .. } => Some(format!("➕ {title}")),
        EventKind::InlineQuery { query, .. } => Some(query.clone()),
        EventKind::Paid { payment, .. } => Some(format!("💳 {} {}", payment.amount(), payment.currency)),
        EventKind::Webhook { .. }
        | EventKind::Called { .. }
        | EventKind::Fired { .. }
        | EventKind::Checkout { .. }
        | EventKind::LinkVisited { .. }
        | EventKind::Membership { .. }
        | EventKind::Signal { .. }
        | EventKind::Unknown => None,
    }
}

fn picked_text(picked: &Picked) -> String {
    let named = |name: String, id: &str| if name.is_empty() { id.to_owned() } else { name };
    match picked {
        Picked::Users { users, .. } => {
            let names: Vec<String> = users.iter().map(|user| named(user.name(), &user.id)).collect();
            format!("👤 {}", names.join(", "))
        }
        Picked::Chat { chat, .. } => format!("👥 {}", named(chat.title.clone(), &chat.id)),
        Picked::Poll(poll) => format!("📊 {}", poll.question),
    }
}

/// Makes buttons work: apps are opened with launch data signed by the bot, as a messenger does it.
struct Launch<'a> {
    services: &'a Services,
    session: &'a Session,
    bot: &'a Bot,
    apps: Apps,
    /// Names of the workspace's files.
    files: BTreeSet<String>,
}

impl Launch<'_> {
    fn choice(&self, choice: &Choice) -> ChatChoice {
        let plain = |kind| ChatChoice {
            label: choice.label.clone(),
            kind,
            token: None,
            url: None,
            copy: None,
            request: None,
        };
        match &choice.action {
            ChoiceAction::Reply(token) => ChatChoice { token: Some(token.clone()), ..plain("reply") },
            ChoiceAction::Url(url) => ChatChoice { url: Some(url.clone()), ..plain("url") },
            ChoiceAction::MiniApp(name) => ChatChoice { url: self.app_url(name), ..plain("mini_app") },
            ChoiceAction::Contact => plain("contact"),
            ChoiceAction::Location => plain("location"),
            ChoiceAction::Pick(pick) => {
                let kind = match pick {
                    Pick::Users(_) => "users",
                    Pick::Chat(_) => "chat",
                    Pick::Poll(_) => "poll",
                };
                ChatChoice { request: pick.request(), ..plain(kind) }
            }
            ChoiceAction::Copy(text) => ChatChoice { copy: Some(text.clone()), ..plain("copy") },
            ChoiceAction::Inline { query, .. } => ChatChoice { copy: Some(query.clone()), ..plain("inline") },
        }
    }

    fn app_url(&self, name: &str) -> Option<String> {
        let app = self.apps.iter().find(|app| app.name == name)?;
        launch::signed_url(self.services, self.bot, &app.slug, &played(self.session))
    }
}
