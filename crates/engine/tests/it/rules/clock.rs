//! Triggers that nobody sets off by hand: times of the clock, dates in a list, rows that are written.

use serde_json::{Value, json};

use super::{ask, block, check, check_with, command, say, scenario, trigger};

fn count(id: &str, name: &str) -> Value {
    json!({"id": id, "kind": "increment", "options": {"target": format!("global.{name}"), "by": "1"}})
}

#[test]
fn a_schedule_runs_by_the_bots_clock() {
    let bot = scenario(
        json!([
            trigger("day", "schedule", json!({"at": "10:00", "on": "workdays"}), "day"),
            trigger("half", "schedule", json!({"every": "minutes", "amount": 30}), "half"),
        ]),
        json!([block("day", json!([count("d", "days")])), block("half", json!([count("h", "halves")]))]),
    );
    check(
        &[bot],
        "
# It is Monday, 09:00.
~ +59m
= global.days null
= global.halves 1
~ +1m
= global.days 1
= global.halves 2
# Five working days and a weekend.
~ +7d
= global.days 6
= global.halves 338
",
    );
}

#[test]
fn the_change_to_summer_time_neither_loses_nor_repeats_a_run() {
    let bot = scenario(
        json!([
            trigger("night", "schedule", json!({"at": "02:30"}), "night"),
            trigger("hour", "schedule", json!({"every": "cron", "cron": "0 * * * *"}), "hour"),
        ]),
        json!([block("night", json!([count("n", "nights")])), block("hour", json!([count("h", "hours")]))]),
    );
    check(
        &[bot],
        "
~ zone Europe/Berlin
~ to 28.03.2026 12:00
~ to 29.03.2026 01:59
= global.nights 82
= global.hours 1983
# There is no 02:30: the clock jumps to 03:00.
~ to 29.03.2026 03:00
= global.nights 83
= global.hours 1984
~ to 29.03.2026 12:00
= global.nights 83
= global.hours 1993
# 02:30 comes twice in the autumn, and so does the hour.
~ to 25.10.2026 01:00
= global.nights 292
= global.hours 7022
~ to 25.10.2026 12:00
= global.nights 293
= global.hours 7034
",
    );
}

#[test]
fn a_schedule_for_everybody_goes_by_everybodys_clock() {
    let zone = json!({"id": "z", "kind": "set_variables", "options": {"assignments": [
        {"target": "client.timezone", "value": "#{zone}"}]}});
    let bot = scenario(
        json!([
            command("start"),
            trigger("morning", "schedule", json!({"at": "09:00", "runs": "each"}), "morning"),
        ]),
        json!([
            block("start", json!([ask("zone", "Zone?"), zone, say("ok", "Good.")])),
            block("morning", json!([say("m", "Good morning, [Name]! #{_planned}.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Zone?
> +5
< Good.
bob> /start
bob< Zone?
bob> -5
bob< Good.
~ +12h
bob< Good morning, Bob! 05.01.2026 14:00.
~ +12h
< Good morning, Anna! 06.01.2026 04:00.
",
    );
}

#[test]
fn a_schedule_for_everybody_leaves_alone_who_wants_nothing() {
    let bot = scenario(
        json!([
            command("hi"),
            trigger("morning", "schedule", json!({"at": "10:00", "runs": "each"}), "morning"),
        ]),
        json!([block("hi", json!([say("h", "Hi.")])), block("morning", json!([say("m", "Good morning.")]))]),
    );
    check(
        &[bot],
        "
> /hi
< Hi.
bob> /hi
bob< Hi.
bob> /stop
bob< You will get no more mailings. /start turns them on again.
~ +1h
< Good morning.
bob> /start
~ +1d
< Good morning.
bob< Good morning.
",
    );
}

#[test]
fn a_row_and_a_tag_set_each_other_off_until_the_chain_ends() {
    let row = json!([{"column": "client", "value": "[ClientID]"}, {"column": "what", "value": "more"}]);
    let add = json!({"id": "ad", "kind": "list_add", "options": {"list": "visits", "values": row}});
    let tag = json!({"id": "tg", "kind": "tag_add", "options": {"tags": ["t#{global.rows}"]}});
    let bot = scenario(
        json!([
            command("add"),
            trigger("a", "list_row", json!({"list": "visits", "subscriber": "client"}), "added"),
            trigger("t", "tag_added", json!({}), "tagged"),
        ]),
        json!([
            block("add", json!([add.clone()])),
            block("added", json!([count("n", "rows"), tag])),
            block(
                "tagged",
                json!([
                    count("m", "tags"),
                    json!({"id": "ad2", "kind": "list_add", "options": add["options"]})
                ])
            ),
        ]),
    );
    check_with(
        &[bot],
        visits(),
        "
# Sixteen in all: the last one who is told adds a row that nobody hears of.
> /add
= global.rows 8
= global.tags 8
",
    );
}

fn visits() -> Value {
    json!([{"name": "visits", "columns": [{"name": "at", "type": "date"}, {"name": "client"}, {"name": "what"}], "rows": [
        {"at": "01.01.2026 10:00", "client": "anna", "what": "long ago"},
        {"at": "07.01.2026 10:00", "client": "nobody", "what": "of a stranger"},
    ]}])
}

fn reminder(options: Value) -> Value {
    let row = json!([{"column": "at", "value": "#{at}"}, {"column": "client", "value": "[ClientID]"},
        {"column": "what", "value": "visit"}]);
    let add = json!({"id": "add", "kind": "list_add", "options": {"list": "visits", "values": row}});
    let mine = json!([{"column": "client", "value": "[ClientID]"}]);
    let moved = json!({"id": "mv", "kind": "list_edit", "options": {"list": "visits",
        "filters": [{"column": "client", "value": "[ClientID]"}, {"column": "what", "value": "visit"}],
        "values": [{"column": "at", "value": "#{to}"}]}});
    let gone = json!({"id": "del", "kind": "list_delete", "options": {"list": "visits", "filters": mine}});
    scenario(
        json!([
            command("book"),
            command("move"),
            command("cancel"),
            trigger("remind", "list_date", options, "remind"),
        ]),
        json!([
            block("book", json!([ask("at", "When?"), add, say("b", "Booked.")])),
            block("move", json!([ask("to", "When then?"), moved, say("m", "Moved.")])),
            block("cancel", json!([gone, say("c", "Cancelled.")])),
            block("remind", json!([say("r", "Remember: #{_row.what} at #{_date}.")])),
        ]),
    )
}

fn a_day_before(more: Value) -> Value {
    let mut options = json!({"list": "visits", "column": "at", "subscriber": "client"});
    for (name, value) in more.as_object().unwrap() {
        options[name] = value.clone();
    }
    reminder(options)
}

#[test]
fn a_date_in_a_list_reminds_once() {
    check_with(
        &[a_day_before(json!({}))],
        visits(),
        "
# What was due before the bot began, and what is nobody's, is left alone.
> /book
< When?
> 08.01.2026 18:00
< Booked.
~ to 07.01.2026 17:59
~ to 07.01.2026 18:00
< Remember: visit at 08.01.2026 18:00.
~ +30d
",
    );
}

#[test]
fn a_moved_date_reminds_anew_and_a_deleted_row_does_not() {
    check_with(
        &[a_day_before(json!({}))],
        visits(),
        "
> /book
< When?
> 08.01.2026 18:00
< Booked.
# Moved before the reminder: only the new date counts.
> /move
< When then?
> 10.01.2026 12:00
< Moved.
~ to 09.01.2026 11:59
~ to 09.01.2026 12:00
< Remember: visit at 10.01.2026 12:00.
# Moved after it: it reminds of the new date.
> /move
< When then?
> 12.01.2026 12:00
< Moved.
~ to 11.01.2026 12:00
< Remember: visit at 12.01.2026 12:00.
bob> /book
bob< When?
bob> 20.01.2026 12:00
bob< Booked.
bob> /cancel
bob< Cancelled.
~ +30d
",
    );
}

#[test]
fn a_row_that_comes_too_late_is_left_out_or_begins_at_once() {
    let chat = |late: &str| {
        format!(
            "
> /book
< When?
> 05.01.2026 18:00
< Booked.
{late}~ +2d
"
        )
    };
    check_with(&[a_day_before(json!({}))], visits(), &chat(""));
    let at_once = "< Remember: visit at 05.01.2026 18:00.\n";
    check_with(&[a_day_before(json!({"late": "fire"}))], visits(), &chat(at_once));
}

#[test]
fn a_date_without_a_subscriber_runs_for_nobody() {
    let options = json!({"list": "visits", "column": "at", "shift": "at", "at": "12:00"});
    let bot = scenario(
        json!([trigger("due", "list_date", options, "due")]),
        json!([block("due", json!([count("c", "due"), say("s", "Who hears this?")]))]),
    );
    check_with(
        &[bot],
        visits(),
        "
~ to 07.01.2026 12:00
bot< (failed: no_subscriber) There is nobody to write to: this run has no subscriber, as one begun by a webhook or a schedule
= global.due 1
",
    );
}

#[test]
fn rows_tell_who_watches_them() {
    let options = |on: &str| json!({"list": "visits", "on": on, "subscriber": "client"});
    let row = json!([{"column": "client", "value": "bob"}, {"column": "what", "value": "#{w}"}]);
    let mine = json!([{"column": "client", "value": "bob"}]);
    let bot = scenario(
        json!([
            command("add"),
            command("edit"),
            command("delete"),
            command("start"),
            trigger("a", "list_row", options("added"), "added"),
            trigger(
                "c",
                "list_row",
                json!({"list": "visits", "on": "changed", "column": "what", "subscriber": "client"}),
                "changed"
            ),
            trigger("d", "list_row", options("deleted"), "deleted"),
        ]),
        json!([
            block("start", json!([say("hi", "Hi.")])),
            block(
                "add",
                json!([ask("w", "What?"),
                {"id": "ad", "kind": "list_add", "options": {"list": "visits", "values": row}}])
            ),
            block(
                "edit",
                json!([ask("x", "What now?"), {"id": "ed", "kind": "list_edit",
                "options": {"list": "visits", "filters": mine, "values": [{"column": "what", "value": "#{x}"}]}}])
            ),
            block(
                "delete",
                json!([{"id": "de", "kind": "list_delete", "options": {"list": "visits", "filters": mine}}])
            ),
            block("added", json!([say("s1", "Yours: #{_row.what}.")])),
            block("changed", json!([say("s2", "#{_old.what} is #{_row.what} now.")])),
            block("deleted", json!([say("s3", "#{_row.what} is gone: #{_change}.")])),
        ]),
    );
    check_with(
        &[bot],
        visits(),
        "
# Bob is not known yet.
> /add
< What?
> tea
> /delete
bob> /start
bob< Hi.
> /add
< What?
> tea
bob< Yours: tea.
> /edit
< What now?
> coffee
bob< tea is coffee now.
# Written as it was.
> /edit
< What now?
> coffee
> /delete
bob< coffee is gone: deleted.
",
    );
}

#[test]
fn rows_that_write_rows_come_to_an_end() {
    let add = json!({"id": "ad", "kind": "list_add", "options": {"list": "visits",
        "values": [{"column": "what", "value": "more"}]}});
    let bot = scenario(
        json!([command("add"), trigger("a", "list_row", json!({"list": "visits"}), "added")]),
        json!([
            block("add", json!([add])),
            block(
                "added",
                json!([count("n", "told"), {"id": "a2", "kind": "list_add", "options": {"list": "visits",
                "values": [{"column": "what", "value": "more"}]}}])
            ),
        ]),
    );
    check_with(
        &[bot],
        visits(),
        "
> /add
= global.told 16
",
    );
}
