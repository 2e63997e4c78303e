//! A scenario that begins once for each element of an array.

use serde_json::{Value, json};

use super::named;
use crate::rules::{ask, block, check_with, command, say, scenario, trigger};

/// Finds the orders and begins “Order” for each of them.
fn office(to: Value, overlap: &str) -> Value {
    let start = json!({"id": "s", "kind": "start_scenario", "options": {"scenario": "Order", "each": "#{rows}", "to": to,
        "overlap": overlap, "inputs": [{"name": "goods", "value": "#{item.goods}"}, {"name": "by", "value": "[Name]"}]}});
    named(
        "Office",
        scenario(
            json!([command("start"), command("remind"), command("none")]),
            json!([
                block("start", json!([say("h", "Hello.")])),
                block(
                    "remind",
                    json!([
                        {"id": "f", "kind": "list_find", "options": {"list": "orders", "save_to": "rows", "sort": "goods"}},
                        start,
                        say("d", "Reminded."),
                    ])
                ),
                block(
                    "none",
                    json!([
                        {"id": "f2", "kind": "list_find", "options": {"list": "orders", "save_to": "rows",
                            "filters": [{"column": "goods", "comparison": "eq", "value": "Gold"}]}},
                        {"id": "s2", "kind": "start_scenario", "options": {"scenario": "Order", "each": "#{rows}"}},
                        say("n", "Nothing to remind of."),
                    ])
                ),
            ]),
        ),
    )
}

fn order() -> Value {
    named(
        "Order",
        scenario(
            json!([trigger("c", "called", json!({"inputs": ["goods", "by"]}), "ask")]),
            json!([block(
                "ask",
                json!([
                    {"id": "i", "kind": "increment", "options": {"target": "global.orders"}},
                    ask("ok", "#{by} asks: is #{goods} here?"),
                    say("t", "Thank you: #{goods} #{ok}."),
                ])
            )]),
        ),
    )
}

fn orders() -> Value {
    json!([{"name": "orders", "columns": [{"name": "goods", "type": "text"}, {"name": "client", "type": "text"}], "rows": [
        {"goods": "Tea", "client": "bob"}, {"goods": "Soup", "client": "eve"}, {"goods": "Cake", "client": "bob"},
        {"goods": "Rice", "client": ""},
    ]}])
}

/// Each row has a run of its own, for the person it names; a person with two rows is asked twice, one after the other.
#[test]
fn a_scenario_begins_once_for_each_row() {
    check_with(
        &[office(json!({"client": "#{item.client}"}), "queue"), order()],
        orders(),
        "
bob> /start
bob< Hello.
eve> /start
eve< Hello.
> /remind
< Reminded.
bob< Anna asks: is Cake here?
eve< Anna asks: is Soup here?
bob> yes
bob< Thank you: Cake yes.
bob< Anna asks: is Tea here?
bob> no
bob< Thank you: Tea no.
= global.orders 3
> /none
< Nothing to remind of.
= global.orders 3
",
    );
}

/// Without a subscriber a row's run has nobody to talk to, and is there all the same.
#[test]
fn a_scenario_begins_for_nobody() {
    check_with(
        &[office(Value::Null, "start_over"), order()],
        orders(),
        "
> /remind
< Reminded.
bot< (failed: no_subscriber) There is nobody to write to: this run has no subscriber, as one begun by a webhook or a schedule
bot< (failed: no_subscriber) There is nobody to write to: this run has no subscriber, as one begun by a webhook or a schedule
bot< (failed: no_subscriber) There is nobody to write to: this run has no subscriber, as one begun by a webhook or a schedule
bot< (failed: no_subscriber) There is nobody to write to: this run has no subscriber, as one begun by a webhook or a schedule
= global.orders 4
",
    );
}

/// The whole array for each of its elements would be its square.
#[test]
fn what_all_are_given_has_a_bound() {
    let start = |each: &str, client: &str, value: &str| {
        json!({"id": "s", "kind": "start_scenario", "options": {"scenario": "Order", "each": each, "to": {"client": client},
            "inputs": [{"name": "goods", "value": value}]}, "exits": {"error": {"block": "no"}}})
    };
    let office = |action: Value| {
        let list = json!({"id": "v", "kind": "set_variables", "options": {"assignments": [{"target": "ids", "value": "[Range(1, 9000)]"}]}});
        named(
            "Office",
            scenario(
                json!([command("go")]),
                json!([block("go", json!([list, action])), block("no", json!([say("n", "#{_error_code}")]))]),
            ),
        )
    };
    for action in [start("#{ids}", "#{ids}", ""), start("#{ids}", "#{item}", "#{ids}")] {
        check_with(&[office(action), order()], orders(), "> /go\n< too_many_elements\n");
    }
}
