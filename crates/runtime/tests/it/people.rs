//! What subscribers are to one another: tags, signals between lanes, staff, and being forgotten.

use engine::ids::BotId;
use serde_json::{Value, json};
use store::bots::UnknownPolicy;
use store::fields::Owner;
use store::{Class, LaneId};

use crate::support::{House, SECRET, command, document, on_both, on_both_at_rest, say, until};

fn lane(house: &House, user: i64) -> LaneId {
    LaneId::new(house.workspace, house.bot, format!("user:{user}"))
}

async fn tags(house: &House, user: i64) -> Vec<String> {
    let lane = lane(house, user);
    house.store.read(move |connection| Ok(store::tags::of_lane(connection, &lane)?)).await.unwrap()
}

async fn field(house: &House, user: i64, name: &str) -> Option<String> {
    let (workspace, owner) = (house.workspace, Owner::client(house.bot, &user.to_string()));
    let name = name.to_owned();
    house
        .store
        .read(move |connection| {
            let rows = store::fields::load(connection, workspace, &owner, Some(std::slice::from_ref(&name)))?;
            Ok(rows.into_iter().next().map(|(_, value)| value))
        })
        .await
        .unwrap()
}

/// `/go` counts for subscriber 8, in 8's own lane; the trigger answers 8.
fn counting() -> Value {
    let to = json!({"client": "8"});
    document(
        json!([
            command("start", "hello"), command("go", "go"),
            {"id": "t", "kind": "tag_added", "options": {"tag": "called"}, "next": {"block": "called"}},
        ]),
        json!([
            {"id": "hello", "actions": [say("h", "Hello!")]},
            {"id": "go", "actions": [
                {"id": "a", "kind": "tag_add", "options": {"tags": ["called"], "to": to}, "exits": {"error": {"block": "no"}}},
                {"id": "s", "kind": "send_to", "options": {"to": to, "text": "Called by [ClientID]"}, "exits": {"error": {"block": "no"}}},
                say("d", "Done."),
            ]},
            {"id": "called", "actions": [
                {"id": "r", "kind": "tag_remove", "options": {"tags": ["called"]}},
                {"id": "i", "kind": "increment", "options": {"target": "client.calls"}},
            ]},
            {"id": "no", "actions": [say("n", "#{_error}")]},
        ]),
    )
}

#[tokio::test]
async fn signals_reach_the_other_lane_exactly_once_over_crashes() {
    const ROUNDS: usize = 12;
    let test = |mut house: House| async move {
        house.say(8, "/start").await;
        house.heard(8, 1).await;
        for _ in 0..ROUNDS {
            let update = house.text(7, "/go");
            house.deliver(&update).await;
            // Wherever it is by now, it ends here; the messenger delivers again what it was not told of.
            house.crash_and_restart().await;
            house.deliver(&update).await;
            house.settled().await;
        }
        let calls = field(&house, 8, "calls").await;
        assert_eq!(calls.as_deref(), Some(ROUNDS.to_string().as_str()));
        assert_eq!(tags(&house, 8).await, Vec::<String>::new());
        // A send that a crash cut short is sent again, under the same name.
        until("every message was sent", async || house.sent(8).await.len() > ROUNDS).await;
        assert_eq!(house.sent(8).await.len(), ROUNDS + 1, "each was queued once");
    };
    on_both(test, UnknownPolicy::Resend, counting()).await;
}

#[tokio::test]
async fn an_unknown_recipient_and_one_who_blocked_the_bot_are_told_to_the_scenario() {
    let test = |house: House| async move {
        house.say(7, "/go").await;
        let heard = house.heard(7, 1).await;
        assert_eq!(heard, ["The bot knows no subscriber 8: they have to open it first"]);
        house.say(8, "/start").await;
        house.heard(8, 1).await;
        let blocks = json!({"update_id": 9_000, "my_chat_member": {
            "chat": {"id": 8, "type": "private", "first_name": "Bob"},
            "from": {"id": 8, "is_bot": false, "first_name": "Bob"}, "date": 1_790_000_000,
            "old_chat_member": {"status": "member", "user": {"id": 1, "is_bot": true, "first_name": "B"}},
            "new_chat_member": {"status": "kicked", "user": {"id": 1, "is_bot": true, "first_name": "B"}, "until_date": 0},
        }});
        house.deliver(&blocks).await;
        house.settled().await;
        house.say(7, "/go").await;
        let heard = house.heard(7, 2).await;
        assert_eq!(heard[1], "The subscriber 8 has blocked the bot");
        assert_eq!(house.heard(8, 1).await, ["Hello!"]);
    };
    on_both(test, UnknownPolicy::Drop, counting()).await;
}

/// Two triggers that wake each other stop, and nothing of it is left waiting.
#[tokio::test]
async fn a_circle_of_tags_stops() {
    let bot = document(
        json!([
            command("go", "go"),
            {"id": "a", "kind": "tag_added", "options": {"tag": "ping"}, "next": {"block": "ping"}},
            {"id": "b", "kind": "tag_added", "options": {"tag": "pong"}, "next": {"block": "pong"}},
        ]),
        json!([
            {"id": "go", "actions": [{"id": "g", "kind": "tag_add", "options": {"tags": ["ping"]}}]},
            {"id": "ping", "actions": [
                {"id": "i", "kind": "increment", "options": {"target": "client.hops"}},
                {"id": "p1", "kind": "tag_remove", "options": {"tags": ["ping"]}},
                {"id": "p2", "kind": "tag_add", "options": {"tags": ["pong"]}, "exits": {"error": {"block": "stop"}}}]},
            {"id": "pong", "actions": [
                {"id": "j", "kind": "increment", "options": {"target": "client.hops"}},
                {"id": "q1", "kind": "tag_remove", "options": {"tags": ["pong"]}},
                {"id": "q2", "kind": "tag_add", "options": {"tags": ["ping"]}, "exits": {"error": {"block": "stop"}}}]},
            {"id": "stop", "actions": [say("s", "#{_error_code}")]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/go").await;
        assert_eq!(house.heard(7, 1).await, ["too_many_hops"]);
        assert_eq!(field(&house, 7, "hops").await.as_deref(), Some("16"));
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

fn to_bot(bot: BotId) -> Value {
    let to = json!({"client": "8", "bot": bot.to_string()});
    document(
        json!([command("go", "go"), command("start", "hello")]),
        json!([
            {"id": "hello", "actions": [say("h", "Hello!")]},
            {"id": "go", "actions": [{"id": "s", "kind": "send_to", "options": {"to": to, "text": "Hi"},
                "exits": {"error": {"block": "no"}}}, say("d", "Sent.")]},
            {"id": "no", "actions": [say("n", "#{_error_code}")]},
        ]),
    )
}

#[tokio::test]
async fn another_workspace_cannot_be_reached() {
    let test = |house: House| async move {
        let greeter =
            document(json!([command("start", "b")]), json!([{"id": "b", "actions": [say("a", "Theirs.")]}]));
        let theirs = house.neighbour(greeter).await;
        let id = house.text(8, "/start");
        house.deliver_to(theirs, &id, SECRET).await.unwrap();
        house.heard(8, 1).await;
        house.publish(engine::ids::ScenarioId(1), &to_bot(theirs)).await;
        house.say(7, "/go").await;
        assert_eq!(house.heard(7, 1).await, ["unknown_bot"]);
        assert_eq!(house.heard(8, 1).await, ["Theirs."], "nothing came through");
    };
    on_both(test, UnknownPolicy::Drop, counting()).await;
}

fn desk() -> Value {
    document(
        json!([command("help", "help"), command("start", "hello")]),
        json!([
            {"id": "hello", "actions": [say("h", "Hello!")]},
            {"id": "help", "actions": [{"id": "n", "kind": "notify_staff",
                "options": {"text": "[ClientID] asks", "from_to": "who", "buttons": [[{"id": "answer", "text": "Answer"}]]},
                "exits": {"answer": {"block": "reply"}, "error": {"block": "alone"}}}]},
            {"id": "alone", "actions": [say("a", "#{_error_code}")]},
            {"id": "reply", "actions": [{"id": "s", "kind": "send_to", "options": {"to": {"client": "#{who}"}, "text": "An answer"}}]},
        ]),
    )
}

#[tokio::test]
async fn staff_join_by_their_secret_link_and_answer_by_a_button() {
    let test = |house: House| async move {
        house.say(7, "/help").await;
        assert_eq!(house.heard(7, 1).await, ["no_staff"]);
        let (workspace, bot, until) = (house.workspace, house.bot, house.store.now().plus_ms(60_000));
        house
            .store
            .write(Class::Lanes, move |tx| {
                store::staff::set_link(tx, workspace, bot, &store::staff::hash_code("secret"), until)
            })
            .await
            .unwrap();
        house.say(8, "/start staff_guess").await;
        assert_eq!(house.heard(8, 1).await, ["Hello!"], "a wrong code is a start like any other");
        for operator in [8, 9] {
            house.say(operator, "/start staff_secret").await;
        }
        house.heard(9, 1).await;
        house.say(7, "/help").await;
        assert_eq!(house.heard(8, 3).await[2], "7 asks");
        assert_eq!(house.heard(9, 2).await[1], "7 asks");
        // The second of those who were told knows who asked as well.
        house.deliver(&house.press(9, "Answer")).await;
        assert_eq!(house.heard(7, 2).await[1], "An answer");
    };
    on_both(test, UnknownPolicy::Drop, desk()).await;
}

#[tokio::test]
async fn nothing_is_left_of_whoever_is_forgotten() {
    let bot = document(
        json!([command("start", "start"), command("forget", "forget"),
            {"id": "f", "kind": "membership", "options": {"first_visit": true}, "next": {"block": "first"}}]),
        json!([
            {"id": "start", "actions": [
                {"id": "s", "kind": "set_variables", "options": {"assignments": [{"target": "client.city", "value": "Omsk"}]}},
                {"id": "t", "kind": "tag_add", "options": {"tags": ["seen"]}},
                {"id": "k", "kind": "send_message", "options": {"text": "Menu", "placement": "keyboard",
                    "buttons": [[{"id": "k", "text": "Again"}]]}, "exits": {"k": {"block": "start"}}},
                {"id": "q", "kind": "ask", "options": {"text": "Your name?", "kind": "text", "save_to": "name"}}, say("h", "Hello, #{name}")]},
            {"id": "forget", "actions": [
                {"id": "s2", "kind": "set_variables", "options": {"assignments": [{"target": "client.city", "value": "Perm"}]}},
                say("g", "Good-bye."), {"id": "x", "kind": "forget_me", "options": {}}]},
            {"id": "first", "actions": [say("w", "Welcome.")]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 3).await;
        assert_eq!(
            (tags(&house, 7).await, field(&house, 7, "city").await.as_deref()),
            (vec!["seen".to_owned()], Some("\"Omsk\""))
        );
        house.say(7, "/forget").await;
        let heard = house.heard(7, 4).await;
        assert_eq!(heard[3], "Good-bye.");
        house.settled().await;
        assert_eq!((tags(&house, 7).await, field(&house, 7, "city").await), (Vec::new(), None));
        assert_eq!(house.history(7).await, Vec::<String>::new());
        let id = lane(&house, 7);
        let (known, runs, memory) = house
            .store
            .read(move |connection| {
                let known = store::subscribers::find(connection, &id)?;
                let runs = store::runs::load_open_of_lane(connection, &id)?.len();
                Ok((known.is_some(), runs, store::lanes::load(connection, &id)?.memory))
            })
            .await
            .unwrap();
        assert_eq!((known, runs, memory.as_str()), (false, 0, "{}"));
        house.say(7, "/start").await;
        let heard = house.heard(7, 7).await;
        let mut new = heard[4..].to_vec();
        new.sort();
        assert_eq!(new, ["Menu", "Welcome.", "Your name?"], "as on the first day");
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn the_day_somebody_came_is_known() {
    let here = document(
        json!([command("start", "here")]),
        json!([{"id": "here", "actions": [say("s", "Here since [CreationDate].")]}]),
    );
    let test = |house: House| async move {
        // 15 January 2027.
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 1).await, ["Here since 15.01.2027."]);
        house.store.clock().advance(10 * 24 * 3_600_000);
        house.say(7, "/start").await;
        house.say(8, "/start").await;
        assert_eq!(house.heard(7, 2).await[1], "Here since 15.01.2027.");
        assert_eq!(house.heard(8, 1).await, ["Here since 25.01.2027."]);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, here).await;
}
