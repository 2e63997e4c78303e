//! What a crash leaves behind, and what a restart makes of it.

use std::time::Duration;

use connectors::testing::{Gate, Scripted};
use engine::ids::UtcMs;
use serde_json::json;
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, on_both_at_rest, say, until};

fn greeter() -> serde_json::Value {
    document(json!([command("start", "hello")]), json!([{"id": "hello", "actions": [say("a", "Hello!")]}]))
}

fn echo() -> serde_json::Value {
    document(
        json!([{"id": "any", "kind": "text", "options": {"matching": "any"}, "next": {"block": "echo"}}]),
        json!([{"id": "echo", "actions": [say("a", "[Answer]")]}]),
    )
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_after_a_restart() {
    let test = |mut house: House| async move {
        house.crash().await;
        for user in 1..=3 {
            house.say(user, "before").await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(house.api.calls_of("sendMessage").is_empty(), "nobody works after the crash");
        house.restart().await;
        for user in 1..=3 {
            assert_eq!(house.heard(user, 1).await, ["before"]);
        }
        until("it is noted as sent", async || house.sent(1).await.len() == 1).await;
        house.crash_and_restart().await;
        // A chat is served in order: what was said twice would come before this.
        house.say(1, "after").await;
        assert_eq!(house.heard(1, 2).await, ["before", "after"]);
    };
    on_both(test, UnknownPolicy::Resend, echo()).await;
}

/// The process dies while a message is under way: it was carried out, and nobody knows.
async fn die_while_sending(mut house: House) {
    let gate = Gate::closed();
    house.api.script("sendMessage", Scripted::Gated(gate.clone()));
    house.say(7, "before").await;
    house.api.wait_for_calls("sendMessage", 1).await;
    house.crash().await;
    gate.open();
    until("the double has carried it out", async || house.api.texts(7).len() == 1).await;
    house.restart().await;
    house.say(7, "after").await;
    until("both are settled", async || house.sent(7).await.len() == 2).await;
    let first = house.sent(7).await.remove(0);
    match house.unknown_policy() {
        UnknownPolicy::Resend => {
            assert_eq!(house.api.texts(7), ["before", "before", "after"], "sent once more");
            assert!(first.uncertain, "and marked for ever");
        }
        UnknownPolicy::Drop => {
            assert_eq!(house.api.texts(7), ["before", "after"], "not sent again");
            assert_eq!(first.fate, store::messages::Fate::Unknown);
        }
    }
}

#[tokio::test]
async fn a_send_of_unknown_fate_is_repeated_when_the_owner_wants_it() {
    on_both(die_while_sending, UnknownPolicy::Resend, echo()).await;
}

#[tokio::test]
async fn a_send_of_unknown_fate_is_left_when_the_owner_wants_it() {
    on_both(die_while_sending, UnknownPolicy::Drop, echo()).await;
}

#[tokio::test]
async fn an_ordinary_stop_waits_for_its_sends_and_begins_nothing() {
    let test = |mut house: House| async move {
        let gate = Gate::closed();
        house.api.script("sendMessage", Scripted::Gated(gate.clone()));
        house.say(7, "before").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        let runtime = house.runtime.clone();
        let stopping = tokio::spawn(async move { runtime.shutdown(Duration::from_secs(600)).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!stopping.is_finished(), "a message is under way");
        house.say(7, "late").await;
        gate.open();
        stopping.await.unwrap();
        let sent = house.sent(7).await;
        assert_eq!((sent.len(), sent[0].fate), (1, store::messages::Fate::Sent));
        assert_eq!(house.api.calls_of("sendMessage").len(), 1);
        house.restart().await;
        assert_eq!(house.heard(7, 2).await, ["before", "late"]);
    };
    on_both(test, UnknownPolicy::Resend, echo()).await;
}

#[tokio::test]
async fn a_clock_set_back_at_a_restart_leaves_no_claim_behind() {
    let test = |mut house: House| async move {
        let gate = Gate::closed();
        house.api.script("sendMessage", Scripted::Gated(gate.clone()));
        house.say(7, "before").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        house.crash().await;
        house.store.clock().advance(-3_600_000);
        house.restart().await;
        house.say(7, "after").await;
        until("the chat goes on", async || house.api.texts(7) == ["after"]).await;
        assert_eq!(house.sent(7).await[0].fate, store::messages::Fate::Unknown);
    };
    on_both_at_rest(test, UnknownPolicy::Drop, echo()).await;
}

/// A claim whose COMMIT happened and whose answer was lost: nobody sends it.
#[tokio::test]
async fn a_claim_nobody_knows_of_is_given_back() {
    let test = |house: House| async move {
        let gate = Gate::closed();
        house.api.script("sendMessage", Scripted::Gated(gate.clone()));
        house.say(1, "first").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        let claims = house.store.read(|connection| Ok(store::outbox::open_claims(connection, 10)?)).await;
        let known = claims.unwrap().remove(0);
        let now = house.store.now();
        let lost = move |tx: &mut store::Tx| {
            let mut payload: serde_json::Value = serde_json::from_str(&known.payload).unwrap();
            payload["message"]["peer"]["chat"] = json!("2");
            let new = store::outbox::NewOutboxRow {
                lane: store::LaneId::new(known.workspace_id, known.bot_id, "user:2"),
                effect_id: "900/0/0".into(),
                peer: "2".into(),
                class: known.class,
                kind: known.kind.clone(),
                payload: payload.to_string(),
                in_history: true,
                not_before: now,
                expires_at: None,
                return_to: None,
                created_at: now,
            };
            store::outbox::insert(tx, &new)?;
            let node = known.claimed_by.as_deref().unwrap();
            let claimed = store::outbox::claim(tx, known.workspace_id, known.bot_id, 10, node, now)?;
            assert_eq!(claimed.len(), 1);
            Ok(())
        };
        house.store.write(store::Class::Lanes, lost).await.unwrap();
        assert_eq!(house.heard(2, 1).await, ["first"]);
        assert!(!house.sent(2).await[0].uncertain, "it surely had not gone out");
        gate.open();
        assert_eq!(house.heard(1, 1).await, ["first"], "what is under way is left alone");
        until("it is settled", async || house.sent(1).await.len() == 1).await;
        assert_eq!(house.api.calls_of("sendMessage").len(), 2);
    };
    on_both(test, UnknownPolicy::Drop, echo()).await;
}

#[tokio::test]
async fn a_run_whose_state_is_damaged_ends_and_its_lane_goes_on() {
    let asking = document(
        json!([command("start", "ask")]),
        json!([{"id": "ask", "actions": [
            {"id": "q", "kind": "ask", "options": {"text": "Ready?", "kind": "text", "save_to": "answer"}},
            say("a", "Done."),
        ]}]),
    );
    let test = |mut house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.crash().await;
        let lane = store::LaneId::new(house.workspace, house.bot, "user:7");
        let read = house.store.read(move |connection| Ok(store::runs::load_open_of_lane(connection, &lane)?));
        let (workspace, run) = (house.workspace, read.await.unwrap()[0].id);
        let damage = move |tx: &mut store::Tx| {
            let damaged = store::runs::RunUpdate {
                status: store::runs::RunStatus::Ready,
                state: "{\"format\": 1, \"run\":",
                error: None,
                place: None,
            };
            store::runs::save(tx, workspace, run, &damaged, UtcMs(0))
        };
        house.store.write(store::Class::Lanes, damage).await.unwrap();
        house.restart().await;
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 2).await, ["Ready?", "Ready?"]);
        house.say(7, "yes").await;
        assert_eq!(house.heard(7, 3).await[2], "Done.");
        let read = house.store.read(move |connection| Ok(store::runs::find(connection, workspace, run)?));
        let ended = read.await.unwrap().unwrap();
        assert_eq!(ended.status, store::runs::RunStatus::Ended);
        assert!(ended.error.unwrap().contains("state_lost"));
    };
    on_both(test, UnknownPolicy::Drop, asking).await;
}

#[tokio::test]
async fn a_limit_of_the_messenger_is_obeyed() {
    let test = |house: House| async move {
        house.api.script("sendMessage", Scripted::RetryAfter(1));
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 1).await, ["Hello!"]);
        assert!(house.api.calls().iter().all(|call| !call.early), "nothing came too early");
    };
    on_both(test, UnknownPolicy::Drop, greeter()).await;
}

#[tokio::test]
async fn a_revoked_token_pauses_the_bot_and_loses_nothing() {
    let test = |house: House| async move {
        house.api.script("sendMessage", Scripted::Refuse { code: 401, description: "Unauthorized".into() });
        house.say(7, "/start").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        let (workspace, bot) = (house.workspace, house.bot);
        for _ in 0..200 {
            let row = house
                .store
                .read(move |connection| Ok(store::bots::find(connection, workspace, bot)?))
                .await
                .unwrap()
                .unwrap();
            if row.status == store::bots::BotStatus::Failed {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        house
            .store
            .write(store::Class::Lanes, move |tx| {
                store::bots::set_status(tx, workspace, bot, store::bots::BotStatus::Active, None)
            })
            .await
            .unwrap();
        house.runtime.bots_changed(workspace);
        assert_eq!(house.heard(7, 1).await, ["Hello!"]);
    };
    on_both(test, UnknownPolicy::Drop, greeter()).await;
}

#[tokio::test]
async fn polled_updates_are_answered_and_confirmed() {
    let test = |house: House| async move {
        let (workspace, bot) = (house.workspace, house.bot);
        house
            .store
            .write(store::Class::Lanes, move |tx| {
                let row = store::bots::find(tx, workspace, bot)?.unwrap();
                let change = store::bots::BotChange {
                    name: row.name,
                    base_url: row.base_url,
                    intake: store::bots::BotIntake::Polling,
                    unknown_policy: row.unknown_policy,
                    token: None,
                };
                store::bots::update(tx, workspace, bot, &change)
            })
            .await
            .unwrap();
        house.runtime.bots_changed(workspace);
        house.api.push_text(7, "/start");
        assert_eq!(house.heard(7, 1).await, ["Hello!"]);
        house.api.push_text(7, "/start");
        assert_eq!(house.heard(7, 2).await.len(), 2);
        assert_eq!(house.api.pending_updates(connectors::testing::FakeBotApi::TOKEN), 0);
    };
    on_both(test, UnknownPolicy::Drop, greeter()).await;
}
