//! Pauses: what becomes of them when the person moves on, and who may end them.

use serde_json::json;

use super::{ask, block, check, command, say, scenario, trigger};

#[test]
fn time_outs_and_pauses_follow_the_person() {
    let question = json!({"id": "q", "kind": "ask",
        "options": {"text": "Well?", "kind": "text", "timeout_s": 60}, "exits": {"timeout": {"block": "late"}}});
    let pause = |id: &str, moved_on: &str| json!({"id": id, "kind": "delay", "options": {"amount": 5, "unit": "minutes", "when_moved_on": moved_on}});
    let bot = scenario(
        json!([
            trigger("ask", "command", json!({"command": "ask"}), "ask"),
            trigger("short", "command", json!({"command": "short"}), "short"),
            trigger("long", "command", json!({"command": "long"}), "long"),
        ]),
        json!([
            block("ask", json!([question, say("ok", "Good.")])),
            block("late", json!([say("l", "Too late.")])),
            block("short", json!([say("s0", "Short."), pause("p1", "cancel"), say("s1", "Short ends.")])),
            block("long", json!([say("l0", "Long."), pause("p2", "go_on"), say("l1", "Long ends.")])),
        ]),
    );
    check(
        &[bot],
        "
> /ask
< Well?
~ +59s
> in time
< Good.
~ +5m
> /ask
< Well?
~ +61s
< Too late.
# What goes on in the background goes on; what belongs to the dialogue gives way.
> /long
< Long.
> /short
< Short.
> /ask
< Well?
~ +30s
> yes
< Good.
~ +10m
< Long ends.
",
    );
}

/// A booking with a reminder, which a cancellation silences.
fn booking() -> serde_json::Value {
    let reminder = json!({"id": "p", "kind": "delay", "options":
        {"amount": 1, "unit": "days", "when_moved_on": "go_on", "key": "booking-#{slot}"}});
    let silence = json!({"id": "c", "kind": "cancel_waits", "options": {"key": "booking-#{which}"}});
    scenario(
        json!([command("book"), command("cancel"), command("menu")]),
        json!([
            block(
                "book",
                json!([
                    ask("slot", "Which slot?"),
                    say("b", "Booked #{slot}."),
                    reminder,
                    say("r", "Tomorrow: #{slot}.")
                ])
            ),
            block("cancel", json!([ask("which", "Cancel which?"), silence, say("s", "Cancelled #{which}.")])),
            block("menu", json!([say("m", "Menu.")])),
        ]),
    )
}

#[test]
fn a_reminder_comes_after_the_dialogue_has_moved_on() {
    check(
        &[booking()],
        "
> /book
< Which slot?
> 10:00
< Booked 10:00.
> /menu
< Menu.
> /book
< Which slot?
# In the middle of a question, and the question stays open.
~ +1d
< Tomorrow: 10:00.
> 12:00
< Booked 12:00.
~ +1d
< Tomorrow: 12:00.
",
    );
}

#[test]
fn a_cancelled_booking_silences_its_reminder() {
    check(
        &[booking()],
        "
> /book
< Which slot?
> 10:00
< Booked 10:00.
> /book
< Which slot?
> 12:00
< Booked 12:00.
bob> /book
bob< Which slot?
bob> 10:00
bob< Booked 10:00.
> /cancel
< Cancel which?
> 10:00
< Cancelled 10:00.
# Bob's booking has the same key and is another person's.
~ +1d
< Tomorrow: 12:00.
bob< Tomorrow: 10:00.
",
    );
}

#[test]
fn a_key_that_nobody_waits_under_cancels_nothing() {
    check(
        &[booking()],
        "
> /cancel
< Cancel which?
> 15:00
< Cancelled 15:00.
> /book
< Which slot?
> 15:00
< Booked 15:00.
~ +1d
< Tomorrow: 15:00.
",
    );
}
