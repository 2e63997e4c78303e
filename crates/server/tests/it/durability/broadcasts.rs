//! A broadcast to many is under way when the process is killed, again and again.

use std::time::Duration;

use serde_json::{Value, json};
use store::testing::insert_subscribers;
use store::{Class, LaneId, Store, Tx, broadcasts};

use super::installation::{Installation, Kind};
use super::people::post_update;

/// The first of those who are told.
const FIRST: i64 = 10_001;

const PEOPLE: i64 = 1_800;

/// How often it is killed.
const KILLS: usize = 4;

fn newspaper(_shop: &str) -> Value {
    let to = json!({"client": format!("[Range({FIRST}, {})]", FIRST + PEOPLE - 1)});
    json!({"format": "scenaria/1", "name": "Newspaper",
        "triggers": [{"id": "t", "kind": "text", "options": {"matching": "any"}, "next": {"block": "news"}}],
        "blocks": [{"id": "news", "actions": [
            {"id": "s", "kind": "send_to", "options": {"to": to, "text": "News"}},
            {"id": "d", "kind": "send_message", "options": {"text": "Done."}}]}]})
}

async fn settle_people(installation: &Installation, store: &Store) {
    let (workspace, bot, now) = (installation.workspace, installation.bot, store.now());
    let insert = move |tx: &mut Tx| insert_subscribers(tx, workspace, bot, FIRST..FIRST + PEOPLE, now);
    store.write(Class::Lanes, insert).await.unwrap();
}

/// Whether people are left who are to be told, and whether anything is left that is to be sent.
async fn left(installation: &Installation, store: &Store) -> (bool, bool) {
    let workspace = installation.workspace;
    let look = move |connection: &mut store::Connection| {
        let mut untold = false;
        for broadcast in broadcasts::oldest(connection, workspace, 10)? {
            untold |= broadcasts::first_part(connection, &broadcast)?.is_some();
        }
        let sending = !store::outbox::bots_with_queued(connection)?.is_empty()
            || !store::outbox::open_claims(connection, 1)?.is_empty();
        Ok((untold, sending))
    };
    store.read(look).await.unwrap()
}

async fn check(kind: Kind) {
    let Some(installation) = Installation::new(kind, newspaper).await else { return };
    let store = installation.store();
    settle_people(&installation, &store).await;
    store.close().await;
    let mut node = installation.node();
    assert!(node.start(&[]), "{}", node.said());
    post_update(node.public, &installation.hook(), 1, 1).await;
    let mut killed_in_the_middle = 0;
    for kill in 1..=KILLS {
        // Some have heard it; more wait in the outbox, and more have not been told at all.
        let enough = kill * 60;
        super::until("some have heard it", || installation.heard() >= enough).await;
        node.kill();
        let store = installation.store();
        killed_in_the_middle += usize::from(left(&installation, &store).await.0);
        store.close().await;
        assert!(node.start(&[]), "{}", node.said());
    }
    assert!(killed_in_the_middle > 0, "the broadcast was over before the first kill");
    let store = installation.store();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    while left(&installation, &store).await != (false, false) {
        assert!(tokio::time::Instant::now() < deadline, "it does not come to an end: {}", node.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    node.stop();
    let (workspace, bot) = (installation.workspace, installation.bot);
    for user in FIRST..FIRST + PEOPLE {
        let lane = LaneId::new(workspace, bot, format!("user:{user}"));
        let look = move |c: &mut store::Connection| Ok(store::messages::history(c, &lane, None, 10)?.len());
        assert_eq!(store.read(look).await.unwrap(), 1, "messages for {user}");
    }
    store.close().await;
    println!(
        "{kind:?}: {PEOPLE} people, {KILLS} kills, {killed_in_the_middle} of them while people were left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_loses_and_doubles_nobody_on_sqlite() {
    check(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_loses_and_doubles_nobody_on_postgres() {
    check(Kind::Postgres).await;
}
