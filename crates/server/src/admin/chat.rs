//! The test chat of a simulator bot: the person at the admin plays the subscriber.
//!
//! What is written here goes through the same intake as any messenger's updates; what is shown is the history
//! of the conversation. The page works as forms, `chat.js` makes it live.

use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use connectors::channels::simulator;
use engine::event::{EventKind, Sender};
use engine::ids::{BotId, MessageId};
use engine::message::{Choice, ChoiceAction, Placement, RichText, Span};
use runtime::{Outbound, SimulatedInput};
use serde::{Deserialize, Serialize};
use store::bots::Bot;
use store::messages::{self, Direction, Message};
use store::{Connection, LaneId, ReadError, bots, mini_apps, scenarios};

use super::layout::{Layout, show};
use crate::auth::Session;
use crate::error::ApiError;
use crate::flash::see_other;
use crate::headers::MayFrame;
use crate::miniapp::launch;
use crate::services::Services;

/// Messages the page shows.
const HISTORY: i64 = 100;
/// How long a form waits for the bot's first answer, so that the page after it shows one.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Longest text, as in Telegram.
const TEXT_CHARS: usize = 4_096;

/// A message as the chat shows it; `web-ui/chat` reads the same.
#[derive(Serialize)]
struct ChatMessage {
    id: MessageId,
    /// `in`: from the person; `out`: from the bot.
    direction: &'static str,
    /// Milliseconds since 1970.
    at: i64,
    spans: Vec<Span>,
    #[serde(rename = "choices")]
    rows: Vec<Vec<ChatChoice>>,
    placement: Placement,
    /// A short notice instead of a message: the answer to a pressed button.
    #[serde(skip_serializing_if = "Option::is_none")]
    toast: Option<String>,
    #[serde(skip)]
    text: String,
}

#[derive(Serialize)]
struct ChatChoice {
    label: String,
    /// `reply`, `url`, `mini_app`, `contact` or `location`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
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
    let messages = load(&services, &session, &bot, MessageId(0)).await?;
    let (workspace, id) = (session.workspace, bot.id);
    let scenarios = services
        .read(move |connection| {
            let pairs = bots::list_scenarios(connection, workspace)?;
            let has = |scenario| pairs.iter().any(|pair| pair.bot_id == id && pair.scenario_id == scenario);
            Ok(scenarios::list(connection, workspace)?.into_iter().filter(|found| has(found.id)).collect())
        })
        .await?;
    request.extensions_mut().insert(MayFrame(services.public_url.origin()));
    show(&ChatPage { l, id, name: bot.name, scenarios, messages })
}

#[derive(Deserialize)]
pub struct AfterQuery {
    #[serde(default)]
    after: i64,
}

#[derive(Serialize)]
struct Messages {
    messages: Vec<ChatMessage>,
}

/// `GET /bots/{id}/chat/messages?after=`
pub async fn get_messages(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    query: web::Query<AfterQuery>,
) -> Result<HttpResponse, ApiError> {
    let bot = find_simulator(&services, &session, BotId(*id)).await?;
    let messages = load(&services, &session, &bot, MessageId(query.after)).await?;
    Ok(HttpResponse::Ok().json(Messages { messages }))
}

/// What a person does: exactly one of these.
#[derive(Deserialize)]
pub struct ChatInput {
    text: Option<String>,
    token: Option<String>,
    contact: Option<String>,
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
    let before = load(&services, &session, &bot, MessageId(0)).await?.last().map(|message| message.id);
    send(&services, &session, &bot, input.into_inner()).await?;
    let patience = tokio::time::Instant::now() + ANSWER_WITHIN;
    while tokio::time::Instant::now() < patience {
        let new = load(&services, &session, &bot, before.unwrap_or_default()).await?;
        if new.iter().any(|message| message.direction == "out") {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(see_other(&format!("/bots/{}/chat#chat-input", bot.id)))
}

async fn send(services: &Services, session: &Session, bot: &Bot, input: ChatInput) -> Result<(), ApiError> {
    let input = match (input.text, input.token, input.contact) {
        (Some(text), None, None) if !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS => {
            SimulatedInput::Text(text)
        }
        (None, Some(token), None) if token.len() <= 64 => SimulatedInput::Press(token),
        (None, None, Some(phone)) if phone.len() <= 32 => SimulatedInput::Contact(phone),
        _ => {
            return Err(ApiError::invalid(
                "Send a text of 1 to 4096 characters, a button's token, or a contact.",
                "Отправьте текст от 1 до 4096 символов, токен кнопки или контакт.",
            ));
        }
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

/// The conversation after a message, oldest first.
async fn load(
    services: &Services,
    session: &Session,
    bot: &Bot,
    after: MessageId,
) -> Result<Vec<ChatMessage>, ApiError> {
    let lane = LaneId::new(session.workspace, bot.id, format!("user:{}", session.user));
    let (history, apps) = services.read(move |connection| read_history(connection, &lane)).await?;
    let launch = Launch { services, session, bot, apps };
    let parsed: Vec<(Message, Said)> =
        history.into_iter().filter_map(|row| said(&row).map(|said| (row, said))).collect();
    let labels: Vec<(&str, &str)> = parsed.iter().flat_map(|(_, said)| said.labels()).collect();
    // A notice is for whoever watches; the whole history shows none.
    let is_watched = after != MessageId(0);
    let shown =
        parsed.iter().filter(|(row, said)| row.id > after && (is_watched || !matches!(said, Said::Toast(_))));
    Ok(shown.filter_map(|(row, said)| show_message(row, said, &labels, &launch)).collect())
}

type Apps = Vec<mini_apps::MiniAppSummary>;

fn read_history(connection: &mut Connection, lane: &LaneId) -> Result<(Vec<Message>, Apps), ReadError> {
    let mut rows = messages::history(connection, lane, None, HISTORY)?;
    rows.reverse();
    Ok((rows, mini_apps::list(connection, lane.workspace)?))
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

/// Rows of kinds this version does not know are left out.
fn said(row: &Message) -> Option<Said> {
    match row.direction {
        Direction::Out => match serde_json::from_str(&row.payload).ok()? {
            Outbound::Message { message, .. } => Some(Said::Bot(message)),
            Outbound::Acknowledge { text, .. } => text.map(Said::Toast),
            Outbound::Buttons { .. } => None,
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
        rows: Vec::new(),
        placement: Placement::default(),
        toast: None,
        text: String::new(),
    };
    Some(match said {
        Said::Toast(text) => ChatMessage { toast: Some(text.clone()), ..empty },
        Said::Bot(message) => {
            let row = |choices: &Vec<Choice>| choices.iter().map(|choice| launch.choice(choice)).collect();
            ChatMessage {
                text: message.text.to_plain(),
                spans: message.text.0.clone(),
                rows: message.choices.iter().map(row).collect(),
                placement: message.placement,
                ..empty
            }
        }
        Said::Person(kind) => {
            let text = person_text(kind, labels)?;
            ChatMessage { direction: "in", spans: RichText::plain(text.as_str()).0, text, ..empty }
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
        EventKind::MiniApp { name, .. } => Some(format!("📱 {name}")),
        EventKind::WebAppData { data, .. } => Some(data.clone()),
        EventKind::Webhook { .. } | EventKind::Unknown => None,
    }
}

/// Makes buttons work: apps are opened with launch data signed by the bot, as a messenger does it.
struct Launch<'a> {
    services: &'a Services,
    session: &'a Session,
    bot: &'a Bot,
    apps: Apps,
}

impl Launch<'_> {
    fn choice(&self, choice: &Choice) -> ChatChoice {
        let (kind, token, url) = match &choice.action {
            ChoiceAction::Reply(token) => ("reply", Some(token.clone()), None),
            ChoiceAction::Url(url) => ("url", None, Some(url.clone())),
            ChoiceAction::MiniApp(name) => ("mini_app", None, self.app_url(name)),
            ChoiceAction::Contact => ("contact", None, None),
            ChoiceAction::Location => ("location", None, None),
        };
        ChatChoice { label: choice.label.clone(), kind, token, url }
    }

    fn app_url(&self, name: &str) -> Option<String> {
        let app = self.apps.iter().find(|app| app.name == name)?;
        launch::signed_url(self.services, self.bot, &app.slug, &played(self.session))
    }
}
