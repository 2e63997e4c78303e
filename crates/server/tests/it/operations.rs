//! What an operator does with an installation: backups, restores, the pause after them, the doctor, the metrics.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use engine::event::Peer;
use engine::ids::{BotId, RunId, StepNo, UtcMs, WaitId, WorkspaceId};
use engine::message::{Message, RichText};
use runtime::Outbound;
use store::fields::{self, Owner};
use store::inbox::{InboxKind, NewInboxRow};
use store::messages::Fate;
use store::outbox::{NewOutboxRow, OutboxClass};
use store::setbacks::{Item, Work};
use store::{
    Class, Clock, Connection, DataDir, Database, LaneId, MasterKey, Store, StoreConfig, backlog, setbacks,
};

use crate::app::{TestApp, eventually};

/// The operator's terminal.
fn scenaria(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenaria"));
    command.env_clear().env("SCENARIA_DATA_DIR", data).args(arguments).output().unwrap()
}

/// What a command says when it succeeds.
fn said(data: &Path, arguments: &[&str]) -> String {
    let output = scenaria(data, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What a command says when it refuses.
fn refused(data: &Path, arguments: &[&str]) -> String {
    let output = scenaria(data, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn open(data: &Path) -> Store {
    let directory = DataDir::open(data).unwrap();
    let key = MasterKey::load(&directory, None).unwrap().expect("the directory has a key");
    let config = StoreConfig::new(Database::from_url(None, &directory).unwrap(), key);
    tokio::task::spawn_blocking(move || Store::open(config).unwrap()).await.unwrap()
}

fn first_workspace(connection: &mut Connection) -> Result<WorkspaceId, store::ReadError> {
    Ok(store::workspaces::list(connection)?[0].id)
}

/// Two values that every transaction sets to the same number.
async fn pair(store: &Store, workspace: WorkspaceId) -> (i64, i64) {
    let read = move |connection: &mut Connection| {
        Ok(fields::load(connection, workspace, &Owner::global(), Some(&["left".into(), "right".into()]))?)
    };
    let values = store.read(read).await.unwrap();
    let value = |name: &str| {
        values.iter().find(|(found, _)| found == name).map_or(0, |(_, text)| text.parse().unwrap())
    };
    (value("left"), value("right"))
}

#[actix_web::test]
async fn a_backup_under_load_is_restored_whole() {
    let app = TestApp::new().await;
    app.owner().await;
    let store = app.services().store.clone();
    let workspace = store.read(first_workspace).await.unwrap();
    let (acknowledged, stopped) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let writing = {
        let (store, acknowledged, stopped) = (store.clone(), Arc::clone(&acknowledged), Arc::clone(&stopped));
        tokio::spawn(async move {
            for number in 1_i64.. {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let job = move |tx: &mut store::Tx| {
                    fields::upsert(tx, workspace, &Owner::global(), "left", &number.to_string())?;
                    fields::upsert(tx, workspace, &Owner::global(), "right", &number.to_string())
                };
                store.write(Class::Lanes, job).await.unwrap();
                acknowledged.store(number, Ordering::Relaxed);
            }
        })
    };
    eventually("some writes", async || (acknowledged.load(Ordering::Relaxed) > 20).then_some(())).await;
    let outside = tempfile::tempdir().unwrap();
    let (backup, data) = (outside.path().join("backup"), app.directory().to_owned());
    let before = acknowledged.load(Ordering::Relaxed);
    let path = backup.to_str().unwrap().to_owned();
    let told = tokio::task::spawn_blocking({
        let (path, data) = (path.clone(), data.clone());
        move || said(&data, &["backup", "--with-key", &path])
    })
    .await
    .unwrap();
    let after = acknowledged.load(Ordering::Relaxed);
    stopped.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert!(told.contains("keep this backup as safe"), "{told}");
    assert!(refused(&data, &["backup", &path]).contains("is there already"), "never overwritten");
    assert!(refused(&data, &["restore", &path]).contains("in use by another Scenaria"), "the server runs");

    let restored = outside.path().join("restored");
    let told = said(&restored, &["restore", &path]);
    assert!(told.contains("Nothing is worked or sent"), "{told}");
    let copy = open(&restored).await;
    let (left, right) = pair(&copy, workspace).await;
    assert_eq!(left, right, "a transaction is in the copy whole or not at all");
    assert!(before <= left && left <= after + 1, "{before} <= {left} <= {after}");
    let users = |connection: &mut Connection| Ok(store::users::count(connection)?);
    assert_eq!(copy.read(users).await.unwrap(), store.read(users).await.unwrap());
    copy.close().await;
    assert!(refused(&restored, &["restore", &path]).contains("not overwritten"));

    // Damage is found before anything is put in its place.
    let database = backup.join("scenaria.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).unwrap();
    let damaged = outside.path().join("damaged");
    assert!(refused(&damaged, &["restore", &path]).contains("was changed or cut off"));
    assert!(!damaged.join("scenaria.db").exists());
}

#[actix_web::test]
async fn a_backup_without_its_key_needs_the_old_one() {
    let app = TestApp::new().await;
    app.owner().await;
    let outside = tempfile::tempdir().unwrap();
    let backup = outside.path().join("backup");
    let path = backup.to_str().unwrap();
    let told = said(app.directory(), &["backup", path]);
    assert!(told.contains("NOT inside") && told.contains("master.key"), "{told}");
    assert!(!backup.join("master.key").exists());
    let data = outside.path().join("data");
    assert!(refused(&data, &["restore", path]).contains("no master key inside"));
    // Somebody else's key does not open it, and leaves nothing behind.
    MasterKey::random().unwrap().write_file(&data.join("master.key")).unwrap();
    assert!(refused(&data, &["restore", path]).contains("not the one this database was sealed with"));
    let left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!data.join("scenaria.db").exists() && left.len() == 2, "{left:?}");
    std::fs::copy(app.directory().join("master.key"), data.join("master.key")).unwrap();
    said(&data, &["restore", path]);
}

/// A simulator's bot with a send, a call, an overdue timer and an event that wait, as a backup holds them.
async fn leave_work(store: &Store) -> LaneId {
    let now = store.now();
    store
        .write(Class::Lanes, move |tx| {
            let workspace = first_workspace(tx)?;
            let bot: BotId = store::bots::list(tx, workspace)?[0].id;
            let lane = LaneId::new(workspace, bot, "user:7");
            let peer = Peer { chat: "7".into(), thread: None };
            let message = Message { text: RichText::plain("Old news"), ..Message::default() };
            let payload = serde_json::to_string(&Outbound::Message { peer, message }).unwrap();
            store::outbox::insert(
                tx,
                &NewOutboxRow {
                    lane: lane.clone(),
                    effect_id: "1/1/0".into(),
                    peer: "7".into(),
                    class: OutboxClass::Reply,
                    kind: "message".into(),
                    payload,
                    in_history: true,
                    not_before: now,
                    expires_at: None,
                    return_to: None,
                    created_at: now,
                },
            )?;
            store::calls::insert(
                tx,
                &store::calls::NewCall {
                    lane: lane.clone(),
                    partition: 0,
                    run_id: RunId(1_000_001),
                    step_no: StepNo(1),
                    request: "{}".into(),
                    next_at: Some(now.plus_ms(3_600_000)),
                },
            )?;
            for due_at in [UtcMs(1), now.plus_ms(86_400_000)] {
                store::timers::insert(
                    tx,
                    &store::timers::NewTimer {
                        lane: lane.clone(),
                        partition: 0,
                        due_at,
                        run_id: Some(RunId(1_000_001)),
                        wait_id: Some(WaitId(1)),
                        payload: "{}".into(),
                    },
                )?;
            }
            let broadcast = store::broadcasts::Broadcast {
                workspace_id: workspace,
                run_id: RunId(1_000_001),
                step_no: StepNo(2),
                bot_id: bot,
                tell: "{}".into(),
            };
            let part = |part_no, people| store::broadcasts::Part { part_no, people, recipients: "[]".into() };
            store::broadcasts::insert(tx, &broadcast, &[part(0, 100), part(1, 50)], now)?;
            store::inbox::insert_batch(
                tx,
                &[NewInboxRow {
                    lane: lane.clone(),
                    partition: 0,
                    dedupe_key: "old".into(),
                    kind: InboxKind::Update,
                    payload: b"{}".to_vec(),
                    meta: "{}".into(),
                    reply_secret: None,
                    hops: 0,
                    received_at: now,
                }],
            )?;
            Ok(lane)
        })
        .await
        .unwrap()
}

async fn count(store: &Store) -> backlog::Backlog {
    let now = store.now();
    store.read(move |connection| Ok(backlog::count(connection, now)?)).await.unwrap()
}

#[actix_web::test]
async fn what_is_restored_stands_still_until_it_is_released() {
    let source = TestApp::new().await;
    source.owner().await;
    source.services().runtime.shutdown(Duration::from_secs(10)).await;
    let lane = leave_work(&source.services().store).await;
    let outside = tempfile::tempdir().unwrap();
    let (backup, data) = (outside.path().join("backup"), outside.path().join("data"));
    said(source.directory(), &["backup", "--with-key", backup.to_str().unwrap()]);
    let told = said(&data, &["restore", backup.to_str().unwrap()]);
    assert!(
        told.contains("Waiting: 151 to send, 1 calls, 2 timers (1 of them overdue), 1 events."),
        "{told}"
    );

    let app = TestApp::at(&data).await;
    let ready = app.public(TestRequest::get().uri("/readyz")).await;
    assert_eq!(
        (ready.status.as_u16(), ready.body.as_str()),
        (503, "not ready: paused until it is released\n")
    );
    // Longer than any loop sleeps: a runtime that is not paused would have sent by now.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let waiting = count(&app.services().store).await;
    assert_eq!((waiting.sends(), waiting.calls, waiting.timers, waiting.events), (151, 1, 2, 1));

    let (path, released) = (data.clone(), "Given up: 151 to send, 1 calls, 1 overdue timers, 1 events.");
    let told = tokio::task::spawn_blocking(move || said(&path, &["release"])).await.unwrap();
    assert!(
        told.contains(released) && told.contains("Kept: 0 to send, 0 calls, 1 timers, 0 events."),
        "{told}"
    );
    eventually("it works again", async || {
        let ready = app.public(TestRequest::get().uri("/readyz")).await;
        ready.status.is_success().then_some(())
    })
    .await;
    let history = move |connection: &mut Connection| {
        Ok(store::messages::history(connection, &lane, None, 10)?.into_iter().next())
    };
    let message = app.services().store.read(history).await.unwrap().expect("it is in the history");
    assert_eq!((message.fate, message.error.as_deref()), (Fate::Dead, Some("given up after a restore")));
    assert!(refused(&data, &["release"]).contains("not paused"), "work that goes on is nobody's to drop");
}

#[actix_web::test]
async fn what_is_kept_goes_out_after_the_release() {
    let outside = tempfile::tempdir().unwrap();
    let data = outside.path().join("data");
    let source = TestApp::at(&data).await;
    source.owner().await;
    source.services().runtime.shutdown(Duration::from_secs(10)).await;
    let lane = leave_work(&source.services().store).await;
    let told = said(&data, &["pause"]);
    assert!(told.contains("Paused"), "{told}");
    let told = said(
        &data,
        &["release", "--sends", "keep", "--calls", "keep", "--timers", "keep", "--events", "keep"],
    );
    assert!(told.contains("Given up: 0 to send, 0 calls, 0 overdue timers, 0 events."), "{told}");
    source.stop().await;
    let app = TestApp::at(&data).await;
    let store = app.services().store.clone();
    eventually("the send goes out", async || {
        let lane = lane.clone();
        let history = move |connection: &mut Connection| {
            Ok(store::messages::history(connection, &lane, None, 10)?
                .into_iter()
                .any(|row| row.fate == Fate::Sent))
        };
        store.read(history).await.unwrap().then_some(())
    })
    .await;
}

#[actix_web::test]
async fn migrate_says_what_it_would_do() {
    let directory = tempfile::tempdir().unwrap();
    let dry = |expected: &str| {
        let told = said(directory.path(), &["migrate", "--dry-run"]);
        assert!(told.contains(expected), "{told}");
    };
    dry("There is no database yet");
    assert!(!directory.path().join("scenaria.db").exists(), "nothing is made");
    said(directory.path(), &["migrate"]);
    dry("up to date");
}

#[actix_web::test]
async fn the_doctor_says_what_is_wrong_and_no_secret() {
    let app = TestApp::new().await;
    app.owner().await;
    let data = app.directory().to_owned();
    let key = std::fs::read_to_string(data.join("master.key")).unwrap();
    let examine = |data: &Path, lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenaria"));
        let output = command
            .env_clear()
            .env("LANG", lang)
            .env("SCENARIA_DATA_DIR", data)
            .args(["doctor", "--offline"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains(key.trim()), "{text}");
        (output.status.success(), text)
    };
    let (fine, text) = examine(&data, "en_US.UTF-8");
    assert!(fine, "{text}");
    for sentence in ["The database answers: SQLite", "The master key fits", "A server runs", "not https"] {
        assert!(text.contains(sentence), "{sentence} in\n{text}");
    }
    let (_, russian) = examine(&data, "ru_RU.UTF-8");
    assert!(russian.contains("Мастер-ключ подходит"), "{russian}");

    // What failed in the background by itself.
    let fail = |tx: &mut store::Tx| {
        let item = |work, name: &str| Item { workspace: WorkspaceId(1), work, name: name.to_owned() };
        let at = Clock::system().now();
        for _ in 0..6 {
            setbacks::count(tx, &item(Work::Timer, "17 of run 5"), "the write job panicked", at)?;
        }
        setbacks::count(tx, &item(Work::List, "3"), "a passing one", at.plus_ms(60_000))
    };
    app.services().store.write(Class::Lanes, fail).await.unwrap();
    let (fine, text) = examine(&data, "en_US.UTF-8");
    assert!(fine, "{text}");
    for sentence in [
        "[note] A delay or a time-out (17 of run 5) was given up: the write job panicked (failed attempts: 6).",
        "[note] The index of a list (3) has failed and is tried again: a passing one (failed attempts: 1).",
    ] {
        assert!(text.contains(sentence), "{sentence} in\n{text}");
    }
    let (_, russian) = examine(&data, "ru_RU.UTF-8");
    assert!(
        russian
            .contains("Индекс списка (3): не удалось, попробуем ещё: a passing one (неудачных попыток: 1)."),
        "{russian}"
    );

    // Another key, as after a careless move.
    let copy = tempfile::tempdir().unwrap();
    said(&data, &["backup", copy.path().join("backup").to_str().unwrap()]);
    std::fs::copy(copy.path().join("backup/scenaria.db"), copy.path().join("scenaria.db")).unwrap();
    MasterKey::random().unwrap().write_file(&copy.path().join("master.key")).unwrap();
    let (fine, text) = examine(copy.path(), "C");
    assert!(!fine && text.contains("[bad]  The master key is not the one"), "{text}");
    let (fine, text) = examine(&copy.path().join("nowhere"), "C");
    assert!(!fine && text.contains("There is no data directory"), "{text}");
}

#[actix_web::test]
async fn the_metrics_read_as_prometheus_wants() {
    let app = TestApp::new().await;
    app.owner().await;
    let service = actix_web::App::new().app_data(app.data()).configure(server::metrics::routes);
    let service = init_service(service).await;
    let response = call_service(&service, TestRequest::get().uri("/metrics").to_request()).await;
    assert!(
        response
            .headers()
            .get("content-type")
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    let mut described = std::collections::BTreeSet::new();
    let mut series = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(described.insert(name.to_owned()), "{name} is described twice");
        } else if !line.starts_with("# HELP ") {
            let (what, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
            assert!(series.insert(what.to_owned()), "{what} is there twice");
            let name = what.split('{').next().unwrap();
            let parts = ["", "_bucket", "_sum", "_count"];
            assert!(
                parts.iter().any(|part| name.strip_suffix(part).is_some_and(|name| described.contains(name))),
                "{line} is not described"
            );
        }
    }
    let value = |what: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{what} in\n{text}")).parse().unwrap()
    };
    assert!(
        value("scenaria_write_jobs_total") > 0.0 && value("scenaria_sqlite_bytes{file=\"database\"}") > 0.0
    );
    assert!(value("scenaria_http_responses_total{class=\"2xx\"}") > 0.0, "the set-up page was shown");
    assert_eq!((value("scenaria_database_up"), value("scenaria_paused")), (1.0, 0.0));
}
