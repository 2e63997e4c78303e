use serde_json::{Value, json};

use super::{Pipe, actions, blocks, check, findings, options, say, to, triggers};
use crate::scenario::{Finding, Severity};

#[test]
fn variables_nothing_writes() {
    let reads = |extra: Value| {
        let say = json!({"id": "say", "kind": "send_message", "options": {"text": "#{total} of #{total}, #{client.a}, #{_request}, #{start}"}});
        let mut all = vec![say];
        all.extend(extra.as_array().unwrap().clone());
        actions(json!(all))
    };
    check(reads(json!([])), &[("/blocks/0/actions/0/options/text", "never_written")]);
    check(
        reads(
            json!([{"id": "s", "kind": "set_variables", "options": {"assignments": [{"target": "total", "value": "1"}]}}]),
        ),
        &[("/blocks/0/actions/0/options/text", "read_before_write")],
    );
    check(
        reads(
            json!([{"id": "s", "kind": "set_variables", "options": {"assignments": [{"target": "client.total", "value": "1"}]}}]),
        ),
        &[("/blocks/0/actions/0/options/text", "never_written")],
    );
    check(reads(json!([{"id": "j", "kind": "javascript", "options": {"code": "varstore.total = 1"}}])), &[]);
    let by_hook = reads(json!([])).pipe(|document| {
        document["triggers"]
            .as_array_mut()
            .unwrap()
            .push(json!({"id": "w", "kind": "webhook", "next": to("b")}))
    });
    check(by_hook, &[]);
    let by_link = reads(json!([])).pipe(|document| {
        document["triggers"]
            .as_array_mut()
            .unwrap()
            .push(json!({"id": "l", "kind": "start_link", "options": {"code": "{total}"}, "next": to("b")}));
    });
    check(by_link, &[]);
}

/// What is found in a message with this text.
fn said(text: &str) -> Vec<Finding> {
    let say = json!({"id": "say", "kind": "send_message", "options": {"text": text}});
    findings(&actions(json!([say]))).0
}

/// The text has one name that is warned about, in words that help.
fn check_name(text: &str, code: &str, helps: &str) {
    let found = said(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    assert_eq!((found[0].code, found[0].severity), (code, Severity::Warning));
    assert!(found[0].en.contains(helps), "{}", found[0].en);
}

#[test]
fn system_variables_that_nobody_sets() {
    assert_eq!(said("#{_request.body.a} #{_request_headers} #{_botid} #{_error} #{_response}"), []);
    for (text, replacement) in [
        ("#{_isstart}", "trigger"),
        ("#{_location_address}", "client_latitude"),
        ("#{_tggroup_title}", "_request"),
        ("#{_webapp_id}", "mini app"),
        ("#{_made_up}", "none of them"),
    ] {
        check_name(text, "unknown_system_variable", replacement);
    }
}

#[test]
fn names_that_other_builders_replace_and_we_send_as_they_stand() {
    assert_eq!(said("Open [Mon-Fri], [Name]! [Exits] [AccountTariff]"), []);
    for (text, field) in [
        ("Call us: [SendContact(+79001112233,Anna,)]", "Contact"),
        ("[SendVenue(1,2,Shop,Main Street)]", "Place"),
        ("[Files(#{client.photo})]", "Files"),
        ("So: [Actions]", "variable"),
        ("Say [Exit] to leave", "trigger"),
    ] {
        check_name(text, "left_over_name", field);
    }
}

#[test]
fn the_element_of_generated_buttons_is_no_variable_elsewhere() {
    let ask = json!({"id": "a", "kind": "ask", "options": {"text": "#{item}", "kind": "choice",
        "options_from": {"items": "#{global.rows}", "label": "#{item.title}", "value": "#{item._id}"}}});
    check(actions(json!([ask, say("b")])), &[("/blocks/0/actions/0/options/text", "never_written")]);
}

#[test]
fn expressions_that_cannot_be_read() {
    check(
        options(
            "set_variables",
            json!({"assignments": [{"target": "a b", "value": "1"}, {"target": "c", "value": "#{client."}]}),
        ),
        &[
            ("/blocks/0/actions/0/options/assignments/0/target", "expression"),
            ("/blocks/0/actions/0/options/assignments/1/value", "expression"),
        ],
    );
    check(
        options(
            "branch",
            json!({"branches": [{"id": "x", "condition": "#{client.a} >"}, {"id": "y", "condition": "(1 = 1"}]}),
        ),
        &[("/blocks/0/actions/0/options/branches/1/condition", "expression")],
    );
    let found =
        findings(&options("branch", json!({"branches": [{"id": "y", "condition": "(1 = 1"}]}))).0.remove(0);
    assert!(found.ru.starts_with("«Card», Условие: ") && found.ru.contains("символ"), "{}", found.ru);
}

/// A press of a message's button begins a new run.
#[test]
fn what_a_press_forgets() {
    let card = |first: Value, second: Value, exits: Value| {
        let mut message = json!({"id": "m", "kind": "send_message", "options": {
            "text": "Total #{total}", "buttons": [[{"id": "pay", "text": "Pay"}]]}});
        message["exits"] = exits;
        blocks(json!([
            {"id": "b", "name": "Cart", "actions": [
                {"id": "s", "kind": "set_variables",
                    "options": {"assignments": [{"target": "total", "value": "5"}]}},
                message,
            ]},
            {"id": "c", "name": "Pay", "actions": [first], "next": {"block": "d"}},
            {"id": "d", "name": "Thanks", "actions": [second]},
        ]))
    };
    let say = |id: &str, text: &str| json!({"id": id, "kind": "send_message", "options": {"text": text}});
    let set = |target: &str, value: &str| {
        json!({"id": "w", "kind": "set_variables",
            "options": {"assignments": [{"target": target, "value": value}]}})
    };
    let door = json!({"pay": {"block": "c"}});
    let forgotten = [("/blocks/2/actions/0/options/text", "forgotten_variable")];
    check(card(say("x", "Well"), say("y", "You paid #{total}"), door.clone()), &forgotten);
    check(card(set("total", "6"), say("y", "You paid #{total}"), door.clone()), &[]);
    check(
        card(set("total", "{{ total + 1 }}"), say("y", "Paid #{total}"), door.clone()),
        &[("/blocks/1/actions/0/options/assignments/0/value", "forgotten_variable")],
    );
    check(card(say("x", "Well"), say("y", "You paid #{client.total}"), door), &[]);
}

#[test]
fn shared_values_that_read_themselves() {
    let set = |target: &str, value: &str| {
        options("set_variables", json!({"assignments": [{"target": target, "value": value}]}))
    };
    let lost = [("/blocks/0/actions/0/options/assignments/0/value", "set_reads_itself")];
    check(set("global.n", "{{ #{global.n} + 1 }}"), &lost);
    check(set("person.n", "#{person.n}, again"), &lost);
    check(set("client.n", "{{ #{client.n} + 1 }}"), &[]);
    check(set("global.n", "#{global.m}"), &[]);
}

#[test]
fn looking_first_and_writing_then() {
    let find = |exits: Value| {
        json!({"id": "f", "kind": "list_find", "options": {"list": "orders",
            "filters": [{"column": "client", "value": "[ClientID]"}], "first_to": "row"}, "exits": exits})
    };
    let add = json!({"id": "a", "kind": "list_add", "options": {"list": "orders",
        "values": [{"column": "client", "value": "[ClientID]"}]}});
    let document = |find: Value, write: Value| {
        blocks(json!([{"id": "b", "actions": [find]}, {"id": "c", "actions": [write]}]))
    };
    let found = [("/blocks/0/actions/0", "find_then_add")];
    check(document(find(json!({"empty": to("c")})), add.clone()), &found);
    let mut guarded = document(find(json!({"empty": to("c")})), add.clone());
    guarded["blocks"][1]["actions"][0]["exits"] = json!({"duplicate": to("d")});
    guarded["blocks"].as_array_mut().unwrap().push(json!({"id": "d", "actions": [say("known")]}));
    check(guarded, &[]);
    check(document(find(json!({"found": to("c")})), add.clone()), &[]);
    let take = |filters: Value| {
        json!({"id": "a", "kind": "list_edit", "options": {"list": "orders", "which": "matching", "filters": filters,
            "values": [{"column": "client", "value": "x"}]}})
    };
    let by_note = json!([{"column": "note", "value": "#{row.note}"}]);
    let taken = [("/blocks/0/actions/0", "find_then_take")];
    check(document(find(json!({"found": to("c")})), take(by_note)), &taken);
    let checked = json!([{"column": "client", "comparison": "empty"}]);
    check(document(find(json!({"found": to("c")})), take(checked)), &[]);
}

#[test]
fn rows_to_change_are_told() {
    let all = [("/blocks/0/actions/0/options/filters", "no_conditions")];
    check(options("list_delete", json!({"list": "orders", "which": "matching"})), &all);
    check(options("list_delete", json!({"list": "orders", "which": "all"})), &[]);
    check(
        options("list_delete", json!({"list": "orders", "which": "number"})),
        &[("/blocks/0/actions/0/options/row", "no_row")],
    );
    check(
        options(
            "list_delete",
            json!({"list": "orders", "which": "matching", "groups": [
                {"filters": [{"column": "gone", "comparison": "between", "value": "1"}]}, {"filters": []},
            ]}),
        ),
        &[
            ("/blocks/0/actions/0/options/groups/0/filters/0/upper", "no_upper"),
            ("/blocks/0/actions/0/options/groups/1", "empty_group"),
            ("/blocks/0/actions/0/options/groups/0/filters/0/column", "unknown_column"),
        ],
    );
}

#[test]
fn what_is_read_before_it_has_a_value() {
    let reads = |id: &str, text: &str| json!({"id": id, "kind": "send_message", "options": {"text": text}});
    let ask = |id: &str, name: &str| json!({"id": id, "kind": "ask", "options": {"text": "?", "kind": "text", "save_to": name}});
    let set = |id: &str, name: &str, value: &str| {
        json!({"id": id, "kind": "set_variables",
            "options": {"assignments": [{"target": name, "value": value}]}})
    };
    let early = [("/blocks/0/actions/0/options/text", "read_before_write")];
    check(actions(json!([reads("r", "Hi, #{name}"), ask("q", "name"), say("s")])), &early);
    check(actions(json!([ask("q", "name"), reads("r", "Hi, #{name}")])), &[]);
    // Whoever asks whether it has a value knows that it may have none; so does who counts up.
    check(actions(json!([set("s", "n", "{{ #{n} + 1 }}"), reads("r", "#{n}")])), &[]);
    // A way back leads past the question.
    let mut circle = blocks(json!([
        {"id": "a", "actions": [reads("r", "Hi, #{name}")], "next": {"block": "b"}},
        {"id": "b", "actions": [ask("q", "name")]},
    ]));
    check(
        circle.clone(),
        &[
            ("/blocks/1/actions/0", "answer_leads_nowhere"),
            ("/blocks/0/actions/0/options/text", "read_before_write"),
        ],
    );
    circle["blocks"][1]["next"] = to("a");
    check(circle, &[]);
    // A scenario that begins itself anew brings what it has so far.
    let again = json!({"id": "again", "kind": "start_scenario",
        "options": {"scenario": "Address", "inputs": [{"name": "name", "value": "#{name}"}]}});
    let mut anew = actions(json!([reads("r", "Hi, #{name}"), ask("q", "name"), again]));
    anew["name"] = json!("Address");
    check(anew, &[]);
    // Of two ways one brings it.
    let two = |code: &str, name: &str| {
        let mut document = triggers(json!([
            {"kind": "command", "options": {"command": "start"}},
            {"kind": "start_link", "options": {"code": code}},
        ]));
        document["blocks"] = json!([
            {"id": "b", "actions": [reads("r", "From #{who}")], "next": {"block": "c"}},
            {"id": "c", "actions": [set("s", name, "x")]},
        ]);
        document
    };
    check(two("ref_{who}", "who"), &[]);
    check(two("ref", "who"), &early);
    // After an error, in the next turn of a loop and one step back it may be known.
    let mut error = actions(json!([ask("q", "name"), say("s")]));
    error["blocks"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "e", "actions": [reads("r", "Sorry, #{name}")]}));
    error["on_error"] = to("e");
    check(error, &[]);
    let each = json!({"id": "l", "kind": "for_each", "options": {"items": "[Range(1, 3)]", "item": "i"},
        "exits": {"each": to("body")}});
    check(
        blocks(json!([
            {"id": "a", "actions": [each, reads("r", "#{last}")]},
            {"id": "body", "actions": [reads("b", "#{i}, before it #{last}"), set("s", "last", "#{i}")]},
        ])),
        &[],
    );
    let back = json!([reads("r", "Hi, #{name}"), ask("p", "phone"), reads("t", "#{name}"), ask("q", "name"),
        {"id": "back", "kind": "step_back", "options": {}}]);
    check(actions(back), &early);
}
