//! Messages that change after they were sent: they are found by what sent them, in the order of the chat.

use serde_json::{Value, json};
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, say, until};

/// One call of the Bot API without its chat.
fn calls(house: &House, from: usize) -> Vec<Value> {
    let calls = house.api.calls();
    let sending = calls.into_iter().filter(|call| call.method != "answerCallbackQuery");
    sending
        .skip(from)
        .map(|mut call| {
            call.params.as_object_mut().unwrap().remove("chat_id");
            json!([call.method, call.params])
        })
        .collect()
}

async fn wait_for(house: &House, count: usize) -> Vec<Value> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(15);
    while calls(house, 0).len() < count {
        assert!(tokio::time::Instant::now() < deadline, "{count} calls: {:?}", calls(house, 0));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    calls(house, 0)
}

/// The press of the first button that the newest call brought.
fn press(house: &House, number: i64) -> Value {
    let rows = |call: &Value| call[1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"].clone();
    let data = calls(house, 0).iter().rev().map(rows).find(|data| !data.is_null()).unwrap();
    json!({"update_id": 10_000 + number, "callback_query": {
        "id": format!("press-{number}"),
        "from": {"id": 7, "is_bot": false, "first_name": "Anna", "language_code": "en"},
        "message": {"message_id": 1, "date": 1_790_000_000, "chat": {"id": 7, "type": "private"}},
        "chat_instance": "1",
        "data": data,
    }})
}

fn send(id: &str, options: Value) -> Value {
    json!({"id": id, "kind": "send_message", "options": options})
}

#[tokio::test]
async fn a_message_is_changed_and_deleted_in_order() {
    let edit = |id: &str, options: Value| json!({"id": id, "kind": "edit_message", "options": options});
    let bot = document(
        json!([command("start", "work"), command("clean", "clean")]),
        json!([
            {"id": "work", "actions": [
                json!({"id": "type", "kind": "typing", "options": {"seconds": 0}}),
                send("wait", json!({"text": "Wait", "message_to": "client.wait"})),
                edit("half", json!({"message": "#{client.wait}", "text": "Half way"})),
                edit("same", json!({"message": "#{client.wait}", "text": "Half way"})),
                say("other", "By the way"),
                edit("done", json!({"message": "#{client.wait}", "text": "Done"})),
            ]},
            {"id": "clean", "actions": [
                json!({"id": "drop", "kind": "delete_message", "options": {"message": "#{client.wait}"}}),
                json!({"id": "again", "kind": "delete_message", "options": {"message": "#{client.wait}"}}),
                edit("late", json!({"message": "#{client.wait}", "text": "Too late"})),
                say("clean", "Clean"),
            ]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        let sent = wait_for(&house, 5).await;
        assert_eq!(
            json!(sent),
            json!([
                ["sendChatAction", {"action": "typing"}],
                ["sendMessage", {"text": "Wait"}],
                ["editMessageText", {"message_id": 101, "text": "Half way"}],
                ["sendMessage", {"text": "By the way"}],
                ["editMessageText", {"message_id": 101, "text": "Done"}],
            ])
        );
        until("history is as it is now", async || {
            house.history(7).await.iter().any(|payload| payload.contains("\"Done\""))
        })
        .await;
        house.say(7, "/clean").await;
        let sent = wait_for(&house, 7).await;
        assert_eq!(
            json!(sent[5..]),
            json!([["deleteMessages", {"message_ids": [101]}], ["sendMessage", {"text": "Clean"}]]),
            "what is gone is neither deleted nor changed again"
        );
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn a_menu_takes_its_own_place() {
    let menu = json!({"text": "Page #{client.page}", "replace": "edit", "buttons": [[{"id": "next", "text": "Next"}]]});
    let photo =
        json!({"text": "Picture", "media": [{"file": "https://example.com/a.jpg"}], "replace": "resend"});
    let mut page = send("menu", menu);
    page["exits"] = json!({"next": {"block": "turn"}});
    let bot = document(
        json!([command("start", "menu"), command("photo", "photo")]),
        json!([
            {"id": "menu", "actions": [page]},
            {"id": "turn", "actions": [json!({"id": "set", "kind": "set_variables", "options": {
                "assignments": [{"target": "client.page", "value": "{{ #{client.page} + 1 }}"}]}})],
                "next": {"block": "menu"}},
            {"id": "photo", "actions": [send("photo", photo)]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        let sent = wait_for(&house, 1).await;
        assert_eq!(sent[0][1]["text"], "Page ");
        house.deliver(&press(&house, 1)).await;
        let sent = wait_for(&house, 2).await;
        assert_eq!((&sent[1][0], &sent[1][1]["text"]), (&json!("editMessageText"), &json!("Page 1")));
        assert_eq!(sent[1][1]["message_id"], 101);
        // The person deleted it meanwhile: it is sent anew, and from then on that one changes.
        house.api.script(
            "editMessageText",
            connectors::testing::Scripted::Refuse {
                code: 400,
                description: "Bad Request: message to edit not found".to_owned(),
            },
        );
        house.deliver(&press(&house, 2)).await;
        let sent = wait_for(&house, 5).await;
        let methods: Vec<&Value> = sent[2..].iter().map(|call| &call[0]).collect();
        assert_eq!(json!(methods), json!(["editMessageText", "deleteMessages", "sendMessage"]));
        house.say(7, "/start").await;
        let sent = wait_for(&house, 6).await;
        assert_eq!(
            (&sent[5][0], &sent[5][1]["message_id"]),
            (&json!("editMessageReplyMarkup"), &json!(102)),
            "the same page with buttons of its own"
        );
        house.deliver(&press(&house, 3)).await;
        let sent = wait_for(&house, 7).await;
        assert_eq!((&sent[6][0], &sent[6][1]["message_id"]), (&json!("editMessageText"), &json!(102)));

        for _ in 0..2 {
            house.say(7, "/photo").await;
        }
        let sent = wait_for(&house, 10).await;
        let methods: Vec<&Value> = sent[7..].iter().map(|call| &call[0]).collect();
        assert_eq!(json!(methods), json!(["sendPhoto", "deleteMessages", "sendPhoto"]));
        assert_eq!(sent[8][1], json!({"message_ids": [103]}));
        // The other subscriber has a menu of his own.
        house.say(8, "/start").await;
        let sent = wait_for(&house, 11).await;
        assert_eq!(sent[10][0], "sendMessage");
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn every_part_of_a_message_goes_with_it() {
    let album = json!({"text": "a".repeat(1100), "message_to": "client.album", "media": [
        {"file": "https://example.com/a.jpg"}, {"file": "https://example.com/b.jpg"}]});
    let bot = document(
        json!([command("start", "show"), command("hide", "hide")]),
        json!([
            {"id": "show", "actions": [send("album", album)]},
            {"id": "hide", "actions": [
                json!({"id": "drop", "kind": "delete_message", "options": {"message": "#{client.album}"}})]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        wait_for(&house, 2).await;
        house.say(7, "/hide").await;
        let sent = wait_for(&house, 3).await;
        assert_eq!(json!(sent[2]), json!(["deleteMessages", {"message_ids": [101, 102, 103]}]));
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn a_button_made_from_data_means_what_it_meant() {
    let goods = json!({"text": "Which?", "picked_to": "client.good",
        "options_from": {"items": "[Split(Tea;Cake,;)]", "label": "#{item}", "value": "a #{item}"}});
    let mut choose = send("goods", goods);
    choose["exits"] = json!({"picked": {"block": "tell"}});
    let bot = document(
        json!([command("start", "choose")]),
        json!([
            {"id": "choose", "actions": [choose]},
            {"id": "tell", "actions": [say("tell", "#{client.good}, [Answer]")]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        house.deliver(&house.press(7, "Cake")).await;
        assert_eq!(house.heard(7, 2).await[1], "a Cake, a Cake");
        // The same token in another chat tells nothing of this one.
        let mut foreign = house.press(7, "Tea");
        for place in ["/callback_query/from/id", "/callback_query/message/chat/id"] {
            *foreign.pointer_mut(place).unwrap() = json!(8);
        }
        house.deliver(&foreign).await;
        assert_eq!(house.heard(8, 1).await[0], ", ");
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}

#[tokio::test]
async fn ticks_are_edits_of_the_question() {
    let bot = document(
        json!([command("start", "ask")]),
        json!([
            {"id": "ask", "actions": [
                json!({"id": "ask", "kind": "ask", "options": {"text": "What on it?", "kind": "several",
                    "buttons": [[{"id": "ham", "text": "Ham"}, {"id": "egg", "text": "Egg"}]]}}),
                say("tell", "[Answer]"),
            ]},
        ]),
    );
    let test = |house: House| async move {
        house.say(7, "/start").await;
        house.heard(7, 1).await;
        for label in ["Egg", "Ham", "Egg"] {
            house.deliver(&house.press(7, label)).await;
            house.settled().await;
        }
        let edits = house.api.wait_for_calls("editMessageReplyMarkup", 3).await;
        let labels = |call: usize| {
            let row = &edits[call].params["reply_markup"]["inline_keyboard"][0];
            json!([row[0]["text"], row[1]["text"]])
        };
        assert_eq!(labels(0), json!(["Ham", "✅ Egg"]));
        assert_eq!(labels(1), json!(["✅ Ham", "✅ Egg"]));
        assert_eq!(labels(2), json!(["✅ Ham", "Egg"]));
        house.deliver(&house.press(7, "Done")).await;
        assert_eq!(house.heard(7, 2).await[1], "Ham");
    };
    on_both(test, UnknownPolicy::Drop, bot).await;
}
