//! Triggers of the clock and of lists, on the tables: each fires once, whatever stops in between.

use std::time::Duration;

use engine::ids::{RowId, ScenarioId};
use engine::list::ColumnKind;
use engine::value::{Map, Value};
use serde_json::json;
use store::bots::UnknownPolicy;
use store::lists::{self, ListColumn};
use store::{Class, Connection, fields};

use crate::support::{House, command, document, on_both_at_rest, on_postgres_at_rest, say, until};

const HOUR_MS: i64 = 3_600_000;

fn counted(id: &str) -> serde_json::Value {
    json!({"id": id, "kind": "increment", "options": {"target": format!("global.{id}"), "by": "1"}})
}

impl House {
    async fn global(&self, name: &'static str) -> Option<String> {
        let workspace = self.workspace;
        let read = move |connection: &mut Connection| {
            Ok(fields::load(connection, workspace, &fields::Owner::global(), Some(&[name.to_owned()]))?)
        };
        self.store.read(read).await.unwrap().into_iter().next().map(|(_, value)| value)
    }

    async fn planned(&self) -> Vec<store::schedules::Schedule> {
        let workspace = self.workspace;
        self.store.read(move |connection| Ok(store::schedules::list(connection, workspace)?)).await.unwrap()
    }

    /// Waits until the published triggers stand in the tables.
    async fn until_planned(&self, count: usize) {
        until("triggers are planned", async || self.planned().await.len() == count).await;
    }

    /// Waits until nothing is due.
    async fn until_fired(&self) {
        let now = self.store.now();
        until("what is due has fired", async || {
            self.planned().await.iter().all(|planned| planned.due_at > now)
        })
        .await;
        self.settled().await;
    }

    /// A list of visits with a date and a subscriber.
    async fn with_visits(&self) {
        let (workspace, now) = (self.workspace, self.store.now());
        let column = |name: &str| ListColumn {
            id: name.to_owned(),
            name: name.to_owned(),
            kind: ColumnKind::Text,
            unique: false,
            indexed: false,
        };
        let columns = ["at", "client", "what"].map(column);
        self.store
            .write(Class::Lanes, move |tx| lists::insert(tx, workspace, "visits", &columns, now))
            .await
            .unwrap();
        self.runtime.bots_changed(workspace);
    }

    async fn add_visit(&self, at: &str, client: &str, what: &str) -> RowId {
        let (workspace, now) = (self.workspace, self.store.now());
        let cells = [("at", at), ("client", client), ("what", what)];
        let cells: Map =
            cells.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        self.store
            .write(Class::Lanes, move |tx| {
                let list = lists::find_for_write(tx, workspace, "visits")?.unwrap();
                lists::insert_row(tx, &list, &cells, now)
            })
            .await
            .unwrap()
    }
}

fn hourly() -> serde_json::Value {
    document(
        json!([{"id": "hour", "kind": "schedule", "options": {"every": "hours"}, "next": {"block": "b"}}]),
        json!([{"id": "b", "actions": [counted("runs")]}]),
    )
}

#[tokio::test]
async fn a_schedule_that_was_missed_fires_once() {
    let test = |mut house: House| async move {
        house.until_planned(1).await;
        house.store.clock().advance(HOUR_MS);
        until("the first hour", async || house.global("runs").await.as_deref() == Some("1")).await;
        // Ten hours while nothing runs.
        house.crash().await;
        house.store.clock().advance(10 * HOUR_MS);
        house.restart().await;
        until("what was missed", async || house.global("runs").await.as_deref() == Some("2")).await;
        house.until_fired().await;
        assert_eq!(house.global("runs").await.as_deref(), Some("2"));
        house.store.clock().advance(HOUR_MS);
        until("the next hour", async || house.global("runs").await.as_deref() == Some("3")).await;
    };
    on_both_at_rest(test, UnknownPolicy::Drop, hourly()).await;
}

#[tokio::test]
async fn a_trigger_that_is_published_no_more_fires_no_more() {
    let test = |house: House| async move {
        house.until_planned(1).await;
        let other =
            document(json!([command("start", "b")]), json!([{"id": "b", "actions": [counted("runs")]}]));
        house.publish(ScenarioId(1), &other).await;
        house.until_planned(0).await;
        house.store.clock().advance(5 * HOUR_MS);
        house.say(7, "/start").await;
        until("the command", async || house.global("runs").await.is_some()).await;
        assert_eq!(house.global("runs").await.as_deref(), Some("1"));
    };
    on_both_at_rest(test, UnknownPolicy::Drop, hourly()).await;
}

fn greeting() -> serde_json::Value {
    document(
        json!([command("start", "hi"), {"id": "all", "kind": "schedule", "next": {"block": "b"},
            "options": {"every": "day", "at": "09:00", "runs": "each"}}]),
        json!([
            {"id": "hi", "actions": [say("h", "Hi."), {"id": "z", "kind": "set_variables", "options": {"assignments": [
                {"target": "client.timezone", "value": "[ClientID]"}]}}]},
            {"id": "b", "actions": [say("m", "Good morning.")]},
        ]),
    )
}

#[tokio::test]
async fn everybody_is_greeted_by_his_own_clock() {
    let test = |mut house: House| async move {
        house.until_planned(1).await;
        // It is 15.01.2027 08:00 UTC. Their zones are +3 and +5.
        for user in [3, 5] {
            house.say(user, "/start").await;
            house.heard(user, 1).await;
        }
        // 04:00 UTC is 09:00 in +5; a crash on the way changes nothing.
        house.store.clock().advance(19 * HOUR_MS);
        house.crash_and_restart().await;
        house.until_fired().await;
        house.store.clock().advance(HOUR_MS);
        assert_eq!(house.heard(5, 2).await, ["Hi.", "Good morning."]);
        assert_eq!(house.heard(3, 1).await, ["Hi."]);
        house.store.clock().advance(2 * HOUR_MS);
        assert_eq!(house.heard(3, 2).await, ["Hi.", "Good morning."]);
        assert_eq!(house.heard(5, 2).await, ["Hi.", "Good morning."]);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, greeting()).await;
}

#[tokio::test]
async fn who_unsubscribes_is_left_alone_even_when_his_moment_was_given_already() {
    let test = |house: House| async move {
        house.until_planned(1).await;
        for user in [3, 5] {
            house.say(user, "/start").await;
            house.heard(user, 1).await;
        }
        // The pass over the subscribers began when the time came in the east: both have their moment.
        house.store.clock().advance(18 * HOUR_MS);
        house.until_fired().await;
        house.say(3, "/stop").await;
        house.heard(3, 2).await;
        house.store.clock().advance(8 * HOUR_MS);
        assert_eq!(house.heard(5, 2).await, ["Hi.", "Good morning."]);
        house.timers_fired().await;
        house.settled().await;
        assert_eq!(house.sent(3).await.len(), 2, "no greeting");
        // The next pass leaves him out as well.
        house.store.clock().advance(24 * HOUR_MS);
        assert_eq!(house.heard(5, 3).await.len(), 3);
        house.timers_fired().await;
        house.until_fired().await;
        assert_eq!(house.sent(3).await.len(), 2, "no greeting");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, greeting()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_two_nodes_a_schedule_fires_once() {
    let test = |house: House| async move {
        house.until_planned(1).await;
        let other = house.second_node().await;
        house.store.clock().advance(HOUR_MS);
        until("the first hour", async || house.global("runs").await.as_deref() == Some("1")).await;
        // The owner leaves; what is missed meanwhile fires once, at the other one.
        house.runtime.shutdown(Duration::from_secs(20)).await;
        house.store.clock().advance(3 * HOUR_MS);
        until("the hours missed", async || house.global("runs").await.as_deref() == Some("2")).await;
        house.until_fired().await;
        assert_eq!(house.global("runs").await.as_deref(), Some("2"));
        other.shutdown(Duration::from_secs(20)).await;
    };
    on_postgres_at_rest(test, UnknownPolicy::Drop, hourly()).await;
}

fn reminder() -> serde_json::Value {
    document(
        json!([command("start", "hi"), {"id": "date", "kind": "list_date", "next": {"block": "b"},
            "options": {"list": "visits", "column": "at", "unit": "hours", "subscriber": "client"}}]),
        json!([
            {"id": "hi", "actions": [say("h", "Hi.")]},
            {"id": "b", "actions": [say("m", "Soon: #{_row.what}.")]},
        ]),
    )
}

#[tokio::test]
async fn a_date_in_a_list_reminds_exactly_once() {
    let test = |mut house: House| async move {
        house.with_visits().await;
        house.until_planned(1).await;
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        // It is 15.01.2027 08:00 UTC: the first is over, the second too near, the last is nobody's.
        house.add_visit("15.01.2027 07:00", "7", "past").await;
        house.add_visit("15.01.2027 08:30", "7", "late").await;
        house.add_visit("15.01.2027 10:00", "7", "tea").await;
        house.add_visit("15.01.2027 10:00", "8", "of a stranger").await;
        house.add_visit("15.01.2027 10:30", "7", "cake").await;
        let workspace = house.workspace;
        let is_indexed = async || {
            let list = house.store.read(move |c| lists::find_by_name(c, workspace, "visits")).await.unwrap();
            list.unwrap().columns[0].indexed
        };
        until("the dates have an index", is_indexed).await;
        house.store.clock().advance(HOUR_MS);
        assert_eq!(house.heard(7, 2).await, ["Hi.", "Soon: tea."]);
        house.crash_and_restart().await;
        house.until_fired().await;
        house.store.clock().advance(60_000);
        house.until_fired().await;
        assert_eq!(house.heard(7, 2).await.len(), 2, "once");
        // It comes due while nothing runs.
        house.crash().await;
        house.store.clock().advance(3 * HOUR_MS);
        house.restart().await;
        assert_eq!(house.heard(7, 3).await, ["Hi.", "Soon: tea.", "Soon: cake."]);
        house.until_fired().await;
        assert_eq!(house.heard(7, 3).await.len(), 3);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, reminder()).await;
}

fn watcher() -> serde_json::Value {
    let watch = |id: &str, on: &str, block: &str| {
        json!({"id": id, "kind": "list_row", "next": {"block": block},
            "options": {"list": "visits", "on": on}})
    };
    let add = json!({"id": "more", "kind": "list_add", "options": {"list": "visits",
        "values": [{"column": "what", "value": "more"}]}});
    document(
        json!([command("add", "add"), watch("a", "added", "added"), watch("d", "deleted", "deleted")]),
        json!([
            {"id": "add", "actions": [add]},
            {"id": "added", "actions": [counted("added"), {"id": "m2", "kind": "list_add",
                "options": {"list": "visits", "values": [{"column": "what", "value": "again"}]}}]},
            {"id": "deleted", "actions": [counted("deleted"), {"id": "s", "kind": "set_variables", "options":
                {"assignments": [{"target": "global.gone", "value": "#{_row.what}"}]}}]},
        ]),
    )
}

#[tokio::test]
async fn rows_tell_whoever_writes_them_and_circles_end() {
    let test = |house: House| async move {
        house.with_visits().await;
        let workspace = house.workspace;
        let is_watched = async || {
            let list = house.store.read(move |c| lists::find_by_name(c, workspace, "visits")).await.unwrap();
            list.unwrap().watchers.len() == 2
        };
        until("the list is watched", is_watched).await;
        // By a scenario: each run adds another row, and the chain ends.
        house.say(7, "/add").await;
        until("the circle ends", async || house.global("added").await.as_deref() == Some("16")).await;
        house.settled().await;
        assert_eq!(house.global("added").await.as_deref(), Some("16"));
        // By hand or by the API: a chain of its own.
        let row = house.add_visit("", "", "tea").await;
        until("another circle", async || house.global("added").await.as_deref() == Some("33")).await;
        let now = house.store.now();
        house
            .store
            .write(Class::Lanes, move |tx| {
                let list = lists::find_for_write(tx, workspace, "visits")?.unwrap();
                lists::delete_row(tx, &list, row, now)
            })
            .await
            .unwrap();
        until("a deleted row", async || house.global("gone").await.as_deref() == Some("\"tea\"")).await;
        assert_eq!(house.global("deleted").await.as_deref(), Some("1"));
    };
    on_both_at_rest(test, UnknownPolicy::Drop, watcher()).await;
}
