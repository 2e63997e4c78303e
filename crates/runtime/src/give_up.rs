//! What is given up so that its lane can go on: an event that makes the engine panic, a run whose state cannot
//! be read. Nobody who waits for a reply is left without one.

use engine::error::StepError;
use engine::ids::{EventId, RunId, UtcMs};
use engine::lane::Lane;
use engine::message::Response;
use store::runs::{self, RunUpdate};
use store::{JobError, LaneId, Tx};
use store::{calls, inbox, lanes, timers};

use crate::commit::{Committed, respond, to_json};

/// Times one event may make the engine panic before it is given up.
const PANICS_MAX: i64 = 3;

/// The write job. Jobs may run twice, so it is only read.
pub struct GiveUp {
    pub lane_id: LaneId,
    /// The lane as it was read.
    pub version: i64,
    pub lane: Lane,
    /// The event to blame. Only when it has failed often enough anything is given up.
    pub event: Option<EventId>,
    /// Runs to end. Their calls, timers and questions end with them.
    pub runs: Vec<RunId>,
    pub error: StepError,
    /// The events whose callers wait for a reply.
    pub callers: Vec<EventId>,
    pub now: UtcMs,
}

impl GiveUp {
    pub fn apply(&self, tx: &mut Tx) -> Result<Committed, JobError> {
        let workspace = self.lane_id.workspace;
        lanes::fence(tx, &self.lane_id, self.version, self.lane.foreground, None)?;
        let mut done = Committed::default();
        if let Some(event) = self.event {
            if inbox::record_attempt(tx, workspace, event)? < PANICS_MAX {
                return Ok(done);
            }
            inbox::mark_dead(tx, workspace, event, self.now)?;
        }
        let mut lane = self.lane.clone();
        for run in &self.runs {
            timers::delete_of_run(tx, workspace, *run)?;
            calls::delete_of_run(tx, workspace, *run)?;
            let error = to_json(&self.error);
            let update = RunUpdate { error: Some(&error), ..RunUpdate::ENDED };
            runs::save(tx, workspace, *run, &update, self.now)?;
            lane.remove(*run);
        }
        if lane.foreground != self.lane.foreground {
            lanes::set_foreground(tx, &self.lane_id, lane.foreground)?;
        }
        for caller in &self.callers {
            respond(tx, workspace, *caller, &Response::failed(), self.now, &mut done)?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use engine::event::{Event, EventKind};
    use engine::ids::{BotId, ScenarioId, VersionId, WorkspaceId};
    use engine::run::RunState;
    use store::bots::{BotIntake, BotStatus, NewBot, UnknownPolicy};
    use store::inbox::{InboxKind, NewInboxRow};
    use store::runs::RunStatus;
    use store::workspaces::NewWorkspace;
    use store::{Class, Database, Locale, MasterKey, Store, StoreConfig, WriteError};

    use super::*;

    const NOW: UtcMs = UtcMs(1_800_000_000_000);

    async fn open(database: Database) -> (Store, WorkspaceId, BotId) {
        let config = StoreConfig::new(database, MasterKey::random().unwrap());
        let store = tokio::task::spawn_blocking(|| Store::open(config).unwrap()).await.unwrap();
        let job = |tx: &mut Tx| {
            let new = NewWorkspace { name: "Test".into(), locale: Locale::En, zone: "UTC".into() };
            let workspace = store::workspaces::insert(tx, &new, NOW)?;
            let bot = NewBot {
                workspace_id: workspace,
                channel: "simulator".into(),
                name: "Bot".into(),
                username: None,
                external_id: None,
                token: None,
                base_url: None,
                intake: BotIntake::None,
                webhook_secret: None,
                unknown_policy: UnknownPolicy::Drop,
                status: BotStatus::Active,
            };
            Ok((workspace, store::bots::insert(tx, &bot, NOW)?))
        };
        let (workspace, bot) = store.write(Class::Lanes, job).await.unwrap();
        (store, workspace, bot)
    }

    /// A run with an open question, as JSON and as it is.
    fn asking(run: i64) -> RunState {
        let event = Event {
            id: EventId(run),
            at: NOW,
            peer: None,
            sender: None,
            messages: Vec::new(),
            kind: EventKind::Unknown,
        };
        let state = RunState::new(RunId(run), ScenarioId(1), VersionId(1), event);
        let mut json = serde_json::to_value(&state).unwrap();
        json["wait"] = serde_json::json!({"id": 1, "action": "a", "question": true, "until": null});
        serde_json::from_value(json).unwrap()
    }

    async fn check(database: Database) {
        let (store, workspace, bot) = open(database).await;
        let lane_id = LaneId::new(workspace, bot, "user:1");
        let row = NewInboxRow {
            lane: lane_id.clone(),
            partition: 0,
            dedupe_key: "call:1".into(),
            kind: InboxKind::Miniapp,
            payload: b"{}".to_vec(),
            meta: "{}".into(),
            reply_secret: Some("secret".into()),
            hops: 0,
            received_at: NOW,
        };
        let event = store.receive(vec![row]).await.unwrap()[0].event_id;
        let lane =
            Lane { foreground: Some(RunId(902)), runs: vec![asking(901), asking(902)], ..Lane::default() };
        let (fenced, states) = (lane_id.clone(), lane.clone());
        let begin = move |tx: &mut Tx| {
            for state in &states.runs {
                let new = runs::NewRun {
                    id: state.run,
                    lane: fenced.clone(),
                    scenario_id: state.scenario,
                    version_id: state.version,
                    status: RunStatus::Waiting,
                    state: to_json(state),
                    error: None,
                    place: None,
                    started_at: NOW,
                };
                runs::insert(tx, &new)?;
            }
            lanes::fence(tx, &fenced, 0, states.foreground, None)
        };
        store.write(Class::Lanes, begin).await.unwrap();
        let give_up = |version: i64| {
            let job = GiveUp {
                lane_id: lane_id.clone(),
                version,
                lane: lane.clone(),
                event: Some(event),
                runs: vec![RunId(902)],
                error: crate::lane::engine_panicked(),
                callers: vec![event],
                now: NOW,
            };
            store.write(Class::Lanes, move |tx| job.apply(tx))
        };
        let head = || {
            let lane = lane_id.clone();
            store.read(move |connection| Ok(lanes::load(connection, &lane)?))
        };
        for attempt in 1..PANICS_MAX {
            assert!(give_up(attempt).await.unwrap().replies.is_empty());
            assert_eq!(head().await.unwrap().foreground_run_id, Some(RunId(902)), "not given up yet");
        }
        assert_eq!(give_up(PANICS_MAX - 1).await.err(), Some(WriteError::Fenced), "the lane has moved on");
        let done = give_up(PANICS_MAX).await.unwrap();
        assert_eq!(done.replies, [("secret".to_owned(), Response::failed())]);
        assert_eq!(head().await.unwrap().foreground_run_id, Some(RunId(901)), "the other question is heard");
        let ended = store.read(move |c| Ok(runs::find(c, workspace, RunId(902))?)).await.unwrap().unwrap();
        assert_eq!(ended.status, RunStatus::Ended);
        assert!(ended.error.unwrap().contains("internal"));
    }

    #[tokio::test]
    async fn a_lane_goes_on_without_what_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        check(Database::Sqlite { path: directory.path().join("t.db") }).await;
        if let Some(created) = store::testing::PostgresDatabase::create() {
            check(created.database()).await;
        }
    }
}
