//! Tags, and the triggers that wait for what runs do.

mod changes;
mod each;

use serde_json::{Value, json};

use super::{ask, block, check, command, say, scenario, trigger, with};

fn tag(id: &str, kind: &str, tags: &[&str]) -> Value {
    json!({"id": id, "kind": kind, "options": {"tags": tags}})
}

fn named(name: &str, mut document: Value) -> Value {
    document["name"] = name.into();
    document
}

fn branch(id: &str, condition: &str, yes: &str) -> Value {
    json!({"id": id, "kind": "branch", "options": {"branches": [{"id": "yes", "condition": condition}]},
        "exits": {"yes": {"block": yes}}})
}

fn send_to(id: &str, client: &str, text: &str) -> Value {
    json!({"id": id, "kind": "send_to", "options": {"to": {"client": client}, "text": text, "count_to": "sent"}})
}

fn on_error(action: Value, block: &str) -> Value {
    with(action, json!({"exits": {"error": {"block": block}}}))
}

/// Writes to whoever the command names; the error says why not.
fn messenger() -> Value {
    scenario(
        json!([
            {"id": "w", "kind": "text", "options": {"matching": "contains", "texts": ["to "]}, "next": {"block": "write"}},
            command("start"),
        ]),
        json!([
            {"id": "write", "actions": [on_error(send_to("s", "[Split([Replace([Answer], to , )], +)]", "Hi from [Name]"), "no"),
                say("ok", "Sent: #{sent}.")]},
            block("no", json!([say("n", "#{_error}")])),
            block("start", json!([say("h", "Hello.")])),
        ]),
    )
}

#[test]
fn others_are_written_to_by_their_number() {
    check(
        &[messenger()],
        "
bob> /start
bob< Hello.
carl> /start
carl< Hello.
> to bob
bob< Hi from Anna
< Sent: 1.
> to bob+carl+bob+nobody
bob< Hi from Anna
carl< Hi from Anna
< Sent: 2.
> to dora
< The bot knows no subscriber dora: they have to open it first
bob> @blocks
> to bob
< The subscriber bob has blocked the bot
bob> /start
bob< Hello.
> to bob
bob< Hi from Anna
< Sent: 1.
carl> /stop
carl< You will get no more mailings. /start turns them on again.
> to carl
< The subscriber carl does not want messages (/stop)
carl> /start
carl< Hello.
> to carl
carl< Hi from Anna
< Sent: 1.
",
    );
}

/// More people than one commit tells are told when the run has rested, each once; whoever cannot be reached is left out.
#[test]
fn many_are_told_in_the_background() {
    let names: Vec<String> = (1..=230).map(|number| format!("p{number}")).collect();
    let everybody = format!("[Split({}, +)]", names.join("+"));
    let to = json!({"client": everybody, "bot": ""});
    let bot = scenario(
        json!([
            command("start"),
            command("all"),
            command("mark"),
            command("abroad"),
            trigger("on", "tag_added", json!({"tag": "vip"}), "on"),
        ]),
        json!([
            block("start", json!([say("h", "Hello.")])),
            block(
                "all",
                json!([
                    {"id": "s", "kind": "send_to", "options": {"to": to, "text": "News from [Name]", "count_to": "sent",
                        "from_to": "who", "buttons": [[{"id": "re", "text": "Reply"}]]}, "exits": {"re": {"block": "re"}}},
                    say("ok", "To #{sent}."),
                ])
            ),
            block("re", json!([say("r", "To #{who}.")])),
            block(
                "mark",
                json!([{"id": "t", "kind": "tag_add", "options": {"tags": ["vip"], "to": to}}, say("m", "Marked.")])
            ),
            block("on", json!([{"id": "i", "kind": "increment", "options": {"target": "client.marked"}}])),
            block(
                "abroad",
                json!([on_error(
                    json!({"id": "x", "kind": "send_to", "options": {"to": {"client": everybody, "bot": "2"}, "text": "News"}}),
                    "no"
                )])
            ),
            block("no", json!([say("n", "#{_error}")])),
        ]),
    );
    let mut chat: String = names.iter().map(|name| format!("{name}> /start\n{name}< Hello.\n")).collect();
    chat.push_str("p7> @blocks\n> /all\n< To 230.\n");
    for name in names.iter().filter(|name| *name != "p7") {
        chat.push_str(&format!("{name}< News from Anna\n  [Reply]\n"));
    }
    chat.push_str("p230> [Reply]\np230< To anna.\n> /mark\n< Marked.\n");
    chat.push_str("p1= client.marked 1\np230= client.marked 1\n> /abroad\n< This project has no bot 2\n");
    check(&[bot], &chat);
}

/// The button of a message to somebody else begins his own run, which knows who sent it.
#[test]
fn an_operator_answers_by_a_button() {
    let notify = json!({"id": "n", "kind": "notify_staff", "options": {"text": "[Name]: #{q}", "from_to": "who",
        "buttons": [[{"id": "answer", "text": "Answer"}]]}, "exits": {"answer": {"block": "reply"}, "error": {"block": "alone"}}});
    let bot = scenario(
        json!([command("help")]),
        json!([
            block("help", json!([ask("q", "What is it?"), notify, say("t", "Passed on.")])),
            block("alone", json!([say("a", "#{_error}")])),
            block(
                "reply",
                json!([
                    ask("text", "Your answer?"),
                    send_to("s", "#{who}", "Answer: #{text}"),
                    say("d", "Sent.")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /help
< What is it?
> Where is my parcel
< Nobody of the staff has joined this bot yet
olga> /start staff_play
olga< You are one of the staff now: the bot will tell you what comes in.
> /help
< What is it?
> Where is my parcel
olga< Anna: Where is my parcel
  [Answer]
< Passed on.
olga> [Answer]
olga< Your answer?
olga> On its way
< Answer: On its way
olga< Sent.
",
    );
}

/// A scenario that another one's run begins and ends.
fn course(trigger_more: Value) -> Value {
    named(
        "Course",
        scenario(
            json!([with(trigger("c", "called", json!({"inputs": ["who"]}), "lesson"), trigger_more)]),
            json!([{"id": "lesson", "actions": [say("l", "Lesson by #{who}."), ask("q", "Ready?"), say("d", "Done.")]}]),
        ),
    )
}

fn teacher(overlap: &str) -> Value {
    let to = json!({"client": "bob"});
    let start = json!({"id": "s", "kind": "start_scenario", "options": {"scenario": "Course", "to": to,
        "overlap": overlap, "inputs": [{"name": "who", "value": "[Name]"}]}});
    let stop = json!({"id": "e", "kind": "stop_scenario", "options": {"scenario": "Course", "to": to}});
    let own = json!({"id": "o", "kind": "start_scenario", "options": {"scenario": "Course",
        "inputs": [{"name": "who", "value": "me"}]}});
    let mark = json!({"id": "m", "kind": "tag_add", "options": {"tags": ["pupil"], "to": to}});
    let note = json!({"id": "f", "kind": "set_fields", "options": {"to": to, "fields": [{"field": "client.teacher", "value": "[Name]"}]}});
    named(
        "Teacher",
        scenario(
            json!([
                command("go"),
                command("end"),
                command("own"),
                command("hello"),
                command("mark"),
                trigger("t", "tag_added", json!({"tag": "pupil"}), "marked"),
                trigger("f", "field_changed", json!({"field": "client.teacher"}), "taught")
            ]),
            json!([
                block("go", json!([on_error(start, "no")])),
                block("end", json!([stop])),
                block("own", json!([own, say("o1", "Started.")])),
                block("hello", json!([ask("name", "Your name?"), say("h", "Hello, #{name}.")])),
                block("mark", json!([mark, note])),
                block("marked", json!([say("m1", "You are a pupil.")])),
                block("taught", json!([say("t1", "Your teacher: #{_new_value}.")])),
                block("no", json!([say("n", "#{_error}")])),
            ]),
        ),
    )
}

#[test]
fn a_scenario_is_started_for_another_and_waits_for_its_turn() {
    check(
        &[teacher("start_over"), course(json!({}))],
        "
> /go
< The bot knows no subscriber bob: they have to open it first
bob> /hello
bob< Your name?
> /go
bob< Lesson by Anna.
bob> Bob
bob< Hello, Bob.
bob< Ready?
> /go
bob< Lesson by Anna.
bob< Ready?
bob> yes
bob< Done.
bob> yes
> /go
bob< Lesson by Anna.
bob< Ready?
> /end
bob> yes
> /own
< Started.
< Lesson by me.
< Ready?
",
    );
}

#[test]
fn a_scenario_that_runs_already_is_queued_or_left_alone() {
    check(
        &[teacher("queue"), course(json!({}))],
        "
bob> /hello
bob< Your name?
bob> Bob
bob< Hello, Bob.
> /go
bob< Lesson by Anna.
bob< Ready?
carl> /go
bob> yes
bob< Done.
bob< Lesson by Carl.
bob< Ready?
",
    );
    check(
        &[teacher("ignore"), course(json!({}))],
        "
bob> /hello
bob< Your name?
bob> Bob
bob< Hello, Bob.
> /go
bob< Lesson by Anna.
bob< Ready?
carl> /go
bob> yes
bob< Done.
bob> yes
",
    );
}

#[test]
fn a_start_for_whoever_blocked_the_bot_is_refused_and_tags_are_not() {
    check(
        &[teacher("start_over"), course(json!({}))],
        "
bob> /hello
bob< Your name?
bob> @blocks
> /go
< The subscriber bob has blocked the bot
> /mark
bob< You are a pupil.
bob< Your teacher: Anna.
bob= client.tags [\"pupil\"]
bob= client.teacher \"Anna\"
> /mark
",
    );
}

#[test]
fn membership_starts_runs() {
    let on = |id: &str, what: &str| trigger(id, "membership", json!({what: true}), id);
    let bot = scenario(
        json!([
            on("first_visit", "first_visit"),
            on("blocked", "blocked"),
            on("unblocked", "unblocked"),
            on("joined", "joined"),
            on("left", "left"),
            command("start")
        ]),
        json!([
            block("first_visit", json!([say("f", "A present for the first visit.")])),
            block("blocked", json!([json!({"id": "b", "kind": "tag_add", "options": {"tags": ["gone"]}})])),
            block("unblocked", json!([say("u", "Good to see you again.")])),
            block("joined", json!([say("j", "Welcome, [Name].")])),
            block("left", json!([say("l", "[Name] has left.")])),
            block("start", json!([say("s", "Hello.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Hello.
< A present for the first visit.
> /start
< Hello.
> @blocks
= client.tags [\"gone\"]
> @unblocks
< Good to see you again.
> @joins
< Welcome, Anna.
> @leaves
< Anna has left.
",
    );
}

/// Forgotten in the middle of a question: its run ends too, and the next visit is the first one again.
#[test]
fn whoever_is_forgotten_is_new() {
    let set = json!({"id": "s", "kind": "set_variables", "options": {"assignments": [{"target": "client.city", "value": "Omsk"}, {"target": "person.height", "value": "2"}]}});
    let remind = json!({"id": "r", "kind": "delay", "options": {"amount": 1, "unit": "days", "when_moved_on": "go_on"}});
    let bot = scenario(
        json!([
            command("start"),
            command("remind"),
            command("forget"),
            trigger("first", "membership", json!({"first_visit": true}), "first")
        ]),
        json!([
            block(
                "start",
                json!([set, {"id": "t", "kind": "tag_add", "options": {"tags": ["seen"]}},
                {"id": "c", "kind": "consent", "options": {"version": " 3 ", "text": "the policy"}},
                say("v", "Agreed to #{client.consent.version} at #{client.consent.at}."),
                ask("name", "Your name?"), say("h", "Hello, #{name}.")])
            ),
            block("remind", json!([remind, say("r1", "A reminder.")])),
            block("forget", json!([say("f", "Good-bye."), {"id": "x", "kind": "forget_me", "options": {}}])),
            block("first", json!([say("w", "Your first visit.")])),
        ]),
    );
    check(
        &[bot],
        "
> /remind
< Your first visit.
> /start
< Agreed to 3 at 05.01.2026 09:00.
< Your name?
= client.tags [\"seen\"]
> /forget
< Good-bye.
= client.tags []
= client.city null
= client.consent null
= person.height \"2\"
> Anna
< Your first visit.
~ +2d
",
    );
}

#[test]
fn who_unsubscribed_gets_no_mailing_until_he_subscribes_again() {
    let subscription =
        |id: &str, on: bool| json!({"id": id, "kind": "subscription", "options": {"subscribed": on}});
    let mut bot = messenger();
    for (name, on) in [("quiet", false), ("loud", true)] {
        bot["triggers"].as_array_mut().unwrap().push(command(name));
        let told = if on { "News again." } else { "No news." };
        let card =
            block(name, json!([subscription(&format!("{name}_1"), on), say(&format!("{name}_2"), told)]));
        bot["blocks"].as_array_mut().unwrap().push(card);
    }
    check(
        &[bot],
        "
bob> /quiet
bob< No news.
carl> /start
carl< Hello.
> to bob+carl
carl< Hi from Anna
< Sent: 1.
bob> /loud
bob< News again.
> to bob+carl
bob< Hi from Anna
carl< Hi from Anna
< Sent: 2.
",
    );
}

#[test]
fn names_that_stand_for_what_is_kept_of_the_subscriber() {
    let bot = scenario(
        json!([command("start"), command("invited"), command("plan")]),
        json!([
            block(
                "start",
                json!([say(
                    "s",
                    "Here since [CreationDate]; [Balance], [Paid], [Level], invited by [RefererName]."
                )])
            ),
            block("plan", json!([say("p", "[AccountActive], [AccountTrial], <[AccountTariff]>")])),
            block(
                "invited",
                json!([
                    {"id": "f", "kind": "set_variables", "options": {"assignments": [
                        {"target": "client.balance", "value": "150"},
                        {"target": "client.paid", "value": "50"},
                        {"target": "client.level", "value": "gold"},
                        {"target": "client.referer_id", "value": "8"},
                        {"target": "client.referer_name", "value": "Bob"},
                        {"target": "client.referer_full_name", "value": "Bob Lee"},
                        {"target": "client.referer_link", "value": "https://t.me/bob"},
                    ]}},
                    say("i", "{{ [Balance] - [Paid] }} [Уровень] [RefererClientID] [RefererFullName] [RefererClientLink]"),
                ])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Here since 05.01.2026; , , , invited by .
> /invited
< 100 gold 8 Bob Lee https://t.me/bob
~ zone Pacific/Auckland
~ +40d
> /start
< Here since 05.01.2026; 150, 50, gold, invited by Bob.
bob> /start
bob< Here since 14.02.2026; , , , invited by .
~ zone America/New_York
> /start
< Here since 05.01.2026; 150, 50, gold, invited by Bob.
bob> /start
bob< Here since 14.02.2026; , , , invited by .
> /plan
< 1, 0, <>
",
    );
}
