//! What a lane's worker begins with: the lane as it stands in the tables, read from there or known since its last commit.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use engine::expression::{JOINED, TAGS};
use engine::ids::{EventId, RunId};
use engine::lane::{Lane, LaneMemory};
use engine::program::Needs;
use engine::run::{Fields, RunState, STATE_FORMAT, Scopes};
use engine::value::Value;
use store::calls::Call;
use store::fields::{self, Owner};
use store::inbox::InboxRow;
use store::runs::{Run, RunStatus};
use store::{Connection, DbResult, LaneId, ReadError, Refusal};
use store::{calls, inbox, lanes, runs, subscribers, tags};

use crate::Inner;
use crate::bots::LoadedBot;
use crate::lane::resting::Rested;
use crate::queue::News;

/// Events read at once, as long as there are no more.
const READ_AHEAD: i64 = 16;

/// What a worker knows of its lane without reading it.
pub(super) struct Known {
    rested: Option<Rested>,
    /// What waits in its inbox, the oldest first.
    waiting: VecDeque<InboxRow>,
    /// All that waits, or the tables know more.
    all: bool,
}

/// A lane as it was read.
pub(super) struct Snapshot {
    pub(super) version: i64,
    pub(super) lane: Lane,
    /// Open runs whose state cannot be read.
    pub(super) broken: Vec<RunId>,
    /// The answer of a call its run waits for.
    pub(super) answered: Option<Call>,
    /// A run that only waits for its worker.
    pub(super) ready: Option<RunId>,
    pub(super) next: Option<InboxRow>,
    /// What else was waiting.
    pub(super) behind: VecDeque<InboxRow>,
    /// Nothing waits behind that.
    pub(super) all: bool,
    /// No run could go on without an event.
    pub(super) at_rest: bool,
    /// Bytes of each run's state.
    pub(super) sizes: Vec<(RunId, usize)>,
    pub(super) scopes: Scopes,
}

impl Known {
    pub(super) fn new(rested: Option<Rested>) -> Self {
        Self { rested, waiting: VecDeque::new(), all: true }
    }

    /// The lane has come to rest, with what waits behind the event that was worked; or with more than that.
    pub(super) fn rest(&mut self, rested: Rested, waiting: VecDeque<InboxRow>, all: bool) {
        *self = Self { rested: Some(rested), waiting, all };
    }

    pub(super) fn into_rested(self) -> Option<Rested> {
        self.rested.filter(|_| self.all)
    }

    /// The lane as it stands now, from memory as long as something waits there; `None` when nothing is to be done. What
    /// is known is given away with it.
    pub(super) async fn look(
        &mut self,
        inner: &Arc<Inner>,
        bot: &Arc<LoadedBot>,
        lane: &LaneId,
        news: News,
    ) -> Result<Option<Snapshot>, ReadError> {
        self.take_in(news);
        let known = std::mem::replace(self, Self::new(None));
        let (id, of) = (lane.clone(), Arc::clone(bot));
        let mut waiting = known.waiting;
        let (rested, next) = match (known.rested, waiting.pop_front()) {
            (Some(rested), Some(next)) => (rested, next),
            (Some(rested), None) if known.all => {
                self.rest(rested, waiting, true);
                return Ok(None);
            }
            _ => return Ok(Some(inner.store.read(move |connection| read_lane(connection, &id, &of)).await?)),
        };
        #[cfg(debug_assertions)]
        compare(inner, bot, lane, &rested, &next).await?;
        let scopes = match bot.needs.reads_fields() {
            true => {
                inner.store.read(move |connection| Ok(read_scopes(connection, &id, &of, &of.needs)?)).await?
            }
            false => Scopes { system: Arc::clone(&bot.system), ..Scopes::default() },
        };
        Ok(Some(Snapshot {
            version: rested.version,
            lane: rested.lane,
            broken: Vec::new(),
            answered: None,
            ready: None,
            next: Some(next),
            behind: waiting,
            all: known.all,
            at_rest: true,
            sizes: rested.sizes,
            scopes,
        }))
    }

    fn take_in(&mut self, news: News) {
        let Some(rested) = &self.rested else { return };
        let newest = self.waiting.back().map_or(rested.seen, |row| row.id);
        // Or else the tables were read between a row's commit and its arrival here.
        self.all &= news.rows.front().is_none_or(|row| row.id > newest);
        if self.all {
            self.waiting.extend(news.rows);
        }
        self.all &= !news.look;
    }
}

/// Every fourth lane that is worked from memory is compared with the tables.
///
/// # Panics
/// When it stands there otherwise.
#[cfg(debug_assertions)]
async fn compare(
    inner: &Inner,
    bot: &Arc<LoadedBot>,
    lane: &LaneId,
    rested: &Rested,
    next: &InboxRow,
) -> Result<(), ReadError> {
    if next.id.0 % 4 == 0 {
        let (id, of) = (lane.clone(), Arc::clone(bot));
        let read = inner.store.read(move |connection| read_lane(connection, &id, &of)).await?;
        if read.version == rested.version {
            assert_eq!(read.lane, rested.lane, "the lane in the tables, and at rest");
            let sizes = |sizes: &[(RunId, usize)]| sizes.iter().map(|(_, size)| size).sum::<usize>();
            assert_eq!(sizes(&read.sizes), sizes(&rested.sizes));
        }
    }
    Ok(())
}

pub(super) fn read_lane(
    connection: &mut Connection,
    id: &LaneId,
    bot: &LoadedBot,
) -> Result<Snapshot, ReadError> {
    let head = lanes::load(connection, id)?;
    let open = if head.version == 0 { Vec::new() } else { runs::load_open_of_lane(connection, id)? };
    let answered = if open.iter().any(|run| run.status == RunStatus::Calling) {
        calls::answered_of_lane(connection, id)?.into_iter().next()
    } else {
        None
    };
    let mut behind: VecDeque<InboxRow> = inbox::next_for_lane(connection, id, EventId(0), READ_AHEAD)?.into();
    let ready = open.iter().find(|run| run.status == RunStatus::Ready).map(|run| run.id);
    let all = behind.len() < READ_AHEAD as usize;
    let at_rest = answered.is_none() && ready.is_none();
    let next = behind.pop_front();
    let mut lane = Lane {
        foreground: head.foreground_run_id,
        runs: Vec::with_capacity(open.len()),
        memory: read_memory(&head.memory),
    };
    let mut broken = Vec::new();
    let mut sizes = Vec::with_capacity(open.len());
    for row in open {
        match read_state(&row)? {
            Some(state) => lane.runs.push(state),
            None => broken.push(row.id),
        }
        sizes.push((row.id, row.state.len()));
    }
    let scopes = read_scopes(connection, id, bot, &bot.needs)?;
    Ok(Snapshot {
        version: head.version,
        lane,
        broken,
        answered,
        ready,
        next,
        behind,
        all,
        at_rest,
        sizes,
        scopes,
    })
}

/// The fields and globals that programs with these needs may read.
pub(super) fn read_scopes(
    connection: &mut Connection,
    id: &LaneId,
    bot: &LoadedBot,
    needs: &Needs,
) -> DbResult<Scopes> {
    let user = id.key.strip_prefix("user:");
    let mut load = |owner: Option<Owner>, names: &BTreeSet<String>, all: bool| -> DbResult<Fields> {
        let Some(owner) = owner.filter(|_| all || !names.is_empty()) else {
            return Ok(Fields::new());
        };
        let names: Vec<String> = names.iter().cloned().collect();
        let rows = fields::load(connection, id.workspace, &owner, (!all).then_some(names.as_slice()))?;
        Ok(rows.into_iter().map(|(name, text)| (name, parse_value(text))).collect())
    };
    let mut client = load(user.map(|user| Owner::client(id.bot, user)), &needs.client, needs.all_client)?;
    let person = load(user.map(|user| Owner::person(&bot.channel, user)), &needs.person, false)?;
    let globals = load(Some(Owner::global()), &needs.globals, needs.all_globals)?;
    if needs.tags && user.is_some() {
        let tags = tags::of_lane(connection, id)?;
        client.insert(TAGS.to_owned(), Value::Array(tags.into_iter().map(Value::Text).collect()));
    }
    if needs.joined
        && user.is_some()
        && let Some(found) = subscribers::find(connection, id)?
    {
        client.insert(JOINED.to_owned(), found.first_seen_at.0.into());
    }
    Ok(Scopes { client, person, globals, system: Arc::clone(&bot.system) })
}

/// What is lost with a memory that cannot be read is worth little: a press that counts twice.
fn read_memory(text: &str) -> LaneMemory {
    if text.is_empty() { LaneMemory::default() } else { serde_json::from_str(text).unwrap_or_default() }
}

/// The state of a run; `None` when it is damaged.
///
/// # Errors
/// When a newer version of this program wrote it: that is for the newer one to go on with.
fn read_state(row: &Run) -> Result<Option<RunState>, ReadError> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u16,
    }
    let newer = |format: u16| {
        let why = format!("format {format} is newer than {STATE_FORMAT}");
        Err(Refusal::Malformed { what: format!("the state of run {}", row.id), why }.into())
    };
    match serde_json::from_str::<RunState>(&row.state) {
        Ok(state) if state.format > STATE_FORMAT => newer(state.format),
        Ok(state) => Ok(Some(state)),
        Err(error) => match serde_json::from_str::<Format>(&row.state) {
            Ok(Format { format }) if format > STATE_FORMAT => newer(format),
            _ => {
                tracing::error!(run = %row.id, %error, "the state of a run cannot be read");
                Ok(None)
            }
        },
    }
}

fn parse_value(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::Text(text))
}
