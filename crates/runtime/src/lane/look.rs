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
use crate::commit::{Committed, Saved};
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
    pub(super) scopes: Scopes,
    /// Nobody has asked the tables whether something older waits than what comes next.
    pub(super) from_memory: bool,
}

/// What is known beside the burst that is worked, and still will be afterwards.
pub(super) struct Behind {
    /// Of the lane before the burst.
    version: i64,
    /// What else was waiting.
    rows: VecDeque<InboxRow>,
    /// Nothing waits behind that.
    all: bool,
    /// Nothing could go on without an event.
    pub(super) at_rest: bool,
    /// Everything up to here will be settled.
    pub(super) seen: EventId,
    /// Bytes of each run's state.
    sizes: Vec<Saved>,
}

impl Known {
    pub(super) fn new(rested: Option<Rested>) -> Self {
        Self { rested, waiting: VecDeque::new(), all: true }
    }

    /// What can be kept for the next worker: nothing that would let him overlook what waits.
    pub(super) fn into_rested(self) -> Option<Rested> {
        self.rested.filter(|_| self.all && self.waiting.is_empty())
    }

    pub(super) fn take_in(&mut self, news: News) {
        let Some(rested) = &self.rested else { return };
        let newest = self.waiting.back().map_or(rested.seen, |row| row.id);
        // Or else the tables were read between a row's commit and its arrival here.
        self.all &= news.rows.front().is_none_or(|row| row.id > newest);
        if self.all {
            self.waiting.extend(news.rows);
        }
        self.all &= !news.look;
    }

    /// The lane as it stands now, from memory as long as something waits there; `None` when nothing is to be done. What
    /// is known is given away with it.
    pub(super) async fn look(
        &mut self,
        inner: &Arc<Inner>,
        bot: &Arc<LoadedBot>,
        lane: &LaneId,
    ) -> Result<Option<(Snapshot, Behind)>, ReadError> {
        let Self { rested, mut waiting, all } = std::mem::replace(self, Self::new(None));
        let (rested, next) = match (rested, waiting.pop_front()) {
            (Some(rested), Some(next)) => (rested, next),
            (Some(rested), None) if all => {
                *self = Self::new(Some(rested));
                return Ok(None);
            }
            _ => return Ok(Some(read(inner, bot, lane).await?)),
        };
        #[cfg(debug_assertions)]
        compare(inner, bot, lane, &rested, &next).await?;
        let Rested { version, lane: state, seen, sizes } = rested;
        let scopes = if bot.needs.reads_fields() {
            let (id, of) = (lane.clone(), Arc::clone(bot));
            inner.store.read(move |connection| Ok(read_scopes(connection, &id, &of, &of.needs)?)).await?
        } else {
            Scopes { system: Arc::clone(&bot.system), ..Scopes::default() }
        };
        let snapshot = Snapshot {
            version,
            lane: state,
            broken: Vec::new(),
            answered: None,
            ready: None,
            next: Some(next),
            scopes,
            from_memory: true,
        };
        Ok(Some((snapshot, Behind { version, rows: waiting, all, at_rest: true, seen, sizes })))
    }

    /// Notes what a commit has left of the lane; answers whether there is more to do.
    pub(super) fn settle(&mut self, lane: &LaneId, behind: Behind, done: &mut Committed) -> bool {
        let Behind { version, rows, all, at_rest, seen, mut sizes } = behind;
        let rests = at_rest && !done.again && !lane.key.starts_with(lanes::ANONYMOUS);
        let Some(lane) = done.lane.take().filter(|_| rests) else {
            // What came after the lane was read has woken it again.
            return done.again || !at_rest || !all || !rows.is_empty();
        };
        sizes.append(&mut done.saved);
        let newest = |run: RunId| sizes.iter().rev().find(|(of, _)| *of == run).copied();
        let sizes = lane.runs.iter().filter_map(|run| newest(run.run)).collect();
        let rested = Rested { version: version + 1, lane, seen, sizes };
        *self = Self { rested: Some(rested), waiting: rows, all };
        true
    }
}

/// Reads a lane.
pub(super) async fn read(
    inner: &Inner,
    bot: &Arc<LoadedBot>,
    lane: &LaneId,
) -> Result<(Snapshot, Behind), ReadError> {
    let (id, of) = (lane.clone(), Arc::clone(bot));
    // Where lanes do not rest, what is behind the first event is only asked whether it is there.
    let ahead = if inner.store.is_shared() { 2 } else { READ_AHEAD };
    inner.store.read(move |connection| read_lane(connection, &id, &of, ahead)).await
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
        let (stored, behind) = read(inner, bot, lane).await?;
        if stored.version == rested.version {
            assert_eq!(stored.lane, rested.lane, "the lane in the tables, and at rest");
            let sum = |sizes: &[Saved]| sizes.iter().map(|(_, size)| size).sum::<usize>();
            assert_eq!(sum(&behind.sizes), sum(&rested.sizes));
        }
    }
    Ok(())
}

fn read_lane(
    connection: &mut Connection,
    id: &LaneId,
    bot: &LoadedBot,
    ahead: i64,
) -> Result<(Snapshot, Behind), ReadError> {
    let head = lanes::load(connection, id)?;
    let open = if head.version == 0 { Vec::new() } else { runs::load_open_of_lane(connection, id)? };
    let answered = if open.iter().any(|run| run.status == RunStatus::Calling) {
        calls::answered_of_lane(connection, id)?.into_iter().next()
    } else {
        None
    };
    let mut rows: VecDeque<InboxRow> = inbox::next_for_lane(connection, id, EventId(0), ahead)?.into();
    let ready = open.iter().find(|run| run.status == RunStatus::Ready).map(|run| run.id);
    let all = i64::try_from(rows.len()).is_ok_and(|read| read < ahead);
    let at_rest = answered.is_none() && ready.is_none();
    let next = rows.pop_front();
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
    let version = head.version;
    let behind = Behind { version, rows, all, at_rest, seen: EventId(0), sizes };
    let snapshot = Snapshot { version, lane, broken, answered, ready, next, scopes, from_memory: false };
    Ok((snapshot, behind))
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
