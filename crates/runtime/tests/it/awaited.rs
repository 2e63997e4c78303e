//! Sends whose fate a run waits for: each comes back to its run exactly once, whatever happens in between.

use connectors::testing::{Gate, Scripted};
use serde_json::{Value, json};
use store::bots::UnknownPolicy;
use store::{Class, Purpose, Secret};

use crate::support::{House, command, document, on_both, say, until};

/// Says something whose fate leads somewhere, then what became of it.
fn teller() -> Value {
    document(
        json!([command("start", "tell"), command("stop", "stop")]),
        json!([
            {"id": "tell", "actions": [
                {"id": "first", "kind": "send_message", "options": {"text": "First", "messenger_id_to": "number"},
                    "exits": {"error": {"block": "lost"}}},
                say("then", "It is #{number}."),
            ]},
            {"id": "lost", "actions": [say("why", "Lost: #{_error_code}.")]},
            {"id": "stop", "actions": [say("bye", "Stopped.")]},
        ]),
    )
}

#[tokio::test]
async fn the_run_goes_on_with_what_became_of_its_message() {
    let test = |house: House| async move {
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 2).await, ["First", "It is 101."]);
        let refusal = Scripted::Refuse { code: 400, description: "Bad Request: message is too long".into() };
        house.api.script("sendMessage", refusal);
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 3).await.last().unwrap(), "Lost: refused.");
        house.api.block(8);
        house.say(8, "/start").await;
        // Both messages to who blocked the bot are lost; the run has come to its end all the same.
        until("the second is given up too", async || house.sent(8).await.len() == 2).await;
    };
    on_both(test, UnknownPolicy::Drop, teller()).await;
}

/// The process dies after the message has gone out and before anybody heard of it.
async fn die_while_waiting(mut house: House) {
    let gate = Gate::closed();
    house.api.script("sendMessage", Scripted::Gated(gate.clone()));
    house.say(7, "/start").await;
    house.api.wait_for_calls("sendMessage", 1).await;
    house.crash().await;
    gate.open();
    until("the double has carried it out", async || house.api.texts(7).len() == 1).await;
    house.restart().await;
    let expected: &[&str] = match house.unknown_policy() {
        UnknownPolicy::Resend => &["First", "First", "It is 102."],
        UnknownPolicy::Drop => &["First", "Lost: fate_unknown."],
    };
    assert_eq!(house.heard(7, expected.len()).await, expected);
    // What was answered is not answered once more.
    house.crash_and_restart().await;
    house.say(7, "/stop").await;
    assert_eq!(house.heard(7, expected.len() + 1).await.last().unwrap(), "Stopped.");
    assert_eq!(house.api.texts(7).len(), expected.len() + 1);
}

#[tokio::test]
async fn a_crash_while_the_fate_is_open_resumes_the_run_once_with_a_second_message() {
    on_both(die_while_waiting, UnknownPolicy::Resend, teller()).await;
}

#[tokio::test]
async fn a_crash_while_the_fate_is_open_resumes_the_run_once_with_an_error() {
    on_both(die_while_waiting, UnknownPolicy::Drop, teller()).await;
}

#[tokio::test]
async fn a_crash_before_anything_went_out_changes_nothing() {
    let test = |mut house: House| async move {
        house.api.script("sendMessage", Scripted::RetryAfter(1));
        house.say(7, "/start").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        house.settled().await;
        house.crash_and_restart().await;
        let heard = house.heard(7, 2).await;
        assert_eq!(heard, ["First", "It is 101."]);
    };
    on_both(test, UnknownPolicy::Resend, teller()).await;
}

#[tokio::test]
async fn the_fate_of_a_message_whose_run_has_ended_is_nobodys_business() {
    let test = |house: House| async move {
        let gate = Gate::closed();
        house.api.script("sendMessage", Scripted::Gated(gate.clone()));
        house.say(7, "/start").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        // The command breaks in: the run that waits is over. Its message is still the first of the chat.
        house.say(7, "/stop").await;
        house.settled().await;
        gate.open();
        assert_eq!(house.heard(7, 2).await, ["First", "Stopped."]);
        let answered = |c: &mut store::Connection| Ok(store::calls::lanes_with_answered(c, 10)?);
        assert!(house.store.read(answered).await.unwrap().is_empty(), "nobody waits for it any more");
    };
    on_both(test, UnknownPolicy::Drop, teller()).await;
}

#[tokio::test]
async fn a_message_nobody_waits_for_holds_up_nothing() {
    let document = document(
        json!([command("start", "tell")]),
        json!([{"id": "tell", "actions": [say("a", "One"), say("b", "Two")]}]),
    );
    let test = |house: House| async move {
        let gate = Gate::closed();
        house.api.script("sendMessage", Scripted::Gated(gate.clone()));
        house.say(7, "/start").await;
        house.api.wait_for_calls("sendMessage", 1).await;
        until("the run is over", async || {
            let ready = |c: &mut store::Connection| Ok(store::runs::lanes_with_ready(c, 10)?);
            house.store.read(ready).await.unwrap().is_empty() && house.runtime.lanes_at_work() == 0
        })
        .await;
        gate.open();
        assert_eq!(house.heard(7, 2).await, ["One", "Two"]);
    };
    on_both(test, UnknownPolicy::Drop, document).await;
}

/// Calls a method with a secret among its parameters.
fn caller() -> Value {
    let params = r##"{"chat_id": [ClientID], "title": "T", "description": "D", "payload": "p", "currency": "RUB",
        "prices": [{"label": "T", "amount": 100}], "provider_token": "#{env.PAY}"}"##;
    document(
        json!([command("start", "ask")]),
        json!([
            {"id": "ask", "actions": [
                say("before", "Asking."),
                {"id": "call", "kind": "call_channel",
                    "options": {"method": "sendInvoice", "params": params, "save_to": "made"},
                    "exits": {"error": {"block": "no"}}},
                say("after", "Number #{made.message_id}, #{made.note}."),
            ]},
            {"id": "no", "actions": [say("why", "#{_error}")]},
        ]),
    )
}

#[tokio::test]
async fn a_method_of_the_messenger_is_called_in_order_and_shows_no_secret() {
    let test = |house: House| async move {
        let (workspace, vault, now) = (house.workspace, house.store.vault().clone(), house.store.now());
        house
            .store
            .write(Class::Lanes, move |tx| {
                let secret = Secret::new("s3cr\"et");
                let sealed = vault.seal(workspace, Purpose::Variable("PAY"), &secret).unwrap();
                store::secrets::upsert(tx, workspace, "PAY", &sealed, now)
            })
            .await
            .unwrap();
        house.api.script("sendInvoice", Scripted::Result(json!({"message_id": 55, "note": "s3cr\"et"})));
        house.say(7, "/start").await;
        assert_eq!(house.heard(7, 2).await, ["Asking.", "Number 55, •••."]);
        let call = house.api.calls_of("sendInvoice").remove(0);
        assert_eq!(call.params["provider_token"], "s3cr\"et");
        assert_eq!(call.params["chat_id"], "7");
        let words = "Bad Request: the key s3cr\"et is wrong".to_owned();
        house.api.script("sendInvoice", Scripted::Refuse { code: 400, description: words });
        house.say(7, "/start").await;
        let told = "The messenger refused: Bad Request: the key ••• is wrong";
        assert_eq!(house.heard(7, 4).await.last().unwrap(), told);
    };
    on_both(test, UnknownPolicy::Drop, caller()).await;
}

#[tokio::test]
async fn a_payment_is_answered_whoever_looks_at_it() {
    let document = document(
        json!([
            {"id": "paid", "kind": "payment", "options": {"payload": "order_{id}"}, "next": {"block": "thanks"}},
        ]),
        json!([{"id": "thanks", "actions": [say("t", "Order #{id}: #{payment_amount} #{payment_currency}.")]}]),
    );
    let test = |house: House| async move {
        let from = json!({"id": 7, "is_bot": false, "first_name": "Anna"});
        let sum = |mut value: Value| {
            value["currency"] = "XTR".into();
            value["total_amount"] = 50.into();
            value["invoice_payload"] = "order_5".into();
            value
        };
        let query = sum(json!({"id": "q1", "from": from}));
        house.deliver(&json!({"update_id": 900, "pre_checkout_query": query})).await;
        let answer = house.api.wait_for_calls("answerPreCheckoutQuery", 1).await.remove(0);
        assert_eq!(answer.params, json!({"pre_checkout_query_id": "q1", "ok": true}));
        let paid = sum(json!({"telegram_payment_charge_id": "c", "provider_payment_charge_id": "p"}));
        house
            .deliver(&json!({"update_id": 901, "message": {"message_id": 9, "date": 1, "from": from,
                "chat": {"id": 7, "type": "private"}, "successful_payment": paid}}))
            .await;
        assert_eq!(house.heard(7, 1).await, ["Order 5: 50 XTR."]);
    };
    on_both(test, UnknownPolicy::Drop, document).await;
}
