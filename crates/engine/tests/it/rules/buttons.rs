//! Buttons: doors and answers, how long they live, what a press leaves behind, which version takes it.

use serde_json::{Value, json};

use super::{block, check, check_versions, command, say, scenario, trigger, with};

#[test]
fn doors_work_later_and_answers_do_not() {
    let doors = scenario(
        json!([trigger("start", "command", json!({"command": "start"}), "menu")]),
        json!([
            block(
                "menu",
                json!([
                    {"id": "m", "kind": "send_message", "options": {"text": "Menu",
                        "buttons": [[{"id": "a", "text": "Ask me"}, {"id": "b", "text": "Goodbye"}]]},
                        "exits": {"a": {"block": "ask"}, "b": {"block": "bye"}}},
                ])
            ),
            block(
                "ask",
                json!([
                    {"id": "q", "kind": "ask", "options": {"text": "Sure?", "kind": "choice",
                        "buttons": [[{"id": "yes", "text": "Yes"}]]}, "exits": {"yes": {"block": "bye"}}},
                ])
            ),
            block("bye", json!([say("bye", "Bye.")])),
        ]),
    );
    check(
        &[doors],
        "
> /start
< Menu
  [Ask me | Goodbye]
> [Ask me]
< Sure?
  [Yes]
# Typing the caption is pressing it.
> yes
< Bye.
> [Yes]
< (toast) This menu is out of date. Please start again.
> [Goodbye]
< Bye.
~ +1m
> [Goodbye]
< Bye.
",
    );
}

/// A message with buttons that lead to the blocks of their ids.
fn menu(id: &str, text: &str, buttons: &[(&str, &str)]) -> Value {
    with_buttons("send_message", id, json!({"text": text}), buttons, json!({}))
}

/// A question with buttons that lead to the blocks of their ids.
fn choice(id: &str, text: &str, buttons: &[(&str, &str)], more: Value) -> Value {
    with_buttons("ask", id, json!({"text": text, "kind": "choice"}), buttons, more)
}

fn with_buttons(kind: &str, id: &str, options: Value, buttons: &[(&str, &str)], more: Value) -> Value {
    let drawn: Vec<Value> =
        buttons.iter().map(|(id, text)| with(json!({"id": id, "text": text}), more.clone())).collect();
    let exits: serde_json::Map<String, Value> =
        buttons.iter().map(|(id, _)| ((*id).to_owned(), json!({"block": id}))).collect();
    let options = with(options, json!({"buttons": [drawn]}));
    json!({"id": id, "kind": kind, "options": options, "exits": exits})
}

#[test]
fn a_double_press_counts_once() {
    let bot = scenario(
        json!([command("start"), command("sure")]),
        json!([
            block("start", json!([menu("m", "Menu", &[("buy", "Buy"), ("help", "Help")])])),
            block("sure", json!([choice("q", "Sure?", &[("buy", "Yes")], json!({}))])),
            block("buy", json!([say("b", "Bought.")])),
            block("help", json!([say("h", "Help.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Menu
  [Buy | Help]
> [Buy]
< Bought.
> [Buy]
# Another button is another press.
> [Help]
< Help.
> [Buy]
< Bought.
~ +2s
> [Buy]
< Bought.
> /sure
< Sure?
  [Yes]
> [Yes]
< Bought.
# The second half of a double press is no press on an old menu.
> [Yes]
~ +2s
> [Yes]
< (toast) This menu is out of date. Please start again.
",
    );
}

#[test]
fn a_double_press_in_a_circle_answers_one_round() {
    let bot = scenario(
        json!([command("start")]),
        json!([
            block("start", json!([choice("q", "More?", &[("again", "Yes"), ("done", "No")], json!({}))])),
            {"id": "again", "actions": [say("a", "One more.")], "next": {"block": "start"}},
            block("done", json!([say("d", "Done.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< More?
  [Yes | No]
> @press ~1.1.1.q.again
< One more.
< More?
  [Yes | No]
> @press ~1.1.1.q.again
~ +2s
# Later it is an answer: the question is the same.
> @press ~1.1.1.q.again
< One more.
< More?
  [Yes | No]
> [No]
< Done.
",
    );
}

#[test]
fn buttons_are_kept_removed_or_ticked() {
    let bot = scenario(
        json!([command("quiz"), command("menu")]),
        json!([
            block(
                "quiz",
                json!([choice(
                    "q1",
                    "2 + 2?",
                    &[("next", "4"), ("wrong", "5")],
                    json!({"after_press": "tick"})
                ),])
            ),
            block(
                "next",
                json!([choice(
                    "q2",
                    "Go on?",
                    &[("end", "Yes"), ("stop", "No")],
                    json!({"after_press": "remove"})
                )])
            ),
            block("end", json!([say("e", "The end.")])),
            block("stop", json!([say("s", "Stopped.")])),
            block("wrong", json!([say("w", "Wrong.")])),
            block(
                "menu",
                json!([with_buttons(
                    "send_message",
                    "m",
                    json!({"text": "Rate us"}),
                    &[("stop", "Bad"), ("end", "Good")],
                    json!({"after_press": "tick"}),
                )])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /quiz
< 2 + 2?
  [4 | 5]
> [4]
< (buttons)
  [✅ 4 | 5]
< Go on?
  [Yes | No]
# A caption that is typed is a press too.
> yes
< (buttons removed)
< The end.
> /menu
< Rate us
  [Bad | Good]
> [Good]
< (buttons)
  [Bad | ✅ Good]
< The end.
> [Bad]
< (buttons)
  [✅ Bad | ✅ Good]
< Stopped.
~ +1m
> [Bad]
< Stopped.
",
    );
}

#[test]
fn a_button_lives_always_or_while_the_scenario_waits() {
    let bot = scenario(
        json!([command("start"), command("other")]),
        json!([
            block(
                "start",
                json!([
                    with_buttons("send_message", "m", json!({"text": "Help is near"}), &[("help", "Help")],
                        json!({"lives": "while_waiting"})),
                    {"id": "q", "kind": "ask", "options": {"text": "Size?", "kind": "choice", "save_to": "size",
                        "buttons": [[{"id": "small", "text": "Small", "lives": "always", "value": "S"},
                            {"id": "large", "text": "Large"}]]},
                        "exits": {"small": {"block": "taken"}, "large": {"block": "taken"}}},
                ])
            ),
            block("taken", json!([say("t", "Size [#{size}].")])),
            block("help", json!([say("h", "Helping.")])),
            block("other", json!([say("o", "Something else.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Help is near
  [Help]
< Size?
  [Small | Large]
> [Help]
< Helping.
# The run it belonged to is gone, and so is its time.
~ +1m
> [Help]
< (toast) This menu is out of date. Please start again.
> /start
< Help is near
  [Help]
< Size?
  [Small | Large]
> /other
< Something else.
> [Large]
< (toast) This menu is out of date. Please start again.
# A question's button that lives always answers even when nobody asks any more.
> [Small]
< Size [S].
",
    );
}

fn shop(text: &str, buttons: &[(&str, &str)], blocks: &[(&str, &str)]) -> Value {
    let mut all = vec![
        block("start", json!([menu("m", "Menu", buttons)])),
        block(
            "stay",
            json!([{"id": "q", "kind": "ask", "options": {"text": "Your name?", "kind": "text"}}, say("n", text)]),
        ),
        block("lost", json!([say("l", "Pardon?")])),
    ];
    all.extend(blocks.iter().map(|(id, says)| block(id, json!([say(&format!("{id}-s"), says)]))));
    let fallback = json!({"id": "else", "kind": "fallback", "next": {"block": "lost"}});
    scenario(json!([command("start"), command("stay"), fallback]), json!(all))
}

#[test]
fn an_old_button_goes_to_its_version_while_somebody_lives_in_it() {
    let buttons = [("pizza", "Pizza")];
    let old = shop("Old.", &buttons, &[("pizza", "Old pizza.")]);
    let new = shop("New.", &buttons, &[("pizza", "New pizza.")]);
    check_versions(
        &old,
        &new,
        "
> /start
< Menu
  [Pizza]
bob> /stay
bob< Your name?
",
        "
# Bob still sits in the old version.
> [Pizza]
< Old pizza.
bob> Bob
bob< Old.
~ +1m
> [Pizza]
< New pizza.
",
    );
}

#[test]
fn an_old_button_whose_menu_is_gone_leads_to_its_block_or_to_the_fallback() {
    let old =
        shop("Old.", &[("pizza", "Pizza"), ("soup", "Soup")], &[("pizza", "Pizza."), ("soup", "Soup.")]);
    let new = shop("New.", &[("tea", "Tea")], &[("tea", "Tea."), ("pizza", "New pizza.")]);
    check_versions(
        &old,
        &new,
        "
> /start
< Menu
  [Pizza | Soup]
",
        "
> [Pizza]
< New pizza.
> [Soup]
< Pardon?
",
    );
}

#[test]
fn an_old_question_is_out_of_date_in_every_version() {
    let bot = |text: &str| {
        scenario(
            json!([command("start"), {"id": "else", "kind": "fallback", "next": {"block": "yes"}}]),
            json!([
                block("start", json!([choice("q", "Sure?", &[("yes", "Yes")], json!({}))])),
                block("yes", json!([say("y", text)])),
            ]),
        )
    };
    check_versions(
        &bot("Old."),
        &bot("New."),
        "
> /start
< Sure?
  [Yes]
",
        "
# Who is inside of a version stays inside of it.
> [Yes]
< Old.
~ +1m
> [Yes]
< (toast) This menu is out of date. Please start again.
",
    );
}

#[test]
fn a_key_of_a_message_leads_where_its_line_leads() {
    let menu = |id: &str, more: Value| {
        let mut options = json!({"text": "Menu", "placement": "keyboard",
            "buttons": [[{"id": "shop", "text": "Shop"}, {"id": "help", "text": "Help"}, {"id": "idle", "text": "Idle"}]]});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"id": id, "kind": "send_message", "options": options,
            "exits": {"shop": {"block": "shop"}, "help": {"block": "help"}}})
    };
    let bot = scenario(
        json!([
            command("start"),
            command("ask"),
            command("bye"),
            trigger("idle", "text", json!({"matching": "equals", "texts": ["idle"]}), "idle"),
            trigger("else", "fallback", json!({}), "else"),
        ]),
        json!([
            block("start", json!([menu("menu", json!({}))])),
            block("shop", json!([say("s", "Welcome to the shop.")])),
            block("help", json!([say("h", "How can I help?")])),
            block(
                "ask",
                json!([
                    {"id": "q", "kind": "ask", "options": {"text": "Help?", "kind": "text", "save_to": "q",
                        "buttons": [[{"id": "help", "text": "Help", "value": "yes"}]], "other_answers": true}},
                    say("a", "Noted: #{q}.")
                ])
            ),
            block(
                "bye",
                json!([{"id": "b", "kind": "send_message", "options": {"text": "Bye", "remove_keyboard": true}}])
            ),
            block("idle", json!([say("i", "A text trigger took it.")])),
            block("else", json!([say("e", "Sorry?")])),
        ]),
    );
    check(
        &[bot],
        "
> Shop
< Sorry?
> /start
< Menu
  [Shop | Help | Idle]
> Shop
< Welcome to the shop.
# at any time, and whoever types the caption presses the key
> [Help]
< How can I help?
> shop
< Welcome to the shop.
# a key without a line is a text like any other
> [Idle]
< A text trigger took it.
# a question that offers the same words has them; another one gives way, as it does to any button
> /ask
< Help?
  [Help]
> Help
< Noted: yes.
> /ask
< Help?
  [Help]
~ +1m
> Shop
< Welcome to the shop.
> hello
< Sorry?
# until the keyboard is gone
> /bye
< (keyboard removed)
  Bye
> Shop
< Sorry?
",
    );
}

#[test]
fn a_keyboard_gives_way_to_the_next_one() {
    let keys = |id: &str, caption: &str, to: &str| {
        json!({"id": id, "kind": "send_message", "options": {"text": "Keys", "placement": "keyboard",
            "buttons": [[{"id": "k", "text": caption}]]}, "exits": {"k": {"block": to}}})
    };
    let bot = scenario(
        json!([
            command("one"),
            command("two"),
            command("ask"),
            trigger("else", "fallback", json!({}), "else")
        ]),
        json!([
            block("one", json!([keys("m1", "A", "a")])),
            block("two", json!([keys("m2", "B", "b")])),
            block("a", json!([say("sa", "Key A")])),
            block("b", json!([say("sb", "Key B")])),
            block(
                "ask",
                json!([
                    {"id": "q", "kind": "ask", "options": {"text": "Yes?", "kind": "choice", "placement": "keyboard",
                        "buttons": [[{"id": "yes", "text": "Yes"}]]}},
                    say("sq", "Yes it is.")
                ])
            ),
            block("else", json!([say("e", "Sorry?")])),
        ]),
    );
    check(
        &[bot],
        "
> /one
< Keys
  [A]
> A
< Key A
> /two
< Keys
  [B]
> A
< Sorry?
> B
< Key B
# the keys of a question are answers, and nothing once it was answered
> /ask
< Yes?
  [Yes]
> B
< That does not look like an answer to the question. Please try again.
> [Yes]
< Yes it is.
> Yes
< Sorry?
",
    );
}

#[test]
fn an_old_key_is_that_of_the_newer_version() {
    let menu = |to: &str| {
        scenario(
            json!([command("start"), trigger("else", "fallback", json!({}), "else")]),
            json!([
                block(
                    "start",
                    json!([{"id": "menu", "kind": "send_message", "options": {"text": "Menu",
                    "placement": "keyboard", "buttons": [[{"id": "shop", "text": "Shop"}]]},
                    "exits": {"shop": {"block": to}}}])
                ),
                block("old", json!([say("o", "The old shop")])),
                block("new", json!([say("n", "The new shop")])),
                block("else", json!([say("e", "Sorry?")])),
            ]),
        )
    };
    check_versions(
        &menu("old"),
        &menu("new"),
        "
> /start
< Menu
  [Shop]
> Shop
< The old shop
",
        "
~ +1m
> Shop
< The new shop
",
    );
}
