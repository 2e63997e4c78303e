//! What goes to more subscribers than one commit tells.

use engine::ids::{BotId, WorkspaceId};
use serde_json::{Value, json};
use store::bots::UnknownPolicy;
use store::fields::Owner;
use store::outbox::{NewOutboxRow, OutboxClass};
use store::testing::insert_subscribers;
use store::{Class, LaneId, Store, Tx, broadcasts, subscribers};

use crate::support::{House, command, document, on_both, say, until};

/// The first of those who are told; the last is given by how many there are.
const FIRST: i64 = 1_001;

/// `/news` writes to `count` people, `/mark` gives them a tag that a trigger counts.
fn newspaper(count: i64) -> Value {
    let to = json!({"client": format!("[Range({FIRST}, {})]", FIRST + count - 1)});
    document(
        json!([
            command("news", "news"), command("mark", "mark"),
            {"id": "t", "kind": "tag_added", "options": {"tag": "vip"}, "next": {"block": "marked"}},
        ]),
        json!([
            {"id": "news", "actions": [
                {"id": "s", "kind": "send_to", "options": {"to": to, "text": "News", "count_to": "sent", "from_to": "who",
                    "buttons": [[{"id": "re", "text": "Reply"}]]}, "exits": {"re": {"block": "re"}}},
                say("d", "To #{sent}.")]},
            {"id": "re", "actions": [say("r", "You answer #{who}.")]},
            {"id": "mark", "actions": [{"id": "a", "kind": "tag_add", "options": {"tags": ["vip"], "to": to}}, say("m", "Marked.")]},
            {"id": "marked", "actions": [{"id": "i", "kind": "increment", "options": {"target": "client.marked"}}]},
        ]),
    )
}

fn lane(workspace: WorkspaceId, bot: BotId, user: i64) -> LaneId {
    LaneId::new(workspace, bot, format!("user:{user}"))
}

/// People who have been there, without having said anything now.
async fn settle_people(store: &Store, workspace: WorkspaceId, bot: BotId, count: i64) {
    let now = store.now();
    let insert = move |tx: &mut Tx| insert_subscribers(tx, workspace, bot, FIRST..FIRST + count, now);
    store.write(Class::Lanes, insert).await.unwrap();
}

async fn is_under_way(store: &Store, workspace: WorkspaceId) -> bool {
    let open = store.read(move |connection| Ok(broadcasts::oldest(connection, workspace, 1)?)).await.unwrap();
    !open.is_empty()
}

#[tokio::test]
async fn everybody_hears_it_once_over_crashes() {
    const COUNT: i64 = 260;
    let test = |mut house: House| async move {
        settle_people(&house.store, house.workspace, house.bot, COUNT).await;
        // One of them takes nothing, and nobody minds.
        let (blocked, now) = (lane(house.workspace, house.bot, FIRST + 3), house.store.now());
        let block = move |tx: &mut Tx| subscribers::set_blocked(tx, &blocked, Some(now));
        house.store.write(Class::Lanes, block).await.unwrap();
        let updates = [house.text(7, "/news"), house.text(7, "/mark")];
        for update in &updates {
            house.deliver(update).await;
        }
        for _ in 0..6 {
            house.crash_and_restart().await;
        }
        // The messenger delivers again what it was not told of.
        for update in &updates {
            house.deliver(update).await;
        }
        let workspace = house.workspace;
        until("the broadcasts are over", async || !is_under_way(&house.store, workspace).await).await;
        house.settled().await;
        assert_eq!(house.heard(7, 2).await[..2], [format!("To {COUNT}."), "Marked.".to_owned()]);
        let queued = |connection: &mut store::Connection| Ok(store::outbox::bots_with_queued(connection)?);
        until("all is sent", async || house.store.read(queued).await.unwrap().is_empty()).await;
        for user in FIRST..FIRST + COUNT {
            until("it is noted", async || house.sent(user).await.len() == usize::from(user != FIRST + 3))
                .await;
            let owner = Owner::client(house.bot, &user.to_string());
            let marked = house
                .store
                .read(move |c| Ok(store::fields::load(c, workspace, &owner, Some(&["marked".to_owned()]))?))
                .await
                .unwrap();
            assert_eq!(marked, [("marked".to_owned(), "1".to_owned())], "{user}");
        }
    };
    on_both(test, UnknownPolicy::Resend, newspaper(COUNT)).await;
}

#[tokio::test]
async fn a_press_under_a_broadcast_knows_whose_it_is() {
    let test = |house: House| async move {
        settle_people(&house.store, house.workspace, house.bot, 101).await;
        house.say(7, "/news").await;
        assert_eq!(house.heard(FIRST + 100, 1).await, ["News"]);
        let user = FIRST + 100;
        until("it is noted", async || house.sent(user).await.len() == 1).await;
        house.deliver(&house.press(user, "Reply")).await;
        assert_eq!(house.heard(user, 2).await, ["News", "You answer 7."]);
    };
    on_both(test, UnknownPolicy::Drop, newspaper(101)).await;
}

/// Each element begins a run of its own, whatever crashes: for nobody, or for people of whom each has two of them.
#[tokio::test]
async fn a_scenario_begins_once_for_each_element() {
    const COUNT: i64 = 130;
    let start = |id: &str, to: Value, whom: &str| {
        json!({"id": id, "kind": "start_scenario", "options": {"scenario": "Test", "to": to, "overlap": "queue",
            "each": format!("[Range(1, {COUNT})]"), "inputs": [{"name": "n", "value": "#{item}"}, {"name": "whom", "value": whom}]}})
    };
    let people = json!({"client": format!("2[PadLeft(Mod(#{{item}}, {}), 3, 0)]", COUNT / 2)});
    let test = |mut house: House| async move {
        let (workspace, bot, now) = (house.workspace, house.bot, house.store.now());
        let users = 2_000..2_000 + COUNT / 2;
        let insert = move |tx: &mut Tx| insert_subscribers(tx, workspace, bot, users.clone(), now);
        house.store.write(Class::Lanes, insert).await.unwrap();
        let updates = [house.text(7, "/nobody"), house.text(7, "/people")];
        for update in &updates {
            house.deliver(update).await;
        }
        for _ in 0..3 {
            house.crash_and_restart().await;
        }
        for update in &updates {
            house.deliver(update).await;
        }
        until("the broadcasts are over", async || !is_under_way(&house.store, workspace).await).await;
        house.settled().await;
        let sum = (COUNT * (COUNT + 1) / 2).to_string();
        let load = |owner: Owner, name: &'static str| {
            let names = [name.to_owned()];
            house.store.read(move |c| Ok(store::fields::load(c, workspace, &owner, Some(names.as_slice()))?))
        };
        for name in ["nobody", "people"] {
            until("all have been worked", async || {
                load(Owner::global(), name).await.unwrap() == [(name.to_owned(), sum.clone())]
            })
            .await;
        }
        for user in 2_000..2_000 + COUNT / 2 {
            let owner = Owner::client(house.bot, &user.to_string());
            assert_eq!(load(owner, "got").await.unwrap(), [("got".to_owned(), "2".to_owned())], "{user}");
        }
    };
    let document = document(
        json!([
            command("nobody", "nobody"), command("people", "people"),
            {"id": "c", "kind": "called", "options": {"inputs": ["n", "whom"]}, "next": {"block": "each"}},
        ]),
        json!([
            {"id": "nobody", "actions": [start("s1", Value::Null, "nobody")]},
            {"id": "people", "actions": [start("s2", people, "people")]},
            {"id": "each", "actions": [
                {"id": "b", "kind": "branch", "options": {"branches": [{"id": "yes", "condition": "#{whom} = nobody"}]},
                    "exits": {"yes": {"block": "alone"}}},
                {"id": "i1", "kind": "increment", "options": {"target": "client.got"}},
                {"id": "i2", "kind": "increment", "options": {"target": "global.people", "by": "#{n}"}},
            ]},
            {"id": "alone", "actions": [{"id": "i3", "kind": "increment", "options": {"target": "global.nobody", "by": "#{n}"}}]},
        ]),
    );
    on_both(test, UnknownPolicy::Resend, document).await;
}

/// Mailings that wait for a later day.
async fn fill_outbox(store: &Store, workspace: WorkspaceId, bot: BotId, count: usize) {
    let now = store.now();
    let insert = move |tx: &mut Tx| {
        for number in 0..count {
            let row = NewOutboxRow {
                lane: lane(workspace, bot, 1),
                effect_id: format!("9000/{number}/0"),
                peer: format!("later {number}"),
                class: OutboxClass::Mass,
                kind: "message".to_owned(),
                payload: "{}".to_owned(),
                in_history: false,
                not_before: now.plus_ms(86_400_000),
                expires_at: None,
                return_to: None,
                created_at: now,
            };
            store::outbox::insert(tx, &row)?;
        }
        Ok(())
    };
    store.write(Class::Lanes, insert).await.unwrap();
}

#[tokio::test]
async fn a_bot_that_has_enough_to_send_waits_and_holds_up_nobody_else() {
    let test = |house: House| async move {
        let theirs = house.neighbour(newspaper(150)).await;
        let other = house.store.read(|c| Ok(store::bots::list_active(c)?)).await.unwrap();
        let other = other.into_iter().find(|bot| bot.id == theirs).unwrap().workspace_id;
        settle_people(&house.store, house.workspace, house.bot, 150).await;
        settle_people(&house.store, other, theirs, 150).await;
        fill_outbox(&house.store, house.workspace, house.bot, 1_001).await;
        house.say(7, "/news").await;
        assert_eq!(house.heard(7, 1).await, ["To 150."], "the run does not wait for it");
        house.deliver_to(theirs, &house.text(8, "/news"), crate::support::SECRET).await.unwrap();
        until("theirs is over", async || {
            house.api.texts(FIRST + 149).len() == 1 && !is_under_way(&house.store, other).await
        })
        .await;
        assert!(is_under_way(&house.store, house.workspace).await, "ours waits");
        assert_eq!(house.sent(FIRST).await.len(), 0);
        let later = house.store.now().plus_ms(86_400_000);
        let (workspace, bot) = (house.workspace, house.bot);
        let claim = move |tx: &mut Tx| {
            let rows = store::outbox::claim(tx, workspace, bot, 2_000, "test", later)?;
            rows.iter().try_for_each(|row| store::outbox::mark_done(tx, row))
        };
        house.store.write(Class::Lanes, claim).await.unwrap();
        house.heard(FIRST + 149, 2).await;
        assert!(!is_under_way(&house.store, workspace).await);
    };
    on_both(test, UnknownPolicy::Drop, newspaper(150)).await;
}
