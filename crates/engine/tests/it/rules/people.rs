//! Tags, and the triggers that wait for what runs do.

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

/// What a trigger starts by itself does not end the dialogue; its question waits for its turn.
#[test]
fn a_tag_trigger_runs_beside_the_dialogue() {
    let bot = scenario(
        json!([command("start"), trigger("on", "tag_added", json!({"tag": "new"}), "on")]),
        json!([
            block(
                "start",
                json!([
                    tag("t", "tag_add", &["new"]),
                    ask("name", "Your name?"),
                    say("h", "Hello, #{name}.")
                ])
            ),
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
            block(
                "start",
                json!([
                    tag("t", "tag_add", &["new"]),
                    ask("name", "Your name?"),
                    say("h", "Hello, #{name}.")
                ])
            ),
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
