//! Rows that nobody can write: what they belong to is tried again some times and given up, everything else goes on.

use engine::ids::{ScenarioId, UtcMs};
use engine::list::ColumnKind;
use engine::value::{Map, Value};
use serde_json::json;
use store::bots::UnknownPolicy;
use store::lists::{self, ListColumn, rebuild};
use store::messages::Fate;
use store::replies::{self, Reply};
use store::setbacks::Work;
use store::testing::insert_subscribers;
use store::{Class, Tx, audit_log, broadcasts};

use crate::support::{House, command, document, on_both, on_both_at_rest, say, until};

const HOUR_MS: i64 = 3_600_000;

fn reminder() -> serde_json::Value {
    document(
        json!([command("start", "wait"), command("hello", "hello")]),
        json!([
            {"id": "wait", "actions": [
                say("w", "In an hour."),
                {"id": "d", "kind": "delay", "options": {"amount": 1, "unit": "hours", "when_moved_on": "go_on"}},
                say("n", "Now."),
            ]},
            {"id": "hello", "actions": [say("h", "Hello.")]},
        ]),
    )
}

#[tokio::test]
async fn one_timer_that_cannot_fire_holds_up_no_other() {
    let test = |house: House| async move {
        for user in [7, 8] {
            house.say(user, "/start").await;
            house.heard(user, 1).await;
        }
        house.settled().await;
        house.poison("inbox", "INSERT", "NEW.lane_key = 'user:7' AND NEW.kind = 'timer'").await;
        house.store.clock().advance(HOUR_MS);
        assert_eq!(house.heard(8, 2).await, ["In an hour.", "Now."]);
        until("it is counted", async || house.setbacks().await.len() == 1).await;
        let setback = house.setbacks().await.remove(0);
        assert_eq!((setback.kind, setback.workspace_id), (Work::Timer, house.workspace));
        assert!(setback.item.contains(" of run ") && setback.again_at.is_some(), "{setback:?}");
        // It was a passing trouble.
        house.cure("inbox").await;
        house.store.clock().advance(10_000);
        assert_eq!(house.heard(7, 2).await, ["In an hour.", "Now."]);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, reminder()).await;
}

#[tokio::test]
async fn a_timer_that_never_can_is_given_up() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.settled().await;
        house.poison("inbox", "INSERT", "NEW.lane_key = 'user:7' AND NEW.kind = 'timer'").await;
        house.store.clock().advance(HOUR_MS);
        assert_eq!(house.until_given_up().await, 6);
        let next = |connection: &mut store::Connection| Ok(store::timers::next_due_at(connection)?);
        assert_eq!(house.store.read(next).await.unwrap(), None, "it is gone");
        until("it is in the metrics", async || {
            let mut page = meters::Page::default();
            house.runtime.describe(&mut page);
            let page = page.into_text();
            page.contains("scenaria_setbacks_total 6") && page.contains("scenaria_given_up_total 1")
        })
        .await;
        house.say(7, "/hello").await;
        assert_eq!(house.heard(7, 2).await, ["In an hour.", "Hello."], "everything else goes on");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, reminder()).await;
}

#[tokio::test]
async fn one_schedule_that_cannot_fire_holds_up_no_other() {
    let counted = |id: &str| {
        json!({"id": id, "actions": [
            {"id": format!("{id}1"), "kind": "increment", "options": {"target": format!("global.{id}")}}]})
    };
    let hourly = |id: &str, block: &str| json!({"id": id, "kind": "schedule", "options": {"every": "hours"}, "next": {"block": block}});
    let clocks = document(
        json!([hourly("bad", "one"), hourly("good", "two")]),
        json!([counted("one"), counted("two")]),
    );
    let test = |house: House| async move {
        let workspace = house.workspace;
        let planned =
            move |connection: &mut store::Connection| Ok(store::schedules::list(connection, workspace)?);
        until("both are planned", async || house.store.read(planned).await.unwrap().len() == 2).await;
        house.poison("inbox", "INSERT", "NEW.dedupe_key LIKE 'schedule:%:bad:%'").await;
        let global = async |name: &str| {
            let names = [name.to_owned()];
            let owner = store::fields::Owner::global();
            let read = move |connection: &mut store::Connection| {
                Ok(store::fields::load(connection, workspace, &owner, Some(&names))?)
            };
            house.store.read(read).await.unwrap().into_iter().next().map(|(_, value)| value)
        };
        house.store.clock().advance(HOUR_MS);
        until("the other fires", async || global("two").await.as_deref() == Some("1")).await;
        assert_eq!(house.until_given_up().await, 6);
        let setback = house.setbacks().await.remove(0);
        assert_eq!(setback.kind, Work::Schedule);
        assert!(setback.item.starts_with("bad of bot "), "{setback:?}");
        // It is tried again every hour all the same.
        house.cure("inbox").await;
        house.store.clock().advance(HOUR_MS);
        until("it fires", async || global("one").await.is_some()).await;
    };
    on_both_at_rest(test, UnknownPolicy::Drop, clocks).await;
}

/// `/news` writes to the people from 1,001 to 1,150.
fn newspaper() -> serde_json::Value {
    document(
        json!([command("news", "news")]),
        json!([{"id": "news", "actions": [
            {"id": "s", "kind": "send_to", "options": {"to": {"client": "[Range(1001, 1150)]"}, "text": "News"}},
            say("d", "Sent."),
        ]}]),
    )
}

#[tokio::test]
async fn of_a_broadcast_one_is_left_out_and_nobody_else() {
    let test = |house: House| async move {
        let (workspace, bot, now) = (house.workspace, house.bot, house.store.now());
        let insert = move |tx: &mut Tx| insert_subscribers(tx, workspace, bot, 1_001..=1_150, now);
        house.store.write(Class::Lanes, insert).await.unwrap();
        house.poison("outbox", "INSERT", "NEW.lane_key = 'user:1042'").await;
        house.say(7, "/news").await;
        for user in (1_001..=1_150).filter(|user| *user != 1_042) {
            until("he hears it", async || house.api.texts(user).len() == 1).await;
        }
        let before = house.setbacks().await;
        assert!(before.iter().all(|setback| setback.kind == Work::Broadcast), "{before:?}");
        assert_eq!(house.until_given_up().await, 6);
        assert!(house.setbacks().await[0].item.starts_with("to 1042, "), "{:?}", house.setbacks().await);
        let open =
            move |connection: &mut store::Connection| Ok(broadcasts::oldest(connection, workspace, 1)?);
        until("the broadcast is over", async || house.store.read(open).await.unwrap().is_empty()).await;
        for user in 1_001..=1_150 {
            assert_eq!(house.api.texts(user).len(), usize::from(user != 1_042), "{user}");
        }
    };
    on_both_at_rest(test, UnknownPolicy::Drop, newspaper()).await;
}

#[tokio::test]
async fn one_list_that_cannot_be_indexed_holds_up_no_other() {
    let test = |house: House| async move {
        let workspace = house.workspace;
        let column = |indexed| ListColumn {
            id: "a".to_owned(),
            name: "a".to_owned(),
            kind: ColumnKind::Text,
            unique: false,
            indexed,
        };
        let fill = move |tx: &mut Tx| {
            let mut ids = Vec::new();
            for name in ["bad", "good"] {
                let id = lists::insert(tx, workspace, name, &[column(false)], UtcMs(0))?;
                let list = lists::find_for_write(tx, workspace, name)?.unwrap();
                for number in 0..1_100 {
                    let row = Map::from_iter([("a".to_owned(), Value::from(number))]);
                    lists::insert_row(tx, &list, &row, UtcMs(0))?;
                }
                ids.push(id);
            }
            Ok(ids)
        };
        let ids = house.store.write(Class::Lanes, fill).await.unwrap();
        let [bad, good] = ids[..] else { unreachable!() };
        // Lists count up, and the first of a fresh database is the one of the house.
        assert_eq!((bad.0, good.0), (2, 3));
        house.poison("list_keys", "INSERT", "NEW.list_id = 2").await;
        let change = move |tx: &mut Tx| {
            lists::update(tx, workspace, bad, "bad", &[column(true)], UtcMs(0))?;
            lists::update(tx, workspace, good, "good", &[column(true)], UtcMs(0))
        };
        house.store.write(Class::Lanes, change).await.unwrap();
        house.runtime.bots_changed(workspace);
        let unfinished = |connection: &mut store::Connection| Ok(rebuild::unfinished(connection, &[], 9)?);
        until("the other is done", async || {
            house.store.read(unfinished).await.unwrap() == [(workspace, bad)]
        })
        .await;
        until("it is counted", async || house.setbacks().await.len() == 1).await;
        assert_eq!(
            (house.setbacks().await[0].kind, house.setbacks().await[0].item.as_str()),
            (Work::List, "2")
        );
        house.cure("list_keys").await;
        house.store.clock().advance(HOUR_MS);
        house.runtime.bots_changed(workspace);
        until("it is done too", async || house.store.read(unfinished).await.unwrap().is_empty()).await;
    };
    on_both_at_rest(test, UnknownPolicy::Drop, reminder()).await;
}

#[tokio::test]
async fn what_cannot_be_trimmed_holds_up_nothing_else() {
    let test = |mut house: House| async move {
        let (workspace, now) = (house.workspace, house.store.now());
        house.crash().await;
        let fill = move |tx: &mut Tx| {
            audit_log::insert(tx, workspace, None, "list.delete", "old", UtcMs(0))?;
            let reply = Reply {
                workspace_id: workspace,
                event_id: engine::ids::EventId(1),
                status: 200,
                headers: "{}".into(),
                body: Vec::new(),
                secret: "s".into(),
                expires_at: now,
            };
            replies::insert(tx, &reply)
        };
        house.store.write(Class::Lanes, fill).await.unwrap();
        house.poison("replies", "DELETE", "OLD.secret = 's'").await;
        house.restart().await;
        until("the other table is trimmed", async || {
            let entries = move |c: &mut store::Connection| Ok(audit_log::list(c, workspace, 10)?);
            house.store.read(entries).await.unwrap().is_empty()
        })
        .await;
        until("it is counted", async || house.setbacks().await.len() == 1).await;
        let setback = house.setbacks().await.remove(0);
        assert_eq!((setback.kind, setback.item.as_str()), (Work::Retention, "replies"));
    };
    on_both_at_rest(test, UnknownPolicy::Drop, reminder()).await;
}

#[tokio::test]
async fn a_send_whose_fate_cannot_be_kept_holds_up_no_other() {
    let test = |house: House| async move {
        house.poison("outbox", "DELETE", "OLD.lane_key = 'user:7'").await;
        for user in [7, 8, 9] {
            house.say(user, "/hello").await;
        }
        for user in [7, 8, 9] {
            assert_eq!(house.heard(user, 1).await, ["Hello."]);
        }
        for user in [8, 9] {
            until("it is noted", async || house.sent(user).await.len() == 1).await;
        }
        assert_eq!(house.until_given_up().await, 6);
        // It went out, which nobody could note: so it may have.
        let sent = house.sent(7).await;
        assert_eq!(sent.iter().map(|message| message.fate).collect::<Vec<_>>(), [Fate::Unknown]);
        house.cure("outbox").await;
        house.say(7, "/hello").await;
        assert_eq!(house.heard(7, 2).await, ["Hello.", "Hello."], "the chat goes on");
    };
    on_both_at_rest(test, UnknownPolicy::Resend, reminder()).await;
}

/// The same one batch later: a process that begins with a claim it cannot settle begins all the same.
#[tokio::test]
async fn a_claim_that_cannot_be_settled_does_not_keep_a_process_from_starting() {
    let test = |mut house: House| async move {
        house.say(7, "/hello").await;
        house.heard(7, 1).await;
        house.settled().await;
        house.crash().await;
        let (workspace, bot, now) = (house.workspace, house.bot, house.store.now());
        let claim = move |tx: &mut Tx| {
            for user in [7, 8] {
                let new = store::outbox::NewOutboxRow {
                    lane: store::LaneId::new(workspace, bot, format!("user:{user}")),
                    effect_id: format!("999/1/{user}"),
                    peer: user.to_string(),
                    class: store::outbox::OutboxClass::Reply,
                    kind: "message".into(),
                    payload: "{}".into(),
                    in_history: true,
                    not_before: now,
                    expires_at: None,
                    return_to: None,
                    created_at: now,
                };
                store::outbox::insert(tx, &new)?;
            }
            Ok(store::outbox::claim(tx, workspace, bot, 10, "dead", now)?.len())
        };
        assert_eq!(house.store.write(Class::Lanes, claim).await.unwrap(), 2);
        house.poison("outbox", "UPDATE", "NEW.lane_key = 'user:7' AND NEW.status = 'queued'").await;
        house.restart().await;
        let open = |connection: &mut store::Connection| Ok(store::outbox::open_claims(connection, 10)?);
        until("both are settled", async || house.store.read(open).await.unwrap().is_empty()).await;
        assert_eq!(house.sent(7).await.last().map(|message| message.fate), Some(Fate::Unknown));
    };
    on_both(test, UnknownPolicy::Resend, reminder()).await;
}

/// A publication moves people over; of one of them the lane takes nothing.
#[tokio::test]
async fn of_those_who_are_moved_over_one_is_left_out() {
    let ask = |text: &str| {
        document(
            json!([command("start", "first")]),
            json!([
                {"id": "first", "actions": [
                    {"id": "a", "kind": "ask", "options": {"text": text, "save_to": "a"}}]},
                {"id": "other", "actions": [say("o", "The other way.")]},
            ]),
        )
    };
    let (before, after) = (ask("Old?"), ask("New?"));
    let test = |house: House| {
        let after = after.clone();
        async move {
            for user in [7, 8, 9] {
                house.say(user, "/start").await;
                house.heard(user, 1).await;
            }
            house.settled().await;
            house.poison("inbox", "INSERT", "NEW.lane_key = 'user:8' AND NEW.kind = 'move'").await;
            let (workspace, now, text) = (house.workspace, house.store.now(), after.to_string());
            let publish = move |tx: &mut Tx| {
                let standing = store::runs::standing_in(tx, workspace, ScenarioId(1))?;
                let version = store::scenarios::publish(tx, workspace, ScenarioId(1), &text, None, now)?;
                for one in standing {
                    let choices = r#"{"first": {"block": "other"}}"#;
                    store::moves::upsert(tx, workspace, one.version_id, version, choices)?;
                }
                Ok(())
            };
            house.store.write(Class::Lanes, publish).await.unwrap();
            house.runtime.bots_changed(workspace);
            assert_eq!(house.heard(7, 2).await[1], "The other way.");
            assert_eq!(house.until_given_up().await, 6);
            assert_eq!(house.heard(9, 2).await[1], "The other way.", "whoever stands behind is moved");
            assert_eq!(house.setbacks().await[0].kind, Work::Move);
            assert_eq!(house.heard(8, 1).await, ["Old?"], "he finishes the old way");
        }
    };
    on_both_at_rest(test, UnknownPolicy::Drop, before).await;
}
