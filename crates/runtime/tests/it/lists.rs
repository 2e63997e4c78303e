//! People who want the same thing at the same time.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, say};

/// `/open` adds a free slot, `/book` takes one, `/number` draws the next number of three.
fn booking() -> Value {
    document(
        json!([command("open", "open"), command("book", "book"), command("number", "number")]),
        json!([
            {"id": "open", "actions": [
                {"id": "add", "kind": "list_add", "options": {"list": "people",
                    "values": [{"column": "name", "value": "{{ [GenNum8] + 0 }}"}]}},
                say("opened", "Open."),
            ]},
            {"id": "book", "actions": [
                {"id": "take", "kind": "list_reserve", "options": {"list": "people", "column": "note",
                    "row_to": "slot"}, "exits": {"none": {"block": "sold"}}},
                say("yours", "Yours: #{slot._id}."),
            ]},
            {"id": "sold", "actions": [say("out", "Sold out.")]},
            {"id": "number", "actions": [
                {"id": "next", "kind": "increment", "options": {"target": "global.number", "most": "3",
                    "value_to": "mine"}, "exits": {"out_of_range": {"block": "sold"}}},
                say("told", "Number #{mine}."),
            ]},
        ]),
    )
}

/// What each of these people hears last after all of them have written at once.
async fn all_at_once(house: &House, people: std::ops::Range<i64>, text: &str) -> Vec<String> {
    let before: Vec<usize> = people.clone().map(|user| house.api.texts(user).len()).collect();
    let updates: Vec<Value> = people.clone().map(|user| house.text(user, text)).collect();
    for update in &updates {
        house.deliver(update).await;
    }
    let mut heard = Vec::new();
    for (user, before) in people.zip(before) {
        heard.extend(house.heard(user, before + 1).await.last().cloned());
    }
    heard
}

#[tokio::test]
async fn of_many_who_want_one_slot_one_gets_it() {
    let test = |house: House| async move {
        let mut slots = BTreeSet::new();
        for round in 0..5 {
            house.say(1, "/open").await;
            house.heard(1, round + 1).await;
            // Newcomers each time: who has a slot would be told his own again.
            let first = 10 + 10 * i64::try_from(round).unwrap();
            let heard = all_at_once(&house, first..first + 6, "/book").await;
            let got: Vec<&String> = heard.iter().filter(|text| text.starts_with("Yours")).collect();
            assert_eq!(got.len(), 1, "{heard:?}");
            assert_eq!(heard.iter().filter(|text| *text == "Sold out.").count(), 5, "{heard:?}");
            assert!(slots.insert(got[0].clone()), "{got:?} was sold before");
            // Whoever has it is told the same again, and nobody else.
            let again = all_at_once(&house, first..first + 6, "/book").await;
            assert_eq!(again, heard);
        }
    };
    on_both(test, UnknownPolicy::Drop, booking()).await;
}

#[tokio::test]
async fn numbers_drawn_at_once_differ_and_stop_at_their_bound() {
    let test = |house: House| async move {
        let mut heard = all_at_once(&house, 1..7, "/number").await;
        heard.sort();
        let expected = ["Number 1.", "Number 2.", "Number 3.", "Sold out.", "Sold out.", "Sold out."];
        assert_eq!(heard, expected);
    };
    on_both(test, UnknownPolicy::Drop, booking()).await;
}

/// A value set just before is what an operation of the same step sees.
#[tokio::test]
async fn an_increment_meets_what_was_set_before() {
    let counting = document(
        json!([command("start", "count")]),
        json!([{"id": "count", "actions": [
            {"id": "set", "kind": "set_variables", "options": {"assignments": [
                {"target": "client.visits", "value": "5"}, {"target": "global.all", "value": "7"},
            ]}},
            {"id": "one", "kind": "increment", "options": {"target": "client.visits"}},
            {"id": "all", "kind": "increment", "options": {"target": "global.all", "by": "2"}},
            say("told", "#{client.visits}, #{global.all}"),
            {"id": "wait", "kind": "delay", "options": {"amount": 1, "unit": "seconds", "when_moved_on": "go_on"}},
            say("stored", "still #{client.visits}, #{global.all}"),
        ]}]),
    );
    let test = |house: House| async move {
        house.say(1, "/start").await;
        assert_eq!(house.heard(1, 2).await, ["6, 9", "still 6, 9"]);
    };
    on_both(test, UnknownPolicy::Drop, counting).await;
}
