//! Rules of the dialogue that lean on what the lane keeps: buttons, interrupted questions, queued starts, keys.

use engine::ids::ScenarioId;
use serde_json::{Value, json};
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, say, until};

fn ask(id: &str, text: &str) -> Value {
    json!({"id": id, "kind": "ask", "options": {"text": text, "kind": "text", "save_to": id}})
}

fn with(mut value: Value, more: Value) -> Value {
    for (name, field) in more.as_object().unwrap() {
        value[name] = field.clone();
    }
    value
}

fn menu(after_press: &str) -> Value {
    document(
        json!([command("start", "menu"), command("stay", "stay")]),
        json!([
            {"id": "menu", "actions": [{"id": "m", "kind": "send_message", "options": {"text": "Menu", "buttons":
                [[{"id": "buy", "text": "Buy", "after_press": after_press}, {"id": "no", "text": "No"}]]},
                "exits": {"buy": {"block": "buy"}, "no": {"block": "buy"}}}]},
            {"id": "buy", "actions": [say("b", "Bought.")]},
            {"id": "stay", "actions": [ask("q", "Well?"), say("s", "Stayed.")]},
        ]),
    )
}

#[tokio::test]
async fn a_pressed_button_is_ticked_under_its_message() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.deliver(&house.press(7, "Buy")).await;
        house.heard(7, 2).await;
        let calls = house.api.wait_for_calls("editMessageReplyMarkup", 1).await;
        let buttons = &calls[0].params["reply_markup"]["inline_keyboard"][0];
        assert_eq!((&buttons[0]["text"], &buttons[1]["text"]), (&json!("✅ Buy"), &json!("No")), "{calls:?}");
        assert!(calls[0].params["message_id"].is_i64(), "{calls:?}");
        until("the history shows it", async || {
            house.history(7).await.iter().any(|payload| payload.contains("✅ Buy"))
        })
        .await;
    };
    on_both(test, UnknownPolicy::Drop, menu("tick")).await;
}

#[tokio::test]
async fn buttons_are_removed_after_a_press_and_a_double_press_counts_once() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.deliver(&house.press(7, "Buy")).await;
        house.deliver(&house.press(7, "Buy")).await;
        house.api.wait_for_calls("answerCallbackQuery", 2).await;
        assert_eq!(house.heard(7, 2).await, ["Menu", "Bought."]);
        let calls = house.api.wait_for_calls("editMessageReplyMarkup", 1).await;
        assert_eq!(calls[0].params["reply_markup"], json!(null), "without a keyboard it goes away");
        assert_eq!(calls.len(), 1);
    };
    on_both(test, UnknownPolicy::Drop, menu("remove")).await;
}

#[tokio::test]
async fn an_old_button_goes_to_its_version_while_somebody_lives_in_it() {
    let mut newer = menu("keep");
    newer["blocks"][1]["actions"][0]["options"]["text"] = json!("Bought the new way.");
    let test = move |house: House| {
        let newer = newer.clone();
        async move {
            house.say(7, "/start").await;
            house.heard(7, 1).await;
            house.say(8, "/stay").await;
            house.heard(8, 1).await;
            house.publish(ScenarioId(1), &newer).await;
            house.deliver(&house.press(7, "Buy")).await;
            assert_eq!(house.heard(7, 2).await, ["Menu", "Bought."]);
            house.say(8, "yes").await;
            house.heard(8, 2).await;
            house.deliver(&house.press(7, "No")).await;
            assert_eq!(house.heard(7, 3).await, ["Menu", "Bought.", "Bought the new way."]);
        }
    };
    on_both(test, UnknownPolicy::Drop, menu("keep")).await;
}

fn dialogue() -> Value {
    let pause = json!({"id": "p", "kind": "delay",
        "options": {"amount": 1, "unit": "seconds", "when_moved_on": "go_on", "key": "tea"}});
    document(
        json!([
            with(command("order", "order"), json!({"overlap": "queue"})),
            with(command("help", "help"), json!({"question_returns": true})),
            command("remind", "remind"),
            command("silence", "silence"),
        ]),
        json!([
            {"id": "order", "actions": [ask("dish", "Which dish?"), say("end", "#{dish} it is.")]},
            {"id": "help", "actions": [ask("about", "About what?"), say("h", "Help about #{about}.")]},
            {"id": "remind", "actions": [say("r", "I will."), pause, ask("done", "Tea is ready. Good?"), say("d", "#{done}.")]},
            {"id": "silence", "actions": [
                {"id": "c", "kind": "cancel_waits", "options": {"key": "tea"}}, say("s", "Silence.")]},
        ]),
    )
}

#[tokio::test]
async fn an_interrupted_question_comes_back_even_after_a_crash() {
    let test = |mut house: House| async move {
        house.say(7, "/order").await;
        house.heard(7, 1).await;
        house.say(7, "/help").await;
        house.heard(7, 2).await;
        house.crash_and_restart().await;
        house.say(7, "prices").await;
        assert_eq!(
            house.heard(7, 4).await,
            ["Which dish?", "About what?", "Help about prices.", "Which dish?"]
        );
        house.say(7, "Soup").await;
        assert_eq!(house.heard(7, 5).await.last().unwrap(), "Soup it is.");
    };
    on_both(test, UnknownPolicy::Drop, dialogue()).await;
}

#[tokio::test]
async fn a_queued_start_waits_for_its_scenario_even_through_a_crash() {
    let test = |mut house: House| async move {
        house.say(7, "/order").await;
        house.heard(7, 1).await;
        house.say(7, "/order").await;
        house.settled().await;
        assert_eq!(house.heard(7, 1).await.len(), 1);
        house.crash_and_restart().await;
        house.say(7, "Soup").await;
        assert_eq!(house.heard(7, 3).await, ["Which dish?", "Soup it is.", "Which dish?"]);
        house.say(7, "Tea").await;
        assert_eq!(house.heard(7, 4).await.last().unwrap(), "Tea it is.");
    };
    on_both(test, UnknownPolicy::Drop, dialogue()).await;
}

#[tokio::test]
async fn a_background_question_waits_for_the_open_one() {
    let test = |house: House| async move {
        house.say(7, "/remind").await;
        house.heard(7, 1).await;
        house.say(7, "/order").await;
        house.heard(7, 2).await;
        house.timers_fired().await;
        assert_eq!(house.heard(7, 2).await, ["I will.", "Which dish?"]);
        house.say(7, "Soup").await;
        assert_eq!(house.heard(7, 4).await[2..], ["Soup it is.", "Tea is ready. Good?"]);
        house.say(7, "Yes").await;
        assert_eq!(house.heard(7, 5).await.last().unwrap(), "Yes.");
    };
    on_both(test, UnknownPolicy::Drop, dialogue()).await;
}

#[tokio::test]
async fn a_cancelled_pause_is_over_with_its_timer() {
    let test = |house: House| async move {
        house.say(7, "/remind").await;
        house.say(8, "/remind").await;
        house.heard(8, 1).await;
        house.say(7, "/silence").await;
        assert_eq!(house.heard(7, 2).await, ["I will.", "Silence."]);
        assert_eq!(house.heard(8, 2).await, ["I will.", "Tea is ready. Good?"]);
        house.timers_fired().await;
        assert_eq!(house.heard(7, 2).await.len(), 2);
    };
    on_both(test, UnknownPolicy::Drop, dialogue()).await;
}

#[tokio::test]
async fn exits_are_counted_and_who_stands_where_is_known() {
    let test = |house: House| async move {
        house.say(7, "/order").await;
        house.heard(7, 1).await;
        house.say(7, "Soup").await;
        house.heard(7, 2).await;
        house.say(8, "/order").await;
        house.heard(8, 1).await;
        let workspace = house.workspace;
        let standing = move |connection: &mut store::Connection| {
            Ok(store::runs::standing_in(connection, workspace, ScenarioId(1))?)
        };
        let standing = house.store.read(standing).await.unwrap();
        let places: Vec<_> =
            standing.iter().map(|at| (at.block_id.as_str(), at.action_id.as_str(), at.runs)).collect();
        assert_eq!(places, [("order", "dish", 1)]);
        // What is counted in memory is added when the runtime ends.
        house.crash().await;
        let counts = move |connection: &mut store::Connection| {
            Ok(store::exit_counters::of_scenario(connection, workspace, ScenarioId(1), 0)?)
        };
        let counts = house.store.read(counts).await.unwrap();
        let counted: Vec<_> =
            counts.iter().map(|row| (row.action_id.as_str(), row.exit_id.as_str(), row.count)).collect();
        assert_eq!(
            counted,
            [("dish", "_next", 1), ("dish", "_reached", 2), ("end", "_next", 1), ("end", "_reached", 1)]
        );
    };
    on_both(test, UnknownPolicy::Drop, dialogue()).await;
}

#[tokio::test]
async fn a_section_asks_for_its_condition_behind_an_old_button_too() {
    let mut club = menu("keep");
    club["blocks"][1]["section"] = json!("club");
    club["sections"] = json!([{"id": "club", "condition": "#{client.paid} = yes",
        "otherwise": {"block": "gate"}}]);
    let blocks = club["blocks"].as_array_mut().unwrap();
    blocks.push(json!({"id": "gate", "actions": [say("g", "Members only."),
        {"id": "pay", "kind": "set_variables", "options": {"assignments":
            [{"target": "client.paid", "value": "yes"}]}}]}));
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.deliver(&house.press(7, "Buy")).await;
        house.heard(7, 2).await;
        house.deliver(&house.press(7, "No")).await;
        assert_eq!(house.heard(7, 3).await, ["Menu", "Members only.", "Bought."]);
    };
    on_both(test, UnknownPolicy::Drop, club).await;
}

#[tokio::test]
async fn messages_are_collected_until_nothing_more_comes() {
    let bot = document(
        json!([command("start", "ask")]),
        json!([{"id": "ask", "actions": [
            {"id": "q", "kind": "ask", "options": {"text": "What happened?", "kind": "text", "collect_s": 5,
                "save_to": "report"}},
            say("a", "#{report}"),
        ]}]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.say(7, "One").await;
        house.say(7, "Two").await;
        assert_eq!(house.heard(7, 2).await[1], "One, Two");
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn a_key_leads_on_after_a_restart_too() {
    let menu = |id: &str, caption: &str, block: &str| {
        json!({"id": id, "kind": "send_message", "options": {"text": "Menu", "placement": "keyboard",
            "buttons": [[{"id": "k", "text": caption}]]}, "exits": {"k": {"block": block}}})
    };
    let document = document(
        json!([
            command("start", "menu"),
            command("count", "count"),
            {"id": "else", "kind": "fallback", "options": {}, "next": {"block": "else"}},
        ]),
        json!([
            {"id": "menu", "actions": [menu("m", "Shop", "shop")]},
            // What is said behind a data operation is known to the commit alone.
            {"id": "count", "actions": [
                {"id": "n", "kind": "increment", "options": {"target": "client.n", "by": "1"}},
                menu("c", "More", "more")]},
            {"id": "shop", "actions": [say("s", "Welcome.")]},
            {"id": "more", "actions": [say("o", "More it is.")]},
            {"id": "else", "actions": [say("e", "Sorry?")]},
        ]),
    );
    let test = |mut house: House| async move {
        house.say(7, "Shop").await;
        house.heard(7, 1).await;
        house.say(7, "/start").await;
        house.heard(7, 2).await;
        house.crash_and_restart().await;
        house.say(7, "Shop").await;
        house.heard(7, 3).await;
        house.say(7, "/count").await;
        house.heard(7, 4).await;
        house.crash_and_restart().await;
        house.say(7, "More").await;
        house.heard(7, 5).await;
        house.say(7, "Shop").await;
        assert_eq!(house.heard(7, 6).await, ["Sorry?", "Menu", "Welcome.", "Menu", "More it is.", "Sorry?"]);
    };
    on_both(test, UnknownPolicy::Drop, document).await;
}
