//! Tags, fields and errors as triggers: they fire once for each real change.

use serde_json::{Value, json};

use super::{branch, named, tag};
use crate::rules::{ask, block, check, command, say, scenario, trigger, with};

#[test]
fn tags_are_kept_read_and_asked_for() {
    let bot = scenario(
        json!([command("pay"), command("who"), command("stop_it")]),
        json!([
            block("pay", json!([tag("p", "tag_add", &["paid", "gold"]), say("p1", "Now: #{client.tags}.")])),
            block(
                "who",
                json!([
                    branch("b", "HasTag(paid) and #{client.tags} contains gold", "gold"),
                    say("w", "A guest.")
                ])
            ),
            block("gold", json!([say("g", "A golden guest.")])),
            block(
                "stop_it",
                json!([tag("s", "tag_remove", &["gold", "never"]), say("s1", "Left: #{client.tags}.")])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /who
< A guest.
> /pay
< Now: paid, gold.
= client.tags [\"paid\",\"gold\"]
> /who
< A golden guest.
> /stop_it
< Left: paid.
bob> /who
bob< A guest.
bob= client.tags []
",
    );
}

#[test]
fn a_section_lets_in_whoever_has_the_tag() {
    let mut bot = scenario(
        json!([command("club"), command("pay")]),
        json!([
            with(block("club", json!([say("c", "Welcome to the club.")])), json!({"section": "club"})),
            block("pay", json!([tag("p", "tag_add", &["paid"]), say("p1", "Paid.")])),
            block("gate", json!([say("g", "Members only.")])),
        ]),
    );
    bot["sections"] = json!([{"id": "club", "name": "Club", "condition": "ЕстьТег(paid, free)",
        "otherwise": {"block": "gate"}}]);
    check(
        &[bot],
        "
> /club
< Members only.
> /pay
< Paid.
> /club
< Welcome to the club.
",
    );
}

#[test]
fn a_tag_trigger_fires_once_for_each_real_change() {
    let shop = scenario(
        json!([command("pay"), command("refund"), trigger("any", "tag_added", json!({}), "any")]),
        json!([
            block("pay", json!([tag("p", "tag_add", &["paid", "seen"]), say("p1", "Paid.")])),
            block("refund", json!([tag("r", "tag_remove", &["paid"]), say("r1", "Refunded.")])),
            block("any", json!([say("a", "Any: #{_tag}.")])),
        ]),
    );
    let mail = named(
        "Mail",
        scenario(
            json!([
                trigger("on", "tag_added", json!({"tag": "paid"}), "on"),
                trigger("off", "tag_removed", json!({"tag": "paid"}), "off"),
            ]),
            json!([
                block("on", json!([say("o", "Here is your course.")])),
                block("off", json!([say("f", "A pity.")]))
            ]),
        ),
    );
    check(
        &[shop, mail],
        "
> /pay
< Paid.
< Any: paid.
< Here is your course.
< Any: seen.
> /pay
< Paid.
> /refund
< Refunded.
< A pity.
> /refund
< Refunded.
",
    );
}

/// Gives a tag and asks something.
fn welcome() -> Value {
    let actions =
        json!([tag("t", "tag_add", &["new"]), ask("name", "Your name?"), say("h", "Hello, #{name}.")]);
    block("start", actions)
}

/// What a trigger starts by itself does not end the dialogue; its question waits for its turn.
#[test]
fn a_tag_trigger_runs_beside_the_dialogue() {
    let bot = scenario(
        json!([command("start"), trigger("on", "tag_added", json!({"tag": "new"}), "on")]),
        json!([
            welcome(),
            block(
                "on",
                json!([say("o", "A gift for you."), ask("size", "Your size?"), say("s", "Size #{size}.")])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Your name?
< A gift for you.
> Anna
< Hello, Anna.
< Your size?
> M
< Size M.
",
    );
}

#[test]
fn an_interrupting_trigger_breaks_into_the_question() {
    let breaks_in = json!({"interrupts": true, "question_returns": true});
    let bot = scenario(
        json!([
            command("start"),
            command("mark"),
            with(trigger("on", "tag_added", json!({"tag": "new"}), "on"), breaks_in),
        ]),
        json!([
            welcome(),
            block("mark", json!([say("m", "-")])),
            block("on", json!([ask("size", "Your size?"), say("s", "Size #{size}.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Your name?
< Your size?
> M
< Size M.
< Your name?
> Anna
< Hello, Anna.
",
    );
}

/// Two scenarios that wake each other: the sixteenth hop is the last, and the error names the way.
#[test]
fn a_tag_that_tags_back_stops_and_names_the_chain() {
    let ping = named(
        "Ping",
        scenario(
            json!([
                command("go"),
                trigger("a", "tag_added", json!({"tag": "ping"}), "turn"),
                trigger("err", "scenario_error", json!({}), "oops")
            ]),
            json!([
                block("go", json!([tag("g", "tag_add", &["ping"]), say("g1", "Gone.")])),
                block("turn", json!([tag("t1", "tag_remove", &["ping"]), tag("t2", "tag_add", &["pong"])])),
                block("oops", json!([say("o", "#{_error_scenario}: #{_error}")])),
            ]),
        ),
    );
    let pong = named(
        "Pong",
        scenario(
            json!([trigger("b", "tag_added", json!({"tag": "pong"}), "turn")]),
            json!([block(
                "turn",
                json!([tag("t1", "tag_remove", &["pong"]), tag("t2", "tag_add", &["ping"])])
            )]),
        ),
    );
    check(
        &[ping, pong],
        "
> /go
< Gone.
< (failed: too_many_hops) Scenarios have started one another 16 times in a row: Ping → Ping → Pong → Ping → Pong → Ping → Pong → Ping → Pong → Ping → Pong → Ping → Pong → Ping → Pong → Ping → Pong
= client.tags []
",
    );
}

/// A pause of a minute makes it a new chain: what goes round slowly harms nobody.
#[test]
fn a_slow_circle_goes_on() {
    let pause = |id: &str| json!({"id": id, "kind": "delay", "options": {"amount": 1, "unit": "days", "when_moved_on": "go_on"}});
    let bot = scenario(
        json!([command("go"), trigger("a", "tag_added", json!({"tag": "day"}), "turn")]),
        json!([
            block("go", json!([tag("g", "tag_add", &["day"])])),
            block(
                "turn",
                json!([pause("d"), {"id": "n", "kind": "increment", "options": {"target": "client.days"}},
                tag("t1", "tag_remove", &["day"]), tag("t2", "tag_add", &["day"])])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /go
~ +40d
= client.days 40
",
    );
}

#[test]
fn a_changed_field_tells_what_it_was() {
    let set = |id: &str, value: &str| json!({"id": id, "kind": "set_variables", "options": {"assignments": [{"target": "client.city", "value": value}]}});
    let count = json!({"id": "i", "kind": "increment", "options": {"target": "client.visits", "by": "2"}});
    let bot = scenario(
        json!([
            {"id": "city", "kind": "text", "options": {"matching": "contains", "texts": ["o"]}, "next": {"block": "set"}},
            command("count"),
            trigger("moved", "field_changed", json!({"field": "client.city"}), "moved"),
            trigger("counted", "field_changed", json!({"field": "client.visits"}), "counted"),
        ]),
        json!([
            block("set", json!([set("s", "[Answer]")])),
            block("count", json!([count])),
            block("moved", json!([say("m", "#{_field}: “#{_old_value}” -> “#{_new_value}”.")])),
            block("counted", json!([say("c", "Visits: {{ #{_new_value} - #{_old_value} }} more.")])),
        ]),
    );
    check(
        &[bot],
        "
> London
< city: “” -> “London”.
> London
> Tokyo
< city: “London” -> “Tokyo”.
> /count
< Visits: 2 more.
",
    );
}

#[test]
fn an_error_nobody_caught_is_told_and_never_loops() {
    let fail = |id: &str, text: &str| json!({"id": id, "kind": "raise_error", "options": {"text": text}});
    let shop = named(
        "Shop",
        scenario(
            json!([command("buy"), command("safe")]),
            json!([
                {"id": "buy", "name": "Checkout", "actions": [fail("f", "The till is empty")]},
                {"id": "safe", "actions": [with(fail("g", "caught"), json!({"exits": {"error": {"block": "saved"}}}))]},
                block("saved", json!([say("s", "Saved.")])),
            ]),
        ),
    );
    let watch = named(
        "Watch",
        scenario(
            json!([trigger("err", "scenario_error", json!({}), "told")]),
            json!([block(
                "told",
                json!([
                    say(
                        "t",
                        "#{_error_scenario} / #{_error_block} / #{_error_action}: #{_error} (#{_error_code})"
                    ),
                    fail("again", "And I fail too")
                ])
            )]),
        ),
    );
    check(
        &[shop, watch],
        "
> /safe
< Saved.
> /buy
< (failed: raised) The till is empty
< Shop / Checkout / Raise an error: The till is empty (raised)
< (failed: raised) And I fail too
",
    );
}
