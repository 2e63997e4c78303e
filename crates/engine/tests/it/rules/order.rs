//! Who takes an event, what breaks into a question, and what happens when a scenario is at work already.

use serde_json::{Value, json};

use super::{ask, block, check, command, say, scenario, trigger, with};

/// A question, a command, a text trigger of each temper, a start link, a foreign button and a fallback.
fn busy_bot() -> Value {
    let mut impatient = trigger("now", "text", json!({"texts": ["urgent"]}), "urgent");
    impatient["interrupts"] = json!(true);
    scenario(
        json!([
            trigger("start", "command", json!({"command": "start"}), "ask"),
            trigger("help", "command", json!({"command": "help"}), "help"),
            trigger("hi", "text", json!({"matching": "contains", "texts": ["hello"]}), "greet"),
            trigger("ref", "start_link", json!({"code": "ref_{who}"}), "invited"),
            trigger("old", "button", json!({"data": "menu"}), "help"),
            trigger("else", "fallback", json!({}), "lost"),
            impatient,
        ]),
        json!([
            block(
                "ask",
                json!([
                    {"id": "name", "kind": "ask", "options": {"text": "Your name?", "kind": "text", "save_to": "name"}},
                    say("got", "Thanks, #{name}."),
                ])
            ),
            block("help", json!([say("h", "Help.")])),
            block("greet", json!([say("g", "Hello to you.")])),
            block("invited", json!([say("i", "You come from #{who}.")])),
            block("urgent", json!([say("u", "At once.")])),
            block("lost", json!([say("l", "Pardon?")])),
        ]),
    )
}

#[test]
fn events_are_offered_in_order() {
    check(
        &[busy_bot()],
        "
> hello there
< Hello to you.
> what
< Pardon?
> /nonsense
< Pardon?
> /start
< Your name?
# A text trigger waits for the question, unless it interrupts.
> hello
< Thanks, hello.
> /start
< Your name?
> urgent
< At once.
# The question is gone with its run.
> Anna
< Pardon?
> /start
< Your name?
> /help
< Help.
> @press menu
< Help.
",
    );
}

#[test]
fn start_links_say_more_than_the_command() {
    check(
        &[busy_bot()],
        "
> /start ref_bob
< You come from bob.
> /start other
< Your name?
> /start
< Your name?
> Anna
< Thanks, Anna.
",
    );
}

#[test]
fn the_first_scenario_of_a_bot_is_asked_first() {
    let says = |text: &str| {
        scenario(
            json!([
                trigger("start", "command", json!({"command": "start"}), "a"),
                trigger("f", "fallback", json!({}), "a")
            ]),
            json!([block("a", json!([say("s", text)]))]),
        )
    };
    check(
        &[says("first"), says("second")],
        "
> /start
< first
> anything
< first
",
    );
}

#[test]
fn a_command_in_the_middle_of_a_question_brings_the_question_back() {
    let returns = json!({"question_returns": true});
    let bot = scenario(
        json!([
            command("order"),
            with(command("help"), returns.clone()),
            with(command("call"), returns),
            command("stop")
        ]),
        json!([
            block(
                "order",
                json!([
                    ask("name", "Your name?"),
                    ask("city", "Your city?"),
                    say("end", "#{name} from #{city}.")
                ])
            ),
            block("help", json!([say("h", "Help.")])),
            block("call", json!([ask("phone", "Which number?"), say("c", "We call #{phone}.")])),
            block("stop", json!([say("s", "Stopped.")])),
        ]),
    );
    check(
        &[bot],
        "
> /order
< Your name?
> Anna
< Your city?
> /help
< Help.
< Your city?
# The run that broke in asks something itself.
> /call
< Which number?
# And is broken into.
> /help
< Help.
< Which number?
> 112
< We call 112.
< Your city?
> Rome
< Anna from Rome.
# What does not bring it back ends it.
> /order
< Your name?
> /call
< Which number?
> /stop
< Stopped.
> Anna
",
    );
}

fn at_work(overlap: &str) -> Value {
    scenario(
        json!([with(command("order"), json!({"overlap": overlap})), command("help")]),
        json!([
            block("order", json!([ask("dish", "Which dish?"), say("end", "#{dish} it is.")])),
            block("help", json!([say("h", "Help.")])),
        ]),
    )
}

#[test]
fn a_scenario_at_work_starts_over() {
    check(
        &[at_work("start_over")],
        "
> /order
< Which dish?
> /order
< Which dish?
> Soup
< Soup it is.
> Soup
",
    );
}

#[test]
fn a_scenario_at_work_is_queued_behind_itself() {
    check(
        &[at_work("queue")],
        "
> /order
< Which dish?
> /order
bob> /order
bob< Which dish?
> Soup
< Soup it is.
< Which dish?
> Tea
< Tea it is.
",
    );
}

#[test]
fn a_scenario_at_work_ignores_another_start() {
    check(
        &[at_work("ignore")],
        "
> /order
< Which dish?
> /order
> Soup
< Soup it is.
> /order
< Which dish?
# Another trigger is no reason to ignore anything.
> /help
< Help.
> /order
< Which dish?
",
    );
}

#[test]
fn a_background_run_that_comes_to_a_question_waits_for_its_turn() {
    let pause = json!({"id": "p", "kind": "delay",
        "options": {"amount": 1, "unit": "hours", "when_moved_on": "go_on"}});
    let bot = scenario(
        json!([command("remind"), command("order")]),
        json!([
            block(
                "remind",
                json!([
                    say("r", "I will."),
                    pause,
                    say("now", "It is time."),
                    ask("done", "Done?"),
                    say("d", "#{done}, good.")
                ])
            ),
            block(
                "order",
                json!([
                    ask("dish", "Which dish?"),
                    ask("size", "Which size?"),
                    say("end", "#{size} #{dish}.")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /remind
< I will.
> /order
< Which dish?
~ +2h
< It is time.
> Soup
< Which size?
> Large
< Large Soup.
< Done?
> Yes
< Yes, good.
",
    );
}

#[test]
fn a_page_that_asks_for_its_data_leaves_the_question_open() {
    let bot = scenario(
        json!([command("ask"), trigger("hook", "webhook", json!({}), "menu"),]),
        json!([
            block("ask", json!([ask("name", "Your name?"), say("got", "Thanks, #{name}.")])),
            block(
                "menu",
                json!([{"id": "r", "kind": "set_variables", "options": {"assignments": [
                {"target": "_response", "value": "pizza"}]}}])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
> /ask
< Your name?
> @webhook hook {}
< (response 200) "pizza"
> Anna
< Thanks, Anna.
"#,
    );
}
