//! How often an action was reached, by which exits it was left, and who waits in it now.

use serde_json::{Value, json};

use super::{block, check, command, say, scenario};

fn survey() -> Value {
    let question = json!({"id": "q", "kind": "ask", "options": {"text": "Like it?", "kind": "choice", "timeout_s": 60,
        "buttons": [[{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]]},
        "exits": {"yes": {"block": "good"}, "no": {"block": "bad"}, "timeout": {"block": "late"}}});
    scenario(
        json!([command("start")]),
        json!([
            block("start", json!([say("hello", "Hello."), question])),
            block("good", json!([say("g", "Good.")])),
            block("bad", json!([say("b", "Pity.")])),
            block("late", json!([say("l", "Too late.")])),
        ]),
    )
}

#[test]
fn a_question_counts_its_answers() {
    check(
        &[survey()],
        "
> /start
< Hello.
< Like it?
  [Yes | No]
= exits.hello {\"_next\":1,\"_reached\":1,\"_waiting\":0}
= exits.q {\"_reached\":1,\"_waiting\":1}
> what
< That does not look like an answer to the question. Please try again.
> [Yes]
< Good.
= exits.q {\"_reached\":1,\"yes\":1,\"_waiting\":0}
bob> /start
bob< Hello.
bob< Like it?
  [Yes | No]
bob> [No]
bob< Pity.
= exits.q {\"_reached\":2,\"no\":1,\"yes\":1,\"_waiting\":0}
",
    );
}

#[test]
fn who_left_without_an_answer_was_reached_and_is_gone() {
    check(
        &[survey()],
        "
> /start
< Hello.
< Like it?
  [Yes | No]
> /start
< Hello.
< Like it?
  [Yes | No]
= exits.q {\"_reached\":2,\"_waiting\":1}
~ +2m
< Too late.
= exits.q {\"_reached\":2,\"timeout\":1,\"_waiting\":0}
",
    );
}

#[test]
fn doors_and_errors_are_counted_where_they_lead_out() {
    let menu = json!({"id": "m", "kind": "send_message", "options": {"text": "Menu",
        "buttons": [[{"id": "go", "text": "Go"}]]}, "exits": {"go": {"block": "broken"}}});
    let code = json!({"id": "c", "kind": "javascript", "options": {"code": "throw 1"}});
    let bot = scenario(
        json!([command("start")]),
        json!([block("start", json!([menu])), block("broken", json!([code]))]),
    );
    check(
        &[bot],
        "
> /start
< Menu
  [Go]
> [Go]
< (failed: script_thrown) thrown
= exits.m {\"_next\":1,\"_reached\":1,\"go\":1,\"_waiting\":0}
= exits.c {\"_reached\":1,\"error\":1,\"_waiting\":0}
",
    );
}
