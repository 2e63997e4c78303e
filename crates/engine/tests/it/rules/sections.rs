//! Sections with an entry condition, asked on every way in.

use serde_json::{Value, json};

use super::{ask, block, check, check_versions, command, say, scenario, trigger, with};

/// A club that lets in who has paid, by a command, a button, a jump and a queued start.
fn club(otherwise: Value) -> Value {
    let inside = |id: &str, actions: Value| with(block(id, actions), json!({"section": "club"}));
    let door = json!({"id": "m", "kind": "send_message", "options": {"text": "The club",
        "buttons": [[{"id": "in", "text": "Come in"}]]}, "exits": {"in": {"block": "hall"}}});
    let pay = |id: &str, value: &str| {
        json!({"id": id, "kind": "set_variables", "options": {"assignments":
            [{"target": "client.paid", "value": value}]}})
    };
    let section = json!({"id": "club", "name": "Club", "condition": "#{client.paid} = yes"});
    let mut document = scenario(
        json!([
            command("start"), command("pay"), command("cancel"), command("jump"),
            trigger("hall", "command", json!({"command": "hall"}), "hall"),
            with(command("order"), json!({"overlap": "queue"})),
            {"id": "else", "kind": "fallback", "next": {"block": "lost"}},
        ]),
        json!([
            block("start", json!([door])),
            block("pay", json!([pay("p1", "yes"), say("p2", "Paid.")])),
            block("cancel", json!([pay("c1", "no"), say("c2", "Cancelled.")])),
            {"id": "jump", "actions": [say("j", "Jumping.")], "next": {"block": "hall"}},
            {"id": "order", "actions": [ask("dish", "Which dish?"), say("o", "#{dish}.")], "next": {"block": "bar"}},
            {"id": "hall", "section": "club", "actions": [say("h", "The hall."), ask("name", "Your name?")],
                "next": {"block": "bar"}},
            inside("bar", json!([say("b", "The bar.")])),
            block("gate", json!([say("g", "Members only.")])),
            block("lost", json!([say("l", "Pardon?")])),
        ]),
    );
    document["sections"] = json!([with(section, otherwise)]);
    document
}

fn to_the_gate() -> Value {
    json!({"otherwise": {"block": "gate"}})
}

#[test]
fn every_way_in_is_asked() {
    check(
        &[club(to_the_gate())],
        "
> /hall
< Members only.
> /jump
< Jumping.
< Members only.
> /start
< The club
  [Come in]
> [Come in]
< Members only.
> /pay
< Paid.
> [Come in]
> /jump
< Jumping.
< The hall.
< Your name?
",
    );
}

#[test]
fn an_old_button_does_not_open_a_closed_section() {
    check(
        &[club(to_the_gate())],
        "
> /pay
< Paid.
> /start
< The club
  [Come in]
> [Come in]
< The hall.
< Your name?
> Anna
< The bar.
> /cancel
< Cancelled.
~ +30d
> [Come in]
< Members only.
",
    );
}

#[test]
fn whoever_is_inside_is_not_asked_again() {
    check(
        &[club(to_the_gate())],
        "
> /pay
< Paid.
> /hall
< The hall.
< Your name?
bob> /hall
bob< Members only.
= client.paid \"yes\"
> Anna
< The bar.
",
    );
}

#[test]
fn a_queued_start_is_asked_when_it_comes_in() {
    check(
        &[club(to_the_gate())],
        "
> /pay
< Paid.
> /order
< Which dish?
> /order
> Soup
< Soup.
< The bar.
< Which dish?
> /cancel
< Cancelled.
> /order
< Which dish?
> Tea
< Tea.
< Members only.
",
    );
}

#[test]
fn without_a_line_of_its_own_a_section_sends_to_the_fallback() {
    check(
        &[club(json!({}))],
        "
> /hall
< Pardon?
",
    );
    let mut quiet = club(json!({}));
    quiet["triggers"].as_array_mut().unwrap().retain(|trigger| trigger["kind"] != "fallback");
    check(
        &[quiet],
        "
> /hall
> /jump
< Jumping.
",
    );
}

#[test]
fn a_button_of_an_older_version_meets_the_condition_of_the_new_one() {
    let mut open = club(to_the_gate());
    open["sections"] = json!([{"id": "club", "name": "Club"}]);
    check_versions(
        &open,
        &club(to_the_gate()),
        "
> /start
< The club
  [Come in]
> [Come in]
< The hall.
< Your name?
> Anna
< The bar.
",
        "
~ +1d
> [Come in]
< Members only.
",
    );
}
