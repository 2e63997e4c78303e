//! Buttons that let a person pick people or a chat, or make a poll: what a question makes of it, and what becomes of
//! it when nobody waits.

use serde_json::{Value, json};

use super::{block, check, command, say, scenario, trigger};

/// A question with one button that lets pick.
fn pick(id: &str, kind: &str, caption: &str, button: Value) -> Value {
    let mut button = button;
    button["id"] = "b".into();
    button["text"] = caption.into();
    let name = id.rsplit('.').next();
    json!({"id": name, "kind": "ask", "options": {
        "text": format!("{caption}?"), "kind": kind, "save_to": id, "buttons": [[button]]
    }})
}

#[test]
fn picked_people_are_the_answer() {
    let one = pick("friend", "user", "Pick a friend", json!({"action": "users"}));
    let some = pick("client.team", "users", "Pick a team", json!({"action": "users", "people": {"most": 3}}));
    let bot = scenario(
        json!([command("friend"), command("team")]),
        json!([
            block(
                "friend",
                json!([one, say("f", "#{friend.name} is #{friend.user_id}, @#{friend.username}.")])
            ),
            block(
                "team",
                json!([
                    some,
                    say("t", "[Length(#{client.team})]: [Join(#{picked_names})] = [Join(#{picked_ids})].")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
> /friend
< Pick a friend?
  [Pick a friend]
> Ann
< Please press the button below and pick from the list.
> @contact +79990001122
< Please press the button below and pick from the list.
> [Pick a friend]
< Boris is 1001, @boris.
> /team
< Pick a team?
  [Pick a team]
> @users 5 Ann Smith @ann, 7 Vera
< 2: Ann Smith, Vera = 5, 7.
= client.team [{"user_id":"5","name":"Ann Smith","first_name":"Ann","last_name":"Smith","username":"ann","photo":""},{"user_id":"7","name":"Vera","first_name":"Vera","last_name":"","username":"","photo":""}]
"#,
    );
}

#[test]
fn only_the_button_of_the_open_question_counts() {
    let bot = scenario(
        json!([command("first"), command("second"), command("bare")]),
        json!([
            block(
                "first",
                json!([
                    pick("one", "user", "Pick a winner", json!({"action": "users"})),
                    say("o", "Winner: #{one.user_id}.")
                ])
            ),
            block(
                "second",
                json!([
                    pick("two", "user", "Pick a loser", json!({"action": "users"})),
                    say("t", "Loser: #{two.user_id}.")
                ])
            ),
            block(
                "bare",
                json!([
                    {"id": "three", "kind": "ask", "options": {"text": "Who?", "kind": "user", "save_to": "three"}},
                    say("b", "It is #{three.user_id}.")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /first
< Pick a winner?
  [Pick a winner]
> /second
< Pick a loser?
  [Pick a loser]
# the keyboard of the first question still stands in the chat
> [Pick a winner]
< Please press the button below and pick from the list.
> [Pick a loser]
< Loser: 1001.
# asked anew, the question knows the buttons it sent in an earlier run
> /first
< Pick a winner?
  [Pick a winner]
> /first
< Pick a winner?
  [Pick a winner]
> [Pick a winner]
< Winner: 1001.
# a question without such a button takes what an earlier keyboard brings
> /bare
< Who?
> [Pick a winner]
< It is 1001.
",
    );
}

#[test]
fn a_chat_is_the_answer() {
    let channel = json!({"action": "chat", "chat": {"what": "channel", "created": true, "access": "public"}});
    let bot = scenario(
        json!([command("start")]),
        json!([block(
            "start",
            json!([
                pick("club", "chat", "Pick your channel", channel),
                say("c", "#{club.title} (@#{club.username}) is #{club.chat_id}: #{picked_chat_title}.")
            ])
        )]),
    );
    check(
        &[bot],
        "
> /start
< Pick your channel?
  [Pick your channel]
> @users 5 Ann
< Please press the button below and pick from the list.
> @chat -10055 My shop @shop
< My shop (@shop) is -10055: My shop.
",
    );
}

#[test]
fn a_poll_is_the_answer() {
    let bot = scenario(
        json!([command("start")]),
        json!([block(
            "start",
            json!([
                pick("quiz", "poll", "Make a quiz", json!({"action": "poll", "poll": "quiz"})),
                say(
                    "q",
                    "#{quiz.question} [Join(#{quiz.options}, \" or \")]? It is #{quiz.correct}, #{poll_question}"
                )
            ])
        )]),
    );
    check(
        &[bot],
        "
> /start
< Make a quiz?
  [Make a quiz]
> a quiz
< Please make a poll.
> [Make a quiz]
< 2 + 2? 3 or 4? It is 4, 2 + 2?
> /start
< Make a quiz?
  [Make a quiz]
> @poll Capital of France? | *Paris | Rome
< Capital of France? Paris or Rome? It is Paris, Capital of France?
",
    );
}

#[test]
fn what_is_picked_when_nobody_waits_goes_to_its_trigger_or_is_not_understood() {
    let menu = json!({"id": "menu", "kind": "send_message", "options": {"text": "Menu", "buttons": [
        [{"id": "a", "text": "People", "action": "users"}, {"id": "b", "text": "Chat", "action": "chat"}],
        [{"id": "c", "text": "Poll", "action": "poll"}]
    ]}});
    let bot = scenario(
        json!([
            command("menu"),
            trigger("people", "picked", json!({"what": "users"}), "people"),
            trigger("polls", "picked", json!({"what": "poll"}), "polls"),
            trigger("else", "fallback", json!({}), "else"),
        ]),
        json!([
            block("menu", json!([menu])),
            block("people", json!([say("p", "Picked [Join(#{picked_ids})], that is [Answer].")])),
            block("polls", json!([say("q", "Poll: #{poll_question} [Join(#{poll_options})]")])),
            block("else", json!([say("e", "Sorry?")])),
        ]),
    );
    check(
        &[bot],
        r#"
> /menu
< Menu
  [People | Chat]
  [Poll]
> [People]
< Picked 1001, that is 1001.
> @poll Tea? | Yes | No
< Poll: Tea? Yes, No
> [Chat]
< Sorry?
"#,
    );
}
