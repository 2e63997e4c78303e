//! The people a bot talks to: who they are, what is known of them, where they stand, what was said.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::{BotId, RunId, UtcMs};
use engine::run::RunState;
use engine::scenario::Scenario;
use serde::Deserialize;
use store::bots::Bot;
use store::fields::{self, Owner};
use store::subscribers::{self, Subscriber};
use store::{Connection, LaneId, ReadError, messages, runs, scenarios};

use super::chat::{Line, in_words};
use super::layout::{Layout, show};
use super::{bots, moment};
use crate::auth::Session;
use crate::error::ApiError;
use crate::flash::see_other_with;
use crate::services::Services;

/// People on one page.
const PAGE: i64 = 50;
/// Messages the card shows.
const HISTORY: i64 = 30;
/// Longest text that is looked for, in characters.
const QUERY_CHARS: usize = 100;

#[derive(Template)]
#[template(path = "subscribers/list.html")]
struct SubscribersPage {
    l: Layout,
    bot: BotId,
    bot_name: String,
    query: String,
    people: Vec<PersonView>,
    total: i64,
    page: i64,
    has_more: bool,
}

struct PersonView {
    /// The lane inside an address.
    path: String,
    name: String,
    username: String,
    seen: String,
}

#[derive(Deserialize)]
pub struct Query {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: i64,
}

/// `GET /bots/{id}/subscribers`
pub async fn get_subscribers(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    query: web::Query<Query>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let bot = bots::find(&services, &session, BotId(*id)).await?;
    let (workspace, bot_id) = (session.workspace, bot.id);
    let page = query.page.clamp(1, 1_000_000);
    let query: String = query.q.trim().chars().take(QUERY_CHARS).collect();
    let wanted = query.clone();
    let offset = (page - 1) * PAGE;
    let (mut found, total) = services
        .read(move |connection| {
            let found = match wanted.as_str() {
                "" => subscribers::list(connection, workspace, bot_id, offset, PAGE + 1)?,
                text => subscribers::search(connection, workspace, bot_id, text, offset, PAGE + 1)?,
            };
            Ok((found, subscribers::count(connection, workspace, bot_id)?))
        })
        .await?;
    let shown = usize::try_from(PAGE).unwrap_or_default();
    let has_more = found.len() > shown;
    found.truncate(shown);
    let people = found.into_iter().map(|person| person_view(person, &session)).collect();
    show(&SubscribersPage { l, bot: bot.id, bot_name: bot.name, query, people, total, page, has_more })
}

fn person_view(person: Subscriber, session: &Session) -> PersonView {
    PersonView {
        path: in_path(&person.lane_key),
        name: full_name(&person),
        seen: moment(person.last_seen_at, session),
        username: person.username,
    }
}

/// Somebody without a name goes by his number.
pub(super) fn full_name(person: &Subscriber) -> String {
    let name = format!("{} {}", person.first_name, person.last_name);
    match name.trim() {
        "" => person.external_user_id.clone().unwrap_or_else(|| person.lane_key.clone()),
        name => name.to_owned(),
    }
}

pub(super) fn in_path(lane: &str) -> String {
    percent_encoding::utf8_percent_encode(lane, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[derive(Template)]
#[template(path = "subscribers/card.html")]
struct CardPage {
    l: Layout,
    bot: BotId,
    bot_name: String,
    path: String,
    name: String,
    person: Subscriber,
    first_seen: String,
    last_seen: String,
    fields: Vec<(String, String)>,
    runs: Vec<RunView>,
    lines: Vec<LineView>,
}

struct RunView {
    id: RunId,
    scenario: String,
    block: String,
    since: String,
}

struct LineView {
    from_bot: bool,
    text: String,
    at: String,
}

/// What the page reads of a subscriber.
struct Known {
    person: Subscriber,
    fields: Vec<(String, String)>,
    runs: Vec<(RunId, String, String, UtcMs)>,
    lines: Vec<Line>,
}

/// `GET /bots/{id}/subscribers/{lane}`
pub async fn get_subscriber(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, String)>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (id, lane) = path.into_inner();
    let bot = bots::find(&services, &session, BotId(id)).await?;
    let lane = LaneId::new(session.workspace, bot.id, lane);
    let known = services.read(move |connection| read(connection, &lane)).await?;
    let Known { person, fields, runs, lines } = known.ok_or_else(ApiError::not_found)?;
    let run = |(id, scenario, block, since)| RunView { id, scenario, block, since: moment(since, &session) };
    let line =
        |line: Line| LineView { from_bot: line.from_bot, text: line.text, at: moment(line.at, &session) };
    show(&CardPage {
        l,
        bot: bot.id,
        bot_name: bot.name,
        path: in_path(&person.lane_key),
        name: full_name(&person),
        first_seen: moment(person.first_seen_at, &session),
        last_seen: moment(person.last_seen_at, &session),
        person,
        fields,
        runs: runs.into_iter().map(run).collect(),
        lines: lines.into_iter().map(line).collect(),
    })
}

fn read(connection: &mut Connection, lane: &LaneId) -> Result<Option<Known>, ReadError> {
    let Some(person) = subscribers::find(connection, lane)? else { return Ok(None) };
    let fields = match &person.external_user_id {
        Some(user) => fields::load(connection, lane.workspace, &Owner::client(lane.bot, user), None)?,
        None => Vec::new(),
    };
    let names: BTreeMap<_, _> = scenarios::list(connection, lane.workspace)?
        .into_iter()
        .map(|scenario| (scenario.id, scenario.name))
        .collect();
    let mut standing = Vec::new();
    for run in runs::load_open_of_lane(connection, lane)? {
        let state: Option<RunState> = serde_json::from_str(&run.state).ok();
        let place = state.and_then(|state| Some((state.version, state.place?.block)));
        let block = match place {
            Some((version, block)) => {
                let document = scenarios::find_version(connection, lane.workspace, version)?
                    .and_then(|version| serde_json::from_str::<Scenario>(&version.document).ok());
                let found = document.and_then(|document| {
                    document.blocks.into_iter().find(|found| found.id == block).map(|found| found.name)
                });
                found.unwrap_or_default()
            }
            None => String::new(),
        };
        let scenario = names.get(&run.scenario_id).cloned().unwrap_or_default();
        standing.push((run.id, scenario, block, run.updated_at));
    }
    let mut history = messages::history(connection, lane, None, HISTORY)?;
    history.reverse();
    let fields = fields.into_iter().map(|(name, json)| (name, in_short(&json))).collect();
    Ok(Some(Known { person, fields, runs: standing, lines: in_words(&history) }))
}

/// A value as it is read: texts without quotes.
fn in_short(json: &str) -> String {
    match serde_json::from_str::<engine::value::Value>(json) {
        Ok(value) => value.to_text().into_owned(),
        Err(_) => json.to_owned(),
    }
}

/// `POST /bots/{id}/subscribers/{lane}/runs/{run}/stop`
pub async fn post_stop(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, String, i64)>,
) -> Result<HttpResponse, ApiError> {
    let (id, lane, run) = path.into_inner();
    let bot: Bot = bots::find(&services, &session, BotId(id)).await?;
    let back = format!("/bots/{}/subscribers/{}", bot.id, in_path(&lane));
    let lane = LaneId::new(session.workspace, bot.id, lane);
    let (of, run) = (lane.clone(), RunId(run));
    let is_theirs = services
        .read(move |connection| {
            Ok(runs::load_open_of_lane(connection, &of)?.iter().any(|open| open.id == run))
        })
        .await?;
    if !is_theirs {
        return Err(ApiError::not_found());
    }
    services.runtime.stop_run(lane, run).await?;
    Ok(see_other_with(&back, "flash-stopped"))
}
