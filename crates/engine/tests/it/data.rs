//! What data actions do and by which exit they leave, one chat for each.

use serde_json::{Value, json};

use crate::rules::{block, check_with, say, scenario, trigger};

/// A shop with a few rows in each list.
fn lists() -> Value {
    json!([
        {"name": "goods", "columns": [
            {"name": "title", "type": "text", "unique": true}, {"name": "kind", "type": "text"},
            {"name": "price", "type": "number"}, {"name": "since", "type": "date"},
        ], "rows": [
            {"title": "Tea", "kind": "drink", "price": 100, "since": "05.01.2026"},
            {"title": "Coffee", "kind": "drink", "price": 250, "since": "31.12.2025"},
            {"title": "Cake", "kind": "food", "price": 400, "since": "01.02.2026"},
            {"title": "Soup", "kind": "food", "price": 250},
            {"title": "Gift", "kind": "", "price": 0},
        ]},
        {"name": "slots", "columns": [
            {"name": "time", "type": "text"}, {"name": "client", "type": "text"}, {"name": "name", "type": "text"},
        ], "rows": [{"time": "12:00"}, {"time": "10:00"}]},
    ])
}

/// A command for each of these actions, which tells by what exit it went and what it wrote.
fn shop(actions: &[(&str, &str, Value, &[&str], &str)]) -> Value {
    let mut triggers = Vec::new();
    let mut blocks = Vec::new();
    for (name, kind, options, exits, told) in actions {
        triggers.push(trigger(name, "command", json!({"command": name}), name));
        let wired: serde_json::Map<String, Value> = exits
            .iter()
            .map(|exit| ((*exit).to_owned(), json!({"block": format!("{name}-{exit}")})))
            .collect();
        blocks.push(block(
            name,
            json!([{"id": format!("{name}-a"), "kind": kind, "options": options, "exits": wired}, say(&format!("{name}-b"), told)]),
        ));
        for exit in *exits {
            let id = format!("{name}-{exit}");
            blocks.push(block(
                &id,
                json!([say(&format!("{name}-{}", &exit[..2]), &format!("{exit}. {told}"))]),
            ));
        }
    }
    scenario(Value::Array(triggers), Value::Array(blocks))
}

fn check(actions: &[(&str, &str, Value, &[&str], &str)], chat: &str) {
    check_with(&[shop(actions)], lists(), chat);
}

#[test]
fn finding_compares_sorts_pages_and_counts() {
    let find = |options: Value| {
        let mut options = options;
        options["list"] = json!("goods");
        options["save_to"] = json!("rows");
        options
    };
    let titles = "#{rows[0].title} #{rows[1].title} #{rows[2].title}";
    check(
        &[
            (
                "between",
                "list_find",
                find(
                    json!({"filters": [{"column": "price", "comparison": "between", "value": "100", "upper": "250"}], "sort": "title"}),
                ),
                &["found", "empty"],
                titles,
            ),
            (
                "dates",
                "list_find",
                find(
                    json!({"filters": [{"column": "since", "comparison": "ge", "value": "01.01.2026"}], "sort": "since"}),
                ),
                &[],
                titles,
            ),
            (
                "groups",
                "list_find",
                find(json!({
                    "filters": [{"column": "kind", "comparison": "in", "value": "drink, food"}],
                    "groups": [{"filters": [{"column": "price", "comparison": "gt", "value": "300"}, {"column": "title", "comparison": "starts", "value": "t"}]}],
                    "sort": "price", "descending": true,
                })),
                &[],
                titles,
            ),
            (
                "unique",
                "list_find",
                find(
                    json!({"unique": "price", "sort": "price", "then": [{"column": "title", "descending": true}]}),
                ),
                &[],
                titles,
            ),
            ("page", "list_find", find(json!({"sort": "title", "limit": 2, "page": "3"})), &[], titles),
            (
                "none",
                "list_find",
                find(json!({"filters": [{"column": "title", "value": "Bread"}]})),
                &["found", "empty"],
                "nothing",
            ),
            (
                "words",
                "list_find",
                find(json!({"filters": [{"column": "title", "comparison": "words", "value": "soups"}]})),
                &[],
                titles,
            ),
            (
                "columns",
                "list_find",
                find(json!({"filters": [{"column": "title", "comparison": "ne", "value": "Soup"},
                    {"column": "kind", "comparison": "eq", "with_column": "kind"},
                    {"column": "price", "comparison": "gt", "with_column": "_id"},
                    {"column": "price", "comparison": "lt", "value": "200"}], "sort": "price"})),
                &[],
                titles,
            ),
            (
                "random",
                "list_find",
                json!({"list": "goods", "random": true, "limit": 1, "count_to": "n"}),
                &["found"],
                "#{n}",
            ),
            (
                "sums",
                "list_find",
                json!({"list": "goods", "filters": [{"column": "kind", "comparison": "not_empty"}], "totals": [
                    {"function": "count", "target": "n"}, {"function": "sum", "column": "price", "target": "sum"},
                    {"function": "avg", "column": "price", "target": "avg"},
                    {"function": "min", "column": "price", "target": "min"},
                    {"function": "max", "column": "since", "target": "max"},
                ]}),
                &["found", "empty"],
                "#{n} #{sum} #{avg} #{min} #{max}",
            ),
            (
                "text",
                "list_find",
                json!({"list": "goods", "totals": [{"function": "sum", "column": "title", "target": "n"}]}),
                &["error"],
                "#{_error_code}",
            ),
        ],
        "
> /between
< found. Coffee Soup Tea
> /dates
< Tea Cake
> /groups
< Cake Tea
> /unique
< Gift Tea Soup
> /page
< Tea
> /none
< empty. nothing
> /words
< Soup
> /columns
< Tea
> /random
< found. 1
> /sums
< found. 4 1000 250 100 01.02.2026
> /text
< error. not_a_number
",
    );
}

#[test]
fn writing_leaves_by_what_happened() {
    let all = json!({"list": "goods", "totals": [
        {"function": "count", "target": "n"}, {"function": "sum", "column": "price", "target": "sum"},
    ]});
    check(
        &[
            ("all", "list_find", all, &[], "#{n} for #{sum}"),
            (
                "add",
                "list_add",
                json!({"list": "goods", "values": [{"column": "title", "value": "Tea"}]}),
                &["duplicate"],
                "added",
            ),
            (
                "addplain",
                "list_add",
                json!({"list": "goods", "values": [{"column": "title", "value": "Tea"}]}),
                &["error"],
                "#{_error_code}",
            ),
            (
                "edit",
                "list_edit",
                json!({"list": "goods", "filters": [{"column": "kind", "value": "drink"}], "count_to": "n", "values": [
                    {"column": "price", "how": "add", "value": "10"}, {"column": "kind", "how": "append", "value": "!"},
                ]}),
                &["empty", "duplicate"],
                "#{n} changed",
            ),
            (
                "same",
                "list_edit",
                json!({"list": "goods", "which": "all", "values": [{"column": "title", "value": "One"}]}),
                &["duplicate"],
                "changed",
            ),
            (
                "upsert",
                "list_upsert",
                json!({"list": "goods", "key": "title", "id_to": "id", "values": [
                    {"column": "title", "value": "Bread"}, {"column": "price", "value": "50"},
                ]}),
                &["added", "updated"],
                "row #{id}",
            ),
            (
                "delete",
                "list_delete",
                json!({"list": "goods", "filters": [{"column": "price", "comparison": "lt", "value": "60"}], "count_to": "n"}),
                &["empty"],
                "#{n} deleted",
            ),
            (
                "sell",
                "list_increment",
                json!({"list": "goods", "filters": [{"column": "title", "value": "Cake"}], "column": "price",
                    "by": "-250", "least": "0", "value_to": "left"}),
                &["out_of_range", "empty"],
                "#{left} left",
            ),
            (
                "gone",
                "list_increment",
                json!({"list": "goods", "which": "number", "row": "99", "column": "price"}),
                &["out_of_range", "empty"],
                "?",
            ),
        ],
        "
> /all
< 5 for 1000
> /add
< duplicate. added
> /addplain
< error. duplicate
> /edit
< 2 changed
> /edit
< empty. 0 changed
> /same
< duplicate. changed
# Nothing of a change that failed is kept.
> /all
< 5 for 1020
> /upsert
< added. row 6
> /upsert
< updated. row 6
> /delete
< 2 deleted
> /delete
< empty. 0 deleted
> /sell
< 150 left
> /sell
< out_of_range.  left
> /gone
< empty. ?
",
    );
}

#[test]
fn a_slot_is_one_persons() {
    check(
        &[(
            "book",
            "list_reserve",
            json!({"list": "slots", "column": "client", "sort": "time", "row_to": "slot",
                "values": [{"column": "name", "value": "[Name]"}]}),
            &["reserved", "none"],
            "#{slot.time} #{slot.name}",
        )],
        "
> /book
< reserved. 10:00 Anna
bob> /book
bob< reserved. 12:00 Bob
carl> /book
carl< none.
# Pressed again, it is the same slot.
> /book
< reserved. 10:00 Anna
",
    );
}

#[test]
fn counters_stay_within_their_bounds() {
    check(
        &[
            (
                "number",
                "increment",
                json!({"target": "global.number", "most": "2", "value_to": "n"}),
                &["out_of_range"],
                "number #{n}",
            ),
            (
                "visit",
                "increment",
                json!({"target": "client.visits"}),
                &["out_of_range"],
                "visit #{client.visits}",
            ),
        ],
        "
> /number
< number 1
bob> /number
bob< number 2
> /number
< out_of_range. number
> /visit
< visit 1
> /visit
< visit 2
bob> /visit
bob< visit 1
= client.visits 2
= global.number 2
",
    );
}
